import LinuxKernel

@main
enum Main {
  static func main() {
    ThisProcess.end(Simulator.run(Array(CommandLine.arguments.dropFirst())))
  }
}
