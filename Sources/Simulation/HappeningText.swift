import Addressing
import Timing

extension Scenario.Happening {
  /// `send s1 239.1.1.1 20ms 100`, `down A r1`: what follows the time of an `at` line.
  var text: String {
    func plug(_ node: String?) -> String { node.map { " \($0)" } ?? "" }
    switch self {
    case .send(let host, let group, let every, let count):
      return "send \(host) \(group) \(Scenario.text(every)) \(count)"
    case .join(let host, let group, let source): return "join \(host) \(group)" + plug(source?.description)
    case .leave(let host, let group, let source): return "leave \(host) \(group)" + plug(source?.description)
    case .down(let segment, let node): return "down \(segment)" + plug(node)
    case .up(let segment, let node): return "up \(segment)" + plug(node)
    case .impair(let segment, let impairment):
      let shares = [impairment.loss, impairment.duplication, impairment.reordering].map { " \($0)" }
      let delay = impairment.delay == .zero ? "" : " \(Scenario.text(impairment.delay))"
      return "impair \(segment)\(shares.joined())\(delay)"
    case .partition(let nodes): return (["partition"] + nodes).joined(separator: " ")
    case .fail(let router, let share): return "fail \(router) \(share)"
    case .remove(let segment, let node): return "remove \(segment) \(node)"
    case .restore(let segment, let node): return "restore \(segment) \(node)"
    case .stop(let router): return "stop \(router)"
    case .kill(let router): return "kill \(router)"
    case .start(let router): return "start \(router)"
    case .restart(let router, let away): return "restart \(router) \(Scenario.text(away))"
    case .crash(let router, let away): return "crash \(router) \(Scenario.text(away))"
    case .configure(let router, let statements):
      return "configure \(router) \(statements.joined(separator: " ; "))"
    }
  }

  init(parsing words: inout Words) throws(ScenarioFault) {
    let verb = try words.word("what happens")
    switch verb {
    case "send":
      self = .send(
        try words.word("a host"), try words.group(), every: try words.interval(), count: try words.number())
    case "join", "leave":
      let (host, group) = (try words.word("a host"), try words.group())
      let source = words.isAtEnd ? nil : try words.address()
      self = verb == "join" ? .join(host, group, source: source) : .leave(host, group, source: source)
    case "down", "up":
      let (segment, node) = (try words.word("a segment"), words.next())
      self = verb == "down" ? .down(segment: segment, node: node) : .up(segment: segment, node: node)
    case "impair":
      let segment = try words.word("a segment")
      var impairment = Scenario.Impairment(
        loss: try words.share(), duplication: try words.share(), reordering: try words.share())
      if !words.isAtEnd { impairment.delay = try words.duration() }
      self = .impair(segment: segment, impairment)
    case "partition": self = .partition(Array(words.takeRest()))
    case "fail": self = .fail(try words.word("a router"), share: try words.share())
    case "remove", "restore":
      let (segment, node) = (try words.word("a segment"), try words.word("a router"))
      self = verb == "remove" ? .remove(segment: segment, node: node) : .restore(segment: segment, node: node)
    case "stop": self = .stop(try words.word("a router"))
    case "kill": self = .kill(try words.word("a router"))
    case "start": self = .start(try words.word("a router"))
    case "restart", "crash":
      let (router, away) = (try words.word("a router"), try words.absence())
      self = verb == "restart" ? .restart(router, away: away) : .crash(router, away: away)
    case "configure":
      let router = try words.word("a router")
      self = .configure(
        router, words.takeRest().split(separator: ";").map { $0.joined(separator: " ") })
    default: throw ScenarioFault("\"\(verb)\" is nothing that can happen")
    }
  }
}

extension Words {
  fileprivate mutating func group() throws(ScenarioFault) -> Address {
    let address = try address()
    guard Group(address) != nil else { throw ScenarioFault("\(address) is no multicast group") }
    return address
  }

  fileprivate mutating func interval() throws(ScenarioFault) -> Duration {
    let interval = try duration()
    guard interval > .zero else { throw ScenarioFault("packets need a time between them") }
    return interval
  }

  /// How long a router is without a process; neighbors and hosts miss one that is away for longer.
  fileprivate mutating func absence() throws(ScenarioFault) -> Duration {
    guard !isAtEnd else { return .milliseconds(200) }
    let time = try duration()
    guard time <= .seconds(10) else { throw ScenarioFault("a restart takes 10s at most") }
    return time
  }

  /// Parts of a thousand.
  fileprivate mutating func share() throws(ScenarioFault) -> UInt16 {
    let number = try number()
    guard (0...1000).contains(number) else { throw ScenarioFault("\(number) is not 0 to 1000") }
    return UInt16(number)
  }
}
