import Addressing
import Probing
import Testing
import Timing
import Wire

@Suite struct NeighborsTests {
  private let r3 = Address(ipv4: 0x0a4d_0301)
  private let r2 = Address(ipv4: 0x0a4d_1702)

  private func answer(_ form: NeighborListForm = .flagged) -> [UInt8] {
    let list = NeighborList(
      form,
      [
        .init(
          local: Address(ipv4: 0x0a4d_1703), metric: 1, threshold: 1, neighbors: [r2]),
        .init(
          local: r3, metric: 1, threshold: 1, flags: [.querier, .leaf], neighbors: [Address(ipv4: 0)]),
      ])
    return DVMRPPacket(.neighbors(list)).encoded()
  }

  private func plan(_ address: Address) -> NeighborsSession.Plan {
    var plan = NeighborsSession.Plan(router: address)
    plan.isNumeric = true
    plan.patience = .seconds(1)
    plan.retries = 1
    return plan
  }

  @Test func theAnswerIsShownAsMrinfoDoes() {
    var session = NeighborsSession(plan(r3))
    #expect(session.begin(at: .start).count == 1)
    let steps = session.receive(answer(), from: r3, at: .start)
    let text = """
      10.77.3.1 (10.77.3.1) [DVMRPv3 compliant]:
        10.77.23.3 -> 10.77.23.2 (10.77.23.2) [1/1]
        10.77.3.1 -> 0.0.0.0 (local) [1/1/querier/leaf]

      """
    #expect(steps == [.say(text), .end(0)])
    #expect(session.nextDeadline == nil)
  }

  @Test func whoElseAnswersIsNamed() {
    var session = NeighborsSession(plan(r2))
    _ = session.begin(at: .start)
    let steps = session.receive(answer(), from: r3, at: .start)
    #expect(steps.first == .complain("mrinfo: got reply from 10.77.3.1 instead of 10.77.23.2"))
    #expect(steps.last == .end(0))
  }

  @Test func silenceEndsWithOne() {
    var session = NeighborsSession(plan(r2))
    _ = session.begin(at: .start)
    #expect(session.expire(at: .start + .milliseconds(999)) == [])
    #expect(session.expire(at: .start + .seconds(1)).count == 1)
    #expect(session.expire(at: .start + .seconds(2)) == [.end(1)])
  }

  @Test func anOldRouterIsAskedInTheOldForm() {
    var plan = plan(r3)
    plan.retries = 3
    var session = NeighborsSession(plan)
    var asked: [[ProbingStep]] = [session.begin(at: .start)]
    for second in 1...3 { asked.append(session.expire(at: .start + .seconds(second))) }
    let forms = asked.flatMap { $0 }.compactMap { step -> NeighborListForm? in
      guard case .send(let bytes, _, _) = step, let packet = try? DVMRPPacket(decoding: bytes.span),
        case .askNeighbors(let form) = packet.message
      else { return nil }
      return form
    }
    #expect(forms == [.flagged, .flagged, .plain, .flagged])
  }

  @Test func noiseIsNoAnswer() {
    var session = NeighborsSession(plan(r3))
    _ = session.begin(at: .start)
    #expect(session.receive([0x13, 6, 1], from: r3, at: .start) == [])
    #expect(session.receive(DVMRPPacket(.askNeighbors(.plain)).encoded(), from: r3, at: .start) == [])
    #expect(session.nextDeadline != nil)
  }
}

@Suite struct SurveyTests {
  private func address(_ text: String) -> Address { Address(text) ?? Address(ipv4: 0) }

  private func answer(_ entries: [(String, String, NeighborList.Flags)]) -> [UInt8] {
    let list = NeighborList(
      .flagged,
      entries.map {
        .init(
          local: address($0.0), metric: 1, threshold: 1, flags: $0.2, neighbors: [address($0.1)])
      })
    return DVMRPPacket(.neighbors(list)).encoded()
  }

  private func targets(_ steps: [ProbingStep]) -> [Address] {
    steps.compactMap { if case .send(_, let address, _) = $0 { address } else { nil } }
  }

  @Test func aFloodFindsTheLine() {
    var plan = SurveySession.Plan(router: address("10.77.3.1"))
    plan.floods = true
    plan.isNumeric = true
    plan.retries = 0
    var session = SurveySession(plan)
    _ = session.begin(at: .start)
    let found = session.receive(
      answer([("10.77.23.3", "10.77.23.2", .querier), ("10.77.3.1", "0.0.0.0", .querier)]),
      from: address("10.77.3.1"), at: .start)
    #expect(targets(found) == [address("10.77.23.2")])
    let end = session.expire(at: .start + .seconds(2))
    let text = """

      Multicast Router Connectivity:

      10.77.3.1: <v3.255>
          10.77.3.1:  10.77.3.1 [1/1/querier]
          10.77.23.3:  10.77.23.2 [1/1/querier]

      10.77.23.2: no response to query

      10.77.23.3: alias for 10.77.3.1


      """
    #expect(end == [.say(text), .end(0)])
  }

  @Test func aNetworkWithoutEndIsAskedUpToTheLimit() {
    var plan = SurveySession.Plan(router: address("10.0.0.1"))
    plan.floods = true
    plan.limit = 50
    var session = SurveySession(plan)
    var open = targets(session.begin(at: .start))
    var asked = 0
    while let next = open.popLast(), asked < 1000 {
      asked += 1
      let base = next.ipv4 ?? 0
      open += targets(
        session.receive(
          answer(
            (1...5 as ClosedRange<UInt32>).map { ("\(next)", "\(Address(ipv4: base &+ 256 &* $0))", []) }),
          from: next,
          at: .start))
    }
    #expect(asked <= 50)
  }
}
