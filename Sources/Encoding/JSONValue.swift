/// A JSON value as a tree: for what is small, such as the arguments of a request.
public enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The text of a string; nil for anything else.
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// A whole number; nil for anything else.
  public var integer: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }

  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The strings of an array that holds nothing else; nil for anything else.
  public var strings: [String]? {
    guard case .array(let values) = self else { return nil }
    let texts = values.compactMap(\.string)
    return texts.count == values.count ? texts : nil
  }
}

extension JSONReader {
  /// Reads the next value as a tree.
  public mutating func value() throws(JSONError) -> JSONValue {
    switch try kind() {
    case .null:
      try null()
      return .null
    case .bool: return .bool(try bool())
    case .string: return .string(try string())
    case .number:
      var copy = self
      if let whole = try? copy.integer(Int64.self) {
        self = copy
        return .integer(whole)
      }
      return .number(try number())
    case .array:
      var values: [JSONValue] = []
      try elements { (reader) throws(JSONError) in values.append(try reader.value()) }
      return .array(values)
    case .object: return .object(try object())
    }
  }

  /// Reads the next value, which must be an object, as a tree.
  public mutating func object() throws(JSONError) -> [String: JSONValue] {
    var values: [String: JSONValue] = [:]
    try members { (key, reader) throws(JSONError) in values[key] = try reader.value() }
    return values
  }
}

extension JSONWriter {
  /// Writes a tree; the members of objects in the order of their keys.
  public mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .bool(let value): bool(value)
    case .integer(let value): integer(value)
    case .number(let value): number(value)
    case .string(let text): string(text)
    case .array(let values): array { writer in for value in values { writer.value(value) } }
    case .object(let members):
      object { writer in
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
          writer.key(key)
          writer.value(value)
        }
      }
    }
  }
}
