import Addressing
import Control
import Diagnostics
import Forwarding
public import Kernel
import Membership
import Timing

/// What is read back from the kernel: entries that may not be as we think, and all of ours in turn.
struct Reading: Sendable {
  /// Keys to ask for at the end of this step.
  var keys: [KernelEntry.Key] = []
  var isDue = false
  /// A search has told all there is.
  var hasFoundAll = false
  /// The row that the audit goes on with; 0: none is under way.
  var next = 0
  var began = Instant.start

  /// Rows that are read at once, and when the next ones follow.
  ///
  /// Packets wait for a third of a millisecond, and 100,000 rows take ten seconds.
  static let slice = 50
  static let pause = Duration.milliseconds(5)
}

/// What somebody else did to our tables is found and put right.
extension Router {
  /// A notification that does not fit what we hold.
  ///
  /// Our own changes echo late, so the kernel is asked first.
  mutating func suspect(_ key: KernelEntry.Key, unless entry: KernelEntry?) {
    guard isConfigured, !isStopping else { return }
    let held = entries.find(key).flatMap { entries[$0] }.flatMap { $0.isInstalled ? $0.entry : nil }
    guard held != entry else { return }
    reading.keys.append(key)
  }

  /// Entries that a search found: what does not fit is asked for, since it was read some time ago.
  mutating func search(_ told: [KernelEntry], isLast: Bool) {
    guard isConfigured, !isStopping else { return }
    for entry in told {
      if let id = entries.find(entry.key), entries.holds(entry, id) { continue }
      suspect(entry.key, unless: entry)
    }
    if isLast { reading.hasFoundAll = true }
  }

  /// What the kernel holds at this moment.
  mutating func judge(_ present: [KernelEntry], _ absent: [KernelEntry.Key]) {
    guard isConfigured, !isStopping else { return }
    for entry in present {
      if let id = entries.find(entry.key), entries.holds(entry, id) { continue }
      repair(entry.key, actual: entry)
    }
    for key in absent { repair(key, actual: nil) }
  }

  /// The kernel's answer: what differs now is not our doing.
  private mutating func repair(_ key: KernelEntry.Key, actual: KernelEntry?) {
    guard !isBeingWritten(key) else { return }
    guard let id = entries.find(key), let row = entries[id] else {
      guard let actual else { return }
      guard !inheritance.isPartial else { return takeLate(actual) }
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

  /// Whether this step has changed the entry already: the answer was given before.
  private func isBeingWritten(_ key: KernelEntry.Key) -> Bool {
    actions.contains { action in
      switch action {
      case .kernel(.addEntry(let entry)): entry.key == key
      case .kernel(.removeEntry(let removed)): removed == key
      case .kernel, .reply, .notice, .finished: false
      }
    }
  }

  // MARK: The audit

  /// The entries that the kernel holds as far as is known, in no order that means anything.
  ///
  /// For those who judge a Router beside a kernel of their own.
  public var installedKeys: [KernelEntry.Key] {
    entries.keys(of: entries.all { $0.isInstalled })
  }

  /// Asks the kernel for what is suspect, and for the rows whose turn it is.
  ///
  /// Last in a step, so that the answer shows what the step does: a VIF that is added now would else seem
  /// lost.
  mutating func ask() {
    if reading.isDue { readOn() }
    guard !reading.keys.isEmpty else {
      // What the last piece of a search brought was asked for, and judged.
      if reading.hasFoundAll, inheritance.isPartial { endAdoption() }
      reading.hasFoundAll = false
      return
    }
    actions.append(.kernel(.readEntries(reading.keys)))
    reading.keys = []
  }

  /// The VIFs first, then all rows, a slice at a time: whatever the notifications said.
  ///
  /// Each is compared with its row in the moment in which it is read, so nothing is kept between two slices.
  private mutating func readOn() {
    reading.isDue = false
    guard !isStopping else { return }
    if reading.next == 0 {
      reading.began = now
      actions.append(.kernel(.audit))
    }
    let end = min(entries.end, reading.next + Reading.slice)
    for number in reading.next..<max(end, reading.next) {
      if let row = entries.row(at: number), row.isInstalled { reading.keys.append(row.entry.key) }
    }
    reading.next = end < entries.end ? end : 0
    let next = now + Reading.pause
    timers.set(.audit, at: reading.next > 0 ? next : max(next, reading.began + Timer.auditInterval))
  }

  /// The VIFs of our tables as the kernel holds them.
  mutating func audited(_ actual: [VIF]) {
    guard isConfigured, !isStopping else { return }
    counts.repairs = [:]
    auditVIFs(actual)
    endProblems()
  }

  /// A retry that succeeds tells nothing: what is cured is found here.
  private mutating func endProblems() {
    for problem in problems.keys.sorted() {
      let isOver: Bool
      switch problem {
      case .entries: isOver = entries.refusedCount == 0
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
