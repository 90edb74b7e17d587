import CLinux

/// A moment as the clock on the wall shows it here (TZ).
public struct LocalTime: Hashable, Sendable {
  /// `04:53:22.379`.
  public let timeOfDay: String
  /// As ctime(3) writes it, without its newline: `Sat Nov 21 04:54:00 2026`.
  public let date: String

  public static var now: LocalTime { LocalTime(nanoseconds: Clock.wallNanoseconds) }

  /// - Parameter nanoseconds: since 1970-01-01 UTC.
  init(nanoseconds: Int64) {
    var seconds = time_t(nanoseconds / 1_000_000_000)
    var local = unsafe tm()
    _ = unsafe localtime_r(&seconds, &local)
    let (hour, minute, second) = unsafe (Int(local.tm_hour), Int(local.tm_min), Int(local.tm_sec))
    let (weekday, month) = unsafe (Int(local.tm_wday), Int(local.tm_mon))
    let (day, year) = unsafe (Int(local.tm_mday), Int(local.tm_year))
    let clock = [hour, minute, second].map { LocalTime.padded($0, 2, "0") }.joined(separator: ":")
    let milliseconds = Int(nanoseconds / 1_000_000 % 1000)
    timeOfDay = "\(clock).\(LocalTime.padded(milliseconds, 3, "0"))"
    date =
      "\(LocalTime.name(weekday, LocalTime.weekdays)) \(LocalTime.name(month, LocalTime.months)) "
      + "\(LocalTime.padded(day, 2, " ")) \(clock) \(1900 + year)"
  }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func name(_ number: Int, _ names: [String]) -> String {
    names.indices.contains(number) ? names[number] : "???"
  }

  private static func padded(_ number: Int, _ width: Int, _ filling: String) -> String {
    let text = "\(number)"
    return String(repeating: filling, count: max(0, width - text.count)) + text
  }
}
