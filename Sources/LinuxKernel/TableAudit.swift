import Addressing
import CLinux
import Kernel

/// Reads all that the kernel holds in our tables, a piece at a time between packets.
///
/// What the driver itself changes meanwhile is noted and overrides what was read, so that the result is true
/// at its end.
final class TableAudit {
  let socket: NetlinkSocket
  private var waiting: [RoutingSocket] = []
  private var current: RoutingSocket?
  private var sequence: UInt32 = 0
  private var attempts = 0
  /// The tables that are done.
  private var entries: [KernelEntry] = []
  /// The table that is being read, and what earlier readings of it gave.
  private var rows: [KernelEntry] = []
  private var earlier: [KernelEntry.Key: KernelEntry] = [:]
  private var isDisturbed = false
  /// What the driver did since the audit began; nil: removed.
  private var touched: [KernelEntry.Key: KernelEntry?] = [:]

  init() throws(SystemError) { socket = try NetlinkSocket() }

  var isRunning: Bool { current != nil }

  /// Begins; an audit that is running goes on, and answers both who asked.
  func start(_ tables: [RoutingSocket]) {
    guard current == nil else { return }
    entries = []
    touched = [:]
    waiting = tables
    advance()
  }

  func note(_ entry: KernelEntry) { touched[entry.key] = .some(entry) }

  func noteRemoval(_ key: KernelEntry.Key) {
    touched[key] = .some(nil)
    // The kernel keeps its place in the table as a number: a row less before it, and one is passed over.
    if key.table == current?.table, key.flow.family == current?.family { isDisturbed = true }
  }

  /// Takes one piece; the result when it was the last.
  func receive() -> [KernelEntry]? {
    guard let table = current else { return nil }
    var isDone = false
    var isWhole = true
    let received = socket.receive { bytes, message in
      guard message.sequence == sequence else { return }
      if message.flags & UInt16(NLM_F_DUMP_INTR) != 0 { isWhole = false }
      if message.status(bytes) != nil { isDone = true }
      // Older kernels do not filter by table.
      guard let row = MFCMessage(bytes, message), row.table == table.number else { return }
      if let entry = row.entry(table: table.table, vif: table.vif(of:)) { rows.append(entry) }
    }
    switch received {
    case .messages: break
    case .nothing: return nil
    case .overflow, .failed: (isDone, isWhole) = (true, false)
    }
    if !isWhole { isDisturbed = true }
    guard isDone else { return nil }
    return finishTable(table)
  }

  /// A disturbed reading is repeated, at most twice; what any of them saw counts.
  private func finishTable(_ table: RoutingSocket) -> [KernelEntry]? {
    if isDisturbed || attempts > 1 {
      for entry in rows { earlier[entry.key] = entry }
      if isDisturbed, attempts < 3 {
        request(table)
        return nil
      }
      rows = earlier.values.sorted { $0.key < $1.key }
    }
    entries.append(contentsOf: rows)
    advance()
    return current == nil ? finish() : nil
  }

  private func advance() {
    current = waiting.popLast()
    attempts = 0
    earlier = [:]
    rows = []
    if let current { request(current) }
  }

  private func request(_ table: RoutingSocket) {
    attempts += 1
    rows = []
    isDisturbed = false
    // The rest of a reading that is given up.
    while case .messages = socket.receive({ _, _ in }) {}
    do throws(SystemError) {
      sequence = try socket.send(.rows(table.family, table: table.number))
    } catch {
      // The next audit makes up for this one.
      (current, waiting) = (nil, [])
    }
  }

  private func finish() -> [KernelEntry] {
    var result = entries
    entries = []
    guard !touched.isEmpty else { return result }
    result.removeAll { touched[$0.key] != nil }
    result.append(contentsOf: touched.values.compactMap { $0 }.sorted { $0.key < $1.key })
    touched = [:]
    return result
  }
}
