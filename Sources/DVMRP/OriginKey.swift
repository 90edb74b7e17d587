import Addressing
import Timing

/// An origin in eight bytes, ordered as reports are: the default route, then by length, then by network.
struct OriginKey: Hashable, Comparable, Sendable {
  let value: UInt64

  init(_ origin: Prefix) {
    value = UInt64(origin.length) << 32 | UInt64(UInt32(truncatingIfNeeded: origin.address.low))
  }

  /// The origin of `length` bits around an address.
  init(_ address: UInt32, length: Int) {
    let mask = length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length)
    value = UInt64(length) << 32 | UInt64(address & mask)
  }

  var length: Int { Int(value >> 32) }
  var network: UInt32 { UInt32(truncatingIfNeeded: value) }

  var origin: Prefix { Prefix(Address(ipv4: network), length: length) ?? .all(.ipv4) }

  func contains(_ address: UInt32) -> Bool { OriginKey(address, length: length) == self }

  static func < (left: OriginKey, right: OriginKey) -> Bool { left.value < right.value }
}

/// Things that are due in the order in which they came, all after the same time.
struct DelayLine: Sendable {
  private var items: [(row: Int32, at: Instant)] = []
  private var head = 0
  let delay: Duration

  init(_ delay: Duration) { self.delay = delay }

  var next: Instant? { head < items.count ? items[head].at + delay : nil }

  mutating func append(_ row: Int32, at now: Instant) { items.append((row, now)) }

  /// Takes out the first item if it is due.
  mutating func take(at now: Instant) -> (row: Int32, at: Instant)? {
    guard let next, next <= now else { return nil }
    let item = items[head]
    head += 1
    if head == items.count {
      items.removeAll()
      head = 0
    } else if head > 1024, head > items.count / 2 {
      items.removeFirst(head)
      head = 0
    }
    return item
  }
}
