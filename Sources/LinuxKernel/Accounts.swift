import CLinux

/// Users and groups, read from /etc/passwd and /etc/group by ourselves: a static binary has no name service.
public enum Accounts {
  /// A line of /etc/passwd.
  public struct User: Hashable, Sendable {
    public var name: String
    public var uid: UInt32
    public var gid: UInt32
    /// The further groups that name the user.
    public var groups: [UInt32]
  }

  /// A user by name; nil when there is none.
  public static func user(named name: String) -> User? {
    guard let file = try? Files.read("/etc/passwd", limit: 16 << 20) else { return nil }
    guard let fields = line(of: name, in: file.bytes), fields.count >= 4,
      let uid = UInt32(fields[2]), let gid = UInt32(fields[3])
    else { return nil }
    return User(name: name, uid: uid, gid: gid, groups: groups(of: name))
  }

  /// A user and its group by `USER` or `USER:GROUP`; nil when one of them is not there.
  public static func user(withGroup words: String) -> User? {
    let parts = words.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard var user = user(named: parts[0]) else { return nil }
    guard parts.count == 2 else { return user }
    guard let gid = group(named: parts[1]) else { return nil }
    user.gid = gid
    return user
  }

  /// The name of a user; nil when no line has the number.
  public static func userName(_ uid: UInt32) -> String? {
    guard let file = try? Files.read("/etc/passwd", limit: 16 << 20) else { return nil }
    return lines(file.bytes).first { $0.count >= 3 && UInt32($0[2]) == uid }?[0]
  }

  /// The number of a group by name; nil when there is none.
  public static func group(named name: String) -> UInt32? {
    guard let file = try? Files.read("/etc/group", limit: 16 << 20) else { return nil }
    guard let fields = line(of: name, in: file.bytes), fields.count >= 3 else { return nil }
    return UInt32(fields[2])
  }

  private static func groups(of user: String) -> [UInt32] {
    guard let file = try? Files.read("/etc/group", limit: 16 << 20) else { return [] }
    return lines(file.bytes).compactMap { fields in
      guard fields.count >= 4, fields[3].split(separator: ",").contains(where: { $0 == user }) else {
        return nil
      }
      return UInt32(fields[2])
    }
  }

  static func line(of name: String, in bytes: [UInt8]) -> [String]? {
    lines(bytes).first { $0[0] == name }
  }

  /// The fields of each line; never an empty list.
  private static func lines(_ bytes: [UInt8]) -> [[String]] {
    bytes.split(separator: UInt8(ascii: "\n")).map { line in
      line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
  }
}
