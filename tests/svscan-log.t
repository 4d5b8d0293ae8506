# ISC license.
#
# svscan's own log: what svscan, its supervises and their services say goes to one logger, which may
# die, as may everybody else; nothing of it is lost, and a logger that does not work keeps nobody from
# working but who has more to say than the pipe takes.

use lib 'tests/lib';
use Upkeep;

use File::Path qw(make_path);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my $home = tempdir;
my $count = 0;

# Looking around -------------------------------------------------------------------------------

sub processes { return grep { alive($_) } map { m{(\d+)$} } glob '/proc/[0-9]*' }

sub argv_of { return join ' ', split /\0/, read_file("/proc/$_[0]/cmdline") // '' }

# those_in($directory): the processes that work there, by what they are: (supervises, others).
sub those_in {
    my ($directory) = @_;
    my @there = grep { (readlink "/proc/$_/cwd" // '') eq $directory } processes();
    return ([grep { argv_of($_) =~ /^supervise / } @there], [grep { argv_of($_) !~ /^supervise / } @there]);
}

# supervise($directory), service($directory): the pid of the only one, 0 if that is not so.
sub supervise { my ($found) = those_in(@_); return @$found == 1 ? $found->[0] : 0 }
sub service { my (undef, $found) = those_in(@_); return @$found == 1 ? $found->[0] : 0 }
sub the_supervise { my ($directory) = @_; return wait_until { supervise($directory) } 10, "one supervise in $directory" }
sub both { my ($directory) = @_; return join ' ', supervise($directory), service($directory) }

sub settled {
    my ($directory) = @_;
    return wait_until { my $both = both($directory); $both =~ /\b0\b/ ? '' : $both } 10, "$directory to run";
}

sub pipe_of { return readlink("/proc/$_[0]/fd/$_[1]") // '' }

# log_of($svscan): the pipe to its logger, as soon as it writes to it.
sub log_of {
    my ($svscan) = @_;
    return wait_until { my $pipe = pipe_of($svscan->pid, 2); $pipe =~ /^pipe:/ && $pipe } 10, 'a pipe';
}

sub switches {
    my $status = read_file("/proc/$_[0]/status") // return -1;
    return $status =~ /^voluntary_ctxt_switches:\s*(\d+)/m ? $1 : -1;
}

# idle_for($seconds): lets time pass; for what must not happen there is nothing to listen to.
sub idle_for {
    my $until = clock_gettime(CLOCK_MONOTONIC) + $_[0];
    wait_until { clock_gettime(CLOCK_MONOTONIC) >= $until } $_[0] + 10, 'time to pass';
}

sub lines_in { return split /\n/, read_file($_[0]) // '' }

# Scan directories -----------------------------------------------------------------------------

my $logger = 'exec multilog s1000000 n50 ./main';

# scan_directory(%logger): a new one, with the log directory .log, and a place beside it.
sub scan_directory {
    my (%log) = @_;
    my $directory = "$home/" . ++$count;
    make_path("$directory/scan", "$directory/away");
    make_service("$directory/scan/.log", run => $logger, %log);
    return ("$directory/scan", "$directory/away");
}

# svscan($directory, $log): started, and listening.
sub svscan {
    my ($directory, $log) = @_;
    my $svscan = start(program('svscan'), $directory, $log // '.log');
    wait_until { run('svscanctl', $directory, 'z')->{code} == 0 } 10, 'svscan to listen';
    return $svscan;
}

sub logged {
    my ($scan, $log) = @_;
    my $main = "$scan/" . ($log // '.log') . '/main';
    return join '', map { read_file($_) // '' } glob("$main/\@*"), "$main/current";
}

# logs($scan, $pattern): waits for it.
sub logs {
    my ($scan, $pattern, $log) = @_;
    return wait_until { logged($scan, $log) =~ $pattern } 10, "$pattern in the log";
}

sub killed {
    my ($svscan) = @_;
    $svscan->kill('KILL');
    $svscan->wait(10);
}

sub stop_well {
    my ($svscan, $what) = @_;
    is $svscan->stop('TERM', 30)->{code}, 0, $what;
}

# Writes numbered lines on standard error, not more than 1000 in a second, until it is told to end,
# and notes the last one.
my $writer = <<"END" . <<'END';
#!$^X
END
my $end;
$SIG{TERM} = sub { $end = 1 };
open my $starts, '>>', 'starts' or die;
syswrite $starts, "$$\n";
open my $written, '>', "written.$$" or die;
my $number = 0;
until ($end) {
    $number++;
    syswrite STDERR, "$$ $number\n";
    sysseek $written, 0, 0;
    syswrite $written, "$number\n";
    select undef, undef, undef, 0.001;
}
END

# wrong_in($scan, @services): what is wrong with the lines of the writers, '' if nothing is.
sub wrong_in {
    my ($scan, @services) = @_;
    my (%seen, @wrong);
    for my $line (split /\n/, logged($scan)) {
        next if $line eq 'svscan: info: starting';
        my ($pid, $number) = $line =~ /^(\d+) (\d+)$/ or do { push @wrong, "torn: $line"; next };
        push @wrong, "$pid: $number after " . ($seen{$pid} // 0) if $number != ($seen{$pid} // 0) + 1;
        $seen{$pid} = $number;
    }
    for my $service (@services) {
        for my $pid (lines_in("$scan/$service/starts")) {
            my ($last) = lines_in("$scan/$service/written.$pid");
            push @wrong, "$pid ends with " . ($seen{$pid} // 'nothing') . " instead of $last"
                if defined $last && ($seen{$pid} // 0) < $last;
        }
    }
    return join '; ', @wrong > 5 ? (@wrong[0 .. 4], '...') : @wrong;
}

# goes_on($scan): waits until the log has grown.
sub goes_on {
    my ($scan) = @_;
    my $before = length logged($scan);
    return wait_until { length logged($scan) > $before } 10, 'more lines';
}

# What it is -----------------------------------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    make_service("$scan/plain", run => "echo out\necho err >&2\nexec sleep 1000");
    make_service("$scan/logged", run => "echo mine\necho to all >&2\nexec sleep 1000",
        log => {run => "echo of the logger >&2\n$logger"});
    my $svscan = svscan($scan);
    ok logs($scan, qr/^to all$/m), 'a service with a logger: its standard error is in the log of svscan';
    ok logs($scan, qr/^of the logger$/m), 'and that of its logger';
    ok logs($scan, qr/^err$/m) && logs($scan, qr/^out$/m), 'of one without, standard output as well';
    ok wait_until { logged($scan, 'logged/log') eq "mine\n" } , 'a logger has what it had';
    like logged($scan), qr/\Asvscan: info: starting\n/, 'the log begins with svscan';
    make_service("$away/late", run => $logger);
    symlink '/nonexistent', "$scan/dangling" or die;
    ok logs($scan, qr/^svscan: warning: unable to stat dangling: file does not exist$/m), 'what svscan says is there';
    make_service("$scan/wrong", run => "#!/nonexistent\n");
    ok logs($scan, qr{^supervise: .*unable to start wrong/run: }m), 'and what a supervise says';
    is $svscan->err . $svscan->out, '', 'and nothing is where svscan was started';
    settled("$scan/.log");
    is argv_of(supervise("$scan/.log")), 'supervise .log', 'the logger is a service';
    is pipe_of(service("$scan/.log"), 0), log_of($svscan), 'that reads what svscan writes';
    is pid_of("$scan/.log"), service("$scan/.log"), 'and can be looked at';
    isnt pipe_of(service("$scan/.log"), 2), log_of($svscan), 'its own complaints are not for itself';

    rename "$scan/wrong", "$away/wrong" or die;
    wait_until { !supervise("$away/wrong") } 10, 'it to end';
    wait_until { my $before = switches($svscan->pid); idle_for(0.3); switches($svscan->pid) == $before } 10, 'rest';
    my $before = switches($svscan->pid);
    idle_for(2);
    is switches($svscan->pid), $before, 'svscan rests';
    stop_well($svscan, 'svscan ends');
    is_deeply [map { @$_ } map { those_in($_) } "$scan/.log", "$scan/plain", "$scan/logged"], [], 'and nothing is left';
    is $svscan->err . $svscan->out, '', 'without a word';
}

{
    my ($scan, $away) = scan_directory();
    make_service("$away/log", run => $logger);
    mkdir "$scan/.svscan", 0700 or die;
    rename "$away/log", "$scan/.svscan/log" or die;
    make_service("$scan/plain", run => "echo err >&2\nexec sleep 1000");
    my $svscan = svscan($scan, '.svscan');
    ok logs($scan, qr/^err$/m, '.svscan/log'), 'a log directory that only has a log/: that is the logger';
    settled("$scan/.svscan/log");
    is argv_of(supervise("$scan/.svscan/log")), 'supervise log', 'as of a service';
    my $both = settled("$scan/.svscan/log");
    killed($svscan);
    $svscan = svscan($scan, '.svscan');
    is both("$scan/.svscan/log"), $both, 'it is taken over like any other';
    stop_well($svscan, 'svscan ends');
    is supervise("$scan/.svscan/log"), 0, 'with it';
}

{
    my ($scan) = scan_directory();
    rename "$scan/.log", "$scan/visible" or die;
    make_service("$scan/plain", run => "echo err >&2\nexec sleep 1000");
    my $svscan = svscan($scan, 'visible');
    ok logs($scan, qr/^err$/m, 'visible'), 'a log directory that is not hidden';
    run('svscanctl', $scan, 'a');
    idle_for(0.3);
    ok supervise("$scan/visible"), 'is not run as a service besides';
    symlink 'visible', "$scan/again" or die;
    idle_for(0.3);
    ok supervise("$scan/visible"), 'nor by another name';
    unlink "$scan/again";
    idle_for(0.3);
    ok supervise("$scan/visible"), 'which may go';
    stop_well($svscan, 'svscan ends');
    is $svscan->err, '', 'without a word';
}

# Which is not there ---------------------------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    rename "$scan/.log", "$away/.log" or die;
    make_service("$scan/plain", run => "echo early >&2\nexec sleep 1000");
    my $svscan = svscan($scan);
    ok wait_until { $svscan->err =~ /^early$/m }, 'without the log directory all is as without a log';
    like $svscan->err, qr/^svscan: warning: unable to use the log directory \.log: file does not exist; until it is there /,
        'which is told';
    my $plain = settled("$scan/plain");
    rename "$away/.log", "$scan/.log" or die;
    ok logs($scan, qr/\Asvscan: info: starting$/m), 'it is used when it comes';
    make_service("$scan/second", run => "echo late >&2\nexec sleep 1000");
    ok logs($scan, qr/^late$/m), 'by those who start then';
    is both("$scan/plain"), $plain, 'nobody is disturbed';

    my ($supervise, $service) = split ' ', settled("$scan/.log");
    rename "$scan/.log", "$away/.log" or die;
    make_service("$away/new", run => $logger);
    rename "$away/new", "$scan/.log" or die;
    run('svc', '-dx', "$away/.log");
    wait_until { !alive($supervise) } 10, 'the old one to end';
    make_service("$scan/third", run => "echo later >&2\nexec sleep 1000");
    ok logs($scan, qr/^later$/m), 'another directory in its place is used when the logger is started again';
    unlike logged($scan), qr/^late$/m, 'with nothing twice';
    stop_well($svscan, 'svscan ends');
}

# Removed while it is in use.
{
    my ($scan, $away) = scan_directory();
    make_service("$scan/plain", run => "exec sleep 1000");
    my $svscan = svscan($scan);
    my ($supervise) = split ' ', settled("$scan/.log");
    rename "$scan/.log", "$away/.log" or die;
    idle_for(0.3);
    is supervise("$away/.log"), $supervise, 'a log directory that goes away keeps its logger';
    run('svc', '-dx', "$away/.log");
    ok wait_until { $svscan->err =~ /^svscan: warning: unable to start supervise \.log: file does not exist, trying again every second$/m },
        'but it cannot be started again, which is told';
    idle_for(1.5);
    is scalar(() = $svscan->err =~ /\n/g), 1, 'once';
    rename "$away/.log", "$scan/.log" or die;
    ok settled("$scan/.log"), 'until it is back';
    stop_well($svscan, 'svscan ends');
}

for my $case (['a file', sub { unlink "$_[0]/.log"; write_file("$_[0]/.log", '') }, qr/not a directory/, 'exec sleep 1000'],
    ['a service', sub { symlink 'plain', "$_[0]/.log" or die }, qr/\Asvscan: info: starting\n\z/, 'exec cat >&2']) {
    my ($what, $make, $reason, $run) = @$case;
    my ($scan, $away) = scan_directory();
    rename "$scan/.log", "$away/.log" or die;
    make_service("$scan/plain", run => $run);
    $make->($scan);
    my $svscan = svscan($scan);
    ok settled("$scan/plain"), "a log directory that is $what: services run";
    wait_until { $svscan->err ne '' } 10, 'a word';
    like $svscan->err, $reason, $what eq 'a file' ? 'and it is told' : 'that one is the logger, and has one supervise';
    stop_well($svscan, 'svscan ends');
}

# Killed ---------------------------------------------------------------------------------------

{
    my ($scan) = scan_directory();
    make_service("$scan/writer", run => $writer);
    my $svscan = svscan($scan);
    my $writer_is = settled("$scan/writer");
    my ($supervise, $service) = split ' ', settled("$scan/.log");
    my $pipe = log_of($svscan);
    goes_on($scan);

    kill 'KILL', $service;
    ok wait_until { my $new = service("$scan/.log"); $new && $new != $service }, 'a logger that is killed comes back';
    ok goes_on($scan), 'and goes on';
    kill 'KILL', $supervise;
    ok wait_until { my $new = supervise("$scan/.log"); $new && $new != $supervise }, 'so does its supervise';
    ok goes_on($scan), 'and it goes on';
    my $both = settled("$scan/.log");
    killed($svscan);
    ok goes_on($scan), 'svscan is killed: the log goes on';
    $svscan = svscan($scan);
    is both("$scan/.log"), $both, 'the next one takes the logger over';
    is log_of($svscan), $pipe, 'and the pipe';
    is pipe_of($svscan->pid, 1), $pipe, 'for standard output as well';
    ok logs($scan, qr/^svscan: info: starting\n(?s:.*)^svscan: info: starting\n/m), 'it says so';
    kill 'KILL', split ' ', settled("$scan/.log");
    ok goes_on($scan), 'logger and supervise are killed: it goes on';
    kill 'KILL', the_supervise("$scan/.log"), $svscan->pid;
    $svscan->wait(10);
    $svscan = svscan($scan);
    is log_of($svscan), $pipe, 'svscan and the supervise of the logger: the pipe is taken back from the logger';
    ok goes_on($scan), 'and it goes on';

    settled("$scan/.log");
    my $writer_pid = (split ' ', $writer_is)[1];
    kill 'STOP', $writer_pid; # it would have nobody to read it
    kill 'KILL', $svscan->pid, split ' ', settled("$scan/.log");
    $svscan->wait(10);
    $svscan = svscan($scan);
    is log_of($svscan), $pipe, 'svscan, supervise and logger: the pipe is taken back from a service';
    kill 'CONT', $writer_pid;
    ok goes_on($scan), 'and it goes on';
    is both("$scan/writer"), $writer_is, 'the service has noticed nothing of all this';
    stop_well($svscan, 'svscan ends');
    is wrong_in($scan, 'writer'), '', 'and no line is lost, torn or there twice';
    is $svscan->err, '', 'nobody complains';
}

# An upgrade -----------------------------------------------------------------------------------

{
    my ($scan) = scan_directory();
    make_service("$scan/writer", run => $writer);
    my $svscan = svscan($scan);
    my @before = (settled("$scan/writer"), settled("$scan/.log"), log_of($svscan));
    goes_on($scan);
    for (1 .. 3) {
        is run('svscanctl', $scan, 'u')->{code}, 0, 'an upgrade';
        idle_for(0.5);
        is_deeply [settled("$scan/writer"), settled("$scan/.log"), log_of($svscan)], \@before,
            'all processes stay what they are, and the pipe';
        ok goes_on($scan), 'the log goes on';
    }
    symlink '/nonexistent', "$scan/dangling" or die;
    ok logs($scan, qr/^svscan: warning: unable to stat dangling/m), 'what svscan says is still there';
    is scalar(() = logged($scan) =~ /^svscan: info: starting$/mg), 1, 'it has started once';
    stop_well($svscan, 'svscan ends');
    is wrong_in($scan, 'writer'), 'torn: svscan: warning: unable to stat dangling: file does not exist', 'and no line is lost';
    is $svscan->err, '', 'nobody complains';
}

# The end --------------------------------------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    my $last_words = "#!$^X\n" . <<'END';
$SIG{TERM} = sub { print STDERR 'last words ' . 'x' x 80 . " $_\n" for 1 .. 5000; exit 0 };
open my $ready, '>', 'ready' or die;
sleep 1000;
END
    make_service("$scan/$_", run => $last_words) for qw(one two);
    make_service("$scan/needing", run => $last_words, needs => "one\n");
    my $svscan = svscan($scan);
    settled("$scan/$_") for qw(one two needing .log);
    wait_until { 3 == grep { -e "$scan/$_/ready" } qw(one two needing) } 10, 'them to be ready';
    stop_well($svscan, 'svscan ends');
    is scalar(() = logged($scan) =~ /^last words x{80} \d+$/mg), 15000, 'the last words of all services are in the log';
    is supervise("$scan/.log"), 0, 'whose logger has gone, too';
}

# A logger that does not work ------------------------------------------------------------------

{
    my ($scan, $away) = scan_directory(run => "echo cannot >&2\nexit 1");
    make_service("$scan/.log", 'restart-delay' => '100 100');
    my $svscan = svscan($scan);
    ok wait_until { $svscan->err =~ /^cannot$/m }, 'what a logger complains about is where svscan was started';
    # more than the pipe takes
    make_service("$scan/babbler", run => "#!$^X\n" . <<'END');
open my $count, '>', 'count' or die;
for (1 .. 20_000) { syswrite STDERR, "babble $_\n" or die; sysseek $count, 0, 0; syswrite $count, "$_\n" }
sleep 1000;
END
    my $written = sub { (lines_in("$scan/babbler/count"))[0] // 0 };
    wait_until { my $before = $written->(); idle_for(0.3); $before && $written->() == $before } 20, 'the pipe to be full';
    cmp_ok $written->(), '<', 20_000, 'the pipe is full: whoever writes to it waits';
    make_service("$scan/complaining", run => "#!/nonexistent\n");
    idle_for(1.5); # it does so at the second try
    my $complaining = the_supervise("$scan/complaining");
    run('svc', '-dx', "$scan/complaining");
    ok wait_until { !alive($complaining) }, 'a supervise that complains does not';
    make_service("$scan/quiet", run => 'exec sleep 1000');
    ok settled("$scan/quiet"), 'svscan does not: what comes runs';
    symlink '/nonexistent', "$scan/dangling" or die;
    ok wait_until { $svscan->err =~ /^svscan: warning: unable to stat dangling: file does not exist$/m },
        'and what it says then is where it was started';
    my $supervise = the_supervise("$scan/.log");
    kill 'KILL', $supervise;
    ok wait_until { my $new = supervise("$scan/.log"); $new && $new != $supervise }, 'it starts what has been killed';
    killed($svscan);
    $svscan = svscan($scan);
    make_service("$scan/another", run => 'exec sleep 1000');
    ok settled("$scan/another"), 'so does the next svscan';
    make_service("$scan/.log", run => $logger);
    ok wait_until { $written->() == 20_000 } 20, 'when the logger has been mended all go on';
    ok logs($scan, qr/^babble 20000$/m), 'and what they have to say is in the log';
    my $number = 0;
    is scalar(grep { /^babble (\d+)$/ && $1 != ++$number } split /\n/, logged($scan)), 0, 'all of it, once';
    stop_well($svscan, 'svscan ends');
}

# A program that cannot be started at all, and a service that fills the pipe.
{
    my ($scan) = scan_directory(run => "#!/nonexistent\n");
    make_service("$scan/babbler", run => 'while :; do echo babble; done');
    my $svscan = svscan($scan);
    ok wait_until { $svscan->err =~ m{^supervise: .*unable to start .log/run: its interpreter: file does not exist$}m },
        'that a logger cannot be started is told where svscan was started';
    my ($supervise, $service) = split ' ', settled("$scan/babbler");
    wait_until { my $before = switches($service); idle_for(0.2); switches($service) == $before } 10, 'it to wait';
    stop_well($svscan, 'it does not keep svscan from ending');
    is_deeply [map { @$_ } map { those_in($_) } "$scan/.log", "$scan/babbler"], [], 'with all that it had';
}

done_testing;
