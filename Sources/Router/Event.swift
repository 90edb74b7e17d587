public import Configuration
public import Control
public import Kernel

/// What happened.
///
/// Everything the Router ever knows comes in by one of these.
public enum Event: Hashable, Sendable, Codable {
  /// The daemon's own file was read. `isReload` false: the first; it opens the tables.
  indirect case configure(Configuration, isReload: Bool, request: RequestID?)
  /// A former life's `Router.snapshot`: between `adopted` and the first `configure`. One that cannot be read,
  /// or is of another version, is told of and passed over.
  case restore([UInt8])
  /// A client gave a configuration; `confirmSeconds` nil: for good, else undone unless confirmed.
  indirect case apply(Configuration, confirmSeconds: Int?, request: RequestID)
  case confirm(RequestID)
  case undo(RequestID)
  /// What `configure` would do, without doing it.
  indirect case plan(Configuration, request: RequestID)
  /// A transaction. `bestEffort`: each change by itself, else all or none.
  indirect case change([Change], bestEffort: Bool, request: RequestID)
  indirect case request(RequestID, Request)
  /// The client is gone, or ended its subscription.
  case cancel(RequestID)
  case kernel(KernelEvent)
  /// Withdraw everything; `Action.finished` follows.
  case stop
}
