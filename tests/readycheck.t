# ISC license.
#
# readycheck: becomes a program, and says for it when it is ready.

use lib 'tests/lib';
use Upkeep;

my $count = 0;

# place(%files): a new service directory; the notification goes to the file `out`, descriptor 4.
sub place { return make_service(tempdir . '/service' . ++$count, 'notification-fd' => 4, out => '', @_) }

# launch($dir, @arguments): readycheck there.
sub launch {
    my ($dir, @arguments) = @_;
    return start('sh', '-c', 'exec "$@" 4>out', 'sh', 'readycheck', @arguments, {cwd => $dir});
}

my @forever = ('tail', '-f', '/dev/null');
my @fast = ('-s', 0, '-w', 5);

sub out  { return read_file("$_[0]/out") }
sub text { return read_file("$_[0]/$_[1]") // '' }

# A check that tells by the file `up`, and writes down who runs it.
my $by_file = "echo \$PPID >> tries\ntest -e up";

sub tries { return text($_[0], 'tries') =~ tr/\n// }

# checker($dir): its pid.
sub checker {
    my ($dir) = @_;
    wait_until { tries($dir) } 10, 'a try';
    return text($dir, 'tries') =~ /^(\d+)/ ? $1 : 0;
}

sub parent { return (read_file("/proc/$_[0]/stat") // '') =~ /\) \S (\d+)/ ? $1 : 0 }

# Usage ----------------------------------------------------------------------------------------

{
    my $dir = place();
    for ([], ['-d'], ['-z', 'true'], ['-n', 'x', 'true'], ['-3', 2, 'true'], ['-c', '{ x', 'true'],
        ['-c', '', 'true'])
    {
        is launch($dir, @$_)->wait->{code}, 100, "readycheck @$_ is the caller's mistake";
    }
    like run('readycheck')->{err}, qr/^readycheck: usage: readycheck \[-d\] \[-3 fd\] .* prog \.\.\.$/m,
        'it explains itself';
    is run('readycheck', '--help')->{code}, 0, '--help';
    like run('readycheck', '--version')->{out}, qr/^readycheck \(upkeep\) \d/, '--version';

    my $closed = run('readycheck', '-3', 9, 'true', {cwd => $dir});
    is $closed->{code}, 111, 'a descriptor that is not open';
    like $closed->{err}, qr/^readycheck: fatal: unable to use the descriptor for notification: file descriptor not open$/m, 'is said to be';
    my $none = run('readycheck', 'true', {cwd => tempdir});
    is $none->{code}, 111, 'no notification-fd';
    like $none->{err}, qr/^readycheck: fatal: unable to read notification-fd: file does not exist$/m, 'likewise';
    my $wrong = launch(place('notification-fd' => 'four'), 'true');
    is $wrong->wait->{code}, 100, 'one that holds no number';
    like $wrong->err, qr/unable to use notification-fd: it must hold the number of a descriptor/, 'likewise';
    is launch($dir, '-n', 1, 'no-such-program')->wait->{code}, 127, 'a program that is not there';
    is launch($dir, '-n', 1, '/')->wait->{code}, 126, 'one that cannot be executed';
}

# Readiness ------------------------------------------------------------------------------------

{
    my $dir = place(check => $by_file);
    my $program = launch($dir, @fast, '-n', 0, 'sh', '-c', 'echo $$ > pid; ls /proc/$$/fd > open.new; mv open.new open; exec tail -f /dev/null');
    my $checker = checker($dir);
    wait_until { -e "$dir/open" };
    is text($dir, 'pid'), $program->pid . "\n", 'it becomes the program';
    unlike text($dir, 'open'), qr/^4$/m, 'which does not have the descriptor';
    is parent($checker), $program->pid, 'the checker is its child';
    wait_until { tries($dir) > 10 };
    is out($dir), '', 'nothing is said before it is ready';
    write_file("$dir/up", '');
    ok wait_until(sub { out($dir) eq "\n" }), 'then a newline';
    ok wait_until(sub { !alive($checker) }), 'and the checker is gone';
    is $program->running, 1, 'the program is not';
    $program->stop;
    is $program->err, '', 'all in silence';
}

{
    my $dir = place(check => $by_file);
    my $program = launch($dir, '-d', @fast, '-n', 0, @forever);
    my $checker = checker($dir);
    isnt parent($checker), $program->pid, '-d: the checker is not its child';
    ok !grep({ parent(s{.*/}{}r) == $program->pid } glob '/proc/[0-9]*'), 'nor has it any other';
    $program->stop('KILL');
    ok wait_until(sub { !alive($checker) }), 'and it ends when the program does';
    is out($dir), '', 'which never was ready';
}

{
    my $dir = place(check => 'echo check >> which', data => {check => 'echo data/check >> which'},
        probe => 'file absent');
    my $program = launch($dir, @fast, @forever);
    ok wait_until(sub { out($dir) eq "\n" }), 'it finds a check by itself';
    unlink "$dir/data/check";
    my $second = launch($dir, @fast, @forever);
    ok wait_until(sub { text($dir, 'which') =~ /\ncheck/ }), 'another one if there is no data/check';
    is text($dir, 'which'), "data/check\ncheck\n", 'in that order';
    unlink "$dir/check";
    write_file("$dir/probe", "file up\n");
    wait_until { out($dir) eq "\n" };
    write_file("$dir/out", '');
    my $third = launch($dir, @fast, '-n', 0, @forever);
    write_file("$dir/up", '');
    ok wait_until(sub { out($dir) eq "\n" }), 'and a probe at last';
    $_->stop for $program, $second, $third;
}

{
    my $dir = place();
    my $program = launch($dir, @fast, '-n', 0, '-c', 'test -e "a b"', @forever);
    write_file("$dir/a b", '');
    ok wait_until(sub { out($dir) eq "\n" }), '-c: a command line in the language of execline';
    $program->stop;
    $program = launch($dir, '-3', 4, @fast, '-c', 'ls /proc/self/fd/4', @forever);
    ok wait_until(sub { $program->err =~ /giving up: ls has exited/ }, 30), '-3, and a check does not have the descriptor';
    $program->stop;
}

# Giving up ------------------------------------------------------------------------------------

{
    my $dir = place(check => $by_file);
    my $program = launch($dir, @fast, @forever);
    ok wait_until(sub { $program->err =~ /\n/ }), 'after some tries it gives up';
    is tries($dir), 7, 'as many as s6 makes';
    is $program->err, "readycheck: warning: giving up: ./check has exited 1\n", 'and says why';
    is $program->running, 1, 'the program goes on';
    $program->stop;
    is out($dir), '', 'and was never said to be ready';

    $dir = place(check => $by_file);
    $program = launch($dir, @fast, '-n', 2, @forever);
    ok wait_until(sub { $program->err =~ /\n/ }), '-n';
    is tries($dir), 2, 'as many as that';
    $program->stop;

    $dir = place();
    $program = launch($dir, @fast, '-n', 2, @forever);
    ok wait_until(sub { $program->err =~ /\n/ }), 'without any check';
    like $program->err, qr/giving up: there is neither an executable check nor a file probe$/, 'it says so';
    $program->stop;
}

{
    my $dir = place(check => 'echo $$ >> tries; exec tail -f /dev/null');
    my $program = launch($dir, @fast, '-t', 30, '-n', 3, @forever);
    ok wait_until(sub { $program->err =~ /\n/ }), '-t: a try that takes too long';
    is tries($dir), 3, 'is one';
    is $program->err, "readycheck: warning: giving up: ./check: timed out\n", 'and it is said';
    ok !grep({ alive($_) } split /\n/, text($dir, 'tries')), 'none of them is left';
    $program->stop;

    $dir = place(check => 'echo $$ >> tries; exec tail -f /dev/null');
    $program = launch($dir, '-T', 300, '-n', 0, @forever);
    ok wait_until(sub { $program->err =~ /\n/ }), '-T: the time for all';
    is $program->err, "readycheck: warning: giving up: the time is over\n", 'is over';
    ok !grep({ alive($_) } split /\n/, text($dir, 'tries')), 'and the try with it';
    $program->stop;

    $dir = place(check => $by_file);
    $program = launch($dir, '-s', 1000000, '-T', 50, @forever);
    ok wait_until(sub { $program->err =~ /the time is over/ }), '-T counts while it waits, too';
    is tries($dir), 0, 'with -s for the first try';
    $program->stop;

    $dir = place(check => 'echo $$ >> tries; exec tail -f /dev/null');
    $program = launch($dir, @fast, @forever);
    my $pid = do { wait_until { tries($dir) }; text($dir, 'tries') =~ /(\d+)/ ? $1 : 0 };
    $program->stop('KILL');
    ok wait_until(sub { !alive($pid) }), 'a program that ends during a try ends the try';
}

# With supervise -------------------------------------------------------------------------------

{
    my $dir = make_service(tempdir . '/web', 'notification-fd' => 3,
        run => 'exec readycheck -d -s 0 -w 5 -n 0 tail -f /dev/null', data => {check => $by_file});
    my $supervise = start('supervise', $dir);
    my $phase = sub { run('svstat', '-o', 'phase', $dir)->{out} =~ s/\n//r };
    wait_until { tries($dir) > 3 };
    is $phase->(), 'starting', 'under supervise: the service is starting';
    write_file("$dir/up", '');
    ok wait_until(sub { $phase->() eq 'up' }), 'until the check is good';
    like read_file('/proc/' . pid_of($dir) . '/comm'), qr/^tail$/, 'and its process is the program';
    run('svc', '-dx', $dir);
    is $supervise->wait->{code}, 0, 'the end';
}

done_testing;
