import Foundation
import Testing
import Timing

@testable import CommandLine
@testable import LinuxKernel

@Suite("Socket of the daemon, as bytes") struct SocketBytesTests {
  private let path = FileManager.default.temporaryDirectory.appending(path: "mcast-\(UUID().uuidString)").path

  @Test("Pieces come as they were written, then the end")
  func pieces() throws {
    let listener = try ControlListener.listen(at: path, mode: 0o600)
    defer { listener.removePath() }
    let channel = try SocketBytes(to: path)
    guard case .connection(let accepted) = listener.accept() else {
      Issue.record("nobody came")
      return
    }
    try channel.send([1, 2, 3], until: Clock.now + .seconds(5))
    var bytes: [UInt8] = []
    #expect(accepted.wait(for: .read, until: Clock.now + .seconds(5)))
    #expect(accepted.read(into: &bytes) == .moved(3))
    #expect(bytes == [1, 2, 3])
    for piece in [[4, 5], [6]] as [[UInt8]] {
      try accepted.writeAll(piece, until: Clock.now + .seconds(5))
      #expect(try channel.receive(until: Clock.now + .seconds(5)) == piece)
    }
    accepted.finishWriting()
    #expect(try channel.receive(until: Clock.now + .seconds(5)) == nil)
  }

  @Test("Silence ends at the deadline, and a missing daemon at once")
  func silence() throws {
    #expect(throws: SystemError("connect", path, errno: 2)) { try SocketBytes(to: path) }
    let listener = try ControlListener.listen(at: path, mode: 0o600)
    defer { listener.removePath() }
    let channel = try SocketBytes(to: path)
    let error = #expect(throws: SystemError.self) { try channel.receive(until: Clock.now) }
    #expect(error?.name == "ETIMEDOUT")
  }

  @Test("A queue that is full is told from a daemon that is not there")
  func fullQueue() throws {
    let listener = try ControlListener.listen(at: path, mode: 0o600)
    defer { listener.removePath() }
    var waiting: [SocketBytes] = []
    let error = #expect(throws: SystemError.self) {
      while waiting.count < 1000 { waiting.append(try SocketBytes(to: path)) }
    }
    #expect(error?.name == "EAGAIN")
  }
}
