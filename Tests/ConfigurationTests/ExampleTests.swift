import Addressing
import Configuration
import Diagnostics
import Forwarding
import Foundation
import Kernel
import Testing

/// The files that are shipped must work as they are.
@Suite struct ExampleTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let examples: [String] =
    (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "examples").path()))?
    .filter { $0.hasSuffix(".conf") && $0 != "smcroute.conf" }.sorted() ?? []

  @Test("There are examples, that of the demonstration among them")
  func present() {
    #expect(ExampleTests.examples.count >= 8)
    #expect(ExampleTests.examples.contains("demo.conf"))
  }

  @Test("An example has no finding, and means the same when it is saved or laid out", arguments: examples)
  func example(name: String) throws {
    let bytes = [UInt8](try Data(contentsOf: ExampleTests.root.appending(path: "examples/\(name)")))
    let parsed = parse(bytes, named: name, source: TextSource())
    #expect(parsed.diagnostics.map { $0.text(program: "mcast") } == [])
    #expect(!parsed.configuration.routes.isEmpty)
    let saved = read(parsed.configuration.text)
    #expect(saved.diagnostics == [])
    #expect(Comparison(from: parsed.configuration, to: saved.configuration).isEmpty)
    let formatted = try #require(format(bytes))
    let laidOut = parse(formatted, named: name, source: TextSource())
    #expect(laidOut.diagnostics == [])
    #expect(Comparison(from: parsed.configuration, to: laidOut.configuration).isEmpty)
    #expect(format(formatted) == formatted)
  }

  @Test("The example in the language of SMCRoute has nothing that is wrong, and is a native file too")
  func smcroute() throws {
    let bytes = [UInt8](try Data(contentsOf: ExampleTests.root.appending(path: "examples/smcroute.conf")))
    let parsed = parseSmcroute(bytes, named: "smcroute.conf", source: TextSource())
    // The directory of further files is empty here.
    #expect(parsed.diagnostics.map(\.code) == [.includeEmpty])
    #expect(parsed.configuration.routes.count == 4)
    let native = importSmcroute(bytes, named: "smcroute.conf", source: TextSource())
    #expect(native.diagnostics.map(\.code) == [.includeEmpty])
    #expect(read(native.configuration.text).diagnostics == [])
  }

  @Test("The demonstration routes both families from the sender to both receivers")
  func demo() throws {
    let bytes = [UInt8](try Data(contentsOf: ExampleTests.root.appending(path: "examples/demo.conf")))
    let routes = parse(bytes, named: "demo.conf", source: TextSource()).configuration.routes
    #expect(routes.map(\.family) == [.ipv4, .ipv6])
    #expect(routes.allSatisfy { $0.key.inbound.map(\.text) == ["from-s"] })
    #expect(routes.allSatisfy { $0.outbound.map(\.pattern.text) == ["to-a", "to-b"] })
  }

  @Test("Lines of the language in the explanations are read without a finding", arguments: Code.allCases)
  func explanation(code: Code) {
    let example = Explanations.of(code).example
    // `include` and `hook` ask for files; a tunnel is for a later version.
    let words = [
      "route ", "join ", "interface ", "boundary ", "limits ", "table ", "cache ", "control ", "igmp ",
    ]
    guard words.contains(where: { example.hasPrefix($0) }) else { return }
    #expect(read(example).diagnostics == [])
  }
}
