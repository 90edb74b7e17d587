import Compatibility
import Testing

@Suite struct PersonalityTests {
  @Test(arguments: [
    ("smcrouted", Personality.smcrouted), ("/usr/sbin/smcroutectl", .smcroutectl), ("-mcast", .mcast),
    ("/usr/sbin/mrouted", .mrouted), ("mroutectl", .mroutectl),
    ("./smcroute", .smcroute), ("/opt/sbin/mrinfo", .mrinfo), ("mtrace", .mtrace), ("map-mbone", .mapMbone),
  ])
  func theLastPartOfThePathDecides(_ name: String, _ personality: Personality) {
    #expect(Personality(calledAs: name) == personality)
  }

  @Test(arguments: ["", "/", "smcroute2", "SMCROUTED"])
  func otherNamesAreNobody(_ name: String) { #expect(Personality(calledAs: name) == nil) }
}
