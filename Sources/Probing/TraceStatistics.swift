import Addressing
import Timing
import Wire

/// Two traces of one path and what their counters say: the page that `mtrace` ends with.
struct TraceStatistics: Sendable {
  private let plan: TraceSession.Plan
  private let text: TraceText
  private let before: [TraceHop]
  private let after: [TraceHop]

  init(_ plan: TraceSession.Plan, _ text: TraceText, before: [TraceHop], after: [TraceHop]) {
    self.plan = plan
    self.text = text
    let count = min(before.count, after.count)
    // The page begins at the source.
    self.before = before.prefix(count).reversed()
    self.after = after.prefix(count).reversed()
  }

  func page(seconds: Double, _ roundTrip: Duration) -> String {
    let whole = Int(seconds.rounded())
    var page = "Results after \(whole) second\(whole == 1 ? "" : "s"):\n\n"
    page += "  Source        Response Dest    Packet Statistics For     Only For Traffic\n"
    page += "\(pad(plan.source.description, 16))\(pad(plan.answerTo.description, 16)) "
    page += "All Multicast Traffic     From \(plan.source)\n"
    let trip = pad(String(max(0, roundTrip.milliseconds)), 4, right: true)
    page += "     v       __/  rtt \(trip) ms    Lost/Sent = Pct  Rate       To \(plan.group)\n"
    for index in after.indices {
      let hop = after[index]
      page += pad(hop.incoming.description, 15) + "\n"
      page += pad(hop.outgoing.description, 15) + pad("", 16) + "\n"
      let isLast = index == after.count - 1
      let ways = isLast ? "     v      \\__   ttl " : "     v     ^      ttl "
      page += ways + pad("\(index + 1)", 4, right: true)
      page += isLast ? arrived(index, seconds) : lost(index, seconds)
      page += "\n"
    }
    page += "\(pad(plan.receiver.description, 16))\(plan.answerTo)\n"
    return page + "  Receiver      Query Source\n\n"
  }

  /// What one router sent and the next did not get.
  private func lost(_ index: Int, _ seconds: Double) -> String {
    let all = compare(
      sent: difference(index) { $0.packetsOut }, got: difference(index + 1) { $0.packetsIn }, seconds)
    let flow = compare(
      sent: difference(index) { $0.flowPackets }, got: difference(index + 1) { $0.flowPackets }, seconds)
    return "    \(all) \(flow)"
  }

  /// What the last router sent to the receiver's link.
  private func arrived(_ index: Int, _ seconds: Double) -> String {
    let columns = [difference(index) { $0.packetsOut }, difference(index) { $0.flowPackets }].map { count in
      guard let count else { return pad("?", 8, right: true) + pad("", 16) }
      let rate = seconds > 0 ? Int((Double(count) / seconds).rounded()) : 0
      return pad("\(count)", 8, right: true) + pad("\(rate)", 12, right: true) + " pps"
    }
    return "    \(columns[0]) \(columns[1])"
  }

  private func compare(sent: UInt32?, got: UInt32?, _ seconds: Double) -> String {
    guard let sent, let got else { return pad("  ?/?", 22) }
    let missing = Int64(sent) - Int64(got)
    let share = sent == 0 ? 0 : Int((Double(missing) / Double(sent) * 100).rounded())
    return "\(pad("\(missing)", 5, right: true))/\(pad("\(sent)", 5))=\(pad("\(share)", 3, right: true))%"
      + rate(sent, seconds)
  }

  private func rate(_ count: UInt32, _ seconds: Double) -> String {
    let rate = seconds > 0 ? Int((Double(count) / seconds).rounded()) : 0
    return pad("\(rate)", 4, right: true) + " pps"
  }

  /// How far a counter went between the two traces; nil where it is not kept.
  private func difference(_ index: Int, _ counter: (TraceHop) -> UInt32?) -> UInt32? {
    guard after.indices.contains(index), let new = counter(after[index]), let old = counter(before[index])
    else { return nil }
    return new &- old
  }

  private func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - text.count))
    return right ? blanks + text : text + blanks
  }
}
