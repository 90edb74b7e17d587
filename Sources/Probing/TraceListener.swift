public import Addressing
public import Timing
import Wire

/// Shows the traces of others as they come by: what `mtrace -p` does.
public struct TraceListener: ProbingSession {
  private let plan: Plan
  private let text: TraceText

  /// Whose traces are shown; nil: everybody's.
  public struct Plan: Hashable, Sendable {
    public var source: Address?
    public var receiver: Address?
    public var group: Group?
    public var isNumeric = false
    public var isVerbose = false
    /// The wall clock less the clock of the session, in nanoseconds.
    public var wallOffset: Int64 = 0

    public init() {}
  }

  public init(_ plan: Plan, names: AddressNames = .none) {
    self.plan = plan
    text = TraceText(isNumeric: plan.isNumeric, isVerbose: plan.isVerbose, names: names)
  }

  /// It waits for ever.
  public var nextDeadline: Instant? { nil }

  /// Nothing is asked.
  public func begin(at now: Instant) -> [ProbingStep] { [] }

  /// Nothing is due.
  public func expire(at now: Instant) -> [ProbingStep] { [] }

  /// Shows a query, a request on its way, or an answer.
  public func receive(_ payload: [UInt8], from source: Address, at now: Instant) -> [ProbingStep] {
    guard let message = try? TraceMessage(decoding: payload.span), isWanted(message) else { return [] }
    let from = message.source.map { "\($0)" } ?? "any source"
    var said = "Mtrace from \(from) to \(message.receiver) via group "
    said += "\(message.group.map { "\($0)" } ?? "0.0.0.0") (mxhop=\(message.maximumHops))\n"
    if !message.hops.isEmpty {
      said += text.number(0) + text.named(message.receiver) + "\n"
      said += text.lines(message.hops, from: 0, TracePlan.wall(now, offset: plan.wallOffset))
      said += end(of: message)
    }
    return [.say(said + "\n")]
  }

  private func isWanted(_ message: TraceMessage) -> Bool {
    (plan.source == nil || plan.source == message.source)
      && (plan.receiver == nil || plan.receiver == message.receiver)
      && (plan.group == nil || plan.group == message.group)
  }

  private func end(of message: TraceMessage) -> String {
    guard let last = message.hops.last, let source = message.source else { return "" }
    let number = text.number(message.hops.count + 1)
    if last.sourceLength <= 32,
      Prefix(last.incoming, length: Int(last.sourceLength))?.contains(source) ?? false
    {
      return number + text.named(source) + "\n"
    }
    return last.previous.isUnspecified ? "" : number + text.named(last.previous) + " would be the next hop\n"
  }
}
