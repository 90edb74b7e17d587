import Addressing
import Configuration
import Kernel
import LinuxKernel

/// The machine's files, remembered as they were read: by them a later life reads the same configuration.
final class KeptFiles: ConfigurationSource {
  private let machine: ConfigurationFiles
  private var files: [String: SourceFile] = [:]
  private var globs: [String: [String]] = [:]
  /// What is not among them is read from the machine.
  private let isOpen: Bool
  /// What is not read from the machine though it is one of its paths.
  private let handedPath: String?

  private static let version: UInt64 = 1

  /// - Parameter whilePausing: what else is done while a large file is read.
  init(_ handed: HandedFile? = nil, whilePausing: @escaping () -> Void = {}) {
    machine = ConfigurationFiles(whilePausing: whilePausing)
    isOpen = true
    handedPath = handed?.path
    if let handed { files[handed.path] = handed.file }
  }

  func read(_ path: String) throws(SourceFault) -> SourceFile {
    if let file = files[path] { return file }
    guard isOpen else { throw .missing }
    guard path != handedPath else { throw HandedFile.spent }
    let file = try machine.read(path)
    files[path] = file
    return file
  }

  func expand(_ glob: String) -> [String] {
    if let paths = globs[glob] { return paths }
    guard isOpen else { return [] }
    let paths = machine.expand(glob)
    globs[glob] = paths
    return paths
  }

  func hookFault(_ path: String) -> HookFault? { machine.hookFault(path) }

  var interfaces: [Interface]? { machine.interfaces }

  func addresses(of host: String) -> [Address] { machine.addresses(of: host) }

  func pause() { machine.pause() }

  /// The texts are not needed any more.
  func forget() {
    files = [:]
    globs = [:]
  }

  // MARK: For a later life

  /// In the machine's own order: it never leaves it.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    func put(_ number: UInt64) {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * shift))) }
    }
    func put(_ text: some Collection<UInt8>) {
      put(UInt64(text.count))
      bytes += text
    }
    bytes.reserveCapacity(files.values.reduce(1024) { $0 + $1.bytes.count })
    put(KeptFiles.version)
    put(UInt64(files.count))
    for (path, file) in files.sorted(by: { $0.key < $1.key }) {
      put(path.utf8)
      put(file.identity.device)
      put(file.identity.inode)
      put(file.bytes)
    }
    put(UInt64(globs.count))
    for (glob, paths) in globs.sorted(by: { $0.key < $1.key }) {
      put(glob.utf8)
      put(UInt64(paths.count))
      for path in paths { put(path.utf8) }
    }
    return bytes
  }

  /// What a former life wrote; nil where it makes no sense.
  init?(_ encoded: [UInt8]) {
    machine = ConfigurationFiles()
    isOpen = false
    handedPath = nil
    var rest = encoded[...]
    guard KeptFiles.number(&rest) == KeptFiles.version, let count = KeptFiles.number(&rest) else {
      return nil
    }
    for _ in 0..<count {
      guard let path = KeptFiles.text(&rest), let device = KeptFiles.number(&rest),
        let inode = KeptFiles.number(&rest), let bytes = KeptFiles.text(&rest)
      else { return nil }
      files[String(decoding: path, as: UTF8.self)] = SourceFile(
        bytes: Array(bytes), identity: FileIdentity(device: device, inode: inode))
    }
    guard let globCount = KeptFiles.number(&rest) else { return nil }
    for _ in 0..<globCount {
      guard let glob = KeptFiles.text(&rest), let pathCount = KeptFiles.number(&rest) else { return nil }
      var paths: [String] = []
      for _ in 0..<pathCount {
        guard let path = KeptFiles.text(&rest) else { return nil }
        paths.append(String(decoding: path, as: UTF8.self))
      }
      globs[String(decoding: glob, as: UTF8.self)] = paths
    }
  }

  private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    guard rest.count >= 8 else { return nil }
    let number = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(8)
    return number
  }

  private static func text(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let count = number(&rest), count <= UInt64(rest.count) else { return nil }
    let text = rest.prefix(Int(count))
    rest = rest.dropFirst(Int(count))
    return text
  }
}
