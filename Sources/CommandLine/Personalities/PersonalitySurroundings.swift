import LinuxKernel
import SystemPackage
import Timing

/// What the programs of others reach outside themselves; a test puts its own in place.
struct PersonalitySurroundings {
  /// Bytes for standard output and standard error; false when nobody takes them.
  var write: ([UInt8]) -> Bool
  var complain: ([UInt8]) -> Void
  /// The next line of standard input without its newline; nil at the end.
  var line: () -> String?
  /// Characters of a line when standard output is a terminal; nil when it is not.
  var terminalWidth: Int?
  var environment: (String) -> String?
  var now: () -> Instant
  /// Waits so many seconds.
  var pause: (Double) -> Void
  var exists: (String) -> Bool
  /// Opens the daemon's socket.
  var connect: (String) throws(SystemError) -> any ByteChannel
  /// This program's own file; nil when the kernel does not tell.
  var ownFile: String?
  /// Becomes the program with these words; returns only when it could not.
  var become: (_ program: String, _ words: [String]) -> SystemError
  /// Runs the program with these words to its end.
  var call: (_ program: String, _ words: [String]) throws(SystemError) -> Subprocess.Status

  /// The process and the machine as they are.
  static var system: PersonalitySurroundings {
    PersonalitySurroundings(
      write: { Terminal.write($0, to: 1) },
      complain: { _ = Terminal.write($0, to: 2) },
      line: { readLine() },
      terminalWidth: Terminal.width(of: 1),
      environment: Terminal.environment,
      now: { Clock.now },
      pause: Terminal.pause,
      exists: { (try? Files.inspect($0)) != nil },
      connect: { (path) throws(SystemError) in try SocketBytes(to: path) },
      ownFile: ThisProcess.file,
      become: ThisProcess.become,
      call: { (program, words) throws(SystemError) in try ThisProcess.call(program, arguments: words) })
  }
}

/// A connection to the daemon, piece by piece.
protocol ByteChannel: AnyObject {
  func send(_ bytes: [UInt8], until deadline: Instant) throws(SystemError)
  /// What has come; nil at the end, ETIMEDOUT when the deadline comes first.
  func receive(until deadline: Instant) throws(SystemError) -> [UInt8]?
}

/// The daemon's socket.
final class SocketBytes: ByteChannel {
  private let connection: StreamConnection

  init(to path: String) throws(SystemError) { connection = try StreamConnection.connect(to: path) }

  func send(_ bytes: [UInt8], until deadline: Instant) throws(SystemError) {
    try connection.writeAll(bytes, until: deadline)
  }

  func receive(until deadline: Instant) throws(SystemError) -> [UInt8]? {
    var bytes: [UInt8] = []
    while true {
      switch connection.read(into: &bytes) {
      case .moved: return bytes
      case .ended: return nil
      case .failed(let errno): throw SystemError("read", errno: errno)
      case .blocked:
        guard connection.wait(for: .read, until: deadline) else {
          throw SystemError("read", errno: Errno.timedOut.rawValue)
        }
      }
    }
  }
}
