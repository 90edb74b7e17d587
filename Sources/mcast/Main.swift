import CommandLine

@main
enum Main {
  static func main() { Mcast.main() }
}
