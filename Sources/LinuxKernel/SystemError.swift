import CLinux

/// A system call that the kernel refused: what was tried, on what, and why.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// In the words of an operator: `open`, `bind`.
  public var operation: String
  /// The path, interface or address it was tried on; empty when there is none.
  public var object: String
  public var errno: Int32

  public init(_ operation: String, _ object: String = "", errno: Int32) {
    self.operation = operation
    self.object = object
    self.errno = errno
  }

  /// The failure that the last call left behind.
  ///
  /// To be taken at once: anything that allocates may overwrite it.
  static func last(_ operation: String, _ object: String = "") -> SystemError {
    let number = mc_errno()
    return SystemError(operation, object, errno: number)
  }

  /// The symbol of the errno: `EADDRINUSE`.
  public var name: String { SystemError.name(errno) }

  /// The errno in words, as libc has them: `address already in use`.
  public var meaning: String { SystemError.meaning(errno) }

  public var description: String {
    object.isEmpty ? "\(operation): \(meaning) (\(name))" : "\(operation) \(object): \(meaning) (\(name))"
  }

  /// The symbol of a number; `errno 999` for one that is not known here.
  public static func name(_ number: Int32) -> String {
    names[number] ?? "errno \(number)"
  }

  /// The meaning of a number, beginning in lower case.
  public static func meaning(_ number: Int32) -> String {
    guard let text = unsafe strerror(number) else { return name(number) }
    let words = unsafe String(cString: text)
    return words.prefix(1).lowercased() + words.dropFirst()
  }

  private static let names: [Int32: String] = [
    EPERM: "EPERM", ENOENT: "ENOENT", ESRCH: "ESRCH", EINTR: "EINTR", EIO: "EIO", ENXIO: "ENXIO",
    E2BIG: "E2BIG", ENOEXEC: "ENOEXEC", EBADF: "EBADF", ECHILD: "ECHILD", EAGAIN: "EAGAIN",
    ENOMEM: "ENOMEM", EACCES: "EACCES", EFAULT: "EFAULT", EBUSY: "EBUSY", EEXIST: "EEXIST",
    ENODEV: "ENODEV", ENOTDIR: "ENOTDIR", EISDIR: "EISDIR", EINVAL: "EINVAL", ENFILE: "ENFILE",
    EMFILE: "EMFILE", EFBIG: "EFBIG", ENOSPC: "ENOSPC", EROFS: "EROFS", EPIPE: "EPIPE",
    ENAMETOOLONG: "ENAMETOOLONG", ENOSYS: "ENOSYS", ELOOP: "ELOOP", ENOPROTOOPT: "ENOPROTOOPT",
    EPROTONOSUPPORT: "EPROTONOSUPPORT", EOPNOTSUPP: "EOPNOTSUPP", EAFNOSUPPORT: "EAFNOSUPPORT",
    EADDRINUSE: "EADDRINUSE", EADDRNOTAVAIL: "EADDRNOTAVAIL", ENETDOWN: "ENETDOWN",
    ENETUNREACH: "ENETUNREACH", ECONNABORTED: "ECONNABORTED", ECONNRESET: "ECONNRESET",
    ENOBUFS: "ENOBUFS", EISCONN: "EISCONN", ENOTCONN: "ENOTCONN", ETIMEDOUT: "ETIMEDOUT",
    ECONNREFUSED: "ECONNREFUSED", EHOSTUNREACH: "EHOSTUNREACH", EALREADY: "EALREADY",
    EINPROGRESS: "EINPROGRESS", EMSGSIZE: "EMSGSIZE", EPROTOTYPE: "EPROTOTYPE", ENOTSOCK: "ENOTSOCK",
    EDESTADDRREQ: "EDESTADDRREQ", EDQUOT: "EDQUOT", ETXTBSY: "ETXTBSY", ERANGE: "ERANGE",
  ]
}

/// Repeats a call for as long as a signal interrupts it.
@inline(__always)
func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
  var result = call()
  while result < 0 && mc_errno() == EINTR { result = call() }
  return result
}
