# ISC license.
#
# What daemontools-encore has in a service directory beside run: start and stop, which run once
# before and after, notify, no-setsid, and a log that is a file, whose logger is kept together with
# the service. And that none of it is lost or doubled when a supervise is killed.

use lib 'tests/lib';
use Upkeep;
use One;

use POSIX ();

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $dir = tempdir;
my $count = 0;
my $note = sub { "echo $_[0] >> notes\n" };
my $stays = "exec sleep 1000\n";

sub service { return make_service("$dir/s" . ++$count, @_) }

sub listening {
    my ($service) = @_;
    return wait_until { run('svok', $service)->{code} == 0 } 10, "supervise of $service";
}

# kept($service, \%options): a supervise of it that listens.
sub kept {
    my ($service, $options) = @_;
    my $supervise = start('supervise', $service, $options || {});
    listening($service);
    return $supervise;
}

sub notes { return join ' ', split /\n/, read_file("$_[0]/notes") // '' }

sub noted {
    my ($service, $want, $sentence) = @_;
    wait_until { notes($service) eq $want } 10, "\"$want\", not \"" . notes($service) . '"';
    return is notes($service), $want, $sentence;
}

# line_of($service): svstat's, the numbers taken out.
sub line_of { return run('svstat', $_[0])->{out} =~ s/\Q$_[0]\E/S/gr =~ s/\(pid \d+\) \d+|(?<= )\d+/N/gr }

# shows($service, $line, $sentence): the record that svstat reads comes right after ours.
sub shows {
    my ($service, $line, $sentence) = @_;
    wait_until { line_of($service) eq $line } 10, $line;
    return is line_of($service), $line, $sentence;
}

sub leaves {
    my ($supervise, $sentence) = @_;
    my $end = $supervise->wait(20);
    return is $end && $end->{code}, 0, $sentence;
}

# start and stop -----------------------------------------------------------------------------------

{
    my $service = service(start => $note->('start'), run => $note->('run') . $stays, stop => $note->('stop'), finish => $note->('finish'));
    my $supervise = kept($service);
    wait_phase($service, 'up');
    noted($service, 'start run', 'the start script runs before run');
    run('svc', '-t', $service);
    noted($service, 'start run finish run', 'not before it is started again, and stop not in between');
    run('svc', '-d', $service);
    wait_phase($service, 'down');
    noted($service, 'start run finish run finish stop', 'stop runs when it is down for good, after finish');
    run('svc', '-d', $service);
    run('svc', '-u', $service);
    wait_phase($service, 'up');
    noted($service, 'start run finish run finish stop start run', 'it runs once only, and start again');
    run('svc', '-o', $service);
    run('svc', '-k', $service);
    wait_phase($service, 'down');
    noted($service, 'start run finish run finish stop start run finish stop', 'so also when it was to run once');
    run('svc', '-ux', $service);
    wait_phase($service, 'up');
    is scalar(() = notes($service) =~ /start/g), 3, 'x does not keep it from being prepared';
    run('svc', '-d', $service);
    leaves($supervise, 'and supervise leaves');
    is scalar(() = notes($service) =~ /stop/g), 3, 'when stop has run';
}

{
    my $service = service(start => "echo \$\$ > pid\nwhile test ! -e go; do sleep 0.01; done\nexit `cat go`\n",
        run => $note->('run') . $stays, stop => $note->('stop'));
    my $supervise = kept($service);
    wait_phase($service, 'preparing');
    shows $service, "S: up N seconds, starting\n", 'while the start script runs it is starting, as encore says';
    wait_until { -s "$service/pid" } 10, 'the start script';
    is pid_of($service) . "\n", read_file("$service/pid"), 'with the pid of that';
    is run('svup', $service)->{code}, 0, 'which counts as up';
    like run('svwhy', $service)->{out}, qr/ is preparing .*its start script runs/s, 'and is told';
    write_file("$service/go", "3\n");
    wait_phase($service, 'failed');
    shows $service, "S: down N seconds, normally up, failed\n", 'if it fails the service has failed';
    like run('svwhy', $service)->{out}, qr/start script failed with exit code 3/, 'and why is known';
    is notes($service), '', 'nothing else has run';
    write_file("$service/go", "0\n");
    run('svc', '-u', $service);
    wait_phase($service, 'up');
    noted($service, 'run', 'another try may succeed');
    run('svc', '-dx', $service);
    leaves($supervise, 'and ends');
    noted($service, 'run stop', 'as any other');
}

{
    my $service = service(start => "echo \$\$ >> pid\nexec sleep 1000\n", run => $note->('run'), stop => $note->('stop'));
    my $supervise = kept($service);
    wait_phase($service, 'preparing');
    run('svc', '-d', $service);
    wait_phase($service, 'down');
    noted($service, 'stop', 'a service that is brought down while it is prepared is down, not failed, and stop runs');
    run('svc', '-u', $service);
    wait_phase($service, 'preparing');
    run('svc', '-k', $service);
    wait_phase($service, 'failed');
    like run('svwhy', $service)->{out}, qr/start script killed by SIGKILL/, 'signals reach the start script';
    run('svc', '-x', $service);
    leaves($supervise, 'supervise leaves what has failed');
    is notes($service), 'stop', 'what has failed is not stopped';
}

{
    my $service = service(start => $note->('start'), run => $note->('run') . "exit 100\n", stop => $note->('stop'));
    my $began = Upkeep::now();
    my $supervise = kept($service);
    wait_phase($service, 'failed');
    my $code = run('svup', $service)->{code};
    SKIP: {
        skip 'too slow to see it', 1 if Upkeep::now() - $began > 1;
        is $code, 0, 'who asks again and again sees that it was up, for a second';
    }
    noted($service, 'start run', 'exit code 100: failed, and not stopped');
    shows $service, "S: down N seconds, normally up, failed\n", 'and then that it has failed';
    run('svc', '-d', $service);
    wait_phase($service, 'down');
    noted($service, 'start run stop', 'until it is told to be down');
    run('svc', '-x', $service);
    leaves($supervise, 'and leaves');
}

{
    my $service = service(run => $stays, stop => "trap '' TERM\nsleep 1000\nsleep 1000\n", 'timeout-kill' => 300);
    my $supervise = kept($service);
    wait_phase($service, 'up');
    run('svc', '-dx', $service);
    leaves($supervise, 'a stop script that hangs is killed after timeout-kill');
    like run('svwhy', $service)->{out}, qr/timeout-kill over/, 'and that is known';
}

# A service that is started, and is nothing that runs
{
    my $service = service(start => $note->('start'), stop => $note->('stop'));
    my $needy = service(needs => 's' . $count, run => $stays);
    my $waits = kept($needy);
    wait_phase($needy, 'waiting');
    my $supervise = kept($service);
    wait_phase($service, 'started');
    shows $service, "S: down N seconds, normally up, started\n", 'without run it is started, as encore says';
    is run('svup', $service)->{code}, 0, 'which counts as up';
    is run('svwait', '-U', '-t', '5000', $service)->{code}, 0, 'as ready';
    wait_phase($needy, 'up');
    pass 'and who needs it is started';
    run('svc', '-u', $service);
    is field($service, 'phase'), 'started', 'there is nothing more to be done';
    is notes($service), 'start', 'and nothing is done twice';
    run('svc', '-d', $service);
    wait_phase($service, 'down');
    noted($service, 'start stop', 'it can be brought down');
    run('svc', '-u', $service);
    wait_phase($service, 'started');
    Upkeep::write_script("$service/.new", $note->('run') . $stays);
    rename "$service/.new", "$service/run";
    wait_phase($service, 'up');
    noted($service, 'start stop start run', 'a run script that comes later is run');
    run('svc', '-dx', $service, $needy);
    leaves($supervise, 'and ends');
    leaves($waits, 'so does the other');
}

# notify -------------------------------------------------------------------------------------------

{
    my $service = service(start => 'exit 0', run => "trap 'exit 7' TERM\ntouch ready\nwhile :; do sleep 0.05; done",
        stop => 'exit 0', log => "cat > /dev/null", notify => 'echo "$*" >> notes');
    my $supervise = kept($service);
    wait_until { -e "$service/ready" } 10, 'run';
    my $pid = pid_of($service);
    run('svc', '-k', $service);
    wait_until { my $now = pid_of($service); $now && $now != $pid } 10, 'another run';
    unlink "$service/ready";
    run('svc', '-dx', $service);
    leaves($supervise, 'a service with a notify script ends');
    wait_until { (() = (read_file("$service/notes") // '') =~ /\n/g) >= 10 } 10, 'the last words'; # nobody waits for them
    my @lines = split /\n/, read_file("$service/notes");
    my @told = sort map { join ' ', (split)[0, 1, 3] } @lines;
    my ($end) = grep { /^run (?:exit 7|killed 15)/ } @told;
    is_deeply [grep { !/^run (?:exit 7|killed 15)/ } @told],
        ['log exit 0', 'log start 0', 'run killed 9', 'run start 0', 'run start 0', 'start exit 0', 'start start 0', 'stop exit 0', 'stop start 0'],
        'it is told of each start and end, with code or signal';
    ok defined $end, 'of the last run too';
    ok scalar(grep { $_ eq "run start $pid 0" } @lines) && scalar(grep { $_ eq "run killed $pid 9" } @lines), 'and with the pid';
}

# no-setsid ----------------------------------------------------------------------------------------

{
    my $service = service(run => $stays, 'no-setsid' => '');
    my $supervise = kept($service);
    wait_phase($service, 'up');
    my $session = sub { (split ' ', read_file("/proc/$_[0]/stat") =~ s/.*\) //sr)[3] };
    is $session->(pid_of($service)), $session->($supervise->pid), 'no-setsid leaves the service in the session of supervise';
    unlink "$service/no-setsid";
    my $pid = pid_of($service);
    run('svc', '-t', $service);
    wait_until { my $now = pid_of($service); $now && $now != $pid } 10, 'another run';
    is $session->(pid_of($service)), pid_of($service), 'without it, it has its own';
    write_file("$service/no-setsid", '');
    write_file("$service/kill-mode", "tree\n");
    $pid = pid_of($service);
    run('svc', '-t', $service);
    wait_until { my $now = pid_of($service); $now && $now != $pid } 10, 'another run';
    my $bystander = start('sleep', 1000);
    $supervise->stop('KILL');
    $supervise = kept($service);
    wait_until { field($service, 'supervisepid') == $supervise->pid } 10, 'the next supervise';
    run('svc', '-dx', $service);
    leaves($supervise, 'such a service is taken over, and killed as a tree');
    ok alive($bystander->pid), 'but not what else is in the session of who started it';
    $bystander->stop('KILL');
}

# The log that is a file ---------------------------------------------------------------------------

sub log_lines { return split /\n/, read_file("$_[0]/lines/current") // '' }

# Writes numbered lines without end; of each run its own numbers.
my $talker = <<'END';
#!/usr/bin/perl
$| = 1;
open my $counter, '+<', 'counter' or die;
my $n = readline $counter;
while (1) { $n++; seek $counter, 0, 0; print "$n\n"; syswrite $counter, "$n\n"; select undef, undef, undef, 0.002 }
END

sub logger_of { return run('svstat', '-L', $_[0])->{out} =~ /log: up \(pid (\d+)\)/ ? $1 : 0 }

# loggers_of($service): the pids of the supervises of its logger.
sub loggers_of {
    my ($service) = @_;
    my @pids = map { m{^/proc/(\d+)$} } glob '/proc/[0-9]*';
    return grep { (read_file("/proc/$_/cmdline") // '') eq "supervise\0--logger\0$service\0" } @pids;
}

sub record { return read_file("$_[0]/supervise/status") }

{
    my $service = service(run => $talker, counter => "0\n", log => 'exec multilog s16777215 ./lines');
    my $supervise = kept($service);
    wait_until { logger_of($service) && log_lines($service) > 3 } 10, 'the logger';
    is length record($service), 40, 'its record stands behind that of the service';
    my ($pid) = unpack 'x32 V', record($service);
    is $pid, logger_of($service), 'in the same layout';
    shows $service, "S: up N seconds, running\nS log: up N seconds, running\n", 'svstat shows both';
    is join(' ', sort map { s{.*/}{}r } glob "$service/supervise/*"), 'control lock ok status', 'nothing else is seen in supervise/';
    is run('svup', '-L', $service)->{code}, 0, 'svup -L';

    run('svc', '-Lt', $service);
    wait_until { my $now = logger_of($service); $now && $now != $pid } 10, 'another logger';
    run('svc', '-Ld', $service);
    wait_until { !logger_of($service) } 10, 'the logger to be down';
    like run('svstat', '-L', $service)->{out}, qr/ log: down \d+ seconds, normally up, stopped$/, 'it obeys L';
    my $seen = log_lines($service);
    run('svc', '-Lu', $service);
    wait_until { logger_of($service) && log_lines($service) > $seen } 10, 'the logger again';
    run('svc', '-Lplc', $service);
    wait_until { run('svstat', '-L', $service)->{out} =~ /paused/ } 10, 'the logger to be paused';
    like run('svstat', '-l', $service)->{out}, qr/\) \d+ seconds, running$/, 'l is for the service again';
    run('svc', '-Lc', $service);

    my $run = pid_of($service);
    my $logger = logger_of($service);
    for my $again (1 .. 3) {
        $supervise->stop('KILL');
        $supervise = kept($service);
        wait_until { field($service, 'supervisepid') == $supervise->pid } 10, 'the next supervise';
    }
    is pid_of($service), $run, 'supervise is killed: the service goes on';
    is logger_of($service), $logger, 'the logger too';
    my $parent = sub { (split ' ', read_file("/proc/$_[0]/stat") =~ s/.*\) //sr)[1] };
    my $its = $parent->($logger);
    kill 'KILL', $its;
    wait_until { !alive($its) } 10, 'the supervise of the logger to die';
    run('svc', '-Lk', $service);
    wait_until { my $now = logger_of($service); $now && $now != $logger } 10, 'another logger';
    pass 'that of the logger is killed: it still obeys';
    $supervise->kill('KILL');
    kill 'KILL', loggers_of($service);
    $supervise->wait;
    $logger = logger_of($service);
    kill 'KILL', $logger if $logger;
    $supervise = kept($service);
    wait_until { my $now = logger_of($service); $now && $now != $logger } 10, 'another logger';
    is pid_of($service), $run, 'both, and the logger: the pipe is found again with the service';

    run('svc', '--upgrade', $service);
    wait_until { run('svevents', $service)->{out} =~ /resume/ && alive($run) } 10, 'the upgrade';
    is logger_of($service) && pid_of($service), $run, 'and it is upgraded in place';
    $seen = log_lines($service);
    wait_until { log_lines($service) > $seen } 10, 'more lines';
    run('svc', '-dx', $service);
    leaves($supervise, 'supervise leaves when the logger has read all');
    my @lines = log_lines($service);
    is "@lines", join(' ', 1 .. @lines), 'no line is lost, none comes twice';
    is $lines[-1], int(read_file("$service/counter")), 'to the last';
    is join(' ', loggers_of($service)), '', 'nobody is left';
}

# One that is down
{
    my $service = service(down => '', run => "echo line\n", log => 'exec cat >> all');
    my $supervise = kept($service);
    run('svc', '-ox', $service);
    leaves($supervise, 'a service runs once while its logger is down');
    is read_file("$service/all"), "line\n", 'what it has said is read in the end';
}

# A logger that does not see the end of its input
{
    my $service = service(run => 'svc -dx .', log => <<'END');
#!/usr/bin/perl
open my $notes, '>', 'notes'; select $notes; $| = 1;
$SIG{TERM} = sub { print "TERM\n"; exit 1 };
$SIG{CONT} = sub { print "CONT\n" };
select undef, undef, undef, 1000 while 1;
END
    my $supervise = start('supervise', $service);
    leaves($supervise, 'who does not read gets TERM after a while');
    like notes($service), qr/TERM$/, 'and ends';
}

# A logger that comes later, and one that cannot be executed
{
    my $service = service(run => "echo line\n$stays");
    my $supervise = kept($service);
    wait_phase($service, 'up');
    is length record($service), 20, 'without a logger there is one record';
    Upkeep::write_script("$service/.new", 'exec cat > lines');
    rename "$service/.new", "$service/log";
    run('svc', '--restart', $service);
    wait_until { (read_file("$service/lines") // '') eq "line\n" } 10, 'the line';
    wait_until { length record($service) == 40 } 10, 'its record';
    is length record($service), 40, 'it is there at the next start';
    run('svc', '-x', $service);
    run('svc', '-L', '-x', $service);
    run('svc', '-k', $service);
    leaves($supervise, 'x is for both');
}
{
    my $service = service(down => '', run => "echo line\n", log => "#!/nonexistent\n");
    my $supervise = kept($service);
    like run('svstat', '-L', $service)->{out}, qr/ log: down \d+ seconds, normally down|log: down \d+ seconds, stopped/, 'down is for the logger too';
    run('svc', '-Lu', $service);
    wait_until { $supervise->err =~ /log/ } 10, 'a word about it';
    like $supervise->err, qr{^supervise: warning: unable to start \Q$service\E/log: its interpreter: file does not exist$}m, 'why it cannot be started';
    run('svc', '-dx', $service);
    leaves($supervise, 'that keeps nobody from leaving');
}

# A log directory is svscan's business, and in the other personality none of this is done
{
    my $service = service(run => $stays, log => {run => $stays}, start => $note->('start'), stop => $note->('stop'), notify => $note->('notify'));
    my $supervise = kept($service);
    wait_phase($service, 'up');
    is length record($service), 20, 'a directory is not a logger of ours';
    run('svc', '-dx', $service);
    leaves($supervise, 'and ends');
    write_file("$service/notes", '');
    $supervise = kept($service, {env => {SVPERSONALITY => 'djb'}});
    wait_phase($service, 'up');
    run('svc', '-dx', $service);
    leaves($supervise, 'daemontools knows nothing of it');
    is notes($service), '', 'and runs none of these scripts';
}

done_testing;
