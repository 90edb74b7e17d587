import Addressing
import Timing
import Wire

/// The lines of `mtrace`.
struct TraceText: Sendable {
  private let plan: TraceSession.Plan
  private let names: AddressNames

  init(_ plan: TraceSession.Plan, _ names: AddressNames) {
    self.plan = plan
    self.names = names
  }

  var head: String {
    let way =
      plan.isLimited
      ? "Querying reverse path, maximum \(plan.maximumHops) hops... " : "Querying full reverse path... "
    return "Mtrace from \(plan.source) to \(plan.receiver) via group \(plan.group)\n" + way
  }

  var connected: String { "Source & receiver are directly connected, no path to trace\n" }

  var nobody: String {
    "Timed out receiving responses\nPerhaps no local router has a route for source \(plan.source)\n"
  }

  /// The receiver is hop 0.
  var receiver: String { number(0) + named(plan.receiver) + "\n" }

  /// ` -3  `.
  func number(_ hop: Int) -> String {
    let text = hop == 0 ? "0" : "-\(hop)"
    return String(repeating: " ", count: max(0, 3 - text.utf8.count)) + text + "  "
  }

  /// An address, or its name with the address.
  func named(_ address: Address) -> String {
    plan.isNumeric ? "\(address)" : "\(names.name(of: address) ?? "?") (\(address))"
  }

  /// The lines of the blocks behind the first `shown`.
  func lines(_ hops: [TraceHop], from shown: Int, _ askedAt: Instant, _ now: Instant) -> String {
    var text = ""
    for (index, hop) in hops.enumerated() where index >= shown {
      text += number(index + 1) + named(hop.outgoing.isUnspecified ? hop.incoming : hop.outgoing)
      text += "  \(TraceText.name(ofProtocol: hop.routingProtocol))  thresh^ \(hop.threshold)  "
      if plan.isVerbose { text += "\(delay(hop, hops)) ms  " }
      text += TraceText.meaning(hop.problem) + "\n"
    }
    return text
  }

  /// From the receiver's router to this one, by their clocks.
  private func delay(_ hop: TraceHop, _ hops: [TraceHop]) -> Int64 {
    guard let first = hops.first else { return 0 }
    let difference = Int64(Int32(truncatingIfNeeded: hop.arrival &- first.arrival))
    return difference * 1000 / 65_536
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

  static func meaning(_ problem: TraceProblem) -> String {
    switch problem {
    case .none: ""
    case .wrongInterface: "Wrong interface"
    case .pruneSent: "Prune sent upstream"
    case .outputPruned: "Output pruned"
    case .scopeBoundary: "Hit scope boundary"
    case .noRoute: "No route"
    case .wrongLastHop: "Wrong last hop"
    case .notForwarding: "Not forwarding"
    case .noSpace: "No space in packet"
    case .oldRouter: "Next router no mtrace"
    default: "Unknown error code \(problem.rawValue)"
    }
  }
}
