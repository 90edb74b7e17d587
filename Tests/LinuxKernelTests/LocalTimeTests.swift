import Foundation
import Testing

@testable import LinuxKernel

@Suite("The clock on the wall") struct LocalTimeTests {
  @Test("A moment is written as ctime and with milliseconds, in the zone of the machine")
  func texts() {
    let moment: Int64 = 1_795_236_840_379_000_000
    let time = LocalTime(nanoseconds: moment)
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    let date = Date(timeIntervalSince1970: 1_795_236_840)
    formatter.dateFormat = "EEE MMM dd HH:mm:ss yyyy"
    #expect(time.date == formatter.string(from: date))
    formatter.dateFormat = "HH:mm:ss"
    #expect(time.timeOfDay == formatter.string(from: date) + ".379")
  }

  @Test("A day of one digit has a blank before it")
  func shortDay() {
    // 2026-11-05 12:00 UTC; no zone moves it to a day of two digits.
    #expect(LocalTime(nanoseconds: 1_793_880_000_000_000_000).date.hasPrefix("Thu Nov  5 "))
  }
}
