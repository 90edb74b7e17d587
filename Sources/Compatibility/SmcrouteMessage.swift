/// A request of an SMCRoute client to its daemon.
public struct SmcrouteMessage: Hashable, Sendable {
  /// The two headers that clients send.
  public enum Form: Hashable, Sendable {
    /// 16 bytes: 1.98 and later on 64-bit machines.
    case current
    /// 8 bytes: 0.9x everywhere, later ones on 32-bit machines.
    case legacy

    /// Bytes before the first argument.
    var headerCount: Int { self == .current ? 16 : 8 }
  }

  /// ASCII: `a`, `r`, `j`, `l`, `x`, `y`, `F`, `H`, `k`, `s`, `S`, `J`; a client may send others.
  public var command: UInt8
  public var arguments: [String]
  public var form: Form

  public init(_ command: Unicode.Scalar, _ arguments: [String] = [], form: Form = .current) {
    self.command = UInt8(truncatingIfNeeded: command.value)
    self.arguments = arguments
    self.form = form
  }

  /// What a client sends at most.
  public static let clientLimit = 1024

  /// A request that no daemon reads (`EMSGSIZE`).
  public struct TooLong: Error, Hashable, Sendable {
    /// `Message too long`, what the system says of it.
    public var text: String { "Message too long" }
  }

  /// The bytes of the message in the order of this machine; throws beyond `clientLimit`.
  ///
  /// An argument ends at its first NUL, as it would in C.
  public func encoded() throws(TooLong) -> [UInt8] {
    var strings: [UInt8] = []
    for argument in arguments {
      strings += argument.utf8.prefix { $0 != 0 }
      strings.append(0)
      guard strings.count <= SmcrouteMessage.clientLimit else { throw TooLong() }
    }
    strings.append(0)
    let count = form.headerCount + strings.count
    guard count <= SmcrouteMessage.clientLimit else { throw TooLong() }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    SmcrouteMessage.append(count, width: form == .current ? 8 : 4, to: &bytes)
    SmcrouteMessage.append(Int(command), width: 2, to: &bytes)
    SmcrouteMessage.append(arguments.count, width: 2, to: &bytes)
    if form == .current { bytes += [0, 0, 0, 0] }
    return bytes + strings
  }

  private static func append(_ value: Int, width: Int, to bytes: inout [UInt8]) {
    for place in 0..<width {
      let shift = (isLittleEndian ? place : width - 1 - place) * 8
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  #if _endian(little)
    static let isLittleEndian = true
  #else
    static let isLittleEndian = false
  #endif
}
