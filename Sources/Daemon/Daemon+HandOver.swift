import Configuration
import Control
import Diagnostics
import Encoding
import LinuxKernel
import Router

/// How the daemon ends.
enum Ending: Hashable {
  /// Nothing of it stays in the kernel.
  case withdrawn
  /// Its sockets stay with whoever keeps them: routes, VIFs and memberships with them.
  case kept
  /// The same, and this process goes on as the program that is in the file now.
  case resumed
}

/// An end that the next life follows.
extension Daemon {
  /// TERM and INT: a service manager sends the same to stop and to restart.
  func end(by signal: String, _ clock: WallClock) {
    guard store?.holder == .serviceManager else { return stop(signal, clock) }
    handOver(signal, .kept, clock)
  }

  /// Why the daemon cannot be restarted without a gap; nil: it can.
  private func handOverRefusal(_ clock: WallClock) -> Diagnostic? {
    guard let store else {
      return Diagnostic(
        .error, .handOverRefused, "nobody keeps the sockets: this daemon was started without a keeper",
        hint: "stop it and start it again; its routes are gone meanwhile")
    }
    guard store.holder == .keeper else { return nil }
    guard let file = ThisProcess.firstFile, Files.isExecutable(file) else {
      return Diagnostic(
        .error, .handOverRefused, "the program \(ThisProcess.firstFile ?? "") cannot be run any more",
        hint: "install it again")
    }
    var answer = store.ask()
    if answer == .gone {
      // It is replaced at once, not when the loop hears of its end or the pause before another is over.
      keeperEnded(clock)
      renewKeeper(clock, isDue: true)
      answer = store.ask()
    }
    guard answer == .gives else {
      return Diagnostic(
        .error, .handOverRefused, "the keeper of the sockets does not answer: nobody could give them back",
        hint: "is the process mcast-keeper stopped? once it runs, or is ended, the restart works")
    }
    return nil
  }

  /// A client asked for a restart without a gap.
  func restart(_ request: RequestID, _ clock: WallClock) {
    if let refusal = handOverRefusal(clock) { return answer(request, .refused([refusal]), clock) }
    // As a reload: what cannot be read is told to who asked, and nothing ends.
    let file = fileOfSuccessor
    guard !file.parsed.hasErrors else { return answer(request, .refused(file.parsed.diagnostics), clock) }
    control.server.warn(request, warnings(of: file))
    answer(request, .changes([], router.changes(atRestartWith: file.parsed.configuration)), clock)
    control.flush(clock)
    handOver("a client asked for it", store?.holder == .keeper ? .resumed : .kept, clock)
  }

  /// What the next life begins with; what can be read once, it finds with the sockets.
  private var fileOfSuccessor: OwnFile {
    if options.handed != nil, let files = saved.acceptedFiles { return OwnFile(options, from: files) }
    return OwnFile(options) { self.servePackets() }
  }

  /// Leaves everything as it is in the kernel, with the state for the life that follows.
  private func handOver(_ reason: String, _ ending: Ending, _ clock: WallClock) {
    guard stopDeadline == nil, exit == nil else { return }
    FaultPoint.reach(.handOverBegun)
    log.say(.handsOver(reason: reason))
    supervision.stopping()
    if !saved.save(snapshot: router.snapshot(.whole)) {
      log.say(.warning, .handOverRefused, "the state is not kept: the next daemon learns it anew")
    }
    self.ending = ending
    exit = .done
    FaultPoint.reach(.handOverEnd)
  }

  /// The keeper's connection has something to say: that it is gone.
  func keeperEnded(_ clock: WallClock) {
    guard let store, let former = store.keeper else { return }
    loop.forget(former)
    store.lost(at: clock.now)
  }

  /// Starts another keeper when it is time.
  func renewKeeper(_ clock: WallClock, isDue: Bool = false) {
    guard let store, let due = store.renewal, isDue || due <= clock.now else { return }
    if let failure = store.renew(at: clock.now) {
      if unkept == nil {
        log.say(.warning, .handOverRefused, "the keeper of the sockets is gone: \(failure)")
      }
      unkept = Daemon.unkept(failure)
    } else {
      unkept = nil
      watchKeeper()
      log.say(.notice, nil, "the keeper of the sockets is gone; another one has them")
    }
  }

  /// What `mcast status` says while nobody keeps the sockets.
  static func unkept(_ failure: SystemError) -> Diagnostic {
    Diagnostic(
      .warning, .handOverRefused, "nobody keeps the sockets, a crash takes all routes: \(failure)",
      hint: failure.name == "EPERM" ? "another user has the address" : nil)
  }

  func watchKeeper() {
    guard let keeper = store?.keeper else { return }
    do throws(SystemError) {
      try loop.watch(keeper, as: .init(owner: Daemon.keeperOwner, number: 0))
    } catch {
      log.say(
        .warning, .handOverRefused, "the keeper of the sockets is not watched: \(error)",
        hint: "where it ends nobody starts another; mcast restart watches it again")
    }
  }

  /// What went wrong between this life and those around it.
  func tellShortcomings() {
    for shortcoming in driver.takeShortcomings() {
      log.say(.warning, .handOverRefused, shortcoming.text, hint: shortcoming.hint)
    }
  }
}
