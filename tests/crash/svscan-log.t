# ISC license.
#
# svscan with a log of its own, killed with SIGKILL at its system calls; so are supervises, the one of
# the logger included. Services write to that log all the time: none is started twice, and no line is
# lost on its way, torn or there twice.
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
        name     => 'two services write to the log of svscan',
        own      => 1,
        services => [['a', 5], ['b', 7], ['c']],
        steps    => [
            [wait => {up => {a => 1, b => 1, c => 1}}],
            [add => 'd', 5, {up => {d => 1}}],
            [strike_log => {up => {a => 1, b => 1}}],
            [kill_supervise => 'a', {up => {a => 1}}],
            [wait => {up => {a => 1, b => 1, c => 1, d => 1}}],
        ],
    },
);
$_->{top} = $top for @stories;

# A supervise that a killed svscan had just begun to start, and that came late: see svscan-calls.t.
my $begun = qr/\): \w+: it ends in the phase up$/m;

for my $story (@stories) {
    my $play = play_scan($story, ['-c', 'all']);
    is $play->{wrong}, '', "$story->{name}: without a kill all is well" or next;
    my $calls = $play->{report}{calls}[0];
    my $births = play_scan($story, ['-c', 'birth'])->{report}{calls}[0];
    my @jobs = kills($calls, full ? $calls : 24, 150);
    push @jobs, map { [['-c', 'birth', '-d', 'orphan', '-n', $_]] } sample(full ? $births : 6, 1 .. $births);
    my @results = spread(sub { play_kill(\&play_scan, $story, @{$_[0]}) }, @jobs);
    complain("$story->{name}: svscan killed anywhere, it goes on as if nothing had happened", grep { !/$begun/ } @results);
    TODO: {
        local $TODO = 'what is only begun while there is no svscan is not known to the next one';
        is scalar(grep { /$begun/ } @results), 0, "$story->{name}: what is begun meanwhile is brought down";
    }
    note scalar(@jobs), " plays, $calls calls, $births of new processes, ", scalar(grep { $_ eq '-' } @results), ' ended before';
}

done_testing;
