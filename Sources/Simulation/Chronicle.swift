import Addressing
import Kernel
public import Timing
import Wire

/// What happens in a network from some time on, line by line: for whoever wants to know why something failed.
public struct Chronicle: Sendable {
  /// Of more lines than this the first go.
  static let limit = 200_000

  let from: Instant
  public private(set) var lines: [String] = []

  /// - Parameter from: what happens before is not told.
  public init(from: Instant) { self.from = from }

  mutating func add(_ text: String, at now: Instant) {
    guard now >= from else { return }
    if lines.count == Chronicle.limit { lines.removeFirst(Chronicle.limit / 2) }
    lines.append("\((now - .start).milliseconds) ms: \(text)")
  }
}

extension Network {
  /// A Router has sent a frame by one of its links.
  mutating func tell(_ frame: Frame, from router: Int, by link: Int32) {
    tell("\(routers[router].name) \(routers[router].name(of: link)) ← \(text(frame))")
  }

  /// A Router has asked its kernel for something.
  mutating func tell(_ deeds: [String], of router: Int) {
    for deed in deeds { tell("\(routers[router].name) \(deed)") }
  }

  /// Called only where there is a chronicle: the texts cost more than what they tell of.
  mutating func tell(_ text: String) { chronicle?.add(text, at: now) }

  private func text(_ frame: Frame) -> String {
    switch frame {
    case .packet(let packet): "\(packet.flow) number \(packet.sequence)"
    case .datagram(let datagram):
      "\(datagram.source) to \(datagram.destination): \(message(datagram))"
    }
  }

  private func message(_ datagram: Datagram) -> String {
    if datagram.dvmrpCode != nil, let message = try? DVMRPPacket(decoding: datagram.payload.span).message {
      return "\(message)"
    }
    if datagram.source.family == .ipv4, let message = try? IGMPMessage(decoding: datagram.payload.span) {
      return "\(message)"
    }
    return "type \(datagram.payload.first ?? 0), \(datagram.payload.count) bytes"
  }
}
