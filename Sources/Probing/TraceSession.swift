public import Addressing
public import Timing
import Wire

/// Follows a flow back from a receiver to its source, router by router: what `mtrace` does.
///
/// One question is for the whole path; when it stays without an answer, the hops are asked for one after the
/// other, so that the last router that answers is found.
public struct TraceSession: ProbingSession, Sendable {
  /// What to ask and how patiently.
  public struct Plan: Hashable, Sendable {
    public var source: Address
    public var receiver: Address
    public var group: Group
    /// Where the questions go: the receiver's router, its group, or all routers of the link.
    public var target: Address
    /// Where answers shall come to: an address of ours, or a group that we have joined.
    public var answerTo: Address
    /// Answers come to a group from the first question on.
    public var answersToGroup = false
    /// TTL of questions to a group; nil: 1 to all routers of the link, else 64.
    public var hops: UInt8?
    public var maximumHops = 32
    /// The operator named how many, so the last router's own view ends it.
    public var isLimited = false
    public var tries = 3
    public var patience = Duration.seconds(3)
    /// Between the two traces whose counters are compared; nil: no statistics.
    public var statistics: Duration? = .seconds(10)
    /// Statistics again and again.
    public var repeats = false
    public var isNumeric = false
    public var isVerbose = false

    public init(source: Address, receiver: Address, group: Group, target: Address, answerTo: Address) {
      self.source = source
      self.receiver = receiver
      self.group = group
      self.target = target
      self.answerTo = answerTo
    }

    public static let answerGroup = Address(ipv4: 0xe000_0120)
  }

  enum Phase: Hashable, Sendable {
    case wholePath
    /// So many hops are asked for.
    case hop(Int)
    /// The router behind the last one that answered is asked who it is.
    case whoIs(Address, hop: Int)
    /// The counters change for a while.
    case gathering
    case comparing
    case over
  }

  let plan: Plan
  let text: TraceText
  private var phase = Phase.wholePath
  private var tried = 0
  private var silentHops = 0
  private var askedAt = Instant.start
  private var number: UInt16
  /// The blocks of the best answer so far, the receiver's router first.
  private(set) var hops: [TraceHop] = []
  private var firstTrace: (hops: [TraceHop], at: Instant)?
  public private(set) var nextDeadline: Instant?

  /// - Parameter number: of the first question; each has another one.
  public init(_ plan: Plan, number: UInt16, names: AddressNames = .none) {
    self.plan = plan
    self.number = number
    text = TraceText(plan, names)
  }

  /// Asks for the whole path.
  public mutating func begin(at now: Instant) -> [ProbingStep] {
    if plan.source == plan.receiver { return end([.say(text.connected)], 0) }
    return [.say(text.head)] + ask(at: now)
  }

  // MARK: Asking

  private mutating func ask(at now: Instant) -> [ProbingStep] {
    tried += 1
    number &+= 1
    askedAt = now
    nextDeadline = now + plan.patience
    if case .whoIs(let router, _) = phase {
      return [.send(DVMRPPacket(.askNeighbors(.flagged)).encoded(), to: router, hops: 64)]
    }
    var maximum = plan.maximumHops
    if case .hop(let count) = phase { maximum = count }
    // The group is the second way home, when the first one seems to be closed; its reach grows.
    let isToGroup = plan.answersToGroup || (phase != .wholePath && tried % 2 == 0)
    let reach = UInt8(clamping: min(192, 64 + 32 * (tried - 1)))
    let message = TraceMessage(
      maximumHops: UInt8(clamping: maximum), group: plan.group, source: plan.source,
      receiver: plan.receiver, answerTo: isToGroup ? Plan.answerGroup : plan.answerTo,
      tag: TraceTag(number: number, timeToLive: isToGroup ? reach : 255))
    let isLink = plan.target == TraceSession.allRouters
    let hops = plan.target.isMulticast ? (plan.hops ?? (isLink ? 1 : 64)) : 64
    return [.send(message.encoded(), to: plan.target, hops: hops)]
  }

  /// All routers of the link.
  public static let allRouters = Address(ipv4: 0xe000_0002)

  /// Nobody answered in time: another way, or the next hop.
  public mutating func expire(at now: Instant) -> [ProbingStep] {
    guard let nextDeadline, nextDeadline <= now else { return [] }
    switch phase {
    case .wholePath:
      phase = .hop(1)
      tried = 0
      return [.say("* switching to hop-by-hop:\n" + text.receiver + text.number(1))] + ask(at: now)
    case .hop(let count): return silence(at: count, now)
    case .whoIs(let router, let hop):
      if tried < 2 { return [.say("* ")] + ask(at: now) }
      return pass(hop, [.say("* \(text.named(router)) didn't respond\n")], now)
    case .gathering:
      phase = .comparing
      tried = 0
      return ask(at: now)
    case .comparing:
      guard tried >= plan.tries else { return ask(at: now) }
      return end([.say("* Timed out receiving responses\n")], 1)
    case .over: return []
    }
  }

  /// Nobody answered for the hop.
  private mutating func silence(at count: Int, _ now: Instant) -> [ProbingStep] {
    if tried < plan.tries { return [.say("* ")] + ask(at: now) }
    if hops.isEmpty { return end([.say("* " + text.nobody)], 1) }
    silentHops += 1
    if silentHops > 3 { return finish([.say("* ...giving up\n")], now) }
    // Right behind the last router that answered: it said who is next.
    if count == hops.count + 1, let next = hops.last?.previous, !next.isUnspecified {
      phase = .whoIs(next, hop: count)
      tried = 0
      return [.say("* ")] + ask(at: now)
    }
    return pass(count, [.say("* \n")], now)
  }

  /// On to the hop behind this one.
  private mutating func pass(_ hop: Int, _ steps: [ProbingStep], _ now: Instant) -> [ProbingStep] {
    if silentHops == 0 { silentHops = 1 }
    guard hop < plan.maximumHops else { return finish(steps, now) }
    phase = .hop(hop + 1)
    tried = 0
    return steps + [.say(text.number(hop + 1))] + ask(at: now)
  }

  // MARK: Answers

  /// Takes in an answer.
  public mutating func receive(_ payload: [UInt8], from source: Address, at now: Instant) -> [ProbingStep] {
    if case .whoIs(let router, let hop) = phase { return hear(payload, from: source, router, hop, now) }
    guard let message = try? TraceMessage(decoding: payload.span), isAnswer(message) else { return [] }
    switch phase {
    case .wholePath:
      hops = message.hops
      return finish([.say("\n" + text.receiver + text.lines(hops, from: 0, askedAt, now))], now)
    case .hop(let count): return take(message.hops, count, now)
    case .comparing: return compare(message.hops, now)
    case .whoIs, .gathering, .over: return []
    }
  }

  private func isAnswer(_ message: TraceMessage) -> Bool {
    message.isResponse && !message.hops.isEmpty && message.receiver == plan.receiver
      && message.group == plan.group && message.source == plan.source
      && message.tag.rawValue >> 8 & 0xffff == UInt32(number)
  }

  private mutating func take(_ blocks: [TraceHop], _ count: Int, _ now: Instant) -> [ProbingStep] {
    let shown = min(hops.count, blocks.count)
    var lines = text.lines(blocks, from: shown, askedAt, now)
    // The number of the first line stands there already.
    if shown + 1 == count { lines = String(lines.dropFirst(text.number(count).count)) }
    hops = blocks
    silentHops = 0
    let isOver =
      blocks.count < count || blocks.last?.problem.endsTrace ?? true
      || blocks.last?.previous.isUnspecified ?? true || count >= plan.maximumHops
    guard !isOver else { return finish([.say(lines)], now) }
    phase = .hop(count + 1)
    tried = 0
    return [.say(lines + text.number(count + 1))] + ask(at: now)
  }

  private mutating func hear(
    _ payload: [UInt8], from source: Address, _ router: Address, _ hop: Int, _ now: Instant
  ) -> [ProbingStep] {
    guard source == router, let packet = try? DVMRPPacket(decoding: payload.span),
      case .neighbors = packet.message
    else { return [] }
    let line = "\(text.named(router)) [mrouted \(packet.version)] is the next hop\n"
    return pass(hop, [.say(line)], now)
  }

  // MARK: The end

  private mutating func finish(_ steps: [ProbingStep], _ now: Instant) -> [ProbingStep] {
    let reached = hops.last.map { $0.previous.isUnspecified && !$0.problem.endsTrace } ?? false
    var rest = ""
    if reached || isNextToSource { rest += text.number(hops.count + 1) + text.named(plan.source) + "\n" }
    rest += "Round trip time \(max(0, (now - askedAt).milliseconds)) ms\n\n"
    let all = steps + [.say(rest)]
    guard reached || isNextToSource, let interval = plan.statistics else { return end(all, 0) }
    firstTrace = (hops, now)
    phase = .gathering
    nextDeadline = now + interval
    return all + [.say("Waiting to accumulate statistics... ")]
  }

  /// The last router has the source on a link of its own.
  private var isNextToSource: Bool {
    guard let last = hops.last, last.sourceLength <= 32, last.previous.isUnspecified else { return false }
    return Prefix(last.incoming, length: Int(last.sourceLength))?.contains(plan.source) ?? false
  }

  private mutating func compare(_ blocks: [TraceHop], _ now: Instant) -> [ProbingStep] {
    guard let first = firstTrace else { return end([], 1) }
    let table = TraceStatistics(plan, text, before: first.hops, after: blocks)
    let page = table.page(seconds: Double((now - first.at).milliseconds) / 1000, now - askedAt)
    guard plan.repeats else { return end([.say(page)], 0) }
    firstTrace = (blocks, now)
    phase = .gathering
    nextDeadline = now + (plan.statistics ?? .seconds(10))
    return [.say(page)]
  }

  private mutating func end(_ steps: [ProbingStep], _ status: Int32) -> [ProbingStep] {
    phase = .over
    nextDeadline = nil
    return steps + [.end(status)]
  }
}

extension TraceProblem {
  /// Whether the router went no further.
  var endsTrace: Bool {
    switch self {
    case .none, .pruneSent, .outputPruned, .scopeBoundary, .notForwarding: false
    default: true
    }
  }
}
