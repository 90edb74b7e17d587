import Addressing
import CLinux

/// Addresses in the kernel's structures: network order.
extension Address {
  /// Four or sixteen bytes.
  var networkBytes: [UInt8] {
    if let ipv4 { return NetlinkRequest.native(ipv4.bigEndian) }
    return NetlinkRequest.native(high.bigEndian) + NetlinkRequest.native(low.bigEndian)
  }

  /// IPv4; zeros for an IPv6 address.
  var inAddress: in_addr { in_addr(s_addr: (ipv4 ?? 0).bigEndian) }

  var in6Address: in6_addr {
    var result = in6_addr()
    unsafe withUnsafeMutableBytes(of: &result) { bytes in
      unsafe bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
      unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    return result
  }

  init(_ address: in_addr) { self.init(ipv4: UInt32(bigEndian: address.s_addr)) }

  init(_ address: in6_addr) {
    self = unsafe withUnsafeBytes(of: address) { bytes in
      let high = unsafe bytes.loadUnaligned(as: UInt64.self)
      let low = unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      return Address(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }
  }
}

/// A socket address of either family.
struct SocketAddress {
  private(set) var storage = sockaddr_storage()
  let length: UInt32

  /// - Parameter scope: the link of an IPv6 link-local address.
  init(_ address: Address, port: UInt16 = 0, scope: Int32 = 0) {
    if address.family == .ipv4 {
      length = UInt32(MemoryLayout<sockaddr_in>.size)
      unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        let value = sockaddr_in(
          sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian, sin_addr: address.inAddress,
          sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
        unsafe bytes.storeBytes(of: value, as: sockaddr_in.self)
      }
    } else {
      length = UInt32(MemoryLayout<sockaddr_in6>.size)
      let value = SocketAddress.ipv6(address, port: port, scope: scope)
      unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: value, as: sockaddr_in6.self) }
    }
  }

  static func ipv6(_ address: Address, port: UInt16 = 0, scope: Int32 = 0) -> sockaddr_in6 {
    sockaddr_in6(
      sin6_family: sa_family_t(AF_INET6), sin6_port: port.bigEndian, sin6_flowinfo: 0,
      sin6_addr: address.in6Address, sin6_scope_id: UInt32(bitPattern: scope))
  }

  /// The address and port in a buffer that the kernel filled; nil for another family.
  static func read(_ storage: sockaddr_storage) -> (address: Address, port: UInt16, scope: Int32)? {
    unsafe withUnsafeBytes(of: storage) { bytes in
      switch Int32(storage.ss_family) {
      case AF_INET:
        let value = unsafe bytes.load(as: sockaddr_in.self)
        return (Address(value.sin_addr), UInt16(bigEndian: value.sin_port), 0)
      case AF_INET6:
        let value = unsafe bytes.load(as: sockaddr_in6.self)
        return (
          Address(value.sin6_addr), UInt16(bigEndian: value.sin6_port), Int32(bitPattern: value.sin6_scope_id)
        )
      default: return nil
      }
    }
  }
}
