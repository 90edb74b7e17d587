public import Encoding
import FoundationEssentials
public import Router
import Timing

/// Why a file is no recording.
public enum RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
  case empty
  case version(Int)
  /// The line counts from 1.
  case line(Int, String)

  public var description: String {
    switch self {
    case .empty: "the file is empty"
    case .version(let version): "the recording has format \(version); this program reads format 1"
    case .line(let line, let reason): "line \(line) is no step of a recording: \(reason)"
    }
  }
}

/// Reads a recording line by line; total over any bytes.
///
/// A last line without its newline is left out: the daemon was killed while it wrote.
public struct RecordingReader {
  public let header: RecordingHeader
  private let decoder = JSONDecoder()
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  public init(_ bytes: [UInt8]) throws(RecordingError) {
    self.bytes = bytes
    guard let end = bytes.firstIndex(of: 0x0a) else { throw .empty }
    position = end + 1
    do {
      header = try decoder.decode(RecordingHeader.self, from: Data(bytes[..<end]))
    } catch {
      throw .line(1, RecordingReader.reason(error))
    }
    guard header.recording == 1 else { throw .version(header.recording) }
  }

  /// The next step; nil at the end.
  public mutating func next() throws(RecordingError) -> RecordedStep? {
    guard let end = bytes[position...].firstIndex(of: 0x0a) else { return nil }
    defer { position = end + 1 }
    line += 1
    do {
      return try decoder.decode(RecordedStep.self, from: Data(bytes[position..<end]))
    } catch {
      throw .line(line, RecordingReader.reason(error))
    }
  }

  private static func reason(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
      .valueNotFound(_, let context):
      context.debugDescription
    default: "\(error)"
    }
  }
}

/// Steps a Router through a recording.
public struct Replay {
  /// One step repeated: what the Router did now, beside what it did then.
  public struct Step {
    public var recorded: RecordedStep
    public var actions: [Action]

    public var isEqual: Bool { actions == recorded.actions }
  }

  public let header: RecordingHeader
  private var reader: RecordingReader
  private var router: Router

  public init(_ bytes: [UInt8]) throws(RecordingError) {
    reader = try RecordingReader(bytes)
    header = reader.header
    router = Router(seed: header.seed, table: header.table)
  }

  /// Repeats the next step; nil at the end.
  public mutating func next() throws(RecordingError) -> Step? {
    guard let step = try reader.next() else { return nil }
    return Step(recorded: step, actions: router.step(step.events, at: step.at))
  }
}
