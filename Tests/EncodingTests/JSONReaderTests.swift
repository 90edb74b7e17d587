import Encoding
import Testing

@Suite("JSON reader")
struct JSONReaderTests {
  private func value(_ text: String) throws -> JSONValue {
    var reader = try JSONReader(Array(text.utf8))
    let value = try reader.value()
    try reader.finish()
    return value
  }

  @Test(
    "Values of every kind are read",
    arguments: [
      ("null", JSONValue.null), (" true ", .bool(true)), ("-0", .integer(0)), ("1.5e2", .number(150)),
      ("9223372036854775807", .integer(.max)), ("\"a\\u00e9\\n\\ud83d\\ude00\"", .string("aé\n😀")),
      ("[1,[],{}]", .array([.integer(1), .array([]), .object([:])])),
      ("{\"a\":{\"b\":[false]}}", .object(["a": .object(["b": .array([.bool(false)])])])),
    ])
  func values(text: String, expected: JSONValue) throws {
    #expect(try value(text) == expected)
  }

  @Test(
    "What two readers could read differently is refused",
    arguments: [
      "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "+1", "1e999", "-1e999", "\"\\ud800\"", "\"\\u0000\"",
      "\"\t\"",
      "{\"a\":1,\"a\":2}", "{\"a\":1 \"b\":2}", "nul", "\"a", "1 2", "{\"\\u0061\":1,\"a\":2}", "NaN", "'a'",
      "\"\\x\"", "[1 2]", "{1:2}", "\u{feff}1",
    ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { _ = try value(text) }
  }

  @Test("NUL and bytes that are not UTF-8 are refused before anything is read")
  func notText() {
    #expect(throws: JSONError.notText) { _ = try JSONReader([0x22, 0x00, 0x22]) }
    #expect(throws: JSONError.notText) { _ = try JSONReader([0x22, 0xc0, 0x80, 0x22]) }
    #expect(throws: JSONError.notText) { _ = try JSONReader([0x22, 0xed, 0xa0, 0x80, 0x22]) }
  }

  @Test("A nesting of 32 is read, one of 33 is refused")
  func depth() throws {
    let deepest = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
    _ = try value(deepest)
    #expect(throws: JSONError.tooDeep) { _ = try value("[\(deepest)]") }
    #expect(throws: JSONError.tooDeep) {
      var reader = try JSONReader(Array(String(repeating: "{\"a\":", count: 1_000).utf8))
      try reader.skip()
    }
  }

  @Test("An object has at most 64 members")
  func members() throws {
    func object(_ count: Int) -> String {
      "{" + (0..<count).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
    }
    _ = try value(object(64))
    #expect(throws: JSONError.tooManyMembers) { _ = try value(object(65)) }
  }

  @Test("Every prefix and every changed byte of a text is read or refused, never more")
  func total() throws {
    let text = Array("{\"id\":1,\"verb\":\"show\",\"args\":{\"a\":[1.5e3,true,null,\"\\u00e9x\"]}}".utf8)
    for end in text.indices {
      #expect(throws: (any Error).self) { _ = try NativeMessage(decoding: text[..<end]) }
    }
    for index in text.indices {
      for byte in [0, 0x22, 0x2c, 0x30, 0x5c, 0x5b, 0x7d, 0x80, 0xff] as [UInt8] {
        var copy = text
        copy[index] = byte
        _ = try? NativeMessage(decoding: copy[...])
      }
    }
  }

  @Test("What the writer writes, the reader reads")
  func roundTrip() throws {
    let value = JSONValue.object([
      "text": .string("a\"\\\u{1}\n\u{7f}é😀"),
      "list": .array([.null, .bool(true), .integer(.min), .number(0.25)]),
    ])
    var writer = JSONWriter()
    writer.value(value)
    #expect(try self.value(String(decoding: writer.bytes, as: UTF8.self)) == value)
  }
}
