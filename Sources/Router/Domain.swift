import Addressing
import Forwarding
import Kernel

/// The interfaces of a routing domain: name ↔ slot ↔ ifindex, link state and addresses.
///
/// A slot belongs to a name as long as there is room, whether an interface bears it or not, so that rules and
/// VIFs find their place again when a link is made anew.
struct Domain: Sendable {
  private(set) var links: [Int32: Interface] = [:]
  private var linkOf: [String: Int32] = [:]
  private var nameOf: [String?] = Array(repeating: nil, count: Limits.interfacesInUse)
  private var slotOf: [String: InterfaceID] = [:]
  /// Slots whose link got the name of another slot since the last look.
  private(set) var renamed: [InterfaceID: InterfaceID] = [:]
  private var renames: [Rename] = []

  private struct Rename {
    var old: String
    var new: String
  }

  /// What a link message changed.
  enum Change: Equatable {
    case nothing
    case state
    case appeared
    case renamed(from: String)
    case refused
  }

  /// Every link, by ifindex.
  var all: [Interface] { links.keys.sorted().compactMap { links[$0] } }

  mutating func changed(_ interface: Interface, limit: Int) -> Change {
    guard let old = links[interface.index] else {
      guard links.count < limit else { return .refused }
      links[interface.index] = interface
      linkOf[interface.name] = interface.index
      return .appeared
    }
    guard old != interface else { return .nothing }
    links[interface.index] = interface
    guard old.name != interface.name else { return .state }
    release(old)
    linkOf[interface.name] = interface.index
    renames.append(Rename(old: old.name, new: interface.name))
    return .renamed(from: old.name)
  }

  mutating func removed(link: Int32) -> Interface? {
    guard let old = links.removeValue(forKey: link) else { return nil }
    release(old)
    return old
  }

  /// A link bears its name no more.
  ///
  /// A reading in the middle of changes may have told of the next link of the name before this one lost it.
  private mutating func release(_ old: Interface) {
    guard linkOf[old.name] == old.index else { return }
    linkOf[old.name] = links.values.filter { $0.name == old.name }.map(\.index).min()
  }

  func named(_ name: String) -> Interface? { linkOf[name].flatMap { links[$0] } }
  func name(of id: InterfaceID) -> String { nameOf[Int(id.slot)] ?? "?" }
  func interface(_ id: InterfaceID) -> Interface? { nameOf[Int(id.slot)].flatMap { named($0) } }
  func slot(of name: String) -> InterfaceID? { slotOf[name] }

  /// The names that have slots, with the links that bear them; 0 for one that no link bears.
  var slots: [(slot: UInt8, name: String, link: Int32)] {
    nameOf.indices.compactMap { number in nameOf[number].map { (UInt8(number), $0, linkOf[$0] ?? 0) } }
  }

  /// Every present interface that has a slot, used or not, in slot order.
  var slotted: [NamedInterface] {
    nameOf.indices.compactMap { number in
      guard let name = nameOf[number], linkOf[name] != nil else { return nil }
      return NamedInterface(name: name, id: InterfaceID(slot: UInt8(number)))
    }
  }

  /// Names of present interfaces with the link they are on.
  var present: [String: Int32] { linkOf }

  /// Who has a slot, and what became of the slots.
  struct Slots {
    /// In slot order.
    var present: [NamedInterface] = []
    /// How many used interfaces found no slot: 256 can be in use.
    var overflow = 0
    /// Slots that were taken from an interface that nobody uses.
    var taken = InterfaceSet()
    /// Every interface that has a slot, used or spare, in the order of the links; empty without spare ones.
    var everyone: [InterfaceID] = []
  }

  /// Gives each present interface that is used a slot, and spare ones as far as a table has room for them.
  mutating func assignSlots(isUsed: (String) -> Bool, isSpare: (Interface) -> Bool) -> Slots {
    renamed = [:]
    var slots = Slots()
    var used: Set<String> = []
    for interface in all where isUsed(interface.name) { used.insert(interface.name) }
    for interface in all where used.contains(interface.name) {
      guard let id = slotOf[interface.name] ?? takeSlot(for: interface.name, sparing: used, &slots.taken)
      else {
        slots.overflow += 1
        continue
      }
      slots.present.append(NamedInterface(name: interface.name, id: id))
    }
    var room = Limits.vifsPerTable
    for interface in all where isSpare(interface) {
      if used.contains(interface.name) {
        if let id = slotOf[interface.name] { slots.everyone.append(id) }
      } else if room > 0, let id = slotOf[interface.name] ?? takeFreeSlot(for: interface.name) {
        room -= 1
        slots.everyone.append(id)
        slots.present.append(NamedInterface(name: interface.name, id: id))
      }
    }
    for rename in renames {
      if let before = slotOf[rename.old], let after = slotOf[rename.new] { renamed[before] = after }
    }
    renames = []
    slots.present.sort { $0.id < $1.id }
    return slots
  }

  /// Gives a name a slot before any is assigned: the one that it had, or the first free one.
  ///
  /// - Returns: nil when the slot is another name's, or none is free.
  mutating func reserve(_ name: String, at number: Int? = nil) -> InterfaceID? {
    if let id = slotOf[name] { return number == nil || number == Int(id.slot) ? id : nil }
    guard let number = number ?? nameOf.firstIndex(where: { $0 == nil }), nameOf.indices.contains(number),
      nameOf[number] == nil
    else { return nil }
    return take(number, for: name)
  }

  private mutating func takeSlot(
    for name: String, sparing used: Set<String>, _ taken: inout InterfaceSet
  ) -> InterfaceID? {
    if let free = takeFreeSlot(for: name) { return free }
    guard let number = nameOf.firstIndex(where: { $0.map { !used.contains($0) } ?? true }) else { return nil }
    taken.insert(InterfaceID(slot: UInt8(number)))
    return take(number, for: name)
  }

  /// A slot that never had a name, or whose interface is gone.
  private mutating func takeFreeSlot(for name: String) -> InterfaceID? {
    let number =
      nameOf.firstIndex { $0 == nil } ?? nameOf.firstIndex { $0.map { linkOf[$0] == nil } ?? true }
    return number.map { take($0, for: name) }
  }

  private mutating func take(_ number: Int, for name: String) -> InterfaceID {
    if let old = nameOf[number] { slotOf[old] = nil }
    let id = InterfaceID(slot: UInt8(number))
    nameOf[number] = name
    slotOf[name] = id
    return id
  }
}
