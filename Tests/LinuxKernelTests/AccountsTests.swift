import Testing

@testable import LinuxKernel

@Suite struct AccountsTests {
  @Test("A user is found by name, its group by the name behind a colon")
  func userWithGroup() throws {
    let root = try #require(Accounts.user(withGroup: "root"))
    #expect(root.uid == 0 && root.gid == 0)
    let other = try #require(Accounts.user(withGroup: "root:daemon"))
    #expect(other.uid == 0 && other.gid == Accounts.group(named: "daemon"))
  }

  @Test(
    "Who is not there is nobody",
    arguments: ["", ":", ":root", "root:", "root:no-such-group", "no-such-user"])
  func unknown(words: String) { #expect(Accounts.user(withGroup: words) == nil) }
}
