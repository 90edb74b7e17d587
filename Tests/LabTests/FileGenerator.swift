/// Files of `smcroute.conf` from a seed, every statement and what the original tolerates in it.
///
/// What is left out, as both daemons cannot be the same there (stock: what the other does):
///
/// - a comment after `to`: stock takes its words for interfaces
/// - more than 32 words after `to`: stock aborts
/// - a file that includes itself: stock recurses until its stack is gone
/// - a source and a group of different families: stock aborts
/// - joins of large ranges: stock joins one by one for minutes
/// - one (S,G) by two inbound interfaces, by name or pattern: stock keeps the last; ours has both
/// - a whole (S,G) before a wider route: stock unites them in its entry, in this order alone
/// - one network written in two ways: stock has two rules and heeds the first; ours unites them
/// - a flow that arrives by another interface than its route says: stock leaves the entry; ours moves it
/// - `phyint` after a line that uses the interface: stock leaves entries that name no VIF
/// - a last line without an end, lines of more than 511 bytes: stock reads what is left in its buffer
///
/// Interfaces that do not exist are generated: both start without them.
struct FileGenerator {
  static let interfaces = ["eth0", "eth1", "eth2", "eth3", FileGenerator.fence]
  /// Where packets go in that tell when all before them have been seen.
  static let fence = "zz0"
  static let fenceLines = """
    mroute from zz0 group 239.255.0.0/16 to eth0
    mroute from zz0 group ff0f::/16 to eth0

    """

  private(set) var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A number below the limit (SplitMix64).
  mutating func below(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(limit))
  }

  mutating func one(in count: Int) -> Bool { below(count) == 0 }
  mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }

  /// A file, and another that it may include.
  mutating func files(include path: String) -> (main: String, included: String) {
    var main = ""
    for _ in 0..<max(0, below(6) - 2) { main += line(interface()) }
    main += FileGenerator.fenceLines
    for _ in 0..<below(9) { main += statement(path) }
    for _ in 0..<below(7) { main += line(route(isWhole: true)) }
    var included = ""
    for _ in 0..<below(4) { included += statement(nil) }
    return (main, included)
  }

  /// Flows of one family, each by the interface that alone sends from its source.
  mutating func flows(six: Bool, _ count: Int) -> [(interface: String, source: String, group: String)] {
    (0..<count).map { _ in
      let number = below(4)
      return ("eth\(number)", source(of: number, six: six), fullGroup(six: six))
    }
  }

  private mutating func statement(_ include: String?) -> String {
    switch below(20) {
    case 0...13: return line(route(isWhole: false))
    case 14...15: return line(membership())
    case 16 where include != nil: return line(["include", include ?? ""])
    case 17: return pick(["", "# a comment\n", "   \t\n", "\t# mroute from eth0 group 225.1.2.1 to eth1\n"])
    default: return line(mistake())
    }
  }

  /// The words with what may stand between and before them.
  private mutating func line(_ words: [String]) -> String {
    var text = one(in: 6) ? pick([" ", "\t", "   "]) : ""
    for (index, word) in words.enumerated() {
      if index > 0 { text += one(in: 8) ? pick(["  ", "\t", " \t "]) : " " }
      text += word
    }
    return text + (one(in: 8) ? " \n" : "\n")
  }

  /// A keyword, or a longer word that begins with it: both are the keyword.
  private mutating func keyword(_ word: String) -> String { one(in: 12) ? word + "s" : word }

  private func source(of number: Int, six: Bool, host: Int = 1) -> String {
    six ? "fc00:0:0:\(number)::\(host)" : "10.0.\(number).\(host)"
  }

  private mutating func fullGroup(six: Bool) -> String {
    six
      ? pick(["ff05::1", "ff05::2", "ff05::3", "ff05:1::1", "ff06::1"])
      : pick(["225.1.2.1", "225.1.2.2", "225.1.2.3", "225.1.3.1", "226.0.0.1"])
  }

  /// Not all are the first address of their network; no network is written in two ways.
  private mutating func prefixGroup(six: Bool) -> String {
    six
      ? pick(["ff05::1/16", "ff06::1/16", "ff05::3/32", "ff05:1::1/32", "ff05::2/120", "ff06::1/120"])
      : pick(["225.1.2.1/8", "226.0.0.1/8", "225.1.2.3/16", "225.1.2.3/24", "225.1.3.1/24", "225.1.2.2/30"])
  }

  /// A route of one source and one group, which belong to one interface; or one for several.
  private mutating func route(isWhole: Bool) -> [String] {
    let six = one(in: 3)
    let number = below(4)
    let inbound = one(in: 8) ? pick(["eth\(number)+", "eth9", "nope", "n+", "lo"]) : "eth\(number)"
    var clauses = [[keyword("from"), !isWhole && one(in: 10) ? pick(["eth+", "e+", "+"]) : inbound]]
    if isWhole {
      clauses.append([
        keyword("group"), fullGroup(six: six) + pick(["", "", "", "/0", six ? "/128" : "/32"]),
      ])
      clauses.append([keyword("source"), source(of: number, six: six)])
    } else {
      let prefixed = one(in: 2)
      clauses.append([keyword("group"), prefixed ? prefixGroup(six: six) : fullGroup(six: six)])
      switch below(6) {
      case 0 where prefixed: clauses.append([keyword("source"), source(of: number, six: six)])
      case 1, 2:
        let prefix =
          six ? ["fc00::/32", "fc00:0:0:\(number)::9/64"] : ["10.0.0.0/16", "10.0.\(number).9/24"]
        clauses.append(["source", pick(prefix)])
      case 3: clauses.append(["source", six ? "::" : "0.0.0.0"])
      default: break
      }
    }
    var words = [keyword("mroute")]
    while !clauses.isEmpty { words += clauses.remove(at: below(clauses.count)) }
    if one(in: 12) { words.insert("word", at: 1) }
    if one(in: 10) { return words }
    words.append("to")
    let names = ["eth0", "eth1", "eth2", "eth3"]
    for _ in 0..<below(5) {
      words.append(one(in: 8) ? pick(["eth+", "eth1+", "nope", "eth9", "lo", "zz0"]) : pick(names))
    }
    return words
  }

  private mutating func interface() -> [String] {
    var words = ["phyint", one(in: 6) ? pick(["eth9", "lo", "nope"]) : "eth\(below(4))"]
    switch below(6) {
    case 0: words.append(keyword("enable"))
    case 1: words.append("disable")
    case 2: words.append("mrdisc")
    default: words += ["ttl-threshold", pick(["1", "5", "64", "255", "0", "256", "300"])]
    }
    return words
  }

  private mutating func membership() -> [String] {
    let six = one(in: 3)
    var clauses = [["from", one(in: 8) ? pick(["eth+", "eth9", "e+"]) : "eth\(below(4))"]]
    let group = fullGroup(six: six)
    clauses.append(["group", one(in: 5) ? group + (six ? "/126" : "/30") : group])
    if one(in: 4) { clauses.append(["source", source(of: below(4), six: six)]) }
    var words = [pick(["mgroup", "mgroup", "ssmgroup"])]
    while !clauses.isEmpty { words += clauses.remove(at: below(clauses.count)) }
    return words
  }

  private mutating func mistake() -> [String] {
    pick([
      ["mroutee"], ["nonsense", "from", "eth0"],
      ["mroute", "from", "eth0", "group", "225.1.2.300", "to", "eth1"],
      ["mroute", "group", "225.1.2.1", "to", "eth1"],
      ["mroute", "from", "eth0", "source", "10.0.0.1", "to", "eth1"],
      ["mroute", "from", "eth0", "group", "10.0.0.1", "to", "eth1"], ["phyint"],
      ["mroute", "from", "eth0", "group", "225.1.2.1/33", "to", "eth1"],
      ["mroute", "from", "eth0", "source", "10.0.0.1/33", "group", "225.1.2.1", "to", "eth1"],
      ["mroute", "from", "eth1", "source", "nowhere", "group", "225.1.2.1", "to", "eth2"],
      ["mgroup", "from", "eth0"], ["mgroup", "from", "eth0", "group", "10.0.0.1"],
      ["include", "/nowhere/*.conf"],
      ["mroute", "from", "eth0", "group", "225.1.2.2", "to"],
      ["mgroup", "from", "nope", "group", "225.1.2.2"],
      ["mroute", "from", "eth2", "group", "ff05::zz", "to", "eth1"],
    ])
  }
}
