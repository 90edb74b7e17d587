import Addressing

/// What a word of a mrouted.conf is.
enum MroutedToken: Hashable {
  case keyword(MroutedKeyword)
  case boolean(Bool)
  /// `10.1/16`, and `default`; the address as it is written.
  case network(Address, length: Int)
  /// `10.1/33`.
  case badNetwork
  case address(Address)
  case group(Group)
  case number(Int)
  case string
  case end
}

/// A walk over the words of a mrouted.conf; total over any bytes.
///
/// Words are runs of what is no space, tab or newline, and lines mean nothing; a word that begins with `#`
/// begins a comment up to the end of its line. A last line needs no newline: the original reads on there,
/// into what an earlier line left behind.
struct MroutedText {
  struct Word {
    var token: MroutedToken
    /// The bytes of the text; empty at the end.
    var range: Range<Int>
    var line: Int
    var lineStart: Int
    /// The line as mrouted counts: at the end of the text it is one more than there are.
    var counted: Int
  }

  let bytes: [UInt8]
  private let vintage: MroutedFileOptions.Vintage
  private var position = 0
  private var line = 1
  private var lineStart = 0

  init(_ bytes: [UInt8], _ vintage: MroutedFileOptions.Vintage) {
    self.bytes = bytes
    self.vintage = vintage
  }

  /// The next word; after the last one `end`, again and again.
  mutating func next() -> Word {
    while position < bytes.count {
      let byte = bytes[position]
      if byte == 0x0a {
        position += 1
        (line, lineStart) = (line + 1, position)
      } else if byte == UInt8(ascii: "#") {
        while position < bytes.count, bytes[position] != 0x0a { position += 1 }
      } else if MroutedText.isBlank(byte) {
        position += 1
      } else {
        let start = position
        while position < bytes.count, !MroutedText.isBlank(bytes[position]) { position += 1 }
        return Word(
          token: token(start..<position), range: start..<position, line: line, lineStart: lineStart,
          counted: line)
      }
    }
    let counted = bytes.isEmpty || bytes.last == 0x0a ? line : line + 1
    return Word(
      token: .end, range: position..<position, line: line, lineStart: lineStart, counted: counted)
  }

  /// Whether nothing stands before a word in its line.
  func beginsLine(_ word: Word) -> Bool {
    bytes[word.lineStart..<word.range.lowerBound].allSatisfy(MroutedText.isBlank)
  }

  /// The line of a word, cut at the longest line that is shown.
  func line(of word: Word) -> String {
    let end = bytes[word.lineStart...].firstIndex(of: 0x0a) ?? bytes.count
    return String(
      decoding: bytes[word.lineStart..<min(end, word.lineStart + Lexer.longestLine)], as: UTF8.self)
  }

  func string(_ word: Word) -> String { String(decoding: bytes[word.range], as: UTF8.self) }

  /// The word for a message, cut where no person would read on.
  func shown(_ word: Word) -> String {
    word.range.count <= 128
      ? string(word) : String(decoding: bytes[word.range.prefix(120)], as: UTF8.self) + "…"
  }

  /// The classes in the order in which they are tried.
  private func token(_ range: Range<Int>) -> MroutedToken {
    if range.count <= MroutedKeyword.longest {
      let text = String(decoding: bytes[range], as: UTF8.self)
      if let keyword = MroutedKeyword(text, vintage) { return .keyword(keyword) }
      switch text {
      case "on", "yes": return .boolean(true)
      case "off", "no": return .boolean(false)
      case "default": return .network(.unspecified(.ipv4), length: 0)
      default: break
      }
      if let address = hexadecimal(range) { return .address(address) }
    }
    return dotted(range) ?? number(range) ?? .string
  }

  /// `0x0a000001`, which is 10.0.0.1 here on every machine.
  private func hexadecimal(_ range: Range<Int>) -> Address? {
    guard (3...10).contains(range.count), bytes[range].starts(with: [0x30, 0x78]) else { return nil }
    var value: UInt32 = 0
    for byte in bytes[range.dropFirst(2)] {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return Address(ipv4: value)
  }

  /// `D.D.D.D`, or one to four octets with a length.
  private func dotted(_ range: Range<Int>) -> MroutedToken? {
    var octets: [UInt32] = []
    var index = range.lowerBound
    while true {
      guard octets.count < 4, let octet = decimal(&index, range.upperBound, digits: 3), octet <= 255 else {
        return nil
      }
      octets.append(UInt32(octet))
      guard index < range.upperBound, bytes[index] == UInt8(ascii: ".") else { break }
      index += 1
    }
    var value: UInt32 = 0
    for place in 0..<4 { value = value << 8 | (place < octets.count ? octets[place] : 0) }
    let address = Address(ipv4: value)
    guard index < range.upperBound else {
      guard octets.count == 4 else { return nil }
      return Group(address).map { .group($0) } ?? .address(address)
    }
    guard bytes[index] == UInt8(ascii: "/") else { return nil }
    index += 1
    guard let length = decimal(&index, range.upperBound, digits: 18), index == range.upperBound else {
      return nil
    }
    return length <= 32 ? .network(address, length: length) : .badNetwork
  }

  /// Digits alone; what is too large stays large.
  private func number(_ range: Range<Int>) -> MroutedToken? {
    guard bytes[range].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return .number(bytes[range].reduce(0) { min($0 * 10 + Int($1 - 0x30), 999_999_999_999) })
  }

  private func decimal(_ index: inout Int, _ end: Int, digits: Int) -> Int? {
    let start = index
    var value = 0
    while index < end, bytes[index] >= 0x30, bytes[index] <= 0x39, index - start < digits {
      value = value * 10 + Int(bytes[index] - 0x30)
      index += 1
    }
    return index > start ? value : nil
  }

  /// CR is part of a word.
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a }
}

/// The keywords, by their spelling with underscores or, where that is the only one, with hyphens.
enum MroutedKeyword: String, CaseIterable {
  case phyint, tunnel, name, pruning, noflood
  case cacheLifetime = "cache_lifetime"
  case pruneLifetime = "prune_lifetime"
  case rexmitPrunes = "rexmit_prunes"
  // Of interfaces and tunnels.
  case threshold, metric, boundary, passive, notransit, blaster, accept, deny, exact, bidir
  case advertMetric = "advert_metric"
  case rateLimit = "rate_limit"
  case allowNonpruners = "allow_nonpruners"
  case disable, enable, igmpv1, netmask, altnet
  case forceLeaf = "force_leaf"
  case beside, srcrt, sourceroute
  // Since 4.0.
  case no, igmpv2, igmpv3
  case routerAlert = "router-alert"
  case routerTimeout = "router-timeout"
  case queryInterval = "igmp-query-interval"
  case responseInterval = "igmp-query-response-interval"
  case lastMemberInterval = "igmp-query-last-member-interval"
  case robustness = "igmp-robustness"
  case staticGroup = "static-group"
  case joinGroup = "join-group"

  /// Bytes of the longest one.
  static let longest = 31

  private static let known = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

  init?(_ text: String, _ vintage: MroutedFileOptions.Vintage) {
    if let keyword = MroutedKeyword.known[text] {
      guard vintage == .current || !keyword.isNew else { return nil }
      self = keyword
      return
    }
    guard vintage == .current, text.utf8.contains(UInt8(ascii: "-")) else { return nil }
    // mrouted 4 knows this one only without the second s.
    if text == "igmp-query-reponse-interval" {
      self = .responseInterval
      return
    }
    let underscored = String(decoding: text.utf8.map { $0 == 0x2d ? 0x5f : $0 }, as: UTF8.self)
    guard !text.utf8.contains(0x5f), let keyword = MroutedKeyword.known[underscored] else { return nil }
    self = keyword
  }

  private var isNew: Bool {
    switch self {
    case .no, .igmpv2, .igmpv3, .routerAlert, .routerTimeout, .queryInterval, .responseInterval,
      .lastMemberInterval, .robustness, .staticGroup, .joinGroup:
      true
    case .phyint, .tunnel, .name, .pruning, .noflood, .cacheLifetime, .pruneLifetime, .rexmitPrunes,
      .threshold, .metric, .boundary, .passive, .notransit, .blaster, .accept, .deny, .exact, .bidir,
      .advertMetric, .rateLimit, .allowNonpruners, .disable, .enable, .igmpv1, .netmask, .altnet, .forceLeaf,
      .beside, .srcrt, .sourceroute:
      false
    }
  }

  /// Whether a statement begins with it; the others belong behind an interface or a tunnel.
  var beginsStatement: Bool { !MroutedKeyword.ofInterfaces.contains(self) }

  private static let ofInterfaces: Set<MroutedKeyword> = [
    .threshold, .metric, .boundary, .passive, .notransit, .blaster, .accept, .deny, .exact, .bidir,
    .advertMetric, .rateLimit, .allowNonpruners, .disable, .enable, .igmpv1, .netmask, .altnet, .forceLeaf,
    .beside, .srcrt, .sourceroute, .igmpv2, .igmpv3, .staticGroup, .joinGroup,
  ]

  /// What messages of the vintage call it.
  func written(by vintage: MroutedFileOptions.Vintage) -> String {
    guard vintage == .current else { return rawValue }
    return String(decoding: rawValue.utf8.map { $0 == 0x5f ? 0x2d : $0 }, as: UTF8.self)
  }
}
