import Addressing
import Control
import Diagnostics

extension RouteQuery {
  /// Reads `[SRC] [GROUP] [from IF] [to IF] [owner …] [state …] [sort …] [top N]`, in any order.
  init(_ words: [String], _ settings: Settings) throws(Failure) {
    filter.family = settings.family
    filter.table = settings.table
    var rest = words[...]
    while let word = rest.popFirst() {
      if let prefix = Prefix(word) {
        try take(prefix, word)
        continue
      }
      let choices = ["from", "to", "owner", "state", "sort", "top"].map { (name: $0, value: $0) }
      let key = try WordMatch(word, among: choices).value(of: word, as: "filter", help: "mcast help show")
      guard let value = rest.popFirst() else {
        throw .usage("\"\(key)\" needs a word after it", hint: "see: mcast help show")
      }
      try take(key, value)
    }
  }

  private mutating func take(_ prefix: Prefix, _ word: String) throws(Failure) {
    let isGroup = prefix.address.isMulticast
    guard (isGroup ? filter.group : filter.source) == nil else {
      let what = isGroup ? "group" : "source"
      throw .usage("\"\(word)\" is a second \(what)", hint: "one source and one group narrow the list")
    }
    if isGroup { filter.group = prefix } else { filter.source = prefix }
  }

  private mutating func take(_ key: String, _ value: String) throws(Failure) {
    let help = "mcast help show"
    switch key {
    case "from": filter.inbound = value
    case "to": filter.outbound = value
    case "owner":
      let choices = RouteRow.Owner.allCases.map { (name: $0.rawValue, value: $0) }
      filter.owner = try WordMatch(value, among: choices).value(of: value, as: "owner", help: help)
    case "state":
      let choices = RouteRow.State.allCases.map { (name: $0.rawValue, value: $0) }
      filter.state = try WordMatch(value, among: choices).value(of: value, as: "state", help: help)
    case "sort":
      let choices = Order.allCases.map { (name: $0.rawValue, value: $0) }
      order = try WordMatch(value, among: choices).value(of: value, as: "order", help: help)
    default:
      top = try Resolver.count(value)
    }
  }

  /// Whether all rows are needed before the first can be printed.
  var needsEverything: Bool { order != nil || top != nil }
}

extension RouteFilter {
  /// Reads `[SRC] [GROUP] [[from] IF]`, in any order: what narrows a table of what is learned.
  init(learned words: [String], _ settings: Settings) throws(Failure) {
    self.init()
    family = settings.family
    for word in words where !["from", "on"].contains(word) {
      if let prefix = Prefix(word) {
        let isGroup = prefix.address.isMulticast
        guard (isGroup ? group : source) == nil else {
          throw .usage("\"\(word)\" is a second \(isGroup ? "group" : "source")", hint: nil)
        }
        if isGroup { group = prefix } else { source = prefix }
      } else if inbound == nil {
        inbound = word
      } else {
        throw .usage("unexpected word \"\(word)\"", code: .unknownWord, hint: "see: mcast help show")
      }
    }
  }
}
