/// What waits to be sent to one client, taken from the front as the client reads.
struct OutgoingBytes {
  private var bytes: [UInt8] = []
  private var sent = 0

  var waiting: ArraySlice<UInt8> { bytes[sent...] }
  var isEmpty: Bool { sent == bytes.count }

  mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

  /// `count` bytes have gone out.
  ///
  /// Moving the rest to the front costs its length, so it is done when much has gone.
  mutating func took(_ count: Int) {
    sent += count
    if sent == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= 65_536)
      sent = 0
    } else if sent > 262_144 {
      bytes.removeFirst(sent)
      sent = 0
    }
  }
}
