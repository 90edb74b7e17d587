import Glibc

/// One program for all targets, chosen by the variable MCAST_FUZZ_TARGET: it is linked once.
///
/// A target returns for any bytes; what it finds wrong, it traps on, and libFuzzer keeps the bytes.
enum Fuzz {
  typealias Target = @Sendable ([UInt8]) -> Void

  static let targets: [(name: String, run: Target)] = [
    ("ipv4header", ipv4Header), ("ipv6header", ipv6Header), ("igmp", igmp), ("mld", mld),
    ("router-discovery", routerDiscovery), ("dvmrp", dvmrp), ("trace", trace),
    ("neighborhood", neighborhood), ("address-text", addressText), ("test-traffic", testTraffic),
    ("configuration", configuration), ("changes", changes), ("smcroute-conf", smcrouteConfiguration),
    ("mrouted-conf", mroutedConfiguration),
    ("control", control), ("json", json),
    ("replies", replies), ("netlink", netlink), ("upcall", upcall), ("recording", recording),
    ("router", router), ("protocols", protocols), ("membership", membership),
    ("snapshot", snapshot),
    ("smcroute-ipc", smcrouteIPC), ("smcroute-text", smcrouteText),
  ]

  static let chosen: Target = {
    let name = unsafe getenv("MCAST_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = targets.first(where: { $0.name == name }) else {
      complain(
        "MCAST_FUZZ_TARGET is \"\(name)\"; it must be one of \(targets.map(\.name).joined(separator: " "))")
      exit(64)
    }
    return target.run
  }()

  static func complain(_ text: String) { _ = unsafe write(2, text + "\n", text.utf8.count + 1) }

  /// Ends the run when what must hold does not.
  static func expect(_ holds: Bool, _ rule: @autoclosure () -> String) {
    if holds { return }
    complain("broken: \(rule())")
    abort()
  }
}

#if FUZZ
  @_cdecl("LLVMFuzzerTestOneInput")
  public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let buffer = unsafe UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)
    unsafe Fuzz.chosen(Array(buffer))
    return 0
  }
#else
  /// Without libFuzzer: runs the given files through the target, to look at a finding in a debugger.
  @main enum Main {
    static func main() {
      for path in CommandLine.arguments.dropFirst() {
        guard let file = unsafe fopen(path, "r") else {
          Fuzz.complain("\(path): cannot be read")
          exit(1)
        }
        var bytes: [UInt8] = []
        while case let byte = unsafe getc(file), byte >= 0 { bytes.append(UInt8(byte)) }
        unsafe fclose(file)
        Fuzz.chosen(bytes)
      }
    }
  }
#endif
