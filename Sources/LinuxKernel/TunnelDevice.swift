import Addressing
import CLinux
import Kernel

/// A network device whose packets are ours to carry; gone when it is closed.
final class TunnelDevice {
  let descriptor: Descriptor
  let name: String
  let link: Int32

  /// EEXIST or EBUSY: a device has the name.
  ///
  /// ENOENT and EACCES: /dev/net/tun is missing, or not for us.
  init(_ name: String) throws(SystemError) {
    guard TunnelDevice.isName(name) else { throw SystemError("make tunnel", name, errno: EINVAL) }
    let number = unsafe mc_open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK, 0)
    guard number >= 0 else { throw .last("open", "/dev/net/tun") }
    descriptor = Descriptor(adopting: number)
    self.name = name
    var request = unsafe ifreq()
    unsafe withUnsafeMutableBytes(of: &request.ifr_ifrn) { unsafe $0.copyBytes(from: name.utf8) }
    // EXCL: never one that is there already.
    let exclusive: Int32 = 0x8000
    unsafe request.ifr_ifru.ifru_flags = Int16(truncatingIfNeeded: IFF_TUN | IFF_NO_PI | exclusive)
    guard unsafe mc_ioctl(number, mc_TUNSETIFF, &request) == 0 else { throw .last("make tunnel", name) }
    link = try Links.index(of: name)
  }

  /// Goes on with the device of a former life; nil when it is another one.
  init?(adopting descriptor: Descriptor, _ name: String) {
    var request = unsafe ifreq()
    guard unsafe mc_ioctl(descriptor.number, mc_TUNGETIFF, &request) == 0 else { return nil }
    let found = unsafe withUnsafeBytes(of: &request.ifr_ifrn) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let isTunnel = unsafe Int32(request.ifr_ifru.ifru_flags) & Int32(IFF_TUN) != 0
    guard found == name, isTunnel, let link = try? Links.index(of: name) else { return nil }
    self.descriptor = descriptor
    self.name = name
    self.link = link
  }

  /// What the kernel takes as a name; it stands in paths too.
  static func isName(_ name: String) -> Bool {
    (1...15).contains(name.utf8.count) && name != "." && name != ".."
      && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
  }

  /// Settings without which the routing gets no packet from the device, or gets noise.
  ///
  /// Sources that come by a tunnel are routed elsewhere: the filter by reverse path must not be strict. The
  /// kernel takes the greater of the setting for all devices and the device's own, and loose (2) is greater
  /// than strict (1). What passes then is what a route leads to, and by devices with an address only.
  static func prepare(_ name: String) {
    let all = try? Files.readVirtual("/proc/sys/net/ipv4/conf/all/rp_filter", limit: 16)
    let isOpen = all?.first == UInt8(ascii: "0")
    setSwitch("ipv4/conf/\(name)/rp_filter", isOpen ? "0" : "2")
    // Only IPv4 passes; the kernel is not to look for neighbors and routers in it.
    setSwitch("ipv6/conf/\(name)/disable_ipv6", "1")
  }

  private static func setSwitch(_ path: String, _ value: String) {
    let number = unsafe mc_open("/proc/sys/net/" + path, O_WRONLY | O_CLOEXEC, 0)
    guard number >= 0 else { return }
    let descriptor = Descriptor(adopting: number)
    let bytes = Array(value.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(descriptor.number, $0.baseAddress, $0.count) }
  }

  /// What the network takes in one packet to this address, less the outer header; 1480 where no route tells.
  static func innerMTU(to remote: Address) -> UInt32 {
    let fallback: UInt32 = 1500 - 20
    guard let probe = try? Descriptor.socket(AF_INET, mc_SOCK_DGRAM, 0) else { return fallback }
    let name = SocketAddress(remote, port: 9)
    let connected = unsafe withUnsafePointer(to: name.storage) {
      unsafe mc_connect(probe.number, $0, name.length)
    }
    var mtu: Int32 = 0
    guard connected == 0, unsafe mc_getsockopt_int(probe.number, mc_IPPROTO_IP, IP_MTU, &mtu) == 0 else {
      return fallback
    }
    // 68: the least that IPv4 allows (RFC 791 3.2).
    return UInt32(clamping: max(mtu, 68 + 20) - 20)
  }
}
