import Addressing
import Diagnostics
import Forwarding
import Kernel
import Timing

/// The blocks of the language.
enum Section: String {
  case log, control, limits, table, cache, interface, igmp, mld, tunnel, dvmrp

  /// Their options.
  var words: [String] {
    let own: [String]
    switch self {
    case .log: own = ["level", "to", "rate", "debug"]
    case .control:
      own = ["socket", "group", "view-group", "clients", "smcroute-socket", "mrouted-socket", "hold-time"]
    case .limits: own = LimitOption.all.map(\.word)
    case .table: own = ["rule", "split", "split-base", "wait-for-table", "precedence"]
    case .cache: own = ["idle-timeout"]
    case .tunnel: own = ["local", "remote", "mode", "rate-limit"]
    case .dvmrp:
      own = [
        "startup-delay", "trace", "prune-lifetime", "cache-lifetime", "report-interval", "probe-interval",
        "default-route", "router-alert",
      ]
    case .interface, .igmp, .mld: own = []
    }
    return own + OptionWord.all(in: self).map(\.rawValue)
  }
}

/// Settings: everything but routes, joins and interfaces.
extension NativeGrammar {
  /// Reads the option at the token; false when the section has none of this name.
  mutating func option(_ word: String, in section: Section) throws(Diagnostic) -> Bool {
    guard section.words.contains(word) else { return false }
    if let option = OptionWord.all(in: section).first(where: { $0.rawValue == word }) {
      try interfaceOption(option, in: section)
      return true
    }
    let place = token
    try advance()
    switch section {
    case .log: try logOption(word)
    case .control: try controlOption(word, at: place)
    case .limits: try limitOption(word)
    case .table: try tableOption(word)
    case .cache:
      let range = 1000...365 * 86_400_000
      configuration.cache.idleMilliseconds = Int64(
        try number(in: range, of: "an idle timeout", limits: "1s to 365d", read: Units.milliseconds))
    case .dvmrp: try dvmrpOption(word, at: place)
    case .tunnel:
      try tunnelOption(word, at: place)
      return true
    case .interface, .igmp, .mld: return false
    }
    try note("\(section.rawValue) \(word)", at: place)
    return true
  }

  /// Remembers that a setting was stated; throws when it was before.
  mutating func note(_ setting: String, at place: Token) throws(Diagnostic) {
    let location = location(since: place)
    if let before = stated[setting] {
      throw Diagnostic(
        .error, .duplicateRule, "\"\(setting)\" is stated twice: the other is \(before)", at: location,
        hint: "keep one of the two")
    }
    stated[setting] = location
  }

  /// A word with its block, both required.
  mutating func settings(_ section: Section) throws(Diagnostic) {
    try advance()
    guard token.kind == .open else { throw expected("\"{\" and the options of \"\(section.rawValue)\"") }
    try block(section)
  }

  private mutating func logOption(_ word: String) throws(Diagnostic) {
    switch word {
    case "level": configuration.log.level = try choice(of: ["error", "warning", "notice", "info", "debug"])
    case "to":
      switch try choice(of: ["journal", "syslog", "stderr", "file"]) {
      case "journal": configuration.log.destination = .journal
      case "syslog": configuration.log.destination = .syslog
      case "stderr": configuration.log.destination = .standardError
      default: configuration.log.destination = .file(try path("the path of a file"))
      }
    case "rate":
      configuration.log.rate = try number(
        in: 1...100_000, of: "a rate", limits: "1/s to 100000/s", read: Units.perSecond)
    default:
      repeat { configuration.log.debug.append(try choice(of: LogSettings.areas)) } while try takeComma()
    }
  }

  private mutating func takeComma() throws(Diagnostic) -> Bool {
    guard token.kind == .comma else { return false }
    try advance()
    return true
  }

  private mutating func controlOption(_ word: String, at place: Token) throws(Diagnostic) {
    switch word {
    case "socket": configuration.control.socket = try path("the path of a socket")
    case "smcroute-socket": configuration.control.smcrouteSocket = try path("the path of a socket")
    case "mrouted-socket": configuration.control.mroutedSocket = try path("the path of a socket")
    case "hold-time":
      configuration.control.holdSeconds =
        try duration(0...24 * NativeGrammar.hour).nanoseconds / 1_000_000_000
    case "group": configuration.control.group = try string("a group of users", longest: 32)
    case "view-group": configuration.control.viewGroup = try string("a group of users", longest: 32)
    default: configuration.control.clients = try number(in: 8...4096, of: "a number of clients")
    }
  }

  private mutating func limitOption(_ word: String) throws(Diagnostic) {
    guard let option = LimitOption.all.first(where: { $0.word == word }) else { return }
    let isSize = option.path == \.memory
    configuration.limits[keyPath: option.path] = try number(
      in: option.range, of: isSize ? "a size" : "a limit", limits: isSize ? "16MiB to 1024GiB" : nil,
      read: isSize ? Units.size : Units.count)
  }

  /// `table [ID] { … }`.
  mutating func table() throws(Diagnostic) {
    let place = token
    try advance()
    if token.kind == .word {
      let hint = "IPv4's standard table is 253, IPv6's 254; leave the number out for them"
      configuration.table.id = UInt32(
        clamping: try number(in: 1...999_999_999, of: "a table", code: .tableRange, hint: hint))
      try note("table", at: place)
    } else if token.kind != .open {
      throw expected("the number of a table, or \"{\"")
    }
    if token.kind == .open { try block(.table) }
  }

  private mutating func tableOption(_ word: String) throws(Diagnostic) {
    switch word {
    case "rule": configuration.table.selectsByRule = try choice(of: ["auto", "none"]) == "auto"
    case "split":
      configuration.table.split = .init(rawValue: try choice(of: ["auto", "on", "off"])) ?? .auto
    case "split-base":
      configuration.table.splitBase = UInt32(
        clamping: try number(in: 1...999_999_999, of: "a table", code: .tableRange))
    case "precedence":
      configuration.table.precedence = .init(rawValue: try choice(of: ["longest", "stated"])) ?? .longest
    default: configuration.table.waitsForTable = try choice(of: ["off", "on"]) == "on"
    }
  }

  mutating func version() throws(Diagnostic) {
    try advance()
    let place = token
    guard try number(in: 1...1_000_000, of: "a version") == 1 else {
      throw notServed("version \(text(of: place)) of the language", from: place, hint: "write version 1")
    }
  }

  mutating func hook() throws(Diagnostic) {
    let first = token
    try advance()
    let place = token
    let path = try path("the path of a program")
    if let fault = source?.hookFault(path) {
      let finding = self.fault(
        fault.code, severity: fault.severity, "the hook \"\(path)\" is \(fault.reason)", at: place,
        hint: fault.hint(path))
      findings.add(finding)
    }
    try note("hook", at: first)
    configuration.hook = path
  }

  mutating func lockdown() throws(Diagnostic) {
    let first = token
    try advance()
    let place = token
    let value = try choice(of: ["off", "seccomp", "full"])
    guard value == "off" else {
      throw notServed("\"lockdown \(value)\"", from: place, hint: "write lockdown off")
    }
    try note("lockdown", at: first)
  }
}

/// An option of `limits` and the limit it sets.
struct LimitOption {
  let word: String
  let path: WritableKeyPath<Limits, Int>
  var range = 1...10_000_000

  static var all: [LimitOption] {
    [
      LimitOption(word: "routes", path: \.routes),
      LimitOption(word: "entries", path: \.entries),
      LimitOption(word: "blocking", path: \.blocking),
      LimitOption(word: "entries-per-source", path: \.entriesPerSource),
      LimitOption(word: "upcalls", path: \.upcalls),
      LimitOption(word: "upcalls-per-interface", path: \.upcallsPerInterface),
      LimitOption(word: "joins", path: \.joins),
      LimitOption(word: "groups", path: \.groups),
      LimitOption(word: "group-sources", path: \.groupSources),
      LimitOption(word: "reporters", path: \.reporters),
      LimitOption(word: "all-reporters", path: \.allReporters),
      LimitOption(word: "neighbors", path: \.neighbors, range: 1...65_536),
      LimitOption(word: "neighbors-per-interface", path: \.neighborsPerInterface, range: 1...65_536),
      LimitOption(word: "dvmrp-routes", path: \.dvmrpRoutes),
      LimitOption(word: "dvmrp-routes-per-neighbor", path: \.dvmrpRoutesPerNeighbor),
      LimitOption(word: "prunes", path: \.prunes),
      LimitOption(word: "prunes-per-neighbor", path: \.prunesPerNeighbor),
      LimitOption(word: "interfaces", path: \.interfaces, range: 1...65_536),
      LimitOption(word: "events", path: \.events),
      LimitOption(word: "memory", path: \.memory, range: 16 << 20...1 << 40),
    ]
  }
}

extension LogSettings {
  /// The areas that `debug` names.
  static let areas = [
    "all", "configuration", "control", "interface", "join", "kernel", "limit", "route", "upcall",
  ]
}
