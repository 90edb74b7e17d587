/// Any `Encodable` value as JSON, its keys in the order in which it encodes them.
///
/// The library's encoder would bring half of the program's size with it, for recordings alone.
enum JSONTree {
  static func bytes(of value: some Encodable) throws -> [UInt8] {
    var writer = JSONWriter()
    try Node(encoding: value, path: []).write(to: &writer)
    return writer.bytes
  }
}

/// A value that is being put together: containers fill it after they were handed out.
private final class Node {
  enum Content {
    case null
    case string(String)
    case bool(Bool)
    case number(Double)
    case integer(Int64)
    case unsigned(UInt64)
    case array([Node])
    case object([(key: String, value: Node)])
  }

  var content: Content

  init(_ content: Content) { self.content = content }

  init(encoding value: some Encodable, path: [any CodingKey]) throws {
    content = .object([])
    try value.encode(to: TreeEncoder(node: self, codingPath: path))
  }

  func append(_ value: Node) {
    if case .array(var values) = content {
      content = .null
      values.append(value)
      content = .array(values)
    }
  }

  /// A key is encoded once; a second time would be a defect of the type, and both would be seen.
  func add(_ value: Node, under key: String) {
    if case .object(var members) = content {
      content = .null
      members.append((key, value))
      content = .object(members)
    }
  }

  func write(to writer: inout JSONWriter) {
    switch content {
    case .null: writer.null()
    case .string(let value): writer.string(value)
    case .bool(let value): writer.bool(value)
    case .number(let value): writer.number(value)
    case .integer(let value): writer.integer(value)
    case .unsigned(let value): writer.integer(value)
    case .array(let values): writer.array { for value in values { value.write(to: &$0) } }
    case .object(let members):
      writer.object {
        for member in members {
          $0.key(member.key)
          member.value.write(to: &$0)
        }
      }
    }
  }
}

private struct TreeEncoder: Encoder {
  let node: Node
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(ObjectContainer(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.content = .array([])
    return ArrayContainer(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    ScalarContainer(node: node, codingPath: codingPath)
  }
}

private struct ObjectContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: Node
  let codingPath: [any CodingKey]

  private func put(_ content: Node.Content, _ key: some CodingKey) {
    node.add(Node(content), under: key.stringValue)
  }

  private func nested(_ content: Node.Content, _ key: some CodingKey) -> Node {
    let child = Node(content)
    node.add(child, under: key.stringValue)
    return child
  }

  func encodeNil(forKey key: Key) { put(.null, key) }
  func encode(_ value: String, forKey key: Key) { put(.string(value), key) }
  func encode(_ value: Bool, forKey key: Key) { put(.bool(value), key) }
  func encode(_ value: Double, forKey key: Key) { put(.number(value), key) }
  func encode(_ value: Float, forKey key: Key) { put(.number(Double(value)), key) }
  func encode(_ value: Int, forKey key: Key) { put(.integer(Int64(value)), key) }
  func encode(_ value: Int8, forKey key: Key) { put(.integer(Int64(value)), key) }
  func encode(_ value: Int16, forKey key: Key) { put(.integer(Int64(value)), key) }
  func encode(_ value: Int32, forKey key: Key) { put(.integer(Int64(value)), key) }
  func encode(_ value: Int64, forKey key: Key) { put(.integer(Int64(value)), key) }
  func encode(_ value: UInt, forKey key: Key) { put(.unsigned(UInt64(value)), key) }
  func encode(_ value: UInt8, forKey key: Key) { put(.unsigned(UInt64(value)), key) }
  func encode(_ value: UInt16, forKey key: Key) { put(.unsigned(UInt64(value)), key) }
  func encode(_ value: UInt32, forKey key: Key) { put(.unsigned(UInt64(value)), key) }
  func encode(_ value: UInt64, forKey key: Key) { put(.unsigned(UInt64(value)), key) }
  func encode(_ value: some Encodable, forKey key: Key) throws {
    node.add(try Node(encoding: value, path: codingPath + [key]), under: key.stringValue)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    KeyedEncodingContainer(
      ObjectContainer<Nested>(node: nested(.object([]), key), codingPath: codingPath + [key]))
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    ArrayContainer(node: nested(.array([]), key), codingPath: codingPath + [key])
  }

  func superEncoder() -> any Encoder {
    TreeEncoder(node: nested(.object([]), SuperKey()), codingPath: codingPath)
  }

  func superEncoder(forKey key: Key) -> any Encoder {
    TreeEncoder(node: nested(.object([]), key), codingPath: codingPath + [key])
  }
}

private struct SuperKey: CodingKey {
  var stringValue: String { "super" }
  var intValue: Int? { nil }
  init() {}
  init?(stringValue: String) { nil }
  init?(intValue: Int) { nil }
}

private struct ArrayContainer: UnkeyedEncodingContainer {
  let node: Node
  let codingPath: [any CodingKey]
  var count: Int { if case .array(let values) = node.content { values.count } else { 0 } }

  private func put(_ content: Node.Content) { node.append(Node(content)) }

  private func nested(_ content: Node.Content) -> Node {
    let child = Node(content)
    node.append(child)
    return child
  }

  func encodeNil() { put(.null) }
  func encode(_ value: String) { put(.string(value)) }
  func encode(_ value: Bool) { put(.bool(value)) }
  func encode(_ value: Double) { put(.number(value)) }
  func encode(_ value: Float) { put(.number(Double(value))) }
  func encode(_ value: Int) { put(.integer(Int64(value))) }
  func encode(_ value: Int8) { put(.integer(Int64(value))) }
  func encode(_ value: Int16) { put(.integer(Int64(value))) }
  func encode(_ value: Int32) { put(.integer(Int64(value))) }
  func encode(_ value: Int64) { put(.integer(Int64(value))) }
  func encode(_ value: UInt) { put(.unsigned(UInt64(value))) }
  func encode(_ value: UInt8) { put(.unsigned(UInt64(value))) }
  func encode(_ value: UInt16) { put(.unsigned(UInt64(value))) }
  func encode(_ value: UInt32) { put(.unsigned(UInt64(value))) }
  func encode(_ value: UInt64) { put(.unsigned(UInt64(value))) }
  func encode(_ value: some Encodable) throws { node.append(try Node(encoding: value, path: codingPath)) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    KeyedEncodingContainer(ObjectContainer<Nested>(node: nested(.object([])), codingPath: codingPath))
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    ArrayContainer(node: nested(.array([])), codingPath: codingPath)
  }

  func superEncoder() -> any Encoder { TreeEncoder(node: nested(.object([])), codingPath: codingPath) }
}

private struct ScalarContainer: SingleValueEncodingContainer {
  let node: Node
  let codingPath: [any CodingKey]

  private func put(_ content: Node.Content) { node.content = content }

  func encodeNil() { put(.null) }
  func encode(_ value: String) { put(.string(value)) }
  func encode(_ value: Bool) { put(.bool(value)) }
  func encode(_ value: Double) { put(.number(value)) }
  func encode(_ value: Float) { put(.number(Double(value))) }
  func encode(_ value: Int) { put(.integer(Int64(value))) }
  func encode(_ value: Int8) { put(.integer(Int64(value))) }
  func encode(_ value: Int16) { put(.integer(Int64(value))) }
  func encode(_ value: Int32) { put(.integer(Int64(value))) }
  func encode(_ value: Int64) { put(.integer(Int64(value))) }
  func encode(_ value: UInt) { put(.unsigned(UInt64(value))) }
  func encode(_ value: UInt8) { put(.unsigned(UInt64(value))) }
  func encode(_ value: UInt16) { put(.unsigned(UInt64(value))) }
  func encode(_ value: UInt32) { put(.unsigned(UInt64(value))) }
  func encode(_ value: UInt64) { put(.unsigned(UInt64(value))) }
  func encode(_ value: some Encodable) throws {
    try value.encode(to: TreeEncoder(node: node, codingPath: codingPath))
  }
}
