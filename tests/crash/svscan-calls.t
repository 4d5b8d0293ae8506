# ISC license.
#
# svscan killed with SIGKILL at each of its system calls, before it is done, after it has been done
# and some instructions later; and when it has just made a process. The next one is started at once.
# Services, loggers and pipes go on: none is started twice, each has one supervise, services that come
# and go are seen, one whose supervise is killed gets another, and no line is lost on its way.
#
# UPKEEP_FULL=1 tries every call, and a second kill after each, not only some.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= 7200 if $ENV{UPKEEP_FULL} }

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use Crash;
use Kept;
use Scanned;

compile_tools;
skip_all_unless(read_file(program('svscan')) !~ m{/ld-(?:linux|musl)[-.\w]*\0},
    'svscan is not static here: kills would hit its loader');
seed;

my $top = tempdir;
mount_at($top);

my @stories = (
    {
        name     => 'three services, one with a logger',
        services => [['a'], ['b'], ['c', 10]],
        steps    => [
            [wait => {up => {a => 1, b => 1, c => 1}}],
            [add => 'd', {up => {d => 1}}],
            [signal => 'HUP'],
            [remove => 'b', {gone => ['b']}],
            [wait => {up => {a => 1, c => 1, d => 1}}],
        ],
    },
    {
        name     => 'loggers come and go',
        services => [['a', 10], ['b', 7]],
        steps    => [
            [wait => {up => {a => 1, b => 1}}],
            [remove => 'a', {gone => ['a']}],
            [add => 'c', 5, {up => {c => 1}}],
            [wait => {up => {b => 1, c => 1}}],
        ],
    },
    {
        name     => 'supervise is killed, too',
        services => [['a'], ['b', 10]],
        steps    => [
            [wait => {up => {a => 1, b => 1}}],
            [kill_supervise => 'a'],
            [kill_supervise => 'b', {up => {a => 1, b => 1}}],
            [strike => 'a', 'KILL', {up => {a => 2}}],
        ],
    },
);
$_->{top} = $top for @stories;

# A removal that svscan did not live to act on; a supervise that it had just begun to start, and that
# came late.
my $missed = qr/\): (?:remove \w+: \w+: phase is up, not down|remove \w+: .*: there is still a supervise|\w+: it ends in the phase up)$/m;

my $all = 0;
for my $story (@stories) {
    my $play = play_scan($story, ['-c', 'all']);
    is $play->{wrong}, '', "$story->{name}: without a kill all is well" or next;
    my $calls = $play->{report}{calls}[0];
    my $births = play_scan($story, ['-c', 'birth'])->{report}{calls}[0];
    my @jobs = kills($calls, full ? $calls : 8, 150);
    push @jobs, map { [['-c', 'birth', '-d', 'orphan', '-n', $_]] } sample(full ? $births : 6, 1 .. $births);
    my @results = spread(sub { play_kill(\&play_scan, $story, @{$_[0]}) }, @jobs);
    my @missed = grep { /$missed/ } @results;
    complain("$story->{name}: svscan killed anywhere, it goes on as if nothing had happened", grep { !/$missed/ } @results);
    TODO: {
        local $TODO = 'what is removed, or only begun, while there is no svscan is not known to the next one';
        is scalar(@missed), 0, "$story->{name}: what goes meanwhile is brought down";
    }
    note scalar(@jobs), " plays, $calls calls, $births of new processes, ", scalar(grep { $_ eq '-' } @results), ' ended before';
    $all += @jobs;
}
note "$all plays";

done_testing;
