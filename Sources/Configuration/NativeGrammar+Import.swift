import Diagnostics
import Forwarding
import Kernel

/// Files of other daemons, read by their own grammars into the same statements.
extension NativeGrammar {
  /// `import smcroute|mrouted PATH`.
  mutating func importStatement() throws(Diagnostic) {
    let first = token
    try advance()
    let dialect = try choice(of: ["smcroute", "mrouted"])
    let place = token
    var path = try string("the path of a file", longest: 1023)
    if path.utf8.first != UInt8(ascii: "/"), let slash = file.lastIndex(of: "/") {
      path = file[...slash] + path
    }
    let text = try load(path, from: place, isPattern: false)
    guard let source, !files.open.contains(text.identity) else {
      throw fault(.includeCycle, "\"\(path)\" is this file, or one that includes it", at: place)
    }
    guard dialect == "smcroute" else {
      return try importMrouted(path, text, source, at: self.location(since: first))
    }
    var old = SmcrouteGrammar(source: source, options: SmcrouteFileOptions())
    (old.findings, old.files) = (findings, files)
    old.files.open.append(text.identity)
    old.read(path, text.bytes)
    old.makeNative()
    (findings, files) = (old.findings, old.files)
    files.open.removeLast()
    take(old)
  }

  private mutating func take(_ old: SmcrouteGrammar) {
    let start = configuration.routes.count
    configuration.routes += old.configuration.routes
    importedRoutes.append(start..<configuration.routes.count)
    configuration.joins += old.configuration.joins
    configuration.interfaces += old.configuration.interfaces
    for use in old.uses
    where uses.count < configuration.limits.interfaces && usedPatterns.insert(use.pattern).inserted {
      uses.append(use)
    }
  }

  /// Rules of old files whose order decided there, and does not here.
  mutating func checkImports() {
    guard configuration.table.precedence == .longest else { return }
    for range in importedRoutes {
      let order = StatementOrder(Array(configuration.routes[range]), atMost: findings.kept)
      for difference in order.differences {
        findings.add(
          Diagnostic(
            .warning, .precedenceDiffers, "\(difference.message); here the longest prefix decides",
            at: difference.location, hint: "\(difference.hint), or write: table { precedence stated }"))
      }
    }
  }
}
