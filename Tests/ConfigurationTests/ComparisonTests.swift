import Configuration
import Diagnostics
import Forwarding
import Kernel
import Membership
import Testing

@Suite struct ComparisonTests {
  private func compare(_ old: String, _ new: String) -> Comparison {
    Comparison(from: read(old).configuration, to: read(new).configuration)
  }

  @Test("Routes and joins are told apart by their keys")
  func objects() {
    let comparison = compare(
      """
      route from a group 239.1.1.1 to b
      route from a group 239.1.1.2 to b
      route from a group 239.1.1.3 to b
      join on a group 239.1.1.1
      join on a group 239.1.1.2
      """,
      """
      route from a group 239.1.1.3 to b c
      route from a group 239.1.1.4 to b
      # moved
      route from a group 239.1.1.1 to b
      join on a group 239.1.1.2
      join on a group 239.1.1.3
      """)
    #expect(comparison.addedRoutes.map(\.statement) == ["route from a group 239.1.1.4 to b"])
    #expect(comparison.removedRoutes.map(\.statement) == ["route from a group 239.1.1.2 to b"])
    #expect(comparison.changedRoutes.map(\.before.statement) == ["route from a group 239.1.1.3 to b"])
    #expect(comparison.changedRoutes.map(\.after.statement) == ["route from a group 239.1.1.3 to b c"])
    #expect(comparison.unchangedRoutes == 1)
    #expect(comparison.addedJoins.map(\.statement) == ["join on a group 239.1.1.3"])
    #expect(comparison.removedJoins.map(\.statement) == ["join on a group 239.1.1.1"])
    #expect(comparison.unchangedJoins == 1)
    #expect(!comparison.isEmpty)
  }

  @Test("Settings are compared statement by statement")
  func settings() {
    let comparison = compare(
      "log { level debug }\ninterface a { threshold 5 }\ninterface b enable\n"
        + "boundary x 239.1.0.0/16\ntable 5",
      "log { level error }\ninterface a { threshold 6 }\ninterface c enable\nboundary x 239.1.0.0/16\nhook /x"
    )
    #expect(comparison.settings.map(\.before) == ["log { level debug }", nil, "table 5"])
    #expect(comparison.settings.map(\.after) == ["log { level error }", "hook \"/x\"", nil])
    #expect(
      comparison.interfaces.map(\.before) == ["interface a { threshold 5 }", nil, "interface b enable"])
    #expect(comparison.interfaces.map(\.after) == ["interface a { threshold 6 }", "interface c enable", nil])
  }

  @Test("Layout, comments, order and defaults are no difference")
  func same() {
    #expect(
      compare(
        "log { level info }\nroute from a group 239.1.1.1 to b # x\nroute from a group 239.1.1.2 to b",
        "table { split auto }\nroute from a group 239.1.1.2 to b;route from a group 239.1.1.1 \\\n to b"
      ).isEmpty)
  }
}
