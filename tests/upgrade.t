# ISC license.
#
# The upgrade in place: svscan and every supervise execute new files in the same processes.
# Services, loggers and the lines between them do not notice.

use lib 'tests/lib';
use Upkeep;
use One;

my $home = tempdir();
my $bin = "$home/bin";
mkdir $bin;
my $count = 0;

# install(NAME => FILE...): as make install does, each renamed into its place.
sub install {
    my (%files) = @_;
    for my $name (keys %files) {
        run('cp', $files{$name}, "$bin/.$name.new");
        rename "$bin/.$name.new", "$bin/$name" or die "unable to install $name: $!\n";
    }
}

my %ours = map { $_ => top() . "/command/$_" } qw(svscan supervise);

# image($pid): which file it executes, by number.
sub image { return join ' ', (stat "/proc/$_[0]/exe")[0, 1] }

# Numbered lines, a burst at a time, as fast as they are taken; the last number of each run.
my $writer = <<"END" . <<'END';
#!$^X
END
open my $starts, '>>', 'starts' or die;
syswrite $starts, "$$\n";
my $end;
$SIG{TERM} = sub { $end = 1 };
my $number = 0;
until ($end) {
    syswrite STDOUT, join '', map { $number++; "$number\n" } 1 .. 50;
    select undef, undef, undef, 0.001;
}
open my $last, '>', 'last' or die;
syswrite $last, "$number\n";
close $last;
select undef, undef, undef, 1000;
END

sub logged { return join '', map { read_file($_) // '' } glob("$_[0]/log/main/\@*"), "$_[0]/log/main/current" }

# world($services): a scan directory with a writer, its logger and that many others, under an
# svscan from $bin that listens.
sub world {
    my ($others) = @_;
    install(%ours);
    my $scan = "$home/scan" . ++$count;
    mkdir $scan;
    make_service("$scan/writer", run => $writer, log => {run => 'exec multilog s1000000 n100 ./main'});
    make_service("$scan/plain$_", run => "echo \$\$ >> starts\nexec sleep 1000") for 1 .. $others;
    my $svscan = start("$bin/svscan", $scan);
    wait_until { run('svscanctl', $scan, 'z')->{code} == 0 } 10, 'svscan to listen';
    for my $name ('writer', 'writer/log', map { "plain$_" } 1 .. $others) {
        wait_until { field("$scan/$name", 'phase') eq 'up' } 20, "$name to be up";
    }
    wait_until { length logged("$scan/writer") } 10, 'lines';
    return ($scan, $svscan);
}

sub all_of { my ($scan) = @_; return sort glob("$scan/*"), glob("$scan/*/log") }

# pids($scan): of every supervise and its service.
sub pids {
    my ($scan) = @_;
    return join ' ', map { "$_: " . field($_, 'supervisepid') . ' ' . field($_, 'pid') } all_of($scan);
}

sub images { my ($scan, $svscan) = @_; return map { image($_) } $svscan->pid, map { field($_, 'supervisepid') } all_of($scan) }

# upgraded($scan, $svscan, @before): waits until each of them executes another file. Each is
# compared with itself: the number of a file that nobody executes any more may come again.
sub upgraded {
    my ($scan, $svscan, @before) = @_;
    return wait_until {
        my @now = images($scan, $svscan);
        @now == @before && !grep { $now[$_] eq $before[$_] } 0 .. $#now;
    } 20, 'other images';
}

# lines_are_whole($scan): ends the writer and compares.
sub lines_are_whole {
    my ($scan, $what) = @_;
    kill 'TERM', field("$scan/writer", 'pid');
    wait_until { -s "$scan/writer/last" } 10, 'the last number';
    my ($last) = (read_file("$scan/writer/last") // '') =~ /^(\d+)$/;
    wait_until { logged("$scan/writer") =~ /^$last\n\z/m } 10, 'the last line';
    ok logged("$scan/writer") eq join('', map { "$_\n" } 1 .. $last), $what;
}

my ($scan, $svscan) = world(5);
{
    my ($pids, @before) = (pids($scan), images($scan, $svscan));
    for my $round (1 .. 3) {
        install(%ours);
        is run('svscanctl', $scan, 'u')->{code}, 0, 'svscanctl u';
        ok upgraded($scan, $svscan, @before), 'all of them execute the new files';
        @before = images($scan, $svscan);
        is pids($scan), $pids, 'and are the processes that they were, as is every service';
    }
    wait_until { run('svscanctl', $scan, 'z')->{code} == 0 } 10, 'svscan to listen';
    is $svscan->err, '', 'without a word';
}
{
    make_service("$scan/late", run => "echo \$\$ >> starts\nexec sleep 1000");
    ok wait_until { field("$scan/late", 'phase') eq 'up' } 10, 'a service that is dropped in afterwards runs';
    my $supervise = field("$scan/plain1", 'supervisepid');
    my $service = field("$scan/plain1", 'pid');
    kill 'KILL', $supervise;
    wait_until { my $now = field("$scan/plain1", 'supervisepid'); $now =~ /^\d+$/ && $now != $supervise }
        10, 'another supervise';
    is field("$scan/plain1", 'pid'), $service, 'a supervise that is killed afterwards is replaced';
    my ($logger) = field("$scan/writer/log", 'pid');
    kill 'KILL', $logger, field("$scan/writer/log", 'supervisepid');
    wait_until { my $now = field("$scan/writer/log", 'pid'); $now =~ /^\d+$/ && $now > 0 && $now != $logger } 10, 'another logger';
}
{
    my ($pids, @before) = (pids($scan), images($scan, $svscan));
    install(svscan => '/bin/false');
    run('svscanctl', $scan, 'u');
    wait_until { $svscan->err =~ /\n/ } 10, 'a complaint';
    is $svscan->err, "svscan: warning: unable to upgrade the svscan of $scan: $bin/svscan: "
        . "it does not pass its own check; going on as before\n", 'what does not pass its check is not executed';
    unlink "$bin/svscan";
    run('svscanctl', $scan, 'u');
    wait_until { $svscan->err =~ /does not exist/ } 10, 'a complaint';
    is join(' ', images($scan, $svscan)), join(' ', @before), 'nor what is not there';
    is pids($scan), $pids, 'all goes on';
    install(%ours, supervise => '/bin/false');
    run('svscanctl', $scan, 'u');
    wait_until { my $said = () = $svscan->err =~ /^supervise: warning: unable to upgrade/mg; $said >= 8 } 10, 'complaints';
    wait_until { image($svscan->pid) ne $before[0] } 10, 'a new svscan';
    is pids($scan), $pids, 'a supervise that is no good is left alone by each';
    install(%ours);
    @before = images($scan, $svscan);
    ok wait_until { run('svscanctl', $scan, 'u')->{code} == 0 } 10, 'and when all is well again';
    ok upgraded($scan, $svscan, @before), 'all are executed';
    is pids($scan), $pids, 'in place';
}
lines_are_whole($scan, 'no line was lost or repeated in all of that');
{
    # a service that takes its time to end keeps svscan from forgetting about it
    make_service("$scan/slow", run => "trap 'while ! test -e go; do sleep 0.01; done; exit 0' TERM\necho > ready\n"
        . "while :; do sleep 1000 & wait \$!; done");
    wait_until { -e "$scan/slow/ready" } 10, 'the slow one';
    my @before = images($scan, $svscan);
    my $slow = field("$scan/slow", 'pid');
    rename "$scan/slow", "$home/slow" or die;
    wait_until { field("$home/slow", 'phase') eq 'stopping' } 10, 'it to be told';
    install(%ours);
    run('svscanctl', $scan, 'u');
    run('svscanctl', $scan, 'z');
    is image($svscan->pid), $before[0], 'as long as something is being ended the upgrade waits';
    write_file("$home/slow/go", '');
    ok wait_until { image($svscan->pid) ne $before[0] } 10, 'and no longer';
    ok !alive($slow), 'then it has ended';
}
is $svscan->stop('TERM', 30)->{code}, 0, 'svscan, told to end, ends everything';
is scalar(grep { field($_, 'supervised') eq 'true' } all_of($scan)), 0, 'and everything has ended';

done_testing;
