import Compatibility
import Configuration
import Testing

@Suite("What was recorded of SMCRoute 2.5.6")
struct RecordedSessionTests {
  /// Every command of the recording is repeated with our client and our daemon's answers.
  @Test("A session of ours prints what theirs printed")
  func session() throws {
    var stage = Stage()
    var command = ""
    var expected = ""
    var count = 0
    for line in try Golden.lines("session-2.5.6") {
      if line.hasPrefix("$ ") {
        command = String(line.dropFirst(2))
        expected = ""
        continue
      }
      expected += line + "\n"
      guard line.hasPrefix("= ") else { continue }
      let printed = try stage.run(command)
      #expect(printed == expected, "after \(command)")
      count += 1
    }
    #expect(count == 45)
  }

  private struct Exchange {
    var words: [String]
    var request: [UInt8]
    var reply: [UInt8]
  }

  private func exchanges() throws -> [Exchange] {
    var exchanges: [Exchange] = []
    for line in try Golden.lines("wire-2.5.6") {
      if line.hasPrefix("> ") {
        exchanges.append(
          Exchange(words: line.dropFirst(2).split(separator: " ").map(String.init), request: [], reply: []))
      } else if line.hasPrefix("C ") {
        exchanges[exchanges.count - 1].request += bytes(line.dropFirst(2))
      } else if line.hasPrefix("D ") {
        exchanges[exchanges.count - 1].reply += bytes(line.dropFirst(2))
      }
    }
    return exchanges
  }

  @Test("Our client sends the bytes that theirs sent")
  func client() throws {
    for exchange in try exchanges() {
      guard case .send(let message) = SmcroutectlArguments(exchange.words).steps.first else {
        Issue.record("\(exchange.words) sends nothing")
        continue
      }
      #expect(try message.encoded() == exchange.request, "\(exchange.words)")
    }
  }

  @Test("Our daemon answers their client with the bytes that theirs answered")
  func daemon() throws {
    var stage = Stage()
    for exchange in try exchanges() {
      #expect(try stage.answer(exchange.request) == exchange.reply, "\(exchange.words)")
    }
    #expect(try exchanges().count == 15)
  }
}
