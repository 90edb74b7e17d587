import Addressing
import Kernel

/// A data packet on its way, with what tells loops and duplicates.
struct Packet: Hashable, Sendable {
  var flow: Flow
  var hops: UInt8
  /// Which of the network's streams, and its number within it.
  var stream: Int
  var sequence: Int
  /// A bit for each router that forwarded this copy.
  var path: UInt64 = 0
}

/// What a segment carries.
enum Frame: Hashable, Sendable {
  case packet(Packet)
  case datagram(Datagram)
}
