# ISC license.
#
# Many services, each with a logger: they are started, what each says arrives in its own log,
# svscan is killed and another takes over, and all of them end. 300 here; 5000 with UPKEEP_FULL=1.

use lib 'tests/lib';
use Upkeep;

my $count = $ENV{UPKEEP_FULL} ? 5000 : 300;
my $limit = 30 + $count / 25;
my $home = tempdir();
my $scan = "$home/scan";
mkdir $scan or die;

# One copy of each script, linked: what is tested is not the making of files.
make_service("$home/model", run => "echo started in \${PWD##*/}\nexec sleep 100000", log => {run => 'exec multilog s100000 n3 ./main'});
for my $number (1 .. $count) {
    my $service = "$scan/s$number";
    mkdir "$service" and mkdir "$service/log" or die "unable to create $service: $!\n";
    link "$home/model/run", "$service/run" or die;
    link "$home/model/log/run", "$service/log/run" or die;
}

sub logged { return read_file("$scan/s$_[0]/log/main/current") // '' }

# all_logged: whether each has said its name, and nothing else has come; goes on where it stopped.
my $next = 1;
sub all_logged {
    $next++ while $next <= $count && logged($next) eq "started in s$next\n";
    return $next > $count;
}

# processes: how many work in the scan directory or below; the machine may have others.
sub processes { return scalar grep { (readlink("$_/cwd") // '') =~ m{^\Q$scan\E(?:/|$)} } glob '/proc/[0-9]*' }

my $others = processes();
my $svscan = start('svscan', $scan);
ok wait_until { all_logged() } $limit, "each of $count services is started, and its own logger gets what it says";
is processes(), $others + 1 + 4 * $count, 'each with a supervise, a logger, and a supervise for that';
is $svscan->err, '', 'without a complaint';

SKIP: {
    # two ends of a pipe and two pidfds for each
    my ($most) = run('sh', '-c', 'ulimit -Hn')->{out} =~ /(\d+|unlimited)/;
    skip 'not enough descriptors to take over so many', 3 if $most ne 'unlimited' && $most < 4 * $count + 50;
    $svscan->stop('KILL');
    my $second = start('svscan', $scan);
    ok wait_until { scalar(() = glob("/proc/" . $second->pid . "/fd/*")) > 4 * $count }
        $limit, 'svscan is killed, and another takes over all of them';
    is processes(), $others + 1 + 4 * $count, 'starting nothing';
    is $second->err, '', 'without a word';
    $svscan = $second;
}

is $svscan->stop('TERM', $limit)->{code}, 0, 'told to go, it brings all of them down';
is processes(), $others, 'and nothing is left';
ok all_logged(), 'each log is as it was';

done_testing;
