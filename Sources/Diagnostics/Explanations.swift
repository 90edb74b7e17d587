/// What there is to say of a code beyond its message.
public struct CodeExplanation: Hashable, Sendable {
  /// A sentence.
  public var meaning: String
  /// A phrase, as is the cure.
  public var cause: String
  public var cure: String
  /// A command, or a line of the configuration, that cures or avoids it.
  public var example: String

  init(_ meaning: String, cause: String, cure: String, example: String) {
    self.meaning = meaning
    self.cause = cause
    self.cure = cure
    self.example = example
  }
}

/// The explanations of all codes: the text of `mcast explain CODE`, and of `docs/diagnostics.md`.
public enum Explanations {
  /// What there is to say of `code`.
  public static func of(_ code: Code) -> CodeExplanation {
    all[code]
      ?? CodeExplanation(
        code.slug, cause: "not described", cure: "read the message itself", example: "mcast explain \(code)")
  }

  private static let all: [Code: CodeExplanation] =
    tool.merging(syntax) { first, _ in first }.merging(meaning) { first, _ in first }
    .merging(kernel) { first, _ in first }

  private static let tool: [Code: CodeExplanation] = [
    .daemonNotRunning: CodeExplanation(
      "No daemon answers at the control socket, or it went away before its answer was complete.",
      cause: "mcastd is not started, stopped, or serves another socket or identity",
      cure: "start it, or name its socket", example: "systemctl start mcastd"),
    .notPermitted: CodeExplanation(
      "The control socket, or the verb, is not open to this user.",
      cause: "the user is not in the group of the socket, or the socket is the one for viewing",
      cure: "become a member of the group, or use sudo", example: "usermod -aG mcast-admin alice"),
    .protocolVersion: CodeExplanation(
      "Tool and daemon do not understand each other.",
      cause: "they are of different versions, or something else listens at the socket",
      cure: "install the same version of both and restart the daemon", example: "mcast version"),
    .timedOut: CodeExplanation(
      "An answer, or a request, did not come in time.",
      cause: "the machine is overloaded, or a client was silent for too long",
      cure: "wait longer, and look at the load", example: "mcast --timeout 30 show routes"),
    .messageTooLarge: CodeExplanation(
      "A line of the control protocol has more than 65,536 bytes.",
      cause: "a client sends a text in one line that belongs into several parts",
      cure: "send it in parts, as mcast batch and mcast config apply do", example: "mcast batch changes.txt"),
    .connectionLimit: CodeExplanation(
      "The daemon serves as many control clients as it may.",
      cause: "clients that stay connected, such as monitors that nobody reads",
      cure: "end some, or raise the limit", example: "control { clients 128 }"),
    .alreadyRunning: CodeExplanation(
      "Another daemon answers on the socket or owns the pid file.",
      cause: "mcastd runs already under this identity",
      cure: "stop it, or give the second one an identity and a table of its own",
      example: "mcastd --identity red --table 100"),
    .badRequest: CodeExplanation(
      "A client said something that is no request of the control protocol.",
      cause: "not JSON, a key that version 1 does not know, or a verb that does not exist",
      cure: "see docs/control.md for the requests there are",
      example: "echo '{\"id\":1,\"verb\":\"status\"}' | nc -U /run/mcast/control.sock"),
    .ambiguousWord: CodeExplanation(
      "A shortened word is the beginning of several words.",
      cause: "too few letters", cure: "write one more letter; the hint names the candidates",
      example: "mcast sho ro"),
    .unknownWord: CodeExplanation(
      "A word or an option is not known at this place.",
      cause: "a typing error, or a verb of another version",
      cure: "the hint names the nearest word; help lists all", example: "mcast help"),
    .usage: CodeExplanation(
      "The command line lacks a word, or a value is out of its range.",
      cause: "the message says which", cure: "see the verb's help", example: "mcast help send"),
    .noSuchObject: CodeExplanation(
      "What the command names does not exist.",
      cause: "the route, join, interface or code was never there, or has gone",
      cure: "list what there is; a route is named by its inbound interface, source and group",
      example: "mcast show routes"),
    .expectationMissed: CodeExplanation(
      "mcast receive got fewer packets, or lost more, than it was told to expect.",
      cause: "--expect or --loss-max; the message has the figures",
      cure: "see whether the flow is forwarded, and where it is lost",
      example: "mcast explain route 10.1.0.2 239.1.1.1"),
    .systemCallFailed: CodeExplanation(
      "The system refused something that mcast needs.",
      cause: "the error in parentheses says why", cure: "remove the cause; the message names the object",
      example: "mcastd --check"),
    .internalDefect: CodeExplanation(
      "A defect in mcast itself.", cause: "something that its authors held to be impossible",
      cure: "report it with the message and a recording of the daemon's inputs",
      example: "mcastd --foreground --record mcast.rec"),
  ]

  private static let syntax: [Code: CodeExplanation] = [
    .cannotRead: CodeExplanation(
      "A file cannot be read, or is none.",
      cause: "it is missing, a directory, or not readable for this user",
      cure: "correct the path or the rights", example: "ls -l /etc/mcast/mcast.conf"),
    .notText: CodeExplanation(
      "A configuration is not UTF-8 text, or holds a NUL.", cause: "a binary file, or another character set",
      cure: "convert it", example: "iconv -f latin1 -t utf8 old.conf > mcast.conf"),
    .lineTooLong: CodeExplanation(
      "A line has more than 4,096 bytes.", cause: "many interfaces on one line, or a file without newlines",
      cure: "continue it on the next line with a backslash, or use a pattern",
      example: "route from eth0 group 239.1.1.1 to wg+"),
    .unterminatedString: CodeExplanation(
      "A quoted word does not end on its line.", cause: "the closing quote is missing", cure: "add it",
      example: "hook \"/etc/mcast/hook.sh\""),
    .unknownStatement: CodeExplanation(
      "A word that begins no statement, or no option of this block.", cause: "a typing error",
      cure: "the hint names the nearest word", example: "route from eth0 group 239.1.1.1 to eth1"),
    .expected: CodeExplanation(
      "Something else must stand at this place.", cause: "a word is missing, or two are in the wrong order",
      cure: "the message says what is expected", example: "join on eth0 group 239.1.1.1"),
    .unclosedBlock: CodeExplanation(
      "A block that was opened by { is not closed.", cause: "a missing }", cure: "add it",
      example: "interface eth1 { threshold 16 }"),
    .includeCycle: CodeExplanation(
      "A file includes itself, by however many steps.", cause: "two files that include each other, or a link",
      cure: "remove one of the include statements", example: "include \"/etc/mcast/conf.d/*.conf\""),
    .includeDepth: CodeExplanation(
      "Files include files more than 16 deep.", cause: "a long chain of includes",
      cure: "include them from one file",
      example: "include \"/etc/mcast/conf.d/*.conf\""),
    .tooManyFiles: CodeExplanation(
      "More than 1,024 files are included.", cause: "a pattern that matches too much",
      cure: "narrow the pattern",
      example: "include \"/etc/mcast/conf.d/*.conf\""),
    .fileTooLarge: CodeExplanation(
      "A file has more than 64 MiB.", cause: "not a configuration, or a generator out of hand",
      cure: "state groups as prefixes", example: "route from eth0 group 239.2.0.0/16 to eth1"),
    .includeEmpty: CodeExplanation(
      "A pattern after include matches no file.", cause: "the directory is empty, or the path is wrong",
      cure: "none is needed when the files come later", example: "ls /etc/mcast/conf.d"),
    .writableByOthers: CodeExplanation(
      "A file that the daemon trusts can be written by others.", cause: "its mode",
      cure: "take the right away",
      example: "chmod go-w /etc/mcast/mcast.conf"),
    .incompleteLine: CodeExplanation(
      "A line of a smcroute.conf lacks a word that its statement needs; it is skipped.",
      cause: "from or group is missing, or stands behind to, which takes the rest of the line",
      cure: "add the word, and leave to for the end", example: "mroute from eth0 group 225.1.2.3 to eth1"),
    .wordIgnored: CodeExplanation(
      "A word in a line of a smcroute.conf has no meaning and is passed over.",
      cause: "a typing error, or a comment without its #", cure: "correct it or take it out",
      example: "mroute from eth0 group 225.1.2.3 to eth1  # a comment"),
  ]

  /// The text of `docs/diagnostics.md`.
  public static var document: String {
    var text = """
      # Diagnostics

      Every finding of `mcastd` and `mcast` has a number and a name that never change: text shows the number,
      JSON both. `mcast explain MC2104` prints what stands here, and needs no daemon.

      """
    for code in Code.allCases.sorted() {
      let explanation = of(code)
      text += """

        ## \(code) \(code.slug)

        \(explanation.meaning)

        - Cause: \(explanation.cause).
        - Cure: \(explanation.cure).

        ```
        \(explanation.example)
        ```

        """
    }
    return text
  }
}
