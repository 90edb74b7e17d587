/// What each room may import; the drawing in `docs/architecture.md`, as a table.
enum Layers {
  private static let first = ["Addressing", "Timing", "Diagnostics"]

  /// A room, its layer, and what it may import beside layer 1 (which every room above may).
  private static let table: [(room: String, layer: Int, imports: [String])] = [
    ("Addressing", 1, []), ("Timing", 1, []), ("Diagnostics", 1, []),
    ("Wire", 2, []), ("Kernel", 2, []),
    ("Membership", 3, ["Wire", "Kernel"]), ("DVMRP", 3, ["Wire", "Kernel"]),
    ("Forwarding", 3, ["Kernel"]), ("Control", 3, ["Kernel"]),
    ("Configuration", 4, ["Membership", "DVMRP", "Forwarding", "Kernel"]),
    ("Probing", 4, ["Wire", "Kernel"]),
    ("Router", 5, ["Configuration", "Membership", "DVMRP", "Forwarding", "Control", "Wire", "Kernel"]),
    (
      "Compatibility", 5,
      ["Configuration", "Membership", "DVMRP", "Forwarding", "Control", "Wire", "Kernel"]
    ),
    ("LinuxKernel", 6, ["CLinux", "Configuration", "Kernel", "Wire", "Glibc", "Synchronization"]),
    (
      "Encoding", 6,
      ["Router", "Control", "Configuration", "Membership", "Forwarding", "Kernel"]
    ),
    ("Simulation", 6, ["Router", "Configuration", "Membership", "DVMRP", "Control", "Wire", "Kernel"]),
    (
      "Daemon", 7,
      [
        "LinuxKernel", "Encoding", "Router", "Compatibility", "Configuration", "Control", "Kernel",
        "Logging", "SystemPackage", "Synchronization",
      ]
    ),
    (
      "CommandLine", 7,
      [
        "LinuxKernel", "Encoding", "Compatibility", "Configuration", "Probing", "Control", "Forwarding",
        "Membership", "DVMRP", "Wire", "Kernel", "SystemPackage",
      ]
    ),
    ("Recording", 7, ["Encoding", "Router", "FoundationEssentials"]),
    ("mcastd", 8, ["Daemon"]), ("mcast", 8, ["CommandLine"]),
    ("mcsim", 8, ["Recording", "Simulation", "Encoding", "Router", "LinuxKernel", "Control"]),
  ]

  static func layer(of room: String) -> Int? { table.first { $0.room == room }?.layer }

  /// Nil for a room that the table does not know.
  static func allowed(in room: String) -> [String]? {
    guard let row = table.first(where: { $0.room == room }) else { return nil }
    return row.imports + (row.layer > 1 ? first : [])
  }
}
