/// The texts of `mcast help`: at most 24 lines, ending with two examples and the manual page.
enum Help {
  static let overview = """
    usage: mcast [OPTION]... VERB ...

      status                the daemon on one screen
      show OBJECT           routes interfaces groups neighbors dvmrp and more (mcast help show)
      add del replace       static routes
      join leave            group memberships of the router
      set clear             interface settings; counters, entries, groups, neighbors
      batch FILE            many changes as one
      config VERB           check plan diff apply confirm save undo format import
      reload restart stop   the daemon
      monitor               events as they happen
      explain               a code, or why an (S,G) is as it is
      send receive trace    test traffic; the way of a flow
      info version help     another router; the version; a verb

    options: -4, --ipv4  -6, --ipv6  -j, --json  -J, --json-lines  -t, --table N|all
             -n, --numeric  -v, --verbose  -q, --quiet  --identity NAME  --socket PATH
             --timeout SEC  --color auto|always|never  --watch [SEC]  -h, --help  --version
    "mcast VERB --help" says more. Words may be shortened; object and verb may change places.

    Examples:
      mcast add eth0 239.1.1.1 eth1
      mcast show routes --watch
    Manual: mcast(8)

    """

  static func text(_ verb: Verb?) -> String {
    guard let verb, verb != .help else { return overview }
    var lines: [String] = []
    for (index, usage) in verb.usage.enumerated() {
      lines.append((index == 0 ? "usage: " : "       ") + (usage.first == " " ? "      " : "mcast ") + usage)
    }
    lines += [""] + verb.about + [""]
    let options = verb.options
    let width = options.map(\.synopsis.utf8.count).max() ?? 0
    for option in options {
      let padding = String(repeating: " ", count: width - option.synopsis.utf8.count)
      lines.append("  \(option.synopsis)\(padding)  \(option.summary)")
    }
    if !options.isEmpty { lines.append("") }
    lines.append("For every verb: -4 -6 -j -J -t -n -v -q --socket PATH --timeout SEC (see: mcast help)")
    lines += ["", "Examples:"] + verb.examples.map { "  " + $0 } + ["Manual: mcast(8)"]
    return lines.map { $0 + "\n" }.joined()
  }
}
