import Addressing
import Configuration
import Forwarding
import Kernel
import Router
import Timing
import Wire

/// A life of a Router with hosts and other routers around it, beside the model of the kernel.
///
/// What must hold is what holds for `router`: whatever hosts, neighbors and links do, the kernel is never
/// asked for nonsense, the Router comes to rest, its tables are what its decisions say, and a second Router
/// does the same.
extension Fuzz {
  static func protocols(_ bytes: [UInt8]) {
    var run = RouterRun(RouterRun.dynamic)
    var reader = Reader(bytes.span)
    var steps = 0
    while steps < 150, let code = try? reader.u8(), let argument = try? reader.u8() {
      steps += 1
      if code & 0x80 == 0 {
        run.happen(code, argument)
      } else {
        run.hear(code & 0x7f, argument, &reader)
      }
    }
    run.end()
  }
}

extension RouterRun {
  /// DVMRP everywhere, with rules beside it, with boundaries and small tables; rules to members alone.
  static let dynamic: [Configuration] =
    [
      ("", true), ("route from eth0 group 239.1.1.0/30 to eth1", true),
      ("interface eth1 { threshold 8; boundary 239.1.1.0/31 }", true),
      (
        "limits { entries 3; blocking 2 }\nroute from eth1 source 10.0.0.1 group 239.1.1.1 to eth2\n"
          + "route from eth2 group 239.1.1.2 to none", true
      ),
      ("interface eth2 disable\nroute from * group 239.0.0.0/8 to eth*", true),
      ("route from eth0 group 239.0.0.0/8 to eth1", false), ("", false),
    ].map { text, isOn in
      var file = parse(Array(text.utf8), named: "fuzz", source: TextSource()).configuration
      file.dvmrp.isOn = isOn
      file.dvmrp.startupDelay = text.isEmpty ? .zero : .seconds(3)
      file.limits.dvmrpRoutes = 12
      file.limits.groups = 6
      file.limits.prunes = 4
      if !isOn { for place in file.routes.indices { file.routes[place].toMembers = true } }
      return file
    }

  mutating func hear(_ code: UInt8, _ argument: UInt8, _ reader: inout Reader) {
    let link = Int32(argument & 3) + 1
    let own = Address(ipv4: 0x0a00_0001 | UInt32(link) << 8)
    let host = Address(ipv4: 0x0a00_0002 | UInt32(link) << 8 | UInt32(argument >> 6))
    let origin = Address(ipv4: 0x0a00_0000 | UInt32(argument >> 4) << 8)
    guard let group = Group(Address(ipv4: 0xef01_0100 | UInt32(argument >> 2 & 3))) else { return }
    switch code % 8 {
    case 0: dvmrp(.probe(DVMRPProbe(generation: UInt32(code >> 5), neighbors: [own])), host, nil, link)
    case 1: dvmrp(.report(routes(&reader)), host, nil, link)
    case 2:
      dvmrp(
        .prune(DVMRPPrune(source: origin, group: group, lifetime: UInt32(code) * 2)), host, own, link)
    case 3: dvmrp(.graft(DVMRPGraft(source: origin, group: group)), host, own, link)
    case 4: dvmrp(.graftAck(DVMRPGraft(source: origin, group: group)), host, own, link)
    case 5:
      let kinds = GroupRecord.Kind.allCases
      let sources = code & 0x40 == 0 ? [] : [Address(ipv4: 0x0a00_0001)]
      let record = GroupRecord(kinds[Int(code >> 3) % kinds.count], group, sources: sources)
      hear(IGMPMessage.reportV3([record]).encoded(), host, Address(ipv4: 0xe000_0016), link)
    case 6: hear(IGMPMessage.leave(group).encoded(), host, Address(ipv4: 0xe000_0002), link)
    default: raw(Int(code >> 3), host, code & 0x40 == 0 ? own : Address(ipv4: 0xe000_0004), link, &reader)
    }
  }

  private func routes(_ reader: inout Reader) -> DVMRPReport {
    var routes: [ReportedRoute] = []
    for _ in 0..<6 {
      guard let origin = try? reader.u8(), let value = try? reader.u8(), origin != 255,
        let metric = DVMRPMetric(rawValue: value & 63),
        let prefix = Prefix(Address(ipv4: 0x0a00_0000 | UInt32(origin & 15) << 8), length: 24)
      else { break }
      routes.append(ReportedRoute(prefix, metric))
    }
    return DVMRPReport(routes)
  }

  /// Anything that claims to be DVMRP, a trace or IGMP, with a right checksum.
  private mutating func raw(
    _ length: Int, _ source: Address, _ target: Address, _ link: Int32, _ reader: inout Reader
  ) {
    guard reader.remaining > 0, let part = try? reader.take(min(reader.remaining, length + 1)) else { return }
    var writer = Writer()
    let types: [UInt8] = [0x13, 0x1f, 0x1e, 0x22, 0x11, 0x13]
    writer.append(contentsOf: [types[length % types.count], part[0] % 12, 0, 0])
    for index in 0..<part.count { writer.u8(part[index]) }
    writer.setChecksum(at: 2)
    hear(writer.bytes, source, target, link)
  }

  private mutating func dvmrp(_ message: DVMRPMessage, _ source: Address, _ target: Address?, _ link: Int32) {
    hear(DVMRPPacket(message).encoded(), source, target ?? Address(ipv4: 0xe000_0004), link)
  }

  private mutating func hear(_ payload: [UInt8], _ source: Address, _ target: Address, _ link: Int32) {
    guard kernel.links[link] != nil else { return }
    step([
      .kernel(
        .received(
          Datagram(
            link: link, source: source, destination: target, hops: 1, routerAlert: true, payload: payload)))
    ])
  }
}
