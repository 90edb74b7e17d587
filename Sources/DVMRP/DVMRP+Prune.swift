public import Addressing
import Kernel
public import Timing
import Wire

/// Prunes, sent and received (DVMRPv3 3.5).
extension DVMRP {
  /// Tells whether a flow has anywhere to go; prunes and grafts follow from the answer.
  ///
  /// To be called for every flow that is decided, whenever it is decided.
  /// Without an entry only what sleeps is minded: nobody would ever forget another.
  public mutating func setWanted(
    _ isWanted: Bool, for flow: Flow, hasEntry: Bool = true, at now: Instant
  ) -> DVMRPEffects {
    var effects = DVMRPEffects()
    guard hasEntry || isAsleep(flow), let source = flow.source.ipv4, let group = flow.group.address.ipv4,
      !flow.group.isLinkLocal, let row = routes.match(source), let number = makeTree(group, row)
    else { return effects }
    let hasRoom = trees.flowCount < 2 * limits.entries
    _ = trees.update(number) { $0.set(source, isWanted: isWanted, hasEntry: hasEntry, hasRoom: hasRoom) }
    settleUpstream(number, at: now, &effects)
    return effects
  }

  /// Tells that a flow's entry is gone.
  ///
  /// While it is pruned it stays known here, and `flows` names it when it is wanted again.
  public mutating func forget(_ flow: Flow, at now: Instant) -> DVMRPEffects {
    var effects = DVMRPEffects()
    guard let source = flow.source.ipv4, let group = flow.group.address.ipv4, let row = routes.match(source),
      let number = trees.find(Tree.Key(origin: routes.rows[Int(row)].key, group: group))
    else { return effects }
    _ = trees.update(number) { tree in
      guard let place = tree.flows.firstIndex(where: { $0.source == source }) else { return }
      if tree.isHeldBack {
        tree.flows[place].isAsleep = true
        tree.flows[place].isWanted = false
      } else {
        tree.flows.remove(at: place)
      }
    }
    settleUpstream(number, at: now, &effects)
    dropIfEmpty(number)
    return effects
  }

  /// Flows of a group that were pruned, forgotten ones among them: a new member must have them decided anew.
  public func prunedFlows(to group: Group) -> [Flow] {
    guard let bits = group.address.ipv4 else { return [] }
    return trees.trees(to: bits).flatMap { number -> [Flow] in
      guard let tree = trees[number], tree.isHeldBack else { return [] }
      return DVMRP.flows(of: tree)
    }.sorted()
  }

  /// The same for all groups of a block, and all sources of another.
  public func prunedFlows(to groups: Prefix, from sources: Prefix) -> [Flow] {
    (0..<Int32(trees.end)).compactMap { trees[$0] }
      .filter { $0.isHeldBack && groups.contains(Address(ipv4: $0.key.group)) }
      .flatMap { DVMRP.flows(of: $0) }.filter { sources.contains($0.source) }.sorted()
  }

  /// Tells that packets of a pruned flow still come, for which `suspects` asked: the prune was lost.
  public mutating func stillArriving(_ flow: Flow, at now: Instant) -> DVMRPEffects {
    var effects = DVMRPEffects()
    guard let source = flow.source.ipv4, let group = flow.group.address.ipv4, let row = routes.match(source),
      let number = trees.find(Tree.Key(origin: routes.rows[Int(row)].key, group: group)),
      let tree = trees[number], case .pruned(let prune) = tree.upstream
    else { return effects }
    sendPrune(tree, to: prune.gateway, for: prune.until - now, at: now, &effects)
    return effects
  }

  private mutating func makeTree(_ group: UInt32, _ row: Int32) -> Int32? {
    let key = Tree.Key(origin: routes.rows[Int(row)].key, group: group)
    if let number = trees.find(key) { return number }
    // Without a tree nothing is pruned: packets come that nobody wants, which is the safe side.
    guard trees.count < 2 * limits.prunes else { return nil }
    return trees.insert(key, row: row, &routes)
  }

  // MARK: Upstream

  /// The one place where a tree's wishes and what the gateway believes are brought together.
  mutating func settleUpstream(_ number: Int32, at now: Instant, _ effects: inout DVMRPEffects) {
    guard let tree = trees[number] else { return }
    switch (tree.upstream, tree.isWanted) {
    case (.open, true), (.grafting, true): break
    case (.pruned(let prune), true): graft(number, prune.gateway, at: now, &effects)
    case (.left, true): graft(number, routes.rows[Int(tree.row)].gateway, at: now, &effects)
    case (.pruned, false): break
    case (.open, false), (.grafting, false), (.left, false): prune(number, tree, at: now, &effects)
    }
  }

  /// Sends a gateway the prunes that waited for its report.
  mutating func pruneHeldBack(by peer: UInt16, at now: Instant, _ effects: inout DVMRPEffects) {
    for number in 0..<Int32(trees.end) {
      guard let tree = trees[number], !tree.isWanted, routes.rows[Int(tree.row)].gateway == peer else {
        continue
      }
      settleUpstream(number, at: now, &effects)
    }
  }

  private mutating func prune(
    _ number: Int32, _ tree: Tree, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    let row = routes.rows[Int(tree.row)]
    var state = UpstreamState.open
    if case .left = tree.upstream { state = tree.upstream }
    // One that began anew refuses a prune while it has no route itself.
    if !tree.flows.isEmpty, let gateway = neighbors[row.gateway], gateway.state == .twoWay, gateway.canPrune,
      routes.isCurrent(row, at: now), let link = links[Int(row.upstream)]
    {
      let lifetime = self.lifetime(of: tree, link.settings, at: now)
      // A shorter one is not worth it: what was pruned below ends first, and is asked anew then.
      if lifetime > DVMRPTimes.shortestPrune {
        var sent = SentPrune(gateway: row.gateway, until: now + lifetime)
        if link.repeatsPrunes { sent.repeatAt = now + jittered(DVMRPTimes.pruneRepeat) }
        state = .pruned(sent)
        sendPrune(tree, to: row.gateway, for: lifetime, at: now, &effects)
        tell(.pruneSent(until: sent.until), tree, row.gateway, &effects)
      }
    }
    _ = trees.update(number) { $0.upstream = state }
  }

  /// Ours, drawn around what is configured, but no longer than any prune from below.
  private mutating func lifetime(of tree: Tree, _ settings: DVMRPSettings, at now: Instant) -> Duration {
    let middle = max(120, min(86_400, settings.pruneLifetime.components.seconds))
    let drawn = middle / 2 + Int64(generator.next() % UInt64(middle))
    let own = min(.seconds(drawn), DVMRPTimes.longestPrune)
    let below = tree.received.map { $0.until - now }.min()
    return .seconds(min(own, below ?? own).components.seconds)
  }

  /// As long as any that we send, as the settings of an interface are now.
  private func longestPrune(by slot: UInt8) -> Duration {
    let middle = links[Int(slot)].map { $0.settings.pruneLifetime.components.seconds } ?? 0
    return min(.seconds(max(120, min(86_400, middle)) * 3 / 2), DVMRPTimes.longestPrune)
  }

  private mutating func jittered(_ wait: Duration) -> Duration {
    wait + .milliseconds(Int64(generator.next() % UInt64(max(1, wait.milliseconds / 4))))
  }

  private mutating func sendPrune(
    _ tree: Tree, to gateway: UInt16, for time: Duration, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    guard time > DVMRPTimes.shortestPrune, let neighbor = neighbors[gateway],
      let group = Group(Address(ipv4: tree.key.group))
    else { return }
    let prune = DVMRPPrune(
      source: Address(ipv4: tree.key.origin.network), group: group,
      lifetime: UInt32(clamping: time.components.seconds))
    send(
      DVMRPPacket(.prune(prune), capabilities: capabilities(on: neighbor.interface.slot, at: now)).encoded(),
      to: neighbor.address, on: neighbor.interface.slot, &effects)
  }

  func tell(_ kind: PruneNews.Kind, _ tree: Tree, _ peer: UInt16, _ effects: inout DVMRPEffects) {
    guard let neighbor = neighbors[peer], let group = Group(Address(ipv4: tree.key.group)) else { return }
    effects.news.append(
      PruneNews(
        kind: kind, origin: tree.key.origin.origin, group: group, neighbor: neighbor.address,
        interface: neighbor.interface))
  }

  // MARK: Downstream

  mutating func receive(
    _ prune: DVMRPPrune, from peer: UInt16, on slot: UInt8, at now: Instant, _ effects: inout DVMRPEffects
  ) -> DVMRPRefusal? {
    guard prune.lifetime > 5 else { return .shortLifetime }
    guard let source = prune.source.ipv4, let group = prune.group.address.ipv4,
      let row = routes.match(source)
    else { return .noRoute }
    let route = routes.rows[Int(row)]
    if let length = prune.sourceLength, length != 32, length != route.key.length { return .mask }
    guard !route.leads(by: slot) else { return .wrongInterface }
    guard let link = links[Int(slot)], !link.isScoped(prune.group) else { return .scoped }
    let number = trees.find(Tree.Key(origin: route.key, group: group))
    let isKnown = number.flatMap { trees[$0] }?.received.contains { $0.peer == peer } ?? false
    let isOverOwn = !isKnown && trees.pruneCount(of: peer) >= limits.prunesPerNeighbor
    guard isKnown || trees.pruneCount < limits.prunes && !isOverOwn,
      let number = number ?? makeTree(group, row)
    else {
      let limit = isOverOwn ? DVMRPRefusal.neighborPruneLimit : .pruneLimit
      tellLimit(limit, peer, at: now, &effects)
      return limit
    }
    let until = now + min(.seconds(Int64(prune.lifetime)), DVMRPTimes.longestPrune)
    _ = trees.update(number) { tree in
      tree.received.removeAll { $0.peer == peer }
      tree.received.append(ReceivedPrune(peer: peer, until: until))
    }
    if let tree = trees[number] { tell(.pruneHeard(until: until), tree, peer, &effects) }
    name(number, &effects)
    return nil
  }

  // MARK: What happens to trees

  /// Does what is due of a tree.
  mutating func expire(tree number: Int32, at now: Instant, _ effects: inout DVMRPEffects) {
    guard let tree = trees[number] else { return }
    let ended = tree.received.contains { $0.until <= now }
    _ = trees.update(number) { tree in tree.received.removeAll { $0.until <= now } }
    if ended { name(number, &effects) }
    switch tree.upstream {
    case .open: break
    case .left(let until): if until <= now { _ = trees.update(number) { $0.open() } }
    case .pruned(let prune) where prune.until <= now:
      effects.stale += DVMRP.flows(of: tree)
      _ = trees.update(number) { tree in
        tree.upstream = .open
        tree.flows.removeAll()
      }
    case .pruned(var prune):
      guard let due = prune.repeatAt, due <= now else { break }
      prune.repeatWait = prune.repeatWait * 2
      prune.repeatAt = now + jittered(prune.repeatWait)
      let state = UpstreamState.pruned(prune)
      _ = trees.update(number) { $0.upstream = state }
      effects.suspects += DVMRP.flows(of: tree)
    case .grafting(let graft): repeatGraft(number, tree, graft, at: now, &effects)
    }
    dropIfEmpty(number)
  }

  /// What a changed route means for the trees of its origin.
  mutating func follow(
    _ row: Int32, _ kind: RouteChanges.Kind, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    switch kind {
    case .metric: break
    case .gateway:
      let until = now + longestPrune(by: routes.rows[Int(row)].upstream)
      for number in trees.trees(from: routes.rows[Int(row)].firstTree) {
        _ = trees.update(number) { $0.leave(until: until) }
        dropIfEmpty(number)
      }
      let above = links[Int(routes.rows[Int(row)].upstream)]?.peers ?? []
      forgetPrunes(of: row) { above.contains($0) }
    case .lost:
      for number in trees.trees(from: routes.rows[Int(row)].firstTree) {
        name(number, &effects)
        trees.remove(number, &routes)
      }
    case .appeared:
      let key = routes.rows[Int(row)].key
      guard trees.count > 0, let parent = routes.match(key.network, below: key.length) else { break }
      for number in trees.trees(from: routes.rows[Int(parent)].firstTree) {
        handOver(number, to: key, at: now, &effects)
      }
    }
  }

  /// Nothing is pruned or grafted upstream any more; what sleeps will be sent again by itself.
  private mutating func reopen(_ number: Int32, _ effects: inout DVMRPEffects) {
    name(number, &effects)
    _ = trees.update(number) { $0.open() }
    dropIfEmpty(number)
  }

  /// The sources that a more specific route covers now leave the tree of the wider one.
  private mutating func handOver(
    _ number: Int32, to key: OriginKey, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    guard let tree = trees[number] else { return }
    let leaving = tree.flows.filter { key.contains($0.source) }
    guard !leaving.isEmpty else { return }
    effects.flows += leaving.compactMap { DVMRP.flow($0.source, tree.key.group) }
    _ = trees.update(number) { tree in tree.flows.removeAll { key.contains($0.source) } }
    settleUpstream(number, at: now, &effects)
    dropIfEmpty(number)
  }

  /// Forgets what a neighbor pruned, and what was pruned or grafted by it.
  mutating func forgetTrees(of peer: UInt16, _ effects: inout DVMRPEffects) {
    for number in 0..<Int32(trees.end) {
      guard let tree = trees[number] else { continue }
      if tree.received.contains(where: { $0.peer == peer }) {
        _ = trees.update(number) { tree in tree.received.removeAll { $0.peer == peer } }
        name(number, &effects)
      }
      if tree.gateway == peer { reopen(number, &effects) }
      dropIfEmpty(number)
    }
  }

  mutating func dropIfEmpty(_ number: Int32) {
    if let tree = trees[number], tree.isEmpty { trees.remove(number, &routes) }
  }

  /// Names the flows of a tree as to be decided anew.
  func name(_ number: Int32, _ effects: inout DVMRPEffects) {
    if let tree = trees[number] { effects.flows += DVMRP.flows(of: tree) }
  }

  /// The flows of a route that are pruned upstream: where its dependents change, they may be wanted.
  func nameSleepers(of row: Int32, _ effects: inout DVMRPEffects) {
    for number in trees.trees(from: routes.rows[Int(row)].firstTree) {
      guard let tree = trees[number], tree.isHeldBack else { continue }
      effects.flows += DVMRP.flows(of: tree)
    }
  }

  /// Forgets the prunes of neighbors that got a route's packets from us and do not any more: should they come
  /// back, they count as having said nothing.
  mutating func forgetPrunes(of row: Int32, where hasGone: (UInt16) -> Bool) {
    for number in trees.trees(from: routes.rows[Int(row)].firstTree) {
      guard let tree = trees[number], tree.received.contains(where: { hasGone($0.peer) }) else { continue }
      _ = trees.update(number) { tree in tree.received.removeAll { hasGone($0.peer) } }
      dropIfEmpty(number)
    }
  }

  /// Flows without entry that are pruned: nobody else can name them when interfaces change.
  func nameAllSleepers(_ effects: inout DVMRPEffects) {
    for number in 0..<Int32(trees.end) {
      guard let tree = trees[number], tree.isHeldBack else { continue }
      for flow in tree.flows where flow.isAsleep {
        if let flow = DVMRP.flow(flow.source, tree.key.group) { effects.flows.append(flow) }
      }
    }
  }

  static func flows(of tree: Tree) -> [Flow] {
    tree.flows.compactMap { flow($0.source, tree.key.group) }
  }

  private static func flow(_ source: UInt32, _ group: UInt32) -> Flow? {
    Group(Address(ipv4: group)).flatMap { Flow(source: Address(ipv4: source), group: $0) }
  }
}
