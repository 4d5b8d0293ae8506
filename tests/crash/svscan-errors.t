# ISC license.
#
# svscan whose system calls fail: each of them, with each error that it may well have, once, three
# times, and all of its name for a while. After start-up nothing makes it exit, nothing makes it spin;
# it says so once; and when the fault has cleared, every service is up, those that went are down, and
# no line was lost. In start-up it may exit 111 and say why. EINTR is as if nothing happened.
#
# UPKEEP_FULL=1 tries every call with every error, not only some; UPKEEP_ERROR=E only that one.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= 7200 if $ENV{UPKEEP_FULL} }

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use Crash;
use Kept;
use Scanned;
use Faults;

compile_tools;
skip_all_unless(read_file(program('svscan')) !~ m{/ld-(?:linux|musl)[-.\w]*\0},
    'svscan is not static here: errors would hit its loader');
seed;

my $top = tempdir;
mount_at($top);

# rescan($play): names that came and went while the directory could not be watched are seen on SIGHUP.
sub rescan {
    my ($play) = @_;
    my $svscan = svscan_of($play);
    kill 'HUP', $svscan if $svscan && $play->{story}{job};
}

sub complaint {
    my ($play) = @_;
    my $own = own_log($play);
    $play->{err} .= said_in($own) if $own;
    for my $service (values %{$play->{services}}) {
        my $wrong = Kept::look($service)->{log} =~ /^twice/m ? 'twice' : $service->{has_log} || $own ? lost_lines($service, $own) : '';
        # one that was started while svscan could not use its log writes elsewhere
        next if $own && $wrong =~ /^\w+: of \d+ 0 lines are there/;
        return "$service->{name}: $wrong" if $wrong;
    }
    return said_wrongly('svscan', $play);
}

my @stories = (
    {
        name     => 'services come and go',
        services => [['a'], ['b', 10]],
        steps    => [
            [wait => {up => {a => 1, b => 1}}],
            [add => 'c', 10, {up => {c => 1}, meanwhile => \&rescan}],
            [remove => 'b', {gone => ['b'], up => {a => 1, c => 1}, meanwhile => \&rescan}],
        ],
    },
    {
        name     => 'supervise is killed',
        services => [['a'], ['b', 10]],
        steps    => [
            [wait => {up => {a => 1, b => 1}}],
            [kill_supervise => 'a'],
            [kill_supervise => 'b', {up => {a => 1, b => 1}}],
        ],
    },
    {
        name     => 'svscan has a log',
        own      => 1,
        services => [['a'], ['b', 10]],
        steps    => [
            [wait => {up => {a => 1, b => 1}}],
            [strike_log => {up => {b => 1}}],
            [add => 'c', 10, {up => {c => 1}, meanwhile => \&rescan}],
        ],
    },
);

my $all = 0;
$all += sweep_faults(\&play_scan, {%$_, top => $top, check => \&complaint}, 24) for @stories;
note "$all plays";

done_testing;
