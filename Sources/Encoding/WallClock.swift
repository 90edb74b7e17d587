public import Timing

/// One moment on both clocks: turns the Router's instants into the time of day and back.
///
/// A change of the system's clock moves every converted instant with it.
public struct WallClock: Hashable, Sendable {
  public var now: Instant
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public var wall: Int64

  public init(now: Instant, wall: Int64) {
    self.now = now
    self.wall = wall
  }

  /// RFC 3339 in UTC with milliseconds: `2026-11-21T06:45:00.250Z`.
  public func text(_ instant: Instant) -> String {
    var bytes: [UInt8] = []
    appendText(instant, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The time of day of `now`.
  public var text: String { text(now) }

  func appendText(_ instant: Instant, to bytes: inout [UInt8]) {
    // Rounded to the millisecond, so that what is read back differs by half of one at most.
    let milliseconds = (wall &+ (instant - now).nanoseconds &+ 500_000) / 1_000_000
    CalendarTime(milliseconds: max(0, milliseconds)).appendText(to: &bytes)
  }

  /// The instant of a text that `text(_:)` wrote; nil for anything else.
  public func instant(_ text: String) -> Instant? {
    guard let time = CalendarTime(text) else { return nil }
    return now + .nanoseconds(time.milliseconds &* 1_000_000 &- wall)
  }

  /// Seconds from `instant` until now, to the millisecond; not negative.
  public func seconds(since instant: Instant) -> Double {
    Double(max(0, (now - instant).milliseconds)) / 1000
  }

  /// Seconds from now until `instant`, to the millisecond; not negative.
  public func seconds(until instant: Instant) -> Double {
    Double(max(0, (instant - now).milliseconds)) / 1000
  }
}

/// A date and a time of day in UTC; the years 1970 to 9999.
struct CalendarTime: Hashable {
  /// Since 1970-01-01T00:00:00Z.
  var milliseconds: Int64

  init(milliseconds: Int64) { self.milliseconds = min(milliseconds, 253_402_300_799_999) }

  func appendText(to bytes: inout [UInt8]) {
    let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
    let (year, month, day) = CalendarTime.date(days: days)
    CalendarTime.append(year, digits: 4, to: &bytes)
    bytes.append(UInt8(ascii: "-"))
    CalendarTime.append(month, digits: 2, to: &bytes)
    bytes.append(UInt8(ascii: "-"))
    CalendarTime.append(day, digits: 2, to: &bytes)
    bytes.append(UInt8(ascii: "T"))
    CalendarTime.append(rest / 3_600_000, digits: 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    CalendarTime.append(rest / 60_000 % 60, digits: 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    CalendarTime.append(rest / 1000 % 60, digits: 2, to: &bytes)
    bytes.append(UInt8(ascii: "."))
    CalendarTime.append(rest % 1000, digits: 3, to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// Reads exactly the form that `appendText` writes.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 24 else { return nil }
    for (index, byte) in [4: "-", 7: "-", 10: "T", 13: ":", 16: ":", 19: ".", 23: "Z"] {
      guard bytes[index] == byte.utf8.first else { return nil }
    }
    func number(_ range: Range<Int>) -> Int64? {
      var value: Int64 = 0
      for byte in bytes[range] {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        value = value * 10 + Int64(byte - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      let fraction = number(20..<23), year >= 1970, (1...12).contains(month), (1...31).contains(day),
      hour < 24, minute < 60, second < 61
    else { return nil }
    let days = CalendarTime.days(year: year, month: month, day: day)
    milliseconds = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + fraction
  }

  private static func append(_ value: Int64, digits: Int, to bytes: inout [UInt8]) {
    var scale: Int64 = 1
    for _ in 1..<digits { scale *= 10 }
    while scale > 0 {
      bytes.append(0x30 + UInt8(truncatingIfNeeded: value / scale % 10))
      scale /= 10
    }
  }

  /// The Gregorian date of a day counted from 1970-01-01.
  ///
  /// The year is reckoned from 1 March, so that the leap day ends it.
  private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let march = (5 * dayOfYear + 2) / 153
    let month = march < 10 ? march + 3 : march - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * march + 2) / 5 + 1)
  }

  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
