import Glibc
import Testing

/// Everything here moves real packets through real interfaces, one network after the other.
@Suite(.serialized, .enabled(if: geteuid() == 0, "network namespaces need root"))
struct KernelTests {}

extension KernelTests {
  @Suite struct Harness {
    @Test("The hosts themselves neither lose nor change a packet", arguments: Family.both)
    func hosts(_ family: Family) throws {
      try Lab.run { lab in
        let (s, a) = (try lab.namespace("s"), try lab.namespace("a"))
        try lab.link(s, "s0", ["10.1.0.2/24", "fd00:1::2/64"], a, "a0", ["10.1.0.9/24", "fd00:1::9/64"])
        let receiver = try Receiver(a, "a0", family.group(1))
        let sender = try Sender(s, "s0")
        try sender.burst(family.group(2), 3)
        #expect(try sender.burst(family.group(1), ttl: 9, 1000) == 1000)
        try receiver.get(family.group(1), 1000)
        #expect(receiver.numbers(of: family.group(1), from: family.source) == Array(1...1000))
        #expect(
          receiver.packets.allSatisfy { $0.group == family.group(1) && $0.ttl == 9 && $0.interface == "a0" })
        sender.stream(family.group(1), every: 500)
        try receiver.get(family.group(1), 1100)
        let last = try sender.stop()
        try receiver.get(family.group(1), last)
        #expect(receiver.numbers(of: family.group(1)) == Array(1...last))
      }
    }
  }
}
