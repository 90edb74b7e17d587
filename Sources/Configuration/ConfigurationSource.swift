public import Addressing
import Diagnostics
public import Kernel

/// Where the texts of a configuration come from; parsing itself opens nothing.
///
/// The Daemon and the tool read real files; tests hold theirs in memory.
public protocol ConfigurationSource {
  /// The whole text of a regular file.
  func read(_ path: String) throws(SourceFault) -> SourceFile

  /// The paths that a glob matches, in byte order; empty when there are none.
  func expand(_ glob: String) -> [String]

  /// Why the program at `path` must not be run as the hook; nil when it may, or nothing is known of it.
  func hookFault(_ path: String) -> HookFault?

  /// The interfaces there are, in the kernel's order; nil when they are not known.
  ///
  /// Old files name interfaces by their addresses; nothing else of a configuration depends on them.
  var interfaces: [Interface]? { get }

  /// The addresses that a host's name has; empty for none.
  func addresses(of host: String) -> [Address]

  /// Called every few hundred statements: who reads a large file can do something else in between.
  func pause()
}

/// How many statements are read between two pauses: a third of a millisecond.
let statementsBetweenPauses = 256

extension ConfigurationSource {
  /// Nil: texts alone have no machine.
  public var interfaces: [Interface]? { nil }

  /// Empty: nobody is asked.
  public func addresses(of host: String) -> [Address] { [] }

  /// What is read at once needs no pause.
  public func pause() {}

  /// Nil: a source without files has no programs to judge.
  public func hookFault(_ path: String) -> HookFault? { nil }
}

/// Why a program is not run as the hook.
public enum HookFault: Error, Hashable, Sendable {
  case missing
  /// A directory, a device or the like.
  case notAFile
  case notExecutable
  case writableByOthers

  /// What the permission bits of a regular file say; nil when it may be run.
  public init?(permissions: UInt32) {
    if permissions & 0o022 != 0 {
      self = .writableByOthers
    } else if permissions & 0o111 == 0 {
      self = .notExecutable
    } else {
      return nil
    }
  }

  /// A hook that cannot run costs a notice, no routing; one that others could write is refused.
  var severity: Diagnostic.Severity {
    switch self {
    case .missing, .notAFile, .notExecutable: .warning
    case .writableByOthers: .error
    }
  }

  var code: Code {
    switch self {
    case .missing, .notAFile, .notExecutable: .cannotRead
    case .writableByOthers: .writableByOthers
    }
  }

  /// Ends the sentence `the hook "…" is`.
  var reason: String {
    switch self {
    case .missing: "not there"
    case .notAFile: "not a regular file"
    case .notExecutable: "not executable"
    case .writableByOthers: "writable by others than its owner"
    }
  }

  func hint(_ path: String) -> String {
    switch self {
    case .missing, .notAFile: "ls -l \(path)"
    case .notExecutable: "chmod +x \(path)"
    case .writableByOthers: "chmod go-w \(path)"
    }
  }
}

/// A file as it was read.
public struct SourceFile: Hashable, Sendable {
  public var bytes: [UInt8]
  public var identity: FileIdentity
  /// Whether its group or everybody may write it.
  public var isWritableByOthers: Bool

  public init(bytes: [UInt8], identity: FileIdentity, isWritableByOthers: Bool = false) {
    self.bytes = bytes
    self.identity = identity
    self.isWritableByOthers = isWritableByOthers
  }
}

/// What makes two paths the same file.
public struct FileIdentity: Hashable, Sendable {
  public var device: UInt64
  public var inode: UInt64

  public init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }
}

/// Why a file could not be read.
public enum SourceFault: Error, Hashable, Sendable {
  /// There is none, or it vanished.
  case missing
  /// It has more than the 64 MiB that are read.
  case tooLarge
  /// A phrase with the error's name: `permission denied (EACCES)`, `a directory, not a file`.
  case unreadable(String)
}

/// Files held in memory: for tests, and for texts that have no files.
public struct TextSource: ConfigurationSource, Sendable {
  public var files: [String: SourceFile] = [:]
  public var interfaces: [Interface]?
  public var hosts: [String: [Address]] = [:]

  public init() {}

  /// Files with these texts; each has an identity of its own.
  public init(_ texts: [String: String]) {
    for (number, path) in texts.keys.sorted().enumerated() {
      files[path] = SourceFile(
        bytes: Array((texts[path] ?? "").utf8), identity: FileIdentity(device: 1, inode: UInt64(number + 1)))
    }
  }

  /// The text given under this path, else `missing`.
  public func read(_ path: String) throws(SourceFault) -> SourceFile {
    guard let file = files[path] else { throw .missing }
    return file
  }

  /// The paths given that the pattern matches, in byte order.
  public func expand(_ glob: String) -> [String] {
    files.keys.filter { InterfacePattern(glob).matches($0) }.sorted()
  }

  /// The addresses given under this name.
  public func addresses(of host: String) -> [Address] { hosts[host] ?? [] }
}
