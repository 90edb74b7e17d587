import Control
import Diagnostics
import Encoding
import LinuxKernel

/// Writes what the Router sees and does to a file, for `mcsim replay`.
///
/// A recording that can no longer be written ends with one line in the log; the routing goes on.
final class Recorder {
  private let writer = RecordingWriter()
  private let descriptor: Descriptor
  private let path: String
  private let log: Log
  private var isBroken = false

  init(_ path: String, _ header: RecordingHeader, _ log: Log) throws(SystemError) {
    descriptor = try Files.openForAppending(path, truncating: true)
    self.path = path
    self.log = log
    write { try writer.line(header) }
  }

  func record(_ step: RecordedStep) { write { try writer.line(step) } }

  private func write(_ line: () throws -> [UInt8]) {
    guard !isBroken else { return }
    do {
      try Files.writeAll(try line(), to: descriptor, path)
    } catch {
      isBroken = true
      log.say(.error, .systemCallFailed, "the recording ends here: \(error)")
    }
  }
}
