import CLinux

/// Tells the service manager about the daemon (the sd_notify protocol, without its library).
public final class ServiceNotifier {
  private let socket: UnixDatagrams
  /// How often `WATCHDOG=1` must come; nil: no watchdog.
  public let watchdog: Duration?
  private static let variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]
  private let values: [String?]

  /// Nil when no service manager listens.
  ///
  /// The variables are taken out of the environment, so that hooks do not speak for the daemon.
  public init?() {
    values = ServiceNotifier.variables.map { ThisProcess.environment($0) }
    defer { for name in ServiceNotifier.variables { ThisProcess.removeEnvironment(name) } }
    guard let path = ThisProcess.environment("NOTIFY_SOCKET"), let socket = UnixDatagrams(to: path) else {
      return nil
    }
    self.socket = socket
    let isMeant = ThisProcess.environment("WATCHDOG_PID").map { $0 == "\(getpid())" } ?? true
    watchdog =
      isMeant
      ? ThisProcess.environment("WATCHDOG_USEC").flatMap { Int64($0) }.map { .microseconds($0) } : nil
  }

  /// Lets the program that takes our place speak to it.
  public func passOn() {
    for case (let name, let value?) in zip(ServiceNotifier.variables, values) {
      ThisProcess.setEnvironment(name, value)
    }
  }

  /// The daemon works.
  public func ready(status: String) { send("READY=1\nSTATUS=\(status)\nMAINPID=\(getpid())") }

  /// One line for `systemctl status`.
  public func status(_ text: String) { send("STATUS=\(text)") }

  /// `ready` follows when the reload is done.
  public func reloading(status: String) {
    send("RELOADING=1\nSTATUS=\(status)\nMONOTONIC_USEC=\(Clock.monotonicMicroseconds)")
  }

  /// The daemon is about to end.
  public func stopping() { send("STOPPING=1") }

  /// The loop still turns.
  public func keepAlive() { send("WATCHDOG=1") }

  private func send(_ text: String) { _ = socket.send(Array(text.utf8)) }
}
