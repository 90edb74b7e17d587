import Configuration

/// The help of both vintages; the options' names are theirs, the words our own.
extension MroutedArguments {
  /// 3.9.8 writes it to standard error, 4.x to standard output with the heading of the debug words beside it.
  static func usage(
    _ vintage: MroutedVintage, complaint: String = "", exitCode: Int32
  ) -> ProgramResult {
    switch vintage {
    case .older: ProgramResult(complaint: complaint + olderUsage, exitCode: exitCode)
    case .current:
      ProgramResult(
        output: currentUsage + MroutedDebug.list, complaint: complaint + "\nValid debug subsystems:\n",
        exitCode: exitCode)
    }
  }

  private static let olderUsage = """
    usage: mrouted [-fhMNprv] [-c FILE] [-d[LEVEL,...]] [-D SEC]

      -c, --config=FILE          Configuration, default: /etc/mrouted.conf
      -d, --debug[=LEVEL,...]    Tell what happens, in the foreground
      -D, --startup-delay=SEC    Exchange routes so long before forwarding, default: 0
      -f, --foreground           Stay in the foreground
      -h, --help                 This text
      -M, --missing-ok           Warn of interfaces that are not there, and go on
      -N, --no-interfaces        Use only interfaces that phyint ... enable names
      -p                         Taken and without effect: pruning is always on
      -r, --show-routes          Show the tables of the running daemon
      -v, --version              Version

    debug levels: packet, pruning, routing, route_detail, peers, cache, timeout,
                  interface, membership, traceroute, igmp, icmp, rsrr

    """

  private static let currentUsage = """
    Usage: mrouted [-hnsv] [-d SYS[,SYS...]] [-f FILE] [-i NAME] [-l LEVEL] [-p FILE]
                   [-t ID] [-u FILE] [-w SEC]

    Options:
      -d, --debug=SYS[,SYS...]  Tell what happens in these subsystems, in the foreground
      -f, --config=FILE         Configuration, default: /etc/NAME.conf
      -h, --help                This text
      -i, --ident=NAME          Name in the log and of the files, default: mrouted
      -l, --loglevel=LEVEL      Log level: none, error, warning, notice, info, debug,
                                default: notice
      -n, --foreground          Stay in the foreground, log to standard error
      -p, --pidfile=FILE        Pid file, default: /var/run/NAME.pid
      -s, --syslog              Log to syslog, though in the foreground
      -t, --table-id=ID         Kernel's multicast routing table, default: 0
      -u, --ipc=FILE            Socket for mroutectl, default: /var/run/NAME.sock
      -v, --version             Version
      -w, --startup-delay=SEC   Exchange routes so long before forwarding, default: 0

    """
}
