import Foundation
import Testing
import Timing

@Suite struct InstantTests {
  @Test("Instants move by durations and differ by them")
  func arithmetic() {
    let later = Instant.start + .milliseconds(1_500)
    #expect(later.nanoseconds == 1_500_000_000)
    #expect(later - .start == .milliseconds(1_500))
    #expect(.start - later == .milliseconds(-1_500))
    #expect(.start < later)
  }

  @Test("What does not fit stays at the end of time, on its own side")
  func saturation() {
    let last = Instant(nanoseconds: .max)
    let first = Instant(nanoseconds: .min)
    #expect(last + .seconds(1) == last)
    #expect(first + .seconds(-1) == first)
    #expect(last - first == .nanoseconds(Int64.max))
    #expect(first - last == .nanoseconds(Int64.min))
    #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    #expect(Duration.seconds(Int64.min).nanoseconds == .min)
    #expect(Duration.seconds(9_223_372_036).nanoseconds == 9_223_372_036_000_000_000)
  }

  @Test("An instant is a number in JSON")
  func codable() throws {
    let instant = Instant(nanoseconds: -7)
    let text = try JSONEncoder().encode([instant])
    #expect(String(decoding: text, as: UTF8.self) == "[-7]")
    #expect(try JSONDecoder().decode([Instant].self, from: text) == [instant])
  }

  @Test("The generator is SplitMix64")
  func generator() {
    var generator = Generator(seed: 1_234_567)
    #expect(
      (0..<5).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test("The wait doubles from one second to a minute and stays there")
  func backoff() {
    var backoff = Backoff()
    #expect((0..<8).map { _ in backoff.next() } == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
    for _ in 0..<300 { _ = backoff.next() }
    #expect(backoff.next() == .seconds(60))
    #expect(backoff.failures == .max)
  }
}
