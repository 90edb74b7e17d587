/// Cuts what a client sends into messages: total over any bytes, however they are split.
///
/// It holds one unfinished message, at most `messageLimit` bytes, beside what was appended last.
///
///     form       length  command  count  padding  arguments, each with a NUL; one NUL more
///     current    0  8    8  2     10 2   12 4     16 …
///     legacy     0  4    4  2      6 2             8 …
///
/// Bytes 4 and 5 hold the command in the legacy form; in the current one they are zero: none has 4 GiB.
public struct SmcrouteFrames: Sendable {
  /// One message, or what is wrong with it.
  public enum Frame: Hashable, Sendable {
    case message(SmcrouteMessage)
    /// Where the next message begins is still known.
    case refused(SmcrouteRefusal)
    /// Nothing more can be read from this client: answer, then close.
    case broken(SmcrouteRefusal)
  }

  /// The longest message that is read; stock clients send up to 1024 bytes.
  public static let messageLimit = 4096

  private var bytes: [UInt8] = []
  private var start = 0
  private var isBroken = false

  public init() {}

  /// Whether a message has begun and not ended: its client must not keep us waiting.
  public var isPartial: Bool { !isBroken && start < bytes.count }

  /// Takes what the client sent; after `broken`, nothing is kept.
  public mutating func append(_ more: some Collection<UInt8>) {
    guard !isBroken else { return }
    if start > 0 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes += more
  }

  /// The next message; nil until more bytes come.
  public mutating func next() -> Frame? {
    guard !isBroken, let header = header() else { return nil }
    guard header.length >= header.form.headerCount, header.length <= SmcrouteFrames.messageLimit else {
      isBroken = true
      bytes = []
      start = 0
      return .broken(.malformed(header.command))
    }
    guard bytes.count - start >= header.length else { return nil }
    let body = bytes[(start + header.form.headerCount)..<(start + header.length)]
    start += header.length
    guard header.command < 0x80, let arguments = arguments(in: body, count: header.count) else {
      return .refused(.malformed(header.command))
    }
    var message = SmcrouteMessage("?", arguments, form: header.form)
    message.command = UInt8(header.command)
    return .message(message)
  }

  private struct Header {
    var form: SmcrouteMessage.Form
    var length: Int
    var command: Int
    var count: Int
  }

  /// Nil until the header is there.
  private func header() -> Header? {
    guard bytes.count - start >= 8 else { return nil }
    let isCurrent = bytes[start + 4] == 0 && bytes[start + 5] == 0
    guard isCurrent else {
      return Header(
        form: .legacy, length: number(at: 0, width: 4), command: number(at: 4, width: 2),
        count: number(at: 6, width: 2))
    }
    guard bytes.count - start >= 16 else { return nil }
    return Header(
      form: .current, length: number(at: 0, width: 8), command: number(at: 8, width: 2),
      count: number(at: 10, width: 2))
  }

  /// Numbers beyond what Int holds become its greatest.
  private func number(at offset: Int, width: Int) -> Int {
    var value: UInt64 = 0
    for place in 0..<width {
      let byte = bytes[start + offset + (SmcrouteMessage.isLittleEndian ? width - 1 - place : place)]
      value = value << 8 | UInt64(byte)
    }
    return Int(clamping: value)
  }

  /// Nil when there are fewer strings than the header says, or more than NULs behind them.
  private func arguments(in body: ArraySlice<UInt8>, count: Int) -> [String]? {
    var rest = body
    var result: [String] = []
    while result.count < count {
      guard let end = rest.firstIndex(of: 0) else { return nil }
      result.append(String(decoding: rest[..<end], as: UTF8.self))
      rest = rest[(end + 1)...]
    }
    return rest.allSatisfy { $0 == 0 } ? result : nil
  }
}
