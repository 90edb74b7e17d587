import Compatibility
import Configuration
import Control
import Diagnostics
import LinuxKernel

/// The generation id: each start has another, by which neighbors know of it; mrouted's is kept in a file.
enum GenerationFile {
  /// Counts on from what the file holds, and writes it.
  ///
  /// A file that cannot be written costs a line in the log: the first value differs from start to start too.
  ///
  /// - Parameter settings: nil: there is no file, and the time of day serves.
  static func next(_ settings: MroutedSettings?, _ log: Log) -> UInt32 {
    guard let settings else { return first(.older) }
    let paths = settings.generationFiles
    let path = paths.first { (try? Files.inspect($0)) != nil } ?? paths.last ?? ""
    let generation = former(path).map { $0 &+ 1 } ?? first(settings.vintage)
    do throws(SystemError) {
      if settings.vintage == .older { try Files.makeDirectory(settings.dumpDirectory) }
      try Files.replace(path, with: Array(settings.generationText(generation).utf8))
    } catch {
      log.say(.warning, .systemCallFailed, "the generation id is not kept: \(error)")
    }
    return generation
  }

  private static func former(_ path: String) -> UInt32? {
    guard let file = try? Files.read(path, limit: 64) else { return nil }
    return UInt32(String(decoding: file.bytes.prefix { $0 != 0x0a }, as: UTF8.self))
  }

  /// Seconds since 1970 in 3.9.8, since the machine started in 4.x.
  private static func first(_ vintage: MroutedVintage) -> UInt32 {
    let seconds =
      vintage == .older ? Clock.wallNanoseconds / 1_000_000_000 : Clock.monotonicMicroseconds / 1_000_000
    return UInt32(truncatingIfNeeded: seconds)
  }
}
