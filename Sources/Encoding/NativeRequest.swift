/// The native control protocol, version 1: one JSON object per line, described in `docs/control.md`.
public enum NativeProtocol {
  public static let version = 1
  /// The bytes of a line at most, its newline included, in both directions.
  public static let lineLimit = 65_536
  /// What a line of an answer is filled to before the next one begins.
  static let lineTarget = 49_152
}

/// What a client says in one line.
public enum NativeMessage: Hashable, Sendable {
  case hello(version: Int64)
  case request(NativeRequest)
}

/// A request as it stands in a line.
public struct NativeRequest: Hashable, Sendable {
  /// What is asked for.
  public enum Body: Hashable, Sendable {
    /// A statement or change in the words of the configuration and the command line.
    case line(String)
    case verb(String, object: String?, arguments: [String: JSONValue])
  }

  /// A piece of a text that may be longer than a line; all pieces of one request carry its number.
  public struct Part: Hashable, Sendable {
    public var text: String
    public var isLast: Bool

    public init(text: String, isLast: Bool) {
      self.text = text
      self.isLast = isLast
    }
  }

  /// Chosen by the client; the answer repeats it.
  public var id: UInt64
  public var body: Body
  public var part: Part?

  public init(id: UInt64, _ body: Body, part: Part? = nil) {
    self.id = id
    self.body = body
    self.part = part
  }
}

/// Reading and writing one line.
extension NativeMessage {
  /// Total over any bytes; refuses keys that version 1 does not know, since they may change the meaning.
  public init(decoding line: ArraySlice<UInt8>) throws(JSONError) {
    var reader = try JSONReader(line)
    var fields = RequestFields()
    try reader.members { (key, reader) throws(JSONError) in try fields.read(key, &reader) }
    try reader.finish()
    self = try fields.message()
  }

  /// The line with its newline.
  public var encoded: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      switch self {
      case .hello(let version): writer.object("hello") { $0.member("protocol", version) }
      case .request(let request): request.write(to: &writer)
      }
    }
    return writer.bytes + [0x0a]
  }
}

extension NativeRequest {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("id", id)
    switch body {
    case .line(let line): writer.member("line", line)
    case .verb(let verb, let object, let arguments):
      writer.member("verb", verb)
      writer.member("object", object)
      if !arguments.isEmpty {
        writer.key("args")
        writer.value(.object(arguments))
      }
    }
    guard let part else { return }
    writer.member("part", part.text)
    writer.member("last", part.isLast)
  }

  /// The lines that carry `text` in pieces, each with its newline.
  public static func lines(id: UInt64, _ body: Body, text: String) -> [[UInt8]] {
    let pieces = pieces(of: text)
    return pieces.enumerated().map { index, piece in
      let part = Part(text: piece, isLast: index == pieces.count - 1)
      return NativeMessage.request(NativeRequest(id: id, body, part: part)).encoded
    }
  }

  /// Cuts between characters; no piece grows beyond a line when its control characters are escaped.
  static func pieces(of text: String) -> [String] {
    var pieces: [String] = []
    var start = text.unicodeScalars.startIndex
    let end = text.unicodeScalars.endIndex
    while start < end {
      var stop = text.utf8.index(start, offsetBy: 8_192, limitedBy: end) ?? end
      while stop < end, String.Index(stop, within: text.unicodeScalars) == nil {
        stop = text.utf8.index(before: stop)
      }
      pieces.append(String(text.unicodeScalars[start..<stop]))
      start = stop
    }
    return pieces.isEmpty ? [""] : pieces
  }
}

private struct RequestFields {
  private var id: UInt64?
  private var hello: Int64?
  private var line: String?
  private var verb: String?
  private var object: String?
  private var arguments: [String: JSONValue] = [:]
  private var text: String?
  private var isLast: Bool?

  mutating func read(_ key: String, _ reader: inout JSONReader) throws(JSONError) {
    switch key {
    case "hello": hello = try RequestFields.helloVersion(&reader)
    case "id": id = try reader.integer()
    case "line": line = try reader.string()
    case "verb": verb = try reader.string()
    case "object": object = try reader.string()
    case "args": arguments = try reader.object()
    case "part": text = try reader.string()
    case "last": isLast = try reader.bool()
    default: throw .unexpected("a key other than \"\(key)\"", at: 0)
    }
  }

  private static func helloVersion(_ reader: inout JSONReader) throws(JSONError) -> Int64 {
    var version: Int64?
    try reader.members { (key, reader) throws(JSONError) in
      if key == "protocol" { version = try reader.integer() }
    }
    guard let version else { throw .missing("protocol") }
    return version
  }

  func message() throws(JSONError) -> NativeMessage {
    if let hello { return .hello(version: hello) }
    var part: NativeRequest.Part?
    if let text {
      guard let isLast else { throw .missing("last") }
      part = NativeRequest.Part(text: text, isLast: isLast)
    }
    if let verb {
      guard line == nil else { throw .unexpected("either \"verb\" or \"line\"", at: 0) }
      let body = NativeRequest.Body.verb(verb, object: object, arguments: arguments)
      return .request(NativeRequest(id: id ?? 0, body, part: part))
    }
    guard let line else { throw .missing("verb") }
    return .request(NativeRequest(id: id ?? 0, .line(line), part: part))
  }
}
