import Control
import Timing

/// How a text is laid out: colors, width, numbers, and the moment that ages count from.
struct Layout: Sendable {
  var isColored = false
  /// Characters of a terminal's line; nil: nothing is cut.
  var width: Int?
  var quantity = Quantity()
  /// The boot clock at the time of the answer.
  var now = Instant.start

  func table(_ columns: [TextTable.Column]) -> TextTable {
    TextTable(columns, isColored: isColored, width: width)
  }

  func age(since instant: Instant) -> String {
    quantity.age(seconds: Double((now - instant).nanoseconds) / 1e9)
  }

  func age(until instant: Instant) -> String {
    quantity.age(seconds: Double((instant - now).nanoseconds) / 1e9)
  }

  /// One table of rows that are all there.
  func text<Row>(_ columns: [TextTable.Column], _ rows: [Row], _ cells: (Row) -> [Cell]) -> String {
    var table = table(columns)
    var output = ""
    for row in rows { table.add(cells(row), to: &output) }
    table.finish(&output)
    return output
  }
}
