import Configuration
import Foundation
import Testing

@testable import Daemon

/// What a later life reads when the files on disk have errors.
@Suite struct KeptFilesTests {
  /// A configuration of two files and an empty glob, read; then both files are gone.
  private static func read() throws -> (options: Options, configuration: Configuration, bytes: [UInt8]) {
    let folder = NSTemporaryDirectory() + "mcast-kept-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try "include \"\(folder)/*.part\"\ninclude \"\(folder)/*.none\"\n".write(
      toFile: folder + "/mcast.conf", atomically: true, encoding: .utf8)
    try "route from in0 group 239.1.1.1 to out1\n".write(
      toFile: folder + "/one.part", atomically: true, encoding: .utf8)
    var options = Options()
    options.configFile = folder + "/mcast.conf"
    let file = OwnFile(options)
    #expect(file.refusal(options) == nil, "\(file.parsed.diagnostics)")
    return (options, file.parsed.configuration, file.source.encoded)
  }

  @Test("The same configuration is read of them")
  func same() throws {
    let (options, configuration, bytes) = try KeptFilesTests.read()
    let kept = try #require(KeptFiles(bytes))
    let file = OwnFile(options, from: kept)
    #expect(file.refusal(options) == nil)
    #expect(file.parsed.configuration == configuration)
    #expect(file.parsed.configuration.routes.count == 1)
    #expect(OwnFile(options).refusal(options) != nil)
  }

  @Test("Cut at any byte they are no files")
  func cut() throws {
    let bytes = try KeptFilesTests.read().bytes
    for count in bytes.indices { #expect(KeptFiles(Array(bytes.prefix(count))) == nil) }
  }
}
