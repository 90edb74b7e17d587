/// Why a request was not done: one line as the daemons of SMCRoute word it.
public struct SmcrouteRefusal: Error, Hashable, Sendable {
  /// At most 127 bytes, no newline.
  public let text: String

  /// Cuts what is too long, and what would not be one line.
  public init(_ text: String) {
    self.text = text
  }

  /// What goes to the client: the text and a NUL.
  public var bytes: [UInt8] { Array(text.utf8) + [0] }
}
