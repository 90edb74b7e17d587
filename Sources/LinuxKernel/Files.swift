import CLinux

/// A regular file as it was read, with what the kernel says of it.
public struct LoadedFile: Sendable {
  public var bytes: [UInt8]
  public var uid: UInt32
  public var gid: UInt32
  /// Permission bits.
  public var mode: UInt32
  /// What tells a file from another under whatever name; for include cycles.
  public var identity: Identity

  /// The device and the inode.
  public struct Identity: Hashable, Sendable {
    public var device: UInt64
    public var inode: UInt64
  }

  /// Whether others than its owner and root could have written it.
  public var isWritableByOthers: Bool { mode & 0o022 != 0 }
}

/// Files, whole: read with a limit, written so that a reader sees the old or the new one.
public enum Files {
  /// Reads a regular file.
  ///
  /// EISDIR, EINVAL (neither file nor directory: never waits on a fifo), EFBIG (more than `limit` bytes),
  /// EAGAIN (one that makes its readers wait, such as /proc/kmsg).
  public static func read(_ path: String, limit: Int = 64 << 20) throws(SystemError) -> LoadedFile {
    let number = retrying { unsafe mc_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0) }
    guard number >= 0 else { throw .last("open", path) }
    let descriptor = Descriptor(adopting: number)
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else { throw .last("open", path) }
    switch Int32(status.st_mode) & Int32(S_IFMT) {
    case Int32(S_IFREG): break
    case Int32(S_IFDIR): throw SystemError("read", path, errno: EISDIR)
    default: throw SystemError("read", path, errno: EINVAL)
    }
    let size = Int(status.st_size)
    let bytes = try readAll(descriptor, path, expecting: size, limit: limit, waitsForMore: false)
    return LoadedFile(
      bytes: bytes, uid: status.st_uid, gid: status.st_gid, mode: status.st_mode & 0o7777,
      identity: LoadedFile.Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
  }

  /// What the kernel says of a regular file, without its text.
  ///
  /// EISDIR and EINVAL as `read`.
  public static func inspect(_ path: String) throws(SystemError) -> LoadedFile {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw .last("stat", path) }
    switch Int32(status.st_mode) & Int32(S_IFMT) {
    case Int32(S_IFREG): break
    case Int32(S_IFDIR): throw SystemError("stat", path, errno: EISDIR)
    default: throw SystemError("stat", path, errno: EINVAL)
    }
    return LoadedFile(
      bytes: [], uid: status.st_uid, gid: status.st_gid, mode: status.st_mode & 0o7777,
      identity: LoadedFile.Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
  }

  /// Reads a file of /proc or /sys, whose size the kernel does not tell.
  public static func readVirtual(_ path: String, limit: Int = 64 << 20) throws(SystemError) -> [UInt8] {
    let number = retrying { unsafe mc_open(path, O_RDONLY | O_CLOEXEC, 0) }
    guard number >= 0 else { throw .last("open", path) }
    return try readAll(Descriptor(adopting: number), path, expecting: 4096, limit: limit)
  }

  /// Reads to the end; for standard input and files whose size is not known.
  ///
  /// EFBIG beyond `limit`.
  public static func readAll(
    _ descriptor: Descriptor, _ path: String, expecting: Int = 65_536, limit: Int,
    waitsForMore: Bool = true
  ) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    // One more than the size, so that the end is seen by the first read that comes short.
    var room = min(max(expecting, 0), limit) + 1
    while true {
      var result = 0
      var failure: Int32 = 0
      let chunk = unsafe [UInt8](unsafeUninitializedCapacity: room) { space, count in
        result = retrying { unsafe CLinux.read(descriptor.number, space.baseAddress, room) }
        failure = mc_errno()
        count = max(result, 0)
      }
      if result < 0, failure == EAGAIN, waitsForMore, descriptor.wait(for: .read, until: nil) { continue }
      guard result >= 0 else { throw SystemError("read", path, errno: failure) }
      if result == 0 { return bytes }
      guard bytes.count + result <= limit else { throw SystemError("read", path, errno: EFBIG) }
      if bytes.isEmpty { bytes = chunk } else { bytes.append(contentsOf: chunk) }
      room = 65_536
    }
  }

  /// Replaces a file in one step: written beside it, synced, renamed, the directory synced.
  public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o644) throws(SystemError) {
    let temporary = "\(path).\(getpid()).tmp"
    // What stands there may be another's, put into a folder that all may write: a link, or a file that stays
    // his.
    _ = unsafe unlink(temporary)
    let number = retrying {
      unsafe mc_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    }
    guard number >= 0 else { throw .last("write", path) }
    let descriptor = Descriptor(adopting: number)
    do throws(SystemError) {
      guard fchmod(number, mode) == 0 else { throw .last("write", path) }
      try writeAll(bytes, to: descriptor, path)
      guard fsync(descriptor.number) == 0 else { throw .last("write", path) }
      guard unsafe rename(temporary, path) == 0 else { throw .last("rename", path) }
    } catch {
      _ = unsafe unlink(temporary)
      throw error
    }
    synchronizeDirectory(of: path)
  }

  /// Writes every byte, waiting where the descriptor does not take them at once.
  public static func writeAll(
    _ bytes: [UInt8], to descriptor: Descriptor, _ path: String = ""
  ) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      let count = retrying {
        unsafe bytes.withUnsafeBytes {
          unsafe CLinux.write(descriptor.number, $0.baseAddress?.advanced(by: written), $0.count - written)
        }
      }
      let failure = mc_errno()
      if count < 0 && failure == EAGAIN && descriptor.wait(for: .write, until: nil) { continue }
      guard count >= 0 else { throw SystemError("write", path, errno: failure) }
      written += count
    }
  }

  /// Sets the times of a file to now.
  public static func touch(_ path: String) throws(SystemError) {
    guard unsafe utimensat(AT_FDCWD, path, nil, 0) == 0 else { throw .last("touch", path) }
  }

  /// Whether this process may run the file.
  public static func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

  /// Opens a file to append to, made when it is missing; what recordings and logs are written through.
  public static func openForAppending(
    _ path: String, mode: UInt32 = 0o640, truncating: Bool = false
  ) throws(SystemError) -> Descriptor {
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | (truncating ? O_TRUNC : 0)
    let number = retrying { unsafe mc_open(path, flags, mode) }
    guard number >= 0 else { throw .last("open", path) }
    return Descriptor(adopting: number)
  }

  /// Takes a name away; a missing one is no error.
  public static func remove(_ path: String) { _ = unsafe unlink(path) }

  /// Takes an empty directory away; a missing one is no error.
  public static func removeDirectory(_ path: String) { _ = unsafe rmdir(path) }

  /// Makes a directory with its parents; one that is there keeps its rights.
  public static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
    guard unsafe mkdir(path, mode) != 0 else { return }
    let failure = mc_errno()
    if failure == EEXIST { return }
    guard failure == ENOENT, let parent = directory(of: path), parent != path else {
      throw SystemError("mkdir", path, errno: failure)
    }
    try makeDirectory(parent, mode: mode)
    guard unsafe mkdir(path, mode) == 0 || mc_errno() == EEXIST else { throw .last("mkdir", path) }
  }

  /// Gives a path to somebody else.
  public static func setOwner(_ path: String, uid: UInt32, gid: UInt32) throws(SystemError) {
    guard unsafe chown(path, uid, gid) == 0 else { throw .last("chown", path) }
  }

  /// What stands before the last slash; nil for a name in the working directory.
  public static func directory(of path: String) -> String? {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func synchronizeDirectory(of path: String) {
    let number = unsafe mc_open(directory(of: path) ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    guard number >= 0 else { return }
    // A file system that cannot sync a directory has no better way: the rename itself is done.
    _ = fsync(number)
    close(number)
  }
}
