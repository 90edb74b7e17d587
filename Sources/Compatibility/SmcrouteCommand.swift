public import Configuration
public import Control
public import Diagnostics

/// Which daemon a request is read by: semantics and texts.
public enum SmcrouteDialect: Hashable, Sendable {
  /// 2.5 and 2.6: `smcrouted`.
  case current
  /// 2.2: `smcroute -d`.
  case legacy
}

/// The tables that `show` shows.
public enum SmcrouteTable: Hashable, Sendable, CaseIterable {
  case routes, groups, interfaces, pending
}

/// How a table is shown.
public enum SmcrouteFormat: Hashable, Sendable, CaseIterable {
  case plain, detailed, json
}

/// What a message asks for, in our own terms, and how its outcome is told.
public struct SmcrouteCommand: Hashable, Sendable {
  /// What is to be done.
  public enum Action: Hashable, Sendable {
    case change(Change)
    case show(SmcrouteTable, SmcrouteFormat)
    case flush, reload, kill
  }

  public let action: Action

  /// Reads a message as the daemon of this dialect does; a message of the legacy form is always read as legacy.
  public init(_ message: SmcrouteMessage, _ dialect: SmcrouteDialect) throws(SmcrouteRefusal) {
    throw SmcrouteRefusal("")
  }

  /// All that the client is sent for the Router's reply to the change: a NUL, or the refusal and a NUL.
  public func answer(to reply: Reply) -> [UInt8] { refusal(in: reply)?.bytes ?? [0] }

  /// What of the reply is a refusal to this client; nil when it was done.
  public func refusal(in reply: Reply) -> SmcrouteRefusal? { nil }

  /// The text for errors that come another way than by the Router's reply.
  public func refusal(_ diagnostics: [Diagnostic]) -> SmcrouteRefusal { SmcrouteRefusal("") }
}
