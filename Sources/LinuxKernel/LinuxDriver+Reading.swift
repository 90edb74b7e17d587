import Addressing
import CLinux
import Kernel

/// Reading back what the kernel holds.
extension LinuxDriver {
  /// Requests that are sent at once: their answers fit into the socket's buffer.
  private static let batch = 50

  /// What the kernel holds under these keys at this moment.
  ///
  /// The kernel finds each by its hash: so many at a time, this costs what they are, however many there are.
  func read(_ keys: [KernelEntry.Key]) -> KernelEvent {
    var present: [KernelEntry] = []
    var absent: [KernelEntry.Key] = []
    present.reserveCapacity(keys.count)
    for start in stride(from: 0, to: keys.count, by: LinuxDriver.batch) {
      read(keys[start..<min(start + LinuxDriver.batch, keys.count)], &present, &absent)
    }
    return .entriesRead(present: present, absent: absent)
  }

  private func read(
    _ keys: ArraySlice<KernelEntry.Key>, _ present: inout [KernelEntry], _ absent: inout [KernelEntry.Key]
  ) {
    let asked = keys.compactMap { key in table(key.table, key.flow.family).map { (key: key, socket: $0) } }
    // What gets no answer is asked again by the next audit.
    try? requests.ask(asked.map { .row($0.key.flow, table: $0.socket.number) }) { place, bytes, message in
      let (key, socket) = asked[place]
      switch message.status(bytes) {
      case nil:
        let row = MFCMessage(bytes, message)
        guard let entry = row?.entry(table: key.table, vif: socket.vif(of:)), entry.key == key else { return }
        present.append(entry)
      case ENOENT: absent.append(key)
      // Kernels before 6.0 tell no IPv6 entry by its key, but whether there is one.
      case EOPNOTSUPP: if socket.counters(key) == nil { absent.append(key) }
      default: break
      }
    }
  }

  /// The VIFs there are: IPv4 tables tell them; IPv6 has no way to ask but for what was added.
  var heldVIFs: [VIF] {
    var messages: [VIFTableMessage] = []
    _ = try? requests.dump(.vifs, begin: { messages = [] }) { bytes, message in
      if let table = VIFTableMessage(bytes, message) { messages.append(table) }
    }
    var vifs: [VIF] = []
    for case let table? in tables {
      guard table.family == .ipv4, let message = messages.first(where: { $0.table == table.number }) else {
        vifs += table.vifs
        continue
      }
      vifs += message.vifs.map { VIF(table: table.table, family: .ipv4, index: $0.index, link: $0.link) }
    }
    return vifs.sorted()
  }
}
