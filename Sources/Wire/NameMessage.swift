public import Addressing

/// A question to a name server and its answer (RFC 1035 4), as far as names and IPv4 addresses need it.
public enum NameMessage {
  /// What is asked.
  public enum Question: Hashable, Sendable {
    /// The name of an address.
    case name(Address)
    /// The addresses of a name.
    case addresses(String)

    var type: UInt16 { if case .name = self { 12 } else { 1 } }
  }

  /// The message that asks; nil for a name that cannot be asked for.
  public static func encoded(_ question: Question, number: UInt16) -> [UInt8]? {
    var writer = Writer()
    for word: UInt16 in [number, 0x0100, 1, 0, 0, 0] { writer.u16(word) }
    let labels: [Substring]
    let name: String
    switch question {
    case .name(let address):
      let bits = address.ipv4 ?? 0
      name = "\(bits & 0xff).\(bits >> 8 & 0xff).\(bits >> 16 & 0xff).\(bits >> 24).in-addr.arpa"
    case .addresses(let text): name = text.hasSuffix(".") ? String(text.dropLast()) : text
    }
    labels = name.split(separator: ".", omittingEmptySubsequences: false)
    guard name.utf8.count <= 253, labels.allSatisfy({ (1...63).contains($0.utf8.count) }) else { return nil }
    for label in labels {
      writer.u8(UInt8(truncatingIfNeeded: label.utf8.count))
      writer.append(contentsOf: label.utf8)
    }
    writer.u8(0)
    writer.u16(question.type)
    writer.u16(1)
    return writer.bytes
  }

  /// What an answer says: names or addresses as text; nil when it answers another question.
  ///
  /// A server that knows nothing gives an empty list.
  public static func answers(
    _ bytes: Span<UInt8>, to question: Question, number: UInt16
  ) throws(WireError) -> [String]? {
    var reader = Reader(bytes)
    guard try reader.u16() == number, try reader.u16() & 0x8000 != 0 else { return nil }
    let questions = try reader.u16()
    let count = try reader.u16()
    try reader.skip(4)
    for _ in 0..<questions {
      _ = try name(bytes, at: reader.position, &reader)
      try reader.skip(4)
    }
    var found: [String] = []
    for _ in 0..<count {
      _ = try name(bytes, at: reader.position, &reader)
      let type = try reader.u16()
      try reader.skip(6)
      let length = Int(try reader.u16())
      let start = reader.position
      var content = Reader(try reader.take(length))
      guard type == question.type, found.count < 16 else { continue }
      if type == 1 {
        found.append(try content.ipv4().description)
      } else {
        var whole = Reader(bytes)
        try whole.skip(start)
        found.append(try name(bytes, at: start, &whole))
      }
    }
    return found
  }

  /// A name with the places that it points to, each before the one that points there.
  private static func name(
    _ bytes: Span<UInt8>, at start: Int, _ reader: inout Reader
  ) throws(WireError) -> String {
    var labels: [String] = []
    var limit = start
    var inside = Reader(bytes)
    try inside.skip(start)
    var end: Int?
    while true {
      let length = try inside.u8()
      if length == 0 { break }
      if length >= 0xc0 {
        let low = try inside.u8()
        if end == nil { end = inside.position }
        let place = Int(length & 0x3f) << 8 | Int(low)
        // Only backward, so that it ends.
        guard place < limit else { throw .length }
        limit = place
        inside = Reader(bytes)
        try inside.skip(place)
        continue
      }
      guard length < 64, labels.count < 128 else { throw .length }
      var label = Reader(try inside.take(Int(length)))
      var text: [UInt8] = []
      while label.remaining > 0 { text.append(try label.u8()) }
      labels.append(String(decoding: text, as: UTF8.self))
    }
    try reader.skip((end ?? inside.position) - reader.position)
    return labels.joined(separator: ".")
  }
}
