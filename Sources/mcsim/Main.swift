import LinuxKernel

@main
enum Main {
  static func main() async {
    ThisProcess.end(await Simulator.run(Array(CommandLine.arguments.dropFirst())))
  }
}
