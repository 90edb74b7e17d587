public import Addressing
public import Kernel

/// The part of a rule that a decision depends on, bound to the interfaces that exist.
public struct RouteRule: Hashable, Sendable {
  public var id: RuleID
  public var outbound: OutboundBinding
  /// `only`: no other contributor adds to its outbound interfaces.
  public var isExclusive: Bool
  /// `to none`.
  public var blocks: Bool
  /// `to members`: the interfaces that are outbound ones while they are listened on.
  public var members = InterfaceSet()
  /// `reflect`: an outbound interface that is the inbound one stays.
  public var reflects: Bool

  public init(
    id: RuleID, outbound: OutboundBinding, isExclusive: Bool, blocks: Bool, reflects: Bool = false
  ) {
    self.id = id
    self.outbound = outbound
    self.isExclusive = isExclusive
    self.blocks = blocks
    self.reflects = reflects
  }
}

/// All that the decision about one flow depends on; nothing else may influence it.
public struct FlowView: Sendable {
  public var flow: Flow
  /// The interface that the flow came in by, or is expected by.
  public var arrival: InterfaceID?
  /// The best static rule for that arrival.
  public var rule: RouteRule?
  /// The interface toward the source, where a routing protocol knows one.
  public var reversePath: InterfaceID?
  /// Interfaces with a router downstream that depends on us for this source.
  public var dependents = InterfaceSet()
  /// Interfaces that are listened on.
  public var listeners = InterfaceSet()
  /// Interfaces that we, and no other router, serve for this source, as the routing protocol says.
  public var children = InterfaceSet()
  /// Interfaces that a boundary closes for the group.
  public var blocked = InterfaceSet()
  /// Interfaces that are `disable`d.
  public var disabled = InterfaceSet()

  public init(flow: Flow, arrival: InterfaceID?) {
    self.flow = flow
    self.arrival = arrival
  }
}
