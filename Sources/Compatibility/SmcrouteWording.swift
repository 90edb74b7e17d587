import Addressing

/// How a request was worded, and how its daemon words what is wrong with it.
struct SmcrouteWording: Hashable, Sendable {
  enum Subject: Hashable, Sendable { case route, join, other }
  enum Part: Hashable, Sendable { case source, group }

  let dialect: SmcrouteDialect
  var subject = Subject.other
  /// The interface as given.
  var inbound = ""
  var family = Family.ipv4
  /// `10.0.0.10/32,225.1.2.3/32`, the unspecified address for any source.
  private var flow = ""
  /// `*,225.1.2.3`.
  private var membership = ""

  init(_ dialect: SmcrouteDialect) { self.dialect = dialect }

  mutating func name(_ source: SmcrouteTarget.Given?, _ group: SmcrouteTarget.Given) {
    family = group.address.family
    let from =
      source.map { "\($0.address)/\($0.prefix.length)" } ?? "\(Address.unspecified(family))/\(family.width)"
    flow = "\(from),\(group.address)/\(group.prefix.length)"
    membership = "\(source.map { "\($0.address)" } ?? "*"),\(group.address)"
  }

  // What the words themselves have wrong.

  /// The first address of a route cannot be read.
  func badAddress(_ word: String) -> SmcrouteRefusal {
    switch dialect {
    case .current: SmcrouteRefusal("mroute: invalid source/group address: \(word)")
    case .legacy: SmcrouteRefusal("Invalid origin \(SmcrouteWording.familyName(word)) address")
    }
  }

  func badGroup(_ word: String) -> SmcrouteRefusal {
    switch (dialect, subject) {
    case (.current, .join): SmcrouteRefusal("ipc: join: Invalid multicast group: \(word)")
    case (.current, _): SmcrouteRefusal("mroute: invalid multicast group: \(word)")
    case (.legacy, .join):
      SmcrouteRefusal("Invalid \(SmcrouteWording.familyName(word)) multicast group: \(word)")
    case (.legacy, _): SmcrouteRefusal("Invalid multicast group")
    }
  }

  /// It cannot be read, is a group, or is of the other family than the group.
  func badSource(_ word: String, _ family: Family) -> SmcrouteRefusal {
    switch (dialect, subject) {
    case (.current, .join): SmcrouteRefusal("ipc: join: Invalid multicast source: \(word)")
    case (.current, _):
      SmcrouteRefusal(
        "ipc: mroute: source \(word) is not \(family == .ipv4 ? "IPv4" : "IPv6"), the group is")
    case (.legacy, _): SmcrouteRefusal("Invalid origin \(family == .ipv4 ? "IPv4" : "IPv6") address")
    }
  }

  func badLength(_ length: String, _ part: Part, _ family: Family) -> SmcrouteRefusal {
    switch (subject, part) {
    case (.join, .group):
      SmcrouteRefusal("ipc: join: Invalid group prefix length (0-\(family.width)): \(length)")
    case (.join, .source):
      SmcrouteRefusal("ipc: join: Invalid source prefix length (0-\(family.width)): \(length)")
    case (_, .group): SmcrouteRefusal("ipc: mroute: Invalid multicast group prefix length, \(length)")
    case (_, .source): SmcrouteRefusal("ipc: mroute: invalid prefix length: \(length)")
    }
  }

  private static func familyName(_ word: String) -> String { word.contains(":") ? "IPv6" : "IPv4" }

  // What the router finds wrong.

  func unknownInterface(_ isInbound: Bool) -> SmcrouteRefusal {
    switch (dialect, subject) {
    case (.current, .join): SmcrouteRefusal("unknown interface \(inbound)")
    case (.current, _): SmcrouteRefusal("ipc: mroute: inbound \(inbound) is not a known phyint")
    case (.legacy, .join): SmcrouteRefusal("Join multicast group, unknown interface \(inbound)")
    case (.legacy, _): SmcrouteRefusal(isInbound ? "Invalid input interface" : "Invalid output interface")
    }
  }

  /// What is to be removed or left is not there.
  var nothingThere: SmcrouteRefusal {
    let familyName = family == .ipv4 ? "IPv4" : "IPv6"
    return switch (dialect, subject) {
    case (.current, .join): SmcrouteRefusal("No group (\(membership)) on \(inbound) to leave")
    case (.current, _): SmcrouteRefusal("mroute: deleting route from \(inbound) (\(flow))")
    case (.legacy, .join): SmcrouteRefusal("DROP MEMBERSHIP failed: Cannot assign requested address")
    case (.legacy, _):
      SmcrouteRefusal("Failed removing \(familyName) multicast route: No such file or directory")
    }
  }

  var alreadyJoined: SmcrouteRefusal {
    switch dialect {
    case .current: SmcrouteRefusal("Already joined (\(membership)) on \(inbound)")
    case .legacy: SmcrouteRefusal("ADD MEMBERSHIP failed: Address already in use")
    }
  }

  /// Anything that SMCRoute has no text for.
  func other(_ message: String) -> SmcrouteRefusal {
    switch (dialect, subject) {
    case (.current, .route): SmcrouteRefusal("ipc: mroute: \(message)")
    case (.current, .join): SmcrouteRefusal("ipc: join: \(message)")
    case (.current, .other): SmcrouteRefusal("ipc: \(message)")
    case (.legacy, _): SmcrouteRefusal(message)
    }
  }
}
