// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"), .enableExperimentalFeature("Lifetimes"),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// - Parameter files: folders that the tests find by their own path.
func tests(_ name: String, _ dependencies: [Target.Dependency], files: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: files, swiftSettings: strict)
}

let package = Package(
  name: "mcast",
  products: [
    .executable(name: "mcastd", targets: ["mcastd"]),
    .executable(name: "mcast", targets: ["mcast"]),
    .executable(name: "mcsim", targets: ["mcsim"]),
    // For the fuzzer, a package of its own in Fuzz/.
    .library(
      name: "Rooms",
      targets: [
        "Addressing", "Timing", "Diagnostics", "Wire", "Kernel", "DVMRP", "Probing", "Configuration",
        "Router", "Compatibility",
        "LinuxKernel", "Encoding", "Recording",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    .systemLibrary(name: "CLinux"),
    // Layer 1
    room("Addressing"), room("Timing"), room("Diagnostics"),
    // Layer 2
    room("Wire", ["Addressing", "Timing", "Diagnostics"]),
    room("Kernel", ["Addressing", "Timing", "Diagnostics"]),
    // Layer 3
    room("Membership", ["Wire", "Kernel", "Addressing", "Timing", "Diagnostics"]),
    room("DVMRP", ["Wire", "Kernel", "Addressing", "Timing", "Diagnostics"]),
    room("Forwarding", ["Kernel", "Addressing", "Timing", "Diagnostics"]),
    room("Control", ["Kernel", "Addressing", "Timing", "Diagnostics"]),
    // Layer 4
    room(
      "Configuration",
      ["Membership", "DVMRP", "Forwarding", "Kernel", "Addressing", "Timing", "Diagnostics"]),
    room("Probing", ["Wire", "Kernel", "Addressing", "Timing", "Diagnostics"]),
    // Layer 5
    room(
      "Router",
      [
        "Configuration", "Membership", "DVMRP", "Forwarding", "Control", "Wire", "Kernel", "Addressing",
        "Timing", "Diagnostics",
      ]),
    room(
      "Compatibility",
      [
        "Configuration", "Membership", "DVMRP", "Wire", "Forwarding", "Control", "Kernel", "Addressing", "Timing",
        "Diagnostics",
      ]),
    // Layer 6
    room(
      "LinuxKernel", ["CLinux", "Configuration", "Kernel", "Wire", "Addressing", "Timing", "Diagnostics"]),
    room(
      "Encoding",
      [
        "Router", "Control", "Configuration", "Membership", "Forwarding", "Kernel", "Addressing", "Timing",
        "Diagnostics",
      ]),
    room(
      "Simulation",
      [
        "Router", "Configuration", "Membership", "DVMRP", "Control", "Wire", "Kernel", "Addressing", "Timing",
        "Diagnostics",
      ]),
    // Layer 7
    room(
      "Daemon",
      [
        "LinuxKernel", "Encoding", "Router", "Compatibility", "Configuration", "Control", "Kernel",
        "Addressing", "Timing",
        "Diagnostics", .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    room(
      "CommandLine",
      [
        "LinuxKernel", "Encoding", "Compatibility", "Configuration", "Probing", "Control", "Forwarding",
        "Membership", "DVMRP", "Wire",
        "Kernel", "Addressing", "Timing", "Diagnostics",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    room("Recording", ["Encoding", "Router", "Timing"]),
    // Layer 8
    .executableTarget(name: "mcastd", dependencies: ["Daemon"], swiftSettings: strict),
    .executableTarget(name: "mcast", dependencies: ["CommandLine"], swiftSettings: strict),
    .executableTarget(
      name: "mcsim",
      dependencies: [
        "Recording", "Simulation", "Encoding", "Router", "LinuxKernel", "Control", "Addressing", "Timing",
        "Diagnostics",
      ],
      swiftSettings: strict),
    // Tests
    .target(name: "Schemas", dependencies: ["Encoding"], path: "Tests/Schemas", swiftSettings: strict),
    tests("AddressingTests", ["Addressing", "Timing"]),
    tests("TimingTests", ["Timing"]),
    tests("DiagnosticsTests", ["Diagnostics"]),
    tests("WireTests", ["Wire", "Addressing", "Diagnostics"], files: ["Captures"]),
    tests("KernelTests", ["Kernel", "Addressing", "Timing"]),
    tests("MembershipTests", ["Membership", "Wire", "Kernel", "Addressing", "Timing", "Diagnostics"]),
    tests(
      "DVMRPTests", ["DVMRP", "Wire", "Kernel", "Addressing", "Timing", "Diagnostics"]),
    tests("ForwardingTests", ["Forwarding", "Kernel", "Addressing", "Timing", "Diagnostics"]),
    tests(
      "ConfigurationTests",
      [
        "Configuration", "Forwarding", "Membership", "DVMRP", "Kernel", "Addressing", "Timing",
        "Diagnostics",
      ]),
    tests("ProbingTests", ["Probing", "Wire", "Kernel", "Addressing", "Timing", "Diagnostics"]),
    tests(
      "RouterTests",
      [
        "Router", "Configuration", "Forwarding", "Membership", "DVMRP", "Control", "Wire", "Kernel",
        "Addressing", "Timing", "Diagnostics",
      ]),
    tests(
      "CompatibilityTests",
      [
        "Compatibility", "Router", "Configuration", "Membership", "DVMRP", "Forwarding", "Control", "Wire",
        "Kernel", "Addressing", "Timing", "Diagnostics",
      ], files: ["Golden"]),
    tests(
      "SimulationTests",
      ["Simulation", "Router", "Configuration", "Kernel", "Addressing", "Timing", "Diagnostics"]),
    tests("LinuxKernelTests", ["LinuxKernel", "Wire", "Kernel", "Addressing", "Timing", "Diagnostics"]),
    tests(
      "EncodingTests",
      [
        "Recording", "Encoding", "Router", "Configuration", "Forwarding", "Membership", "Control", "Kernel",
        "Addressing",
        "Timing", "Diagnostics",
      ]),
    tests(
      "DaemonTests",
      [
        "Daemon", "Compatibility", "LinuxKernel", "Encoding", "Router", "Configuration", "Forwarding",
        "Membership", "Control",
        "Kernel", "Addressing", "Timing", "Diagnostics",
      ]),
    tests(
      "CommandLineTests",
      [
        "Schemas", "CommandLine", "Compatibility", "LinuxKernel", "Encoding", "Configuration", "Probing",
        "Forwarding",
        "Membership", "Control", "Kernel", "Addressing", "Timing", "Diagnostics",
      ], files: ["Golden"]),
    tests(
      "ReplayTests",
      [
        "Recording", "Encoding", "Router", "Configuration", "Control", "Kernel", "Addressing", "Timing",
        "Diagnostics",
      ]),
    tests("LabTests", ["Schemas", "LinuxKernel", "Kernel", "Addressing", "Timing", "Wire"]),
    tests("TidyTests", []),
  ]
)
