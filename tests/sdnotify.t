# ISC license.
#
# What a service says by messages to its notify socket, and what becomes of it; who is listened to;
# and that none of it is lost where supervise is killed.

use lib 'tests/lib';
use Upkeep;
use One;
use Speaker;

use IO::Socket::UNIX;
use Socket qw(SOCK_DGRAM);

my $dir = tempdir();
speaker; # or nothing here can be tried

sub service { return speaking_service($dir, 'notify-socket' => 'abstract', @_) }

# begin(NAME => CONTENT...): (service, its supervise, its pid), still starting.
sub begin {
    my $service = service(@_);
    my $supervise = supervise($service);
    return ($service, $supervise, running($service, 1));
}

sub begin_ready {
    my ($service, $supervise, $pid) = begin(@_);
    tell($service, 'say READY=1');
    wait_phase($service, 'up');
    return ($service, $supervise, $pid);
}

# variable($service, $name): what its run has in its environment; '(none)'.
sub variable {
    my ($service, $name) = @_;
    tell($service, "env $name");
    return (log_of($service) =~ /^env \d+ \Q$name\E=(.*)$/mg)[-1];
}

# is_heard($service): whether what it has said until now has been acted upon: messages stay in order.
sub is_heard { return tell($_[0], 'barrier') }

# text_of($service): its status text, undef if there is none.
sub text_of { return run('svstat', '-j', '-o', 'statustext', $_[0])->{out} =~ /"statustext":"(.*?)"/ ? $1 : undef }

sub warnings_of { return scalar(() = $_[0]->err =~ /^supervise: warning/mg) }

# The variables ------------------------------------------------------------------------------------

subtest 'ready' => sub {
    my ($service, $supervise, $pid) = begin();
    is field($service, 'phase,ready'), 'starting false', 'executed is not ready';
    like variable($service, 'NOTIFY_SOCKET'), qr/^\@upkeep-[0-9a-f]{32}$/, 'it is told where to say so';
    is variable($service, 'WATCHDOG_USEC'), '(none)', 'and nothing of a watchdog';
    ok tell($service, 'say READY=0|X_READY=1'), 'it says something else';
    ok is_heard($service), 'which is heard';
    is field($service, 'phase'), 'starting', 'and means nothing';
    tell($service, 'say READY=1');
    ok is_heard($service), 'then it says so';
    is field($service, 'phase,ready,cause,pid'), "up true ready $pid", 'and is ready';
    my $serial = field($service, 'serial');
    tell($service, 'say READY=1');
    is_heard($service);
    is field($service, 'serial'), $serial, 'twice is once';
    is $supervise->err, '', 'nobody complains';
    no_more($service, $supervise);
};

subtest 'a socket with a path' => sub {
    my $path = "$dir/a socket";
    my ($service, $supervise) = begin('notify-socket' => $path, 'restart-delay' => '0 0');
    is variable($service, 'NOTIFY_SOCKET'), $path, 'it is told where';
    ok -S $path, 'there it is';
    is mode_of($path), '0666', 'for whoever the service runs as';
    tell($service, 'say READY=1');
    ok wait_phase($service, 'up'), 'it is heard';
    order($service, 'exit 1');
    running($service, 2);
    is field($service, 'phase'), 'starting', 'the next run begins anew';
    tell($service, 'say READY=1');
    ok wait_phase($service, 'up'), 'at the same place';
    is $supervise->err, '', 'nobody complains';
    no_more($service, $supervise);
};

subtest 'a path where something else is' => sub {
    my $path = write_file("$dir/precious", "data\n");
    my ($service, $supervise) = begin('notify-socket' => $path);
    is variable($service, 'NOTIFY_SOCKET'), '(none)', 'is not taken';
    is read_file($path), "data\n", 'nor harmed';
    is field($service, 'phase'), 'up', 'the service does without';
    like $supervise->err, qr/unable to create the notify socket of \Q$service\E: /, 'as is said';
    no_more($service, $supervise);
};

subtest 'what is inherited is not passed on' => sub {
    my $service = speaking_service($dir, watchdog => 60000);
    my $supervise = supervise($service, {env => {NOTIFY_SOCKET => '/elsewhere', WATCHDOG_PID => 1}});
    running($service, 1);
    is variable($service, 'NOTIFY_SOCKET'), '(none)', 'no socket of somebody else';
    is variable($service, 'WATCHDOG_PID'), '(none)', 'nor watchdog';
    is variable($service, 'WATCHDOG_USEC'), '60000000', 'but its own';
    no_more($service, $supervise);
};

subtest 'status' => sub {
    my ($service, $supervise) = begin_ready();
    is text_of($service), undef, 'nothing has been said';
    tell($service, 'say STATUS=12 of 40 done');
    is_heard($service);
    is text_of($service), '12 of 40 done', 'it says what it does';
    is field($service, 'statustext'), '12-of-40-done', 'for scripts in one word';
    like run('svstat', '-v', $service)->{out}, qr/says: 12 of 40 done/, 'for people, too';
    $supervise = again($supervise, $service);
    is text_of($service), '12 of 40 done', 'another supervise keeps it';
    return no_more($service, $supervise) unless may_take;
    tell($service, "say STATUS=a\033[2Jb");
    is_heard($service);
    is text_of($service), 'a?[2Jb', 'no terminal is told anything';
    tell($service, 'say ERRNO=2');
    is_heard($service);
    is field($service, 'statuserrno'), '2', 'it says why it fails';
    is text_of($service), 'a?[2Jb', 'and has still said the other thing';
    tell($service, 'say STATUS=|ERRNO=0');
    is_heard($service);
    is text_of($service), undef, 'and takes it back';
    tell($service, 'say STATUS=last words');
    is_heard($service);
    order($service, 'exit 1');
    running($service, 2);
    is text_of($service), undef, 'the next run has said nothing';
    no_more($service, $supervise);
};

subtest 'reloading' => sub {
    my ($service, $supervise, $pid) = begin_ready();
    is field($service, 'reloading'), 'false', 'it does not';
    tell($service, 'say RELOADING=1|MONOTONIC_USEC=1');
    is_heard($service);
    is field($service, 'reloading,phase,pid'), "true up $pid", 'it does';
    like run('svstat', '-v', $service)->{out}, qr/reloading/, 'as one sees';
    $supervise = again($supervise, $service);
    is field($service, 'reloading,phase'), 'true up', 'whoever looks after it';
    return no_more($service, $supervise) unless may_take;
    tell($service, 'say READY=1');
    is_heard($service);
    is field($service, 'reloading,phase,starts'), 'false up 1', 'it has';
    no_more($service, $supervise);
};

subtest 'stopping' => sub {
    my ($service, $supervise, $pid) = begin_ready();
    tell($service, 'say STOPPING=1|READY=1');
    is_heard($service);
    is field($service, 'phase,cause,pid,wanted'), "stopping stops $pid up", 'it says that it ends';
    is field($service, 'killin'), '-1', 'and may take its time';
    unlike log_of($service), qr/^got/m, 'nothing is sent for that';
    order($service, 'exit 0');
    running($service, 2);
    wait_phase($service, 'starting');
    ok 1, 'then it is started again';
    no_more($service, $supervise);
};

subtest 'stopping and never done' => sub {
    my ($service, $supervise, $pid) = begin_ready('timeout-kill' => 200);
    tell($service, 'say STOPPING=1');
    running($service, 2);
    is field($service, 'ending,endingvalue'), 'signal 9', 'timeout-kill ends it';
    no_more($service, $supervise);
};

subtest 'more time' => sub {
    my ($service, $supervise) = begin('timeout-ready' => 3000, 'timeout-kill' => 3000, stubborn => '');
    tell($service, 'say EXTEND_TIMEOUT_USEC=900000000');
    is_heard($service);
    cmp_ok field($service, 'readyin'), '>', 800, 'it needs time to become ready';
    $supervise = again($supervise, $service);
    cmp_ok field($service, 'readyin'), '>', 800, 'and has it whoever looks after it';
    return no_more($service, $supervise) unless may_take;
    tell($service, 'say READY=1|EXTEND_TIMEOUT_USEC=900000000');
    is_heard($service);
    is field($service, 'phase,killin'), 'up -1', 'ready it needs none';
    control($service, 'd');
    wait_phase($service, 'stopping');
    cmp_ok field($service, 'killin'), '<=', 3, 'it has some to end';
    tell($service, 'say EXTEND_TIMEOUT_USEC=900000000');
    is_heard($service);
    cmp_ok field($service, 'killin'), '>', 800, 'and more if it asks for it';
    control($service, 'k');
    wait_phase($service, 'down');
    no_more($service, $supervise);
};

# The watchdog -------------------------------------------------------------------------------------

subtest 'the watchdog' => sub {
    my ($service, $supervise, $pid) = begin(watchdog => 400);
    is variable($service, 'WATCHDOG_USEC'), '400000', 'it is told how often';
    is field($service, 'pid'), $pid, 'nothing counts before it is ready';
    tell($service, 'say READY=1');
    running($service, 2);
    like log_of($service), qr/^got $pid 6$/m, 'then who is silent gets ABRT';
    is field($service, 'cause'), 'watchdog', 'is started again for that cause';
    like run('svstat', '-v', $service)->{out}, qr/watchdog not fed in time/, 'which one sees';
    is field($service, 'ending,endingvalue'), 'signal 6', 'and how it ended';
    no_more($service, $supervise);
};

subtest 'a watchdog that is fed' => sub {
    my ($service, $supervise, $pid) = begin_ready(watchdog => 20000);
    write_file("$service/watchdog-signal", "KILL\n");
    tell($service, 'say WATCHDOG=1');
    ok is_heard($service), 'it is heard';
    is field($service, 'pid,phase'), "$pid up", 'and nothing happens';
    tell($service, 'say WATCHDOG=1|WATCHDOG_USEC=200000');
    running($service, 2);
    unlike log_of($service), qr/^got $pid/m, 'it has made the time shorter, and gets another signal';
    is field($service, 'cause'), 'watchdog', 'at its end';
    no_more($service, $supervise);
};

subtest 'a watchdog outlives supervise' => sub {
    my ($service, $supervise, $pid) = begin_ready(watchdog => 1500);
    $supervise = again($supervise, $service);
    running($service, 2);
    is field($service, 'cause'), 'watchdog', 'the next one waits no longer';
    no_more($service, $supervise);
};

subtest 'the watchdog is sent away' => sub {
    my ($service, $supervise, $pid) = begin(watchdog => 700);
    tell($service, 'say WATCHDOG_USEC=0|READY=1');
    is_heard($service);
    tell($service, 'say WATCHDOG=trigger');
    running($service, 2);
    is field($service, 'cause'), 'triggered', 'it says itself that it is not well';
    like run('svstat', '-v', $service)->{out}, qr/triggered its watchdog/, 'as one sees';
    is field($service, 'ending,endingvalue'), 'signal 6', 'and gets the same signal';
    no_more($service, $supervise);
};

subtest 'to be silent is a failure' => sub {
    my ($service, $supervise) = begin_ready(watchdog => 300, 'watchdog-signal' => 'TERM', restart => 'on-failure');
    running($service, 2);
    is field($service, 'ending,endingvalue'), 'exit 0', 'though it exits with 0';
    no_more($service, $supervise);
};

# The main process ---------------------------------------------------------------------------------

subtest 'another main process' => sub {
    my ($service, $supervise, $pid) = begin_ready();
    tell($service, 'heir');
    my $heir = started($service, 2);
    tell($service, "say MAINPID=$heir");
    is_heard($service);
    is field($service, 'pid,phase,cause,causedetail'), "$heir up main $pid", 'the run goes on in it';
    control($service, 't');
    wait_until { log_of($service) =~ /^got $heir 15$/m } 10, 'a signal for the heir';
    unlike log_of($service), qr/^got $pid/m, 'it gets the signals';
    running($service, 3);
    is field($service, 'ending,endingvalue,cause'), 'exit 0 exit', 'and its end is the end';
    no_more($service, $supervise);
};

subtest 'another main process, and the first one ends' => sub {
    my ($service, $supervise, $pid) = begin();
    tell($service, 'heir');
    my $heir = started($service, 2);
    tell($service, "say MAINPID=$heir|READY=1");
    is_heard($service);
    kill 'KILL', $pid;
    wait_until { !alive($pid) } 10, 'its end';
    has_looked($service);
    is field($service, 'pid,phase,starts'), "$heir up 1", 'that is not the end of the run';
    for (1 .. 2) {
        $supervise = again($supervise, $service);
        is field($service, 'pid,phase,starts'), "$heir up 1", 'nor for the next supervise';
    }
    return no_more($service, $supervise) unless may_take;
    tell($service, 'say STATUS=well');
    ok is_heard($service), 'the heir is heard';
    is text_of($service), 'well', 'also by that one';
    kill 'KILL', $heir;
    running($service, 3);
    is field($service, 'starts'), 2, 'its end is';
    no_more($service, $supervise);
};

# supervise learns of both at the same time.
subtest 'the first one ends as soon as it has named another' => sub {
    my ($service, $supervise, $pid) = begin();
    tell($service, 'heir');
    my $heir = started($service, 2);
    kill 'STOP', $supervise->pid;
    tell($service, "say MAINPID=$heir|READY=1");
    kill 'KILL', $pid;
    kill 'CONT', $supervise->pid;
    wait_field($service, 'pid', $heir);
    ok is_heard($service), 'the heir is heard';
    is field($service, 'pid,phase,starts'), "$heir up 1", 'the run goes on in it';
    no_more($service, $supervise);
};

subtest 'it ends as soon as it has named another, and there is no supervise' => sub {
    plan skip_all => 'supervise may not take sockets here' unless may_take;
    my ($service, $supervise, $pid) = begin();
    tell($service, 'heir');
    my $heir = started($service, 2);
    killed($supervise);
    tell($service, "say MAINPID=$heir|READY=1");
    kill 'KILL', $pid;
    $supervise = supervise($service);
    wait_field($service, 'pid', $heir);
    ok is_heard($service), 'the heir is heard';
    is field($service, 'pid,phase,starts'), "$heir up 1", 'the run goes on in it';
    is starts($service), 2, 'and in nobody else';
    no_more($service, $supervise);
};

subtest 'what it said before its end counts' => sub {
    my ($service, $supervise, $pid) = begin(restart => 'never');
    kill 'STOP', $supervise->pid;
    tell($service, 'say READY=1');
    order($service, 'exit 0');
    wait_until { !alive($pid) } 10, 'its end';
    kill 'CONT', $supervise->pid;
    wait_phase($service, 'down');
    like run('svstat', '-v', $service)->{out}, qr/exit/, 'it is over';
    is field($service, 'serial'), 5, 'it was started, ready, and ended; and there was our CONT';
    no_more($service, $supervise);
};

subtest 'a main process that is not its own' => sub {
    my ($service, $supervise, $pid) = begin_ready();
    my $other = start('sleep', 1000);
    tell($service, 'say MAINPID=' . $other->pid);
    tell($service, 'say MAINPID=' . $supervise->pid);
    tell($service, 'say MAINPID=2147483647');
    tell($service, 'say MAINPID=1');
    ok is_heard($service), 'is heard of';
    is field($service, 'pid,phase'), "$pid up", 'and not believed';
    is warnings_of($supervise), 1, 'with one warning';
    like $supervise->err, qr/main process that is not one of its own/, 'which says so';
    control($service, 'd');
    wait_phase($service, 'down');
    ok alive($other->pid), 'nobody else is concerned';
    $other->stop('KILL');
    no_more($service, $supervise);
};

# Who is listened to, and what is no message -----------------------------------------------------

subtest 'strangers' => sub {
    my ($service, $supervise, $pid) = begin();
    my $name = variable($service, 'NOTIFY_SOCKET');
    ok stranger($name, 'READY=1|STATUS=gotcha'), 'a stranger may write';
    ok stranger($name, "MAINPID=$$"), 'as often as it likes';
    ok is_heard($service), 'what the service says itself comes after that';
    is field($service, 'phase,pid'), "starting $pid", 'but is the first that counts';
    is text_of($service), undef, 'in anything';
    is warnings_of($supervise), 1, 'there is one warning';
    like $supervise->err, qr/does not belong to \Q$service\E/, 'of that';
    tell($service, 'say READY=1');
    ok is_heard($service), 'it is heard';
    is field($service, 'phase'), 'up', 'the service speaks for itself';
    no_more($service, $supervise);
};

subtest 'relatives' => sub {
    my ($service, $supervise) = begin();
    POSIX::mkfifo("$service/late", 0600) or die;
    tell($service, 'kin late');
    started($service, 2);
    tell($service, 'say STATUS=from afar', 'late');
    ok tell($service, 'barrier', 'late'), 'a child in a session of its own is heard';
    is text_of($service), 'from afar', 'it belongs to the service';
    tell($service, 'say READY=1', 'late');
    ok wait_phase($service, 'up'), 'and may say that it is ready';
    no_more($service, $supervise);
};

subtest 'another user' => sub {
    plan skip_all => 'needs root' unless have_root;
    my $service = service();
    chmod 0777, $service;
    chmod 0666, "$service/orders";
    my $setuid = 'use POSIX (); POSIX::setgid(65534); POSIX::setuid(65534); exec @ARGV';
    make_service($service, run => "exec $^X -e '$setuid' ${\ speaker }");
    my $supervise = supervise($service);
    running($service, 1);
    tell($service, 'say READY=1|STATUS=not root');
    ok is_heard($service), 'a service that is not root is heard';
    is text_of($service), 'not root', 'and believed';
    is field($service, 'phase'), 'up', 'in all it says';
    return no_more($service, $supervise) unless may_take('foreign');
    $supervise = again($supervise, $service);
    tell($service, 'say STATUS=still not');
    ok is_heard($service), 'also by the next supervise';
    is text_of($service), 'still not', 'as before';
    no_more($service, $supervise);
};

subtest 'long and strange messages' => sub {
    my ($service, $supervise) = begin();
    ok tell($service, 'long 1025'), 'a message is too long';
    ok tell($service, 'long 100000'), 'another much too long';
    ok is_heard($service), 'they are passed over';
    is field($service, 'phase'), 'starting', 'and not believed in part';
    ok tell($service, 'long 1024'), 'the longest';
    ok is_heard($service), 'is heard';
    is field($service, 'phase'), 'up', 'and counts';
    tell($service, 'say MAINPID=-1|WATCHDOG_USEC=soon|ERRNO=x|STOPPING=|RELOADING=1');
    ok is_heard($service), 'of strange ones';
    is field($service, 'phase,reloading,statuserrno'), 'up true -1', 'what is right counts';
    no_more($service, $supervise);
};

subtest 'many messages' => sub {
    my ($service, $supervise) = begin();
    write_file("$service/many", join('', map { "say STATUS=message $_|WATCHDOG=1\n" } 1 .. 300));
    my $orders = read_file("$service/many");
    while (length $orders) {
        my $some = substr $orders, 0, 4000, '';
        open my $fifo, '+<', "$service/orders" or die;
        syswrite $fifo, $some;
    }
    wait_until { log_of($service) =~ /^done \d+ say STATUS=message 300/m } 20, 'the last of many messages';
    ok is_heard($service), 'all are heard';
    is text_of($service), 'message 300', 'and the last one is the last one';
    is scalar(() = log_of($service) =~ /^failed/mg), 0, 'each could be sent';
    no_more($service, $supervise);
};

# supervise is killed ------------------------------------------------------------------------------

subtest 'what is said while there is no supervise' => sub {
    plan skip_all => 'supervise may not take sockets here' unless may_take;
    my ($service, $supervise, $pid) = begin();
    killed($supervise);
    ok tell($service, 'say READY=1|STATUS=all alone'), 'can be said';
    order($service, 'barrier');
    $supervise = supervise($service);
    ok wait_phase($service, 'up'), 'is heard by the next one';
    is text_of($service), 'all alone', 'whole';
    is field($service, 'pid,starts'), "$pid 1", 'of the same run';
    wait_until { log_of($service) =~ /^(?:done|failed) \d+ barrier/m } 20, 'an answer';
    like log_of($service), qr/^done \d+ barrier/m, 'which also answers';
    is $supervise->err, '', 'nobody complains';
    no_more($service, $supervise);
};

subtest 'the same by way of a path' => sub {
    my ($service, $supervise, $pid) = begin('notify-socket' => "$dir/path");
    killed($supervise);
    ok tell($service, 'say READY=1'), 'it is said';
    $supervise = supervise($service);
    ok wait_phase($service, 'up'), 'and heard' if may_take;
    tell($service, 'say STATUS=more');
    is_heard($service);
    is text_of($service), 'more', 'as what comes then';
    no_more($service, $supervise);
};

subtest 'supervise executes a new file meanwhile' => sub {
    my ($service, $supervise, $pid) = begin();
    my $name = variable($service, 'NOTIFY_SOCKET');
    for my $status ('one', 'two') {
        my $serial = field($service, 'serial');
        run('svc', '--upgrade', $service);
        tell($service, "say STATUS=$status");
        wait_until { field($service, 'serial') > $serial } 10, 'an upgrade';
        wait_field($service, 'cause', 'resumed');
        ok is_heard($service), 'what it says is heard';
        is text_of($service), $status, 'and counts';
    }
    is field($service, 'phase,pid,supervisepid'), "starting $pid " . $supervise->pid, 'all are the same';
    tell($service, 'say READY=1');
    ok wait_phase($service, 'up'), 'and it is ready when it says so';
    order($service, 'exit 1');
    running($service, 2);
    isnt variable($service, 'NOTIFY_SOCKET'), $name, 'the next run has another socket';
    tell($service, 'say READY=1');
    ok wait_phase($service, 'up'), 'and is heard';
    is $supervise->err, '', 'nobody complains';
    no_more($service, $supervise);
};

# Killed while it reads: stopped at any moment, messages go on coming, and then it is killed.
subtest 'supervise is killed again and again' => sub {
    plan skip_all => 'supervise may not take sockets here' unless may_take;
    my ($service, $supervise, $pid) = begin();
    for my $round (1 .. 12) {
        order($service, $_ % 2 ? "say STATUS=$round.$_" : "say READY=1|STATUS=$round.$_") for 1 .. 8;
        kill 'STOP', $supervise->pid if $round % 3 == 0;
        killed($supervise);
        order($service, 'say RELOADING=1') if $round == 12;
        $supervise = supervise($service);
    }
    ok is_heard($service), 'it is heard';
    is text_of($service), '12.8', 'the last word is the last word';
    is field($service, 'phase,reloading,pid,starts'), "up true $pid 1", 'and nothing is lost or done twice';
    is $supervise->err, '', 'nobody complains';
    no_more($service, $supervise);
};

subtest 'a barrier is kept until all before it is done' => sub {
    my ($service, $supervise) = begin();
    kill 'STOP', $supervise->pid;
    tell($service, 'say READY=1');
    order($service, 'barrier');
    $supervise->kill('CONT');
    wait_until { log_of($service) =~ /^done \d+ barrier$/m } 20, 'an answer';
    is field($service, 'phase'), 'up', 'who is answered knows that it is so';
    no_more($service, $supervise);
};

done_testing;
