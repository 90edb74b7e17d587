public import Addressing
public import Timing
public import Wire

/// Asks one router for its interfaces and neighbors: what `mrinfo` does.
public struct NeighborsSession: ProbingSession {
  /// What to ask and how patiently.
  public struct Plan: Hashable, Sendable {
    public var router: Address
    /// Questions after the first.
    public var retries = 3
    public var patience = Duration.seconds(4)
    /// Addresses are shown without names.
    public var isNumeric = false
    /// What stands for the name of an address without one; nil: the address.
    public var missingName: String? = "N/A"

    public init(router: Address) { self.router = router }
  }

  private let plan: Plan
  private let names: AddressNames
  private var asked = 0
  private var form = NeighborListForm.flagged
  /// Who answered, and what; nil: nobody did.
  public private(set) var answer: Answer?
  public private(set) var nextDeadline: Instant?

  /// What a router said of itself.
  public struct Answer: Hashable, Sendable {
    public var router: Address
    public var version: DVMRPVersion
    public var list: NeighborList
  }

  public init(_ plan: Plan, names: AddressNames = .none) {
    self.plan = plan
    self.names = names
  }

  /// Asks.
  public mutating func begin(at now: Instant) -> [ProbingStep] { ask(at: now) }

  private mutating func ask(at now: Instant) -> [ProbingStep] {
    asked += 1
    nextDeadline = now + plan.patience
    let question = DVMRPPacket(.askNeighbors(form))
    return [.send(question.encoded(), to: plan.router, hops: 255)]
  }

  /// An old router does not know the form with flags: from the second silence on both are asked for by turns.
  public mutating func expire(at now: Instant) -> [ProbingStep] {
    guard let nextDeadline, nextDeadline <= now else { return [] }
    guard asked <= plan.retries else {
      self.nextDeadline = nil
      return [.end(1)]
    }
    form = asked >= 2 && form == .flagged ? .plain : .flagged
    return ask(at: now)
  }

  /// The answer ends it, unless it is one in the old form of a router that knows the new one.
  public mutating func receive(_ payload: [UInt8], from source: Address, at now: Instant) -> [ProbingStep] {
    guard nextDeadline != nil, let packet = try? DVMRPPacket(decoding: payload.span),
      case .neighbors(let list) = packet.message
    else { return [] }
    // Who tells its version in a plain answer knows the other form.
    if list.form == .plain, packet.version > DVMRPVersion(major: 0, minor: 0), form == .plain,
      asked <= plan.retries
    {
      form = .flagged
      return ask(at: now)
    }
    nextDeadline = nil
    answer = Answer(router: source, version: packet.version, list: list)
    var steps: [ProbingStep] = []
    if source != plan.router, !plan.router.isLoopback {
      steps.append(.complain("mrinfo: got reply from \(source) instead of \(plan.router)"))
    }
    let text = NeighborsText(names: plan.isNumeric ? nil : names, missing: plan.missingName)
    return steps + [.say(text.text(of: list, from: source, packet.version)), .end(0)]
  }
}

/// The lines of `mrinfo`.
public struct NeighborsText {
  /// Nil: numbers only.
  let names: AddressNames?
  let missing: String?

  func text(of list: NeighborList, from router: Address, _ version: DVMRPVersion) -> String {
    let kind = version == .current ? "DVMRPv3 compliant" : "version \(version)"
    var text = "\(router) (\(name(router))) [\(kind)]:\n"
    for entry in list.interfaces {
      for neighbor in entry.neighbors {
        text += "  \(entry.local) -> \(neighbor) (\(name(neighbor))) [\(entry.metric)/\(entry.threshold)"
        text += entry.flags.words.map { "/\($0)" }.joined() + "]\n"
      }
    }
    return text
  }

  private func name(_ address: Address) -> String {
    if address.isUnspecified { return "local" }
    guard let names else { return address.description }
    return names.name(of: address) ?? missing ?? "\(address)"
  }
}

extension NeighborList.Flags {
  /// In the order in which they are shown.
  public var words: [String] {
    let all: [(NeighborList.Flags, String)] = [
      (.tunnel, "tunnel"), (.sourceRoute, "srcrt"), (.pim, "pim"), (.querier, "querier"),
      (.disabled, "disabled"), (.down, "down"), (.leaf, "leaf"),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }
}
