# ISC license.
#
# svscan: what is left when it is killed goes on, and the next svscan takes it over; and what a
# supervise leaves behind that is killed is not lost either.

use lib 'tests/lib';
use Upkeep;

use File::Copy ();
use File::Path qw(make_path remove_tree);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my $home = tempdir;

# Looking around -------------------------------------------------------------------------------

sub processes { return grep { alive($_) } map { m{(\d+)$} } glob '/proc/[0-9]*' }

sub argv_of { return join ' ', split /\0/, read_file("/proc/$_[0]/cmdline") // '' }

# supervises($top): those that work below it; the machine may have others.
sub supervises {
    my ($top) = @_;
    return grep { argv_of($_) =~ /^supervise / && (readlink("/proc/$_/cwd") // '') =~ m{^\Q$top\E/} } processes();
}

# those_in($directory): the processes that work there, by what they are: (supervises, others).
sub those_in {
    my ($directory) = @_;
    my @there = grep { (readlink "/proc/$_/cwd" // '') eq $directory } processes();
    return ([grep { argv_of($_) =~ /^supervise / } @there], [grep { argv_of($_) !~ /^supervise / } @there]);
}

# supervise($directory), service($directory): the pid of the only one, 0 if that is not so.
sub supervise { my ($found) = those_in(@_); return @$found == 1 ? $found->[0] : 0 }
sub service { my (undef, $found) = those_in(@_); return @$found == 1 ? $found->[0] : 0 }

# state($directory): the pids of its supervise and service, and of its logger's if it has one.
sub state {
    my ($directory) = @_;
    my @at = ($directory, -d "$directory/log" ? "$directory/log" : ());
    return join ' ', map { supervise($_), service($_) } @at;
}

# settled($directory): that, when all of them are there.
sub settled {
    my ($directory) = @_;
    return wait_until { my $state = state($directory); $state =~ /\b0\b/ ? '' : $state } 10, "$directory to run";
}

sub parent_of { return (read_file("/proc/$_[0]/stat") // '') =~ /\) \S (\d+) /s ? $1 : 0 }

sub pipe_of { return readlink("/proc/$_[0]/fd/$_[1]") // '' }

sub descriptors { return scalar(() = glob "/proc/$_[0]/fd/*") }

sub switches {
    my $status = read_file("/proc/$_[0]/status") // return -1;
    return $status =~ /^voluntary_ctxt_switches:\s*(\d+)/m ? $1 : -1;
}

sub rests {
    my ($pid) = @_;
    my $before = -1;
    wait_until {
        my $now = switches($pid);
        my $same = $now == $before;
        $before = $now;
        idle_for(0.2);
        $same;
    } 10, 'rest';
    return $before;
}

# idle_for($seconds): lets time pass; for what must not happen there is nothing to listen to.
sub idle_for {
    my $until = clock_gettime(CLOCK_MONOTONIC) + $_[0];
    wait_until { clock_gettime(CLOCK_MONOTONIC) >= $until } $_[0] + 10, 'time to pass';
}

sub lines_in { return split /\n/, read_file($_[0]) // '' }

# Scan directories and services ----------------------------------------------------------------

my $count = 0;

sub scan_directory {
    my $directory = "$home/" . ++$count;
    make_path("$directory/scan", "$directory/away");
    return ("$directory/scan", "$directory/away");
}

# svscan($directory, {options}, @before): started, and listening.
sub svscan {
    my ($directory, $options, @before) = @_;
    my $svscan = start(@before, program('svscan'), $directory, $options // {});
    wait_until { run('svscanctl', $directory, 'z')->{code} == 0 } 10, 'svscan to listen';
    return $svscan;
}

# said($svscan): what svscan itself has written; the supervises that it has started left out.
sub said { return join '', grep { /^svscan: / } $_[0]->err =~ /^(.*\n)/mg }

sub killed {
    my ($svscan) = @_;
    $svscan->kill('KILL');
    $svscan->wait(10);
}

sub stop_well {
    my ($svscan, $what) = @_;
    is $svscan->stop('TERM', 30)->{code}, 0, $what;
}

# Writes numbered lines as fast as they are read, but not more than 1000 in a second, and notes
# the last number of each run, so that it is known what must be in the log.
my $writer = <<"END" . <<'END';
#!$^X
END
my $end;
$SIG{TERM} = sub { $end = 1 };
open my $starts, '+>>', 'starts' or die;
seek $starts, 0, 0;
my $run = 1 + (() = <$starts>);
syswrite $starts, "$$\n";
open my $count, '>', "count.$run" or die;
my $number = 0;
until ($end) {
    $number++;
    syswrite STDOUT, "$run $number\n";
    sysseek $count, 0, 0;
    syswrite $count, "$number\n";
    select undef, undef, undef, 0.001;
}
END

sub make_writer {
    my ($directory) = @_;
    return make_service($directory, run => $writer, log => {run => 'exec multilog s100000 n50 ./main'});
}

sub logged { return join "", map { read_file($_) // "" } glob("$_[0]/log/main/\@*"), "$_[0]/log/main/current" }

# wrong_in($directory): what is wrong with the log of a writer, '' if nothing is.
sub wrong_in {
    my ($directory) = @_;
    my %seen;
    my @wrong;
    for my $line (split /\n/, logged($directory)) {
        my ($run, $number) = $line =~ /^(\d+) (\d+)$/ or do { push @wrong, "torn: $line"; next };
        push @wrong, "run $run: $number after " . ($seen{$run} // 0) if $number != ($seen{$run} // 0) + 1;
        $seen{$run} = $number;
    }
    for my $run (1 .. lines_in("$directory/starts")) {
        my ($last) = lines_in("$directory/count.$run");
        push @wrong, "run $run ends with " . ($seen{$run} // 'nothing') . " instead of $last"
            if defined $last && ($seen{$run} // 0) < $last;
    }
    return join '; ', @wrong > 5 ? (@wrong[0 .. 4], '...') : @wrong;
}

# goes_on($directory): waits until the log has grown.
sub goes_on {
    my ($directory) = @_;
    my $before = length logged($directory);
    return wait_until { length logged($directory) > $before } 10, 'more lines';
}

# starts_of($directory): how often its service was started.
sub starts_of { return scalar lines_in("$_[0]/starts") }

my $plain = "echo \$\$ >> starts\nexec sleep 1000";

# svscan is killed -----------------------------------------------------------------------------

{
    my ($scan) = scan_directory();
    make_writer("$scan/writer");
    make_service("$scan/plain", run => $plain);
    my $svscan = svscan($scan);
    my @before = map { settled("$scan/$_") } qw(writer plain);
    my $pipe = pipe_of(supervise("$scan/writer"), 1);
    killed($svscan);
    ok goes_on("$scan/writer"), 'svscan is killed: services and loggers go on';

    my $second = svscan($scan);
    is state("$scan/writer"), $before[0], 'another svscan takes over what lives: no second supervise';
    is state("$scan/plain"), $before[1], 'nor is anything else started twice';
    is said($second), '', 'without a word';
    is scalar(grep { pipe_of($second->pid, $_) eq $pipe } 3 .. 100), 2, 'it has both ends of the pipe';

    my $after = rests($second->pid);
    idle_for(2);
    is switches($second->pid), $after, 'and it rests';
    my $descriptors = descriptors($second->pid);

    my (undef, $service, undef, $logger) = split ' ', $before[0];
    kill 'KILL', $service, $logger;
    wait_until { my $new = service("$scan/writer"); $new && $new != $service } 10, 'another service';
    wait_until { my $new = service("$scan/writer/log"); $new && $new != $logger } 10, 'another logger';
    ok goes_on("$scan/writer"), 'service and logger are killed: others go on';

    # a supervise that was taken over
    my @supervises = map { supervise("$scan/$_") } qw(writer writer/log plain);
    my @services = map { service("$scan/$_") } qw(writer writer/log plain);
    kill 'KILL', @supervises;
    for my $name (qw(writer writer/log plain)) {
        my $old = shift @supervises;
        ok wait_until { my $new = supervise("$scan/$name"); $new && $new != $old && parent_of($new) == $second->pid } 10,
            "supervise $name, taken over and killed, is back";
    }
    is_deeply [map { service("$scan/$_") } qw(writer writer/log plain)], \@services,
        'the services do not notice';
    is descriptors($second->pid), $descriptors - 3, 'who was watched before needs no descriptor now';

    # killed again, and with it whoever holds the pipe on one side
    kill 'KILL', $second->pid, supervise("$scan/writer");
    $second->wait(10);
    my $third = svscan($scan);
    settled("$scan/writer");
    is service("$scan/writer"), $services[0], 'svscan and one supervise are killed: the service goes on';
    $logger = service("$scan/writer/log");
    kill 'KILL', $services[0], $logger;
    wait_until { my $new = service("$scan/writer/log"); $new && $new != $logger } 10, 'another logger';
    ok goes_on("$scan/writer"), 'and its log does when it and its logger are killed';
    stop_well($third, 'it ends all of it');
    is wrong_in("$scan/writer"), '', 'and no line is lost, torn or repeated';
    is starts_of("$scan/plain"), 1, 'a service that was left alone was started once';
    is said($third), '', 'nothing went wrong';
    is join(' ', supervises($home)), '', 'no supervise is left';
}

# svscan is told to leave its services ---------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    make_service("$scan/one", run => $plain);
    make_service("$scan/two", run => $plain);
    my $svscan = svscan($scan);
    my @before = map { settled("$scan/$_") } qw(one two);
    run('svscanctl', $scan, 'b');
    is $svscan->wait(10)->{code}, 0, 'svscanctl b: svscan leaves';
    my $second = svscan($scan);
    is_deeply [map { state("$scan/$_") } qw(one two)], \@before, 'the next one takes over';
    rename "$scan/one", "$away/one" or die;
    ok wait_until { !supervise("$away/one") }, 'what is taken away then is brought down';
    is service("$away/one"), 0, 'with its service';
    stop_well($second, 'and so is the rest at the end');
    is state("$scan/two"), '0 0', 'all of it';
    is said($second), '', 'without a word';
}

# Its lock -------------------------------------------------------------------------------------

# A killed svscan has it until the supervise that it was just starting has been executed.
{
    my ($scan) = scan_directory();
    mkdir "$scan/.svscan", 0700 or die;
    open my $lock, '>', "$scan/.svscan/lock" or die;
    flock $lock, 2 or die;
    my $svscan = start('svscan', $scan);
    idle_for(0.1);
    close $lock;
    ok wait_until { run('svscanctl', $scan, 'z')->{code} == 0 }, 'a lock that is just being left is waited for';
    stop_well($svscan, 'svscan ends');
}

# svscan and all supervises are killed ---------------------------------------------------------

{
    my ($scan) = scan_directory();
    make_writer("$scan/writer");
    make_service("$scan/plain", run => $plain);
    my $svscan = svscan($scan);
    settled("$scan/$_") for qw(writer plain);
    my @services = map { service("$scan/$_") } qw(writer writer/log plain);
    my $pipe = pipe_of($services[1], 0);
    kill 'KILL', $svscan->pid, map { supervise("$scan/$_") } qw(writer writer/log plain);
    $svscan->wait(10);
    my $second = svscan($scan);
    settled("$scan/$_") for qw(writer plain);
    is_deeply [map { service("$scan/$_") } qw(writer writer/log plain)], \@services,
        'svscan and all supervises are killed: the services are those of before';
    is pipe_of(supervise("$scan/writer"), 1), $pipe, 'the pipe is';
    is pipe_of(supervise("$scan/writer/log"), 0), $pipe, 'on both sides';
    kill 'KILL', @services;
    for my $name (qw(writer writer/log plain)) {
        my $old = shift @services;
        wait_until { my $new = service("$scan/$name"); $new && $new != $old } 10, "another $name";
    }
    ok goes_on("$scan/writer"), 'killed, they are back';
    is said($second), '', 'svscan had nothing to say';
    stop_well($second, 'it ends all of it');
    is wrong_in("$scan/writer"), '', 'and no line is lost, torn or repeated';
    is starts_of("$scan/plain"), 2, 'each was started once more';
}

# How a service ended --------------------------------------------------------------------------

# Without calls: perl that lets the kernel refuse some system calls, then executes the rest.
# seccomp(2): 434 is pidfd_open, 424 pidfd_send_signal; PIDFD_GET_INFO is an ioctl.
my $without = write_file("$home/without", <<'END', 0755);
my ($what, @command) = @ARGV;
my %prctl = (x86_64 => 157, aarch64 => 167, riscv64 => 167);
my %ioctl = (x86_64 => 16, aarch64 => 29, riscv64 => 29);
my $machine = (POSIX::uname())[4];
exit 99 unless $prctl{$machine};
sub filter { return pack 'SCCL', @_ }
my ($load, $equal, $return, $allow) = (0x20, 0x15, 0x06, 0x7fff0000);
my $filter = $what eq 'pidfd'
    ? filter($load, 0, 0, 0) . filter($equal, 1, 0, 434) . filter($equal, 0, 1, 424)
        . filter($return, 0, 0, 0x50000 | 38) . filter($return, 0, 0, $allow)
    : filter($load, 0, 0, 0) . filter($equal, 0, 3, $ioctl{$machine}) . filter($load, 0, 0, 24)
        . filter($equal, 0, 1, 0xc040ff0b) . filter($return, 0, 0, 0x50000 | 25)
        . filter($return, 0, 0, $allow);
my $program = pack 'Sx6P', length($filter) / 8, $filter;
syscall($prctl{$machine}, 38, 1, 0, 0, 0) == 0 or exit 99;
syscall($prctl{$machine}, 22, 2, $program) == 0 or exit 99;
exec { $command[0] } @command or exit 127;
END
my @without = ($^X, '-MPOSIX', $without);
my $refuses = run(@without, 'pidfd', 'true')->{code} == 0;

for (['', 'first'], ['', 'both'], $refuses ? map { (["$_", 'first'], ["$_", 'both']) } qw(info pidfd) : ()) {
    my ($way, $order) = @$_;
    my ($scan) = scan_directory();
    my $gate = "$scan/../gate";
    POSIX::mkfifo($gate, 0600) or die;
    make_service("$scan/service", run => "echo \$\$ >> starts\nread go < $gate\nexit 7", restart => 'never');
    my $svscan = svscan($scan, {}, $way ? (@without, $way) : ());
    my ($supervise, $service) = split ' ', settled("$scan/service");
    # supervise first; or both, while svscan looks elsewhere
    my $first = $order eq 'first';
    $svscan->kill('STOP') unless $first;
    kill 'KILL', $supervise;
    if ($first) {
        wait_until { my $new = supervise("$scan/service"); $new && $new != $supervise } 10, 'another supervise';
        is service("$scan/service"), $service, 'supervise is killed' . ($way && ", without $way");
        wait_until { pid_of("$scan/service") == $service } 10, 'the service to be adopted';
    }
    open my $open, '>', $gate or die;
    syswrite $open, "go\n";
    close $open;
    wait_until { !alive($service) } 10, 'the service to end';
    $svscan->kill('CONT');
    wait_until { run('svstat', '-o', 'phase', "$scan/service")->{out} eq "failed\n" } 10, 'that to be known';
    is run('svstat', '-o', 'ending,endingvalue', "$scan/service")->{out}, "exit 7\n",
        $first ? 'its service exits later: the exit code is known' : 'so it is if both end while svscan is stopped';
    my $parent = $svscan->pid;
    ok !(grep { (read_file("/proc/$_/stat") // '') =~ /\) Z $parent / } map { m{(\d+)$} } glob '/proc/[0-9]*'),
        'and it is no zombie';
    stop_well($svscan, 'svscan ends');
}

# Killed during a shutdown ---------------------------------------------------------------------

# A service that takes its time to end: until somebody writes to its gate.
sub slow { my ($gate) = @_; return "trap 'kill \$!; echo told >> told; read go < $gate; exit 0' TERM\n"
    . "echo \$\$ >> starts\nwhile :; do sleep 1000 & wait \$!; done" }

sub open_gate { open my $gate, '+<', $_[0] or die; syswrite $gate, "go\n" x 8; return $gate }

# main_of($directory): the pid of a slow service, which has children there.
sub main_of { return (lines_in("$_[0]/starts"))[-1] // 0 }

{
    my ($scan, $away) = scan_directory();
    POSIX::mkfifo("$away/gate", 0600) or die;
    make_service("$scan/slow", run => slow("$away/gate"), log => {run => 'exec multilog ./main'});
    make_service("$scan/quick", run => $plain);
    my $svscan = svscan($scan);
    settled("$scan/quick");
    wait_until { main_of("$scan/slow") } 10, 'the slow one';
    idle_for(0.1); # for its trap
    $svscan->kill('TERM');
    wait_until { lines_in("$scan/slow/told") && !supervise("$scan/quick") } 10, 'the shutdown to begin';
    killed($svscan);
    my $second = svscan($scan);
    ok settled("$scan/quick"), 'svscan is killed during its shutdown: the next one brings all up';
    is starts_of("$scan/slow"), 1, 'who has not ended yet may do so';
    my $gate = open_gate("$away/gate");
    ok wait_until { starts_of("$scan/slow") == 2 }, 'and comes back then';
    stop_well($second, 'before the next shutdown');
    is said($second), '', 'about which nothing is to be said';
}

{
    my ($scan, $away) = scan_directory();
    POSIX::mkfifo("$away/gate$_", 0600) or die for 1 .. 2;
    make_service("$scan/slow$_", run => slow("$away/gate$_"), log => {run => 'exec multilog ./main'}) for 1 .. 2;
    my $svscan = svscan($scan);
    wait_until { main_of("$scan/slow1") && main_of("$scan/slow2") } 10, 'both';
    idle_for(1); # a supervise of that age is replaced at once
    my @mains = map { main_of("$scan/slow$_") } 1 .. 2;
    $svscan->kill('TERM');
    wait_until { lines_in("$scan/slow1/told") && lines_in("$scan/slow2/told") } 10, 'the shutdown to begin';
    my $supervise = supervise("$scan/slow1");
    kill 'KILL', $supervise;
    ok wait_until { my $new = supervise("$scan/slow1"); $new && $new != $supervise },
        'a supervise that is killed during a shutdown is replaced';
    my $gate = open_gate("$away/gate2");
    wait_until { !supervise("$scan/slow2") } 10, 'the other one to end';
    idle_for(0.3);
    ok $svscan->running, 'and waited for';
    ok alive($mains[0]), 'as its service still runs';
    my $other = open_gate("$away/gate1");
    is $svscan->wait(20)->{code}, 0, 'when that has ended svscan ends';
    ok !alive($mains[0]), 'and not before';
    is starts_of("$scan/slow1"), 1, 'it was not started again';
    is said($svscan), '', 'all this without a word';
}

{
    my ($scan, $away) = scan_directory();
    POSIX::mkfifo("$away/gate", 0600) or die;
    make_service("$scan/slow", run => slow("$away/gate"));
    my $svscan = svscan($scan);
    wait_until { main_of("$scan/slow") } 10, 'the service';
    idle_for(0.1); # for its trap
    my $main = main_of("$scan/slow");
    $svscan->kill('TERM');
    wait_until { lines_in("$scan/slow/told") } 10, 'the shutdown to begin';
    wait_until { my ($found) = those_in("$scan/slow"); kill 'KILL', @$found; !$svscan->running } 20, 'svscan to end';
    is $svscan->wait(1)->{code}, 0, 'when supervise is killed again and again a shutdown ends all the same';
    is said($svscan), "svscan: warning: gave up ending slow: its supervise was killed again and again; what it"
        . " looked after may still run\n", 'and tells of what it leaves';
    ok alive($main), 'which goes on';
    my $second = svscan($scan);
    ok wait_until { supervise("$scan/slow") }, 'and is looked after by the next svscan';
    is starts_of("$scan/slow"), 1, 'the same one';
    my $gate = open_gate("$away/gate");
    ok wait_until { !alive($main) }, 'as it was to end it still ends';
    stop_well($second, 'then all is over');
}

{
    my ($scan, $away) = scan_directory();
    POSIX::mkfifo("$away/gate", 0600) or die;
    make_service("$scan/slow", run => slow("$away/gate"), log => {run => 'exec multilog ./main'});
    my $svscan = svscan($scan);
    my $before = descriptors($svscan->pid);
    wait_until { main_of("$scan/slow") && service("$scan/slow/log") } 10, 'the service';
    idle_for(1); # a supervise of that age is replaced at once
    my $main = main_of("$scan/slow");
    rename "$scan/slow", "$away/slow" or die;
    wait_until { lines_in("$away/slow/told") } 10, 'it to be told';
    my $supervise = supervise("$away/slow");
    kill 'KILL', $supervise;
    ok wait_until { my $new = supervise("$away/slow"); $new && $new != $supervise },
        'the supervise of a service that has been moved away is replaced as well';
    my $gate = open_gate("$away/gate");
    ok wait_until { !alive($main) && !supervise("$away/slow/log") }, 'until the service has ended';
    is starts_of("$away/slow"), 1, 'for good';
    ok wait_until { descriptors($svscan->pid) < $before }, 'and nothing of it is kept';
    stop_well($svscan, 'svscan ends');
    is said($svscan), '', 'it had nothing to say';
}

# Many -----------------------------------------------------------------------------------------

{
    my $scan = -w '/dev/shm' ? File::Temp::tempdir('upkeep.XXXXXXXX', DIR => '/dev/shm', CLEANUP => 1)
        : tempdir;
    my $number = 200;
    make_service("$scan/$_", run => $plain, $_ % 4 ? () : (log => {run => 'exec cat > lines'})) for 1 .. $number;
    my $svscan = svscan($scan);
    wait_until { !grep { !-s "$scan/$_/starts" } 1 .. $number } 60, 'all services';
    my %services = map { $_ => (lines_in("$scan/$_/starts"))[0] } 1 .. $number;
    my $supervises = sub { return scalar(() = supervises($scan)) };
    my $all = $number + $number / 4;
    wait_until { $supervises->() == $all } 60, 'all supervises';
    killed($svscan);
    my $second = svscan($scan);
    is $supervises->(), $all, "$number services: no second supervise";
    kill 'KILL', supervises($scan);
    ok wait_until { my @now = grep { parent_of($_) == $second->pid } supervises($scan); @now == $all } 30,
        'all of them killed are back';
    is_deeply [grep { !alive($services{$_}) || starts_of("$scan/$_") != 1 } 1 .. $number], [],
        'and no service has noticed';
    kill 'KILL', $second->pid, supervises($scan);
    $second->wait(10);
    my $third = svscan($scan);
    wait_until { $supervises->() == $all } 60, 'all supervises';
    is_deeply [grep { !alive($services{$_}) || starts_of("$scan/$_") != 1 } 1 .. $number], [],
        'nor when svscan is killed with them';
    is $third->stop('TERM', 60)->{code}, 0, 'all of them end';
    is_deeply [grep { alive($services{$_}) } 1 .. $number], [], 'really';
    is said($second) . said($third), '', 'without a word';
    remove_tree($scan);
}

# What cannot be had ---------------------------------------------------------------------------

SKIP: {
    skip 'system calls cannot be refused here', 7 unless $refuses;
    my ($scan) = scan_directory();
    make_writer("$scan/writer");
    my $svscan = svscan($scan, {}, @without, 'pidfd');
    my $before = settled("$scan/writer");
    killed($svscan);
    my $second = svscan($scan, {}, @without, 'pidfd');
    wait_until { said($second) } 10, 'a warning';
    is state("$scan/writer"), $before, 'without pidfds what lives is taken over as well';
    like said($second), qr{^svscan: warning: unable to wait for the end of supervise writer(?:/log)?: \S.*; looking every second whether it lives\n\z},
        'with one warning';
    my ($supervise, $service) = split ' ', $before;
    kill 'KILL', $supervise;
    ok wait_until { my $new = supervise("$scan/writer"); $new && $new != $supervise }, 'and its end is noticed';
    is service("$scan/writer"), $service, 'the service is not disturbed by that';
    ok goes_on("$scan/writer"), 'nor is its log';
    stop_well($second, 'they end as others do');
    is wrong_in("$scan/writer"), '', 'and nothing is lost';
}

# A program that one may execute but not read hides its descriptors from its own user.
SKIP: {
    skip 'only root can become somebody else', 9 unless have_root;
    my $uid = 65534;
    my ($scan, $away) = scan_directory();
    make_path("$away/command");
    chown $uid, $uid, $scan or die;
    for my $program ($^X, map { program($_) } qw(svscan supervise multilog)) {
        my $copy = "$away/command/" . $program =~ s{.*/}{}r;
        File::Copy::cp($program, $copy) or die;
        chmod 0711, $copy or die;
    }
    my ($perl) = grep { m{/perl[^/]*$} } glob "$away/command/*";
    my $svscan = sub {
        my $self = start("$away/command/svscan", $scan, {uid => $uid});
        wait_until { run('svscanctl', $scan, 'z')->{code} == 0 } 10, 'svscan to listen';
        return $self;
    };
    make_service("$away/writer", run => $writer =~ s{^#!.*}{#!$perl}r,
        log => {run => "exec $away/command/multilog s100000 n50 ./main"});
    chown $uid, $uid, "$away/writer", "$away/writer/log" or die;
    my $first = $svscan->();
    rename "$away/writer", "$scan/writer" or die;
    my $before = settled("$scan/writer");
    killed($first);
    my $second = $svscan->();
    wait_until { said($second) } 10, 'a warning';
    is state("$scan/writer"), $before, 'where descriptors are hidden supervises are taken over all the same';
    my $said = "svscan: warning: unable to take back the pipe between writer and its logger: access denied;"
        . " what writer writes is lost when its logger's supervise ends; to give them a new pipe:"
        . " svc -dx $scan/writer\n";
    is said($second), $said, 'that the pipe is not is told, with the remedy';
    ok goes_on("$scan/writer"), 'the log goes on';
    my ($main, undef, $log) = split ' ', $before;
    is run('svc', '-dx', "$scan/writer")->{code}, 0, 'the remedy';
    ok wait_until { my $new = supervise("$scan/writer"); $new && $new != $main }, 'renews the one side';
    ok wait_until { my $new = supervise("$scan/writer/log"); $new && $new != $log }, 'and the other';
    is said($second), $said . "svscan: warning: the logger of writer reads another pipe than its service writes"
        . " to: it is started again\n", 'which is told as well';
    wait_until { starts_of("$scan/writer") == 2 } 10, 'the service';
    ok goes_on("$scan/writer"), 'the log goes on';
    stop_well($second, 'svscan ends');
    is wrong_in("$scan/writer"), '', 'and all of it is there';
}

# Limits of inotify: in a namespace of its own, so that nobody else has them.
SKIP: {
    my @enter = qw(unshare --user --map-root-user);
    my $limit = 'echo 0 > /proc/sys/user/max_inotify_watches';
    skip 'a limit of inotify cannot be set here', 4
        unless run(@enter, 'sh', '-c', "$limit && test \$(cat /proc/sys/user/max_inotify_watches) = 0")->{code} == 0;
    my ($scan) = scan_directory();
    my $svscan = svscan($scan, {}, @enter, 'sh', '-c', "$limit; exec \"\$@\"", 'sh');
    wait_until { said($svscan) } 10, 'a warning';
    is said($svscan), "svscan: warning: unable to watch $scan: out of disk space; it is looked at only on SIGHUP"
        . " or svscanctl $scan a\n", 'when no directory can be watched any more svscan says so, once';
    make_service("$scan/service", run => $plain);
    run('svscanctl', $scan, 'a');
    ok settled("$scan/service"), 'and finds what is new when it is told to look';
    run('svscanctl', $scan, 'a');
    is scalar(() = said($svscan) =~ /watch \Q$scan\E/g), 1, 'it does not repeat itself';
    stop_well($svscan, 'and ends');
}

# A logger that came while nobody looked -------------------------------------------------------

# The output of svscan is a pipe, too: that is not one to a logger.
{
    my ($scan) = scan_directory();
    make_service("$scan/service", run => "echo \$\$ >> starts\necho up\nexec sleep 1000");
    pipe my $reader, my $out or die;
    my $svscan = svscan($scan, {stdout => $out});
    my ($supervise) = split ' ', settled("$scan/service");
    killed($svscan);
    make_service("$scan/service/log", run => 'exec cat > lines');
    my $second = svscan($scan);
    ok wait_until { service("$scan/service/log") }, 'a logger that came while there was no svscan runs';
    is supervise("$scan/service"), $supervise, 'and its service goes on';
    is said($second), "svscan: warning: service/log came too late for the running service; to use it:"
        . " svc -dx $scan/service\n", 'without it, which is told';
    isnt pipe_of(supervise("$scan/service/log"), 0), pipe_of($supervise, 1), 'the output of svscan is not for it';
    run('svc', '-dx', "$scan/service");
    ok wait_until { lines_in("$scan/service/log/lines") }, 'the remedy works';
    stop_well($second, 'svscan ends');
}

# Copies, and what others have planted ---------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    make_service("$scan/original", run => $plain);
    my $svscan = svscan($scan);
    my $before = settled("$scan/original");
    run('cp', '-a', "$scan/original", "$away/copy");
    unlink "$away/copy/starts";
    rename "$away/copy", "$scan/copy" or die;
    my ($supervise, $service) = split ' ', settled("$scan/copy");
    isnt "$supervise $service", $before, 'a copied service directory is a service of its own';
    rename "$scan/copy", "$away/copy" or die;
    wait_until { !alive($supervise) } 10, 'it to end';
    is state("$scan/original"), $before, 'and does nothing to the original';

    # as somebody would who wants another service to be ended
    make_service("$away/planted", run => $plain);
    symlink "$scan/original/supervise", "$away/planted/supervise" or die;
    rename "$away/planted", "$scan/planted" or die;
    wait_until { $svscan->err =~ /unable to acquire/ } 10, 'supervise to complain';
    rename "$scan/planted", "$away/planted" or die;
    idle_for(1.2);
    is state("$scan/original"), $before, 'nor is the supervise of another directory taken over';
    stop_well($svscan, 'svscan ends');
}

done_testing;
