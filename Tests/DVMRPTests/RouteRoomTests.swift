import DVMRP
import Kernel
import Testing

@Suite struct RouteRoomTests {
  @Test("Whatever others report, there is room for the first routes of each neighbor")
  func keptRoom() throws {
    var limits = Limits()
    limits.dvmrpRoutes = 400
    limits.dvmrpRoutesPerNeighbor = 400
    // Ten routes for each of ten.
    limits.neighbors = 10
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"], limits: limits)
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    for part in 0..<10 {
      try bench.report((0..<40).map { ("20.\(part).\($0).0/24", 1) }, from: "10.0.0.2", on: 0)
    }
    #expect(bench.dvmrp.routeCount == 300)
    // 298 beside the two subnets.
    #expect(bench.refused(.routeLimit, on: 0) == 102)
    try bench.report((0..<12).map { ("30.0.\($0).0/24", 1) }, from: "10.0.1.2", on: 1)
    #expect(bench.dvmrp.routeCount == 310)
    #expect(bench.refused(.routeLimit, on: 1) == 2)
    #expect(try bench.view("30.0.9.1") != nil)
    #expect(try bench.view("30.0.10.1") == nil)
  }
}
