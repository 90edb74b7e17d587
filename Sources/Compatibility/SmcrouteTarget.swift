import Addressing
import Forwarding
import Kernel
import Membership

/// What a route or join command names: `IIF [SRC[/LEN]] GRP[/LEN]`, and the words behind.
struct SmcrouteTarget {
  var inbound: InterfacePattern
  /// Nil for any source.
  var source: Given?
  var group: Given
  var rest: [String] = []

  /// An address with the length that was written behind it, or the family's.
  struct Given {
    var address: Address
    var prefix: Prefix
  }

  /// The whole family when no source is named.
  private var sources: Prefix { source?.prefix ?? .all(group.address.family) }

  var routeKey: StaticRoute.Key { .init(inbound: [inbound], sources: sources, groups: group.prefix) }
  var joinKey: StaticJoin.Key { .init(interface: inbound, sources: source?.prefix, groups: group.prefix) }

  /// Source and group where they are no network addresses; else empty.
  var given: [Address] {
    let source = self.source?.address ?? .unspecified(group.address.family)
    let isPlain = (self.source?.prefix.address ?? source) == source && group.prefix.address == group.address
    return isPlain ? [] : [source, group.address]
  }

  /// The first address decides: a group, or a source with the group behind it.
  init(route words: [String], _ letter: Unicode.Scalar, _ wording: inout SmcrouteWording)
    throws(SmcrouteRefusal)
  {
    guard words.count >= 2 else { throw .malformed(Int(letter.value)) }
    wording.subject = .route
    wording.inbound = words[0]
    inbound = .named(words[0])
    guard let first = AddressWord(words[1]) else { throw wording.badAddress(words[1]) }
    if first.address.isMulticast {
      group = try SmcrouteTarget.given(first, .group, wording)
      rest = Array(words[2...])
    } else {
      guard words.count >= 3 else { throw .malformed(Int(letter.value)) }
      guard let second = AddressWord(words[2]), second.address.isMulticast else {
        throw wording.badGroup(words[2])
      }
      group = try SmcrouteTarget.given(second, .group, wording)
      rest = Array(words[3...])
      source = try SmcrouteTarget.source(first, words[1], second.address.family, wording)
    }
    wording.name(source, group)
  }

  /// Three words name a source, any other number does not; the words behind are ignored.
  init(join words: [String], _ letter: Unicode.Scalar, _ wording: inout SmcrouteWording)
    throws(SmcrouteRefusal)
  {
    guard words.count >= 2 else { throw .malformed(Int(letter.value)) }
    wording.subject = .join
    wording.inbound = words[0]
    inbound = .named(words[0])
    let groupWord = words.count == 3 ? words[2] : words[1]
    guard let second = AddressWord(groupWord), second.address.isMulticast else {
      throw wording.badGroup(groupWord)
    }
    group = try SmcrouteTarget.given(second, .group, wording)
    if words.count == 3 {
      guard let first = AddressWord(words[1]), !first.address.isMulticast else {
        throw wording.badSource(words[1], second.address.family)
      }
      source = try SmcrouteTarget.source(first, words[1], second.address.family, wording)
    }
    wording.name(source, group)
  }

  /// Nil for 0.0.0.0 and ::, with whatever length.
  private static func source(
    _ word: AddressWord, _ text: String, _ family: Family, _ wording: SmcrouteWording
  ) throws(SmcrouteRefusal) -> Given? {
    guard word.address.family == family else { throw wording.badSource(text, family) }
    let source = try given(word, .source, wording)
    return word.address.isUnspecified ? nil : source
  }

  /// A length of 0 is none at all.
  private static func given(
    _ word: AddressWord, _ part: SmcrouteWording.Part, _ wording: SmcrouteWording
  ) throws(SmcrouteRefusal) -> Given {
    guard let length = word.length, let prefix = Prefix(word.address, length: length) else {
      throw wording.badLength(word.lengthText, part, word.address.family)
    }
    if length == 0 { return Given(address: word.address, prefix: Prefix(word.address)) }
    // What is wider than all groups stands for all of them.
    let all = Prefix.allGroups(prefix.family)
    return Given(address: word.address, prefix: part == .group && !all.contains(prefix) ? all : prefix)
  }
}

/// `ADDRESS[/LENGTH]` as it is written; the length need not be right.
private struct AddressWord {
  var address: Address
  var lengthText: String
  /// Nil when it is no number.
  var length: Int?

  /// Nil when there is no address.
  init?(_ word: String) {
    let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = Address(first) else { return nil }
    self.address = address
    guard parts.count == 2 else {
      (lengthText, length) = ("", address.family.width)
      return
    }
    lengthText = String(parts[1])
    let isNumber = !lengthText.isEmpty && lengthText.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    length = isNumber ? Int(lengthText) : nil
  }
}
