import Addressing
import Kernel
import Membership
import Testing
import Timing
import Wire

/// Random lives of a link beside a model that follows the texts word by word, with sets and no cleverness.
@Suite struct ModelTests {
  @Test("Random reports, queries and time give what the model gives", arguments: Family.allCases, 1...8)
  func random(_ family: Family, _ seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    var link = Link(family)
    link.take(link.membership.change(Link.eth0, to: Link.interface(1, address: 5), at: link.now))
    link.advance(.seconds(1000))
    link.clear()
    var models = [1: Model(), 2: Model()]
    var clock = Clock()
    for step in 0..<400 {
      let number = Int.random(in: 1...2, using: &generator)
      let before = models.mapValues { $0.listened }
      var model = models[number] ?? Model()
      try happen(&link, &model, &clock, number, &generator)
      models[number] = model
      for (other, model) in models where other != number {
        models[other] = model.expired(at: clock.now)
      }
      for (number, model) in models {
        let place = GroupPlace(Link.eth0, try link.group(number))
        #expect(try link.state(number) == model.text(at: clock.now), "seed \(seed), step \(step)")
        for letter in Model.letters {
          #expect(
            try link.listens(letter, group: number) == model.listens(letter), "seed \(seed), step \(step)")
        }
        // Told when it changed; a change and its contrary within one step of time are told too.
        if before[number] != model.listened {
          #expect(link.changes.contains(place), "seed \(seed), step \(step)")
        } else if !clock.hasMoved {
          #expect(!link.changes.contains(place), "seed \(seed), step \(step)")
        }
      }
      let count = models.values.count { $0.isThere }
      #expect(link.membership.groupCount == count)
      #expect(link.membership.querierRow(Link.eth0, family)?.groupCount == count)
      #expect(link.membership.sourceCount == models.values.reduce(0) { $0 + $1.sources })
      if try #require(link.membership.querierRow(Link.eth0, family)).isSelf != clock.isQuerier {
        Issue.record("seed \(seed), step \(step): the querier is another")
      }
      link.clear()
    }
  }

  private struct Clock {
    /// Milliseconds since the start.
    var now = 0
    var hasMoved = false
    /// Until when another router is the querier.
    var electedUntil = -1
    var isQuerier: Bool { electedUntil <= now }
  }

  private func happen(
    _ link: inout Link, _ model: inout Model, _ clock: inout Clock, _ number: Int,
    _ generator: inout Generator
  ) throws {
    if clock.now == 0 { clock.now = Int(link.now.nanoseconds / 1_000_000) }
    clock.hasMoved = false
    let letters = Set(Model.letters.filter { _ in Bool.random(using: &generator) })
    switch Int.random(in: 0..<20, using: &generator) {
    case 0..<9:
      let kind = try #require(GroupRecord.Kind.allCases.randomElement(using: &generator))
      try link.report(kind, String(letters.sorted()), group: number)
      model.hear(kind, letters, isQuerier: clock.isQuerier, at: clock.now)
    case 9:
      try link.oldReport(group: number)
      model.olderUntil[1] = clock.now + 260_000
      model.hear(.isExclude, [], isQuerier: clock.isQuerier, at: clock.now)
    case 10:
      try link.oldLeave(group: number)
      model.hear(.toInclude, [], isQuerier: clock.isQuerier, at: clock.now)
    case 11 where link.family == .ipv4:
      let group = try link.group(number)
      link.receive(link.igmp(.reportV1(group), from: 12, to: group.address))
      model.olderUntil[0] = clock.now + 260_000
      model.hear(.isExclude, [], isQuerier: clock.isQuerier, at: clock.now)
    case 12 where Bool.random(using: &generator):
      link.query(GroupQuery(), from: 3)
      clock.electedUntil = clock.now + 255_000
    case 13:
      let sources = letters.sorted().map { link.source($0) }
      link.query(
        GroupQuery(
          group: try link.group(number), sources: sources, maximumResponse: .seconds(2), robustness: 3),
        from: 3)
      if !clock.isQuerier { model.lower(letters, to: clock.now + 6000) }
    case 14...16:
      try wait(.random(in: 0...40, using: &generator), of: 1000, &link, &model, &clock)
    default:
      try wait(.random(in: 0...30, using: &generator), of: 100, &link, &model, &clock)
    }
  }

  private func wait(
    _ count: Int, of milliseconds: Int, _ link: inout Link, _ model: inout Model, _ clock: inout Clock
  ) throws {
    link.advance(.milliseconds(count * milliseconds))
    clock.now += count * milliseconds
    clock.hasMoved = true
    model = model.expired(at: clock.now)
  }
}

/// A group as RFC 9776 6.4 and RFC 9777 7.4 write it: sets X and Y, and timers in milliseconds.
private struct Model {
  static let letters: [Character] = ["a", "b", "c", "d", "e"]
  static let interval = 270_000
  static let lastMember = 2000

  var excludes = false
  var groupTimer = 0
  /// A, or X.
  var requested: [Character: Int] = [:]
  var blocked: Set<Character> = []
  /// Of version 1 and version 2 hosts.
  var olderUntil = [-1, -1]

  var isThere: Bool { excludes || !requested.isEmpty }
  var sources: Int { requested.count + blocked.count }

  func listens(_ letter: Character) -> Bool {
    excludes ? !blocked.contains(letter) : requested[letter] != nil
  }

  /// The letters that are listened to, and whether all others are.
  var listened: [Bool] { Model.letters.map(listens) + [excludes] }

  func text(at now: Int) -> String {
    guard isThere else { return "" }
    func seconds(_ end: Int) -> String { Link.seconds(.milliseconds(end - now)) }
    var words = [excludes ? "EX \(seconds(groupTimer))" : "IN"]
    for letter in Model.letters {
      if let end = requested[letter] { words.append("\(letter)\(seconds(end))") }
      if blocked.contains(letter) { words.append("\(letter)-") }
    }
    return words.joined(separator: " ")
  }

  /// A timer at a time, in the order in which they end; at one instant sources first.
  func expired(at now: Int) -> Model {
    var model = self
    while true {
      let source = model.requested.min { ($0.value, $0.key) < ($1.value, $1.key) }
      if let source, source.value <= now, !model.excludes || source.value <= model.groupTimer {
        model.requested[source.key] = nil
        if model.excludes { model.blocked.insert(source.key) }
      } else if model.excludes, model.groupTimer <= now {
        model.excludes = false
        model.blocked = []
      } else {
        break
      }
      if !model.isThere { model = Model() }
    }
    return model
  }

  mutating func lower(_ letters: Set<Character>, to end: Int) {
    if letters.isEmpty { groupTimer = min(groupTimer, end) }
    for letter in letters { requested[letter] = requested[letter].map { min($0, end) } }
  }

  mutating func hear(_ kind: GroupRecord.Kind, _ letters: Set<Character>, isQuerier: Bool, at now: Int) {
    self = expired(at: now - 1)
    var listed = letters
    let hasVersion1 = olderUntil[0] > now
    let hasVersion2 = olderUntil[1] > now
    if hasVersion1 || hasVersion2 {
      if kind == .block { return }
      if kind == .toExclude { listed = [] }
      if kind == .toInclude, hasVersion1 { return }
    }
    var asked: Set<Character> = []
    var asksGroup = false
    let known = Set(requested.keys)
    switch (excludes, kind) {
    case (_, .isInclude), (_, .allow):
      request(listed, until: now + Model.interval)
    case (false, .block):
      asked = known.intersection(listed)
    case (false, .toInclude):
      asked = known.subtracting(listed)
      request(listed, until: now + Model.interval)
    case (false, .isExclude), (false, .toExclude):
      excludes = true
      blocked = listed.subtracting(known)
      requested = requested.filter { listed.contains($0.key) }
      if kind == .toExclude { asked = known.intersection(listed) }
      groupTimer = now + Model.interval
    case (true, .block):
      request(listed.subtracting(known).subtracting(blocked), until: groupTimer)
      asked = listed.subtracting(blocked)
    case (true, .toInclude):
      asked = known.subtracting(listed)
      request(listed, until: now + Model.interval)
      asksGroup = true
    case (true, .isExclude), (true, .toExclude):
      let new = listed.subtracting(known).subtracting(blocked)
      if kind == .toExclude { asked = listed.subtracting(blocked) }
      request(new, until: kind == .isExclude ? now + Model.interval : groupTimer)
      requested = requested.filter { listed.contains($0.key) }
      blocked.formIntersection(listed)
      groupTimer = now + Model.interval
    }
    if isQuerier {
      lower(
        asked.filter { (requested[$0] ?? 0) > now + Model.lastMember }, to: now + Model.lastMember,
        ifAny: true)
      if asksGroup { groupTimer = min(groupTimer, now + Model.lastMember) }
    }
    if !isThere { self = Model() }
  }

  private mutating func lower(_ letters: Set<Character>, to end: Int, ifAny: Bool) {
    if !letters.isEmpty { lower(letters, to: end) }
  }

  private mutating func request(_ letters: Set<Character>, until end: Int) {
    for letter in letters { requested[letter] = end }
    blocked.subtract(letters)
  }
}
