public import Addressing

/// What a former life of the daemon left in the kernel.
///
/// Somebody held its sockets open, so the kernel forwards by it.
public struct Adoption: Hashable, Sendable, Codable {
  /// A table whose socket was handed over.
  public struct Table: Hashable, Comparable, Sendable, Codable {
    public var id: TableID
    public var family: Family

    public init(id: TableID, family: Family) {
      self.id = id
      self.family = family
    }

    public static func < (left: Table, right: Table) -> Bool {
      (left.family, left.id) < (right.family, right.id)
    }
  }

  /// A rule of `ip mrule` that leads an interface's packets to one of the tables.
  public struct Selection: Hashable, Sendable, Codable {
    public var table: Table
    public var interface: String

    public init(table: Table, interface: String) {
      self.table = table
      self.interface = interface
    }
  }

  public var tables: [Table]
  /// Those that the kernel holds.
  ///
  /// With link 0 those that the former life had and the kernel has no more, because their links are gone:
  /// entries may still name their indexes, which the kernel does not tell.
  public var vifs: [VIF]
  public var entries: [KernelEntry]
  /// Not all entries could be read: those that `entriesFound` brings are the former life's too, until all
  /// have been told.
  public var isPartial: Bool
  /// Memberships that the handed-over sockets still hold.
  public var joins: [HostJoin]
  public var selections: [Selection]

  public init(
    tables: [Table] = [], vifs: [VIF] = [], entries: [KernelEntry] = [], isPartial: Bool = false,
    joins: [HostJoin] = [], selections: [Selection] = []
  ) {
    self.tables = tables
    self.vifs = vifs
    self.entries = entries
    self.isPartial = isPartial
    self.joins = joins
    self.selections = selections
  }
}
