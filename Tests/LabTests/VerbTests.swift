import Foundation
import Glibc
import Schemas
import Testing

extension KernelTests {
  /// Every verb of the tool against a live daemon: its text, its JSON by the shipped schema, its exit status.
  @Suite struct Verbs {
    private static let text = """
      interface out2 { threshold 3 }
      route from in0 group 239.2.0.0/16 to out1 out2
      route from in0 source 10.1.0.2 group 239.3.0.1 to out1 ttl 8 out2
      route from in0 group ff0e::200/120 to out1
      route from wg0 group 239.9.9.9 to out1
      join on in0 group 239.4.0.0/30
      """

    /// One command after the other, its exit status, and what stands in its answer.
    private struct Step {
      var sentence: String
      var status: Int32 = 0
      var says: [String] = []
      /// A change twice is another change; only what can be repeated is asked for as JSON too.
      var repeats = true

      init(_ sentence: String, _ status: Int32 = 0, says: String..., repeats: Bool = true) {
        self.sentence = sentence
        self.status = status
        self.says = says
        self.repeats = repeats
      }
    }

    private func walk(_ station: Station, _ steps: [Step]) throws {
      for step in steps {
        let words = step.sentence.split(separator: " ").map(String.init)
        let outcome = try station.attempt(words)
        let said = (outcome.output + outcome.errors).joined(separator: "\n")
        #expect(outcome.status == step.status, "\(step.sentence): \(said)")
        for text in step.says {
          #expect(said.contains(text), "\(step.sentence) does not say \(text):\n\(said)")
        }
        guard step.repeats else { continue }
        let json = try station.attempt(words + ["--json"])
        #expect(json.status == step.status, "\(step.sentence) --json: \(json.errors)")
        #expect(!json.output.isEmpty, "\(step.sentence) --json says nothing")
        for line in json.output { #expect(try Schema.findings(line) == [], "\(step.sentence) --json") }
      }
    }

    @Test("Every question is answered as text and as JSON that keeps its schema")
    func questions() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(star.r, Verbs.text)
        let receiver = try Receiver(star.a, "a0", "239.2.0.5")
        let sender = try Sender(star.s, "s0")
        try sender.burst("239.2.0.5", 4)
        try receiver.get("239.2.0.5", 4)
        try walk(
          station,
          [
            Step("status", says: "3 up, 1 waiting (wg0)", "4 rules", "problems"),
            Step("show routes", says: "10.1.0.2", "239.2.0.5", "waiting (no wg0)", "out1(8) out2(3)"),
            Step("route show 239.2.0.5", says: "active"), Step("r from in0 to out1 sort rate top 3"),
            Step("-6 show routes", says: "ff0e::200/120"),
            Step("show routes state waiting", says: "239.9.9.9"),
            Step("show interfaces", says: "in0", "10.2.0.1/24", "missing"),
            Step("show interfaces out2", says: "  3  "), Step("sh jo", says: "239.4.0.0/30", "joined"),
            Step("pending", says: "wg0", "route from wg0 group 239.9.9.9 to out1"),
            Step("limits", says: "entries", "100,000"),
            Step("config", says: "interface out2 { threshold 3 }"),
            Step("events", says: "router.conf  loaded: 5 added"),
            Step("show kernel", says: "239.2.0.5", "in0", "239.4.0.3"),
            Step("show routes --kernel", says: "239.2.0.5"), Step("kernel vifs", says: "out2"),
            Step("explain route 10.1.0.2 239.2.0.5", says: "forwarded to out1 out2", "router.conf:2"),
            Step("explain route 10.1.0.2 225.1.1.1", says: "no rule"),
            Step("explain MC2104", says: "unknown-interface"), Step("version", says: "mcastd", "mcast"),
            Step("config plan", says: "0 to add"), Step("config diff", says: "no differences"),
            Step("config diff running kernel", says: "no differences"),
            Step("config check \(station.configuration)", says: "no interface matches \"wg0\""),
          ])
      }
    }

    @Test("What is learned of hosts and routers is answered as text and as JSON that keeps its schema")
    func learned() throws {
      try Lab.run { lab in
        let (near, far, host) = (
          try lab.namespace("near"), try lab.namespace("far"), try lab.namespace("host")
        )
        try lab.link(near, "wire0", ["10.5.0.1/24"], far, "wire1", ["10.5.0.2/24"])
        try lab.link(far, "lan0", ["10.6.0.1/24"], host, "h0", ["10.6.0.2/24"])
        let station = try Station(near, "dvmrp on", name: "near")
        let other = try Station(far, "dvmrp on", name: "far")
        let receiver = try Receiver(host, "h0", "239.5.5.5")
        try eventually("the two have met") {
          try station.rows("show neighbors").first?["state"] as? String == "two-way"
        }
        try eventually("the far network is known") {
          try station.rows("show dvmrp routes").contains { $0["gateway"] != nil }
        }
        try eventually("the member is heard") { try !other.rows("show groups").isEmpty }
        try walk(
          station,
          [
            Step("show neighbors", says: "10.5.0.2", "wire0", "3.255", "two-way"),
            Step("show dvmrp routes", says: "10.6.0.0/24", "10.5.0.2", "local"),
            Step("show dvmrp routes 10.6.0.0/16 wire0", says: "10.6.0.0/24"), Step("dvmrp"),
            Step("show timers", says: "probe", "10.5.0.2 on wire0"), Step("show prunes", says: "no prunes"),
            Step("show tunnels", says: "no tunnels"), Step("show groups 239.9.9.9", says: "no such rows"),
            Step("show interfaces wire0", says: "IGMP querier", "heard", "probe"),
            Step("limits", says: "dvmrp-routes"), Step("status", says: "1 neighbor, 2 routes"),
            Step("explain route 10.6.0.2 239.1.1.1", says: "wire0 via 10.5.0.2 (10.6.0.0/24, metric 2)"),
          ])
        try walk(
          other,
          [
            Step("show groups", says: "239.5.5.5", "lan0", "exclude", "10.6.0.2"),
            Step("show groups 239.5.5.5 lan0", says: "239.5.5.5"),
            Step("explain route 10.5.0.9 239.5.5.5", says: "lan0", "members: ", "10.6.0.2"),
            Step("clear groups", repeats: false), Step("clear neighbors", repeats: false),
          ])
        try eventually("the member is heard again") { try !other.rows("show groups").isEmpty }
        _ = receiver
      }
    }

    @Test("Every change is done, shown, undone; refused where it cannot be, with nothing changed")
    func changes() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(star.r, Verbs.text)
        let before = try station.mcast("config")
        let broken = try lab.write("route from in0 group 10.0.0.1 to out1\nrout\n", to: "broken.conf")
        let batch = try lab.write("add in0 239.8.0.1 out1\nadd in0 239.2.0.0/16 out1\n", to: "batch")
        let garbage = lab.folder + "/garbage"
        try Data((0..<9_999).map { UInt8(truncatingIfNeeded: $0 &* 7) }).write(to: URL(filePath: garbage))
        try walk(
          station,
          [
            Step("add in0 239.2.0.0/16 out1", 6, says: "MC2105", "mcast replace"),
            Step("add in9 239.7.0.1 out1", 1, says: "MC2104", "--pending"),
            Step("add in0 240.0.0.1 out1", 1, says: "MC2110", "^~"),
            Step("add in0 224.0.0.9 out1", 1, says: "MC2111"),
            Step("add in0 239.7.0.1 in0", 1, says: "MC2103"),
            Step("add in0 fd00::1 239.7.0.1 out1", 1, says: "MC2101"),
            Step("add in0 239.1.0.1 239.7.0.1 out1", 1, says: "MC2112"), Step("add in0", 64, says: "MC2006"),
            Step("del in0 239.7.0.1", 5, says: "MC0013"), Step("leave in0 239.7.0.1", 5, says: "MC0013"),
            Step("join in0 10.0.0.1", 1, says: "MC2110"),
            Step("set interface out2 threshold 300", 1, says: "MC2113"),
            Step("set interface out2 colour red", 64, says: "MC2005"), Step("clear tables", 64),
            Step("batch \(batch)", 6, says: "239.2.0.0/16", "MC2105"),
            Step("batch \(lab.folder)/none", 65, says: "MC2001"),
            Step("config check \(broken)", 65, says: "broken.conf:1:22: error", "broken.conf:2:1: error"),
            Step("config apply \(broken)", 65, says: "MC2110", "MC2005"), Step("config plan \(broken)", 65),
            Step("config check \(garbage)", 65, says: "MC2002"), Step("config confirm", 5),
            Step("config undo", 5),
            Step("show interfaces in9", 5, says: "MC0013"), Step("explain MC7777", 5),
            Step("doctor", 64, says: "MC0011"),
            Step("explain route 10.1.0.2 10.1.0.3", 1, says: "MC2110"),
          ])
        #expect(try station.mcast("config") == before)
        try walk(
          station,
          [
            Step("add in0 239.7.0.1 out1", repeats: false),
            Step("add -v in0 239.7.0.2 out1", says: "done", repeats: false),
            Step("add --pending in9 239.7.0.3 out1", repeats: false), Step("pending", says: "in9"),
            Step("replace in0 239.7.0.1 out1 out2", repeats: false),
            Step("replace in0 239.7.0.1 out1 out2", says: "unchanged"),
            Step("del in9 239.7.0.3", repeats: false),
            Step("route from in0 group 239.7.0.4 to out2", repeats: false),
            Step("del in0 239.7.0.4", repeats: false),
            Step("join in0 239.7.0.9", repeats: false), Step("show joins", says: "239.7.0.9"),
            Step("leave in0 239.7.0.9", repeats: false),
            Step("set interface out1 threshold 5", repeats: false),
            Step("show interfaces out1", says: "5"), Step("clear counters"), Step("clear routes"),
            Step("batch --continue \(batch)", 2, says: "done", "refused", repeats: false),
            Step("status", says: "unsaved"), Step("config diff", 1, says: "+ route from in0 group 239.7.0.1"),
            Step("reload", says: "reloaded:"), Step("show routes", says: "239.7.0.1"),
            Step("config save", repeats: false), Step("status", says: "clean"),
            Step("config diff", says: "no differences"),
          ])
        let saved = try String(contentsOfFile: station.configuration, encoding: .utf8)
        #expect(saved.contains("route from in0 group 239.7.0.1 to out1 out2"))
        let kept = try String(contentsOfFile: station.configuration + "~", encoding: .utf8)
        #expect(kept == Verbs.text)
      }
    }

    @Test("A configuration is planned, applied, undone, and undone by itself when nobody confirms")
    func configurations() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(star.r, Verbs.text)
        let before = try station.mcast("config")
        let other = try lab.write("route from in0 group 239.2.0.0/16 to out1\n", to: "other.conf")
        try walk(
          station,
          [
            Step("plan \(other)", 1, says: "~ route from in0 group 239.2.0.0/16 to out1  (was to out1 out2"),
            Step("config apply \(other)", repeats: false), Step("config undo", repeats: false),
          ])
        #expect(try station.mcast("config") == before)
        try walk(
          station, [Step("config apply \(other) --confirm 1", says: "mcast config confirm", repeats: false)])
        #expect(try station.mcast("config") != before)
        try eventually("the old configuration is back") { try station.mcast("config") == before }
        try walk(
          station,
          [
            Step("config apply \(other) --confirm 60", repeats: false),
            Step("config confirm", repeats: false),
          ])
        #expect(try station.mcast("config") != before)
        let formatted = try station.mcast("config format \(station.configuration)")
        #expect(formatted.contains("interface out2 { threshold 3 }"))
        let printed = try station.mcast("config save --stdout").joined(separator: "\n") + "\n"
        #expect(try station.attempt(["config", "check", "-"], input: printed).status == 0)
      }
    }

    @Test("Events come as they happen, as lines and as objects")
    func monitor() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(star.r, Verbs.text)
        let words = [
          "ip", "netns", "exec", star.r.name, Lab.programs + "/mcast", "--socket", station.socket, "monitor",
        ]
        let lines = try lab.start("monitor", words + ["routes", "-v"])
        let objects = try lab.start("monitor --json-lines", words + ["all", "-J"])
        try lines.line { $0.hasPrefix("monitoring:") }
        let sender = try Sender(star.s, "s0")
        // An event before the subscription is nobody's: the flow is new with each group.
        var number = 0
        try eventually("events of both") {
          number += 1
          try sender.burst("239.2.1.\(number)")
          return !objects.seen().isEmpty && lines.seen().count > 1
        }
        try lines.line { $0.contains(" + (10.1.0.2, 239.2.1.") && $0.contains("in0 → out1 out2") }
        for object in objects.seen() { #expect(try Schema.findings(object) == []) }
        #expect(try station.attempt("stop").status == 0)
        #expect(try lines.exit() == 3)
        #expect(lines.seen(.errors).joined().contains("MC0001"))
      }
    }

    @Test("What is sent is received and counted, through the router")
    func traffic() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(
          star.r, "route from in0 group 239.2.0.0/16 to out1 out2\nroute from in0 group ff0e::/16 to out1\n")
        let mcast = Lab.programs + "/mcast"
        for group in ["239.2.0.7", "ff0e::7"] {
          // The kernel keeps four packets of a flow that it does not know: a stream at once could lose more.
          try star.s.command(mcast, "send", group, "-i", "s0", "-c", "1").check("send")
          try eventually("the flow is known") {
            try station.kernel(group.contains(":") ? "-6" : "-4").contains {
              $0.contains(",\(group))") && $0.contains("Oifs: out1")
            }
          }
          let words = [
            "ip", "netns", "exec", star.a.name, mcast, "receive", group, "-i", "a0", "--timeout", "20",
          ]
          let receiver = try lab.start(
            "receive", words + ["-c", "300", "--expect", "300", "--loss-max", "0", "-j"])
          try receiver.line(.errors) { $0.hasPrefix("receiving") }
          let sent = try star.s.command(
            mcast, "send", group, "-i", "s0", "-r", "1000", "-c", "300", "-j", within: 20)
          #expect(sent.status == 0)
          #expect(try Schema.findings(sent.text) == [])
          #expect(try receiver.exit(within: 25) == 0, "\(receiver.seen()) \(receiver.seen(.errors))")
          let text = receiver.seen().joined()
          #expect(try Schema.findings(text) == [])
          #expect(
            text.contains(#""lost":0,"reordered":0,"duplicates":0"#) && text.contains(#""lastSequence":299"#))
        }
        // Interrupted, it says what came; what was expected and did not come is exit 1.
        let words = [
          "ip", "netns", "exec", star.b.name, mcast, "receive", "239.2.0.8", "-i", "b0", "--expect", "1000",
        ]
        let receiver = try lab.start("receive", words)
        try receiver.line(.errors) { $0.hasPrefix("receiving") }
        try star.s.command(mcast, "send", "239.2.0.8", "-i", "s0", "-c", "3", "-r", "100").check("send")
        try star.s.command(mcast, "send", "239.2.0.8", "-i", "s0", "-c", "3", "--payload", "rtp").check(
          "send")
        receiver.signal(SIGINT)
        #expect(try receiver.exit() == 1)
        #expect(receiver.seen().contains { $0.contains("3 packets from 10.1.0.2, lost 0") })
        #expect(receiver.seen(.errors).contains { $0.contains("MC0014") })
        let silent = try star.b.command(
          mcast, "receive", "239.2.0.9", "-i", "b0", "-c", "1", "--timeout", "0.2")
        #expect(silent.status == 7)
        let nowhere = try star.b.command(mcast, "send", "239.2.0.9", "-i", "b9")
        #expect(nowhere.status == 5)
      }
    }

    @Test("A user whom the socket is not open to is told so, exit 4")
    func permission() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(star.r, Verbs.text)
        try Lab.command("chmod", "755", lab.folder).check("chmod")
        let program = lab.folder + "/mcast"
        try FileManager.default.copyItem(atPath: Lab.programs + "/mcast", toPath: program)
        let words = ["--reuid=65534", "--regid=65534", "--clear-groups", program, "--socket", station.socket]
        for verb in [["status"], ["show", "routes"], ["add", "in0", "239.7.0.1", "out1"], ["stop"]] {
          let outcome = try Lab.command(["ip", "netns", "exec", star.r.name, "setpriv"] + words + verb)
          #expect(outcome.status == 4, "\(verb): \(outcome.errors)")
          #expect(outcome.errors.joined().contains("MC0002"))
        }
      }
    }
  }
}
