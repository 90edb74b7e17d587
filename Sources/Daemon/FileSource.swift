import Configuration
import LinuxKernel

/// The files of the machine, for the daemon's own configuration.
struct FileSource: ConfigurationSource {
  func read(_ path: String) throws(SourceFault) -> SourceFile {
    do throws(SystemError) {
      let file = try Files.read(path)
      return SourceFile(
        bytes: file.bytes,
        identity: FileIdentity(device: file.identity.device, inode: file.identity.inode),
        isWritableByOthers: file.mode & 0o022 != 0)
    } catch {
      switch error.name {
      case "ENOENT": throw .missing
      case "EFBIG": throw .tooLarge
      case "EISDIR": throw .unreadable("it is a directory, not a file (EISDIR)")
      case "EINVAL": throw .unreadable("it is not a regular file")
      default: throw .unreadable("\(error.meaning) (\(error.name))")
      }
    }
  }

  func expand(_ glob: String) -> [String] { Glob.paths(matching: glob) }

  // Whose it is, is asked when it is run: only then is it known who runs it.
  func hookFault(_ path: String) -> HookFault? {
    do throws(SystemError) {
      return HookFault(permissions: try Files.inspect(path).mode)
    } catch {
      return error.name == "ENOENT" ? .missing : .notAFile
    }
  }
}
