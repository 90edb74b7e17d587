import Diagnostics

/// The files that are being read, and the bounds of reading.
struct FileStack {
  /// Files of one configuration, each inclusion counted.
  static let most = 1_024
  /// How deep files include each other.
  static let deepest = 16
  /// Bytes of one file.
  static let largest = 64 << 20
  /// Bytes of all.
  static let total = 256 << 20

  /// From the outermost to the one that is read now.
  var open: [FileIdentity] = []
  var names: [String] = []
  var bytes = 0
  /// After a bound is passed no more files are read, and that is said once.
  var isClosed = false
}

/// Reading files.
extension NativeGrammar {
  /// Reads the outermost file.
  mutating func read(_ path: String) {
    do throws(Diagnostic) {
      let file = try load(path, from: nil, isPattern: false)
      read(path, file)
    } catch {
      findings.add(error)
    }
  }

  private mutating func read(_ path: String, _ file: SourceFile) {
    files.open.append(file.identity)
    read(path, file.bytes)
    files.open.removeLast()
  }

  /// Reads a text as if it were the file `name`.
  mutating func read(_ name: String, _ text: [UInt8]) {
    open(name, bytes: text)
    statements { grammar throws(Diagnostic) in try grammar.fileStatement() }
  }

  /// `include GLOB`: what it matches is read in place of the statement.
  mutating func include() throws(Diagnostic) {
    try advance()
    let place = token
    var glob = try string("the path of a file, or a pattern of paths", longest: 1023)
    if glob.utf8.first != UInt8(ascii: "/"), let slash = file.lastIndex(of: "/") {
      glob = file[...slash] + glob
    }
    let isPattern = glob.utf8.contains { $0 == 0x2a || $0 == 0x3f || $0 == 0x5b }
    let paths = isPattern ? source?.expand(glob) ?? [] : [glob]
    if paths.isEmpty {
      findings.add(
        fault(
          .includeEmpty, severity: .warning, "\"\(glob)\" matches no file", at: place,
          hint: "the pattern may stand for files that come later"))
    }
    for path in paths {
      do throws(Diagnostic) {
        try include(path, at: place, isPattern: isPattern)
      } catch {
        findings.add(error)
      }
    }
  }

  private mutating func include(_ path: String, at place: Token, isPattern: Bool) throws(Diagnostic) {
    guard !files.isClosed else { return }
    guard files.open.count < FileStack.deepest else {
      throw fault(
        .includeDepth, "files include each other deeper than \(FileStack.deepest)", at: place,
        hint: "include all files from the main one")
    }
    let text = try load(path, from: place, isPattern: isPattern)
    guard !files.open.contains(text.identity) else {
      throw fault(
        .includeCycle, "\"\(path)\" includes itself, directly or through others", at: place,
        hint: "take out one of the include statements")
    }
    let outer = (lexer, token, lastEnd, lastLine, file)
    read(path, text)
    (lexer, token, lastEnd, lastLine, file) = outer
    inboundLists.forgetTexts()
    outboundLists.forgetTexts()
  }

  /// Reads a file within the bounds.
  ///
  /// - Parameter isPattern: the file was found by a pattern; that it has gone since is a warning.
  mutating func load(
    _ path: String, from place: Token?, isPattern: Bool
  ) throws(Diagnostic) -> SourceFile {
    let location = place.map { self.location(of: $0) }
    guard files.names.count < FileStack.most else {
      files.isClosed = true
      throw Diagnostic(
        .error, .tooManyFiles, "the configuration has more than \(FileStack.most) files", at: location,
        hint: "put several files into one")
    }
    guard let source else {
      throw Diagnostic(.error, .cannotRead, "no files are read here", at: location)
    }
    let text: SourceFile
    do throws(SourceFault) {
      text = try source.read(path)
    } catch {
      var refusal = refusal(of: path, error, at: location)
      if isPattern, error == .missing { refusal.severity = .warning }
      throw refusal
    }
    let (sum, overflow) = files.bytes.addingReportingOverflow(text.bytes.count)
    guard text.bytes.count <= FileStack.largest else { throw refusal(of: path, .tooLarge, at: location) }
    guard !overflow, sum <= FileStack.total else {
      files.isClosed = true
      throw Diagnostic(
        .error, .fileTooLarge, "the files of the configuration have more than 256 MiB together", at: location,
        hint: "a block of groups such as 239.1.0.0/16 states many routes in one line")
    }
    files.bytes = sum
    files.names.append(path)
    if text.isWritableByOthers {
      findings.add(
        Diagnostic(
          .warning, .writableByOthers, "others than the owner may write \"\(path)\"", at: location,
          hint: "chmod go-w \(path)"))
    }
    return text
  }

  private func refusal(of path: String, _ fault: SourceFault, at location: SourceLocation?) -> Diagnostic {
    switch fault {
    case .missing:
      Diagnostic(
        .error, .cannotRead, "cannot read \"\(path)\": there is no such file (ENOENT)", at: location,
        hint: "ls -l \(path)")
    case .tooLarge:
      Diagnostic(
        .error, .fileTooLarge, "\"\(path)\" has more than 64 MiB", at: location,
        hint: "a block of groups such as 239.1.0.0/16 states many routes in one line")
    case .unreadable(let reason):
      Diagnostic(
        .error, .cannotRead, "cannot read \"\(path)\": \(reason)", at: location, hint: "ls -l \(path)")
    }
  }
}
