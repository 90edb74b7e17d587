import Addressing
import Diagnostics
import Encoding
import Probing

/// What `mcast send` was asked for.
struct SendPlan: Sendable {
  var group: Group
  var interface: String?
  var port: UInt16 = 1234
  var packetsPerSecond = 10.0
  /// Nil: until interrupted.
  var count: UInt64?
  /// Bytes of UDP payload.
  var size = 1000
  var ttl: UInt8 = 16
  var payload = TrafficKind.seq

  init(words: [String], options: Resolver) throws(Failure) {
    guard let word = words.first else {
      throw .usage("a group is missing", hint: "for example: mcast send 239.1.1.1 -i eth0")
    }
    if words.count > 1 {
      throw .usage("unexpected word \"\(words[1])\"", code: .unknownWord, hint: "one group is sent to")
    }
    group = try TrafficWords.group(word)
    interface = options.value(.interface)
    if let text = options.value(.port) { port = try TrafficWords.port(text) }
    if let text = options.value(.rate) { packetsPerSecond = try TrafficWords.rate(text) }
    if let text = options.value(.count) { count = UInt64(try Resolver.count(text)) }
    if let text = options.value(.size) { size = Int(try TrafficWords.number(text, .size, 40...65_000)) }
    if let text = options.value(.ttl) { ttl = UInt8(try TrafficWords.number(text, .ttl, 0...255)) }
    if let text = options.value(.payload) {
      let choices = TrafficKind.allCases.map { (name: $0.rawValue, value: $0) }
      payload = try WordMatch(text, among: choices).value(of: text, as: "payload", help: "mcast help send")
    }
  }
}

/// What `mcast receive` was asked for.
struct ReceivePlan: Sendable {
  var groups: [Group] = []
  var interface: String?
  var source: Address?
  var port: UInt16 = 1234
  /// Of each group and source together; nil: until interrupted.
  var count: UInt64?
  var expected: UInt64?
  var lossLimitPercent: Double?

  init(words: [String], options: Resolver) throws(Failure) {
    guard !words.isEmpty else {
      throw .usage("a group is missing", hint: "for example: mcast receive 239.1.1.1 -i eth0")
    }
    for word in words { groups.append(try TrafficWords.group(word)) }
    interface = options.value(.interface)
    if let text = options.value(.source) { source = try TrafficWords.source(text, for: groups) }
    if let text = options.value(.port) { port = try TrafficWords.port(text) }
    if let text = options.value(.count) { count = UInt64(try Resolver.count(text)) }
    if let text = options.value(.expect) { expected = UInt64(try Resolver.count(text)) }
    if let text = options.value(.lossMax) { lossLimitPercent = try TrafficWords.percent(text) }
  }
}

/// The values of the traffic verbs' options, judged.
enum TrafficWords {
  static func group(_ word: String) throws(Failure) -> Group {
    guard let address = Address(word) else {
      throw Failure(
        .usage, .usage, "\"\(word)\" is not an address", hint: "for example: mcast receive 239.1.1.1")
    }
    guard let group = Group(address) else {
      throw Failure(
        .usage, .notMulticast, "\"\(word)\" is not a multicast address",
        hint: "multicast is 224.0.0.0-239.255.255.255 or ff00::/8")
    }
    return group
  }

  static func source(_ word: String, for groups: [Group]) throws(Failure) -> Address {
    guard let address = Address(word), address.isUnicastSource else {
      throw Failure(
        .usage, .sourceNotUnicast, "\"\(word)\" is not the address of a sender",
        hint: "for example: -S 10.1.0.2")
    }
    guard let other = groups.first(where: { $0.family != address.family }) else { return address }
    throw Failure(
      .usage, .familyMixed, "source \(address) and group \(other) are of different families",
      hint: "use one family")
  }

  static func port(_ text: String) throws(Failure) -> UInt16 { UInt16(try number(text, .port, 1...65_535)) }

  static func rate(_ text: String) throws(Failure) -> Double {
    guard let rate = Double(text), rate >= 0.01, rate <= 1_000_000 else {
      throw .usage("--rate \"\(text)\" is not 0.01-1000000 packets per second", hint: "for example: -r 100")
    }
    return rate
  }

  static func percent(_ text: String) throws(Failure) -> Double {
    let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
    guard let percent = Double(digits), (0...100).contains(percent) else {
      throw .usage("--loss-max \"\(text)\" is not 0-100", hint: "for example: --loss-max 0.5")
    }
    return percent
  }

  static func number(_ text: String, _ option: Option, _ range: ClosedRange<UInt32>) throws(Failure) -> UInt32
  {
    guard let number = UInt32(text), range.contains(number) else {
      throw .usage(
        "--\(option.long) \"\(text)\" is not \(range.lowerBound)-\(range.upperBound)", hint: "see: mcast help"
      )
    }
    return number
  }
}
