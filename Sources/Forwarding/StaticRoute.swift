public import Addressing
public import Diagnostics
public import Kernel

/// A static route as it is written: names and patterns, bound to interfaces later.
public struct StaticRoute: Hashable, Sendable, Codable {
  /// What makes two routes the same: the inbound patterns in their order, sources and groups.
  public struct Key: Hashable, Sendable, Codable {
    public var inbound: [InterfacePattern]
    /// The whole family when no source is written.
    public var sources: Prefix
    public var groups: Prefix

    public init(inbound: [InterfacePattern], sources: Prefix, groups: Prefix) {
      self.inbound = inbound
      self.sources = sources
      self.groups = groups
    }
  }

  /// An outbound interface or pattern with its own TTL threshold.
  public struct Outbound: Hashable, Sendable, Codable {
    public var pattern: InterfacePattern
    /// 1–255; nil: the interface's.
    public var threshold: UInt8?

    public init(_ pattern: InterfacePattern, threshold: UInt8? = nil) {
      self.pattern = pattern
      self.threshold = threshold
    }
  }

  public var key: Key
  /// Empty: `to none`, which blocks, or any interface with `toMembers`.
  public var outbound: [Outbound]
  /// `to members`: of the outbound interfaces those whose hosts listen.
  public var toMembers = false
  /// `only`: no other contributor adds to the outbound interfaces.
  public var isExclusive: Bool
  /// `prefer`: the higher wins among rules of the same prefixes.
  public var preference: Int32
  public var name: String?
  public var comment: String?
  /// `reflect`: packets may leave by the interface they came in by, where it is among the outbound ones.
  ///
  /// SMCRoute forwards so; elsewhere the inbound interface is left out.
  public var reflects = false
  /// Source and group as they were written where they are no network addresses; empty otherwise.
  ///
  /// The key holds what they match; only a personality shows these.
  public var given: [Address] = []
  /// Nil when it was added at run time.
  public var location: SourceLocation?

  public init(
    _ key: Key, outbound: [Outbound], isExclusive: Bool = false, preference: Int32 = 0, name: String? = nil,
    comment: String? = nil, location: SourceLocation? = nil
  ) {
    self.key = key
    self.outbound = outbound
    self.isExclusive = isExclusive
    self.preference = preference
    self.name = name
    self.comment = comment
    self.location = location
  }

  public var family: Family { key.groups.family }

  /// Whether it names one source and one group: its entry is installed before a packet comes, and stays.
  public var isFull: Bool { key.sources.isSingle && key.groups.isSingle }

  /// `to none`.
  public var blocks: Bool { outbound.isEmpty && !toMembers }

  /// Whether the two state the same, wherever they are written.
  public func states(_ other: StaticRoute) -> Bool {
    var copy = other
    copy.location = location
    return self == copy
  }
}

extension StaticRoute {
  /// The rule with the outbound interfaces of another one added, each once.
  public func extended(by other: StaticRoute) -> StaticRoute {
    var copy = self
    let stated = Set(outbound.map(\.pattern))
    copy.outbound += other.outbound.filter { !stated.contains($0.pattern) }
    copy.reflects = reflects || other.reflects
    return copy
  }

  /// What is left of the rule when packets that come in by one of `inbound` no longer go to `outbound`.
  ///
  /// Where a pattern stands for more interfaces than are concerned, those that are present take its place, as
  /// if each had been stated by itself.
  ///
  /// - Parameters:
  ///   - outbound: empty: the rule no longer holds for those inbound interfaces at all.
  ///   - present: the names of the interfaces there are.
  /// - Returns: nil when no interface of the rule is concerned.
  public func reduced(
    from inbound: [InterfacePattern], by outbound: [InterfacePattern], present: [String]
  ) -> [StaticRoute]? {
    let isConcerned = { (name: String) in inbound.contains { $0.matches(name) } }
    let left = outbound.isEmpty ? nil : reduced(by: outbound, present: present)
    let isWhole = key.inbound.allSatisfy { inbound.contains($0) || ($0.isExact && isConcerned($0.text)) }
    if isWhole { return left.map { [$0] } ?? [] }
    let names = StaticRoute.names(key.inbound, present)
    guard names.contains(where: isConcerned) else { return nil }
    return names.compactMap { name in
      guard var copy = isConcerned(name) ? left : self else { return nil }
      copy.key.inbound = [InterfacePattern(name)]
      return copy
    }
  }

  private func reduced(by patterns: [InterfacePattern], present: [String]) -> StaticRoute {
    var copy = self
    let isGone = { (name: String) in patterns.contains { $0.matches(name) } }
    copy.outbound = outbound.flatMap { outbound -> [Outbound] in
      if patterns.contains(outbound.pattern) { return [] }
      let names = StaticRoute.names([outbound.pattern], present)
      guard names.contains(where: isGone) else { return [outbound] }
      return names.filter { !isGone($0) }.map {
        Outbound(InterfacePattern($0), threshold: outbound.threshold)
      }
    }
    return copy
  }

  /// Literal names, there or not, and the interfaces that patterns match; each once.
  private static func names(_ patterns: [InterfacePattern], _ present: [String]) -> [String] {
    var seen: Set<String> = []
    return patterns.flatMap { pattern in
      pattern.isExact ? [pattern.text] : present.filter { pattern.matches($0) }
    }.filter { seen.insert($0).inserted }
  }
}

/// A named or unnamed set of groups that does not cross an interface (administrative scope, RFC 2365).
public struct Boundary: Hashable, Sendable, Codable {
  /// Nil for a prefix written at the interface.
  public var name: String?
  public var groups: [Prefix]

  public init(name: String?, groups: [Prefix]) {
    self.name = name
    self.groups = groups
  }

  /// Whether the group lies inside the boundary.
  public func blocks(_ group: Group) -> Bool { groups.contains { $0.contains(group.address) } }
}
