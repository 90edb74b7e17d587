import Addressing
import CLinux
import Kernel
import Timing

/// Tells when somebody else changes our entries.
///
/// A filter in the kernel passes removals and entries made by a process that does not own the table (it marks
/// them static), so that our own thousands of entries cost nothing here.
final class EntryMonitor {
  let socket: NetlinkSocket
  /// When the tables must be searched, because messages were lost.
  private(set) var searches = ResyncPace()
  /// Whether there was a pause since this was asked last.
  private var hasPaused = false

  init() throws(SystemError) {
    socket = try NetlinkSocket()
    socket.descriptor.setReceiveBuffer(1 << 20)
    installFilter()
    resume()
  }

  private static let groups = [RTNLGRP_IPV4_MROUTE, RTNLGRP_IPV6_MROUTE].map { Int($0.rawValue) }

  /// Stops listening; what others add meanwhile is found by the next audit, with a search.
  func pause() {
    hasPaused = true
    for group in EntryMonitor.groups { socket.leave(group: group) }
  }

  func resume() {
    for group in EntryMonitor.groups { _ = socket.join(group: group) }
  }

  /// Reads at most 64 messages.
  ///
  /// - Parameter socket: the routing socket of the table with this kernel number, when it is ours.
  func receive(
    at now: Instant, table: (UInt32, Family) -> RoutingSocket?, into events: inout [KernelEvent]
  ) {
    for _ in 0..<64 {
      let received = socket.receive { bytes, message in
        guard let row = MFCMessage(bytes, message), !row.isUnresolved,
          let owner = table(row.table, row.family)
        else { return }
        if row.isRemoval {
          if let key = row.key(table: owner.table) { events.append(.entryRemoved(key)) }
        } else if let entry = row.entry(table: owner.table, vif: owner.vif(of:)) {
          events.append(.entryChanged(entry))
        }
      }
      switch received {
      case .messages: continue
      case .nothing: return
      case .overflow, .failed: searches.want(at: now)
      }
    }
  }

  /// What is known of the tables may not be all: they are to be searched.
  func distrust(at now: Instant) { searches.want(at: now) }

  func isSearchDue(at now: Instant) -> Bool { searches.isDue(at: now) }

  /// Whether anything may have been missed in a pause; asked once for each.
  func takePause() -> Bool {
    defer { hasPaused = false }
    return hasPaused
  }

  /// A classic BPF program over the message: type (bytes 4–5), protocol (21) and flags (24–27).
  private func installFilter() {
    let newRoute = UInt32(UInt16(RTM_NEWROUTE).bigEndian)
    let unresolved = UInt32(RTNH_F_UNRESOLVED).bigEndian
    let program: [sock_filter] = [
      EntryMonitor.load(BPF_W, 24),
      EntryMonitor.jump(BPF_JSET, unresolved, then: 5, otherwise: 0),
      EntryMonitor.load(BPF_H, 4),
      EntryMonitor.jump(BPF_JEQ, newRoute, then: 0, otherwise: 2),
      EntryMonitor.load(BPF_B, 21),
      EntryMonitor.jump(BPF_JEQ, UInt32(RTPROT_STATIC), then: 0, otherwise: 1),
      sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: .max),
      sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: 0),
    ]
    var instructions = program
    unsafe instructions.withUnsafeMutableBufferPointer { buffer in
      var description = unsafe sock_fprog(len: UInt16(buffer.count), filter: buffer.baseAddress)
      // Without the filter everything is told: more to read, nothing else.
      _ = unsafe setsockopt(
        socket.descriptor.number, SOL_SOCKET, SO_ATTACH_FILTER, &description,
        socklen_t(MemoryLayout<sock_fprog>.size))
    }
  }

  private static func load(_ width: Int32, _ offset: UInt32) -> sock_filter {
    sock_filter(code: UInt16(BPF_LD | width | BPF_ABS), jt: 0, jf: 0, k: offset)
  }

  private static func jump(_ test: Int32, _ value: UInt32, then: UInt8, otherwise: UInt8) -> sock_filter {
    sock_filter(code: UInt16(BPF_JMP | test | BPF_K), jt: then, jf: otherwise, k: value)
  }
}
