import Addressing
import DVMRP
import Kernel
import Testing
import Timing
import Wire

/// Who forwards onto a link, and for whom.
@Suite struct DependentTests {
  @Test(
    "The router with the better metric forwards onto a link; with equal ones the lower address",
    arguments: [
      ("10.0.1.2", 2, true), ("10.0.1.2", 3, true),  // ours is 2 and 10.0.1.1 lower
      ("10.0.1.2", 1, false), ("10.0.1.9", 1, false),
      ("10.0.1.2", 32, true), ("10.0.1.2", 34, true),
    ] as [(String, UInt8, Bool)])
  func forwarder(_ neighbor: String, _ metric: UInt8, _ isOurs: Bool) throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24", "10.0.2.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet(neighbor, on: 1)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    try bench.report([("10.9.0.0/24", metric)], from: neighbor, on: 1)
    let view = try #require(try bench.view("10.9.0.1"))
    // A neighbor with 1 would be as good an upstream, were 10.0.0.2 not lower.
    #expect(view.reversePath == InterfaceID(slot: 0))
    #expect(view.children == (isOurs ? slots(1, 2) : slots(2)))
    #expect(view.dependents == (metric == 34 ? slots(1) : slots()))
  }

  @Test("Equal metrics on a link: the higher address stands back")
  func higherAddress() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.9/24"])
    bench.own[1] = "10.0.1.9"
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    let effects = try bench.report([("10.9.0.0/24", 2)], from: "10.0.1.2", on: 1)
    #expect(effects.origins == [try prefix("10.9.0.0/24")])
    #expect(try bench.view("10.9.0.1")?.children == slots())
  }

  @Test("The other forwarder gets worse, is silent or dies: the link is ours again at once")
  func takeover() throws {
    for way in 0..<3 {
      var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
      try bench.meet("10.0.0.2", on: 0)
      try bench.meet("10.0.1.2", on: 1)
      try bench.meet("10.0.1.3", on: 1)
      try bench.report([("10.9.0.0/24", 5)], from: "10.0.0.2", on: 0)
      // 10.0.1.2 forwards onto the link, and 10.0.1.3 gets it from there, which it tells to all.
      try bench.report([("10.9.0.0/24", 5)], from: "10.0.1.2", on: 1)
      try bench.report([("10.9.0.0/24", 38)], from: "10.0.1.3", on: 1)
      #expect(try bench.view("10.9.0.1")?.children == slots())
      var origins: [Prefix] = []
      switch way {
      case 0: origins = try bench.report([("10.9.0.0/24", 7)], from: "10.0.1.2", on: 1).origins
      case 1: origins = try bench.report([("10.9.0.0/24", 32)], from: "10.0.1.2", on: 1).origins
      default:
        for _ in 0..<4 {
          origins += try bench.advance(.seconds(9)).flatMap(\.origins)
          for (name, slot) in [("10.0.0.2", 0), ("10.0.1.3", 1)] as [(String, UInt8)] {
            try bench.probe(name, on: slot)
          }
        }
      }
      #expect(origins.contains(try prefix("10.9.0.0/24")), "\(way)")
      let view = try #require(try bench.view("10.9.0.1"))
      #expect(view.children == slots(1), "\(way)")
      #expect(view.dependents == slots(1), "\(way)")
    }
  }

  @Test("A new neighbor counts as dependent until it says otherwise, for two minutes at most")
  func assumed() throws {
    for floods in [true, false] {
      var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"]) { $1.floods = floods }
      try bench.meet("10.0.0.2", on: 0)
      try bench.report([("10.9.0.0/24", 1), ("10.8.0.0/24", 1)], from: "10.0.0.2", on: 0)
      #expect(try bench.view("10.9.0.1")?.dependents == slots())
      let effects = try bench.probe("10.0.1.2", on: 1)
      #expect(effects.interfaces == slots(1))
      // Its first report is waited for on an interface that is that young; then it counts.
      try bench.report([("10.8.0.0/24", 9)], from: "10.0.1.2", on: 1)
      #expect(try bench.view("10.9.0.1")?.dependents == (floods ? slots(1) : slots()))
      #expect(try bench.view("10.8.0.1")?.dependents == slots())
      var interfaces = InterfaceSet()
      for _ in 0..<12 {
        for done in try bench.advance(.seconds(10)) { interfaces.formUnion(done.interfaces) }
        try bench.probe("10.0.0.2", on: 0)
        try bench.probe("10.0.1.2", on: 1)
        try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
      }
      #expect(interfaces.contains(InterfaceID(slot: 1)))
      #expect(try bench.view("10.9.0.1")?.dependents == slots())
      #expect(try bench.view("10.9.0.1")?.children == slots(1))
    }
  }

  @Test("A poison reverse that is not repeated ends after two minutes")
  func stalePoison() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    try bench.advance(.seconds(20))
    try bench.report([("10.9.0.0/24", 34)], from: "10.0.1.2", on: 1)
    for step in 1...13 {
      try bench.advance(.seconds(10))
      try bench.probe("10.0.0.2", on: 0)
      try bench.probe("10.0.1.2", on: 1)
      try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
      #expect(try bench.view("10.9.0.1")?.dependents == (step < 12 ? slots(1) : slots()), "\(step)")
    }
  }

  @Test("A poison reverse taken back ends the dependency at once")
  func takenBack() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    try bench.report([("10.9.0.0/24", 34)], from: "10.0.1.2", on: 1)
    #expect(try bench.view("10.9.0.1")?.dependents == slots(1))
    let effects = try bench.report([("10.9.0.0/24", 6)], from: "10.0.1.2", on: 1)
    #expect(effects.origins == [try prefix("10.9.0.0/24")])
    #expect(try bench.view("10.9.0.1")?.dependents == slots())
  }

  @Test("A young interface waits for its neighbor's first report, ten seconds at most; an old one does not")
  func waiting() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24", "10.0.2.1/24"])
    #expect(try bench.view("10.0.0.9")?.children == slots(1, 2))
    try bench.probe("10.0.1.2", on: 1)
    try bench.probe("10.0.2.2", on: 2)
    #expect(try bench.view("10.0.0.9")?.children == slots())
    let effects = try bench.report([("10.9.0.0/24", 1)], from: "10.0.1.2", on: 1)
    #expect(effects.interfaces == slots(1))
    #expect(try bench.view("10.0.0.9")?.children == slots(1))
    let later = try bench.advance(.seconds(10))
    #expect(later.contains { $0.interfaces.contains(InterfaceID(slot: 2)) })
    #expect(try bench.view("10.0.0.9")?.children == slots(1, 2))
    try bench.probe("10.0.1.3", on: 1)
    #expect(try bench.view("10.0.0.9")?.children == slots(1, 2))
  }
}
