import Glibc
import Testing
import Timing

@testable import LinuxKernel

@Suite struct FilesTests {
  @Test("A file is replaced as a whole and read back, with its rights")
  func replace() throws {
    let directory = try TemporaryDirectory("replace")
    let path = directory.file("f")
    try Files.replace(path, with: Array("one\n".utf8), mode: 0o640)
    try Files.replace(path, with: Array("two\n".utf8), mode: 0o646)
    let file = try Files.read(path)
    #expect(file.bytes == Array("two\n".utf8))
    #expect(file.mode == 0o646)
    #expect(file.isWritableByOthers)
    #expect(file.uid == ThisProcess.uid)
    #expect(Glob.paths(matching: directory.file("*")) == [path])
  }

  @Test("A file that another put where ours is made is neither followed nor kept", arguments: [false, true])
  func foreignFileBeside(_ isLink: Bool) throws {
    let directory = try TemporaryDirectory("foreign-\(isLink)")
    let (path, other) = (directory.file("f"), directory.file("other"))
    let temporary = "\(path).\(ThisProcess.pid).tmp"
    try Files.replace(other, with: [1])
    #expect(unsafe (isLink ? symlink(other, temporary) : link(other, temporary)) == 0)
    try Files.replace(path, with: [2])
    #expect(try Files.read(other).bytes == [1])
    #expect(try Files.read(path).bytes == [2])
  }

  @Test(
    "A file that its group may write counts as writable by others", arguments: [0o640, 0o660, 0o644, 0o666])
  func writableByOthers(_ mode: UInt32) throws {
    let directory = try TemporaryDirectory("modes-\(mode)")
    let path = directory.file("f")
    try Files.replace(path, with: [], mode: mode)
    #expect(try Files.read(path).isWritableByOthers == (mode & 0o022 != 0))
  }

  @Test("At the limit a file is read, one byte beyond it is refused")
  func limit() throws {
    let directory = try TemporaryDirectory("limit")
    let path = directory.file("f")
    try Files.replace(path, with: [UInt8](repeating: 7, count: 100))
    #expect(try Files.read(path, limit: 100).bytes.count == 100)
    #expect { try Files.read(path, limit: 99) } throws: { ($0 as? SystemError)?.name == "EFBIG" }
  }

  @Test(
    "What is no regular file is refused without waiting on it",
    arguments: [("/tmp", "EISDIR"), ("/dev/null", "EINVAL"), ("/tmp/mcast-no-such-file", "ENOENT")])
  func special(path: String, name: String) {
    #expect { try Files.read(path) } throws: { ($0 as? SystemError)?.name == name }
  }

  @Test("Names are found by pattern in any part of the path, sorted by their bytes")
  func glob() throws {
    let directory = try TemporaryDirectory("glob")
    for name in ["b.conf", "a.conf", "B.conf", ".c.conf", "d.txt"] {
      try Files.replace(directory.file(name), with: [])
    }
    let found = Glob.paths(matching: "/tmp/mcast-test-\(ThisProcess.pid)-gl?b/*.conf")
    #expect(found == ["B.conf", "a.conf", "b.conf"].map(directory.file))
    Files.remove(directory.file(".c.conf"))
  }

  @Test("A program's output, its exit code and its end are told")
  func program() throws {
    let program = try Subprocess.start(
      "/bin/sh", arguments: ["sh", "-c", "echo $WORD; echo two >&2; exit 3"], environment: ["WORD=one"])
    var output: [UInt8] = []
    output = try Files.readAll(program.output, "output", limit: 1000)
    #expect(String(decoding: output, as: UTF8.self) == "one\ntwo\n")
    if let end = program.end { #expect(end.wait(for: .read, until: Clock.now + .seconds(10))) }
    #expect(program.poll() == .exited(3))
    #expect(program.poll() == .exited(3))
  }

  @Test("A program that does not end is killed with what it started")
  func kill() throws {
    let program = try Subprocess.start(
      "/bin/sh", arguments: ["sh", "-c", "sleep 600 & echo ready; wait"], environment: ["PATH=/usr/bin:/bin"])
    #expect(program.output.wait(for: .read, until: Clock.now + .seconds(10)))
    #expect(program.poll() == nil)
    program.kill()
    // The end of the output: every process that held it is gone.
    let output = try Files.readAll(program.output, "output", limit: 1000)
    #expect(String(decoding: output, as: UTF8.self) == "ready\n")
    if let end = program.end { #expect(end.wait(for: .read, until: Clock.now + .seconds(10))) }
    #expect(program.poll() == .killed(signal: 9))
  }

  @Test("A program that is not there is refused by name")
  func missingProgram() {
    #expect {
      try Subprocess.start("/no/such/program", arguments: ["x"], environment: [])
    } throws: {
      ($0 as? SystemError)?.description == "start /no/such/program: no such file or directory (ENOENT)"
    }
  }
}
