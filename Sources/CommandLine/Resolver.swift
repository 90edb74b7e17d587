import Addressing
import Control
import Diagnostics

/// Turns a command line into a command and its settings.
struct Resolver {
  var settings: Settings
  var options: [(option: Option, value: String?)]
  private var words: [String]

  /// Reads a whole command line, without the program's name.
  static func resolve(_ arguments: [String]) throws(Failure) -> (command: Command, settings: Settings) {
    let pass = try ArgumentPass(arguments)
    var resolver = Resolver(
      settings: try Settings(pass.options), options: pass.options, words: pass.words)
    return (try resolver.command(), resolver.settings)
  }

  private func has(_ option: Option) -> Bool { options.contains { $0.option == option } }

  func value(_ option: Option) -> String? { options.last { $0.option == option }?.value }

  private mutating func command() throws(Failure) -> Command {
    if has(.version) { return .version }
    guard let first = words.first else { return has(.help) ? .help(nil) : .status }
    if Resolver.isStatement(words), !has(.help) {
      try check(.add)
      return .change(line: words.count == 1 ? first : statement())
    }
    if has(.help) { return .help(try Resolver.verb(first)) }
    let (verb, object) = try Resolver.head(&words, first)
    try check(verb)
    return try self.command(verb, object)
  }

  /// Every option given must belong to the verb.
  private func check(_ verb: Verb) throws(Failure) {
    for (option, _) in options where !Option.global.contains(option) && !verb.options.contains(option) {
      throw .usage(
        "\"\(verb.rawValue)\" has no option --\(option.long)", code: .unknownWord,
        hint: "see: mcast help \(verb.rawValue)")
    }
    if has(.watch), verb != .show, verb != .status {
      throw .usage(
        "\"\(verb.rawValue)\" cannot be repeated by --watch", hint: "--watch goes with status and show")
    }
  }

  private mutating func command(_ verb: Verb, _ object: Object?) throws(Failure) -> Command {
    switch verb {
    case .status: return try ended(.status)
    case .show: return try show(object)
    case .add, .replace, .join: return .change(line: line(verb.rawValue, has(.pending) ? ["--pending"] : []))
    case .del, .leave, .clear: return .change(line: line(verb.rawValue))
    case .set: return .change(line: line(object == nil ? "set" : "set interface"))
    case .batch: return .batch(file: try one("file", "mcast batch changes.txt"))
    case .config where words.isEmpty || words == ["show"]: return .runningConfiguration
    case .config: return .config(try config())
    case .plan: return .config(.plan(file: try atMostOne()))
    case .reload: return try ended(.reload(waits: has(.wait)))
    case .restart: return try ended(.restart)
    case .stop: return try ended(.stop)
    case .monitor: return .monitor(try monitorKinds())
    case .explain: return try explain()
    case .send: return .send(try SendPlan(words: words, options: self))
    case .receive: return .receive(try ReceivePlan(words: words, options: self))
    case .trace: return .trace(try TraceOrder(words: words, options: self))
    case .info: return .info(router: try one("router", "mcast info 10.1.0.1"))
    case .version: return try ended(.version)
    case .help: return .help(try helpVerb())
    }
  }

  // MARK: Words

  func ended(_ command: Command) throws(Failure) -> Command {
    guard let extra = words.first else { return command }
    throw .usage("unexpected word \"\(extra)\"", code: .unknownWord, hint: "see: mcast help")
  }

  private func one(_ what: String, _ example: String) throws(Failure) -> String {
    guard let word = try atMostOne() else {
      throw .usage("a \(what) is missing", hint: "for example: \(example)")
    }
    return word
  }

  private func atMostOne() throws(Failure) -> String? {
    guard words.count <= 1 else {
      throw .usage("unexpected word \"\(words[1])\"", code: .unknownWord, hint: "see: mcast help")
    }
    return words.first
  }

  private func line(_ head: String, _ flags: [String] = []) -> String {
    ((head.isEmpty ? [] : [head]) + flags + words.map(Statement.word)).joined(separator: " ")
  }

  /// A line of the configuration; what waits for its interfaces needs a verb to say so.
  private mutating func statement() -> String {
    guard has(.pending) else { return line("") }
    switch words.first {
    case "route": return line("add", ["--pending"])
    case "join":
      words.removeFirst()
      return line("join", ["--pending"])
    default: return line("", ["--pending"])
    }
  }

  // MARK: Verbs with words of their own

  private mutating func show(_ object: Object?) throws(Failure) -> Command {
    switch object ?? .routes {
    case .routes:
      guard has(.kernel) else { return .routes(try RouteQuery(words, settings)) }
      return try ended(.kernel(.routes))
    case .interfaces: return .interfaces(name: try atMostOne())
    case .joins: return .joins(interface: try atMostOne())
    case .groups: return .learned(.groups, try RouteFilter(learned: words, settings))
    case .neighbors: return .learned(.neighbors, try RouteFilter(learned: words, settings))
    case .prunes: return .learned(.prunes, try RouteFilter(learned: words, settings))
    case .tunnels: return .learned(.tunnels, try RouteFilter(learned: words, settings))
    case .timers: return try ended(.learned(.timers, RouteFilter()))
    case .dvmrp: return try dvmrp()
    case .pending: return try ended(.pending)
    case .limits: return try ended(.limits)
    case .config: return try ended(.runningConfiguration)
    case .events:
      return .events(last: try atMostOne().map { word throws(Failure) in try Resolver.count(word) })
    case .kernel:
      guard let word = try atMostOne() else { return .kernel(.all) }
      let choices = KernelPart.allCases.map { (name: $0.rawValue, value: $0) }
      return .kernel(
        try WordMatch(word, among: choices).value(of: word, as: "part", help: "mcast help show"))
    }
  }

  /// Behind `show dvmrp`: `routes`, which is meant when nothing is said, or what has a name of its own too.
  private mutating func dvmrp() throws(Failure) -> Command {
    var table = LearnedTable.dvmrpRoutes
    if let word = words.first, Prefix(word) == nil {
      let choices: [(name: String, value: LearnedTable)] = [
        ("routes", .dvmrpRoutes), ("neighbors", .neighbors), ("prunes", .prunes), ("tunnels", .tunnels),
      ]
      table = try WordMatch(word, among: choices).value(of: word, as: "table", help: "mcast help show")
      words.removeFirst()
    }
    return .learned(table, try RouteFilter(learned: words, settings))
  }

  private mutating func config() throws(Failure) -> ConfigCommand {
    let word = words.removeFirst()
    let names = ["check", "plan", "diff", "apply", "confirm", "undo", "save", "format", "import"]
    let choices = names.map { (name: $0, value: $0) }
    let verb = try WordMatch(word, among: choices).value(of: word, as: "verb", help: "mcast help config")
    if has(.confirm), verb != "apply" { throw .usage("--confirm goes with \"config apply\"", hint: nil) }
    if has(.stdout), verb != "save" { throw .usage("--stdout goes with \"config save\"", hint: nil) }
    switch verb {
    case "check": return .check(file: try atMostOne())
    case "plan": return .plan(file: try atMostOne())
    case "apply":
      let seconds = try value(.confirm).map { text throws(Failure) in try Settings.seconds(text, of: .confirm)
      }
      return .apply(
        file: try one("file", "mcast config apply new.conf"),
        confirmSeconds: seconds.map { Int($0.rounded(.up)) })
    case "save":
      if has(.stdout), let file = words.first {
        throw .usage("--stdout writes no file, but \"\(file)\" was named", hint: "leave one of them out")
      }
      return .save(file: try atMostOne(), prints: has(.stdout))
    case "format": return .format(file: try one("file", "mcast config format mcast.conf"))
    case "import": return try importing()
    case "diff":
      guard words.count <= 2 else {
        throw .usage("unexpected word \"\(words[2])\"", code: .unknownWord, hint: nil)
      }
      return .diff(words)
    default:
      _ = try ended(.stop)
      return verb == "undo" ? .undo : .confirm
    }
  }

  /// Behind `config import`: whose file, and which.
  private mutating func importing() throws(Failure) -> ConfigCommand {
    func example(_ daemon: OldDaemon) -> String {
      "mcast config import \(daemon.rawValue) /etc/\(daemon.rawValue).conf"
    }
    guard !words.isEmpty else {
      throw .usage("whose file is it?", hint: "for example: \(example(.smcroute))")
    }
    let word = words.removeFirst()
    let daemon = try WordMatch(word, among: OldDaemon.allCases.map { (name: $0.rawValue, value: $0) })
      .value(of: word, as: "daemon", help: "mcast help config")
    return .importing(file: try one("file", example(daemon)), of: daemon)
  }

  private func monitorKinds() throws(Failure) -> [Notice.Kind] {
    let choices: [(name: String, value: [Notice.Kind])] = [
      ("routes", [.route]), ("joins", [.join]), ("groups", [.group, .querier]),
      ("neighbors", [.neighbor]), ("prunes", [.prune]), ("interfaces", [.interface]), ("upcalls", [.upcall]),
      ("all", Notice.Kind.allCases),
    ]
    var kinds: [Notice.Kind] = []
    for word in words {
      kinds += try WordMatch(word, among: choices).value(of: word, as: "kind", help: "mcast help monitor")
    }
    return kinds.isEmpty ? Notice.Kind.allCases : kinds
  }

  private func explain() throws(Failure) -> Command {
    guard let first = words.first else {
      throw .usage("what should be explained?", hint: "a code as in mcast explain MC2104, or route SRC GROUP")
    }
    guard first == "route" || first == "routes" else {
      return .explain(code: try one("code", "mcast explain MC2104"))
    }
    guard words.count == 3 || words.count == 4 else {
      throw .usage(
        "\"explain route\" takes a source, a group and at most an interface",
        hint: "mcast explain route 10.1.0.2 239.1.1.1")
    }
    return .explainRoute(source: words[1], group: words[2], inbound: words.count > 3 ? words[3] : nil)
  }

  private func helpVerb() throws(Failure) -> Verb? {
    guard let word = words.first else { return nil }
    return try Resolver.verb(word)
  }

  /// A count from 1 on.
  static func count(_ text: String) throws(Failure) -> Int {
    guard let number = Int(text), number > 0 else {
      throw .usage("\"\(text)\" is not a count", hint: "a number from 1 on")
    }
    return number
  }
}
