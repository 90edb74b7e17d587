public import Addressing
import CLinux

/// A process by name and number.
public struct RunningProcess: Hashable, Sendable, CustomStringConvertible {
  public var pid: Int32
  /// At most 15 bytes, as the kernel keeps it.
  public var name: String

  public var description: String { "\(name) (pid \(pid))" }
}

/// Which processes hold what others want.
public enum Processes {
  /// The processes, other than this one, with a raw socket that can own multicast routing: IGMP for IPv4,
  /// ICMPv6 for IPv6, where `ping` may be among them.
  ///
  /// Sorted by pid; empty as well when the process may not look into others.
  public static func holdingRoutingSocket(_ family: Family) -> [RunningProcess] {
    let path = family == .ipv4 ? "/proc/net/raw" : "/proc/net/raw6"
    guard let bytes = try? Files.readVirtual(path) else { return [] }
    let inodes = rawSocketInodes(bytes, protocolNumber: family == .ipv4 ? 2 : 58)
    guard !inodes.isEmpty else { return [] }
    let targets = Set(inodes.map { "socket:[\($0)]" })
    var found: [RunningProcess] = []
    for entry in Glob.entries(of: "/proc") {
      guard let pid = Int32(entry), pid != getpid(), holds(pid, targets) else { continue }
      found.append(RunningProcess(pid: pid, name: name(of: pid) ?? "?"))
    }
    return found.sorted { $0.pid < $1.pid }
  }

  /// Sends a signal to a process; false when there is none, or it is another's.
  public static func send(_ signal: Signal, to pid: Int32) -> Bool {
    pid > 1 && CLinux.kill(pid, signal.rawValue) == 0
  }

  /// The name of a running process; nil when there is none with this number.
  ///
  /// One that ended runs no more, though its parent has not asked for it yet.
  public static func name(of pid: Int32) -> String? {
    guard let bytes = try? Files.readVirtual("/proc/\(pid)/stat", limit: 4096) else { return nil }
    return name(stat: bytes)
  }

  /// The name in a line `812 (mcastd) S 1 …`; nil when it speaks of a process that ended.
  static func name(stat bytes: [UInt8]) -> String? {
    guard let first = bytes.firstIndex(of: UInt8(ascii: "(")),
      let last = bytes.lastIndex(of: UInt8(ascii: ")")), first < last, last + 2 < bytes.count,
      !"ZX".utf8.contains(bytes[last + 2])
    else { return nil }
    return String(decoding: bytes[(first + 1)..<last], as: UTF8.self)
  }

  /// Whether a process has one of the sockets among its descriptors.
  private static func holds(_ pid: Int32, _ targets: Set<String>) -> Bool {
    Glob.entries(of: "/proc/\(pid)/fd").contains { number in
      link(at: "/proc/\(pid)/fd/\(number)").map(targets.contains) ?? false
    }
  }

  private static func link(at path: String) -> String? {
    var target = [UInt8](repeating: 0, count: 256)
    let count = unsafe target.withUnsafeMutableBytes { bytes -> Int in
      guard let start = bytes.baseAddress else { return 0 }
      return unsafe readlink(path, start.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    return count > 0 ? String(decoding: target.prefix(count), as: UTF8.self) : nil
  }

  /// The inodes of the sockets of one protocol in /proc/net/raw or raw6.
  ///
  /// The second column is address:protocol in hexadecimal, the tenth the inode.
  static func rawSocketInodes(_ bytes: [UInt8], protocolNumber: UInt16) -> [UInt64] {
    bytes.split(separator: UInt8(ascii: "\n")).dropFirst().compactMap { line in
      let fields = line.split(separator: UInt8(ascii: " "))
      guard fields.count >= 10, let colon = fields[1].lastIndex(of: UInt8(ascii: ":")),
        UInt16(String(decoding: fields[1][(colon + 1)...], as: UTF8.self), radix: 16) == protocolNumber
      else { return nil }
      return UInt64(String(decoding: fields[9], as: UTF8.self))
    }
  }
}
