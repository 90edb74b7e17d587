/// Numbers as people read them: ages, rates, counts.
struct Quantity: Sendable {
  /// Plain integers, for `--numeric`.
  var isPlain = false

  /// `3s`, `2m10s`, `4h02m`, `3d04h`; whole seconds when plain.
  func age(seconds: Double) -> String {
    let whole = Int(exactly: max(seconds, 0).rounded(.down)) ?? 0
    if isPlain { return String(whole) }
    switch whole {
    case ..<60: return "\(whole)s"
    case ..<3_600: return "\(whole / 60)m\(Quantity.two(whole % 60))s"
    case ..<86_400: return "\(whole / 3_600)h\(Quantity.two(whole / 60 % 60))m"
    default: return "\(whole / 86_400)d\(Quantity.two(whole / 3_600 % 24))h"
    }
  }

  /// `8.2 Mbit/s`; `0` for silence.
  func bits(perSecond: Double) -> String {
    if isPlain { return Quantity.grouped(perSecond, separator: "") }
    let units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]
    var value = perSecond
    var unit = 0
    while value >= 999.95, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    if value < 0.05 { return "0" }
    return unit == 0
      ? "\(Quantity.grouped(value)) \(units[0])" : "\(Quantity.decimal(value, places: 1)) \(units[unit])"
  }

  /// `1,204 pps`.
  func packets(perSecond: Double) -> String {
    if isPlain { return Quantity.grouped(perSecond, separator: "") }
    let isSlow = perSecond > 0 && perSecond < 10
    return "\(isSlow ? Quantity.decimal(perSecond, places: 1) : Quantity.grouped(perSecond)) pps"
  }

  /// `1,204`; without commas when plain.
  func count(_ number: some BinaryInteger) -> String {
    isPlain ? "\(number)" : Quantity.grouped(number)
  }

  /// Rounded, with so many digits after the point; integer arithmetic, so that every locale prints the same.
  static func decimal(_ value: Double, places: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "-" }
    let scale = (0..<places).reduce(1) { product, _ in product * 10 }
    let scaled = Int((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % scale)
    return "\(sign)\(scaled / scale)." + String(repeating: "0", count: places - fraction.utf8.count)
      + fraction
  }

  private static func grouped(_ value: Double, separator: String = ",") -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "-" }
    return grouped(Int(value.rounded()), separator: separator)
  }

  private static func grouped(_ number: some BinaryInteger, separator: String = ",") -> String {
    let digits = String(number.magnitude)
    var text = number < 0 ? "-" : ""
    for (offset, digit) in digits.enumerated() {
      if offset > 0, (digits.utf8.count - offset).isMultiple(of: 3) { text += separator }
      text.append(digit)
    }
    return text
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
