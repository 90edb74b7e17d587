public import Configuration
import Forwarding
import Kernel
import Membership

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
  /// As the client gave it: refusals repeat its words.
  let wording: SmcrouteWording

  /// Reads a message as the daemon of this dialect does; one of the legacy form is always read as legacy.
  ///
  /// Interfaces may be patterns in both.
  public init(_ message: SmcrouteMessage, _ dialect: SmcrouteDialect) throws(SmcrouteRefusal) {
    let dialect = message.form == .legacy ? .legacy : dialect
    let words = message.arguments
    var wording = SmcrouteWording(dialect)
    switch Unicode.Scalar(message.command) {
    case "a": action = .change(try SmcrouteCommand.add(words, &wording))
    case "r": action = .change(try SmcrouteCommand.remove(words, &wording))
    case "j": action = .change(try SmcrouteCommand.join(words, &wording))
    case "l": action = .change(try SmcrouteCommand.leave(words, &wording))
    case "x" where words.count >= 3: action = .change(try SmcrouteCommand.join(words, &wording))
    case "y" where words.count >= 3: action = .change(try SmcrouteCommand.leave(words, &wording))
    case "F": action = .flush
    case "H": action = .reload
    case "k": action = .kill
    case "s": action = .show(SmcrouteTable(words), .plain)
    case "S": action = .show(SmcrouteTable(words), .detailed)
    case "J": action = .show(SmcrouteTable(words), .json)
    default: throw .malformed(Int(message.command))
    }
    self.wording = wording
  }

  private static func add(_ words: [String], _ wording: inout SmcrouteWording) throws(SmcrouteRefusal)
    -> Change
  {
    let target = try SmcrouteTarget(route: words, "a", &wording)
    var outbound: [StaticRoute.Outbound] = []
    var seen: Set<InterfacePattern> = []
    for word in target.rest where !word.isEmpty && seen.insert(.named(word)).inserted {
      outbound.append(.init(.named(word)))
    }
    var route = StaticRoute(target.routeKey, outbound: outbound)
    route.reflects = true
    route.given = target.given
    // 2.2 knows no waiting interface, and its kernel call replaces the whole list.
    return wording.dialect == .legacy ? .replace(route, pending: false) : .extend(route)
  }

  private static func remove(
    _ words: [String], _ wording: inout SmcrouteWording
  ) throws(SmcrouteRefusal) -> Change {
    let target = try SmcrouteTarget(route: words, "r", &wording)
    // 2.2 accepts outbound interfaces and pays them no attention.
    let outbound = wording.dialect == .legacy ? [] : target.rest.filter { !$0.isEmpty }
    return .reduce(target.routeKey, outbound.map { .named($0) })
  }

  private static func join(
    _ words: [String], _ wording: inout SmcrouteWording
  ) throws(SmcrouteRefusal) -> Change {
    .join(.init(try SmcrouteTarget(join: words, "j", &wording).joinKey), pending: false)
  }

  private static func leave(
    _ words: [String], _ wording: inout SmcrouteWording
  ) throws(SmcrouteRefusal) -> Change {
    .leave(try SmcrouteTarget(join: words, "l", &wording).joinKey)
  }
}

extension SmcrouteTable {
  /// By the first letter of the first word.
  init(_ words: [String]) {
    switch words.first?.utf8.first {
    case UInt8(ascii: "g"): self = .groups
    case UInt8(ascii: "i"): self = .interfaces
    case UInt8(ascii: "p"): self = .pending
    default: self = .routes
    }
  }
}

extension InterfacePattern {
  /// An alias such as `eth0:1` is the interface itself.
  static func named(_ word: String) -> InterfacePattern {
    InterfacePattern(String(word.prefix { $0 != ":" }))
  }
}
