import FoundationEssentials
public import Kernel
public import Router
public import Timing

/// What a run of the Router consisted of: enough to repeat it bit for bit.
public struct RecordingHeader: Hashable, Sendable, Codable {
  /// The version of this format.
  public var recording = 1
  /// Of the program that recorded.
  public var version: String
  public var seed: UInt64
  /// The table given on the command line.
  public var table: TableID?

  public init(version: String, seed: UInt64, table: TableID?) {
    self.version = version
    self.seed = seed
    self.table = table
  }
}

/// One call of `Router.step`.
public struct RecordedStep: Hashable, Sendable, Codable {
  public var at: Instant
  public var events: [Event]
  public var actions: [Action]

  public init(at: Instant, events: [Event], actions: [Action]) {
    self.at = at
    self.events = events
    self.actions = actions
  }
}

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

/// Writes recordings as JSON lines with sorted keys, so that equal runs give equal bytes.
public struct RecordingWriter {
  private let encoder: JSONEncoder

  public init() {
    encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  }

  /// The first line of a recording.
  public func line(_ header: RecordingHeader) throws -> [UInt8] { try encode(header) }

  /// The line of one step.
  public func line(_ step: RecordedStep) throws -> [UInt8] { try encode(step) }

  /// The actions of one step alone.
  public func line(_ actions: [Action]) throws -> [UInt8] { try encode(actions) }

  private func encode(_ value: some Encodable) throws -> [UInt8] {
    var line = Array(try encoder.encode(value))
    line.append(0x0a)
    return line
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
