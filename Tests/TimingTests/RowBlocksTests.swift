import Testing
import Timing

@Suite struct RowBlocksTests {
  @Test("Rows keep their numbers while the table grows, and a copy keeps what it had")
  func growth() {
    var rows = RowBlocks<Int>()
    for number in 0..<1_000 { rows.append(number * 2) }
    #expect(rows.count == 1_000)
    #expect(rows.indices == 0..<1_000)
    let copy = rows
    for number in rows.indices { rows[number] += 1 }
    #expect(rows.indices.allSatisfy { rows[$0] == $0 * 2 + 1 && copy[$0] == $0 * 2 })
  }
}
