import Diagnostics
import Encoding
import LinuxKernel
import Recording
import Router

/// `mcsim replay`: the same steps again, and whether they led to the same actions.
struct ReplayCommand {
  let path: String
  let isComparing: Bool

  func run() -> Int32 {
    do {
      return try replay()
    } catch let error as SystemError {
      Simulator.complain(Diagnostic(.error, .cannotRead, "\(error)"))
    } catch {
      Simulator.complain(
        Diagnostic(.error, .cannotRead, "\(path): \(error)", hint: "mcastd --record FILE writes recordings"))
    }
    return 65
  }

  private func replay() throws -> Int32 {
    var replay = try Replay(try Files.read(path, limit: 1 << 30).bytes)
    let writer = RecordingWriter()
    var count = 0
    var firstDifference: String?
    var output: [UInt8] = []
    while let step = try replay.next() {
      count += 1
      if !isComparing {
        output += try writer.line(step.actions)
        if output.count > 65_536 {
          guard ThisProcess.write(output, to: .output) else { return 1 }
          output.removeAll(keepingCapacity: true)
        }
      }
      if !step.isEqual, firstDifference == nil { firstDifference = describe(step, count) }
    }
    ThisProcess.write(output, to: .output)
    guard let firstDifference else {
      ThisProcess.write("mcsim: \(count) steps, each as recorded\n", to: .error)
      return 0
    }
    ThisProcess.write("mcsim: \(firstDifference)\n", to: .error)
    return 1
  }

  private func describe(_ step: Replay.Step, _ number: Int) -> String {
    let (then, now) = (step.recorded.actions, step.actions)
    let index = zip(then, now).enumerated().first { $1.0 != $1.1 }?.offset ?? min(then.count, now.count)
    func text(_ actions: [Action]) -> String {
      guard index < actions.count, let line = try? RecordingWriter().line([actions[index]]) else {
        return "nothing more"
      }
      return String(decoding: line.dropLast(), as: UTF8.self)
    }
    return """
      step \(number) (line \(number + 1)) differs at action \(index + 1) of \(then.count)
        recorded: \(text(then))
        now:      \(text(now))
      """
  }
}
