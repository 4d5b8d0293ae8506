# ISC license.
#
# supervise killed with SIGKILL at each of its system calls, before it is done, after it has been
# done and some instructions later; and when it has just made a process. The next one is started at
# once. The service, which notes all that happens to it, never runs twice and gets every signal; the
# status says what is; the journal has each transition once; and what was wanted comes about.
#
# UPKEEP_FULL=1 tries every call, and a second kill after each, not only some; UPKEEP_STORY=N,... only
# these stories.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= 7200 if $ENV{UPKEEP_FULL} }

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use Crash;
use Kept;

compile_tools;
skip_all_unless(read_file(program('supervise')) !~ m{/ld-(?:linux|musl)[-.\w]*\0},
    'supervise is not static here: kills would hit its loader');
seed;

my $top = tempdir;
mount_at($top);

my $up = {phase => 'up', wanted => 'up'};

# Each: what it is, files, scripts, steps. Where it is delicate, new processes are not played with.
my @stories = (
    {
        name  => 'up, down, up',
        bare  => 1,
        steps => [
            [wait => {%$up, starts => 1}],
            [send => 'd', {phase => 'down', wanted => 'down'}],
            [send => 'u', {%$up, starts => 2}],
        ],
    },
    {
        name  => 'commands',
        delicate => 1, # what stands still must be paused
        steps => [
            [wait => {%$up, starts => 1}],
            [send => 'hi', {got => [1, 2]}],
            [send => 'p', {%$up, paused => 1}],
            [send => 'c', {%$up, paused => 0, got => [18]}],
            [send => 't', {%$up, starts => 2}],
            [send => 'r', {%$up, starts => 3}],
            [send => 'o', {phase => 'up', wanted => 'once', starts => 3}],
            [strike => 'USR2', {phase => 'down', wanted => 'once', starts => 3}],
            [send => 'u', {%$up, starts => 4}],
        ],
    },
    {
        name    => 'deaths, with a finish script',
        scripts => ['run', 'finish'],
        files   => {code => 7, 'restart-delay' => '100 200'},
        steps   => [
            [wait => {%$up, starts => 1}],
            [strike => 'USR2', {%$up, starts => 2, finishes => 1}],
            [strike => 'SEGV', {%$up, starts => 3, finishes => 2}],
            [strike => 'USR2', {%$up, starts => 4, finishes => 3}],
            [send => 'd', {phase => 'down', finishes => 4}],
        ],
    },
    {
        name  => 'too many deaths',
        delicate => 1, # deaths are counted
        files => {code => 3, 'restart-limit' => '2 60', 'restart-delay' => '50 100'},
        steps => [
            [wait => {%$up, starts => 1}],
            [strike => 'USR2', {%$up, starts => 2}],
            [strike => 'KILL', {%$up, starts => 3}],
            [strike => 'USR2', {phase => 'failed', wanted => 'down', starts => 3}],
            [send => 'u', {%$up, starts => 4}],
        ],
    },
    {
        name    => 'finish says 125',
        scripts => ['run', 'finish'],
        files   => {'finish-code' => 125, code => 1},
        steps   => [
            [wait => {%$up, starts => 1}],
            [strike => 'USR2', {phase => 'failed', wanted => 'down', starts => 1, finishes => 1}],
            [remove => 'finish-code'],
            [send => 'u', {%$up, starts => 2}],
        ],
    },
    {
        name  => 'a service that ignores TERM, and its kin',
        files => {stubborn => '', family => '', 'timeout-kill' => 70, 'kill-mode' => 'tree'},
        steps => [
            [wait => {%$up, starts => 1}],
            [send => 'd', {phase => 'down', alone => 1}],
            [send => 'u', {%$up, starts => 2}],
            [strike => 'KILL', {%$up, starts => 3}],
            [send => 'd', {phase => 'down', alone => 1}],
        ],
    },
    {
        name    => 'a finish that hangs',
        scripts => ['run', 'finish'],
        files   => {code => 1, 'finish-hangs' => '', 'timeout-finish' => 250},
        steps   => [
            [wait => {%$up, starts => 1}],
            [strike => 'USR2', {%$up, starts => 2, finishes => 1}],
            [send => 'd', {phase => 'down', finishes => 2}],
        ],
    },
    {
        name  => 'stopped while it is paused',
        delicate => 1,
        steps => [
            [wait => {%$up, starts => 1}],
            [send => 'p', {%$up, paused => 1}],
            [send => 'd', {phase => 'down'}],
            [send => 'u', {%$up, starts => 2}],
            [send => 'pcp', {%$up, paused => 1}],
        ],
    },
    {
        name  => 'its group is killed',
        files => {stubborn => '', family => '', 'timeout-kill' => 70, 'kill-mode' => 'group'},
        steps => [
            [wait => {%$up, starts => 1}],
            [send => 'r', {%$up, starts => 2, alone => 'old kin'}],
            [send => '+k', {%$up, starts => 3}],
        ],
    },
    {
        name  => 'executed anew',
        delicate => 1, # a process that checks the new program and is killed is another story
        steps => [
            [wait => {%$up, starts => 1}],
            [send => 'hE'],
            [send => 'i', {%$up, starts => 1, got => [1, 2]}],
            [send => 'd', {phase => 'down'}],
            [send => 'Eu', {%$up, starts => 2}],
        ],
    },
    {
        name     => 'a daemon that goes into the background',
        delicate => 1, # what is killed there has no child yet
        files    => {forks => '', expect => 'fork', code => 4},
        steps    => [
            [wait => {%$up, starts => 1}],
            [strike => 'USR2', {%$up, starts => 2}],
            [strike => 'KILL', {%$up, starts => 3}],
        ],
    },
    {
        name     => 'such a daemon, and nobody says how it ended',
        delicate => 1,
        untold   => 1,
        files    => {forks => '', expect => 'fork', code => 4},
        steps    => [
            [wait => {%$up, starts => 1}],
            [strike => 'KILL', {%$up, starts => 2}],
            [send => 'r', {%$up, starts => 3}],
        ],
    },
    {
        name     => 'deaths, and nobody says how',
        untold   => 1,
        files    => {code => 3, 'restart-delay' => '50 100'},
        steps    => [
            [wait => {%$up, starts => 1}],
            [strike => 'USR2', {%$up, starts => 2}],
            [strike => 'KILL', {%$up, starts => 3}],
        ],
    },
    {
        name  => 'a service that says when it is ready',
        files => {says => 5, 'notification-fd' => 5, 'timeout-ready' => 5000},
        steps => [
            [wait => {%$up, starts => 1}],
            [send => 'd', {phase => 'down'}],
            [send => 'u', {%$up, starts => 2}],
            [strike => 'KILL', {%$up, starts => 3}],
        ],
    },
    {
        name     => 'one that says so to a socket',
        delicate => 1, # who is stopped before it runs has no socket to be taken back
        files    => {speaks => '', 'notify-socket' => 'abstract', watchdog => 60000},
        steps    => [
            [wait => {%$up, starts => 1}],
            [send => 'r', {%$up, starts => 2}],
            [strike => 'KILL', {%$up, starts => 3}],
        ],
    },
    {
        name  => 'told to leave by a signal',
        leave => sub { tell($_[0], 'TERM') },
        steps => [[wait => {%$up, starts => 1}]],
    },
    {
        name    => 'control scripts',
        scripts => ['run'], # a control script that is killed has been run
        files   => {control => {
            t => "echo control t >> log.txt\nexit 1",
            d => 'echo control d >> log.txt',
            u => 'echo control u >> log.txt',
            h => "echo control h >> log.txt\nexit 1",
        }},
        steps   => [
            [wait => {%$up, starts => 1}],
            [send => 'hi', {got => [1, 2]}],
            [send => 'd', {phase => 'down', wanted => 'down'}],
            [send => 'u', {%$up, starts => 2}],
            [send => 'r', {%$up, starts => 3}],
        ],
        check   => sub {
            my ($play) = @_;
            my @scripts = (read_file("$play->{service}/log.txt") // '') =~ /^control (\w)$/mg;
            # and when it is brought down in the end
            return "@scripts" eq 'h t d u t d t d' ? Kept::checked($play) : "the scripts @scripts were run";
        },
    },
    {
        name    => 'a start and a stop script, and a logger that is a file',
        scripts => ['run'], # a start script that is killed has failed
        files   => {
            start => "echo begun >> log.txt\nexec echo line\n",
            stop  => "echo over >> log.txt\nexec echo line\n",
            log   => "exec setlock -n busy cat >> lines\n", # and complains if there are two
        },
        steps   => [
            [wait => {%$up, starts => 1}],
            [strike => 'USR2', {%$up, starts => 2}],
            [send => 'd', {phase => 'down', wanted => 'down'}],
            [send => 'Lcl'],
            [send => 'u', {%$up, starts => 3}],
        ],
        check   => sub {
            my ($play) = @_;
            my $log = read_file("$play->{service}/log.txt") // '';
            my $scripts = join ' ', $log =~ /^(begun|over)$/mg;
            # who is killed while it leaves comes back, and is told again to bring it down
            return "the scripts $scripts were run" if $scripts !~ /^begun over begun over(?: over)*$/;
            my $lines = () = (read_file("$play->{service}/lines") // '') =~ /^line$/mg;
            return "$lines lines were written" if $lines != scalar(() = $scripts =~ /\w+/g);
            return Kept::checked($play);
        },
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

# jobs($story, $calls, $births): [story, options] of each play.
sub jobs {
    my ($story, $calls, $births) = @_;
    my @births = sample(full ? $births : 3, 1 .. $births);
    my @jobs = map { [$story, @$_] } kills($calls, full ? $calls : 6, 120);
    for my $deed ('orphan', $story->{delicate} ? () : 'stopped') {
        push @jobs, map { [$story, ['-c', 'birth', '-d', $deed, '-n', $_]] } @births;
    }
    # the new process itself is killed
    my $stillborn = {%$story, stillborn => 1};
    push @jobs, map { [$stillborn, ['-c', 'birth', '-d', 'before', '-n', $_]] } @births if !$story->{scripts} && !$story->{delicate};
    return @jobs;
}

my @only = split /,/, $ENV{UPKEEP_STORY} // join ',', 1 .. @stories;
my $all = 0;
for my $story (@stories[map { $_ - 1 } @only]) {
    $story->{top} = $top;
    my $play = play_story($story, ['-c', 'all']);
    is $play->{wrong}, '', "$story->{name}: without a kill all is well" or next;
    my $calls = $play->{report}{calls}[0];
    my $births = play_story($story, ['-c', 'birth'])->{report}{calls}[0];
    my @jobs = jobs($story, $calls, $births);
    my @results = spread(sub { play_kill(\&play_story, @{$_[0]}) }, @jobs);
    complain("$story->{name}: killed anywhere, it goes on as if nothing had happened", @results);
    my $missed = grep { $_ eq '-' } @results;
    note scalar(@jobs), " plays, $calls calls, $births of new processes, $missed ended before";
    cmp_ok $missed, '<', @jobs / 2, 'most of them are reached';
    $all += @jobs;
}
note "$all plays";

done_testing;
