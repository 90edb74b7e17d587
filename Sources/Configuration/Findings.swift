import Diagnostics

/// Collects what is found in the texts of one configuration, in file order, without growing for ever.
struct Findings {
  /// Findings of one severity that are kept; the rest is counted.
  var kept = 100

  /// A text that findings can point into.
  struct Text {
    var name: String
    var bytes: [UInt8]
  }

  private(set) var texts: [Text] = []
  private(set) var suppressed = 0
  private(set) var hasErrors = false
  private var findings: [Diagnostic] = []
  private var counts: [Diagnostic.Severity: Int] = [:]
  private var orders: [String: Int] = [:]

  mutating func open(_ name: String, bytes: [UInt8]) {
    if orders[name] == nil { orders[name] = texts.count }
    texts.append(Text(name: name, bytes: bytes))
  }

  mutating func add(_ finding: Diagnostic) {
    if finding.severity == .error { hasErrors = true }
    let count = counts[finding.severity, default: 0]
    counts[finding.severity] = count + 1
    guard count < kept else {
      suppressed += 1
      return
    }
    findings.append(finding)
  }

  /// Counts a finding of a severity of which no more are kept.
  mutating func count(_ severity: Diagnostic.Severity) {
    if severity == .error { hasErrors = true }
    counts[severity, default: 0] += 1
    suppressed += 1
  }

  /// Errors so far, kept or not.
  var errorCount: Int { counts[.error, default: 0] }

  /// Whether further findings of the severity are counted only; what is dear about them can be left out.
  func isFull(_ severity: Diagnostic.Severity) -> Bool { counts[severity, default: 0] >= kept }

  /// The findings by file, line and column, each with the line that it points into.
  func sorted() -> [Diagnostic] {
    var sorted = findings.enumerated().sorted { left, right in
      let (a, b) = (place(of: left.element), place(of: right.element))
      return a == b ? left.offset < right.offset : a < b
    }.map(\.element)
    var next = 0
    for (order, text) in texts.enumerated() where orders[text.name] == order {
      var lines = LineWalk(bytes: text.bytes)
      while next < sorted.count, place(of: sorted[next]).0 <= order {
        if let location = sorted[next].location, location.file == text.name {
          sorted[next].sourceLine = lines.text(of: Int(location.line))
        }
        next += 1
      }
    }
    return sorted
  }

  /// Findings without a place come first, those in files that were not read last.
  private func place(of finding: Diagnostic) -> (Int, Int32, Int32) {
    guard let location = finding.location else { return (-1, 0, 0) }
    return (orders[location.file] ?? .max, location.line, location.column)
  }
}

/// Finds lines by their number, forward only: one pass for any number of findings.
private struct LineWalk {
  let bytes: [UInt8]
  private var line = 1
  private var start = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// The text of a line at or behind the last one asked for, cut at the longest line; nil outside the text.
  mutating func text(of wanted: Int) -> String? {
    while line < wanted {
      guard let newline = bytes[start...].firstIndex(of: 0x0a) else { return nil }
      (line, start) = (line + 1, newline + 1)
    }
    var end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.count
    if end > start, bytes[end - 1] == 0x0d { end -= 1 }
    return String(decoding: bytes[start..<min(end, start + Lexer.longestLine)], as: UTF8.self)
  }
}
