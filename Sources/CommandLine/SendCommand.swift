import Addressing
import Diagnostics
import Encoding
import LinuxKernel
import Probing
import Timing

/// `send`: numbered packets to a group, each at its moment.
struct SendCommand {
  let console: Console
  let plan: SendPlan

  func run() throws(Failure) -> ExitCode {
    do throws(SystemError) {
      return try send()
    } catch {
      throw TrafficFailure.of(error, group: plan.group, interface: plan.interface)
    }
  }

  /// What was sent, and how long it took.
  struct Result {
    var packets: UInt64 = 0
    var bytes: UInt64 = 0
    /// Packets that the kernel did not take.
    var refused: UInt64 = 0
    var seconds = 0.0

    var packetsPerSecond: Double { seconds > 0 && packets > 1 ? Double(packets - 1) / seconds : 0 }

    var bitsPerSecond: Double { packets > 0 ? packetsPerSecond * Double(bytes) / Double(packets) * 8 : 0 }
  }

  private func send() throws(SystemError) -> ExitCode {
    let link = try plan.interface.map { name throws(SystemError) in try Links.index(of: name) } ?? 0
    let interruptions = try Interruptions()
    let socket = try DatagramSocket.sending(plan.group.family, .init(link: link, hops: plan.ttl))
    var random = SystemRandomNumberGenerator()
    var generator = TrafficGenerator(
      kind: plan.payload, stream: UInt32.random(in: 1 ... .max, using: &random), size: plan.size)
    let start = Clock.now
    let pace = Pace(from: start, packetsPerSecond: plan.packetsPerSecond)
    let end = console.settings.timeoutSeconds.map { start + .nanoseconds(Int64($0 * 1e9)) }
    console.note("sending to \(plan.group)\(plan.interface.map { " on \($0)" } ?? ""), port \(plan.port)")
    var result = Result()
    var last = start
    while plan.count.map({ generator.count < $0 }) ?? true {
      let due = pace.instant(of: generator.count)
      if let end, due >= end { break }
      guard interruptions.pause(until: due) else { break }
      generator.advance(sentNanoseconds: Clock.wallNanoseconds)
      do throws(SystemError) {
        try socket.send(generator.packet, to: plan.group.address, port: plan.port)
        result.packets += 1
        result.bytes += UInt64(generator.packet.count)
      } catch {
        // The first says whether it can work at all; later ones are the network's weather.
        guard result.packets > 0 || TrafficFailure.isPassing(error) else { throw error }
        result.refused += 1
      }
      last = Clock.now
    }
    result.seconds = Double((last - start).nanoseconds) / 1e9
    report(result)
    return .done
  }

  private func report(_ result: Result) {
    guard console.settings.json != nil else {
      console.print(TrafficText.sent(result, plan, console.layout(console.surroundings.clock()).quantity))
      return
    }
    var output = JSONOutput("send", generation: nil, to: console)
    output.row { writer in
      writer.member("group", plan.group.address)
      writer.member("interface", plan.interface)
      writer.member("port", plan.port)
      writer.member("payload", plan.payload.rawValue)
      writer.member("ttl", plan.ttl)
      writer.member("packets", result.packets)
      writer.member("bytes", result.bytes)
      writer.member("refused", result.refused)
      writer.member("durationSeconds", number: result.seconds)
      writer.member("packetsPerSecond", number: result.packetsPerSecond)
      writer.member("bitsPerSecond", number: result.bitsPerSecond)
    }
    output.finish()
  }
}

/// Interrupt and terminate as something to wait for, beside deadlines and descriptors.
final class Interruptions {
  private let loop: EventLoop
  private let signals: SignalQueue
  private var ready: [EventLoop.Ready] = []
  private var checked = Clock.now
  private static let signalToken = EventLoop.Token(owner: 0, number: 0)

  init() throws(SystemError) {
    loop = try EventLoop()
    signals = try SignalQueue([.interrupt, .terminate])
    try loop.watch(signals.descriptor, as: Interruptions.signalToken)
  }

  func watch(_ descriptor: Descriptor) throws(SystemError) {
    try loop.watch(descriptor, as: EventLoop.Token(owner: 1, number: 0))
  }

  /// Waits for the moment; false when interrupted.
  ///
  /// Costs no call when the moment has passed, but looks at the signals ten times a second.
  func pause(until moment: Instant) -> Bool {
    while true {
      let now = Clock.now
      if moment <= now, now - checked < .milliseconds(100) { return true }
      checked = now
      guard !wait(until: moment <= now ? now : moment) else { return false }
      if moment <= Clock.now { return true }
    }
  }

  /// Waits for a watched descriptor or the moment; true when interrupted.
  func wait(until moment: Instant?) -> Bool {
    loop.wait(until: moment, into: &ready)
    return ready.contains { $0.token == Interruptions.signalToken } && !signals.take().isEmpty
  }
}

/// What the system says when test traffic cannot be, in the words of the one who asked.
enum TrafficFailure {
  static func of(_ error: SystemError, group: Group, interface: String?) -> Failure {
    let name = interface ?? "?"
    switch error.name {
    case "ENODEV", "ENXIO":
      return Failure(
        .noSuchObject, .unknownInterface,
        interface.map { "interface \"\($0)\" does not exist" } ?? "no interface leads to \(group)",
        hint: interface == nil ? "name one: -i eth0" : "see: ip link show")
    case "ENETUNREACH", "EADDRNOTAVAIL", "EHOSTUNREACH":
      return Failure(
        .failed, .systemCallFailed, "no route leads to \(group) (\(error.name))",
        hint: interface == nil
          ? "name an interface: -i eth0" : "\(name) needs an address: ip address add 10.0.0.1/24 dev \(name)")
    case "ENETDOWN":
      return Failure(.failed, .systemCallFailed, "\(name) is down (ENETDOWN)", hint: "ip link set \(name) up")
    case "EACCES", "EPERM":
      return Failure(.notPermitted, .notPermitted, "\(error)", hint: "use sudo")
    default:
      return Failure(.failed, .systemCallFailed, "\(error)", hint: nil)
    }
  }

  /// Full queues: the next packet may pass.
  static func isPassing(_ error: SystemError) -> Bool { ["EAGAIN", "ENOBUFS"].contains(error.name) }
}
