import LinuxKernel
import SystemPackage
import Timing

/// The control socket: lines out, lines in, none of them without a bound.
final class SocketChannel: ControlChannel {
  /// The protocol's longest line, and room for a newline.
  static let lineLimit = 65_536 + 2

  private let connection: StreamConnection
  private var buffer: [UInt8] = []
  private var start = 0
  private var searched = 0

  init(to path: String) throws(SystemError) { connection = try StreamConnection.connect(to: path) }

  func send(_ bytes: [UInt8], until deadline: Instant) throws(SystemError) {
    try connection.writeAll(bytes, until: deadline)
  }

  func line(until deadline: Instant?) throws(SystemError) -> [UInt8]? {
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0a) {
        let line = Array(buffer[start..<end])
        start = end + 1
        searched = start
        return line
      }
      searched = buffer.count
      guard buffer.count - start < SocketChannel.lineLimit else {
        throw SystemError("read", errno: Errno.messageTooLong.rawValue)
      }
      if start > 0 {
        buffer.removeFirst(start)
        (start, searched) = (0, buffer.count)
      }
      switch connection.read(into: &buffer) {
      case .moved: continue
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
