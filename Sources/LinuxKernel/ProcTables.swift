import Addressing

/// The tables of /proc/net that have no netlink counterpart.
enum ProcTables {
  /// /proc/net/ip6_mr_vif: `Interface BytesIn PktsIn BytesOut PktsOut Flags`, each line begun by the MIF.
  static func virtualInterfaces(_ bytes: [UInt8]) -> [KernelTables.VirtualInterface] {
    lines(bytes).dropFirst().compactMap { fields in
      guard fields.count >= 6, let index = UInt8(fields[0]), index < 32, let bytesIn = UInt64(fields[2]),
        let packetsIn = UInt64(fields[3]), let bytesOut = UInt64(fields[4]),
        let packetsOut = UInt64(fields[5])
      else { return nil }
      return KernelTables.VirtualInterface(
        family: .ipv6, table: 254, index: index, interface: fields[1], packetsIn: packetsIn,
        packetsOut: packetsOut, bytesIn: bytesIn, bytesOut: bytesOut)
    }
  }

  /// /proc/net/igmp: a line `2  eth0 : 3 V3` for each interface, below it one for each group, the group as
  /// the machine's own number.
  static func igmp(_ bytes: [UInt8]) -> [KernelTables.Membership] {
    var found: [KernelTables.Membership] = []
    var interface = ""
    for line in bytes.split(separator: UInt8(ascii: "\n")).dropFirst() {
      let fields = words(line)
      if line.first != UInt8(ascii: "\t") && line.first != UInt8(ascii: " ") {
        interface = fields.count >= 2 ? fields[1] : ""
      } else if fields.count >= 2, let value = UInt32(fields[0], radix: 16), let users = Int(fields[1]) {
        found.append(
          KernelTables.Membership(
            interface: interface, group: Address(ipv4: UInt32(bigEndian: value)), users: users))
      }
    }
    return found
  }

  /// /proc/net/igmp6: `2 eth0 ff02000000000000000000000000fb 1 00000004 0`.
  static func igmp6(_ bytes: [UInt8]) -> [KernelTables.Membership] {
    lines(bytes).compactMap { fields in
      guard fields.count >= 4, fields[2].utf8.count == 32,
        let high = UInt64(fields[2].prefix(16), radix: 16), let low = UInt64(fields[2].suffix(16), radix: 16),
        let users = Int(fields[3])
      else { return nil }
      return KernelTables.Membership(interface: fields[1], group: Address(high: high, low: low), users: users)
    }
  }

  private static func lines(_ bytes: [UInt8]) -> [[String]] {
    bytes.split(separator: UInt8(ascii: "\n")).map(words)
  }

  private static func words(_ line: ArraySlice<UInt8>) -> [String] {
    line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map {
      String(decoding: $0, as: UTF8.self)
    }
  }
}
