import Addressing
import Diagnostics
import Simulation
import Testing
import Timing

/// Processes of routers that are replaced while their kernels forward on.
@Suite struct RestartTests {
  private let group = Address(ipv4: 0xef01_0101)
  private let fresh = Address(ipv4: 0xef01_0102)

  /// A line of three routers, a member behind the last, ten packets a second from the first.
  private func line(_ events: [Scenario.Event], until end: Int64 = 300) throws -> Scenario {
    var scenario = Topology(.line, 3).scenario(seed: 1)
    let hosts = scenario.nodes.filter { !$0.isRouter }.map(\.name)
    let (first, last) = (try #require(hosts.first), try #require(hosts.last))
    scenario.events = [
      .init(.start + .seconds(1), .join(last, group, source: nil)),
      .init(.start + .seconds(1), .join(last, fresh, source: nil)),
      .init(.start + .seconds(35), .send(first, group, every: .milliseconds(100), count: 2000)),
    ]
    for event in events {
      guard case .send(_, let group, let every, let count) = event.what else {
        scenario.events.append(event)
        continue
      }
      scenario.events.append(.init(event.at, .send(first, group, every: every, count: count)))
    }
    scenario.end = .start + .seconds(end)
    return scenario
  }

  private func outcome(_ scenario: Scenario) throws -> Network {
    var network = try Network(scenario)
    network.run()
    return network
  }

  @Test("Whichever router restarts or crashes, a member that was served misses no packet", arguments: 1...3)
  func noneIsLost(_ router: Int) throws {
    for away in [20, 200, 3000, 9000] as [Int64] {
      let time = Duration.milliseconds(away)
      let network = try outcome(
        line([
          .init(.start + .seconds(60), .restart("r\(router)", away: time)),
          .init(.start + .seconds(100), .crash("r\(router)", away: time)),
          .init(.start + .seconds(150), .restart("r\(router)", away: time)),
        ]))
      #expect(network.violations == [])
      #expect(network.counts.delivered == 2000)
      #expect(network.counts.judged == 2000, "no packet is left out of the judgement")
    }
  }

  @Test("All processes crash at once, and nothing is lost")
  func allAtOnce() throws {
    let network = try outcome(
      line((1...3).map { .init(.start + .seconds(80), .crash("r\($0)", away: .seconds(1))) }))
    #expect(network.violations == [])
    #expect(network.counts.delivered == 2000)
  }

  @Test("A stream that begins while the process is away is served when it is back, by what waited for it")
  func newStream() throws {
    for isPlanned in [true, false] {
      let away = Duration.milliseconds(500)
      let network = try outcome(
        line([
          .init(.start + .seconds(60), isPlanned ? .restart("r2", away: away) : .crash("r2", away: away)),
          .init(
            .start + .milliseconds(60_200), .send("", fresh, every: .milliseconds(200), count: 50)),
        ]))
      #expect(network.violations == [])
      // After a crash the way to the source is learned first.
      #expect(network.counts.delivered >= (isPlanned ? 2050 : 2040))
    }
  }

  @Test("A process that is killed while it is replaced takes the tables along: the member misses packets")
  func killed() throws {
    let network = try outcome(
      line([
        .init(.start + .seconds(60), .restart("r2", away: .seconds(5))),
        .init(.start + .seconds(61), .kill("r2")), .init(.start + .seconds(80), .start("r2")),
      ]))
    #expect(network.violations == [])
    #expect(network.counts.delivered < 1900)
  }

  @Test("Who is away for longer than neighbors wait cannot be asked for; no time is 200 ms")
  func text() throws {
    let lines = "router r1\nat 1s restart r1\nat 2s crash r1 3s\n"
    let scenario = try Scenario(parsing: lines)
    #expect(
      scenario.events.map(\.what) == [
        .restart("r1", away: .milliseconds(200)), .crash("r1", away: .seconds(3)),
      ])
    #expect(try Scenario(parsing: scenario.text) == scenario)
    #expect(throws: Diagnostic.self) { try Scenario(parsing: "router r1\nat 1s restart r1 11s") }
  }
}
