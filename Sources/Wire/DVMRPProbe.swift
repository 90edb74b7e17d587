public import Addressing

/// "I am here, and these I hear": how DVMRP routers find each other (DVMRPv3 3.2).
public struct DVMRPProbe: Hashable, Sendable {
  /// Changes when the router has lost its state; to be compared for equality only, since mrouted sends it
  /// in the byte order of its machine.
  ///
  /// Nil from versions that have none.
  public var generation: UInt32?
  /// Every router that the sender heard on this link, those included that do not hear it.
  public var neighbors: [Address]

  public init(generation: UInt32?, neighbors: [Address] = []) {
    self.generation = generation
    self.neighbors = neighbors
  }

  /// A probe of a version without generation id says nothing beyond its header that is of use.
  init(version: DVMRPVersion, _ reader: inout Reader) throws(WireError) {
    neighbors = []
    guard version.hasGeneration else { return }
    generation = try reader.u32()
    guard reader.remaining % 4 == 0 else { throw .length }
    let count = reader.remaining / 4
    guard count <= DVMRPProbe.neighborLimit else { throw .count }
    neighbors.reserveCapacity(count)
    for _ in 0..<count { neighbors.append(try reader.ipv4()) }
  }

  func encode(to writer: inout Writer) {
    guard let generation else { return }
    writer.u32(generation)
    for neighbor in neighbors { writer.address(neighbor) }
  }

  /// More routers than this share no link.
  static let neighborLimit = 256
}
