# ISC license.
#
# Completion for fish of upkeep's programs: options and their values, services, and for programs
# that become another one, what that one completes. Made by package/completion/generate; nothing
# is executed to complete a word.
#
# Services are directories with a run script or a state directory, as paths; those of the scan
# directory (SVSCANDIR, SVDIR, or the first of /service, /etc/service, /var/service that is there)
# by their names too, which become paths.
#
# What there is to know about a program stands in __upkeep_of_PROGRAM: the kinds of its arguments,
# the last one with a star if it may be repeated; 1 if -- and another program may follow; 1 if
# options may stand behind arguments; and the options that take a value.

# Where the cursor is: "option N" or "argument N" (the Nth argument, which an option may precede
# or not), "value" (of an option), or "program I" (of another one, which is word I).
function __upkeep_place
    set -l words (commandline -opc)
    set -l about __upkeep_of_(string replace -r '.*/' '' -- $words[1])
    set -q $about; or return
    set about $$about
    set -l kinds (string split ' ' -- $about[1])
    set -l position 1
    set -l place option
    set -l is_value 0
    for i in (seq 2 (count $words))
        set -l word $words[$i]
        if test $is_value = 1
            set is_value 0
        else if test "$word" = --
            if test $about[2] = 1
                echo program (math $i + 1)
                return
            end
            set place argument
        else if test $place = option; and string match -q -- '-?*' $word
            set -l last (__upkeep_last_option $word $about[4..])
            contains -- "$last" $about[4..]; and set is_value 1
        else
            test $about[3] = 1; or set place argument # daemontools' way
            if test "$kinds[$position]" = command
                echo program $i
                return
            end
            set position (math $position + 1)
        end
    end
    if test $is_value = 1
        echo value
    else
        echo $place $position
    end
end

# The option in word $1 that the next word may be the value of. A value may stand behind its
# letter; $2 and so on are the options that take one.
function __upkeep_last_option
    if string match -q -- '--*' $argv[1]
        echo -- $argv[1]
        return
    end
    set -l last (string length -- $argv[1])
    for i in (seq 2 $last)
        set -l option -(string sub -s $i -l 1 -- $argv[1])
        if contains -- $option $argv[2..]
            test $i = $last; and echo -- $option
            return
        end
    end
end

function __upkeep_takes_options
    string match -q -r '^(option|value)' -- (__upkeep_place)
end

function __upkeep_arguments
    set -l place (string split ' ' -- (__upkeep_place))
    set -l words (commandline -opc)
    switch "$place[1]"
        case program
            set -l rest
            test $place[2] -le (count $words); and set rest (string escape -- $words[$place[2]..])
            set -l line (string join ' ' -- $rest (commandline -ct | string collect -a))
            complete "--do-complete=$line"
        case option argument
            set -l about __upkeep_of_(string replace -r '.*/' '' -- $words[1])
            set about $$about
            set -l kinds (string split ' ' -- $about[1])
            set -l kind $kinds[$place[2]]
            test -z "$kind"; and string match -q -- '*\**' "$kinds[-1]"; and set kind $kinds[-1]
            test -n "$kind"; and __upkeep_kind (string replace '*' '' -- $kind)
    end
end

function __upkeep_is_service
    not string match -q -- '*@' $argv[1]; and test -f $argv[1]/run -o -d $argv[1]/supervise
end

function __upkeep_services
    set -l word (commandline -ct)
    for place in (__fish_complete_directories "$word" directory)
        set -l path (string replace -r '/?\t.*' '' -- $place)
        if __upkeep_is_service (string replace -r '^~/' "$HOME/" -- $path)
            printf '%s\tservice\n' $path
        else
            echo $place
        end
    end
    string match -q -- '*/*' "$word"; or __upkeep_scan
end

# Those in the scan directory that begin so.
function __upkeep_scan
    set -l word (commandline -ct)
    set -l told $SVDIR
    set -q SVSCANDIR; and set told $SVSCANDIR
    for scan in $told /service /etc/service /var/service
        test -d $scan; or continue
        for place in $scan/$word*/
            set place (string trim -r -c / -- $place)
            __upkeep_is_service $place; and printf '%s\tservice\n' $place
        end
        break
    end
end

# What a word of this kind may be.
function __upkeep_kind
    set -l words (string split ',' -- (string replace -r '^[a-z]*:' '' -- $argv[1]))
    switch $argv[1]
        case service
            __upkeep_services
        case name
            __upkeep_scan | string replace -r '^.*/' ''
        case directory
            __fish_complete_directories (commandline -ct) directory
        case file
            __fish_complete_path (commandline -ct)
        case user
            __fish_complete_users
        case group
            __fish_complete_groups
        case groups
            __upkeep_list (__fish_complete_groups | string replace -r '\t.*' '')
        case command
            set -l word (commandline -ct)
            complete "--do-complete=$word"
        case 'words:*'
            printf '%s\n' $words
        case 'list:*'
            __upkeep_list $words
    end
end

# Some of these words with commas between, behind those that are there.
function __upkeep_list
    set -l there (string replace -r '^(--[^=]*=|-[a-z](?=\S*,))' '' -- (commandline -ct))
    set -l chosen (string match -r '.*,' -- $there)
    for word in $argv
        contains -- $word (string split , -- "$chosen"); or echo "$chosen$word"
    end
end

if not set -q __upkeep_known
    set -g __upkeep_known # there is a file for each program, and each of them is this one
@PROGRAMS@
end
