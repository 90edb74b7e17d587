import Encoding

/// Prints one table row by row, as text or JSON.
struct TablePrinter<Row> {
  private let console: Console
  private let layout: Layout
  private let cells: (Row, Layout) -> [Cell]
  private var table: TextTable
  private var json: JSONOutput?
  private(set) var count = 0

  init(
    _ schema: String, _ columns: [TextTable.Column], _ console: Console, _ client: ControlClient,
    _ layout: Layout, _ cells: @escaping (Row, Layout) -> [Cell]
  ) {
    self.console = console
    self.layout = layout
    self.cells = cells
    table = layout.table(columns)
    json = console.settings.json.map { _ in
      JSONOutput(schema, generation: client.hello.generation, to: console)
    }
  }

  var isJSON: Bool { json != nil }

  /// - Parameter bytes: the row as the daemon wrote it.
  mutating func print(_ row: Row, _ bytes: ArraySlice<UInt8>) {
    count += 1
    guard json == nil else {
      json?.row(bytes)
      return
    }
    var text = ""
    table.add(cells(row, layout), to: &text)
    if !text.isEmpty { console.print(text) }
  }

  mutating func finish(warnings: [[UInt8]]) {
    var text = ""
    table.finish(&text)
    console.print(text)
    json?.finish(warnings: warnings)
  }
}
