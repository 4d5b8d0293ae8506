# ISC license.
#
# svc --wait: what has become of what was just sent. Nothing that happens is missed, however late
# svc looks: where that matters it is stopped right behind its write.

use lib 'tests/lib';
use Upkeep;
use One;
use Record;

use Fcntl;
use POSIX ();

$ENV{SVPERSONALITY} = 'encore';
# a process that is traced cannot be looked through for leaks
$ENV{ASAN_OPTIONS} = join ':', grep { defined } $ENV{ASAN_OPTIONS}, 'detect_leaks=0';
my $dir = tempdir;
my $me = "by uid $<";

# supervised($name, FILE => CONTENT...): a service and its supervise.
my %supervise;
sub supervised {
    my ($name, @files) = @_;
    my $service = make_service("$dir/$name", @files);
    supervise_again($service);
    return $service;
}

sub supervise_again {
    my ($service) = @_;
    $supervise{$service} = start('supervise', $service);
    wait_until { run('svok', $service)->{code} == 0 } 10, "a supervise of $service";
}

sub away {
    my ($service) = @_;
    run('svc', '-dkx', $service);
    ok $supervise{$service}->wait(10), "the supervise of $service leaves" =~ s/\Q$dir\E.//r;
}

# svc_says($code, $err, $sentence, @arguments): how svc ends.
sub svc_says {
    my ($code, $err, $sentence, @arguments) = @_;
    my $result = run('svc', @arguments);
    is $result->{code}, $code, $sentence;
    $err = ref $err ? $err : qr/\A\Q$err\E\z/;
    like $result->{err}, $err, '... and what it says' if $err ne qr/\A\z/ || $result->{err} ne '';
    return $result;
}

# The words that svstat has for it, without asking twice.
sub words { return run('svstat', $_[0])->{out} }

# ended($process, $seconds): its exit code.
sub ended {
    my ($process, $limit) = @_;
    my $result = $process->wait($limit // 20);
    return $result ? $result->{code} : 'it goes on';
}

# holds($process, $pattern): whether it has a file open whose name matches.
sub holds {
    my ($process, $pattern) = @_;
    return scalar grep { (readlink $_ // '') =~ $pattern } glob '/proc/' . $process->pid . '/fd/*';
}

sub holds_at { return holds(bless({pid => $_[0]}, 'Upkeep::Process'), $_[1]) }

# waiting($pid): it sleeps in poll(), and not in anything before.
sub waiting { return (read_file("/proc/$_[0]/syscall") // '7 ') =~ /^(?:7|271|73) / }

my $sleeper = 'exec sleep 1000';

# Down, up, restarted ----------------------------------------------------------------------------

{
    my $service = supervised('plain', run => $sleeper);
    ok wait_phase($service, 'up'), 'a service runs';
    my $agree = 0;
    for (1 .. 10) {
        $agree += run('svc', '-d', '--wait=down', $service)->{code} == 0 && words($service) =~ /: down /;
        $agree += run('svc', '-u', '--wait=up', $service)->{code} == 0 && words($service) =~ /: up /;
    }
    is $agree, 20, 'down and up are waited for, and svstat says so at once';
    svc_says 0, '', 'what is so already is not waited for', '-u', '--wait=up', $service;
    my $pid = pid_of($service);
    for (['-t'], ['--restart'], ['-du']) {
        svc_says 0, '', "a restart by @$_", @$_, '--wait=restarted', $service;
        my $next = pid_of($service);
        ok $next && $next != $pid, 'another process runs then';
        $pid = $next;
    }
    svc_says 0, '', 'no command at all', '--wait=ready', $service;
    # it may have ended by the time that svc looks
    svc_says 1, qr/\Asvc: warning: \Q$service\E is not up: (?:stopping|killed by SIGTERM, down): svc -d $me\n\z/, 'who brings it down cannot wait for up',
        '-d', '--wait=up', $service;
    svc_says 0, '', 'finished', '-d', '--wait=finished', $service;
    svc_says 1, "svc: warning: $service has not restarted: down: svc --restart $me\n",
        'what does not run is not restarted', '--restart', '--wait=restarted', $service;
    svc_says 0, '', 'the same service twice', '-u', '--wait=up', $service, $service;
    svc_says 0, '', 'down and away', '-dx', '--wait=finished', $service;
    ok $supervise{$service}->wait(10), 'supervise has left';
    svc_says 111, "svc: warning: unable to control $service: supervise not running\n",
        'who is not there cannot be told', '-u', '--wait=up', $service;
}

{
    my $service = supervised('short', run => 'exit 3', finish => 'exit 0', down => '');
    svc_says 0, '', 'once is finished when the run that it has started is over', '-o', '--wait=finished', $service;
    is field($service, 'phase'), 'down', 'then the service is down';
    is field($service, 'starts'), 1, 'and has run once';
    away $service;
}

# Something else instead -------------------------------------------------------------------------

{
    my $service = supervised('bad', run => "#!$dir/none\n");
    ok wait_phase($service, 'backoff'), 'a service that cannot be executed';
    svc_says 99, qr{\Asvc: warning: \Q$service\E is not up in time: (?:failed to start \d+ times, )?unable to execute \./run: file does not exist, next try in \d+\.\d s\n\z},
        'the time is over', '-u', '--wait=up', '--timeout=300', $service;
    svc_says 1, "svc: warning: $service is not up: unable to execute ./run: file does not exist, failed\n",
        'it has given up', '-o', '--wait=up', $service;
    my $other = start('svc', '-u', '--wait=up', $service);
    ok wait_phase($service, 'backoff'), 'it is tried again';
    run('svc', '-d', $service);
    is ended($other), 1, 'somebody else brings it down';
    like $other->err, qr/ is not up: (?:.*, )?down: svc -d $me\n\z/, 'and is named';
    away $service;
}

{
    my $service = supervised('deaf', run => "trap '' TERM\n>ready\nwhile [ ! -e end ]; do sleep 0.01; done", 'timeout-kill' => 60000);
    ok scalar(wait_until { -e "$service/ready" } 10), 'a service that does not listen';
    svc_says 99, qr/\Asvc: warning: \Q$service\E is not down in time: stopping: svc -d $me, SIGKILL in \d\d\.\d s\n\z/,
        'down takes too long', '-d', '--wait=down', '--timeout=200', $service;

    my $waits = start('svc', '-d', '--wait=down', $service);
    ok scalar(wait_until { holds($waits, qr/\.journal$/) } 10), 'the command has been taken, svc waits';
    $supervise{$service}->stop('KILL');
    supervise_again($service);
    ok $waits->running, 'another supervise has taken over, and the wait goes on';
    write_file("$service/end", '');
    is ended($waits), 0, 'until it is down';
    away $service;
}

# Commands that a supervise has not read when it is killed ----------------------------------------

{
    my $service = supervised('heir', run => $sleeper);
    ok wait_phase($service, 'up'), 'a service runs';
    my $pid = pid_of($service);
    $supervise{$service}->kill('STOP');
    my $waits = start('svc', '-t', '--wait=restarted', $service);
    ok scalar(wait_until { holds($waits, qr/signalfd|inotify/) && waiting($waits->pid) } 10), 'supervise is stopped, svc waits';
    my $late = run('svc', '-h', '--wait=up', '--timeout=1', $service);
    is $late->{err}, "svc: warning: $service is not up in time: supervise has not taken the command\n", 'who has less time says so';
    $supervise{$service}->stop('KILL');
    supervise_again($service);
    is ended($waits), 0, 'the next supervise finds the command';
    isnt pid_of($service), $pid, 'and has restarted the service';
    away $service;
}

# Over before we look ----------------------------------------------------------------------------

# svc_below($process): the pid of the svc that this strace has started; at first it tries itself out
# with children of its own.
sub svc_below {
    my ($process) = @_;
    my @children = split ' ', read_file('/proc/' . $process->pid . '/task/' . $process->pid . '/children') // '';
    my ($pid) = grep { (read_file("/proc/$_/comm") // '') eq "svc\n" } @children;
    return $pid;
}

# go_on($process): lets its svc go on, even if it has not stopped yet. Returns its exit code.
sub go_on {
    my ($process) = @_;
    wait_until { my $pid = svc_below($process); kill 'CONT', $pid if $pid; !$process->running } 20, 'svc';
    return ended($process, 0);
}

# stopped_svc(@arguments): stops when it has written.
sub stopped_svc {
    return start('strace', '-qq', '-o', '/dev/null', '-e', 'trace=write',
        '-e', 'inject=write:signal=SIGSTOP:when=1', 'svc', @_);
}

SKIP: {
    my $tracing = program('strace')
        && run('strace', '-qq', '-e', 'trace=write', '-e', 'inject=write:signal=SIGCONT:when=1', 'true');
    skip 'strace cannot stop programs here', 1 unless $tracing && defined $tracing->{code} && $tracing->{code} == 0;

    my $service = supervised('quick', run => $sleeper, finish => 'exit 0', 'restart-delay' => '0 0');
    for (['-t', 'restarted'], ['-t', 'down'], ['-t', 'finished'], ['-k', 'rerun']) {
        my ($letter, $state) = @$_;
        ok wait_phase($service, 'up'), 'it is up';
        my $before = pid_of($service);
        my $process = stopped_svc($letter, "--wait=$state", $service);
        ok scalar(wait_until { my $now = pid_of($service); $now && $now != $before } 10), 'it runs again before svc looks';
        is go_on($process), 0, "a $state that is over counts";
    }
    # A kernel that cannot send signals for what happens in a directory.
    my @deprived = qw(strace -qq -o /dev/null -e trace=fcntl -e inject=fcntl:error=EINVAL svc);
    is run(@deprived, '-t', '--wait=restarted', $service)->{code}, 0, 'where directories do not signal they are watched';
    is run(@deprived, '-d', '--wait=up', $service)->{code}, 1, 'with the same result';
    is run(@deprived, '-u', '--wait=up', $service)->{code}, 0, 'in each case';

    my $process = stopped_svc('-t', '--wait=restarted', $service);
    ok scalar(wait_until { my $pid = svc_below($process); $pid && holds_at($pid, qr/control$/) } 10), 'svc has been started';
    my $starts = field($service, 'starts');
    write_file("$service/run", "#!/bin/sh\n[ -e again ] || exit 0\n$sleeper\n", 0755);
    run('svc', '-k', $service);
    ok scalar(wait_until { field($service, 'starts') > $starts + 90 } 60), 'it dies so often that the journal has forgotten the command';
    is go_on($process), 0, 'then the status tells';
    write_file("$service/again", '');
    ok wait_phase($service, 'up'), 'it stays up';

    # Two at once: each gets its own restart.
    my @loops = map {
        start('sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9 10; do svc -k --wait=restarted --timeout=20000 "$1" || exit; done',
            'sh', $service)
    } 1 .. 2;
    is_deeply [map { ended($_, 60) } @loops], [0, 0], 'two at the same time each see a restart of theirs';
    is $_->err, '', 'without a word' for @loops;
    away $service;
}

{
    # Whoever dies as fast as it can: every wait ends.
    my $service = supervised('mad', run => 'exit 1', 'restart-delay' => '0 0');
    my $codes = join ' ', map { run('svc', '-h', "--wait=$_", $service)->{code} }
        map { qw(up ready down finished restarted rerun) } 1 .. 5;
    is $codes, join(' ', (0) x 30), 'every state of a service that dies all the time is seen';
    svc_says 0, '', 'and then down', '-d', '--wait=finished', $service;
    away $service;
}

# Several services -------------------------------------------------------------------------------

{
    my @services = map { supervised("many$_", run => $sleeper, down => '') } 1 .. 3;
    svc_says 0, '', 'three come up', '-u', '--wait=up', @services;
    is join(' ', map { field($_, 'phase') } @services), 'up up up', 'all of them';
    my $result = svc_says 111, "svc: warning: unable to chdir to $dir/none: file does not exist\n",
        'one that is not there', '-d', '--wait=down', $services[0], "$dir/none", $services[1];
    is join(' ', map { field($_, 'phase') } @services), 'down down up', 'the others are waited for';
    my @names = map { s{.*/}{}r } @services;
    $result = run('svc', '-d', '--wait=up', @names, {cwd => $dir});
    # the third one may have ended by then, or not
    my $third = $result->{err} =~ /many3 is not up: stopping/ ? 'stopping' : 'killed by SIGTERM, down';
    is_deeply [sort split /^/, $result->{err}], [map { "svc: warning: $names[$_] is not up: " . ($_ < 2 ? 'down' : $third) . ": svc -d $me\n" } 0 .. 2],
        'each is named as it was named';
    is $result->{code}, 1, 'and counts';
    away $_ for @services;
}

SKIP: {
    skip 'only root can become somebody else', 5 unless have_root;
    my $service = supervised('public', run => $sleeper);
    ok wait_phase($service, 'up'), 'a service that others may control';
    chmod 0711, "$service/supervise";
    chmod 0666, "$service/supervise/control";
    my $result = run('svc', '-d', '--wait=down', $service, {uid => 65534});
    is_deeply [@$result{qw(code err)}], [111, "svc: warning: unable to wait for $service: access denied\n"], 'but not watch';
    ok wait_phase($service, 'down'), 'is told all the same';
    chmod 0755, "$service/supervise";
    chmod 0600, "$service/supervise/.journal";
    $result = run('svc', '-u', '--wait=up', $service, {uid => 65534});
    is_deeply [@$result{qw(code err)}], [0, ''], 'who may look but not read the journal can wait';
    is run('svc', '-t', '--wait=restarted', $service, {uid => 65534})->{code}, 0, 'even for a restart';
    away $service;
}

# Another suite's supervise ----------------------------------------------------------------------

# A FIFO that somebody reads, and a status as that one would write it.
sub foreign {
    my ($name, $status) = @_;
    my $service = {path => "$dir/$name", status => "$dir/$name/supervise/status"};
    mkdir $_ or die for $service->{path}, "$service->{path}/supervise";
    POSIX::mkfifo("$service->{path}/supervise/control", 0600) or die;
    sysopen $service->{reader}, "$service->{path}/supervise/control", O_RDWR | O_NONBLOCK or die;
    write_file($service->{status}, $status);
    return $service;
}

sub told {
    my ($service) = @_;
    my $bytes = '';
    wait_until { sysread $service->{reader}, $bytes, 1000 } 10, 'a command';
    return $bytes;
}

for ([18], [20, state => 3, run_state => 1]) {
    my ($size, @facts) = @$_;
    my $service = foreign("foreign$size", family(pid => 4242, @facts));
    svc_says 0, '', "another suite's service, by its $size bytes, is up", '-u', '--wait=up', $service->{path};
    is told($service), 'lu', 'it gets no token';
    my $waits = start('svc', '-d', '--wait=down', $service->{path});
    is told($service), 'ld', 'it is told to go down';
    ok $waits->running, 'and waited for';
    write_file($service->{status}, family(pid => 0, want => 'd', @facts ? (state => 0, run_state => 0) : ()));
    is ended($waits), 0, 'until it is';
    $waits = start('svc', '-u', '--wait=restarted', $service->{path});
    told($service);
    write_file($service->{status}, family(pid => 4243, since => time + 1, @facts));
    is ended($waits), 0, 'and for another process';
    my $late = run('svc', '-d', '--wait=down', '--timeout=1', $service->{path});
    is_deeply [@$late{qw(code err)}], [99, "svc: warning: $service->{path} is not down in time: runs\n"], 'but not for ever';
}

{
    my $service = foreign('other', "\0" x 35);
    svc_says 111, "svc: warning: unable to wait for $service->{path}: its supervise does not tell what it does\n",
        'a record of another kind', '-d', '--wait=down', $service->{path};
    is told($service), 'ld', 'is no reason not to send what is to be sent';
}

# Wrong ones -------------------------------------------------------------------------------------

svc_says 100, "svc: fatal: --timeout is of no use without --wait\n", '--timeout alone', '-u', '--timeout=5', $dir;
svc_says 100, "svc: fatal: there is no state sideways to wait for\n", 'a state that there is not', '--wait=sideways', $dir;
svc_says 100, "svc: fatal: timeout is not in milliseconds: 5s\n", 'a time that is none', '--wait=up', '--timeout=5s', $dir;
svc_says 0, '', 'no service', '-u', '--wait=up';

done_testing;
