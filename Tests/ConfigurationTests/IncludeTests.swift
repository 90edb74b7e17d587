import Configuration
import Diagnostics
import Forwarding
import Kernel
import Testing

@Suite struct IncludeTests {
  private func read(_ files: [String: String]) -> ParsedConfiguration {
    parse(file: "/etc/main.conf", source: TextSource(files))
  }

  @Test("A pattern reads its files in byte order, a relative path is beside the including file")
  func patternAndRelative() {
    let parsed = read([
      "/etc/main.conf": "include \"conf.d/*.conf\"\nroute from a group 239.1.1.3 to b",
      "/etc/conf.d/b.conf": "route from a group 239.1.1.2 to b",
      "/etc/conf.d/a.conf": "include more.conf",
      "/etc/conf.d/more.conf": "route from a group 239.1.1.1 to b",
    ])
    // `more.conf` matches the pattern too: it is read twice.
    #expect(
      parsed.files == [
        "/etc/main.conf", "/etc/conf.d/a.conf", "/etc/conf.d/more.conf", "/etc/conf.d/b.conf",
        "/etc/conf.d/more.conf",
      ])
    #expect(parsed.diagnostics.map(\.code) == [.duplicateRule])
    #expect(
      parsed.configuration.routes.map { $0.location?.file } == [
        "/etc/conf.d/more.conf", "/etc/conf.d/b.conf", "/etc/conf.d/more.conf", "/etc/main.conf",
      ])
  }

  @Test("A file that includes itself over another is refused where the circle closes")
  func cycle() {
    let parsed = read([
      "/etc/main.conf": "include /etc/a.conf\nlog { level debug }", "/etc/a.conf": "\ninclude /etc/main.conf",
    ])
    #expect(parsed.diagnostics.map(\.code) == [.includeCycle])
    #expect(
      parsed.diagnostics[0].location == SourceLocation(file: "/etc/a.conf", line: 2, column: 9, length: 14))
    #expect(parsed.diagnostics[0].sourceLine == "include /etc/main.conf")
    #expect(parsed.configuration.log.level == "debug")
  }

  @Test("The circle is known by the file, not by its name")
  func cycleByIdentity() {
    var source = TextSource(["/a": "include /b"])
    source.files["/b"] = source.files["/a"]
    #expect(parse(file: "/a", source: source).diagnostics.map(\.code) == [.includeCycle])
  }

  @Test("Sixteen files deep is read, seventeen is not")
  func depth() {
    func chain(_ count: Int) -> [String: String] {
      var files = ["/etc/main.conf": "include /1"]
      for number in 1..<count { files["/\(number)"] = number == count - 1 ? "" : "include /\(number + 1)" }
      return files
    }
    #expect(read(chain(16)).diagnostics == [])
    #expect(read(chain(17)).diagnostics.map(\.code) == [.includeDepth])
  }

  @Test("More than 1,024 files is one finding")
  func manyFiles() {
    var files = ["/etc/main.conf": "include /d/*\ninclude /d/*"]
    for number in 0..<1_023 { files["/d/\(number)"] = "" }
    let parsed = read(files)
    #expect(parsed.files.count == 1_024)
    #expect(parsed.diagnostics.map(\.code) == [.tooManyFiles])
  }

  @Test("A file that others may write draws a warning, with the cure")
  func writableByOthers() {
    var source = TextSource(["/a": "include /b", "/b": "version 1"])
    source.files["/b"]?.isWritableByOthers = true
    let parsed = parse(file: "/a", source: source)
    #expect(parsed.diagnostics.map(\.code) == [.writableByOthers])
    #expect(parsed.diagnostics.map(\.severity) == [.warning])
    #expect(parsed.diagnostics[0].hint == "chmod go-w /b")
  }

  /// Fails in a chosen way for one path.
  private struct Faulty: ConfigurationSource {
    var fault = SourceFault.missing
    var hook: HookFault?

    func read(_ path: String) throws(SourceFault) -> SourceFile {
      guard path == "/main" else { throw fault }
      return SourceFile(
        bytes: Array("include /d/*\nhook /h".utf8), identity: FileIdentity(device: 1, inode: 1))
    }

    func expand(_ glob: String) -> [String] { ["/d/x"] }
    func hookFault(_ path: String) -> HookFault? { hook }
  }

  @Test("A file that vanishes between glob and open is a warning, any other fault an error")
  func vanished() {
    let missing = parse(file: "/main", source: Faulty())
    #expect(missing.diagnostics.map(\.code) == [.cannotRead])
    #expect(!missing.hasErrors)
    let denied = parse(file: "/main", source: Faulty(fault: .unreadable("permission denied (EACCES)")))
    #expect(denied.diagnostics.map(\.message) == ["cannot read \"/d/x\": permission denied (EACCES)"])
    #expect(denied.hasErrors)
    let large = parse(file: "/main", source: Faulty(fault: .tooLarge))
    #expect(large.diagnostics.map(\.code) == [.fileTooLarge])
  }

  @Test(
    "A hook that others could write is an error, one that cannot run a warning",
    arguments: [
      (HookFault.missing, Code.cannotRead, "not there"), (.notAFile, .cannotRead, "not a regular file"),
      (.notExecutable, .cannotRead, "not executable"),
      (.writableByOthers, .writableByOthers, "writable by others than its owner"),
    ])
  func hookFaults(fault: HookFault, code: Code, reason: String) {
    let parsed = parse(file: "/main", source: Faulty(hook: fault))
    #expect(parsed.diagnostics.last?.code == code)
    #expect(parsed.diagnostics.last?.message == "the hook \"/h\" is \(reason)")
    #expect(parsed.hasErrors == (code == .writableByOthers))
  }

  @Test("The permission bits of a hook tell whether it may be run")
  func hookPermissions() {
    #expect(HookFault(permissions: 0o755) == nil)
    #expect(HookFault(permissions: 0o700) == nil)
    #expect(HookFault(permissions: 0o644) == .notExecutable)
    #expect(HookFault(permissions: 0o775) == .writableByOthers)
    #expect(HookFault(permissions: 0o757) == .writableByOthers)
  }

  @Test("The main file that is not there is an error without a place")
  func noMainFile() {
    let parsed = parse(file: "/none", source: TextSource())
    #expect(parsed.diagnostics.map(\.code) == [.cannotRead])
    #expect(parsed.diagnostics[0].location == nil)
    #expect(parsed.hasErrors)
  }

  @Test("Findings of several files come file by file, line by line")
  func order() {
    let parsed = read([
      "/etc/main.conf": "x\ninclude /b\ny\nroute from a group 239.1.1.1 to a",
      "/b": "z\n\nroute from a group 1.1.1.1 to b",
    ])
    #expect(
      parsed.diagnostics.map { $0.location?.description } == [
        "/etc/main.conf:1:1", "/etc/main.conf:3:1", "/etc/main.conf:4:33", "/b:1:1", "/b:3:20",
      ])
  }

  @Test("Names that match no interface of the machine are a warning at their first place")
  func unknownInterfaces() {
    let parsed = read([
      "/etc/main.conf": """
      route from eth9 group 225.1.2.3 to eth1 wg*
      route from eth9 group 225.1.2.4 to eth1
      join on studoi group 225.1.2.4
      interface docker+ disable
      """
    ])
    #expect(parsed.diagnostics == [])
    let found = judge(parsed, present: ["lo", "eth1", "studio"])
    #expect(found.map(\.code) == [.unknownInterface, .unknownInterface, .unknownInterface])
    #expect(found.map(\.severity) == [.warning, .warning, .warning])
    #expect(
      found.map(\.message) == [
        "no interface matches \"eth9\"; the route waits for one",
        "no interface matches \"wg*\"; the route waits for one",
        "no interface matches \"studoi\"; the join waits for one",
      ])
    #expect(
      found.map(\.hint) == [
        "did you mean eth1?", "present now are lo, eth1 and studio", "did you mean studio?",
      ])
    #expect(
      found[0].text(program: "mcast") == """
        /etc/main.conf:1:12: warning: no interface matches "eth9"; the route waits for one [MC2104]
            1 | route from eth9 group 225.1.2.3 to eth1 wg*
              |            ^~~~
        hint: did you mean eth1?

        """)
  }
}
