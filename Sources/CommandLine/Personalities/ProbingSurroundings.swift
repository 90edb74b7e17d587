import Addressing
import Diagnostics
import LinuxKernel
import Probing
import Timing

/// What the tools that ask routers reach outside themselves; a test puts its own in place.
struct ProbingSurroundings {
  /// Bytes for standard output and standard error.
  var write: ([UInt8]) -> Void
  var complain: ([UInt8]) -> Void
  var environment: (String) -> String?
  var now: () -> Instant
  /// Nanoseconds since 1970.
  var wall: () -> Int64
  /// The date and time as ctime(3) writes it.
  var date: () -> String
  /// The first number of a trace's questions.
  var number: () -> UInt16
  var names: AddressNames
  /// The IPv4 addresses of a host by name, or of an address itself.
  var addresses: (String) -> [Address]
  /// Our address toward another.
  var ownAddress: (Address) -> Address?
  /// The subnets of this machine's links.
  var subnets: () -> [Prefix]
  /// Opens the socket; the address is that of the interface for questions to groups.
  var open: (Address?) throws(SystemError) -> any ProbingChannel

  /// The process and the machine as they are.
  static var system: ProbingSurroundings {
    let hosts = HostNames()
    return ProbingSurroundings(
      write: { _ = Terminal.write($0, to: 1) },
      complain: { _ = Terminal.write($0, to: 2) },
      environment: Terminal.environment,
      now: { Clock.now },
      wall: { Clock.wallNanoseconds },
      date: { LocalDate.text(wallNanoseconds: Clock.wallNanoseconds) },
      number: { UInt16.random(in: 0 ... .max) },
      names: AddressNames { hosts.name(of: $0) },
      addresses: { hosts.addresses(of: $0) },
      ownAddress: { LocalAddresses.toward($0) },
      subnets: { LocalAddresses.subnets() },
      open: { (address) throws(SystemError) in try SocketProbing(from: address) })
  }
}

/// Messages out and in.
protocol ProbingChannel: AnyObject {
  func join(_ group: Address, from address: Address) throws(SystemError)
  func send(_ payload: [UInt8], to destination: Address, hops: UInt8) throws(SystemError)
  /// The next message and who sent it; nil when the deadline comes first, which nil puts off for ever.
  func receive(until deadline: Instant?) -> (payload: [UInt8], source: Address)?
}

/// The raw socket.
final class SocketProbing: ProbingChannel {
  private let socket: ProbingSocket

  init(from address: Address?) throws(SystemError) { socket = try ProbingSocket(from: address) }

  func join(_ group: Address, from address: Address) throws(SystemError) {
    try socket.join(group, from: address)
  }

  func send(_ payload: [UInt8], to destination: Address, hops: UInt8) throws(SystemError) {
    try socket.send(payload, to: destination, hops: hops)
  }

  func receive(until deadline: Instant?) -> (payload: [UInt8], source: Address)? {
    while true {
      if let message = socket.receive() { return message }
      guard socket.wait(until: deadline) else { return nil }
    }
  }
}

/// Drives a session: sends what it wants sent, says what it says, and tells it what comes and what time it
/// is.
struct ProbingRun {
  let surroundings: ProbingSurroundings
  let program: String
  /// Whether messages are told on standard error.
  var isTelling = false
  /// Whether what the session says is wanted.
  var isSilent = false

  func run(_ session: inout some ProbingSession, over channel: any ProbingChannel) -> Int32 {
    var steps = session.begin(at: surroundings.now())
    while true {
      for step in steps {
        switch step {
        case .send(let payload, let target, let hops): send(payload, to: target, hops, over: channel)
        case .say(let text): if !isSilent { surroundings.write(Array(text.utf8)) }
        case .complain(let line):
          if !isSilent { surroundings.complain(Array((line.escapingControls + "\n").utf8)) }
        case .end(let status): return status
        }
      }
      // What keeps coming must not keep a deadline from being noticed.
      if let deadline = session.nextDeadline, deadline <= surroundings.now() {
        steps = session.expire(at: surroundings.now())
      } else if let (payload, source) = channel.receive(until: session.nextDeadline) {
        tell("from \(source)", payload)
        steps = session.receive(payload, from: source, at: surroundings.now())
      } else {
        steps = session.expire(at: surroundings.now())
      }
    }
  }

  /// What cannot be sent is as good as not answered, but the reason is told.
  private func send(
    _ payload: [UInt8], to target: Address, _ hops: UInt8, over channel: any ProbingChannel
  ) {
    tell("to \(target)", payload)
    do throws(SystemError) {
      try channel.send(payload, to: target, hops: hops)
    } catch {
      surroundings.complain(Array("\(program): \(error)\n".utf8))
    }
  }

  private func tell(_ direction: String, _ payload: [UInt8]) {
    guard isTelling, payload.count > 1 else { return }
    let kind = "type 0x\(String(payload[0], radix: 16)) code \(payload[1])"
    surroundings.complain(Array("\(program): \(direction): \(kind), \(payload.count) bytes\n".utf8))
  }
}
