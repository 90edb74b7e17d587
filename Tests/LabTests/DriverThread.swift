import Dispatch
import Foundation
import Glibc
import Kernel
import LinuxKernel
import Synchronization
import Timing

/// The system's side of a router, in a namespace, with the test itself in the place of the router.
///
/// One thread owns the driver; what the test wants done is handed to it.
final class DriverThread: Sendable {
  typealias Reaction = @Sendable (KernelEvent) -> [KernelAction]
  private typealias Job = @Sendable (LinuxDriver) -> Void

  private struct State {
    var jobs: [Job] = []
    var events: [KernelEvent] = []
    var turns = 0
    var isEnding = false
  }

  private let state = Mutex(State())
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameter reaction: what is to be done about an event, in the driver's thread.
  init(_ namespace: Namespace, reaction: @escaping Reaction) throws {
    let started = DispatchSemaphore(value: 0)
    let failure = Mutex<(any Error)?>(nil)
    let name = namespace.name
    Thread.detachNewThread { [self] in
      do {
        try NetworkNamespace.enter(name)
        let loop = try EventLoop()
        let driver = try LinuxDriver(loop: loop)
        take(try driver.start(), driver, reaction)
        started.signal()
        run(loop, driver, reaction)
      } catch {
        failure.withLock { $0 = error }
        started.signal()
      }
      ended.signal()
    }
    started.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }

  private func run(_ loop: EventLoop, _ driver: LinuxDriver, _ reaction: Reaction) {
    var ready: [EventLoop.Ready] = []
    while true {
      let (jobs, isEnding) = state.withLock { state in
        defer { state.jobs = [] }
        state.turns += 1
        return (state.jobs, state.isEnding)
      }
      for job in jobs { job(driver) }
      if isEnding { break }
      loop.wait(until: Clock.now + .milliseconds(5), into: &ready)
      var events: [KernelEvent] = []
      driver.receive(ready, at: Clock.now, into: &events)
      take(events, driver, reaction)
    }
    driver.close()
  }

  private func take(_ events: [KernelEvent], _ driver: LinuxDriver, _ reaction: Reaction) {
    state.withLock { $0.events += events }
    for event in events { _ = driver.perform(reaction(event)) }
  }

  /// Has the driver do this and waits until it is done; what it answered.
  @discardableResult
  func perform(_ actions: KernelAction...) -> [KernelEvent] {
    let done = DispatchSemaphore(value: 0)
    let answer = Mutex<[KernelEvent]>([])
    state.withLock {
      $0.jobs.append { driver in
        let events = driver.perform(actions)
        answer.withLock { $0 = events }
        done.signal()
      }
    }
    done.wait()
    return answer.withLock { $0 }
  }

  /// Everything that the driver has told so far.
  var events: [KernelEvent] { state.withLock { $0.events } }
  /// How often the loop came round.
  var turns: Int { state.withLock { $0.turns } }

  /// The IGMP and MLD packets that came.
  var datagrams: [Datagram] {
    events.compactMap { if case .received(let datagram) = $0 { datagram } else { nil } }
  }

  func end() {
    state.withLock { $0.isEnding = true }
    ended.wait()
  }
}

/// The calling thread's network.
enum NetworkNamespace {
  static func enter(_ name: String) throws(LabError) {
    let descriptor = unsafe open("/run/netns/" + name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LabError(description: "\(name): errno \(errno)") }
    defer { close(descriptor) }
    // The C library has it, its module for Swift has not.
    typealias Enter = @convention(c) (Int32, Int32) -> Int32
    guard let symbol = unsafe dlsym(nil, "setns") else { throw LabError(description: "no setns") }
    guard unsafe unsafeBitCast(symbol, to: Enter.self)(descriptor, 0) == 0 else {
      throw LabError(description: "setns: errno \(errno)")
    }
  }
}
