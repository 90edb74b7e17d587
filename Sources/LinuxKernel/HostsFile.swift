import Addressing

/// The names of `/etc/hosts`.
///
/// Old configurations may name hosts. A program that is linked statically asks no name service.
enum HostsFile {
  static let path = "/etc/hosts"

  /// The addresses that stand before the name, as a whole word in either case, in the order of the file.
  static func addresses(of name: String, in bytes: [UInt8]) -> [Address] {
    let wanted = name.lowercased()
    var addresses: [Address] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
      guard let first = words.first, let address = Address(String(decoding: first, as: UTF8.self)),
        words.dropFirst().contains(where: { String(decoding: $0, as: UTF8.self).lowercased() == wanted })
      else { continue }
      addresses.append(address)
    }
    return addresses
  }
}
