import Addressing
import Foundation
import Kernel
import Testing
import Timing

extension KernelTests {
  /// What the routing sockets of a table, or of several, hear and say.
  @Suite struct ProtocolPackets {
    @Test("Each IGMP packet is heard once, with one table and with two, Router Alert or not")
    func once() throws {
      try Lab.run { lab in
        let board = try Board(lab, ["eth0", "eth1"])
        try board.r.ip("addr add 10.1.0.1/24 dev eth0", "addr add 10.2.0.1/24 dev eth1")
        let driver = try DriverThread(board.r) { _ in [] }
        defer { driver.end() }
        let second = TableID(rawValue: 100)
        let (first, other) = (try driver.link("eth0"), try driver.link("eth1"))
        driver.perform(
          .openTable(.standard, .ipv4), .openTable(second, .ipv4),
          .addVIF(VIF(table: .standard, family: .ipv4, index: 0, link: first)),
          .addVIF(VIF(table: second, family: .ipv4, index: 0, link: other)),
          .selectTable(second, .ipv4, interface: "eth1"))
        for address in [2, 4, 22] as [UInt32] {
          for link in [first, other] {
            guard let group = Group(Address(ipv4: 0xe000_0000 + address)) else { continue }
            #expect(driver.perform(.join(HostJoin(link: link, source: nil, group: group))).isEmpty)
          }
        }
        let injector = try board.injector()
        let places = [("eth0", "0a010002", "0a010001"), ("eth1", "0a020002", "0a020001")]
        var expected: [String] = []
        for (interface, source, router) in places {
          let groups = ["e0000001", "e0000002", "e0000004", "e0000016", "ef010101", router]
          for (number, group) in groups.enumerated() {
            for alert in ["", "94040000"] {
              let payload = "16\(alert.isEmpty ? "00" : "01")00000000000\(number)"
              try injector.raw(interface, Packets.ipv4(2, source, group, alert: alert, payload))
              expected.append("\(interface) \(payload)")
            }
          }
        }
        let names = [first: "eth0", other: "eth1"]
        func heard() -> [String] {
          driver.datagrams.filter { $0.payload.first == 0x16 }.map {
            let text = $0.payload.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
            return (names[$0.link] ?? "?") + " " + text
          }
        }
        try eventually("all were heard") { heard().count >= expected.count }
        #expect(heard().sorted() == expected.sorted())
        let alerts = driver.datagrams.filter { $0.payload.first == 0x16 }
        #expect(alerts.allSatisfy { $0.routerAlert == ($0.payload[1] == 1) })
      }
    }

    @Test("MLD is heard once: reports to any group, with the Router Alert and hops that they came with")
    func listenerDiscovery() throws {
      try Lab.run { lab in
        let board = try Board(lab, ["eth0", "eth1"])
        let driver = try DriverThread(board.r) { _ in [] }
        defer { driver.end() }
        let second = TableID(rawValue: 100)
        let (first, other) = (try driver.link("eth0"), try driver.link("eth1"))
        driver.perform(
          .openTable(.standard, .ipv6), .openTable(second, .ipv6),
          .addVIF(VIF(table: .standard, family: .ipv6, index: 0, link: first)),
          .addVIF(VIF(table: second, family: .ipv6, index: 0, link: other)),
          .selectTable(second, .ipv6, interface: "eth1"))
        let reports = Address(high: 0xff02 << 48, low: 0x16)
        let routers = Address(high: 0xff02 << 48, low: 2)
        for (address, link) in [(reports, first), (reports, other), (routers, first), (routers, other)] {
          guard let group = Group(address) else { continue }
          #expect(driver.perform(.join(HostJoin(link: link, source: nil, group: group))).isEmpty)
        }
        // Hosts' kernels report; MLDv2 to ff02::16, and as MLDv1 to the group itself and ff02::2.
        for (interface, version) in [("eth0", 0), ("eth1", 1)] {
          let far = board.far(interface)
          try board.h.command(
            "sh", "-c", "echo \(version) >/proc/sys/net/ipv6/conf/\(far)/force_mld_version")
          let receiver = try Receiver(board.h, far, "ff0e::77")
          defer { receiver.end() }
          let (type, link) = version == 0 ? (UInt8(143), first) : (131, other)
          try eventually("the report") {
            driver.datagrams.contains { $0.link == link && $0.payload.first == type }
          }
        }
        try eventually("the done") { driver.datagrams.contains { $0.payload.first == 132 } }
        let packets = driver.datagrams.filter { $0.payload.first != 130 }
        #expect(packets.allSatisfy { $0.hops == 1 && $0.routerAlert && $0.source.isLinkLocalUnicast })
        // Of one host no two packets within a millisecond are the same: a copy for each table would be.
        #expect(driver.repetitions == 0)
      }
    }

    @Test("What is sent carries link, source, TTL and Router Alert; link 0 lets the routes choose")
    func sending() throws {
      try Lab.run { lab in
        let (a, m, b) = (try lab.namespace("a"), try lab.namespace("m"), try lab.namespace("b"))
        try lab.link(a, "a0", ["10.1.0.1/24", "10.1.0.7/24"], m, "m0", ["10.1.0.9/24"])
        try lab.link(b, "b0", ["10.2.0.1/24"], m, "m1", ["10.2.0.9/24"])
        try m.command("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward").check("forwarding")
        try a.ip("route add default via 10.1.0.9")
        try b.ip("route add default via 10.2.0.9")
        let drivers = try [a, m, b].map { try DriverThread($0) { _ in [] } }
        defer { for driver in drivers { driver.end() } }
        for driver in drivers {
          driver.perform(.openTable(.standard, .ipv4), .openTable(.standard, .ipv6))
        }
        let (near, far, source) = (drivers[1], drivers[2], Address(ipv4: 0x0a01_0007))
        func send(_ link: Int32, to: UInt32, hops: UInt8, alert: Bool, _ type: UInt8, _ number: UInt8)
          -> [KernelEvent]
        {
          drivers[0].perform(
            .send(
              Datagram(
                link: link, source: source, destination: Address(ipv4: to), hops: hops, routerAlert: alert,
                payload: [type, number, 0, 0, 0, 0, 0, 0])))
        }
        let link = try drivers[0].link("a0")
        // To a neighbor, to a far router by the routes, and the same with Router Alert, which stops at m.
        #expect(send(link, to: 0xe000_0001, hops: 1, alert: true, 0x13, 1).isEmpty)
        #expect(send(link, to: 0x0a01_0009, hops: 1, alert: false, 0x13, 2).isEmpty)
        #expect(send(0, to: 0x0a02_0001, hops: 255, alert: false, 0x13, 3).isEmpty)
        #expect(send(0, to: 0x0a02_0001, hops: 255, alert: true, 0x13, 4).isEmpty)
        // A group without a link is refused, not sent somewhere.
        guard case .failed(.send, 89)? = send(0, to: 0xe000_0004, hops: 1, alert: false, 0x13, 5).first
        else {
          Issue.record("a group without a link was sent")
          return
        }
        try eventually("the packets at the neighbor") { near.numbers == [1, 2] }
        try eventually("the packets at the far end") { far.numbers == [3, 4] }
        let seen = near.datagrams + far.datagrams
        #expect(seen.filter { $0.payload.first == 0x13 }.allSatisfy { $0.source == source })
        #expect(near.datagrams.filter { $0.payload.first == 0x13 }.map(\.routerAlert) == [true, false])
        #expect(far.datagrams.filter { $0.payload.first == 0x13 }.map(\.hops) == [254, 254])
        #expect(far.datagrams.filter { $0.payload.first == 0x13 }.map(\.routerAlert) == [false, true])
        // Of multicast only queries come back to the sender's own side.
        #expect(send(link, to: 0xe000_0001, hops: 1, alert: true, 0x11, 6).isEmpty)
        #expect(send(link, to: 0xe000_0001, hops: 1, alert: true, 0x13, 7).isEmpty)
        try eventually("the rest at the neighbor") { near.numbers == [1, 2, 7] }
        let own = drivers[0]
        try eventually("the own query") { own.datagrams.contains { $0.payload.prefix(2) == [0x11, 6] } }
        #expect(own.numbers.isEmpty)
      }
    }

    @Test("24 interfaces are heard on the groups of routers: no limit of the kernel's is in the way")
    func manyInterfaces() throws {
      try Lab.run { lab in
        let board = try Board(lab, (0..<24).map { "e\($0)" })
        let driver = try DriverThread(board.r) { _ in [] }
        defer { driver.end() }
        driver.perform(.openTable(.standard, .ipv4))
        for name in board.interfaces {
          let link = try driver.link(name)
          for address in [2, 4, 22] as [UInt32] {
            guard let group = Group(Address(ipv4: 0xe000_0000 + address)) else { continue }
            #expect(driver.perform(.join(HostJoin(link: link, source: nil, group: group))).isEmpty)
          }
        }
        let injector = try board.injector()
        for (number, name) in board.interfaces.enumerated() {
          for group in ["e0000002", "e0000004", "e0000016"] {
            let payload = "13" + String(256 + number, radix: 16).dropFirst() + "000000000000"
            try injector.raw(name, Packets.ipv4(2, "0a010002", group, alert: "", payload))
          }
        }
        try eventually("three from each") { driver.numbers.count == 72 }
        #expect(driver.numbers.sorted() == (0..<24).flatMap { [$0, $0, $0] })
      }
    }
  }
}

extension DriverThread {
  /// The ifindex of a name, as the driver was told.
  func link(_ name: String) throws -> Int32 {
    for case .interfacesListed(let all) in events {
      if let found = all.first(where: { $0.name == name }) { return found.index }
    }
    throw LabError(description: "no interface \(name)")
  }

  /// The second byte of each DVMRP packet that came, in order.
  var numbers: [Int] {
    datagrams.filter { $0.payload.first == 0x13 }.map { Int($0.payload.count > 1 ? $0.payload[1] : 0) }
  }

  /// How many packets directly follow one that is the same.
  var repetitions: Int {
    let all = datagrams
    return zip(all, all.dropFirst()).count { $0 == $1 }
  }
}

/// IPv4 packets in hexadecimal.
enum Packets {
  /// - Parameter alert: the Router Alert option, or nothing.
  static func ipv4(
    _ protocolNumber: UInt8, _ source: String, _ destination: String, alert: String = "", hops: UInt8 = 1,
    _ payload: String
  ) -> String {
    let total = 20 + (alert.count + payload.count) / 2
    let first = alert.isEmpty ? "45" : "46"
    let fields =
      "\(first)c0\(word(total))00000000\(hex(hops))\(hex(protocolNumber))0000\(source)\(destination)\(alert)"
    let digits = Array(fields)
    var sum = stride(from: 0, to: digits.count, by: 4).reduce(0) {
      $0 + (Int(String(digits[$1..<$1 + 4]), radix: 16) ?? 0)
    }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return String(digits[..<20]) + word(0xffff - sum) + String(digits[24...]) + payload
  }

  private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

  private static func word(_ value: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 4 - text.count) + text
  }
}
