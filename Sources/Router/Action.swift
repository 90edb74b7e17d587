public import Control
public import Kernel

/// What must be done now, in this order.
public enum Action: Hashable, Sendable, Codable {
  case kernel(KernelAction)
  /// Answers; a request may get several pages, each asked for.
  indirect case reply(RequestID, Reply)
  /// For the log, the hook and, by the requests named, subscribers.
  indirect case notice(Notice, subscribers: [RequestID])
  /// Everything is withdrawn: the process may end.
  case finished
}
