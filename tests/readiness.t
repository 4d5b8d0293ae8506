# ISC license.
#
# When a service counts as ready: the newline on notification-fd, also where supervise is killed
# before, while or after it is written; what becomes of a service that is not ready in time; and
# checks. (The notify socket is in sdnotify.t.)

use lib 'tests/lib';
use Upkeep;
use One;
use Speaker;

my $dir = tempdir();
speaker; # or nothing here can be tried

sub service { return speaking_service($dir, @_) }

# states($service): phase and readiness in one look.
sub states { return field($_[0], 'phase,ready,cause') }

# The newline --------------------------------------------------------------------------------------

subtest 'a newline means ready' => sub {
    my $service = service('notification-fd' => 3);
    my $supervise = supervise($service);
    my $pid = running($service, 1);
    is states($service), 'starting false supervise', 'executed is not ready';
    is field($service, 'pid'), $pid, 'though it runs';
    is run('svok', $service)->{code}, 0, 'and supervise too';
    like run('svstat', $service)->{out}, qr/: up \(pid $pid\)/, 'for daemontools it is up';
    ok tell($service, 'write 3 ready'), 'it writes a word';
    has_looked($service);
    is field($service, 'phase'), 'starting', 'which says nothing';
    ok tell($service, 'write 3  indeed|'), 'and then a newline';
    wait_phase($service, 'up');
    is states($service), 'up true ready', 'that is it';
    my $since = field($service, 'readysince');
    isnt $since, 'NA', 'it is known since when';
    my $serial = field($service, 'serial');
    ok tell($service, 'write 3 |||'), 'more newlines';
    has_looked($service);
    is field($service, 'readysince'), $since, 'change nothing';
    is field($service, 'starts'), 1, 'it has run once';
    is $supervise->err, '', 'nobody complains';
    no_more($service, $supervise);
};

subtest 'whoever says nothing about it is ready when it is executed' => sub {
    my $service = service();
    my $supervise = supervise($service);
    running($service, 1);
    wait_phase($service, 'up');
    is field($service, 'ready'), 'true', 'it is ready';
    is_deeply [grep { -e "$service/supervise/$_" } '.ready', '.said'], [], 'nothing is kept about that';
    no_more($service, $supervise);
};

subtest 'each run says it for itself' => sub {
    my $service = service('notification-fd' => 7, 'restart-delay' => '0 0');
    my $supervise = supervise($service);
    running($service, 1);
    tell($service, 'write 7 |');
    wait_phase($service, 'up');
    order($service, 'exit 1');
    running($service, 2);
    wait_phase($service, 'starting');
    is field($service, 'ready'), 'false', 'the next run is not ready';
    is field($service, 'readysince'), 'NA', 'since never';
    tell($service, 'write 7 |');
    ok wait_phase($service, 'up'), 'until it says so';
    no_more($service, $supervise);
};

subtest 'what the last run left says nothing about this one' => sub {
    my $service = service('notification-fd' => 3, 'restart-delay' => '0 0');
    POSIX::mkfifo("$service/late", 0600) or die;
    my $supervise = supervise($service);
    running($service, 1);
    tell($service, 'kin late');
    my $kin = started($service, 2);
    order($service, 'exit 1');
    running($service, 3);
    ok alive($kin), 'a process of the last run still lives';
    ok tell($service, 'write 3 |', 'late'), 'and writes its newline';
    has_looked($service);
    is field($service, 'phase'), 'starting', 'too late';
    $supervise = again($supervise, $service);
    has_looked($service);
    is field($service, 'phase'), 'starting', 'for the next supervise, too';
    tell($service, 'write 3 |');
    ok wait_phase($service, 'up'), 'the run itself is heard';
    no_more($service, $supervise);
};

subtest 'the number may change from run to run' => sub {
    my $service = service('notification-fd' => 9, 'restart-delay' => '0 0');
    my $supervise = supervise($service);
    running($service, 1);
    write_file("$service/notification-fd", "1000\n");
    tell($service, 'write 9 |');
    wait_phase($service, 'up');
    order($service, 'exit 1');
    running($service, 2);
    ok !tell($service, 'write 9 |'), 'the old one is closed';
    ok tell($service, 'write 1000 |'), 'the new one is open';
    ok wait_phase($service, 'up'), 'and it is ready';
    unlink "$service/notification-fd";
    order($service, 'exit 1');
    running($service, 3);
    ok !tell($service, 'write 1000 |'), 'without the file there is none';
    is field($service, 'phase'), 'up', 'and it is ready at once';
    ok !-e "$service/supervise/.ready", 'nothing is left of it';
    no_more($service, $supervise);
};

subtest 'a number that is none' => sub {
    my $service = service('notification-fd' => 2);
    my $supervise = supervise($service);
    running($service, 1);
    wait_phase($service, 'up');
    like $supervise->err, qr{/notification-fd is not used: .* a descriptor from 3 to 1023}, 'is complained about';
    is field($service, 'ready'), 'true', 'and not waited for';
    no_more($service, $supervise);
};

# supervise is killed ------------------------------------------------------------------------------

for my $when ('before', 'while there is none', 'after') {
    for my $closes ('stays open', 'is closed') {
        subtest "supervise is killed, the newline comes $when, the descriptor $closes" => sub {
            my $service = service('notification-fd' => 3);
            my $supervise = supervise($service);
            my $pid = running($service, 1);
            # stopped it cannot read what comes before its end
            kill 'STOP', $supervise->pid if $when eq 'before';
            killed($supervise) if $when eq 'while there is none';
            $supervise = again($supervise, $service) if $when eq 'after';
            ok tell($service, 'write 3 |'), 'the newline is written';
            tell($service, 'close 3') if $closes eq 'is closed';
            killed($supervise) if $when eq 'before';
            $supervise = supervise($service) unless $when eq 'after';
            ok wait_phase($service, 'up'), 'it is ready';
            is field($service, 'ready,pid,starts'), "true $pid 1", 'and is the same run';
            is starts($service), 1, 'indeed';
            is $supervise->err, '', 'nobody complains';
            no_more($service, $supervise);
        };
    }
}

subtest 'ready stays ready' => sub {
    my $service = service('notification-fd' => 3);
    my $supervise = supervise($service);
    running($service, 1);
    tell($service, 'write 3 |');
    wait_phase($service, 'up');
    my $since = field($service, 'readysince');
    for (1 .. 3) {
        $supervise = again($supervise, $service);
        is field($service, 'phase,ready,readysince'), "up true $since", "under supervise number $_ after";
    }
    no_more($service, $supervise);
};

subtest 'half a line is not forgotten' => sub {
    my $service = service('notification-fd' => 3);
    my $supervise = supervise($service);
    running($service, 1);
    tell($service, 'write 3 ab');
    has_looked($service);
    $supervise = again($supervise, $service);
    has_looked($service);
    is field($service, 'phase'), 'starting', 'but not taken for one either';
    tell($service, 'write 3 |');
    ok wait_phase($service, 'up'), 'its end is its end';
    no_more($service, $supervise);
};

# Not in time --------------------------------------------------------------------------------------

subtest 'not ready within timeout-ready' => sub {
    my $service = service('notification-fd' => 3, 'timeout-ready' => 300);
    my $supervise = supervise($service);
    my $pid = running($service, 1);
    running($service, 2);
    like log_of($service), qr/^got $pid 15$/m, 'it is told to end';
    is field($service, 'cause'), 'ready-timeout', 'and started again, which has a cause';
    like run('svstat', '-v', $service)->{out}, qr/not ready within timeout-ready/, 'in words, too';
    cmp_ok field($service, 'readyin'), '<=', 1, 'the next one has no more time' if field($service, 'phase') eq 'starting';
    write_file("$service/timeout-ready", "0\n");
    running($service, 3);
    wait_phase($service, 'starting');
    is field($service, 'readyin'), '-1', 'unless it has no limit';
    no_more($service, $supervise);
};

subtest 'in time' => sub {
    my $service = service('notification-fd' => 3, 'timeout-ready' => 20000);
    my $supervise = supervise($service);
    running($service, 1);
    wait_phase($service, 'starting');
    cmp_ok field($service, 'readyin'), '>', 0, 'it has some seconds';
    tell($service, 'write 3 |');
    wait_phase($service, 'up');
    is field($service, 'readyin'), '-1', 'and afterwards as long as it likes';
    no_more($service, $supervise);
};

subtest 'the limit outlives supervise' => sub {
    my $service = service('notification-fd' => 3, 'timeout-ready' => 1500);
    my $supervise = supervise($service);
    running($service, 1);
    wait_phase($service, 'starting');
    $supervise = again($supervise, $service);
    is field($service, 'phase'), 'starting', 'another one waits';
    running($service, 2);
    is field($service, 'cause'), 'ready-timeout', 'not longer than it may';
    no_more($service, $supervise);
};

subtest 'to be late is a failure' => sub {
    my $service = service('notification-fd' => 3, 'timeout-ready' => 300, restart => 'never');
    my $supervise = supervise($service);
    running($service, 1);
    wait_phase($service, 'failed');
    is field($service, 'ending,endingvalue'), 'exit 0', 'though it exits with 0';
    is field($service, 'cause'), 'ready-timeout', 'as is said';
    is starts($service), 1, 'that was it';
    no_more($service, $supervise);
};

subtest 'to be late is a death that restart-limit counts' => sub {
    my $service = service('notification-fd' => 3, 'timeout-ready' => 100, 'restart-limit' => '2 60',
        'restart-delay' => '0 0');
    my $supervise = supervise($service);
    wait_phase($service, 'failed');
    is field($service, 'cause'), 'limit', 'more than that it may not be';
    is starts($service), 3, 'often';
    no_more($service, $supervise);
};

subtest 'late and stubborn' => sub {
    my $service = service('notification-fd' => 3, 'timeout-ready' => 300, 'timeout-kill' => 300, stubborn => '');
    my $supervise = supervise($service);
    my $pid = running($service, 1);
    running($service, 2);
    ok !alive($pid), 'timeout-kill ends it';
    is field($service, 'ending,endingvalue'), 'signal 9', 'by KILL';
    is field($service, 'cause'), 'ready-timeout', 'the cause is the first one';
    no_more($service, $supervise);
};

subtest 'late and stubborn without timeout-kill' => sub {
    my $service = service('notification-fd' => 3, 'timeout-ready' => 300, stubborn => '');
    my $supervise = supervise($service);
    running($service, 1);
    wait_phase($service, 'stopping');
    my $left = field($service, 'killin');
    ok $left >= 0 && $left <= 5, 'it has five seconds' or diag $left;
    no_more($service, $supervise);
};

# What an operator does meanwhile ------------------------------------------------------------------

subtest 'commands before it is ready' => sub {
    my $service = service('notification-fd' => 3);
    my $supervise = supervise($service);
    my $pid = running($service, 1);
    control($service, 'h');
    wait_until { log_of($service) =~ /^got $pid 1$/m } 10, 'HUP';
    is field($service, 'phase'), 'starting', 'a signal changes nothing';
    control($service, 'd');
    wait_phase($service, 'down');
    is field($service, 'cause'), 'command', 'it can be stopped';
    control($service, 'u');
    running($service, 2);
    is field($service, 'phase'), 'starting', 'and started';
    tell($service, 'write 3 |');
    ok wait_phase($service, 'up'), 'and be ready';
    no_more($service, $supervise);
};

subtest 'a service that has gone into the background' => sub {
    my $service = service('notification-fd' => 3, expect => 'fork');
    make_service($service, run => "$^X -e 'fork and exit 0; exec \"${\ speaker }\"'");
    my $supervise = supervise($service);
    running($service, 1);
    is field($service, 'phase'), 'starting', 'is not ready for that';
    tell($service, 'write 3 |');
    ok wait_phase($service, 'up'), 'but when it says so';
    no_more($service, $supervise);
};

# The upgrade in place ------------------------------------------------------------------------------

subtest 'supervise executes a new file meanwhile' => sub {
    my $service = service('notification-fd' => 3);
    my $supervise = supervise($service);
    my $pid = running($service, 1);
    is run('svc', '--upgrade', $service)->{code}, 0, 'svc --upgrade';
    wait_field($service, 'cause', 'resumed');
    is field($service, 'phase,pid,supervisepid'), "starting $pid " . $supervise->pid, 'it is still not ready';
    tell($service, 'write 3 |');
    ok wait_phase($service, 'up'), 'and is when it says so';
    my $since = field($service, 'readysince');
    my $serial = field($service, 'serial');
    run('svc', '--upgrade', $service);
    wait_until { field($service, 'serial') > $serial } 10, 'another upgrade';
    wait_field($service, 'cause', 'resumed');
    is field($service, 'phase,ready,readysince,pid'), "up true $since $pid", 'which it stays';
    is $supervise->err, '', 'nobody complains';
    no_more($service, $supervise);
};

# Checks -------------------------------------------------------------------------------------------

sub checked {
    return service('check-interval' => '20 20', @_);
}

SKIP: {
    skip 'no svcheck here', 1 unless program('svcheck');

    subtest 'a check says when it is ready' => sub {
        my $service = checked(check => 'test -e good');
        my $supervise = supervise($service);
        my $pid = running($service, 1);
        is field($service, 'phase,ready,pid'), "starting false $pid", 'it is not, before the check succeeds';
        write_file("$service/good", '');
        ok wait_phase($service, 'up'), 'then it is';
        is field($service, 'cause,starts'), 'checked 1', 'for that cause';
        like run('svstat', '-v', $service)->{out}, qr/check succeeded/, 'which one sees';
        unlink "$service/good";
        has_looked($service);
        is field($service, 'phase'), 'up', 'and it stays so';
        like $supervise->err, qr{\A(?:svcheck: .* is not ready: \./check has exited 1\n)?\z}, 'and at most it is said why not';
        no_more($service, $supervise);
    };

    subtest 'a built-in probe needs no script' => sub {
        my $service = checked(probe => 'file good');
        my $supervise = supervise($service);
        running($service, 1);
        is field($service, 'phase'), 'starting', 'it waits for a file';
        write_file("$service/good", '');
        ok wait_phase($service, 'up'), 'and is ready when that is there';
        is field($service, 'cause'), 'checked', 'by the check';
        no_more($service, $supervise);
    };

    subtest 'a check goes on under the next supervise' => sub {
        my $service = checked(check => 'test -e good');
        my $supervise = supervise($service);
        my $pid = running($service, 1);
        killed($supervise);
        write_file("$service/good", '');
        $supervise = supervise($service);
        ok wait_phase($service, 'up'), 'who hears it';
        is field($service, 'pid,starts'), "$pid 1", 'of the same run';
        no_more($service, $supervise);
    };

    subtest 'a checker that is killed' => sub {
        my $service = checked(check => 'echo $PPID > checker; test -e good');
        my $supervise = supervise($service);
        running($service, 1);
        wait_until { (read_file("$service/checker") // '') =~ /\d\n/ } 10, 'a check';
        my ($checker) = read_file("$service/checker") =~ /(\d+)/;
        kill 'KILL', $checker if $checker > 1;
        write_file("$service/good", '');
        ok wait_phase($service, 'up'), 'has a successor';
        is field($service, 'starts'), 1, 'and the service does not notice';
        no_more($service, $supervise);
    };

    subtest 'no check succeeds in time' => sub {
        my $service = checked(check => 'exit 1', 'timeout-ready' => 300, restart => 'never');
        my $supervise = supervise($service);
        ok wait_phase($service, 'failed'), 'it has failed';
        is field($service, 'cause'), 'ready-timeout', 'as without a check';
        no_more($service, $supervise);
    };

    subtest 'who says it itself is not asked' => sub {
        my $service = checked('notification-fd' => 3, check => 'echo checked >> checks; exit 0');
        my $supervise = supervise($service);
        running($service, 1);
        has_looked($service);
        is field($service, 'phase'), 'starting', 'a check does not speak for it';
        tell($service, 'write 3 |');
        wait_phase($service, 'up');
        is field($service, 'cause'), 'ready', 'it speaks itself';
        ok !-e "$service/checks", 'the check is not even run';
        no_more($service, $supervise);
    };

    for my $way ('by a check', 'by a newline') {
        subtest "health of what became ready $way" => sub {
            my @own = $way eq 'by a newline' ? ('notification-fd' => 3) : ();
            my $service = checked(check => 'test -e good', health => '2 3', 'restart-delay' => '0 0', @own);
            my $supervise = supervise($service);
            running($service, 1);
            tell($service, 'write 3 |') if @own;
            write_file("$service/good", '');
            wait_phase($service, 'up');
            is field($service, 'starts'), 1, 'it is healthy';
            unlink "$service/good";
            running($service, 2);
            is field($service, 'cause'), 'health', 'when it is not, it is started again';
            like run('svstat', '-v', $service)->{out}, qr/health check failed/, 'as one sees';
            is field($service, 'phase'), 'starting', 'and has to become ready again';
            write_file("$service/good", '');
            tell($service, 'write 3 |') if @own;
            ok wait_phase($service, 'up'), 'which it does';
            no_more($service, $supervise);
        };
    }
}

done_testing;
