public import DVMRP
public import Diagnostics
public import Forwarding
public import Kernel
public import Membership

/// `interface PATTERN …`.
public struct InterfaceStatement: Hashable, Sendable, Codable {
  /// Whether the interface takes part though nothing uses it, or never.
  public enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
    case enable, disable
  }

  public var pattern: InterfacePattern
  public var mode: Mode?
  public var options: InterfaceOptions
  /// Nil when it was set at run time.
  public var location: SourceLocation?

  public init(
    _ pattern: InterfacePattern, _ options: [InterfaceOption] = [], location: SourceLocation? = nil
  ) {
    self.pattern = pattern
    self.options = InterfaceOptions(options)
    self.location = location
  }

  /// Takes from a less specific statement what this one does not state.
  public mutating func complete(by other: InterfaceStatement) {
    mode = mode ?? other.mode
    options.complete(by: other.options)
  }

  /// Whether all that `other` states is stated here, too.
  public func states(_ other: InterfaceStatement) -> Bool {
    (other.mode == nil || mode == other.mode) && options.states(other.options)
  }
}

/// The options that there were first, as properties.
extension InterfaceStatement {
  public var threshold: UInt8? {
    get { if case .threshold(let value)? = options[.threshold].first { value } else { nil } }
    set { set(newValue.map { .threshold($0) }, .threshold) }
  }

  public var announces: Bool? {
    get { if case .mrdisc(let value)? = options[.mrdisc].first { value } else { nil } }
    set { set(newValue.map { .mrdisc($0) }, .mrdisc) }
  }

  public var boundaries: [InterfaceOption.BoundaryReference] {
    get { options[.boundary].compactMap { if case .boundary(let reference) = $0 { reference } else { nil } } }
    set {
      options.remove(.boundary)
      for reference in newValue { options.state(.boundary(reference)) }
    }
  }

  private mutating func set(_ option: InterfaceOption?, _ kind: InterfaceOption.Kind) {
    options.remove(kind)
    if let option { options.state(option) }
  }
}

/// What holds for one interface after all statements.
public struct InterfaceSettings: Hashable, Sendable, Codable {
  public var mode: InterfaceStatement.Mode?
  public var threshold: UInt8?
  public var boundaries: [Boundary] = []
  public var announces: Bool?
  /// Whether IGMP is served, and how.
  public var igmpMode = QuerierMode.auto
  public var igmp = QuerierSettings()
  /// Whether MLD is served, and how.
  public var mldMode = QuerierMode.auto
  public var mld = QuerierSettings()
  /// Nil: as `dvmrp on` or `off` says for all interfaces.
  public var dvmrpMode: DVMRPMode?
  /// But for `tunnel` and `isPassive`, which the Router fills in.
  public var dvmrp = DVMRPSettings()

  public init() {}
}

/// Whether an interface has a querier.
public enum QuerierMode: String, Hashable, Sendable, Codable, CaseIterable {
  /// Where DVMRP or a `members` target uses the interface.
  case auto
  case on, off
}

/// Whether an interface takes part in DVMRP.
public enum DVMRPMode: String, Hashable, Sendable, Codable, CaseIterable {
  case on, off
  /// Silent until a neighbor was heard.
  case passive
}
