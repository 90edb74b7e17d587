import Addressing
public import Control
import Diagnostics
import Timing

/// The answers that are no tables.
extension RowReader {
  /// Reads a status and the facts of the daemon in it.
  public func status(_ json: ArraySlice<UInt8>) throws(JSONError) -> (Status, DaemonFacts) {
    var reader = try JSONReader(json)
    var facts = DaemonFacts(version: "", pid: 0, identity: "", host: "", started: clock.now)
    var status = Status()
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "version": facts.version = try reader.string()
      case "pid": facts.pid = try reader.integer()
      case "identity": facts.identity = try reader.string()
      case "host": facts.host = try reader.string()
      case "startedAt": facts.started = try time(&reader)
      case "configFile": facts.configFile = try reader.string()
      case "configLanguage": facts.configLanguage = try reader.string()
      case "configState": facts.configState = try reader.word(DaemonFacts.ConfigState.self)
      case "configLoadedAt": facts.configLoaded = try time(&reader)
      case "configError": facts.configError = try diagnostic(try reader.raw())
      case "generation": status.generation = try reader.integer()
      case "interfacesWaiting": status.interfacesWaiting = try reader.strings()
      case "tables":
        try reader.elements { (reader) throws(JSONError) in status.tables.append(try table(&reader)) }
      case "counts": try counts(&reader, into: &status)
      case "dvmrp": status.dvmrp = try dvmrpUse(&reader)
      case "rates": try rates(&reader, into: &status)
      case "problems":
        try reader.elements { (reader) throws(JSONError) in
          status.problems.append(try diagnostic(try reader.raw()))
        }
      default: try reader.skip()
      }
    }
    return (status, facts)
  }

  private func table(_ reader: inout JSONReader) throws(JSONError) -> Status.TableUse {
    var table = Status.TableUse(family: .ipv4, table: 0, used: 0, open: false)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "family": table.family = try reader.word(Family.self)
      case "table": table.table = try reader.integer()
      case "used": table.used = try reader.integer()
      case "open": table.open = try reader.bool()
      default: try reader.skip()
      }
    }
    return table
  }

  private func counts(_ reader: inout JSONReader, into result: inout Status) throws(JSONError) {
    var status = result
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "interfacesUp": status.interfacesUp = try reader.integer()
      case "interfacesDown": status.interfacesDown = try reader.integer()
      case "rules": status.rules = try reader.integer()
      case "rulesWaiting": status.rulesWaiting = try reader.integer()
      case "entries": status.entries = try reader.integer()
      case "blocking": status.blocking = try reader.integer()
      case "joins": status.joins = try reader.integer()
      case "joinsWaiting": status.joinsWaiting = try reader.integer()
      case "unsaved": status.unsaved = try reader.integer()
      case "groups": status.groups = try reader.integer()
      case "groupInterfaces": status.groupInterfaces = try reader.integer()
      case "upcalls": status.upcalls = try reader.integer()
      case "upcallsLost": status.upcallsLost = try reader.integer()
      case "foreignRepairs": status.foreignRepairs = try reader.integer()
      case "resynchronizations": status.resynchronizations = try reader.integer()
      default: try reader.skip()
      }
    }
    result = status
  }

  private func rates(_ reader: inout JSONReader, into result: inout Status) throws(JSONError) {
    var status = result
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "packetsInPerSecond": status.packetsInPerSecond = try reader.number()
      case "packetsOutPerSecond": status.packetsOutPerSecond = try reader.number()
      case "bitsInPerSecond": status.bitsInPerSecond = try reader.number()
      case "bitsOutPerSecond": status.bitsOutPerSecond = try reader.number()
      default: try reader.skip()
      }
    }
    result = status
  }

  /// Reads what became of one change.
  public func change(_ json: ArraySlice<UInt8>) throws(JSONError) -> ChangeResult {
    var reader = try JSONReader(json)
    var outcome: ChangeResult.Outcome?
    var result = ChangeResult(index: 0, text: "", outcome: .done)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "index": result.index = try reader.integer()
      case "text": result.text = try reader.string()
      case "result": outcome = try reader.word(ChangeResult.Outcome.self)
      case "error": result.error = try diagnostic(try reader.raw())
      default: try reader.skip()
      }
    }
    result.outcome = try required(outcome, "result")
    return result
  }

  /// Reads a line of a plan.
  public func plannedChange(_ json: ArraySlice<UInt8>) throws(JSONError) -> PlannedChange {
    var reader = try JSONReader(json)
    var (action, kind) = (PlannedChange.Action?.none, PlannedChange.Kind?.none)
    var change = PlannedChange(action: .add, kind: .route, before: nil, after: nil, effect: .none)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "action": action = try reader.word(PlannedChange.Action.self)
      case "kind": kind = try reader.word(PlannedChange.Kind.self)
      case "before": change.before = try reader.string()
      case "after": change.after = try reader.string()
      case "flow": change.effect = try reader.word(PlannedChange.Effect.self)
      default: try reader.skip()
      }
    }
    change.action = try required(action, "action")
    change.kind = try required(kind, "kind")
    return change
  }

  /// Reads what changes amount to.
  public func summary(_ json: ArraySlice<UInt8>) throws(JSONError) -> Summary {
    var reader = try JSONReader(json)
    var summary = Summary()
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "added": summary.added = try reader.integer()
      case "changed": summary.changed = try reader.integer()
      case "removed": summary.removed = try reader.integer()
      case "untouched": summary.untouched = try reader.integer()
      case "kernelChanges": summary.kernelChanges = try reader.integer()
      case "interrupted": summary.interrupted = try reader.integer()
      default: try reader.skip()
      }
    }
    return summary
  }

  /// Reads why an (S,G) is as it is.
  public func explanation(_ json: ArraySlice<UInt8>) throws(JSONError) -> Explanation {
    var reader = try JSONReader(json)
    var (source, group) = (Address?.none, Address?.none)
    var state: RouteRow.State?
    var result = Explanation(
      source: .unspecified(.ipv4), group: .unspecified(.ipv4), state: .rule, table: 0)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "source": source = try reader.address()
      case "group": group = try reader.address()
      case "iif": result.inbound = try reader.string()
      case "state": state = try reader.word(RouteRow.State.self)
      case "owner": result.owner = try reader.word(RouteRow.Owner.self)
      case "table": result.table = try reader.integer()
      case "installedAt": result.installed = try time(&reader)
      case "packets": result.packets = try reader.integer()
      case "rule": result.ruleText = try reader.string()
      case "ruleRef": result.rule = try rule(&reader)
      case "oifs":
        try reader.elements { (reader) throws(JSONError) in result.outbound.append(try reason(&reader)) }
      case "rpf": result.reversePath = try reversePath(&reader)
      case "prunes":
        try reader.elements { (reader) throws(JSONError) in
          result.prunes.append(try prune(try reader.raw()))
        }
      case "timers":
        try reader.elements { (reader) throws(JSONError) in
          result.timers.append(try timer(try reader.raw()))
        }
      case "notes": result.notes = try reader.strings()
      default: try reader.skip()
      }
    }
    result.source = try required(source, "source")
    result.group = try required(group, "group")
    result.state = try required(state, "state")
    return result
  }

  private func reason(_ reader: inout JSONReader) throws(JSONError) -> Explanation.OutboundReason {
    var reason = Explanation.OutboundReason(interface: "", forwards: false, reason: "")
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "name": reason.interface = try reader.string()
      case "forwards": reason.forwards = try reader.bool()
      case "reason": reason.reason = try reader.string()
      default: try reader.skip()
      }
    }
    return reason
  }
}
