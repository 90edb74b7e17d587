import Addressing
import Compatibility
import Control
import Diagnostics
import Foundation
import Testing
import Timing

@Suite("What show puts on the wire")
struct SmcrouteShowTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test("Titles and headings carry their marks, blocks without lines are left out")
  func routes() throws {
    var stage = Stage()
    #expect(text(try stage.show(.routes, .plain)) == "\0")
    _ = try stage.run("add eth0 225.1.2.4 eth1 eth2")
    #expect(
      text(try stage.show(.routes, .plain)) == """
        (*,G) Template Rules_
        ROUTE (S,G)                                IIF   OIFS=
        (*, 225.1.2.4)                             eth0  eth1 eth2
        \0
        """)
  }

  @Test("Counters are those of the kernel's entry, packets of wrong interfaces too; templates show none")
  func counters() throws {
    var stage = Stage()
    for line in [
      "add eth0 10.0.0.10 225.1.1.2 eth2", "add eth0 10.0.0.10 225.9.9.9", "add eth0 225.2.0.0/16 eth1",
    ] {
      _ = try stage.run(line)
    }
    stage.counters["10.0.0.10 225.1.1.2"] = (4, 512, 0)
    stage.counters["10.0.0.10 225.9.9.9"] = (2, 256, 2)
    #expect(
      text(try stage.show(.routes, .detailed)) == """
        (*,G) Template Rules_
        ROUTE (S,G)                                IIF     PACKETS      BYTES  OIFS=
        (*, 225.2.0.0/16)                          eth0          0          0  eth1
        (S,G) Rules_
        ROUTE (S,G)                                IIF     PACKETS      BYTES  OIFS=
        (10.0.0.10, 225.1.1.2)                     eth0          4        512  eth2
        (10.0.0.10, 225.9.9.9)                     eth0          2        256 
        Kernel MFC Table_
        ROUTE (S,G)                                IIF     PACKETS      BYTES  OIFS=
        (10.0.0.10, 225.1.1.2)                     eth0          4        512  eth2
        (10.0.0.10, 225.9.9.9)                     eth0          2        256 
        \0
        """)
  }

  @Test("The column of names is as wide as the longest there is")
  func width() throws {
    var stage = Stage(["eth0", "a-long-name.100", "l"])
    _ = try stage.run("add eth0 10.0.0.10 225.1.1.2 l")
    #expect(
      text(try stage.show(.interfaces, .plain)) == """
         INDEX PHYINT           VIF  MIF=
             1 lo               N/A  N/A
             2 eth0               0    0
             3 a-long-name.100    1    1
             4 l                  2    2
        \0
        """)
    #expect(
      text(try stage.show(.routes, .plain)).hasPrefix(
        """
        (S,G) Rules_
        ROUTE (S,G)                                IIF              OIFS=
        (10.0.0.10, 225.1.1.2)                     eth0             l

        """))
    var short = Stage(["l"])
    #expect(
      text(try short.show(.interfaces, .plain)).hasPrefix(" INDEX PHYINT  VIF  MIF=\n     1 lo      N/A"))
  }

  @Test("What waits for an interface is pending")
  func pending() throws {
    var stage = Stage(
      file:
        "mroute from nope source 10.0.0.1 group 225.1.1.2 to eth1 eth2\nmgroup from late group 225.5.0.0/30")
    #expect(
      text(try stage.show(.pending, .plain)) == """
        PENDING ROUTES AND GROUPS
        mroute  from nope source 10.0.0.1 group 225.1.1.2 to eth1 eth2
        mgroup  from late group 225.5.0.0/30
        \0
        """)
    var none = Stage()
    #expect(text(try none.show(.pending, .plain)) == "No pending routes or groups\n\0")
    #expect(text(try none.show(.pending, .json)) == "{\"pending\":[]}\n\0")
    _ = try none.run("add eth0 225.1.1.1 eth1 nope")
    #expect(
      text(try none.show(.pending, .plain))
        == "PENDING ROUTES AND GROUPS\nmroute  from eth0 group 225.1.1.1 to eth1 nope\n\0")
    _ = try none.run("remove eth0 225.1.1.1")
    #expect(text(try none.show(.pending, .plain)) == "No pending routes or groups\n\0")
  }

  @Test("The JSON of 2.6 is that of 2.6")
  func json() throws {
    var stage = Stage()
    #expect(text(try stage.show(.routes, .json)) == "{\"routes\":{\"asm\":[],\"ssm\":[],\"kernel\":[]}}\n\0")
    #expect(text(try stage.show(.groups, .json)) == "{\"groups\":{\"conf\":[],\"kernel\":[]}}\n\0")
    for line in [
      "add eth0 225.2.0.0/16 eth1", "add eth0 10.0.0.1 225.1.2.3 eth1 eth2", "add eth0 fc00::1 ff05::1",
      "join eth0 225.1.2.3", "join eth0 10.0.0.0/31 232.1.2.0/31", "add eth0 225.1.1.2 eth1 nope",
    ] {
      _ = try stage.run(line)
    }
    let group = #"{"source":null,"group":"225.1.2.3","iif":"eth0"}"#
    let full = #"{"source":"10.0.0.1","group":"225.1.2.3","iif":"eth0","oifs":["eth1","eth2"]}"#
    let stop = #"{"source":"fc00::1","group":"ff05::1","iif":"eth0","oifs":[]}"#
    #expect(
      text(try stage.show(.routes, .json))
        == #"{"routes":{"asm":[{"source":null,"group":"225.2.0.0/16","iif":"eth0","oifs":["eth1"]},"#
        + #"{"source":null,"group":"225.1.1.2","iif":"eth0","oifs":["eth1"]}],"#
        + #""ssm":[\#(full),\#(stop)],"kernel":[\#(full),\#(stop)]}}"# + "\n\0")
    let members = [
      ("10.0.0.0", "232.1.2.0"), ("10.0.0.1", "232.1.2.0"), ("10.0.0.0", "232.1.2.1"),
      ("10.0.0.1", "232.1.2.1"),
    ]
    .map { #"{"source":"\#($0.0)/31","group":"\#($0.1)/31","iif":"eth0"}"# }.joined(separator: ",")
    #expect(
      text(try stage.show(.groups, .json))
        == #"{"groups":{"conf":[\#(group),{"source":"10.0.0.0/31","group":"232.1.2.0/31","iif":"eth0"}],"#
        + #""kernel":[\#(group),\#(members)]}}"# + "\n\0")
    #expect(
      text(try stage.show(.interfaces, .json))
        == #"{"interfaces":[{"index":1,"name":"lo","vif":null,"mif":null},"#
        + #"{"index":2,"name":"eth0","vif":0,"mif":0},{"index":3,"name":"eth1","vif":1,"mif":1},"#
        + #"{"index":4,"name":"eth2","vif":2,"mif":2}]}"# + "\n\0")
    #expect(
      text(try stage.show(.pending, .json))
        == #"{"pending":[{"kind":"mroute","iif":"eth0","source":null,"#
        + #""group":"225.1.1.2","oifs":["eth1","nope"]}]}"#
        + "\n\0")
  }

  @Test("JSON is right whatever an interface is called, and however much there is")
  func validJSON() throws {
    var stage = Stage(["eth0", "a\"b\\c", "\u{1b}\u{7f}é"])
    for number in 0..<200 { _ = try stage.run("add eth0 10.0.0.\(number) 225.1.2.3 a\"b\\c \u{1b}\u{7f}é") }
    for table in SmcrouteTable.allCases {
      let bytes = try stage.show(table, .json)
      #expect(bytes.suffix(2) == [0x0a, 0])
      #expect(!bytes.dropLast(2).contains(0x0a), "one line")
      let read = try JSONSerialization.jsonObject(with: Data(bytes.dropLast()))
      guard table == .routes else { continue }
      let kernel = ((read as? [String: Any])?["routes"] as? [String: Any])?["kernel"] as? [[String: Any]]
      #expect(kernel?.count == 200)
      #expect(kernel?.first?["oifs"] as? [String] == ["a\"b\\c", "\u{1b}\u{7f}é"])
    }
  }

  @Test("Rules stand in the order of their statements though the pages bring another")
  func order() throws {
    var show = SmcrouteShow(.routes, .plain)
    show.receive(.links([LinkRow(index: 1, name: "eth0", vif4: 0, vif6: 0)]))
    #expect(show.request == .show(.routes, RouteFilter(), from: Cursor(part: 1, offset: 0), limit: 500))
    let blocked = try entry("10.0.0.1", "225.0.0.1", order: 1)
    let late = try entry("10.0.0.2", "225.0.0.2", to: ["eth1"], order: 9)
    show.receive(.rows(.routes([blocked, late]), next: Cursor(part: 1, offset: 7)))
    #expect(show.request == .show(.routes, RouteFilter(), from: Cursor(part: 1, offset: 7), limit: 500))
    var waiting = try entry("10.0.0.9", "225.0.0.9", to: ["eth1"], order: 0)
    waiting.state = .waiting
    let early = try entry("10.0.0.3", "225.0.0.3", to: ["eth1"], order: 3)
    show.receive(.rows(.routes([waiting, early]), next: nil))
    #expect(show.request == .rules(from: .first, limit: 500))
    show.receive(
      .rules([try rule("225.3.0.0/16", 3), try rule("225.1.0.0/16", 1)], next: Cursor(part: 0, offset: 2)))
    show.receive(.rules([try rule("225.2.0.0/16", 2)], next: nil))
    #expect(show.request == nil)
    let piece = show.next()
    let lines = text(try #require(piece)).split(separator: "\n").map { $0.prefix(24) }
    #expect(show.next() == nil)
    #expect(
      lines == [
        "(*,G) Template Rules_", "ROUTE (S,G)             ", "(*, 225.1.0.0/16)       ",
        "(*, 225.2.0.0/16)       ", "(*, 225.3.0.0/16)       ", "Kernel MFC Table_",
        "ROUTE (S,G)             ",
        "(10.0.0.3, 225.0.0.3)   ", "(10.0.0.2, 225.0.0.2)   ", "(10.0.0.1, 225.0.0.1)   ", "\0",
      ])
  }

  private func rule(_ group: String, _ order: UInt64) throws -> RuleRow {
    var row = RuleRow(
      source: .all(.ipv4), group: try #require(Prefix(group)), inboundPatterns: ["eth0"],
      outboundPatterns: ["eth0"], order: order)
    row.inbound = ["eth0"]
    row.outbound = ["eth0"]
    return row
  }

  private func entry(
    _ source: String, _ group: String, to outbound: [String] = [], order: UInt64
  ) throws -> RouteRow {
    var row = RouteRow(
      family: .ipv4, table: 0, source: try #require(Prefix(source)), group: try #require(Prefix(group)),
      inbound: ["eth0"],
      outbound: outbound.map { .init(name: $0, ifindex: 2, threshold: 1, reason: "static") }, owner: .static,
      state: .idle, since: .start)
    row.order = order
    return row
  }

  @Test("A question that the Router refuses gives its reason")
  func refused() {
    var show = SmcrouteShow(.groups, .plain)
    show.receive(.refused([Diagnostic(.badRequest, "the daemon is not ready")]))
    #expect(show.request == nil)
    #expect(show.next() == SmcrouteRefusal("ipc: the daemon is not ready").bytes)
    #expect(show.next() == nil)
    var other = SmcrouteShow(.groups, .plain)
    other.receive(.links([]))
    #expect(other.request == nil)
    #expect(other.next()?.last == 0)
    other.receive(.links([]))
    #expect(other.next() == nil)
  }

  @Test("A wide join is shown with its members, which are not held all at once")
  func wideJoin() throws {
    var stage = Stage()
    #expect(try stage.run("join eth0 225.0.0.0/16") == "= 0\n")
    let shown = text(try stage.show(.groups, .detailed)).split(separator: "\n")
    #expect(shown.count == 2 + 1 + 1 + 65_536 + 1)
    #expect(shown[4] == "(*, 225.0.0.0/16)                          eth0")
    #expect(shown[65_539] == "(*, 225.0.255.255/16)                      eth0")
  }

  @Test("100,000 routes come in pieces, in the time that the rows take")
  func many() throws {
    var show = SmcrouteShow(.routes, .plain)
    show.receive(.links([LinkRow(index: 1, name: "eth0", vif4: 0, vif6: 0)]))
    show.receive(.rows(.routes([]), next: nil))
    let clock = ContinuousClock()
    let start = clock.now
    var number: UInt64 = 0
    while case .rules = show.request {
      let rows = try (0..<500).map { _ in
        number += 1
        return try rule("225.0.0.0/\(8 + number % 17)", 1_000_000 - number)
      }
      show.receive(.rules(rows, next: number < 100_000 ? Cursor(part: 0, offset: Int(number)) : nil))
    }
    var pieces = 0
    var bytes = 0
    while let piece = show.next() {
      pieces += 1
      bytes += piece.count
      #expect(piece.count <= 17 << 10)
    }
    #expect(pieces > 300 && bytes > 5_000_000)
    #expect(clock.now - start < .seconds(30))
  }
}
