public import Configuration

/// The subsystems of which debug messages are wanted.
public struct MroutedDebug: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let packet = MroutedDebug(rawValue: 0x0001)
  public static let pruning = MroutedDebug(rawValue: 0x0002)
  public static let routing = MroutedDebug(rawValue: 0x0004)
  public static let neighbors = MroutedDebug(rawValue: 0x0008)
  public static let cache = MroutedDebug(rawValue: 0x0010)
  public static let timeout = MroutedDebug(rawValue: 0x0020)
  public static let interface = MroutedDebug(rawValue: 0x0040)
  public static let membership = MroutedDebug(rawValue: 0x0080)
  public static let traceroute = MroutedDebug(rawValue: 0x0100)
  public static let igmp = MroutedDebug(rawValue: 0x0200)
  public static let routeDetail = MroutedDebug(rawValue: 0x0400)
  public static let kernel = MroutedDebug(rawValue: 0x0800)
  public static let rsrr = MroutedDebug(rawValue: 0x1000)
  public static let icmp = MroutedDebug(rawValue: 0x2000)
  public static let all = MroutedDebug(rawValue: 0xffff_ffff)

  /// What `-d` of 3.9.8 means without words.
  public static let usual: MroutedDebug = [
    .pruning, .routing, .neighbors, .cache, .interface, .membership, .igmp,
  ]

  /// A word, the least letters of it that are enough, and what it stands for; synonyms are not listed.
  private struct Word {
    let name: String
    let least: Int
    let meaning: MroutedDebug
    var isListed = true

    init(_ name: String, _ least: Int, _ meaning: MroutedDebug, isListed: Bool = true) {
      self.name = name
      self.least = least
      self.meaning = meaning
      self.isListed = isListed
    }

    func matches(_ text: String) -> Bool { text.utf8.count >= least && name.hasPrefix(text) }
  }

  private static let current: [Word] = [
    Word("packet", 2, .packet), Word("pkt", 3, .packet, isListed: false), Word("pruning", 1, .pruning),
    Word("prunes", 1, .pruning, isListed: false), Word("routing", 1, .routing),
    Word("routes", 1, .routing, isListed: false), Word("route-detail", 6, .routeDetail),
    Word("rtdetail", 2, .routeDetail, isListed: false), Word("neighbors", 1, .neighbors),
    Word("peers", 2, .neighbors, isListed: false), Word("kernel", 2, .kernel), Word("cache", 1, .cache),
    Word("timer", 2, .timeout, isListed: false), Word("interface", 2, .interface),
    Word("vif", 1, .interface, isListed: false), Word("membership", 1, .membership),
    Word("groups", 1, .membership, isListed: false), Word("traceroute", 2, .traceroute),
    Word("mtrace", 2, .traceroute, isListed: false), Word("igmp", 1, .igmp), Word("icmp", 2, .icmp),
    Word("all", 1, .all), Word("3", 1, .all, isListed: false),
  ]

  private static let older: [Word] = [
    Word("packet", 2, .packet), Word("pruning", 1, .pruning), Word("routing", 1, .routing),
    Word("route_detail", 6, .routeDetail), Word("peers", 2, .neighbors), Word("neighbors", 1, .neighbors),
    Word("cache", 1, .cache), Word("timeout", 2, .timeout), Word("callout", 2, .timeout),
    Word("interface", 2, .interface), Word("vif", 1, .interface), Word("membership", 1, .membership),
    Word("groups", 1, .membership), Word("traceroute", 2, .traceroute), Word("mtrace", 2, .traceroute),
    Word("igmp", 1, .igmp), Word("icmp", 2, .icmp), Word("rsrr", 2, .rsrr),
    Word("3", 1, .all, isListed: false),
  ]

  private static func words(_ vintage: MroutedVintage) -> [Word] { vintage == .older ? older : current }

  /// Why a list of words is not one.
  public struct Unknown: Error, Hashable, Sendable {
    public var word: String

    public init(word: String) { self.word = word }

    /// The line of 4.x.
    public var text: String { "Unknown debug level: \(word)" }
  }

  /// Reads words between commas; empty ones and `none` add nothing.
  public init(_ text: String, _ vintage: MroutedVintage) throws(Unknown) {
    var result: MroutedDebug = []
    for word in text.split(separator: ",").map(String.init) where word != "none" {
      guard let match = MroutedDebug.words(vintage).first(where: { $0.matches(word) }) else {
        throw Unknown(word: word)
      }
      result.formUnion(match.meaning)
    }
    self = result
  }

  /// The names of what is in it, in the order of the list, or `none`.
  public var text: String {
    let names = self == .all ? ["all"] : names(.current).filter { $0 != "all" }
    return names.isEmpty ? "none" : names.joined(separator: ", ")
  }

  /// `debug level 0x2de (pruning,routing,…)`, the line of 3.9.8.
  public var startLine: String {
    "debug level 0x\(String(rawValue, radix: 16)) (\(names(.older).joined(separator: ",")))"
  }

  private func names(_ vintage: MroutedVintage) -> [String] {
    var seen: MroutedDebug = []
    var names: [String] = []
    for word in MroutedDebug.words(vintage) where word.isListed && contains(word.meaning) {
      guard !seen.contains(word.meaning) else { continue }
      seen.formUnion(word.meaning)
      names.append(word.name)
    }
    return names
  }

  /// Every name, in lines of at most 79 columns, as `-d ?` prints it.
  public static var list: String {
    var lines: [String] = []
    var line = "  "
    for word in current where word.isListed {
      let next = word.name + ","
      if line.utf8.count + next.utf8.count > 78 {
        lines.append(line)
        line = "  "
      }
      line += next + " "
    }
    lines.append(line)
    return lines.joined(separator: "\n").dropLast() + "\n"
  }
}
