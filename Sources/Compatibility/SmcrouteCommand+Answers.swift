import Configuration
public import Control
public import Diagnostics
import Forwarding
import Kernel

/// The outcome, in the words of the daemon that the client takes us for.
extension SmcrouteCommand {
  /// All that the client is sent for the Router's reply to the change: a NUL, or the refusal and a NUL.
  public func answer(to reply: Reply) -> [UInt8] { refusal(in: reply)?.bytes ?? [0] }

  /// What of the reply is a refusal to this client; nil when it was done.
  public func refusal(in reply: Reply) -> SmcrouteRefusal? {
    switch reply {
    case .refused(let diagnostics): refusal(diagnostics)
    case .changes(let results, _): results.lazy.compactMap { refusal(in: $0) }.first
    case .rows, .rules, .links, .report, .status, .text, .explanation, .plan, .subscribed: nil
    }
  }

  private func refusal(in result: ChangeResult) -> SmcrouteRefusal? {
    switch result.outcome {
    case .done: return nil
    case .refused: return refusal(result.error.map { [$0] } ?? [])
    case .unchanged:
      guard case .change(.join) = action else { return nil }
      return wording.alreadyJoined
    }
  }

  /// The text for what is wrong; errors that come another way than by the Router's reply too.
  public func refusal(_ diagnostics: [Diagnostic]) -> SmcrouteRefusal {
    guard let error = diagnostics.first else { return wording.other("the request was refused") }
    return switch error.code {
    case .unknownInterface: wording.unknownInterface(namesInbound(error))
    case .noSuchObject: wording.nothingThere
    default: wording.other(error.message)
    }
  }

  /// Whether the missing interface is the inbound one: it is looked for first.
  private func namesInbound(_ error: Diagnostic) -> Bool {
    switch action {
    case .change(.replace(let route, _)), .change(.extend(let route)):
      route.key.inbound.contains { error.message.contains("\"\($0.text)\"") }
    default: true
    }
  }
}
