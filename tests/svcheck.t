# ISC license.
#
# svcheck: driven as supervise drives it, with a FIFO for what it says and a real process as the
# run.

use lib 'tests/lib';
use Upkeep;

use Fcntl;
use IO::Socket::INET;
use POSIX ();

my ($ready, $unhealthy) = ("\1R\n", "\1B\n"); # notice.h

# A service directory, its FIFO, and a process that stands for its run.
my $count = 0;
sub world {
    my (%files) = @_;
    my $dir = tempdir . '/service' . ++$count;
    make_service($dir, 'check-interval' => '10', %files);
    mkdir "$dir/supervise";
    POSIX::mkfifo("$dir/supervise/.ready", 0600) or die "mkfifo: $!\n";
    my $self = bless {dir => $dir, said => ''}, 'World';
    $self->open;
    $self->{run} = start('tail', '-f', '/dev/null');
    return $self;
}

sub started { return (split ' ', read_file("/proc/$_[0]/stat") =~ s/.*\) //sr)[19] }

package World;

sub dir { return $_[0]{dir} }

# open, shut: whether there is a supervise that has the FIFO open.
sub open {
    my ($self) = @_;
    sysopen $self->{fifo}, "$self->{dir}/supervise/.ready", Fcntl::O_RDWR() | Fcntl::O_NONBLOCK()
        or die "open: $!\n";
}
sub shut { close $_[0]{fifo} }

# check(@options): another svcheck for the run.
sub check {
    my ($self, @options) = @_;
    sysopen my $out, "$self->{dir}/supervise/.ready", Fcntl::O_WRONLY() | Fcntl::O_NONBLOCK()
        or die "open: $!\n";
    my $pid = $self->{run}->pid;
    return Upkeep::start('svcheck', @options, $pid, main::started($pid),
        {cwd => $self->{dir}, stdout => $out});
}

# said: all that came out of the FIFO so far.
sub said {
    my ($self) = @_;
    sysread $self->{fifo}, $self->{said}, 4096, length $self->{said};
    return $self->{said};
}

sub file  { return Upkeep::read_file("$_[0]{dir}/$_[1]") }
sub write { return Upkeep::write_file("$_[0]{dir}/$_[1]", $_[2], $_[3]) }
sub lines { my $text = $_[0]->file($_[1]) // ''; return $text =~ tr/\n// }

# ends: the run does, and with it the checker.
sub ends {
    my ($self, $checker, $sentence) = @_;
    $self->{run}->stop('KILL');
    Test::More::is_deeply $checker->wait, {code => 0, signal => 0}, $sentence;
}

package main;

sub says {
    my ($world, $what, $sentence) = @_;
    ok wait_until(sub { $world->said eq $what }, 10, 'a notice'), $sentence
        or diag "said: " . $world->said =~ s/\x01/^A/gr;
}

# A check that tells by the file `up`, and writes down that it was run, and by whom.
my $by_file = 'if test -e up; then echo "good $PPID" >> done; else echo "bad $PPID" >> done; exit 1; fi';

# A check whose results are in a file, one a line; behind them all are good.
my $by_list = 'echo >> done; n=$(wc -l < done); code=$(sed -n "${n}p" results); exit ${code:-0}';

# Usage ----------------------------------------------------------------------------------------

{
    for ([], ['1'], ['x', '1'], ['0', '1'], ['1', 'x'], ['1', '2', '3'], ['-z', '1', '2']) {
        my $result = run('svcheck', @$_);
        is $result->{code}, 100, "svcheck @$_ is the caller's mistake";
        like $result->{err}, qr/^svcheck: usage: svcheck \[--ready\] \[--health\] \[--argument arg\] pid start$/m,
            'and it says how it is used';
    }
    is run('svcheck', '--help')->{code}, 0, '--help';
    like run('svcheck', '--version')->{out}, qr/^svcheck \(upkeep\) \d/, '--version';
    my $world = world(check => 'exit 0');
    my $pid = $world->{run}->pid;
    my %there = (cwd => $world->dir);
    is run('svcheck', '--ready', $pid, started($pid) + 1, \%there)->{code}, 0,
        'another process with the pid of the run: it is over';
    $world->{run}->stop;
    my $result = run('svcheck', '--ready', $pid, 1, \%there);
    is_deeply [@$result{qw(code out err)}], [0, '', ''], 'a run that is over is no trouble';
}

# Readiness ------------------------------------------------------------------------------------

{
    my $world = world(check => $by_file, 'check-successes' => 3);
    my $checker = $world->check('--ready');
    ok wait_until(sub { $world->lines('done') >= 3 }), 'it checks';
    is $world->said, '', 'and says nothing while the checks fail';
    $world->write('up', '');
    says($world, $ready, 'then that the service is ready');
    is_deeply $checker->wait, {code => 0, signal => 0}, 'and that was all that it was to say';
    is scalar(() = $world->file('done') =~ /good/g), 3, 'after as many successes as it takes';
    is $checker->err, "svcheck: warning: service$count is not ready: ./check has exited 1\n",
        'the failures were told once';
}

{
    my $world = world(
        check => "echo \"\$# \$1\" > arguments; pwd > place; cat > input; printf '\\1B\\n'",
        probe => 'file absent');
    my $checker = $world->check('--ready', '--argument', 'one two');
    says($world, $ready, 'check wins over probe, and what it prints is no notice');
    is $checker->wait->{code}, 0, 'it ends';
    is $world->file('arguments'), "1 one two\n", 'check has its argument';
    is $world->file('place'), $world->dir . "\n", 'the service directory as its own';
    is $world->file('input'), '', 'and nothing to read';
    is $checker->err, "\1B\n", 'what it prints goes where complaints go';
}

{
    my $world = world(check => 'echo "$#" > arguments');
    is $world->check('--ready')->wait->{code}, 0, 'without an argument';
    is $world->file('arguments'), "0\n", 'check has none';
}

{
    # results: two good ones, a bad one, then good ones.
    my $world = world(check => $by_list, results => "0\n0\n1\n", 'check-successes' => 3);
    is $world->check('--ready')->wait->{code}, 0, 'successes in a row:';
    is $world->lines('done'), 6, 'a failure ends the row';
    is $world->said, $ready, 'and it is said once';
}

# Health ---------------------------------------------------------------------------------------

# bad_times($results, $health, @options): how often a service is said to be unhealthy.
sub bad_times {
    my ($results, $health, @options) = @_;
    my $world = world(check => $by_list, results => join('', map { "$_\n" } split / /, $results),
        health => $health);
    my $checker = $world->check('--health', @options);
    my $enough = 2 + split / /, $results;
    wait_until { $world->lines('done') >= $enough };
    $world->{run}->stop('KILL');
    $checker->wait;
    return $world->said =~ tr/B//;
}

is bad_times('0 1 0 1 0', '2 3', '--argument=x'), 0 + 1, 'health: two of the last three';
is bad_times('1 0 0 1 0 0 1', '2 3'), 0, 'never two of three';
is bad_times('1 1 1 1', '2 3'), 2, 'then it begins anew';
is bad_times('1 1 1 0', '2 3'), 1, 'what it has seen is forgotten';
is bad_times('1 1 0 1', '3'), 0, 'one number: so many in a row';
is bad_times('1 1 1', '3'), 1, 'so many';
is bad_times('1 1 1 1', undef), 0, 'without the file health nothing is done';

{
    my $world = world(check => $by_file, health => '2', up => '');
    my $checker = $world->check('--ready', '--health');
    says($world, $ready, 'both: ready');
    is $checker->running, 1, 'and it stays';
    unlink $world->dir . '/up';
    ok wait_until(sub { $world->said =~ /^\Q$ready$unhealthy\E/ }), 'then unhealthy';
    $world->ends($checker, 'it ends with the run');
    like $checker->err, qr/\Asvcheck: warning: service$count is not healthy: \.\/check has exited 1(?: \(1 of the last \d+ checks failed\))?
svcheck: warning: service$count is unhealthy: \.\/check has exited 1 \(2 of the last 2 checks failed\)\n/,
        'and it has said why';
}

{
    my $world = world(check => $by_file, health => '1');
    my $checker = $world->check('--ready', '--health');
    ok wait_until(sub { $world->lines('done') >= 5 }), 'failures before it is ready';
    is $world->said, '', 'are not about its health';
    $world->ends($checker, 'and that is the end');
}

{
    my $world = world(check => $by_file);
    my $checker = $world->check('--health');
    ok wait_until(sub { $world->lines('done') >= 4 }), 'no file health';
    $world->write('health', "2\n");
    ok wait_until(sub { $world->said =~ /B/ }), 'it is read anew before each check';
    $world->ends($checker, 'the end');
}

# Time -----------------------------------------------------------------------------------------

{
    my $world = world(check => 'echo $$ >> done; tail -f /dev/null & echo $! >> below; wait',
        'check-timeout' => 60, health => '2');
    my $checker = $world->check('--health');
    ok wait_until(sub { $world->said =~ /B/ }), 'a check that takes too long has failed';
    my @pids = (split("\n", $world->file('done')), split("\n", $world->file('below')));
    ok wait_until(sub { !grep { alive($_) } @pids[0, -1] }), 'and is killed with what it started';
    like $checker->err, qr/is not healthy: \.\/check: timed out/, 'which is said';
    $world->ends($checker, 'the end');
}

{
    my $world = world(check => 'echo $$ > pid.new; mv pid.new pid; tail -f /dev/null & wait',
        'check-timeout' => 1000000);
    my $checker = $world->check('--ready');
    chomp(my $pid = wait_until { $world->file('pid') });
    $world->ends($checker, 'the run ends during a check');
    ok wait_until(sub { !alive($pid) }), 'and the check with it';
    is $checker->err, '', 'without a word';
}

# Built-in probes ------------------------------------------------------------------------------

{
    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16, Proto => 'tcp');
    my $world = world(probe => 'tcp 127.0.0.1 ' . $server->sockport . "\nmore", health => 1);
    my $checker = $world->check('--ready', '--health');
    says($world, $ready, 'a probe instead of a check');
    $server->close;
    ok wait_until(sub { $world->said =~ /B/ }), 'that fails';
    $world->write('probe', "file absent\n");
    ok wait_until(sub { $checker->err =~ /unable to find absent/ }), 'that is changed';
    $world->ends($checker, 'the end');
    like $checker->err, qr/is not healthy: unable to connect to port \d+: connection refused|is unhealthy: unable to connect/, 'it said why';
}

{
    my $world = world();
    my $checker = $world->check('--ready');
    ok wait_until(sub { $checker->err =~ /\n/ }), 'nothing to check with';
    $world->write('up', '');
    $world->write('probe', "file up\n");
    says($world, $ready, 'until there is');
    like $checker->err, qr/\Asvcheck: warning: service$count cannot be checked: there is neither an executable check nor a file probe\n\z/,
        'it was said once';
}

{
    my $world = world(probe => 'ping x', health => '1');
    my $checker = $world->check('--health');
    ok wait_until(sub { $checker->err =~ /\n/ }), 'a probe that is none';
    like $checker->err, qr/cannot be checked: unable to use probe: there are tcp, /, 'is said to be';
    is $world->said, '', 'but is not the fault of the service';
    $world->ends($checker, 'the end');
}

# Logs -----------------------------------------------------------------------------------------

{
    my $world = world(probe => 'line main "^now ready"');
    my $tai = sub { sprintf '@%016x%08x', (1 << 62) + 10 + $_[0], 0 };
    mkdir $world->dir . '/main';
    $world->write('main/current', $tai->(time - 1000) . " now ready\n");
    my $checker = $world->check('--ready');
    ok wait_until(sub { $checker->err =~ /no such line in main/ }), 'a line of the last run does not count';
    $world->write('main/current', $tai->(time - 1000) . " now ready\n" . $tai->(time + 1) . " now ready\n");
    says($world, $ready, 'one of this run does');
}

{
    my $world = world(probe => 'line main "^now ready"');
    my $dir = $world->dir;
    pipe my $in, my $out;
    my $logger = start('multilog', 't', 's4096', 'n100', "$dir/main", {stdin => $in});
    $out->autoflush(1);
    my $lines = 0;
    my $fill = sub { print $out 'x' x 70 . "\n" for 1 .. 200 };
    my $checker = $world->check('--ready');
    $fill->();
    ok wait_until(sub { my @old = glob "$dir/main/@*.s"; @old >= 2 }), 'a log that rotates';
    is $world->said, '', 'without the line';
    $checker->kill('STOP');
    print $out "now ready\n";
    $fill->();
    ok wait_until(sub { grep { (read_file($_) // '') =~ /now ready/ } glob "$dir/main/@*.s" }),
        'between two checks it is written, and goes into an old file';
    $checker->kill('CONT');
    says($world, $ready, 'the line is found, wherever it is by then');
    close $out;
    $logger->wait;
}

# put($world, $text): into the file `log` as it is, not a new one in its place.
sub put {
    my ($world, $text) = @_;
    sysopen my $log, $world->dir . '/log', O_WRONLY | O_CREAT | O_TRUNC or die "open: $!\n";
    syswrite $log, $text;
}

{
    my $world = world(probe => 'line log "^now ready"');
    put($world, "beginning\nnow ready\n");
    utime time - 1000, time - 1000, $world->dir . '/log';
    my $checker = $world->check('--ready');
    ok wait_until(sub { $checker->err =~ /no such line in log/ }), 'without labels, an old file does not count';
    put($world, "now ready\n");
    says($world, $ready, 'what comes after it was cut off does');
}

{
    my $world = world(probe => 'line log ^one', health => 1);
    put($world, "one\n");
    my $checker = $world->check('--ready', '--health');
    says($world, $ready, 'a line that was seen');
    unlink $world->dir . '/log';
    my $size = switches($checker->pid);
    ok wait_until(sub { switches($checker->pid) > $size + 3 }), 'has been seen';
    is $world->said, $ready, 'even when it has gone';
    put($world, "three\n");
    $world->write('probe', "line log ^two\n");
    ok wait_until(sub { $world->said =~ /B/ }), 'but not for another expression';
    $world->ends($checker, 'the end');
}

# One checker ----------------------------------------------------------------------------------

{
    my $world = world(check => $by_file, health => '1', up => '');
    my $first = $world->check('--ready', '--health');
    says($world, $ready, 'the first checker');
    my $second = $world->check('--health');
    my $third = $world->check('--health');
    my $seen = $world->lines('done');
    ok wait_until(sub { $world->lines('done') > $seen + 5 }), 'goes on when there are others';
    my %who = map { $_ => 1 } $world->file('done') =~ / (\d+)/g;
    is_deeply [keys %who], [$first->pid], 'and is the only one that checks';
    $first->kill('KILL');
    $first->wait;
    ok wait_until(sub { %who = map { $_ => 1 } $world->file('done') =~ / (\d+)/g; keys %who == 2 }),
        'when it is killed, another one takes over';
    my ($heir, $rest) = $who{$second->pid} ? ($second, $third) : ($third, $second);
    unlink $world->dir . '/up';
    ok wait_until(sub { $world->said =~ /B/ }), 'and says what is to be said';
    $heir->kill('KILL');
    ok wait_until(sub { $world->file('done') =~ / ${\$rest->pid}$/m }), 'and then the next one';
    my $last = $world->check('--health');
    $world->ends($rest, 'the one that checks ends with the run');
    is_deeply $last->wait, {code => 0, signal => 0}, 'and so does the one that waits';
    is $last->err, '', 'without a word';
}

{
    my $world = world(check => $by_file, health => '1');
    my $checker = $world->check('--ready', '--health');
    ok wait_until(sub { $world->lines('done') >= 2 }), 'a supervise that is killed';
    $world->shut;
    $world->write('up', '');
    ok wait_until(sub { $world->file('done') =~ /good.*\n.*good/ }), 'while the service becomes ready';
    $world->open;
    says($world, $ready, 'the next one reads what was said');
    $world->ends($checker, 'the end');
}

# Rest -----------------------------------------------------------------------------------------

sub switches { return read_file("/proc/$_[0]/status") =~ /^voluntary_ctxt_switches:\s*(\d+)/m ? $1 : die }

# asleep($pid): it waits, in poll.
sub asleep { return (read_file("/proc/$_[0]/stat") // '') =~ /\) S / && (read_file("/proc/$_[0]/syscall") // 'x') ne '' }

{
    my $world = world(check => $by_file, 'check-interval' => '10 1000000', up => '', health => 1);
    my $checker = $world->check('--ready', '--health');
    says($world, $ready, 'a service that is checked seldom');
    my $other = $world->check('--health');
    wait_until { asleep($checker->pid) && asleep($other->pid) };
    my @before;
    # Until both have been seen with the same count twice: start-up is over.
    wait_until {
        my @now = map { switches($_->pid) } $checker, $other;
        my $same = "@now" eq "@before";
        @before = @now;
        run('svprobe', '-t', 50, 'command', 'tail', '-f', '/dev/null');
        $same;
    };
    run('svprobe', '-t', 500, 'command', 'tail', '-f', '/dev/null');
    is_deeply [map { switches($_->pid) } $checker, $other], \@before,
        'nobody wakes up meanwhile, neither the checker nor the one that waits for its end';
    is $world->lines('done'), 1, 'and nothing is checked';
    $world->ends($checker, 'but both notice the end of the run');
    is $other->wait->{code}, 0, 'at once';
}

# With supervise -------------------------------------------------------------------------------

sub phase { return run('svstat', '-o', 'phase', $_[0])->{out} =~ s/\n//r }

# checkers($dir): the pids of those that check it.
sub checkers {
    my ($dir) = @_;
    return grep { (readlink("/proc/$_/cwd") // '') eq $dir && (read_file("/proc/$_/comm") // '') eq "svcheck\n" }
        map { s{.*/}{}r } glob '/proc/[0-9]*';
}

{
    my $dir = tempdir . '/web';
    make_service($dir, run => 'exec tail -f /dev/null', check => $by_file, 'check-interval' => '10');
    my $supervise = start('supervise', $dir);
    ok wait_until(sub { (read_file("$dir/done") // '') =~ /bad.*\n.*bad/ }), 'supervise starts a checker';
    is phase($dir), 'starting', 'the service is not up yet';
    kill 'KILL', checkers($dir);
    write_file("$dir/up", '');
    ok wait_until(sub { phase($dir) eq 'up' }), 'a checker that is killed is followed by another';
    ok wait_until(sub { !checkers($dir) }), 'and none is left when the service is up';
    write_file("$dir/health", "2\n");
    my $pid = pid_of($dir);
    run('svc', '-t', $dir);
    ok wait_until(sub { phase($dir) eq 'up' && checkers($dir) == 1 && pid_of($dir) != $pid }),
        'with health it stays';
    my ($checker) = checkers($dir);
    $pid = pid_of($dir);
    $supervise->kill('KILL');
    $supervise->wait;
    $supervise = start('supervise', $dir);
    ok wait_until(sub { checkers($dir) == 2 }), 'another supervise starts another checker';
    is pid_of($dir), $pid, 'for the same run';
    kill 'KILL', $checker;
    ok wait_until(sub { checkers($dir) == 1 && (read_file("$dir/done") =~ /(\d+)$/)[0] != $checker }),
        'that goes on when the first one is killed';
    unlink "$dir/up";
    ok wait_until(sub { run('svstat', '-o', 'starts', $dir)->{out} >= 3 }), 'an unhealthy service is restarted';
    run('svc', '-dx', $dir);
    is $supervise->wait->{code}, 0, 'it is taken down';
    ok wait_until(sub { !checkers($dir) }), 'and nobody checks any more';
}

done_testing;
