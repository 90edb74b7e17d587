import Compatibility
import Control

/// Tells notices of the Router in mrouted's words, as far as it has some.
struct MroutedNotices {
  /// The VIF of an interface; nil when it has none.
  var vif: (_ interface: String) -> UInt8?
  /// Of what debug messages are wanted.
  var debug: MroutedDebug
  /// The neighbors that were told not to hear us, with their interfaces.
  private var oneWay: Set<String> = []
  /// What was last told of an interface.
  private var numbers: [String: String] = [:]

  init(vif: @escaping (_ interface: String) -> UInt8? = { _ in nil }, debug: MroutedDebug = []) {
    self.vif = vif
    self.debug = debug
  }

  /// Nil: it is told in our words.
  mutating func line(_ notice: Notice) -> LogLine? {
    typealias Text = MroutedLogText
    switch (notice.kind, notice.change) {
    case (.neighbor, _):
      guard let neighbor = notice.address, let interface = notice.interface else { return nil }
      let peering = "\(neighbor)%\(interface)"
      switch (notice.change, notice.level) {
      case (.up, _) where oneWay.remove(peering) != nil:
        return LogLine(.notice, Text.bothWays(neighbor, vif: number(interface)))
      case (.up, _), (.restart, _):
        return LogLine(.notice, Text.greeting(neighbor, interface: interface))
      case (.down, .warning):
        // Who hears nothing for long is forgotten sooner than this grows.
        if oneWay.count < 1024 { oneWay.insert(peering) }
        return LogLine(.warning, Text.oneWay(neighbor, vif: number(interface)))
      default:
        oneWay.remove(peering)
        return nil
      }
    case (.interface, .change):
      switch notice.after {
      case "up": return LogLine(.notice, Text.up(notice.subject, vif: number(notice.subject)))
      case "down": return LogLine(.notice, Text.down(notice.subject, vif: number(notice.subject)))
      default: return nil
      }
    default: return nil
    }
  }

  /// The VIF that an interface has, or had.
  private mutating func number(_ interface: String) -> String {
    guard let vif = vif(interface) else { return numbers[interface] ?? "?" }
    numbers[interface] = "\(vif)"
    return "\(vif)"
  }

  /// Whether packets of some kind are told of.
  var showsPackets: Bool { !debug.isDisjoint(with: MroutedPacketText.subsystems) }

  /// Whether a debug message of this kind is wanted.
  func wants(_ kind: Notice.Kind) -> Bool {
    let subsystem: MroutedDebug =
      switch kind {
      case .route, .limit: .cache
      case .join: .igmp
      case .interface: .interface
      case .upcall: [.cache, .kernel]
      case .configuration, .kernel: .kernel
      case .group: .membership
      case .neighbor: .neighbors
      case .querier: .igmp
      case .prune: .pruning
      }
    return !debug.isDisjoint(with: subsystem)
  }
}
