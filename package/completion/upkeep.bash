# ISC license. -*- bash -*-
#
# Completion for bash of upkeep's programs: options and their values, services, and for programs
# that become another one, what that one completes. Made by package/completion/generate; nothing
# is executed to complete a word.
#
# Services are directories with a run script or a state directory, as paths; those of the scan
# directory (SVSCANDIR, SVDIR, or the first of /service, /etc/service, /var/service that is there)
# by their names too, which become paths.

# What there is to know about program $1: sets options, values (OPTION=KIND), arguments (KIND, the
# last one with a star if it may be repeated); dashes: 1 if -- and another program may follow; and
# mixed: 1 if options may stand behind arguments.
_upkeep_about() {
    case $1 in
@PROGRAMS@
        *) return 1 ;;
    esac
}

_upkeep_is_service() {
    [[ ( -f $1/run || -d $1/supervise ) && $1 != *@ ]]
}

# Directories that begin with $1; where services are wanted ($2), those without a slash at the end.
_upkeep_directories() {
    local place begin=$1
    [[ $begin != '~/'* ]] || begin=$HOME/${begin#'~/'}
    for place in "$begin"*/; do
        [[ -d $place ]] || continue # a pattern that nothing matched
        place=${place%/}
        if [[ -n $2 ]] && _upkeep_is_service "$place"; then
            candidates+=("$place")
        else
            candidates+=("$place/")
        fi
    done
}

_upkeep_services() {
    _upkeep_directories "$1" services
    [[ $1 == */* || $1 == '~'* ]] || _upkeep_names "$1" path
}

# Those in the scan directory, by their names, or as paths ($2).
_upkeep_names() {
    local scan place
    for scan in ${SVSCANDIR:-$SVDIR} /service /etc/service /var/service; do
        [[ -d $scan ]] || continue
        for place in "$scan/$1"*/; do
            place=${place%/}
            _upkeep_is_service "$place" || continue
            [[ -n $2 ]] || place=${place##*/}
            candidates+=("$place")
        done
        break
    done
}

# Adds what word $2 of kind $1 may become to `candidates`.
_upkeep_kind() {
    local word chosen=
    case $1 in
        service) _upkeep_services "$2" ;;
        name) _upkeep_names "$2" ;;
        directory) _upkeep_directories "$2" ;;
        file)
            _upkeep_directories "$2"
            for word in "$2"*; do [[ -f $word ]] && candidates+=("$word"); done
            ;;
        user) while read -r word; do candidates+=("$word"); done < <(compgen -u -- "$2") ;;
        group) while read -r word; do candidates+=("$word"); done < <(compgen -g -- "$2") ;;
        groups)
            [[ $2 != *,* ]] || chosen=${2%,*},
            while read -r word; do candidates+=("$chosen$word"); done < <(compgen -g -- "${2##*,}")
            goes_on=1
            ;;
        command) while read -r word; do candidates+=("$word"); done < <(compgen -c -- "$2") ;;
        words:*) _upkeep_words "${1#*:}" "$2" '' ;;
        list:*)
            [[ $2 != *,* ]] || chosen=${2%,*},
            _upkeep_words "${1#*:}" "${2##*,}" "$chosen"
            goes_on=1
            ;;
    esac
}

# Adds $3WORD for each of the words $1, with commas between, that begins with $2.
_upkeep_words() {
    local word words
    IFS=, read -ra words <<< "$1"
    for word in "${words[@]}"; do
        [[ $word == "$2"* && ,$3 != *",$word,"* ]] && candidates+=("$3$word")
    done
}

# The words of the line up to the cursor into `words`. Readline cuts at = and @ and : too, but
# web@8080 is one service and --wait=up one option.
_upkeep_read_line() {
    local i rest=$COMP_LINE
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if ((i > 0)) && [[ $rest != [[:blank:]]* && -n $rest && -n ${COMP_WORDS[i]} ]]; then
            words[${#words[@]}-1]+=${COMP_WORDS[i]}
        else
            words+=("${COMP_WORDS[i]}")
        fi
        rest=${rest#"${rest%%[![:blank:]]*}"}
        rest=${rest#"${COMP_WORDS[i]}"}
    done
}

# The value of which option the last of the words from $1 on is: sets kind and value. Otherwise
# it is an argument: sets position; or a word of another program: sets program, its place.
_upkeep_place() {
    local i word open=
    position=0 kind= program= value= ended=
    for ((i = $1; i < ${#words[@]}; i++)); do
        word=${words[i]}
        if [[ -n $open ]]; then
            kind=$open value=$word open=
            ((i < last)) && kind=
        elif [[ $word == -- && $i -lt $last && ( $dashes == 1 || -z $ended ) ]]; then
            ended=1
            [[ $dashes != 1 ]] || { program=$((i + 1)); return; }
        elif [[ -z $ended && $word == --*=* ]]; then
            _upkeep_value "${word%%=*}"
            ((i < last)) && kind=
            value=${word#*=}
        elif [[ -z $ended && ( $word == -?* || ( $word == - && $i -eq $last ) ) ]]; then
            ((i < last)) || return
            _upkeep_last_option "$word"
            open=$kind kind=
        else
            # daemontools' way: the first argument ends the options
            [[ $mixed == 1 ]] || ended=1
            _upkeep_argument "$position"
            [[ $kind != command ]] || { program=$i; return; }
            ((i < last)) || { value=$word; return; }
            kind=
            ((++position))
        fi
    done
}

# Sets kind to that of the value of the option in word $1 that takes the next word: a value may
# stand behind its letter.
_upkeep_last_option() {
    local at
    if [[ $1 == --* ]]; then
        _upkeep_value "$1"
        return
    fi
    for ((at = 1; at < ${#1}; at++)); do
        _upkeep_value "-${1:at:1}"
        [[ -n $kind ]] || continue
        ((at == ${#1} - 1)) || kind=
        return
    done
}

# Sets kind to that of the value of option $1, empty if it takes none.
_upkeep_value() {
    local pair
    kind=
    for pair in $values; do [[ ${pair%%=*} == "$1" ]] && kind=${pair#*=}; done
}

# Sets kind to that of argument number $1.
_upkeep_argument() {
    local kinds
    read -ra kinds <<< "$arguments"
    kind=${kinds[$1]}
    if [[ -z $kind && ${#kinds[@]} -gt 0 && ${kinds[-1]} == *'*' ]]; then kind=${kinds[-1]}; fi
    kind=${kind%'*'}
}

# What the program whose name is word $1 makes of the last word.
_upkeep_complete() {
    local options values arguments dashes mixed position kind program value ended word
    local last=$((${#words[@]} - 1)) name=${words[$1]##*/}
    if (($1 == last)); then
        _upkeep_kind command "${words[last]}"
        [[ ${words[last]} != */* ]] || _upkeep_kind file "${words[last]}"
        return
    fi
    if ! _upkeep_about "$name"; then
        _upkeep_foreign "$1"
        return
    fi
    _upkeep_place "$(($1 + 1))"
    if [[ -n $program ]]; then
        _upkeep_complete "$program"
    elif [[ -n $kind ]]; then
        local before=${words[last]%"$value"} i count=${#candidates[@]}
        _upkeep_kind "$kind" "$value"
        for ((i = count; i < ${#candidates[@]}; i++)); do
            candidates[i]=$before${candidates[i]}
        done
    elif [[ -z $ended && ${words[last]} == -* ]]; then
        for word in $options; do
            [[ $word == "${words[last]}"* ]] && candidates+=("$word")
        done
        # letters in a cluster: nothing to add to it
        [[ ${#candidates[@]} -gt 0 || ${words[last]} == --* ]] || candidates+=("${words[last]}")
    fi
}

# Another's program: as it completes itself, if bash-completion is there to know; else files.
_upkeep_foreign() {
    if declare -F _command_offset > /dev/null && ((${#COMP_WORDS[@]} == ${#all_words[@]})); then
        _command_offset "$1"
        foreign=1
    else
        _upkeep_kind file "${words[${#words[@]}-1]}"
    fi
}

_upkeep() {
    local words all_words candidates=() foreign= goes_on= cut word last
    _upkeep_read_line
    all_words=("${words[@]}" "${COMP_WORDS[@]:COMP_CWORD+1}")
    last=$((${#words[@]} - 1))
    for ((word = 0; word <= last; word++)); do words[word]=${words[word]//\\/}; done
    COMPREPLY=()
    _upkeep_complete 0
    [[ -z $foreign ]] || return
    # What readline replaces begins behind the last = or : at which it cuts, or with the last @.
    cut=${COMP_WORDS[COMP_CWORD]//\\/}
    [[ $cut != [=:@] ]] || cut=
    cut=${words[last]%"$cut"}
    cut=${cut%@}
    for word in "${candidates[@]}"; do
        [[ $word == "$cut"* ]] || continue
        word=${word#"$cut"}
        case $word in
            *[!A-Za-z0-9_./,:@%+=-]*) printf -v word %q "$word" ;;
        esac
        COMPREPLY+=("$word")
    done
    if [[ -n $goes_on || ( ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/=] ) ]]; then
        compopt -o nospace 2> /dev/null # which fails if it is not readline that asks
    fi
}

complete -F _upkeep @NAMES@
