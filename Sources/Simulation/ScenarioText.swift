import Addressing
public import Diagnostics
import Timing

/// The text form: one statement a line, `#` begins a comment.
extension Scenario {
  public var text: String {
    let times = [settling.told, settling.silent, settling.lossy].map(Scenario.text)
    var lines = ["seed \(seed)", "settle \(times.joined(separator: " "))"]
    lines += ["prunes \(Scenario.text(pruning))", "travel \(Scenario.text(travel))"]
    lines.append("until \(Scenario.text(end - .start))")
    if !servesMembers { lines.append("members unchecked") }
    if judgesWaste { lines.append("waste checked") }
    for segment in segments { lines.append("segment \(segment.name) \(Scenario.text(segment.latency))") }
    for node in nodes {
      let kind = node.isRouter ? "router" : "host"
      lines.append(([kind, node.name] + node.segments).joined(separator: " "))
      if node.skew != 0 || node.offset != .zero {
        lines.append("skew \(node.name) \(node.skew) \(Scenario.text(node.offset))")
      }
      if node.version != 3 { lines.append("version \(node.name) \(node.version)") }
      for defect in node.defects.sorted() { lines.append("defect \(node.name) \(defect.rawValue)") }
      for statement in node.statements { lines.append("config \(node.name) \(statement)") }
    }
    for boundary in boundaries { lines.append("boundary \(boundary.segment) \(boundary.groups)") }
    for event in events { lines.append("at \(Scenario.text(event.at - .start)) \(event.what.text)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Reads the text form.
  public init(parsing text: String, named file: String = "<scenario>") throws(Diagnostic) {
    self.init()
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let body = line.prefix { $0 != "#" }
      var words = Words(rest: body.split { $0 == " " || $0 == "\t" }.map(String.init)[...])
      guard let first = words.next() else { continue }
      do throws(ScenarioFault) {
        try read(first, &words)
      } catch {
        throw Diagnostic(
          .error, .expected, error.text, at: SourceLocation(file: file, line: number),
          sourceLine: String(line))
      }
    }
    try judge(file)
  }

  private func judge(_ file: String) throws(Diagnostic) {
    let known = Set(segments.map(\.name))
    let names = Set(nodes.map(\.name))
    func fault(_ text: String) -> Diagnostic {
      Diagnostic(.error, .expected, text, at: SourceLocation(file: file, line: 0))
    }
    guard known.count == segments.count else { throw fault("two segments have one name") }
    guard names.count == nodes.count else { throw fault("two nodes have one name") }
    let routers = nodes.count { $0.isRouter }
    guard routers <= 64 else { throw fault("there are more than 64 routers") }
    for node in nodes {
      for segment in node.segments where !known.contains(segment) {
        throw fault("\(node.name) is on \(segment), and there is no such segment")
      }
    }
    for event in events where !names.contains(where: { event.what.names(node: $0) }) {
      if case .partition(let nodes) = event.what, nodes.allSatisfy(names.contains) { continue }
      guard known.contains(where: { event.what.names(segment: $0) }) else {
        throw fault("\"\(event.what.text)\" names nothing that there is")
      }
    }
  }

  private mutating func read(_ first: String, _ words: inout Words) throws(ScenarioFault) {
    switch first {
    case "seed": seed = UInt64(clamping: try words.number())
    case "settle":
      settling = Settling(try words.duration())
      if !words.isAtEnd {
        settling.silent = try words.duration()
        settling.lossy = try words.duration()
      }
    case "prunes": pruning = try words.duration()
    case "travel": travel = try words.duration()
    case "until": end = .start + (try words.duration())
    case "members":
      guard words.next() == "unchecked" else { throw ScenarioFault("the word is \"unchecked\"") }
      servesMembers = false
    case "waste":
      guard words.next() == "checked" else { throw ScenarioFault("the word is \"checked\"") }
      judgesWaste = true
    case "segment":
      let name = try words.word("a name")
      let latency = words.isAtEnd ? Duration.milliseconds(1) : try words.duration()
      segments.append(Segment(name, latency: latency))
    case "router", "host":
      let name = try words.word("a name")
      nodes.append(Node(name, isRouter: first == "router", on: Array(words.takeRest())))
    case "skew":
      let index = try node(&words)
      nodes[index].skew = Int64(try words.number())
      if !words.isAtEnd { nodes[index].offset = try words.duration() }
    case "version":
      let index = try node(&words)
      let number = try words.number()
      guard (1...3).contains(number) else { throw ScenarioFault("a version is 1, 2 or 3") }
      nodes[index].version = UInt8(number)
    case "defect":
      let index = try node(&words)
      let word = try words.word("a defect")
      guard let defect = Defect(rawValue: word) else {
        let known = Defect.allCases.map(\.rawValue).joined(separator: ", ")
        throw ScenarioFault("\"\(word)\" is no defect; there are \(known)")
      }
      nodes[index].defects.insert(defect)
    case "config":
      let index = try node(&words)
      nodes[index].statements.append(words.takeRest().joined(separator: " "))
    case "boundary":
      let segment = try words.word("a segment")
      boundaries.append(Boundary(segment: segment, groups: try words.prefix()))
    case "at":
      let at = Instant.start + (try words.duration())
      events.append(Event(at, try Happening(parsing: &words)))
    default: throw ScenarioFault("\"\(first)\" begins no statement")
    }
    guard words.isAtEnd else { throw ScenarioFault("\"\(words.rest.first ?? "")\" is one word too many") }
  }

  private func node(_ words: inout Words) throws(ScenarioFault) -> Int {
    let name = try words.word("a node")
    guard let index = nodes.firstIndex(where: { $0.name == name }) else {
      throw ScenarioFault("there is no node \(name) yet")
    }
    return index
  }

  /// `90s`, `1500ms`: the largest unit that holds it whole.
  static func text(_ duration: Duration) -> String {
    let milliseconds = duration.milliseconds
    for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
    where milliseconds != 0 && milliseconds % size == 0 {
      return "\(milliseconds / size)\(unit)"
    }
    return "\(milliseconds)ms"
  }
}

extension Scenario {
  /// `90s`, `5m`.
  public static func duration(_ text: String) throws(Diagnostic) -> Duration {
    var words = Words(rest: [text])
    do throws(ScenarioFault) {
      return try words.duration()
    } catch {
      throw Diagnostic(.error, .expected, error.text)
    }
  }
}

struct ScenarioFault: Error {
  var text: String
  init(_ text: String) { self.text = text }
}

/// The words of one line, taken from the front.
struct Words {
  var rest: ArraySlice<String>

  var isAtEnd: Bool { rest.isEmpty }
  mutating func next() -> String? { rest.popFirst() }

  mutating func takeRest() -> ArraySlice<String> {
    defer { rest = [] }
    return rest
  }

  mutating func word(_ what: String) throws(ScenarioFault) -> String {
    guard let word = rest.popFirst() else { throw ScenarioFault("\(what) is missing") }
    return word
  }

  mutating func number() throws(ScenarioFault) -> Int {
    let word = try word("a number")
    guard let number = Int(word) else { throw ScenarioFault("\"\(word)\" is no number") }
    return number
  }

  mutating func address() throws(ScenarioFault) -> Address {
    let word = try word("an address")
    guard let address = Address(word) else { throw ScenarioFault("\"\(word)\" is no address") }
    return address
  }

  mutating func prefix() throws(ScenarioFault) -> Prefix {
    let word = try word("a prefix")
    guard let prefix = Prefix(word) else { throw ScenarioFault("\"\(word)\" is no prefix") }
    return prefix
  }

  mutating func duration() throws(ScenarioFault) -> Duration {
    let word = try word("a time")
    let digits = word.prefix { $0.isNumber }
    let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
    guard let number = Int64(digits), number < 1 << 40, let unit = units[String(word.dropFirst(digits.count))]
    else { throw ScenarioFault("\"\(word)\" is no time like 20ms, 5s, 3m or 2h") }
    return .milliseconds(number * unit)
  }
}
