import Addressing
public import Forwarding
import Kernel
public import Membership

extension Configuration {
  /// The canonical text: what `config save` writes; parsed again it is the same but for the places.
  ///
  /// What has its default is not written.
  public var text: String { opening + Configuration.lines(of: routes) + closing }

  /// The part of the text before the routes.
  public var opening: String {
    var writer = NativeWriter()
    writer.line("version 1")
    for setting in settings { writer.line(setting.text) }
    if !boundaries.isEmpty { writer.line("") }
    for boundary in boundaries { writer.line(boundary.statement) }
    if !tunnels.isEmpty { writer.line("") }
    for tunnel in tunnels { writer.line(tunnel.statement) }
    if !interfaces.isEmpty { writer.line("") }
    for interface in interfaces { writer.line(interface.statement) }
    if !routes.isEmpty { writer.line("") }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// Routes as the text has them, a line each.
  public static func lines(of routes: some Sequence<StaticRoute>) -> String {
    var writer = NativeWriter()
    for route in routes { writer.write(route) }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The part of the text behind the routes.
  public var closing: String {
    var writer = NativeWriter()
    if !joins.isEmpty { writer.line("") }
    for join in joins { writer.line(join.statement) }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The statements of settings, each with the word that it is known by, without those that say nothing.
  var settings: [(word: String, text: String)] {
    let blocks: [(String, String?, [String])] = [
      ("log", nil, log.options), ("control", nil, control.options), ("limits", nil, limits.options),
      ("table", table.id.map { "\($0)" }, table.options),
      (
        "cache", nil,
        cache == CacheSettings()
          ? [] : ["idle-timeout \(Units.durationText(milliseconds: cache.idleMilliseconds))"]
      ),
      ("igmp", nil, igmp.all.map(\.text)), ("mld", nil, mld.all.map(\.text)),
      ("dvmrp", dvmrp.word, dvmrp.statements),
      ("hook", hook.map { NativeWriter.quoted($0) }, []),
    ]
    return blocks.compactMap { word, value, options in
      guard value != nil || !options.isEmpty else { return nil }
      let block = options.isEmpty ? "" : " { \(options.joined(separator: "; ")) }"
      return (word, word + (value.map { " " + $0 } ?? "") + block)
    }
  }

  /// The statements of boundaries and tunnels, each with the words that it is known by.
  var namedStatements: [(word: String, text: String)] {
    boundaries.map { ("boundary \($0.name ?? "")", $0.statement) }
      + tunnels.map { ("tunnel \($0.name)", $0.statement) }
  }
}

extension StaticRoute {
  /// The statement as a file has it: `route from eth0 group 239.1.1.1 to eth1`.
  public var statement: String {
    var writer = NativeWriter()
    writer.write(self)
    return String(decoding: writer.bytes.dropLast(), as: UTF8.self)
  }
}

extension StaticRoute.Key {
  /// The part of the statement that tells routes apart: `route from eth0 group 239.1.1.1`.
  public var statement: String {
    var writer = NativeWriter()
    writer.write(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension StaticJoin {
  /// The statement as a file has it: `join on eth0 group 239.1.1.1`.
  public var statement: String { "join \(key.phrase)" }
}

extension StaticJoin.Key {
  /// `on eth0 source 10.1.0.2 group 232.1.1.1`.
  fileprivate var phrase: String {
    let source = sources.map { " source \($0)" } ?? ""
    return "on \(NativeWriter.written(interface))\(source) group \(groups)"
  }
}

extension InterfaceStatement {
  /// The statement as a file has it: `interface eth0 { threshold 16 }`.
  public var statement: String {
    let options = options.all.map(\.text)
    let mode = mode.map { " \($0.rawValue)" } ?? ""
    let block = options.isEmpty ? (mode.isEmpty ? " { }" : "") : " { \(options.joined(separator: "; ")) }"
    return "interface \(NativeWriter.written(pattern))\(mode)\(block)"
  }
}

extension Boundary {
  /// `boundary site 239.255.0.0/16`.
  var statement: String {
    "boundary \(NativeWriter.word(name ?? "")) \(groups.map(\.description).joined(separator: " "))"
  }
}

extension Change {
  /// The line that asks for it: `add route from …`, `leave on eth0 group 239.1.1.1`.
  public var statement: String {
    switch self {
    case .add(let route, let pending): "add \(pending ? "--pending " : "")\(route.statement)"
    case .replace(let route, let pending): "replace \(pending ? "--pending " : "")\(route.statement)"
    case .delete(let key): "del \(key.statement)"
    case .extend(let route): "extend \(route.statement)"
    case .reduce(let key, let patterns):
      "reduce \(key.statement)"
        + (patterns.isEmpty ? "" : " to \(patterns.map(\.text).joined(separator: " "))")
    case .join(let join, let pending): "join \(pending ? "--pending " : "")\(join.key.phrase)"
    case .leave(let key): "leave \(key.phrase)"
    case .set(let statement): "set \(statement.statement)"
    case .clear(let subject): "clear \(subject.rawValue)"
    }
  }
}

/// Writes statements as bytes: a hundred thousand routes make no strings.
struct NativeWriter {
  private(set) var bytes: [UInt8] = []

  mutating func line(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    bytes.append(0x0a)
  }

  mutating func write(_ route: StaticRoute) {
    write(route.key)
    text(" to")
    if route.toMembers { text(route.outbound.isEmpty ? " members" : " members of") }
    if route.blocks { text(" none") }
    for outbound in route.outbound {
      interface(outbound.pattern)
      if let threshold = outbound.threshold { text(" ttl \(threshold)") }
    }
    if route.isExclusive { text(" only") }
    if route.reflects { text(" reflect") }
    if route.preference != 0 { text(" prefer \(route.preference)") }
    if let name = route.name { text(" name " + NativeWriter.word(name)) }
    if let comment = route.comment { text(" comment " + NativeWriter.quoted(comment)) }
    bytes.append(0x0a)
  }

  mutating func write(_ key: StaticRoute.Key) {
    text("route from")
    for pattern in key.inbound { interface(pattern) }
    if !key.sources.isAll {
      text(" source ")
      prefix(key.sources)
    }
    text(" group ")
    prefix(key.groups)
  }

  private mutating func text(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func interface(_ pattern: InterfacePattern) {
    bytes.append(0x20)
    bytes.append(contentsOf: NativeWriter.written(pattern).utf8)
  }

  private mutating func prefix(_ prefix: Prefix) {
    prefix.address.appendText(to: &bytes)
    if !prefix.isSingle { text("/\(prefix.length)") }
  }

  /// The pattern, in quotes when a keyword, an address or what is no word would be read in its place.
  static func written(_ pattern: InterfacePattern) -> String {
    guard pattern.text.utf8.allSatisfy(Lexer.isWord), !pattern.text.isEmpty,
      !Keyword.ofRoutes.contains(where: { $0.text == pattern.text }), Prefix(pattern.text) == nil
    else { return quoted(pattern.text) }
    return pattern.text
  }

  /// The text as a word where it can be one, else in quotes.
  static func word(_ text: String) -> String {
    written(InterfacePattern(text))
  }

  /// The text in quotes; control characters, which no file can state, are left out.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars where scalar.value >= 0x20 && scalar.value != 0x7f {
      if scalar == "\"" || scalar == "\\" { quoted += "\\" }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }
}

extension LogSettings {
  fileprivate var options: [String] {
    let standard = LogSettings()
    var options: [String] = []
    if level != standard.level { options.append("level \(level)") }
    switch destination {
    case .journal: options.append("to journal")
    case .syslog: options.append("to syslog")
    case .standardError: options.append("to stderr")
    case .file(let path): options.append("to file \(NativeWriter.quoted(path))")
    case nil: break
    }
    if rate != standard.rate { options.append("rate \(rate)/s") }
    if !debug.isEmpty { options.append("debug \(debug.joined(separator: ","))") }
    return options
  }
}

extension ControlSettings {
  fileprivate var options: [String] {
    let standard = ControlSettings()
    var options: [String] = []
    if let socket { options.append("socket \(NativeWriter.quoted(socket))") }
    if group != standard.group { options.append("group \(NativeWriter.word(group))") }
    if viewGroup != standard.viewGroup { options.append("view-group \(NativeWriter.word(viewGroup))") }
    if clients != standard.clients { options.append("clients \(clients)") }
    if holdSeconds != standard.holdSeconds {
      options.append("hold-time \(Units.durationText(.seconds(holdSeconds)))")
    }
    if let mroutedSocket { options.append("mrouted-socket \(NativeWriter.quoted(mroutedSocket))") }
    if let smcrouteSocket { options.append("smcroute-socket \(NativeWriter.quoted(smcrouteSocket))") }
    return options
  }
}

extension Limits {
  /// `memory` is written when it is not what the other limits ask for.
  fileprivate var options: [String] {
    let standard = Limits()
    return LimitOption.all.compactMap { option in
      let value = self[keyPath: option.path]
      if option.path == \.memory {
        return value == memoryWanted ? nil : "\(option.word) \(Units.sizeText(value))"
      }
      return value == standard[keyPath: option.path] ? nil : "\(option.word) \(Units.countText(value))"
    }
  }

  /// What a file that names no `memory` gets: raised limits need 1 KiB for each object more.
  var memoryWanted: Int {
    let standard = Limits()
    let counted: [KeyPath<Limits, Int>] = [\.routes, \.entries, \.groups, \.dvmrpRoutes, \.prunes]
    let raised = counted.map { max(0, self[keyPath: $0] - standard[keyPath: $0]) }
    return standard.memory + raised.reduce(0, +) << 10
  }
}

extension TableSettings {
  fileprivate var options: [String] {
    let standard = TableSettings()
    var options: [String] = []
    if selectsByRule != standard.selectsByRule { options.append("rule none") }
    if split != standard.split { options.append("split \(split.rawValue)") }
    if splitBase != standard.splitBase { options.append("split-base \(splitBase)") }
    if waitsForTable { options.append("wait-for-table on") }
    if precedence != standard.precedence { options.append("precedence \(precedence.rawValue)") }
    return options
  }
}
