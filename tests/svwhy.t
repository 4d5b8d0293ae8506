# ISC license.
#
# svwhy: what a service is doing, what comes next, and who or what has brought it there.

use lib 'tests/lib';
use Upkeep;
use One;
use Record;

my $dir = tempdir;
my $user = getpwuid $>;
my $stamp = qr/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;

sub why { return run('svwhy', @_)->{out} }

is run('svwhy')->{code}, 100, 'without a directory it tells how it is used';
is run('svwhy', '-n', 'x', $dir)->{code}, 100, 'a number that is none';
my $result = run('svwhy', "$dir/none");
is_deeply $result, {code => 111, signal => 0, out => '', err => "svwhy: warning: unable to look into $dir/none: file does not exist\n"},
    'a directory that is not there';
my $new = make_service("$dir/new", run => 'exec sleep 1000');
is why($new), "$new was never supervised\n", 'a service that supervise has never seen';

my $service = make_service("$dir/web", run => 'exec sleep 1000', 'timeout-kill' => '60000');
my $supervise = start('supervise', $service);
wait_phase($service, 'up');
my $pid = pid_of($service);
like why($service), qr/^\Q$service\E is up since $stamp \(\d+ s\), pid $pid, wanted up\n    next: nothing, as long as it runs\n/,
    'one that is up';
like why($service), qr/^    $stamp\.\d{3}  start          up             supervise started, pid $pid$/m, 'how it came to that';
run('svc', '-p', $service);
ok wait_until { why($service) =~ /, paused, wanted up$/m } 10, 'one that is paused';
like why($service), qr/^    $stamp\.\d{3}  command        up             svc -p by \Q$user\E \(uid $>\)$/m, 'and by whom';
is scalar(split /\n/, why('-n', 2, $service)), 4, 'so many transitions as are asked for';
is scalar(split /\n/, why('-n', 0, $service)), 2, 'or none';
ok wait_until { (split /\n/, why('-n', 1, $service))[2] eq (split /\n/, why($service))[-1] } 10, 'the last ones';
run('svc', '-cx', $service);
ok wait_until { why($service) =~ /; supervise leaves when it is down$/m } 10, 'supervise is to leave';
$supervise->stop('KILL');
like why($service), qr/^\Q$service\E was up since .*\n    supervise is not running; .*\n    pid $pid still runs\n/m, 'supervise is gone, its service is not';
kill 'KILL', $pid;
ok wait_until { why($service) =~ /^    pid $pid is gone$/m } 10, 'then it is';

# Each state, as a record tells it ------------------------------------------------------------------

my $now = 1000 * (split ' ', read_file('/proc/uptime'))[0]; # ms of the monotonic clock, about
my %me = (supervise_pid => $$, supervise_start => start_time($$), serial => 1, since => time - 7300, changed => time - 300);

# next_of(%facts): the line about what comes next.
sub next_of {
    write_file("$service/supervise/.status", own(%me, @_));
    return why('-n', 0, $service) =~ /^    next: (.*)$/m ? $1 : '';
}

is next_of(phase => 'DOWN', wanted => 'DOWN'), 'it stays down until svc -u or svc -o', 'down';
like why($service), qr/ is down since $stamp \(121 min\), wanted down$|\(2 h\), wanted down$/m, 'for so long';
is next_of(phase => 'FAILED', wanted => 'DOWN'), 'it stays down until svc -u or svc -o', 'failed';
like why($service), qr/ is failed since $stamp \(5 min\)/, 'since it did';
like next_of(phase => 'BACKOFF', next_start_ms => $now + 3e6, quick_deaths => 4),
    qr/^next start in (?:299\d|300\d)\.\d s; it has died quickly 4 times in a row$/, 'backoff';
is next_of(phase => 'BACKOFF', next_start_ms => 1), 'next start in 0.0 s', 'which may be over';
like next_of(phase => 'STOPPING', pid => $$, kill_ms => $now + 3e6), qr/^its process has been asked to end; SIGKILL in (?:299|300)\d\.\d s$/, 'stopping';
is next_of(phase => 'STOPPING', pid => $$), 'its process has been asked to end, and there is no timeout-kill', 'for as long as it takes';
like next_of(phase => 'FINISHING', kill_ms => $now + 3e6), qr/^its finish script runs; SIGKILL in /, 'finishing';
is next_of(phase => 'NO_RUN'), 'it is started when there is an executable run script', 'no run script';
like next_of(phase => 'STARTING', pid => $$, ready_ms => $now + 3e6), qr/^it is up when it says that it is ready, within (?:299|300)\d\.\d s$/, 'starting';
write_file("$service/needs", "base\n# comment\nnew\n");
is next_of(phase => 'WAITING'), 'it is started when what it needs is ready: base (not known), new (not known)', 'waiting';
my $base = make_service("$dir/base", run => 'exec sleep 1000', down => '');
my $below = start('supervise', $base);
wait_phase($base, 'down');
is next_of(phase => 'WAITING'), 'it is started when what it needs is ready: base (down), new (not known)', 'and for what';
run('svc', '-u', $base);
wait_phase($base, 'up');
is next_of(phase => 'WAITING'), 'it is started when what it needs is ready: new (not known)', 'which is not up yet';
$below->stop;

write_file("$service/supervise/.status", 'nonsense');
$result = run('svwhy', $service, $new);
is $result->{code}, 111, 'a status of somebody else';
is $result->{err}, "svwhy: warning: $service has a status that no supervise of this version has written\n", 'is told of';
is $result->{out}, "$new was never supervised\n", 'and the others are explained';

done_testing;
