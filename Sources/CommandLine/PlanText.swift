import Control
import Diagnostics

/// `config plan`: what applying would change, one line for each object, and the sum.
enum PlanText {
  static func text(_ changes: [PlannedChange], _ summary: Summary?, _ layout: Layout) -> String {
    changes.map { line($0, layout) + "\n" }.joined() + (summary.map { sum(changes, $0, layout) + "\n" } ?? "")
  }

  private static func line(_ change: PlannedChange, _ layout: Layout) -> String {
    let (mark, tone): (String, Tone) =
      switch change.action {
      case .add: ("+", .good)
      case .change: ("~", .waiting)
      case .remove: ("-", .bad)
      case .set: ("!", .waiting)
      }
    var remarks: [String] = []
    if let before = change.before, let after = change.after {
      remarks.append("was \(difference(before, from: after))")
    }
    switch change.effect {
    case .continues: remarks.append("the flow continues")
    case .starts: remarks.append("a flow starts")
    case .stops: remarks.append("a flow stops")
    case .none: break
    }
    let statement = (change.after ?? change.before ?? "").escapingControls
    let remark = remarks.isEmpty ? "" : "  (\(remarks.joined(separator: "; ")))".escapingControls
    return "  \(tone.wrap(mark, when: layout.isColored)) \(statement)\(remark)"
  }

  /// The words of `before` from the keyword on whose value differs: `to eth1`, `threshold 16`.
  private static func difference(_ before: String, from after: String) -> String {
    let old = before.split(separator: " ").filter { $0 != "{" && $0 != "}" }
    let new = after.split(separator: " ").filter { $0 != "{" && $0 != "}" }
    let same = zip(old, new).prefix { $0 == $1 }.count
    let start = old[..<min(same + 1, old.count)].lastIndex { keywords.contains($0) }
    return old[(start ?? 0)...].joined(separator: " ")
  }

  private static let keywords: Set<Substring> = [
    "to", "ttl", "only", "prefer", "threshold", "boundary", "enable", "disable",
  ]

  private static func sum(_ changes: [PlannedChange], _ summary: Summary, _ layout: Layout) -> String {
    let settings = changes.filter { $0.action == .set }.count
    let quantity = layout.quantity
    var text = "Plan: \(quantity.count(summary.added)) to add, \(quantity.count(summary.changed)) to change, "
    text += "\(quantity.count(summary.removed)) to remove"
    if settings > 0 { text += ", \(settings) \(settings == 1 ? "setting" : "settings")" }
    text += "; \(quantity.count(summary.untouched)) unchanged. "
    return text + "\(quantity.count(summary.interrupted)) flows interrupted."
  }
}
