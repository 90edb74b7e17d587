/// The commands of `smcroutectl`, in the order in which a word is matched with them.
enum SmcroutectlCommand: String, CaseIterable {
  case help, version, flush, kill, reload, restart, show, add, remove, del, join, leave

  /// What a word stands for.
  enum Match: Hashable {
    case command(SmcroutectlCommand)
    /// `r` and `re`: one of several, one of which drops every route added at run time.
    case ambiguous
    case unknown
  }

  /// The first command that equals the word over the shorter of the two lengths.
  static func match(_ word: String) -> Match {
    if word == "r" || word == "re" { return .ambiguous }
    let command = allCases.first { $0.rawValue.hasPrefix(word) || word.hasPrefix($0.rawValue) }
    return command.map { .command($0) } ?? .unknown
  }

  var minimumArguments: Int {
    switch self {
    case .add: 3
    case .remove, .del, .join, .leave: 2
    case .help, .version, .flush, .kill, .reload, .restart, .show: 0
    }
  }

  /// Nil for those that ask no daemon.
  func letter(_ format: SmcrouteFormat) -> Unicode.Scalar? {
    switch self {
    case .help, .version: nil
    case .flush: "F"
    case .kill: "k"
    case .reload, .restart: "H"
    case .show:
      switch format {
      case .plain: "s"
      case .detailed: "S"
      case .json: "J"
      }
    case .add: "a"
    case .remove, .del: "r"
    case .join: "j"
    case .leave: "l"
    }
  }

  /// The frame is that of every version, the sentences are ours.
  var help: String { "Help:\n  \(purpose)\n\nExample:\n  smcroutectl \(rawValue) \(example)\n\n" }

  private var purpose: String {
    switch self {
    case .help: "Tell what the commands do, or one of them"
    case .version: "Tell the version, and where to ask and report"
    case .flush: "Forget the routes that traffic of (*,G) rules has made"
    case .kill: "End the daemon"
    case .reload, .restart: "Read the configuration again; drop what was added at run time"
    case .show: "Show routes, groups, interfaces, or what is pending"
    case .add: "Add a route, or outbound interfaces to one"
    case .remove, .del: "Remove a route, or outbound interfaces from it"
    case .join: "Join a group on an interface"
    case .leave: "Leave a group on an interface"
    }
  }

  private var example: String {
    switch self {
    case .help: "add"
    case .show: "groups"
    case .add: "eth0 192.0.2.42 225.1.2.3 eth1 eth2"
    case .remove, .del: "eth0 192.0.2.42 225.1.2.3"
    case .join, .leave: "eth0 225.1.2.3"
    case .version, .flush, .kill, .reload, .restart: ""
    }
  }

  static let usage = """
    Usage:
      smcroutectl [OPTIONS] [CMD [ARGS]]

    Options:
      -b            Read commands from standard input, one a line
      -d            Show counters and what the kernel holds
      -i NAME       Name of the daemon, default: smcroute
      -j            Show as JSON
      -p            Plain headings, no control characters
      -t            No headings
      -u FILE       Socket of the daemon, default: /run/smcroute.sock
      -h            This text
      -v            Version

    Commands:
      help    [CMD]                                        What a command does
      version                                              Version
      flush                                                Forget routes that traffic has made
      kill                                                 End the daemon
      reload                                               Read the configuration again
      show    [routes | groups | interfaces | pending]     Show a table, default: routes
      add     IIF [SOURCE[/LEN]] GROUP[/LEN] OIF [OIF ...] Add a route, or outbound interfaces
      remove  IIF [SOURCE[/LEN]] GROUP[/LEN] [OIF ...]     Remove a route, or outbound interfaces
      join    IIF [SOURCE[/LEN]] GROUP[/LEN]               Join a group
      leave   IIF [SOURCE[/LEN]] GROUP[/LEN]               Leave a group

    IIF and OIF are names of interfaces, or beginnings of names: eth+ stands for eth0, eth1, ...

    """
}
