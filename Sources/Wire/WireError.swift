public import Diagnostics

/// Why bytes are not the message that they should be.
///
/// Nothing is kept of a packet whose decoding ended in one.
public enum WireError: Error, Hashable, Sendable, CaseIterable {
  /// The bytes end before the message does: shorter than its header, or than a length or count claims.
  case truncated
  /// The Internet checksum (RFC 1071) does not come out.
  case checksum
  /// Another version of the Internet Protocol than the header's name says.
  case version
  /// A length that the format does not know: a header below its minimum, a query of 9 bytes.
  case length
  /// A part of a fragmented packet; multicast control packets are never fragmented.
  case fragment
  /// An option that ends beyond the header, or one that demands that the packet is discarded.
  case option
  /// A source address that no packet can come from: multicast, loopback, broadcast.
  case source
  /// A group field that holds no multicast address, or a group that this message cannot speak of.
  case group
  /// An IPv4-mapped address in an IPv6 packet: it would silently become the other family.
  case mappedAddress
  /// Another type of message than the decoder reads.
  case kind
  /// A netmask whose one bits do not stand together at its front.
  case mask
  /// A network that no route can lead to: of groups, of loopback, of the reserved ranges.
  case network
  /// A network with bits set behind its netmask.
  case hostBits
  /// A metric outside 1–63.
  case metric
  /// A number of hops or hop blocks that the format does not know.
  case count

  /// What the packet is counted under.
  public var code: Code {
    switch self {
    case .truncated: .truncated
    case .checksum: .checksum
    case .version: .version
    case .length, .fragment, .option, .source, .group, .mappedAddress, .kind, .mask, .network, .hostBits,
      .metric, .count:
      .malformed
    }
  }
}
