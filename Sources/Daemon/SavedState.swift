import Control
import Diagnostics
import LinuxKernel
import Timing

/// The Router's state in memory that outlives the process.
///
/// All of it at a planned end, and at any time what was added at run time.
final class SavedState {
  private let store: FileDescriptorStore?
  private var snapshot: MemoryFile?
  private var additions: MemoryFile?
  private var configuration: MemoryFile?
  /// When the additions are to be written; nil: they are as they stand there.
  private(set) var due: Instant?
  private var earliest = Instant.start
  private var version: UInt64 = 0
  /// Where is told what cannot be kept.
  var log: Log?
  /// What has been told of, and is not kept yet.
  private var missing: Set<String> = []

  private static let snapshotName = "snapshot"
  private static let additionsName = "additions"
  private static let configurationName = "configuration"

  init(_ store: FileDescriptorStore?) {
    self.store = store
    snapshot = adopt(SavedState.snapshotName)
    additions = adopt(SavedState.additionsName)
    configuration = adopt(SavedState.configurationName)
  }

  private func adopt(_ name: String) -> MemoryFile? {
    guard let descriptor = store?.take(name) else { return nil }
    if let file = MemoryFile(adopting: descriptor) { return file }
    store?.drop(name)
    return nil
  }

  /// What a former life left for this one; nil: nothing.
  ///
  /// A snapshot is true once: it is emptied before anybody looks into it, so that one that brings a daemon
  /// down does not bring down the next.
  func take() -> [UInt8]? {
    defer { FaultPoint.reach(.stateTaken) }
    if let bytes = snapshot?.read() {
      snapshot?.clear()
      return bytes.isEmpty ? nil : bytes
    }
    snapshot?.clear()
    return additions?.read().flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The files that a former life last accepted; nil: there is none, or it left nothing.
  var acceptedFiles: KeptFiles? { configuration?.read().flatMap { KeptFiles($0) } }

  /// Keeps the files that run from here on: a later life has them when those on disk have errors.
  func keep(_ files: KeptFiles) {
    if store != nil, let file = configuration ?? make(SavedState.configurationName) {
      configuration = file
      judge(file.write(files.encoded), SavedState.configurationName)
    }
    files.forget()
  }

  /// Writes all of the state, for the life that follows; false: nobody keeps it, or there is no memory.
  func save(snapshot bytes: [UInt8]) -> Bool {
    guard let file = snapshot ?? make(SavedState.snapshotName) else { return false }
    snapshot = file
    defer { FaultPoint.reach(.snapshotSaved) }
    return file.write(bytes)
  }

  /// Sets the time to write the additions, if they are others than those last seen.
  func noteAdditions(_ version: UInt64) {
    guard version != self.version else { return }
    self.version = version
    if due == nil, store != nil { due = earliest }
  }

  /// Writes the additions when it is time.
  ///
  /// - Parameter bytes: gives them.
  func saveAdditions(at now: Instant, _ bytes: () -> [UInt8]) {
    guard let due, due <= now, let file = additions ?? make(SavedState.additionsName) else { return }
    additions = file
    self.due = nil
    let start = Clock.now
    judge(file.write(bytes()), SavedState.additionsName)
    FaultPoint.reach(.additionsSaved)
    let end = Clock.now
    // However many there are, it takes a twentieth of the time at most.
    earliest = end + (end - start) * 20
  }

  private func make(_ name: String) -> MemoryFile? {
    guard let store else {
      due = nil
      return nil
    }
    do throws(SystemError) {
      let file = try MemoryFile(name)
      store.keep(file.descriptor, as: name)
      return file
    } catch {
      due = nil
      tell(name, "\(error)")
      return nil
    }
  }

  private func judge(_ succeeded: Bool, _ name: String) {
    guard succeeded else { return tell(name, "there is no memory for it") }
    missing.remove(name)
  }

  /// What the next life will lack, once: of the snapshot, which is written at the end, the end tells.
  private func tell(_ name: String, _ reason: String) {
    guard missing.insert(name).inserted, name != SavedState.snapshotName else { return }
    let (what, loss) =
      name == SavedState.additionsName
      ? ("what was added at run time", "a crash loses it: mcast config save writes it to the file")
      : ("the text of the configuration", "after a crash a file with errors ends the next start")
    log?.say(.warning, .handOverRefused, "\(what) is not kept for the next life: \(reason)", hint: loss)
  }
}
