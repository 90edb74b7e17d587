/// What the daemons of SMCRoute write to their log, to the letter: scripts look for these lines.
public enum SmcrouteLogText {
  public static let hello = SmcrouteVersion.hello
  public static let waiting = "Ready, waiting for client request or kernel event."
  public static let reloading = "Reloading configuration, please wait ..."
  public static let exiting = "Exiting."
  public static let lifetimeOver = "Exit delay timer expired."
  public static let withoutFile = "Continuing anyway, waiting for client to connect."
  public static let occupied = "Another multicast routing application is already running."
  public static let unsupported = "Kernel does not support multicast routing."

  /// There is no file.
  public static func missing(_ path: String) -> String { "Configuration file \(path) does not exist" }

  /// The file cannot be read.
  public static func unreadable(_ path: String, _ reason: String) -> String {
    "Failed opening \(path): \(reason)"
  }

  /// `-d`: interfaces are looked at later.
  public static func delayed(seconds: UInt32) -> String {
    "Startup delay requested, waiting \(seconds) sec before continuing."
  }

  /// `-e` names no program.
  public static func notExecutable(_ path: String) -> String { "\(path) is not executable." }

  /// What is needed to start is missing.
  public static func needsRoot(_ program: String) -> String { "Need root privileges to start \(program)" }

  /// `-t`.
  ///
  /// - Parameter family: `IPv4` or `IPv6`.
  public static func table(_ id: UInt32, _ family: String) -> String {
    "Setting \(family) multicast routing table id \(id)"
  }

  /// An interface that cannot have a VIF.
  ///
  /// - Parameter slot: `VIF` or `MIF`.
  public static func notCapable(_ interface: String, _ slot: String) -> String {
    "Interface \(interface) is not multicast capable, skipping \(slot)."
  }

  /// Another process routes the family.
  ///
  /// - Parameter family: `IPv4` or `IPv6`.
  public static func inUse(_ family: String, _ reason: String) -> String {
    "\(family) multicast routing API already in use: \(reason)"
  }

  /// A rule or a join names an interface that is not there.
  ///
  /// - Parameter statement: `mroute` or `mgroup`.
  public static func pending(_ statement: String, interface: String, group: String) -> String {
    "\(statement) from \(interface) group \(group) pending: interface not available"
  }

  /// All interfaces that it names are there.
  public static func activated(_ statement: String, interface: String, group: String) -> String {
    "Activated pending \(statement) from \(interface) group \(group)"
  }

  /// A flow without a rule.
  public static func unmatched(source: String, group: String, interface: String) -> String {
    "Multicast from \(source), group \(group), on \(interface) does not match any (*,G) rule"
  }

  /// A packet came by another interface than the entry's.
  ///
  /// - Parameter slot: `VIF 1` or `MIF 1`.
  public static func wrongInterface(source: String, group: String, slot: String, interface: String) -> String
  {
    "Multicast from \(source), group \(group), coming in on wrong \(slot), iface \(interface)"
  }

  /// A source that is followed to another interface.
  public static func moved(source: String, group: String, interface: String, isIPv6: Bool) -> String {
    "Moved (\(source),\(group)) inbound to \(interface) after WRONG\(isIPv6 ? "MIF" : "VIF")"
  }
}
