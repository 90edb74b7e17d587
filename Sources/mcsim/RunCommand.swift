import Addressing
import Diagnostics
import LinuxKernel
import Simulation
import Timing

/// `mcsim run` and `mcsim draw`.
struct RunCommand {
  private let words: SimulatorWords

  init(_ words: SimulatorWords) { self.words = words }

  // MARK: run

  func run(_ subject: String) throws(Diagnostic) -> Int32 {
    let stated = try scenario(subject, seed: nil).seed
    let first = words.seed ?? stated
    var total = NetworkCounts()
    for step in 0..<words.seeds {
      let scenario = try scenario(subject, seed: first &+ step)
      var network = try Network(scenario)
      if let from = words.tell { network.chronicle = Chronicle(from: .start + (try Scenario.duration(from))) }
      network.run()
      for line in network.chronicle?.lines ?? [] { ThisProcess.write(line + "\n", to: .output) }
      if let violation = network.violations.first {
        guard words.tell == nil else {
          let at = (violation.at - .start).milliseconds
          ThisProcess.write("\(at) ms: \(violation.kind.rawValue): \(violation.text)\n", to: .output)
          return 1
        }
        let hours = words.hours.map { " --hours \($0)\(words.restarts)" } ?? ""
        RunCommand.report(
          violation, scenario, again: "mcsim run \(subject) --seed \(scenario.seed)\(hours)")
        return 1
      }
      total.add(network.counts)
      ThisProcess.write("seed \(scenario.seed): \(RunCommand.text(network))\n", to: .output)
    }
    if words.seeds > 1 { ThisProcess.write("all \(words.seeds) seeds: \(total.text)\n", to: .output) }
    return 0
  }

  private static func text(_ network: Network) -> String {
    let routers = network.scenario.nodes.count { $0.isRouter }
    let minutes = (network.scenario.end - .start).milliseconds / 60_000
    return "\(routers) routers, \(minutes) min, \(network.counts.text)"
  }

  /// The failing scenario, as small as it could be made, on standard output: it can be run again.
  ///
  /// - Parameter again: the command that repeats the whole run.
  static func report(_ violation: Violation, _ scenario: Scenario, again: String?) {
    let kind = violation.kind.rawValue
    let at = (violation.at - .start).milliseconds
    ThisProcess.write(
      "mcsim: seed \(scenario.seed): \(kind) at \(at) ms: \(violation.text); shrinking\n", to: .error)
    let small = Shrinker(keeping: violation.kind).shrunk(scenario)
    ThisProcess.write("# fails: \(kind): \(violation.text)\n", to: .output)
    if let again { ThisProcess.write("# whole: \(again)\n", to: .output) }
    ThisProcess.write("# this: mcsim run FILE\n" + small.text, to: .output)
  }

  // MARK: draw

  func draw(_ subject: String) throws(Diagnostic) -> Int32 {
    var network = try Network(try scenario(subject, seed: words.seed))
    let end = try words.at.map { text throws(Diagnostic) in .start + (try Scenario.duration(text)) }
    while network.advance(to: end ?? network.scenario.end) {}
    let picture = Picture(network, flow: try words.flow.map { text throws(Diagnostic) in try flow(text) })
    ThisProcess.write(words.isDot ? picture.dot : picture.svg, to: .output)
    return 0
  }

  private func flow(_ text: String) throws(Diagnostic) -> Flow {
    let parts = text.split(separator: ",").map { Address(String($0)) }
    guard parts.count == 2, let source = parts[0], let group = parts[1].flatMap({ Group($0) }),
      let flow = Flow(source: source, group: group)
    else { throw SimulatorWords.refusal("\"\(text)\" is no SOURCE,GROUP") }
    return flow
  }

  // MARK: The scenario

  /// - Parameter seed: nil: the file's own, or 1.
  private func scenario(_ subject: String, seed: UInt64?) throws(Diagnostic) -> Scenario {
    if let topology = Topology(subject) {
      return topology.scenario(seed: seed ?? 1, hours: words.hours, replaces: words.replaces)
    }
    var scenario = try read(subject)
    if let seed { scenario.seed = seed }
    guard let hours = words.hours else { return scenario }
    return scenario.living(hours: hours, replaces: words.replaces)
  }

  private func read(_ path: String) throws(Diagnostic) -> Scenario {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try Files.read(path, limit: 16 << 20).bytes
    } catch {
      throw Diagnostic(.error, .cannotRead, "\(error)", hint: "or a shape: line:3, mesh:20")
    }
    return try Scenario(parsing: String(decoding: bytes, as: UTF8.self), named: path)
  }
}

extension NetworkCounts {
  mutating func add(_ other: NetworkCounts) {
    happenings += other.happenings
    steps += other.steps
    forwarded += other.forwarded
    delivered += other.delivered
    lost += other.lost
    judged += other.judged
  }

  var text: String {
    "\(happenings) events, \(forwarded) packets forwarded, \(delivered) delivered, \(judged) judged: all held"
  }
}
