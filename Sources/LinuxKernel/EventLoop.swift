import CLinux
public import Timing

/// Waits for descriptors and for a deadline; the only place where the process sleeps.
///
/// Level-triggered: what is not read now is reported again. One thread, no locks.
@safe public final class EventLoop {
  /// Whom a ready descriptor belongs to.
  public struct Token: Hashable, Sendable {
    /// The part of the program that knows the descriptor.
    public var owner: UInt32
    /// Its own number within that part.
    public var number: UInt32

    public init(owner: UInt32, number: UInt32) {
      self.owner = owner
      self.number = number
    }

    /// The owner that `LinuxDriver` registers its sockets under; not for others.
    public static let kernelOwner: UInt32 = 0xffff_fffe

    fileprivate static let timer = Token(owner: .max, number: .max)
    fileprivate var packed: UInt64 { UInt64(owner) << 32 | UInt64(number) }
    fileprivate init(packed: UInt64) {
      owner = UInt32(truncatingIfNeeded: packed >> 32)
      number = UInt32(truncatingIfNeeded: packed)
    }
  }

  /// What a descriptor is watched for.
  public struct Interest: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let read = Interest(rawValue: 1)
    public static let write = Interest(rawValue: 2)
  }

  /// One descriptor that can go on.
  public struct Ready: Hashable, Sendable {
    public var token: Token
    public var isReadable: Bool
    public var isWritable: Bool
    /// The other end is gone, or the descriptor is in error.
    public var isClosed: Bool
  }

  private let epoll: Descriptor
  private let timer: Descriptor
  private var armed: Instant?
  private let buffer: UnsafeMutableBufferPointer<epoll_event>

  public init() throws(SystemError) {
    let number = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard number >= 0 else { throw .last("epoll_create") }
    epoll = Descriptor(adopting: number)
    let timerNumber = timerfd_create(CLOCK_BOOTTIME, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
    guard timerNumber >= 0 else { throw .last("timerfd_create") }
    timer = Descriptor(adopting: timerNumber)
    unsafe buffer = .allocate(capacity: 64)
    unsafe buffer.initialize(repeating: epoll_event())
    try control(EPOLL_CTL_ADD, timer.number, .timer, .read)
  }

  deinit { unsafe buffer.deallocate() }

  /// Begins to watch a descriptor.
  ///
  /// It is forgotten by itself when it is closed.
  public func watch(
    _ descriptor: Descriptor, as token: Token, for interest: Interest = .read
  ) throws(SystemError) {
    try control(EPOLL_CTL_ADD, descriptor.number, token, interest)
  }

  /// Changes what a watched descriptor is watched for; an empty interest still reports its end.
  public func change(
    _ descriptor: Descriptor, as token: Token, to interest: Interest
  ) throws(SystemError) {
    try control(EPOLL_CTL_MOD, descriptor.number, token, interest)
  }

  /// Stops watching a descriptor that stays open.
  public func forget(_ descriptor: Descriptor) {
    var event = unsafe epoll_event()
    _ = unsafe epoll_ctl(epoll.number, EPOLL_CTL_DEL, descriptor.number, &event)
  }

  /// Waits until a descriptor is ready or the deadline is reached; nil: no deadline.
  ///
  /// - Parameter ready: emptied and filled, at most 64 at a time, in the kernel's order.
  public func wait(until deadline: Instant?, into ready: inout [Ready]) {
    ready.removeAll(keepingCapacity: true)
    arm(deadline)
    let count = unsafe epoll_wait(epoll.number, buffer.baseAddress, Int32(buffer.count), -1)
    guard count > 0 else { return }
    for index in 0..<Int(count) {
      let event = unsafe buffer[index]
      let token = unsafe Token(packed: event.data.u64)
      guard token != .timer else {
        acknowledgeTimer()
        continue
      }
      let bits = unsafe event.events
      ready.append(
        Ready(
          token: token, isReadable: bits & EPOLLIN.rawValue != 0,
          isWritable: bits & EPOLLOUT.rawValue != 0,
          isClosed: bits & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0))
    }
  }

  /// The timer is set only when the deadline moved: most turns cost no call for it.
  private func arm(_ deadline: Instant?) {
    guard deadline != armed else { return }
    armed = deadline
    var setting = itimerspec()
    if let deadline {
      // A zero would disarm; a moment in the past expires at once, which is what is meant.
      let nanoseconds = max(deadline.nanoseconds, 1)
      setting.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
      setting.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
    }
    _ = unsafe timerfd_settime(timer.number, Int32(TFD_TIMER_ABSTIME), &setting, nil)
  }

  private func acknowledgeTimer() {
    armed = nil
    var expirations: UInt64 = 0
    _ = unsafe CLinux.read(timer.number, &expirations, 8)
  }

  private func control(
    _ operation: Int32, _ number: Int32, _ token: Token, _ interest: Interest
  ) throws(SystemError) {
    var event = unsafe epoll_event()
    if interest.contains(.read) { unsafe event.events |= EPOLLIN.rawValue }
    if interest.contains(.write) { unsafe event.events |= EPOLLOUT.rawValue }
    unsafe event.data.u64 = token.packed
    guard unsafe epoll_ctl(epoll.number, operation, number, &event) == 0 else { throw .last("epoll_ctl") }
  }
}
