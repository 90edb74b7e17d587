import Addressing
import Configuration
import Diagnostics
import Forwarding
import Kernel
import Testing

@Suite struct SmcrouteIncludeTests {
  private func read(_ files: [String: String]) -> ParsedConfiguration {
    parseSmcroute(file: "/etc/smcroute.conf", source: TextSource(files))
  }

  @Test("A pattern reads its files in byte order, in place of its line; the outer file goes on")
  func pattern() {
    let parsed = read([
      "/etc/smcroute.conf":
        "mroute from a group 225.1.1.1\ninclude /d/*.conf\nmroute from a group 225.1.1.9 to b",
      "/d/b.conf": "mroute from a group 225.1.1.3 to b", "/d/a.conf": "mroute from a group 225.1.1.2 to b",
      "/d/c": "bogus",
    ])
    #expect(parsed.diagnostics == [])
    #expect(parsed.files == ["/etc/smcroute.conf", "/d/a.conf", "/d/b.conf"])
    #expect(
      parsed.configuration.routes.map(\.key.groups.description) == [
        "225.1.1.1", "225.1.1.2", "225.1.1.3", "225.1.1.9",
      ])
  }

  @Test("Words and lists known from the outer file are read anew in the inner one, and the reverse")
  func forgetting() {
    let parsed = read([
      "/etc/smcroute.conf":
        "mroute from eth0 group 225.1.1.1 to eth1\ninclude /d\nmroute from eth0 group 225.1.1.3 to eth1",
      "/d": "mroute from wan0 group 225.1.1.2 to lan1",
    ])
    #expect(
      parsed.configuration.routes.map { "\($0.key.inbound[0]) \($0.outbound[0].pattern)" } == [
        "eth0 eth1", "wan0 lan1", "eth0 eth1",
      ])
  }

  @Test(
    "A file that includes itself, by name, link or circle, is told where the circle closes",
    arguments: [
      ["/etc/smcroute.conf": "include /etc/smcroute.conf\nmroute from a group 225.1.1.1"],
      ["/etc/smcroute.conf": "include /b\nmroute from a group 225.1.1.1", "/b": "include /etc/*.conf"],
    ])
  func cycle(files: [String: String]) throws {
    let parsed = read(files)
    let finding = try #require(parsed.diagnostics.first)
    #expect(parsed.diagnostics.count == 1)
    #expect(finding.code == .includeCycle)
    #expect(finding.severity == .warning)
    #expect(
      finding.message == "Failed reading /etc/smcroute.conf: it includes itself, directly or through others")
    #expect(parsed.configuration.routes.count == 1)
  }

  @Test("Sixteen files deep is read, seventeen is not")
  func depth() {
    func chain(_ count: Int) -> [String: String] {
      var files = ["/etc/smcroute.conf": "include /1"]
      for number in 1..<count { files["/\(number)"] = number == count - 1 ? "" : "include /\(number + 1)" }
      return files
    }
    #expect(read(chain(16)).diagnostics == [])
    #expect(read(chain(17)).diagnostics.map(\.code) == [.includeDepth])
  }

  @Test("No more than 1,024 files are read, whatever includes them")
  func number() {
    let parsed = read([
      "/etc/smcroute.conf": String(repeating: "include /d/*\n", count: 3_000), "/d/a": "", "/d/b": "",
    ])
    #expect(parsed.files.count == 1_024)
    #expect(parsed.diagnostics.map(\.code) == [.tooManyFiles])
  }

  @Test("An included file that cannot be read is a warning; the others are read")
  func unreadable() {
    struct Source: ConfigurationSource {
      func read(_ path: String) throws(SourceFault) -> SourceFile {
        if path == "/d/a" { throw .unreadable("permission denied (EACCES)") }
        if path == "/d/b" { throw .tooLarge }
        let text =
          path == "/c" ? "include /d/*\nmroute from a group 225.1.1.1" : "mroute from a group 225.1.1.2"
        return SourceFile(
          bytes: Array(text.utf8), identity: FileIdentity(device: 1, inode: UInt64(path.utf8.count)),
          isWritableByOthers: path == "/d/c")
      }
      func expand(_ glob: String) -> [String] { ["/d/a", "/d/b", "/d/c"] }
    }
    let parsed = parseSmcroute(file: "/c", source: Source())
    #expect(
      parsed.diagnostics.map(\.smcrouteText) == [
        "/c line 1: Failed reading /d/a: permission denied (EACCES)",
        "/c line 1: Failed reading /d/b: more than 64 MiB",
        "/c line 1: others than the owner may write /d/c",
      ])
    #expect(parsed.diagnostics.map(\.smcrouteGrade) == [.soft, .soft, .notice])
    #expect(parsed.configuration.routes.count == 2)
  }
}
