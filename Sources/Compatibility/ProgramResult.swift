/// What a program prints and returns without asking anybody: help, version, a wrong command line.
public struct ProgramResult: Hashable, Sendable {
  /// For standard output; lines end with a newline.
  public var output: String
  /// For standard error; lines end with a newline.
  public var complaint: String
  public var exitCode: Int32

  public init(output: String = "", complaint: String = "", exitCode: Int32) {
    self.output = output
    self.complaint = complaint
    self.exitCode = exitCode
  }
}
