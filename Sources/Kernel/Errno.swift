/// A refusal of the kernel in words, for messages: the meaning, and the number's name for a search.
public struct Errno: Hashable, Sendable, CustomStringConvertible {
  /// The kernel's number, the same on every Linux that mcast runs on but MIPS.
  public let number: Int32

  public init(_ number: Int32) { self.number = number }

  public var description: String {
    switch number {
    case 1: "not permitted, EPERM"
    case 2: "no such entry, ENOENT"
    case 12: "out of memory, ENOMEM"
    case 13: "needs CAP_NET_ADMIN, EACCES"
    case 16: "busy, EBUSY"
    case 19: "no such device, ENODEV"
    case 22: "a value that it does not take, EINVAL"
    case 23: "all 32 places are taken, ENFILE"
    case 28: "no space, ENOSPC"
    case 92: "the kernel lacks it, ENOPROTOOPT"
    case 95: "not supported, EOPNOTSUPP"
    case 97: "the kernel lacks this address family, EAFNOSUPPORT"
    case 98: "another program holds it, EADDRINUSE"
    case 99: "the interface is gone, EADDRNOTAVAIL"
    case 105: "a limit of the kernel, ENOBUFS"
    default: "errno \(number)"
    }
  }
}
