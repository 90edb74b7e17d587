/// An interface's slot in its routing domain: it stays with the name, whatever the kernel's index becomes.
public struct InterfaceID: Hashable, Comparable, Sendable, Codable {
  /// 0–255.
  public let slot: UInt8

  public init(slot: UInt8) { self.slot = slot }

  public static func < (left: InterfaceID, right: InterfaceID) -> Bool { left.slot < right.slot }
}

/// A set of interfaces as 256 bits; iterated in slot order.
public struct InterfaceSet: Hashable, Sendable, Codable, Sequence {
  private var words: Words = Words()

  private struct Words: Hashable, Sendable, Codable {
    var a: UInt64 = 0, b: UInt64 = 0, c: UInt64 = 0, d: UInt64 = 0

    subscript(index: UInt8) -> UInt64 {
      get { index < 2 ? (index == 0 ? a : b) : (index == 2 ? c : d) }
      set {
        switch index {
        case 0: a = newValue
        case 1: b = newValue
        case 2: c = newValue
        default: d = newValue
        }
      }
    }
  }

  public init() {}

  /// Every slot there can be.
  public static let all = {
    var set = InterfaceSet()
    for word in 0..<4 as Range<UInt8> { set.words[word] = .max }
    return set
  }()

  public init(_ members: some Sequence<InterfaceID>) {
    for member in members { insert(member) }
  }

  public var isEmpty: Bool { words.a | words.b | words.c | words.d == 0 }

  public var count: Int {
    words.a.nonzeroBitCount + words.b.nonzeroBitCount + words.c.nonzeroBitCount + words.d.nonzeroBitCount
  }

  /// Whether the interface is a member.
  public func contains(_ member: InterfaceID) -> Bool {
    words[member.slot >> 6] & (1 << UInt64(member.slot & 63)) != 0
  }

  /// Adds a member; one that is there already changes nothing.
  public mutating func insert(_ member: InterfaceID) {
    words[member.slot >> 6] |= 1 << UInt64(member.slot & 63)
  }

  /// Takes a member out; one that is not there changes nothing.
  public mutating func remove(_ member: InterfaceID) {
    words[member.slot >> 6] &= ~(1 << UInt64(member.slot & 63))
  }

  /// The members of either set.
  public func union(_ other: InterfaceSet) -> InterfaceSet {
    combined(other, |)
  }

  /// The members of both sets.
  public func intersection(_ other: InterfaceSet) -> InterfaceSet {
    combined(other, &)
  }

  /// The members that the other set has not.
  public func subtracting(_ other: InterfaceSet) -> InterfaceSet {
    combined(other) { $0 & ~$1 }
  }

  /// Adds all members of the other set.
  public mutating func formUnion(_ other: InterfaceSet) { self = union(other) }

  /// The member with the lowest slot.
  public var first: InterfaceID? {
    var iterator = makeIterator()
    return iterator.next()
  }

  private func combined(_ other: InterfaceSet, _ operation: (UInt64, UInt64) -> UInt64) -> InterfaceSet {
    var result = InterfaceSet()
    result.words = Words(
      a: operation(words.a, other.words.a), b: operation(words.b, other.words.b),
      c: operation(words.c, other.words.c), d: operation(words.d, other.words.d))
    return result
  }

  /// Walks the members in the order of their slots.
  public struct Iterator: IteratorProtocol {
    fileprivate var rest: InterfaceSet

    public mutating func next() -> InterfaceID? {
      for word in 0..<4 as Range<UInt8> where rest.words[word] != 0 {
        let bits = rest.words[word]
        rest.words[word] = bits & (bits - 1)
        return InterfaceID(slot: word << 6 | UInt8(bits.trailingZeroBitCount))
      }
      return nil
    }
  }

  public func makeIterator() -> Iterator { Iterator(rest: self) }
}
