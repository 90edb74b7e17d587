import Control
import LinuxKernel
import Timing

/// What a hook program is told, with which environment, and how long it may take.
enum HookContract: Hashable {
  case native
  /// `-e CMD`: `install` and `reload`; `environment` is the daemon's own.
  case smcroute(environment: [String])

  /// SMCRoute's, with the environment that the daemon was started with.
  static func smcroute() -> HookContract {
    .smcroute(environment: ThisProcess.environment.filter { !isOfServiceManager($0) })
  }

  /// What speaks of this process alone: a program that got it would answer for the daemon.
  private static func isOfServiceManager(_ variable: String) -> Bool {
    ["NOTIFY_SOCKET=", "FDSTORE=", "WATCHDOG_", "LISTEN_", "MCAST_", "source=", "group="].contains {
      variable.hasPrefix($0)
    }
  }

  /// The call for a notice; nil for what the hook is not told of.
  func call(_ notice: Notice) -> HookCall? {
    switch self {
    case .native: return HookCall(notice)
    case .smcroute(let environment):
      guard let route = notice.route, notice.kind == .route, route.cause == .packet,
        notice.change == .install || notice.change == .move
      else { return nil }
      return HookCall(
        event: "install", environment: environment + ["source=\(route.source)", "group=\(route.group)"])
    }
  }

  /// The call after the daemon's file was read; nil where a notice is what tells of it.
  var loaded: HookCall? {
    switch self {
    case .native: nil
    case .smcroute(let environment): HookCall(event: "reload", environment: environment)
    }
  }

  /// Nil: for ever.
  var patience: Duration? { self == .native ? HookContract.patience : nil }
  static let patience = Duration.seconds(10)

  /// The level at which the log takes what a program writes.
  var outputLevel: Notice.Level { self == .native ? .info : .notice }
}

/// One call of the hook: its EVENT and its environment, made from nothing.
struct HookCall: Hashable {
  let event: String
  let environment: [String]

  init(event: String, environment: [String]) {
    self.event = event
    self.environment = environment
  }

  /// Nil for what the hook is not told of.
  init?(_ notice: Notice) {
    switch (notice.kind, notice.change) {
    case (.route, .install), (.route, .remove), (.route, .move): event = notice.change.rawValue
    case (.configuration, .reload): event = "reload"
    case (.interface, _): event = "interface"
    default: return nil
    }
    var environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "MCAST_EVENT=\(event)"]
    if let route = notice.route {
      environment += [
        "MCAST_SOURCE=\(route.source)", "MCAST_GROUP=\(route.group)", "MCAST_IIF=\(route.inbound)",
        "MCAST_OIFS=\(route.outbound.joined(separator: " "))", "MCAST_TABLE=\(route.table)",
        "source=\(route.source)", "group=\(route.group)",
      ]
    } else if event == "interface" {
      environment.append("MCAST_IIF=\(notice.subject)")
    }
    self.environment = environment
  }
}
