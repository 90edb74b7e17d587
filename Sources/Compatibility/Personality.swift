/// Who a program is: the name it is called by decides.
public enum Personality: String, Hashable, Sendable, CaseIterable {
  case mcastd, mcast, smcrouted, smcroutectl
  /// SMCRoute before 2.3, daemon and client in one.
  case smcroute
  case mrouted, mroutectl
  case mrinfo, mtrace
  case mapMbone = "map-mbone"

  /// Nil for a name that is none of ours; the caller knows whose file it is.
  ///
  /// - Parameter name: `argv[0]`: with or without a path, and with the `-` of a login shell.
  public init?(calledAs name: String) {
    let last = name.split(separator: "/").last ?? ""
    self.init(rawValue: String(last.first == "-" ? last.dropFirst() : last))
  }
}
