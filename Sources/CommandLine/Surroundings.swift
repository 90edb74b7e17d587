import Configuration
import Diagnostics
import Encoding
import LinuxKernel
import Timing

/// What the tool reaches outside itself; a test puts its own in place.
struct Surroundings {
  /// Bytes for standard output and standard error; false when nobody reads them any more.
  var write: ([UInt8]) -> Bool
  var complain: ([UInt8]) -> Void
  /// Characters of a line when standard output is a terminal; nil when it is not.
  var terminalWidth: Int?
  var environment: (String) -> String?
  var host: String
  var clock: () -> WallClock
  /// Opens the control socket.
  var connect: (String) throws(SystemError) -> any ControlChannel
  /// Waits so many seconds; false when interrupted.
  var pause: (Double) -> Bool
  /// A whole file; `-` is standard input.
  var readFile: (String) throws(SystemError) -> [UInt8]
  /// Writes a file in one step and keeps the old one as `FILE~`.
  var replaceFile: (String, [UInt8]) throws(SystemError) -> Void
  /// Where a configuration's files come from.
  var source: any ConfigurationSource
  /// The names of the interfaces there are; nil when the kernel does not tell.
  var interfaceNames: () -> [String]?
  var kernel: KernelView
  /// Other routers.
  var probing: () -> ProbingSurroundings
}

/// A connection to the daemon, line by line.
protocol ControlChannel: AnyObject {
  func send(_ bytes: [UInt8], until deadline: Instant) throws(SystemError)
  /// The next line without its newline; nil at the end.
  ///
  /// ETIMEDOUT when the deadline comes first; nil waits for ever.
  func line(until deadline: Instant?) throws(SystemError) -> [UInt8]?
}

/// The two outputs of the tool: what was asked for, and what is said beside it.
final class Console {
  let surroundings: Surroundings
  let settings: Settings
  private var held: [UInt8] = []
  private(set) var isBroken = false

  init(_ surroundings: Surroundings, _ settings: Settings) {
    self.surroundings = surroundings
    self.settings = settings
  }

  var isTerminal: Bool { surroundings.terminalWidth != nil }

  /// Colors: asked for, or a terminal that is not dumb with `NO_COLOR` unset.
  var isColored: Bool {
    switch settings.color {
    case .always: true
    case .never: false
    case .auto:
      isTerminal && surroundings.environment("NO_COLOR") == nil && surroundings.environment("TERM") != "dumb"
    }
  }

  func layout(_ clock: WallClock) -> Layout {
    Layout(
      isColored: isColored, width: surroundings.terminalWidth,
      quantity: Quantity(isPlain: settings.isNumeric),
      now: clock.now)
  }

  /// Text of the answer; kept until there is much of it, or `flush`.
  func print(_ text: String) { print(bytes: text.utf8) }

  func print(bytes: some Sequence<UInt8>) {
    held.append(contentsOf: bytes)
    if held.count >= 65_536 { flush() }
  }

  func flush() {
    guard !held.isEmpty else { return }
    if !isBroken, !surroundings.write(held) { isBroken = true }
    held.removeAll(keepingCapacity: true)
  }

  /// A sentence on standard error; `--quiet` silences it.
  func note(_ text: String) {
    guard !settings.isQuiet else { return }
    flush()
    surroundings.complain(Array((text.escapingControls + "\n").utf8))
  }

  /// What was done, for `--verbose` alone.
  func report(_ text: String) {
    guard settings.isVerbose, settings.json == nil else { return }
    print(text + "\n")
  }

  /// A finding in the one form; with `--json` an error is an object on standard output too.
  func say(_ finding: Diagnostic) {
    if finding.severity != .error, settings.isQuiet { return }
    if finding.severity == .error, settings.json != nil {
      var writer = JSONWriter()
      RowWriter(clock: surroundings.clock()).write(finding, to: &writer)
      print(bytes: writer.bytes + [0x0a])
    }
    complain(finding)
  }

  /// A finding on standard error alone: whole, or as one line beside JSON.
  func complain(_ finding: Diagnostic) {
    flush()
    let text = settings.json == nil ? finding.text(program: "mcast") : finding.line(program: "mcast") + "\n"
    surroundings.complain(Array(text.utf8))
  }
}
