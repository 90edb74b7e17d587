import CLinux

/// File names by pattern: `*`, `?` and `[a-z]` in any part of a path, as a shell has them.
public enum Glob {
  /// Whether a text holds a wildcard.
  public static func isPattern(_ text: String) -> Bool {
    text.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
  }

  /// The paths that match, sorted by their bytes; a part that begins with a dot only where the pattern does.
  ///
  /// - Parameter limit: more matches are not collected.
  public static func paths(matching pattern: String, limit: Int = 4096) -> [String] {
    var found = [pattern.utf8.first == UInt8(ascii: "/") ? "/" : ""]
    for part in pattern.split(separator: "/", omittingEmptySubsequences: true) {
      var next: [String] = []
      for base in found {
        let names = isPattern(String(part)) ? entries(of: base).filter { matches($0, part) } : [String(part)]
        for name in names where next.count < limit {
          let path = base.isEmpty || base.utf8.last == UInt8(ascii: "/") ? base + name : base + "/" + name
          if unsafe access(path, F_OK) == 0 { next.append(path) }
        }
      }
      found = next
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The names in a directory without `.` and `..`; none when it cannot be read.
  static func entries(of directory: String) -> [String] {
    guard let stream = unsafe opendir(directory.isEmpty ? "." : directory) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe String(cString: mc_dirent_name(entry))
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// Whether a name matches one part of a pattern.
  static func matches(_ name: String, _ pattern: Substring) -> Bool {
    let (name, pattern) = (Array(name.utf8), Array(pattern.utf8))
    if name.first == UInt8(ascii: "."), pattern.first != UInt8(ascii: ".") { return false }
    var (n, p) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        star = (p, n)
        p += 1
      } else if p < pattern.count, let next = step(name[n], pattern, p) {
        p = next
        n += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        (p, n) = (last.pattern + 1, last.name + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// The place in the pattern after one byte matched; nil when it does not.
  private static func step(_ byte: UInt8, _ pattern: [UInt8], _ place: Int) -> Int? {
    switch pattern[place] {
    case UInt8(ascii: "?"): return place + 1
    case UInt8(ascii: "["):
      guard let end = pattern[(place + 1)...].dropFirst().firstIndex(of: UInt8(ascii: "]")) else { break }
      var set = pattern[(place + 1)..<end]
      let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
      if isNegated { set = set.dropFirst() }
      return contains(byte, set) != isNegated ? end + 1 : nil
    default: break
    }
    return pattern[place] == byte ? place + 1 : nil
  }

  private static func contains(_ byte: UInt8, _ set: ArraySlice<UInt8>) -> Bool {
    var index = set.startIndex
    while index < set.endIndex {
      if index + 2 < set.endIndex, set[index + 1] == UInt8(ascii: "-") {
        if set[index] <= byte && byte <= set[index + 2] { return true }
        index += 3
      } else {
        if set[index] == byte { return true }
        index += 1
      }
    }
    return false
  }
}
