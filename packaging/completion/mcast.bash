# Completion of mcast(8) for bash.

_mcast_interfaces() {
  local path
  for path in /sys/class/net/*; do printf '%s\n' "${path##*/}"; done
}

_mcast() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} candidate choices=
  local verb= object= index
  local verbs='status show add del replace join leave set clear batch config plan reload restart stop monitor explain
    send receive trace info version help'
  local options='--ipv4 --ipv6 --json --json-lines --table --numeric --verbose --quiet --identity --socket
    --timeout --color --watch --help --version'
  COMPREPLY=()

  case $previous in
    --socket) COMPREPLY=($(compgen -f -- "$word")); return ;;
    --color) COMPREPLY=($(compgen -W 'auto always never' -- "$word")); return ;;
    --payload) COMPREPLY=($(compgen -W 'seq rtp ts' -- "$word")); return ;;
    -i | --interface | from | to | on) COMPREPLY=($(compgen -W "$(_mcast_interfaces)" -- "$word")); return ;;
    --table | --identity | --timeout | --watch | --confirm | -[tprcsTS]) return ;;
  esac

  for ((index = 1; index < COMP_CWORD; index++)); do
    candidate=${COMP_WORDS[index]}
    case $candidate in
      --table | --identity | --socket | --timeout | --color | -t) index=$((index + 1)) ;;
      -*) ;;
      *) if [ -z "$verb" ]; then verb=$candidate; elif [ -z "$object" ]; then object=$candidate; fi ;;
    esac
  done

  case $verb in
    add | replace | join) options+=' --pending' ;;
    batch) options+=' --continue' ;;
    config) options+=' --confirm --stdout' ;;
    reload) options+=' --wait' ;;
    show) options+=' --kernel' ;;
    trace) options+=' --from' ;;
    send) options+=' --interface --port --rate --count --size --ttl --payload' ;;
    receive) options+=' --interface --source --port --count --expect --loss-max' ;;
  esac
  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$word")); return; fi

  case $verb in
    '') choices=$verbs ;;
    show)
      case $object in
        '') choices='routes interfaces groups joins neighbors dvmrp prunes tunnels pending kernel limits timers
          config events' ;;
        routes)
          case $previous in
            owner) choices='static dvmrp block foreign' ;;
            state) choices='rule active idle blocked pruned no-member waiting disabled' ;;
            sort) choices='rate group age' ;;
            *) choices='from to owner state sort top' ;;
          esac ;;
        kernel) choices='routes vifs rules groups' ;;
        dvmrp) choices='routes neighbors prunes tunnels' ;;
        interfaces | joins | groups | neighbors | prunes | tunnels) choices=$(_mcast_interfaces) ;;
      esac ;;
    add | del | replace | join | leave) choices=$(_mcast_interfaces) ;;
    set)
      case $object in
        '') choices=interface ;;
        interface)
          if [ "$previous" = interface ]; then choices=$(_mcast_interfaces); else
            choices='threshold boundary enable disable'
          fi ;;
      esac ;;
    clear) choices='counters routes groups neighbors' ;;
    config)
      if [ -z "$object" ]; then choices='check plan diff apply confirm undo save format import'
      elif [ "$previous" = import ]; then choices="smcroute mrouted"; else
        COMPREPLY=($(compgen -f -- "$word"))
        return
      fi ;;
    batch | plan) COMPREPLY=($(compgen -f -- "$word")); return ;;
    monitor) choices='routes joins groups neighbors prunes interfaces upcalls all' ;;
    explain) [ -n "$object" ] || choices=route ;;
    help) choices=$verbs ;;
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$word"))
}

complete -F _mcast mcast
