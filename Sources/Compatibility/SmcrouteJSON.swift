import Control

/// The objects of `smcroutectl -j` (2.6), one for each row.
enum SmcrouteJSON {
  static func route(_ source: String?, _ group: String, _ inbound: String, _ outbound: [String]) -> [UInt8] {
    var object = Object()
    object.member("source", source)
    object.member("group", group)
    object.member("iif", inbound)
    object.list("oifs", outbound)
    return object.closed
  }

  static func group(_ source: String?, _ group: String, _ interface: String) -> [UInt8] {
    var object = Object()
    object.member("source", source)
    object.member("group", group)
    object.member("iif", interface)
    return object.closed
  }

  static func interface(_ link: LinkRow) -> [UInt8] {
    var object = Object()
    object.number("index", Int(link.index))
    object.member("name", link.name)
    object.number("vif", link.vif4.map { Int($0) })
    object.number("mif", link.vif6.map { Int($0) })
    return object.closed
  }

  /// A route or a join that waits; nil `outbound` for a join.
  static func pending(_ inbound: String, _ source: String?, _ group: String, _ outbound: [String]?) -> [UInt8]
  {
    var object = Object()
    object.member("kind", outbound == nil ? "mgroup" : "mroute")
    object.member("iif", inbound)
    object.member("source", source)
    object.member("group", group)
    if let outbound { object.list("oifs", outbound) }
    return object.closed
  }

  /// An object in the making, without blanks.
  private struct Object {
    private var bytes: [UInt8] = []

    var closed: [UInt8] { bytes + "}".utf8 }

    mutating func member(_ key: String, _ value: String?) {
      begin(key)
      guard let value else { return text("null") }
      string(value)
    }

    mutating func number(_ key: String, _ value: Int?) {
      begin(key)
      text(value.map { "\($0)" } ?? "null")
    }

    mutating func list(_ key: String, _ values: [String]) {
      begin(key)
      text("[")
      for (index, value) in values.enumerated() {
        if index > 0 { text(",") }
        string(value)
      }
      text("]")
    }

    private mutating func begin(_ key: String) {
      text(bytes.isEmpty ? "{" : ",")
      string(key)
      text(":")
    }

    private mutating func text(_ text: String) { bytes += text.utf8 }

    private mutating func string(_ value: String) {
      text("\"")
      for byte in value.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0..<0x20, 0x7f:
          text("\\u00")
          for digit in [byte >> 4, byte & 0xf] { bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
        default: bytes.append(byte)
        }
      }
      text("\"")
    }
  }
}
