# ISC license.
#
# The main job, from beginning to end: a real daemon under svscan, its log going through
# multilog. It is written to, killed, restarted, brought down and up, loses its logger, and is
# stopped with everything around it. Played with redis-server where it can be had, and with a
# small daemon of our own, which also is a check of the play.

use lib 'tests/lib';
use Upkeep;

# A daemon: {run, env, ask, log_line}. `ask` takes a service directory and a question:
#   ask('ping')            'pong' if it is ready to answer
#   ask('set', KEY, VALUE) 'ok' when the value is on disk
#   ask('get', KEY)        that value
#   ask('say', FROM, TO)   'ok' when it has logged lines that hold "line FROM." ... "line TO."

sub redis_daemon {
    my ($server, $client, $environment) = redis() or return;
    my $script = 'for number = ARGV[1], ARGV[2] do'
        . ' redis.log(redis.LOG_WARNING, "line " .. number .. ".") end return "ok"';
    my %command = (
        ping => sub { ('PING') },
        set  => sub { ('SET', @_) },
        get  => sub { ('GET', @_) },
        say  => sub { ('EVAL', $script, 0, @_) },
    );
    return {
        name => 'redis-server',
        bye  => qr/bye bye/i,
        env  => $environment,
        run  => <<"END",
exec 2>&1
exec $server --port 0 --unixsocket socket --daemonize no \\
    --save "" --appendonly yes --appendfsync always
END
        ask => sub {
            my ($service, $verb, @words) = @_;
            my $result = run($client, '-s', 'socket', $command{$verb}->(@words),
                {cwd => $service, env => $environment});
            return '' unless defined $result->{code} && $result->{code} == 0;
            return lc $result->{out} =~ s/\n\z//r;
        },
    };
}

sub small_daemon {
    my $directory = tempdir;
    write_file("$directory/server", <<'END', 0755);
use strict;
use IO::Handle;
use IO::Socket::UNIX;
STDOUT->autoflush(1);
$SIG{TERM} = sub { print "told to go\n"; exit 0 };
unlink 'socket';
my $listener = IO::Socket::UNIX->new(Local => 'socket', Listen => 5) or die "socket: $!\n";
my %value;
if (open my $data, '<', 'data') {
    while (<$data>) { /^(\S+) (.*)$/ and $value{$1} = $2 }
}
open my $data, '>>', 'data' or die "data: $!\n";
$data->autoflush(1);
print "ready\n";
while (1) {
    my $client = $listener->accept or next;
    my ($verb, @words) = split ' ', readline($client) // '';
    my $answer = 'ok';
    if ($verb eq 'ping') { $answer = 'pong' }
    if ($verb eq 'get') { $answer = $value{$words[0]} }
    if ($verb eq 'set') { print $data "@words\n"; $value{$words[0]} = $words[1] }
    if ($verb eq 'say') { print "line $_.\n" for $words[0] .. $words[1] }
    print $client "$answer\n";
}
END
    write_file("$directory/client", <<'END', 0755);
use strict;
use IO::Socket::UNIX;
my $socket = IO::Socket::UNIX->new(Peer => 'socket') or exit 1;
print $socket "@ARGV\n";
print readline $socket;
END
    return {
        name => 'a small daemon',
        bye  => qr/told to go/,
        run  => "exec 2>&1\nexec $^X $directory/server\n",
        env  => {},
        ask  => sub {
            my ($service, @words) = @_;
            return run($^X, "$directory/client", @words, {cwd => $service})->{out} =~ s/\n\z//r;
        },
    };
}

sub old_files { return sort glob "$_[0]/log/main/@*" }

# logged($service): the lines of its log, the oldest first. A rotation while we read would hide
# some of them, but adds a file: then we read again.
sub logged {
    my ($service) = @_;
    my (@files, @lines);
    do {
        @files = old_files($service);
        @lines = map { split /\n/, read_file($_) // '' } @files, "$service/log/main/current";
    } until "@files" eq join ' ', old_files($service);
    return @lines;
}

# told($service): the numbers of the lines that it was asked to say, as they stand in its log.
sub told { return map { /\bline (\d+)\.$/ ? $1 : () } logged($_[0]) }

# is_logged($service, $from, $to, $sentence): these lines, each once, in this order, no other.
sub is_logged {
    my ($service, $from, $to, $sentence) = @_;
    my @numbers;
    my $is_there = sub { @numbers = told($service); @numbers && $numbers[-1] == $to };
    wait_until { $is_there->() } 20, "line $to in the log";
    is join(' ', grep { $_ >= $from } @numbers), join(' ', $from .. $to), $sentence;
}

# other_pid($service, $old): the pid of a process that is not the old one.
sub other_pid {
    my ($service, $old) = @_;
    my $found = sub { my $pid = pid_of($service); $pid && $pid != $old && $pid };
    return wait_until { $found->() } 20, "$service to be back";
}

sub says { return run('svstat', $_[0])->{out} =~ s/^\Q$_[0]\E: //r }

# processes_in($directory): the pids of all whose working directory is there or below.
sub processes_in {
    my ($directory) = @_;
    return grep { (readlink("/proc/$_/cwd") // '') =~ m{^\Q$directory\E(?:/|$)} && alive($_) }
        map { m{(\d+)$} } glob '/proc/[0-9]*';
}

# soon { condition } $sentence: a test of what must become true in a moment. Whether it has.
sub soon(&$) {
    my ($condition, $sentence) = @_;
    return ok +(wait_until { $condition->() } 20, $sentence), $sentence;
}

sub play {
    my ($daemon) = @_;
    my $scan = tempdir . '/service';
    my $service = "$scan/store";
    my $ask = sub { $daemon->{ask}->($service, @_) };
    my $answers = sub { $ask->('ping') eq 'pong' };

    mkdir $scan or die "unable to create $scan: $!\n";
    my $svscan = start('svscan', $scan, {env => $daemon->{env}});
    make_service($service, run => $daemon->{run},
        log => {run => 'exec multilog t s4096 n50 ./main'});

    # dropped in
    # without that there is nothing to play
    if (!soon { $answers->() } 'a service that is dropped in answers') {
        diag $svscan->err;
        return;
    }
    my $up = qr/^up \(pid \d+\) \d+ seconds\b/;
    soon { says($service) =~ $up } 'svstat says that it is up';
    soon { says("$service/log") =~ $up } 'so it says of its logger';
    my ($pid, $logger) = (pid_of($service), pid_of("$service/log"));

    # written to
    is $ask->('set', 'city', 'vienna'), 'ok', 'it can be written to';
    is $ask->('say', 1, 150), 'ok', 'and logs';
    is_logged($service, 1, 150, 'every line is in the log once, in order');

    # killed
    ok kill('KILL', $pid), 'it is killed';
    my $next = other_pid($service, $pid);
    ok $next, 'and is back as another process';
    ok !alive($pid), 'the old one is gone';
    soon { $answers->() } 'the new one answers';
    is $ask->('get', 'city'), 'vienna', 'and has what was written';
    is $ask->('say', 151, 250), 'ok', 'it logs on';
    is_logged($service, 1, 250, 'the log is complete from the beginning');
    is pid_of("$service/log"), $logger, 'the logger was not disturbed';

    # TERM, down, up
    my $result = run('svc', '-t', $service);
    is_deeply [@$result{qw(code out err)}], [0, '', ''], 'svc -t';
    $pid = other_pid($service, $next);
    ok $pid, 'makes it come back, too';
    soon { $answers->() } 'and it answers';

    is run('svc', '-d', $service)->{code}, 0, 'svc -d';
    soon { says($service) =~ /^down \d+ seconds, normally up\b/ } 'brings it down';
    ok !alive($pid), 'its process is gone';
    is $ask->('ping'), '', 'nobody answers';
    like says("$service/log"), $up, 'the logger stays';
    is run('svc', '-u', $service)->{code}, 0, 'svc -u';
    soon { $answers->() } 'brings it up';
    is $ask->('get', 'city'), 'vienna', 'with what was written';

    # the logger is killed; stopped first, so that what is said then is still in the pipe
    is run('svc', '-p', "$service/log")->{code}, 0, 'its logger is paused';
    soon { (read_file("/proc/$logger/stat") // '') =~ /\) T / } 'and stands still';
    is $ask->('say', 251, 300), 'ok', 'lines go into the pipe';
    $pid = pid_of($service);
    ok kill('KILL', $logger), 'the logger is killed';
    is $ask->('say', 301, 350), 'ok', 'the service need not know';
    ok other_pid("$service/log", $logger), 'the logger is back as another process';
    is $ask->('say', 351, 400), 'ok', 'more is said';
    is_logged($service, 251, 400, 'no line from then on is lost, torn or repeated');
    is pid_of($service), $pid, 'the service was not disturbed';
    is scalar(grep { !/^\@[0-9a-f]{24} / } logged($service)), 0, 'every line has its time';
    cmp_ok scalar(my @old = old_files($service)), '>=', 3, 'the log was rotated';

    # the end
    is $ask->('say', 401, 420), 'ok', 'some last words';
    my @all = processes_in($scan);
    cmp_ok scalar(@all), '>=', 5, 'svscan, two supervises, the service and its logger run';
    my $end = $svscan->stop('TERM', 30);
    is $end->{code}, 0, 'svscan ends on TERM, with success';
    is_deeply [processes_in($scan)], [], 'and nothing of all that is left';
    is scalar(grep { alive($_) } @all), 0, 'not one of these processes';
    is_logged($service, 401, 420, 'the last words are in the log');
    like join("\n", logged($service)), qr/line 420\.\n(?:.*\n)*.*$daemon->{bye}/,
        'and after them what the daemon said when it went';
    is run('svok', $_)->{code}, 100, "$_ is not supervised any more" for $service, "$service/log";
    is says($service), "supervise not running\n", 'svstat says so';
    is $svscan->err, '', 'nobody complained of anything';
}

SKIP: {
    my $redis = redis_daemon() or skip 'redis-server cannot be had', 1;
    subtest $redis->{name} => sub { play($redis); done_testing };
}
{
    my $small = small_daemon();
    subtest $small->{name} => sub { play($small); done_testing };
}

done_testing;
