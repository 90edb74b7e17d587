import Configuration

/// The command line of `mrouted`, of 3.9.8 or of 4.x, read.
public enum MroutedArguments: Hashable, Sendable {
  case run(MroutedSettings)
  /// `-r`: ask the running daemon for its dump file and print it.
  case showDump(MroutedSettings)
  case end(ProgramResult)

  /// What the environment says beside the words.
  public struct Wishes: Hashable, Sendable {
    /// `MROUTED_COMPAT`: `3` or `4` decides the vintage.
    public var vintage: String?
    /// `MROUTED_DUMP`: `program` gives the columns that 3.9.8 writes.
    public var dump: String?

    public init(vintage: String? = nil, dump: String? = nil) {
      self.vintage = vintage
      self.dump = dump
    }
  }

  /// Reads the words after the program's name.
  public init(_ words: [String], _ wishes: Wishes = Wishes(), _ order: Getopt.Order = .permuting) {
    let vintage =
      switch wishes.vintage {
      case "3": MroutedVintage.older
      case "4": MroutedVintage.current
      default: MroutedVintage(of: words)
      }
    let line = Getopt(
      MroutedArguments.letters(vintage), long: MroutedArguments.names(vintage), words, order)
    var reading = Reading(vintage)
    reading.settings.dumpLayout = wishes.dump.flatMap { MroutedDump.Layout(rawValue: $0) } ?? .manual
    for option in line.options {
      if let result = reading.take(option) {
        self = .end(result)
        return
      }
    }
    if let fault = line.fault {
      self = .end(MroutedArguments.usage(vintage, complaint: "mrouted: \(fault.text)\n", exitCode: 1))
    } else if !line.operands.isEmpty {
      self = .end(MroutedArguments.usage(vintage, exitCode: 1))
    } else {
      self = reading.showsDump ? .showDump(reading.result) : .run(reading.result)
    }
  }

  /// Those of 3.9.8 that 4.x does not have, it has here.
  private static func letters(_ vintage: MroutedVintage) -> String {
    vintage == .older ? "D:MNc:d::fhprv" : "c:d:D:f:hi:l:MnNp:rst:u:vw:\(namedDebug)::"
  }

  /// No letter at all: unlike `-d`, the long name `--debug` takes no word that follows it.
  private static let namedDebug: Character = "\u{1}"

  private static func names(_ vintage: MroutedVintage) -> [Getopt.Long] {
    let older: [(String, Character)] = [
      ("config", "c"), ("debug", "d"), ("foreground", "f"), ("help", "h"), ("missing-ok", "M"),
      ("no-interfaces", "N"), ("no-intefaces", "N"), ("startup-delay", "D"), ("show-routes", "r"),
      ("version", "v"),
    ]
    let current: [(String, Character)] = [
      ("config", "f"), ("debug", namedDebug), ("help", "h"), ("ident", "i"), ("loglevel", "l"),
      ("foreground", "n"), ("pidfile", "p"), ("syslog", "s"), ("table-id", "t"), ("ipc", "u"),
      ("version", "v"), ("startup-delay", "w"), ("missing-ok", "M"), ("no-interfaces", "N"),
      ("no-intefaces", "N"), ("show-routes", "r"),
    ]
    return (vintage == .older ? older : current).map { Getopt.Long($0.0, $0.1) }
  }

  /// What is known after some of the options.
  private struct Reading {
    let vintage: MroutedVintage
    var settings = MroutedSettings()
    var showsDump = false
    private var configurationFile: String?
    private var pidFile: String?
    private var socket: String?
    private var level: MroutedLevel?

    init(_ vintage: MroutedVintage) {
      self.vintage = vintage
      settings.vintage = vintage
    }

    /// Not nil when the program ends here.
    mutating func take(_ option: Getopt.Option) -> ProgramResult? {
      let value = option.value ?? ""
      switch option.letter {
      case "c": configurationFile = value
      case "f" where vintage == .older, "n": settings.staysInForeground = true
      case "f": configurationFile = value
      case "d", MroutedArguments.namedDebug: return debug(option.value)
      case "D", "w": settings.startupDelaySeconds = seconds(option.letter, value)
      case "i": settings.identity = value
      case "l": return log(value)
      case "M": settings.toleratesMissing = true
      case "N": settings.takesNamedOnly = true
      case "p" where vintage == .older:
        settings.warnings.append("mrouted: Disabling pruning is no longer supported.")
      case "p": pidFile = value
      case "r": showsDump = true
      case "s": settings.usesSyslog = true
      case "t": return table(value)
      case "u": socket = value
      case "h": return MroutedArguments.usage(vintage, exitCode: vintage == .older ? 1 : 0)
      default: return ProgramResult(output: vintage.title + "\n", exitCode: 0)
      }
      return nil
    }

    private mutating func debug(_ words: String?) -> ProgramResult? {
      if vintage == .current, words == "?" {
        return ProgramResult(output: MroutedDebug.list, exitCode: 0)
      }
      do throws(MroutedDebug.Unknown) {
        let stated = try words.map { (text) throws(MroutedDebug.Unknown) in try MroutedDebug(text, vintage) }
        settings.debug = (settings.debug ?? []).union(stated ?? .usual)
        settings.staysInForeground = true
        return nil
      } catch {
        return MroutedArguments.usage(
          vintage, complaint: vintage == .current ? error.text + "\n" : "", exitCode: 1)
      }
    }

    private mutating func log(_ word: String) -> ProgramResult? {
      if word == "?" { return ProgramResult(output: MroutedLevel.list + "\n", exitCode: 0) }
      level = MroutedLevel(word)
      if level == nil { warn("-l \(word) is no level; it stays at \(MroutedLevel.notice.name)") }
      return nil
    }

    private mutating func table(_ text: String) -> ProgramResult? {
      let value = CNumber.parse(text)
      guard (0...999_999_999).contains(value) else {
        return MroutedArguments.usage(vintage, complaint: "Table ID too large!\n", exitCode: 1)
      }
      if !CNumber.isWhole(text) { warn("-t \(text) is no number of a table; it is read as \(value)") }
      settings.table = UInt32(value)
      return nil
    }

    private mutating func seconds(_ letter: Character, _ text: String) -> UInt32 {
      let value = max(0, CNumber.parse(text))
      if !CNumber.isWhole(text) || CNumber.parse(text) < 0 {
        warn("-\(letter) \(text) is no number of seconds; it is read as \(value)")
      }
      return UInt32(value)
    }

    private mutating func warn(_ text: String) { settings.warnings.append("mrouted: \(text)") }

    var result: MroutedSettings {
      var settings = settings
      let name = settings.identity
      settings.configurationFile = configurationFile ?? "/etc/\(name).conf"
      settings.pidFile = MroutedArguments.pidFile(pidFile ?? name)
      settings.socket = socket ?? "/var/run/\(name).sock"
      // 3.9.8 shows a terminal what is wrong, and everything with -d.
      let usual =
        vintage == .older && settings.staysInForeground && settings.debug == nil
        ? MroutedLevel(number: 4) : .notice
      settings.level = level ?? (settings.debug == nil ? usual : .debug)
      return settings
    }
  }

  private static func pidFile(_ name: String) -> String {
    name.hasPrefix("/") ? name : "/var/run/\(name).pid"
  }
}
