import Compatibility
import Configuration
import Control
import Diagnostics
import Encoding
import LinuxKernel

/// The daemon's own file, read by the grammar of its personality, with what the command line states beside
/// it.
struct OwnFile {
  /// An empty configuration when the file could not be read.
  var parsed: ParsedConfiguration
  /// Why it could not be read.
  var fault: SourceFault?
  /// What mrouted says of its file.
  private var lines: [MroutedLine] = []
  /// What it was read from.
  let source: KeptFiles

  /// - Parameter whilePausing: what else is done while a large file is read.
  init(_ options: Options, whilePausing: @escaping () -> Void = {}) {
    self.init(options, from: KeptFiles(options.handed, whilePausing: whilePausing))
  }

  init(_ options: Options, from source: KeptFiles) {
    self.source = source
    if let settings = options.personality.mrouted {
      parsed = ParsedConfiguration()
      read(settings, source, options)
      return
    }
    do throws(SourceFault) {
      // By its whole text, since only that tells every fault.
      _ = try source.read(options.configPath)
    } catch {
      fault = error
    }
    if let settings = options.personality.smcroute {
      let strictness = SmcrouteFileOptions(isStrict: settings.takesNamedOnly)
      parsed =
        fault == nil
        ? parseSmcroute(file: options.configPath, source: source, options: strictness)
        : parseSmcroute([], named: options.configPath, source: source, options: strictness)
    } else if fault == .missing, options.configFile == nil {
      parsed = ParsedConfiguration()
    } else {
      // A file that was named and is not there is an error among the findings.
      fault = nil
      parsed = parse(file: options.configPath, source: source)
    }
    options.personality.complete(&parsed.configuration)
  }

  /// Reads a mrouted.conf; what it states depends on the interfaces there are.
  private mutating func read(_ settings: MroutedSettings, _ source: KeptFiles, _ options: Options) {
    var file = MroutedFileOptions(settings.vintage, interfaces: source.interfaces ?? [])
    file.toleratesMissing = settings.toleratesMissing
    file.takesNamedOnly = settings.takesNamedOnly
    let reading = parseMrouted(file: options.configPath, source: source, options: file)
    lines = reading.lines
    if reading.suppressed > 0 {
      lines.append(MroutedLine(.warning, "\(reading.suppressed) further warnings are not shown"))
    }
    parsed.files = [options.configPath]
    if let configuration = reading.configuration {
      parsed.configuration = configuration
      options.personality.complete(&parsed.configuration)
    } else {
      parsed.hasErrors = true
      parsed.diagnostics = lines.filter { $0.kind == .fatal }.map {
        Diagnostic(.error, .expected, $0.text, at: $0.place)
      }
    }
  }

  /// Tells what mrouted says of its file; nothing of another's.
  func tell(_ log: Log) {
    guard case .mrouted(let vintage) = log.voice else { return }
    for line in lines {
      let level: Notice.Level =
        switch line.kind {
        case .fatal: .error
        case .warning: .warning
        case .info: .info
        }
      // The mark of a warning is the log's.
      log.say(level, nil, MroutedLine(.info, line.text, at: line.place).written(by: vintage))
    }
  }

  /// Why it may not take the place of what runs; nil: it may.
  func refusal(_ options: Options) -> [Diagnostic]? {
    if let fault, options.personality.smcroute != nil {
      return parsed.diagnostics + [fault.finding(options.configPath)]
    }
    return parsed.hasErrors ? parsed.diagnostics : nil
  }

  /// Ends a start by a file that mrouted, or mcastd, would not start with.
  func judge(_ log: Log) throws(StartFailure) {
    guard case .mrouted(let vintage) = log.voice else {
      guard parsed.hasErrors, log.voice == .native else { return }
      throw StartFailure(.configuration, parsed.diagnostics)
    }
    guard parsed.hasErrors else { return tell(log) }
    throw StartFailure(refused: lines.filter { $0.kind != .info }.map { $0.written(by: vintage) })
  }

  /// What the log says when there is no file to begin with.
  func absence(_ options: Options) -> LifeEvent? {
    switch fault {
    case nil: nil
    case .missing: .fileMissing(options.configPath)
    case .tooLarge: .fileUnreadable(options.configPath, reason: SourceFault.tooLargeReason)
    case .unreadable(let reason): .fileUnreadable(options.configPath, reason: reason)
    }
  }
}

extension SourceFault {
  fileprivate static let tooLargeReason = "more than 64 MiB (EFBIG)"

  /// What a reload says of it, in SMCRoute's words.
  func finding(_ path: String) -> Diagnostic {
    switch self {
    case .missing: Diagnostic(.error, .cannotRead, SmcrouteLogText.missing(path))
    case .tooLarge:
      Diagnostic(.error, .fileTooLarge, SmcrouteLogText.unreadable(path, SourceFault.tooLargeReason))
    case .unreadable(let reason): Diagnostic(.error, .cannotRead, SmcrouteLogText.unreadable(path, reason))
    }
  }
}
