/// The command line of `smcroute`: daemon and client in one (0.9x – 2.2), and the script of that name (2.4.2 – 2.5.7).
public enum LegacySmcroute: Hashable, Sendable {
  /// `-d`: run the daemon; once it is ready, send it the commands of the same line.
  case daemon(SmcroutedSettings, commands: [SmcrouteMessage])
  /// `-d` as the script meant it: `smcrouted` with these words.
  case smcrouted([String])
  /// Send these one after the other, each by a connection of its own; the first refusal ends it.
  case client([SmcrouteMessage])
  case end(ProgramResult)

  /// Reads the words after the program's name.
  public init(_ words: [String]) { self = .client([]) }

  /// Where clients before 2.3 look, then where the daemons since 2.3 listen.
  public static let sockets = ["/var/run/smcroute", "/run/smcroute.sock"]

  /// What the client prints on standard error, all in all.
  public enum ClientText {
    public static let success = "Sending command(s) ... OK!\n"
    public static let notRunning = "Daemon not running: No such file or directory\n"
    public static let notPermitted = "Need root privileges to connect to daemon: Permission denied\n"

    /// A command that the daemon refused.
    public static func refused(_ text: String) -> String { "Sending command(s) ... Daemon error: \(text)\n" }
  }
}
