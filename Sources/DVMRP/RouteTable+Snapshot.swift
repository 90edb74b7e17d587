import Addressing
import Kernel
import Timing
import Wire

/// Routes and what neighbors last said of them, as bytes.
extension RouteTable {
  func encode(to writer: inout Writer) {
    let present = rows.indices.filter { !rows[$0].flags.contains(.dead) && index[rows[$0].key] == Int32($0) }
    writer.count(present.count)
    for number in present {
      let row = rows[number]
      row.key.encode(to: &writer)
      writer.instant(row.since)
      writer.u16(row.gateway)
      writer.u8(row.upstream)
      writer.u8(row.metric)
      writer.u8(row.flags.rawValue)
    }
    let said = reports.filter { !$0.isFree }
    // In the order of their age, in which they lapse.
    let byAge = said.indices.sorted { (said[$0].at, $0) < (said[$1].at, $1) }
    writer.count(byAge.count)
    for number in byAge {
      rows[Int(said[number].row)].key.encode(to: &writer)
      writer.u16(said[number].peer)
      writer.u8(said[number].metric)
      writer.instant(said[number].at)
      writer.u32(said[number].packet)
    }
  }

  /// The neighbors and their facts are there already.
  mutating func decode(_ reader: inout Reader, _ neighbors: NeighborTable) throws(WireError) {
    for _ in 0..<(try reader.count()) {
      var row = RouteRow(try OriginKey(decoding: &reader), since: try reader.instant())
      row.gateway = try reader.u16()
      row.upstream = try reader.u8()
      row.metric = try reader.u8()
      let flags = RouteRow.Flags(rawValue: try reader.u8())
      row.flags = flags.intersection([.local, .changed, .detached])
      guard row.metric <= 32, index[row.key] == nil else { throw .metric }
      if neighbors[row.gateway] == nil { row.gateway = RouteRow.noPeer }
      let number = insert(row)
      if flags.contains(.changed) { changes.flash.append(number) }
    }
    for _ in 0..<(try reader.count()) {
      let key = try OriginKey(decoding: &reader)
      let peer = try reader.u16()
      let metric = try reader.u8()
      let at = try reader.instant()
      let packet = try reader.u32()
      guard let row = index[key], (1...63).contains(metric), reportedAt(rows[Int(row)], by: peer) == nil
      else { throw .metric }
      guard Int(peer) < peers.count, peers[Int(peer)] != nil else { continue }
      add(row, metric, from: peer, packet: packet, at: at)
    }
    putTimesInOrder()
  }
}
