import Compatibility
import Timing

@testable import CommandLine
@testable import LinuxKernel

/// Runs the programs of SMCRoute without a machine around them, and keeps what they say and send.
final class SmcrouteStage {
  struct Outcome: Equatable {
    var status: Int32 = 0
    var out = ""
    var error = ""
  }

  /// What comes back for a message; nil: nothing, and the connection stays open.
  enum Answer {
    case pieces([[UInt8]])
    case nothing

    static func text(_ text: String) -> Answer { .pieces([Array(text.utf8) + [0]]) }
    static let done = Answer.pieces([[0]])
    /// The connection ends without a byte.
    static let closed = Answer.pieces([])
  }

  /// What each attempt to connect to a path gives, an errno or 0; the last one repeats.
  ///
  /// A path that is not in it does not exist.
  var attempts: [String: [Int32]] = ["/run/smcroute.sock": [0]]
  var answer: (SmcrouteMessage) -> Answer = { _ in .done }
  var input: [String] = []
  var environment: [String: String] = [:]
  var terminalWidth: Int?
  /// Standard output takes so many bytes.
  var room = Int.max
  /// Programs that there are, beside the sockets.
  var programs: Set<String> = ["/usr/sbin/mcastd"]
  var ownFile: String? = "/usr/bin/mcast"
  /// How a daemon that is started ends.
  var status = Subprocess.Status.exited(0)

  /// The messages, with the path that each went to.
  private(set) var sent: [(path: String, message: SmcrouteMessage)] = []
  /// Other programs with their words, and whether this one became it.
  private(set) var started: [(words: [String], isReplaced: Bool)] = []
  /// Answers that were read to their end.
  private(set) var heard = 0
  private(set) var pauses = 0
  /// Pauses from the end of the daemon until it has taken its socket away.
  var lingering = 0
  private var ending: String?
  private var now = Instant.start

  var letters: String { String(sent.map { Character(UnicodeScalar($0.message.command)) }) }

  func smcroutectl(_ line: String) -> Outcome {
    run(line) { words, surroundings in
      var program = Smcroutectl(surroundings)
      return program.run(words)
    }
  }

  func smcroute(_ line: String) -> Outcome {
    run(line) { words, surroundings in Smcroute(surroundings).run(words) }
  }

  private func run(_ line: String, _ program: ([String], PersonalitySurroundings) -> Int32) -> Outcome {
    var outcome = Outcome()
    var out: [UInt8] = []
    let surroundings = PersonalitySurroundings(
      write: { bytes in
        guard out.count + bytes.count <= self.room else { return false }
        out += bytes
        return true
      },
      complain: { outcome.error += String(decoding: $0, as: UTF8.self) },
      line: { self.input.isEmpty ? nil : self.input.removeFirst() },
      terminalWidth: terminalWidth,
      environment: { self.environment[$0] },
      now: { self.now },
      pause: { seconds in
        self.pauses += 1
        self.lingering -= 1
        self.finish()
        self.now = self.now + .milliseconds(Int64(seconds * 1000))
      },
      exists: { self.attempts[$0] != nil || self.programs.contains($0) },
      connect: { (path) throws(SystemError) in try self.connect(path) },
      ownFile: ownFile,
      become: { program, words in
        self.started.append(([program] + words, true))
        return SystemError("start", program, errno: 13)
      },
      call: { (program, words) throws(SystemError) in
        self.started.append(([program] + words, false))
        return self.status
      })
    outcome.status = program(line.split(separator: " ").map(String.init), surroundings)
    outcome.out = String(decoding: out, as: UTF8.self)
    return outcome
  }

  /// The last thing that a daemon does is to take its socket away.
  private func finish() {
    guard lingering <= 0, let path = ending else { return }
    attempts[path] = nil
  }

  private func connect(_ path: String) throws(SystemError) -> any ByteChannel {
    var results = attempts[path] ?? [2]
    let errno = results.count > 1 ? results.removeFirst() : results[0]
    if attempts[path] != nil { attempts[path] = results }
    guard errno == 0 else { throw SystemError("connect", path, errno: errno) }
    return Channel(stage: self, path: path)
  }

  /// One connection, for one message.
  private final class Channel: ByteChannel {
    private let stage: SmcrouteStage
    private let path: String
    private var waiting: [[UInt8]]?

    init(stage: SmcrouteStage, path: String) {
      self.stage = stage
      self.path = path
    }

    func send(_ bytes: [UInt8], until deadline: Instant) throws(SystemError) {
      let message = SmcrouteStage.message(bytes)
      stage.sent.append((path, message))
      if case .pieces(let pieces) = stage.answer(message) { waiting = pieces }
      if message.command == UInt8(ascii: "k") { stage.ending = path }
      stage.finish()
    }

    func receive(until deadline: Instant) throws(SystemError) -> [UInt8]? {
      guard var pieces = waiting else {
        stage.now = deadline
        throw SystemError("read", errno: 110)
      }
      guard !pieces.isEmpty else {
        stage.heard += 1
        return nil
      }
      let piece = pieces.removeFirst()
      waiting = pieces
      return piece
    }
  }

  /// Reads a message by the layout of the protocol, apart from the room that wrote it.
  private static func message(_ bytes: [UInt8]) -> SmcrouteMessage {
    let text = bytes.dropFirst(16).dropLast().split(separator: 0, omittingEmptySubsequences: false)
    let count = Int(bytes[10]) + Int(bytes[11]) * 256
    let length = bytes[0..<8].enumerated().reduce(0) { $0 + Int($1.element) << ($1.offset * 8) }
    let isWhole = length == bytes.count && bytes.last == 0 && bytes[9] == 0
    guard isWhole else { return SmcrouteMessage("?") }
    return SmcrouteMessage(
      UnicodeScalar(bytes[8]), text.prefix(count).map { String(decoding: $0, as: UTF8.self) })
  }
}
