import Addressing
import Foundation
import Kernel
import Testing

extension KernelTests {
  @Suite struct Tunnels {
    @Test("A numbered stream goes through a tunnel over a network that routes no multicast")
    func stream() throws {
      try Lab.run { lab in
        let path = try TunnelPath(lab)
        defer { path.close() }
        // This kernel cannot by itself: that is told, and the choice falls on the other way.
        let kernel = Tunnel(name: "lab", local: TunnelPath.left, remote: TunnelPath.right, mode: .kernel)
        if case .failed(.createTunnel(kernel), let errno)? = path.a.perform(.createTunnel(kernel)).first {
          #expect(errno == 95)
        } else {
          path.a.perform(.removeTunnel(name: "lab"))
        }
        try path.connect()
        #expect(
          try path.r1.show("-d link show lab").contains {
            $0.contains("POINTOPOINT") && $0.contains("MULTICAST")
          }
        )
        #expect(try path.r1.show("link show lab").contains { $0.contains("mtu 1480") })
        let receiver = try Receiver(path.d, "d0", "239.1.1.1")
        let sender = try Sender(path.s, "s0")
        try sender.stream("239.1.1.1", every: 300, through: receiver)
        try receiver.get("239.1.1.1", 1000)
        let last = try sender.stop()
        try receiver.get("239.1.1.1", last)
        #expect(receiver.numbers(of: "239.1.1.1") == Array(1...last))
        #expect(receiver.packets.allSatisfy { $0.source == "10.1.0.2" && $0.ttl == 14 })
        // Groups of one link, and packets without a hop left, stay where they are.
        try sender.burst("224.0.0.200", 5)
        try sender.burst("239.1.1.9", ttl: 1, 5)
        #expect(try sender.burst("239.1.1.1") == last + 1)
        try receiver.get("239.1.1.1", last + 1)
        #expect(receiver.packets.count == last + 1)
      }
    }

    @Test("The rate limit counts: a burst, then so many bits a second")
    func rate() throws {
      try Lab.run { lab in
        let path = try TunnelPath(lab)
        defer { path.close() }
        try path.connect(rateLimit: 200_000)
        let receiver = try Receiver(path.d, "d0", "239.1.1.1")
        let sender = try Sender(path.s, "s0")
        try sender.burst("239.1.1.1")
        try receiver.get("239.1.1.1", 1)
        // 64 bytes, UDP and IP: 736 bits each. Of 2,000 in one second, 1.4 Mbit/s, a seventh passes. A sender
        // that has to wait for the machine sends less for a while: so the least is looked for a few times.
        var (least, last) = (0.0, 1)
        for round in 1...5 where least <= 0.8 {
          // What a burst takes is there again after a quarter of a second.
          if round > 1 { Thread.sleep(forTimeInterval: 0.3) }
          let (start, before) = (Date(), receiver.packets.count)
          sender.stream("239.1.1.1", every: 500)
          try receiver.get("239.1.1.1", last + 2000)
          last = try sender.stop()
          let seconds = -start.timeIntervalSinceNow
          let passed = receiver.packets.count - before
          let most = 50_000 / 736 + Int(seconds * 200_000 / 736) + 2
          #expect(passed <= most, "\(passed) of \(last) in \(seconds) s")
          least = max(least, Double(passed) / Double(most))
        }
        #expect(least > 0.8)
        // Another rate for the same tunnel; its device and what is routed by it stay.
        try path.connect()
        let more = try sender.burst("239.1.1.1", 500)
        try receiver.get("239.1.1.1", more)
        #expect(receiver.numbers(of: "239.1.1.1").suffix(500) == Array((more - 499)...more))
      }
    }

    @Test("What comes from others than the other end, or should not be inside, goes nowhere")
    func hostile() throws {
      try Lab.run { lab in
        let path = try TunnelPath(lab)
        defer { path.close() }
        try path.connect()
        let receiver = try Receiver(path.d, "d0", "239.1.1.1")
        let sender = try Sender(path.s, "s0")
        try sender.burst("239.1.1.1")
        try receiver.get("239.1.1.1", 1)
        let wire = try lab.wire(["inject"], in: path.m)
        try wire.line(within: 10, "injector") { $0 == "ready" }
        func inject(outer: String, inner: String) throws {
          let before = wire.seen().count
          wire.write("raw m2 \(TunnelPath.packet(outer: outer, inner: inner))\n")
          try wire.line(from: before, "answer") { $0.hasPrefix("sent ") }
        }
        // The right one first, to see that the test could see it.
        try inject(outer: TunnelPath.ends, inner: "0a010002 ef010101")
        try receiver.get("239.1.1.1", 77)
        let came = receiver.packets.count
        try inject(outer: "0a000201 0a020001", inner: "0a010002 ef010101")
        try inject(outer: TunnelPath.ends, inner: "0a030001 ef010101")
        try inject(outer: TunnelPath.ends, inner: "7f000001 ef010101")
        try inject(outer: TunnelPath.ends, inner: "0a010002 0a030002")
        let last = try sender.burst("239.1.1.1", 3)
        try receiver.get("239.1.1.1", last)
        try eventually("the last came") { receiver.packets.count == came + 3 }
      }
    }

    @Test("A device that somebody deletes is told of once, and can be made again")
    func deleted() throws {
      try Lab.run { lab in
        let path = try TunnelPath(lab)
        defer { path.close() }
        try path.connect()
        try path.r1.ip("link del lab")
        let isLoss = { (event: KernelEvent) in
          if case .failed(.createTunnel(let tunnel), 19) = event { tunnel.name == "lab" } else { false }
        }
        let a = path.a
        try eventually("the loss is told") { a.events.contains(where: isLoss) }
        let (turns, begun) = (a.turns, Date())
        Thread.sleep(forTimeInterval: 0.1)
        // Without anything to do it comes round in 5 ms.
        let allowed = Int(-begun.timeIntervalSinceNow * 1000 / 5) * 3
        #expect(a.turns - turns < allowed, "the loop does not spin")
        #expect(a.events.filter(isLoss).count == 1)
        try path.connect()
        let receiver = try Receiver(path.d, "d0", "239.1.1.1")
        let sender = try Sender(path.s, "s0")
        try sender.burst("239.1.1.1")
        try receiver.get("239.1.1.1", 1)
        path.a.perform(.removeTunnel(name: "lab"))
        #expect(try path.r1.show("link show").allSatisfy { !$0.contains(" lab:") })
      }
    }

    @Test("The device takes what the network around it takes, and follows it")
    func mtu() throws {
      try Lab.run { lab in
        let path = try TunnelPath(lab)
        defer { path.close() }
        try path.r1.ip("link set r1m mtu 1300")
        try path.connect()
        let r1 = path.r1
        #expect(try r1.show("link show lab").contains { $0.contains("mtu 1280") })
        try r1.ip("link set r1m mtu 1450")
        try eventually("the device has followed") {
          try r1.show("link show lab").contains { $0.contains("mtu 1430") }
        }
      }
    }
  }
}

/// Two routers that reach each other by a network that routes no multicast.
///
/// ```
///   s ───── r1 ───────── m ───────── r2 ───── d
///   s0     in  r1m     m1  m2      r2m  out   d0
///   10.1.0.2   10.0.1.1            10.0.2.1   10.3.0.2
/// ```
struct TunnelNetwork {
  let s: Namespace
  let r1: Namespace
  let m: Namespace
  let r2: Namespace
  let d: Namespace

  init(_ lab: Lab) throws {
    s = try lab.namespace("s")
    r1 = try lab.namespace("r1")
    m = try lab.namespace("m")
    r2 = try lab.namespace("r2")
    d = try lab.namespace("d")
    try lab.link(s, "s0", ["10.1.0.2/24"], r1, "in", ["10.1.0.1/24"])
    try lab.link(r1, "r1m", ["10.0.1.1/24"], m, "m1", ["10.0.1.9/24"])
    try lab.link(r2, "r2m", ["10.0.2.1/24"], m, "m2", ["10.0.2.9/24"])
    try lab.link(d, "d0", ["10.3.0.2/24"], r2, "out", ["10.3.0.1/24"])
    try m.command("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward").check("forwarding")
    // Strict filters, as many systems have: the tunnel must work in spite of them.
    for router in [r1, r2] {
      try router.command("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter").check("rp_filter")
      try router.ip("route add default via \(router.short == "r1" ? "10.0.1.9" : "10.0.2.9")")
    }
  }
}

/// A tunnel between the two, `lab`, carried by a driver at each end.
final class TunnelPath {
  static let left = Address(ipv4: 0x0a00_0101)
  static let right = Address(ipv4: 0x0a00_0201)
  /// The addresses of an outer packet to the right end.
  static let ends = "0a000101 0a000201"

  private let network: TunnelNetwork
  var s: Namespace { network.s }
  var r1: Namespace { network.r1 }
  var m: Namespace { network.m }
  var r2: Namespace { network.r2 }
  var d: Namespace { network.d }
  let a: DriverThread
  let b: DriverThread

  init(_ lab: Lab) throws {
    network = try TunnelNetwork(lab)
    a = try DriverThread(network.r1, reaction: TunnelPath.reaction(["in", "lab"]))
    b = try DriverThread(network.r2, reaction: TunnelPath.reaction(["lab", "out"]))
    for end in [a, b] { end.perform(.openTable(.standard, .ipv4)) }
  }

  /// Each interface gets its VIF when it comes; each flow is forwarded from the first to the second.
  private static func reaction(_ names: [String]) -> DriverThread.Reaction {
    { event in
      switch event {
      case .interfaceChanged(let link):
        guard let index = names.firstIndex(of: link.name), link.flags.contains(.up) else { return [] }
        return [.addVIF(VIF(table: .standard, family: .ipv4, index: UInt8(index), link: link.index))]
      case .interfacesListed(let links):
        return [.openTable(.standard, .ipv4)]
          + links.flatMap { TunnelPath.reaction(names)(.interfaceChanged($0)) }
      case .upcall(let upcall) where upcall.vif == 0:
        var outbound = OutboundList()
        outbound[1] = 1
        let key = Kernel.KernelEntry.Key(table: .standard, flow: upcall.flow)
        return [.addEntry(Kernel.KernelEntry(key: key, parent: 0, outbound: outbound))]
      default: return []
      }
    }
  }

  /// Makes the tunnel at both ends, or changes it.
  func connect(rateLimit: UInt64 = 0) throws {
    let ends = [(a, TunnelPath.left, TunnelPath.right), (b, TunnelPath.right, TunnelPath.left)]
    for (end, local, remote) in ends {
      let tunnel = Tunnel(name: "lab", local: local, remote: remote, rateLimit: rateLimit)
      let answer = end.perform(.createTunnel(tunnel))
      guard answer.isEmpty else { throw LabError(description: "the tunnel is refused: \(answer)") }
    }
    for (router, end) in [(r1, a), (r2, b)] {
      try eventually("the tunnel's VIF") {
        let line = try router.command("cat", "/proc/net/ip_mr_vif").output.contains { $0.contains("lab") }
        return line || end.turns < 0
      }
    }
  }

  func close() {
    a.end()
    b.end()
  }

  /// A whole packet: outer header, inner header, UDP to port 5000, number 77.
  static func packet(outer: String, inner: String) -> String {
    func ends(_ text: String) -> (String, String) { (String(text.prefix(8)), String(text.suffix(8))) }
    let (source, group) = ends(inner)
    let (from, to) = ends(outer)
    let content = Packets.ipv4(17, source, group, hops: 16, "13881388001000006d6361730000004d")
    return Packets.ipv4(4, from, to, hops: 16, content)
  }
}
