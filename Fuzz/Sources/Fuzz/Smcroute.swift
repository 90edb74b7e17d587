import Compatibility
import Configuration
import Control
import Kernel
import Router
import Timing

@testable import Encoding

/// What clients and daemons of SMCRoute send, and its command lines.
extension Fuzz {
  /// However they are split, bytes give the same messages; each is answered, and the tables stay whole.
  static func smcrouteIPC(_ bytes: [UInt8]) {
    let frames = frames(bytes, [bytes.count])
    expect(Fuzz.frames(bytes, [1]) == frames, "split at every byte")
    expect(Fuzz.frames(bytes, [7, 300, 2]) == frames, "split here and there")
    var talk = SmcrouteTalk()
    for frame in frames {
      switch frame {
      case .refused(let refusal), .broken(let refusal): check(refusal)
      case .message(let message):
        check(message)
        for dialect in [SmcrouteDialect.current, .legacy] { talk.ask(message, dialect) }
      }
    }
    if !frames.isEmpty { talk.showAll() }
  }

  private static func frames(_ bytes: [UInt8], _ pieces: [Int]) -> [SmcrouteFrames.Frame] {
    var reader = SmcrouteFrames()
    var frames: [SmcrouteFrames.Frame] = []
    var rest = bytes[...]
    var turn = 0
    while !rest.isEmpty {
      let count = pieces[turn % pieces.count]
      turn += 1
      reader.append(rest.prefix(count))
      rest = rest.dropFirst(count)
      while let frame = reader.next() { frames.append(frame) }
    }
    return frames
  }

  private static func check(_ message: SmcrouteMessage) {
    guard let encoded = try? message.encoded() else { return }
    expect(encoded.count <= SmcrouteMessage.clientLimit, "a client sends no more")
    expect(frames(encoded, [encoded.count]) == [.message(message)], "\(message) comes back from its bytes")
  }

  fileprivate static func check(_ refusal: SmcrouteRefusal) {
    expect(!refusal.text.isEmpty && refusal.text.utf8.count <= SmcrouteRefusal.limit, "a line: \(refusal)")
    expect(!refusal.text.utf8.contains { $0 < 0x20 || $0 == 0x7f }, "one line: \(refusal)")
  }

  /// What a client prints of any bytes, and what any words ask for.
  static func smcrouteText(_ bytes: [UInt8]) {
    for headings in [SmcrouteRendering.Headings.plain, .none, .terminal(width: Int(bytes.first ?? 0))] {
      let printed = rendered(bytes, headings, bytes.count)
      expect(rendered(bytes, headings, 1) == printed, "split at every byte")
      expect(printed.count <= 2000 + bytes.count * 1100, "a line brings two rules at most")
      let isTerminal = if case .terminal = headings { true } else { false }
      let isClean = printed.allSatisfy { byte in
        byte >= 0x20 && byte != 0x7f || byte == 0x0a || byte == 0x09 || byte == 0x1b && isTerminal
      }
      expect(isClean, "no control characters of the daemon's")
    }
    if let refusal = SmcrouteRendering.refusal(in: bytes) {
      expect(refusal.utf8.count <= SmcrouteRefusal.limit, "a line")
    }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") { read(line) }
  }

  private static func rendered(
    _ bytes: [UInt8], _ headings: SmcrouteRendering.Headings, _ piece: Int
  ) -> [UInt8] {
    var rendering = SmcrouteRendering(headings)
    var output: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      output += rendering.receive(rest.prefix(piece))
      rest = rest.dropFirst(piece)
    }
    return output + rendering.finish()
  }

  private static func read(_ line: Substring) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    for order in [Getopt.Order.permuting, .optionsFirst] {
      let options = SmcroutectlArguments(words, order)
      expect(options.readsBatch == options.steps.isEmpty, "something is done, or lines are")
      _ = options.step(batchLine: String(line))
      if case .end(let result) = SmcroutedArguments(words, order) {
        expect(!result.output.isEmpty || !result.complaint.isEmpty, "an end says why")
      }
    }
    if case .client(let messages) = LegacySmcroute(words) {
      expect(!messages.isEmpty && messages.count <= 16, "1 to 16 commands")
    }
  }
}

/// A Router that is asked as the daemon asks it.
private struct SmcrouteTalk {
  private var router = Router(seed: 7)
  private var nextRequest: RequestID = 0
  private var now = Instant.start

  init() {
    let links = ["lo", "eth0", "eth1"].enumerated().map { index, name in
      Interface(
        index: Int32(index + 1), name: name, flags: index == 0 ? [.up, .loopback] : [.up, .multicast])
    }
    let parsed = parseSmcroute([], named: "smcroute.conf", source: TextSource())
    _ = step(.kernel(.interfacesListed(links)))
    _ = step(.configure(parsed.configuration, isReload: false, request: nil))
  }

  private mutating func step(_ event: Event) -> [RequestID: Reply] {
    var replies: [RequestID: Reply] = [:]
    var events = [event]
    now = now + .milliseconds(1)
    while !events.isEmpty {
      let actions = router.step(events, at: now)
      events = []
      for action in actions {
        switch action {
        case .kernel(.openTable(let table, let family)): events.append(.kernel(.tableOpened(table, family)))
        case .kernel(.readCounters(let ticket, let keys, _)):
          let read = keys.map { EntryCounters(key: $0, packets: .max, bytes: .max, wrongInterface: 1) }
          events.append(.kernel(.counters(ticket, entries: read, vifs: [])))
        case .reply(let id, let reply): replies[id] = reply
        case .kernel, .notice, .finished: break
        }
      }
    }
    return replies
  }

  private mutating func reply(_ event: (RequestID) -> Event) -> Reply? {
    nextRequest += 1
    return step(event(nextRequest))[nextRequest]
  }

  mutating func ask(_ message: SmcrouteMessage, _ dialect: SmcrouteDialect) {
    do throws(SmcrouteRefusal) {
      let command = try SmcrouteCommand(message, dialect)
      guard case .change(let change) = command.action else { return }
      guard let reply = reply({ .change([change], bestEffort: false, request: $0) }) else {
        return Fuzz.expect(false, "\(message) is answered")
      }
      if let refusal = command.refusal(in: reply) { Fuzz.check(refusal) }
    } catch {
      Fuzz.check(error)
    }
  }

  mutating func showAll() {
    for table in SmcrouteTable.allCases {
      for format in SmcrouteFormat.allCases {
        var show = SmcrouteShow(table, format)
        while let request = show.request {
          guard let reply = reply({ .request($0, request) }) else {
            return Fuzz.expect(false, "\(request) is answered")
          }
          show.receive(reply)
        }
        var bytes: [UInt8] = []
        while let piece = show.next() { bytes += piece }
        Fuzz.expect(bytes.last == 0 && !bytes.dropLast().contains(0), "a NUL ends a table, and is in none")
        guard format == .json else { continue }
        Fuzz.expect(Fuzz.isJSON(bytes.dropLast()), "JSON: \(String(decoding: bytes, as: UTF8.self))")
      }
    }
  }
}

extension Fuzz {
  fileprivate static func isJSON(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard var reader = try? JSONReader(Array(bytes)), (try? reader.value()) != nil else { return false }
    return (try? reader.finish()) != nil
  }
}
