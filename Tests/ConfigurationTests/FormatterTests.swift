import Configuration
import Testing

@Suite struct FormatterTests {
  private func layout(_ text: String) -> String? {
    format(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("Spaces, empty lines and margins are put in order; words and comments stay")
  func layout() {
    #expect(
      layout(
        """


        version   1;   # the language
        log{level debug;rate 5/s ;}


        # Interfaces
          interface eth0   {   # studio
        threshold 5;
              boundary site ; boundary   239.192.0.0/14
          }
        route from eth0 \\
            group 239.1.1.1   to \\
          eth1 # all
        log { debug route , join }
        #end


        """)
          == """
          version 1  # the language
          log { level debug; rate 5/s }

          # Interfaces
          interface eth0 {  # studio
              threshold 5
              boundary site; boundary 239.192.0.0/14
          }
          route from eth0 \\
              group 239.1.1.1 to \\
              eth1  # all
          log { debug route,join }
          #end

          """)
  }

  @Test("A text that cannot be read is not laid out", arguments: ["hook \"/x", "a = b", "version 1\0"])
  func unreadable(text: String) {
    #expect(layout(text) == nil)
  }
}
