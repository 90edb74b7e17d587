import Control
import Router
import Testing
import Timing
import Wire

@Suite struct RestartNoticeTests {
  private static func told(_ bench: Bench, _ change: Notice.Change) -> [String] {
    bench.log.compactMap { action in
      guard case .notice(let notice, _) = action, notice.kind == .neighbor, notice.change == change else {
        return nil
      }
      return notice.detail
    }
  }

  @Test("A neighbor that begins anew every two seconds is told of once a minute, and summed up")
  func flapping() {
    var bench = DynamicTests.bench(1, DynamicTests.dynamic)
    DynamicTests.meet(&bench, 0)
    bench.log = []
    for life in 0..<40 as Range<UInt32> {
      bench.advance(.seconds(2))
      let probe = DVMRPProbe(generation: 100 + life, neighbors: [DynamicTests.address(0, 1)])
      DynamicTests.dvmrp(&bench, 0, .probe(probe))
    }
    #expect(
      RestartNoticeTests.told(bench, .restart)
        == ["has begun anew", "has begun anew, 30 times since it was last told"])
    bench.log = []
    bench.advance(.seconds(60))
    #expect(
      RestartNoticeTests.told(bench, .down)
        == ["is silent, or its interface is gone; it had begun anew 9 times more"])
  }
}
