import Addressing

@testable import CommandLine
@testable import LinuxKernel

/// A kernel with a few rows, of us and of others.
enum KernelFixtures {
  static var view: KernelView {
    KernelView(
      routes: { family in family == .ipv4 ? routes : [] },
      vifs: { family in
        [
          KernelTables.VirtualInterface(
            family: family, table: family == .ipv4 ? 253 : 254, index: 0, interface: "eth0", packetsIn: 12,
            packetsOut: 0, bytesIn: 12_000, bytesOut: 0)
        ]
      },
      rules: { family in
        [
          KernelTables.Rule(
            family: family, priority: 100, inbound: "eth0", outbound: nil, mark: 0x2a, table: 1000)
        ]
      },
      memberships: { family in
        [
          KernelTables.Membership(
            interface: "eth0",
            group: family == .ipv4 ? Address(ipv4: 0xef01_0101) : Address(high: 0xff0e << 48, low: 1),
            users: 1)
        ]
      })
  }

  private static var routes: [KernelTables.Route] {
    [
      KernelTables.Route(
        family: .ipv4, table: 253, source: Address(ipv4: 0x0a01_0002), group: Address(ipv4: 0xef01_0101),
        inbound: "eth0",
        outbound: [.init(interface: "eth1", threshold: 1), .init(interface: "eth2", threshold: 8)],
        isUnresolved: false, isStatic: false, packets: 1_204_411, bytes: 1_204_411_000, wrongInterface: 2,
        idle: .milliseconds(500)),
      KernelTables.Route(
        family: .ipv4, table: 253, source: Address(ipv4: 0x0a01_0009), group: Address(ipv4: 0xef07_0707),
        inbound: nil, outbound: [], isUnresolved: true, isStatic: false, packets: 0, bytes: 0,
        wrongInterface: 0,
        idle: nil),
      KernelTables.Route(
        family: .ipv4, table: 253, source: Address(ipv4: 0x0a01_0009), group: Address(ipv4: 0xef08_0808),
        inbound: "eth0", outbound: [.init(interface: "eth1", threshold: 1)], isUnresolved: false,
        isStatic: true,
        packets: 3, bytes: 300, wrongInterface: 0, idle: .seconds(9)),
    ]
  }
}
