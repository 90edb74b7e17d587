import Compatibility
import LinuxKernel
import SystemPackage
import Timing

/// Takes messages to a daemon of SMCRoute, each by a connection of its own, and brings the answers.
struct SmcrouteErrand {
  /// How long a daemon that is there may say nothing: the original reads 20,000 routes in half a minute.
  static let patience = Duration.seconds(120)
  /// How often a daemon that may be starting is tried, and what lies between.
  static let tries = 30
  static let pause = 0.1
  /// Bytes of a refusal that are kept; the original sends 128.
  static let refusalLimit = 65_536

  let surroundings: PersonalitySurroundings

  /// Connects to the first path where somebody answers.
  ///
  /// - Parameter reasons: the errnos after which it is tried again, for three seconds.
  /// - Returns: the connection, and where it goes.
  func connect(
    to paths: [String], waitingFor reasons: Set<String>
  ) throws(SystemError) -> (channel: any ByteChannel, path: String) {
    let end = surroundings.now() + SmcrouteErrand.patience
    var tries = 0
    while true {
      let failure: SystemError
      do throws(SystemError) {
        return try connect(to: paths)
      } catch {
        failure = error
      }
      if failure.name == "EAGAIN" {
        // Its queue is full, one client in the original: it is there, and busy.
        guard surroundings.now() < end else { throw failure }
      } else {
        tries += 1
        guard reasons.contains(failure.name), tries < SmcrouteErrand.tries else { throw failure }
      }
      surroundings.pause(SmcrouteErrand.pause)
    }
  }

  /// Throws for the first path that exists, or for the last that does not.
  private func connect(
    to paths: [String]
  ) throws(SystemError) -> (channel: any ByteChannel, path: String) {
    var failure: SystemError?
    for path in paths {
      do throws(SystemError) {
        return (try surroundings.connect(path), path)
      } catch {
        if failure == nil || failure?.name == "ENOENT" { failure = error }
      }
    }
    throw failure ?? SystemError("connect", errno: Errno.noSuchFileOrDirectory.rawValue)
  }

  /// Sends a message and hands on what comes, until the daemon closes or `each` has enough.
  ///
  /// ECONNRESET when it closed without a byte: a daemon answers all that it has understood.
  func ask(
    _ message: [UInt8], over channel: any ByteChannel, each: ([UInt8]) throws(SystemError) -> Bool
  ) throws(SystemError) {
    try channel.send(message, until: surroundings.now() + SmcrouteErrand.patience)
    var isAnswered = false
    while let bytes = try channel.receive(until: surroundings.now() + SmcrouteErrand.patience) {
      isAnswered = true
      guard try each(bytes) else { return }
    }
    guard isAnswered else { throw SystemError("read", errno: Errno.connectionReset.rawValue) }
  }

  /// Sends a message that changes something; the daemon's refusal, or nil when it was done.
  func tell(_ message: SmcrouteMessage, _ bytes: [UInt8], over channel: any ByteChannel, at path: String)
    throws(SystemError) -> String?
  {
    var reply: [UInt8] = []
    do throws(SystemError) {
      try ask(bytes, over: channel) { piece in
        reply += piece.prefix(SmcrouteErrand.refusalLimit - reply.count)
        return reply.count < SmcrouteErrand.refusalLimit
      }
    } catch {
      // One that ends may be gone before its answer.
      guard message.command == UInt8(ascii: "k"), error.name == "ECONNRESET" || error.name == "EPIPE" else {
        throw error
      }
    }
    if let refusal = SmcrouteRendering.refusal(in: reply) { return refusal }
    if message.command == UInt8(ascii: "k") { awaitEnd(path) }
    return nil
  }

  /// Waits until the daemon has taken its socket away, the last thing it does: what is started next finds the
  /// kernel's table free.
  private func awaitEnd(_ path: String) {
    var tries = 0
    while surroundings.exists(path), tries < SmcrouteErrand.tries {
      surroundings.pause(SmcrouteErrand.pause)
      tries += 1
    }
  }
}

extension SystemError {
  /// The errno in words, beginning with a capital letter as the C library has them.
  var sentence: String { meaning.prefix(1).uppercased() + meaning.dropFirst() }
}
