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

/// Writes recordings as JSON lines; equal runs give equal bytes.
public struct RecordingWriter: Sendable {
  public init() {}

  /// The first line of a recording.
  public func line(_ header: RecordingHeader) throws -> [UInt8] { try encode(header) }

  /// The line of one step.
  public func line(_ step: RecordedStep) throws -> [UInt8] { try encode(step) }

  /// The actions of one step alone.
  public func line(_ actions: [Action]) throws -> [UInt8] { try encode(actions) }

  private func encode(_ value: some Encodable) throws -> [UInt8] {
    var line = try JSONTree.bytes(of: value)
    line.append(0x0a)
    return line
  }
}
