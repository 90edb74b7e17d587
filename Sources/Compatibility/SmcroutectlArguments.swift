/// The command line of `smcroutectl` (2.3 – 2.6), read.
public struct SmcroutectlArguments: Hashable, Sendable {
  /// What to do, one after the other.
  public enum Step: Hashable, Sendable {
    /// Print this; nothing is sent.
    case print(ProgramResult)
    /// Send this and print the answer: tables rendered, a refusal as one line with `smcroutectl: ` before it.
    case send(SmcrouteMessage)
  }

  /// How headings are wanted.
  public enum Headings: Hashable, Sendable {
    /// By escape codes on a terminal, plain elsewhere.
    case automatic
    case plain, none
  }

  /// The daemon's name, `-i`.
  public var identity = "smcroute"
  /// `-u`; nil: by the identity.
  public var ownSocket: String?
  public var headings = Headings.automatic
  /// `-b`: commands come from standard input, one a line.
  public var readsBatch = false
  public var format = SmcrouteFormat.plain
  public var steps: [Step] = []

  public var socket: String { ownSocket ?? "/run/\(identity).sock" }

  /// Reads the words after the program's name.
  ///
  /// - Parameter order: `optionsFirst` when the environment has `POSIXLY_CORRECT`.
  public init(_ words: [String], _ order: Getopt.Order = .permuting) {}

  /// What a line of a batch asks for; nil for a comment or an empty line.
  public func step(batchLine line: String) -> Step? { nil }
}
