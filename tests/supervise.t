# ISC license.
#
# supervise alone, without svscan: what an admin sees of one service.

use lib 'tests/lib';
use Upkeep;
use One;

use Time::HiRes ();

my $dir = tempdir();
my $count = 0;

# a new service directory, and supervise on it; options for start() in %$options
sub supervise {
    my ($files, $options) = @_;
    my $service = "$dir/s" . ++$count;
    make_service($service, %$files);
    return ($service, start('supervise', $service, $options || {}));
}

# signals the service's process; never our own group, should it not be up
sub strike {
    my ($service, $signal) = @_;
    my $pid = wait_until { pid_of($service) } 10, "a pid of $service";
    return $pid && kill $signal, $pid;
}

# when the directory changed last, with fractions
sub time_of { return (Time::HiRes::stat($_[0]))[10] }

# a service that tells what happens to it in the file `log` of its directory
my $teller = <<'EOF';
#!/usr/bin/perl
$| = 1;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
my $start = clock_gettime(CLOCK_MONOTONIC);
open my $log, '>>', 'log.txt'; select $log; $| = 1;
for my $name (qw(HUP INT TERM ALRM QUIT USR1 USR2 WINCH ABRT CONT)) {
    $SIG{$name} = sub {
        printf "%s %.4f\n", $name, clock_gettime(CLOCK_MONOTONIC) - $start;
        exit 7 if $name eq 'TERM' and !-e 'stubborn';
    };
}
print "start $$\n";
select undef, undef, undef, 1000 while 1;
EOF

subtest 'usage and start-up errors' => sub {
    my $usage = run('supervise');
    is $usage->{err}, "supervise: usage: supervise dir\n", 'usage';
    is $usage->{code}, 100, 'exits 100';
    is run('supervise', 'a', 'b')->{code}, 100, 'more than one directory: 100';
    my $missing = run('supervise', 'missing', {cwd => $dir});
    is $missing->{err}, "supervise: fatal: unable to chdir to missing: file does not exist\n",
        'a missing directory is named';
    is $missing->{code}, 111, 'exits 111';
    write_file("$dir/file", '', 0644);
    is run('supervise', 'file', {cwd => $dir})->{err},
        "supervise: fatal: unable to chdir to file: not a directory\n", 'a file';
};

subtest 'up, files and modes' => sub {
    my ($service, $supervise) = supervise({run => "exec sleep 1000\n"});
    ok wait_phase($service, 'up'), 'the service is up';
    my @visible = sort map { s{.*/}{}r } glob "$service/supervise/*";
    is "@visible", 'control lock ok status', 'the visible files are those of daemontools';
    is mode_of("$service/supervise"), '0700', 'supervise is 0700';
    is mode_of("$service/supervise/$_->[0]"), $_->[1], "$_->[0] is $_->[1]"
        for ['control', '0600'], ['ok', '0600'], ['lock', '0600'], ['status', '0644'];
    is -s "$service/supervise/lock", 0, 'lock is empty';
    my $status = read_file("$service/supervise/status");
    my ($high, $low, $nano, $pid, $paused, $want, $state, $run) = unpack 'NNNVCCCC', $status;
    is length $status, 20, 'status has 20 bytes';
    is $high, 0x40000000, 'a TAI label';
    cmp_ok abs($low - 10 - time), '<', 5, 'of now, ten seconds and no leap seconds off';
    is $pid, pid_of($service), 'the pid, little-endian';
    is "$paused $want $state $run", '0 117 3 1', 'not paused, wanted up, running, run';
    my $stat = read_file("/proc/$pid/stat");
    my ($group, $session) = (split ' ', $stat =~ s/.*\) //r)[2, 3];
    is "$group $session", "$pid $pid", 'it leads a session of its own';
    my %inherited = map { $_ => 1 } 0 .. 2, map { s{.*/}{}r } glob "/proc/$$/fd/*";
    my @leaking = grep { read_file($_) !~ /^flags:\s+0*[2367]\d{6}$/m } grep { !$inherited{s{.*/}{}r} }
        glob '/proc/' . $supervise->pid . '/fdinfo/*';
    is "@leaking", '', 'none of the descriptors of supervise is left open in it';

    my $second = run('supervise', $service);
    is $second->{err},
        "supervise: fatal: unable to acquire supervise/lock: temporary failure\n",
        'a second supervise is refused';
    is $second->{code}, 111, 'exits 111';
    is pid_of($service), $pid, 'and changes nothing';

    chmod 0640, "$service/supervise/status";
    chmod 0620, "$service/supervise/control";
    my $serial = field($service, 'serial');
    is $supervise->stop('TERM')->{code}, 0, 'TERM: exits 0';
    ok !alive($pid), 'the service is gone';
    is run('svstat', $service)->{out}, "$service: supervise not running\n", 'svstat says so';
    my $again = start('supervise', $service);
    ok wait_phase($service, 'up'), 'another supervise takes over';
    is mode_of("$service/supervise/status"), '0640', 'modes an admin has set stay: status';
    is mode_of("$service/supervise/control"), '0620', 'control';
    cmp_ok field($service, 'serial'), '>', $serial, 'the serial goes on';
    $again->stop('TERM');
};

subtest 'the djb personality' => sub {
    my ($service, $supervise)
        = supervise({run => "exec sleep 1000\n"}, {env => {SVPERSONALITY => 'djb'}});
    wait_phase($service, 'up');
    is -s "$service/supervise/status", 18, 'status has 18 bytes';
    is run('supervise', $service, {env => {SVPERSONALITY => 'djb'}})->{err},
        "supervise: fatal: unable to acquire $service/supervise/lock: temporary failure\n",
        'messages name the directory';
    ok -e "$service/supervise/$_", "$_ is written all the same" for '.status', '.journal';
    $supervise->stop;
};

subtest 'restarts' => sub {
    my ($service, $supervise) = supervise({run => "echo \$\$ >>pids\nexec sleep 1000\n"});
    wait_phase($service, 'up');
    my $pid = pid_of($service);
    kill 'KILL', $pid if $pid;
    my $next = wait_until { my $now = pid_of($service); $now && $now != $pid && $now } 10, 'a new pid';
    ok $next, 'killed: the first quick death is followed by a start at once';
    is field($service, 'quickdeaths'), 1, 'and counted';
    kill 'KILL', $next if $next;
    ok wait_phase($service, 'backoff'), 'the second one by backoff';
    is field($service, 'signum'), 9, 'the signal is remembered';
    like run('svstat', $service)->{out}, qr/^\Q$service\E: down \d+ seconds, normally up, want up, starting$/,
        'svstat in contract words';
    like run('svstat', '-v', $service)->{out}, qr/backoff/, 'svstat -v says it';
    control($service, 'u');
    ok wait_until { field($service, 'phase') eq 'up' && field($service, 'starts') == 3 } 10, 'third start';
    my $one = pid_of($service);
    control($service, 't');
    ok wait_until { my $now = pid_of($service); $now && $now != $one } 10, 'term by an operator';
    my $two = pid_of($service);
    control($service, 'k');
    ok wait_until { my $now = pid_of($service); $now && $now != $two } 10,
        'and again: no backoff for what an operator asked for';
    $supervise->stop;
    is scalar(() = read_file("$service/pids") =~ /\n/g), 5, 'five runs, none twice';
};

subtest 'signals' => sub {
    my ($service, $supervise) = supervise({run => $teller, stubborn => '', 'down-signal' => 'USR2',
        'reload-signal' => 'SIGUSR1'});
    wait_until { (read_file("$service/log.txt") // '') =~ /start/ } 10, 'the teller';
    my %names = qw(h HUP a ALRM i INT t TERM q QUIT 1 USR1 2 USR2 w WINCH y WINCH b ABRT c CONT R USR1);
    for my $letter (sort keys %names) {
        my $before = () = read_file("$service/log.txt") =~ /^$names{$letter} /mg;
        control($service, $letter);
        ok wait_until { $before < (() = read_file("$service/log.txt") =~ /^$names{$letter} /mg) } 10,
            "$letter sends $names{$letter}";
    }
    my ($first) = read_file("$service/log.txt") =~ /^(?:HUP|ALRM|CONT|USR1|USR2) (\d+\.\d+)$/m;
    control($service, 'p');
    ok wait_until { read_file('/proc/' . pid_of($service) . '/stat') =~ /\) T / } 10, 'p stops it';
    like run('svstat', $service)->{out}, qr/, paused,/, 'and it is shown as paused';
    control($service, 'c');
    ok wait_until { read_file('/proc/' . pid_of($service) . '/stat') !~ /\) T / } 10, 'c continues it';
    my $usr2 = () = read_file("$service/log.txt") =~ /^USR2 /mg;
    control($service, 'd');
    ok wait_until { $usr2 < (() = read_file("$service/log.txt") =~ /^USR2 /mg) } 10, 'd sends down-signal';
    ok wait_phase($service, 'stopping'), 'stopping';
    control($service, 'k');
    ok wait_phase($service, 'down'), 'k ends it';
    control($service, 'zZ?');
    control($service, 'u');
    ok wait_phase($service, 'up'), 'unknown bytes are ignored';
    control($service, 'dkx');
    is $supervise->wait(10)->{code}, 0, 'dkx ends supervise and all';
};

subtest 'nobody is deaf: 50 ms to settle' => sub {
    my ($service, $supervise) = supervise({run => $teller, down => ''});
    wait_phase($service, 'down');
    control($service, 'ut'); # the signal is meant for a process a moment old
    ok wait_until { (read_file("$service/log.txt") // '') =~ /TERM/ } 10, 'TERM arrived';
    my ($age) = read_file("$service/log.txt") =~ /^TERM (\S+)/m;
    ok defined $age, 'its handler was there in time';
    wait_phase($service, 'up');
    control($service, 'dx');
    ok $supervise->wait(5), 'dx right after a start is obeyed';
    is $supervise->wait(1)->{code}, 0, 'exits 0';
};

subtest 'finish' => sub {
    my ($service, $supervise) = supervise({
        run => "test -e code && exit \$(cat code)\nexec sleep 1000\n", code => '3',
        finish => "echo \"\$1 \$2 \$3 \$(test \$4 -gt 1 && echo group)\" >>finished\ntest ! -e giveup || exit 125\n",
        restart => 'never'});
    ok wait_phase($service, 'failed'), 'restart never: a failure is shown as failed';
    is read_file("$service/finished"), "3 0 s$count group\n", 'finish gets code, 0, name, group';
    unlink "$service/code";
    control($service, 'u');
    wait_phase($service, 'up');
    strike($service, 'KILL');
    ok wait_until { (read_file("$service/finished") // '') =~ /\n.*\n/ } 10, 'finish ran again';
    like read_file("$service/finished"), qr/^256 9 s$count group$/m, 'killed: 256 and the signal';
    unlink "$service/restart";
    write_file("$service/giveup", '');
    control($service, 'u');
    wait_phase($service, 'up');
    strike($service, 'TERM');
    ok wait_phase($service, 'failed'), 'exit 125 of finish: failed';
    like run('svstat', $service)->{out}, qr/, failed$/, 'svstat says failed';
    write_file("$service/finish", "#!/bin/sh\necho \$\$ >finishing\nexec sleep 1000\n", 0755);
    write_file("$service/timeout-finish", "100\n");
    control($service, 'u');
    wait_phase($service, 'up');
    my $old = pid_of($service);
    kill 'TERM', $old;
    ok wait_until { my $now = pid_of($service); $now && $now != $old } 10, 'timeout-finish ends a finish that hangs';
    $supervise->stop;
    my ($finishing) = read_file("$service/finishing") =~ /(\d+)/;
    ok !alive($finishing), 'and nothing is left of it';
};

subtest 'run is missing, a directory, not executable, without interpreter' => sub {
    my ($service, $supervise) = supervise({});
    ok wait_phase($service, 'no-run-script'), 'no run script is a state';
    is $supervise->err, '', 'and no reason to complain';
    write_file("$service/run", "#!/bin/sh\nexec sleep 1000\n", 0755);
    ok wait_phase($service, 'up'), 'it is started when run appears';
    control($service, 'd');
    wait_phase($service, 'down');
    chmod 0644, "$service/run";
    control($service, 'u');
    ok wait_phase($service, 'no-run-script'), 'not executable is as missing';
    is field($service, 'execerror'), 'access-denied', 'with its errno';
    ok wait_until { $supervise->err =~ qr{^supervise: warning: unable to start \Q$service\E/run: access denied$}m } 10,
        'and if that lasts, a warning';
    chmod 0755, "$service/run";
    ok wait_phase($service, 'up'), 'chmod starts it';
    control($service, 'd');
    wait_phase($service, 'down');
    write_file("$service/run", "#!$dir/interpreter\n", 0755);
    control($service, 'u');
    ok wait_phase($service, 'backoff'), 'without its interpreter it is tried again later';
    ok wait_until { $supervise->err =~ qr{unable to start \Q$service\E/run: its interpreter: file does not exist} } 10,
        'the message names the interpreter';
    my $warnings = () = $supervise->err =~ /interpreter/g;
    symlink '/bin/sh', "$dir/interpreter";
    write_file("$service/run", "#!$dir/interpreter\nexec sleep 1000\n", 0755);
    ok wait_phase($service, 'up'), 'or as soon as run changes';
    is $warnings, 1, 'one warning';
    control($service, 'd');
    wait_phase($service, 'down');
    unlink "$service/run";
    mkdir "$service/run";
    control($service, 'u');
    wait_phase($service, 'no-run-script');
    ok $supervise->running, 'a directory called run is no script';
    $supervise->stop;
};

subtest 'timeout-kill and kill-mode' => sub {
    my ($service, $supervise) = supervise({run => $teller, stubborn => '', 'timeout-kill' => 100});
    wait_until { (read_file("$service/log.txt") // '') =~ /start/ } 10, 'the teller';
    control($service, 'd');
    ok wait_phase($service, 'down'), 'KILL after timeout-kill';
    is field($service, 'signum'), 9, 'by KILL';
    $supervise->stop;

    # a daemon with two helpers that ignore TERM: one in its group, one that has left it
    my $family = <<'EOF';
sh -c 'trap "" TERM; echo $$ >near; while :; do sleep 1000; done' &
setsid sh -c 'trap "" TERM; echo $$ >far; while :; do sleep 1000; done' &
exec sleep 1000
EOF
    for my $mode (qw(process group tree)) {
        my ($parent, $keeper) = supervise({run => $family, 'kill-mode' => $mode});
        wait_until { -s "$parent/near" && -s "$parent/far" } 10, 'the helpers';
        my ($near) = read_file("$parent/near") =~ /(\d+)/;
        my ($far) = read_file("$parent/far") =~ /(\d+)/;
        control($parent, 'd');
        wait_phase($parent, 'down');
        if ($mode eq 'process') {
            ok alive($near) && alive($far), 'process: helpers are left alone';
            kill 'KILL', grep { $_ } $near, $far;
        } else {
            ok wait_until { !alive($near) } 10, "$mode: the one in the group is gone";
            $mode eq 'tree' ? ok(wait_until { !alive($far) } 10, "$mode: so is the one outside")
                            : ok(alive($far), "$mode: the one outside is not");
            kill 'KILL', $far if $far;
        }
        $keeper->stop;
    }
};

subtest 'restart policy and limit' => sub {
    my ($service, $supervise) = supervise({run => "exit \$(cat code)\n", code => 0, restart => 'on-failure'});
    wait_until { field($service, 'starts') eq '1' } 10, 'a start'; # before it, it is down too
    ok wait_phase($service, 'down'), 'on-failure: a success is the end of it';
    is field($service, 'starts'), 1, 'after one run';
    write_file("$service/code", 4);
    control($service, 'u');
    ok wait_phase($service, 'backoff'), 'on-failure: a failure is not';
    is field($service, 'exitcode'), 4, 'its exit code is shown';
    write_file("$service/success-codes", "4 5\n");
    control($service, 'u');
    ok wait_phase($service, 'down'), 'success-codes counts at once';
    $supervise->stop;

    my ($loop, $keeper) = supervise({run => "echo x >>runs\nexit 1\n", 'restart-delay' => '1 5', 'restart-limit' => '3 60'});
    ok wait_phase($loop, 'failed'), 'more than 3 deaths in 60 s: failed';
    is read_file("$loop/runs"), "x\n" x 4, 'at the fourth';
    wait_until { length read_file("$loop/supervise/.death_tally") == 4 * 14 } 10, 'the tally'; # written after the status
    is length read_file("$loop/supervise/.death_tally"), 4 * 14, 'four deaths in the tally';
    $keeper->stop;

    my ($hundred, $encore) = supervise({run => "exit 100\n"});
    ok wait_phase($hundred, 'failed'), 'encore: exit 100 is final';
    $encore->stop;
};

subtest 'option files that make no sense' => sub {
    my ($service, $supervise) = supervise({run => "exec sleep 1000\n", 'timeout-kill' => 'soon', 'down-signal' => 'SIGNOTHING'});
    wait_phase($service, 'up');
    strike($service, 'KILL');
    wait_until { field($service, 'starts') == 2 } 10, 'second start';
    my @warnings = split /\n/, $supervise->err;
    is_deeply [sort @warnings], [
        "supervise: warning: $service/down-signal is not used: it should hold a signal's name or number",
        "supervise: warning: $service/timeout-kill is not used: it should hold a time in ms"],
        'each is reported once, by name';
    $supervise->stop;
};

subtest 'what it inherits' => sub {
    my $service = "$dir/s" . ++$count;
    make_service($service, run => "exec sleep 1000\n");
    my $supervise = start('perl', '-e', '$SIG{$_} = "IGNORE" for qw(CHLD INT QUIT USR1); exec "supervise", $ARGV[0]', $service);
    wait_phase($service, 'up');
    my $old = pid_of($service);
    my ($ignored) = read_file("/proc/$old/status") =~ /^SigIgn:\s+(\S+)/m;
    is hex $ignored, 0, 'the service ignores no signal because supervise was told to';
    strike($service, 'KILL');
    ok wait_until { my $now = pid_of($service); $now && $now != $old } 10, 'its death is seen';
    $supervise->stop;
};

subtest 'who asked' => sub {
    my ($service, $supervise) = supervise({run => "exec sleep 1000\n"});
    wait_phase($service, 'up');
    run('svc', '-d', $service);
    wait_phase($service, 'down');
    is field($service, 'cause') . ' ' . field($service, 'causedetail') . ' ' . field($service, 'causeuid'),
        "command d $<", 'down because somebody said so, not because of the signal';
    control($service, 'do');
    ok wait_phase($service, 'up'), 'once, said while it is down';
    control($service, 'dr');
    control($service, 'o');
    ok wait_until { field($service, 'starts') == 3 } 10, 'once, said while it is ending: one more run';
    $supervise->stop;
};

subtest 'threads' => sub {
    SKIP: {
        skip 'no threads in this perl', 1 unless eval { require threads; 1 };
        my ($service, $supervise) = supervise({'kill-mode' => 'tree', run => <<'EOF'});
#!/usr/bin/perl
use threads;
my $thread = threads->create(sub { my $pid = fork // die; if (!$pid) { exec 'sleep', 1000 } open my $f, '>', 'child'; print $f $pid; close $f; sleep 1000 });
$SIG{TERM} = sub { exit };
sleep 1000 while 1;
EOF
        wait_until { -s "$service/child" } 10, 'the child of a thread';
        my $child = read_file("$service/child");
        control($service, 'd');
        ok wait_until { !alive($child) } 10, 'kill-mode tree: the child of a thread gets the signal too';
        $supervise->stop('TERM', 1);
    }
};

subtest 'down, U, D, Q, o' => sub {
    my ($service, $supervise) = supervise({run => "exec sleep 1000\n", down => ''});
    wait_until { field($service, 'supervised') eq 'true' } 10, 'supervise';
    is field($service, 'phase'), 'down', 'a down file is respected';
    like run('svstat', $service)->{out}, qr/: down \d+ seconds, stopped$/, 'in contract words';
    control($service, 'U');
    ok wait_phase($service, 'up') && !-e "$service/down", 'U starts it and removes down';
    control($service, 'D');
    ok wait_phase($service, 'down') && -e "$service/down", 'D stops it and creates down';
    control($service, 'o');
    wait_phase($service, 'up');
    strike($service, 'TERM');
    ok wait_phase($service, 'down'), 'once is once';
    $supervise->stop;
};

subtest 'a logger whose input ends' => sub {
    my $service = "$dir/s" . ++$count;
    make_service($service, run => "while read line; do echo \"\$line\" >>out; done\n");
    pipe my $reader, my $writer;
    my $supervise = start('supervise', $service, {stdin => $reader});
    close $reader;
    wait_phase($service, 'up');
    syswrite $writer, "line $_\n" for 1 .. 1000;
    $supervise->kill('HUP');
    syswrite $writer, "last\n";
    close $writer;
    is $supervise->wait(10)->{code}, 0, 'HUP: supervise leaves when it has ended';
    my $out = read_file("$service/out");
    is scalar(() = $out =~ /\n/g), 1001, 'and every line was read';
};

subtest 'a terminal that hangs up' => sub {
    my ($service, $supervise) = supervise({run => "exec sleep 1000\n"});
    wait_phase($service, 'up');
    my $serial = field($service, 'serial');
    $supervise->kill('HUP');
    control($service, 'c'); # is read after the signal
    wait_until { field($service, 'serial') > $serial } 10, 'the command';
    is field($service, 'wanted'), 'up', 'HUP means nothing to a service that reads no pipe';
    $supervise->stop;
};

subtest 'another place for supervise/' => sub {
    my ($service, $supervise)
        = supervise({run => "exec sleep 1000\n"}, {env => {SUPERVISEDIR => "$dir/state"}});
    ok !$supervise->wait(10)->{running}, 'a missing place is an error' if !mkdir "$dir/state0";
    like $supervise->wait(10) && $supervise->err, qr{fatal: unable to create \Q$dir\E/state/\S+: file does not exist}, 'which is named';
    mkdir "$dir/state";
    my $again = start('supervise', $service, {env => {SUPERVISEDIR => "$dir/state"}});
    (my $name = $service) =~ s{^/}{};
    $name =~ s{/}{:}g;
    ok wait_until { -e "$dir/state/$name/ok" } 10, 'SUPERVISEDIR: one directory per service';
    ok !-e "$service/supervise", 'nothing in the service directory';
    $again->stop;
    symlink "$dir/elsewhere", "$service/supervise";
    my $linked = start('supervise', $service);
    ok wait_until { -p "$dir/elsewhere/ok" } 10, 'a symbolic link to nowhere gets its target';
    $linked->stop;
};

subtest 'at rest nothing wakes up' => sub {
    my ($service, $supervise) = supervise({run => "exec sleep 1000\n"});
    wait_phase($service, 'up');
    my $switches = sub { read_file('/proc/' . $supervise->pid . '/status') =~ /^voluntary_ctxt_switches:\s+(\d+)/m && $1 };
    my ($before, $same, $started) = (-1, 0, time);
    wait_until { time - $started >= 2 } 10, 'two seconds';
    $before = $switches->();
    $started = time;
    wait_until { time - $started >= 3 } 10, 'three more';
    is $switches->(), $before, 'not once in three seconds';
    $supervise->stop;
};

subtest 'full disk, no descriptors, no processes' => sub {
    SKIP: {
        skip 'a small file system needs root', 4 unless have_root();
        my $small = "$dir/small";
        mkdir $small;
        skip 'no tmpfs to be had', 4 if run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', $small)->{code};
        make_service("$small/s", run => "exec sleep 1000\n");
        my $supervise = start('supervise', "$small/s");
        wait_phase("$small/s", 'up');
        my $pid = pid_of("$small/s");
        run('dd', 'if=/dev/zero', "of=$small/fill", 'bs=1k');
        kill 'KILL', $pid if $pid;
        my $next = wait_until { my ($child) = split ' ', read_file('/proc/' . $supervise->pid . '/task/' . $supervise->pid . '/children'); $child && $child != $pid && $child } 10, 'the next run';
        ok $next, 'disk full: the service is restarted all the same';
        ok wait_until { $supervise->err =~ m{warning: unable to write \S+/supervise/\S+: out of disk space} } 10, 'with a warning';
        kill 'KILL', $next if $next;
        unlink "$small/fill";
        control("$small/s", 'u');
        ok wait_until { pid_of("$small/s") && pid_of("$small/s") != $next && alive(pid_of("$small/s")) } 10, 'when there is room again the status is true';
        my $count = () = $supervise->err =~ m{supervise/status: out of disk space}g;
        cmp_ok $count, '<=', 1, 'one warning, not one a time';
        $supervise->stop;
        run('umount', '-l', $small);
    }
    SKIP: {
        skip 'limits of another user need root', 3 unless have_root();
        my $service = "$dir/limited";
        make_service($service, run => "exec sleep 1000\n");
        chown 65533, 65533, $service;
        my $supervise = start('prlimit', '--nproc=1:100', 'supervise', $service, {uid => 65533});
        ok wait_phase($service, 'backoff'), 'no process to be had: tried again later';
        like $supervise->err, qr/warning: unable to fork for \Q$service\E, trying again later: temporary failure/, 'and said';
        run('prlimit', '--pid', $supervise->pid, '--nproc=100:100', {uid => 65533});
        ok wait_phase($service, 'up'), 'and started when it can be';
        $supervise->stop;
    }
    my $service = "$dir/few";
    make_service($service, run => "exec sleep 1000\n");
    my $few = run('sh', '-c', "ulimit -n 6; exec supervise $service");
    like $few->{err}, qr/^supervise: fatal: .*process cannot open more files$/, 'no descriptors at start-up: fatal';
    is $few->{code}, 111, 'exits 111';
};

subtest 'option files that come when supervise knows that there are none' => sub {
    my ($service, $supervise) = supervise({run => $teller, 'restart-delay' => '0 0'});
    symlink "$dir/some-signal", "$service/reload-signal";
    wait_until { (read_file("$service/log.txt") // '') =~ /start/ } 10, 'the teller';
    my $told = sub { my ($name) = @_; wait_until { (read_file("$service/log.txt") // '') =~ /^$name /m } 10, $name };
    # a directory counts as unchanged when its last change is a tenth of a second old
    wait_until { time_of($service) + 0.15 < Time::HiRes::time() } 10, 'the directory to be old';
    control($service, $_) && $told->('WINCH') for 'w', 'w';
    write_file("$dir/some-signal", "USR2\n");
    control($service, 'R');
    ok $told->('USR2'), 'the target of a link appears: it is used';
    write_file("$service/down-signal", "USR1\n");
    control($service, 'd');
    ok $told->('USR1'), 'a file appears: it is used';
    strike($service, 'KILL');
    wait_phase($service, 'down');
    control($service, 'u');
    wait_phase($service, 'up');
    wait_until { time_of($service) + 0.15 < Time::HiRes::time() } 10, 'the directory to be old';
    unlink "$service/down-signal";
    control($service, 'd');
    ok $told->('TERM'), 'it goes: its default is used';
    wait_phase($service, 'down');
    $supervise->stop('TERM');
};

done_testing;
