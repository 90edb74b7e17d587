import Addressing
import Control
import Encoding

/// Every request that the tool makes, in the words of the control protocol (`docs/control.md`).
enum Requests {
  typealias Body = NativeRequest.Body

  static let status = Body.verb("status", object: nil, arguments: [:])
  static let reload = Body.verb("reload", object: nil, arguments: [:])
  static let restart = Body.verb("restart", object: nil, arguments: [:])
  static let stop = Body.verb("stop", object: nil, arguments: [:])
  static let undo = Body.verb("config", object: "undo", arguments: [:])
  static let confirm = Body.verb("config", object: "confirm", arguments: [:])
  static let configuration = Body.verb("show", object: "config", arguments: [:])
  /// What a reload would change.
  static let planOwnFile = Body.verb("config", object: "plan", arguments: [:])

  static func show(_ object: String, _ settings: Settings) -> Body {
    var arguments: [String: JSONValue] = [:]
    arguments["family"] = settings.family.map { .string($0.rawValue) }
    arguments["table"] = settings.table.map { .integer(Int64($0)) }
    return .verb("show", object: object, arguments: arguments)
  }

  /// The rows of a table that a filter lets through.
  static func table(_ object: String, _ filter: RouteFilter) -> Body {
    var arguments: [String: JSONValue] = [:]
    arguments["family"] = filter.family.map { .string($0.rawValue) }
    arguments["table"] = filter.table.map { .integer(Int64($0)) }
    arguments["source"] = filter.source.map { .string($0.description) }
    arguments["group"] = filter.group.map { .string($0.description) }
    arguments["from"] = filter.inbound.map { .string($0) }
    arguments["to"] = filter.outbound.map { .string($0) }
    arguments["owner"] = filter.owner.map { .string($0.rawValue) }
    arguments["state"] = filter.state.map { .string($0.rawValue) }
    return .verb("show", object: object, arguments: arguments)
  }

  /// A statement or short form; the daemon's grammar judges it.
  static func change(_ line: String) -> Body { .line(line) }

  /// The lines follow as the request's text.
  static func batch(file: String, continues: Bool) -> Body {
    var arguments: [String: JSONValue] = ["file": .string(file)]
    if continues { arguments["continue"] = .bool(true) }
    return .verb("batch", object: nil, arguments: arguments)
  }

  /// The configuration follows as the request's text.
  static func plan(file: String) -> Body {
    .verb("config", object: "plan", arguments: ["file": .string(file)])
  }

  /// The configuration follows as the request's text.
  static func apply(file: String, confirmSeconds: Int?) -> Body {
    var arguments: [String: JSONValue] = ["file": .string(file)]
    arguments["confirm"] = confirmSeconds.map { .integer(Int64($0)) }
    return .verb("config", object: "apply", arguments: arguments)
  }

  static func explain(source: String, group: String, inbound: String?) -> Body {
    var arguments: [String: JSONValue] = ["source": .string(source), "group": .string(group)]
    arguments["from"] = inbound.map { .string($0) }
    return .verb("explain", object: "route", arguments: arguments)
  }

  static func subscribe(_ kinds: [Notice.Kind]) -> Body {
    .verb("subscribe", object: nil, arguments: ["kinds": .array(kinds.map { .string($0.rawValue) })])
  }
}
