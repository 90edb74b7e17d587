import CLinux

/// The capabilities of the process that routing needs, and giving up all others.
public enum Capabilities {
  /// A capability by the kernel's number.
  public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
    /// Tables, rules, interfaces.
    case netAdmin = 12
    /// Raw sockets.
    case netRaw = 13

    /// As capabilities(7) spells it.
    public var name: String {
      switch self {
      case .netAdmin: "CAP_NET_ADMIN"
      case .netRaw: "CAP_NET_RAW"
      }
    }

    var bit: UInt64 { 1 << UInt64(rawValue) }
  }

  private static let setpcap: UInt8 = 8
  private static var kept: UInt64 { Kind.allCases.reduce(0) { $0 | $1.bit } }

  /// Whether the process may use a capability now.
  public static func has(_ kind: Kind) -> Bool { (current()?.effective ?? 0) & kind.bit != 0 }

  /// What routing needs and the process does not have.
  public static var missing: [Kind] { Kind.allCases.filter { !has($0) } }

  /// What is kept of the process's rights.
  public struct Reduction: Sendable {
    /// Whom to become; nil keeps the uid.
    public var user: Accounts.User?
    /// Whether a crash may leave a core file.
    public var allowsCore: Bool
    /// Whether programs that we start may get more rights than we have, by sudo(8) or the like.
    public var bindsPrograms: Bool

    public init(user: Accounts.User?, allowsCore: Bool = false, bindsPrograms: Bool = true) {
      self.user = user
      self.allowsCore = allowsCore
      self.bindsPrograms = bindsPrograms
    }
  }

  /// Gives up everything but CAP_NET_ADMIN and CAP_NET_RAW, for good, and checks that it is so.
  ///
  /// Before any thread exists. Throws where a step or the check failed: the process must not run on.
  public static func reduce(_ reduction: Reduction) throws(SystemError) {
    guard let before = current() else { throw .last("capget") }
    // A service manager may have chosen the user already.
    let user = geteuid() == 0 ? reduction.user : nil
    if reduction.bindsPrograms, before.effective & (1 << UInt64(setpcap)) != 0 { try dropBounding() }
    if let user { try become(user) }
    try set(before.permitted & kept)
    let ambientClear = 4
    _ = mc_prctl(PR_CAP_AMBIENT, UInt(ambientClear), 0)
    if reduction.bindsPrograms {
      guard mc_prctl(PR_SET_NO_NEW_PRIVS, 1, 0) == 0 else { throw .last("prctl NO_NEW_PRIVS") }
    }
    if !reduction.allowsCore {
      guard mc_prctl(PR_SET_DUMPABLE, 0, 0) == 0 else { throw .last("prctl DUMPABLE") }
    }
    try verify(user, expected: before.permitted & kept, binds: reduction.bindsPrograms)
  }

  /// Lets the program that takes our place have the rights that routing needs, whoever we are by now.
  static func passOn() {
    guard let now = current() else { return }
    try? set(now.permitted, inheritable: now.permitted & kept)
    let raise = UInt(2)
    for kind in Kind.allCases where now.permitted & kind.bit != 0 {
      _ = mc_prctl(PR_CAP_AMBIENT, raise, UInt(kind.rawValue))
    }
  }

  /// Keeps what `passOn` gave to ourselves: programs that we start do not get it.
  public static func resume(_ allowsCore: Bool) {
    guard ThisProcess.isResumed, let now = current() else { return }
    try? set(now.permitted)
    if !allowsCore { _ = mc_prctl(PR_SET_DUMPABLE, 0, 0) }
  }

  /// Gives up every right; false where the kernel refused.
  static func drop() -> Bool {
    do throws(SystemError) {
      try set(0)
      return true
    } catch {
      return false
    }
  }

  private static func become(_ user: Accounts.User) throws(SystemError) {
    guard mc_prctl(PR_SET_KEEPCAPS, 1, 0) == 0 else { throw .last("prctl KEEPCAPS") }
    let groups = user.groups
    let failed = unsafe groups.withUnsafeBufferPointer { unsafe mc_setgroups($0.count, $0.baseAddress) != 0 }
    if failed { throw .last("setgroups", user.name) }
    guard setgid(user.gid) == 0 else { throw .last("setgid", user.name) }
    guard setuid(user.uid) == 0 else { throw .last("setuid", user.name) }
  }

  /// What a program that we start could ever get.
  private static func dropBounding() throws(SystemError) {
    for number in 0..<UInt64(64) where kept & (1 << number) == 0 {
      guard mc_prctl(PR_CAPBSET_READ, UInt(number), 0) >= 0 else { break }
      guard mc_prctl(PR_CAPBSET_DROP, UInt(number), 0) == 0 else { throw .last("prctl CAPBSET_DROP") }
    }
  }

  private static func current() -> (effective: UInt64, permitted: UInt64)? {
    var header = __user_cap_header_struct(version: UInt32(_LINUX_CAPABILITY_VERSION_3), pid: 0)
    var words = (__user_cap_data_struct(), __user_cap_data_struct())
    let result = unsafe withUnsafeMutableBytes(of: &words) { bytes in
      unsafe mc_capget(&header, bytes.baseAddress?.assumingMemoryBound(to: __user_cap_data_struct.self))
    }
    guard result == 0 else { return nil }
    return (
      UInt64(words.0.effective) | UInt64(words.1.effective) << 32,
      UInt64(words.0.permitted) | UInt64(words.1.permitted) << 32
    )
  }

  private static func set(_ mask: UInt64, inheritable: UInt64 = 0) throws(SystemError) {
    var header = __user_cap_header_struct(version: UInt32(_LINUX_CAPABILITY_VERSION_3), pid: 0)
    let (low, high) = (UInt32(truncatingIfNeeded: mask), UInt32(truncatingIfNeeded: mask >> 32))
    var words = (
      __user_cap_data_struct(
        effective: low, permitted: low, inheritable: UInt32(truncatingIfNeeded: inheritable)),
      __user_cap_data_struct(
        effective: high, permitted: high, inheritable: UInt32(truncatingIfNeeded: inheritable >> 32))
    )
    let result = unsafe withUnsafeMutableBytes(of: &words) { bytes in
      unsafe mc_capset(&header, bytes.baseAddress?.assumingMemoryBound(to: __user_cap_data_struct.self))
    }
    guard result == 0 else { throw .last("capset") }
  }

  /// Reads from the kernel what really holds.
  private static func verify(
    _ user: Accounts.User?, expected: UInt64, binds: Bool
  ) throws(SystemError) {
    let status = ProcessStatus(try Files.readVirtual("/proc/self/status", limit: 65_536))
    let uids = status["Uid"]?.split(separator: "\t").map(String.init) ?? []
    if let user, uids != [String](repeating: "\(user.uid)", count: 4) {
      throw SystemError("change of user", user.name, errno: EPERM)
    }
    guard status.mask("CapEff") == expected, status.mask("CapPrm") == expected, status.mask("CapInh") == 0,
      status["NoNewPrivs"] == "1" || !binds
    else { throw SystemError("check of privileges", "/proc/self/status", errno: EPERM) }
  }
}

/// The lines `Name:\tvalue` of /proc/PID/status.
struct ProcessStatus {
  private var values: [String: String] = [:]

  init(_ bytes: [UInt8]) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let value = line[(colon + 1)...].drop { $0 == 9 || $0 == 32 }
      values[String(decoding: line[..<colon], as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
  }

  subscript(name: String) -> String? { values[name] }

  /// A hexadecimal mask.
  func mask(_ name: String) -> UInt64? { self[name].flatMap { UInt64($0, radix: 16) } }
}
