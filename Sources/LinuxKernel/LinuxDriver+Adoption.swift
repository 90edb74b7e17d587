import Addressing
import CLinux
import Kernel
import Timing

/// Taking over what a former life left in the kernel.
extension LinuxDriver {
  /// Finds out what the handed-over sockets hold; nil when there are none.
  ///
  /// What the kernel tells counts. The former life's plan serves for what it does not tell, and only where
  /// the kernel confirms it: an ifindex may be another interface's by now.
  func adopt(_ interfaces: [Interface], _ expected: [KernelEntry.Key]) -> Adoption? {
    guard let succession else { return nil }
    let present = Dictionary(interfaces.map { ($0.index, $0.name) }) { first, _ in first }
    for family in Family.allCases { adoptTables(family, succession) }
    var adoption = Adoption()
    for case let socket? in tables {
      adoptVIFs(socket, present, succession)
      adoption.tables.append(.init(id: socket.table, family: socket.family))
      adoption.vifs += socket.vifs
    }
    if expected.count > LinuxDriver.mostSearched {
      adoption.entries = found(expected)
      adoption.isPartial = true
      entryMonitor.distrust(at: Clock.now)
    } else {
      for case let socket? in tables where !read(socket, succession, into: &adoption.entries) {
        adoption.isPartial = true
      }
    }
    for case let socket? in tables { renew(socket, adoption.entries, succession) }
    adoption.selections = rules.adopt { number, family in
      tables.lazy.compactMap { $0 }.first { $0.number == number && $0.family == family }?.table
    }
    for family in Family.allCases { adoption.joins += adoptMembers(family, present, succession) }
    tunnels.inherit(succession)
    succession.all = { [weak self] in self?.planned ?? [] }
    succession.rewrite()
    FaultPoint.reach(.tablesRead)
    adoption.tables.sort()
    adoption.vifs.sort()
    adoption.joins.sort()
    return adoption.tables.isEmpty && adoption.joins.isEmpty ? nil : adoption
  }

  /// What the plan says now.
  private var planned: [PlanRecord.Content] {
    tables.lazy.compactMap { $0 }.flatMap(\.vifs).map { .vif($0) } + members.planned
  }

  private func adoptTables(_ family: Family, _ succession: Succession) {
    for left in succession.take("mroute\(family == .ipv4 ? 4 : 6)-") {
      guard let number = UInt32(left.rest), number > 0,
        let socket = RoutingSocket(adopting: left.descriptor, number: number, family: family)
      else {
        succession.refuse(left.name, "it is no \(family) routing socket of this network namespace")
        continue
      }
      guard watch(socket) == nil else {
        succession.refuse(left.name, "it cannot be watched")
        continue
      }
      FaultPoint.reach(.socketAdopted)
    }
  }

  // MARK: VIFs

  private func adoptVIFs(_ socket: RoutingSocket, _ present: [Int32: String], _ succession: Succession) {
    for (index, link) in held(socket, present, succession).sorted(by: { $0.key < $1.key }) {
      if present[link] != nil {
        socket.adopt(VIF(table: socket.table, family: socket.family, index: index, link: link))
      } else {
        _ = socket.remove(vif: index)
      }
    }
  }

  /// The VIFs that there are, each with its link, 0 where that is gone.
  ///
  /// Nobody adds a VIF between two lives, and the kernel removes those of an interface that goes: where it
  /// does not tell, one that is there is still of the link that the plan names, whatever has that number now.
  private func held(
    _ socket: RoutingSocket, _ present: [Int32: String], _ succession: Succession
  ) -> [VIFIndex: Int32] {
    let told = socket.family == .ipv4 ? toldIPv4(socket) : toldIPv6(socket, present)
    let planned = told == nil ? socket.planned(succession.former) : [:]
    var held: [VIFIndex: Int32] = [:]
    for index in 0..<VIFIndex(Limits.vifsPerTable) {
      let vif = VIF(table: socket.table, family: socket.family, index: index, link: 0)
      guard socket.counters(vif) != nil else { continue }
      held[index] = (told ?? planned)[index] ?? 0
    }
    return held
  }

  private static let byPlan = "those that the former daemon wrote down serve instead"

  /// What the kernel tells of a table; nil: it cannot be asked.
  private func toldIPv4(_ socket: RoutingSocket) -> [VIFIndex: Int32]? {
    var messages: [VIFTableMessage] = []
    do throws(SystemError) {
      try requests.dump(.vifs, begin: { messages = [] }) { bytes, message in
        if let table = VIFTableMessage(bytes, message) { messages.append(table) }
      }
    } catch {
      succession?.tell(.unread("what VIFs there are", "\(error)", then: LinuxDriver.byPlan))
      return nil
    }
    let rows = messages.first { $0.table == socket.number }?.vifs
    return rows.map { Dictionary($0.map { ($0.index, $0.link) }) { first, _ in first } }
  }

  /// The same; /proc has the standard table alone, and names.
  private func toldIPv6(_ socket: RoutingSocket, _ present: [Int32: String]) -> [VIFIndex: Int32]? {
    guard socket.table == .standard else { return nil }
    let rows: [KernelTables.VirtualInterface]
    do throws(SystemError) { rows = try KernelTables.virtualInterfaces(.ipv6) } catch {
      succession?.tell(.unread("what MIFs there are", "\(error)", then: LinuxDriver.byPlan))
      return nil
    }
    let links = Dictionary(present.map { ($1, $0) }) { first, _ in first }
    var told: [VIFIndex: Int32] = [:]
    for row in rows { told[row.index] = links[row.interface] }
    return told
  }

  // MARK: Entries

  /// The kernel walks a table from its beginning for every piece of it that it tells: with more than this
  /// many, those that are expected are asked for by name, and a search finds the others when packets are
  /// served again.
  private static let mostSearched = 5000

  private func found(_ expected: [KernelEntry.Key]) -> [KernelEntry] {
    guard case .entriesRead(let present, _) = read(expected) else { return [] }
    return present
  }

  /// - Returns: whether that is all.
  private func read(
    _ socket: RoutingSocket, _ succession: Succession, into entries: inout [KernelEntry]
  ) -> Bool {
    var failure: SystemError?
    let before = entries.count
    do throws(SystemError) {
      let isWhole = try requests.dump(
        .rows(socket.family, table: socket.number), begin: { entries.removeSubrange(before...) },
        each: { bytes, message in
          // Older kernels do not filter by table.
          guard let row = MFCMessage(bytes, message), row.table == socket.number,
            let entry = row.entry(table: socket.table, vif: socket.vif(of:))
          else { return }
          entries.append(entry)
        })
      if !isWhole { failure = SystemError("netlink request", errno: EINTR) }
    } catch {
      failure = error
    }
    guard let failure else { return true }
    // A search finds what the reading has left out, and it is adopted then.
    entryMonitor.distrust(at: Clock.now)
    succession.tell(
      .unread(
        "all \(socket.family) entries of table \(socket.number)", "\(failure)",
        then: "\(entries.count - before) were read; the others are looked for at once"))
    return false
  }

  /// An entry keeps the number of a VIF that went with its interface, though the kernel does not show it: the
  /// next interface with that number would be served by chance.
  private func renew(_ socket: RoutingSocket, _ entries: [KernelEntry], _ succession: Succession) {
    let former = succession.former.map { _ in socket.planned(succession.former) }
    let isSame = former?.allSatisfy { socket.links[Int($0.key)] == $0.value } ?? false
    guard !isSame else { return }
    for entry in entries where entry.parent != KernelEntry.noParent {
      guard entry.key.table == socket.table, entry.key.flow.family == socket.family else { continue }
      _ = socket.add(entry)
    }
  }

  // MARK: Members

  /// A join counts where the kernel shows the group on the interface and the socket says it is a member.
  private func adoptMembers(
    _ family: Family, _ present: [Int32: String], _ succession: Succession
  ) -> [HostJoin] {
    let sockets = succession.take("members\(family == .ipv4 ? 4 : 6)-")
    guard !sockets.isEmpty else { return [] }
    struct Shown: Hashable {
      var interface: String
      var group: Address
    }
    let shown = Set(KernelTables.memberships(family).map { Shown(interface: $0.interface, group: $0.group) })
    var joins: [UInt32: [HostJoin]] = [:]
    for case .member(let join, let socket) in succession.former ?? [] where join.group.family == family {
      joins[socket, default: []].append(join)
    }
    var adopted: [HostJoin] = []
    for left in sockets {
      guard let number = UInt32(left.rest), left.descriptor.isSocket(family.number, mc_SOCK_DGRAM, 17) else {
        succession.refuse(left.name, "it is no \(family) membership socket of this network namespace")
        continue
      }
      adopted += members.adopt(left.descriptor, number, family, joins[number] ?? []) { join in
        present[join.link].map { shown.contains(Shown(interface: $0, group: join.group.address)) } ?? false
      }
    }
    return adopted
  }
}

extension Descriptor {
  /// Whether it is such a socket, of the network namespace we are in.
  func isSocket(_ domain: Int32, _ kind: Int32, _ protocolNumber: Int32) -> Bool {
    guard mc_socket_fact(number, mc_SO_DOMAIN) == domain, mc_socket_fact(number, mc_SO_TYPE) == kind,
      mc_socket_fact(number, mc_SO_PROTOCOL) == protocolNumber,
      let own = try? Descriptor.socket(AF_UNIX, mc_SOCK_DGRAM, 0)
    else { return false }
    return mc_netns_cookie(number) == mc_netns_cookie(own.number)
  }
}

extension RoutingSocket {
  /// The links that the plan names for this table; the last line of each place counts.
  func planned(_ contents: [PlanRecord.Content]?) -> [VIFIndex: Int32] {
    var links: [VIFIndex: Int32] = [:]
    for case .vif(let vif) in contents ?? [] where vif.table == table && vif.family == family {
      links[vif.index] = vif.link
    }
    return links
  }
}
