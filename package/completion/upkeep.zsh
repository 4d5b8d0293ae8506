#compdef @NAMES@
# ISC license.
#
# Completion for zsh of upkeep's programs: options and their values, services, and for programs
# that become another one, what that one completes. Made by package/completion/generate; nothing
# is executed to complete a word.
#
# Services are directories, as paths; those of the scan directory (SVSCANDIR, SVDIR, or the first of
# /service, /etc/service, /var/service that is there) by their names too, which become paths.

_upkeep_services() {
    local found=1
    local -a places
    _path_files -/ && found=0
    [[ $PREFIX$SUFFIX != */* && $PREFIX != '~'* ]] || return found
    _upkeep_scan
    (($#places)) && compadd -U -X service -a places && found=0
    return found
}

_upkeep_names() {
    local -a places
    _upkeep_scan
    compadd -X service -- ${places:t}
}

# Those in the scan directory that begin so, into places.
_upkeep_scan() {
    local scan place
    for scan in ${SVSCANDIR:-$SVDIR} /service /etc/service /var/service; do
        [[ -d $scan ]] || continue
        for place in $scan/${(Q)PREFIX}*(-/N); do
            [[ ( -f $place/run || -d $place/supervise ) && $place != *@ ]] && places+=($place)
        done
        break
    done
}

# Some of these words, with commas between.
_upkeep_list() {
    local -a left=("$@") chosen
    if compset -P '*,'; then
        chosen=(${(s:,:)IPREFIX#*=})
        left=(${left:|chosen})
    fi
    compadd -S '' -a left
}

_upkeep_groups() {
    compset -P '*,'
    _groups -S ''
}

_upkeep() {
    local dashes=0 mixed=0 at
    local -a specs first
    case $service in
@PROGRAMS@
    esac
    at=${words[(i)--]}
    if ((dashes && at < CURRENT)); then
        words=("${(@)words[at+1,-1]}")
        ((CURRENT -= at))
        _normal
        return
    fi
    ((mixed)) || first=(-A '-*') # daemontools' way: the first argument ends the options
    _arguments -s -S $first : $specs
}

_upkeep "$@"
