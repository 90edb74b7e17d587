/// Why a request was not done: one line as the daemons of SMCRoute word it.
public struct SmcrouteRefusal: Error, Hashable, Sendable {
  /// At most 127 bytes, one line.
  public let text: String

  /// Cuts what is too long; a control character becomes a blank.
  public init(_ text: String) {
    var kept = ""
    var count = 0
    for scalar in text.unicodeScalars {
      count += UTF8.width(scalar)
      if count > SmcrouteRefusal.limit { break }
      kept.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    self.text = kept
  }

  /// What a client of 2.3 reads at most.
  public static let limit = 127

  /// What goes to the client: the text and a NUL.
  public var bytes: [UInt8] { Array(text.utf8) + [0] }

  /// A message that no daemon understands; `command` as it came, shown when it is a character.
  static func malformed(_ command: Int) -> SmcrouteRefusal {
    let letter = (0x21...0x7e).contains(command) ? UInt8(truncatingIfNeeded: command) : UInt8(ascii: "?")
    return SmcrouteRefusal("Unknown or malformed IPC message '\(Unicode.Scalar(letter))' from client.")
  }
}
