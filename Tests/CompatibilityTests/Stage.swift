import Addressing
import Compatibility
import Configuration
import Control
import Foundation
import Kernel
import Router
import Testing
import Timing

/// A Router as a daemon of SMCRoute asks it, with clients that speak to it in bytes.
struct Stage {
  var router = Router(seed: 7)
  var dialect = SmcrouteDialect.current
  /// What the kernel counted of a flow, `10.0.0.1 225.1.2.3`.
  var counters: [String: (packets: UInt64, bytes: UInt64, wrong: UInt64)] = [:]
  private let configuration: Configuration
  private var now = Instant.start
  private var nextRequest: RequestID = 1

  /// Links from ifindex 2 on, behind `lo`.
  init(
    _ names: [String] = ["eth0", "eth1", "eth2"], file: String = "", dialect: SmcrouteDialect = .current
  ) {
    self.dialect = dialect
    var links = [Interface(index: 1, name: "lo", flags: [.up, .running, .loopback])]
    for (index, name) in names.enumerated() {
      links.append(
        Interface(index: Int32(index + 2), name: name, flags: [.up, .running, .multicast]))
    }
    configuration =
      parseSmcroute(Array(file.utf8), named: "smcroute.conf", source: TextSource()).configuration
    _ = step([
      .kernel(.interfacesListed(links)),
      .configure(configuration, isReload: false, request: nil),
    ])
  }

  /// Steps until the kernel has nothing more to say; the replies.
  private mutating func step(_ events: [Event]) -> [RequestID: Reply] {
    var replies: [RequestID: Reply] = [:]
    var events = events
    now = now + .milliseconds(1)
    while !events.isEmpty {
      let actions = router.step(events, at: now)
      events = []
      for action in actions {
        switch action {
        case .kernel(.openTable(let table, let family)): events.append(.kernel(.tableOpened(table, family)))
        case .kernel(.readCounters(let ticket, let keys, _)):
          let read = keys.map { key in
            let count = counters["\(key.flow.source) \(key.flow.group)"] ?? (0, 0, 0)
            return EntryCounters(
              key: key, packets: count.packets, bytes: count.bytes, wrongInterface: count.wrong)
          }
          events.append(.kernel(.counters(ticket, entries: read, vifs: [])))
        case .reply(let id, let reply): replies[id] = reply
        case .kernel, .notice, .finished: break
        }
      }
    }
    return replies
  }

  private mutating func ask(_ event: (RequestID) -> Event) throws -> Reply {
    nextRequest += 1
    return try #require(step([event(nextRequest)])[nextRequest])
  }

  /// What a client gets that sends these bytes.
  mutating func answer(_ bytes: [UInt8]) throws -> [UInt8] {
    var frames = SmcrouteFrames()
    frames.append(bytes)
    var answer: [UInt8] = []
    while let frame = frames.next() {
      switch frame {
      case .message(let message): answer += try self.answer(message)
      case .refused(let refusal), .broken(let refusal): answer += refusal.bytes
      }
    }
    return answer
  }

  private mutating func answer(_ message: SmcrouteMessage) throws -> [UInt8] {
    let command: SmcrouteCommand
    do throws(SmcrouteRefusal) {
      command = try SmcrouteCommand(message, dialect)
    } catch {
      return error.bytes
    }
    switch command.action {
    case .change(let change):
      return command.answer(to: try ask { .change([change], bestEffort: false, request: $0) })
    case .show(let table, let format): return try show(table, format)
    case .flush:
      return command.answer(to: try ask { .change([.clear(.routes)], bestEffort: false, request: $0) })
    case .reload:
      _ = step([.configure(configuration, isReload: true, request: nil)])
      return [0]
    case .kill: return [0]
    }
  }

  /// The bytes of a shown table, piece by piece.
  mutating func show(_ table: SmcrouteTable, _ format: SmcrouteFormat) throws -> [UInt8] {
    var show = SmcrouteShow(table, format)
    while let request = show.request {
      #expect(show.next() == nil, "nothing comes before all is there")
      show.receive(try ask { .request($0, request) })
    }
    var answer: [UInt8] = []
    while let piece = show.next() {
      #expect(!piece.isEmpty && piece.count < 32 << 10)
      answer += piece
    }
    return answer
  }

  /// What `smcroutectl` prints with these words, and `= STATUS`.
  mutating func run(_ line: String) throws -> String {
    let arguments = SmcroutectlArguments(line.split(separator: " ").map(String.init))
    var output = ""
    var status: Int32 = 0
    for step in arguments.steps {
      switch step {
      case .say(let result):
        output += result.complaint + result.output
        status = result.exitCode
      case .send(let message):
        let reply = try answer(message.encoded())
        if "sSJ".utf8.contains(message.command) {
          var rendering = SmcrouteRendering(arguments.headings == .none ? .none : .plain)
          output += String(decoding: rendering.receive(reply) + rendering.finish(), as: UTF8.self)
        } else if let refusal = SmcrouteRendering.refusal(in: reply) {
          output += "smcroutectl: \(refusal)\n"
          status = 1
        }
      }
    }
    return output + "= \(status)\n"
  }
}

/// Files that the tests compare with.
enum Golden {
  static func lines(_ name: String) throws -> [Substring] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let text = try String(contentsOf: folder.appending(path: "Golden/\(name).txt"), encoding: .utf8)
    return text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}

/// `61 00 ff`.
func bytes(_ hex: some StringProtocol) -> [UInt8] {
  hex.split(separator: " ").compactMap { UInt8($0, radix: 16) }
}
