/// A finding: what, where, what to do.
///
/// Thrown, collected, logged and sent to clients alike.
public struct Diagnostic: Error, Hashable, Sendable, Codable {
  /// How much it matters: an error stops, a warning and a note never change behaviour.
  public enum Severity: String, Hashable, Sendable, Codable, CaseIterable {
    case error, warning, note
  }

  public var severity: Severity
  public var code: Code
  /// Names the thing with its value in quotes and states the rule; lower case, no full stop.
  public var message: String
  public var location: SourceLocation?
  /// The line of the file that `location` points into, without its newline; nil when there is none.
  public var sourceLine: String?
  /// A command or a change that works when copied.
  public var hint: String?

  public init(
    _ severity: Severity, _ code: Code, _ message: String, at location: SourceLocation? = nil,
    sourceLine: String? = nil, hint: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.location = location
    self.sourceLine = sourceLine
    self.hint = hint
  }

  /// An error.
  public init(
    _ code: Code, _ message: String, at location: SourceLocation? = nil, sourceLine: String? = nil,
    hint: String? = nil
  ) {
    self.init(.error, code, message, at: location, sourceLine: sourceLine, hint: hint)
  }
}
