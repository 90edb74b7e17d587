public import Addressing
import CLinux

/// Why a table cannot be had.
public enum TableRefusal: Hashable, Sendable {
  /// A process holds it (EADDRINUSE).
  case owned
  /// CAP_NET_RAW or CAP_NET_ADMIN is missing.
  case notPermitted
  /// The kernel is built without multicast routing, or without the family.
  case noRouting
  /// The kernel is built without several tables.
  case noTables
  case other

  /// What the errno of `KernelEvent.tableRefused` means.
  public init(errno: Int32) {
    self =
      switch errno {
      case EADDRINUSE: .owned
      case EPERM, EACCES: .notPermitted
      case ENOPROTOOPT, EAFNOSUPPORT, EPROTONOSUPPORT, ENOSYS: .noRouting
      case EOPNOTSUPP: .noTables
      default: .other
      }
  }
}

/// Whether this kernel can route multicast at all; asked without touching any table.
public enum RoutingSupport: Hashable, Sendable {
  case supported
  case unsupported
  /// Only a process with CAP_NET_RAW can tell.
  case unknown

  /// Asks for one family.
  public static func check(_ family: Family) -> RoutingSupport {
    let path = family == .ipv4 ? "/proc/net/ip_mr_vif" : "/proc/net/ip6_mr_vif"
    if unsafe access(path, F_OK) == 0 { return .supported }
    do throws(SystemError) {
      let number = family == .ipv4 ? mc_IPPROTO_IGMP : mc_IPPROTO_ICMPV6
      let descriptor = try Descriptor.socket(family.number, mc_SOCK_RAW, number)
      var version: Int32 = 0
      let level = family == .ipv4 ? mc_IPPROTO_IP : mc_IPPROTO_IPV6
      let answer = unsafe mc_getsockopt_int(descriptor.number, level, MRT_VERSION, &version)
      return answer == 0 ? .supported : .unsupported
    } catch {
      return TableRefusal(errno: error.errno) == .noRouting ? .unsupported : .unknown
    }
  }
}
