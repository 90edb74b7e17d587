import Addressing
import Control
import Kernel

/// Rows of what is learned from hosts and other routers, made when they are asked for.
extension Router {
  mutating func showGroups(_ id: RequestID, _ filter: RouteFilter, _ cursor: Cursor, _ limit: Int) {
    actions.append(.reply(id, .rows(.groups([]), next: nil)))
  }

  func neighborRows(_ filter: RouteFilter) -> [NeighborRow] { [] }

  mutating func showOrigins(_ id: RequestID, _ filter: RouteFilter, _ cursor: Cursor, _ limit: Int) {
    actions.append(.reply(id, .rows(.dvmrpRoutes([]), next: nil)))
  }

  mutating func showPrunes(_ id: RequestID, _ filter: RouteFilter, _ cursor: Cursor, _ limit: Int) {
    actions.append(.reply(id, .rows(.prunes([]), next: nil)))
  }

  func timerRows() -> [TimerRow] { [] }

  func tunnelRows(_ filter: RouteFilter) -> [TunnelRow] { [] }
}
