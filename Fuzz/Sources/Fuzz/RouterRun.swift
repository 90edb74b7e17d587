import Addressing
import Configuration
import Control
import Forwarding
import Kernel
import Router
import Timing
import Wire

/// A life of a Router beside a model of the kernel: the input says what happens to them, a byte at a time.
///
/// Whatever happens, the kernel is never asked for nonsense, the Router comes to rest, an audit then finds
/// nothing to do, the same events give a second Router the same actions, and a stop withdraws everything.
extension Fuzz {
  static func router(_ bytes: [UInt8]) {
    var run = RouterRun()
    var reader = Reader(bytes.span)
    while let code = try? reader.u8(), let argument = try? reader.u8() { run.happen(code, argument) }
    run.end()
  }
}

struct RouterRun {
  private var router = Router(seed: 7)
  private(set) var kernel = KernelModel()
  private var now = Instant.start
  private let files: [Configuration]
  private var steps: [(at: Instant, events: [Event], actions: [Action])] = []
  private var request: RequestID = 0

  private static let configurations =
    [
      "",
      "route from eth0 group 239.1.1.1 to eth1 eth2",
      "route from eth+ group 239.1.0.0/16 to eth1\nroute from eth0 source 10.0.0.1 group 239.1.1.1 to eth3",
      "interface eth1 threshold 8\nroute from eth0 eth1 group 239.1.1.1 to eth2 ttl 4\nroute from eth2 "
        + "group 239.1.1.0/30 to eth*",
      "route from eth0 group ff0e::/112 to eth1\nroute from * group 239.1.1.2 to none\njoin on eth0 group "
        + "239.1.1.1\njoin on eth1 source 10.0.0.1 group 232.1.1.1",
      "interface eth2 disable\ninterface eth+ { boundary 239.1.1.0/31 }\n"
        + "route from eth0 group 239.0.0.0/8 to eth*",
      "table { split on }\nroute from eth0 group 239.1.1.1 to eth1\nroute from eth1 group 239.1.1.1 to eth2",
      "limits { entries 3; blocking 2; entries-per-source 2; joins 1 }\n"
        + "route from eth0 group 239.0.0.0/8 to eth1",
    ].map { parse(Array($0.utf8), named: "fuzz", source: TextSource()).configuration } + stated

  /// As SMCRoute's files are read: the earliest statement decides, rules add up and reflect, every interface
  /// has a VIF, and a reload forgets what clients did.
  private static let stated = [
    "route from eth0 group 239.1.1.0/30 to eth1\nroute from eth0 group 239.1.1.1 to eth2",
    "route from eth0 group 239.1.1.1 to eth2\nroute from eth0 group 239.1.1.0/30 to eth1",
    "route from eth+ group 239.1.1.1 to eth+\nroute from eth0 group 239.1.1.1 to eth0 eth3\n"
      + "route from eth0 source 10.0.0.1 group 239.1.1.1 to eth1\n"
      + "route from eth1 source 10.0.0.1 group 239.1.1.1 to eth0 eth1",
    "interface eth2 disable\nroute from * group 239.0.0.0/8 to *\nroute from eth+ group ff0e::/112 to eth+\n"
      + "join on eth+ group 224.0.0.2",
  ].enumerated().map { index, text in
    var file = parse(Array(text.utf8), named: "fuzz", source: TextSource()).configuration
    file.table.precedence = .stated
    file.table.takesAll = true
    file.table.selectsByRule = false
    file.keepsChanges = index == 1
    file.cache.idleMilliseconds = index == 2 ? 0 : 4_000
    for place in file.routes.indices { file.routes[place].reflects = place != 2 }
    var announcing = InterfaceStatement(InterfacePattern(index == 3 ? "eth+" : "eth1"))
    announcing.announces = true
    file.interfaces.append(announcing)
    file.discovery.interval = UInt8(4 + index)
    return file
  }

  private static let changes =
    [
      "add --pending eth0 239.1.1.1 eth1", "add --pending eth3 239.1.1.3 eth0 eth9", "del eth0 239.1.1.1",
      "replace --pending eth0 239.1.1.1 eth2 eth3", "replace --pending eth+ 239.0.0.0/8 eth0",
      "del route from eth0 group 239.1.1.1", "join --pending eth1 239.1.1.2", "leave eth1 239.1.1.2",
      "set interface eth1 threshold 9", "set interface eth2 threshold 1", "clear counters", "clear routes",
      "add --pending eth0 ff0e::1 eth1", "add --pending eth1 10.0.0.1 239.1.1.1 none",
    ].map { parseStatement($0).changes } + singleInterfaces

  /// What SMCRoute's clients ask for: single interfaces, in and out of rules.
  private static let singleInterfaces: [[Change]] = {
    let extend = { (text: String) -> [Change] in
      parseStatement("add --pending " + text).changes.map { change in
        guard case .add(var route, _) = change else { return change }
        route.reflects = true
        return .extend(route)
      }
    }
    let reduce = { (text: String) -> [Change] in
      parseStatement("add --pending " + text).changes.map { change in
        guard case .add(let route, _) = change else { return change }
        return .reduce(route.key, route.outbound.map(\.pattern))
      }
    }
    return [
      extend("eth0 239.1.1.1 eth0 eth3"), extend("eth+ 239.1.1.1 eth1"), extend("eth0 239.1.1.0/30 eth+"),
      extend("eth1 10.0.0.1 239.1.1.1 eth0"), reduce("eth0 239.1.1.1 none"), reduce("eth+ 239.1.1.1 eth1"),
      reduce("eth1 239.1.1.1 none") + extend("eth1 239.1.1.1 eth2"), reduce("eth0 239.0.0.0/8 eth+"),
      reduce("eth2 10.0.0.1 239.1.1.1 none"), extend("eth+ ff0e::1 eth+") + reduce("eth1 ff0e::1 none"),
    ]
  }()

  init(_ files: [Configuration] = RouterRun.configurations) {
    self.files = files
    for link in RouterRun.firstLinks { kernel.links[link.index] = link }
    step([listed, .configure(files[1], isReload: false, request: nil)])
  }

  static var firstLinks: [Interface] {
    (1...3 as ClosedRange<Int32>).map { link($0, name: $0 - 1) }
  }

  private var listed: Event {
    .kernel(.interfacesListed(kernel.links.keys.sorted().compactMap { kernel.links[$0] }))
  }

  private static func link(_ index: Int32, name: Int32, flags: Interface.Flags = [.up, .running, .multicast])
    -> Interface
  {
    let address = InterfaceAddress(Address(ipv4: 0x0a00_0001 | UInt32(index) << 8), length: 24)
    let local = InterfaceAddress(Address(high: 0xfe80 << 48, low: UInt64(UInt32(index))), length: 64)
    return Interface(index: index, name: "eth\(name)", flags: flags, addresses: [address, local])
  }

  mutating func happen(_ code: UInt8, _ argument: UInt8) {
    let low = Int(argument & 0xf)
    let high = Int(argument >> 4)
    switch code % 16 {
    case 0: appear(Int32(low % 6 + 1), name: Int32(high % 6))
    case 1: setFlags(Int32(low % 6 + 1), Interface.Flags(rawValue: UInt8(high) | 0x10 & argument))
    case 2:
      kernel.remove(link: Int32(low % 6 + 1))
      step([.kernel(.interfaceRemoved(link: Int32(low % 6 + 1)))])
    case 3, 4: packet(host: high, group: low)
    case 5:
      step([.configure(configuration(low), isReload: true, request: nextRequest)])
    case 6:
      let changes = RouterRun.changes[Int(argument) % RouterRun.changes.count]
      step([.change(changes, bestEffort: high & 1 == 0, request: nextRequest)])
    case 7: advance(.milliseconds(1 << Int64(argument % 18)))
    case 8: tamper(low, high)
    case 9: kernel.refusal = [12, 28, 99, 22][low % 4]
    case 10: ask(low, high)
    case 11: step(kernel.audit(of: router.installedKeys) + [listed])
    case 12:
      step([
        .apply(configuration(low), confirmSeconds: high > 7 ? high : nil, request: nextRequest)
      ])
    case 13: solicit(Int32(low % 6 + 1), high)
    case 15: replace(isPlanned: high & 1 == 0, low)
    default: step([[.confirm(nextRequest)], [.undo(nextRequest)], [.kernel(.notificationsLost)]][low % 3])
    }
  }

  private func configuration(_ number: Int) -> Configuration {
    files[number % files.count]
  }

  private var nextRequest: RequestID {
    mutating get {
      request += 1
      return request
    }
  }

  // MARK: What can happen

  private mutating func appear(_ index: Int32, name: Int32) {
    let new = RouterRun.link(index, name: name)
    // The kernel has no two links of one name.
    guard !kernel.links.values.contains(where: { $0.name == new.name && $0.index != index }) else { return }
    kernel.links[index] = new
    step([.kernel(.interfaceChanged(new))])
  }

  private mutating func setFlags(_ index: Int32, _ flags: Interface.Flags) {
    guard var link = kernel.links[index] else { return }
    link.flags = flags
    kernel.links[index] = link
    step([.kernel(.interfaceChanged(link))])
  }

  /// A packet arrives: an entry takes it, or the kernel makes its upcall.
  private mutating func packet(host: Int, group: Int) {
    let vifs = kernel.vifs.sorted()
    guard !vifs.isEmpty else { return }
    let vif = vifs[(host * 16 + group) % vifs.count]
    let isIPv4 = vif.family == .ipv4
    let source =
      isIPv4
      ? Address(ipv4: 0x0a00_0001 + UInt32(host % 3))
      : Address(high: 0x2001_0db8 << 32, low: UInt64(host % 3))
    let destination =
      isIPv4
      ? Address(ipv4: 0xef01_0100 + UInt32(group % 5)) : Address(high: 0xff0e << 48, low: UInt64(group % 3))
    guard let group = Group(destination), let flow = Flow(source: source, group: group) else { return }
    let key = KernelEntry.Key(table: vif.table, flow: flow)
    if let entry = kernel.entries[key], entry.parent == vif.index { return }
    let kind = kernel.entries[key] == nil ? Upcall.Kind.noCache : .wrongVIF
    step([.kernel(.upcall(Upcall(kind: kind, table: vif.table, vif: vif.index, flow: flow)))])
  }

  /// A host or switch asks who routes, a second after the last or in a flood.
  private mutating func solicit(_ link: Int32, _ count: Int) {
    let source = count.isMultiple(of: 2) ? Address(ipv4: 0x0a00_0009) : Address(high: 0xfe80 << 48, low: 9)
    let routers = RouterDiscoveryMessage.routers(source.family)
    let datagram = Datagram(
      link: link, source: source, destination: routers, hops: count > 12 ? 64 : 1, routerAlert: true,
      payload: RouterDiscoveryMessage.solicitation.encoded(from: source, to: routers))
    for _ in 0...count { step([.kernel(.received(datagram))]) }
  }

  /// Another process takes over: planned, or after a crash.
  private mutating func replace(isPlanned: Bool, _ away: Int) {
    let state = router.snapshot(isPlanned ? .whole : .additions)
    now = now + .milliseconds(1 << Int64(away))
    router = Router(seed: 7)
    steps = []
    step([listed, .kernel(.adopted(kernel.adoption)), .restore(state)])
    step([.configure(files[away % files.count], isReload: false, request: nil)])
  }

  private mutating func tamper(_ place: Int, _ kind: Int) {
    let keys = kernel.entries.keys.sorted()
    guard !keys.isEmpty else { return }
    let key = keys[place % keys.count]
    let event =
      kind.isMultiple(of: 2)
      ? kernel.lose(key)
      : kernel.tamper(key) { $0.outbound[VIFIndex(kind)] = $0.outbound[VIFIndex(kind)] ^ 1 }
    if let event { step([event]) }
  }

  private mutating func ask(_ low: Int, _ high: Int) {
    let topics = Topic.allCases
    var filter = RouteFilter()
    if high & 1 == 1 { filter.family = .ipv4 }
    if high & 2 == 2 { filter.inbound = "eth0" }
    let cursor = Cursor(part: high - 2, offset: high & 4 == 4 ? .max : low)
    let requests: [Request] = [
      .status, .configuration(from: cursor), .subscribe([]),
      .show(topics[low % topics.count], filter, from: .first, limit: 2),
      .show(topics[low % topics.count], filter, from: cursor, limit: high & 8 == 8 ? 0 : 500),
    ]
    step([.request(nextRequest, requests[low % requests.count])])
    if high & 3 == 3 { step([.cancel(request)]) }
  }

  // MARK: Time

  private mutating func advance(_ duration: Duration) {
    let end = now + duration
    var rounds = 0
    while let deadline = router.nextDeadline, deadline <= end, rounds < 5_000 {
      now = max(now, deadline)
      step([])
      rounds += 1
    }
    Fuzz.expect(rounds < 5_000, "deadlines do not come thousands of times in \(duration)")
    now = max(now, end)
  }

  /// Steps until the kernel has nothing more to say and nothing is due.
  mutating func step(_ events: [Event]) {
    var events = events
    noteReflection(events)
    for _ in 0..<200 {
      let actions = router.step(events, at: now)
      steps.append((now, events, actions))
      events = actions.flatMap { kernel.perform($0) }
      if events.isEmpty, router.nextDeadline.map({ $0 > now }) ?? true { return }
    }
    Fuzz.expect(false, "the Router comes to rest")
  }

  /// From the first rule that reflects on, packets may go back where they came from.
  private mutating func noteReflection(_ events: [Event]) {
    for event in events {
      switch event {
      case .configure(let file, _, _), .apply(let file, _, _):
        if file.routes.contains(where: \.reflects) { kernel.reflects = true }
      case .change(let changes, _, _):
        for case .extend in changes { kernel.reflects = true }
      default: break
      }
    }
  }

  mutating func end() {
    kernel.refusal = nil
    step(kernel.audit(of: router.installedKeys) + [listed])
    advance(.seconds(200))
    kernel.changes = 0
    step(kernel.audit(of: router.installedKeys))
    Fuzz.expect(kernel.changes == 0, "an audit of a table at rest finds nothing to do: \(steps.suffix(2))")
    checkEveryInterface()
    var again = Router(seed: 7)
    for step in steps {
      let actions = again.step(step.events, at: step.at)
      Fuzz.expect(
        actions == step.actions,
        "a replay does the same after \(step.events): \(step.actions), now \(actions)")
    }
    step([.stop])
    Fuzz.expect(kernel.hasFinished, "a stop finishes")
    Fuzz.expect(kernel.isEmpty, "a stop withdraws everything: \(kernel)")
  }

  /// Where every interface shall have a VIF, each that can has: a table has room for more than there are.
  private func checkEveryInterface() {
    let file = router.settings
    guard file.table.takesAll else { return }
    for link in kernel.links.keys.sorted() {
      guard let interface = kernel.links[link], interface.flags.contains(.multicast),
        file.settings(of: interface.name).mode != .disable
      else { continue }
      for family in Family.allCases {
        let isThere = kernel.vifs.contains {
          $0.link == link && $0.family == family && $0.table == .standard
        }
        Fuzz.expect(isThere, "\(interface.name) has an \(family.rawValue) VIF")
      }
    }
  }
}
