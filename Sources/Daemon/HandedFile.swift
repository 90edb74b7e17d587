import Configuration
import LinuxKernel

/// A configuration that stands in an open descriptor of the process, as the `<(command)` of a shell gives it.
///
/// It can be read once, and only before the descriptors of whoever started the daemon are closed.
struct HandedFile: Hashable, Sendable {
  let path: String
  /// Nil: it was read before.
  var file: SourceFile?

  /// What a second reading is told.
  static let spent = SourceFault.unreadable("it came through an open descriptor, which is read once")

  /// Reads it to its end, unless a former program of this process has; nil: the path is that of a file.
  init?(_ path: String) {
    guard let number = ThisProcess.descriptor(namedBy: path) else { return nil }
    self.path = path
    guard !ThisProcess.isResumed else { return }
    do throws(SystemError) {
      let bytes = try ThisProcess.readDescriptor(number)
      file = SourceFile(bytes: bytes, identity: FileIdentity(device: 0, inode: 0))
    } catch {
      // As with a file, what is wrong is told when it is read.
      return nil
    }
  }
}
