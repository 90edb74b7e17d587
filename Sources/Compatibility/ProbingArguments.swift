/// The command line of a tool that asks routers: `mrinfo`, `mtrace` or `map-mbone`.
public struct ProbingArguments: Hashable, Sendable {
  /// Which tool it is; each has options of its own.
  public enum Tool: String, Hashable, Sendable, CaseIterable {
    case mrinfo, mtrace
    case mapMbone = "map-mbone"

    /// As getopt(3) reads them.
    public var letters: String {
      switch self {
      case .mrinfo: "d:hnr:t:"
      case .mtrace: "d:g:hi:lMm:npq:r:sS:t:vw:"
      case .mapMbone: "d:fghnr:t:"
      }
    }

    /// How it is called.
    public var usage: String {
      switch self {
      case .mrinfo: "Usage: mrinfo [-hn] [-d level] [-r count] [-t seconds] [router]\n"
      case .mtrace:
        "Usage: mtrace [-lMnpsv] [-d level] [-g gateway] [-i if_addr] [-m max_hops] [-q nqueries]\n"
          + "              [-r host] [-S stat_int] [-t ttl] [-w waittime] source [receiver] [group]\n"
      case .mapMbone: "Usage: map-mbone [-fghn] [-d level] [-r count] [-t seconds] [router]\n"
      }
    }

    /// The most words behind the options.
    var operandLimit: Int { self == .mtrace ? 3 : 1 }
  }

  /// Letters without a value.
  public private(set) var flags: Set<Character> = []
  /// Values, by letter: the last one given.
  public private(set) var texts: [Character: String] = [:]
  /// Numbers from 1 on, but for `d` and `r` of the tools that count: from 0.
  public private(set) var numbers: [Character: Int] = [:]
  public private(set) var operands: [String] = []

  /// Reads the words after the program's name.
  ///
  /// - Parameter isOlder: the texts of 3.9.8, whose usage is an error even when it was asked for.
  /// - Returns: the arguments, or what the program says instead.
  public static func read(
    _ tool: Tool, _ words: [String], isOlder: Bool = false
  ) -> (arguments: ProbingArguments?, result: ProgramResult?) {
    let line = Getopt(tool.letters, words)
    var arguments = ProbingArguments()
    var isUsage = false
    for option in line.options { if !arguments.take(option, tool) { isUsage = true } }
    arguments.operands = line.operands
    var complaint = ""
    if let fault = line.fault {
      complaint = "\(tool.rawValue): \(fault.text)\n"
      isUsage = true
    }
    if line.operands.count > tool.operandLimit { isUsage = true }
    let isHelp = arguments.flags.contains("h") && !isUsage
    guard isUsage || isHelp else { return (arguments, nil) }
    if isOlder { return (nil, ProgramResult(complaint: complaint + tool.usage, exitCode: 1)) }
    return (nil, ProgramResult(output: tool.usage, complaint: complaint, exitCode: isHelp ? 0 : 1))
  }

  /// False when the value makes no sense.
  private mutating func take(_ option: Getopt.Option, _ tool: Tool) -> Bool {
    guard let value = option.value else {
      flags.insert(option.letter)
      return true
    }
    let isAddress = "gi".contains(option.letter) || option.letter == "r" && tool == .mtrace
    guard !isAddress else {
      texts[option.letter] = value
      return true
    }
    let isFromZero = option.letter == "d" || option.letter == "r"
    guard let number = Int(value), number >= (isFromZero ? 0 : 1), number <= 1_000_000 else { return false }
    numbers[option.letter] = number
    return true
  }
}
