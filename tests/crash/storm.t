# ISC license.
#
# A storm: many services with loggers that write numbered lines, and SIGKILL at random for services,
# loggers, the supervise processes of both, and svscan, which is started again at once. Then quiet:
# every service is up exactly once, and of all lines that were written each is in its log once and in
# order.
#
# UPKEEP_FULL=1: 200 services for a minute, not 40 for 8 seconds. UPKEEP_SEED=N repeats its choices.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= 600 if $ENV{UPKEEP_FULL} }

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use Crash;
use Kept;
use Scanned;

compile_tools;
seed;

my ($services, $seconds, $kills) = full ? (200, 60, 150) : (40, 8, 100); # kills a second
my $top = tempdir;
mount_at($top, 'size=90%');

# What it kills: the word in svstat's place, and how often it is chosen.
my %weights = (run => 4, supervise => 4, multilog => 4, svscan => 1);

# processes: what may be killed now, by kind.
sub processes {
    my %found;
    for my $place (glob '/proc/[0-9]*') {
        my $kind = read_file("$place/comm") // next;
        chomp $kind;
        push @{$found{$kind}}, $place =~ s{.*/}{}r if $weights{$kind};
    }
    return \%found;
}

# storm($play): until its time is over. Returns how many of each kind were killed.
sub storm {
    my ($play) = @_;
    my @kinds = map { ($_) x $weights{$_} } sort keys %weights;
    my ($end, %killed) = (Upkeep::now() + $seconds);
    while (Upkeep::now() < $end) {
        my $processes = processes();
        for (1 .. chance(1, $kills / 5)) {
            my $kind = pick(@kinds);
            my $pid = pick(@{$processes->{$kind} || []}) // next;
            # the moment is chosen, too
            select undef, undef, undef, rand(2 * 5 / $kills) / 5;
            $killed{$kind} += kill 'KILL', $pid;
        }
    }
    return %killed;
}

# quiet($play): '' if each service is up, with one supervise, one logger and its supervise.
sub quiet {
    my ($play) = @_;
    my %count;
    for my $place (glob '/proc/[0-9]*') {
        my $directory = readlink "$place/cwd" // next;
        my $kind = read_file("$place/comm") // next;
        chomp $kind;
        $count{"$directory $kind"}++;
    }
    for my $service (values %{$play->{services}}) {
        my $path = $service->{service};
        for ("$path run", "$path supervise", "$path/log multilog", "$path/log supervise") {
            my $there = $count{$_} // 0;
            return "$there of $_" if $there != 1;
        }
        my $wrong = Kept::differs($service, {phase => 'up', wanted => 'up'});
        return "$service->{name}: $wrong" if $wrong;
    }
    return '';
}

my $delay = {'restart-delay' => '50 300'};
my $story = {top => $top, files => $delay, services => []};
my $play = begin_scan($story);
add_service($play, sprintf('s%03d', $_), chance(10, 60)) for 1 .. $services;

my $wrong;
my $calm = wait_until { !($wrong = quiet($play)) } 30, 'the beginning';
ok $calm, "$services services are up" or diag $wrong;

my %killed = storm($play);
note join ', ', map { "$killed{$_} times $_" } sort keys %killed;
cmp_ok $killed{$_} // 0, '>', $seconds, "$_ was killed again and again" for sort keys %weights;

$calm = wait_until { !($wrong = quiet($play)) } 60, 'quiet';
ok $calm, 'afterwards each of them is up once, with one supervise, one logger, and its supervise' or diag $wrong;

my @twice = grep { (read_file("$_->{service}/log.txt") // '') =~ /^twice/m } values %{$play->{services}};
is join(' ', map { $_->{name} } @twice), '', 'none ever ran twice';

is end_scan($play), '', 'svscan brings all of it down';
my @wrong = grep { length } map { lost_lines($_) } map { $play->{services}{$_} } sort keys %{$play->{services}};
is scalar(@wrong), 0, 'each line is in the log once and in order' or diag map { "$_\n" } @wrong;
my $lines = 0;
$lines += unpack 'Q', read_file($_) || "\0" x 8 for glob "$play->{place}/scan/*/written.*";
note "$lines lines";

# A user has few inotify instances, and those of the killed are given back late.
my %said;
$said{s/\bs\d{3}\b/NAME/gr}++ for grep { !/unable to watch scan: process cannot open more files/ } map { s{/\S*/}{}gr } split /\n/, $play->{keeper}->err;
is join('', map { "$said{$_} times $_\n" } sort keys %said), '', 'and there is nothing to be said of it';

done_testing;
