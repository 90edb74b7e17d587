# Completion of smcroutectl(8), the tool of mcastd under that name, for bash.

_smcroutectl() {
  local word=${COMP_WORDS[COMP_CWORD]} candidate command= path choices= index
  COMPREPLY=()
  case ${COMP_WORDS[COMP_CWORD - 1]} in
    -u) COMPREPLY=($(compgen -f -- "$word")); return ;;
    -i | -I) return ;;
  esac
  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W '-b -d -h -i -j -p -t -u -v' -- "$word")); return; fi

  for ((index = 1; index < COMP_CWORD; index++)); do
    candidate=${COMP_WORDS[index]}
    case $candidate in
      -i | -I | -u) index=$((index + 1)) ;;
      -*) ;;
      *) command=$candidate; break ;;
    esac
  done
  case $command in
    '') choices='help version flush kill reload restart show add remove del join leave' ;;
    help) choices='version flush kill reload restart show add remove del join leave' ;;
    show) choices='routes groups interfaces pending' ;;
    add | remove | del | join | leave)
      for path in /sys/class/net/*; do choices+=" ${path##*/}"; done ;;
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$word"))
}

complete -F _smcroutectl smcroutectl
