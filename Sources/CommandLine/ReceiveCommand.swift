import Addressing
import Diagnostics
import Encoding
import LinuxKernel
import Probing
import Timing

/// `receive`: joins groups and counts what comes.
struct ReceiveCommand {
  let console: Console
  let plan: ReceivePlan

  func run() throws(Failure) -> ExitCode {
    do throws(SystemError) {
      return try receive()
    } catch {
      throw TrafficFailure.of(error, group: plan.groups[0], interface: plan.interface)
    }
  }

  private func receive() throws(SystemError) -> ExitCode {
    let link = try plan.interface.map { name throws(SystemError) in try Links.index(of: name) } ?? 0
    let interruptions = try Interruptions()
    let sockets = try join(link)
    for socket in sockets { try interruptions.watch(socket.descriptor) }
    let start = Clock.now
    // Kernel timestamps are of the wall clock; what counts are differences on the boot clock.
    let offset = Clock.wallNanoseconds - start.nanoseconds
    var traffic = TrafficReceiver(from: start)
    announce()
    let end = console.settings.timeoutSeconds.map { start + .nanoseconds(Int64($0 * 1e9)) }
    var isInterrupted = false
    receiving: while plan.count.map({ traffic.packets < $0 }) ?? true {
      for socket in sockets {
        while let datagram = socket.receive() {
          guard let flow = flow(datagram) else { continue }
          traffic.receive(
            datagram.payload.span, of: flow, at: Instant(nanoseconds: datagram.wallNanoseconds - offset))
          if let count = plan.count, traffic.packets >= count { break receiving }
        }
      }
      if isInterrupted { break }
      if let end, end <= Clock.now { break }
      // What had come in before the signal is counted in one more turn.
      isInterrupted = interruptions.wait(until: end)
    }
    let outcome = Outcome(
      traffic, plan, seconds: Double((Clock.now - start).nanoseconds) / 1e9, isInterrupted)
    report(outcome)
    return outcome.exit
  }

  /// One socket for each family in use, with all its groups.
  private func join(_ link: Int32) throws(SystemError) -> [DatagramSocket] {
    var sockets: [DatagramSocket] = []
    for family in Family.allCases {
      let groups = plan.groups.filter { $0.family == family }
      guard !groups.isEmpty else { continue }
      let socket = try DatagramSocket.receiving(family, port: plan.port)
      for group in Set(groups).sorted() { try socket.join(group, from: plan.source, link: link) }
      sockets.append(socket)
    }
    return sockets
  }

  /// Nil for what was not asked for: another group of the socket, or another source.
  private func flow(_ datagram: DatagramSocket.Received) -> Flow? {
    guard let group = Group(datagram.destination), plan.groups.contains(group) else { return nil }
    if let source = plan.source, datagram.source != source { return nil }
    return Flow(source: datagram.source, group: group)
  }

  /// Said once the memberships hold: who waits for this line loses no packet.
  private func announce() {
    let groups = plan.groups.map(\.description).joined(separator: " ")
    console.note("receiving \(groups)\(plan.interface.map { " on \($0)" } ?? ""), port \(plan.port)")
  }

  /// The figures at the end, and what they mean for who expected something.
  struct Outcome {
    var streams: [TrafficStream]
    var packets: UInt64
    var untracked: UInt64
    var seconds: Double
    /// Why the exit code is 1; empty when all expectations were met.
    var misses: [String] = []
    var exit = ExitCode.done

    init(_ traffic: TrafficReceiver, _ plan: ReceivePlan, seconds: Double, _ isInterrupted: Bool) {
      streams = traffic.streams
      packets = traffic.packets
      untracked = traffic.untracked
      self.seconds = seconds
      let distinct = packets - streams.reduce(0) { $0 + $1.duplicates }
      if let expected = plan.expected, distinct < expected {
        misses.append("expected \(expected) packets, \(distinct) came")
      }
      if let limit = plan.lossLimitPercent {
        let worst = streams.map(\.lossPercent).max() ?? 100
        if worst > limit {
          misses.append(
            "\(Quantity.decimal(worst, places: 2)) % lost, \(Quantity.decimal(limit, places: 2)) % allowed")
        }
      }
      if !misses.isEmpty {
        exit = .failed
      } else if let count = plan.count, packets < count, !isInterrupted {
        misses.append("\(packets) of \(count) packets came in time")
        exit = .timedOut
      }
    }
  }

  private func report(_ outcome: Outcome) {
    if console.settings.json != nil {
      json(outcome)
    } else {
      let quantity = console.layout(console.surroundings.clock()).quantity
      console.print(TrafficText.received(outcome, plan, quantity))
    }
    console.flush()
    for miss in outcome.misses {
      console.complain(Diagnostic(.error, outcome.exit == .timedOut ? .timedOut : .expectationMissed, miss))
    }
  }

  private func json(_ outcome: Outcome) {
    var output = JSONOutput("receive", generation: nil, to: console)
    for stream in outcome.streams {
      output.row { writer in
        writer.member("group", stream.flow.group.address)
        writer.member("source", stream.flow.source)
        writer.member("interface", plan.interface)
        writer.member("port", plan.port)
        writer.member("content", stream.content.rawValue)
        writer.member("payload", stream.kind?.rawValue)
        writer.member("packets", stream.packets)
        writer.member("bytes", stream.bytes)
        if stream.isNumbered {
          writer.member("lost", stream.lost)
          writer.member("reordered", stream.reordered)
          writer.member("duplicates", stream.duplicates)
          writer.member("lossPercent", number: stream.lossPercent)
          writer.member("firstSequence", stream.lowestSequence)
          writer.member("lastSequence", stream.highestSequence)
          writer.member("jitterSeconds", number: Double(stream.jitter.nanoseconds) / 1e9)
        }
        writer.member("firstAfterSeconds", number: Double(stream.firstAfter.nanoseconds) / 1e9)
        writer.member("durationSeconds", number: Double(stream.duration.nanoseconds) / 1e9)
        writer.member("packetsPerSecond", number: stream.packetsPerSecond)
        writer.member("bitsPerSecond", number: stream.bitsPerSecond)
      }
    }
    output.finish()
  }
}
