public import Diagnostics
public import Timing

/// What the daemon knows of itself and the Router does not: the rest of `mcast status`.
public struct DaemonFacts: Hashable, Sendable {
  /// How what runs relates to the file.
  public enum ConfigState: String, Hashable, Sendable, CaseIterable {
    /// The file is what runs.
    case clean
    /// The file was refused at the last reload; what ran before runs on.
    case refused
    /// Changes made at run time are in no file.
    case unsaved
    /// Another configuration than the daemon's file was applied.
    case applied
  }

  public var version: String
  public var pid: Int32
  public var identity: String
  public var host: String
  public var started: Instant
  /// Nil when there is no file.
  public var configFile: String?
  /// What the file is written in where that is not the language of mcast.conf(5): `smcroute.conf`.
  public var configLanguage: String?
  public var configLoaded: Instant?
  public var configState: ConfigState
  /// The first finding of a refused reload.
  public var configError: Diagnostic?

  public init(version: String, pid: Int32, identity: String, host: String, started: Instant) {
    self.version = version
    self.pid = pid
    self.identity = identity
    self.host = host
    self.started = started
    configState = .clean
  }
}
