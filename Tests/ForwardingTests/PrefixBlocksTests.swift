import Addressing
import Kernel
import Testing
import Timing

@testable import Forwarding

@Suite struct PrefixBlocksTests {
  private func prefix(_ bits: UInt32, _ length: Int) -> Prefix {
    Prefix(Address(ipv4: bits), length: length) ?? .all(.ipv4)
  }

  /// The pairs that a flow is looked up by.
  private func visits(_ blocks: PrefixBlocks, _ source: UInt32, _ group: UInt32) throws -> [(Prefix, Prefix)]
  {
    let group = try #require(Group(Address(ipv4: group)))
    let flow = try #require(Flow(source: Address(ipv4: source), group: group))
    var visits: [(Prefix, Prefix)] = []
    blocks.visit(flow) {
      visits.append(($0, $1))
      return .on
    }
    return visits
  }

  /// 10,000 pairs of blocks with 306 pairs of lengths; the groups are below 239.0.0.0/8.
  private func many() -> (blocks: PrefixBlocks, pairs: [(groups: Prefix, sources: Prefix)]) {
    var blocks = PrefixBlocks(seed: 1)
    var pairs: [(groups: Prefix, sources: Prefix)] = []
    for number in 0..<10_000 {
      let (group, source) = (15 + number % 17, 15 + number % 18)
      let place = UInt32(number / 306)
      pairs.append(
        (
          prefix(0xef00_0000 + place << UInt32(32 - group), group),
          prefix(0x0a00_0000 + place << UInt32(32 - source), source)
        ))
    }
    for pair in pairs { blocks.insert(pair.groups, pair.sources) }
    return (blocks, pairs)
  }

  @Test(
    "A flow outside of the blocks of 10,000 rules costs no lookup; one inside, those of the blocks around it")
  func cost() throws {
    var (blocks, pairs) = many()
    #expect(try visits(blocks, 0x0a01_0002, 0xe100_0001).isEmpty)
    blocks.insert(prefix(0xe000_0000, 4), .all(.ipv4))
    #expect(try visits(blocks, 0x0a01_0002, 0xe100_0001).count == 1)
    let group: UInt32 = 0xef00_0001
    let around = Set(pairs.filter { $0.groups.contains(Address(ipv4: group)) }.map(\.groups))
    #expect(try visits(blocks, 0x0a00_0001, group).count <= 1 + 18 * around.count)
    pairs.append((prefix(0xe000_0000, 4), .all(.ipv4)))
    for pair in pairs { blocks.remove(pair.groups, pair.sources) }
    #expect(try visits(blocks, 0x0a00_0001, group).isEmpty)
  }

  @Test("The longest groups come first, then the longest sources, and each pair that holds the flow once")
  func order() throws {
    let (blocks, pairs) = many()
    let (source, group): (UInt32, UInt32) = (0x0a00_0001, 0xef00_0001)
    let visited = try visits(blocks, source, group)
    let bits = visited.map { (Int($0.0.bits), Int($0.1.bits)) }
    #expect(zip(bits, bits.dropFirst()).allSatisfy { $0 > $1 })
    let holding = pairs.filter {
      $0.groups.contains(Address(ipv4: group)) && $0.sources.contains(Address(ipv4: source))
    }
    #expect(!holding.isEmpty)
    for pair in holding { #expect(visited.contains { $0 == pair.groups && $1 == pair.sources }) }
  }
}
