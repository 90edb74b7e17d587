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

  /// The words of `before` from the first that `after` has not.
  private static func difference(_ before: String, from after: String) -> String {
    let old = before.split(separator: " ")
    let new = after.split(separator: " ")
    var same = zip(old, new).prefix { $0 == $1 }.count
    // `to eth1` says more than `eth1`.
    if same > 0, same < old.count, old[same - 1] == "to" || old[same - 1] == "threshold" { same -= 1 }
    return same < old.count ? old[same...].joined(separator: " ") : before
  }

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
