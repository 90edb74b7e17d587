import Foundation
import Testing

extension KernelTests {
  /// Every command of the client with every daemon: the stock pair tells what is right.
  @Suite struct Pairs {
    /// One thing that is done to a router, in order.
    private enum Step {
      /// A command line and what is typed.
      case command([String], input: String = "")
      case packets(_ source: String, _ group: String, _ count: Int)

      static func ctl(_ sentence: String) -> Step {
        .command(sentence.split(separator: " ").map(String.init))
      }
    }

    /// What came of a step; equal where nobody can tell the makes apart.
    ///
    /// Help is in other words, so of that only its shape counts.
    private struct Answer: Equatable, CustomStringConvertible {
      var sentence: String
      var status: Int32
      var output: [String]
      var errors: [String]

      init(_ sentence: String, _ outcome: Outcome) {
        (self.sentence, status) = (sentence, outcome.status)
        // The C library names the program as it was called, by its path.
        errors = outcome.errors.map { $0.replacingOccurrences(of: "/usr/sbin/", with: "") }
        output = outcome.output
        if let usage = output.firstIndex(of: "Usage:") { output = Array(output[...usage]) }
        // So are the addresses of those who made it.
        if output.first?.hasPrefix("SMCRoute v") == true {
          output = output.map { String($0.prefix { $0 != ":" && !$0.isNumber }) }
        }
        guard output.first == "Help:" else { return }
        output = output.map {
          $0.hasPrefix("  smcroutectl ") ? "  example" : $0.hasPrefix("  ") ? "  text" : $0
        }
      }

      var description: String {
        (["\(sentence): \(status)"] + output.map { "  | \($0)" } + errors.map { "  ! \($0)" }).joined(
          separator: "\n")
      }
    }

    private static let configuration = """
      phyint eth2 enable ttl-threshold 5
      mroute from eth0 group 225.1.0.0/16 to eth1 eth2
      mroute from eth0 source 10.0.0.10 group 225.2.0.1 to eth1
      mgroup from eth1 group 225.2.0.1
      """

    private static let shows = [
      "show", "show routes", "show groups", "show interfaces", "-d show", "-d show groups",
      "-d show interfaces",
    ].flatMap { ["-p \($0)", "-p -t \($0)", "\($0) -pt"] }.map(Step.ctl)

    private static let routes = [
      "add eth0 10.0.0.10 225.2.0.3 eth1 eth2", "add eth0 225.3.0.0/16 eth1",
      "add eth0 10.0.0.0/24 225.4.0.0/16 eth1",
      "add eth0 ff05:2::/32 eth1 eth2", "add eth0 fc00::10 ff05::7 eth1", "add eth0 10.0.0.10 225.2.0.5 nope",
      "add eth0 10.0.0.10 225.2.0.6 eth1 nope", "add eth0 0.0.0.0 225.2.0.7 eth1", "add eth+ 225.2.0.8 eth1",
      "add eth0 10.0.0.10 225.2.0.9 eth+", "add nope 225.1.2.3 eth1", "add eth0 300.0.0.10 225.1.2.3 eth1",
      "add eth0 10.0.0.10 1.2.5.5 eth1", "add eth0 10.0.0.10 225.2.0.3 eth1",
      "add eth0 10.0.0.10/32 225.2.0.4/32 eth1",
      "remove eth0 225.9.9.9", "remove eth0 10.0.0.10 225.9.9.9", "remove eth0 ff05::9",
      "remove nope 225.1.2.3",
      "remove eth0 10.0.0.10 225.2.0.3 eth2", "del eth0 fc00::10 ff05::7", "rem eth0 10.0.0.10 225.2.0.9",
      "remove eth0 10.0.0.10 225.2.0.3",
    ].map(Step.ctl)

    private static let joins = [
      "join eth0 225.1.2.3", "join eth0 225.1.2.3", "join eth0 10.0.0.10 232.1.1.1", "join eth0 225.5.0.0/30",
      "join eth1 ff05::1", "join eth+ 225.6.0.1", "join eth1 fc00::10 ff35::1", "leave eth0 225.1.2.9",
      "leave eth0 10.0.0.11 232.1.1.1", "leave eth0 225.5.0.0", "leave eth0 225.1.2.3",
      "l eth0 10.0.0.10 232.1.1.1",
      "leave eth0 225.5.0.0/30", "leave eth1 ff05::1", "leave nope 225.1.2.3",
    ].map(Step.ctl)

    private static let words = [
      "add", "add eth0 225.1.2.3", "remove eth0", "del eth0", "join eth0", "leave eth0", "help", "-h",
      "help add",
      "help remove", "help del", "help join", "help leave", "help show", "help flush", "help kill",
      "help reload",
      "help restart", "help version", "help help", "version", "-v", "-Q", "-Q show", "shows -pt", "s -pt",
      "sh groups -pt",
      "show gibberish -pt", "a eth0 10.0.0.10 225.2.1.1 eth1", "rem eth0 10.0.0.10 225.2.1.1", "show -u",
    ].map(Step.ctl)

    private static let batch = """
      # comment
      add eth0 10.0.0.10 225.2.2.1 eth1
      add nope 10.0.0.10 225.2.2.2 eth1
      join eth0 ff45::2
      leave eth0 ff45::3
      show routes
      remove eth0 10.0.0.10 225.2.2.1

      """

    private static let steps: [Step] =
      shows + [
        .packets("10.0.0.10", "225.2.0.1", 4), .packets("10.0.0.11", "225.1.9.9", 3),
        .packets("10.0.0.12", "225.8.0.1", 2),
      ] + shows + routes + [.packets("fc00::10", "ff05:2::1", 1)] + shows + joins + shows + words
      + [
        .command(["-p", "-b"], input: batch),
        .command(["-b", "-p"], input: "show groups\nshow interfaces\n"),
      ]
      // One flush of the stock daemon only takes note of the counters.
      + [.ctl("reload")] + shows + [.ctl("f"), .ctl("flush"), .ctl("-pt show"), .ctl("kill")]

    private func walk(client: Make, daemon: Make) throws -> [Answer] {
      var answers: [Answer] = []
      try Lab.run { lab in
        let board = try Board(lab)
        let router = try SMCRouted(daemon, board.r, Pairs.configuration)
        let injector = try board.injector()
        for step in Pairs.steps {
          switch step {
          case .command(let words, let input):
            let touched = try router.touched()
            let outcome = try router.ctl(by: client, words, input: input)
            let sentence = words.joined(separator: " ")
            answers.append(Answer(sentence, outcome))
            if sentence == "reload" { try eventually("reloaded") { try router.touched() != touched } }
          case .packets(let source, let group, let count):
            try injector.send("eth0", source, group, count)
            try eventually("an entry for \(group)") { try router.tables()[source, group] != nil }
          }
        }
        #expect(try router.daemon.exit() == 0)
        #expect(!FileManager.default.fileExists(atPath: router.socket))
        #expect(!FileManager.default.fileExists(atPath: router.pidfile))
      }
      return answers
    }

    @Test("Each command says and does the same, whoever is the client and whoever the daemon")
    func commands() throws {
      let right = try walk(client: .stock, daemon: .stock)
      for (client, daemon) in [(Make.ours, Make.stock), (.stock, .ours), (.ours, .ours)] {
        let answers = try walk(client: client, daemon: daemon)
        for (answer, expected) in zip(answers, right) where answer != expected {
          Issue.record("\(client) client, \(daemon) daemon: \(answer)\nstock pair: \(expected)")
        }
      }
    }
  }
}
