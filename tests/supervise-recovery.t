# ISC license.
#
# supervise is killed, and another one takes over: the same process, never a second one, and
# all that was known about it. Executed anew in place, it does the same.

use lib 'tests/lib';
use Upkeep;
use One;
use Record;

my $dir = tempdir();
my $count = 0;

# A service that notes each of its starts and what it is told; it ends as the file `end` says.
my $witness = <<'EOF';
#!/usr/bin/perl
open my $log, '>>', 'log.txt'; select $log; $| = 1;
print "start $$\n";
for my $name (qw(HUP INT TERM USR1 CONT)) {
    $SIG{$name} = sub { print "$name\n"; exit 7 if $name eq 'TERM' and !-e 'stubborn' };
}
open my $ready, '>', 'ready'; close $ready;
select undef, undef, undef, 1000 while 1;
EOF

sub service {
    my $service = "$dir/s" . ++$count;
    return make_service($service, run => $witness, @_);
}

# up(@files): a service that runs, and is ready to be told something, and its supervise.
sub up {
    my $service = service(@_);
    my $supervise = start('supervise', $service);
    wait_until { -e "$service/ready" } 10, "$service to be ready";
    wait_phase($service, 'up');
    return ($service, $supervise);
}

# kill_it($supervise): with -9.
sub kill_it { return $_[0]->stop('KILL') }

sub take_over {
    my ($service) = @_;
    my $supervise = start('supervise', $service);
    wait_until { run('svok', $service)->{code} == 0 && field($service, 'supervisepid') == $supervise->pid }
        10, "another supervise of $service";
    return $supervise;
}

sub log_of { return read_file("$_[0]/log.txt") // '' }
sub starts { return scalar(() = log_of($_[0]) =~ /^start/mg) }

# serials($service): those in its journal, in order.
sub serials {
    my $journal = read_file("$_[0]/supervise/.journal");
    my @serials = map { unpack 'Q>', substr $journal, 64 * $_, 8 } 1 .. length($journal) / 64 - 1;
    return sort { $a <=> $b } grep { $_ } @serials;
}

sub end_well {
    my ($supervise, $service) = @_;
    is $supervise->stop('TERM')->{code}, 0, 'told to go, it goes';
    my @serials = serials($service);
    is "@serials", join(' ', 1 .. @serials), 'no transition is missing in the journal';
}

subtest 'a running service' => sub {
    my ($service, $supervise) = up();
    my ($pid, $since) = (pid_of($service), field($service, 'updownsince'));
    kill_it($supervise);
    ok alive($pid), 'the service goes on';
    $supervise = take_over($service);
    is pid_of($service), $pid, 'the same process is up';
    is field($service, 'updownsince'), $since, 'since when it was';
    is field($service, 'starts'), 1, 'started once';
    like run('svstat', '-v', $service)->{out}, qr/why: supervise was replaced/, 'and svstat says what was';
    kill_it($supervise) && ($supervise = take_over($service)) for 1 .. 5;
    is pid_of($service), $pid, 'five times more: still the same';
    is starts($service), 1, 'and never another';
    control($service, 'hi');
    wait_until { log_of($service) =~ /INT/ } 10, 'INT';
    like log_of($service), qr/HUP\nINT/, 'it can be told something';
    control($service, 't');
    wait_until { starts($service) == 2 } 10, 'another start';
    like run('svstat', '-v', $service)->{out}, qr/last run: exit code 7; started 2 times/,
        'its real exit code is known';
    end_well($supervise, $service);
};

subtest 'it ends while nobody looks after it' => sub {
    my ($service, $supervise) = up();
    my $pid = pid_of($service);
    kill_it($supervise);
    kill 'KILL', $pid;
    wait_until { !alive($pid) } 10, 'its end';
    $supervise = take_over($service);
    wait_until { field($service, 'starts') eq '2' } 10, 'another start';
    like run('svstat', '-v', $service)->{out}, qr/last run: (?:killed by SIGKILL|ended unseen|unknown)/,
        'how it ended is known, or known to be unknown';
    end_well($supervise, $service);
};

subtest 'paused' => sub {
    my ($service, $supervise) = up();
    control($service, 'p');
    wait_until { run('svstat', $service)->{out} =~ /paused/ } 10, 'a pause';
    kill_it($supervise);
    $supervise = take_over($service);
    like run('svstat', $service)->{out}, qr/paused/, 'it is known to be paused';
    control($service, 'c');
    wait_until { log_of($service) =~ /CONT/ } 10, 'CONT';
    ok 1, 'and can be continued';
    end_well($supervise, $service);
};

subtest 'wanted down, and once' => sub {
    my ($service, $supervise) = up();
    control($service, 'd');
    wait_phase($service, 'down');
    kill_it($supervise);
    $supervise = take_over($service);
    is field($service, 'phase'), 'down', 'what was down stays down';
    is starts($service), 1, 'and is not started';
    control($service, 'o');
    wait_until { starts($service) == 2 } 10, 'a start';
    wait_phase($service, 'up');
    kill_it($supervise);
    $supervise = take_over($service);
    is field($service, 'wanted'), 'once', 'wanted once is remembered';
    kill 'KILL', pid_of($service);
    wait_phase($service, 'down');
    is starts($service), 2, 'and it is not started again';
    end_well($supervise, $service);
};

subtest 'a stop with its kill timer' => sub {
    my ($service, $supervise) = up('timeout-kill' => 1500, stubborn => '');
    my $pid = pid_of($service);
    control($service, 'd');
    wait_until { log_of($service) =~ /TERM/ } 10, 'TERM';
    kill_it($supervise);
    $supervise = take_over($service);
    is field($service, 'phase'), 'stopping', 'it is still being stopped';
    wait_phase($service, 'down');
    ok !alive($pid), 'and killed when it does not obey';
    like run('svstat', '-v', $service)->{out}, qr/killed by SIGKILL/, 'which is recorded';
    end_well($supervise, $service);
};

subtest 'backoff and failed' => sub {
    my $service = service(run => "echo start >> log.txt\nexit 3\n", 'restart-delay' => '600000 600000');
    my $supervise = start('supervise', $service);
    wait_until { starts($service) == 2 } 10, 'two quick deaths';
    wait_phase($service, 'backoff');
    my $next = field($service, 'nextstart');
    kill_it($supervise);
    $supervise = take_over($service);
    is field($service, 'phase'), 'backoff', 'it waits for its time';
    is field($service, 'nextstart'), $next, 'which is when it was';
    is starts($service), 2, 'and is not started before';
    control($service, 'dx');
    ok $supervise->wait(10), 'told to leave, it leaves';

    $service = service(run => "echo start >> log.txt\nexit 100\n");
    $supervise = start('supervise', $service);
    wait_phase($service, 'failed');
    kill_it($supervise);
    $supervise = take_over($service);
    is field($service, 'phase'), 'failed', 'what has failed stays so';
    is starts($service), 1, 'and is not started again';
    end_well($supervise, $service);
};

subtest 'finish' => sub {
    my ($service, $supervise) = up(finish => "echo finish \$1 \$2 >> log.txt\n"
        . "test -e go || { while ! test -e go; do sleep 0.01; done; }\necho finished >> log.txt\n",
        'timeout-finish' => 60000);
    kill 'TERM', pid_of($service);
    wait_until { log_of($service) =~ /^finish 7 0$/m } 10, 'finish';
    kill_it($supervise);
    $supervise = take_over($service);
    is field($service, 'phase'), 'finishing', 'finish is known to run';
    write_file("$service/go", '');
    wait_until { starts($service) == 2 } 10, 'another start';
    like log_of($service), qr/TERM\nfinish 7 0\nfinished\nstart/, 'once, and before the next run';
    wait_phase($service, 'up');
    end_well($supervise, $service);
};

subtest 'what is not the same' => sub {
    my ($service, $supervise) = up();
    my $pid = pid_of($service);
    kill_it($supervise);
    my $copy = "$dir/copy";
    run('cp', '-a', $service, $copy);
    unlink "$copy/log.txt", "$copy/ready";
    my $other = start('supervise', $copy);
    wait_until { -e "$copy/ready" } 10, 'the copy to run';
    isnt pid_of($copy), $pid, 'a copy of the directory has a service of its own';
    $supervise = take_over($service);
    is pid_of($service), $pid, 'the one it was made from keeps its own';
    $other->stop('TERM');
    ok alive($pid), 'and is not touched by the other';

    kill_it($supervise);
    kill 'KILL', $pid;
    wait_until { !alive($pid) } 10, 'its end';
    my $page = read_file("$service/supervise/.recovery");
    my $boot = Record::boot_id();
    ok index($page, $boot) > 0, 'the boot is in the page';
    substr $page, index($page, $boot), length $boot, 'x' x length $boot;
    open my $file, '+<', "$service/supervise/.recovery" or die;
    syswrite $file, $page;
    close $file;
    unlink "$service/ready";
    $supervise = start('supervise', $service);
    wait_until { -e "$service/ready" } 10, 'the service to run';
    unlike run('svstat', '-v', $service)->{out}, qr/replaced/, 'what another boot has left is not taken over';
    wait_phase($service, 'up');
    $supervise->stop('TERM');
};

subtest 'it left because it was told to' => sub {
    my ($service, $supervise) = up();
    control($service, 'dx');
    $supervise->wait(10);
    $supervise = start('supervise', $service);
    wait_until { starts($service) == 2 } 10, 'a start';
    ok 1, 'the next one begins anew: the service is up, although it had been down';
    $supervise->stop('TERM');
};

subtest 'executed anew in place' => sub {
    my $copy = "$dir/bin";
    mkdir $copy;
    run('cp', top() . '/command/supervise', "$copy/supervise");
    my $service = service();
    my $supervise = start("$copy/supervise", $service);
    wait_until { -e "$service/ready" } 10, 'the service to run';
    wait_phase($service, 'up');
    my $pid = pid_of($service);
    my $replace = sub {
        my ($from) = @_;
        run('cp', $from, "$copy/new");
        rename "$copy/new", "$copy/supervise";
    };
    my $image = sub { join ' ', (stat '/proc/' . $supervise->pid . '/exe')[0, 1] };
    my $before = $image->();
    $replace->(top() . '/command/supervise');
    is run('svc', '--upgrade', $service)->{code}, 0, 'svc --upgrade';
    wait_until { $image->() ne $before } 10, 'another image';
    wait_until { run('svstat', '-v', $service)->{out} =~ /replaced/ } 10, 'it to be at work';
    is pid_of($service), $pid, 'the service is the same';
    ok $supervise->running, 'so is supervise';
    is starts($service), 1, 'nothing was started';
    control($service, 'h');
    wait_until { log_of($service) =~ /HUP/ } 10, 'HUP';
    is log_of($service), "start $pid\nHUP\n", 'it can be told something';

    $before = $image->();
    $replace->('/bin/false');
    run('svc', '--upgrade', $service);
    wait_until { $supervise->err =~ /\n/ } 10, 'a complaint';
    like $supervise->err, qr{^supervise: warning: unable to upgrade supervise \Q$service\E: \Q$copy\E/supervise: it does not pass its own check; going on as before$}m,
        'one that does not pass its check is not executed';
    unlink "$copy/supervise";
    run('svc', '--upgrade', $service);
    wait_until { $supervise->err =~ /does not exist/ } 10, 'a complaint';
    is $image->(), $before, 'nor is one that is not there';
    is pid_of($service), $pid, 'and the service does not notice';

    $replace->(top() . '/command/supervise');
    my $letters = '';
    for my $round (1 .. 20) {
        control($service, 'E');
        control($service, '1') && ($letters .= "USR1\n") if $round % 2;
    }
    wait_until { () = log_of($service) =~ /USR1/g; log_of($service) =~ /USR1\n\z/ } 10, 'USR1';
    kill 'USR2', $supervise->pid;
    wait_until { $image->() ne $before } 10, 'another image';
    kill 'TERM', pid_of($service);
    wait_until { starts($service) == 2 } 10, 'a start';
    like run('svstat', '-v', $service)->{out}, qr/last run: exit code 7/, 'its child is still its child';
    wait_phase($service, 'up');
    end_well($supervise, $service);
};

subtest 'the lock of one that was killed while it made a process' => sub {
    my ($service, $supervise) = up();
    kill_it($supervise);
    open my $lock, '>>', "$service/supervise/lock" or die;
    flock $lock, 2 or die;
    my $next = start('supervise', $service);
    ok !$next->wait(0.2), 'it is waited for';
    close $lock;
    wait_until { field($service, 'supervisepid') == $next->pid } 10, 'it to take over';
    is starts($service), 1, 'and then the service is taken over';
    kill_it($next);
    open $lock, '>>', "$service/supervise/lock" or die;
    flock $lock, 2 or die;
    my $refused = run('supervise', $service);
    is $refused->{err}, "supervise: fatal: unable to acquire supervise/lock: temporary failure\n",
        'but not for ever';
    is $refused->{code}, 111, 'exits 111';
    close $lock;
    end_well(take_over($service), $service);
};

subtest 'there is no room for the page' => sub {
    my $service = service();
    mkdir "$service/supervise";
    mkdir "$service/supervise/.recovery.new";
    my $supervise = start('supervise', $service);
    wait_until { -e "$service/ready" } 10, 'the service to run';
    wait_until { $supervise->err =~ /\n/ } 10, 'a warning';
    like $supervise->err, qr{^supervise: warning: unable to write \Q$service\E/supervise/\.recovery: .*; as long as that is so, whoever kills supervise loses its service$},
        'it is said once';
    rmdir "$service/supervise/.recovery.new";
    control($service, 'p');
    wait_until { -e "$service/supervise/.recovery" } 10, 'the page';
    control($service, 'c');
    my $pid = pid_of($service);
    kill_it($supervise);
    $supervise = take_over($service);
    is pid_of($service), $pid, 'as soon as it is there, all is well';
    end_well($supervise, $service);
};

done_testing;
