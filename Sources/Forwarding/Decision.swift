public import Addressing
public import Kernel

/// What shall happen to a flow: in terms of interfaces, before it is projected onto a table's VIFs.
public struct ForwardingEntry: Hashable, Sendable {
  public var flow: Flow
  public var inbound: InterfaceID
  public var outbound: InterfaceSet

  public init(flow: Flow, inbound: InterfaceID, outbound: InterfaceSet) {
    self.flow = flow
    self.inbound = inbound
    self.outbound = outbound
  }
}

/// The answer of `decide`.
public struct Decision: Hashable, Sendable {
  /// What the answer rests on.
  public enum Basis: Hashable, Sendable {
    /// A static rule alone.
    case rule(RuleID)
    /// A static rule and what other contributors add.
    case ruleAndTree(RuleID)
    /// Listeners and dependents alone.
    case tree
    /// Nobody wants it: the flow is kept quiet.
    case unwanted
  }

  /// Why one interface is or is not an outbound one.
  public enum Verdict: Hashable, Sendable {
    case rule, dependent, listener
    case inbound, disabled, boundary, notNamed
  }

  public var basis: Basis
  /// Nil: no interface to expect the flow by, so no entry.
  public var entry: ForwardingEntry?
}

/// Decides one flow: pure, and the only place where an outbound list is made.
///
/// - The rule's interfaces, and with them, when the rule's inbound interface is the reverse path, dependents
///   and the listeners that we serve; a rule that comes by another way than the reverse path decides alone.
/// - Of a rule `to members`, the interfaces that are listened on.
/// - A boundary or `disable` on an interface binds every contributor; on the inbound one it empties the list.
/// - The inbound interface is no outbound one, unless a rule names it and reflects.
public func decide(_ view: FlowView) -> Decision {
  guard let inbound = view.arrival ?? view.reversePath else {
    return Decision(basis: view.rule.map { .rule($0.id) } ?? .unwanted, entry: nil)
  }
  var outbound = InterfaceSet()
  let tree = view.dependents.union(view.listeners.intersection(view.children))
  let joinsTree = view.reversePath == inbound && !tree.isEmpty
  let basis: Decision.Basis
  switch view.rule {
  case .some(let rule) where rule.blocks || rule.isExclusive || !joinsTree:
    basis = .rule(rule.id)
    outbound = view.stated(by: rule)
  case .some(let rule):
    basis = .ruleAndTree(rule.id)
    outbound = view.stated(by: rule).union(tree)
  case .none:
    basis = joinsTree ? .tree : .unwanted
    outbound = joinsTree ? tree : InterfaceSet()
  }
  let closed = view.blocked.union(view.disabled)
  if closed.contains(inbound) { outbound = InterfaceSet() }
  outbound = outbound.subtracting(closed)
  if !view.reflects(inbound) { outbound.remove(inbound) }
  return Decision(
    basis: basis, entry: ForwardingEntry(flow: view.flow, inbound: inbound, outbound: outbound))
}

/// Why `interface` is or is not in the outbound list of `decide(view)`: the same rules, asked for one
/// interface.
public func verdict(on interface: InterfaceID, in view: FlowView) -> Decision.Verdict {
  guard let entry = decide(view).entry else { return .notNamed }
  if interface == entry.inbound, !view.reflects(interface) { return .inbound }
  if view.disabled.contains(interface) || view.disabled.contains(entry.inbound) { return .disabled }
  if view.blocked.contains(interface) || view.blocked.contains(entry.inbound) { return .boundary }
  guard entry.outbound.contains(interface) else { return .notNamed }
  if view.rule?.outbound.interfaces.contains(interface) ?? false { return .rule }
  return view.dependents.contains(interface) ? .dependent : .listener
}

extension FlowView {
  /// What the rule alone asks for.
  fileprivate func stated(by rule: RouteRule) -> InterfaceSet {
    rule.outbound.interfaces.union(listeners.intersection(rule.members))
  }

  /// Whether a rule sends packets back out of the interface that they came in by.
  fileprivate func reflects(_ inbound: InterfaceID) -> Bool {
    rule.map { $0.reflects && $0.outbound.interfaces.contains(inbound) } ?? false
  }
}
