import Compatibility
import Testing

@Suite("Messages of mroutectl")
struct MroutedMessageTests {
  @Test("A message is 768 bytes: number, detail, text, zeros")
  func layout() {
    let bytes = MroutedMessage(.log, isDetailed: true, "info").encoded
    #expect(bytes.count == 768)
    #expect(Array(bytes.prefix(7)) == [4, 1, 0x69, 0x6e, 0x66, 0x6f, 0])
    #expect(bytes.dropFirst(7).allSatisfy { $0 == 0 })
    #expect(MroutedMessage(bytes) == MroutedMessage(.log, isDetailed: true, "info"))
  }

  @Test("Every command has the number of 4.6")
  func numbers() {
    let numbers = MroutedCommand.allCases.map(\.rawValue)
    #expect(numbers == [1, 2, 3, 4, 5, 9, 10, 11, 12, 20, 21, 22, 23, 250])
  }

  @Test("Anything but 768 bytes is no message", arguments: [0, 1, 767, 769])
  func lengths(_ count: Int) {
    #expect(MroutedMessage(Array(repeating: 2 as UInt8, count: count)) == nil)
  }

  @Test("A text is cut at 764 bytes and ends at its first NUL, whatever follows")
  func texts() {
    let long = MroutedMessage(MroutedMessage.Answer.line, Array(repeating: 0x61, count: 2000)).encoded
    #expect(long.count == 768 && long[765] == 0x61 && long[766] == 0 && long[767] == 0)
    let full = MroutedMessage(Array(repeating: 0xff as UInt8, count: 768))
    #expect(full?.text.count == 764 && full?.command == nil && full?.isDetailed == true)
    #expect(MroutedMessage(.debug, "a\0b").encoded[3...].allSatisfy { $0 == 0 })
  }
}
