import CLinux
import Kernel
import Timing

/// One tunnel that we carry.
final class CarriedTunnel {
  let device: TunnelDevice
  private(set) var tunnel: Tunnel
  private(set) var ends: Encapsulation.Ends
  private var name: SocketAddress
  private var rate: BitRate
  /// What the device was last told.
  var mtu: UInt32 = 0
  private(set) var counters = TunnelCounters()

  init(_ device: TunnelDevice, _ tunnel: Tunnel, _ ends: Encapsulation.Ends) {
    self.device = device
    self.tunnel = tunnel
    self.ends = ends
    name = SocketAddress(tunnel.remote)
    rate = BitRate(tunnel.rateLimit, at: Clock.now.nanoseconds)
  }

  func change(_ tunnel: Tunnel, _ ends: Encapsulation.Ends) {
    if tunnel.rateLimit != self.tunnel.rateLimit {
      rate = BitRate(tunnel.rateLimit, at: Clock.now.nanoseconds)
    }
    self.tunnel = tunnel
    self.ends = ends
    name = SocketAddress(tunnel.remote)
  }

  /// How many packets of one descriptor are carried in a turn; the loop reports the rest again.
  static let turn = 64

  /// What came of a turn.
  enum Outcome { case done, tooLong, deviceGone }

  /// Wraps and sends what waits in the device.
  ///
  /// - Parameter room: for one packet behind an outer header.
  func sendOut(by outside: Descriptor, room: UnsafeMutableRawBufferPointer) -> Outcome {
    let now = Clock.now.nanoseconds
    let start = Encapsulation.headerLength
    var outcome = Outcome.done
    for _ in 0..<CarriedTunnel.turn {
      let count = unsafe device.descriptor.read(
        into: UnsafeMutableRawBufferPointer(rebasing: room[start...]))
      guard count >= 0 else {
        let failure = mc_errno()
        return failure == EAGAIN || failure == EIO ? outcome : .deviceGone
      }
      let whole = unsafe UnsafeMutableRawBufferPointer(rebasing: room[..<(start + count)])
      do throws(Encapsulation.Refusal) {
        let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(whole))
        let packet = try Encapsulation.entering(span, at: start)
        guard rate.admits(bytes: packet.length, at: now) else { throw .rate }
        var header = unsafe MutableRawSpan(
          _unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: whole[..<start]))
        Encapsulation.writeHeader(around: packet, ends, to: &header)
        let length = start + packet.length
        let failure = unsafe outside.send(UnsafeRawBufferPointer(rebasing: whole[..<length]), to: name)
        if failure == EMSGSIZE { outcome = .tooLong }
        guard failure == 0 else { throw .refused }
        counters.sent(packet.length)
      } catch {
        counters.refuse(error)
      }
    }
    return outcome
  }

  /// Unwraps a packet of the other end and gives it to the device.
  func takeIn(_ bytes: RawSpan, at start: Int, isOwn: (UInt32) -> Bool) {
    do throws(Encapsulation.Refusal) {
      let packet = try Encapsulation.leaving(bytes, at: start, isOwn: isOwn)
      let inner = bytes.extracting(start..<start + packet.length)
      guard device.descriptor.write(inner) else { throw .refused }
      counters.received(packet.length)
    } catch {
      counters.refuse(error)
    }
  }
}

/// What a tunnel has carried, in inner packets.
struct TunnelCounters: Hashable {
  private(set) var packetsIn: UInt64 = 0
  private(set) var packetsOut: UInt64 = 0
  private(set) var bytesIn: UInt64 = 0
  private(set) var bytesOut: UInt64 = 0
  private var refused = [UInt64](repeating: 0, count: Encapsulation.Refusal.allCases.count)

  subscript(refusal: Encapsulation.Refusal) -> UInt64 { refused[refusal.rawValue] }

  fileprivate mutating func sent(_ bytes: Int) {
    packetsOut &+= 1
    bytesOut &+= UInt64(bytes)
  }

  fileprivate mutating func received(_ bytes: Int) {
    packetsIn &+= 1
    bytesIn &+= UInt64(bytes)
  }

  fileprivate mutating func refuse(_ refusal: Encapsulation.Refusal) { refused[refusal.rawValue] &+= 1 }
}

extension Descriptor {
  /// Bytes read, or negative with the errno left behind.
  fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    retrying { unsafe CLinux.read(number, buffer.baseAddress, buffer.count) }
  }

  /// Whether all of it was taken.
  fileprivate func write(_ bytes: RawSpan) -> Bool {
    unsafe bytes.withUnsafeBytes { part in
      retrying { unsafe CLinux.write(number, part.baseAddress, part.count) } == part.count
    }
  }

  /// Sends a packet with its IP header; the errno, or 0.
  func send(_ packet: UnsafeRawBufferPointer, to name: SocketAddress) -> Int32 {
    let count = retrying {
      unsafe withUnsafePointer(to: name.storage) {
        unsafe mc_sendto(number, packet.baseAddress, packet.count, Int32(MSG_NOSIGNAL), $0, name.length)
      }
    }
    return count >= 0 ? 0 : mc_errno()
  }
}
