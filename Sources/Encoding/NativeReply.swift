public import Control
public import Diagnostics
import Timing

/// Writes one answer as lines: rows as they come, then the end.
public struct ReplyWriter: Sendable {
  /// Complete lines that were not taken yet.
  public private(set) var lines: [UInt8] = []
  private let id: UInt64
  private let rows: RowWriter
  /// The rows of the line that is being filled, with commas between them.
  private var data = JSONWriter()

  public init(id: UInt64, clock: WallClock) {
    self.id = id
    rows = RowWriter(clock: clock)
  }

  /// Gives the lines away.
  public mutating func take() -> [UInt8] {
    defer { lines.removeAll() }
    return lines
  }

  /// Adds one row.
  public mutating func add(_ write: (RowWriter, inout JSONWriter) -> Void) {
    let before = data.bytes.count
    write(rows, &data)
    guard before > 0, data.bytes.count > NativeProtocol.lineTarget else { return }
    let row = Array(data.bytes[(before + 1)...])
    data.bytes.removeLast(row.count + 1)
    flush()
    data.raw(row)
  }

  /// Adds a page of rows.
  public mutating func add(_ page: Rows) {
    switch page {
    case .routes(let page): for row in page { add { $0.write(row, to: &$1) } }
    case .interfaces(let page): for row in page { add { $0.write(row, to: &$1) } }
    case .joins(let page): for row in page { add { $0.write(row, to: &$1) } }
    case .pending(let page): for row in page { add { $0.write(row, to: &$1) } }
    case .limits(let page): for row in page { add { $0.write(row, to: &$1) } }
    case .events(let page): for row in page { add { $0.write(row, to: &$1) } }
    case .groups(let page): for row in page { add { $0.write(row, to: &$1) } }
    case .neighbors(let page): for row in page { add { $0.write(row, to: &$1) } }
    case .dvmrpRoutes(let page): for row in page { add { $0.write(row, to: &$1) } }
    case .prunes(let page): for row in page { add { $0.write(row, to: &$1) } }
    case .timers(let page): for row in page { add { $0.write(row, to: &$1) } }
    case .tunnels(let page): for row in page { add { $0.write(row, to: &$1) } }
    }
  }

  /// A text of any length: rows with a `text` each, to be joined.
  public mutating func add(text: String, file: String?) {
    for piece in NativeRequest.pieces(of: text) {
      add { _, writer in
        writer.object { writer in
          writer.member("text", piece)
          writer.member("file", file)
        }
      }
    }
  }

  /// An answer without rows that goes on: a subscription was accepted.
  public mutating func begin() {
    lines.append(contentsOf: "{\"id\":\(id),\"more\":true,\"data\":[]}\n".utf8)
  }

  /// Ends the line that is being filled, so that its rows can be sent.
  public mutating func flush() {
    guard !data.bytes.isEmpty else { return }
    lines.append(contentsOf: "{\"id\":\(id),\"more\":true,\"data\":[".utf8)
    lines.append(contentsOf: data.bytes)
    lines.append(contentsOf: "]}\n".utf8)
    data = JSONWriter()
  }

  /// The last line, and before it others when there are more findings than a line holds.
  public mutating func finish(
    exit: ExitCode, generation: UInt64, warnings: [Diagnostic] = [], errors: [Diagnostic] = [],
    summary: Summary? = nil
  ) {
    flush()
    let warnings = keep(of: warnings, "warnings")
    let errors = keep(of: errors, "errors")
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("id", id)
      writer.member("more", false)
      writer.member("exit", exit.rawValue)
      writer.member("generation", generation)
      if let summary {
        writer.key("summary")
        rows.write(summary, to: &writer)
      }
      writer.array("warnings") { writer in for finding in warnings { writer.raw(finding) } }
      writer.array("errors") { writer in for finding in errors { writer.raw(finding) } }
    }
    lines.append(contentsOf: writer.bytes)
    lines.append(0x0a)
  }

  /// The last findings as far as they fit the last line; those before are written to lines of their own.
  private mutating func keep(of findings: [Diagnostic], _ key: String) -> [[UInt8]] {
    var encoded = findings.map { finding in
      var writer = JSONWriter()
      rows.write(finding, to: &writer)
      return writer.bytes
    }
    var size = encoded.reduce(0) { $0 + $1.count }
    let fits = encoded.firstIndex { finding in
      defer { size -= finding.count }
      return size <= NativeProtocol.lineTarget / 3
    }
    for finding in encoded[..<(fits ?? encoded.endIndex)] {
      lines.append(contentsOf: "{\"id\":\(id),\"more\":true,\"\(key)\":[".utf8)
      lines.append(contentsOf: finding)
      lines.append(contentsOf: "]}\n".utf8)
    }
    encoded.removeFirst(fits ?? encoded.count)
    return encoded
  }
}

/// A line of the daemon as the tool reads it.
public enum NativeAnswer: Hashable, Sendable {
  case hello(NativeHello)
  case reply(NativeReply)
  /// One event of a subscription, as JSON.
  case event(ArraySlice<UInt8>)
  /// A sign of life in a quiet subscription.
  case ping
}

/// The daemon's greeting.
public struct NativeHello: Hashable, Sendable {
  public var version: String
  public var pid: Int32
  public var generation: UInt64

  public init(version: String, pid: Int32, generation: UInt64) {
    self.version = version
    self.pid = pid
    self.generation = generation
  }

  /// The line with its newline.
  public var encoded: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.object("hello") { writer in
        writer.member("protocol", NativeProtocol.version)
        writer.member("version", version)
        writer.member("pid", pid)
        writer.member("generation", generation)
      }
    }
    return writer.bytes + [0x0a]
  }
}

/// A line of an answer: rows as they stand, or the end.
public struct NativeReply: Hashable, Sendable {
  public var id: UInt64 = 0
  /// False in the last line.
  public var more = false
  /// Each row as JSON, to be read by `RowReader` or passed on.
  public var data: [ArraySlice<UInt8>] = []
  public var exit: Int32 = 0
  public var generation: UInt64?
  public var summary: Summary?
  public var warnings: [Diagnostic] = []
  public var errors: [Diagnostic] = []
}

extension NativeAnswer {
  /// Total over any bytes; an empty line is a sign of life too.
  public init(decoding line: ArraySlice<UInt8>) throws(JSONError) {
    guard !line.isEmpty else {
      self = .ping
      return
    }
    // The clock does not matter: findings and summaries carry no time.
    let rows = RowReader(clock: WallClock(now: .start, wall: 0))
    var reader = try JSONReader(line)
    var reply = NativeReply()
    var hello: NativeHello?
    var (isEvent, isPing) = (false, false)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "schema": isEvent = try reader.string() == "mcast.event/1"
      case "ping": isPing = true
      case "hello": hello = try NativeAnswer.hello(&reader)
      case "id": reply.id = try reader.integer()
      case "more": reply.more = try reader.bool()
      case "data":
        try reader.elements { (reader) throws(JSONError) in reply.data.append(try reader.raw()) }
      case "exit": reply.exit = try reader.integer()
      case "generation": reply.generation = try reader.integer()
      case "summary": reply.summary = try rows.summary(try reader.raw())
      case "warnings":
        try reader.elements { (reader) throws(JSONError) in
          reply.warnings.append(try rows.diagnostic(try reader.raw()))
        }
      case "errors":
        try reader.elements { (reader) throws(JSONError) in
          reply.errors.append(try rows.diagnostic(try reader.raw()))
        }
      default: try reader.skip()
      }
    }
    try reader.finish()
    self = isEvent ? .event(line) : isPing ? .ping : hello.map { .hello($0) } ?? .reply(reply)
  }

  private static func hello(_ reader: inout JSONReader) throws(JSONError) -> NativeHello {
    var hello = NativeHello(version: "", pid: 0, generation: 0)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "version": hello.version = try reader.string()
      case "pid": hello.pid = try reader.integer()
      case "generation": hello.generation = try reader.integer()
      default: try reader.skip()
      }
    }
    return hello
  }
}
