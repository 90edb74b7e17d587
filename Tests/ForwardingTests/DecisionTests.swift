import Addressing
import Forwarding
import Kernel
import Testing

@Suite struct DecisionTests {
  private let ids = (0..<8).map { InterfaceID(slot: UInt8($0)) }

  private func set(_ slots: Int...) -> InterfaceSet { InterfaceSet(slots.map { ids[$0] }) }

  /// A view of a flow arriving by 0 under a rule that names the given interfaces; nil: no rule.
  private func view(rule outbound: [Int]?, exclusive: Bool = false) throws -> FlowView {
    let group = try #require(Address("225.1.2.3").flatMap { Group($0) })
    let source = try #require(Address("10.0.0.1"))
    let flow = try #require(Flow(source: source, group: group))
    var view = FlowView(flow: flow, arrival: ids[0])
    guard let outbound else { return view }
    var table = RuleTable(seed: 1)
    _ = table.rebind(to: ids.map { NamedInterface(name: "e\($0.slot)", id: $0) })
    let id = table.insert(
      StaticRoute(
        .init(inbound: [InterfacePattern("e0")], sources: .all(.ipv4), groups: Prefix(group.address)),
        outbound: outbound.map { .init(InterfacePattern("e\($0)")) }), order: 0, pass: 0)
    view.rule = RouteRule(
      id: id, outbound: table.outbound(id), isExclusive: exclusive, blocks: outbound.isEmpty)
    return view
  }

  @Test("A rule alone gives its interfaces, never the inbound one")
  func rule() throws {
    #expect(decide(try view(rule: [0, 1, 2])).entry?.outbound == set(1, 2))
  }

  @Test("Listeners and dependents add to a rule whose inbound interface is the reverse path")
  func union() throws {
    var view = try view(rule: [1])
    view.listeners = set(2, 5)
    view.children = set(2, 3)
    view.dependents = set(3)
    view.reversePath = ids[0]
    #expect(decide(view).entry?.outbound == set(1, 2, 3))
    #expect(verdict(on: ids[1], in: view) == .rule)
    #expect(verdict(on: ids[2], in: view) == .listener)
    #expect(verdict(on: ids[3], in: view) == .dependent)
    #expect(verdict(on: ids[4], in: view) == .notNamed)
    view.reversePath = ids[5]
    #expect(
      decide(view).entry?.outbound == set(1), "a rule by another way than the reverse path decides alone")
  }

  @Test("A rule to members gives those of its interfaces that are listened on")
  func members() throws {
    var view = try view(rule: [1])
    view.rule?.members = set(2, 3)
    #expect(decide(view).entry?.outbound == set(1))
    view.listeners = set(0, 3, 4)
    #expect(decide(view).entry?.outbound == set(1, 3))
    #expect(verdict(on: ids[3], in: view) == .listener)
    view.rule?.members = .all
    #expect(decide(view).entry?.outbound == set(1, 3, 4))
  }

  @Test("An exclusive rule and one to none take nobody else's interfaces")
  func exclusive() throws {
    for (rule, isExclusive, expected) in [([1], true, set(1)), ([], false, set())] {
      var view = try view(rule: rule, exclusive: isExclusive)
      view.listeners = set(2)
      view.reversePath = ids[0]
      #expect(decide(view).entry?.outbound == expected)
    }
  }

  @Test("Without a rule, listeners and dependents decide; without anybody the flow is unwanted")
  func tree() throws {
    var view = try view(rule: nil)
    #expect(decide(view).basis == .unwanted)
    view.listeners = set(0, 2, 3)
    view.children = set(2)
    view.reversePath = ids[0]
    #expect(decide(view).basis == .tree)
    #expect(decide(view).entry?.outbound == set(2))
  }

  @Test(
    "A boundary binds every contributor, exclusive rules too; on the inbound interface it empties the list"
  )
  func boundaries() throws {
    var view = try view(rule: [1, 2], exclusive: true)
    view.blocked = set(1)
    #expect(decide(view).entry?.outbound == set(2))
    #expect(verdict(on: ids[1], in: view) == .boundary)
    view.blocked = set(0)
    #expect(decide(view).entry?.outbound.isEmpty == true)
    view.blocked = set()
    view.disabled = set(2)
    #expect(decide(view).entry?.outbound == set(1))
    #expect(verdict(on: ids[2], in: view) == .disabled)
  }

  @Test("Verdict and decision agree on every interface, whatever the view")
  func agreement() throws {
    for pattern in 0..<256 {
      var view = try view(rule: pattern & 1 == 0 ? [1, 2, 3] : nil, exclusive: pattern & 2 != 0)
      view.listeners = pattern & 4 != 0 ? set(2, 4) : set()
      view.dependents = pattern & 8 != 0 ? set(3, 5) : set()
      view.blocked = pattern & 16 != 0 ? set(2) : set()
      view.disabled = pattern & 32 != 0 ? set(3) : set()
      if pattern & 64 != 0 { view.reversePath = ids[0] }
      if pattern & 128 != 0 { view.blocked.insert(ids[0]) }
      let entry = try #require(decide(view).entry)
      for id in ids {
        let says = verdict(on: id, in: view)
        let forwards = says == .rule || says == .listener || says == .dependent
        #expect(entry.outbound.contains(id) == forwards, "pattern \(pattern), interface \(id.slot)")
      }
    }
  }
}
