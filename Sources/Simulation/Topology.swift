import Addressing
import Timing

/// Networks made by rule or by chance.
public struct Topology: Hashable, Sendable {
  /// How routers stand to each other.
  public enum Shape: String, Hashable, Sendable, CaseIterable {
    /// One behind the other.
    case line
    case ring
    /// Each has up to so many below it; made by chance.
    case tree
    /// All on one link.
    case lan
    /// Links and shared links by chance, with ways around, and perhaps a tunnel.
    case mesh
    /// A line and a tree whose routers forward `239.1.0.0/16` and `ff3e::1:0:0/96` away from the first host.
    case staticLine = "static-line"
    case staticTree = "static-tree"
  }

  public var shape: Shape
  public var routers: Int

  /// As it is read: `mesh:20`.
  public var text: String { "\(shape.rawValue):\(routers)" }

  public init(_ shape: Shape, _ routers: Int) {
    self.shape = shape
    self.routers = max(1, routers)
  }

  /// `mesh:20`; nil when it is no such text.
  public init?(_ text: String) {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let shape = Shape(rawValue: String(parts[0])), let count = Int(parts[1]),
      (1...60).contains(count)
    else { return nil }
    self.init(shape, count)
  }

  /// A scenario in which nothing happens yet; the seed decides what the shape leaves open.
  public func scenario(seed: UInt64) -> Scenario {
    switch shape {
    case .staticLine: Topology.staticTree(seed, parents: (0..<routers).map { $0 - 1 })
    case .staticTree: Topology.staticTree(seed, parents: Topology.parents(routers, seed))
    case .line, .ring, .tree, .lan, .mesh:
      Mesh(seed: seed).scenario(shape, routers)
    }
  }

  /// A scenario with a life of so many hours, if any; static routes lead away from the first host alone.
  ///
  /// - Parameter replaces: whether processes of routers are replaced, too, while their kernels forward on.
  public func scenario(seed: UInt64, hours: Int?, replaces: Bool = false) -> Scenario {
    let scenario = scenario(seed: seed)
    guard let hours else { return scenario }
    let isStatic = shape == .staticLine || shape == .staticTree
    return scenario.living(hours: hours, from: isStatic ? ["s"] : [], replaces: replaces)
  }

  /// Each router's parent, -1 for the first.
  static func parents(_ count: Int, _ seed: UInt64) -> [Int] {
    var chance = Generator(seed: seed)
    return (0..<count).map { $0 == 0 ? -1 : Int.random(in: max(0, $0 - 4)..<$0, using: &chance) }
  }

  /// Router n has segment `n<n>` above it and shares its own segment `d<n>` with its children and a host.
  private static func staticTree(_ seed: UInt64, parents: [Int]) -> Scenario {
    var scenario = Scenario()
    scenario.seed = seed
    scenario.segments.append(.init("top"))
    scenario.nodes.append(.init("s", isRouter: false, on: ["top"]))
    for (number, parent) in parents.enumerated() {
      let above = parent < 0 ? "top" : "d\(parent + 1)"
      let below = "d\(number + 1)"
      scenario.segments.append(.init(below))
      scenario.nodes.append(
        .init(
          "r\(number + 1)", isRouter: true, on: [above, below],
          statements: [
            "route from \(above) group 239.1.0.0/16 to \(below)",
            "route from \(above) group ff3e::1:0:0/96 to \(below)",
          ]))
    }
    for number in parents.indices {
      scenario.nodes.append(.init("h\(number + 1)", isRouter: false, on: ["d\(number + 1)"]))
    }
    return scenario
  }
}
