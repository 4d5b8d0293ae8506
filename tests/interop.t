# ISC license.
#
# Other suites' tools drive our supervise, ours drive theirs. What works how well is in status(5)
# and control(7); this is where it is shown.

use lib 'tests/lib';
use Upkeep;

my ($daemontools, $runit) = (peer('daemontools'), peer('runit'));
skip_all_unless(defined $daemontools || defined $runit, 'neither daemontools nor runit can be had');

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $dir = tempdir;
my $djb = {env => {SVPERSONALITY => 'djb'}};

# Notes its starts and the signals it gets, and ends on those that mean it.
my $NOTES = <<'END';
#!/usr/bin/env perl
use strict;
sub note { open my $log, '>>', 'log' or die; syswrite $log, "$_[0]\n"; close $log }
for my $signal (qw(CONT HUP ALRM INT QUIT USR1 USR2)) { $SIG{$signal} = sub { note($signal) } }
$SIG{TERM} = sub { note('TERM'); exit 0 };
note('start');
select undef, undef, undef, 1000 while 1;
END

sub service { return make_service("$dir/$_[0]", run => $NOTES) }
sub notes { return read_file("$_[0]/log") // '' }

# supervised($command, $service): runs $command there, until its service runs and is looked after.
sub supervised {
    my ($command, $service) = @_;
    my $process = start($command, $service);
    ok wait_until { notes($service) =~ /^start$/m && run('svok', $service)->{code} == 0 } 10, 'the service to run';
    return $process;
}

# state($service): R, S, T ... of its process, as the kernel says; '' if there is none.
sub state {
    my $pid = pid_of($_[0]) or return '';
    return (read_file("/proc/$pid/stat") // '') =~ /\) (\S)/ ? $1 : '';
}

# comes($sentence) { condition }: within some seconds.
sub comes {
    my ($sentence, $condition) = @_;
    ok wait_until(sub { $condition->() }, 10, $sentence), $sentence;
}

# drive($svc, $service): what every svc can do to every supervise that keeps to the contract.
sub drive {
    my ($svc, $service) = @_;
    my $tell = sub {
        my $result = run($svc, "-$_[0]", $service);
        is_deeply [@$result{qw(code out err)}], [0, '', ''], "svc -$_[0]";
    };
    for (['h', 'HUP'], ['a', 'ALRM'], ['i', 'INT']) {
        my ($letter, $signal) = @$_;
        $tell->($letter);
        comes "delivers $signal", sub { notes($service) =~ /^$signal$/m };
    }
    $tell->('p');
    comes 'stops the process', sub { state($service) eq 'T' };
    $tell->('c');
    comes 'lets it go on', sub { state($service) eq 'S' && notes($service) =~ /^CONT$/m };
    my $pid = pid_of($service);
    $tell->('t');
    comes 'has it started again', sub { my $new = pid_of($service); $new && $new != $pid };
    comes 'after TERM', sub { notes($service) =~ /^TERM\nstart\n\z/m };
    $pid = pid_of($service);
    $tell->('k');
    comes 'has it started again too', sub { my $new = pid_of($service); $new && $new != $pid };
    comes 'without TERM', sub { notes($service) =~ /^start\nstart\n\z/m };
    $tell->('d');
    comes 'brings it down', sub { !pid_of($service) };
    $tell->('o');
    comes 'brings it up', sub { pid_of($service) };
    $tell->('t');
    comes 'once', sub { !pid_of($service) };
    $tell->('u');
    comes 'brings it up again', sub { pid_of($service) };
}

# leave($svc, $service, $supervise): ends it all.
sub leave {
    my ($svc, $service, $supervise) = @_;
    run($svc, '-dx', $service);
    my $ended = $supervise->wait(15) || {code => 'none'};
    is $ended->{code}, 0, 'svc -dx ends supervise';
}

# same_words($theirs, $service): their svstat and ours, as djb, say the same.
sub same_words {
    my ($theirs, $service, $sentence) = @_;
    my ($one, $two);
    comes $sentence, sub {
        ($one, $two) = (run($theirs, $service)->{out}, run('svstat', $service, $djb)->{out});
        return $one eq $two;
    } or diag "theirs: $one", "ours:   $two";
    return $one;
}

# Debian's daemontools ---------------------------------------------------------------------------

SKIP: {
    skip 'daemontools cannot be had', 1 unless defined $daemontools;
    my ($svc, $svstat, $svok, $their_supervise) = map { "$daemontools/$_" } qw(svc svstat svok supervise);

    {
        my $service = service('daemontools-drives');
        is run($svok, $service)->{code}, 100, 'their svok: our supervise is not there yet';
        my $supervise = supervised('supervise', $service);
        is run($svok, $service)->{code}, 0, 'their svok: it is there';
        like same_words($svstat, $service, 'their svstat says what ours says'), qr/: up \(pid \d+\) \d+ seconds$/,
            'namely up';
        drive($svc, $service);
        run($svc, '-p', $service);
        comes 'paused', sub { run($svstat, $service)->{out} =~ /, paused$/ };
        same_words($svstat, $service, 'their svstat and ours: paused');
        run($svc, '-cd', $service);
        comes 'down', sub { run($svstat, $service)->{out} =~ /: down \d+ seconds, normally up$/ };
        same_words($svstat, $service, 'their svstat and ours: down');
        write_file("$service/down", '');
        run($svc, '-o', $service);
        comes 'up, normally down', sub { run($svstat, $service)->{out} =~ /: up \(pid \d+\) \d+ seconds, normally down$/ };
        leave($svc, $service, $supervise);
        is run($svok, $service)->{code}, 100, 'their svok: it is gone';
        is run($svstat, $service)->{out}, "$service: supervise not running\n", 'their svstat too';
        is run($svc, '-u', $service)->{err}, "svc: warning: unable to control $service: supervise not running\n",
            'their svc too';
    }
    {
        my $service = service('daemontools-driven');
        my $supervise = supervised($their_supervise, $service);
        like same_words($svstat, $service, 'our svstat says about theirs what theirs says'),
            qr/: up \(pid \d+\) \d+ seconds$/, 'namely up';
        is run('svstat', $service)->{out} =~ s/\d+ seconds.*/S/rs, run('svstat', $service, $djb)->{out} =~ s/\d+ seconds.*/S/rs,
            "in encore's personality too, without a state it cannot know";
        unlike run('svstat', '-v', $service)->{out}, qr/;/, '-v invents nothing';
        like run('svstat', '-o', 'pid,phase,cause,starts,supervised', $service)->{out}, qr/^\d+ NA NA -1 true$/,
            'as fields: what is not known is not';
        drive('svc', $service);

        # Our record of an earlier time is not taken for theirs.
        leave('svc', $service, $supervise);
        $supervise = start('supervise', $service);
        comes 'ours in the same directory', sub { pid_of($service) };
        leave('svc', $service, $supervise);
        ok -f "$service/supervise/.status", 'leaves its record behind';
        $supervise = start($their_supervise, $service);
        comes 'theirs again', sub { pid_of($service) };
        unlike run('svstat', '-v', $service)->{out}, qr/;/, 'about which our record says nothing';
        run('svc', '-d', $service);
        comes 'svc still works', sub { run($svstat, $service)->{out} =~ /: down/ };
        leave('svc', $service, $supervise);
    }
}

# Debian's runit ---------------------------------------------------------------------------------

# sv($seconds, @arguments): started, not waited for: some of it takes its time.
sub sv {
    my ($seconds, @arguments) = @_;
    return start("$runit/sv", '-w', $seconds, @arguments);
}

SKIP: {
    skip 'runit cannot be had', 1 unless defined $runit;

    {
        my $service = service('runit-drives');
        my $supervise = supervised('supervise', $service);
        my $run_sv = sub {
            my $process = sv(5, @_, $service);
            my $result = $process->wait(10) || {code => 'none'};
            return ($result->{code}, $process->out);
        };
        my $says = sub {
            my ($command, $words) = @_;
            my ($code, $out) = $run_sv->('-v', $command);
            is $code, 0, "sv $command succeeds";
            like $out, qr/^ok: \Q$words\E: \Q$service\E: /, "and says $words";
        };
        my ($code, $out) = $run_sv->('status');
        like $out, qr/^run: \Q$service\E: \(pid @{[pid_of($service)]}\) \d+s, got TERM/,
            'sv status: the pid is right; our "running" stands where runit has "got TERM"';
        $says->('check', 'run');
        $says->('down', 'down');
        is pid_of($service), 0, 'it is down when sv says so';
        ($code, $out) = $run_sv->('status');
        like $out, qr/^down: \Q$service\E: \d+s, normally up/, 'sv status: down';
        $says->('up', 'run');
        ok pid_of($service), 'it is up when sv says so';
        $says->('pause', 'run');
        wait_until { state($service) eq 'T' } 10, 'the kernel to have done it'; # the signal was sent
        is state($service), 'T', 'it is stopped as sv says';
        $says->('cont', 'run');
        comes 'and goes on', sub { state($service) eq 'S' };
        for (['hup', 'HUP'], ['alarm', 'ALRM'], ['interrupt', 'INT'], ['quit', 'QUIT'], ['1', 'USR1'], ['2', 'USR2']) {
            my ($command, $signal) = @$_;
            $says->($command, 'run');
            comes "sv $command delivers $signal", sub { notes($service) =~ /^$signal$/m };
        }
        $says->('start', 'run');
        $says->('reload', 'run');
        $says->('stop', 'down');
        is pid_of($service), 0, 'LSB start, reload and stop work';
        $says->('start', 'run');
        $says->('force-stop', 'down');
        run('svc', '-x', $service);
        is $supervise->wait(10)->{code}, 0, 'the end';
        ($code, $out) = $run_sv->('status');
        like $out, qr/^fail: \Q$service\E: runsv not running/, 'sv status: nobody there';
        is $code, 1, 'which is a failure';
    }

    # These act, but sv cannot see that they did, and says so when its time is up. All at once.
    {
        my %case = map { $_ => {service => service("runit-waits-$_")} } qw(once term kill restart try-restart force-restart exit);
        $_->{supervise} = start('supervise', $_->{service}) for values %case;
        for my $command (sort keys %case) {
            my $case = $case{$command};
            comes "a service for sv $command", sub { $case->{pid} = pid_of($case->{service}) };
            comes 'which notes its signals', sub { notes($case->{service}) eq "start\n" };
            $case->{sv} = sv(1, $command, $case->{service});
        }
        for my $command (sort keys %case) {
            my $case = $case{$command};
            my $result = $case->{sv}->wait(10) || {code => 'none'};
            is $result->{code}, 1, "sv $command does not notice its success";
            like $case->{sv}->out, qr/^(?:timeout|kill): run: /, 'and says so';
        }
        for my $command (qw(term kill restart try-restart force-restart)) {
            my $case = $case{$command};
            comes "but sv $command has started it anew",
                sub { my $pid = pid_of($case->{service}); $pid && $pid != $case->{pid} };
        }
        unlike notes($case{kill}{service}), qr/TERM/, 'sv kill without TERM';
        like notes($case{restart}{service}), qr/TERM/, 'sv restart with it';
        like run('svstat', $case{once}{service})->{out}, qr/, once, running$/, 'sv once has made it run once';
        ok $case{exit}{supervise}->running, "sv exit is svc -x: supervise stays";
        run('svc', '-d', $case{exit}{service});
        ok $case{exit}{supervise}->wait(10), 'until the service is down';
    }

    {
        my $service = service('runit-and-djb');
        my $supervise = start('supervise', $service, $djb);
        comes 'our supervise as djb', sub { pid_of($service) };
        my $process = sv(5, 'status', $service);
        $process->wait(10);
        like $process->out, qr/unable to read supervise\/status: bad format/, 'sv cannot read 18 bytes';
        $supervise->stop('TERM');
    }

    {
        my $service = service('runit-driven');
        my $supervise = supervised("$runit/runsv", $service);
        like run('svstat', $service)->{out}, qr/^\Q$service\E: up \(pid \d+\) \d+ seconds\n\z/,
            'our svstat reads their status, and takes none of it for a state of encore';
        like run('svstat', '-o', 'up,phase,supervised', $service)->{out}, qr/^true NA true$/, 'as fields too';
        drive('svc', $service);
        comes 'their sv agrees', sub {
            my $process = sv(5, 'status', $service);
            $process->wait(10);
            return $process->out =~ /^run: \Q$service\E: \(pid (\d+)\)/ && $1 == pid_of($service);
        };
        leave('svc', $service, $supervise);
        is run('svok', $service)->{code}, 100, 'our svok: it is gone';
    }
}

done_testing;
