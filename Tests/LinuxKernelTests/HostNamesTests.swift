import Addressing
import Foundation
import LinuxKernel
import Testing

@Suite("Names of hosts") struct HostNamesTests {
  private func names(hosts: String, resolver: String = "") throws -> HostNames {
    let folder = FileManager.default.temporaryDirectory.appending(path: "mcast-names-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(hosts.utf8).write(to: folder.appending(path: "hosts"))
    try Data(resolver.utf8).write(to: folder.appending(path: "resolv.conf"))
    return HostNames(
      hosts: folder.appending(path: "hosts").path, resolver: folder.appending(path: "resolv.conf").path)
  }

  @Test("The file of hosts gives names and addresses, and an address is its own host")
  func hosts() throws {
    let names = try names(
      hosts: "# lab\n10.77.3.1 r3.lab r3 # the last\n\n10.77.12.1\tr1\nfd00::1 r3\nrubbish\n")
    let r3 = try #require(Address("10.77.3.1"))
    #expect(names.name(of: r3) == "r3.lab")
    #expect(names.addresses(of: "r3") == [r3])
    #expect(names.addresses(of: "r1").map(\.description) == ["10.77.12.1"])
    #expect(names.addresses(of: "10.9.9.9").map(\.description) == ["10.9.9.9"])
    #expect(names.addresses(of: "fd00::1").isEmpty, "no IPv4 address")
    #expect(names.addresses(of: "nobody").isEmpty)
    #expect(names.name(of: try #require(Address("10.9.9.9"))) == nil)
  }

  @Test("A name server that does not answer costs a second, once")
  func silence() throws {
    // A port of the loopback where nobody listens refuses at once; what matters is that it ends.
    let names = try names(hosts: "", resolver: "nameserver 127.0.0.1\n")
    let begun = Date()
    for host in 1...20 { #expect(names.name(of: try #require(Address("10.9.9.\(host)"))) == nil) }
    #expect(-begun.timeIntervalSinceNow < 12)
  }
}
