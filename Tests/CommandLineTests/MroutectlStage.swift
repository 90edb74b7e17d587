import Compatibility
import Timing

@testable import CommandLine
@testable import LinuxKernel

/// Runs `mroutectl` without a machine around it, and keeps what it says and sends.
final class MroutectlStage {
  struct Outcome: Equatable {
    var status: Int32 = 0
    var out = ""
    var error = ""
  }

  /// What comes back for any message; then the connection ends.
  var answers: [MroutedMessage] = []
  /// Bytes that come at once.
  var pieceCount = 768
  /// Nothing comes back, and the connection stays open.
  var isSilent = false
  /// Where a daemon listens; nil: wherever it is looked for.
  var path: String?
  /// What an attempt to connect gives.
  var errno: Int32 = 0
  var environment: [String: String] = [:]
  var terminalWidth: Int?

  /// `NUMBER`, `NUMBER d` with details, and the text.
  private(set) var sent: [String] = []
  private(set) var paths: [String] = []
  fileprivate(set) var now = Instant.start

  func run(_ line: String) -> Outcome { run(words: line.split(separator: " ").map(String.init)) }

  func run(words: [String]) -> Outcome {
    var outcome = Outcome()
    let surroundings = PersonalitySurroundings(
      write: {
        outcome.out += String(decoding: $0, as: UTF8.self)
        return true
      },
      complain: { outcome.error += String(decoding: $0, as: UTF8.self) },
      line: { nil },
      terminalWidth: terminalWidth,
      environment: { self.environment[$0] },
      now: { self.now },
      pause: { _ in },
      exists: { _ in false },
      connect: { (path) throws(SystemError) in
        self.paths.append(path)
        let errno = self.path == nil || self.path == path ? self.errno : 2
        guard errno == 0 else { throw SystemError("connect", path, errno: errno) }
        return Channel(self)
      },
      ownFile: nil,
      become: { program, _ in SystemError("start", program, errno: 13) },
      call: { (program, _) throws(SystemError) in throw SystemError("start", program, errno: 13) })
    var program = Mroutectl(surroundings)
    outcome.status = program.run(words)
    return outcome
  }

  /// One connection, for one message.
  private final class Channel: ByteChannel {
    private let stage: MroutectlStage
    private var waiting: [UInt8]

    init(_ stage: MroutectlStage) {
      self.stage = stage
      waiting = stage.answers.flatMap { MroutectlStage.bytes($0) }
    }

    func send(_ bytes: [UInt8], until deadline: Instant) throws(SystemError) {
      // Read by the layout of the protocol, apart from the room that wrote it.
      var words = bytes.count == 768 && bytes[767] == 0 ? ["\(bytes[0])"] : ["\(bytes.count) bytes"]
      if bytes[1] == 1 { words.append("d") }
      let text = String(decoding: bytes[2...].prefix { $0 != 0 }, as: UTF8.self)
      stage.sent.append((words + (text.isEmpty ? [] : [text])).joined(separator: " "))
    }

    func receive(until deadline: Instant) throws(SystemError) -> [UInt8]? {
      guard !stage.isSilent else {
        stage.now = deadline
        throw SystemError("read", errno: 110)
      }
      guard !waiting.isEmpty else { return nil }
      defer { waiting.removeFirst(min(stage.pieceCount, waiting.count)) }
      return Array(waiting.prefix(stage.pieceCount))
    }
  }

  private static func bytes(_ message: MroutedMessage) -> [UInt8] {
    let head = [message.code, message.isDetailed ? 1 : 0] + message.text
    return head + Array(repeating: 0, count: 768 - head.count)
  }
}
