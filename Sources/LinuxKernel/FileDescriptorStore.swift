import CLinux
public import Timing

/// Where the daemon's descriptors outlive it: with the service manager, else with a keeper.
///
/// Both speak the same messages. What is kept here is kept there, and given to the next life by its name.
public final class FileDescriptorStore {
  /// Who keeps.
  public enum Holder: Hashable, Sendable { case serviceManager, keeper }

  public let holder: Holder
  /// Nil: the keeper is gone and another could not be started.
  private var channel: Descriptor?
  private let address: String
  private let trusted: Set<UInt32>
  private var kept: [String: Descriptor] = [:]
  /// What a former life left and nobody has taken yet.
  private var left: [String: Descriptor] = [:]
  /// Of one name there can be one.
  private var surplus = 0
  private var hold = Keeper.defaultHold
  /// When another keeper is to be started; nil: there is one.
  public private(set) var renewal: Instant?
  private var renewed: Instant?
  private var pause = FileDescriptorStore.firstPause

  private static let firstPause = Duration.milliseconds(50)

  /// Finds the service manager, or the keeper of this name, or starts one.
  ///
  /// - Parameter name: tells the daemons of one network namespace apart.
  /// - Parameter trusting: whose keeper is believed beside root's and our own.
  /// - Returns: nil with the reason where nobody can keep anything; the daemon runs on without.
  public static func open(
    _ name: String, trusting: [UInt32] = []
  ) throws(SystemError) -> FileDescriptorStore {
    if let path = manager { return try FileDescriptorStore(serviceManager: path) }
    return try FileDescriptorStore(keeper: name, trusting)
  }

  /// Where a service manager listens that keeps descriptors; nil: it keeps none, or there is none.
  ///
  /// That one listens does not mean that it keeps: it says so in `FDSTORE`, and where it is too old to say,
  /// its unit does.
  private static var manager: String? {
    let isKept =
      ThisProcess.environment("MCAST_FDSTORE") == "1"
      || (ThisProcess.environment("FDSTORE").flatMap { Int($0) } ?? 0) > 0
    return isKept ? ThisProcess.environment("NOTIFY_SOCKET") : nil
  }

  /// Whether a former life of this name seems to have left something; nothing is started or taken.
  public static func hasPredecessor(_ name: String) -> Bool {
    if manager != nil { return ThisProcess.environment("LISTEN_PID") == "\(getpid())" }
    let address = Keeper.address(name)
    guard ThisProcess.environment(inherited) == nil else { return true }
    let table = (try? Files.readVirtual("/proc/self/net/unix")) ?? []
    return table.split(separator: UInt8(ascii: "\n")).contains { line in
      line.split(separator: UInt8(ascii: " ")).last?.elementsEqual(address.utf8) ?? false
    }
  }

  private init(serviceManager path: String) throws(SystemError) {
    guard let name = UnixAddress(path) else { throw SystemError("connect", path, errno: EINVAL) }
    let socket = try Descriptor.socket(AF_UNIX, mc_SOCK_DGRAM, 0, blocking: true)
    guard name.connect(socket) == 0 else { throw .last("connect", path) }
    _ = mc_send_timeout(socket.number, 5)
    (holder, channel, address, trusted) = (.serviceManager, socket, path, [])
    takeListenDescriptors()
  }

  private init(keeper name: String, _ trusting: [UInt32]) throws(SystemError) {
    (holder, address) = (.keeper, Keeper.address(name))
    trusted = Set([0, geteuid()] + trusting)
    if let inherited = ThisProcess.environment(FileDescriptorStore.inherited).flatMap({ Int32($0) }) {
      ThisProcess.removeEnvironment(FileDescriptorStore.inherited)
      _ = mc_fcntl(inherited, F_SETFD, Int(FD_CLOEXEC))
      if mc_socket_fact(inherited, mc_SO_TYPE) == mc_SOCK_SEQPACKET {
        channel = Descriptor(adopting: inherited)
        if take() == .given { return }
      }
    }
    // One that is about to notice the end of its former daemon is asked again.
    let end = Clock.now + .milliseconds(300)
    while true {
      if try connect(), take() == .given { return }
      guard Clock.now < end else { throw SystemError("connect", address, errno: EBUSY) }
      Terminal.pause(seconds: 0.01)
    }
  }

  /// The variable that names the connection to the keeper for the program that takes our place.
  private static let inherited = "MCAST_KEEPER"

  /// What the service manager passed: from 3 on, named by variables that are ours alone.
  private func takeListenDescriptors() {
    let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]
    let values = variables.map { ThisProcess.environment($0) }
    for name in variables { ThisProcess.removeEnvironment(name) }
    guard values[0] == "\(getpid())", let count = values[1].flatMap({ Int32($0) }), count > 0 else { return }
    let names = (values[2] ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    for number in 0..<min(count, 65_536) {
      guard mc_fcntl(3 + number, F_SETFD, Int(FD_CLOEXEC)) == 0 else { continue }
      let name = Int(number) < names.count ? names[Int(number)] : "unknown"
      note(Descriptor(adopting: 3 + number), name)
    }
  }

  private func note(_ descriptor: Descriptor, _ name: String) {
    guard left[name] == nil else {
      surplus += 1
      left["\(name)#\(surplus)"] = descriptor
      return
    }
    left[name] = descriptor
  }

  /// Connects to the keeper, and starts it where there is none; false: it is to be tried again.
  private func connect() throws(SystemError) -> Bool {
    guard let name = UnixAddress(address) else { throw SystemError("connect", address, errno: EINVAL) }
    let socket = try Descriptor.socket(AF_UNIX, mc_SOCK_SEQPACKET, 0, blocking: true)
    guard name.connect(socket) == 0 else {
      let failure = mc_errno()
      guard failure == ECONNREFUSED else { throw SystemError("connect", address, errno: failure) }
      do throws(SystemError) { try Keeper.start(at: address) } catch {
        // Another start was faster.
        if error.errno != EADDRINUSE { throw error }
      }
      return false
    }
    guard let uid = socket.peerUID, trusted.contains(uid) else {
      throw SystemError("connect", address, errno: EPERM)
    }
    _ = mc_send_timeout(socket.number, 5)
    channel = socket
    return true
  }

  private enum Taking { case given, refused }

  /// Has the keeper give what it holds.
  private func take() -> Taking {
    guard let channel, channel.send("GIVE=1") == 0 else { return .refused }
    let end = Clock.now + .seconds(5)
    while channel.wait(for: .read, until: end), let message = channel.receiveMessage() {
      if message["END"] == "1" { return .given }
      guard let name = message["FDNAME"], let descriptor = message.descriptor else { break }
      note(descriptor, name)
    }
    self.channel = nil
    left = [:]
    return .refused
  }

  /// What comes of asking who keeps.
  public enum Answer: Hashable, Sendable { case gives, silent, gone }

  /// Whether who keeps could give the next life what it has: a keeper is asked for it, and has a second.
  public func ask() -> Answer {
    guard holder == .keeper else { return .gives }
    guard let channel, channel.send("GIVE=1") == 0 else { return .gone }
    let end = Clock.now + .seconds(1)
    while channel.wait(for: .read, until: end) {
      guard let message = channel.receiveMessage() else { return .gone }
      if message["END"] == "1" { return .gives }
    }
    return .silent
  }

  // MARK: Keeping

  /// Takes what a former life left under this name; it goes on being kept.
  public func take(_ name: String) -> Descriptor? {
    guard let descriptor = left.removeValue(forKey: name) else { return nil }
    kept[name] = descriptor
    return descriptor
  }

  /// What a former life left and nobody has taken.
  public var names: [String] { left.keys.sorted() }

  /// Gives a descriptor a life beyond the daemon's; once, right after it was opened.
  public func keep(_ descriptor: Descriptor, as name: String) {
    FaultPoint.reach(.opened)
    kept[name] = descriptor
    say("FDSTORE=1\nFDNAME=\(name)\nFDPOLL=0", descriptor)
    FaultPoint.reach(.kept)
  }

  /// Lets one go.
  public func drop(_ name: String) {
    guard kept.removeValue(forKey: name) != nil || left.removeValue(forKey: name) != nil else { return }
    let told = String(name.prefix { $0 != "#" })
    say("FDSTOREREMOVE=1\nFDNAME=\(told)")
    // A service manager lets go of all that have the name.
    if told != name, let other = kept[told] { say("FDSTORE=1\nFDNAME=\(told)\nFDPOLL=0", other) }
  }

  /// How long a keeper waits for the next daemon.
  public func hold(seconds: Int64) {
    guard hold != seconds else { return }
    hold = seconds
    if holder == .keeper { say("HOLD=\(seconds)") }
  }

  private func say(_ text: String, _ descriptor: Descriptor? = nil) {
    guard let channel, channel.send(text, passing: descriptor) != 0, holder == .keeper else { return }
    lost(at: Clock.now)
  }

  // MARK: The end

  /// Lets everything go, politely, and waits until it is gone.
  public func withdraw() {
    switch holder {
    case .serviceManager:
      for name in kept.keys.sorted() { drop(name) }
    case .keeper:
      say("BYE=1")
      kept = [:]
      if let channel { _ = channel.wait(for: .read, until: Clock.now + .seconds(1)) }
    }
    left = [:]
  }

  /// Lets the program that takes our place have the connection: the keeper then sees no end of its daemon.
  public func passOn() {
    guard holder == .keeper, let channel else { return }
    _ = mc_fcntl(channel.number, F_SETFD, 0)
    ThisProcess.setEnvironment(FileDescriptorStore.inherited, "\(channel.number)")
  }

  // MARK: The keeper's own end

  /// To be watched, so that a keeper that ends is replaced; nil with a service manager.
  public var keeper: Descriptor? { holder == .keeper ? channel : nil }

  /// The keeper is gone: `renewal` says when the next is due.
  ///
  /// At once, but one that does not live is not started ever again without a pause.
  public func lost(at now: Instant) {
    channel = nil
    guard let renewed, now < renewed + .seconds(10) else {
      (pause, renewal) = (FileDescriptorStore.firstPause, now)
      return
    }
    renewal = now + pause
    pause = min(pause * 2, .seconds(10))
  }

  /// Starts another keeper and gives it all that the first one had.
  ///
  /// - Returns: why that could not be; it is to be tried again when `renewal` says.
  public func renew(at now: Instant) -> SystemError? {
    var failure = SystemError("connect", address, errno: EAGAIN)
    let end = Clock.now + .milliseconds(300)
    do throws(SystemError) {
      // The address of one that is being killed still takes a connection, and nobody ever reads it.
      while channel == nil, Clock.now < end {
        if try connect(), ask() != .gives { channel = nil }
      }
    } catch {
      failure = error
    }
    renewed = now
    say("HOLD=\(hold)")
    for (name, descriptor) in kept.sorted(by: { $0.key < $1.key }) {
      say("FDSTORE=1\nFDNAME=\(name)\nFDPOLL=0", descriptor)
    }
    guard channel == nil else {
      renewal = nil
      return nil
    }
    lost(at: now)
    return failure
  }
}
