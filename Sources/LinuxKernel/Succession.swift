import Addressing
import Kernel

/// What went wrong between two lives and stops neither: what, with the reason, and what helps.
public struct Shortcoming: Hashable, Sendable {
  public var text: String
  public var hint: String

  /// The next life goes by the kernel's word alone.
  static func noPlan(_ reason: String) -> Shortcoming {
    Shortcoming(
      text: "the plan of VIFs and memberships is not kept for the next life: \(reason)",
      hint: "after a crash groups are joined anew; give it memory and descriptors, then mcast restart")
  }

  /// A reading of what a former life left that came to no end.
  static func unread(_ what: String, _ reason: String, then consequence: String) -> Shortcoming {
    Shortcoming(text: "\(what) cannot be read: \(reason)", hint: consequence)
  }
}

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
  /// What could not be done for the next life, or learned of the former one; told once.
  private(set) var shortcomings: [Shortcoming] = []

  /// Whether the plan says what holds.
  private var isWritten = true

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
    do throws(SystemError) {
      let file = try MemoryFile(Succession.planName)
      let journal = PlanJournal(file)
      self.journal = journal
      isWritten = journal.rewrite([])
      store.keep(file.descriptor, as: Succession.planName)
      if !isWritten { tellUnwritten() }
    } catch {
      journal = nil
      shortcomings.append(.noPlan("\(error)"))
    }
  }

  /// A line of the plan: before something is added, after something was removed.
  func note(_ content: PlanRecord.Content, holds: Bool) {
    guard let journal else { return }
    judge(journal.note(PlanRecord(content, holds: holds), all: all))
  }

  /// The plan begins anew with what holds.
  func rewrite() {
    guard let journal else { return }
    judge(journal.rewrite(all()))
  }

  /// Tells of a plan that can no longer be written, once until it can again.
  private func judge(_ succeeded: Bool) {
    defer { isWritten = succeeded }
    if isWritten, !succeeded { tellUnwritten() }
  }

  private func tellUnwritten() {
    shortcomings.append(.noPlan("it cannot be written, there is no memory for it"))
  }

  func tell(_ shortcoming: Shortcoming) { shortcomings.append(shortcoming) }

  func takeShortcomings() -> [Shortcoming] {
    defer { shortcomings = [] }
    return shortcomings
  }

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
