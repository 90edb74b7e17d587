public import Configuration

/// Which mrouted is meant: 3.9.8 writes dump files by signal, 4.x has a socket for mroutectl.
public typealias MroutedVintage = MroutedFileOptions.Vintage

extension MroutedVintage {
  /// The number that `-v` and the log tell.
  public var version: String { self == .older ? "3.9.8" : "4.6" }

  /// What the program calls itself: the line of `-v`, and the beginning of the dumps.
  public var title: String { "mrouted version \(version)" }
}
