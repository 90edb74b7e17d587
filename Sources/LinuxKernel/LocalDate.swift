import CLinux

/// The date and time of day where this machine is.
public enum LocalDate {
  /// As ctime(3) writes it, without its newline: `Sat Nov 21 04:54:00 2026`.
  public static func text(wallNanoseconds: Int64) -> String {
    var now = time_t(wallNanoseconds / 1_000_000_000)
    var local = unsafe tm()
    guard unsafe localtime_r(&now, &local) != nil else { return "Thu Jan  1 00:00:00 1970" }
    // The structure has a pointer, to the name of the time zone, which is not looked at.
    let numbers = unsafe [
      local.tm_wday, local.tm_mon, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
    ]
    let year = unsafe Int(local.tm_year) + 1900
    let day = names("SunMonTueWedThuFriSat", Int(numbers[0]))
    let month = names("JanFebMarAprMayJunJulAugSepOctNovDec", Int(numbers[1]))
    let date = numbers[2] < 10 ? " \(numbers[2])" : "\(numbers[2])"
    let clock = numbers[3...].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    return "\(day) \(month) \(date) \(clock) \(year)"
  }

  private static func names(_ all: String, _ number: Int) -> String {
    String(all.dropFirst(max(0, number) * 3).prefix(3))
  }
}
