public import Configuration

/// How a daemon of mrouted is to run.
public struct MroutedSettings: Hashable, Sendable {
  public var vintage = MroutedVintage.current
  /// `-i`: the log's name, and what the files are called.
  public var identity = "mrouted"
  public var configurationFile = "/etc/mrouted.conf"
  public var pidFile = "/var/run/mrouted.pid"
  /// Where mroutectl finds the daemon.
  public var socket = "/var/run/mrouted.sock"
  public var staysInForeground = false
  /// `-s`: syslog although in the foreground.
  public var usesSyslog = false
  public var level = MroutedLevel.notice
  /// `-d`; nil: not given.
  public var debug: MroutedDebug?
  /// `-D`, `-w`: how long routes are exchanged before packets are forwarded.
  public var startupDelaySeconds: UInt32 = 0
  /// `-t`; 0: the standard one.
  public var table: UInt32 = 0
  /// `-M`: the file may name interfaces that are not there.
  public var toleratesMissing = false
  /// `-N`: only interfaces that `phyint … enable` names.
  public var takesNamedOnly = false
  /// The columns of the dump files; `MROUTED_DUMP=program` in the environment chooses others.
  public var dumpLayout = MroutedDump.Layout.manual
  /// Lines for standard error, without their newlines.
  public var warnings: [String] = []

  public init() {}

  /// The directory of the files that a signal asks for.
  public var dumpDirectory: String { "/var/run/\(identity)" }
  public var dumpFile: String { "\(dumpDirectory)/\(identity).dump" }
  public var cacheFile: String { "\(dumpDirectory)/\(identity).cache" }

  /// Where the generation id is kept, the first that there is; the last is made.
  public var generationFiles: [String] {
    switch vintage {
    case .older: ["\(dumpDirectory)/\(identity).genid"]
    case .current: ["/var/lib/\(identity).genid", "/var/lib/misc/\(identity).genid"]
    }
  }

  /// What stands in the file of a generation id: a line since 4.0.
  public func generationText(_ generation: UInt32) -> String {
    vintage == .older ? "\(generation)" : "\(generation)\n"
  }
}
