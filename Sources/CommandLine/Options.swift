import Diagnostics

/// An option of the tool: how it is written and what it does.
enum Option: String, CaseIterable, Sendable {
  // For every verb.
  case ipv4, ipv6, json, table, numeric, verbose, quiet, identity, socket, timeout, color, watch, help,
    version
  case jsonLines = "json-lines"
  // For some.
  case kernel, pending, `continue`, confirm, stdout, wait
  case interface, port, rate, count, size, ttl, payload, source, expect, from
  case lossMax = "loss-max"

  /// Options that every verb understands.
  static let global: [Option] = [
    .ipv4, .ipv6, .json, .jsonLines, .table, .numeric, .verbose, .quiet, .identity, .socket, .timeout, .color,
    .watch, .help, .version,
  ]

  var long: String { rawValue }

  /// The letter; only what is typed daily has one.
  var letter: Character? {
    switch self {
    case .ipv4: "4"
    case .ipv6: "6"
    case .json: "j"
    case .jsonLines: "J"
    case .table: "t"
    case .numeric: "n"
    case .verbose: "v"
    case .quiet: "q"
    case .help: "h"
    case .interface: "i"
    case .port: "p"
    case .rate: "r"
    case .count: "c"
    case .size: "s"
    case .ttl: "T"
    case .source: "S"
    default: nil
    }
  }

  /// The name of the value; nil for one without.
  var value: String? {
    switch self {
    case .table: "N|all"
    case .identity: "NAME"
    case .socket: "PATH"
    case .timeout, .watch, .confirm: "SEC"
    case .color: "auto|always|never"
    case .interface: "IF"
    case .port: "PORT"
    case .rate: "PPS"
    case .count, .expect: "N"
    case .size: "BYTES"
    case .ttl: "TTL"
    case .payload: "seq|rtp|ts"
    case .source: "SRC"
    case .from: "ROUTER"
    case .lossMax: "PERCENT"
    default: nil
    }
  }

  /// A value may be left out: it is taken from the next word only when that is a number.
  var isValueOptional: Bool { self == .watch }

  var summary: String {
    switch self {
    case .ipv4: "IPv4 only"
    case .ipv6: "IPv6 only"
    case .json: "JSON, one object"
    case .jsonLines: "JSON, one object per line"
    case .table: "rows of this kernel table"
    case .numeric: "plain numbers, no units"
    case .verbose: "say what was done"
    case .quiet: "no warnings and no notes"
    case .identity: "the daemon of this name"
    case .socket: "the daemon's control socket"
    case .timeout: "give up after SEC seconds (5)"
    case .color: "colors"
    case .watch: "repeat every SEC seconds (2)"
    case .help: "this text"
    case .version: "the version"
    case .kernel: "ask the kernel, not the daemon"
    case .pending: "accept interfaces that do not exist yet"
    case .continue: "do what can be done, report each line"
    case .confirm: "undo after SEC seconds unless confirmed"
    case .stdout: "print instead of writing a file"
    case .wait: "wait without a time limit"
    case .interface: "the interface"
    case .port: "UDP port (1234)"
    case .rate: "packets per second (10)"
    case .count: "stop after N packets"
    case .size: "bytes of UDP payload (1000)"
    case .ttl: "TTL or hop limit (16)"
    case .payload: "what the packets carry (seq)"
    case .source: "only from this source"
    case .from: "the router to begin at, by its address"
    case .expect: "exit 1 when fewer than N arrive"
    case .lossMax: "exit 1 when more is lost"
    }
  }

  /// `-t, --table N|all`.
  var synopsis: String {
    let short = letter.map { "-\($0), " } ?? ""
    let argument = value.map { isValueOptional ? " [\($0)]" : " \($0)" } ?? ""
    return "\(short)--\(long)\(argument)"
  }
}

/// The words of a command line, told apart: options with their values, and the rest in order.
struct ArgumentPass {
  var options: [(option: Option, value: String?)] = []
  var words: [String] = []

  /// Options may stand anywhere; `--` ends them; a lone `-` is a word.
  init(_ arguments: [String]) throws(Failure) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        words += rest
        return
      } else if argument.hasPrefix("--") {
        try takeLong(argument.dropFirst(2), &rest)
      } else if argument.hasPrefix("-"), argument != "-" {
        try takeLetters(argument.dropFirst(), &rest)
      } else {
        words.append(argument)
      }
    }
  }

  private mutating func takeLong(_ text: Substring, _ rest: inout ArraySlice<String>) throws(Failure) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let choices = Option.allCases.map { (name: $0.long, value: $0) }
    let option = try ArgumentPass.option("--" + name, WordMatch(name, among: choices))
    let given = parts.count > 1 ? String(parts[1]) : nil
    if option.value == nil, given != nil {
      throw .usage("option --\(option.long) takes no value", hint: "write --\(option.long) alone")
    }
    if let given {
      options.append((option, given))
    } else {
      options.append((option, try ArgumentPass.next(for: option, "--" + option.long, &rest)))
    }
  }

  private mutating func takeLetters(_ text: Substring, _ rest: inout ArraySlice<String>) throws(Failure) {
    var letters = text
    while let letter = letters.popFirst() {
      guard let option = Option.allCases.first(where: { $0.letter == letter }) else {
        throw .usage("unknown option \"-\(letter)\"", code: .unknownWord, hint: "see: mcast help")
      }
      guard option.value != nil, !letters.isEmpty else {
        options.append((option, try ArgumentPass.next(for: option, "-\(letter)", &rest)))
        continue
      }
      options.append((option, String(letters)))
      return
    }
  }

  private static func option(_ written: String, _ match: WordMatch<Option>) throws(Failure) -> Option {
    switch match {
    case .one(let option): return option
    case .several(let names):
      throw .usage(
        "option \"\(written)\" is ambiguous", code: .ambiguousWord,
        hint: "options: " + names.map { "--" + $0 }.joined(separator: ", "))
    case .none(let nearest):
      throw .usage(
        "unknown option \"\(written)\"", code: .unknownWord,
        hint: nearest.map { "did you mean --\($0)?" } ?? "see: mcast help")
    }
  }

  private static func next(
    for option: Option, _ written: String, _ rest: inout ArraySlice<String>
  ) throws(Failure) -> String? {
    guard let name = option.value else { return nil }
    if option.isValueOptional {
      guard let candidate = rest.first, Double(candidate) != nil else { return nil }
      return rest.popFirst()
    }
    guard let value = rest.popFirst() else {
      throw .usage("option \(written) needs a value", hint: "\(written) \(name): \(option.summary)")
    }
    return value
  }
}
