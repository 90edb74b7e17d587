import CLinux

/// Bytes in memory that outlive the process as long as somebody holds the descriptor.
///
/// New bytes stand beside the old ones until one write of the header makes them valid: a process that is
/// killed while it writes leaves the old ones.
public final class MemoryFile {
  public let descriptor: Descriptor

  private struct Header {
    static let length = 32
    static let magic: UInt64 = 0x6d63_6173_7420_0001

    var place: UInt64
    var count: UInt64
    var checksum: UInt64
  }

  private static let limit = 1 << 31

  public init(_ name: String) throws(SystemError) {
    let number = unsafe mc_memfd_create(name)
    guard number >= 0 else { throw .last("memfd_create", name) }
    descriptor = Descriptor(adopting: number)
  }

  /// Takes over one of a former life; nil for a descriptor of another kind.
  public init?(adopting descriptor: Descriptor) {
    guard mc_is_memfd(descriptor.number) != 0 else { return nil }
    self.descriptor = descriptor
  }

  /// Nil when there is nothing, or nothing that makes sense.
  public func read() -> [UInt8]? {
    guard let header, let bytes = read(Int(header.count), at: Int(header.place)),
      MemoryFile.checksum(bytes) == header.checksum
    else { return nil }
    return bytes
  }

  /// False when there is no memory for it; what stood there still stands.
  @discardableResult
  public func write(_ bytes: [UInt8]) -> Bool {
    let start = UInt64(Header.length)
    var place = start
    if let header, UInt64(bytes.count) > header.place &- start { place = header.place + header.count }
    guard Int(place) + bytes.count < MemoryFile.limit, write(bytes, at: Int(place)) else { return false }
    let header = [Header.magic, place, UInt64(bytes.count), MemoryFile.checksum(bytes)]
    guard write(header.flatMap(NetlinkRequest.native), at: 0) else { return false }
    if place == start { _ = ftruncate(descriptor.number, Int(place) + bytes.count) }
    return true
  }

  /// Nothing stands there any more.
  public func clear() { _ = ftruncate(descriptor.number, 0) }

  private var header: Header? {
    guard let bytes = read(Header.length, at: 0) else { return nil }
    let span = unsafe bytes.span.bytes
    guard span.u64(0) == Header.magic, let place = span.u64(8), let count = span.u64(16),
      let checksum = span.u64(24), place >= UInt64(Header.length), place < UInt64(MemoryFile.limit),
      count < UInt64(MemoryFile.limit)
    else { return nil }
    return Header(place: place, count: count, checksum: checksum)
  }

  var size: Int {
    var facts = stat()
    return unsafe fstat(descriptor.number, &facts) == 0 ? Int(facts.st_size) : 0
  }

  /// All from a place on; nil where the file ends before it.
  func rest(from place: Int) -> [UInt8]? { place <= size ? read(size - place, at: place) : nil }

  /// Nil where the file is shorter.
  func read(_ count: Int, at place: Int) -> [UInt8]? {
    guard size - place >= count else { return nil }
    var done = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { space, length in
      while done < count {
        let got = retrying {
          unsafe pread(descriptor.number, space.baseAddress?.advanced(by: done), count - done, place + done)
        }
        if got <= 0 { break }
        done += got
      }
      length = done
    }
    return done == count ? bytes : nil
  }

  func write(_ bytes: [UInt8], at place: Int) -> Bool {
    var done = 0
    while done < bytes.count {
      let put = retrying {
        unsafe bytes.withUnsafeBytes {
          unsafe pwrite(
            descriptor.number, $0.baseAddress?.advanced(by: done), bytes.count - done, place + done)
        }
      }
      if put <= 0 { return false }
      done += put
    }
    return true
  }

  /// FNV-1a over words: tells what was cut or never ours, not what was forged.
  private static func checksum(_ bytes: [UInt8]) -> UInt64 {
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    let span = unsafe bytes.span.bytes
    var place = 0
    while place + 8 <= bytes.count {
      sum = (sum ^ (span.u64(place) ?? 0)) &* 0x100_0000_01b3
      sum ^= sum >> 29
      place += 8
    }
    while place < bytes.count {
      sum = (sum ^ UInt64(bytes[place])) &* 0x100_0000_01b3
      place += 1
    }
    return sum
  }
}
