public import Kernel

/// An interface that exists and has a slot.
public struct NamedInterface: Hashable, Sendable {
  public var name: String
  public var id: InterfaceID

  public init(name: String, id: InterfaceID) {
    self.name = name
    self.id = id
  }
}

/// The inbound patterns of a rule, bound to the interfaces that exist.
public struct InboundBinding: Hashable, Sendable {
  public var interfaces = InterfaceSet()
  /// Those that a literal name matches; they rank before pattern matches.
  public var exact = InterfaceSet()
  /// The first present interface in the order of the patterns: where an entry begins before a packet came.
  public var preferred: InterfaceID?

  public init() {}

  init(_ patterns: [InterfacePattern], _ present: [NamedInterface]) {
    for pattern in patterns {
      for interface in present where pattern.matches(interface.name) {
        interfaces.insert(interface.id)
        if pattern.isExact { exact.insert(interface.id) }
        if preferred == nil { preferred = interface.id }
      }
    }
  }
}

/// The outbound patterns of a rule, bound to the interfaces that exist.
public struct OutboundBinding: Hashable, Sendable {
  /// The TTL threshold that a rule states for one interface.
  public struct Threshold: Hashable, Sendable {
    public var interface: InterfaceID
    public var value: UInt8
  }

  public var interfaces = InterfaceSet()
  /// The thresholds written at the rule; a literal name before a pattern, then the first.
  public var thresholds: [Threshold] = []

  public init() {}

  init(_ outbound: [StaticRoute.Outbound], _ present: [NamedInterface]) {
    for interface in present {
      let matching = outbound.filter { $0.pattern.matches(interface.name) }
      guard let first = matching.first else { continue }
      interfaces.insert(interface.id)
      let chosen = matching.first { $0.pattern.isExact } ?? first
      if let value = chosen.threshold {
        thresholds.append(Threshold(interface: interface.id, value: value))
      }
    }
  }

  /// Adds the interfaces of another binding; thresholds that are there stay.
  mutating func formUnion(_ other: OutboundBinding) {
    interfaces.formUnion(other.interfaces)
    for threshold in other.thresholds where self.threshold(of: threshold.interface) == nil {
      thresholds.append(threshold)
    }
  }

  /// The threshold written for `interface`; nil when the interface's own holds.
  public func threshold(of interface: InterfaceID) -> UInt8? {
    thresholds.first { $0.interface == interface }?.value
  }
}

/// Lists of patterns, each kept once however many rules state it, with what they are bound to.
///
/// A change of the interfaces rebinds the distinct lists, not the rules.
struct PatternLists<Element: Hashable & Sendable, Bound: Hashable & Sendable>: Sendable {
  private(set) var lists: [[Element]] = []
  private(set) var bound: [Bound] = []
  private var numbers: [[Element]: Int32] = [:]
  private let bind: @Sendable ([Element], [NamedInterface]) -> Bound

  init(bind: @escaping @Sendable ([Element], [NamedInterface]) -> Bound) { self.bind = bind }

  /// The number of a list, bound to `present` when it is new.
  ///
  /// Lists are few and never removed one by one.
  mutating func intern(_ list: [Element], present: [NamedInterface]) -> Int32 {
    if let last = lists.indices.last, lists[last] == list { return Int32(last) }
    if let number = numbers[list] { return number }
    let number = Int32(lists.count)
    lists.append(list)
    bound.append(bind(list, present))
    numbers[list] = number
    return number
  }

  func number(of list: [Element]) -> Int32? { numbers[list] }

  /// Binds every list anew and returns the numbers of those whose binding changed.
  mutating func rebind(to present: [NamedInterface]) -> Set<Int32> {
    var changed: Set<Int32> = []
    for number in lists.indices {
      let new = bind(lists[number], present)
      guard new != bound[number] else { continue }
      bound[number] = new
      changed.insert(Int32(number))
    }
    return changed
  }
}
