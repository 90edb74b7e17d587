import Compatibility
import Diagnostics
import LinuxKernel

/// The program `smcroutectl`: 2.3 to 2.6.
struct Smcroutectl {
  let surroundings: PersonalitySurroundings
  private var arguments = SmcroutectlArguments([])
  /// After a daemon has been waited for in vain, the next command of a batch does not wait again.
  private var waits = true

  init(_ surroundings: PersonalitySurroundings) { self.surroundings = surroundings }

  /// Does what the words after the program's name say; the exit status.
  mutating func run(_ words: [String]) -> Int32 {
    let isStrict = surroundings.environment("POSIXLY_CORRECT") != nil
    arguments = SmcroutectlArguments(words, isStrict ? .optionsFirst : .permuting)
    guard arguments.readsBatch else {
      var status: Int32 = 0
      for step in arguments.steps where status == 0 { status = perform(step) }
      return status
    }
    var sum: Int32 = 0
    while let line = surroundings.line() {
      // A status has eight bits: 256 failures must not look like none.
      if let step = arguments.step(batchLine: line) { sum = min(sum + perform(step), 255) }
    }
    return sum
  }

  private mutating func perform(_ step: SmcroutectlArguments.Step) -> Int32 {
    switch step {
    case .say(let result):
      surroundings.print(result)
      return result.exitCode
    case .send(let message): return send(message)
    }
  }

  private mutating func send(_ message: SmcrouteMessage) -> Int32 {
    let bytes: [UInt8]
    do throws(SmcrouteMessage.TooLong) {
      bytes = try message.encoded()
    } catch {
      return complain("Failed constructing IPC command: \(error.text)")
    }
    let errand = SmcrouteErrand(surroundings: surroundings)
    let channel: any ByteChannel
    do throws(SystemError) {
      channel = try errand.connect(to: [arguments.socket], waitingFor: waits ? ["ECONNREFUSED"] : []).channel
    } catch {
      return complain(unreachable: error)
    }
    do throws(SystemError) {
      switch UnicodeScalar(message.command) {
      case "s", "S": return try show(bytes, errand, channel)
      case "J": return try showJSON(bytes, errand, channel)
      default:
        let refusal = try errand.tell(message, bytes, over: channel, at: arguments.socket)
        return refusal.map(complain) ?? 0
      }
    } catch {
      return complain("Communication with daemon failed: \(error.sentence)")
    }
  }

  // MARK: Tables

  private var headings: SmcrouteRendering.Headings {
    switch arguments.headings {
    case .none: return .none
    case .plain: return .plain
    case .automatic:
      guard let width = surroundings.terminalWidth, surroundings.environment("TERM") != "dumb" else {
        return .plain
      }
      return .terminal(width: width)
    }
  }

  /// Prints a table as it comes.
  ///
  /// Where nobody takes it any more, the answer is heard to its end all the same: the original daemon dies of
  /// a client that leaves before.
  private func show(
    _ message: [UInt8], _ errand: SmcrouteErrand, _ channel: any ByteChannel
  ) throws(SystemError) -> Int32 {
    var rendering = SmcrouteRendering(headings)
    var isWritten = true
    try errand.ask(message, over: channel) { bytes in
      let text = rendering.receive(bytes)
      isWritten = isWritten && surroundings.write(text)
      return true
    }
    return isWritten && surroundings.write(rendering.finish()) ? 0 : 1
  }

  /// Prints one line of JSON, as long as it may be.
  private func showJSON(
    _ message: [UInt8], _ errand: SmcrouteErrand, _ channel: any ByteChannel
  ) throws(SystemError) -> Int32 {
    var first: UInt8?
    var text: [UInt8] = []
    var isWritten = true
    try errand.ask(message, over: channel) { bytes in
      let bytes = bytes.filter { $0 != 0 && $0 != UInt8(ascii: "\n") }
      if first == nil { first = bytes.first }
      guard first == UInt8(ascii: "{") else {
        text += bytes.prefix(SmcrouteErrand.refusalLimit - text.count)
        return text.count < SmcrouteErrand.refusalLimit
      }
      isWritten = isWritten && surroundings.write(bytes)
      return true
    }
    guard first == UInt8(ascii: "{") else {
      // Daemons before 2.6 do not know the request, and say so.
      return complain(String(decoding: text, as: UTF8.self))
    }
    return isWritten && surroundings.write([0x0a]) ? 0 : 1
  }

  // MARK: What can go wrong

  private mutating func complain(unreachable failure: SystemError) -> Int32 {
    switch failure.name {
    case "ENOENT":
      _ = complain("Cannot find IPC socket \(arguments.socket)")
      guard arguments.ownSocket == nil else { break }
      return complain("Daemon may be running with another -i NAME")
    case "ECONNREFUSED":
      waits = false
      return complain("Daemon not running")
    case "EACCES": return complain("Need root privileges to connect to daemon")
    default: break
    }
    return complain("Failed connecting to daemon: \(failure.sentence)")
  }

  private func complain(_ text: String) -> Int32 {
    surroundings.complain(Array("smcroutectl: \(text.escapingControls)\n".utf8))
    return 1
  }
}

extension PersonalitySurroundings {
  /// Prints what a program says by itself.
  func print(_ result: ProgramResult) {
    // In the order of the original, where help follows the reason for it.
    if !result.complaint.isEmpty { complain(Array(result.complaint.utf8)) }
    if !result.output.isEmpty { _ = write(Array(result.output.utf8)) }
  }
}
