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
  private var entries: [KernelEntry.Key: KernelEntry] = [:]
  private var rows: [KernelEntry] = []
  /// What the driver did since the audit began; nil: removed.
  private var touched: [KernelEntry.Key: KernelEntry?] = [:]

  init() throws(SystemError) { socket = try NetlinkSocket() }

  var isRunning: Bool { current != nil }

  /// Begins; a running audit begins anew.
  func start(_ tables: [RoutingSocket]) {
    while case .messages = socket.receive({ _, _ in }) {}
    entries = [:]
    touched = [:]
    waiting = tables
    advance()
  }

  func note(_ entry: KernelEntry) { touched[entry.key] = .some(entry) }

  func noteRemoval(_ key: KernelEntry.Key) { touched[key] = .some(nil) }

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
    guard isDone || !isWhole else { return nil }
    if !isWhole && attempts < 3 {
      request(table)
      return nil
    }
    for entry in rows { entries[entry.key] = entry }
    advance()
    return current == nil ? finish() : nil
  }

  private func advance() {
    current = waiting.popLast()
    attempts = 0
    if let current { request(current) }
  }

  private func request(_ table: RoutingSocket) {
    attempts += 1
    rows = []
    while case .messages = socket.receive({ _, _ in }) {}
    // A request that cannot be sent ends like one that was interrupted: by the next audit.
    sequence = (try? socket.send(.rows(table.family, table: table.number))) ?? 0
  }

  private func finish() -> [KernelEntry] {
    for (key, entry) in touched { entries[key] = entry }
    defer { entries = [:] }
    return entries.values.sorted { $0.key < $1.key }
  }
}
