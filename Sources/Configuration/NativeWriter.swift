public import Forwarding
public import Membership

extension Configuration {
  /// The canonical text: what `config save` writes; parsed again it is the same but for the places.
  public var text: String { "" }
}

extension StaticRoute {
  /// The statement as a file has it: `route from eth0 group 239.1.1.1 to eth1`.
  public var statement: String { "" }
}

extension StaticJoin {
  /// The statement as a file has it: `join on eth0 group 239.1.1.1`.
  public var statement: String { "" }
}

extension InterfaceStatement {
  /// The statement as a file has it: `interface eth0 { threshold 16 }`.
  public var statement: String { "" }
}

extension Change {
  /// The line that asks for it: `add route from …`, `leave on eth0 group 239.1.1.1`.
  public var statement: String { "" }
}

/// The text in canonical layout, with its comments; nil when it has an error.
public func format(_ text: [UInt8]) -> [UInt8]? { nil }
