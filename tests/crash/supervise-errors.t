# ISC license.
#
# supervise whose system calls fail: each of them, with each error that it may well have, once, three
# times, and all of its name for a while. After start-up nothing makes it exit, nothing makes it spin;
# it says so once; and when the fault has cleared, what is wanted comes about and the status says it.
# In start-up it may exit 111 and say why: the next one comes at once. EINTR is as if nothing happened.
#
# UPKEEP_FULL=1 tries every call with every error, not only some; UPKEEP_ERROR=E only that one.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= 7200 if $ENV{UPKEEP_FULL} }

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use Crash;
use Kept;
use Faults;

compile_tools;
skip_all_unless(read_file(program('supervise')) !~ m{/ld-(?:linux|musl)[-.\w]*\0},
    'supervise is not static here: errors would hit its loader');
seed;

my $top = tempdir;
mount_at($top);

# Of what could not be written some may be missing in the journal, but nothing is wrong.
sub complaint {
    my ($play) = @_;
    my $is = Kept::look($play);
    return 'twice' if $is->{log} =~ /^twice/m;
    return "starts is $is->{status}{starts}, not $is->{starts}" if $is->{status}{starts} != $is->{starts};
    # a finish for which there is no process is left out, and that is said: supervise(8)
    return 'a finish was left out'
        if $is->{log} =~ /^exit/m && -e "$play->{service}/finish" && $is->{log} !~ /^finish/m && $play->{err} !~ m{unable to start \S+/finish};
    return said_wrongly('supervise', $play);
}

my $up = {phase => 'up', wanted => 'up'};

my @stories = (
    {
        name    => 'down, up, and a death',
        bare    => 1,
        scripts => ['run', 'finish'],
        files   => {code => 5},
        steps   => [
            [wait => {%$up, starts => 1}],
            [send => 'd', {phase => 'down'}],
            [send => 'u', {%$up, starts => 2}],
            [strike => 'USR2', {%$up, starts => 3}],
        ],
    },
    {
        # its strays are forgotten if nobody can tell where they are
        name  => 'a service that ignores TERM, and its kin',
        files => {stubborn => '', family => '', 'timeout-kill' => 70, 'kill-mode' => 'tree'},
        steps => [
            [wait => {%$up, starts => 1}],
            [send => 'd', {phase => 'down', alone => 'kin'}],
        ],
    },
    {
        name    => 'a start and a stop script, and a logger that is a file',
        scripts => ['run'],
        files   => {start => "exec echo line\n", stop => "exec echo line\n", log => "exec cat >> lines\n"},
        steps   => [
            [wait => {%$up, starts => 1}],
            [send => 'd', {phase => 'down'}],
            [send => 'Lcl'],
            [send => 'u', {%$up, starts => 2}],
        ],
    },
    {
        name    => 'a run script that comes later',
        scripts => [],
        steps   => [
            [wait => {phase => 'no run script', starts => 0}],
            [link => 'run', {%$up, starts => 1}],
        ],
    },
);

my $all = 0;
$all += sweep_faults(\&play_story, {%$_, top => $top, check => \&complaint}, 30) for @stories;
note "$all plays";

done_testing;
