import CLinux
import Synchronization

/// The places in the daemon's life at which a test may have it killed.
///
/// `MCAST_FAULT=NAME[:N]` in the environment: the process kills itself the N-th time it gets there, as a
/// crash would. Listed by `mcastd --fault-points`.
public enum FaultPoint: String, CaseIterable, Sendable {
  // Start
  case descriptorsTaken = "start-descriptors-taken"
  case socketAdopted = "start-socket-adopted"
  case tablesRead = "start-tables-read"
  case stateTaken = "start-state-taken"
  case configured = "start-configured"
  case listening = "start-listening"
  case ready = "start-ready"
  // Running
  case opened = "descriptor-opened"
  case kept = "descriptor-kept"
  case planned = "plan-written"
  case added = "entry-added"
  case removed = "entry-removed"
  case vifAdded = "vif-added"
  case vifRemoved = "vif-removed"
  case joined = "group-joined"
  case additionsSaved = "additions-saved"
  // Reload
  case reloadRead = "reload-read"
  case reloaded = "reload-done"
  // Hand-over
  case handOverBegun = "hand-over-begun"
  case snapshotSaved = "hand-over-saved"
  case handOverEnd = "hand-over-end"
  // Exit
  case stopBegun = "stop-begun"
  case tableClosed = "stop-table-closed"
  case stopWithdrawn = "stop-withdrawn"

  private static let armed: FaultPoint? = order?.point
  private static let remaining = Atomic<Int>(order?.count ?? 0)

  private static var order: (point: FaultPoint, count: Int)? {
    guard let text = ThisProcess.environment("MCAST_FAULT") else { return nil }
    let words = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard let point = words.first.flatMap({ FaultPoint(rawValue: $0) }) else { return nil }
    return (point, words.count > 1 ? Int(words[1]) ?? 1 : 1)
  }

  /// Gets to a point; returns unless a test asked for the end here.
  public static func reach(_ point: FaultPoint) {
    guard point == armed else { return }
    if remaining.subtract(1, ordering: .relaxed).newValue == 0 { kill(getpid(), SIGKILL) }
  }
}
