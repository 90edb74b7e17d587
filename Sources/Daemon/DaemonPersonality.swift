import Compatibility
import Configuration
import LinuxKernel

/// How the daemon appears to those who start it, ask it and read its log.
///
/// What it routes and how is the same under every name.
struct DaemonPersonality: Hashable, Sendable {
  /// How the daemon of SMCRoute was asked to run; nil: `mcastd`.
  var smcroute: SmcroutedSettings?
  /// How the daemon of mrouted was asked to run.
  var mrouted: MroutedSettings?
  /// Whom `-p` of SMCRoute names.
  var user: Accounts.User?
  /// The generation id of this start, by which neighbors see that it is another one.
  var generation: UInt32 = 1

  static let mcastd = DaemonPersonality()

  /// Whether it is `mcastd` itself.
  var isNative: Bool { smcroute == nil && mrouted == nil }

  var voice: Voice { mrouted.map { .mrouted($0.vintage) } ?? (smcroute == nil ? .native : .smcroute) }

  func hookContract() -> HookContract { smcroute == nil ? .native : .smcroute() }

  /// Whether the log goes to syslog: in the background, and in the foreground by `-s`.
  var logsToSystem: Bool {
    smcroute.map { $0.usesSyslog || !$0.staysInForeground }
      ?? mrouted.map { $0.usesSyslog || !$0.staysInForeground } ?? false
  }

  /// Whether the starting process may go before the daemon works: whoever asks for a delay does not wait.
  var returnsAtOnce: Bool { startDelay != nil }

  /// The wait before interfaces are looked at.
  var startDelay: UInt32? { smcroute.flatMap { $0.startDelaySeconds > 0 ? $0.startDelaySeconds : nil } }

  /// Seconds until the daemon ends by itself.
  var lifetime: UInt32? { smcroute?.exitDelaySeconds }

  /// Where the clients of SMCRoute find the daemon, and what each speaks that sends the short header.
  var smcrouteSockets: [String] { smcroute.map { [$0.socket] + ($0.legacySocket.map { [$0] } ?? []) } ?? [] }

  /// The sockets of the original's clients, by which a second daemon is known; nil for `mcastd`.
  var sockets: [String]? { isNative ? nil : mrouted.map { [$0.socket] } ?? smcrouteSockets }

  /// States what the command line and the start do beside the file.
  func complete(_ configuration: inout Configuration) {
    configuration.dvmrp.generation = generation
    if let mrouted { complete(&configuration, mrouted) }
    guard let smcroute else { return }
    configuration.hook = smcroute.hook
    configuration.cache.idleMilliseconds = Int64(smcroute.expirySeconds) * 1000
    configuration.discovery.interval = smcroute.announceSeconds
    configuration.table.id = smcroute.table == 0 ? nil : smcroute.table
    // Nothing of SMCRoute adds an `ip mrule`: entries stand in the one table that it was given.
    configuration.table.selectsByRule = false
    configuration.table.split = .off
  }

  private func complete(_ configuration: inout Configuration, _ mrouted: MroutedSettings) {
    configuration.dvmrp.startupDelay = .seconds(Int64(mrouted.startupDelaySeconds))
    guard mrouted.table != 0 else { return }
    // Whoever names a table leads the packets there.
    configuration.table.id = mrouted.table
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

  /// The options of a daemon of mrouted in our own terms.
  init(_ settings: MroutedSettings) {
    self.init()
    personality = DaemonPersonality(mrouted: settings)
    isForeground = settings.staysInForeground
    configFile = settings.configurationFile
    pidFile = settings.pidFile
    identity = settings.identity
    table = settings.table == 0 ? nil : settings.table
    logLevel = settings.level.native ?? Options.silent
    if settings.socket != "/var/run/\(settings.identity).sock" { socket = "\(settings.socket).mcast" }
  }

  /// The log level at which nothing is written.
  static let silent = "none"
}
