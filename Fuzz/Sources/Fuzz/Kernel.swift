import Addressing
import Kernel

@testable import LinuxKernel

/// What the kernel says: netlink messages, and what comes by the routing sockets.
extension Fuzz {
  static func netlink(_ bytes: [UInt8]) {
    let bytes = unsafe bytes.span.bytes
    var cursor = NetlinkMessageCursor()
    var links = LinkTable()
    while let message = cursor.next(bytes) {
      expect(message.payload.upperBound <= bytes.byteCount, "a message is in the bytes")
      if let status = message.status(bytes) { expect(status != .min, "an errno can be negated") }
      if let link = LinkMessage(bytes, message) { _ = links.apply(link) }
      if let row = MFCMessage(bytes, message), let entry = row.entry(table: .standard, vif: { _ in 31 }) {
        expect(entry.outbound.mask & 0x7fff_ffff == 0, "only the VIF that was given is outbound")
      }
      if let table = VIFTableMessage(bytes, message) {
        expect(table.vifs.allSatisfy { $0.index < 32 }, "a VIF is one of 32")
      }
      _ = RuleMessage(bytes, message)?.isOurs
    }
  }

  static func upcall(_ bytes: [UInt8]) {
    let bytes = unsafe bytes.span.bytes
    for family in Family.allCases {
      _ = RoutingMessage.isUpcall(bytes, family)
      if let upcall = RoutingMessage.upcall(bytes, family, table: .standard) {
        expect(upcall.vif < 32, "a VIF is one of 32")
        expect(upcall.flow.family == family, "a flow is of the socket's family")
      }
    }
    if let datagram = RoutingMessage.igmp(bytes, link: 1) {
      expect(datagram.payload.count <= bytes.byteCount - 20, "the payload is in the packet")
      expect(datagram.source.family == .ipv4 && datagram.destination.family == .ipv4, "IGMP is IPv4")
    }
  }
}
