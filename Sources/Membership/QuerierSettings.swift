public import Addressing

/// What an operator can say about the querier of one interface; both families share all but the version.
///
/// Values outside their range are read as the nearest one inside it.
public struct QuerierSettings: Hashable, Sendable, Codable {
  /// What happens at a leave, beside asking whether somebody else still listens.
  public enum FastLeave: String, Hashable, Sendable, Codable, CaseIterable {
    /// The last member query time decides.
    case off
    /// Every leave is final at once: for links with one host.
    case on
    /// A leave is final at once when no other tracked host listens; otherwise hosts are asked.
    case tracked
  }

  /// What a report gets that names more sources than the group may have.
  public enum SourceOverflow: String, Hashable, Sendable, Codable, CaseIterable {
    /// The sources there are stay; new ones are left out.
    case refuse
    /// The record counts as one that wants every source.
    case asm
  }

  /// False: nothing is asked and no report is heard; static groups alone are members.
  public var isOn = true
  /// Version of our queries, 1–3; hosts of every version are heard whatever it is.
  public var igmpVersion: UInt8 = 3
  /// Version of our queries, 1–2.
  public var mldVersion: UInt8 = 2
  /// 1 s–31,744 s.
  public var queryInterval = Duration.seconds(125)
  /// How long hosts may wait with their answer, 0.1 s–3,174.4 s, shorter than `queryInterval`.
  public var responseInterval = Duration.seconds(10)
  /// Time between the queries after a leave, and for their answer: 0.1 s–3,174.4 s.
  public var lastMemberInterval = Duration.seconds(1)
  /// `responseInterval` of the first query after a start, which shall bring the members soon.
  public var startupResponse = Duration.milliseconds(500)
  /// How many packets in a row may be lost, less one: 2–10.
  public var robustness: UInt8 = 2
  /// How long a silent querier counts as present, 1 s–86,400 s; nil: computed (RFC 9776 8.5).
  public var routerTimeout: Duration?
  /// Response intervals in the membership interval: 2 (RFC 9776 8.4), or 1 as in RFC 3376.
  public var membershipResponses: UInt8 = 2
  public var fastLeave = FastLeave.off
  /// Members without a timer.
  public var staticGroups: [StaticGroup] = []
  /// Groups that reports may make on the interface, of each family; more are refused.
  public var maximumGroups = 1024
  /// Sources of one group.
  public var maximumSources = 64
  public var sourceOverflow = SourceOverflow.refuse
  /// Records a second, of each family, with bursts of two seconds' worth; the rest is dropped unread.
  public var reportRate = 1000
  /// Read from the first on; see `GroupFilter`.
  public var groupFilters: [GroupFilter] = []
  /// What hosts listen to that cannot name sources.
  public var sourceMap: [SourceMapping] = []
  /// Further subnets of the link, beside those of its addresses.
  public var altnets: [Prefix] = []
  /// Drops IGMP packets whose TTL is not 1; MLD's always must be.
  public var isTTLStrict = true
  /// Drops IGMPv2 and IGMPv3 packets without Router Alert; MLD's always must have it.
  public var isRouterAlertStrict = false

  public init() {}
}

/// A group that counts as listened to, whatever is reported.
public struct StaticGroup: Hashable, Comparable, Sendable, Codable {
  public var group: Group
  /// Nil: every source.
  public var source: Address?

  public init(_ group: Group, source: Address? = nil) {
    self.group = group
    self.source = source
  }

  public static func < (left: StaticGroup, right: StaticGroup) -> Bool {
    (left.group, left.source ?? .unspecified(left.group.family))
      < (right.group, right.source ?? .unspecified(right.group.family))
  }
}

/// A line of `group-filter`: the first that covers a group decides.
///
/// A group that no line covers is accepted, unless there is an `accept` line of its family.
public struct GroupFilter: Hashable, Sendable, Codable {
  public var accepts: Bool
  public var groups: Prefix

  public init(accepts: Bool, _ groups: Prefix) {
    self.accepts = accepts
    self.groups = groups
  }
}

/// A line of `ssm-map`: hosts of IGMPv1, IGMPv2 and MLDv1 that report one of `groups` get `source`.
public struct SourceMapping: Hashable, Sendable, Codable {
  public var groups: Prefix
  public var source: Address

  public init(_ groups: Prefix, source: Address) {
    self.groups = groups
    self.source = source
  }
}

extension QuerierSettings {
  /// Whether reports of `group` are heard.
  func accepts(_ group: Group) -> Bool {
    var isAcceptList = false
    for filter in groupFilters where filter.groups.family == group.family {
      if filter.groups.contains(group.address) { return filter.accepts }
      isAcceptList = isAcceptList || filter.accepts
    }
    return !isAcceptList
  }

  /// The sources of a group for hosts that cannot name any, in order; empty where nothing is mapped.
  func mappedSources(_ group: Group) -> [Address] {
    if sourceMap.isEmpty { return [] }
    return sourceMap.filter { $0.groups.contains(group.address) && $0.source.family == group.family }
      .map(\.source).inOrder()
  }
}
