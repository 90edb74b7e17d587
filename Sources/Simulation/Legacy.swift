import Addressing
import Kernel
import Router

/// What a process of a simulated router leaves to the next one, beside its kernel.
struct Legacy: Sendable {
  /// More than a socket's buffer holds is lost.
  private static let bufferedEvents = 1000

  let snapshot: [UInt8]
  /// Those that it had.
  let vifs: [VIF]
  private(set) var unread: [Event] = []

  init(snapshot: [UInt8], vifs: [VIF]) {
    self.snapshot = snapshot
    self.vifs = vifs
  }

  /// Upcalls and packets wait in the sockets.
  mutating func buffer(_ events: [Event]) {
    for event in events where unread.count < Legacy.bufferedEvents {
      switch event {
      case .kernel(.upcall), .kernel(.received): unread.append(event)
      default: break
      }
    }
  }
}

/// What is told to a process that takes over.
extension SimulatedKernel {
  /// Links that the last process made stay.
  var tunnelInterfaces: [Interface] {
    tunnels.keys.sorted().compactMap { link in
      tunnels[link].map { SimulatedKernel.interface(of: $0, link) }
    }
  }

  /// All that it holds; what entries say of a VIF that is gone, no dump shows.
  func adoption(of former: [VIF]) -> Adoption {
    let gone = former.filter { former in
      !vifs.contains {
        $0.index == former.index && $0.table == former.table && $0.family == former.family
      }
    }.map { VIF(table: $0.table, family: $0.family, index: $0.index, link: 0) }
    let shown = entries.keys.sorted().compactMap { entries[$0] }.map { entry in
      var shown = entry
      for vif in gone where vif.table == entry.key.table && vif.family == entry.key.flow.family {
        shown.outbound[vif.index] = 0
      }
      return shown
    }
    let places = tables.map { Adoption.Table(id: $0.table, family: $0.family) }.sorted()
    let names = links.keys.sorted()
    return Adoption(
      tables: places, vifs: vifs + gone, entries: shown, joins: joins.sorted(),
      selections: places.flatMap { place in
        names.filter { name in
          links[name].flatMap { selections[$0]?[place.family] } == place.id
        }.map { Adoption.Selection(table: place, interface: $0) }
      })
  }
}
