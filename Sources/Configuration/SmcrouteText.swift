import Addressing
import Kernel

/// A walk over the words of a smcroute.conf, line by line; total over any bytes.
///
/// Words are runs of what is no blank. There are no quotes and no continued lines; a word that begins with
/// `#` ends its line.
struct SmcrouteText {
  typealias Word = Range<Int>

  let bytes: [UInt8]
  private(set) var line = 0
  private(set) var lineStart = 0
  private(set) var lineEnd = 0
  private var nextLine = 0
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // A byte order mark of UTF-8 says nothing.
    if bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf { nextLine = 3 }
  }

  /// Goes to the next line; false at the end of the text.
  mutating func advance() -> Bool {
    guard nextLine < bytes.count else { return false }
    line += 1
    lineStart = nextLine
    lineEnd = nextLine
    while lineEnd < bytes.count, bytes[lineEnd] != 0x0a { lineEnd += 1 }
    nextLine = lineEnd + 1
    position = lineStart
    return true
  }

  /// The next word of the line; nil at its end.
  mutating func word() -> Word? {
    while position < lineEnd, SmcrouteText.isBlank(bytes[position]) { position += 1 }
    guard position < lineEnd, bytes[position] != UInt8(ascii: "#") else {
      position = lineEnd
      return nil
    }
    let start = position
    while position < lineEnd, !SmcrouteText.isBlank(bytes[position]) { position += 1 }
    return start..<position
  }

  /// What stands between here and the end of the line.
  var rest: Range<Int> { position..<lineEnd }

  /// Tells phrases apart (FNV-1a); not sure, so compare.
  func hash(of phrase: Range<Int>) -> UInt64 {
    phrase.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64(bytes[$1])) &* 0x100_0000_01b3 }
  }

  func areEqual(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
    guard left.count == right.count else { return false }
    var (first, second) = (left.lowerBound, right.lowerBound)
    while first < left.upperBound {
      guard bytes[first] == bytes[second] else { return false }
      (first, second) = (first + 1, second + 1)
    }
    return true
  }

  /// Whether the word is the keyword, or only begins as it: `mroutes`, `enabled`.
  func begins(_ word: Word, with keyword: Keyword) -> Bool {
    guard word.count >= keyword.count else { return false }
    let end = word.lowerBound + keyword.count
    var packed: UInt64 = 0
    for index in max(word.lowerBound, end - 8)..<end { packed = packed << 8 | UInt64(bytes[index]) }
    guard packed == keyword.packed else { return false }
    return keyword.count <= 8 || bytes[word.lowerBound..<end].elementsEqual(keyword.text.utf8)
  }

  func string(_ word: Word) -> String { String(decoding: bytes[word], as: UTF8.self) }

  /// The word for a message, cut where no person would read on.
  func shown(_ word: Word) -> String {
    word.count <= 128 ? string(word) : String(decoding: bytes[word.prefix(120)], as: UTF8.self) + "…"
  }

  /// The line for a finding, cut at the longest line that is shown.
  var shownLine: String {
    var end = lineEnd
    if end > lineStart, bytes[end - 1] == 0x0d { end -= 1 }
    return String(decoding: bytes[lineStart..<min(end, lineStart + Lexer.longestLine)], as: UTF8.self)
  }

  /// An address and what stands behind its slash, 0 when nothing does; nil when it is no address.
  func address(_ word: Word) -> (address: Address?, length: Int, end: Int) {
    var slash = word.lowerBound
    while slash < word.upperBound, bytes[slash] != UInt8(ascii: "/") { slash += 1 }
    let address = Address(ascii: bytes.span.extracting(word.lowerBound..<slash))
    return (address, number(min(slash + 1, word.upperBound)..<word.upperBound), slash)
  }

  /// The number that the word begins with, 0 when with none; what is too large stays large.
  func number(_ word: Word) -> Int {
    var value = 0
    var isNegative = false
    for index in word {
      let byte = bytes[index]
      if index == word.lowerBound, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") {
        isNegative = byte == UInt8(ascii: "-")
        continue
      }
      guard byte >= 0x30, byte <= 0x39 else { break }
      value = min(value * 10 + Int(byte - 0x30), 999_999_999)
    }
    return isNegative ? -value : value
  }

  /// The interface or pattern that the word names; nil when no interface can be named so.
  ///
  /// `eth0:1`, an alias, is eth0; a final `+` is any text. kernel: dev_valid_name.
  func pattern(_ word: Word) -> InterfacePattern? {
    var end = word.lowerBound
    while end < word.upperBound, bytes[end] != UInt8(ascii: ":") {
      let byte = bytes[end]
      guard byte > 0x20, byte != 0x7f, byte != UInt8(ascii: "/"), byte != UInt8(ascii: "*"),
        byte != UInt8(ascii: "?")
      else { return nil }
      end += 1
    }
    let name = bytes[word.lowerBound..<end]
    guard let last = name.last, name.count <= (last == UInt8(ascii: "+") ? 16 : 15),
      let text = String(validating: name, as: UTF8.self), text != ".", text != ".."
    else { return nil }
    return InterfacePattern(text)
  }

  /// NUL too, which ended a string once.
  private static func isBlank(_ byte: UInt8) -> Bool {
    byte <= 0x20 && blanks >> UInt64(byte) & 1 == 1
  }

  /// NUL, tab, VT, FF, CR and space, as a bit set.
  private static let blanks: UInt64 = 1 << 0x20 | 1 << 0x0d | 1 << 0x0c | 1 << 0x0b | 1 << 0x09 | 1
}

extension Keyword {
  static let mroute: Keyword = "mroute"
  static let mgroup: Keyword = "mgroup"
  static let ssmgroup: Keyword = "ssmgroup"
  static let phyint: Keyword = "phyint"
  static let include: Keyword = "include"
  static let enable: Keyword = "enable"
  static let disable: Keyword = "disable"
  static let mrdisc: Keyword = "mrdisc"
  static let ttlThreshold: Keyword = "ttl-threshold"
}
