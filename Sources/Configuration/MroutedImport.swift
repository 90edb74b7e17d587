import Addressing
import Diagnostics
import Forwarding
import Kernel
import Membership

/// Reads a mrouted.conf of either vintage into what the native language can state, to be written as a file.
///
/// Names of interfaces are kept, there or not; their addresses stand for those that have them now. What
/// cannot be stated is left out, with a warning at its place.
public func importMrouted(file path: String, source: any ConfigurationSource) -> ParsedConfiguration {
  var grammar = MroutedGrammar.importing(source)
  var loader = NativeGrammar(source: source)
  do throws(Diagnostic) {
    let file = try loader.load(path, from: nil, isPattern: false)
    grammar.report.findings = loader.findings
    grammar.read(path, file.bytes)
  } catch {
    grammar.report.findings.add(error)
  }
  return grammar.imported(path)
}

/// Reads a text as if it were the mrouted.conf `name`, into what the native language can state.
public func importMrouted(
  _ text: [UInt8], named name: String, source: any ConfigurationSource
) -> ParsedConfiguration {
  var grammar = MroutedGrammar.importing(source)
  grammar.read(name, text)
  return grammar.imported(name)
}

extension MroutedGrammar {
  fileprivate mutating func imported(_ name: String) -> ParsedConfiguration {
    makeNative()
    configuration.file = name
    var parsed = ParsedConfiguration()
    parsed.configuration = configuration
    parsed.diagnostics = report.findings.sorted()
    parsed.suppressed = report.findings.suppressed
    parsed.hasErrors = report.findings.hasErrors
    parsed.files = [name]
    parsed.uses = uses
    return parsed
  }

  /// Reads for a native file, as mrouted 4 does: it takes nearly all of what 3.9.8 takes.
  static func importing(_ source: any ConfigurationSource) -> MroutedGrammar {
    MroutedGrammar(
      source: source, options: MroutedFileOptions(.current, interfaces: source.interfaces ?? []),
      isImport: true)
  }

  /// The interface that has an address now.
  func importedName(of address: Address) -> String? {
    options.interfaces.first { $0.addresses.contains { $0.address == address } }?.name
  }

  /// The number of the interface so named, which becomes one where it is new.
  mutating func index(of name: String) -> Int? {
    if let index = names[name] { return index }
    guard vifs.count < configuration.limits.interfaces else { return nil }
    var vif = MroutedVIF(name)
    vif.isEnabled = !takesNamedOnly
    if let interface = options.interfaces.first(where: { $0.name == name }) {
      let ipv4 = interface.addresses.filter { $0.address.family == .ipv4 }
      vif.address = ipv4.first
      vif.subnets = ipv4.map(\.subnet)
    }
    names[name] = vifs.count
    vifs.append(vif)
    return vifs.count - 1
  }

  /// Puts what was read into the configuration, without what the native language refuses.
  mutating func makeNative() {
    complete()
    configuration.joins = configuration.joins.filter { join in
      isNative(join.key.groups, "join", at: join.location)
    }
    for index in configuration.interfaces.indices {
      let statement = configuration.interfaces[index]
      var kept = statement.options
      kept.remove(.staticGroup)
      for option in statement.options[.staticGroup] {
        guard case .staticGroup(let groups, _) = option,
          isNative(groups, "static group", at: statement.location)
        else { continue }
        kept.state(option)
      }
      configuration.interfaces[index].options = kept
    }
    shortenResponse()
  }

  private mutating func isNative(_ groups: Prefix, _ what: String, at location: SourceLocation?) -> Bool {
    guard groups.isLinkLocalGroups else { return true }
    report.findings.add(
      Diagnostic(
        .warning, .linkLocalGroup, "\(groups) is link-local: no router forwards it; the \(what) is left out",
        at: location, hint: "take the line out, or use another group"))
    return false
  }

  /// A query must be answered before the next is sent (RFC 9776 8.3); mrouted does not look.
  private mutating func shortenResponse() {
    let standard = QuerierSettings()
    var (query, response) = (standard.queryInterval, standard.responseInterval)
    for case .queryInterval(let value) in configuration.igmp[.queryInterval] { query = value }
    for case .responseInterval(let value) in configuration.igmp[.responseInterval] { response = value }
    guard response >= query else { return }
    let shorter = query / 2
    configuration.igmp.state(.responseInterval(shorter))
    report.findings.add(
      Diagnostic(
        .warning, .timerRelation,
        "the query response interval, \(response.components.seconds) s, is not shorter than the query "
          + "interval, \(query.components.seconds) s; it is made half of that",
        at: SourceLocation(file: file, line: 1),
        hint: "state both: igmp-query-response-interval 10 with igmp-query-interval 125"))
  }
}
