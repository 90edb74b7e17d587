import Compatibility
import Diagnostics
import LinuxKernel

/// The program `smcroute`: daemon and client in one, before 2.3.
struct Smcroute {
  let surroundings: PersonalitySurroundings

  init(_ surroundings: PersonalitySurroundings) { self.surroundings = surroundings }

  /// Does what the words after the program's name say; the exit status.
  func run(_ words: [String]) -> Int32 {
    switch LegacySmcroute(words) {
    case .end(let result):
      surroundings.print(result)
      return result.exitCode
    case .client(let messages): return send(messages)
    case .smcrouted(let words): return become(["smcrouted"] + words)
    case .daemon(let settings, let commands):
      let words = ["smcroute"] + words
      guard !commands.isEmpty else { return become(words) }
      guard !settings.staysInForeground else {
        complain("smcroute: commands are not sent with -n: send them once the daemon is ready\n")
        return become(words)
      }
      let status = call(words)
      return status == 0 ? send(commands) : status
    }
  }

  // MARK: Daemon

  /// Where the daemon's program may be: beside this file, in the sbin of its tree, where packages put it.
  private var programs: [String] {
    let folder = surroundings.ownFile.flatMap(Files.directory)
    return (folder.map { ["\($0)/mcastd", "\($0)/../sbin/mcastd"] } ?? []) + ["/usr/sbin/mcastd"]
  }

  /// Runs the daemon in this process.
  private func become(_ words: [String]) -> Int32 {
    guard let program = programs.first(where: surroundings.exists) else { return missing() }
    return fail(surroundings.become(program, words))
  }

  /// Runs the daemon until it has gone to the background; its exit status.
  private func call(_ words: [String]) -> Int32 {
    guard let program = programs.first(where: surroundings.exists) else { return missing() }
    do throws(SystemError) {
      switch try surroundings.call(program, words) {
      case .exited(let status): return status
      case .killed(let signal): return 128 + signal
      }
    } catch {
      return fail(error)
    }
  }

  private func missing() -> Int32 {
    complain("smcroute: there is no mcastd to start, neither beside this program nor in /usr/sbin\n")
    return 1
  }

  private func fail(_ failure: SystemError) -> Int32 {
    complain("smcroute: \(failure)\n")
    return 1
  }

  // MARK: Client

  /// Sends the commands one after the other, up to the first that is refused.
  private func send(_ messages: [SmcrouteMessage]) -> Int32 {
    let errand = SmcrouteErrand(surroundings: surroundings)
    for message in messages {
      let bytes: [UInt8]
      do throws(SmcrouteMessage.TooLong) {
        bytes = try message.encoded()
      } catch {
        return refuse(error.text)
      }
      let channel: any ByteChannel
      let path: String
      do throws(SystemError) {
        (channel, path) = try errand.connect(
          to: LegacySmcroute.sockets, waitingFor: ["ENOENT", "ECONNREFUSED"])
      } catch {
        complain(
          error.name == "EACCES"
            ? LegacySmcroute.ClientText.notPermitted
            : LegacySmcroute.ClientText.notRunning(error.sentence))
        return 1
      }
      do throws(SystemError) {
        if let refusal = try errand.tell(message, bytes, over: channel, at: path) { return refuse(refusal) }
      } catch {
        return refuse("no answer: \(error.sentence)")
      }
    }
    complain(LegacySmcroute.ClientText.success)
    return 0
  }

  private func refuse(_ text: String) -> Int32 {
    complain(LegacySmcroute.ClientText.refused(text.escapingControls))
    return 1
  }

  private func complain(_ text: String) { surroundings.complain(Array(text.utf8)) }
}
