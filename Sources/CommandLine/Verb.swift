/// What the tool can do: the first word of a command.
enum Verb: String, CaseIterable, Sendable {
  case status, show, add, del, replace, join, leave, set, clear, batch, config, plan, reload, restart, stop
  case monitor
  case explain, send, receive, trace, info, version, help

  /// Its options beside those for every verb.
  var options: [Option] {
    switch self {
    case .show: [.kernel]
    case .add, .replace, .join: [.pending]
    case .batch: [.continue]
    case .config: [.confirm, .stdout]
    case .reload: [.wait]
    case .send: [.interface, .port, .rate, .count, .size, .ttl, .payload]
    case .receive: [.interface, .source, .port, .count, .expect, .lossMax]
    case .trace: [.from]
    default: []
    }
  }

  /// The lines that say how it is written.
  var usage: [String] {
    switch self {
    case .status: ["status"]
    case .show:
      [
        "show routes [SRC] [GROUP] [from IF] [to IF] [owner OWNER] [state STATE]",
        "            [sort rate|group|age] [top N]",
        "show interfaces [IF] | joins [IF] | pending | limits | config | events [N]",
        "show groups [GROUP] [IF] | neighbors [IF] | dvmrp routes [NET] [IF]",
        "show prunes [NET] [GROUP] [IF] | tunnels | timers",
        "show kernel [routes|vifs|rules|groups]",
      ]
    case .add: ["add [--pending] IIF [SRC[/LEN]] GROUP[/LEN] OIF...|none|members"]
    case .del: ["del IIF [SRC[/LEN]] GROUP[/LEN]"]
    case .replace: ["replace [--pending] IIF [SRC[/LEN]] GROUP[/LEN] OIF...|none|members"]
    case .join: ["join [--pending] IF [SRC] GROUP[/LEN]"]
    case .leave: ["leave IF [SRC] GROUP[/LEN]"]
    case .set: ["set interface IF threshold TTL | enable | disable | boundary NAME"]
    case .clear: ["clear counters|routes|groups|neighbors"]
    case .batch: ["batch [--continue] FILE|-"]
    case .config:
      [
        "config check [FILE|-] | plan [FILE] | diff [A] [B] | format FILE",
        "config apply FILE [--confirm SEC] | confirm | undo | save [FILE] [--stdout]",
        "config import smcroute|mrouted FILE",
      ]
    case .plan: ["plan [FILE]"]
    case .reload: ["reload [--wait]"]
    case .restart: ["restart"]
    case .stop: ["stop"]
    case .monitor: ["monitor [routes|joins|groups|neighbors|prunes|interfaces|upcalls|all]"]
    case .explain: ["explain CODE", "explain route SRC GROUP [IIF]"]
    case .send: ["send GROUP [-i IF] [-p PORT] [-r PPS] [-c N] [-s BYTES] [-T TTL] [--payload KIND]"]
    case .receive: ["receive GROUP... [-i IF] [-S SRC] [-p PORT] [-c N] [--expect N] [--loss-max PERCENT]"]
    case .trace: ["trace SRC [GROUP] [--from ROUTER]"]
    case .info: ["info ROUTER"]
    case .version: ["version"]
    case .help: ["help [VERB]"]
    }
  }

  /// What it does, in a few lines.
  var about: [String] {
    switch self {
    case .status: ["One screen: the daemon, its interfaces, routes, joins, traffic and problems."]
    case .show:
      [
        "The router's tables. Routes are static rules and the kernel's entries; owners are",
        "static, dvmrp and block, states rule, active, idle, blocked, pruned, no-member, waiting",
        "and disabled. \"show kernel\" asks the kernel and needs no daemon.",
      ]
    case .add:
      [
        "Adds a static route: what comes in by IIF goes out by each OIF. None blocks; members, or",
        "members of OIF..., are those whose hosts listen. The file's form \"route from IIF group",
        "GROUP to OIF\" works too. One that exists is an error.",
      ]
    case .del: ["Removes a static route. One of the file is hidden until the next reload."]
    case .replace: ["Adds a static route, or changes the one with the same IIF, SRC and GROUP."]
    case .join: ["Joins a group as a host would, so that switches and routers send it here."]
    case .leave: ["Leaves a group."]
    case .set: ["Changes what holds for an interface; \"mcast config save\" keeps it."]
    case .clear:
      [
        "Counters start again from zero; routes removes entries made on demand; groups and",
        "neighbors forgets them, and asks anew.",
      ]
    case .batch:
      [
        "Many changes as one transaction, one per line, written as after \"mcast\" or as in the",
        "file: all are done or none, and the first offender is named.",
      ]
    case .config:
      [
        "check judges a file without daemon or root. plan says what applying would change. diff",
        "compares file, running and kernel (the words may be A or B). apply runs a file, save",
        "writes what runs, undo goes one back, format prints the canonical layout, import an old",
        "smcroute.conf or mrouted.conf as a native file.",
      ]
    case .plan: ["What applying FILE would change; without FILE, the daemon's own file."]
    case .reload: ["The daemon reads its file again. What did not change is not touched."]
    case .restart:
      [
        "The daemon ends and the one that is installed now takes its place: sockets, routes and",
        "state are handed over, no packet is lost. Warns as reload does, waits until that one",
        "answers, and tells what the file changes.",
      ]
    case .stop: ["Stops the daemon; its routes vanish from the kernel."]
    case .monitor: ["Events as they happen, until interrupted."]
    case .explain:
      [
        "What a code means, its causes and the cure; or why an (S,G) is as it is: the rule that",
        "decides, and each outbound interface with its reason.",
      ]
    case .send: ["Sends numbered test packets to a group, evenly spaced."]
    case .receive:
      [
        "Joins groups and counts: packets, loss, reordering, duplicates, jitter, rate. Ends after",
        "-c packets, --timeout seconds or an interrupt, and prints the figures.",
      ]
    case .trace:
      [
        "The way of a flow from its source, asked router by router back from this machine's link,",
        "or from ROUTER: interfaces, packets, and why a router does not forward. Needs no daemon",
        "here; each question waits --timeout seconds (3). For the group 224.2.0.1 without GROUP.",
      ]
    case .info: ["Interfaces, neighbors and version of a DVMRP router, as it tells them itself."]
    case .version: ["The version of the tool, and of the daemon when one answers."]
    case .help: ["The verbs, or one verb's options and examples."]
    }
  }

  /// Two commands that work as they stand.
  var examples: [String] {
    switch self {
    case .status: ["mcast status", "mcast status --watch 1"]
    case .show: ["mcast show routes to eth1 sort rate top 10", "mcast show interfaces --json"]
    case .add: ["mcast add eth0 239.1.1.1 eth1 eth2", "mcast add eth0 10.1.0.2 239.1.1.1 eth1"]
    case .del: ["mcast del eth0 239.1.1.1", "mcast del eth0 10.1.0.2 239.1.1.1"]
    case .replace: ["mcast replace eth0 239.1.1.1 eth1", "mcast replace eth0 ff0e::1:0/112 eth1 eth2"]
    case .join: ["mcast join eth0 239.1.1.1", "mcast join eth0 10.1.0.2 232.1.1.1"]
    case .leave: ["mcast leave eth0 239.1.1.1", "mcast leave eth0 10.1.0.2 232.1.1.1"]
    case .set: ["mcast set interface eth1 threshold 16", "mcast set interface eth2 disable"]
    case .clear: ["mcast clear counters", "mcast clear routes"]
    case .batch: ["mcast batch changes.txt", "echo add eth0 239.1.1.1 eth1 | mcast batch -"]
    case .config: ["mcast config check /etc/mcast/mcast.conf", "mcast config apply new.conf --confirm 60"]
    case .plan: ["mcast plan", "mcast plan new.conf --json"]
    case .reload: ["mcast reload", "mcast reload --wait -v"]
    case .restart: ["mcast restart", "mcast restart --identity red"]
    case .stop: ["mcast stop", "mcast stop --identity red"]
    case .monitor: ["mcast monitor routes", "mcast monitor all --json-lines"]
    case .explain: ["mcast explain MC2104", "mcast explain route 10.1.0.2 239.1.1.1"]
    case .send: ["mcast send 239.1.1.1 -i eth0 -r 100 -c 1000", "mcast send ff0e::1 -i eth0 -T 8"]
    case .receive:
      ["mcast receive 239.1.1.1 -i eth0 -c 1000", "mcast receive 239.1.1.1 --timeout 10 --expect 90"]
    case .trace: ["mcast trace 10.1.0.2 239.1.1.1", "mcast trace 10.1.0.2 239.1.1.1 --from 10.9.0.1"]
    case .info: ["mcast info 10.1.0.1", "mcast info 10.1.0.1 --json"]
    case .version: ["mcast version", "mcast version --json"]
    case .help: ["mcast help", "mcast help add"]
    }
  }
}

/// What can be shown: the second word of `show`, and in either order.
enum Object: String, CaseIterable, Sendable {
  case routes, interfaces, groups, joins, neighbors, dvmrp, prunes, tunnels, pending, kernel, limits, timers
  case config, events

  /// As the configuration names it: `route`.
  var singular: String {
    switch self {
    case .routes, .interfaces, .joins, .limits, .events, .groups, .neighbors, .prunes, .tunnels, .timers:
      String(rawValue.dropLast())
    case .pending, .kernel, .config, .dvmrp: rawValue
    }
  }
}
