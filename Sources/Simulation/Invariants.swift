import Addressing
import Configuration
import Kernel
public import Timing

/// Something that must hold and did not.
public struct Violation: Hashable, Sendable {
  /// What kind; a shrunk scenario fails with the same.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A packet passes one router twice.
    case loop
    /// A member gets one packet twice.
    case duplicate
    /// A member that has a path does not get a packet.
    case missing
    /// A packet crosses a boundary.
    case boundary
    /// Packets go on a link where nobody wants them, and go on.
    case waste
    /// The kernel's tables are not what the Router would decide now.
    case table
    /// A table is larger than its limit, or holds what nobody needs any more.
    case unbounded
    /// The Router asks the kernel for what no kernel does.
    case nonsense
    /// A Router that never comes to rest.
    case unrest
    /// The scenario asks for what cannot be.
    case scenario
  }

  public var kind: Kind
  public var at: Instant
  public var text: String
}

/// What is checked after each event, and what at rest.
extension Network {
  static let inspectionInterval = Duration.seconds(120)

  /// Whether the network had its time since all disturbances, and nothing is being lost.
  var isSettled: Bool { calm.isSettled(at: now) }

  mutating func violate(_ kind: Violation.Kind, _ text: String) {
    guard violations.count < 20 else { return }
    violations.append(Violation(kind: kind, at: now, text: text))
  }

  /// After every step of a Router.
  mutating func check(_ router: Int) {
    if routers[router].kernel.nonsense != nil { tellNonsense(router) }
    if !routers[router].rests { violate(.unrest, "\(routers[router].name) never comes to rest") }
    if routers[router].kernel.entries.count > routers[router].entryLimit {
      violate(.unbounded, "\(routers[router].name) holds \(routers[router].kernel.entries.count) entries")
    }
  }

  private mutating func tellNonsense(_ router: Int) {
    let (name, nonsense) = (routers[router].name, routers[router].kernel.nonsense ?? "")
    violate(.nonsense, "\(name): \(nonsense)")
  }

  /// Now and then, where nothing is under way: what every Router would still do must be nothing.
  mutating func inspect() {
    queue.add(.inspection, at: now + Network.inspectionInterval)
    waste.forgetOld(at: now)
    guard isSettled else { return }
    // One whose timer is due at this very moment has something to do.
    for router in routers.indices where routers[router].isAlive && !routers[router].isDue(at: now) {
      if let action = routers[router].differences(at: now).first {
        violate(.table, "\(routers[router].name) would still do: \(action)")
      }
      inspectEntries(router)
    }
  }

  /// Entries that were made for packets go when there are none.
  ///
  /// The longest of them end after a cache lifetime (300 s and its half as jitter), read twice, and after the
  /// longest prune that they carry.
  private mutating func inspectEntries(_ router: Int) {
    guard now - lastDataAt > scenario.pruning + .seconds(900),
      calm.lostAt.map({ now - $0 > scenario.pruning }) ?? true,
      calm.crashedAt.map({ now - $0 > scenario.pruning + .seconds(900) }) ?? true,
      scenario.pruning < .seconds(3600)
    else { return }
    if let key = routers[router].kernel.entries.keys.min() {
      violate(.unbounded, "\(routers[router].name) still holds \(key.flow), and no packet comes")
    }
  }
}
