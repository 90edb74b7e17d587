import Diagnostics
import Encoding

/// `config diff running kernel`: the entries that the daemon means to have, and those that there are.
struct KernelComparison {
  let console: Console

  func lines() throws(Failure) -> ([String], [String]) { ([], []) }
}
