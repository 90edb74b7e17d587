import Control
import Encoding
import LinuxKernel
import Timing

/// The sockets of clients that could not be made when the daemon started: a full disk, most likely.
struct LateListening {
  /// When it is tried again.
  var due: Instant
  /// Makes those that are missing, or says why not.
  let listen: () throws(StartFailure) -> Void

  static let pause = Duration.seconds(5)
}

extension Daemon {
  /// Tries again when it is time.
  func listenLate(_ clock: WallClock) {
    guard let late = lateListening, late.due <= clock.now else { return }
    do throws(StartFailure) {
      try late.listen()
      lateListening = nil
      log.say(.notice, nil, "clients are answered again")
    } catch {
      lateListening?.due = clock.now + LateListening.pause
    }
  }
}
