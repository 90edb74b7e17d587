/// A Swift source, taken apart line by line: what is code, what is comment, what is text.
///
/// Code keeps its columns; the inside of comments and string literals is blank in it, so that a check never
/// finds a word of prose. An interpolation counts as text: it is too short to hide anything in.
struct SwiftText {
  private(set) var code: [String] = []
  private(set) var comments: [String] = []
  private(set) var literals: [String] = []

  private enum Place: Equatable {
    case code
    case lineComment
    case blockComment(depth: Int)
    case literal(pounds: Int, multiline: Bool, nested: Int)
  }

  init(_ source: String) {
    var place = Place.code
    for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
      if place == .lineComment { place = .code }
      var reader = Line(characters: Array(line))
      while let character = reader.current {
        switch place {
        case .code: place = reader.code(character)
        case .lineComment: reader.take(character, into: \.comment)
        case .blockComment(let depth): place = reader.blockComment(depth, character)
        case .literal(let pounds, let multiline, let nested):
          place = reader.literal(character, pounds: pounds, multiline: multiline, nested: nested)
        }
      }
      if case .literal(_, false, _) = place { place = .code }
      code.append(String(reader.code))
      comments.append(String(reader.comment))
      literals.append(String(reader.text))
    }
  }

  private struct Line {
    let characters: [Character]
    var position = 0
    var code: [Character] = []
    var comment: [Character] = []
    var text: [Character] = []

    init(characters: [Character]) { self.characters = characters }

    var current: Character? { position < characters.count ? characters[position] : nil }

    func starts(_ text: String) -> Bool { characters[position...].starts(with: text) }

    /// Takes one character: into one of the three, a blank into the code unless it is code.
    mutating func take(_ character: Character, into part: WritableKeyPath<Line, [Character]>) {
      self[keyPath: part].append(character)
      if part != \Line.code { code.append(" ") }
      position += 1
    }

    mutating func take(_ count: Int, into part: WritableKeyPath<Line, [Character]>) {
      for _ in 0..<count { if let character = current { take(character, into: part) } }
    }

    mutating func code(_ character: Character) -> Place {
      if starts("//") {
        take(2, into: \.comment)
        return .lineComment
      }
      if starts("/*") {
        take(2, into: \.comment)
        return .blockComment(depth: 1)
      }
      var pounds = 0
      while position + pounds < characters.count, characters[position + pounds] == "#" { pounds += 1 }
      if position + pounds < characters.count, characters[position + pounds] == "\"" {
        take(pounds, into: \.code)
        let multiline = starts("\"\"\"")
        take(multiline ? 3 : 1, into: \.code)
        return .literal(pounds: pounds, multiline: multiline, nested: 0)
      }
      take(character, into: \.code)
      return .code
    }

    mutating func blockComment(_ depth: Int, _ character: Character) -> Place {
      if starts("/*") {
        take(2, into: \.comment)
        return .blockComment(depth: depth + 1)
      }
      if starts("*/") {
        take(2, into: \.comment)
        return depth == 1 ? .code : .blockComment(depth: depth - 1)
      }
      take(character, into: \.comment)
      return .blockComment(depth: depth)
    }

    mutating func literal(_ character: Character, pounds: Int, multiline: Bool, nested: Int) -> Place {
      let fence = String(repeating: "#", count: pounds)
      if starts("\\" + fence + "(") {
        take(2 + pounds, into: \.text)
        return .literal(pounds: pounds, multiline: multiline, nested: nested + 1)
      }
      if nested > 0 {
        take(character, into: \.text)
        let depth = character == "(" ? nested + 1 : character == ")" ? nested - 1 : nested
        return .literal(pounds: pounds, multiline: multiline, nested: depth)
      }
      if pounds == 0, character == "\\" {
        take(2, into: \.text)
        return .literal(pounds: pounds, multiline: multiline, nested: 0)
      }
      let end = (multiline ? "\"\"\"" : "\"") + fence
      if starts(end) {
        take(end.count, into: \.code)
        return .code
      }
      take(character, into: \.text)
      return .literal(pounds: pounds, multiline: multiline, nested: 0)
    }
  }
}
