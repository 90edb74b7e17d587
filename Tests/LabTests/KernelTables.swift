import Foundation
import Glibc
import Synchronization

/// A row of the kernel's cache, with interfaces in place of VIF numbers: two daemons number differently.
struct KernelEntry: Hashable {
  var source: String
  var group: String
  var inbound: String
  /// Each outbound interface with its threshold.
  var outbound: [String: Int]
  var packets: Int
  var bytes: Int
  var wrong: Int

  var flow: String { "(\(source),\(group))" }

  /// The row without its counters: `(10.0.0.10,225.1.2.3) eth0 -> eth1 eth2:5`.
  var state: String {
    let names = outbound.sorted { $0.key < $1.key }.map { $1 == 1 ? $0 : "\($0):\($1)" }
    return "\(flow) \(inbound) -> \(names.joined(separator: " "))"
  }
}

/// What the kernel holds in the standard tables of a namespace, both families.
struct KernelTables {
  /// By flow, as the kernel allows one entry for each.
  private(set) var entries: [String: KernelEntry] = [:]
  /// The names of interfaces with a VIF, and of those with a MIF.
  private(set) var vifs: Set<String> = []
  private(set) var mifs: Set<String> = []

  init(_ namespace: Namespace) throws { try self.init(namespace: namespace.name) }

  init(namespace: String) throws {
    let names = ["ip_mr_vif", "ip_mr_cache", "ip6_mr_vif", "ip6_mr_cache"]
    // The two files of a family are read one after the other; what fits not together is read again.
    var text: [String] = []
    for _ in 1...20 {
      text = try Namespace.read(names, in: namespace)
      if let tables = KernelTables(text) {
        self = tables
        return
      }
    }
    throw LabError(description: "\(namespace): entries name VIFs that are not there\n" + text.joined())
  }

  private init?(_ text: [String]) {
    for family in 0...1 {
      let rows = text[2 * family].split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
      let vifs = Dictionary(uniqueKeysWithValues: rows.map { (String($0[0]), String($0[1])) })
      if family == 0 { self.vifs = Set(vifs.values) } else { mifs = Set(vifs.values) }
      for line in text[2 * family + 1].split(separator: "\n").dropFirst() {
        let words = line.split(separator: " ").map(String.init)
        // An entry without an answer yet has no inbound interface.
        guard words.count >= 6, words[2] != "-1", words[2] != "65535" else { continue }
        guard let inbound = vifs[words[2]] else { return nil }
        var entry = KernelEntry(
          source: KernelTables.address(words[1]), group: KernelTables.address(words[0]), inbound: inbound,
          outbound: [:], packets: Int(words[3]) ?? -1, bytes: Int(words[4]) ?? -1, wrong: Int(words[5]) ?? -1)
        for parts in words[6...].map({ $0.split(separator: ":").map(String.init) }) {
          guard parts.count == 2, let name = vifs[parts[0]] else { return nil }
          entry.outbound[name] = Int(parts[1])
        }
        entries[entry.flow] = entry
      }
    }
  }

  /// IPv4 stands there as a number in the machine's order, IPv6 as eight groups of four digits.
  private static func address(_ text: String) -> String {
    if text.contains(":") {
      var bytes = in6_addr()
      var out = [CChar](repeating: 0, count: 64)
      guard unsafe inet_pton(AF_INET6, text, &bytes) == 1 else { return text }
      unsafe inet_ntop(AF_INET6, &bytes, &out, socklen_t(out.count))
      return String(decoding: out.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    let number = UInt32(text, radix: 16) ?? 0
    return (0..<4).map { String((number >> (8 * UInt32($0))) & 0xff) }.joined(separator: ".")
  }

  /// Every entry without its counters, in order.
  var states: [String] { entries.values.map(\.state).sorted() }

  /// Those that forward.
  var open: [String] { entries.values.filter { !$0.outbound.isEmpty }.map(\.state).sorted() }

  subscript(source: String, group: String) -> KernelEntry? { entries["(\(source),\(group))"] }
}

extension Namespace {
  /// Files of `/proc/net` as a process in the namespace sees them, read by a thread that goes there.
  static func read(_ names: [String], in namespace: String) throws -> [String] {
    let result = Mutex<Result<[String], LabError>?>(nil)
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      let outcome = Result { () throws(LabError) in try readHere(names, in: namespace) }
      result.withLock { $0 = outcome }
      done.signal()
    }
    done.wait()
    return try result.withLock { $0 }?.get() ?? []
  }

  private static func readHere(_ names: [String], in namespace: String) throws(LabError) -> [String] {
    try NetworkNamespace.enter(namespace)
    var texts: [String] = []
    for name in names {
      texts.append(try whole("/proc/thread-self/net/" + name))
    }
    return texts
  }

  /// Such a file has no size and comes a page at a time.
  private static func whole(_ path: String) throws(LabError) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LabError(description: "\(path): errno \(errno)") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var page = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe Glibc.read(descriptor, &page, page.count)
      guard count >= 0 else { throw LabError(description: "\(path): errno \(errno)") }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += page[..<count]
    }
  }
}
