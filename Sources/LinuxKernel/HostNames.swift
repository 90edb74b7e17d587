public import Addressing
import CLinux
import Timing
import Wire

/// Names of hosts and back, by /etc/hosts and the name servers of /etc/resolv.conf: a static binary has no
/// name service.
///
/// Waits for a second at most for each server; one that stayed silent is not asked again.
public final class HostNames {
  private var names: [Address: String?] = [:]
  private let hosts: [(address: Address, names: [String])]
  private var servers: [Address]
  private let search: [String]
  private var number = UInt16(truncatingIfNeeded: Clock.wallNanoseconds / 1000)

  static let patience = Duration.seconds(1)

  /// - Parameters:
  ///   - hosts: the file of names.
  ///   - resolver: the file that names the servers.
  public init(hosts: String = "/etc/hosts", resolver: String = "/etc/resolv.conf") {
    self.hosts = HostNames.lines(hosts).compactMap { words in
      words.first.flatMap { Address($0) }.map { ($0, Array(words.dropFirst())) }
    }
    let lines = HostNames.lines(resolver)
    servers = lines.filter { $0.first == "nameserver" && $0.count > 1 }.prefix(3).compactMap {
      Address($0[1])
    }
    search =
      lines.last { ["search", "domain"].contains($0[0]) }.map { Array($0.dropFirst().prefix(6)) } ?? []
  }

  private static func lines(_ path: String) -> [[String]] {
    guard let file = try? Files.read(path, limit: 16 << 20) else { return [] }
    return String(decoding: file.bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let words = line.prefix { $0 != "#" && $0 != ";" }.split { $0 == " " || $0 == "\t" }.map(String.init)
      return words.isEmpty ? nil : words
    }
  }

  /// The name of an address; nil when it has none.
  public func name(of address: Address) -> String? {
    if let known = names[address] { return known }
    let name =
      hosts.first { $0.address == address }?.names.first
      ?? (address.family == .ipv4 ? ask(.name(address)).first : nil)
    names[address] = .some(name)
    return name
  }

  /// The IPv4 addresses of a name, which may be written as one.
  public func addresses(of name: String) -> [Address] {
    if let address = Address(name) { return address.family == .ipv4 ? [address] : [] }
    let known = hosts.filter { $0.address.family == .ipv4 && $0.names.contains(name) }.map(\.address)
    if !known.isEmpty { return known }
    let domains = name.contains(".") ? [""] + search : search + [""]
    for domain in domains {
      let found = ask(.addresses(domain.isEmpty ? name : "\(name).\(domain)")).compactMap { Address($0) }
      if !found.isEmpty { return found }
    }
    return []
  }

  private func ask(_ question: NameMessage.Question) -> [String] {
    for server in servers {
      number &+= 1
      guard let message = NameMessage.encoded(question, number: number) else { return [] }
      if let answers = ask(server, message, question) { return answers }
      servers.removeAll { $0 == server }
    }
    return []
  }

  /// Nil when the server does not answer.
  private func ask(_ server: Address, _ message: [UInt8], _ question: NameMessage.Question) -> [String]? {
    guard let socket = try? DatagramSocket.sending(server.family, .init(link: 0)),
      (try? socket.send(message, to: server, port: 53)) != nil
    else { return nil }
    let end = Clock.now + HostNames.patience
    while socket.wait(until: end) {
      guard let datagram = socket.receive(), datagram.source == server, datagram.sourcePort == 53 else {
        if Clock.now >= end { return nil }
        continue
      }
      do throws(WireError) {
        if let found = try NameMessage.answers(datagram.payload.span, to: question, number: number) {
          return found
        }
      } catch {
        return nil
      }
    }
    return nil
  }
}
