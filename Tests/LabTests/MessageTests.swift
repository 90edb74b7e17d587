import Foundation
import Testing

extension KernelTests {
  /// Messages that no client sends: cut, lengthened, false, several at once, in either form of header.
  @Suite struct Messages {
    /// - Parameter ours: what ours answers where it is not the stock daemon's; nil where it is.
    private struct Case {
      var name: String
      var bytes: [UInt8]
      var ours: String?

      init(_ name: String, _ bytes: [UInt8], ours: String? = nil) {
        (self.name, self.bytes, self.ours) = (name, bytes, ours)
      }
    }

    private static func message(_ letter: Character, _ words: String...) -> [UInt8] {
      Message.bytes(letter, words)
    }

    private static func replaced(_ bytes: [UInt8], at place: Int, by new: UInt8...) -> [UInt8] {
      Array(bytes[..<place]) + new + Array(bytes[(place + new.count)...])
    }

    private static let add = message("a", "eth0", "10.0.0.10", "225.1.1.1", "eth1")

    /// Everything here ends in the same state: nothing is added that the next one could see.
    private static let cases: [Case] = [
      Case("unknown letter", message("z")),
      Case("unknown letter with words", message("z", "eth0", "225.1.1.1")),
      Case("show of nothing known", message("s", "zzz")),
      Case("show with an empty word", message("s", "")),
      Case("flush with words", message("F", "eth0", "eth1")),
      Case("join of nothing", message("j", "eth0")),
      Case("leave of nothing", message("l", "eth0")),
      Case("add without words", message("a")),
      Case("add of an interface alone", message("a", "eth0")),
      Case("remove without words", message("r")),
      Case("add of empty words", message("a", "", "", "")),
      Case("two messages at once", message("j", "eth0", "225.1.1.9") + message("l", "eth0", "225.1.1.9")),
      Case("two refusals at once", message("l", "eth0", "225.1.1.9") + message("z")),
      Case("a message and half of another", message("F") + Array(add[..<20])),
      Case("padding that is not zero", replaced(message("F"), at: 12, by: 1, 2, 3, 4)),
    ]

    private func answer(_ router: SMCRouted, _ bytes: [UInt8]) throws -> String {
      let client = try Client(router.socket)
      client.write(bytes)
      client.closeSending()
      return String(decoding: client.readBytes(within: 2), as: UTF8.self).replacingOccurrences(
        of: "\0", with: "|")
    }

    @Test("What no client sends is answered as the stock daemon does, where that one can")
    func malformed() throws {
      try Lab.run { lab in
        let boards = try [Board(lab, name: "a"), Board(lab, name: "b")]
        let (stock, ours) = (try SMCRouted(.stock, boards[0].r), try SMCRouted(.ours, boards[1].r))
        for test in Messages.cases {
          let expected = try test.ours ?? answer(stock, test.bytes)
          let said = try answer(ours, test.bytes)
          #expect(said == expected, "\(test.name)")
        }
        #expect(try ours.ctl("-pt show").isEmpty)
        #expect(try ours.ctl("-pt show groups").isEmpty)
      }
    }
  }
}
