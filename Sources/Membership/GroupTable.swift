import Addressing
import Kernel
import Timing

/// The groups of all interfaces: one dense array of rows, found by place, and for each group who listens.
struct GroupTable: Sendable {
  /// The interfaces of one group.
  private struct Listeners {
    /// Those that want every source.
    var all = InterfaceSet()
    /// Those whose row must be asked about a source.
    var some = InterfaceSet()
  }

  private var rows: [GroupState?] = []
  private var free: [Int32] = []
  private var index: [GroupPlace: Int32] = [:]
  private var listeners: [Group: Listeners] = [:]
  /// The sources of static groups; an empty list stands for every source.
  private var statics: [GroupPlace: [Address]] = [:]
  /// Rows by an instant that none of their timers precedes.
  ///
  /// A report moves timers forward only, as a rule: it leaves this alone, and a row that comes up early is
  /// put back.
  private var deadlines = Deadlines<Int32>()
  private(set) var sourceCount = 0
  private(set) var hostCount = 0

  var count: Int { index.count }
  var next: Instant? { deadlines.next }

  // MARK: Questions

  func listeners(of flow: Flow) -> InterfaceSet {
    guard let listeners = listeners[flow.group] else { return InterfaceSet() }
    var wanting = listeners.all
    for interface in listeners.some where wants(flow.source, GroupPlace(interface, flow.group)) {
      wanting.insert(interface)
    }
    return wanting
  }

  func wants(_ source: Address, _ place: GroupPlace) -> Bool {
    if let sources = statics[place], sources.isEmpty || sources.binaryContains(source) { return true }
    return row(at: place)?.wants(source) ?? false
  }

  /// Whether a static group wants every source, so that reports change nothing.
  func isStatic(_ place: GroupPlace) -> Bool { statics[place]?.isEmpty ?? false }

  /// The sources of a static group, none for every source; nil where there is no static group.
  func staticSources(_ place: GroupPlace) -> [Address]? { statics[place] }

  /// In order.
  var staticPlaces: [GroupPlace] { statics.keys.sorted() }

  /// Rows are numbered from 0 to below this; some numbers are free.
  var end: Int { rows.count }

  func row(number: Int) -> GroupState? { rows.indices.contains(number) ? rows[number] : nil }

  func row(at place: GroupPlace) -> GroupState? { index[place].flatMap { rows[Int($0)] } }

  /// Whether reports made a row of the place.
  func contains(_ place: GroupPlace) -> Bool { index[place] != nil }

  // MARK: Changes

  /// Changes the row of a place, which is made by `initial` where there is none and goes when it is empty.
  ///
  /// - Returns: what `body` returned; nil where there is no row and `initial` is nil.
  mutating func update<Result>(
    _ place: GroupPlace, orInsert initial: GroupState? = nil, _ body: (inout GroupState) -> Result
  ) -> Result? {
    guard let number = index[place] ?? initial.map({ insert($0) }) else { return nil }
    return update(number, body)
  }

  /// Takes the earliest row whose time has come; the caller gives it back by `update`.
  mutating func takeDue(at now: Instant) -> GroupPlace? {
    guard let due = deadlines.next, due <= now, let number = deadlines.first else { return nil }
    deadlines.cancel(number)
    rows[Int(number)]?.scheduled = nil
    return rows[Int(number)]?.place
  }

  private mutating func update<Result>(
    _ number: Int32, _ body: (inout GroupState) -> Result
  ) -> Result? {
    guard var row = rows[Int(number)].take() else { return nil }
    sourceCount -= row.sources.count
    hostCount -= row.hosts.count
    let result = body(&row)
    guard !row.isEmpty else {
      remove(number, row.place)
      return result
    }
    sourceCount += row.sources.count
    hostCount += row.hosts.count
    if let next = row.next, row.scheduled.map({ next < $0 }) ?? true {
      deadlines.set(number, at: next)
      row.scheduled = next
    }
    rows[Int(number)] = row
    return result
  }

  private mutating func insert(_ row: GroupState) -> Int32 {
    let number: Int32
    if let reused = free.popLast() {
      number = reused
      rows[Int(number)] = row
    } else {
      number = Int32(clamping: rows.count)
      rows.append(row)
    }
    index[row.place] = number
    return number
  }

  private mutating func remove(_ number: Int32, _ place: GroupPlace) {
    deadlines.cancel(number)
    index[place] = nil
    free.append(number)
  }

  /// Gives the place the sources of its static group, none for every source; nil: it is no static group.
  mutating func setStatic(_ sources: [Address]?, _ place: GroupPlace) {
    statics[place] = sources
    note(place)
  }

  /// Notes who listens to a group after its row changed.
  mutating func note(_ place: GroupPlace) {
    let row = row(at: place)
    let isStatic = statics[place]
    let isAll = isStatic?.isEmpty ?? false || row?.wantsAll ?? false
    var entry = listeners[place.group] ?? Listeners()
    entry.all.remove(place.interface)
    entry.some.remove(place.interface)
    if isAll {
      entry.all.insert(place.interface)
    } else if row != nil || isStatic != nil {
      entry.some.insert(place.interface)
    }
    listeners[place.group] = entry.all.isEmpty && entry.some.isEmpty ? nil : entry
  }

  /// The places of an interface and family that reports made, in order.
  func places(on interface: InterfaceID, _ family: Family) -> [GroupPlace] {
    rows.lazy.compactMap { $0?.place }
      .filter { $0.interface == interface && $0.group.family == family }.sorted()
  }

  /// Forgets what reports made of a place.
  mutating func remove(_ place: GroupPlace) {
    guard let number = index[place], let row = rows[Int(number)].take() else { return }
    sourceCount -= row.sources.count
    hostCount -= row.hosts.count
    remove(number, place)
    note(place)
  }
}
