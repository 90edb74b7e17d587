import Testing
import Timing

@testable import Forwarding

@Suite struct IdleQueueTests {
  @Test("Rows come out by their instants, whatever was set, moved and taken out before", arguments: 1...10)
  func againstList(_ seed: UInt64) {
    var generator = Generator(seed: seed)
    var queue = IdleQueue()
    var due: [Int32: Instant] = [:]
    for _ in 0..<400 {
      let number = Int32.random(in: 0..<40, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        queue.cancel(number)
        due[number] = nil
      case 1:
        let limit = Instant.start + .seconds(Int64.random(in: 0..<100, using: &generator))
        queue.hasten(to: limit)
        due = due.mapValues { min($0, limit) }
      default:
        let instant = Instant.start + .seconds(Int64.random(in: 0..<100, using: &generator))
        queue.set(number, at: instant)
        due[number] = instant
      }
      #expect(queue.next == due.values.min())
      #expect(queue.first.map { due[$0] == queue.next } ?? due.isEmpty)
      #expect(queue.contains(number) == (due[number] != nil))
    }
    var order: [Instant] = []
    while let first = queue.first, let next = queue.next {
      order.append(next)
      queue.cancel(first)
    }
    #expect(order == due.values.sorted())
  }
}
