import Control

/// The whole of IPv4 multicast routing as one value.
extension Router {
  mutating func report(_ id: RequestID, _ parts: MulticastReport.Parts) {
    actions.append(.reply(id, .report(MulticastReport())))
  }
}
