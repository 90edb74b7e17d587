import Addressing
import Compatibility
import Diagnostics
import LinuxKernel
import Probing
import Timing

/// The programs `mrinfo`, `mtrace` and `map-mbone`: what a command line asks for, and the session that does
/// it.
struct ProbingTool {
  let tool: ProbingArguments.Tool
  let surroundings: ProbingSurroundings

  /// Does what the words after the program's name say; the exit status.
  func run(_ words: [String]) -> Int32 {
    let isOlder = surroundings.environment("MROUTED_COMPAT") == "3"
    let (arguments, result) = ProbingArguments.read(tool, words, isOlder: isOlder)
    guard let arguments else { return result.map(say) ?? 1 }
    do throws(Refusal) {
      switch tool {
      case .mrinfo: return try neighbors(arguments, isOlder)
      case .mapMbone: return try survey(arguments)
      case .mtrace: return arguments.flags.contains("p") ? try listen(arguments) : try trace(arguments)
      }
    } catch {
      return say(error.result)
    }
  }

  /// Why the program ends before it has asked anybody.
  private struct Refusal: Error {
    var result: ProgramResult

    init(_ tool: ProbingArguments.Tool, _ text: String) {
      result = ProgramResult(complaint: "\(tool.rawValue): \(text)\n", exitCode: 1)
    }

    static func usage(_ tool: ProbingArguments.Tool) -> Refusal {
      var refusal = Refusal(tool, "")
      refusal.result = ProgramResult(output: tool.usage, exitCode: 1)
      return refusal
    }
  }

  private func say(_ result: ProgramResult) -> Int32 {
    if !result.complaint.isEmpty { surroundings.complain(Array(result.complaint.utf8)) }
    if !result.output.isEmpty { surroundings.write(Array(result.output.utf8)) }
    return result.exitCode
  }

  private func open(_ address: Address? = nil) throws(Refusal) -> any ProbingChannel {
    do throws(SystemError) {
      return try surroundings.open(address)
    } catch {
      guard ["EPERM", "EACCES"].contains(error.name) else { throw Refusal(tool, "\(error)") }
      throw Refusal(tool, "must be root")
    }
  }

  private func host(_ name: String) throws(Refusal) -> Address {
    guard let address = surroundings.addresses(name).first else {
      throw Refusal(tool, "\(name.escapingControls): no such host")
    }
    return address
  }

  private func start(
    _ session: inout some ProbingSession, _ arguments: ProbingArguments, over channel: any ProbingChannel
  ) -> Int32 {
    var run = ProbingRun(surroundings: surroundings, program: tool.rawValue)
    run.isTelling = arguments.numbers["d"].map { $0 > 0 } ?? false
    return run.run(&session, over: channel)
  }

  // MARK: mrinfo

  private func neighbors(_ arguments: ProbingArguments, _ isOlder: Bool) throws(Refusal) -> Int32 {
    let channel = try open()
    var plan = NeighborsSession.Plan(router: try host(arguments.operands.first ?? "127.0.0.1"))
    plan.retries = arguments.numbers["r"] ?? plan.retries
    plan.patience = arguments.numbers["t"].map { .seconds($0) } ?? plan.patience
    plan.isNumeric = arguments.flags.contains("n")
    if isOlder { plan.missingName = nil }
    var session = NeighborsSession(plan, names: surroundings.names)
    return start(&session, arguments, over: channel)
  }

  // MARK: map-mbone

  private func survey(_ arguments: ProbingArguments) throws(Refusal) -> Int32 {
    let channel = try open()
    var plan = SurveySession.Plan(router: try host(arguments.operands.first ?? "224.0.0.1"))
    plan.floods = arguments.flags.contains("f") || arguments.operands.isEmpty
    plan.retries = arguments.numbers["r"] ?? plan.retries
    plan.patience = arguments.numbers["t"].map { .seconds($0) } ?? plan.patience
    plan.isNumeric = arguments.flags.contains("n")
    if arguments.flags.contains("g") { plan.graphTime = surroundings.date() }
    var session = SurveySession(plan, names: surroundings.names)
    return start(&session, arguments, over: channel)
  }

  // MARK: mtrace

  /// Source, receiver and group: the last two may change places.
  private func path(
    _ words: [String]
  ) throws(Refusal) -> (source: Address?, receiver: Address?, group: Group?) {
    var addresses: [Address] = []
    for word in words { addresses.append(try host(word)) }
    let groups = addresses.dropFirst().compactMap { Group($0) }
    let hosts = addresses.filter { !$0.isMulticast }
    guard addresses.first.map({ !$0.isMulticast }) ?? true, groups.count <= 1, hosts.count <= 2 else {
      throw .usage(tool)
    }
    return (hosts.first, hosts.count > 1 ? hosts[1] : nil, groups.first)
  }

  private func listen(_ arguments: ProbingArguments) throws(Refusal) -> Int32 {
    let path = try path(arguments.operands)
    var plan = TraceListener.Plan()
    (plan.source, plan.receiver, plan.group) = (path.source, path.receiver, path.group)
    plan.isNumeric = arguments.flags.contains("n")
    plan.isVerbose = arguments.flags.contains("v")
    plan.wallOffset = surroundings.wall() - surroundings.now().nanoseconds
    let own = try arguments.texts["i"].map { name throws(Refusal) in try host(name) }
    let channel = try open(own)
    let answers = try arguments.texts["r"].map { name throws(Refusal) in try host(name) }
    try join(answers ?? TracePlan.answerGroup, own, channel)
    var session = TraceListener(plan, names: surroundings.names)
    return start(&session, arguments, over: channel)
  }

  private func join(
    _ group: Address, _ own: Address?, _ channel: any ProbingChannel
  ) throws(Refusal) {
    guard group.isMulticast, let address = own ?? surroundings.ownAddress(group) else { return }
    do throws(SystemError) { try channel.join(group, from: address) } catch {
      throw Refusal(tool, "\(error)")
    }
  }

  private func trace(_ arguments: ProbingArguments) throws(Refusal) -> Int32 {
    let path = try path(arguments.operands)
    guard let source = path.source else { throw .usage(tool) }
    var request = TraceRequest(source: source, receiver: path.receiver, group: path.group)
    request.gateway = try arguments.texts["g"].map { name throws(Refusal) in try host(name) }
    request.own = try arguments.texts["i"].map { name throws(Refusal) in try host(name) }
    guard var plan = request.plan(surroundings) else { throw Refusal(tool, "no route leads to \(source)") }
    if arguments.flags.contains("M") { plan.answer = .group }
    if let name = arguments.texts["r"] { plan.answer = .fixed(try host(name)) }
    if let hops = arguments.numbers["m"] { (plan.maximumHops, plan.isLimited) = (min(32, hops), true) }
    plan.hops = arguments.numbers["t"].map { UInt8(clamping: $0) }
    plan.tries = arguments.numbers["q"] ?? plan.tries
    plan.patience = arguments.numbers["w"].map { .seconds($0) } ?? plan.patience
    plan.statistics = arguments.numbers["S"].map { .seconds($0) } ?? plan.statistics
    plan.repeats = arguments.flags.contains("l")
    if arguments.flags.contains("s"), !plan.repeats { plan.statistics = nil }
    plan.isNumeric = arguments.flags.contains("n")
    plan.isVerbose = arguments.flags.contains("v")
    let channel = try open(request.own)
    if case .fixed(let answers) = plan.answer {
      try join(answers, request.own, channel)
    } else {
      try join(TracePlan.answerGroup, request.own, channel)
    }
    var session = TraceSession(plan, number: surroundings.number(), names: surroundings.names)
    return start(&session, arguments, over: channel)
  }
}

/// A trace as it was asked for, before it is known where we are.
struct TraceRequest {
  var source: Address
  /// Nil: we are.
  var receiver: Address?
  var group: Group?
  /// The router to begin at; nil: the receiver's, found by a question to all.
  var gateway: Address?
  /// Our address for questions to groups; nil: the routes decide.
  var own: Address?

  init(source: Address, receiver: Address? = nil, group: Group? = nil) {
    self.source = source
    self.receiver = receiver
    self.group = group
  }

  /// Nil when no route leads anywhere.
  func plan(_ surroundings: ProbingSurroundings) -> TracePlan? {
    guard let group = group ?? Group(TracePlan.usualGroup),
      let own = own ?? surroundings.ownAddress(group.address) ?? surroundings.ownAddress(source)
    else { return nil }
    let receiver = receiver ?? own
    let subnet = surroundings.subnets().first { $0.contains(receiver) }
    // Routers of the receiver's link hear a question to all of them; elsewhere the group finds the last one.
    let isNear = subnet?.contains(own) ?? false
    var plan = TracePlan(
      source: source, receiver: receiver, receiverSubnet: subnet, group: group,
      target: gateway ?? (isNear ? TraceSession.allRouters : group.address), answer: .own(own))
    plan.checksTarget = gateway.map { !$0.isMulticast } ?? false
    plan.wallOffset = surroundings.wall() - surroundings.now().nanoseconds
    return plan
  }
}
