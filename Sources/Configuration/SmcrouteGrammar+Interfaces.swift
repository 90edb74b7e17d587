import Diagnostics
import Kernel

/// The `phyint` lines.
extension SmcrouteGrammar {
  /// Statements that later and wider ones are compared with, all in all.
  private static let widest = 10_000_000

  /// `phyint IF [enable|disable] [mrdisc] [ttl-threshold N]`, in any order.
  mutating func phyint(_ first: SmcrouteText.Word) {
    guard let name = text.word() else {
      return warn(.expected, at: first) { _ in
        ("phyint missing interface pattern", "phyint IF [enable|disable] [mrdisc] [ttl-threshold N]")
      }
    }
    // An interface that is not named by a verb takes part, unless none does without being asked to.
    var statement = InterfaceStatement(InterfacePattern(""), location: location(of: first))
    statement.mode = options.isStrict ? .disable : .enable
    while let word = text.word() {
      if text.begins(word, with: .enable) {
        statement.mode = .enable
      } else if text.begins(word, with: .disable) {
        statement.mode = .disable
      } else if text.begins(word, with: .mrdisc) {
        statement.announces = true
      } else if text.begins(word, with: .ttlThreshold) {
        guard let number = text.word() else {
          ignore(word, known: "a number from 1 to 255 behind it")
          break
        }
        statement.threshold = threshold(number, of: name)
      } else {
        ignore(word, known: "enable, disable, mrdisc and ttl-threshold")
      }
    }
    guard let pattern = text.pattern(name) else {
      return warn(.unknownInterface, at: name) { text in
        (
          "phyint \(text.shown(name)) does not exist (yet?) on this system",
          "the name of an interface has 1 to 15 bytes without \"/\""
        )
      }
    }
    noteUse(
      Use(pattern: pattern, clause: .phyint), "phyint", at: name, .warning,
      "phyint \(pattern) does not exist (yet?) on this system")
    statement.pattern = pattern
    keep(statement, at: name)
  }

  private mutating func threshold(
    _ word: SmcrouteText.Word, of name: SmcrouteText.Word
  ) -> UInt8 {
    let value = text.number(word)
    if (1...255).contains(value) { return UInt8(clamping: value) }
    warn(.thresholdRange, at: word) { text in
      (
        "phyint \(text.shown(name)) ttl \(text.shown(word)) out of range (1-255)",
        "1, which is used now, lets all pass; 255 nothing"
      )
    }
    return 1
  }

  /// What is stated later wins, for all the interfaces that its pattern names.
  private mutating func keep(_ statement: InterfaceStatement, at name: SmcrouteText.Word) {
    if let pattern = statement.pattern.prefixText {
      widened += configuration.interfaces.count
      guard widened <= SmcrouteGrammar.widest else { return tooManyInterfaces(at: name) }
      for index in configuration.interfaces.indices
      where configuration.interfaces[index].pattern.text.utf8.starts(with: pattern.utf8) {
        configuration.interfaces[index].take(statement)
      }
    }
    if let index = statements[statement.pattern] {
      configuration.interfaces[index].take(statement)
      return
    }
    guard configuration.interfaces.count < configuration.limits.interfaces else {
      return tooManyInterfaces(at: name)
    }
    statements[statement.pattern] = configuration.interfaces.count
    configuration.interfaces.append(statement)
  }

  private mutating func tooManyInterfaces(at name: SmcrouteText.Word) {
    warn(.limitReached, at: name) { [limit = configuration.limits.interfaces] _ in
      ("phyint: the file names more than \(limit) interfaces, skipping", "a pattern such as eth+ names many")
    }
  }

  /// Routes whose interfaces a `phyint` line takes out.
  mutating func checkDisabled() {
    guard configuration.interfaces.contains(where: { $0.mode == .disable }) else { return }
    for (use, clause) in zip(uses, clauses) where use.pattern.isExact {
      guard clause == .inbound || clause == .outbound, let statement = statement(of: use.pattern),
        statement.mode == .disable
      else { continue }
      findings.add(
        Diagnostic(
          .warning, .interfaceDisabled,
          clause == .inbound
            ? "mroute: inbound \(use.pattern) is not a known phyint"
            : "mroute: outbound \(use.pattern) is not a known phyint, skipping", at: use.location,
          hint: "enable it: phyint \(use.pattern) enable; it is not at "
            + (statement.location?.description ?? file)))
    }
  }

  /// The statement that holds for a name: its own, else that of the longest pattern.
  private func statement(of name: InterfacePattern) -> InterfaceStatement? {
    if let own = statements[name] { return configuration.interfaces[own] }
    var prefix = name.text
    while true {
      if let wider = statements[InterfacePattern(prefix + "+")] { return configuration.interfaces[wider] }
      guard !prefix.isEmpty else { return nil }
      prefix.removeLast()
    }
  }
}

extension InterfaceStatement {
  /// Takes over all options of a later line: one that does not state a threshold states the default.
  fileprivate mutating func take(_ later: InterfaceStatement) {
    (mode, options) = (later.mode, later.options)
  }
}

extension InterfacePattern {
  /// What the names begin with that `eth+` matches; nil for a name.
  fileprivate var prefixText: Substring? {
    text.utf8.last == UInt8(ascii: "+") ? text.dropLast() : nil
  }
}
