import Control
import Encoding

/// Prints one JSON answer: the envelope around the rows, or the rows alone, one per line.
struct JSONOutput {
  private let console: Console
  private let isLines: Bool
  private var indenter: JSONIndenter?
  private var isFirst = true

  /// Begins the answer.
  ///
  /// - Parameter generation: of the daemon's configuration; nil without a daemon.
  init(_ schema: String, generation: UInt64?, to console: Console) {
    self.console = console
    isLines = console.settings.json == .lines
    indenter = console.isTerminal && !isLines ? JSONIndenter() : nil
    guard !isLines else { return }
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("schema", "mcast.\(schema)/1")
      writer.member("host", console.surroundings.host)
      writer.member("time", console.surroundings.clock().text)
      writer.member("generation", generation)
    }
    put(Array(writer.bytes.dropLast()) + Array(",\"data\":[".utf8))
  }

  /// A row that is JSON already.
  mutating func row(_ json: some Collection<UInt8>) {
    if isLines {
      console.print(bytes: Array(json) + [0x0a])
    } else {
      if !isFirst { put([UInt8(ascii: ",")]) }
      put(Array(json))
    }
    isFirst = false
  }

  /// A row that is written now.
  mutating func row(_ body: (inout JSONWriter) -> Void) {
    var writer = JSONWriter()
    writer.object(body)
    row(writer.bytes)
  }

  /// Ends the answer; warnings are objects that are JSON already.
  mutating func finish(warnings: [[UInt8]] = [], summary: Summary? = nil) {
    guard !isLines else { return }
    put([UInt8(ascii: "]")])
    if let summary {
      var writer = JSONWriter()
      RowWriter(clock: console.surroundings.clock()).write(summary, to: &writer)
      put(Array(",\"summary\":".utf8) + writer.bytes)
    }
    put(Array(",\"warnings\":[".utf8) + Array(warnings.joined(separator: [UInt8(ascii: ",")])))
    put(Array("]}".utf8))
    console.print("\n")
  }

  private mutating func put(_ bytes: [UInt8]) {
    console.print(bytes: indenter?.indent(bytes) ?? bytes)
  }
}

/// Lays compact JSON out for a reader, as it streams by: two spaces for each level.
struct JSONIndenter {
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  /// An opening bracket waits to see whether something follows it.
  private var isOpen = false

  mutating func indent(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    for byte in bytes {
      if isInString {
        output.append(byte)
        isInString = byte != UInt8(ascii: "\"") || isEscaped
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        continue
      }
      let closes = byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
      if isOpen, !closes { newline(&output) }
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        output.append(byte)
        depth += 1
        isOpen = true
        continue
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth = max(depth - 1, 0)
        if !isOpen { newline(&output) }
        output.append(byte)
      case UInt8(ascii: ","):
        output.append(byte)
        newline(&output)
      case UInt8(ascii: ":"):
        output += [byte, 0x20]
      default:
        isInString = byte == UInt8(ascii: "\"")
        output.append(byte)
      }
      isOpen = false
    }
    return output
  }

  private func newline(_ output: inout [UInt8]) {
    output.append(0x0a)
    output += Array(repeating: 0x20, count: depth * 2)
  }
}
