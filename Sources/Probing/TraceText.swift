import Addressing
import Timing
import Wire

/// The lines of `mtrace`.
struct TraceText {
  let isNumeric: Bool
  let isVerbose: Bool
  let names: AddressNames

  /// ` -3  `.
  func number(_ hop: Int) -> String {
    let text = hop == 0 ? "0" : "-\(hop)"
    return String(repeating: " ", count: max(0, 3 - text.utf8.count)) + text + "  "
  }

  /// An address, or its name with the address.
  func named(_ address: Address) -> String {
    isNumeric ? "\(address)" : "\(name(of: address) ?? "?") (\(address))"
  }

  /// The name alone; nil where there is none, or none is wanted.
  func name(of address: Address) -> String? { isNumeric ? nil : names.name(of: address) }

  /// The lines of the blocks behind the first `shown`.
  func lines(_ hops: [TraceHop], from shown: Int, _ askedWall: UInt32) -> String {
    var text = ""
    for (index, hop) in hops.enumerated() where index >= shown {
      text += number(index + 1) + named(hop.outgoing.isUnspecified ? hop.incoming : hop.outgoing)
      text += "  \(TraceText.name(ofProtocol: hop.routingProtocol))  thresh^ \(hop.threshold)  "
      if isVerbose { text += "\(TraceText.milliseconds(from: askedWall, to: hop.arrival)) ms  " }
      text += TraceText.meaning(hop.problem) + "\n"
    }
    return text
  }

  /// From the question to its arrival at a router, by the two clocks.
  static func milliseconds(from asked: UInt32, to arrival: UInt32) -> Int64 {
    Int64(Int32(truncatingIfNeeded: arrival &- asked)) * 1000 / 65_536
  }

  static func name(ofProtocol number: UInt8) -> String {
    switch number {
    case 1: "DVMRP"
    case 2: "MOSPF"
    case 3: "PIM"
    case 4: "CBT"
    default: "Unknown protocol code \(number)"
    }
  }

  /// Who programs with such versions are.
  static func kind(_ version: DVMRPVersion) -> String {
    switch version.major {
    case 1: "proteon/mrouted "
    case 2...4: "mrouted "
    case 10: "cisco "
    default: ""
    }
  }

  static func meaning(_ problem: TraceProblem) -> String {
    switch problem {
    case .none: ""
    case .wrongInterface: "Wrong interface"
    case .pruneSent: "Prune sent upstream"
    case .outputPruned: "Output pruned"
    case .scopeBoundary: "Hit scope boundary"
    case .noRoute: "No route"
    case .notForwarding: "Not forwarding"
    case .noSpace: "No space in packet"
    case .oldRouter: "Next router no mtrace"
    default: "Unknown error code \(problem.rawValue)"
    }
  }
}
