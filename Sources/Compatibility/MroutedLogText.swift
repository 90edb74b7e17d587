public import Configuration

/// What the daemons of mrouted write to their log, to the letter: scripts look for these lines.
public enum MroutedLogText {
  public static let mustBeRoot = "must be root"
  public static let occupied = "Another multicast routing application is already running."

  /// The daemon starts.
  public static func begins(_ vintage: MroutedVintage) -> String { vintage.title }
  /// It reads its file again.
  public static func restarts(_ vintage: MroutedVintage) -> String { "\(vintage.title) restart" }
  /// It ends.
  public static func exits(_ vintage: MroutedVintage) -> String { "\(vintage.title) exiting" }

  /// The kernel gives no table.
  public static func refused(_ reason: String) -> String {
    "Cannot enable multicast routing in kernel: \(reason)"
  }

  /// A signal that 4.x leaves to mroutectl.
  ///
  /// - Parameter signal: `SIGUSR1` or `SIGUSR2`.
  public static func unsupported(_ signal: String) -> String {
    "\(signal) is no longer supported, use mroutectl instead."
  }

  /// A neighbor is heard for the first time.
  public static func greeting(_ neighbor: String, interface: String) -> String {
    "Sending DVMRP probe on \(interface) and route report to \(neighbor)"
  }

  /// A neighbor leaves us out of its probes.
  public static func oneWay(_ neighbor: String, vif: String) -> String {
    "Possible one-way peering with \(neighbor) on vif \(vif)"
  }

  /// It names us again.
  public static func bothWays(_ neighbor: String, vif: String) -> String {
    "Peering with \(neighbor) on vif \(vif) is no longer one-way"
  }

  /// An interface takes part no more.
  public static func down(_ interface: String, vif: String) -> String {
    "\(interface) has gone down; vif #\(vif) taken out of service"
  }

  /// An interface takes part again.
  public static func up(_ interface: String, vif: String) -> String {
    "\(interface) has come up; vif #\(vif) now in service"
  }
}
