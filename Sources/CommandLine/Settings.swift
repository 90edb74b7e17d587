import Addressing
import Diagnostics

/// What the options for every verb say.
struct Settings: Sendable {
  enum JSON: Sendable {
    /// One object with a heading.
    case object
    /// One object per line.
    case lines
  }

  enum Color: String, CaseIterable, Sendable {
    case auto, always, never
  }

  /// Nil: both.
  var family: Family?
  /// Nil: text.
  var json: JSON?
  /// The kernel's number; nil: every table.
  var table: UInt32?
  var isNumeric = false
  var isVerbose = false
  var isQuiet = false
  var identity: String?
  var socket: String?
  /// Nil: what the verb has by itself.
  var timeoutSeconds: Double?
  var color = Color.auto
  /// Seconds between two readings; nil: one reading.
  var watchSeconds: Double?
  /// `batch`: do what can be done.
  var continues = false

  init() {}

  /// Takes the options that every verb understands.
  init(_ options: [(option: Option, value: String?)]) throws(Failure) {
    var families: Set<Family> = []
    for (option, value) in options {
      switch option {
      case .ipv4: families.insert(.ipv4)
      case .ipv6: families.insert(.ipv6)
      case .json: json = .object
      case .jsonLines: json = .lines
      case .numeric: isNumeric = true
      case .verbose: isVerbose = true
      case .quiet: isQuiet = true
      case .continue: continues = true
      case .identity: identity = try Settings.identity(value ?? "")
      case .socket: socket = value
      case .table: table = try Settings.table(value ?? "")
      case .timeout: timeoutSeconds = try Settings.seconds(value ?? "", of: option)
      case .watch:
        watchSeconds = try value.map { text throws(Failure) in try Settings.seconds(text, of: option) } ?? 2
      case .color: color = try Settings.color(value ?? "")
      default: break
      }
    }
    family = families.count == 1 ? families.first : nil
  }

  /// The socket of the daemon: as given, else by its identity.
  var socketPath: String {
    if let socket { return socket }
    guard let identity, identity != "mcast" else { return "/run/mcast/control.sock" }
    return "/run/mcast/\(identity)/control.sock"
  }

  /// The file of the daemon of this identity.
  var configurationPath: String { "/etc/mcast/\(identity ?? "mcast").conf" }

  private static func identity(_ text: String) throws(Failure) -> String {
    let allowed = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
    guard allowed, !text.isEmpty, text.first != "." else {
      throw .usage("\"\(text)\" is not an identity", hint: "letters, digits, - _ and . as in --identity red")
    }
    return text
  }

  private static func table(_ text: String) throws(Failure) -> UInt32? {
    if text == "all" { return nil }
    guard let number = UInt32(text), (1...999_999_999).contains(number) else {
      throw .usage(
        "table \"\(text)\" is not 1-999999999 or all",
        hint: "the standard tables are 253 (IPv4) and 254 (IPv6)")
    }
    return number
  }

  private static func color(_ text: String) throws(Failure) -> Color {
    let choices = Color.allCases.map { (name: $0.rawValue, value: $0) }
    return try WordMatch(text, among: choices).value(of: text, as: "color", help: "mcast help")
  }

  /// A positive number of seconds, a fraction allowed; at most a year.
  static func seconds(_ text: String, of option: Option) throws(Failure) -> Double {
    guard let seconds = Double(text), seconds > 0, seconds <= 31_536_000 else {
      throw .usage(
        "--\(option.long) \"\(text)\" is not a number of seconds", hint: "write --\(option.long) 10")
    }
    return seconds
  }
}
