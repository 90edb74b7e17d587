public import Addressing
public import Diagnostics
public import Kernel

/// A join as it is written: memberships that the router holds as a host, to draw streams to it.
public struct StaticJoin: Hashable, Sendable, Codable {
  /// What makes two joins the same.
  public struct Key: Hashable, Comparable, Sendable, Codable {
    public var interface: InterfacePattern
    public var sources: Prefix?
    public var groups: Prefix

    public init(interface: InterfacePattern, sources: Prefix?, groups: Prefix) {
      self.interface = interface
      self.sources = sources
      self.groups = groups
    }

    public static func < (left: Key, right: Key) -> Bool {
      (left.groups, left.sources ?? .all(left.groups.family), left.interface)
        < (right.groups, right.sources ?? .all(right.groups.family), right.interface)
    }
  }

  public var key: Key
  /// Nil when it was added at run time.
  public var location: SourceLocation?

  public init(_ key: Key, location: SourceLocation? = nil) {
    self.key = key
    self.location = location
  }

  public var family: Family { key.groups.family }
}
