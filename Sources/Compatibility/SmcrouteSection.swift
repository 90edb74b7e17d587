import Addressing
import Control

/// A block of a shown table: a heading, and lines that are sorted when all are there.
struct SmcrouteSection: Sendable {
  /// Before the first line.
  var head: [UInt8] = []
  /// Between two lines.
  var separator: [UInt8] = []
  /// Behind the last line.
  var tail: [UInt8] = []
  /// What stands for it without a line; nil: head and tail alone.
  var whenEmpty: [UInt8]?

  private var bytes: [UInt8] = []
  private var lines: [Line] = []
  private var joins: [JoinRow] = []
  /// Whether each join stands for the memberships that it holds, in the form of the kernel's table.
  private var expands = false

  private struct Line: Sendable {
    var rank: UInt64
    var start: Int
    var count: Int
  }

  /// Where writing goes on.
  struct Position: Sendable {
    var line = 0
    /// Within the memberships of one join.
    var member = 0
    var hasBegun = false
    var isAtEnd = false
  }

  static let routeTitles = ["(*,G) Template Rules", "(S,G) Rules", "Kernel MFC Table"]

  /// The blocks of a table, still without lines.
  static func empty(_ table: SmcrouteTable, _ format: SmcrouteFormat) -> [SmcrouteSection] {
    if format == .json { return json(table) }
    var section = SmcrouteSection()
    section.whenEmpty = []
    switch table {
    case .routes: return [section, section, section]
    case .interfaces: return [section]
    case .pending:
      section.head = SmcrouteText.pendingHeading
      section.whenEmpty = SmcrouteText.nothingPending
      return [section]
    case .groups:
      section.head = SmcrouteText.groupsTitle + SmcrouteText.groupsHeading
      guard format == .detailed else { return [section] }
      var kernel = section
      kernel.head = SmcrouteText.kernelGroupsTitle
      kernel.expands = true
      return [section, kernel]
    }
  }

  private static func json(_ table: SmcrouteTable) -> [SmcrouteSection] {
    let (open, names): (String, [String]) =
      switch table {
      case .routes: ("{\"routes\":{", ["asm", "ssm", "kernel"])
      case .groups: ("{\"groups\":{", ["conf", "kernel"])
      case .interfaces: ("{", ["interfaces"])
      case .pending: ("{", ["pending"])
      }
    let close = names.count > 1 ? "]}}\n" : "]}\n"
    return names.enumerated().map { index, name in
      var section = SmcrouteSection()
      section.head = Array("\(index == 0 ? open : ",")\"\(name)\":[".utf8)
      section.separator = [UInt8(ascii: ",")]
      section.tail = Array((index == names.count - 1 ? close : "]").utf8)
      section.expands = table == .groups && index == 1
      return section
    }
  }

  mutating func add(_ line: [UInt8], rank: UInt64) {
    lines.append(Line(rank: rank, start: bytes.count, count: line.count))
    bytes += line
  }

  /// A statement has a row for each of its links; they stand behind one another.
  mutating func add(statement join: JoinRow) {
    let last = joins.last
    guard join.pattern != last?.pattern || join.group != last?.group || join.source != last?.source else {
      return
    }
    joins.append(join)
  }

  mutating func add(membership join: JoinRow) { joins.append(join) }

  /// Lines of one rank stay in the order in which they came.
  mutating func sort() { lines.sort { ($0.rank, $0.start) < ($1.rank, $1.start) } }

  /// Appends lines to `piece` until it is full; `position` says where to go on.
  func write(_ piece: inout [UInt8], from position: inout Position, _ text: SmcrouteText) {
    if lines.isEmpty, joins.isEmpty, let whenEmpty {
      piece += whenEmpty
      position.isAtEnd = true
      return
    }
    if !position.hasBegun {
      piece += head
      position.hasBegun = true
    }
    while position.line < lines.count + joins.count {
      guard piece.count < SmcrouteShow.pieceLimit else { return }
      if position.line > 0 || position.member > 0 { piece += separator }
      if position.line < lines.count {
        let line = lines[position.line]
        piece += bytes[line.start..<(line.start + line.count)]
        position.line += 1
      } else {
        write(joins[position.line - lines.count], &piece, &position, text)
      }
    }
    piece += tail
    position.isAtEnd = true
  }

  /// A join as it is stated, or the next membership of it.
  private func write(
    _ join: JoinRow, _ piece: inout [UInt8], _ position: inout Position, _ text: SmcrouteText
  ) {
    let sources = join.source.flatMap(\.count) ?? 1
    let member = expands ? position.member : nil
    let source = join.source.map { name($0, member.map { $0 % max(1, sources) }) }
    let group = name(join.group, member.map { $0 / max(1, sources) })
    piece +=
      text.format == .json
      ? SmcrouteJSON.group(source, group, join.pattern)
      : text.group(SmcrouteText.flow(source, group), join.pattern)
    let (count, overflow) = sources.multipliedReportingOverflow(by: join.group.count ?? 1)
    position.member += 1
    guard !expands || overflow || position.member >= count else { return }
    position.member = 0
    position.line += 1
  }

  /// A block, or one address of it with the block's length.
  private func name(_ prefix: Prefix, _ member: Int?) -> String {
    guard let member, !prefix.isSingle, let address = prefix.member(member) else { return "\(prefix)" }
    return "\(address)/\(prefix.length)"
  }
}
