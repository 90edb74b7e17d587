import Control

/// What a command line asks for, understood and checked as far as the tool can.
enum Command: Sendable {
  case status
  case routes(RouteQuery)
  case interfaces(name: String?)
  case joins(interface: String?)
  case learned(LearnedTable, RouteFilter)
  case pending
  case limits
  /// The last so many; nil: all that are kept.
  case events(last: Int?)
  case runningConfiguration
  case kernel(KernelPart)
  /// Statements or short forms, as the daemon's grammar reads them.
  case change(line: String)
  case batch(file: String)
  case config(ConfigCommand)
  case reload(waits: Bool)
  case restart
  case stop
  case monitor([Notice.Kind])
  case explain(code: String)
  case explainRoute(source: String, group: String, inbound: String?)
  case send(SendPlan)
  case receive(ReceivePlan)
  case trace(TraceOrder)
  case info(router: String)
  case version
  case help(Verb?)
}

/// What `show kernel` shows; `all` is each of them.
enum KernelPart: String, CaseIterable, Sendable {
  case routes, vifs, rules, groups, all
}

/// What follows `config`.
enum ConfigCommand: Sendable {
  case check(file: String?)
  case plan(file: String?)
  case diff([String])
  case apply(file: String, confirmSeconds: Int?)
  case confirm
  case undo
  case save(file: String?, prints: Bool)
  case format(file: String)
  /// The old file of another daemon, as a native one.
  case importing(file: String, of: OldDaemon)
}

/// A daemon whose files `config import` reads.
enum OldDaemon: String, CaseIterable, Sendable {
  case smcroute, mrouted
}

/// The words after `show routes`.
struct RouteQuery: Sendable {
  enum Order: String, CaseIterable, Sendable {
    case rate, group, age
  }

  var filter = RouteFilter()
  var order: Order?
  /// The first so many only.
  var top: Int?
}
