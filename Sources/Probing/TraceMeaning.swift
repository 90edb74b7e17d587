public import Wire

/// What a router on a traced path says, for a person.
public struct TraceMeaning: Hashable, Sendable {
  /// For programs: `output-pruned`.
  public var slug: String
  /// For a table.
  public var phrase: String
  /// What it means for the packets, and where to look; nil when all is well.
  public var explanation: String?

  public init(_ problem: TraceProblem) {
    (slug, phrase, explanation) =
      switch problem {
      case .none: ("none", "forwards", nil)
      case .wrongInterface:
        (
          "wrong-interface", "not on the path",
          "the trace came by an interface that the flow does not leave by: this router does not serve "
            + "the receiver"
        )
      case .pruneSent:
        (
          "prune-sent", "pruned itself",
          "nobody behind this router wants the group, and it told the router before it"
        )
      case .outputPruned:
        (
          "output-pruned", "pruned by others",
          "the routers toward the receiver told this one that nobody wants the group"
        )
      case .scopeBoundary:
        (
          "scope-boundary", "boundary",
          "a boundary on this router keeps the group from passing; see its configuration"
        )
      case .noRoute:
        ("no-route", "no route", "this router has no route to the source; ask it: mcast show dvmrp routes")
      case .wrongLastHop:
        (
          "wrong-last-hop", "not the last router",
          "the receiver is on no link of this router; begin at another one"
        )
      case .notForwarding:
        (
          "not-forwarding", "does not forward",
          "no member and no router that wants the group is behind it, or another router serves the link"
        )
      case .reachedRendezvousPoint:
        (
          "rendezvous-point", "rendezvous point",
          "the shared tree ends here; beyond it the source is found by other means"
        )
      case .reversePathInterface:
        (
          "reverse-path-interface", "toward the source",
          "the trace came by the interface that leads to the source"
        )
      case .noMulticast:
        ("no-multicast", "no multicast", "multicast is off on an interface of this router")
      case .hidden: ("hidden", "keeps silent", "this router tells nothing more")
      case .noSpace: ("no-space", "no room", "the message is full; trace from this router on: --from")
      case .oldRouter:
        ("next-is-old", "next cannot trace", "the router before this one knows no traces, or is not known")
      case .prohibited: ("prohibited", "refuses", "this router is told to answer no traces")
      default: ("code-\(problem.rawValue)", "code \(problem.rawValue)", "a reason that is not known here")
      }
  }

  /// Who led the flow: `DVMRP`.
  public static func name(ofProtocol number: UInt8) -> String {
    let names = [
      "DVMRP", "MOSPF", "PIM", "CBT", "PIM special", "PIM static", "DVMRP static", "PIM MBGP", "CBT special",
      "CBT static", "PIM state",
    ]
    return number > 0 && Int(number) <= names.count ? names[Int(number) - 1] : "protocol \(number)"
  }
}
