import Testing
import Timing

@testable import LinuxKernel

/// A directory of its own for each test, removed at its end.
final class TemporaryDirectory {
  let path: String

  init(_ name: String) throws {
    path = "/tmp/mcast-test-\(ThisProcess.pid)-\(name)"
    try Files.makeDirectory(path)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  deinit {
    for path in Glob.paths(matching: "\(path)/*") { Files.remove(path) }
    Files.removeDirectory(path)
  }
}

@Suite struct SocketTests {
  private func connected(
    _ listener: ControlListener
  ) throws -> (client: StreamConnection, server: StreamConnection) {
    let client = try StreamConnection.connect(to: listener.path)
    guard case .connection(let server) = listener.accept() else {
      throw SystemError("accept", listener.path, errno: 0)
    }
    return (client, server)
  }

  @Test("Bytes pass both ways, and each end knows the process at the other")
  func exchange() throws {
    let directory = try TemporaryDirectory("exchange")
    let listener = try ControlListener.listen(at: directory.file("s"), mode: 0o600)
    let (client, server) = try connected(listener)
    #expect(server.peer?.pid == ThisProcess.pid)
    #expect(server.peer?.uid == ThisProcess.uid)
    var received: [UInt8] = []
    #expect(server.read(into: &received) == .blocked)
    #expect(client.write([1, 2, 3]) == .moved(3))
    #expect(server.read(into: &received, limit: 2) == .moved(2))
    #expect(server.read(into: &received) == .moved(1))
    #expect(received == [1, 2, 3])
    client.finishWriting()
    #expect(server.read(into: &received) == .ended)
    #expect(server.write([4]) == .moved(1))
    #expect(client.read(into: &received) == .moved(1))
  }

  @Test("Writing to an end that nobody reads blocks, and to one that is gone ends; the process lives")
  func fullAndGone() throws {
    let directory = try TemporaryDirectory("full")
    let listener = try ControlListener.listen(at: directory.file("s"), mode: 0o600)
    var (client, server): (StreamConnection?, StreamConnection) = try connected(listener)
    let block = [UInt8](repeating: 0, count: 1 << 20)[...]
    var last = server.write(block)
    while case .moved = last { last = server.write(block) }
    #expect(last == .blocked)
    client = nil
    #expect(server.write([1]) == .ended)
    #expect(client == nil)
  }

  @Test("Listening replaces a stale socket; whether somebody answers is told")
  func stale() throws {
    let directory = try TemporaryDirectory("stale")
    let path = directory.file("s")
    #expect(ControlListener.peer(answeringAt: path) == nil)
    var first: ControlListener? = try ControlListener.listen(at: path, mode: 0o600)
    #expect(first != nil)
    #expect(ControlListener.peer(answeringAt: path)?.pid == ThisProcess.pid)
    first = nil
    #expect(ControlListener.peer(answeringAt: path) == nil)
    let second = try ControlListener.listen(at: path, mode: 0o600)
    #expect(ControlListener.peer(answeringAt: path) != nil)
    second.removePath()
    #expect(throws: SystemError.self) { try StreamConnection.connect(to: path) }
  }

  @Test("A path that no socket address holds is refused", arguments: [0, 108, 5000])
  func longPath(length: Int) {
    #expect(throws: SystemError.self) {
      try StreamConnection.connect(to: String(repeating: "a", count: length))
    }
  }

  @Test("The loop tells which descriptor is ready, and comes back at the deadline")
  func loop() throws {
    let directory = try TemporaryDirectory("loop")
    let listener = try ControlListener.listen(at: directory.file("s"), mode: 0o600)
    let loop = try EventLoop()
    let token = EventLoop.Token(owner: 7, number: 9)
    try loop.watch(listener.descriptor, as: token)
    var ready: [EventLoop.Ready] = []
    let deadline = Clock.now + .milliseconds(5)
    loop.wait(until: deadline, into: &ready)
    #expect(ready.isEmpty)
    #expect(Clock.now >= deadline)
    let (client, server) = try {
      let client = try StreamConnection.connect(to: listener.path)
      loop.wait(until: nil, into: &ready)
      #expect(ready.map(\.token) == [token])
      guard case .connection(let server) = listener.accept() else {
        throw SystemError("accept", errno: 0)
      }
      return (client, server)
    }()
    try loop.watch(server.descriptor, as: EventLoop.Token(owner: 8, number: 1), for: [.read, .write])
    loop.wait(until: nil, into: &ready)
    #expect(ready.map(\.isWritable) == [true])
    try loop.change(server.descriptor, as: EventLoop.Token(owner: 8, number: 2), to: .read)
    #expect(client.write([1]) == .moved(1))
    loop.wait(until: nil, into: &ready)
    #expect(ready.map(\.token.number) == [2])
    #expect(ready.map(\.isReadable) == [true])
  }
}
