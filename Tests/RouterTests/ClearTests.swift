import Addressing
import Configuration
import Control
import Diagnostics
import Kernel
import Membership
import Router
import Testing
import Timing
import Wire

/// `clear groups`, `clear neighbors`, and timers set at run time.
struct ClearTests {
  private func clear(_ subject: Change.Subject, _ bench: inout Bench) {
    bench.ask { .change([.clear(subject)], bestEffort: false, request: $0) }
  }

  @Test("Cleared groups are gone until hosts report again, and hosts are asked at once")
  func groups() throws {
    var bench = try DynamicTests.transit()
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    #expect(bench.path("10.9.0.5", "239.1.1.1")?.contains("eth1") == true)
    bench.log = []
    clear(.groups, &bench)
    #expect(bench.path("10.9.0.5", "239.1.1.1")?.contains("eth1") != true)
    let asked = bench.log.compactMap { action -> Int32? in
      guard case .kernel(.send(let datagram)) = action, datagram.payload.first == 0x11 else { return nil }
      return datagram.link
    }
    #expect(asked.contains(2))
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    #expect(bench.path("10.9.0.5", "239.1.1.1")?.contains("eth1") == true)
  }

  @Test("Cleared neighbors are gone with their routes, and are probed for at once")
  func neighbors() throws {
    var bench = try DynamicTests.transit()
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    #expect(bench.path("10.9.0.5", "239.1.1.1")?.contains("eth1") == true)
    bench.log = []
    clear(.neighbors, &bench)
    #expect(bench.path("10.9.0.5", "239.1.1.1")?.contains("eth1") != true)
    let probed = DynamicTests.sent(bench).filter { if case .probe = $0.message { true } else { false } }
    #expect(Set(probed.map(\.link)) == [1, 2, 3])
    // The member stayed: when the neighbor reports its routes again, the stream flows again.
    DynamicTests.meet(&bench, 0)
    let origin = try #require(Prefix("10.9.0.0/24"))
    let metric = try #require(DVMRPMetric(rawValue: 2))
    DynamicTests.dvmrp(&bench, 0, .report(DVMRPReport([ReportedRoute(origin, metric)])))
    bench.advance(.seconds(15))
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    #expect(bench.path("10.9.0.5", "239.1.1.1")?.contains("eth1") == true)
  }

  @Test("A timer that contradicts the others is refused at run time, and nothing changes")
  func timers() throws {
    var bench = DynamicTests.bench(2, DynamicTests.dynamic)
    for (line, isRefused) in [
      ("set interface eth0 response-interval 125s", true),
      ("set interface eth0 query-interval 60s", false),
      ("set interface eth0 response-interval 60s", true),
      ("set interface eth0 { query-interval 5s; response-interval 2s }", false),
    ] {
      let change = try #require(parseStatement(line).changes.first)
      let reply = bench.ask { .change([change], bestEffort: false, request: $0) }
      var codes: [Code] = []
      if case .changes(let results, _)? = reply { codes = results.compactMap(\.error?.code) }
      #expect(codes == (isRefused ? [.timerRelation] : []), "\(line)")
    }
  }
}
