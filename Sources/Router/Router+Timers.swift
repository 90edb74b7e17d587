import Addressing
import Control
import DVMRP
import Forwarding
import Kernel
import Membership
import Timing

/// What happens next by itself.
extension Router {
  /// The earliest first; of what there is much of, one row for all.
  func timerRows() -> [TimerRow] {
    var rows = ownTimers() + querierTimers() + dvmrp.timerRows.map { timerRow($0) }
    if let due = membership.nextGroupChange { rows.append(TimerRow(kind: .group, subject: "", due: due)) }
    if let due = entries.nextIdle { rows.append(TimerRow(kind: .idle, subject: "", due: due)) }
    return rows.sorted {
      ($0.due, $0.kind.rawValue, $0.subject) < ($1.due, $1.kind.rawValue, $1.subject)
    }
  }

  private func ownTimers() -> [TimerRow] {
    var rows: [TimerRow] = []
    var (refused, firstRefused) = (0, Instant?.none)
    for (timer, due) in timers.sorted {
      switch timer {
      case .audit: rows.append(TimerRow(kind: .audit, subject: "", due: due))
      case .confirm: rows.append(TimerRow(kind: .confirm, subject: "", due: due))
      case .forwarding: rows.append(TimerRow(kind: .forwarding, subject: "", due: due))
      case .entry:
        refused += 1
        firstRefused = firstRefused ?? due
      case .vif(let vif):
        rows.append(TimerRow(kind: .retry, subject: "VIF of \(linkName(vif.link))", due: due))
      case .join(let join):
        rows.append(TimerRow(kind: .retry, subject: "\(join.group) on \(linkName(join.link))", due: due))
      case .table(let place):
        rows.append(
          TimerRow(
            kind: .retry, subject: "table \(place.table.number(place.family)) \(place.family.rawValue)",
            due: due))
      case .adoption: rows.append(TimerRow(kind: .adoption, subject: "", due: due))
      case .tunnel(let name): rows.append(TimerRow(kind: .retry, subject: "tunnel \(name)", due: due))
      case .announcement(let place):
        rows.append(TimerRow(kind: .announcement, subject: linkName(place.link), due: due))
      }
    }
    if let firstRefused {
      rows.append(TimerRow(kind: .retry, subject: "\(refused) kernel entries", due: firstRefused))
    }
    return rows
  }

  private func querierTimers() -> [TimerRow] {
    parts.igmp.union(parts.mld).flatMap { id in
      Family.allCases.flatMap { family -> [TimerRow] in
        guard let querier = membership.querierRow(id, family) else { return [] }
        let name = "\(domain.name(of: id)) \(Router.protocolName(family))"
        return [
          querier.nextQuery.map { TimerRow(kind: .query, subject: name, due: $0) },
          querier.expiry.map { TimerRow(kind: .querier, subject: "\(querier.address) on \(name)", due: $0) },
        ].compactMap { $0 }
      }
    }
  }

  private func timerRow(_ row: DVMRPTimerRow) -> TimerRow {
    switch row.kind {
    case .probe(let id): TimerRow(kind: .probe, subject: domain.name(of: id), due: row.due)
    case .neighbor(let address, let id):
      TimerRow(kind: .neighbor, subject: "\(address) on \(domain.name(of: id))", due: row.due)
    case .report: TimerRow(kind: .report, subject: "", due: row.due)
    case .route: TimerRow(kind: .route, subject: "", due: row.due)
    case .prune: TimerRow(kind: .prune, subject: "", due: row.due)
    }
  }

  private func linkName(_ link: Int32) -> String { domain.links[link]?.name ?? "link \(link)" }
}
