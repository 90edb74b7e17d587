import Addressing
import DVMRP
import Kernel
import Testing
import Timing

/// Several routers among themselves.
@Suite struct NetworkTests {
  @Test("Three routers in a line know all routes within a quarter of a second, and are quiet after")
  func line() throws {
    var network = try Network([[0, 1], [1, 2], [2, 3]], seed: 1)
    network.run(.milliseconds(250))
    for number in 0..<3 {
      for link in 0..<4 {
        let view = network.nodes[number].dvmrp.view(of: try flow("10.0.\(link).9"), at: network.now)
        #expect(view != nil, "\(number) to \(link)")
      }
    }
    #expect(network.nodes[2].dvmrp.view(of: try flow("10.0.0.9"), at: network.now)?.metric == 3)
    // One minute: probes on each of six interfaces, one report on each of four.
    network.run(.seconds(60))
    let before = network.sent
    network.run(.seconds(60))
    #expect(network.sent - before <= 6 * 6 + 4 * 2)
  }

  @Test("A stream reaches members once, others not at all; joins and leaves take two round trips")
  func tree() throws {
    var network = try Network([[0, 1], [1, 2], [2, 3]], seed: 2)
    network.run(.seconds(130))
    let stream = try flow("10.0.0.9")
    _ = network.stream(stream, from: 0)
    network.run(.milliseconds(20))
    #expect(network.stream(stream, from: 0) == [0: 1])
    network.changeMembers([3])
    network.run(.milliseconds(20))
    #expect(network.stream(stream, from: 0) == [0: 1, 1: 1, 2: 1, 3: 1])
    network.changeMembers([])
    network.run(.milliseconds(20))
    #expect(network.stream(stream, from: 0) == [0: 1])
  }

  @Test("On a link that three routers share, one forwards; when it dies, another does")
  func shared() throws {
    var network = try Network([[0, 1], [0, 1], [0, 1], [1, 2]], seed: 3)
    network.members = [1, 2]
    let stream = try flow("10.0.0.9")
    network.run(.milliseconds(500))
    #expect(network.stream(stream, from: 0) == [0: 1, 1: 1, 2: 1])
    network.run(.seconds(100))
    #expect(network.stream(stream, from: 0) == [0: 1, 1: 1, 2: 1])
    network.kill(0)
    network.run(.seconds(36))
    #expect(network.stream(stream, from: 0) == [0: 1, 1: 1, 2: 1])
    try network.start(0, generation: 2)
    network.run(.milliseconds(500))
    #expect(network.stream(stream, from: 0) == [0: 1, 1: 1, 2: 1])
  }

  @Test("In a ring every link gets a stream once, and a broken ring is whole again in less than a minute")
  func ring() throws {
    var network = try Network([[0, 1], [1, 2], [2, 3], [3, 4], [4, 0]], seed: 4)
    network.members = [0, 1, 2, 3, 4]
    let stream = try flow("10.0.0.9")
    network.run(.seconds(1))
    let all = [0: 1, 1: 1, 2: 1, 3: 1, 4: 1]
    #expect(network.stream(stream, from: 0) == all)
    network.kill(0)
    network.run(.seconds(40))
    #expect(network.stream(stream, from: 0) == all)
    try network.start(0, generation: 2)
    network.run(.seconds(40))
    #expect(network.stream(stream, from: 0) == all)
  }

  /// Random meshes, with loss, deaths and starts; then quiet, in which everything must come right.
  @Test(
    "After any history of faults every member is reached exactly once",
    arguments: 1...40 as ClosedRange<UInt64>)
  func random(_ seed: UInt64) throws {
    var generator = Generator(seed: seed)
    let links = 3 + Int(generator.next() % 6)
    let routers = 2 + Int(generator.next() % 6)
    let places = (0..<routers).map { _ -> [Int] in
      var own: Set<Int> = []
      for _ in 0..<2 + Int(generator.next() % 2) { own.insert(Int(generator.next() % UInt64(links))) }
      return own.sorted()
    }
    var network = try Network(places, seed: seed)
    let streams = try (0..<links).map { try flow("10.0.\($0).99", "239.1.1.\($0 + 1)") }
    network.loss = 10
    for turn in 0..<12 {
      network.run(.milliseconds(Int64(generator.next() % 40_000)))
      network.changeMembers(Set((0..<links).filter { _ in generator.next() % 2 == 0 }))
      let number = Int(generator.next() % UInt64(routers))
      switch generator.next() % 4 {
      case 0: network.kill(number)
      case 1: try network.start(number, generation: UInt32(turn) + 2)
      default:
        let link = Int(generator.next() % UInt64(links))
        _ = network.stream(streams[link], from: link)
      }
    }
    network.loss = 0
    network.run(.seconds(300))
    for link in 0..<links {
      // The first packets flood, the prunes follow.
      for _ in 0..<3 {
        _ = network.stream(streams[link], from: link)
        network.run(.milliseconds(100))
      }
      let carried = network.stream(streams[link], from: link)
      #expect(carried.values.allSatisfy { $0 == 1 }, "duplicates: \(carried) in \(places)")
      let wanted = network.members.intersection(network.reach(of: link))
      #expect(Set(carried.keys).isSuperset(of: wanted), "\(carried) misses some of \(wanted) in \(places)")
    }
  }

  @Test("Two runs from one seed are the same to the packet")
  func deterministic() throws {
    var runs: [[Int]] = []
    for _ in 0..<2 {
      var network = try Network([[0, 1], [0, 1], [1, 2, 3], [3, 4], [2, 4]], seed: 5)
      network.loss = 7
      network.members = [4]
      var counts: [Int] = []
      for turn in 0..<20 {
        network.run(.seconds(7))
        _ = network.stream(try flow("10.0.0.9"), from: 0)
        if turn == 10 { network.kill(2) }
        counts.append(network.sent)
      }
      runs.append(counts)
    }
    #expect(runs[0] == runs[1])
  }
}
