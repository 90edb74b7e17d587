import Addressing
import Probing
import Testing
import Timing
import Wire

/// The lines of the original's tool on a line of three routers, against routers that are played here.
@Suite struct TraceTests {
  private let source = Address(ipv4: 0x0a4d_0102)
  private let receiver = Address(ipv4: 0x0a4d_0302)

  /// The routers' links from the receiver on: outgoing, incoming, previous hop.
  private let path = [
    ("10.77.3.1", "10.77.23.3", "10.77.23.2"), ("10.77.23.2", "10.77.12.2", "10.77.12.1"),
    ("10.77.12.1", "10.77.1.1", "0.0.0.0"),
  ]

  private func plan(_ change: (inout TracePlan) -> Void = { _ in }) throws -> TracePlan {
    let group = try #require(Address("239.77.1.1").flatMap { Group($0) })
    var plan = TracePlan(
      source: source, receiver: receiver, group: group, target: TraceSession.allRouters,
      answer: .own(receiver))
    plan.isNumeric = true
    plan.statistics = nil
    change(&plan)
    return plan
  }

  /// A world in which the first `answering` routers answer; says all that the tool would.
  private func play(
    _ plan: TracePlan, answering: Int = 3, known: Bool = true, counts: [UInt32] = [0, 80]
  ) -> (text: String, status: Int32) {
    var session = TraceSession(plan, number: 7)
    var (text, now, traces) = ("", Instant.start, 0)
    var open = session.begin(at: now)
    while !open.isEmpty || session.nextDeadline != nil {
      var next: [ProbingStep] = []
      for step in open {
        switch step {
        case .say(let line): text += line
        case .complain(let line): text += line + "\n"
        case .end(let status): return (text, status)
        case .send(let bytes, let target, _):
          guard known else { continue }
          if let query = try? TraceMessage(decoding: bytes.span) {
            let count = min(Int(query.maximumHops), path.count)
            guard count <= answering else { continue }
            let packets = counts[min(traces, counts.count - 1)]
            traces += 1
            next += session.receive(answer(query, count, packets, now), from: target, at: now)
          }
        }
      }
      if next.isEmpty, let deadline = session.nextDeadline {
        now = deadline
        next = session.expire(at: now)
      }
      open = next
    }
    return (text, -1)
  }

  private func answer(_ query: TraceMessage, _ count: Int, _ packets: UInt32, _ now: Instant = .start)
    -> [UInt8]
  {
    var answer = query
    answer.isResponse = true
    answer.hops = path.prefix(count).map { outgoing, incoming, previous in
      TraceHop(
        arrival: TraceHop.arrival(seconds: now.nanoseconds / 1_000_000_000, microseconds: 0),
        incoming: Address(incoming) ?? source, outgoing: Address(outgoing) ?? source,
        previous: Address(previous) ?? source, packetsIn: packets, packetsOut: packets,
        flowPackets: packets, threshold: 1, sourceLength: 24)
    }
    return answer.encoded()
  }

  @Test func theWholePathAtOnce() throws {
    let (text, status) = play(try plan())
    #expect(
      text == """
        Mtrace from 10.77.1.2 to 10.77.3.2 via group 239.77.1.1
        Querying full reverse path... 
          0  10.77.3.2
         -1  10.77.3.1  DVMRP  thresh^ 1  
         -2  10.77.23.2  DVMRP  thresh^ 1  
         -3  10.77.12.1  DVMRP  thresh^ 1  
         -4  10.77.1.2
        Round trip time 0 ms


        """)
    #expect(status == 0)
  }

  @Test func withDelays() throws {
    let (text, _) = play(try plan { $0.isVerbose = true })
    #expect(text.contains(" -2  10.77.23.2  DVMRP  thresh^ 1  0 ms  \n"))
  }

  @Test func behindTheFirstRouterNobodyAnswers() throws {
    let (text, status) = play(try plan(), answering: 1)
    #expect(
      text == """
        Mtrace from 10.77.1.2 to 10.77.3.2 via group 239.77.1.1
        Querying full reverse path... * switching to hop-by-hop:
          0  10.77.3.2
         -1  10.77.3.1  DVMRP  thresh^ 1  
         -2  * * * * * 10.77.23.2 didn't respond
         -3  * * * 
         -4  * * * 
         -5  * * * ...giving up
        Round trip time 0 ms


        """)
    #expect(status == 0)
  }

  @Test func nobodyAnswersAtAll() throws {
    let (text, status) = play(try plan { $0.answer = .group }, known: false)
    #expect(
      text == """
        Mtrace from 10.77.1.2 to 10.77.3.2 via group 239.77.1.1
        Querying full reverse path... * switching to hop-by-hop:
          0  10.77.3.2
         -1  * * * Timed out receiving responses
        Perhaps no local router has a route for source 10.77.1.2

        """)
    #expect(status == 1)
  }

  @Test func statisticsCompareTwoTraces() throws {
    let (text, status) = play(try plan { $0.statistics = .seconds(4) })
    let page = try #require(text.split(separator: "statistics... ").last)
    #expect(
      page == """
        Results after 4 seconds:

          Source        Response Dest    Packet Statistics For     Only For Traffic
        10.77.1.2       10.77.3.2        All Multicast Traffic     From 10.77.1.2
             v       __/  rtt    0 ms    Lost/Sent = Pct  Rate       To 239.77.1.1
        10.77.1.1      
        10.77.12.1                     
             v     ^      ttl    1        0/80   =  0%  20 pps     0/80   =  0%  20 pps
        10.77.12.2     
        10.77.23.2                     
             v     ^      ttl    2        0/80   =  0%  20 pps     0/80   =  0%  20 pps
        10.77.23.3     
        10.77.3.1                      
             v      \\__   ttl    3          80          20 pps       80          20 pps
        10.77.3.2       10.77.3.2
          Receiver      Query Source


        """)
    #expect(status == 0)
  }

  @Test func answersToOthersAreNotOurs() throws {
    var session = TraceSession(try plan(), number: 7)
    _ = session.begin(at: .start)
    let group = try #require(Address("239.77.1.1").flatMap { Group($0) })
    let foreign = TraceMessage(
      maximumHops: 32, group: group, source: source, receiver: receiver, answerTo: receiver,
      tag: TraceTag(number: 99, timeToLive: 255))
    #expect(session.receive(answer(foreign, 3, 0), from: receiver, at: .start) == [])
    #expect(session.receive([0x1e, 1, 2], from: receiver, at: .start) == [])
  }
}
