public import Addressing
public import Timing
public import Wire

/// Follows a flow back from a receiver to its source, router by router: what `mtrace` does.
///
/// One question is for the whole path; when it stays without an answer, the hops are asked for one after the
/// other, so that the last router that answers is found. What is said is said in the words of `mtrace`; the
/// findings are there as values, too.
public struct TraceSession: ProbingSession {
  enum Phase: Hashable, Sendable {
    /// The router to begin at is asked who it is.
    case checking
    case wholePath
    /// So many hops are asked for.
    case hop(Int)
    /// The second hop is asked for at the receiver's router itself, once.
    case direct
    /// The router behind the last one that answered is asked who it is.
    case whoIs(Address, Why)
    /// The counters change for a while.
    case gathering
    case comparing
    case over
  }

  /// Why the next router is asked who it is, and what follows.
  enum Why: Hashable, Sendable {
    /// It stayed silent, and the hop behind it comes next.
    case silent(hop: Int)
    /// It ends the trace.
    case end(String)
  }

  let plan: TracePlan
  let text: TraceText
  var phase = Phase.checking
  var asked = TraceQuestion(hops: 32, tries: 1)
  /// Where questions go now.
  var target: Address
  /// The hop behind the last one that answered.
  var nextHop = 1
  private var number: UInt16
  /// When the last question went out, and that of the answer that is kept.
  private var askedAt = Instant.start
  /// The blocks of the longest answer, the receiver's router first.
  public internal(set) var hops: [TraceHop] = []
  /// How long the answer that is kept took; nil: none came.
  public private(set) var roundTrip: Duration?
  /// The router behind the last one, when it says who it is.
  public private(set) var nextVersion: DVMRPVersion?
  var firstTrace: (hops: [TraceHop], at: Instant)?
  public internal(set) var nextDeadline: Instant?

  /// - Parameter number: of the first question; each has another one.
  public init(_ plan: TracePlan, number: UInt16, names: AddressNames = .none) {
    self.plan = plan
    self.number = number
    target = plan.target
    text = TraceText(isNumeric: plan.isNumeric, isVerbose: plan.isVerbose, names: names)
  }

  /// Whether the last router has the source on a link of its own.
  public var reachesSource: Bool {
    guard let last = hops.last, last.sourceLength <= 32 else { return false }
    return Prefix(last.incoming, length: Int(last.sourceLength))?.contains(plan.source) ?? false
  }

  /// Asks for the whole path.
  public mutating func begin(at now: Instant) -> [ProbingStep] {
    guard plan.checksTarget else { return start(at: now) }
    // An old router might not survive a trace: it is asked who it is.
    return send(neighborsOf: plan.target, at: now)
  }

  private mutating func start(at now: Instant) -> [ProbingStep] {
    if plan.receiverSubnet.contains(plan.source) { return end([.say(plan.head + plan.connected)], 0) }
    return [.say(plan.head + plan.querying)] + askForAll(at: now)
  }

  mutating func askForAll(at now: Instant) -> [ProbingStep] {
    phase = .wholePath
    asked = TraceQuestion(hops: plan.maximumHops, tries: plan.isLimited ? plan.tries : 1)
    return ask(at: now)
  }

  // MARK: Asking

  mutating func ask(hops: Int, as phase: Phase, tries: Int, at now: Instant) -> [ProbingStep] {
    self.phase = phase
    asked = TraceQuestion(hops: hops, tries: tries)
    return ask(at: now)
  }

  private mutating func ask(at now: Instant) -> [ProbingStep] {
    asked.tried += 1
    number &+= 1
    askedAt = now
    nextDeadline = now + plan.patience
    let (answerTo, reach) = asked.answer(plan)
    let message = TraceMessage(
      maximumHops: UInt8(clamping: asked.hops), group: plan.group, source: plan.source,
      receiver: plan.receiver, answerTo: answerTo, tag: TraceTag(number: number, timeToLive: reach))
    let target = phase == .direct ? hops.first?.outgoing ?? target : target
    return [.send(message.encoded(), to: target, hops: target.isMulticast ? plan.queryHops : 255)]
  }

  private mutating func send(neighborsOf router: Address, at now: Instant) -> [ProbingStep] {
    nextDeadline = now + plan.patience
    return [.send(DVMRPPacket(.askNeighbors(.flagged)).encoded(), to: router, hops: 255)]
  }

  /// All routers of the link.
  public static let allRouters = Address(ipv4: 0xe000_0002)

  // MARK: Silence

  /// Nobody answered in time: the next try, another way, or the next hop.
  public mutating func expire(at now: Instant) -> [ProbingStep] {
    guard let nextDeadline, nextDeadline <= now else { return [] }
    switch phase {
    case .checking: return [.say("* ")] + start(at: now)
    case .gathering: return ask(hops: hops.count, as: .comparing, tries: plan.tries, at: now)
    case .over: return []
    case .whoIs(let router, let why): return [.say("* ")] + name(router, nil, nil, why, now)
    case .wholePath, .hop, .direct, .comparing: break
    }
    if asked.tried < asked.tries { return [.say("* ")] + ask(at: now) }
    return [.say("* ")] + giveUp(at: now)
  }

  private mutating func giveUp(at now: Instant) -> [ProbingStep] {
    switch phase {
    case .wholePath where plan.isLimited: return finish([], now)
    case .wholePath:
      return [.say("switching to hop-by-hop:\n" + receiverLine + text.number(1))]
        + ask(hops: 1, as: .hop(1), tries: plan.tries, at: now)
    case .direct: return ask(hops: 2, as: .hop(2), tries: plan.tries, at: now)
    case .hop(1): return finish([], now)
    case .hop(let hop) where hop == nextHop:
      guard let next = hops.last?.previous, !next.isUnspecified else { return pass(hop, [.say("\n")], now) }
      return who(is: next, .silent(hop: hop), now)
    case .hop(let hop) where hop < nextHop + 3: return pass(hop, [.say("\n")], now)
    case .hop: return finish([.say("...giving up\n")], now)
    case .comparing: return end([.say("Timed out.\n")], 1)
    case .checking, .whoIs, .gathering, .over: return []
    }
  }

  /// On to the hop behind this one.
  mutating func pass(_ hop: Int, _ steps: [ProbingStep], _ now: Instant) -> [ProbingStep] {
    guard hop < plan.maximumHops else { return finish(steps, now) }
    let line = [ProbingStep.say(text.number(hop + 1))]
    // The receiver's router answers by unicast as well, and spares the others on the link the question.
    if hop == 1, target.isMulticast, !hops.isEmpty {
      return steps + line + ask(hops: 2, as: .direct, tries: 1, at: now)
    }
    return steps + line + ask(hops: hop + 1, as: .hop(hop + 1), tries: plan.tries, at: now)
  }

  mutating func who(is router: Address, _ why: Why, _ now: Instant) -> [ProbingStep] {
    phase = .whoIs(router, why)
    return send(neighborsOf: router, at: now)
  }

  // MARK: Answers

  /// Takes in an answer; what is none changes nothing.
  public mutating func receive(_ payload: [UInt8], from source: Address, at now: Instant) -> [ProbingStep] {
    switch phase {
    case .checking:
      return neighbors(payload, from: source, of: plan.target) == nil ? [] : start(at: now)
    case .whoIs(let router, let why):
      guard let packet = neighbors(payload, from: source, of: router),
        case .neighbors(let list) = packet.message
      else { return [] }
      nextVersion = packet.version
      return name(router, packet.version, list, why, now)
    case .gathering, .over: return []
    case .wholePath, .hop, .direct, .comparing: break
    }
    guard let message = try? TraceMessage(decoding: payload.span), isAnswer(message) else { return [] }
    if phase == .comparing { return compare(message.hops, now) }
    roundTrip = max(.zero, now - askedAt)
    switch phase {
    case .direct:
      target = hops.first?.outgoing ?? target
      return take(message.hops, 2, now)
    case .hop(let hop): return take(message.hops, hop, now)
    default: return takeAll(message.hops, now)
    }
  }

  /// The tag names the question, so that a late answer to another one is told from it.
  private func isAnswer(_ message: TraceMessage) -> Bool {
    message.isResponse && !message.hops.isEmpty && message.hops.count <= asked.hops
      && message.receiver == plan.receiver && message.group == plan.group && message.source == plan.source
      && message.tag.rawValue >> 8 & 0xffff == UInt32(number)
  }

  /// A router may answer from another address of its own.
  private func neighbors(_ payload: [UInt8], from source: Address, of router: Address) -> DVMRPPacket? {
    guard let packet = try? DVMRPPacket(decoding: payload.span), case .neighbors(let list) = packet.message,
      source == router || list.interfaces.contains(where: { $0.local == router })
    else { return nil }
    return packet
  }

  /// When the last question went out, as routers tell the time.
  var askedWall: UInt32 { plan.wall(askedAt) }

  /// When the counters have had their time.
  var statisticsAt: Instant { askedAt + (plan.statistics ?? .zero) }

  func tripMilliseconds(_ now: Instant) -> Int64 { max(0, (now - askedAt).milliseconds) }

  /// The receiver is hop 0.
  var receiverLine: String { text.number(0) + text.named(plan.receiver) + "\n" }

  mutating func end(_ steps: [ProbingStep], _ status: Int32) -> [ProbingStep] {
    phase = .over
    nextDeadline = nil
    return steps + [.end(status)]
  }
}
