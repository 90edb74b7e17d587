/// What a client prints of the tables that a daemon sends; total over any bytes.
public struct SmcrouteRendering: Sendable {
  /// How titles and column headings look.
  public enum Headings: Hashable, Sendable {
    /// Rules of `_` and `=` (`-p`).
    case plain
    /// Left out (`-t`).
    case none
    /// Underlined and reversed by escape codes over so many columns.
    case terminal(width: Int)
  }

  /// Columns where no terminal says how many it has.
  public static let ruleWidth = 79

  private let headings: Headings
  private var line: [UInt8] = []
  /// Whether the beginning of the line is printed already: it is too long for a heading.
  private var isContinued = false
  private var received = 0
  /// A single byte is success and prints nothing, unless more follows.
  private var holdsEmptyLine = false

  /// Longer lines are printed as they come: no heading is that long.
  private static let headingLimit = 1024

  public init(_ headings: Headings) {
    guard case .terminal(let width) = headings else {
      self.headings = headings
      return
    }
    // A width comes from a terminal, which may say anything.
    self.headings = .terminal(width: min(max(0, width), SmcrouteRendering.headingLimit))
  }

  /// What to print now for bytes that came.
  public mutating func receive(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    for byte in bytes {
      if holdsEmptyLine {
        output.append(UInt8(ascii: "\n"))
        holdsEmptyLine = false
      }
      switch byte {
      case 0 where received == 0, UInt8(ascii: "\n") where received == 0: holdsEmptyLine = true
      case 0, UInt8(ascii: "\n"): endLine(&output)
      default:
        line.append(byte)
        if line.count > SmcrouteRendering.headingLimit { continueLine(&output) }
      }
      if received < 2 { received += 1 }
    }
    return output
  }

  /// What to print when the daemon has closed.
  public mutating func finish() -> [UInt8] {
    var output: [UInt8] = []
    if !line.isEmpty || isContinued, received > 1 { endLine(&output) }
    return output
  }

  private mutating func continueLine(_ output: inout [UInt8]) {
    append(line, to: &output)
    line.removeAll(keepingCapacity: true)
    isContinued = true
  }

  private mutating func endLine(_ output: inout [UInt8]) {
    let isHeading = !isContinued && !SmcrouteRendering.isRow(line)
    switch line.last {
    case UInt8(ascii: "_") where isHeading: appendTitle(line.dropLast(), to: &output)
    case UInt8(ascii: "=") where isHeading: appendHeading(line.dropLast(), to: &output)
    default:
      append(line, to: &output)
      output.append(UInt8(ascii: "\n"))
    }
    line.removeAll(keepingCapacity: true)
    isContinued = false
  }

  /// A row may end in an interface whose name ends like a heading.
  private static func isRow(_ line: [UInt8]) -> Bool {
    if line.starts(with: "(*, ".utf8) || line.starts(with: "mroute ".utf8)
      || line.starts(with: "mgroup ".utf8)
    {
      return true
    }
    guard line.count > 1, line[0] == UInt8(ascii: "(") else { return false }
    switch line[1] {
    case 0x30...0x3a, 0x61...0x66: return true
    default: return false
    }
  }

  private func appendTitle(_ title: ArraySlice<UInt8>, to output: inout [UInt8]) {
    switch headings {
    case .none: return
    case .plain: append("_", SmcrouteRendering.ruleWidth, to: &output)
    case .terminal(let width):
      output += "\u{1b}[4m".utf8
      append(" ", width, to: &output)
      output += "\u{1b}[0m".utf8
    }
    output.append(UInt8(ascii: "\n"))
    append(title, to: &output)
    output.append(UInt8(ascii: "\n"))
  }

  private func appendHeading(_ heading: ArraySlice<UInt8>, to output: inout [UInt8]) {
    switch headings {
    case .none: return
    case .plain:
      let width = max(SmcrouteRendering.ruleWidth, heading.count)
      append("=", width, to: &output)
      output.append(UInt8(ascii: "\n"))
      append(heading, to: &output)
      output.append(UInt8(ascii: "\n"))
      append("=", width, to: &output)
    case .terminal(let width):
      output += "\u{1b}[7m".utf8
      append(heading, to: &output)
      append(" ", width - heading.count, to: &output)
      output += "\u{1b}[0m".utf8
    }
    output.append(UInt8(ascii: "\n"))
  }

  private func append(_ character: Unicode.Scalar, _ count: Int, to output: inout [UInt8]) {
    output += repeatElement(UInt8(truncatingIfNeeded: character.value), count: max(0, count))
  }

  /// Control characters are no part of any table; a terminal would obey them.
  private func append(_ text: some Sequence<UInt8>, to output: inout [UInt8]) {
    for byte in text {
      output.append(byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7f ? UInt8(ascii: "?") : byte)
    }
  }

  /// The refusal in a whole reply to anything but `show`: its first line; nil for success.
  public static func refusal(in reply: [UInt8]) -> String? {
    guard reply.count > 1 else { return nil }
    let line = reply.prefix { $0 != 0 && $0 != UInt8(ascii: "\n") }
    return SmcrouteRefusal(String(decoding: line, as: UTF8.self)).text
  }
}
