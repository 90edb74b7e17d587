import Control

/// What the personalities say they are.
public enum SmcrouteVersion {
  /// The first line of `-v` and of the log; its beginning is what scripts look for.
  public static let hello = "SMCRoute v2.6.0 (mcast \(Version.text))"

  /// What `-v` of 2.5 and 2.6 prints.
  static let text = """
    \(hello)

    Bug report address: see mcast(8)
    Project homepage:   see mcast(8)

    """

  /// What `smcroute -v` of 2.1 and 2.2 prints.
  static let legacyText = "SMCRoute version 2.2.2 (mcast \(Version.text))\n"
}
