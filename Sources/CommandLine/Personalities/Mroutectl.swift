import Compatibility
import Diagnostics
import LinuxKernel
import SystemPackage
import Timing

/// The program `mroutectl`: 4.0 to 4.6.
struct Mroutectl {
  /// How long a daemon may be silent.
  static let patience = Duration.seconds(2)
  /// How long one may take to withdraw everything when it is to end.
  static let patienceWithEnd = Duration.seconds(5)

  let surroundings: PersonalitySurroundings
  private var rendering = MroutectlRendering(.plain)

  init(_ surroundings: PersonalitySurroundings) { self.surroundings = surroundings }

  /// Does what the words after the program's name say; the exit status.
  mutating func run(_ words: [String]) -> Int32 {
    let isStrict = surroundings.environment("POSIXLY_CORRECT") != nil
    let arguments = MroutectlArguments(words, isStrict ? .optionsFirst : .permuting)
    switch arguments.step {
    case .say(let result):
      surroundings.print(result)
      return result.exitCode
    case .send(let message):
      rendering = MroutectlRendering(arguments.headings, width: width)
      return send(message, to: arguments.socket)
    }
  }

  private var width: Int {
    surroundings.terminalWidth ?? surroundings.environment("COLUMNS").flatMap(Int.init)
      ?? MroutectlRendering.usualWidth
  }

  private func send(_ message: MroutedMessage, to path: String) -> Int32 {
    // The originals differ in it, and scripts may ask.
    let refused: Int32 = message.command == .debug || message.command == .log ? 1 : 255
    let channel: any ByteChannel
    do throws(SystemError) {
      channel = try surroundings.connect(path)
    } catch {
      complain(
        error.name == "ENOENT"
          ? "Cannot connect to mrouted, verify it has started."
          : "Failed connecting to mrouted: \(error.sentence)")
      return refused
    }
    do throws(SystemError) {
      try channel.send(message.encoded, until: surroundings.now() + Mroutectl.patience)
      return try receive(message, over: channel)
    } catch {
      switch error.name {
      // A daemon that ends answers nothing, and the original says nothing of one that is silent either.
      case "ETIMEDOUT": complain("mroutectl: no answer within \(Mroutectl.patience)")
      case "ECONNRESET", "EPIPE": break
      default:
        complain("Failed communicating with mrouted: \(error.sentence)")
        return refused
      }
      return 0
    }
  }

  /// Prints the answers as they come; a message may come in pieces.
  ///
  /// Where nobody takes it any more, the answer is heard to its end all the same: the original daemon dies of
  /// a client that leaves before.
  private func receive(
    _ message: MroutedMessage, over channel: any ByteChannel
  ) throws(SystemError) -> Int32 {
    let patience = message.command == .kill ? Mroutectl.patienceWithEnd : Mroutectl.patience
    var bytes: [UInt8] = []
    var isWritten = true
    while let piece = try channel.receive(until: surroundings.now() + patience) {
      bytes += piece
      var text: [UInt8] = []
      let status = take(&bytes, of: message, into: &text)
      if !text.isEmpty { isWritten = isWritten && surroundings.write(text) }
      if let status { return isWritten ? status : 1 }
    }
    return isWritten ? 0 : 1
  }

  /// Takes the whole messages; the exit status when the last one is among them.
  private func take(_ bytes: inout [UInt8], of message: MroutedMessage, into text: inout [UInt8]) -> Int32? {
    while let answer = MroutedMessage(bytes.prefix(MroutedMessage.count)) {
      bytes.removeFirst(MroutedMessage.count)
      switch answer.code {
      case MroutedMessage.Answer.line: text += rendering.text(of: answer.text)
      case MroutedMessage.Answer.end:
        // Of a table this message has no text.
        if message.command == .debug || message.command == .log { text += line(answer.text) }
        return 0
      default:
        surroundings.complain(line(answer.text))
        return 1
      }
    }
    return nil
  }

  /// Nothing for a text of a single character, as the original has it.
  private func line(_ text: [UInt8]) -> [UInt8] {
    guard text.count > 1 else { return [] }
    return text.last == UInt8(ascii: "\n") ? text : text + [UInt8(ascii: "\n")]
  }

  private func complain(_ text: String) {
    surroundings.complain(Array("\(text.escapingControls)\n".utf8))
  }
}
