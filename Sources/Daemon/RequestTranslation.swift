import Addressing
import Configuration
import Control
import Diagnostics
import Encoding
import Router

/// What a client's request asks the daemon to do.
enum ControlCommand: Hashable, Sendable {
  /// For the Router.
  case event(Event)
  /// Read the daemon's own file again.
  case reload(RequestID)
  /// What a reload would do.
  case planFile(RequestID)
  case stop(RequestID)
  /// End, and be followed by another life without a gap.
  case restart(RequestID)
}

/// Why a request is not served.
struct Refusal: Error, Hashable, Sendable {
  var exit: ExitCode
  var errors: [Diagnostic]
  var warnings: [Diagnostic] = []

  init(_ code: Code, _ message: String, hint: String? = nil) {
    exit = ExitCode(refusal: code)
    errors = [Diagnostic(.error, code, message, hint: hint)]
  }

  init(exit: ExitCode, findings: [Diagnostic]) {
    self.exit = exit
    errors = findings.filter { $0.severity == .error }
    warnings = findings.filter { $0.severity != .error }
  }
}

/// Turns the words of the protocol into commands; opens no file that a client names.
struct RequestTranslation {
  let request: NativeRequest
  /// The text of a request that came in pieces.
  let text: [UInt8]?
  let id: RequestID

  /// What was found and refuses nothing.
  private(set) var warnings: [Diagnostic] = []
  /// Where each change stands in a text with many of them.
  private(set) var places: [SourceLocation] = []

  init(_ request: NativeRequest, text: [UInt8]?, id: RequestID) {
    self.request = request
    self.text = text
    self.id = id
  }

  /// Whether it only asks.
  var isQuestion: Bool {
    guard case .verb(let verb, let object, _) = request.body else { return false }
    if verb == "config" { return object == "plan" }
    return ["status", "show", "explain", "subscribe"].contains(verb)
  }

  /// The request for the log, short.
  var words: String {
    switch request.body {
    case .line(let line): line.utf8.count > 200 ? "\(line.prefix(200))…" : line
    case .verb(let verb, let object, _):
      "\(verb)\(object.map { " \($0)" } ?? "")\(text.map { ", \($0.count) bytes" } ?? "")"
    }
  }

  /// Whether a whole configuration is judged.
  var isConfiguration: Bool {
    guard case .verb(let verb, _, _) = request.body else { return false }
    return ["config", "reload", "restart"].contains(verb)
  }

  mutating func command() throws(Refusal) -> ControlCommand {
    switch request.body {
    case .line(let line): return try change(Array(line.utf8), named: nil, bestEffort: false)
    case .verb(let verb, let object, let arguments):
      switch verb {
      case "status": return .event(.request(id, .status))
      case "show": return try show(object, arguments)
      case "explain": return try explain(arguments)
      case "subscribe": return try subscribe(arguments)
      case "batch":
        guard let text else { throw Refusal(.badRequest, "\"batch\" needs a text in parts") }
        return try change(
          text, named: arguments["file"]?.string ?? "<client>",
          bestEffort: arguments["continue"]?.bool ?? false)
      case "config": return try config(object, arguments)
      case "reload": return .reload(id)
      case "stop": return .stop(id)
      case "restart": return .restart(id)
      default: throw Refusal(.unknownWord, "the verb \"\(verb)\" is not known")
      }
    }
  }

  // MARK: Questions

  private func show(_ object: String?, _ arguments: [String: JSONValue]) throws(Refusal) -> ControlCommand {
    if object == "config" { return .event(.request(id, .configuration(from: .first))) }
    guard let topic = object.flatMap({ Topic(rawValue: $0) }) else {
      throw Refusal(.unknownWord, "there is no table \"\(object ?? "")\" to show")
    }
    let filter = try filter(arguments)
    return .event(.request(id, .show(topic, filter, from: .first, limit: ControlServer.pageSize)))
  }

  private func filter(_ arguments: [String: JSONValue]) throws(Refusal) -> RouteFilter {
    var filter = RouteFilter()
    for (key, value) in arguments.sorted(by: { $0.key < $1.key }) {
      let isKnown: Bool
      switch key {
      case "family":
        filter.family = value.string.flatMap { Family(rawValue: $0) }
        isKnown = filter.family != nil
      case "table":
        filter.table = value.integer.flatMap { UInt32(exactly: $0) }
        isKnown = filter.table != nil
      case "source":
        filter.source = value.string.flatMap { Prefix($0) }
        isKnown = filter.source != nil
      case "group":
        filter.group = value.string.flatMap { Prefix($0) }
        isKnown = filter.group != nil
      case "from", "interface":
        filter.inbound = value.string
        isKnown = filter.inbound != nil
      case "to":
        filter.outbound = value.string
        isKnown = filter.outbound != nil
      case "owner":
        filter.owner = value.string.flatMap { RouteRow.Owner(rawValue: $0) }
        isKnown = filter.owner != nil
      case "state":
        filter.state = value.string.flatMap { RouteRow.State(rawValue: $0) }
        isKnown = filter.state != nil
      default:
        isKnown = false
      }
      guard isKnown else { throw Refusal(.badRequest, "the argument \"\(key)\" is not understood") }
    }
    return filter
  }

  private func explain(_ arguments: [String: JSONValue]) throws(Refusal) -> ControlCommand {
    guard let source = arguments["source"]?.string.flatMap({ Address($0) }) else {
      throw Refusal(.badRequest, "\"explain\" needs a source address")
    }
    guard let address = arguments["group"]?.string.flatMap({ Address($0) }) else {
      throw Refusal(.badRequest, "\"explain\" needs a group address")
    }
    guard let group = Group(address) else {
      throw Refusal(
        .notMulticast, "\"\(address)\" is not a multicast address",
        hint: "multicast is 224.0.0.0-239.255.255.255 or ff00::/8")
    }
    guard let flow = Flow(source: source, group: group) else {
      throw Refusal(.familyMixed, "\(source) and \(group) are of different families")
    }
    return .event(.request(id, .explain(flow, inbound: arguments["from"]?.string)))
  }

  private func subscribe(_ arguments: [String: JSONValue]) throws(Refusal) -> ControlCommand {
    guard let kinds = arguments["kinds"] else {
      return .event(.request(id, .subscribe(Notice.Kind.allCases)))
    }
    var chosen: [Notice.Kind] = []
    for word in kinds.strings ?? [""] {
      guard let kind = Notice.Kind(rawValue: word) else {
        throw Refusal(.unknownWord, "there are no events of the kind \"\(word)\"")
      }
      chosen.append(kind)
    }
    return .event(.request(id, .subscribe(chosen)))
  }

  // MARK: Changes

  /// - Parameter name: of a text with many changes, whose refusals say where each stands.
  private mutating func change(_ text: [UInt8], named name: String?, bestEffort: Bool) throws(Refusal)
    -> ControlCommand
  {
    let parsed = name.map { parseChanges(text, named: $0) } ?? parseChanges(text)
    if parsed.hasErrors, !bestEffort {
      let first = parsed.diagnostics.first { $0.severity == .error }?.code ?? .badRequest
      let isSyntax = (2000..<2100).contains(first.rawValue)
      throw Refusal(exit: isSyntax ? .usage : ExitCode(refusal: first), findings: parsed.diagnostics)
    }
    warnings = parsed.diagnostics
    if name != nil { places = parsed.locations }
    guard !parsed.changes.isEmpty else {
      if parsed.hasErrors { throw Refusal(exit: .partly, findings: parsed.diagnostics) }
      if text.allSatisfy({ $0 <= 0x20 }) { throw Refusal(.badRequest, "the request is empty") }
      return .event(.change([], bestEffort: bestEffort, request: id))
    }
    return .event(.change(parsed.changes, bestEffort: bestEffort, request: id))
  }

  private mutating func config(_ object: String?, _ arguments: [String: JSONValue]) throws(Refusal)
    -> ControlCommand
  {
    switch object {
    case "confirm": return .event(.confirm(id))
    case "undo": return .event(.undo(id))
    case "plan":
      guard let text else { return .planFile(id) }
      return .event(.plan(try configuration(text, arguments), request: id))
    case "apply":
      guard let text else { throw Refusal(.badRequest, "\"config apply\" needs a text in parts") }
      var seconds: Int?
      if let value = arguments["confirm"] {
        guard let number = value.integer, (1...86_400).contains(number) else {
          throw Refusal(.valueRange, "a time to confirm is 1 to 86400 seconds")
        }
        seconds = Int(number)
      }
      return .event(.apply(try configuration(text, arguments), confirmSeconds: seconds, request: id))
    default: throw Refusal(.unknownWord, "\"config \(object ?? "")\" is not known")
    }
  }

  private mutating func configuration(_ text: [UInt8], _ arguments: [String: JSONValue]) throws(Refusal)
    -> Configuration
  {
    let name = arguments["file"]?.string ?? "<client>"
    let parsed = parse(text, named: name, source: NoFiles())
    guard !parsed.hasErrors else { throw Refusal(exit: .configuration, findings: parsed.diagnostics) }
    warnings = parsed.diagnostics
    return parsed.configuration
  }
}

/// A text that a client sends includes nothing: the daemon opens no path that a client names.
private struct NoFiles: ConfigurationSource {
  func read(_ path: String) throws(SourceFault) -> SourceFile {
    throw .unreadable("a text sent to the daemon cannot include files")
  }

  func expand(_ glob: String) -> [String] { [] }
}
