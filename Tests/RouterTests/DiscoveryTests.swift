import Addressing
import Configuration
import Control
import Forwarding
import Kernel
import Router
import Testing
import Timing
import Wire

/// `interface … announce`: multicast router discovery.
@Suite struct DiscoveryTests {
  private func file(_ names: String..., interval: UInt8 = 10) -> Configuration {
    var file = Configuration()
    file.discovery.interval = interval
    file.interfaces = names.map {
      var statement = InterfaceStatement(InterfacePattern($0))
      statement.announces = true
      return statement
    }
    return file
  }

  /// What went out since the log was cleared: `eth0 announcement 10`.
  private func sent(_ bench: Bench) throws -> [String] {
    try bench.log.compactMap { action -> String? in
      guard case .kernel(.send(let datagram)) = action else { return nil }
      let family = datagram.destination.family
      #expect(datagram.hops == 1 && datagram.routerAlert)
      #expect(datagram.destination == RouterDiscoveryMessage.snoopers(family))
      let message = try RouterDiscoveryMessage(decoding: datagram.payload.span, family: family)
      let name = bench.links[datagram.link]?.name ?? "?"
      let suffix = family == .ipv6 ? "6" : ""
      switch message {
      case .announcement(let interval, queryInterval: 0, robustness: 0):
        return "\(name)\(suffix) announcement \(interval)"
      case .termination: return "\(name)\(suffix) termination"
      default: return "\(name)\(suffix) \(String(describing: message))"
      }
    }
  }

  private func solicitation(_ link: Int32, hops: UInt8 = 1) -> Event {
    let routers = RouterDiscoveryMessage.routers(.ipv4)
    let source = Address(ipv4: 0x0a00_0063)
    return .kernel(
      .received(
        Datagram(
          link: link, source: source, destination: routers, hops: hops, routerAlert: true,
          payload: RouterDiscoveryMessage.solicitation.encoded(from: source, to: routers))))
  }

  @Test("An interface that announces does so at once and then every interval, with what the file says")
  func interval() throws {
    var bench = Bench("eth0", "eth1", configuration: file("eth0"))
    #expect(try sent(bench) == ["eth0 announcement 10"])
    #expect(bench.joins.map(\.group.description) == ["224.0.0.2"])
    bench.log = []
    bench.advance(.seconds(9))
    #expect(try sent(bench).isEmpty)
    bench.advance(.seconds(94))
    // Every ten seconds and a quarter more at most.
    #expect(try sent(bench).count == 10)
  }

  @Test("The source is the link's first address; without one the kernel chooses")
  func source() throws {
    var bench = Bench("eth0", "eth1", configuration: file("eth+"))
    var link = Bench.link(1, "eth0")
    link.addresses = [InterfaceAddress(Address(ipv4: 0x0a00_0001), length: 24)]
    bench.links[1] = link
    bench.step([.kernel(.interfaceChanged(link))])
    bench.log = []
    bench.advance(.seconds(11))
    let sources = bench.log.compactMap { action -> Address? in
      if case .kernel(.send(let datagram)) = action { datagram.source } else { nil }
    }
    #expect(Set(sources) == [Address(ipv4: 0x0a00_0001), .unspecified(.ipv4)])
  }

  @Test("An IPv6 link-local address makes the interface announce in IPv6 too")
  func ipv6() throws {
    var bench = Bench("eth0", configuration: file("eth0"))
    var link = Bench.link(1, "eth0")
    link.addresses = [InterfaceAddress(Address(high: 0xfe80 << 48, low: 1), length: 64)]
    bench.links[1] = link
    bench.log = []
    bench.step([.kernel(.interfaceChanged(link))])
    #expect(try sent(bench) == ["eth06 announcement 10"])
    #expect(bench.joins.map(\.group.description).sorted() == ["224.0.0.2", "ff02::2"])
    bench.log = []
    bench.step([.stop])
    #expect(try sent(bench) == ["eth0 termination", "eth06 termination"])
  }

  @Test("A solicitation is answered at once, a flood of them once a second; a forged one not at all")
  func solicited() throws {
    var bench = Bench("eth0", "eth1", configuration: file("eth0"))
    bench.advance(.seconds(5))
    bench.log = []
    bench.step([solicitation(2), solicitation(1, hops: 64)])
    #expect(try sent(bench).isEmpty)
    bench.step([solicitation(1)])
    #expect(try sent(bench).count == 1)
    for _ in 0..<30 {
      bench.step([solicitation(1)])
      bench.advance(.milliseconds(100))
    }
    #expect(try sent(bench).count == 4)
  }

  @Test("The end of it is said: by a reload, a disabled interface and a stop")
  func termination() throws {
    var bench = Bench("eth0", "eth1", "eth2", configuration: file("eth0", "eth1", "eth2"))
    bench.log = []
    var next = file("eth1", "eth2")
    var disabled = InterfaceStatement(InterfacePattern("eth1"))
    (disabled.announces, disabled.mode) = (true, .disable)
    next.interfaces[0] = disabled
    bench.step([.configure(next, isReload: true, request: nil)])
    #expect(try sent(bench) == ["eth0 termination", "eth1 termination"])
    #expect(bench.joins.map(\.link) == [3])
    bench.log = []
    bench.step([.stop])
    #expect(try sent(bench) == ["eth2 termination"])
    #expect(bench.joins.isEmpty)
    bench.log = []
    bench.advance(.seconds(100))
    #expect(try sent(bench).isEmpty)
  }

  @Test("A link that goes down is silent, and announced when it is up again; one that is gone is forgotten")
  func down() throws {
    var bench = Bench("eth0", configuration: file("eth0"))
    let down = Interface(index: 1, name: "eth0", flags: [.multicast])
    bench.links[1] = down
    bench.log = []
    bench.step([.kernel(.interfaceChanged(down))])
    bench.advance(.seconds(60))
    #expect(try sent(bench).isEmpty)
    bench.appear("eth0", index: 1)
    #expect(try sent(bench) == ["eth0 announcement 10"])
    bench.log = []
    bench.vanish("eth0")
    bench.advance(.seconds(60))
    #expect(try sent(bench).isEmpty)
    bench.appear("eth0", index: 8)
    #expect(try sent(bench) == ["eth0 announcement 10"])
    #expect(bench.joins.map(\.link) == [8])
  }

  @Test("A new interval is announced at once; a reload without one says nothing")
  func newInterval() throws {
    var bench = Bench("eth0", configuration: file("eth0"))
    bench.log = []
    bench.step([.configure(file("eth0"), isReload: true, request: nil)])
    #expect(try sent(bench).isEmpty)
    bench.step([.configure(file("eth0", interval: 4), isReload: true, request: nil)])
    #expect(try sent(bench) == ["eth0 announcement 4"])
  }
}
