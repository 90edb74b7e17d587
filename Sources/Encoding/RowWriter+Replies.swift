import Addressing
public import Control
public import Diagnostics

/// The answers that are no tables.
extension RowWriter {
  /// The bytes of one text in a diagnostic at most, so that a row always fits a line of the protocol.
  static let longestText = 1500

  /// Writes the state of the Router with the facts of the daemon.
  public func write(_ status: Status, _ facts: DaemonFacts, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("version", facts.version)
      writer.member("pid", facts.pid)
      writer.member("identity", facts.identity)
      writer.member("host", facts.host)
      writer.member("uptimeSeconds", number: clock.seconds(since: facts.started))
      write(time: facts.started, "startedAt", to: &writer)
      writer.member("configFile", facts.configFile)
      writer.member("configLanguage", facts.configLanguage)
      writer.member("configState", facts.configState.rawValue)
      if let loaded = facts.configLoaded { write(time: loaded, "configLoadedAt", to: &writer) }
      if let error = facts.configError {
        writer.key("configError")
        write(error, to: &writer)
      }
      writer.member("generation", status.generation)
      writer.member("interfacesWaiting", status.interfacesWaiting)
      writer.array("tables") { writer in
        for table in status.tables { write(table, to: &writer) }
      }
      writer.object("counts") { write(counts: status, to: &$0) }
      if let dvmrp = status.dvmrp {
        writer.object("dvmrp") { writer in
          writer.member("neighbors", dvmrp.neighbors)
          writer.member("routes", dvmrp.routes)
          writer.member("prunes", dvmrp.prunes)
        }
      }
      writer.object("rates") { writer in
        writer.member("packetsInPerSecond", number: status.packetsInPerSecond)
        writer.member("packetsOutPerSecond", number: status.packetsOutPerSecond)
        writer.member("bitsInPerSecond", number: status.bitsInPerSecond)
        writer.member("bitsOutPerSecond", number: status.bitsOutPerSecond)
      }
      writer.array("problems") { writer in
        for problem in status.problems.prefix(20) { write(problem, to: &writer) }
      }
    }
  }

  private func write(_ table: Status.TableUse, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("family", table.family.rawValue)
      writer.member("table", table.table)
      writer.member("used", table.used)
      writer.member("slots", 32)
      writer.member("open", table.open)
    }
  }

  private func write(counts status: Status, to writer: inout JSONWriter) {
    writer.member("interfacesUp", status.interfacesUp)
    writer.member("interfacesDown", status.interfacesDown)
    writer.member("rules", status.rules)
    writer.member("rulesWaiting", status.rulesWaiting)
    writer.member("entries", status.entries)
    writer.member("blocking", status.blocking)
    writer.member("joins", status.joins)
    writer.member("joinsWaiting", status.joinsWaiting)
    writer.member("unsaved", status.unsaved)
    writer.member("groups", status.groups)
    writer.member("groupInterfaces", status.groupInterfaces)
    writer.member("upcalls", status.upcalls)
    writer.member("upcallsLost", status.upcallsLost)
    writer.member("foreignRepairs", status.foreignRepairs)
    writer.member("resynchronizations", status.resynchronizations)
  }

  /// Writes what became of one change.
  public func write(_ result: ChangeResult, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("index", result.index)
      writer.member("text", RowWriter.clipped(result.text))
      writer.member("result", result.outcome.rawValue)
      guard let error = result.error else { return }
      writer.key("error")
      write(error, to: &writer)
    }
  }

  /// Writes a line of a plan.
  public func write(_ change: PlannedChange, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("action", change.action.rawValue)
      writer.member("kind", change.kind.rawValue)
      writer.member("before", change.before.map(RowWriter.clipped))
      writer.member("after", change.after.map(RowWriter.clipped))
      if change.effect != .none { writer.member("flow", change.effect.rawValue) }
    }
  }

  /// Writes what changes amount to.
  public func write(_ summary: Summary, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("added", summary.added)
      writer.member("changed", summary.changed)
      writer.member("removed", summary.removed)
      writer.member("untouched", summary.untouched)
      writer.member("kernelChanges", summary.kernelChanges)
      writer.member("interrupted", summary.interrupted)
    }
  }

  /// Writes why an (S,G) is as it is.
  public func write(_ explanation: Explanation, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("source", explanation.source)
      writer.member("group", explanation.group)
      writer.member("iif", explanation.inbound)
      writer.member("state", explanation.state.rawValue)
      writer.member("owner", explanation.owner?.rawValue)
      writer.member("table", explanation.table)
      if let installed = explanation.installed { write(time: installed, "installedAt", to: &writer) }
      writer.member("packets", explanation.packets)
      writer.member("rule", explanation.ruleText.map(RowWriter.clipped))
      write(rule: explanation.rule, to: &writer)
      writer.array("oifs") { writer in
        for outbound in explanation.outbound {
          writer.object { writer in
            writer.member("name", outbound.interface)
            writer.member("forwards", outbound.forwards)
            writer.member("reason", outbound.reason)
          }
        }
      }
      write(dynamic: explanation, to: &writer)
      writer.member("notes", explanation.notes)
    }
  }

  /// An error stands by itself, so it names its schema.
  public func write(_ diagnostic: Diagnostic, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("schema", "mcast.error/1")
      writer.member("severity", diagnostic.severity.rawValue)
      writer.member("code", diagnostic.code.description)
      writer.member("slug", diagnostic.code.slug)
      writer.member("message", RowWriter.clipped(diagnostic.message))
      if let location = diagnostic.location {
        writer.member("file", RowWriter.clipped(location.file))
        writer.member("line", location.line)
        writer.member("column", location.column)
        writer.member("length", location.length)
      }
      writer.member("sourceLine", diagnostic.sourceLine.map(RowWriter.clipped))
      writer.member("hint", diagnostic.hint.map(RowWriter.clipped))
    }
  }

  /// `text`, or as much of its beginning as fits a row.
  static func clipped(_ text: String) -> String {
    guard text.utf8.count > longestText else { return text }
    var end = text.utf8.index(text.utf8.startIndex, offsetBy: longestText)
    while end > text.utf8.startIndex, String.Index(end, within: text.unicodeScalars) == nil {
      end = text.utf8.index(before: end)
    }
    return text[..<end] + "…"
  }
}
