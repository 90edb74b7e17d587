import Compatibility
import Configuration
import Diagnostics
import LinuxKernel

/// The daemon's own file, read by the grammar of its personality, with what the command line states beside
/// it.
struct OwnFile {
  /// An empty configuration when the file could not be read.
  var parsed: ParsedConfiguration
  /// Why it could not be read.
  var fault: SourceFault?

  init(_ options: Options) {
    let source = ConfigurationFiles()
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
      options.personality.complete(&parsed.configuration)
    } else if fault == .missing, options.configFile == nil {
      parsed = ParsedConfiguration()
    } else {
      // A file that was named and is not there is an error among the findings.
      fault = nil
      parsed = parse(file: options.configPath, source: source)
    }
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
