import Configuration
import Diagnostics
import Foundation
import LinuxKernel
import Testing

@testable import Daemon

/// A configuration that comes through an open descriptor.
@Suite struct HandedFileTests {
  /// Options with a pipe in the place of the file, which holds this text.
  private static func options(_ text: String) throws -> Options {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try pipe.fileHandleForWriting.close()
    var options = Options()
    options.configFile = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
    options = options.withHandedFile
    try pipe.fileHandleForReading.close()
    return options
  }

  @Test("It is read before the descriptor is closed, and a second reading says why there is none")
  func once() throws {
    var options = try HandedFileTests.options("route from in0 group 239.1.1.1 to out1\n")
    let file = OwnFile(options)
    #expect(file.refusal(options) == nil)
    #expect(file.parsed.configuration.routes.count == 1)
    // The same words in the next life, which has the files of this one.
    let kept = try #require(KeptFiles(file.source.encoded))
    #expect(OwnFile(options, from: kept).parsed.configuration == file.parsed.configuration)
    options.handed?.file = nil
    let again = OwnFile(options)
    let findings = try #require(again.refusal(options))
    #expect(findings.first?.message.contains("is read once") ?? false, "\(findings)")
  }

  @Test(
    "Paths of files are none", arguments: ["/etc/mcast/mcast.conf", "/dev/fd/", "/dev/fd/-1", "/dev/fd/x"])
  func paths(_ path: String) {
    #expect(HandedFile(path) == nil)
    #expect(ThisProcess.descriptor(namedBy: path) == nil)
  }
}
