import Addressing
import Diagnostics
import Forwarding
import Kernel
import Membership

/// Reads a smcroute.conf into what the native language can state, to be written as a native file.
///
/// What it cannot state is left out, with a warning at its place. Where the order of the old file's rules
/// decides, `table { precedence stated }` keeps it, and that is a finding too.
public func importSmcroute(file path: String, source: any ConfigurationSource) -> ParsedConfiguration {
  var grammar = SmcrouteGrammar(source: source, options: SmcrouteFileOptions())
  grammar.configuration.file = path
  grammar.read(path)
  return grammar.imported()
}

/// Reads a text as if it were the smcroute.conf `name`, into what the native language can state.
public func importSmcroute(
  _ text: [UInt8], named name: String, source: any ConfigurationSource
) -> ParsedConfiguration {
  var grammar = SmcrouteGrammar(source: source, options: SmcrouteFileOptions())
  grammar.configuration.file = name
  grammar.read(name, text)
  return grammar.imported()
}

extension SmcrouteGrammar {
  fileprivate mutating func imported() -> ParsedConfiguration {
    makeNative()
    let order = StatementOrder(configuration.routes, atMost: 1)
    if !order.isComplete || !order.differences.isEmpty { configuration.table.precedence = .stated }
    if let first = order.differences.first {
      findings.add(
        Diagnostic(
          .note, .precedenceDiffers,
          "\(first.message); \"table { precedence stated }\" keeps it so", at: first.location,
          hint: "\(first.hint), to do without it"))
    }
    return parsed()
  }

  /// Makes the statements native ones, without those that the native language refuses.
  mutating func makeNative() {
    configuration.table = TableSettings()
    configuration.keepsChanges = true
    configuration.routes = configuration.routes.filter { route in
      isNative(route.key.groups, route.key.sources, "rule", at: route.location)
    }
    configuration.joins = configuration.joins.filter { join in
      isNative(join.key.groups, join.key.sources, "join", at: join.location)
    }
    for index in configuration.routes.indices {
      configuration.routes[index].given = []
      configuration.routes[index].reflects = configuration.routes[index].canReflect
    }
    let named = zip(uses, clauses).filter { $0.1 != .phyint }
    clauses = named.map(\.1)
    uses = named.map { use, clause in
      InterfaceUse(
        pattern: use.pattern, statement: clause == .join ? "join" : "route", location: use.location,
        sourceLine: use.sourceLine)
    }
  }

  private mutating func isNative(
    _ groups: Prefix, _ sources: Prefix?, _ what: String, at location: SourceLocation?
  ) -> Bool {
    if groups.isLinkLocalGroups {
      findings.add(
        Diagnostic(
          .warning, .linkLocalGroup,
          "\(groups) is link-local: no router forwards it; the \(what) is left out",
          at: location, hint: "take the line out, or use another group"))
      return false
    }
    guard let sources, !sources.areSenders else { return true }
    findings.add(
      Diagnostic(
        .warning, .sourceNotUnicast, "no packet comes from \(sources); the \(what) is left out", at: location,
        hint: "take the line out, or name the sender's own address"))
    return false
  }
}

extension Prefix {
  /// Whether all its groups stay on their link: their scope is within the fixed bits.
  var isLinkLocalGroups: Bool {
    length >= (family == .ipv4 ? 24 : 16) && Group(address)?.isLinkLocal == true
  }

  /// Whether packets may come from such sources.
  var areSenders: Bool {
    isAll || address.isUnicastSource || !isSingle && address.isUnspecified
  }
}

extension StaticRoute {
  /// Whether an inbound interface can be an outbound one too; sure only where all are named in full.
  var canReflect: Bool {
    // What a person or a generator writes; the rest costs more to look at than it is worth.
    guard key.inbound.count * outbound.count <= 4_096 else { return true }
    return outbound.contains { outbound in key.inbound.contains { $0.meets(outbound.pattern) } }
  }
}

extension InterfacePattern {
  /// Whether a name may match both.
  func meets(_ other: InterfacePattern) -> Bool {
    switch (isExact, other.isExact) {
    case (true, true): return text == other.text
    case (true, false): return other.matches(text)
    case (false, true): return matches(other.text)
    case (false, false):
      let count = min(literalCount, other.literalCount)
      return text.utf8.prefix(count).elementsEqual(other.text.utf8.prefix(count))
    }
  }
}
