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
      var reader = Line(characters: Array(line.utf8))
      while let character = reader.current {
        switch place {
        case .code: place = reader.code(character)
        case .lineComment: reader.take(character, into: .comment)
        case .blockComment(let depth): place = reader.blockComment(depth, character)
        case .literal(let pounds, let multiline, let nested):
          place = reader.literal(character, pounds: pounds, multiline: multiline, nested: nested)
        }
      }
      if case .literal(_, false, _) = place { place = .code }
      code.append(String(decoding: reader.code, as: UTF8.self))
      comments.append(String(decoding: reader.comment, as: UTF8.self))
      literals.append(String(decoding: reader.text, as: UTF8.self))
    }
  }

  /// Bytes: the marks looked for are ASCII, and characters take ten times as long.
  private struct Line {
    enum Part { case code, comment, text }

    let characters: [UInt8]
    var position = 0
    var code: [UInt8] = []
    var comment: [UInt8] = []
    var text: [UInt8] = []

    init(characters: [UInt8]) { self.characters = characters }

    var current: UInt8? { position < characters.count ? characters[position] : nil }

    func starts(_ text: String) -> Bool { characters[position...].starts(with: text.utf8) }

    /// Takes one character: into one of the three, a blank into the code unless it is code.
    mutating func take(_ character: UInt8, into part: Part) {
      switch part {
      case .code: code.append(character)
      case .comment: comment.append(character)
      case .text: text.append(character)
      }
      if part != .code { code.append(UInt8(ascii: " ")) }
      position += 1
    }

    mutating func take(_ count: Int, into part: Part) {
      for _ in 0..<count { if let character = current { take(character, into: part) } }
    }

    mutating func code(_ character: UInt8) -> Place {
      if starts("//") {
        take(2, into: .comment)
        return .lineComment
      }
      if starts("/*") {
        take(2, into: .comment)
        return .blockComment(depth: 1)
      }
      var pounds = 0
      while position + pounds < characters.count, characters[position + pounds] == UInt8(ascii: "#") {
        pounds += 1
      }
      if position + pounds < characters.count, characters[position + pounds] == UInt8(ascii: "\"") {
        take(pounds, into: .code)
        let multiline = starts("\"\"\"")
        take(multiline ? 3 : 1, into: .code)
        return .literal(pounds: pounds, multiline: multiline, nested: 0)
      }
      take(character, into: .code)
      return .code
    }

    mutating func blockComment(_ depth: Int, _ character: UInt8) -> Place {
      if starts("/*") {
        take(2, into: .comment)
        return .blockComment(depth: depth + 1)
      }
      if starts("*/") {
        take(2, into: .comment)
        return depth == 1 ? .code : .blockComment(depth: depth - 1)
      }
      take(character, into: .comment)
      return .blockComment(depth: depth)
    }

    mutating func literal(_ character: UInt8, pounds: Int, multiline: Bool, nested: Int) -> Place {
      let fence = String(repeating: "#", count: pounds)
      if starts("\\" + fence + "(") {
        take(2 + pounds, into: .text)
        return .literal(pounds: pounds, multiline: multiline, nested: nested + 1)
      }
      if nested > 0 {
        take(character, into: .text)
        let depth =
          character == UInt8(ascii: "(") ? nested + 1 : character == UInt8(ascii: ")") ? nested - 1 : nested
        return .literal(pounds: pounds, multiline: multiline, nested: depth)
      }
      if pounds == 0, character == UInt8(ascii: "\\") {
        take(2, into: .text)
        return .literal(pounds: pounds, multiline: multiline, nested: 0)
      }
      let end = (multiline ? "\"\"\"" : "\"") + fence
      if starts(end) {
        take(end.count, into: .code)
        return .code
      }
      take(character, into: .text)
      return .literal(pounds: pounds, multiline: multiline, nested: 0)
    }
  }
}
