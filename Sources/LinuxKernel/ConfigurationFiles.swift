public import Addressing
public import Configuration
public import Kernel

/// The files of the machine as a configuration's source: the daemon and the tool read them alike.
public struct ConfigurationFiles: ConfigurationSource {
  private let whilePausing: () -> Void

  /// - Parameter whilePausing: what else is done while a large file is read.
  public init(whilePausing: @escaping () -> Void = {}) { self.whilePausing = whilePausing }

  /// Does what else there is to do.
  public func pause() { whilePausing() }

  /// The whole text of a regular file, opened without waiting.
  public func read(_ path: String) throws(SourceFault) -> SourceFile {
    do throws(SystemError) {
      let file = try Files.read(path)
      return SourceFile(
        bytes: file.bytes,
        identity: FileIdentity(device: file.identity.device, inode: file.identity.inode),
        isWritableByOthers: file.isWritableByOthers)
    } catch {
      switch error.name {
      case "ENOENT": throw .missing
      case "EFBIG": throw .tooLarge
      case "EISDIR": throw .unreadable("a directory, not a file")
      case "EINVAL": throw .unreadable("not a regular file")
      default: throw .unreadable("\(error.meaning) (\(error.name))")
      }
    }
  }

  /// The paths that a glob matches, in byte order.
  public func expand(_ glob: String) -> [String] { Glob.paths(matching: glob) }

  /// Why the program at `path` must not be run as the hook.
  ///
  /// Whose it is, is asked when it is run: only then is it known who runs it.
  public func hookFault(_ path: String) -> HookFault? {
    do throws(SystemError) {
      return HookFault(permissions: try Files.inspect(path).mode)
    } catch {
      return error.name == "ENOENT" ? .missing : .notAFile
    }
  }

  /// The interfaces there are, in the kernel's order; nil when the kernel does not tell.
  public var interfaces: [Interface]? { try? Links.interfaces() }

  /// The addresses that a host's name has in `/etc/hosts`.
  public func addresses(of host: String) -> [Address] {
    guard let file = try? Files.read(HostsFile.path) else { return [] }
    return HostsFile.addresses(of: host, in: file.bytes)
  }
}
