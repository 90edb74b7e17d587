/// What a code means and what to do about it: the text of `mcast explain CODE` and of `docs/diagnostics.md`.
public struct CodeExplanation: Hashable, Sendable {
  /// A phrase: `no interface of this name`.
  public var title: String
  public var meaning: String
  public var causes: [String]
  public var cure: String
  /// Lines that show it, and how they look when cured.
  public var example: String

  /// The text that `mcast explain` prints.
  public func text(for code: Code) -> String { "\(code) \(code.slug)" }
}

extension Code {
  public var explanation: CodeExplanation {
    CodeExplanation(title: slug, meaning: "", causes: [], cure: "", example: "")
  }
}
