import CLinux

/// Where log lines go: the journal, syslog, or standard error.
public final class SystemLog {
  /// The priorities of syslog.
  public enum Priority: Int, Hashable, Comparable, Sendable, CaseIterable {
    case critical = 2
    case error = 3
    case warning = 4
    case notice = 5
    case info = 6
    case debug = 7

    public static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
  }

  private enum Target {
    case journal(UnixDatagrams)
    case syslog(UnixDatagrams)
    /// - Parameter isJournal: each line begins with its priority, `<4>`.
    case standardError(isJournal: Bool)
  }

  private let identifier: String
  private var target: Target

  private init(identifier: String, target: Target) {
    self.identifier = identifier
    self.target = target
  }

  /// Standard error; with the priority before each line when it leads into the journal.
  public static func standardError(identifier: String) -> SystemLog {
    SystemLog(identifier: identifier, target: .standardError(isJournal: standardErrorIsJournal))
  }

  /// The journal where there is one, else syslog, else standard error.
  public static func system(identifier: String) -> SystemLog {
    service(identifier: identifier) ?? standardError(identifier: identifier)
  }

  /// The journal where there is one, else syslog; nil on a machine without either.
  public static func service(identifier: String) -> SystemLog? {
    if let socket = UnixDatagrams(to: "/run/systemd/journal/socket") {
      return SystemLog(identifier: identifier, target: .journal(socket))
    }
    return UnixDatagrams(to: "/dev/log").map { SystemLog(identifier: identifier, target: .syslog($0)) }
  }

  /// Writes one line.
  ///
  /// Never waits; a line that the receiver does not take is lost.
  public func write(_ priority: Priority, _ message: String, code: String? = nil) {
    let line = SystemLog.singleLine(message)
    switch target {
    case .journal(let socket):
      var text = "PRIORITY=\(priority.rawValue)\nSYSLOG_IDENTIFIER=\(identifier)\nSYSLOG_PID=\(getpid())\n"
      // Daemon, for those who read the journal by facility.
      text += "SYSLOG_FACILITY=3\n"
      if let code { text += "MCAST_CODE=\(code)\n" }
      _ = socket.send(Array("\(text)MESSAGE=\(line)\n".utf8))
    case .syslog(let socket):
      let daemonFacility = 3 << 3
      let head =
        "<\(daemonFacility | priority.rawValue)>\(SystemLog.timestamp()) \(identifier)[\(getpid())]: "
      if !socket.send(Array((head + line).utf8)), let again = UnixDatagrams(to: "/dev/log") {
        // The syslog daemon was restarted: its socket is a new one.
        target = .syslog(again)
        _ = again.send(Array((head + line).utf8))
      }
    case .standardError(let isJournal):
      let head = isJournal ? "<\(priority.rawValue)>" : "\(identifier): "
      ThisProcess.write("\(head)\(line)\n", to: .error)
    }
  }

  /// Whether the service manager connected standard error to the journal (JOURNAL_STREAM is DEVICE:INODE).
  private static var standardErrorIsJournal: Bool {
    guard let stream = ThisProcess.environment("JOURNAL_STREAM") else { return false }
    var status = stat()
    return unsafe fstat(2, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
  }

  /// Control bytes, which could forge lines, as spaces.
  private static func singleLine(_ message: String) -> String {
    guard message.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return message }
    return String(decoding: message.utf8.map { $0 < 0x20 || $0 == 0x7f ? 0x20 : $0 }, as: UTF8.self)
  }

  /// `Nov 21 06:43:18` in local time, as RFC 3164 4.1.2 has it.
  private static func timestamp() -> String {
    var now = time(nil)
    var local = unsafe tm()
    guard unsafe localtime_r(&now, &local) != nil else { return "Jan  1 00:00:00" }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int32, _ pad: String = "0") -> String { number < 10 ? "\(pad)\(number)" : "\(number)" }
    let place = unsafe Int(local.tm_mon)
    let (day, hour, minute, second) = unsafe (local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec)
    let month = months.indices.contains(place) ? months[place] : months[0]
    return "\(month) \(two(day, " ")) \(two(hour)):\(two(minute)):\(two(second))"
  }
}
