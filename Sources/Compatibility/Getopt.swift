/// A command line of single letters, read as getopt(3) reads it.
///
/// `-ab`, `-aVALUE`, `-a VALUE` and `--` mean what they mean in C; long options there are none.
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

  /// What ended the reading.
  public enum Fault: Hashable, Sendable {
    case unknown(Character)
    case missingValue(Character)

    /// The sentence of the C library, without the program's name: `invalid option -- 'Q'`.
    public var text: String {
      switch self {
      case .unknown(let letter): "invalid option -- '\(letter)'"
      case .missingValue(let letter): "option requires an argument -- '\(letter)'"
      }
    }
  }

  /// In the order of the line, up to the fault.
  public private(set) var options: [Option] = []
  /// The words that are no options; empty after a fault.
  public private(set) var operands: [String] = []
  public private(set) var fault: Fault?

  /// Reads `words`, which do not hold the program's name.
  ///
  /// - Parameter letters: as in C: a letter, and `:` behind it when it takes a value.
  public init(_ letters: String, _ words: [String], _ order: Order = .permuting) {
    var takesValue: [Character: Bool] = [:]
    var last: Character?
    for letter in letters {
      if letter == ":" {
        if let last { takesValue[last] = true }
      } else {
        takesValue[letter] = false
        last = letter
      }
    }
    read(words, order, takesValue)
  }

  private mutating func read(_ words: [String], _ order: Order, _ takesValue: [Character: Bool]) {
    var rest = words[...]
    while let word = rest.popFirst() {
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
      var letters = word.dropFirst()
      while let letter = letters.popFirst() {
        guard let wantsValue = takesValue[letter] else { return fail(.unknown(letter)) }
        guard wantsValue else {
          options.append(Option(letter))
          continue
        }
        guard let value = letters.isEmpty ? rest.popFirst() : String(letters) else {
          return fail(.missingValue(letter))
        }
        options.append(Option(letter, value))
        letters = ""
      }
    }
  }

  private mutating func fail(_ fault: Fault) {
    self.fault = fault
    operands = []
  }
}
