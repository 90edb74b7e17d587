import Addressing
import Wire

/// What this router knows of a traced flow: all that its block, and where the trace goes next, depend on.
struct TraceFacts: Hashable, Sendable {
  /// What becomes of the flow's packets on their way out.
  enum Forwarding: Hashable, Sendable {
    /// No packet asked for an entry yet.
    case unasked
    case forwarded
    /// We told the router upstream that nobody wants them.
    case pruneSent
    /// Every router below told us so.
    case outputPruned
    case stopped
  }

  /// It was asked of us though the receiver is not served by us.
  var isAstray = false
  /// The route toward the source; nil: there is none.
  var origin: Prefix?
  /// Where the flow comes in, and our address there; nil without a route.
  var incoming: Address?
  /// Our address toward the receiver.
  var outgoing: Address
  /// The flow comes in by the interface that it should leave by.
  var isBackward = false
  /// The router upstream; nil: the source is on a link of ours, or it is not known who comes next.
  var gateway: Address?
  var gatewayCarriesTraces = true
  var threshold: UInt8 = 0
  /// We forward onto the outgoing interface for this source.
  var isChild = true
  /// A boundary keeps the group from passing here.
  var isScoped = false
  var forwarding = Forwarding.unasked
  /// A rule of ours leads the flow, not DVMRP; who sends it to us is not known.
  var isStatic = false

  /// The first reason why packets of the flow do not pass as the trace did.
  var problem: TraceProblem {
    if isAstray { return .wrongInterface }
    guard let origin else { return .noRoute }
    if isBackward { return .wrongInterface }
    if isScoped { return .scopeBoundary }
    switch forwarding {
    case .pruneSent: return .pruneSent
    case .outputPruned: return .outputPruned
    case .stopped: return .notForwarding
    case .unasked where !isChild: return .notForwarding
    case .unasked, .forwarded: break
    }
    // The trace ends here, and the source may be far.
    if isStatic, origin.length == 32 { return .oldRouter }
    return gatewayCarriesTraces ? .none : .oldRouter
  }

  /// Our block, with counters that are still to be read.
  func block(arrival: UInt32) -> TraceHop {
    TraceHop(
      arrival: arrival, incoming: incoming ?? .unspecified(.ipv4), outgoing: outgoing,
      previous: gateway ?? .unspecified(.ipv4), routingProtocol: isStatic ? 7 : 1,
      threshold: isAstray ? 0 : threshold, sourceLength: UInt8(clamping: origin?.length ?? 32),
      problem: problem)
  }

  /// Adds the block, and says who gets the message: nil for whoever asked.
  func extend(_ message: inout TraceMessage, with block: TraceHop) -> Address? {
    message.isResponse = true
    guard message.hops.count < TraceMessage.hopLimit else {
      message.hops[message.hops.count - 1].problem = .noSpace
      return nil
    }
    message.hops.append(block)
    guard let gateway, gatewayCarriesTraces, message.hops.count < Int(message.maximumHops) else { return nil }
    message.isResponse = false
    return gateway
  }
}
