import Compatibility
import Testing

@Suite("Messages of SMCRoute's clients")
struct SmcrouteFramesTests {
  /// `add nope 225.1.2.3 eth1` as a 64-bit client of 1.98 and later sends it.
  private static let current = bytes(
    "25 00 00 00 00 00 00 00 61 00 03 00 00 00 00 00 "
      + "6e 6f 70 65 00 32 32 35 2e 31 2e 32 2e 33 00 65 74 68 31 00 00")
  /// `-j eth0 225.1.2.3` as 0.9x sends it: length 24, 'j', 2 arguments.
  private static let legacy = bytes(
    "18 00 00 00 6a 00 02 00 65 74 68 30 00 32 32 35 2e 31 2e 32 2e 33 00 00")

  @Test("Both headers are told apart by the place of the command")
  func forms() {
    #expect(frames(Self.current) == [.message(SmcrouteMessage("a", ["nope", "225.1.2.3", "eth1"]))])
    #expect(
      frames(Self.legacy) == [.message(SmcrouteMessage("j", ["eth0", "225.1.2.3"], form: .legacy))])
  }

  @Test("Encoding gives these bytes, and they are read as they were")
  func encoding() throws {
    #expect(try SmcrouteMessage("a", ["nope", "225.1.2.3", "eth1"]).encoded() == Self.current)
    #expect(try SmcrouteMessage("j", ["eth0", "225.1.2.3"], form: .legacy).encoded() == Self.legacy)
    let odd = SmcrouteMessage("F", ["", "é", "a b"])
    #expect(frames(try odd.encoded()) == [.message(odd)])
    #expect(frames(try SmcrouteMessage("F", ["a\0b"]).encoded()) == [.message(SmcrouteMessage("F", ["a"]))])
  }

  @Test("A message of more than 1024 bytes is not sent")
  func tooLong() throws {
    // 16 bytes of header, the argument, its NUL and the last one.
    let longest = SmcrouteMessage("a", [String(repeating: "x", count: 1006)])
    #expect(try longest.encoded().count == 1024)
    let error = #expect(throws: SmcrouteMessage.TooLong.self) {
      try SmcrouteMessage("a", [String(repeating: "x", count: 1007)]).encoded()
    }
    #expect(error?.text == "Message too long")
    #expect(throws: SmcrouteMessage.TooLong.self) {
      try SmcrouteMessage("a", Array(repeating: "", count: 70_000)).encoded()
    }
  }

  @Test("Messages are the same wherever their bytes are split, and back to back")
  func splitting() {
    let stream = Self.current + Self.legacy + Self.current
    let whole = frames(stream)
    #expect(whole.count == 3)
    for first in 0...stream.count {
      for second in [first, (first + stream.count) / 2] {
        var reader = SmcrouteFrames()
        var read: [SmcrouteFrames.Frame] = []
        for piece in [stream[..<first], stream[first..<second], stream[second...]] {
          reader.append(piece)
          while let frame = reader.next() { read.append(frame) }
        }
        #expect(read == whole, "split at \(first) and \(second)")
        #expect(!reader.isPartial)
      }
    }
    var reader = SmcrouteFrames()
    var read: [SmcrouteFrames.Frame] = []
    for byte in stream {
      reader.append([byte])
      while let frame = reader.next() { read.append(frame) }
    }
    #expect(read == whole)
  }

  @Test("A message that has begun and not ended is seen")
  func partial() {
    var reader = SmcrouteFrames()
    #expect(!reader.isPartial)
    reader.append(Self.current.dropLast())
    #expect(reader.next() == nil)
    #expect(reader.isPartial)
    reader.append(Self.current.suffix(1))
    #expect(reader.next() != nil)
    #expect(!reader.isPartial)
  }

  @Test(
    "A length that cannot be ends the connection with the text of stock",
    arguments: [
      // 0, shorter than the header, 4097, 2³², all bits; the legacy form's 0 and 2³²−1.
      "00 00 00 00 00 00 00 00 61 00 00 00 00 00 00 00", "0f 00 00 00 00 00 00 00 61 00 00 00 00 00 00 00",
      "01 10 00 00 00 00 00 00 61 00 00 00 00 00 00 00", "11 00 00 00 00 00 01 00 61 00 00 00 00 00 00 00",
      "11 00 00 00 00 00 00 80 61 00 00 00 00 00 00 00", "00 00 00 00 61 00 00 00", "ff ff ff ff 61 00 00 00",
      "07 00 00 00 61 00 00 00",
    ])
  func badLength(_ hex: String) {
    var reader = SmcrouteFrames()
    reader.append(bytes(hex))
    let text = "Unknown or malformed IPC message 'a' from client."
    #expect(reader.next() == .broken(SmcrouteRefusal(text)))
    reader.append(Self.current)
    #expect(reader.next() == nil)
    #expect(!reader.isPartial)
  }

  @Test(
    "A message whose arguments are not what its header says is refused, and the next one read",
    arguments: [
      // 3 arguments announced and 2 there; 1 announced; 65535 announced; no NUL at all; text after none.
      "1a 00 00 00 00 00 00 00 6a 00 03 00 00 00 00 00 65 74 68 30 00 32 32 35 00 41",
      "1a 00 00 00 00 00 00 00 6a 00 01 00 00 00 00 00 65 74 68 30 00 32 32 35 00 00",
      "1a 00 00 00 00 00 00 00 6a 00 ff ff 00 00 00 00 65 74 68 30 00 32 32 35 00 00",
      "14 00 00 00 00 00 00 00 6a 00 01 00 00 00 00 00 65 74 68 30",
      "12 00 00 00 00 00 00 00 6a 00 00 00 00 00 00 00 41 00",
    ])
  func badArguments(_ hex: String) {
    let refusal = SmcrouteRefusal("Unknown or malformed IPC message 'j' from client.")
    #expect(
      frames(bytes(hex) + Self.legacy)
        == [.refused(refusal), .message(SmcrouteMessage("j", ["eth0", "225.1.2.3"], form: .legacy))])
  }

  @Test("A command beyond ASCII is refused; a control character is shown as a question mark")
  func badCommand() {
    let high = bytes("11 00 00 00 00 00 00 00 61 01 00 00 00 00 00 00 00")
    let refusal = SmcrouteRefusal("Unknown or malformed IPC message '?' from client.")
    #expect(frames(high) == [.refused(refusal)])
    var message = SmcrouteMessage("a")
    message.command = 7
    #expect(throws: refusal) { try SmcrouteCommand(message, .current) }
  }

  @Test("Bytes that are no text become text")
  func notText() {
    var wild = Self.legacy
    wild[9] = 0xff
    #expect(
      frames(wild) == [.message(SmcrouteMessage("j", ["e\u{fffd}h0", "225.1.2.3"], form: .legacy))])
  }

  @Test("Every changed byte gives a message, a refusal or a wait for more")
  func mutations() {
    for original in [Self.current, Self.legacy] {
      for place in original.indices {
        for value in [0, 1, 0x7f, 0x80, 0xff] as [UInt8] {
          var changed = original
          changed[place] = value
          for frame in frames(changed + Self.current) {
            guard case .message(let message) = frame else { continue }
            _ = try? SmcrouteCommand(message, .current)
            _ = try? SmcrouteCommand(message, .legacy)
          }
        }
      }
    }
  }

  private func frames(_ bytes: [UInt8]) -> [SmcrouteFrames.Frame] {
    var reader = SmcrouteFrames()
    reader.append(bytes)
    var frames: [SmcrouteFrames.Frame] = []
    while let frame = reader.next() { frames.append(frame) }
    return frames
  }
}
