import Addressing
import Diagnostics
import Encoding
import LinuxKernel
import Probing
import Timing
import Wire

/// What `mcast trace` was asked for.
struct TraceOrder: Sendable {
  var source: Address
  var group: Group?
  /// The router to begin at; nil: that of this machine's link.
  var router: String?

  init(words: [String], options: Resolver) throws(Failure) {
    let example = "for example: mcast trace 10.1.0.2 239.1.1.1"
    guard let word = words.first else { throw .usage("a source is missing", hint: example) }
    guard let source = Address(word), source.isUnicastSource, source.family == .ipv4 else {
      throw Failure(
        .usage, .sourceNotUnicast, "\"\(word)\" is not the IPv4 address of a sender", hint: example)
    }
    guard words.count <= 2 else {
      throw .usage("unexpected word \"\(words[2])\"", code: .unknownWord, hint: "a source and a group")
    }
    self.source = source
    if words.count == 2 {
      let group = try TrafficWords.group(words[1])
      guard group.family == .ipv4 else {
        throw Failure(
          .usage, .familyMixed, "source \(source) and group \(group) are of different families", hint: example
        )
      }
      self.group = group
    }
    router = options.value(.from)
  }
}

/// `trace`: the way of a flow, from the receiver's router back to its source.
struct TraceCommand {
  let console: Console
  let order: TraceOrder
  let surroundings: ProbingSurroundings

  func run() throws(Failure) -> ExitCode {
    var request = TraceRequest(source: order.source, group: order.group)
    request.gateway = try order.router.map { name throws(Failure) in try host(name, surroundings) }
    // A router that is named is asked about its own link.
    request.receiver = request.gateway
    guard var plan = request.plan(surroundings) else {
      throw Failure(
        .failed, .systemCallFailed, "no route leads to \(order.source)",
        hint: "ip route get \(order.source)")
    }
    plan.statistics = nil
    plan.checksTarget = false
    if let seconds = console.settings.timeoutSeconds { plan.patience = .nanoseconds(Int64(seconds * 1e9)) }
    let channel = try ProbingFailure.open(surroundings)
    if let own = surroundings.ownAddress(TracePlan.answerGroup) ?? surroundings.ownAddress(order.source) {
      try? channel.join(TracePlan.answerGroup, from: own)
    }
    var session = TraceSession(plan, number: surroundings.number(), names: surroundings.names)
    var run = ProbingRun(surroundings: surroundings, program: "mcast")
    run.isSilent = true
    let status = run.run(&session, over: channel)
    if plan.receiverSubnet.contains(plan.source), session.hops.isEmpty, status == 0 {
      console.note("\(plan.source) and \(plan.receiver) are on one link: no router is between them")
      if console.settings.json == nil { return .done }
    }
    report(session, plan)
    guard session.roundTrip != nil || status == 0 else {
      throw Failure(
        .timedOut, .timedOut, "no router answered the trace of \(order.source) to \(plan.group)",
        hint: order.router == nil
          ? "name a router to begin at: mcast trace \(order.source) \(plan.group) --from ROUTER"
          : "does it route multicast? mcast info \(plan.target)")
    }
    return session.reachesSource || session.hops.isEmpty ? .done : .failed
  }

  private func report(_ session: TraceSession, _ plan: TracePlan) {
    if console.settings.json != nil { return json(session, plan) }
    guard !session.hops.isEmpty else { return }
    let names = console.settings.isNumeric ? AddressNames.none : surroundings.names
    let layout = console.layout(console.surroundings.clock())
    let milliseconds = Quantity.decimal(Double(session.roundTrip?.nanoseconds ?? 0) / 1e6, places: 1)
    console.print("(\(plan.source), \(plan.group)) as \(plan.receiver) gets it, in \(milliseconds) ms\n")
    let rows = Array(session.hops.enumerated())
    console.print(
      layout.text(TraceCommand.columns, rows) { TraceCommand.cells($0.offset, $0.element, names, layout) })
    for (index, hop) in rows {
      guard let explanation = TraceMeaning(hop.problem).explanation else { continue }
      console.print("hop \(index + 1), \(TraceCommand.router(hop)): \(explanation)\n")
    }
    if session.reachesSource {
      console.print("source \(plan.source) is on the link of \(session.hops.last?.incoming ?? plan.source)\n")
    } else if let next = session.hops.last?.previous, !next.isUnspecified {
      let version =
        session.nextVersion.map { ", version \($0), does not answer traces" } ?? " does not answer"
      console.print(
        "the next router, \(next),\(version.hasPrefix(",") ? version.dropFirst() : version[...])\n")
    }
  }

  private static let columns: [TextTable.Column] = [
    .right("HOP"), .left("ROUTER"), .left("IN BY"), .left("FROM"), .left("PROTOCOL"),
    .right("TTL"), .right("PACKETS"), .left("STATE"),
  ]

  private static func router(_ hop: TraceHop) -> Address {
    hop.outgoing.isUnspecified ? hop.incoming : hop.outgoing
  }

  private static func cells(
    _ index: Int, _ hop: TraceHop, _ names: AddressNames, _ layout: Layout
  ) -> [Cell] {
    let address = { (address: Address) in address.isUnspecified ? nil : address.description }
    let meaning = TraceMeaning(hop.problem)
    return [
      Cell(String(index + 1)), Cell(names.name(of: router(hop)) ?? router(hop).description),
      .optional(address(hop.incoming)), .optional(address(hop.previous)),
      Cell(TraceMeaning.name(ofProtocol: hop.routingProtocol)), Cell(String(hop.threshold)),
      .optional(hop.flowPackets.map { layout.quantity.count(UInt64($0)) }),
      meaning.explanation == nil ? Cell(meaning.phrase) : Cell(meaning.phrase, .bad),
    ]
  }

  private func json(_ session: TraceSession, _ plan: TracePlan) {
    var output = JSONOutput("trace", generation: nil, to: console)
    output.row { writer in
      writer.member("kind", "path")
      writer.member("source", plan.source)
      writer.member("group", plan.group.address)
      writer.member("receiver", plan.receiver)
      writer.member("from", plan.target)
      writer.member("reachesSource", session.reachesSource)
      writer.member("roundTripSeconds", number: session.roundTrip.map { Double($0.nanoseconds) / 1e9 })
    }
    for (index, hop) in session.hops.enumerated() {
      let meaning = TraceMeaning(hop.problem)
      output.row { writer in
        writer.member("kind", "hop")
        writer.member("hop", index + 1)
        writer.member("outgoing", hop.outgoing)
        writer.member("incoming", hop.incoming)
        writer.member("previous", hop.previous.isUnspecified ? nil : hop.previous)
        writer.member(
          "name", console.settings.isNumeric ? nil : surroundings.names.name(of: TraceCommand.router(hop)))
        writer.member("protocol", TraceMeaning.name(ofProtocol: hop.routingProtocol))
        writer.member("threshold", hop.threshold)
        writer.member("sourceLength", hop.sourceLength)
        writer.member("packetsIn", hop.packetsIn)
        writer.member("packetsOut", hop.packetsOut)
        writer.member("flowPackets", hop.flowPackets)
        writer.member("problem", meaning.slug)
        writer.member("explanation", meaning.explanation)
      }
    }
    output.finish()
  }
}

/// An address by its name; the tools' way of failing.
func host(_ name: String, _ surroundings: ProbingSurroundings) throws(Failure) -> Address {
  guard let address = surroundings.addresses(name).first else {
    throw Failure(.noSuchObject, .noSuchObject, "there is no host \"\(name)\"", hint: "give its IPv4 address")
  }
  return address
}

/// What the system says when routers cannot be asked.
enum ProbingFailure {
  static func open(_ surroundings: ProbingSurroundings) throws(Failure) -> any ProbingChannel {
    do throws(SystemError) {
      return try surroundings.open(nil)
    } catch {
      guard ["EPERM", "EACCES"].contains(error.name) else {
        throw Failure(.failed, .systemCallFailed, "\(error)", hint: nil)
      }
      throw Failure(
        .notPermitted, .notPermitted, "asking routers takes a raw socket (\(error.name))", hint: "use sudo")
    }
  }
}
