/// A place in a file: line and column count from 1, columns in bytes.
public struct SourceLocation: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The file as it was named: a path, or `<command line>`.
  public var file: String
  public var line: Int32
  public var column: Int32
  /// Bytes that the finding covers; at least 1.
  public var length: Int32

  public init(file: String, line: Int, column: Int = 1, length: Int = 1) {
    self.file = file
    self.line = Int32(clamping: line)
    self.column = Int32(clamping: column)
    self.length = Int32(clamping: max(1, length))
  }

  public var description: String { "\(file):\(line):\(column)" }
}
