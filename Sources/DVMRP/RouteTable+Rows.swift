import Addressing
import Timing

/// Rows, reports and the chains between them.
extension RouteTable {
  mutating func insert(_ row: RouteRow) -> Int32 {
    let number: Int32
    if let free = freeRows.popLast() {
      number = free
      rows[Int(number)] = row
    } else {
      number = Int32(rows.count)
      rows.append(row)
    }
    index[row.key] = number
    lengths[row.key.length] += 1
    order.append(number)
    isOrdered = false
    return number
  }

  mutating func remove(row number: Int32) {
    let row = rows[Int(number)]
    var report = row.firstReport
    while report >= 0 {
      let said = reports[Int(report)]
      unlink(report)
      count(said.metric, of: said.peer, by: -1)
      reports[Int(report)].isFree = true
      freeReports.append(report)
      report = said.next
    }
    rows[Int(number)].firstReport = -1
    if row.flags.contains(.changed) { changes.forget(number) }
    rows[Int(number)].flags = .dead
    rows[Int(number)].metric = 32
    index[row.key] = nil
    lengths[row.key.length] -= 1
    deadRows.append(number)
    isOrdered = false
  }

  /// Brings the rows into the order of reports; what was taken out may be used again after.
  mutating func putInOrder() {
    if isOrdered { return }
    isOrdered = true
    if !deadRows.isEmpty {
      order.removeAll { rows[Int($0)].flags.contains(.dead) }
      freeRows += deadRows
      deadRows.removeAll()
    }
    order.sort { rows[Int($0)].key < rows[Int($1)].key }
  }

  /// The place in the order of the first row behind `key`; the order must be up to date.
  func place(after key: OriginKey?) -> Int {
    guard let key else { return 0 }
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if rows[Int(order[middle])].key <= key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func add(
    _ row: Int32, _ metric: UInt8, from peer: UInt16, packet: UInt32, at now: Instant
  ) {
    var report = RouteReport(row: row, at: now, packet: packet, peer: peer, metric: metric)
    report.next = rows[Int(row)].firstReport
    let number: Int32
    if let free = freeReports.popLast() {
      number = free
      reports[Int(number)] = report
    } else {
      number = Int32(reports.count)
      reports.append(report)
    }
    rows[Int(row)].firstReport = number
    count(metric, of: peer, by: 1)
    link(number)
  }

  mutating func count(_ metric: UInt8, of peer: UInt16, by change: Int) {
    if metric < 32 { peers[Int(peer)]?.reachable += change }
  }

  mutating func link(_ number: Int32) {
    if reports[Int(number)].isPoisoned {
      poisonLine.append(number, &reports)
    } else {
      reachableLine.append(number, &reports)
    }
  }

  mutating func unlink(_ number: Int32) {
    if reports[Int(number)].isPoisoned {
      poisonLine.remove(number, &reports)
    } else {
      reachableLine.remove(number, &reports)
    }
  }

  /// Notes a change that neighbors must hear of.
  mutating func change(_ number: Int32, _ kind: RouteChanges.Kind) {
    touch(number)
    if !rows[Int(number)].flags.contains(.changed) {
      rows[Int(number)].flags.insert(.changed)
      changes.flash.append(number)
    }
    if kind != .metric { changes.moves.append((number, kind)) }
  }

  func isTouched(_ number: Int32) -> Bool { rows[Int(number)].touched == changes.batch }

  /// Notes that flows of the origin must be decided anew.
  mutating func touch(_ number: Int32) {
    guard !isTouched(number) else { return }
    rows[Int(number)].touched = changes.batch
    changes.touched.append(number)
  }

  /// Takes the rows that wait for a flash update, in the order of reports.
  mutating func takeFlash() -> [Int32] {
    let taken = changes.flash.sorted { rows[Int($0)].key < rows[Int($1)].key }
    changes.flash.removeAll()
    for number in taken { rows[Int(number)].flags.remove(.changed) }
    return taken
  }

  mutating func setFirstTree(_ tree: Int32, of row: Int32) { rows[Int(row)].firstTree = tree }
}
