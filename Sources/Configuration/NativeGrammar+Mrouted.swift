import Diagnostics
import Forwarding
import Kernel
import Membership

/// `import mrouted`: what the old file states of interfaces and tunnels, and that DVMRP is on.
extension NativeGrammar {
  mutating func importMrouted(
    _ path: String, _ file: SourceFile, _ source: any ConfigurationSource, at place: SourceLocation
  ) throws(Diagnostic) {
    var old = MroutedGrammar.importing(source)
    old.report.findings = findings
    old.tunnelOffset = configuration.tunnels.count
    old.read(path, file.bytes)
    old.makeNative()
    findings = old.report.findings
    // What is wrong is told, and nothing is applied.
    guard !old.report.isFatal else { return }
    if let before = stated["dvmrp"], !configuration.dvmrp.isOn {
      throw Diagnostic(
        .error, .duplicateRule, "the statement contradicts the one at \(before)", at: place,
        hint: "a file of mrouted is read to run DVMRP; take \"dvmrp off\" out")
    }
    stated["dvmrp"] = stated["dvmrp"] ?? place
    take(old, at: place)
  }

  /// Options that the native text states for all interfaces win over those of the old file.
  private mutating func take(_ old: MroutedGrammar, at place: SourceLocation) {
    let standard = DVMRPStatement()
    var dvmrp = configuration.dvmrp
    dvmrp.isOn = true
    let theirs = old.configuration.dvmrp
    if dvmrp.cacheLifetime == standard.cacheLifetime { dvmrp.cacheLifetime = theirs.cacheLifetime }
    if dvmrp.pruneLifetime == standard.pruneLifetime { dvmrp.pruneLifetime = theirs.pruneLifetime }
    if !dvmrp.sendsRouterAlert { dvmrp.sendsRouterAlert = theirs.sendsRouterAlert }
    configuration.dvmrp = dvmrp
    importedQueriers.complete(by: old.configuration.igmp)
    for boundary in old.configuration.boundaries { take(boundary, at: place) }
    configuration.interfaces += old.configuration.interfaces
    for tunnel in old.configuration.tunnels {
      do throws(Diagnostic) {
        try judge(tunnel)
        configuration.tunnels.append(tunnel)
      } catch {
        findings.add(error)
      }
    }
    configuration.joins += old.configuration.joins
    for use in old.uses
    where uses.count < configuration.limits.interfaces && usedPatterns.insert(use.pattern).inserted {
      uses.append(use)
    }
  }

  private mutating func take(_ boundary: Boundary, at place: SourceLocation) {
    let setting = "boundary \(boundary.name ?? "")"
    guard let before = stated[setting] else {
      stated[setting] = place
      boundaryNames.insert(boundary.name ?? "")
      configuration.boundaries.append(boundary)
      return
    }
    guard configuration.boundaries.contains(boundary) else {
      return findings.add(
        Diagnostic(
          .error, .duplicateRule, "\"\(setting)\" is stated twice: the other is \(before)", at: place,
          hint: "rename one of the two"))
    }
  }
}
