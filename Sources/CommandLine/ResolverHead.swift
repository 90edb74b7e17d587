/// Finds verb and object at the beginning of the words, in either order, whole or shortened.
extension Resolver {
  private enum Head {
    case verb(Verb)
    case object(Object)
  }

  /// Takes the words that name verb and object away and leaves the rest.
  static func head(_ words: inout [String], _ first: String) throws(Failure) -> (verb: Verb, object: Object?)
  {
    switch try match(first) {
    case .verb(.join) where words.count > 1 && ["show", "add", "del"].contains(words[1]):
      // The object first: `join show`, `join add …`. An interface of such a name is written in quotes.
      let verb: Verb = words[1] == "show" ? .show : words[1] == "add" ? .join : .leave
      words.removeFirst(2)
      return (verb, .joins)
    case .verb(let verb):
      words.removeFirst()
      return (verb, try object(after: verb, &words))
    case .object(let object):
      words.removeFirst()
      return (try verb(after: object, &words), object)
    }
  }

  /// The verb that help is wanted for; an object stands for `show`.
  static func verb(_ word: String) throws(Failure) -> Verb {
    switch try match(word) {
    case .verb(let verb): verb
    case .object: .show
    }
  }

  /// An alias for daily use (`r`), a whole word, or the beginning of one.
  private static func match(_ word: String) throws(Failure) -> Head {
    if word == "r" { return .object(.routes) }
    var choices: [(name: String, value: Head)] = Verb.allCases.map { ($0.rawValue, .verb($0)) }
    if let object = Object.allCases.first(where: { $0.singular == word || $0.rawValue == word }),
      Verb(rawValue: word) == nil
    {
      return .object(object)
    }
    choices += Object.allCases.filter { Verb(rawValue: $0.rawValue) == nil }.map {
      ($0.rawValue, .object($0))
    }
    return try WordMatch(word, among: choices).value(of: word, as: "verb", help: "mcast help")
  }

  /// The object that may follow a verb: `show routes`, `add route …`.
  private static func object(after verb: Verb, _ words: inout [String]) throws(Failure) -> Object? {
    switch verb {
    case .show:
      guard let word = words.first else {
        throw .usage(
          "what should be shown?", hint: "objects: " + Object.allCases.map(\.rawValue).joined(separator: ", ")
        )
      }
      words.removeFirst()
      return try object(word)
    case .add, .del, .replace:
      if words.count > 1, ["route", "routes"].contains(words[0]), words[1] != "from" { words.removeFirst() }
      return nil
    case .set:
      guard let word = words.first, ["interface", "interfaces"].contains(word) else { return nil }
      words.removeFirst()
      return .interfaces
    default:
      return nil
    }
  }

  private static func object(_ word: String) throws(Failure) -> Object {
    if let object = Object.allCases.first(where: { $0.singular == word }) { return object }
    let choices = Object.allCases.map { (name: $0.rawValue, value: $0) }
    return try WordMatch(word, among: choices).value(of: word, as: "object", help: "mcast help show")
  }

  /// The verb that may follow an object; `show` when none does.
  private static func verb(after object: Object, _ words: inout [String]) throws(Failure) -> Verb {
    guard let word = words.first else { return .show }
    let verbs: [Verb] =
      switch object {
      case .routes: [.show, .add, .del, .replace, .clear]
      case .interfaces: [.show, .set]
      case .joins: [.show, .join, .leave]
      case .groups, .neighbors: [.show, .clear]
      default: [.show]
      }
    let aliases: [(name: String, value: Verb)] = object == .joins ? [("add", .join), ("del", .leave)] : []
    let choices = verbs.map { (name: $0.rawValue, value: $0) } + aliases
    guard case .one(let verb) = WordMatch(word, among: choices) else { return .show }
    words.removeFirst()
    if verb == .clear { words.insert(object.rawValue, at: 0) }
    return verb
  }

  /// Whether the words are a line of the configuration: `route from …`, `join on …`, `interface eth0 …`.
  static func isStatement(_ words: [String]) -> Bool {
    guard words.count > 1 else { return words.first?.contains(" ") == true }
    switch words[0] {
    case "route": return words[1] == "from"
    case "join": return words[1] == "on"
    case "interface": return words.count > 2 && Verb(rawValue: words[1]) == nil
    default: return false
    }
  }
}
