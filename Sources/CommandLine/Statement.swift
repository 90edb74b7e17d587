/// Words of a command line, written as words of the configuration's grammar.
enum Statement {
  /// The word as it is, or in quotes where the grammar would read more than one word.
  static func word(_ text: String) -> String {
    if text == "{" || text == "}" || text == ";" || text.hasPrefix("{") { return text }
    // `threshold 16;` inside braces: the shell was told to leave the semicolon alone.
    let word = text.hasSuffix(";") ? text.dropLast() : text[...]
    if !word.isEmpty, word.utf8.allSatisfy(isWordByte) { return text }
    let escaped = text.reduce(into: "") { result, character in
      if character == "\"" || character == "\\" { result += "\\" }
      result.append(character)
    }
    return "\"\(escaped)\""
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    default: "_.:/+*?@%~-".utf8.contains(byte)
    }
  }
}
