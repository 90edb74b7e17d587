import Foundation
import Testing

/// Texts that are pinned: `MCAST_UPDATE_GOLDEN=1` rewrites them, and the difference is reviewed.
enum Golden {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
  static let repository = root.deletingLastPathComponent().deletingLastPathComponent()
  private static let isUpdating = ProcessInfo.processInfo.environment["MCAST_UPDATE_GOLDEN"] == "1"

  static func check(
    _ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let file = root.appending(path: "Golden/\(name).txt")
    if isUpdating {
      try Data(text.utf8).write(to: file)
      return
    }
    let expected = (try? String(contentsOf: file, encoding: .utf8)) ?? "(no file \(file.path))"
    #expect(text == expected, "differs from Golden/\(name).txt", sourceLocation: sourceLocation)
  }
}
