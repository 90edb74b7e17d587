import Addressing
public import Control
public import Diagnostics
import Timing

/// Events and findings.
extension RowReader {
  /// Reads an event.
  public func notice(_ json: ArraySlice<UInt8>) throws(JSONError) -> Notice {
    var reader = try JSONReader(json)
    var (kind, change, level) = (Notice.Kind?.none, Notice.Change?.none, Notice.Level?.none)
    var (source, group, iif, table) = (String?.none, String?.none, "", UInt32(0))
    var oifs: [String] = []
    var notice = Notice(sequence: 0, at: clock.now, kind: .route, change: .change, level: .info, subject: "")
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "time": notice.at = try time(&reader)
      case "seq": notice.sequence = try reader.integer()
      case "kind": kind = try reader.word(Notice.Kind.self)
      case "change": change = try reader.word(Notice.Change.self)
      case "level": level = try reader.word(Notice.Level.self)
      case "subject": notice.subject = try reader.string()
      case "before": notice.before = try reader.string()
      case "after": notice.after = try reader.string()
      case "detail": notice.detail = try reader.string()
      case "code": notice.code = Code(text: try reader.string())
      case "hint": notice.hint = try reader.string()
      case "source": source = try reader.string()
      case "group": group = try reader.string()
      case "iif": iif = try reader.string()
      case "oifs": oifs = try reader.strings()
      case "table": table = try reader.integer()
      case "interface": notice.interface = try reader.string()
      case "address": notice.address = try reader.string()
      default: try reader.skip()
      }
    }
    notice.kind = try required(kind, "kind")
    notice.change = try required(change, "change")
    notice.level = try required(level, "level")
    if let source, let group {
      notice.route = Notice.RouteFacts(
        source: source, group: group, inbound: iif, outbound: oifs, table: table)
    } else {
      notice.group = group
    }
    return notice
  }

  /// Reads a finding.
  public func diagnostic(_ json: ArraySlice<UInt8>) throws(JSONError) -> Diagnostic {
    var reader = try JSONReader(json)
    var (code, message) = (Code?.none, String?.none)
    var result = Diagnostic(.error, .internalDefect, "")
    var (file, line, column, length) = (String?.none, Int32(0), Int32(1), Int32(1))
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "severity": result.severity = try reader.word(Diagnostic.Severity.self)
      case "code": code = Code(text: try reader.string())
      case "message": message = try reader.string()
      case "file": file = try reader.string()
      case "line": line = try reader.integer()
      case "column": column = try reader.integer()
      case "length": length = try reader.integer()
      case "sourceLine": result.sourceLine = try reader.string()
      case "hint": result.hint = try reader.string()
      default: try reader.skip()
      }
    }
    result.code = try required(code, "code")
    result.message = try required(message, "message")
    if let file {
      result.location = SourceLocation(
        file: file, line: Int(line), column: Int(column), length: Int(length))
    }
    return result
  }
}

/// Parts of rows.
extension RowReader {
  func required<T>(_ value: T?, _ key: String) throws(JSONError) -> T {
    guard let value else { throw .missing(key) }
    return value
  }

  func rule(_ reader: inout JSONReader) throws(JSONError) -> RuleReference {
    var rule = RuleReference(file: "", line: 0)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "file": rule.file = try reader.string()
      case "line": rule.line = try reader.integer()
      default: try reader.skip()
      }
    }
    return rule
  }

  func time(_ reader: inout JSONReader) throws(JSONError) -> Instant {
    guard let instant = clock.instant(try reader.string()) else { throw .missing("a time in RFC 3339") }
    return instant
  }

  func ago(_ reader: inout JSONReader) throws(JSONError) -> Instant {
    let seconds = try reader.number()
    let milliseconds = (min(max(0, seconds), 1e9) * 1000).rounded()
    return clock.now + .milliseconds(-Int64(milliseconds))
  }
}

extension JSONReader {
  /// A string that is one of an enumeration's words.
  mutating func word<T: RawRepresentable<String>>(_ type: T.Type) throws(JSONError) -> T {
    let text = try string()
    guard let value = T(rawValue: text) else { throw .unexpected("a word other than \"\(text)\"", at: 0) }
    return value
  }

  mutating func strings() throws(JSONError) -> [String] {
    var values: [String] = []
    try elements { (reader) throws(JSONError) in values.append(try reader.string()) }
    return values
  }

  mutating func address() throws(JSONError) -> Address {
    let text = try string()
    guard let address = Address(text) else { throw .unexpected("an address", at: 0) }
    return address
  }
}
