import Addressing
import Configuration
import Kernel

/// The old file of mrouted, of both vintages.
extension Fuzz {
  private static let machine: [Interface] = (0..<4).map { number in
    let flags: Interface.Flags = number == 0 ? [.up, .running, .loopback] : [.up, .running, .multicast]
    let addresses =
      number == 0
      ? [InterfaceAddress(Address(ipv4: 0x7f00_0001), length: 8)]
      : [
        InterfaceAddress(Address(ipv4: 0x0a05_0001 + UInt32(number - 1) << 8), length: 24),
        InterfaceAddress(Address(ipv4: 0x0a06_0001 + UInt32(number - 1) << 8), length: 24),
      ]
    return Interface(
      index: Int32(number + 1), name: number == 0 ? "lo" : "e\(number - 1)", flags: flags,
      addresses: addresses)
  }

  private static var source: TextSource {
    var source = TextSource()
    source.interfaces = machine
    source.hosts = ["a": [Address(ipv4: 0xc000_0201)], "b": [Address(ipv4: 1), Address(ipv4: 2)]]
    return source
  }

  /// What is not fatal states something, a newline at the end says nothing; imported, it is a native file
  /// that states the same.
  static func mroutedConfiguration(_ bytes: [UInt8]) {
    for vintage in MroutedFileOptions.Vintage.allCases {
      var options = MroutedFileOptions(vintage, interfaces: machine)
      options.toleratesMissing = bytes.first == UInt8(ascii: " ")
      options.takesNamedOnly = bytes.first == UInt8(ascii: "\t")
      let reading = parseMrouted(bytes, named: "fuzz", source: source, options: options)
      expect(
        (reading.configuration == nil) == reading.lines.contains { $0.kind == .fatal },
        "one of the two: \(reading.lines)")
      for line in reading.lines {
        let written = line.written(by: vintage)
        expect(
          !written.utf8.contains { $0 < 0x20 && $0 != 0x09 }, "a line of the log is one line: \(written)")
        expect(written.utf8.count < 1000, "a line of the log has an end: \(written)")
      }
      for interface in reading.configuration?.interfaces ?? [] {
        expect(
          interface.options.all.count <= InterfaceOptions.most,
          "options are bounded: \(interface.options.all.count)")
      }
      expect(
        bytes.last == 0x0a
          || parseMrouted(bytes + [0x0a], named: "fuzz", source: source, options: options) == reading,
        "a newline at the end says nothing")
    }
    let native = importMrouted(bytes, named: "fuzz", source: source)
    check(native.diagnostics, in: bytes)
    var files = source
    files.files["/old"] = SourceFile(bytes: bytes, identity: FileIdentity(device: 1, inode: 1))
    let stated = parse(Array("import mrouted /old".utf8), named: "new", source: files)
    expect(stated.hasErrors == native.hasErrors, "the two ways agree: \(stated.diagnostics)")
    guard !native.hasErrors else { return }
    let written = native.configuration.text
    let again = parse(Array(written.utf8), named: "again", source: TextSource())
    expect(!again.hasErrors, "an import is a native file: \(written) \(again.diagnostics)")
    for configuration in [again.configuration, stated.configuration] {
      let comparison = Comparison(from: native.configuration, to: configuration)
      expect(comparison.isEmpty, "nothing differs: \(comparison)")
    }
  }
}
