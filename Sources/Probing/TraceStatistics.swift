import Addressing
import Wire

/// Two traces of one path and what their counters say: the page that `mtrace` ends with.
struct TraceStatistics {
  private let plan: TracePlan
  private let text: TraceText
  /// The page begins at the source, and so do these.
  private let before: [TraceHop]
  private let after: [TraceHop]

  init(_ plan: TracePlan, _ text: TraceText, before: [TraceHop], after: [TraceHop]) {
    self.plan = plan
    self.text = text
    self.before = before.reversed()
    self.after = after.reversed()
  }

  func page(seconds: Int, _ roundTrip: Int64) -> String {
    var page = "Results after \(seconds) seconds:\n\n"
    page += "  Source        Response Dest    Packet Statistics For     Only For Traffic\n"
    page += "\(left(reachesSource ? "\(plan.source)" : "   * * *", 15)) \(left("\(plan.answerTo)", 15))  "
    page += "All Multicast Traffic     From \(plan.source)\n"
    page += "     v       __/  rtt\(right(roundTrip, 5)) ms    Lost/Sent = Pct  Rate       To \(plan.group)\n"
    var reach = 0
    for index in after.indices {
      let hop = after[index]
      if !hop.incoming.isUnspecified, hop.incoming != hop.outgoing {
        page += left("\(hop.incoming)", 15) + "\n"
      }
      let name = text.name(of: hop.outgoing) ?? ""
      page += "\(left("\(hop.outgoing)", 15)) \(left(name, 14)) \(TraceText.meaning(hop.problem))\n"
      reach = max(reach + 1, Int(hop.threshold))
      let isLast = index == after.count - 1
      page += (isLast ? "     v      \\__   ttl" : "     v     ^      ttl") + right(reach, 5)
      page += "   " + (isLast ? arrived(index) : lost(index)) + "\n"
    }
    page += "\(left("\(plan.receiver)", 15)) \(plan.answerTo)\n"
    return page + "  Receiver      Query Source\n\n"
  }

  private var reachesSource: Bool {
    guard let first = after.first, first.sourceLength <= 32 else { return false }
    return Prefix(first.incoming, length: Int(first.sourceLength))?.contains(plan.source) ?? false
  }

  /// What one router sent and the next did not get.
  private func lost(_ index: Int) -> String {
    let seconds = seconds(index)
    return compare(difference(index, \.packetsOut), difference(index + 1, \.packetsIn), seconds)
      + compare(difference(index, \.flowPackets), difference(index + 1, \.flowPackets), seconds)
  }

  /// What the last router sent to the receiver's link.
  private func arrived(_ index: Int) -> String {
    let seconds = seconds(index)
    let columns = [difference(index, \.packetsOut), difference(index, \.flowPackets)].map { count in
      guard let count else { return right("?", 9) + left("", 16) }
      return right(count, 9) + right(count / seconds, 12) + " pps"
    }
    return columns[0] + columns[1]
  }

  /// What is not counted is not known to be lost; counters that ran past each other make no share.
  private func compare(_ sent: Int64?, _ got: Int64?, _ seconds: Int64) -> String {
    guard let sent else { return right("?/?", 9) + left("", 17) }
    let rate = right(sent / seconds, 4) + " pps"
    guard let got else { return right("?/", 7) + left("\(sent)", 10) + rate }
    let missing = sent - got
    let share = sent == 0 ? 0 : (missing * 100 + sent / 2) / sent
    let percent = (-99...100).contains(share) ? right(share, 3) + "%" : " --"
    return "\(right(missing, 6))/\(left("\(sent)", 5))=\(percent)\(rate)"
  }

  /// How far a counter went between the two traces; nil where it is not kept.
  private func difference(_ index: Int, _ counter: KeyPath<TraceHop, UInt32?>) -> Int64? {
    guard after.indices.contains(index), let new = after[index][keyPath: counter],
      let old = before[index][keyPath: counter]
    else { return nil }
    return Int64(Int32(truncatingIfNeeded: new &- old))
  }

  /// Between the two traces, by the clock of the router itself.
  private func seconds(_ index: Int) -> Int64 {
    max(1, (Int64(Int32(truncatingIfNeeded: after[index].arrival &- before[index].arrival)) + 0x8000) >> 16)
  }

  private func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }

  private func right(_ text: some CustomStringConvertible, _ width: Int) -> String {
    let text = text.description
    return String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }
}
