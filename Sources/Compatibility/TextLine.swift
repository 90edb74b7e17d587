/// A line in the making, in columns of bytes as printf counts them.
struct TextLine {
  private(set) var bytes: [UInt8] = []

  init() {}

  init(_ text: String) { self.text(text) }

  mutating func text(_ text: String) { bytes += text.utf8 }

  mutating func left(_ text: String, _ width: Int) {
    bytes += text.utf8
    pad(width - text.utf8.count)
  }

  mutating func right(_ text: String, _ width: Int) {
    pad(width - text.utf8.count)
    bytes += text.utf8
  }

  mutating func blanks(_ count: Int) { pad(count) }

  private mutating func pad(_ count: Int) { bytes += repeatElement(UInt8(ascii: " "), count: max(0, count)) }

  func ended(_ end: String) -> [UInt8] { bytes + end.utf8 }

  var string: String { String(decoding: bytes, as: UTF8.self) }
}

extension String {
  /// With blanks behind it up to a width.
  func left(_ width: Int) -> String {
    var line = TextLine()
    line.left(self, width)
    return line.string
  }

  /// With blanks before it up to a width.
  func right(_ width: Int) -> String {
    var line = TextLine()
    line.right(self, width)
    return line.string
  }
}
