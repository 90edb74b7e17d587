import Diagnostics
import LinuxKernel
import Simulation
import Timing

/// `mcsim soak`: the lives of many seeds, several at a time.
struct SoakCommand {
  private let words: SimulatorWords

  init(_ words: SimulatorWords) { self.words = words }

  func run(_ subject: String) async throws(Diagnostic) -> Int32 {
    guard let topology = Topology(subject) else {
      throw SimulatorWords.refusal("\"\(subject)\" is no shape like mesh:20")
    }
    var soak = Soak(topology, hours: words.hours ?? 50, firstSeed: words.seed ?? 1)
    soak.replaces = words.replaces
    let seeds = soak.seeds(routerHours: words.routerHours)
    let started = Clock.now
    var total = NetworkCounts()
    var routerHours = 0.0
    var failed: Soak.Outcome?
    var refusal: Diagnostic?
    await withTaskGroup(of: Result<Soak.Outcome, Diagnostic>.self) { group in
      var waiting = seeds[...]
      for _ in 0..<words.jobs { start(waiting.popFirst(), soak, &group) }
      while let result = await group.next() {
        guard case .success(let outcome) = result else {
          if case .failure(let diagnostic) = result { refusal = diagnostic }
          waiting = []
          continue
        }
        if outcome.violation != nil {
          failed = failed ?? outcome
          waiting = []
          continue
        }
        total.add(outcome.counts)
        routerHours += outcome.routerHours
        report(outcome)
        start(waiting.popFirst(), soak, &group)
      }
    }
    if let refusal { throw refusal }
    let seconds = Double((Clock.now - started).milliseconds) / 1000
    if let failed, let violation = failed.violation {
      let again =
        "mcsim run \(topology.text) --seed \(failed.scenario.seed) --hours \(soak.hours)\(words.restarts)"
      RunCommand.report(violation, failed.scenario, again: again)
      return 1
    }
    let (first, last) = (seeds.first ?? 0, seeds.last ?? 0)
    ThisProcess.write(
      "seeds \(first) to \(last) of \(topology.text), \(Int(routerHours)) router-hours in \(Int(seconds)) s, "
        + "\(Int(routerHours / max(seconds, 0.001))) a second: \(total.text)\n", to: .output)
    return 0
  }

  private func start(
    _ seed: UInt64?, _ soak: Soak, _ group: inout TaskGroup<Result<Soak.Outcome, Diagnostic>>
  ) {
    guard let seed else { return }
    group.addTask {
      do throws(Diagnostic) {
        return .success(try soak.run(seed: seed))
      } catch {
        return .failure(error)
      }
    }
  }

  private func report(_ outcome: Soak.Outcome) {
    let hours = Int(outcome.routerHours)
    ThisProcess.write(
      "seed \(outcome.scenario.seed): \(hours) router-hours, \(outcome.counts.text)\n", to: .output)
  }
}
