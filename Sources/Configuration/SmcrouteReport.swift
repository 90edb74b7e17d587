public import Diagnostics

/// What SMCRoute makes of a finding.
public enum SmcrouteGrade: Hashable, Sendable, CaseIterable {
  /// The line is skipped, and at the end of its file a line says that there is an error in it.
  case hard
  /// The line, or a word of it, is skipped.
  case soft
  /// SMCRoute says it as a notice, or passes over it without a word.
  case notice
  case info

  /// Whether the verification of a file fails by it.
  public var isWarning: Bool { self == .hard || self == .soft }
}

extension Diagnostic {
  /// What SMCRoute makes of this finding in its file.
  public var smcrouteGrade: SmcrouteGrade {
    switch (severity, code) {
    case (.note, .inboundIsOutbound), (.note, .includeEmpty): .info
    case (.note, _): .notice
    case (_, .incompleteLine), (_, .interfaceDisabled): .hard
    case (.error, _), (.warning, _): .soft
    }
  }

  /// The finding as SMCRoute writes it: `FILE line N: TEXT`.
  public var smcrouteText: String {
    (location.map { "\($0.file) line \($0.line): \(message)" } ?? message).escapingControls
  }
}

/// A line that SMCRoute writes to its log, or on standard output when it verifies a file.
public struct SmcrouteLine: Hashable, Sendable {
  public var grade: SmcrouteGrade
  public var text: String

  public init(_ grade: SmcrouteGrade, _ text: String) {
    self.grade = grade
    self.text = text
  }
}

/// The findings as SMCRoute writes them, each file's ended by `Parse error in FILE` where one is hard.
///
/// - Parameter isVerifying: every warning counts as a hard one then.
public func smcrouteLines(_ findings: [Diagnostic], isVerifying: Bool = false) -> [SmcrouteLine] {
  var last: [String: Int] = [:]
  var faulty: Set<String> = []
  for (index, finding) in findings.enumerated() {
    guard let file = finding.location?.file else { continue }
    last[file] = index
    let grade = finding.smcrouteGrade
    if isVerifying ? grade.isWarning : grade == .hard { faulty.insert(file) }
  }
  var lines: [SmcrouteLine] = []
  for (index, finding) in findings.enumerated() {
    lines.append(SmcrouteLine(finding.smcrouteGrade, finding.smcrouteText))
    if let file = finding.location?.file, last[file] == index, faulty.contains(file) {
      lines.append(SmcrouteLine(.hard, "Parse error in \(file)".escapingControls))
    }
  }
  return lines
}

/// What `smcrouted -F` says of a file.
public struct SmcrouteVerification: Hashable, Sendable {
  public var lines: [SmcrouteLine]
  /// 0, or 78 when there was a warning.
  public var exitStatus: Int32
}

/// All that is found in a file where these interfaces are, in the order of its lines.
///
/// - Parameter present: the interfaces of this machine.
public func findings(in parsed: ParsedConfiguration, present: [String]?) -> [Diagnostic] {
  var order: [String: Int] = [:]
  for (number, name) in parsed.files.enumerated() where order[name] == nil { order[name] = number }
  func place(_ finding: Diagnostic) -> (Int, Int32, Int32) {
    guard let location = finding.location else { return (-1, 0, 0) }
    return (order[location.file] ?? 0, location.line, location.column)
  }
  return (parsed.diagnostics + (present.map { judge(parsed, present: $0) } ?? [])).enumerated().sorted {
    let (a, b) = (place($0.element), place($1.element))
    return a == b ? $0.offset < $1.offset : a < b
  }.map(\.element)
}

/// Judges a file as `smcrouted -F`: all its findings, and the interfaces that it names and that are not
/// there.
///
/// An interface that is there needs no `phyint` line.
///
/// - Parameter present: the interfaces of this machine; nil: not known, and none is called absent.
public func verifySmcroute(_ parsed: ParsedConfiguration, present: [String]?) -> SmcrouteVerification {
  let findings = findings(in: parsed, present: present)
  var lines = [SmcrouteLine(.info, "Verifying configuration file \(parsed.configuration.file) ...")]
  lines += smcrouteLines(findings, isVerifying: true)
  if parsed.suppressed > 0 {
    lines.append(SmcrouteLine(.notice, "and \(parsed.suppressed) findings more"))
  }
  let fails = findings.contains { $0.smcrouteGrade.isWarning }
  return SmcrouteVerification(lines: lines, exitStatus: fails ? 78 : 0)
}
