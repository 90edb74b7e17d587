import Encoding
import FoundationEssentials

/// Judges JSON by the shipped schema files: the part of JSON Schema that they use, and one rule more.
///
/// A key that the schema does not name is a finding, so that no output goes undocumented.
public struct Schema {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "schema")

  /// The names of the shipped files.
  public static var names: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }
  }

  private let root: JSONValue

  public init(_ name: String) throws {
    let bytes = try Data(contentsOf: Schema.folder.appending(path: "\(name).json"))
    var reader = try JSONReader(Array(bytes))
    root = try reader.value()
    try reader.finish()
  }

  /// What is against the schema, each with its place; empty when nothing is.
  ///
  /// The object says by its own `schema` which file judges it.
  public static func findings(_ json: String) throws -> [String] {
    var reader = try JSONReader(Array(json.utf8))
    let value = try reader.value()
    try reader.finish()
    guard case .object(let members) = value, let name = members["schema"]?.string, name.hasPrefix("mcast."),
      name.hasSuffix("/1")
    else { return ["no schema is named"] }
    let schema = try Schema(String(name.dropFirst(6).dropLast(2)))
    return try schema.findings(value, schema.root, at: "")
  }

  private func findings(_ value: JSONValue, _ schema: JSONValue, at place: String) throws -> [String] {
    guard case .object(let rules) = schema else { return ["\(place): the schema is no object"] }
    if let reference = rules["$ref"]?.string {
      let other = try Schema(reference.replacing(".json", with: ""))
      return try other.findings(value, other.root, at: place)
    }
    var found: [String] = []
    for rule in rules.keys.sorted() {
      switch rule {
      case "type":
        if !Schema.matches(value, rules[rule]?.string) {
          found.append("\(place): not \(rules[rule] ?? .null)")
        }
      case "const": if value != rules[rule] { found.append("\(place): not \(rules[rule] ?? .null)") }
      case "enum":
        if case .array(let values)? = rules[rule], !values.contains(value) {
          found.append("\(place): \(value) is not one of them")
        }
      case "pattern", "format": found += Schema.text(value, rules, rule, place)
      case "minimum": if case .integer(let number) = value, number < 0 { found.append("\(place): below 0") }
      case "properties", "required": break
      case "items":
        guard case .array(let elements) = value, let items = rules[rule] else { break }
        for (index, element) in elements.enumerated() {
          found += try findings(element, items, at: "\(place)[\(index)]")
        }
      case "$schema", "$id", "title", "description": break
      default: found.append("\(place): the rule \(rule) is not known")
      }
    }
    return found + (try members(value, rules, place))
  }

  private func members(_ value: JSONValue, _ rules: [String: JSONValue], _ place: String) throws -> [String] {
    guard case .object(let members) = value, case .object(let properties)? = rules["properties"] else {
      return []
    }
    var found = (rules["required"]?.strings ?? []).filter { members[$0] == nil }.map {
      "\(place): \($0) is missing"
    }
    for (key, member) in members.sorted(by: { $0.key < $1.key }) {
      guard let property = properties[key] else {
        found.append("\(place).\(key): not in the schema")
        continue
      }
      found += try findings(member, property, at: "\(place).\(key)")
    }
    return found
  }

  private static func matches(_ value: JSONValue, _ type: String?) -> Bool {
    switch (value, type) {
    case (.string, "string"), (.bool, "boolean"), (.integer, "integer"), (.integer, "number"),
      (.number, "number"),
      (.array, "array"), (.object, "object"):
      true
    default: false
    }
  }

  private static func text(
    _ value: JSONValue, _ rules: [String: JSONValue], _ rule: String, _ place: String
  ) -> [String] {
    guard let text = value.string, let wanted = rules[rule]?.string else { return [] }
    let matches =
      switch wanted {
      case "date-time": text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil
      case "^MC[0-9]{4}$": text.wholeMatch(of: /MC[0-9]{4}/) != nil
      default: false
      }
    return matches ? [] : ["\(place): \"\(text)\" is no \(wanted)"]
  }
}
