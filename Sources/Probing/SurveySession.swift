public import Addressing
public import Timing
import Wire

/// Asks a router for its neighbors, and these for theirs: what `map-mbone` does.
public struct SurveySession: ProbingSession {
  /// What to ask and how patiently.
  public struct Plan: Hashable, Sendable {
    /// Where it begins.
    public var router: Address
    /// Whether the neighbors that are found are asked too.
    public var floods = false
    public var retries = 1
    public var patience = Duration.seconds(2)
    public var isNumeric = false
    /// The graph is printed in the language of GraphEd, with this as its time.
    public var graphTime: String?
    /// The most routers that are asked; what is found beyond is listed without an answer.
    public var limit = 10_000

    public init(router: Address) { self.router = router }
  }

  /// What is known of one address.
  enum Knowledge: Hashable, Sendable {
    /// Questions so far.
    case asked(Int)
    case silent
    case router(Router)
    /// Another address of this router.
    case alias(Address)
  }

  struct Router: Hashable, Sendable {
    var version: DVMRPVersion
    /// The last that was told first.
    var links: [Link] = []
  }

  struct Link: Hashable, Sendable {
    var local: Address
    /// The interface's own address where nobody is heard.
    var neighbor: Address
    var metric: UInt8
    var threshold: UInt8
    var flags: NeighborList.Flags
  }

  private let plan: Plan
  private let names: AddressNames
  private(set) var known: [Address: Knowledge] = [:]
  private var deadlines = Deadlines<Address>()

  public init(_ plan: Plan, names: AddressNames = .none) {
    self.plan = plan
    self.names = names
  }

  public var nextDeadline: Instant? { deadlines.next }

  /// Asks the first router.
  public mutating func begin(at now: Instant) -> [ProbingStep] { ask(plan.router, at: now) }

  private mutating func ask(_ address: Address, at now: Instant) -> [ProbingStep] {
    var count = 0
    if case .asked(let before) = known[address] { count = before }
    known[address] = .asked(count + 1)
    deadlines.set(address, at: now + plan.patience)
    // Routers of every age know the plain form; the one with flags comes with the second question.
    let form: NeighborListForm = count % 2 == 0 ? .flagged : .plain
    let hops: UInt8 = address.isMulticast ? 1 : 255
    return [.send(DVMRPPacket(.askNeighbors(form)).encoded(), to: address, hops: hops)]
  }

  /// Asks again where nobody answered, up to the plan's number.
  public mutating func expire(at now: Instant) -> [ProbingStep] {
    var steps: [ProbingStep] = []
    for address in deadlines.expire(at: now) {
      guard case .asked(let count) = known[address] else { continue }
      if count <= plan.retries {
        steps += ask(address, at: now)
      } else {
        known[address] = address.isMulticast ? nil : .silent
      }
    }
    return steps + endIfDone()
  }

  /// Takes in an answer, and asks whom it names.
  public mutating func receive(_ payload: [UInt8], from source: Address, at now: Instant) -> [ProbingStep] {
    guard !deadlines.isEmpty, let packet = try? DVMRPPacket(decoding: payload.span),
      case .neighbors(let list) = packet.message
    else { return [] }
    if case .router = known[source] { return [] }
    if case .alias = known[source] { return [] }
    var router = Router(version: packet.version)
    for entry in list.interfaces.prefix(255) {
      for neighbor in entry.neighbors.prefix(255) {
        router.links.insert(
          Link(
            local: entry.local, neighbor: neighbor.isUnspecified ? entry.local : neighbor,
            metric: entry.metric, threshold: entry.threshold, flags: entry.flags), at: 0)
      }
    }
    known[source] = .router(router)
    deadlines.cancel(source)
    settle(plan.router, when: plan.router.isMulticast)
    return follow(router, from: source, at: now) + endIfDone()
  }

  /// The question to a group ends with its first answer unless others are to be heard.
  private mutating func settle(_ group: Address, when isGroup: Bool) {
    guard isGroup, !plan.floods else { return }
    deadlines.cancel(group)
    known[group] = nil
  }

  private mutating func follow(_ router: Router, from source: Address, at now: Instant) -> [ProbingStep] {
    var steps: [ProbingStep] = []
    for link in router.links where link.local != source {
      if case .router = known[link.local] { continue }
      known[link.local] = .alias(source)
      deadlines.cancel(link.local)
    }
    guard plan.floods else { return [] }
    for link in router.links.reversed()
    where link.neighbor != link.local && known[link.neighbor] == nil && known.count < plan.limit
      && link.neighbor.isUnicastSource && !link.flags.contains(.down) && !link.flags.contains(.disabled)
    {
      steps += ask(link.neighbor, at: now)
    }
    return steps
  }

  private func endIfDone() -> [ProbingStep] {
    guard deadlines.isEmpty else { return [] }
    return [.say(plan.graphTime.map(graph) ?? text), .end(0)]
  }

  /// Every address that was met, in order.
  var text: String {
    var text = plan.floods ? "\nMulticast Router Connectivity:\n" : ""
    for address in known.keys.sorted() {
      switch known[address] {
      case .router(let router):
        text += "\n\(named(address)): <v\(router.version)>\n"
        for link in router.links {
          let flags = link.flags.subtracting(.leaf).words.map { "/\($0)" }.joined()
          text += "    \(link.local):  \(named(link.neighbor)) [\(link.metric)/\(link.threshold)\(flags)]\n"
        }
      case .alias(let router): text += "\n\(named(address)): alias for \(named(router))\n"
      case .silent: text += "\n\(named(address)): no response to query\n"
      case .asked, nil: break
      }
    }
    return text + "\n"
  }

  // MARK: The graph

  /// Routers as nodes, each link of two of them once.
  private func graph(_ time: String) -> String {
    var text = "\nGRAPH \"Multicast Router Connectivity: \(time)\" = UNDIRECTED\n"
    for address in known.keys.sorted() {
      let bits = address.ipv4 ?? 0
      // The first two numbers of the address place the node.
      let place = "\((bits >> 24) * 10) \((bits >> 16 & 0xff) * 10)"
      let name = plan.isNumeric ? "\(address)" : names.name(of: address) ?? "\(address)"
      switch known[address] {
      case .router(let router):
        text +=
          "  \(node(address)) {$ NP \(place) $} \"\(name)\" \n" + edges(of: router, at: address) + "    ;\n"
      case .silent: text += "  \(node(address)) {$ NP \(place) $} \"\(name)*\" \n    ;\n"
      case .alias, .asked, nil: break
      }
    }
    return text + "END\n"
  }

  private func edges(of router: Router, at address: Address) -> String {
    var text = ""
    for link in router.links where link.flags.isDisjoint(with: [.down, .disabled]) {
      var other = link.neighbor
      if case .alias(let router) = known[other] { other = router }
      guard other > address, known[other] != nil else { continue }
      let kind = link.flags.contains(.tunnel) ? "E" : "P"
      text += "    \(node(other)) \"\(link.metric)/\(link.threshold)\(kind)\"\n"
    }
    return text
  }

  /// Addresses are numbers in the byte order of the machines of the time.
  private func node(_ address: Address) -> Int32 {
    Int32(truncatingIfNeeded: (address.ipv4 ?? 0).byteSwapped)
  }

  private func named(_ address: Address) -> String {
    guard !plan.isNumeric, let name = names.name(of: address) else { return "\(address)" }
    return "\(address) (\(name))"
  }
}

extension Deadlines {
  fileprivate var isEmpty: Bool { next == nil }
}
