public import Addressing
public import Kernel

/// The memberships that the router holds as a host, computed from the statements and the links that exist.
///
/// Two statements may want the same membership; it is held while one of them does.
public struct HostJoins: Sendable {
  private var statements: [StaticJoin.Key: StaticJoin] = [:]
  private var links: [String: Int32] = [:]
  /// How many statements want each membership, by link.
  private var held: [Int32: [HostJoin: Int]] = [:]
  /// Memberships that the router itself needs, beside those of statements.
  private var own: Set<HostJoin> = []
  private var refused: [HostJoin: Int32] = [:]
  /// Memberships that a former life's sockets hold, as long as nobody has asked for them.
  private var inherited: Set<HostJoin> = []
  public private(set) var heldCount = 0

  public init() {}

  public var statementCount: Int { statements.count }

  /// The statements in the order of their keys.
  public var all: [StaticJoin] { statements.keys.sorted().compactMap { statements[$0] } }

  /// Whether a statement wants this.
  public func contains(_ key: StaticJoin.Key) -> Bool { statements[key] != nil }

  public subscript(key: StaticJoin.Key) -> StaticJoin? { statements[key] }

  /// Memberships that all statements ask for on one link each; what the limit on joins counts.
  public private(set) var expandedCount = 0

  /// How many memberships a statement asks for on one link; saturates for blocks beyond 2³².
  public static func size(_ key: StaticJoin.Key) -> Int {
    let sources = key.sources.map { $0.count ?? .max } ?? 1
    let (product, overflow) = (key.groups.count ?? .max).multipliedReportingOverflow(by: sources)
    return overflow ? .max : product
  }

  /// Memberships that the kernel holds already: who asks for one gets it without a word on the link.
  public mutating func adopt(_ joins: [HostJoin]) { inherited.formUnion(joins) }

  /// Leaves what was held at the start and nobody has asked for.
  public mutating func releaseInherited() -> [KernelAction] {
    guard !inherited.isEmpty else { return [] }
    defer { inherited = [] }
    return inherited.sorted().map { .leave($0) }
  }

  private mutating func join(_ join: HostJoin) -> KernelAction? {
    inherited.remove(join) == nil ? .join(join) : nil
  }

  /// Makes `wanted` the statements in force and returns the difference.
  public mutating func state(_ wanted: [StaticJoin]) -> [KernelAction] {
    var actions: [KernelAction] = []
    let keys = Set(wanted.map(\.key))
    // Joins first: a membership that an old and a new statement want must not be left in between.
    for join in wanted { actions += add(join) }
    for key in statements.keys.sorted() where !keys.contains(key) { actions += remove(key) }
    return actions
  }

  /// Adds a statement, or gives one its new place in the file.
  public mutating func add(_ join: StaticJoin) -> [KernelAction] {
    guard statements.updateValue(join, forKey: join.key) == nil else { return [] }
    expandedCount &+= HostJoins.size(join.key)
    return links.keys.sorted().filter { join.key.interface.matches($0) }
      .flatMap { name in links[name].map { hold(join.key, on: $0) } ?? [] }
  }

  /// Takes a statement back; memberships that no other statement wants are left.
  public mutating func remove(_ key: StaticJoin.Key) -> [KernelAction] {
    guard statements.removeValue(forKey: key) != nil else { return [] }
    expandedCount &-= HostJoins.size(key)
    return links.keys.sorted().filter { key.interface.matches($0) }
      .flatMap { name in links[name].map { release(key, on: $0) } ?? [] }
  }

  /// The links that memberships can be held on, by name; returns what follows from the difference.
  ///
  /// A vanished link's memberships are gone in the kernel, but its sockets still count them until they are
  /// left.
  public mutating func setLinks(_ present: [String: Int32]) -> [KernelAction] {
    var actions: [KernelAction] = []
    for name in links.keys.sorted() where present[name] != links[name] {
      guard let link = links.removeValue(forKey: name) else { continue }
      let stated = held.removeValue(forKey: link) ?? [:]
      heldCount -= stated.count
      let gone = own.filter { $0.link == link && stated[$0] == nil }.union(stated.keys).sorted()
      own.subtract(gone)
      for join in gone { refused[join] = nil }
      actions += gone.map { .leave($0) }
    }
    for name in present.keys.sorted() where links[name] == nil {
      guard let link = present[name] else { continue }
      links[name] = link
      for key in statements.keys.sorted() where key.interface.matches(name) { actions += hold(key, on: link) }
    }
    return actions
  }

  /// Makes `wanted` the memberships that the router needs itself and returns the difference.
  ///
  /// They are in no statement and no count; one that a statement wants too is joined once.
  public mutating func setOwn(_ wanted: Set<HostJoin>) -> [KernelAction] {
    let new = wanted.subtracting(own).sorted()
    let gone = own.subtracting(wanted).sorted()
    own = wanted
    let isStated = { [held] (join: HostJoin) in held[join.link]?[join] != nil }
    for join in gone where !isStated(join) { refused[join] = nil }
    var actions: [KernelAction] = []
    for item in new where !isStated(item) {
      if let action = join(item) { actions.append(action) }
    }
    return actions + gone.filter { !isStated($0) }.map { .leave($0) }
  }

  /// The kernel refused a join; it counts as wanted, and `retry` asks again.
  public mutating func refuse(_ join: HostJoin, errno: Int32) {
    if held[join.link]?[join] != nil || own.contains(join) { refused[join] = errno }
  }

  /// What to ask again; empty when the membership is no longer wanted.
  public mutating func retry(_ join: HostJoin) -> [KernelAction] {
    refused.removeValue(forKey: join) == nil ? [] : [.join(join)]
  }

  public var refusedCount: Int { refused.count }

  /// Whether packets of the flow are wanted by us on `link`.
  public func holds(_ flow: Flow, on link: Int32) -> Bool {
    guard let held = held[link] else { return false }
    return held[HostJoin(link: link, source: nil, group: flow.group)] != nil
      || held[HostJoin(link: link, source: flow.source, group: flow.group)] != nil
  }

  /// The links that a statement holds memberships on.
  public func links(of key: StaticJoin.Key) -> [Int32] {
    links.keys.sorted().filter { key.interface.matches($0) }.compactMap { links[$0] }
  }

  /// Whether the kernel refused one of a statement's memberships on `link`.
  public func isRefused(_ key: StaticJoin.Key, on link: Int32) -> Bool {
    !refused.isEmpty && expand(key, on: link).contains { refused[$0] != nil }
  }

  private mutating func hold(_ key: StaticJoin.Key, on link: Int32) -> [KernelAction] {
    var actions: [KernelAction] = []
    for item in expand(key, on: link) {
      let count = (held[link]?[item] ?? 0) + 1
      held[link, default: [:]][item] = count
      guard count == 1 else { continue }
      heldCount += 1
      if !own.contains(item), let action = join(item) { actions.append(action) }
    }
    return actions
  }

  private mutating func release(_ key: StaticJoin.Key, on link: Int32) -> [KernelAction] {
    var actions: [KernelAction] = []
    for join in expand(key, on: link) {
      guard let count = held[link]?[join] else { continue }
      held[link]?[join] = count > 1 ? count - 1 : nil
      guard count == 1 else { continue }
      heldCount -= 1
      guard !own.contains(join) else { continue }
      refused[join] = nil
      actions.append(.leave(join))
    }
    return actions
  }

  /// Every (source, group) of the statement; its size was judged against the limit before it came here.
  private func expand(_ key: StaticJoin.Key, on link: Int32) -> [HostJoin] {
    let groups = (0..<(key.groups.count ?? 0)).lazy.compactMap { key.groups.member($0).flatMap { Group($0) } }
    guard let sources = key.sources else {
      return groups.map { HostJoin(link: link, source: nil, group: $0) }
    }
    return groups.flatMap { group in
      (0..<(sources.count ?? 0)).compactMap { sources.member($0) }
        .map { HostJoin(link: link, source: $0, group: group) }
    }
  }
}
