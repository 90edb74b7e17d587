import Configuration
import Testing

@Suite struct PauseTests {
  private final class Pausing: ConfigurationSource {
    let text: String
    var pauses = 0

    init(_ text: String) { self.text = text }

    func read(_ path: String) throws(SourceFault) -> SourceFile {
      SourceFile(bytes: Array(text.utf8), identity: FileIdentity(device: 1, inode: 1))
    }

    func expand(_ glob: String) -> [String] { [] }
    func pause() { pauses += 1 }
  }

  private func lines(_ line: (Int) -> String) -> String {
    (0..<10_000).map { line($0) }.joined(separator: "\n") + "\n"
  }

  @Test("Whoever reads a large file can do something else every few hundred lines")
  func pauses() {
    let native = Pausing(
      lines { "route from eth0 source 10.0.\($0 / 250).\($0 % 250 + 1) group 225.1.2.3 to eth1" })
    let parsed = parse(file: "a.conf", source: native)
    #expect(!parsed.hasErrors && parsed.configuration.routes.count == 10_000)
    #expect(native.pauses >= 20)
    let old = Pausing(
      lines { "mroute from eth0 source 10.0.\($0 / 250).\($0 % 250 + 1) group 225.1.2.3 to eth1" })
    let read = parseSmcroute(file: "a.conf", source: old)
    #expect(!read.hasErrors && read.configuration.routes.count == 10_000)
    #expect(old.pauses >= 20)
  }
}
