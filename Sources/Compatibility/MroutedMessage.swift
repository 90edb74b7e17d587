/// What mroutectl asks of a daemon of mrouted, with the number that stands for it.
public enum MroutedCommand: UInt8, Hashable, Sendable, CaseIterable {
  case restart = 1
  case showStatus = 2
  case debug = 3
  case log = 4
  case version = 5
  case kill = 9
  case showGroups = 10
  case showIGMPInterfaces = 11
  case showIGMP = 12
  case showInterfaces = 20
  case showMFC = 21
  case showNeighbors = 22
  case showRoutes = 23
  case showCompat = 250
}

/// One message between mroutectl and a daemon of mrouted, either way: always 768 bytes.
///
///     0        1       2 …                    767
///     command  detail  text, NUL after it     0
public struct MroutedMessage: Hashable, Sendable {
  /// Bytes of every message.
  public static let count = 768
  /// Bytes of text that a message holds.
  public static let textLimit = 764

  /// What the first byte of an answer says.
  public enum Answer {
    /// One line of a table.
    public static let line: UInt8 = 0
    /// Nothing follows; of `debug` and `log`, the text is the answer.
    public static let end: UInt8 = 254
    /// The text says what is wrong; nothing follows.
    public static let error: UInt8 = 255
  }

  /// A command, or an answer's kind.
  public var code: UInt8
  public var isDetailed: Bool
  /// Without its NUL.
  public var text: [UInt8]

  public init(_ code: UInt8, isDetailed: Bool = false, _ text: [UInt8] = []) {
    self.code = code
    self.isDetailed = isDetailed
    self.text = text
  }

  public init(_ command: MroutedCommand, isDetailed: Bool = false, _ text: String = "") {
    self.init(command.rawValue, isDetailed: isDetailed, Array(text.utf8))
  }

  /// Reads a whole message; nil for any other number of bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == MroutedMessage.count else { return nil }
    let head = Array(bytes.prefix(2))
    code = head[0]
    isDetailed = head[1] != 0
    text = Array(bytes.dropFirst(2).prefix { $0 != 0 }.prefix(MroutedMessage.textLimit))
  }

  /// Nil for a number that no version has.
  public var command: MroutedCommand? { MroutedCommand(rawValue: code) }

  /// The 768 bytes; a text that is too long is cut.
  public var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(MroutedMessage.count)
    bytes += [code, isDetailed ? 1 : 0]
    bytes += text.prefix { $0 != 0 }.prefix(MroutedMessage.textLimit)
    bytes += repeatElement(0, count: MroutedMessage.count - bytes.count)
    return bytes
  }
}
