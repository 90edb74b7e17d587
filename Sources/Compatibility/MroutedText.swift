import Addressing
import Control

/// The words and figures that mrouted's outputs share.
enum MroutedText {
  /// `10.77.1/24`, `10.10.0.0/26`, `default`: as many octets as the mask reaches into.
  static func network(_ prefix: Prefix) -> String {
    if prefix.isAll { return "default" }
    return octets(prefix, (prefix.length + 7) / 8) + "/\(prefix.length)"
  }

  /// `36.2`, `13.2.116/22`: without octets that are 0, and without a length that the octets tell.
  static func shortNetwork(_ prefix: Prefix) -> String {
    guard let bits = prefix.address.ipv4, !prefix.isAll else { return "default" }
    let count = max(1, 4 - bits.trailingZeroBitCount / 8)
    let text = octets(prefix, count)
    return prefix.length == 8 * count ? text : "\(text)/\(prefix.length)"
  }

  private static func octets(_ prefix: Prefix, _ count: Int) -> String {
    let bits = prefix.address.ipv4 ?? 0
    return (0..<UInt32(count)).map { "\((bits << ($0 * 8)) >> 24)" }.joined(separator: ".")
  }

  /// ` 0:04:20`: hours, minutes, seconds.
  static func time(_ duration: Duration) -> String {
    let seconds = whole(duration)
    var line = TextLine()
    line.right("\(seconds / 3600)", 2)
    line.text(":\(twoDigits(seconds / 60 % 60)):\(twoDigits(seconds % 60))")
    return line.string
  }

  /// `28s`, `3m`, `2h`: of one unit.
  static func shortTime(_ duration: Duration) -> String {
    let seconds = whole(duration)
    if seconds < 60 { return "\(seconds)s" }
    return seconds < 3600 ? "\(seconds / 60)m" : "\(seconds / 3600)h"
  }

  /// Whole seconds, not negative.
  static func whole(_ duration: Duration) -> Int64 { max(0, duration.components.seconds) }

  private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// `0x0000000000000003`: a bit for each of the first 64 indices.
  static func bitmap(_ indices: [Int]) -> String {
    let bits = indices.reduce(into: UInt64(0)) { bits, index in
      if (0..<64).contains(index) { bits |= 1 << UInt64(index) }
    }
    let digits = String(bits, radix: 16)
    return "0x" + String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// `(3.255)`.
  static func version(_ neighbor: MulticastReport.Neighbor) -> String {
    "\(neighbor.major).\(neighbor.minor)"
  }
}

/// Flags, as words and as letters.
extension MroutedText {
  /// The words, each with a blank before it; mrouted 3 does not tell IGMPv2, which is its own.
  static func flags(_ interface: MulticastReport.Interface, tellsVersion2: Bool) -> String {
    let querier = interface.querier == .ours
    let words: [(Bool, String)] = [
      (interface.state == .down, "down"), (interface.state == .disabled, "disabled"),
      (querier && interface.state == .up, "querier"), (interface.flags.contains(.oneWay), "one-way"),
      (interface.flags.contains(.leaf), "leaf"), (interface.igmpVersion == 1, "IGMPv1"),
      (interface.igmpVersion == 2 && tellsVersion2, "IGMPv2"),
      (interface.flags.contains(.repeatsPrunes), "rexmit_prunes"),
      (interface.flags.contains(.passive), "passive"),
      (interface.flags.contains(.acceptsNonpruners), "allow_nonpruners"),
      (interface.flags.contains(.noFlood), "noflood"), (interface.flags.contains(.noTransit), "notransit"),
      (interface.flags.contains(.paced), "blaster"), (interface.flags.contains(.forcedLeaf), "force_leaf"),
      (interface.flags.contains(.enclosed), "old-tunnel"),
    ]
    return joined(words)
  }

  /// `QL`: disabled, querier, one-way, leaf, passive.
  static func letters(_ interface: MulticastReport.Interface) -> String {
    let letters: [(Bool, String)] = [
      (interface.state == .disabled, "!"), (interface.querier == .ours && interface.state == .up, "Q"),
      (interface.flags.contains(.oneWay), "1"), (interface.flags.contains(.leaf), "L"),
      (interface.flags.contains(.passive), "-"),
    ]
    return letters.filter(\.0).map(\.1).joined()
  }

  private static let neighborFlags: [(flag: MulticastReport.Neighbor.Flags, word: String, letter: String)] = [
    (.leaf, "leaf", "L"), (.hasGeneration, "have-genid", "G"), (.waiting, "waiting", "W"),
    (.oneWay, "one-way", "1"), (.tooOld, "too old", "O"), (.tooManyRoutes, "too many routes", "!"),
    (.cannotPrune, "not pruning?", "p"),
  ]

  /// The words, each with a blank before it.
  static func flags(_ neighbor: MulticastReport.Neighbor) -> String {
    joined(neighborFlags.map { (neighbor.flags.contains($0.flag), $0.word) })
  }

  static func letters(_ neighbor: MulticastReport.Neighbor) -> String {
    neighborFlags.filter { neighbor.flags.contains($0.flag) }.map(\.letter).joined()
  }

  private static func joined(_ words: [(Bool, String)]) -> String {
    words.filter(\.0).map { " " + $0.1 }.joined()
  }
}

/// The orders of rows.
extension MulticastReport {
  /// Interfaces that a neighbor is known on.
  var busyInterfaces: Int { interfaces.count { !$0.neighbors.isEmpty } }

  /// Longer masks first, within one mask the higher origin first.
  var routesInOrder: [Route] { routes.sorted { MulticastReport.isBefore($0.origin, $1.origin) } }

  /// By group, then as routes.
  var treesInOrder: [Tree] {
    trees.sorted { left, right in
      if left.group != right.group { return left.group < right.group }
      return MulticastReport.isBefore(left.origin, right.origin)
    }
  }

  private static func isBefore(_ left: Prefix, _ right: Prefix) -> Bool {
    (left.bits, left.address) > (right.bits, right.address)
  }
}
