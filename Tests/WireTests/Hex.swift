import Addressing
import Testing

/// The bytes of a text of hexadecimal digits; spaces are free, `#` begins a comment.
func hex(_ text: String) -> [UInt8] {
  var bytes: [UInt8] = []
  var high: UInt8?
  for line in text.split(separator: "\n") {
    for character in line.prefix(while: { $0 != "#" }) where !character.isWhitespace {
      guard let digit = character.hexDigitValue.map(UInt8.init) else {
        Issue.record("\"\(character)\" is not a hexadecimal digit")
        return []
      }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
  }
  #expect(high == nil, "an odd number of digits")
  return bytes
}

func address(_ text: String) throws -> Address { try #require(Address(text)) }

func group(_ text: String) throws -> Group { try #require(Group(address(text))) }

/// Writes the Internet checksum of `bytes` at `offset`, so that a test can break other fields one at a time.
func withChecksum(_ bytes: [UInt8], at offset: Int = 2) -> [UInt8] {
  var bytes = bytes
  bytes[offset] = 0
  bytes[offset + 1] = 0
  var sum = 0
  for index in stride(from: 0, to: bytes.count, by: 2) {
    sum += Int(bytes[index]) << 8 + (index + 1 < bytes.count ? Int(bytes[index + 1]) : 0)
  }
  while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
  bytes[offset] = UInt8(~sum >> 8 & 0xff)
  bytes[offset + 1] = UInt8(~sum & 0xff)
  return bytes
}
