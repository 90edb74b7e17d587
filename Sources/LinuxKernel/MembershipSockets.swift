import Addressing
import CLinux
import Kernel

/// The host memberships of the router, spread over as many sockets as the kernel's limits per socket ask for.
///
/// No sysctl is touched: a socket holds 20 IPv4 groups, so 3,000 joins are 150 sockets.
final class MembershipSockets {
  private var holders: [HostJoin: Holder] = [:]
  /// The sockets that hold sources of a group on a link.
  private var sourceHolders: [Membership: [Holder]] = [:]
  /// The sockets with room, for each family; the last one is tried first.
  private var open: [Family: [Holder]] = [:]
  private var nextNumber: [Family: UInt32] = [:]
  /// Nil: the memberships end with this process.
  private let succession: Succession?

  init(_ succession: Succession? = nil) { self.succession = succession }

  /// A group on a link.
  private struct Membership: Hashable {
    var link: Int32
    var group: Group
  }

  /// One socket and what it holds: for each group the number of sources, 0 for any source.
  private final class Holder {
    let descriptor: Descriptor
    /// Among those of its family.
    let number: UInt32
    var memberships: [Membership: Int] = [:]
    /// The kernel refused another group though the count allows it.
    var isFull = false

    init(_ descriptor: Descriptor, _ number: UInt32) {
      self.descriptor = descriptor
      self.number = number
    }
  }

  /// What one socket takes without a change of any sysctl (kernel: igmp_max_memberships, igmp_max_msf,
  /// optmem_max, mld_max_msf).
  private enum Capacity {
    static func memberships(_ family: Family) -> Int { family == .ipv4 ? 20 : 256 }
    static func sources(_ family: Family) -> Int { family == .ipv4 ? 10 : 64 }
  }

  /// The links that groups are joined on.
  var links: Set<Int32> { Set(holders.keys.lazy.map(\.link)) }

  /// Joins a group.
  ///
  /// What is joined already stays. The errno, or 0.
  func join(_ join: HostJoin) -> Int32 {
    guard holders[join] == nil else { return 0 }
    let family = join.group.family
    let membership = Membership(link: join.link, group: join.group)
    if join.source != nil, let failure = joinBesideOtherSources(join, membership) { return failure }
    var failure = ENOBUFS
    // A socket that turns out full, by a lower limit than expected, is left alone and the next one tried.
    while failure == ENOBUFS || failure == ENOMEM {
      let holder: Holder
      let isNew: Bool
      do throws(SystemError) { (holder, isNew) = try holderWithRoom(for: membership, family) } catch {
        return error.errno
      }
      failure = set(holder, join, joining: true)
      if failure == 0 {
        note(join, membership, in: holder)
      } else if failure == ENOBUFS || failure == ENOMEM {
        holder.isFull = true
        if isNew {
          release(holder, family)
          break
        }
        close(holder, family)
      }
    }
    return failure
  }

  /// Adds a source to a socket that holds sources of the same group; nil when there is none with room.
  private func joinBesideOtherSources(_ join: HostJoin, _ membership: Membership) -> Int32? {
    let family = join.group.family
    for holder in sourceHolders[membership] ?? []
    where holder.memberships[membership, default: 0] < Capacity.sources(family) {
      let failure = set(holder, join, joining: true)
      if failure == ENOBUFS || failure == ENOMEM { continue }
      if failure == 0 { note(join, membership, in: holder) }
      return failure
    }
    return nil
  }

  private func holderWithRoom(
    for membership: Membership, _ family: Family
  ) throws(SystemError) -> (Holder, isNew: Bool) {
    // Any-source and source joins of one group never share a socket: the one would change the other.
    if let holder = open[family]?.last(where: { $0.memberships[membership] == nil }) {
      return (holder, false)
    }
    let number = nextNumber[family, default: 0]
    nextNumber[family] = number &+ 1
    let holder = Holder(try Descriptor.socket(family.number, mc_SOCK_DGRAM, 0), number)
    open[family, default: []].append(holder)
    succession?.store.keep(holder.descriptor, as: Succession.membersName(number, family))
    return (holder, true)
  }

  /// Goes on with a socket of a former life.
  ///
  /// - Parameter joins: what it may have joined.
  /// - Parameter isShown: whether the kernel shows the group on the interface.
  /// - Returns: what it has joined.
  func adopt(
    _ descriptor: Descriptor, _ number: UInt32, _ family: Family, _ joins: [HostJoin],
    isShown: (HostJoin) -> Bool
  ) -> [HostJoin] {
    nextNumber[family] = max(nextNumber[family, default: 0], number &+ 1)
    let holder = Holder(descriptor, number)
    open[family, default: []].append(holder)
    var adopted: [HostJoin] = []
    for join in joins where holders[join] == nil {
      // Asking again tells: who is a member is refused.
      let answer = isShown(join) ? descriptor.setMembership(join, joining: true) : ENODEV
      if answer == 0 || answer == EADDRINUSE || answer == EADDRNOTAVAIL {
        note(join, Membership(link: join.link, group: join.group), in: holder)
        adopted.append(join)
      } else {
        // The link is gone, or its number is another's: only the place in the socket is still taken.
        _ = descriptor.setMembership(
          HostJoin(link: join.link, source: nil, group: join.group), joining: false)
      }
    }
    if holder.memberships.isEmpty { release(holder, family) }
    return adopted
  }

  /// What the plan says of the memberships.
  var planned: [PlanRecord.Content] { holders.map { .member($0.key, socket: $0.value.number) } }

  private func note(_ join: HostJoin, _ membership: Membership, in holder: Holder) {
    holders[join] = holder
    if join.source == nil {
      holder.memberships[membership] = 0
    } else {
      if holder.memberships[membership] == nil { sourceHolders[membership, default: []].append(holder) }
      holder.memberships[membership, default: 0] += 1
    }
    if holder.memberships.count >= Capacity.memberships(join.group.family) {
      close(holder, join.group.family)
    }
  }

  /// Leaves a group.
  ///
  /// What is not joined is no error. The errno, or 0.
  func leave(_ join: HostJoin) -> Int32 {
    guard let holder = holders.removeValue(forKey: join) else { return 0 }
    let failure = set(holder, join, joining: false)
    let membership = Membership(link: join.link, group: join.group)
    let sources = holder.memberships[membership, default: 0]
    if join.source != nil, sources > 1 {
      holder.memberships[membership] = sources - 1
    } else {
      forget(membership, in: holder)
    }
    return failure == EADDRNOTAVAIL || failure == EINVAL || failure == ENODEV ? 0 : failure
  }

  /// A link is gone, and with it what was joined there; only the places in the sockets are still taken.
  func forget(link: Int32) {
    for (join, holder) in holders where join.link == link {
      holders[join] = nil
      let membership = Membership(link: join.link, group: join.group)
      guard holder.memberships[membership] != nil else { continue }
      _ = set(holder, HostJoin(link: link, source: nil, group: join.group), joining: false)
      if join.source != nil { succession?.note(.member(join, socket: holder.number), holds: false) }
      forget(membership, in: holder)
    }
  }

  /// Closing the sockets leaves every group.
  func leaveAll() {
    for (join, holder) in holders {
      succession?.store.drop(Succession.membersName(holder.number, join.group.family))
    }
    holders = [:]
    sourceHolders = [:]
    open = [:]
  }

  private func forget(_ membership: Membership, in holder: Holder) {
    let family = membership.group.family
    holder.memberships[membership] = nil
    holder.isFull = false
    sourceHolders[membership]?.removeAll { $0 === holder }
    if sourceHolders[membership]?.isEmpty == true { sourceHolders[membership] = nil }
    let isListed = open[family]?.contains { $0 === holder } ?? false
    if holder.memberships.isEmpty {
      release(holder, family)
    } else if !isListed {
      open[family, default: []].append(holder)
    }
  }

  /// Takes a socket out of those with room; it is closed when no join refers to it.
  private func close(_ holder: Holder, _ family: Family) { open[family]?.removeAll { $0 === holder } }

  /// Nothing is joined by it any more, whoever keeps it.
  private func release(_ holder: Holder, _ family: Family) {
    close(holder, family)
    succession?.store.drop(Succession.membersName(holder.number, family))
  }

  /// The plan knows of a membership before the kernel does, and as long.
  private func set(_ holder: Holder, _ join: HostJoin, joining: Bool) -> Int32 {
    if joining { succession?.note(.member(join, socket: holder.number), holds: true) }
    let failure = holder.descriptor.setMembership(join, joining: joining)
    if !joining || failure != 0 { succession?.note(.member(join, socket: holder.number), holds: false) }
    FaultPoint.reach(.joined)
    return failure
  }
}

extension Descriptor {
  fileprivate func setMembership(_ join: HostJoin, joining: Bool) -> Int32 {
    setMembership(join.group, source: join.source, link: join.link, joining: joining)
  }

  /// Joins or leaves a group on a link; the errno, or 0.
  func setMembership(_ group: Group, source: Address?, link: Int32, joining: Bool) -> Int32 {
    let level = group.family == .ipv4 ? mc_IPPROTO_IP : mc_IPPROTO_IPV6
    let address = SocketAddress(group.address).storage
    guard let source else {
      let request = mc_group_req(gr_interface: UInt32(bitPattern: link), gr_group: address)
      return set(level, joining ? mc_MCAST_JOIN_GROUP : mc_MCAST_LEAVE_GROUP, structure: request)
    }
    let request = mc_group_source_req(
      gsr_interface: UInt32(bitPattern: link), gsr_group: address, gsr_source: SocketAddress(source).storage)
    return set(level, joining ? mc_MCAST_JOIN_SOURCE_GROUP : mc_MCAST_LEAVE_SOURCE_GROUP, structure: request)
  }
}
