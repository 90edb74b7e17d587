import Addressing
import Control
import Diagnostics
import Forwarding
import Kernel
import Membership
import Timing

/// What somebody else did to our tables is found and put right.
extension Router {
  /// A notification that does not fit what we hold.
  ///
  /// Our own changes echo late, so the kernel is asked first.
  mutating func suspect(_ key: KernelEntry.Key, unless entry: KernelEntry?) {
    guard isConfigured, !isStopping else { return }
    let held = entries.find(key).flatMap { entries[$0] }.flatMap { $0.isInstalled ? $0.entry : nil }
    guard held != entry else { return }
    actions.append(.kernel(.readEntry(key)))
  }

  /// The kernel's answer: what differs now is not our doing.
  mutating func repair(_ key: KernelEntry.Key, actual: KernelEntry?) {
    guard isConfigured, !isStopping else { return }
    guard let id = entries.find(key), let row = entries[id] else {
      guard actual != nil else { return }
      actions.append(.kernel(.removeEntry(key)))
      return noteForeign(key, "somebody added it; removed")
    }
    guard row.isInstalled, actual != row.entry else { return }
    guard counts.repairs[key].map({ now - $0 >= .seconds(1) }) ?? true else {
      // Somebody insists: once a second is enough.
      entries.update(id) { $0.isInstalled = false }
      timers.set(.entry(id), at: now + .seconds(1))
      return
    }
    counts.repairs[key] = now
    actions.append(.kernel(.addEntry(row.entry)))
    noteForeign(
      key, actual == nil ? "somebody removed it; installed again" : "somebody changed it; put right")
  }

  /// All of our tables as the kernel holds them; the notifications may have missed something.
  mutating func audited(_ actualVIFs: [VIF], _ actual: [KernelEntry]) {
    guard isConfigured, !isStopping else { return }
    counts.repairs = [:]
    forgetCured()
    auditVIFs(actualVIFs)
    var isSeen = [Bool](repeating: false, count: entries.end)
    var foreign: [KernelEntry] = []
    for entry in actual {
      guard let id = entries.find(entry.key) else {
        foreign.append(entry)
        continue
      }
      isSeen[Int(id.number)] = true
      if !entries.holds(entry, id) { repair(entry.key, actual: entry) }
    }
    for id in entries.all(where: { $0.isInstalled }) where !isSeen[Int(id.number)] {
      if let key = entries[id]?.entry.key { repair(key, actual: nil) }
    }
    for entry in foreign.sorted(by: { $0.key < $1.key }) { repair(entry.key, actual: entry) }
    endProblems()
  }

  /// A retry that succeeds tells nothing: what is cured is found here.
  private mutating func endProblems() {
    for problem in problems.keys.sorted() {
      let isOver: Bool
      switch problem {
      case .entries: isOver = entries.all { !$0.isInstalled }.isEmpty
      case .joins: isOver = joins.refusedCount == 0
      case .vif(let vif): isOver = refusedVIFs[vif] == nil
      case .tunnel(let name): isOver = domain.named(name) != nil
      case .selection:
        // It is asked for again by the next plan, and raised again when that fails.
        dirty.plan = true
        isOver = true
      default: isOver = false
      }
      if isOver { clearProblem(problem) }
    }
  }

  /// Ends problems whose cause is gone; a table rule that was refused is asked for again.
  private mutating func forgetCured() {
    if joins.refusedCount == 0 { clearProblem(.joins) }
    if entries.all(where: { !$0.isInstalled }).isEmpty { clearProblem(.entries) }
    for case .selection(let name) in problems.keys.sorted() {
      clearProblem(.selection(name))
      dirty.plan = true
    }
  }

  /// IPv4 VIFs can be read back; a lost one is added again, and the entries that name it are written.
  private mutating func auditVIFs(_ actual: [VIF]) {
    let found = Set(actual)
    let lost = vifs.installed.filter { $0.family == .ipv4 && !found.contains($0) }.sorted()
    for vif in lost where domain.links[vif.link] != nil {
      vifs.forget(vif)
      dirty.plan = true
      if let id = plan.interface(at: vif.index, in: vif.table, vif.family) { rewriteEntries(naming: id) }
    }
  }

  private mutating func rewriteEntries(naming interface: InterfaceID) {
    dirty.interfaces.insert(interface)
    for id in entries.all(where: { $0.inbound == interface || !$0.entry.outbound.isEmpty }) {
      entries.update(id) { $0.isInstalled = false }
    }
  }
}
