import Foundation

/// Something in the tree that is against a rule, with its place.
struct Finding: Equatable, CustomStringConvertible {
  var path: String
  var line: Int
  var message: String
  var slug: String

  var description: String { "\(path):\(line): error: \(message) [\(slug)]" }
}

/// One Swift file: its place in the tree and its text.
struct SourceFile {
  /// From the top of the tree: `Sources/Wire/Reader.swift`.
  let path: String
  let lines: [String]
  let text: SwiftText

  init(path: String, source: String) {
    self.path = path
    lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    text = SwiftText(source)
  }

  /// The name without folder and extension.
  var name: String { String(path.split(separator: "/").last?.dropLast(6) ?? "") }
  var isTest: Bool { path.hasPrefix("Tests/") }
  /// The room it belongs to: the second part of its path.
  var room: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }
  var layer: Int? { Layers.layer(of: room) }

  func finding(line index: Int, _ message: String, _ slug: String) -> Finding {
    Finding(path: path, line: index + 1, message: message, slug: slug)
  }
}

/// The files of the repository that a check looks at.
enum Tree {
  static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Every file below a folder whose name ends so, sorted; nothing where the folder is missing.
  static func paths(below folder: String, ending: String) -> [String] {
    guard let all = FileManager.default.enumerator(atPath: top + "/" + folder) else { return [] }
    return all.compactMap { $0 as? String }.filter { $0.hasSuffix(ending) && !$0.contains(".build") }
      .map { folder + "/" + $0 }.sorted()
  }

  static func read(_ path: String) -> String {
    let data = FileManager.default.contents(atPath: top + "/" + path) ?? Data()
    return String(decoding: data, as: UTF8.self)
  }

  static let swift: [SourceFile] = ["Sources", "Tests", "Fuzz", "bench"].flatMap {
    paths(below: $0, ending: ".swift").map { SourceFile(path: $0, source: read($0)) }
  }

  /// Manual pages, guides and the README: what people read.
  static let prose: [String] =
    ["README.md", "CHANGELOG.md"].filter { FileManager.default.fileExists(atPath: top + "/" + $0) }
    + paths(below: "docs", ending: "").filter { path in
      [".md", ".1", ".5", ".7", ".8"].contains { path.hasSuffix($0) }
    }
}
