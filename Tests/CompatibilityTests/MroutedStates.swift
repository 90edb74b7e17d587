import Addressing
import Control

/// The states that mrouted's recorded outputs show, as reports: a line of routers R1, R2 and R3 with a sender
/// beside R1 and a member beside R3, and two of another set-up.
enum MroutedStates {
  typealias Report = MulticastReport

  /// R1, R2 and R3 run 4.6; a stream flows.
  static func flowing(_ router: String, packets: UInt64) -> Report {
    var report = Report()
    let traffic = Report.Traffic(packetsIn: packets, bytesIn: packets * 92, packetsOut: 0, bytesOut: 0)
    switch router {
    case "R1":
      report.uptime = .seconds(37)
      report.interfaces = [
        interface(0, "left", "10.77.1.1/24", [.leaf], traffic: traffic),
        interface(1, "right", "10.77.12.1/24", traffic: sent(121)),
      ]
      report.interfaces[1].neighbors = [neighbor("10.77.12.2", 0, up: 36, expiry: 25)]
      report.routes = [
        route("10.77.1.0/24", nil, 1, age: 35, by: 0, [child(1, [0])]),
        route("10.77.3.0/24", "10.77.12.2", 3, age: 20, by: 1, [child(0)]),
        route("10.77.12.0/24", nil, 1, age: 35, by: 1, [child(0)]),
        route("10.77.23.0/24", "10.77.12.2", 2, age: 20, by: 1, [child(0)]),
      ]
      report.trees = [tree(left: 364, age: 12, packets)]
    case "R2":
      report.uptime = .seconds(37)
      report.interfaces = [
        interface(0, "left", "10.77.12.2/24", traffic: traffic),
        interface(1, "right", "10.77.23.2/24", traffic: sent(123)),
      ]
      report.interfaces[0].neighbors = [neighbor("10.77.12.1", 0, up: 27, expiry: 20)]
      report.interfaces[1].neighbors = [neighbor("10.77.23.3", 1, up: 27, expiry: 20)]
      report.routes = [
        route("10.77.1.0/24", "10.77.12.1", 2, age: 25, by: 0, [child(1, [1])]),
        route("10.77.3.0/24", "10.77.23.3", 2, age: 20, by: 1, [child(0, [0])]),
        route("10.77.12.0/24", nil, 1, age: 35, by: 0, [child(1, [1])]),
        route("10.77.23.0/24", nil, 1, age: 35, by: 1, [child(0, [0])]),
      ]
      report.trees = [tree(left: 397, age: 13, packets)]
    default:
      report.uptime = .seconds(37)
      report.interfaces = [
        interface(0, "left", "10.77.23.3/24", traffic: traffic),
        interface(1, "right", "10.77.3.1/24", [.leaf], traffic: sent(125)),
      ]
      report.interfaces[0].querier = .other(
        address("10.77.23.2"), uptime: .seconds(37), silence: .seconds(35), expiry: .seconds(220))
      report.interfaces[0].neighbors = [neighbor("10.77.23.2", 0, up: 37, expiry: 25)]
      report.interfaces[1].groups = [group("239.77.1.1", "10.77.3.2", 260)]
      report.routes = routesOfR3(old: 35, age: 20)
      report.trees = [tree(left: 171, age: 13, packets)]
    }
    return report
  }

  /// The member has left.
  static func pruned(_ router: String) -> Report {
    var report = flowing(router, packets: router == "R1" ? 1030 : 830)
    for index in report.routes.indices {
      report.routes[index].age = .seconds(report.routes[index].isLocal ? 75 : 0)
    }
    for (index, neighbor) in report.interfaces.enumerated() where !neighbor.neighbors.isEmpty {
      report.interfaces[index].neighbors[0].uptime = .seconds(router == "R2" ? 66 : 76)
    }
    let packets: UInt64 = router == "R3" ? 829 : 830
    report.interfaces[1].traffic = sent(packets)
    report.interfaces[1].groups = []
    report.trees[0].age = .seconds(52)
    report.trees[0].sources[0].age = .seconds(52)
    switch router {
    case "R1":
      report.trees[0].left = .seconds(324)
      report.trees[0].outbound = [.init(1, .pruned)]
      report.trees[0].prunes = [
        .init(address("10.77.12.2"), interface: 1, index: 0, left: .seconds(4495))
      ]
    case "R2":
      report.trees[0].left = .seconds(357)
      report.trees[0].upstream = .pruned(.seconds(4495), repeats: 0)
      report.trees[0].outbound = [.init(1, .pruned)]
      report.trees[0].prunes = [
        .init(address("10.77.23.3"), interface: 1, index: 1, left: .seconds(4495))
      ]
    default:
      report.trees[0].left = .seconds(131)
      report.trees[0].upstream = .pruned(.seconds(4495), repeats: 0)
      report.trees[0].outbound = []
      report.interfaces[0].querier = .other(
        address("10.77.23.2"), uptime: .seconds(76), silence: .seconds(75), expiry: .seconds(180))
    }
    return report
  }

  /// R2 when R1 has ended.
  static var withoutR1: Report {
    var report = flowing("R2", packets: 1010)
    report.interfaces[0].neighbors[0].uptime = .seconds(91)
    report.interfaces[1].neighbors[0].uptime = .seconds(91)
    report.interfaces[1].traffic = sent(1010)
    report.trees = []
    report.routes = [
      route("10.77.1.0/24", "10.77.12.1", nil, age: 210, by: 0, [child(1, [1])]),
      route("10.77.3.0/24", "10.77.23.3", 2, age: 25, by: 1, [child(0)]),
      route("10.77.12.0/24", nil, 1, age: 100, by: 0, [child(1, [1])]),
      route("10.77.23.0/24", nil, 1, age: 100, by: 1, [child(0)]),
    ]
    return report
  }

  /// A member of one version alone on R3's link.
  static func groups(version: Int) -> Report {
    var report = flowing("R3", packets: 0)
    report.interfaces[1].groups = [
      group(version == 3 ? "232.1.1.1" : "239.77.1.1", "10.77.3.2", version == 1 ? 260 : 255)
    ]
    report.interfaces[1].groups[0].version = version
    return report
  }

  /// R3 runs 3.9.8, of which the kernel does not tell what it counts.
  static func old(_ story: String, _ file: String) -> Report {
    var report = Report()
    report.interfaces = [
      interface(0, "left", "10.77.23.3/24"), interface(1, "right", "10.77.3.1/24", [.leaf]),
    ]
    report.interfaces[0].neighbors = [neighbor("10.77.23.2", 0, up: 0, expiry: 25)]
    let times: (up: Int, left: (Int, Int), right: [Int], old: Int, age: Int)
    switch story {
    case "flowing":
      times = (37, (232, 237), [253, 229, 235], 35, 25)
      report.trees = [tree(left: 437, age: 14, nil)]
    case "pruned":
      times = (79, (190, 195), [187, 193], 75, 5)
      report.trees = [tree(left: 397, age: 56, nil)]
      report.trees[0].upstream = .pruned(.seconds(10266), repeats: 0)
      report.trees[0].outbound = []
    default: times = (106, (163, 168), [252, 160, 166], 105, 35)
    }
    report.uptime = .seconds(times.up + (file == "cache" ? 1 : 0))
    report.interfaces[0].neighbors[0].uptime = .seconds(times.up - 10)
    report.interfaces[0].groups = [
      group("224.0.0.4", "10.77.23.2", times.left.0), group("224.0.0.2", "10.77.23.3", times.left.1),
    ]
    let members =
      [("239.77.1.1", "10.77.3.2"), ("224.0.0.2", "10.77.3.1"), ("224.0.0.4", "10.77.3.1")]
      .suffix(times.right.count)
    report.interfaces[1].groups = zip(members, times.right).map { group($0.0, $0.1, $1) }
    report.routes = routesOfR3(old: times.old, age: times.age)
    if story == "without R1" {
      report.routes[0].metric = nil
      report.routes[0].age = .seconds(210)
    }
    return report
  }

  /// Three interfaces with all that can be said of them.
  static func rich(_ version: String, _ file: String) -> Report {
    let isOld = version == "3.9.8"
    var report = Report()
    report.uptime = .seconds(file == "cache" ? 5 : 3)
    let traffic = isOld ? nil : Report.Traffic(packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0)
    var e0 = interface(0, "e0", "10.5.0.1/24", traffic: traffic)
    e0.metric = 3
    e0.threshold = 16
    e0.rateLimit = 500
    e0.advertMetric = 2
    e0.altnets = [prefix("10.10.0.0/26"), prefix("10.9.0.0/16")]
    e0.boundaries = [prefix("239.254.0.0/16"), prefix("239.255.0.0/16")]
    e0.pruneLifetime = .seconds(900)
    var e1 = interface(1, "e1", "10.5.1.1/24", [.passive, .noFlood, .paced], traffic: traffic)
    e1.filter = Report.Filter(
      accepts: true, isBothWays: true,
      lines: [
        .init(prefix("10.0.0.0/8")), .init(prefix("172.16.0.0/12"), isExact: true),
        .init(prefix("0.0.0.0/0")),
      ])
    e1.bufferSize = 64
    var e2 = interface(2, "e2", "10.5.2.1/24", traffic: traffic)
    let subnets = [
      (0, "10.9.0.0/16", 3), (0, "10.5.0.0/24", 3), (1, "10.5.1.0/24", 1), (2, "10.5.2.0/24", 1),
    ]
    if isOld {
      e2.state = .disabled
      e2.querier = nil
      e1.groups = [group("224.0.0.4", "10.5.1.1", 260)]
    } else {
      e2.igmpVersion = 2
      e2.groups = [group("225.1.2.3", "0.0.0.0", nil)]
      e2.groups[0].isStatic = true
    }
    report.interfaces = [e0, e1, e2]
    for (number, origin, metric) in subnets + [(0, "10.10.0.0/26", 3)] where number < (isOld ? 2 : 3) {
      let others = (0..<(isOld ? 2 : 3)).filter { $0 != number }
      report.routes.append(route(origin, nil, metric, age: 0, by: number, others.map { child($0) }))
      report.routes[report.routes.count - 1].isChanged = true
    }
    return report
  }
}

/// Parts of them.
extension MroutedStates {
  static func address(_ text: String) -> Address { Address(text) ?? .unspecified(.ipv4) }
  static func prefix(_ text: String) -> Prefix { Prefix(text) ?? .all(.ipv4) }

  /// - Parameter place: `10.77.1.1/24`.
  static func interface(
    _ number: Int, _ name: String, _ place: String, _ flags: Report.Interface.Flags = [],
    traffic: Report.Traffic? = nil
  ) -> Report.Interface {
    let parts = place.split(separator: "/")
    let address = address(String(parts[0]))
    let subnet = Prefix(address, length: Int(parts[1]) ?? 24) ?? .all(.ipv4)
    var interface = Report.Interface(number: number, name: name, address: address, reach: .subnet(subnet))
    interface.flags = flags
    interface.querier = .ours
    interface.traffic = traffic
    return interface
  }

  static func tunnel(_ number: Int, _ name: String, _ local: String, _ remote: String) -> Report.Interface {
    Report.Interface(number: number, name: name, address: address(local), reach: .remote(address(remote)))
  }

  static func sent(_ packets: UInt64) -> Report.Traffic {
    Report.Traffic(packetsIn: 0, bytesIn: 0, packetsOut: packets, bytesOut: packets * 92)
  }

  static func neighbor(_ text: String, _ index: Int, up: Int, expiry: Int) -> Report.Neighbor {
    var neighbor = Report.Neighbor(address(text), index: index, major: 3, minor: 255)
    neighbor.uptime = .seconds(up)
    neighbor.expiry = .seconds(expiry)
    return neighbor
  }

  static func group(_ text: String, _ reporter: String, _ expiry: Int?) -> Report.Group {
    Report.Group(address(text), lastReporter: address(reporter), expiry: expiry.map { .seconds($0) })
  }

  static func child(_ interface: Int, _ dependents: [Int] = []) -> Report.Route.Child {
    Report.Route.Child(interface, dependents: dependents)
  }

  /// mrouted shows as the expiry of a learned route what is its age.
  static func route(
    _ origin: String, _ gateway: String?, _ metric: Int?, age: Int, by interface: Int,
    _ children: [Report.Route.Child]
  ) -> Report.Route {
    var route = Report.Route(prefix(origin), metric: metric)
    route.gateway = gateway.map { address($0) }
    route.isLocal = gateway == nil
    route.age = .seconds(age)
    route.expiry = gateway == nil ? nil : .seconds(age)
    route.interface = interface
    route.children = children
    return route
  }

  private static func routesOfR3(old: Int, age: Int) -> [Report.Route] {
    [
      route("10.77.1.0/24", "10.77.23.2", 3, age: age, by: 0, [child(1)]),
      route("10.77.3.0/24", nil, 1, age: old, by: 1, [child(0, [0])]),
      route("10.77.12.0/24", "10.77.23.2", 2, age: age, by: 0, [child(1)]),
      route("10.77.23.0/24", nil, 1, age: old, by: 0, [child(1)]),
    ]
  }

  private static func tree(left: Int, age: Int, _ packets: UInt64?) -> Report.Tree {
    var tree = Report.Tree(prefix("10.77.1.0/24"), address("239.77.1.1"), inbound: 0)
    tree.left = .seconds(left)
    tree.age = .seconds(age)
    tree.outbound = [.init(1, .forwards)]
    var source = Report.Tree.Source(address("10.77.1.2"), age: .seconds(age))
    source.count = packets.map { Report.Tree.Count(packets: $0, bytes: $0 * 92, wrongInterface: 0) }
    tree.sources = [source]
    return tree
  }
}
