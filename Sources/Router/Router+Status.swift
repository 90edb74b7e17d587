import Addressing
import Configuration
import Control
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership
import Timing

/// The screen of `mcast status`.
extension Router {
  func status() -> Status {
    var status = Status()
    status.generation = generation
    for row in interfaceRows(Filter()) {
      switch row.state {
      case .up: status.interfacesUp += 1
      case .down, .refused: status.interfacesDown += 1
      case .missing: status.interfacesWaiting.append(row.name)
      case .disabled, .unused: break
      }
      guard let packets = row.packetsInPerSecond else { continue }
      status.packetsInPerSecond = (status.packetsInPerSecond ?? 0) + packets
      status.packetsOutPerSecond = (status.packetsOutPerSecond ?? 0) + (row.packetsOutPerSecond ?? 0)
      status.bitsInPerSecond = (status.bitsInPerSecond ?? 0) + (row.bitsInPerSecond ?? 0)
      status.bitsOutPerSecond = (status.bitsOutPerSecond ?? 0) + (row.bitsOutPerSecond ?? 0)
    }
    for place in plan.places {
      status.tables.append(
        .init(
          family: place.family, table: place.table.number(place.family),
          used: plan.interfaces(in: place).count,
          open: vifs.isOpen(place)))
    }
    status.rules = rules.count
    status.rulesWaiting = rules.waitingCount
    status.entries = entries.fullCount + entries.onDemandCount
    status.blocking = entries.blockingCount
    status.joins = joins.heldCount
    status.joinsWaiting = joins.all.count { joins.links(of: $0.key).isEmpty }
    status.unsaved = intent.unsavedCount
    status.groups = membership.groupCount
    status.groupInterfaces = membership.groupInterfaces.count
    if parts.hasDVMRP {
      status.dvmrp = .init(
        neighbors: dvmrp.neighborRows.count { $0.state == .twoWay }, routes: dvmrp.routeCount,
        prunes: dvmrp.pruneCount)
    }
    status.upcalls = counts.upcalls
    status.upcallsLost = counts.upcallsLost
    status.foreignRepairs = counts.foreignRepairs
    status.resynchronizations = counts.resynchronizations
    status.problems = problems.keys.sorted().compactMap { problems[$0] }
    return status
  }
}
