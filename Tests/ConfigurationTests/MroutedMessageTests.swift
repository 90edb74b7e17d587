import Addressing
import Configuration
import DVMRP
import Diagnostics
import Kernel
import Testing

/// What is said of a mrouted.conf, held against what the two versions were recorded to say.
@Suite struct MroutedMessageTests {
  private static let versions: [(String, MroutedFileOptions.Vintage)] = [
    ("4.6", .current), ("3.9.8", .older),
  ]

  /// Files of the table that ours reads otherwise, with the reason, by version.
  private static let deviations: [String: String] = [
    "4.6 igmp-query-response-interval 5": "mrouted knows this keyword only without its second s",
    "4.6 phyint e0 disable # comment\n# whole\n  phyint\n e1\n metric\n 4":
      "mrouted reads on behind a last line without a newline",
    "3.9.8 phyint e0 disable # comment\n# whole\n  phyint\n e1\n metric\n 4":
      "mrouted reads on behind a last line without a newline",
  ]

  @Test("Every recorded file gets the recorded lines, and is refused where it was refused")
  func recorded() {
    var deviating: Set<String> = []
    #expect(MroutedMessageTable.entries.count == 68)
    for entry in MroutedMessageTable.entries {
      for (name, vintage) in MroutedMessageTests.versions {
        let reading = MroutedMachine.read(entry.file, vintage)
        let lines = reading.lines.filter { !$0.text.hasSuffix("is disabled; skipping") }
          .map { $0.written(by: vintage) }
          // One has no text behind its place; the table ends its lines at the last letter.
          .map { $0.hasSuffix(": ") ? String($0.dropLast()) : $0 }
        let isRefused = reading.configuration == nil
        if let reason = MroutedMessageTests.deviations["\(name) \(entry.file)"] {
          deviating.insert("\(name) \(entry.file)")
          #expect(lines.isEmpty && !isRefused, "\(name): \(entry.file): \(reason)")
          continue
        }
        #expect(lines == entry.lines[name] ?? [], "\(name): \(entry.file)")
        #expect(isRefused == entry.ends.contains(name), "\(name): \(entry.file)")
        #expect(isRefused == reading.lines.contains { $0.kind == .fatal })
      }
    }
    #expect(deviating.count == MroutedMessageTests.deviations.count)
  }

  @Test("A filter without networks is ignored with mrouted's words; the other options hold")
  func emptyFilter() {
    for keyword in ["accept", "deny"] {
      let reading = MroutedMachine.read("phyint e0 \(keyword) metric 3\n", .current)
      #expect(
        reading.lines.map { $0.written(by: .current) }
          == ["warning - t.conf:1: Expected filter spec after \(keyword) keyword, ignored"])
      let older = MroutedMachine.read("phyint e0 \(keyword) metric 3\n", .older)
      #expect(
        older.lines.first { $0.kind == .warning }?.written(by: .older)
          == "warning - t.conf: Expected filter spec after \(keyword) keyword, ignored near line 1")
      #expect(reading.configuration?.settings(of: "e0").dvmrp.metric == 3)
    }
  }
}

/// The machine of the recordings.
enum MroutedMachine {
  static func interface(_ index: Int32, _ name: String, _ addresses: String...) -> Interface {
    Interface(
      index: index, name: name, flags: [.up, .running, .multicast],
      addresses: addresses.compactMap { text in
        let parts = text.split(separator: "/")
        guard let address = Address(parts[0]), let length = UInt8(parts[1]) else { return nil }
        return InterfaceAddress(address, length: length)
      })
  }

  static let loopback = Interface(
    index: 1, name: "lo", flags: [.up, .running, .loopback],
    addresses: [InterfaceAddress(Address(ipv4: 0x7f00_0001), length: 8)])

  static let interfaces = [
    loopback, interface(2, "e0", "10.5.0.1/24"), interface(3, "e1", "10.5.1.1/24"),
    interface(4, "e2", "10.5.2.1/24"),
  ]

  static func read(
    _ text: String, _ vintage: MroutedFileOptions.Vintage = .current, interfaces: [Interface] = interfaces,
    hosts: [String: [Address]] = [:], _ change: (inout MroutedFileOptions) -> Void = { _ in }
  ) -> MroutedReading {
    var options = MroutedFileOptions(vintage, interfaces: interfaces)
    change(&options)
    var source = TextSource()
    source.hosts = hosts
    return parseMrouted(Array(text.utf8), named: "t.conf", source: source, options: options)
  }
}
