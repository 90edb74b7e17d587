/// What mrouted 4.6 and 3.9.8 say of small files, and whether they end; recorded.
///
/// The machine has e0 10.5.0.1/24, e1 10.5.1.1/24 and e2 10.5.2.1/24. `\n` in a file is a newline, `and` goes
/// on with it. What is not listed of a version is nothing: it runs. Left out are times, the lines that tell
/// of disabled interfaces, and what is said later than the file is read.
enum MroutedMessageTable {
  struct Entry {
    var file = ""
    var lines: [String: [String]] = [:]
    var ends: Set<String> = []
  }

  static let entries: [Entry] = {
    var entries: [Entry] = []
    for line in text.split(separator: "\n") {
      let word = line.prefix { $0 != " " }
      let rest = String(line.dropFirst(7))
      switch word {
      case "conf": entries.append(Entry(file: rest))
      case "and": entries[entries.count - 1].file += rest
      default:
        if rest == "ends" {
          entries[entries.count - 1].ends.insert(String(word))
        } else {
          entries[entries.count - 1].lines[String(word), default: []].append(rest)
        }
      }
    }
    for index in entries.indices {
      entries[index].file = entries[index].file.replacing("\\n", with: "\n")
    }
    return entries
  }()

  private static let text = #"""
    conf
    conf   bogus\n
    4.6    t.conf:1: syntax error
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   phyint nosuch0 disable\n
    4.6    warning - t.conf:1: phyint nosuch0 not available, continuing ...
    3.9.8  t.conf: Invalid interface name nosuch0 near line 1
    3.9.8  ends
    conf   phyint 10.9.9.9 disable\n
    4.6    warning - t.conf:1: phyint 10.9.9.9 not available, continuing ...
    3.9.8  t.conf: 10.9.9.9 is not a configured interface near line 1
    3.9.8  ends
    conf   phyint e0 threshold 0\n
    4.6    t.conf:1: Invalid threshold 0
    4.6    ends
    3.9.8  t.conf: Invalid threshold 0 near line 1
    3.9.8  ends
    conf   phyint e0 threshold 256\n
    4.6    t.conf:1: Invalid threshold 256
    4.6    ends
    3.9.8  t.conf: Invalid threshold 256 near line 1
    3.9.8  ends
    conf   phyint e0 threshold\n
    4.6    warning - t.conf:2: Expected number after threshold keyword, ignored
    3.9.8  warning - t.conf: Expected number after threshold keyword, ignored near line 2
    conf   phyint e0 threshold\nphyint e1 metric 2
    4.6    warning - t.conf:2: Expected number after threshold keyword, ignored
    3.9.8  warning - t.conf: Expected number after threshold keyword, ignored near line 2
    conf   phyint e0 metric 33
    4.6    t.conf:1: Invalid metric 33
    4.6    ends
    3.9.8  t.conf: Invalid metric 33 near line 1
    3.9.8  ends
    conf   phyint e0 metric 32
    conf   phyint e0 metric 0
    4.6    t.conf:1: Invalid metric 0
    4.6    ends
    3.9.8  t.conf: Invalid metric 0 near line 1
    3.9.8  ends
    conf   phyint e0 advert_metric 32
    4.6    t.conf:1: Invalid advert-metric 32
    4.6    ends
    3.9.8  t.conf: Invalid advert_metric 32 near line 1
    3.9.8  ends
    conf   phyint e0 rate_limit 100001
    4.6    t.conf:1: Invalid rate-limit 100001
    4.6    ends
    3.9.8  t.conf: Invalid rate_limit 100001 near line 1
    3.9.8  ends
    conf   phyint e0 rate_limit 100000
    conf   cache_lifetime 59
    4.6    warning - t.conf:1: cache-lifetime 59 must be at least 60
    3.9.8  warning - t.conf: cache_lifetime 59 must be at least 60 near line 1
    conf   cache_lifetime 60
    conf   cache-lifetime 300
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   prune_lifetime 119
    4.6    warning - t.conf:1: prune-lifetime 119 must be at least 120
    3.9.8  warning - t.conf: prune_lifetime 119 must be at least 120 near line 1
    conf   pruning off
    4.6    warning - t.conf:1: Disabling pruning is no longer supported
    3.9.8  warning - t.conf: Disabling pruning is no longer supported near line 1
    conf   pruning on
    conf   name LOCAL 224.1.0.0/16
    4.6    t.conf:1: Boundaries must be 239.x.x.x, not 224.1.0.0/16
    4.6    ends
    3.9.8  t.conf: Boundaries must be 239.x.x.x, not 224.1.0.0/16 near line 1
    3.9.8  ends
    conf   name LOCAL 239.255/16\nphyint e0 boundary LOCAL
    conf   phyint e0 boundary 239.255/16
    conf   phyint e0 boundary 239.255.1/16
    4.6    warning - t.conf:1: Boundary spec 239.255.1.0/16 has host bits set
    3.9.8  warning - t.conf: Boundary spec 239.255.1.0/16 has host bits set near line 1
    conf   phyint e0 boundary NOPE
    4.6    t.conf:1: Invalid boundary name NOPE
    4.6    ends
    3.9.8  t.conf: Invalid boundary name NOPE near line 1
    3.9.8  ends
    conf   phyint e0 boundary
    4.6    warning - t.conf:2: Expected boundary spec after boundary keyword, ignored
    3.9.8  warning - t.conf: Expected boundary spec after boundary keyword, ignored near line 2
    conf   phyint e0 altnet
    4.6    warning - t.conf:2: Expected address after altnet keyword, ignored
    3.9.8  warning - t.conf: Expected address after altnet keyword, ignored near line 2
    conf   phyint e0 altnet 10.8.0.1/16
    4.6    warning - t.conf:1: Extra subnet 10.8.0.1/16 has host bits set
    3.9.8  warning - t.conf: Extra subnet 10.8.0.1/16 has host bits set near line 1
    conf   phyint e0 altnet 10.8.0.0
    conf   tunnel e0 192.0.2.1\nphyint e1 disable
    4.6    t.conf:2: phyints must appear before tunnels
    4.6    ends
    3.9.8  t.conf: phyints must appear before tunnels near line 2
    3.9.8  ends
    conf   tunnel 10.9.9.9 192.0.2.1
    4.6    t.conf:1: Tunnel local address 10.9.9.9 is not mine
    4.6    ends
    3.9.8  t.conf: Tunnel local address 10.9.9.9 is not mine near line 1
    3.9.8  ends
    conf   tunnel e0 10.5.1.1
    4.6    t.conf:1: Tunnel remote address 10.5.1.1 is one of mine
    4.6    ends
    3.9.8  t.conf: Tunnel remote address 10.5.1.1 is one of mine near line 1
    3.9.8  ends
    conf   tunnel e0 10.5.1.77
    4.6    Unnecessary tunnel to 10.5.1.77, same subnet as interface e1
    4.6    t.conf:1:
    4.6    ends
    3.9.8  t.conf: Unnecessary tunnel to 10.5.1.77, same subnet as vif 1 (e1) near line 1
    3.9.8  ends
    conf   tunnel e0 192.0.2.1\ntunnel e1 192.0.2.1
    4.6    t.conf:2: Duplicate tunnel to 192.0.2.1
    4.6    ends
    3.9.8  t.conf: Duplicate tunnel to 192.0.2.1 near line 2
    3.9.8  ends
    conf   tunnel e0 192.0.2.1 srcrt
    4.6    t.conf:1: Source-route tunnels not supported
    4.6    ends
    3.9.8  t.conf: Source-route tunnels not supported near line 1
    3.9.8  ends
    conf   tunnel e0 no.such.host.invalid
    4.6    t.conf:1: No such host no.such.host.invalid
    4.6    ends
    3.9.8  t.conf: No such host no.such.host.invalid near line 1
    3.9.8  ends
    conf   no phyint
    4.6    Cannot forward: no enabled vifs
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   no phyint phyint e0 enable
    4.6    Cannot forward: only one enabled vif
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   no phyint phyint e0 enable phyint e1 enable
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   phyint e0 disable phyint e1 disable
    4.6    Cannot forward: only one enabled vif
    4.6    ends
    3.9.8  Cannot forward: only one enabled vif
    3.9.8  ends
    conf   phyint e0 disable phyint e1 disable phyint e2 disable
    4.6    Cannot forward: no enabled vifs
    4.6    ends
    3.9.8  Cannot forward: no enabled vifs
    3.9.8  ends
    conf   igmp-robustness 1
    4.6    t.conf:1: Invalid IGMP robustness value [2,10]: 1
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   igmp-robustness 11
    4.6    t.conf:1: Invalid IGMP robustness value [2,10]: 11
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   igmp-query-interval 0
    4.6    t.conf:1: Invalid IGMP query interval [1,1024]: 0
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   igmp-query-response-interval 5
    4.6    t.conf:1: syntax error
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   igmp-query-reponse-interval 5
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   igmp-query-last-member-interval 1025
    4.6    t.conf:1: Invalid IGMP query interval [1,1024]: 1025
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   router-timeout 0
    4.6    t.conf:1: Invalid multicast router timeout [1,1024]: 0
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   router-timeout 1024
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   no router-alert
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   router-alert off
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   router-alert on
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   phyint e0 static-group 239.1.1.1 static-group 10.1.1.1
    4.6    t.conf:1: syntax error
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   phyint e0 static-group 225.1.2.3 join-group 225.1.2.4 igmpv2 metric 3 threshold 2
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   phyint e0 netmask 255.255.0.0
    4.6    warning - ignoring e1, same subnet as e0
    4.6    warning - ignoring e2, same subnet as e0
    4.6    Cannot forward: only one enabled vif
    4.6    ends
    conf   phyint e0 accept 10/8 deny 11/8
    4.6    t.conf:2: Cannot accept and deny
    4.6    ends
    3.9.8  t.conf: Cannot accept and deny near line 2
    3.9.8  ends
    conf   phyint e0 accept 10/8 exact 11.0/16 bidir
    conf   phyint e0 bidir
    4.6    t.conf:1: bidir goes after filters
    4.6    ends
    3.9.8  t.conf: bidir goes after filters near line 1
    3.9.8  ends
    conf   phyint e0 accept default
    conf   phyint e0 force_leaf passive noflood notransit blaster allow_nonpruners rexmit_prunes off
    and     prune_lifetime 300
    conf   noflood rexmit_prunes on
    conf   allow_black_holes
    4.6    t.conf:1: syntax error
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   sysName "x"
    4.6    t.conf:1: syntax error
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   phyint e0 metric 0x2
    4.6    warning - t.conf:1: Expected number after metric keyword, ignored
    4.6    t.conf:1: syntax error
    4.6    ends
    3.9.8  warning - t.conf: Expected number after metric keyword, ignored near line 1
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   phyint e0 disable # comment\n# whole\n  phyint\n e1\n metric\n 4
    4.6    t.conf:6: syntax error
    4.6    ends
    3.9.8  t.conf: syntax error near line 6
    3.9.8  ends
    conf   PHYINT e0 disable
    4.6    t.conf:1: syntax error
    4.6    ends
    3.9.8  t.conf: syntax error near line 1
    3.9.8  ends
    conf   name A 239.1/16 name B 239.2/16 phyint e0 boundary A boundary B
    conf   name N0 239.0/16\nname N1 239.1/16\nname N2 239.2/16\nname N3 239.3/16\nname N4 239.4/16\n
    and    name N5 239.5/16\nname N6 239.6/16\nname N7 239.7/16\nname N8 239.8/16\nname N9 239.9/16\n
    and    name N10 239.10/16\nname N11 239.11/16\nname N12 239.12/16\nname N13 239.13/16\n
    and    name N14 239.14/16\nname N15 239.15/16\nname N16 239.16/16\nname N17 239.17/16\n
    and    name N18 239.18/16\nname N19 239.19/16\nname N20 239.20/16
    4.6    t.conf:21: Too many named boundaries (max 20)
    4.6    ends
    3.9.8  t.conf: Too many named boundaries (max 20) near line 21
    3.9.8  ends
    """#
}
