import Addressing
import CLinux
import Kernel

/// One rule of `ip mrule`: which table routes the packets of which interface.
struct RuleMessage: Hashable {
  var family: Family
  var table: UInt32 = 0
  /// The kernel shows 0 when it tells none.
  var priority: UInt32 = 0
  /// Nil: any.
  var inbound: String?
  var outbound: String?
  var mark: UInt32?
  /// Who made it, as RTPROT_ numbers; 0 on kernels before 4.17.
  var origin: UInt8 = 0

  /// Nil for every message that is about something else, or that is not whole.
  init?(_ bytes: RawSpan, _ message: NetlinkMessage) {
    let start = message.payload.lowerBound
    guard Int(message.type) == RTM_NEWRULE, message.payload.count >= 12,
      let family = Family(routing: bytes.u8(start)), let number = bytes.u8(start + 4)
    else { return nil }
    self.family = family
    table = UInt32(number)
    var attributes = NetlinkAttributeCursor(message, after: 12)
    while let attribute = attributes.next(bytes) {
      let place = attribute.value.lowerBound
      switch (attribute.type, attribute.value.count) {
      case (FRA_TABLE, 4...): table = bytes.u32(place) ?? table
      case (FRA_PRIORITY, 4...): priority = bytes.u32(place) ?? 0
      case (FRA_FWMARK, 4...): mark = bytes.u32(place)
      case (FRA_IIFNAME, 1...): inbound = bytes.text(attribute.value)
      case (FRA_OIFNAME, 1...): outbound = bytes.text(attribute.value)
      case (FRA_PROTOCOL, 1...): origin = bytes.u8(place) ?? 0
      default: break
      }
    }
  }

  /// Whether a daemon of ours made it: our priority, and the mark of a multicast routing daemon.
  var isOurs: Bool { priority == NetlinkRequest.rulePriority && origin == UInt8(RTPROT_MROUTED) }
}

/// Requests about rules.
extension NetlinkRequest {
  static let rulePriority: UInt32 = 100

  static func rules(_ family: Family) -> NetlinkRequest {
    NetlinkRequest(type: RTM_GETRULE, flags: NLM_F_REQUEST | NLM_F_DUMP, header: ruleHeader(family, table: 0))
  }

  /// Adds or deletes `iif INTERFACE lookup TABLE`.
  static func rule(_ family: Family, table: UInt32, interface: String, adding: Bool) -> NetlinkRequest {
    let flags = NLM_F_REQUEST | NLM_F_ACK | (adding ? NLM_F_CREATE | NLM_F_EXCL : 0)
    var request = NetlinkRequest(
      type: adding ? RTM_NEWRULE : RTM_DELRULE, flags: flags, header: ruleHeader(family, table: table))
    request.attribute(FRA_PRIORITY, rulePriority)
    request.attribute(FRA_TABLE, table)
    request.attribute(FRA_IIFNAME, interface)
    request.attribute(FRA_PROTOCOL, [UInt8(RTPROT_MROUTED)])
    return request
  }

  /// struct fib_rule_hdr.
  private static func ruleHeader(_ family: Family, table: UInt32) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 12)
    header[0] = family.routingNumber
    header[4] = UInt8(exactly: table) ?? UInt8(RT_TABLE_COMPAT.rawValue)
    header[7] = table == 0 ? 0 : UInt8(FR_ACT_TO_TBL)
    return header
  }
}

/// The rules that this process made, and those that an earlier one left behind.
final class TableRules {
  private let requests: NetlinkSocket
  private var made: [Selector: TableID] = [:]

  private struct Selector: Hashable {
    var family: Family
    var interface: String
  }

  init(asking requests: NetlinkSocket) { self.requests = requests }

  /// The table that routes what comes in by an interface; nil: the family's ordinary one.
  func table(_ family: Family, interface: String) -> TableID? {
    made[Selector(family: family, interface: interface)]
  }

  var isEmpty: Bool { made.isEmpty }

  /// The errno, or 0; a rule that is there already is what was asked for.
  func select(_ table: TableID, _ family: Family, _ interface: String) -> Int32 {
    let failure = change(table, family, interface, adding: true)
    guard failure == 0 || failure == EEXIST else { return failure }
    made[Selector(family: family, interface: interface)] = table
    return 0
  }

  func deselect(_ table: TableID, _ family: Family, _ interface: String) -> Int32 {
    let selector = Selector(family: family, interface: interface)
    if made[selector] == table { made[selector] = nil }
    let failure = change(table, family, interface, adding: false)
    return failure == ENOENT ? 0 : failure
  }

  /// Deletes the rules to a table that is about to close: packets that they select would be swallowed.
  func deselectAll(_ table: TableID, _ family: Family) {
    for (selector, selected) in made where selected == table && selector.family == family {
      _ = deselect(table, family, selector.interface)
    }
  }

  /// Takes over the rules of a former life that lead to tables of ours.
  ///
  /// - Parameter table: the table with this kernel number, when it is ours.
  func adopt(_ table: (UInt32, Family) -> TableID?) -> [Adoption.Selection] {
    var selections: [Adoption.Selection] = []
    for family in Family.allCases {
      for rule in ours(family) {
        guard let interface = rule.inbound, let id = table(rule.table, family) else { continue }
        made[Selector(family: family, interface: interface)] = id
        selections.append(.init(table: .init(id: id, family: family), interface: interface))
      }
    }
    return selections
  }

  /// Nobody else is at our rules: what a reading that breaks off leaves out stays, and does no harm, until it
  /// is asked for again.
  private func ours(_ family: Family) -> [RuleMessage] {
    var rules: [RuleMessage] = []
    _ = try? requests.dump(.rules(family), begin: { rules = [] }) { bytes, message in
      if let rule = RuleMessage(bytes, message), rule.isOurs { rules.append(rule) }
    }
    return rules
  }

  /// Deletes rules of ours whose table nobody owns, left by a process that ended without its farewell.
  ///
  /// - Parameter isOwned: whether a process holds the table.
  func removeStale(_ family: Family, isOwned: (UInt32) -> Bool) {
    for rule in ours(family) where !isOwned(rule.table) {
      guard let interface = rule.inbound else { continue }
      _ = try? requests.ask(.rule(family, table: rule.table, interface: interface, adding: false))
    }
  }

  private func change(_ table: TableID, _ family: Family, _ interface: String, adding: Bool) -> Int32 {
    do throws(SystemError) {
      try requests.ask(
        .rule(family, table: table.number(family), interface: interface, adding: adding))
      return 0
    } catch {
      return error.errno
    }
  }
}
