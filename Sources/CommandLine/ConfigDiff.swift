import Configuration
import Diagnostics
import Encoding

/// `config diff`: the statements of one side that the other has not.
struct ConfigDiff {
  let console: Console

  /// A file, what runs, or what the kernel holds.
  private enum Side: Equatable {
    case file(String)
    case running
    case kernel

    var name: String {
      switch self {
      case .file(let path): path
      case .running: "running"
      case .kernel: "kernel"
      }
    }
  }

  /// Nothing said: the daemon's file and what runs; one side: that and what runs.
  func run(_ words: [String]) throws(Failure) -> ExitCode {
    let sides = try words.map { word throws(Failure) in try side(word) }
    let left = if let first = sides.first { first } else { try side("file") }
    let right = sides.count > 1 ? sides[1] : left == .running ? .kernel : .running
    guard left != right else {
      throw .usage(
        "\"\(left.name)\" is compared with itself", hint: "sides: file, running, kernel, or a path")
    }
    let (before, after) = try lines(left, right)
    let (removed, added) = ConfigDiff.difference(before, after)
    print(removed, left, added, right)
    if removed.isEmpty, added.isEmpty {
      console.note("no differences between \(left.name) and \(right.name)")
    }
    return removed.isEmpty && added.isEmpty ? .done : .failed
  }

  private func side(_ word: String) throws(Failure) -> Side {
    switch word {
    case "file":
      let client = try ControlClient(console.settings, console.surroundings)
      let (own, language) = try ConfigCommands.ownFile(client, console)
      if let own, let language {
        throw Failure(
          .failed, .usage, "\"\(own)\" is a \(language), which is not compared line by line",
          hint: "see what a reload would change: mcast config plan")
      }
      return .file(own ?? console.settings.configurationPath)
    case "running": return .running
    case "kernel": return .kernel
    default: return .file(word)
    }
  }

  private func lines(_ left: Side, _ right: Side) throws(Failure) -> ([String], [String]) {
    if left == .kernel || right == .kernel {
      guard left == .running || right == .running else {
        throw .usage(
          "a file and the kernel are not of one kind",
          hint: "mcast config diff running kernel, or file running")
      }
      let (daemon, kernel) = try KernelComparison(console: console).lines()
      return left == .running ? (daemon, kernel) : (kernel, daemon)
    }
    return (try statements(left), try statements(right))
  }

  private func statements(_ side: Side) throws(Failure) -> [String] {
    switch side {
    case .file(let path):
      let parsed = try ConfigCommands(console: console).parsed(path)
      guard !parsed.hasErrors else { throw Failure(.configuration, parsed.diagnostics) }
      return ConfigDiff.statements(parsed.configuration.text)
    case .running, .kernel:
      let client = try ControlClient(console.settings, console.surroundings)
      return ConfigDiff.statements(try RunningConfiguration.text(client, console))
    }
  }

  /// The statements of a canonical text: a block is one, whatever its lines.
  static func statements(_ text: String) -> [String] {
    var statements: [String] = []
    var block = ""
    var depth = 0
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").joined(separator: " ")
      if words.isEmpty || words.hasPrefix("#") { continue }
      block += block.isEmpty ? words : (block.hasSuffix("{") || words == "}" ? " " : "; ") + words
      depth += words.count { $0 == "{" } - words.count { $0 == "}" }
      guard depth <= 0 else { continue }
      statements.append(block)
      (block, depth) = ("", 0)
    }
    return block.isEmpty ? statements : statements + [block]
  }

  /// What only the first has, and what only the second has, in their orders.
  static func difference(_ before: [String], _ after: [String]) -> (removed: [String], added: [String]) {
    let (old, new) = (Set(before), Set(after))
    return (before.filter { !new.contains($0) }, after.filter { !old.contains($0) })
  }

  private func print(_ removed: [String], _ left: Side, _ added: [String], _ right: Side) {
    guard console.settings.json == nil else {
      var output = JSONOutput("diff", generation: nil, to: console)
      for (lines, side) in [(removed, left), (added, right)] {
        for line in lines {
          output.row { writer in
            writer.member("side", side.name)
            writer.member("text", line)
          }
        }
      }
      output.finish()
      return
    }
    guard !removed.isEmpty || !added.isEmpty else { return }
    console.print("--- \(left.name.escapingControls)\n+++ \(right.name.escapingControls)\n")
    for line in removed {
      console.print(Tone.bad.wrap("- \(line.escapingControls)", when: console.isColored) + "\n")
    }
    for line in added {
      console.print(Tone.good.wrap("+ \(line.escapingControls)", when: console.isColored) + "\n")
    }
  }
}
