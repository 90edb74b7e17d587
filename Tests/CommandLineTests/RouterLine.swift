import Addressing
import Compatibility
import Probing
import Timing
import Wire

@testable import CommandLine
@testable import LinuxKernel

/// The line 10.77.1.2 – R1 – R2 – R3 – 10.77.3.2 as the tools at its right end see it.
final class RouterLine: ProbingChannel {
  /// Who answers.
  enum Kind: String {
    /// Every router, each for itself; but answers to a group are lost, and R1 is asked where it is no last
    /// hop.
    case all
    /// R3 takes every packet of IGMP for its own, as mrouted 4 does.
    case near
    /// With Router Alert in each packet no request of R3 gets beyond R2.
    case alert
    /// Nobody.
    case none
  }

  var kind = Kind.all
  var isRoot = true
  var names: [String: String] = [:]
  var environment: [String: String] = [:]
  /// Problem of R2, for the explanations.
  var problem = TraceProblem.none
  private(set) var out = ""
  private(set) var error = ""
  private(set) var sent: [(target: Address, hops: UInt8, payload: [UInt8])] = []
  private(set) var joined: [Address] = []
  private var waiting: [(payload: [UInt8], source: Address)] = []
  private var now = Instant.start + .seconds(100)

  struct Router {
    var incoming: Address
    var outgoing: Address
    var previous: Address
    var list: NeighborList
    var addresses: [Address] { [incoming, outgoing] }
  }

  static func address(_ text: String) -> Address { Address(text) ?? .unspecified(.ipv4) }

  private static func router(
    _ incoming: String, _ outgoing: String, _ previous: String,
    _ entries: [(String, String, NeighborList.Flags)]
  ) -> Router {
    Router(
      incoming: address(incoming), outgoing: address(outgoing), previous: address(previous),
      list: NeighborList(
        .flagged,
        entries.map {
          NeighborList.Entry(
            local: address($0.0), metric: 1, threshold: 1, flags: $0.2, neighbors: [address($0.1)])
        }))
  }

  /// From the receiver's on.
  static let routers = [
    router(
      "10.77.23.3", "10.77.3.1", "10.77.23.2",
      [("10.77.23.3", "10.77.23.2", .querier), ("10.77.3.1", "0.0.0.0", [.querier, .leaf])]),
    router(
      "10.77.12.2", "10.77.23.2", "10.77.12.1",
      [("10.77.12.2", "10.77.12.1", []), ("10.77.23.2", "10.77.23.3", .querier)]),
    router(
      "10.77.1.1", "10.77.12.1", "0.0.0.0",
      [("10.77.1.1", "0.0.0.0", [.querier, .leaf]), ("10.77.12.1", "10.77.12.2", .querier)]),
  ]

  // MARK: The channel

  func join(_ group: Address, from address: Address) { joined.append(group) }

  func receive(until deadline: Instant?) -> (payload: [UInt8], source: Address)? {
    if !waiting.isEmpty { return waiting.removeFirst() }
    if let deadline { now = max(now, deadline) }
    return nil
  }

  func send(_ payload: [UInt8], to target: Address, hops: UInt8) {
    sent.append((target, hops, payload))
    guard kind != .none else { return }
    if let packet = try? DVMRPPacket(decoding: payload.span), case .askNeighbors(let form) = packet.message {
      answer(form, target)
    } else if let query = try? TraceMessage(decoding: payload.span) {
      answer(query, target)
    }
  }

  private func answer(_ form: NeighborListForm, _ target: Address) {
    var source = target
    var router = RouterLine.routers.first { $0.addresses.contains(target) }
    // The tool that asks its own machine stands on R2.
    if target.isLoopback { router = RouterLine.routers[1] }
    let isTaken = kind == .near && router != nil && !target.isLoopback
    if target.isMulticast || isTaken {
      (router, source) = (RouterLine.routers[0], RouterLine.address("10.77.3.1"))
    }
    if kind == .alert, target != RouterLine.address("10.77.3.1") { return }
    guard var list = router?.list else { return }
    list.form = form
    waiting.append((DVMRPPacket(.neighbors(list)).encoded(), source))
  }

  private func answer(_ query: TraceMessage, _ target: Address) {
    guard query.source == RouterLine.address("10.77.1.2"), !query.answerTo.isMulticast else { return }
    var path = Array(RouterLine.routers.prefix(Int(query.maximumHops)))
    if kind == .alert, path.count > 1 || target != TraceSession.allRouters { return }
    var problem = self.problem
    let isAstray = kind == .all && target == RouterLine.address("10.77.12.1")
    if isAstray { (path, problem) = ([RouterLine.routers[2]], .wrongInterface) }
    var answer = query
    answer.isResponse = true
    let nanoseconds = now.nanoseconds
    let packets = UInt32(truncatingIfNeeded: nanoseconds / 50_000_000)
    answer.hops = path.enumerated().map { index, router in
      TraceHop(
        arrival: TraceHop.arrival(seconds: nanoseconds / 1_000_000_000, microseconds: 0),
        incoming: router.incoming, outgoing: router.outgoing, previous: router.previous, packetsIn: packets,
        packetsOut: packets, flowPackets: packets, threshold: isAstray ? 0 : 1, sourceLength: 24,
        problem: isAstray || index == 1 ? problem : .none)
    }
    waiting.append((answer.encoded(), path.last?.incoming ?? target))
  }

  // MARK: The tool

  var surroundings: ProbingSurroundings {
    ProbingSurroundings(
      write: { self.out += String(decoding: $0, as: UTF8.self) },
      complain: { self.error += String(decoding: $0, as: UTF8.self) },
      environment: { self.environment[$0] },
      now: { self.now },
      wall: { self.now.nanoseconds },
      date: { "Sat Nov 21 04:58:26 2026" },
      number: { 77 },
      names: AddressNames { self.names[$0.description] },
      addresses: { text in Address(text).map { [$0] } ?? [] },
      ownAddress: { $0.isLoopback ? $0 : RouterLine.address("10.77.3.2") },
      subnets: { [Prefix("127.0.0.0/8"), Prefix("10.77.3.0/24")].compactMap { $0 } },
      open: { (_) throws(SystemError) in
        guard self.isRoot else { throw SystemError("open socket", errno: 1) }
        return self
      })
  }

  /// Runs a tool with the words of a line; what it says on standard error, and then on standard output.
  func run(_ line: String) -> (text: String, status: Int32) {
    let words = line.split(separator: " ").map(String.init)
    guard let tool = ProbingArguments.Tool(rawValue: words[0]) else { return ("no such tool", -1) }
    (out, error) = ("", "")
    let status = ProbingTool(tool: tool, surroundings: surroundings).run(Array(words.dropFirst()))
    return (error + out, status)
  }
}
