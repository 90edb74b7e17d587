import Testing

/// A rule of the house: looks at one file and says what is against it.
struct Check: Sendable, CustomTestStringConvertible {
  let slug: String
  let look: @Sendable (SourceFile) -> [Finding]

  var testDescription: String { slug }

  static let all: [Check] = [
    .layer, .pureCore, .unsafe, .trap, .longFile, .longFunction, .longLine, .bannedName, .openMatter,
    .undocumented, .hashedOrder, .prose, .foreignWord,
  ]
}

extension Check {
  /// Rooms import downwards, and only what the table of layers names.
  static let layer = Check(slug: "layer") { file in
    guard file.path.hasPrefix("Sources/") else { return [] }
    guard let allowed = Layers.allowed(in: file.room) else {
      return [file.finding(line: 0, "room \"\(file.room)\" stands in no layer", "layer")]
    }
    return file.text.code.enumerated().compactMap { index, line in
      guard line.contains("import "),
        let match = line.firstMatch(of: /^(?:@\w+ )*(?:\w+ )?import (?:\w+ )?(\w+)/)
      else { return nil }
      let module = String(match.1)
      guard !allowed.contains(module) else { return nil }
      return file.finding(line: index, "\(file.room) must not import \(module)", "layer")
    }
  }

  /// Layers 1 to 5 are values: no reference, no concurrency, no clock, no chance, no output.
  static let pureCore = Check(slug: "pure-core") { file in
    guard let layer = file.layer, layer <= 5 else { return [] }
    return file.lines(
      matching: /\b(class|actor|async|await|Task|ContinuousClock|SuspendingClock|print)\b|\.random\b/,
      "belongs above layer 5", "pure-core")
  }

  /// Unsafe code has one room, and the reader of packets.
  static let unsafe = Check(slug: "unsafe") { file in
    guard !file.isTest, file.path.hasPrefix("Sources/"), file.room != "LinuxKernel",
      file.path != "Sources/Wire/Reader.swift"
    else { return [] }
    return file.lines(matching: /\bunsafe\b|\bUnsafe\w+/, "belongs in LinuxKernel", "unsafe")
  }

  /// Nothing that can end the process, and nothing that silences the compiler.
  static let trap = Check(slug: "trap") { file in
    guard file.path.hasPrefix("Sources/") else { return [] }
    let banned =
      #/\b(?:try!|as!|fatalError\b|preconditionFailure\b)|@unchecked|nonisolated\(unsafe\)|[\w)\]]!(?![=\w])/#
    return file.lines(matching: banned, "is not used outside tests", "trap")
  }

  static let longFile = Check(slug: "long-file") { file in
    let count = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
    guard count > 400 else { return [] }
    return [file.finding(line: 400, "file has \(count) lines, the limit is 400", "long-file")]
  }

  static let longLine = Check(slug: "long-line") { file in
    file.lines.enumerated().compactMap { index, line in
      guard line.count > 110, !line.contains("https://") else { return nil }
      return file.finding(line: index, "line has \(line.count) columns, the limit is 110", "long-line")
    }
  }

  /// From the line of `func`, `init`, `subscript` or an accessor's `var` to its closing brace.
  static let longFunction = Check(slug: "long-function") { file in
    // Cheap questions first: a regular expression on every line of the tree takes a minute.
    let words = ["func ", "init", "subscript", "var "]
    var findings: [Finding] = []
    for (index, line) in file.text.code.enumerated() where words.contains(where: line.contains) {
      guard line.contains(/^\s*(?:[\w@()]+ )*(?:func\b|init\b|deinit\b|subscript\b|var \w+[^=]*\{)/) else {
        continue
      }
      guard let end = Braces.end(of: index, in: file.text.code) else { continue }
      let count = end - index + 1
      if count > 70 {
        findings.append(
          file.finding(line: index, "function has \(count) lines, the limit is 70", "long-function"))
      }
    }
    return findings
  }

  /// Words that name nothing.
  static let bannedName = Check(slug: "banned-name") { file in
    let banned = /(Manager|Helper|Util|Common|Misc|Base|Impl|Info|Data|Wrapper)(s|[A-Z+]|$)/
    var findings: [Finding] = []
    if file.name.contains(banned) {
      findings.append(file.finding(line: 0, "file name \"\(file.name)\" names nothing", "banned-name"))
    }
    let words = ["struct ", "enum ", "class ", "actor ", "protocol ", "typealias "]
    for (index, line) in file.text.code.enumerated() where words.contains(where: line.contains) {
      let types = line.matches(of: /\b(?:struct|enum|class|actor|protocol|typealias) (\w+)/)
      for match in types where match.1.contains(banned) {
        findings.append(file.finding(line: index, "type name \"\(match.1)\" names nothing", "banned-name"))
      }
    }
    return findings
  }

  /// An open matter is an issue with a number, or it is done.
  static let openMatter = Check(slug: "open-matter") { file in
    file.text.comments.enumerated().compactMap { index, comment in
      guard !comment.isEmpty, comment.contains(/\b(TODO|FIXME|XXX|HACK)\b/) else { return nil }
      return file.finding(
        line: index, "an open matter is an issue with a number or it is done", "open-matter")
    }
  }
}

extension SourceFile {
  /// A finding for each line of code that matches, naming what matched.
  func lines(matching pattern: some RegexComponent, _ message: String, _ slug: String) -> [Finding] {
    text.code.enumerated().compactMap { index, line in
      guard let match = line.firstMatch(of: pattern) else { return nil }
      return finding(line: index, "\"\(line[match.range])\" \(message)", slug)
    }
  }
}

enum Braces {
  /// The line where the first brace opened at or after a line is closed; nil where none opens in its head.
  static func end(of start: Int, in code: [String]) -> Int? {
    var depth = 0
    var opened = false
    for index in start..<code.count {
      for character in code[index] {
        if character == "{" {
          depth += 1
          opened = true
        }
        if character == "}" { depth -= 1 }
        if opened, depth == 0 { return index }
        if depth < 0 { return nil }
      }
      // A requirement of a protocol has no body: the head ends and something else begins.
      if !opened, index > start, code[index].contains(/^\s*(?:[\w@]+ )*(func|var|init|case|struct)\b/) {
        return nil
      }
      if !opened, index - start > 15 { return nil }
    }
    return nil
  }
}
