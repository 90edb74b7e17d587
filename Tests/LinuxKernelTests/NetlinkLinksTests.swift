import Addressing
import Kernel
import Testing
import Timing

@testable import LinuxKernel

/// Messages as the kernel sends them, cut to the attributes that matter.
enum LinkBytes {
  /// RTM_NEWLINK eth1, ifindex 5, UP|BROADCAST|RUNNING|MULTICAST|LOWER_UP, MTU 1500, operstate 6.
  static let newLink = hex(
    """
    3c000000 1000 0000 00000000 00000000
    00 00 0100 05000000 43100100 00000000
    0900 0300 6574683100 000000  0500 1000 06 000000  0800 0400 dc050000
    """)
  static let deleteLink = hex(
    "2c000000 1100 0000 00000000 00000000 00 00 0100 05000000 02100000 00000000 0900 0300 6574683100 000000")
  /// RTM_NEWADDR 10.0.1.1/24 on ifindex 5: IFA_ADDRESS the peer, IFA_LOCAL the own one, IFA_FLAGS permanent.
  static let newAddress = hex(
    """
    30000000 1400 0000 00000000 00000000
    02 18 80 00 05000000
    0800 0100 0a000102  0800 0200 0a000101  0800 0800 80000000
    """)
  /// RTM_NEWADDR fe80::1/64 on ifindex 5, tentative.
  static let tentative = hex(
    """
    34000000 1400 0000 00000000 00000000
    0a 40 40 fd 05000000
    1400 0100 fe800000000000000000000000000001  0800 0800 c0000000
    """)

  static func parse(_ bytes: [UInt8]) -> LinkMessage? {
    var cursor = NetlinkMessageCursor()
    guard let message = cursor.next(bytes.raw) else { return nil }
    return LinkMessage(bytes.raw, message)
  }
}

@Suite struct NetlinkLinksTests {
  static let eth1 = Interface(index: 5, name: "eth1", flags: [.up, .running, .multicast], mtu: 1500)

  @Test("A link message gives name, index, flags and MTU")
  func link() { #expect(LinkBytes.parse(LinkBytes.newLink) == .link(Self.eth1)) }

  @Test("A link whose operational state is not known counts as running while it is up")
  func unknownState() {
    var bytes = LinkBytes.newLink
    bytes.replaceSubrange(24..<28, with: hex("01100000"))
    bytes[48] = 0
    #expect(LinkBytes.parse(bytes) == .link(Self.eth1))
    bytes[48] = 2
    var down = Self.eth1
    down.flags.remove(.running)
    #expect(LinkBytes.parse(bytes) == .link(down))
  }

  @Test("A bridge's message about its port is not about a link")
  func bridge() {
    var (added, removed) = (LinkBytes.newLink, LinkBytes.deleteLink)
    added[16] = 7
    removed[16] = 7
    #expect(LinkBytes.parse(added) == nil)
    #expect(LinkBytes.parse(removed) == nil)
  }

  @Test("With a peer the own address is taken")
  func address() throws {
    let own = try #require(Address("10.0.1.1"))
    #expect(LinkBytes.parse(LinkBytes.newAddress) == .address(5, InterfaceAddress(own, length: 24)))
  }

  @Test("An address that is still being tested is as if it were not there")
  func tentative() throws {
    let own = try #require(Address("fe80::1"))
    #expect(LinkBytes.parse(LinkBytes.tentative) == .addressRemoved(5, InterfaceAddress(own, length: 64)))
  }

  @Test(
    "No cut of a message is read beyond its end",
    arguments: [LinkBytes.newLink, LinkBytes.deleteLink, LinkBytes.newAddress, LinkBytes.tentative])
  func truncations(bytes: [UInt8]) {
    for count in 0..<bytes.count {
      var cut = Array(bytes.prefix(count))
      // Once as it is, once with a length that agrees with what is left.
      _ = LinkBytes.parse(cut)
      if count >= 4 { cut[0] = UInt8(count) }
      _ = LinkBytes.parse(cut)
    }
    #expect(LinkBytes.parse(Array(bytes.prefix(20))) == nil)
  }

  @Test("Every event carries the whole interface, and only changes are told")
  func table() throws {
    var table = LinkTable()
    let own = InterfaceAddress(try #require(Address("10.0.1.1")), length: 24)
    // The address comes before its link.
    var expected = Self.eth1
    expected.addresses = [own]
    let told = [
      .address(5, own), .link(Self.eth1), .link(Self.eth1), .address(5, own), .addressRemoved(5, own),
      .linkRemoved(5), .linkRemoved(5),
    ].map { table.apply($0) }
    #expect(
      told == [
        nil, .interfaceChanged(expected), nil, nil, .interfaceChanged(Self.eth1), .interfaceRemoved(link: 5),
        nil,
      ])
    #expect(table.sorted.isEmpty)
  }

  @Test("Repairs come at most once a second, and further apart while losses go on")
  func pace() {
    var pace = ResyncPace()
    /// Whether a repair is done at each of the times (milliseconds).
    func done(_ times: [Int64]) -> [Bool] { times.map { pace.isDue(at: .start + .milliseconds($0)) } }
    pace.want(at: .start)
    #expect(done([0, 1]) == [true, false])
    pace.want(at: .start + .milliseconds(10))
    #expect(done([900, 1000]) == [false, true])
    pace.want(at: .start + .milliseconds(1100))
    #expect(done([2900, 3000]) == [false, true])
    // Quiet for long enough: as at the beginning.
    pace.want(at: .start + .seconds(60))
    #expect(done([60_000]) == [true])
  }
}
