public import Addressing
import Diagnostics
public import Timing

/// What a program that asks routers does next.
public enum ProbingStep: Hashable, Sendable {
  /// Sends an IGMP message.
  case send([UInt8], to: Address, hops: UInt8)
  /// Text for standard output; lines end with their newline.
  case say(String)
  /// A line for standard error, without its newline.
  case complain(String)
  /// The program is over, with this exit status.
  case end(Int32)
}

/// A program that asks routers, as a value: what comes in and what is due lead to what is sent and said.
public protocol ProbingSession {
  /// When `expire` must be called; nil: never.
  var nextDeadline: Instant? { get }

  mutating func begin(at now: Instant) -> [ProbingStep]
  /// An IGMP message came in; one that is no answer changes nothing.
  mutating func receive(_ payload: [UInt8], from source: Address, at now: Instant) -> [ProbingStep]
  mutating func expire(at now: Instant) -> [ProbingStep]
}

/// The names of addresses, as far as the caller knows them.
public struct AddressNames {
  private let lookup: (Address) -> String?

  public init(_ lookup: @escaping (Address) -> String?) { self.lookup = lookup }

  /// Addresses stand for themselves.
  public static var none: AddressNames { AddressNames { _ in nil } }

  /// Fit to be shown: who gives names to addresses may be anybody.
  public func name(of address: Address) -> String? { lookup(address)?.escapingControls }
}
