/// A command line of single letters, read as getopt(3) reads it, or getopt_long(3) where there are long
/// names.
///
/// `-ab`, `-aVALUE`, `-a VALUE`, `--` and `--name=VALUE` mean what they mean in C; a long name may be cut
/// short.
public struct Getopt: Hashable, Sendable {
  /// One option with its value; nil for a letter that takes none.
  public struct Option: Hashable, Sendable {
    public var letter: Character
    public var value: String?

    public init(_ letter: Character, _ value: String? = nil) {
      self.letter = letter
      self.value = value
    }
  }

  /// Where options may stand.
  public enum Order: Hashable, Sendable {
    /// Anywhere (GNU).
    case permuting
    /// Before the first word that is none (POSIX).
    case optionsFirst
  }

  /// A long name of a letter, whose value it takes.
  public struct Long: Hashable, Sendable {
    public var name: String
    public var letter: Character

    public init(_ name: String, _ letter: Character) {
      self.name = name
      self.letter = letter
    }
  }

  /// What ended the reading.
  public enum Fault: Hashable, Sendable {
    case unknown(Character)
    case missingValue(Character)
    /// Long names are given as they were written, without a value.
    case unknownName(String)
    case ambiguousName(String, [String])
    case missingValueOfName(String)
    case needlessValueOfName(String)

    /// The sentence of the C library, without the program's name: `invalid option -- 'Q'`.
    public var text: String {
      switch self {
      case .unknown(let letter): "invalid option -- '\(letter)'"
      case .missingValue(let letter): "option requires an argument -- '\(letter)'"
      case .unknownName(let name): "unrecognized option '--\(name)'"
      case .ambiguousName(let name, let candidates):
        "option '--\(name)' is ambiguous; possibilities:"
          + candidates.map { " '--\($0)'" }.joined()
      case .missingValueOfName(let name): "option '--\(name)' requires an argument"
      case .needlessValueOfName(let name): "option '--\(name)' doesn't allow an argument"
      }
    }
  }

  /// In the order of the line, up to the fault.
  public private(set) var options: [Option] = []
  /// The words that are no options; empty after a fault.
  public private(set) var operands: [String] = []
  public private(set) var fault: Fault?

  private enum Value { case none, required, attached }

  private let long: [Long]
  private var kinds: [Character: Value] = [:]

  /// Reads `words`, which do not hold the program's name.
  ///
  /// - Parameter letters: as in C: a letter, `:` behind it when it takes a value, and `::` when it may have
  ///   one attached to it.
  public init(_ letters: String, long: [Long] = [], _ words: [String], _ order: Order = .permuting) {
    self.long = long
    var last: Character?
    for letter in letters {
      if letter == ":" {
        if let last { kinds[last] = kinds[last] == .required ? .attached : .required }
      } else {
        kinds[letter] = Value.none
        last = letter
      }
    }
    read(words, order)
  }

  private mutating func read(_ words: [String], _ order: Order) {
    var rest = words[...]
    while let word = rest.popFirst(), fault == nil {
      if word == "--" {
        operands += rest
        return
      }
      guard word.first == "-", word != "-" else {
        operands.append(word)
        guard order == .permuting else {
          operands += rest
          return
        }
        continue
      }
      if word.hasPrefix("--"), !long.isEmpty {
        readName(word.dropFirst(2), &rest)
      } else {
        readLetters(word.dropFirst(), &rest)
      }
    }
  }

  private mutating func readLetters(_ word: Substring, _ rest: inout ArraySlice<String>) {
    var letters = word
    while let letter = letters.popFirst() {
      switch kinds[letter] {
      case nil: return fail(.unknown(letter))
      case Value.none?: options.append(Option(letter))
      case .attached?:
        options.append(Option(letter, letters.isEmpty ? nil : String(letters)))
        return
      case .required?:
        guard let value = letters.isEmpty ? rest.popFirst() : String(letters) else {
          return fail(.missingValue(letter))
        }
        options.append(Option(letter, value))
        return
      }
    }
  }

  private mutating func readName(_ word: Substring, _ rest: inout ArraySlice<String>) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first ?? "")
    let attached = parts.count > 1 ? String(parts[1]) : nil
    let exact = long.first { $0.name == name }
    let candidates = exact.map { [$0] } ?? long.filter { $0.name.hasPrefix(name) }
    guard let found = candidates.first else { return fail(.unknownName(name)) }
    guard candidates.allSatisfy({ $0.letter == found.letter }) else {
      return fail(.ambiguousName(name, candidates.map(\.name)))
    }
    switch kinds[found.letter] ?? Value.none {
    case .none:
      guard attached == nil else { return fail(.needlessValueOfName(found.name)) }
      options.append(Option(found.letter))
    case .attached: options.append(Option(found.letter, attached))
    case .required:
      guard let value = attached ?? rest.popFirst() else { return fail(.missingValueOfName(found.name)) }
      options.append(Option(found.letter, value))
    }
  }

  private mutating func fail(_ fault: Fault) {
    self.fault = fault
    operands = []
  }
}
