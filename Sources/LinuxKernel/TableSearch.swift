import Addressing
import CLinux
import Kernel

/// Tells all that the kernel holds in our tables, a piece at a time between packets.
///
/// Keeps nothing of it: whoever judges a piece asks for what does not fit, since it may have changed since.
final class TableSearch {
  let socket: NetlinkSocket
  private var waiting: [RoutingSocket] = []
  private var current: RoutingSocket?
  private var sequence: UInt32 = 0
  private var attempts = 0
  /// The kernel keeps its place in a table as a number: with a row less before it, one is passed over.
  private var isDisturbed = false
  /// A reading broke off.
  private var isBroken = false

  /// What came of a piece.
  struct Piece {
    var entries: [KernelEntry] = []
    var end: End?
  }

  enum End {
    /// Every entry was told.
    case whole
    /// Some could not be read.
    case broken
  }

  init() throws(SystemError) { socket = try NetlinkSocket() }

  var isRunning: Bool { current != nil }

  /// Begins; a search that is under way does not count as whole, since it may have passed what is looked for.
  func start(_ tables: [RoutingSocket]) {
    guard current == nil else {
      isBroken = true
      return
    }
    isBroken = false
    waiting = tables
    advance()
  }

  /// A row of ours has gone.
  func noteRemoval(_ key: KernelEntry.Key) {
    if key.table == current?.table, key.flow.family == current?.family { isDisturbed = true }
  }

  /// Takes one piece; nil: nothing is there.
  func receive() -> Piece? {
    guard let table = current else { return nil }
    var piece = Piece()
    var status: Int32?
    let received = socket.receive { bytes, message in
      guard message.sequence == sequence, status == nil else { return }
      if message.flags & UInt16(NLM_F_DUMP_INTR) != 0 { isDisturbed = true }
      status = message.status(bytes)
      // Older kernels do not filter by table.
      guard let row = MFCMessage(bytes, message), row.table == table.number else { return }
      if let entry = row.entry(table: table.table, vif: table.vif(of:)) { piece.entries.append(entry) }
    }
    switch received {
    case .messages: break
    case .nothing: return nil
    case .overflow, .failed: status = EIO
    }
    guard let status else { return piece }
    if status != 0 { isBroken = true }
    if status == 0, isDisturbed, attempts < 3 {
      request(table)
    } else {
      advance()
    }
    if current == nil { piece.end = isBroken ? .broken : .whole }
    return piece
  }

  private func advance() {
    attempts = 0
    current = waiting.popLast()
    if let current { request(current) }
  }

  private func request(_ table: RoutingSocket) {
    attempts += 1
    isDisturbed = false
    // The rest of a reading that is given up.
    while case .messages = socket.receive({ _, _ in }) {}
    do throws(SystemError) {
      sequence = try socket.send(.rows(table.family, table: table.number))
    } catch {
      isBroken = true
      advance()
    }
  }
}
