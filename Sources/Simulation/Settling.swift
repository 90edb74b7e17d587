import Timing

extension Scenario {
  /// How long what was disturbed may take until every member that has a path is served again.
  ///
  /// The times follow from the protocols' own; a network that needs longer is wrong.
  public struct Settling: Hashable, Sendable {
    /// After a change that the routers are told of: a carrier, an interface, a start or a farewell, a member,
    /// a configuration.
    public var told: Duration
    /// After a router's silent end.
    public var silent: Duration
    /// After packets or system calls were lost.
    public var lossy: Duration

    /// The same time, whatever happened: for static routes, which need nobody's word.
    public init(_ time: Duration) { self.init(told: time, silent: time, lossy: time) }

    public init(told: Duration, silent: Duration, lossy: Duration) {
      self.told = told
      self.silent = silent
      self.lossy = lossy
    }

    /// With DVMRP and its queriers, all times as the configuration leaves them.
    ///
    /// Told, 30 s: an interface that came up asks its hosts for answers within 0.5 s, meets its neighbors by
    /// probes after 0 s, 1 s and 2 s, and waits 10 s at most for their first report. What became worse is
    /// counted up to 32 hops by flash updates of 50 ms + 250 ms each, 10 s. A join or leave takes 2 s. The
    /// rest is latency.
    ///
    /// Silent, 60 s: a dead neighbor is held for 35 s; then the same counting and latency.
    ///
    /// Lossy, 6 min: hosts are asked again by another querier 255 s after the last query of the one that
    /// was lost (RFC 9776 8.5), and answer within 10 s; a route whose end was not heard is forgotten after
    /// 140 s, one that was not heard of comes within a report interval of 60 s, and then others are counted
    /// for 10 s, all of it while the hosts are waited for. Last, a graft that was lost is repeated within
    /// 80 s. 255 + 10 + 80 = 345 s.
    public static let dynamic = Settling(told: .seconds(30), silent: .seconds(60), lossy: .seconds(360))
  }

  /// What a router does wrong on purpose.
  public enum Defect: String, Hashable, Comparable, Sendable, CaseIterable {
    /// Its kernel says that it has replaced an entry, and has not.
    case forgetful
    /// It forwards packets whatever interface they came in by.
    case careless
    /// No report of a host reaches it.
    case deaf
    /// No prune reaches it.
    case unpruned
    /// No graft leaves it.
    case ungrafted

    public static func < (left: Defect, right: Defect) -> Bool { left.rawValue < right.rawValue }
  }
}
