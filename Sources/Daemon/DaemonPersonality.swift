import Compatibility
import Configuration
import LinuxKernel

/// How the daemon appears to those who start it, ask it and read its log.
///
/// What it routes and how is the same under every name.
struct DaemonPersonality: Hashable, Sendable {
  /// How the daemon of SMCRoute was asked to run; nil: `mcastd`.
  var smcroute: SmcroutedSettings?
  /// Whom `-p` names.
  var user: Accounts.User?

  static let mcastd = DaemonPersonality()

  var voice: Voice { smcroute == nil ? .native : .smcroute }

  func hookContract() -> HookContract { smcroute == nil ? .native : .smcroute() }

  /// Whether the log goes to syslog: in the background, and in the foreground by `-s`.
  var logsToSystem: Bool { smcroute.map { $0.usesSyslog || !$0.staysInForeground } ?? false }

  /// Whether the starting process may go before the daemon works: whoever asks for a delay does not wait.
  var returnsAtOnce: Bool { startDelay != nil }

  /// The wait before interfaces are looked at.
  var startDelay: UInt32? { smcroute.flatMap { $0.startDelaySeconds > 0 ? $0.startDelaySeconds : nil } }

  /// Seconds until the daemon ends by itself.
  var lifetime: UInt32? { smcroute?.exitDelaySeconds }

  /// Where the clients of SMCRoute find the daemon, and what each speaks that sends the short header.
  var smcrouteSockets: [String] { smcroute.map { [$0.socket] + ($0.legacySocket.map { [$0] } ?? []) } ?? [] }

  /// States what the command line does beside the file.
  func complete(_ configuration: inout Configuration) {
    guard let smcroute else { return }
    configuration.hook = smcroute.hook
    configuration.cache.idleMilliseconds = Int64(smcroute.expirySeconds) * 1000
    configuration.discovery.interval = smcroute.announceSeconds
    configuration.table.id = smcroute.table == 0 ? nil : smcroute.table
    // Nothing of SMCRoute adds an `ip mrule`: entries stand in the one table that it was given.
    configuration.table.selectsByRule = false
    configuration.table.split = .off
  }
}

extension Options {
  /// The options of a daemon of SMCRoute in our own terms.
  init(_ settings: SmcroutedSettings, user: Accounts.User?) {
    self.init()
    personality = DaemonPersonality(smcroute: settings, user: user)
    isForeground = settings.staysInForeground
    configFile = settings.configurationFile
    pidFile = settings.pidFile
    identity = settings.identity
    table = settings.table == 0 ? nil : settings.table
    logLevel = settings.level.native ?? Options.silent
    // A socket that was named has our own beside it; else ours are where the identity says.
    if settings.socket != "/run/\(settings.identity).sock" { socket = "\(settings.socket).mcast" }
    isPrivileged = user == nil
  }

  /// The log level at which nothing is written.
  static let silent = "none"
}
