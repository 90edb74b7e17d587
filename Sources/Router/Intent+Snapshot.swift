import Addressing
import Configuration
import Forwarding
import Kernel
import Membership
import Wire

/// What was added, changed and deleted at run time, as bytes for the next life.
extension Intent {
  /// Stated over the file of the next life as over the one before.
  struct Additions: Sendable {
    var routes: [(route: StaticRoute, order: UInt64)] = []
    var hiddenRoutes: [StaticRoute.Key] = []
    var joins: [StaticJoin] = []
    var hiddenJoins: [StaticJoin.Key] = []
    var interfaces: [InterfaceStatement] = []
  }

  private var additions: Additions {
    var additions = Additions()
    additions.routes = changedRoutes.values.compactMap {
      if case .present(let route, let order, _) = $0 { (route, order) } else { nil }
    }
    additions.hiddenRoutes = changedRoutes.filter { $0.value == .hidden }.map(\.key)
    additions.routes.sort {
      $0.order == $1.order ? $0.route.statement < $1.route.statement : $0.order < $1.order
    }
    additions.hiddenRoutes.sort { Intent.name($0) < Intent.name($1) }
    for key in changedJoins.keys.sorted() {
      switch changedJoins[key] {
      case .present(let join): additions.joins.append(join)
      case .hidden: additions.hiddenJoins.append(key)
      case .none: break
      }
    }
    additions.interfaces = interfaces
    return additions
  }

  private static func name(_ key: StaticRoute.Key) -> String { StaticRoute(key, outbound: []).statement }

  func encodeAdditions(to writer: inout Writer) {
    let additions = additions
    writer.count(additions.routes.count)
    for (route, order) in additions.routes {
      writer.u64(order)
      route.encode(to: &writer)
    }
    writer.count(additions.hiddenRoutes.count)
    for key in additions.hiddenRoutes { key.encode(to: &writer) }
    writer.count(additions.joins.count)
    for join in additions.joins { join.key.encode(to: &writer) }
    writer.count(additions.hiddenJoins.count)
    for key in additions.hiddenJoins { key.encode(to: &writer) }
    // Options are many and grow with the language, which is their format.
    writer.text(additions.interfaces.map(\.statement).joined(separator: "\n"))
  }

  /// What the next life makes of its file and of what was added in this one.
  func successor(with configuration: Configuration) -> Intent {
    var next = Intent()
    next.base = configuration
    next.restore(additions)
    return next
  }

  /// Puts the additions of a former life over the file, which may be another than theirs.
  ///
  /// What the file states by now, and the deletion of what it no longer states, is no addition any more.
  mutating func restore(_ additions: Additions) {
    var places: [StaticRoute.Key: Int] = [:]
    if !additions.routes.isEmpty || !additions.hiddenRoutes.isEmpty {
      for (index, route) in base.routes.enumerated() where places[route.key] == nil {
        places[route.key] = index
      }
    }
    for key in additions.hiddenRoutes {
      if let index = places[key] { delete(base.routes[index]) }
    }
    for (route, _) in additions.routes {
      let stated = places[route.key].map { base.routes[$0] }
      if let stated, stated.states(route) { continue }
      _ = put(route, over: stated, order: places[route.key].map { UInt64($0) })
    }
    let joins = Dictionary(base.joins.map { ($0.key, $0) }) { first, _ in first }
    for key in additions.hiddenJoins { if let join = joins[key] { delete(join) } }
    for join in additions.joins where joins[join.key] == nil { put(join) }
    for statement in additions.interfaces
    where !base.interfaces.contains(where: { $0.pattern == statement.pattern && $0.states(statement) }) {
      put(statement)
    }
  }
}

extension Intent.Additions {
  init(decoding reader: inout Reader) throws(WireError) {
    for _ in 0..<(try reader.count()) {
      let order = try reader.u64()
      routes.append((try StaticRoute(decoding: &reader), order))
    }
    for _ in 0..<(try reader.count()) { hiddenRoutes.append(try StaticRoute.Key(decoding: &reader)) }
    for _ in 0..<(try reader.count()) { joins.append(StaticJoin(try StaticJoin.Key(decoding: &reader))) }
    for _ in 0..<(try reader.count()) { hiddenJoins.append(try StaticJoin.Key(decoding: &reader)) }
    let text = Array(try reader.text().utf8)
    if !text.isEmpty { interfaces = parse(text, named: "", source: TextSource()).configuration.interfaces }
  }
}

extension StaticRoute.Key {
  fileprivate func encode(to writer: inout Writer) {
    writer.count(inbound.count)
    for pattern in inbound { writer.text(pattern.text) }
    writer.prefix(sources)
    writer.prefix(groups)
  }

  fileprivate init(decoding reader: inout Reader) throws(WireError) {
    var inbound: [InterfacePattern] = []
    for _ in 0..<(try reader.count()) { inbound.append(InterfacePattern(try reader.text())) }
    self.init(inbound: inbound, sources: try reader.prefix(), groups: try reader.prefix())
    guard groups.address.isMulticast, sources.family == groups.family else { throw .group }
  }
}

extension StaticRoute {
  fileprivate func encode(to writer: inout Writer) {
    key.encode(to: &writer)
    writer.count(outbound.count)
    for outbound in outbound {
      writer.text(outbound.pattern.text)
      writer.optional(outbound.threshold) { $0.u8($1) }
    }
    for flag in [toMembers, isExclusive, reflects] { writer.bool(flag) }
    writer.u32(UInt32(bitPattern: preference))
    writer.optional(name) { $0.text($1) }
    writer.optional(comment) { $0.text($1) }
    writer.count(given.count)
    for address in given { writer.tagged(address) }
  }

  fileprivate init(decoding reader: inout Reader) throws(WireError) {
    let key = try Key(decoding: &reader)
    var outbound: [Outbound] = []
    for _ in 0..<(try reader.count()) {
      let pattern = InterfacePattern(try reader.text())
      outbound.append(Outbound(pattern, threshold: try reader.hasValue() ? try reader.u8() : nil))
    }
    self.init(key, outbound: outbound)
    (toMembers, isExclusive, reflects) = (try reader.bool(), try reader.bool(), try reader.bool())
    preference = Int32(bitPattern: try reader.u32())
    name = try reader.hasValue() ? try reader.text() : nil
    comment = try reader.hasValue() ? try reader.text() : nil
    for _ in 0..<(try reader.count()) { given.append(try reader.tagged()) }
  }
}

extension StaticJoin.Key {
  fileprivate func encode(to writer: inout Writer) {
    writer.text(interface.text)
    writer.optional(sources) { $0.prefix($1) }
    writer.prefix(groups)
  }

  fileprivate init(decoding reader: inout Reader) throws(WireError) {
    let interface = InterfacePattern(try reader.text())
    let sources = try reader.hasValue() ? try reader.prefix() : nil
    self.init(interface: interface, sources: sources, groups: try reader.prefix())
    guard groups.address.isMulticast, HostJoins.size(self) <= Limits().joins else { throw .count }
  }
}
