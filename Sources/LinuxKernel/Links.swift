import CLinux
public import Kernel

/// The network devices of this machine, asked once; needs no rights.
public enum Links {
  /// The kernel's index of a name.
  ///
  /// ENODEV when there is none.
  public static func index(of name: String) throws(SystemError) -> Int32 {
    let number = unsafe if_nametoindex(name)
    guard number > 0, let index = Int32(exactly: number) else {
      throw SystemError("find interface", name, errno: ENODEV)
    }
    return index
  }

  /// The names there are, sorted.
  public static func names() throws(SystemError) -> [String] {
    let socket = try NetlinkSocket()
    var names: [String] = []
    let request = NetlinkRequest(
      type: RTM_GETLINK, flags: NLM_F_REQUEST | NLM_F_DUMP, header: [UInt8](repeating: 0, count: 16))
    try socket.dump(request, begin: { names = [] }) { bytes, message in
      if case .link(let interface)? = LinkMessage(bytes, message) { names.append(interface.name) }
    }
    return names.sorted()
  }

  /// All that there are with their addresses, in the kernel's order.
  public static func interfaces() throws(SystemError) -> [Interface] {
    try NetlinkMonitor.links(asking: try NetlinkSocket()).sorted
  }
}
