import Addressing
import Kernel
import Testing
import Timing

@Suite struct InterfacePatternTests {
  @Test(
    "A pattern matches the names that it means",
    arguments: [
      ("eth0", "eth0", true), ("eth0", "eth01", false), ("eth0", "eth", false), ("eth*", "eth", true),
      ("eth*", "eth0.100", true), ("eth*", "beth0", false), ("eth+", "eth12", true), ("eth+", "eth", true),
      ("eth+", "et", false), ("eth?", "eth1", true), ("eth?", "eth", false), ("eth?", "eth12", false),
      ("*", "lo", true), ("*", "", true), ("?", "", false), ("+", "lo", true), ("*0", "eth0", true),
      ("*0", "eth00", true), ("*0", "eth01", false), ("e*h*0", "eth0", true), ("e*h*0", "ethh10", true),
      ("e*h*0", "et0", false), ("**a**b", "xaxb", true), ("**a**b", "xaxbc", false), ("a+b", "a+b", true),
      ("a+b", "aab", false), ("veth?.*", "veth1.7", true), ("", "", true), ("", "a", false),
      ("?*", "a", true), ("*?*?", "a", false), ("*?*?", "ab", true),
    ])
  func matches(_ pattern: String, _ name: String, _ expected: Bool) {
    #expect(InterfacePattern(pattern).matches(name) == expected)
  }

  @Test(
    "A pattern knows whether it is a name, and how much of it is fixed",
    arguments: [
      ("eth0", true, 4), ("eth*", false, 3), ("eth+", false, 3), ("e?h0", false, 1), ("+", false, 0),
      ("*", false, 0), ("a+b", true, 3), ("eth*+", false, 3),
    ])
  func specificity(_ text: String, _ exact: Bool, _ literal: Int) {
    #expect(InterfacePattern(text).isExact == exact)
    #expect(InterfacePattern(text).literalCount == literal)
  }

  @Test("A pattern of fifteen stars is matched without delay")
  func manyStars() {
    let pattern = InterfacePattern("*a*a*a*a*a*a*a*b")
    #expect(!pattern.matches("aaaaaaaaaaaaaaa"))
    #expect(pattern.matches("aaaaaaaaaaaaaab"))
  }

  @Test("An interface's subnet is its address with the host bits cleared")
  func subnet() throws {
    let address = InterfaceAddress(try #require(Address("10.1.2.3")), length: 24)
    #expect(address.subnet.description == "10.1.2.0/24")
    // A length that the family does not have can only come from a broken message.
    #expect(InterfaceAddress(try #require(Address("10.1.2.3")), length: 64).subnet.description == "10.1.2.3")
  }
}

@Suite struct InterfaceSetTests {
  @Test("A set agrees with the library's after thousands of changes", arguments: 0..<8 as Range<UInt64>)
  func model(_ seed: UInt64) {
    var generator = Generator(seed: seed)
    var set = InterfaceSet()
    var other = InterfaceSet()
    var model: Set<InterfaceID> = []
    var otherModel: Set<InterfaceID> = []
    for _ in 0..<1_000 {
      let member = InterfaceID(slot: UInt8(truncatingIfNeeded: generator.next()))
      switch generator.next() % 4 {
      case 0:
        set.remove(member)
        model.remove(member)
      case 1:
        other.insert(member)
        otherModel.insert(member)
      default:
        set.insert(member)
        model.insert(member)
      }
      #expect(set.contains(member) == model.contains(member))
    }
    #expect(Array(set) == model.sorted())
    #expect(set.count == model.count)
    #expect(set.first == model.min())
    #expect(set == InterfaceSet(model.sorted()))
    #expect(Array(set.union(other)) == model.union(otherModel).sorted())
    #expect(Array(set.intersection(other)) == model.intersection(otherModel).sorted())
    #expect(Array(set.subtracting(other)) == model.subtracting(otherModel).sorted())
    set.formUnion(other)
    #expect(set.count == model.union(otherModel).count)
  }

  @Test("The ends of every word are members like the others")
  func edges() {
    let slots: [UInt8] = [0, 63, 64, 127, 128, 191, 192, 255]
    var set = InterfaceSet(slots.reversed().map(InterfaceID.init))
    #expect(set.map(\.slot) == slots)
    for slot in slots { set.remove(InterfaceID(slot: slot)) }
    #expect(set.isEmpty && set.first == nil && set == InterfaceSet())
  }
}
