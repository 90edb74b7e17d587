import Diagnostics

/// Reading files.
extension SmcrouteGrammar {
  /// Reads the outermost file.
  ///
  /// What cannot be read is an error, the only one that there is: whether to go on is not for the file to
  /// say.
  mutating func read(_ path: String) {
    do throws(Diagnostic) {
      try read(path, from: nil)
    } catch {
      findings.add(error)
    }
  }

  /// `include GLOB`: what it matches is read in place of the line.
  mutating func include(_ first: SmcrouteText.Word) {
    guard let word = text.word() else {
      return warn(.incompleteLine, at: first) { _ in
        ("include: no file is named", "include /etc/smcroute.d/*.conf")
      }
    }
    let glob = text.string(word)
    guard glob.utf8.count <= 1023 else {
      return warn(.cannotRead, at: word) { text in
        ("Failed reading \(text.shown(word)): the path has more than 1023 bytes", "shorten it")
      }
    }
    let isPattern = glob.utf8.contains { $0 == 0x2a || $0 == 0x3f || $0 == 0x5b }
    let paths = isPattern ? source.expand(glob) : [glob]
    var isAnyRead = false
    for path in paths where !files.isClosed {
      do throws(Diagnostic) {
        try read(path, from: word)
        isAnyRead = true
      } catch {
        // A pattern without a wildcard may match no file as well.
        isAnyRead = isAnyRead || error.code != .includeEmpty
        if error.code != .includeEmpty { findings.add(error) }
      }
    }
    if !isAnyRead, !files.isClosed {
      warn(.includeEmpty, as: .note, at: word) { _ in
        ("include: \(glob) matches no file", "none is needed when the files come later")
      }
    }
  }

  /// Reads a file within the bounds, and goes on where it was included.
  private mutating func read(_ path: String, from place: SmcrouteText.Word?) throws(Diagnostic) {
    let location = place.map { self.location(of: $0) }
    let severity: Diagnostic.Severity = place == nil ? .error : .warning
    func refusal(_ code: Code, _ reason: String, hint: String) -> Diagnostic {
      let message = place == nil ? "Failed opening \(path): \(reason)" : "Failed reading \(path): \(reason)"
      return Diagnostic(severity, code, message, at: location, hint: hint)
    }
    guard files.open.count < FileStack.deepest else {
      throw refusal(
        .includeDepth, "files include each other deeper than \(FileStack.deepest)",
        hint: "include all files from the main one")
    }
    guard files.names.count < FileStack.most else {
      files.isClosed = true
      throw refusal(.tooManyFiles, "there are more than \(FileStack.most) files", hint: "put some into one")
    }
    let loaded: SourceFile
    do throws(SourceFault) {
      loaded = try source.read(path)
    } catch {
      switch error {
      case .missing where place == nil:
        throw Diagnostic(
          .error, .cannotRead, "Configuration file \(path) does not exist", hint: "ls -l \(path)")
      case .missing: throw Diagnostic(.warning, .includeEmpty, "", at: location)
      case .tooLarge:
        throw refusal(.fileTooLarge, "more than 64 MiB", hint: "state groups as prefixes: 225.1.0.0/16")
      case .unreadable(let reason): throw refusal(.cannotRead, reason, hint: "ls -l \(path)")
      }
    }
    guard !files.open.contains(loaded.identity) else {
      throw refusal(
        .includeCycle, "it includes itself, directly or through others", hint: "take out one of the lines")
    }
    files.bytes += min(loaded.bytes.count, FileStack.total)
    guard loaded.bytes.count <= FileStack.largest, files.bytes <= FileStack.total else {
      files.isClosed = true
      throw refusal(
        .fileTooLarge, "more than 64 MiB, or more than 256 MiB together",
        hint: "state groups as prefixes: 225.1.0.0/16")
    }
    files.names.append(path)
    if loaded.isWritableByOthers {
      findings.add(
        Diagnostic(
          .note, .writableByOthers, "others than the owner may write \(path)", at: location,
          hint: "chmod go-w \(path)"))
    }
    let outer = (text, file)
    files.open.append(loaded.identity)
    read(path, loaded.bytes)
    files.open.removeLast()
    (text, file) = outer
    forgetTexts()
  }
}
