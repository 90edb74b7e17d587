import Addressing
import Configuration
import Control
import Kernel
import Timing
import Wire

@testable import Router

/// The state of a former life, damaged or forged: the frame is made whole, for its checksum would refuse all.
///
/// Whatever it states, the Router refuses it with a word or takes it over, asks the kernel for no nonsense,
/// writes what it reads itself, and withdraws everything at its stop.
extension Fuzz {
  /// The first byte says whether the frame is as it came, what the extent is, and which file is read.
  static func snapshot(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let body = Array(bytes.dropFirst())
    let isWhole = first & 0x40 == 0
    let state = first & 0x80 == 0 ? SnapshotFrame.seal(body, isWhole ? .whole : .additions) : body
    let file = RouterRun.dynamic[Int(first & 0xf) % RouterRun.dynamic.count]
    var router = Router(seed: 9)
    var kernel = KernelModel()
    let links = RouterRun.firstLinks
    for link in links { kernel.links[link.index] = link }
    // Lives last for long, and snapshots name any time.
    var now = Instant.start + .seconds(first & 0x20 == 0 ? 60 : 400_000)
    var steps = 0
    func step(_ events: [Event]) -> [Action] {
      var (events, all): ([Event], [Action]) = (events, [])
      for _ in 0..<200 {
        let actions = router.step(events, at: now)
        all += actions
        events = actions.flatMap { kernel.perform($0) }
        if events.isEmpty, router.nextDeadline.map({ $0 > now }) ?? true { return all }
      }
      expect(false, "the Router comes to rest")
      return all
    }
    let adoption = Adoption(tables: Family.allCases.map { .init(id: .standard, family: $0) })
    kernel.open(adoption.tables)
    _ = step([.kernel(.interfacesListed(links)), .kernel(.adopted(adoption))])
    let refusals = step([.restore(state)]).count { if case .notice = $0 { true } else { false } }
    expect(refusals <= 1, "one word of what is refused: \(refusals)")
    _ = step([.configure(file, isReload: false, request: nil)])
    _ = step(kernel.audit(of: router.installedKeys))
    _ = step([.request(1, .status)])
    _ = step([.configure(file, isReload: true, request: 2)])
    while let deadline = router.nextDeadline, steps < 100 {
      now = max(now, deadline)
      _ = step([])
      steps += 1
    }
    let again = router.snapshot(.whole)
    var next = Router(seed: 9)
    let isRefused = next.step([.restore(again)], at: now).contains {
      if case .notice = $0 { true } else { false }
    }
    expect(!isRefused, "what a Router writes another one reads")
    _ = step([.stop])
    expect(kernel.hasFinished, "a stop finishes")
    expect(kernel.isEmpty, "a stop withdraws everything: \(kernel)")
  }
}
