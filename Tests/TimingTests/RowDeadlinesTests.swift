import Testing
import Timing

@Suite struct RowDeadlinesTests {
  @Test("Whatever is set and cancelled, the earliest deadline is that of a search through all")
  func agreesWithSearch() {
    var generator = Generator(seed: 7)
    var deadlines = RowDeadlines()
    var model: [Int32: Instant] = [:]
    for _ in 0..<20_000 {
      let row = Int32(generator.next() % 300)
      if generator.next() % 3 == 0 {
        deadlines.cancel(row)
        model[row] = nil
      } else {
        // Few instants, so that many are equal.
        let instant = Instant.start + .seconds(Int64(generator.next() % 50))
        deadlines.set(row, at: instant)
        model[row] = instant
      }
      let earliest = model.min { ($0.value, $0.key) < ($1.value, $1.key) }
      #expect(deadlines.first == earliest?.key)
      #expect(deadlines.next == earliest?.value)
      #expect(deadlines[row] == model[row])
    }
  }

  @Test("Rows come in the order of their deadlines, equal ones by number")
  func order() {
    var deadlines = RowDeadlines()
    for (row, seconds) in [(4, 3), (2, 1), (9, 1), (0, 7), (5, 2)] {
      deadlines.set(Int32(row), at: .start + .seconds(seconds))
    }
    deadlines.set(0, at: .start)
    var order: [Int32] = []
    while let first = deadlines.first {
      order.append(first)
      deadlines.cancel(first)
    }
    #expect(order == [0, 2, 9, 5, 4])
    #expect(deadlines.next == nil)
  }
}
