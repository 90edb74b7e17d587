import Addressing
import Testing

@testable import LinuxKernel

@Suite struct TextTableTests {
  @Test("The MIFs of /proc/net/ip6_mr_vif are read with their counters")
  func mifs() {
    let text = """
      Interface      BytesIn  PktsIn  BytesOut PktsOut Flags
       0 a0             2490      50         0       0 00000
       1 b0                0       0      2490      50 00000
      garbage

      """
    let found = ProcTables.virtualInterfaces(Array(text.utf8))
    #expect(found.map(\.interface) == ["a0", "b0"])
    #expect(found.map(\.index) == [0, 1])
    #expect(found[1].packetsOut == 50)
    #expect(found[0].bytesIn == 2490)
  }

  @Test("The groups of /proc/net/igmp are read under their interface")
  func igmp() {
    let text = """
      Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
      1\tlo        :     1      V3
      \t\t\t\t010000E0     1 0:00000000\t\t0
      2\ta0        :     2      V3
      \t\t\t\t010101E1     3 0:00000000\t\t0

      """
    let found = ProcTables.igmp(Array(text.utf8))
    #expect(found.map(\.interface) == ["lo", "a0"])
    #expect(found.map(\.group.description) == ["224.0.0.1", "225.1.1.1"])
    #expect(found[1].users == 3)
  }

  @Test("The groups of /proc/net/igmp6 are read")
  func igmp6() {
    let text = "2    a0              ff0e0000000000000000000000010001     1 0000000C 0\nshort line\n"
    let found = ProcTables.igmp6(Array(text.utf8))
    #expect(found.map(\.group.description) == ["ff0e::1:1"])
    #expect(found.first?.interface == "a0")
  }

  @Test("The sockets of one raw protocol are found by their inode")
  func rawSockets() {
    let text = """
        sl  local_address rem_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode ref
         2: 00000000:0002 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20913 2 0 0
         1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20914 2 0 0

      """
    #expect(Processes.rawSocketInodes(Array(text.utf8), protocolNumber: 2) == [20913])
  }

  @Test("A process that ended has no name, though it is listed until its parent asks")
  func zombies() {
    #expect(Processes.name(stat: Array("812 (a) b) S 1 812".utf8)) == "a) b")
    #expect(Processes.name(stat: Array("812 (mcastd) Z 1 812".utf8)) == nil)
    #expect(Processes.name(stat: Array("812 (mcastd)".utf8)) == nil)
    #expect(Processes.name(stat: []) == nil)
  }

  @Test("A user is found by the whole name only")
  func accounts() {
    let text = "root:x:0:0:root:/root:/bin/sh\nmcastx:x:7:7::/:\nmcast:x:990:991:,,,:/:/usr/sbin/nologin\n"
    #expect(Accounts.line(of: "mcast", in: Array(text.utf8))?.prefix(4).last == "991")
    #expect(Accounts.line(of: "mcas", in: Array(text.utf8)) == nil)
  }

  @Test("Capability masks are read from the status of a process")
  func status() {
    let status = ProcessStatus(Array("Name:\tmcastd\nUid:\t1\t1\t1\t1\nCapEff:\t0000000000003000\n".utf8))
    #expect(status["Name"] == "mcastd")
    #expect(status.mask("CapEff") == 0x3000)
    #expect(status.mask("CapBnd") == nil)
  }

  @Test(
    "A file name matches a pattern as in a shell",
    arguments: [
      ("a.conf", "*.conf", true), (".a.conf", "*.conf", false), ("b", "[a-c]", true), ("d", "[!a-c]", true),
      ("d", "[a-c]", false), ("ab", "a?", true), ("abc", "a?", false), ("[", "[", true),
      ("abcd", "a*d*", true),
      ("", "*", true), ("x", "", false),
    ])
  func glob(name: String, pattern: String, matches: Bool) {
    #expect(Glob.matches(name, pattern[...]) == matches)
  }
}
