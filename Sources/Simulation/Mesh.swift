import Timing

/// Builds networks of DVMRP routers and hosts.
struct Mesh {
  private var chance: Generator
  private var scenario = Scenario()
  /// Routers by the segments that they are on.
  private var segments: [[String]] = []
  private var onSegment: [String: Int] = [:]

  init(seed: UInt64) {
    chance = Generator(seed: seed ^ 0x6d65_7368)
    scenario.seed = seed
  }

  func scenario(_ shape: Topology.Shape, _ routers: Int) -> Scenario {
    var copy = self
    copy.build(shape, routers)
    return copy.scenario
  }

  private mutating func build(_ shape: Topology.Shape, _ count: Int) {
    segments = Array(repeating: [], count: count)
    switch shape {
    case .line: for router in 1..<max(1, count) { link([router - 1, router]) }
    case .ring:
      for router in 0..<count where count > 2 || router + 1 < count { link([router, (router + 1) % count]) }
    case .tree:
      for (router, parent) in Topology.parents(count, scenario.seed).enumerated() where parent >= 0 {
        link([parent, router])
      }
    case .lan: link(Array(0..<count))
    case .mesh, .staticLine, .staticTree: weave(count)
    }
    for router in 0..<count where shape != .mesh || router % 2 == 0 { stub(router) }
    let lifetime = shape == .mesh && chanceOf(3) ? 7200 : 300
    scenario.settling = .dynamic
    // A lifetime is drawn from half of what is stated to half as much again.
    scenario.pruning = .seconds(Int64(lifetime) * 3 / 2)
    scenario.judgesWaste = true
    for router in 0..<count {
      var node = Scenario.Node("r\(router + 1)", isRouter: true, on: segments[router])
      node.statements = ["dvmrp on { prune-lifetime \(lifetime)s }"]
      if shape == .mesh {
        node.skew = Int64.random(in: -200...200, using: &chance)
        node.offset = .seconds(Int64.random(in: 0...86_400, using: &chance))
      }
      scenario.nodes.insert(node, at: router)
    }
    if shape == .mesh, count > 3, chanceOf(3) { tunnel(count) }
    if shape == .mesh, chanceOf(2) { bound() }
  }

  private mutating func chanceOf(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &chance) == 0 }

  // MARK: Links

  /// A link of these routers.
  private mutating func link(_ routers: [Int]) {
    let name = "n\(scenario.segments.count + 1)"
    let latency = Int64.random(in: 1...5, using: &chance)
    scenario.segments.append(.init(name, latency: .milliseconds(latency)))
    for router in routers { join(router, name) }
  }

  private mutating func join(_ router: Int, _ segment: String) {
    guard !segments[router].contains(segment) else { return }
    segments[router].append(segment)
    onSegment[segment, default: 0] += 1
  }

  /// Connected, with links that up to four routers share, and with ways around.
  private mutating func weave(_ count: Int) {
    for router in 1..<max(1, count) {
      let shared = scenario.segments.map(\.name).filter { onSegment[$0] ?? 0 < 4 }
      if chanceOf(3), let segment = shared.randomElement(using: &chance) {
        join(router, segment)
      } else {
        link([Int.random(in: max(0, router - 5)..<router, using: &chance), router])
      }
    }
    for _ in 0..<count / 4 {
      let pair = [Int.random(in: 0..<count, using: &chance), Int.random(in: 0..<count, using: &chance)]
      if pair[0] != pair[1] { link(pair) }
    }
    for _ in 0..<count / 10 {
      let segment = scenario.segments.map(\.name).randomElement(using: &chance) ?? ""
      if onSegment[segment] ?? 0 < 4 { join(Int.random(in: 0..<count, using: &chance), segment) }
    }
    // Hosts beside routers, too.
    for segment in scenario.segments.map(\.name) where chanceOf(4) { host(on: segment) }
  }

  /// A link with hosts, and with a second router now and then.
  private mutating func stub(_ router: Int) {
    link([router])
    let name = "n\(scenario.segments.count)"
    host(on: name)
    if chanceOf(3) { host(on: name) }
    if segments.count > 1, chanceOf(6) { join((router + 1) % segments.count, name) }
  }

  private mutating func host(on segment: String) {
    var node = Scenario.Node("h\(scenario.nodes.count + 1)", isRouter: false, on: [segment])
    if chanceOf(4) { node.version = 2 }
    scenario.nodes.append(node)
  }

  // MARK: What is rarer

  private mutating func tunnel(_ count: Int) {
    let ends = [
      Int.random(in: 0..<count / 2, using: &chance), Int.random(in: count / 2..<count, using: &chance),
    ]
    let plugs = ends.map { "r\($0 + 1)/\(segments[$0].first ?? "")" }
    for (end, index) in zip(ends, [0, 1]) {
      scenario.nodes[end].statements.append(
        "tunnel t1 { local @\(plugs[index]); remote @\(plugs[1 - index]); metric 2 }")
    }
  }

  /// A boundary that all routers of a link know; beyond one host's link all groups are within bounds.
  private mutating func bound() {
    guard let segment = scenario.segments.randomElement(using: &chance)?.name else { return }
    scenario.boundaries.append(.init(segment: segment, groups: Scenario.boundedGroups))
    for index in scenario.nodes.indices
    where scenario.nodes[index].isRouter && scenario.nodes[index].segments.contains(segment) {
      scenario.nodes[index].statements.append(
        "interface \(segment) { boundary \(Scenario.boundedGroups) }")
    }
  }
}
