import Addressing
import Timing
import Wire

/// What answers say, and how a trace ends.
extension TraceSession {
  mutating func takeAll(_ blocks: [TraceHop], _ now: Instant) -> [ProbingStep] {
    hops = blocks
    let steps = [ProbingStep.say("\n" + receiverLine + lines(from: 1))]
    guard let last = hops.last else { return finish(steps, now) }
    let isCut = plan.isLimited || last.problem == .oldRouter || last.problem == .noSpace
    guard isCut, !last.previous.isUnspecified else { return finish(steps + [.say(sourceLine)], now) }
    let why = last.problem == .oldRouter ? "doesn't support mtrace" : "is the next hop"
    return steps + [.say(text.number(hops.count + 1))] + who(is: last.previous, .end(why), now)
  }

  /// The answer to the question for so many hops.
  mutating func take(_ blocks: [TraceHop], _ hop: Int, _ now: Instant) -> [ProbingStep] {
    hops = blocks
    let count = blocks.count
    var said: String
    if count < hop, nextHop > count + 1 {
      said = "\nRoute must have become shorter...\n" + lines(from: 1)
    } else if count < hop, nextHop > count {
      said = "\nRoute must have changed...\n\n" + lines(from: 1)
    } else if hop == nextHop {
      // The number of the line stands there already.
      said = String(lines(from: hop).dropFirst(text.number(hop).count))
    } else {
      said = "\nResuming...\n" + lines(from: nextHop)
    }
    guard let last = blocks.last else { return finish([.say(said)], now) }
    guard count < hop || last.previous.isUnspecified || last.problem.rawValue & 0x80 != 0 else {
      nextHop = hop + 1
      return pass(hop, [.say(said)], now)
    }
    guard !last.previous.isUnspecified else {
      if last.problem == .none { said += sourceLine }
      return finish([.say(said)], now)
    }
    let why = last.problem == .oldRouter ? "doesn't support mtrace" : "would be the next hop"
    said += text.number(count + 1)
    return [.say(said)] + who(is: last.previous, .end(why), now)
  }

  /// Who the next router is, as far as it said.
  mutating func name(
    _ router: Address, _ version: DVMRPVersion?, _ list: NeighborList?, _ why: Why, _ now: Instant
  ) -> [ProbingStep] {
    var said = text.named(router)
    if let version { said += " [\(TraceText.kind(version))\(version)]" }
    var isLast = false
    switch why {
    case .silent: said += " didn't respond\n"
    case .end(let reason): said += " \(reason)\n"
    }
    if let list, hasSource(list) {
      said += text.number(hops.count + 2) + text.named(plan.source) + "\n"
      isLast = true
    }
    if case .silent(let hop) = why, !isLast { return pass(hop, [.say(said)], now) }
    return finish([.say(said)], now)
  }

  /// Whether one of the router's interfaces is on the network of the source.
  private func hasSource(_ list: NeighborList) -> Bool {
    guard let length = hops.last?.sourceLength, length <= 32,
      let network = Prefix(plan.source, length: Int(length))
    else { return false }
    return list.interfaces.contains {
      $0.flags.isDisjoint(with: [.down, .disabled]) && network.contains($0.local)
    }
  }

  private func lines(from first: Int) -> String { text.lines(hops, from: first - 1, askedWall) }

  private var sourceLine: String {
    reachesSource ? text.number(hops.count + 1) + text.named(plan.source) + "\n" : ""
  }

  // MARK: The end

  mutating func finish(_ steps: [ProbingStep], _ now: Instant) -> [ProbingStep] {
    guard let roundTrip else { return end(steps + [.say(plan.nobody)], 1) }
    let all = steps + [.say("Round trip time \(roundTrip.milliseconds) ms\n\n")]
    guard plan.statistics != nil else { return end(all, 0) }
    return all + gather(from: hops, since: now, now)
  }

  /// - Parameter start: when the counters that the next ones are compared with were told.
  private mutating func gather(from blocks: [TraceHop], since start: Instant, _ now: Instant) -> [ProbingStep]
  {
    if firstTrace == nil { firstTrace = (blocks, start) }
    phase = .gathering
    nextDeadline = max(now, statisticsAt)
    return [.say("Waiting to accumulate statistics... ")]
  }

  mutating func compare(_ blocks: [TraceHop], _ now: Instant) -> [ProbingStep] {
    guard let first = firstTrace else { return end([], 1) }
    let isSameWay = zip(first.hops, blocks).allSatisfy {
      $0.incoming == $1.incoming && $0.outgoing == $1.outgoing
    }
    guard blocks.count == first.hops.count, isSameWay else {
      let said = blocks.count == first.hops.count ? "Route changed:\n" : "Trace length doesn't match:\n"
      (hops, firstTrace, nextHop, target) = (blocks, nil, 1, plan.target)
      return [.say(said + lines(from: 1) + "Restarting.\n\n" + plan.querying)] + askForAll(at: now)
    }
    let table = TraceStatistics(plan, text, before: first.hops, after: blocks)
    let seconds = Int((now - first.at).milliseconds + 500) / 1000
    let page = ProbingStep.say(table.page(seconds: seconds, tripMilliseconds(now)))
    guard plan.repeats else { return end([page], 0) }
    firstTrace = (blocks, now)
    return [page] + gather(from: blocks, since: now, now)
  }
}
