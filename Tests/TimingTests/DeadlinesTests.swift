import Testing
import Timing

@Suite struct DeadlinesTests {
  @Test("What is due comes out in the order of instant, then key; the rest stays")
  func order() {
    var deadlines = Deadlines<Int>()
    deadlines.set(3, at: .start + .seconds(2))
    deadlines.set(1, at: .start + .seconds(2))
    deadlines.set(2, at: .start + .seconds(1))
    deadlines.set(4, at: .start + .seconds(3))
    #expect(deadlines.next == .start + .seconds(1))
    #expect(deadlines.expire(at: .start) == [])
    #expect(deadlines.expire(at: .start + .seconds(2)) == [2, 1, 3])
    #expect(deadlines.next == .start + .seconds(3))
    #expect(deadlines.count == 1)
  }

  @Test("A new deadline replaces the old one, earlier or later")
  func replaced() {
    var deadlines = Deadlines<String>()
    deadlines.set("a", at: .start + .seconds(5))
    deadlines.set("a", at: .start + .seconds(9))
    #expect(deadlines.next == .start + .seconds(9))
    #expect(deadlines.expire(at: .start + .seconds(5)) == [])
    deadlines.set("a", at: .start + .seconds(7))
    #expect(deadlines["a"] == .start + .seconds(7))
    #expect(deadlines.expire(at: .start + .seconds(20)) == ["a"])
    #expect(deadlines["a"] == nil && deadlines.next == nil && deadlines.count == 0)
  }

  @Test("A cancelled deadline never comes, and one that is set again does")
  func cancelled() {
    var deadlines = Deadlines<Int>()
    deadlines.set(1, at: .start + .seconds(1))
    deadlines.cancel(1)
    deadlines.cancel(7)
    #expect(deadlines.next == nil)
    deadlines.set(1, at: .start + .seconds(1))
    #expect(deadlines.expire(at: .start + .seconds(1)) == [1])
  }

  @Test("Thousands of random changes agree with a list that is searched", arguments: 0..<16 as Range<UInt64>)
  func model(_ seed: UInt64) {
    var generator = Generator(seed: seed)
    var deadlines = Deadlines<Int>()
    var model: [Int: Instant] = [:]
    var now = Instant.start
    for _ in 0..<2_000 {
      let key = Int(generator.next() % 40)
      switch generator.next() % 8 {
      case 0:
        deadlines.cancel(key)
        model[key] = nil
      case 1:
        now = now + .milliseconds(Int64(generator.next() % 50))
        let due = model.filter { $0.value <= now }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        #expect(deadlines.expire(at: now) == due.map(\.key))
        for (key, _) in due { model[key] = nil }
      default:
        let instant = now + .milliseconds(Int64(generator.next() % 20))
        deadlines.set(key, at: instant)
        model[key] = instant
      }
      #expect(deadlines.next == model.values.min())
      #expect(deadlines.count == model.count)
      #expect(deadlines[key] == model[key])
    }
  }
}
