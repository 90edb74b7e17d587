import Encoding
import LinuxKernel

extension Surroundings {
  /// The process and the machine as they are.
  static var system: Surroundings {
    Surroundings(
      write: { Terminal.write($0, to: 1) },
      complain: { _ = Terminal.write($0, to: 2) },
      terminalWidth: Terminal.width(of: 1),
      environment: Terminal.environment,
      host: Terminal.hostName,
      clock: { WallClock(now: Clock.now, wall: Clock.wallNanoseconds) },
      connect: { (path) throws(SystemError) in try SocketChannel(to: path) },
      pause: { seconds in
        Terminal.pause(seconds: seconds)
        return true
      },
      readFile: { (path) throws(SystemError) in
        path == "-"
          ? try Files.readAll(Descriptor(adopting: 0), "standard input", limit: Surroundings.inputLimit)
          : try Files.read(path).bytes
      },
      replaceFile: { (path, bytes) throws(SystemError) in
        var mode: UInt32 = 0o644
        do throws(SystemError) {
          let old = try Files.read(path)
          try Files.replace(path + "~", with: old.bytes, mode: old.mode)
          mode = old.mode
        } catch {
          // A file that is there and cannot be kept must not be replaced.
          guard error.name == "ENOENT" else { throw error }
        }
        try Files.replace(path, with: bytes, mode: mode)
      },
      source: ConfigurationFiles(),
      interfaceNames: { try? Links.names() },
      kernel: .system,
      probing: { .system })
  }

  /// Bytes of standard input that are read.
  static let inputLimit = 64 << 20
}
