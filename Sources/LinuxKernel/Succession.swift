import Addressing
import Kernel

/// What the next life of the daemon gets of this one: descriptors by their names, and what they stand for.
final class Succession {
  let store: FileDescriptorStore
  /// What the former life's plan says; nil: nothing that can be read.
  private(set) var former: [PlanRecord.Content]?
  private let journal: PlanJournal?
  /// What holds now.
  var all: () -> [PlanRecord.Content] = { [] }
  /// Names that a former life left and that stand for nothing we know.
  private(set) var refused: [(name: String, reason: String)] = []

  private static let planName = "plan"

  init(_ store: FileDescriptorStore) {
    self.store = store
    if let descriptor = store.take(Succession.planName) {
      if let file = MemoryFile(adopting: descriptor) {
        former = PlanJournal.read(file)
        journal = PlanJournal(file)
        journal?.resume()
        return
      }
      store.drop(Succession.planName)
      refused.append((Succession.planName, "it is no file in memory"))
    }
    let file = try? MemoryFile(Succession.planName)
    journal = file.map(PlanJournal.init)
    if let file {
      journal?.rewrite([])
      store.keep(file.descriptor, as: Succession.planName)
    }
  }

  /// A line of the plan: before something is added, after something was removed.
  func note(_ content: PlanRecord.Content, holds: Bool) {
    journal?.note(PlanRecord(content, holds: holds), all: all)
  }

  /// The plan begins anew with what holds.
  func rewrite() { journal?.rewrite(all()) }

  /// What was left under this name is of no use.
  func refuse(_ name: String, _ reason: String) {
    store.drop(name)
    refused.append((name, reason))
  }

  /// The descriptors left under names that begin so, with what follows; taken.
  func take(_ prefix: String) -> [(name: String, rest: String, descriptor: Descriptor)] {
    store.names.filter { $0.hasPrefix(prefix) }.compactMap { name in
      store.take(name).map { (name, String(name.dropFirst(prefix.count)), $0) }
    }
  }

  static func tableName(_ number: UInt32, _ family: Family) -> String {
    "mroute\(family == .ipv4 ? 4 : 6)-\(number)"
  }

  static func membersName(_ number: UInt32, _ family: Family) -> String {
    "members\(family == .ipv4 ? 4 : 6)-\(number)"
  }
}
