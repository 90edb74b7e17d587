public import Addressing
public import Timing

/// State as bytes, for a later life of the daemon: the pieces of which rooms write what they know.
///
/// The two halves mirror each other; what is read is checked as a packet is.
extension Writer {
  /// One byte: 1 or 0.
  public mutating func bool(_ value: Bool) { u8(value ? 1 : 0) }

  /// Eight bytes: nanoseconds of the boot clock.
  public mutating func instant(_ value: Instant) { u64(UInt64(bitPattern: value.nanoseconds)) }

  /// Eight bytes: nanoseconds.
  public mutating func duration(_ value: Duration) { u64(UInt64(bitPattern: value.nanoseconds)) }

  /// How many elements follow; at most 2³² − 1.
  public mutating func count(_ value: Int) { u32(UInt32(clamping: value)) }

  /// The address with its family before it.
  public mutating func tagged(_ value: Address) {
    u8(value.family == .ipv4 ? 4 : 6)
    address(value)
  }

  /// The network with its family, and its length as it is written.
  public mutating func prefix(_ value: Prefix) {
    tagged(value.address)
    u8(UInt8(clamping: value.length))
  }

  /// The bytes of the text, their count before them.
  public mutating func text(_ value: String) {
    count(value.utf8.count)
    append(contentsOf: value.utf8)
  }

  /// A byte that says whether there is a value, and the value.
  public mutating func optional<Value>(_ value: Value?, _ write: (inout Writer, Value) -> Void) {
    bool(value != nil)
    if let value { write(&self, value) }
  }

  /// An instant that may be missing.
  public mutating func instant(orNil value: Instant?) { optional(value) { $0.instant($1) } }
}

extension Reader {
  /// A byte that is 1 or 0.
  public mutating func bool() throws(WireError) -> Bool {
    let byte = try u8()
    guard byte <= 1 else { throw .kind }
    return byte == 1
  }

  /// An instant of the boot clock.
  public mutating func instant() throws(WireError) -> Instant {
    Instant(nanoseconds: Int64(bitPattern: try u64()))
  }

  /// A time that a timer can have: none is negative, and none longer than some years.
  public mutating func duration() throws(WireError) -> Duration {
    let nanoseconds = Int64(bitPattern: try u64())
    guard nanoseconds >= 0, nanoseconds <= 1 << 57 else { throw .length }
    return .nanoseconds(nanoseconds)
  }

  /// How many elements follow; never more than there are bytes.
  public mutating func count() throws(WireError) -> Int {
    let count = Int(try u32())
    guard count <= remaining else { throw .truncated }
    return count
  }

  /// An address with its family before it.
  public mutating func tagged() throws(WireError) -> Address {
    switch try u8() {
    case 4: return try ipv4()
    case 6: return try ipv6()
    default: throw .kind
    }
  }

  /// A multicast address with its family before it.
  public mutating func group() throws(WireError) -> Group {
    guard let group = Group(try tagged()) else { throw .group }
    return group
  }

  /// A network with its family and length.
  public mutating func prefix() throws(WireError) -> Prefix {
    let address = try tagged()
    let length = Int(try u8())
    guard length <= address.family.width, let prefix = Prefix(address, length: length) else { throw .mask }
    return prefix
  }

  /// A text; bytes that are none are replaced.
  public mutating func text() throws(WireError) -> String {
    var bytes: [UInt8] = []
    for _ in 0..<(try count()) { bytes.append(try u8()) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether a value follows that may be missing.
  public mutating func hasValue() throws(WireError) -> Bool { try bool() }

  /// An instant that may be missing.
  public mutating func instantOrNil() throws(WireError) -> Instant? { try bool() ? try instant() : nil }
}
