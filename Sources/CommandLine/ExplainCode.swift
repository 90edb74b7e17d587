import Diagnostics
import Encoding

/// `explain CODE`: what a finding means, its cause and its cure; needs no daemon.
struct ExplainCode {
  let console: Console

  func run(_ word: String) throws(Failure) -> ExitCode {
    guard let code = Code(text: word) else {
      let nearest = nearestWord(to: word.lowercased(), among: Code.allCases.map(\.slug))
      throw Failure(
        .noSuchObject, .noSuchObject, "there is no code \"\(word)\"",
        hint: nearest.map { "did you mean \($0)?" } ?? "a code looks like MC2104 or unknown-interface")
    }
    let explanation = Explanations.of(code)
    guard console.settings.json == nil else {
      var output = JSONOutput("explain", generation: nil, to: console)
      output.row { writer in
        writer.member("code", code.description)
        writer.member("slug", code.slug)
        writer.member("meaning", explanation.meaning)
        writer.member("cause", explanation.cause)
        writer.member("cure", explanation.cure)
        writer.member("example", explanation.example)
      }
      output.finish()
      return .done
    }
    console.print(
      """
      \(Tone.heading.wrap("\(code) \(code.slug)", when: console.isColored))
        \(explanation.meaning)
      cause    \(explanation.cause)
      cure     \(explanation.cure)
      example  \(explanation.example)

      """)
    return .done
  }
}
