import Addressing
import Probing
import Timing

/// The last lines of `send` and `receive`.
enum TrafficText {
  /// `239.1.1.1 on eth0: 1,000 packets sent in 10.0 s, 100 pps, 800.0 kbit/s`.
  static func sent(_ result: SendCommand.Result, _ plan: SendPlan, _ quantity: Quantity) -> String {
    var text = "\(place(plan.group, plan.interface)): \(packets(result.packets, quantity)) sent"
    text += " in \(Quantity.decimal(result.seconds, places: 1)) s"
    if result.packets > 1 {
      text += rate(result.packetsPerSecond, result.bitsPerSecond, quantity)
    }
    if result.refused > 0 { text += ", \(quantity.count(result.refused)) refused by the kernel" }
    return text + "\n"
  }

  /// One line for each stream, one for each group without any.
  static func received(_ outcome: ReceiveCommand.Outcome, _ plan: ReceivePlan, _ quantity: Quantity) -> String
  {
    var text = ""
    for stream in outcome.streams { text += line(stream, plan, quantity) }
    var silent: [Group] = []
    for group in plan.groups where !silent.contains(group) {
      if outcome.streams.contains(where: { $0.flow.group == group }) { continue }
      silent.append(group)
      text +=
        "\(place(group, plan.interface)): nothing in \(Quantity.decimal(outcome.seconds, places: 1)) s\n"
    }
    if outcome.untracked > 0 { text += "and \(packets(outcome.untracked, quantity)) of further senders\n" }
    return text
  }

  private static func line(_ stream: TrafficStream, _ plan: ReceivePlan, _ quantity: Quantity) -> String {
    var text = "\(place(stream.flow.group, plan.interface)): "
    text += "\(packets(stream.packets, quantity)) from \(stream.flow.source)"
    if stream.isNumbered {
      text += ", lost \(quantity.count(stream.lost)), reordered \(quantity.count(stream.reordered))"
      text += ", duplicate \(quantity.count(stream.duplicates))"
    } else {
      text += stream.content == .ts ? ", MPEG transport stream" : ", not of mcast send"
    }
    if stream.packets > 1 {
      text += rate(stream.packetsPerSecond, stream.bitsPerSecond, quantity)
    }
    if stream.content == .test { text += ", jitter \(milliseconds(stream.jitter, places: 2))" }
    return text + ", first after \(milliseconds(stream.firstAfter, places: 0))\n"
  }

  private static func rate(_ packets: Double, _ bits: Double, _ quantity: Quantity) -> String {
    ", \(quantity.packets(perSecond: packets)), \(quantity.bits(perSecond: bits))"
  }

  private static func place(_ group: Group, _ interface: String?) -> String {
    interface.map { "\(group) on \($0)" } ?? "\(group)"
  }

  private static func packets(_ count: UInt64, _ quantity: Quantity) -> String {
    "\(quantity.count(count)) \(count == 1 ? "packet" : "packets")"
  }

  private static func milliseconds(_ duration: Duration, places: Int) -> String {
    "\(Quantity.decimal(Double(duration.nanoseconds) / 1e6, places: places)) ms"
  }
}
