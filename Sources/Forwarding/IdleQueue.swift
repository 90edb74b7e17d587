import Timing

/// Entries that wait for their counters to be read, in the order in which that is due.
///
/// Nearly all wait for the same time, so each goes behind the last one, and no step costs more with many of
/// them.
struct IdleQueue: Sendable {
  private struct Link: Sendable {
    /// `never`: it is in no queue.
    var due = Instant.never
    var previous: Int32 = -1
    var next: Int32 = -1
  }

  /// By row.
  private var links = SparseRows(absent: Link())
  private var head: Int32 = -1
  private var tail: Int32 = -1

  /// The one that is due first.
  var first: Int32? { head < 0 ? nil : head }
  /// When it is due.
  var next: Instant? { head < 0 ? nil : links[Int(head)].due }

  func contains(_ number: Int32) -> Bool { links[Int(number)].due != .never }

  /// Puts a row behind those that are due no later.
  mutating func set(_ number: Int32, at due: Instant) {
    cancel(number)
    var before = tail
    while before >= 0, links[Int(before)].due > due { before = links[Int(before)].previous }
    let after = before < 0 ? head : links[Int(before)].next
    links[Int(number)] = Link(due: due, previous: before, next: after)
    if before < 0 { head = number } else { links[Int(before)].next = number }
    if after < 0 { tail = number } else { links[Int(after)].previous = number }
  }

  mutating func cancel(_ number: Int32) {
    guard contains(number) else { return }
    let link = links[Int(number)]
    if link.previous < 0 { head = link.next } else { links[Int(link.previous)].next = link.next }
    if link.next < 0 { tail = link.previous } else { links[Int(link.next)].previous = link.previous }
    links[Int(number)] = Link()
  }

  /// Lets nobody wait for longer than this: the order stays.
  mutating func hasten(to limit: Instant) {
    var number = tail
    while number >= 0, links[Int(number)].due > limit {
      links[Int(number)].due = limit
      number = links[Int(number)].previous
    }
  }
}

extension Instant {
  fileprivate static let never = Instant(nanoseconds: .min)
}
