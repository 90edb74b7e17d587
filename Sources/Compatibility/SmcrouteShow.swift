public import Control

/// Collects what a `show` needs, a page at a time, and gives the bytes for the client.
///
/// Put `request` to the Router and its reply to `receive`, until `request` is nil; then take `next` until it is
/// nil. It holds the finished lines of the rules and entries, some hundred bytes for each, as their order is known
/// only at the end.
public struct SmcrouteShow: Sendable {
  /// What to ask next; nil when all is there.
  public private(set) var request: Request?

  public init(_ table: SmcrouteTable, _ format: SmcrouteFormat) {}

  /// Takes the answer to `request`.
  public mutating func receive(_ reply: Reply) {}

  /// The next piece of the answer, at most some 16 KiB, the NUL at its end included; nil after the last.
  public mutating func next() -> [UInt8]? { nil }
}
