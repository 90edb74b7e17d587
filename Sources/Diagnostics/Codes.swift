/// The stable number of a kind of finding; text shows `MC2104`, JSON also the slug `unknown-interface`.
///
/// `docs/diagnostics.md` explains each, and so does `mcast explain CODE`.
public enum Code: UInt16, Hashable, Comparable, Sendable, CaseIterable {
  // The tool and its connection to the daemon.
  case daemonNotRunning = 1
  case notPermitted = 2
  case protocolVersion = 3
  case timedOut = 4
  case messageTooLarge = 5
  case connectionLimit = 6
  case alreadyRunning = 7
  case badRequest = 8
  case ambiguousWord = 10
  case unknownWord = 11
  case usage = 12
  case noSuchObject = 13
  case expectationMissed = 14
  // Configuration: lexis and syntax.
  case cannotRead = 2001
  case notText = 2002
  case lineTooLong = 2003
  case unterminatedString = 2004
  case unknownStatement = 2005
  case expected = 2006
  case unclosedBlock = 2007
  case includeCycle = 2008
  case includeDepth = 2009
  case tooManyFiles = 2010
  case fileTooLarge = 2011
  case includeEmpty = 2012
  case writableByOthers = 2013
  case incompleteLine = 2014
  case wordIgnored = 2015
  // Configuration: meaning.
  case familyMixed = 2101
  case hostBits = 2102
  case inboundIsOutbound = 2103
  case unknownInterface = 2104
  case duplicateRule = 2105
  case shadowedRule = 2106
  case overlappingRules = 2107
  case notMulticast = 2110
  case linkLocalGroup = 2111
  case sourceNotUnicast = 2112
  case thresholdRange = 2113
  case timerRelation = 2114
  case metricRange = 2115
  case boundaryRange = 2116
  case tunnelEnds = 2117
  case tableRange = 2118
  case limitReached = 2119
  case optionIgnored = 2120
  case interfaceDisabled = 2121
  case notServed = 2122
  case valueRange = 2123
  case tableFixed = 2124
  case unknownBoundary = 2125
  case precedenceDiffers = 2126
  // The kernel.
  case routingRefused = 3001
  case vifRefused = 3002
  case entryRefused = 3003
  case vifSlotsUsed = 3004
  case netlinkOverflow = 3005
  case joinRefused = 3006
  case foreignEntry = 3007
  case noTables = 3008
  case noRouting = 3009
  case noCapability = 3010
  case tableRuleRefused = 3011
  case systemCallFailed = 3012
  // Protocols.
  case checksum = 4001
  case truncated = 4002
  case notThisSubnet = 4003
  case version = 4004
  case rate = 4005
  case malformed = 4008
  // Limits and state.
  case tableFull = 5001
  case staleState = 5003
  case handOverRefused = 5004
  // Defects.
  case internalDefect = 9001

  public static func < (left: Code, right: Code) -> Bool { left.rawValue < right.rawValue }
}

extension Code: CustomStringConvertible, Codable {
  /// `MC2104`.
  public var description: String {
    let digits = String(rawValue)
    return "MC" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }

  /// Parses `MC2104`, `mc2104`, `2104` or a slug.
  public init?(text: String) {
    let lower = text.lowercased()
    let digits = lower.hasPrefix("mc") ? String(lower.dropFirst(2)) : lower
    if let number = UInt16(digits), let code = Code(rawValue: number) {
      self = code
    } else if let code = Code.allCases.first(where: { $0.slug == lower }) {
      self = code
    } else {
      return nil
    }
  }

  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let code = Code(text: text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\"\(text)\" is not a code"))
    }
    self = code
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// The name of the finding, its words joined by hyphens: `unknown-interface`.
  public var slug: String { Code.slugs[self] ?? description }

  // A table, not the name that reflection gives: that would be the description above.
  private static let slugs: [Code: String] = [
    .daemonNotRunning: "daemon-not-running",
    .notPermitted: "not-permitted",
    .protocolVersion: "protocol-version",
    .timedOut: "timed-out",
    .messageTooLarge: "message-too-large",
    .connectionLimit: "connection-limit",
    .alreadyRunning: "already-running",
    .badRequest: "bad-request",
    .ambiguousWord: "ambiguous-word",
    .unknownWord: "unknown-word",
    .usage: "usage",
    .noSuchObject: "no-such-object",
    .expectationMissed: "expectation-missed",
    .cannotRead: "cannot-read",
    .notText: "not-text",
    .lineTooLong: "line-too-long",
    .unterminatedString: "unterminated-string",
    .unknownStatement: "unknown-statement",
    .expected: "expected",
    .unclosedBlock: "unclosed-block",
    .includeCycle: "include-cycle",
    .includeDepth: "include-depth",
    .tooManyFiles: "too-many-files",
    .fileTooLarge: "file-too-large",
    .includeEmpty: "include-empty",
    .writableByOthers: "writable-by-others",
    .incompleteLine: "incomplete-line",
    .wordIgnored: "word-ignored",
    .familyMixed: "family-mixed",
    .hostBits: "host-bits",
    .inboundIsOutbound: "inbound-is-outbound",
    .unknownInterface: "unknown-interface",
    .duplicateRule: "duplicate-rule",
    .shadowedRule: "shadowed-rule",
    .overlappingRules: "overlapping-rules",
    .notMulticast: "not-multicast",
    .linkLocalGroup: "link-local-group",
    .sourceNotUnicast: "source-not-unicast",
    .thresholdRange: "threshold-range",
    .timerRelation: "timer-relation",
    .metricRange: "metric-range",
    .boundaryRange: "boundary-range",
    .tunnelEnds: "tunnel-ends",
    .tableRange: "table-range",
    .limitReached: "limit-reached",
    .optionIgnored: "option-ignored",
    .interfaceDisabled: "interface-disabled",
    .notServed: "not-served",
    .valueRange: "value-range",
    .tableFixed: "table-fixed",
    .unknownBoundary: "unknown-boundary",
    .precedenceDiffers: "precedence-differs",
    .routingRefused: "routing-refused",
    .vifRefused: "vif-refused",
    .entryRefused: "entry-refused",
    .vifSlotsUsed: "vif-slots-used",
    .netlinkOverflow: "netlink-overflow",
    .joinRefused: "join-refused",
    .foreignEntry: "foreign-entry",
    .noTables: "no-tables",
    .noRouting: "no-routing",
    .noCapability: "no-capability",
    .tableRuleRefused: "table-rule-refused",
    .systemCallFailed: "system-call-failed",
    .checksum: "checksum",
    .truncated: "truncated",
    .notThisSubnet: "not-this-subnet",
    .version: "version",
    .rate: "rate",
    .malformed: "malformed",
    .tableFull: "table-full",
    .staleState: "stale-state",
    .handOverRefused: "hand-over-refused",
    .internalDefect: "internal-defect",
  ]
}
