import Addressing
import Kernel
import Membership
import Testing
import Timing
import Wire

/// What a report costs, and that it costs the same whatever else there is.
@Suite struct CostTests {
  @Test("A report that refreshes one of many groups moves no timer of the others")
  func refresh() throws {
    var link = Link {
      $0.maximumGroups = 100_000
      $0.reportRate = 1_000_000
    }
    for block in 0..<20 {
      try link.report(
        (0..<500).map {
          GroupRecord(.isExclude, try #require(Group(Address(ipv4: 0xef02_0000 + UInt32(block * 500 + $0)))))
        })
    }
    #expect(link.membership.groupCount == 10_000)
    link.advance(.seconds(1))
    let group = try #require(Group(Address(ipv4: 0xef02_0000)))
    let report = link.igmp(
      .reportV3([GroupRecord(.isExclude, group)]), from: 10, to: Address(ipv4: 0xe000_0016))
    let next = link.membership.nextDeadline
    let clock = ContinuousClock()
    let elapsed = clock.measure { for _ in 0..<20_000 { link.receive(report) } }
    #expect(link.membership.nextDeadline == next)
    // A debug build takes some 15 µs each; a walk over the groups would take milliseconds.
    #expect(elapsed < .seconds(10))
  }
}
