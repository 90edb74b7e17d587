import Addressing
import Timing

/// One origin and one group: what was pruned below us, and what we pruned or grafted above.
struct Tree: Sendable {
  struct Key: Hashable, Sendable {
    var origin: OriginKey
    var group: UInt32
  }

  var key: Key
  /// The route's number.
  var row: Int32
  /// Neighbors in the chains of the route's trees and of the group's.
  var inRoute = Chain()
  var inGroup = Chain()
  var flows: [TreeFlow] = []
  var received: [ReceivedPrune] = []
  var upstream = UpstreamState.open
  /// More flows came than are told apart: it is never pruned.
  var isCrowded = false

  struct Chain: Sendable {
    var previous: Int32 = -1
    var next: Int32 = -1
  }

  var isWanted: Bool { isCrowded || flows.contains { $0.isWanted } }
  var isPruned: Bool {
    if case .pruned = upstream { true } else { false }
  }
  /// Whether its packets may be held back above us by a prune of ours.
  var isHeldBack: Bool {
    switch upstream {
    case .pruned, .left: true
    case .open, .grafting: false
    }
  }

  /// Upstream is open again; what sleeps comes back by its packets, if there are any.
  mutating func open() {
    upstream = .open
    flows.removeAll { $0.isAsleep }
  }

  /// Another neighbor is the gateway now, and it may have been it before.
  mutating func leave(until end: Instant) {
    switch upstream {
    case .open: flows.removeAll { $0.isAsleep }
    case .pruned, .grafting: upstream = .left(until: end)
    case .left: break
    }
  }

  /// The neighbor that a prune or graft of ours went to.
  var gateway: UInt16? {
    switch upstream {
    case .open, .left: nil
    case .pruned(let prune): prune.gateway
    case .grafting(let graft): graft.gateway
    }
  }
  var isEmpty: Bool {
    guard case .open = upstream else { return false }
    return flows.isEmpty && received.isEmpty && !isCrowded
  }

  /// The next instant at which something happens by itself.
  var due: Instant? {
    let received = received.map(\.until).min()
    let own: Instant? =
      switch upstream {
      case .open: nil
      case .left(let until): until
      case .pruned(let prune): min(prune.until, prune.repeatAt ?? prune.until)
      case .grafting(let graft): graft.repeatAt
      }
    guard let own else { return received }
    return received.map { min($0, own) } ?? own
  }

  /// Lets a flow in, or changes it.
  ///
  /// - Returns: false when there was no room for it.
  mutating func set(_ source: UInt32, isWanted: Bool, hasEntry: Bool, hasRoom: Bool) -> Bool {
    if let place = flows.firstIndex(where: { $0.source == source }) {
      flows[place].isWanted = isWanted
      if hasEntry { flows[place].isAsleep = false }
    } else if hasRoom, flows.count < Tree.flowLimit {
      flows.append(TreeFlow(source: source, isWanted: isWanted))
    } else if isWanted {
      // What is not wanted may be forgotten; what is wanted must not be pruned with the rest.
      if let place = flows.firstIndex(where: { !$0.isWanted }) {
        flows[place] = TreeFlow(source: source, isWanted: true)
      } else {
        isCrowded = true
      }
      return false
    }
    return true
  }

  /// Changes the tree where it stands.
  mutating func changed<Result>(by change: (inout Tree) -> Result) -> Result { change(&self) }

  static let flowLimit = 256
}

/// One source of a tree.
struct TreeFlow: Sendable {
  var source: UInt32
  var isWanted: Bool
  /// Its entry is gone, and the prune that we sent is why: it comes back only by a graft.
  var isAsleep = false
}

/// A neighbor below us does not want the group.
struct ReceivedPrune: Sendable {
  var peer: UInt16
  var until: Instant
}

/// What the gateway believes that we want.
enum UpstreamState: Sendable {
  /// Everything, as we never said otherwise.
  case open
  /// Everything, unless it was the gateway before and holds a prune of then; the last such ends by `until`.
  case left(until: Instant)
  case pruned(SentPrune)
  /// We took the prune back, and wait for the answer.
  case grafting(PendingGraft)
}

struct SentPrune: Sendable {
  var gateway: UInt16
  private var waitSeconds: UInt32
  var until: Instant
  /// When packets that still come mean that it was lost; nil: it is not repeated.
  var repeatAt: Instant?

  init(
    gateway: UInt16, until: Instant, repeatAt: Instant? = nil, repeatWait: Duration = DVMRPTimes.pruneRepeat
  ) {
    (self.gateway, self.until, self.repeatAt) = (gateway, until, repeatAt)
    waitSeconds = UInt32(clamping: repeatWait.components.seconds)
  }

  /// Whole seconds; of thousands of trees a `Duration` would cost four times as much.
  var repeatWait: Duration {
    get { .seconds(Int64(waitSeconds)) }
    set { waitSeconds = UInt32(clamping: newValue.components.seconds) }
  }
}

struct PendingGraft: Sendable {
  var gateway: UInt16
  private var waitSeconds: UInt32
  var repeatAt: Instant

  init(gateway: UInt16, repeatAt: Instant, wait: Duration = DVMRPTimes.graftRepeat) {
    (self.gateway, self.repeatAt) = (gateway, repeatAt)
    waitSeconds = UInt32(clamping: wait.components.seconds)
  }

  /// Whole seconds.
  var wait: Duration {
    get { .seconds(Int64(waitSeconds)) }
    set { waitSeconds = UInt32(clamping: newValue.components.seconds) }
  }
}
