// swift-tools-version: 6.2
import PackageDescription

// A package of its own: the ordinary build knows nothing of it. `Fuzz/run` builds it with libFuzzer.
let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "mcast", path: "..")],
  targets: [
    .executableTarget(
      name: "Fuzz", dependencies: [.product(name: "Rooms", package: "mcast")],
      swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
