import CLinux
import Testing

@testable import LinuxKernel

/// Dumps that break off, with the test at the other end in the kernel's place.
@Suite struct NetlinkDumpTests {
  private static let interrupted: UInt16 = 0x10
  private static let content: UInt16 = 16

  /// A socket, and the end at which it is answered.
  private final class Pair {
    let socket: NetlinkSocket
    private let kernel: Descriptor

    init() throws {
      var ends: (Int32, Int32) = (-1, -1)
      let made = unsafe withUnsafeMutableBytes(of: &ends) { bytes -> Int32 in
        guard let start = bytes.baseAddress else { return -1 }
        return unsafe socketpair(AF_UNIX, mc_SOCK_SEQPACKET, 0, start.assumingMemoryBound(to: Int32.self))
      }
      guard made == 0 else { throw SystemError.last("socketpair") }
      socket = NetlinkSocket(Descriptor(adopting: ends.0))
      kernel = Descriptor(adopting: ends.1)
    }

    /// Answers a request before it is made: the first has the number 1.
    func answer(_ sequence: UInt32, _ messages: Message...) throws {
      try Files.writeAll(messages.flatMap { $0.bytes(sequence) }, to: kernel)
    }

    /// Dumps rows of one number each.
    func dump(attempts: Int = 3) throws(SystemError) -> (rows: [UInt32], isWhole: Bool) {
      var rows: [UInt32] = []
      let isWhole = try socket.dump(
        NetlinkRequest(type: 26, flags: 0x301, header: []), attempts: attempts, begin: { rows = [] },
        each: { bytes, message in if let row = bytes.u32(message.payload.lowerBound) { rows.append(row) } })
      return (rows, isWhole)
    }
  }

  private enum Message {
    case row(UInt32, flags: UInt16 = 0)
    /// NLMSG_DONE, with an errno or 0.
    case done(errno: Int32 = 0, flags: UInt16 = 0)
    /// NLMSG_ERROR.
    case error(errno: Int32)

    func bytes(_ sequence: UInt32) -> [UInt8] {
      let (type, flags, value): (UInt16, UInt16, UInt32) =
        switch self {
        case .row(let value, let flags): (NetlinkDumpTests.content, flags | 2, value)
        case .done(let errno, let flags): (3, flags | 2, UInt32(bitPattern: -errno))
        case .error(let errno): (2, 0, UInt32(bitPattern: -errno))
        }
      return NetlinkRequest.native(UInt32(20)) + NetlinkRequest.native(type) + NetlinkRequest.native(flags)
        + NetlinkRequest.native(sequence) + NetlinkRequest.native(UInt32(0)) + NetlinkRequest.native(value)
    }
  }

  @Test("One that the kernel calls inconsistent is repeated, and what it gave is forgotten")
  func repeated() throws {
    let pair = try Pair()
    try pair.answer(1, .row(1), .row(2, flags: Self.interrupted))
    try pair.answer(1, .row(3), .done())
    try pair.answer(2, .row(1), .done(flags: Self.interrupted))
    try pair.answer(3, .row(1), .row(2))
    try pair.answer(3, .row(4), .done())
    let (rows, isWhole) = try pair.dump()
    #expect(isWhole && rows == [1, 2, 4])
  }

  @Test("One that is never consistent gives what the last reading saw, and says so")
  func neverWhole() throws {
    let pair = try Pair()
    for sequence in 1...2 as ClosedRange<UInt32> {
      try pair.answer(sequence, .row(sequence, flags: Self.interrupted), .done())
    }
    let (rows, isWhole) = try pair.dump(attempts: 2)
    #expect(!isWhole && rows == [2])
  }

  @Test(
    "An error in the middle ends it with that error; what came after it is no answer to the next request",
    arguments: [true, false])
  func broken(_ isError: Bool) throws {
    let pair = try Pair()
    try pair.answer(1, .row(1), isError ? .error(errno: ENOBUFS) : .done(errno: ENOBUFS), .row(2))
    try pair.answer(1, .row(3), .done())
    try pair.answer(2, .row(4), .done())
    #expect { try pair.dump() } throws: { ($0 as? SystemError)?.errno == ENOBUFS }
    let (rows, isWhole) = try pair.dump()
    #expect(isWhole && rows == [4])
  }

  @Test("The other end goes in the middle: an error, and no waiting")
  func gone() throws {
    var pair: Pair? = try Pair()
    let socket = try #require(pair?.socket)
    try pair?.answer(1, .row(1))
    pair = nil
    #expect(throws: SystemError.self) {
      try socket.dump(NetlinkRequest(type: 26, flags: 0x301, header: []), begin: {}, each: { _, _ in })
    }
  }

  @Test("Of several requests at once each gets its own answer; one that is missing is not waited for")
  func several() throws {
    let pair = try Pair()
    try pair.answer(2, .error(errno: ENOENT))
    try pair.answer(1, .row(1, flags: 0))
    try pair.answer(9, .row(9))
    try pair.answer(4, .row(4))
    var answers: [String] = []
    let request = NetlinkRequest(type: 26, flags: 1, header: [])
    try pair.socket.ask([request, request, request, request]) { place, bytes, message in
      let value =
        message.status(bytes).map { "refused \($0)" } ?? "\(bytes.u32(message.payload.lowerBound) ?? 0)"
      answers.append("\(place): \(value)")
    }
    #expect(answers == ["1: refused \(ENOENT)", "0: 1", "3: 4"])
    // The next one's answers are told from those that came too late.
    try pair.answer(3, .row(3))
    try pair.answer(5, .row(5))
    answers = []
    try pair.socket.ask([request]) { place, _, _ in answers.append("\(place)") }
    #expect(answers == ["0"])
  }
}
