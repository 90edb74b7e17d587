import Foundation
import Glibc

/// A control client that keeps to no rule: bytes on the daemon's socket.
final class Client {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
      unsafe place.copyBytes(from: path.utf8.prefix(place.count - 1))
    }
    let status = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else {
      Glibc.close(descriptor)
      throw LabError(description: "connect to \(path): errno \(errno)")
    }
  }

  deinit { close() }

  private var closed = false

  func close() {
    guard !closed else { return }
    closed = true
    Glibc.close(descriptor)
  }

  /// False when the other side does not take it now, or is gone.
  @discardableResult
  func write(_ bytes: [UInt8]) -> Bool {
    unsafe send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      >= 0
  }

  @discardableResult
  func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  /// What comes until the other side closes or the time is up.
  ///
  /// - Parameter isEnough: what has come is all that is asked for.
  func read(within seconds: Double, until isEnough: (String) -> Bool = { _ in false }) -> String {
    let bytes = readBytes(within: seconds) { isEnough(String(decoding: $0, as: UTF8.self)) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Says that nothing more will come, and still listens.
  func closeSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  /// True once the other side has closed; asks without waiting.
  var isEnded: Bool {
    var byte: UInt8 = 0
    return unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
  }

  /// What comes until the other side closes or the time is up.
  func readBytes(within seconds: Double, until isEnough: ([UInt8]) -> Bool = { _ in false }) -> [UInt8] {
    let deadline = Date(timeIntervalSinceNow: seconds)
    var all: [UInt8] = []
    while !isEnough(all) {
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let left = Int32(max(0, deadline.timeIntervalSinceNow * 1000))
      guard unsafe poll(&wait, 1, left) > 0 else { break }
      var buffer = [UInt8](repeating: 0, count: 65536)
      let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      all += buffer[..<count]
    }
    return all
  }
}
