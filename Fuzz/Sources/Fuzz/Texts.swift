import Configuration
import Diagnostics
import Recording
import Router

@testable import Encoding

/// The grammars and the control protocol.
extension Fuzz {
  /// Every finding has a place in the text; what is right is written so that it is read as the same.
  static func configuration(_ bytes: [UInt8]) {
    let parsed = parse(bytes, named: "fuzz", source: TextSource())
    check(parsed.diagnostics, in: bytes)
    expect(parsed.hasErrors == parsed.diagnostics.contains { $0.severity == .error }, "errors are shown")
    _ = judge(parsed, present: ["eth0", "eth1"])
    guard !parsed.hasErrors else { return }
    let written = parsed.configuration.text
    let again = parse(Array(written.utf8), named: "again", source: TextSource())
    expect(!again.hasErrors, "what is written is right: \(written) \(again.diagnostics)")
    expect(again.configuration.text == written, "what is written is written the same again: \(written)")
    let comparison = Comparison(from: parsed.configuration, to: again.configuration)
    expect(comparison.isEmpty, "nothing differs: \(comparison)")
  }

  /// Nothing in it is an error; it is native text afterwards, of the same statements.
  static func smcrouteConfiguration(_ bytes: [UInt8]) {
    let parsed = parseSmcroute(
      bytes, named: "fuzz", source: TextSource(),
      options: SmcrouteFileOptions(isStrict: bytes.first == UInt8(ascii: " ")))
    expect(!parsed.hasErrors, "no line stops the daemon: \(parsed.diagnostics)")
    check(parsed.diagnostics, in: bytes)
    check(judge(parsed, present: ["eth0", "eth1"]), in: bytes)
    for line in verifySmcroute(parsed, present: ["eth0"]).lines {
      expect(!line.text.utf8.contains { $0 < 0x20 && $0 != 0x09 }, "a line of the log is one line: \(line)")
    }
    let native = importSmcroute(bytes, named: "fuzz", source: TextSource())
    check(native.diagnostics, in: bytes)
    let written = native.configuration.text
    let again = parse(Array(written.utf8), named: "again", source: TextSource())
    expect(!again.hasErrors, "an import is a native file: \(written) \(again.diagnostics)")
    let comparison = Comparison(from: native.configuration, to: again.configuration)
    expect(comparison.isEmpty, "nothing differs: \(comparison)")
    var source = TextSource()
    source.files["/old"] = SourceFile(bytes: bytes, identity: FileIdentity(device: 1, inode: 1))
    let stated = parse(Array("import smcroute /old".utf8), named: "new", source: source)
    expect(
      again.configuration.table.precedence == .stated
        || !stated.diagnostics.contains { $0.code == .precedenceDiffers }, "the two ways agree on the order")
  }

  static func changes(_ bytes: [UInt8]) {
    let parsed = parseChanges(bytes, named: "fuzz")
    check(parsed.diagnostics, in: bytes)
    expect(parsed.changes.count == parsed.locations.count, "every change has its place")
  }

  static func check(_ diagnostics: [Diagnostic], in text: [UInt8]) {
    let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
    for diagnostic in diagnostics {
      expect(!diagnostic.message.isEmpty, "a finding has a message")
      _ = diagnostic.code.slug
      guard let place = diagnostic.location, place.file == "fuzz" else { continue }
      expect(place.line >= 1 && Int(place.line) <= lines.count, "\(place) is in the text: \(diagnostic)")
      expect(place.column >= 1 && place.length >= 1, "\(place) is a place: \(diagnostic)")
      expect(
        Int(place.column) <= lines[Int(place.line) - 1].count + 1, "\(place) is in its line: \(diagnostic)")
    }
  }

  // A number such as 1.5e3 is written as 1500 and then read as a whole number; so texts are compared.

  static func control(_ bytes: [UInt8]) {
    guard let message = try? NativeMessage(decoding: bytes[...]) else { return }
    let line = message.encoded
    expect(line.last == 0x0a && !line.dropLast().contains(0x0a), "a line is one line")
    guard let again = try? NativeMessage(decoding: line.dropLast()) else {
      return expect(false, "\(message) is read from its line")
    }
    expect(again.encoded == line, "\(message) comes back from its line")
  }

  static func json(_ bytes: [UInt8]) {
    guard let value = readJSON(bytes) else { return }
    let text = writeJSON(value)
    expect(readJSON(text).map(writeJSON) == text, "\(value) comes back from its text")
  }

  private static func writeJSON(_ value: JSONValue) -> [UInt8] {
    var writer = JSONWriter()
    writer.value(value)
    return writer.bytes
  }

  private static func readJSON(_ bytes: [UInt8]) -> JSONValue? {
    guard var reader = try? JSONReader(bytes), let value = try? reader.value(),
      (try? reader.finish()) != nil
    else { return nil }
    return value
  }

  /// What the tool reads from a daemon: a line, and each row in it as every kind of row.
  static func replies(_ bytes: [UInt8]) {
    guard let answer = try? NativeAnswer(decoding: bytes[...]) else { return }
    let rows = RowReader(clock: WallClock(now: .start, wall: 0))
    switch answer {
    case .hello(let hello):
      expect((try? NativeAnswer(decoding: hello.encoded.dropLast())) == answer, "a greeting comes back")
    case .event(let json): _ = try? rows.notice(json)
    case .ping: break
    case .reply(let reply): for json in reply.data { read(json, with: rows) }
    }
  }

  private static func read(_ json: ArraySlice<UInt8>, with rows: RowReader) {
    _ = try? rows.route(json)
    _ = try? rows.interface(json)
    _ = try? rows.join(json)
    _ = try? rows.pending(json)
    _ = try? rows.limit(json)
    _ = try? rows.status(json)
    _ = try? rows.change(json)
    _ = try? rows.plannedChange(json)
    _ = try? rows.explanation(json)
    _ = try? rows.diagnostic(json)
  }

  /// What is read is written as the same, and the Router lives through its steps.
  static func recording(_ bytes: [UInt8]) {
    guard var reader = try? RecordingReader(bytes) else { return }
    let writer = RecordingWriter()
    var lines: [UInt8] = (try? writer.line(reader.header)) ?? []
    var steps: [RecordedStep] = []
    while let step = try? reader.next() {
      steps.append(step)
      lines += (try? writer.line(step)) ?? []
    }
    guard var again = try? RecordingReader(lines) else {
      return expect(false, "a recording is read from what was written of it")
    }
    for step in steps { expect((try? again.next()) == step, "a step comes back from its line") }
    var router = Router(seed: reader.header.seed, table: reader.header.table)
    for step in steps { _ = router.step(step.events, at: step.at) }
  }
}
