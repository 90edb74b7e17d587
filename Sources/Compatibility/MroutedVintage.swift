/// Which mrouted is meant: the two have different options, files and texts.
public enum MroutedVintage: Hashable, Sendable, CaseIterable {
  /// 3.9.8: dump files by signal.
  case older
  /// 4.0 to 4.6: a socket for mroutectl.
  case current

  /// The number that `-v` and the log tell.
  public var version: String { self == .older ? "3.9.8" : "4.6" }

  /// What the program calls itself: the line of `-v`, and the beginning of the dumps.
  public var title: String { "mrouted version \(version)" }
}
