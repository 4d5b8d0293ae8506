# ISC license.
#
# What a distrustful reading of encore's words, and of what takes over, has found.

use lib 'tests/lib';
use Upkeep;
use One;

use POSIX ();

$ENV{SVPERSONALITY} = 'encore';
my $dir = tempdir;
my $count = 0;
my $stays = "exec sleep 1000\n";

sub service { return make_service("$dir/s" . ++$count, @_) }

# kept($service, @before): a supervise of it that listens.
sub kept {
    my ($service, @before) = @_;
    my $supervise = start(@before, 'supervise', $service);
    wait_until { run('svok', $service)->{code} == 0 && field($service, 'supervisepid') > 0
        && alive(field($service, 'supervisepid')) } 10, "supervise of $service";
    return $supervise;
}

sub leaves {
    my ($supervise, $sentence) = @_;
    my $end = $supervise->wait(20);
    is $end && $end->{code}, 0, $sentence;
    $supervise->stop('KILL') unless $end;
    return $end;
}

sub another_run {
    my ($service, $pid) = @_;
    return wait_until { my $now = pid_of($service); $now && $now != $pid && $now } 10, "another run of $service";
}

sub field_of { return (split ' ', (read_file("/proc/$_[0]/stat") // return 0) =~ s/.*\) //sr)[$_[1]] }
sub session_of { return field_of($_[0], 3) }
sub state_of { return field_of($_[0], 0) }

# The end of one process is not the end of the one that goes on -----------------------------------

subtest 'a daemon goes into the background while its supervise, not the first one, looks away' => sub {
    my $scan = "$dir/scan";
    mkdir $scan;
    my $service = make_service("$scan/forker", expect => 'fork', down => '', run => <<'SCRIPT');
#!/usr/bin/perl
$SIG{USR1} = sub {
    fork and exit 0;
    $SIG{TERM} = sub { open my $told, '>', 'told'; close $told; exit 4 };
    select undef, undef, undef, 1000 while 1;
};
open my $ready, '>', 'listens'; close $ready;
select undef, undef, undef, 1000 while 1;
SCRIPT
    my $svscan = start('svscan', $scan);
    wait_until { run('svok', $service)->{code} == 0 } 10, 'svscan to start it';
    for my $again (1 .. 3) {
        unlink "$service/told", "$service/listens";
        run('svc', '-o', $service);
        my $pid = wait_until { -e "$service/listens" && pid_of($service) } 10, 'the run';
        my $supervise = field($service, 'supervisepid');
        kill 'KILL', $supervise;
        wait_until { my $now = field($service, 'supervisepid'); $now && $now != $supervise && alive($now) } 10, 'the next supervise';
        $supervise = field($service, 'supervisepid');
        wait_until { grep { (readlink // '') =~ /pidfd/ } glob "/proc/$supervise/fd/*" } 10, 'it to hold the run';
        wait_until { state_of($supervise) eq 'S' } 10, 'it to wait';
        kill 'STOP', $supervise;
        wait_until { state_of($supervise) eq 'T' } 10, 'it to look away';
        kill 'USR1', $pid;
        wait_until { !-e "/proc/$pid" } 10, 'its end, which svscan has told';
        kill 'CONT', $supervise;
        my $heir = another_run($service, $pid);
        run('svc', '-d', $service);
        wait_phase($service, 'down');
        ok -e "$service/told", 'the one that goes on is told to end';
        is field($service, 'ending,endingvalue'), 'exit 4', 'and its end is known';
        kill 'KILL', $heir if alive($heir);
    }
    is $svscan->stop('TERM', 30)->{code}, 0, 'svscan ends';
};

# no-setsid ----------------------------------------------------------------------------------------

# in_session(@argv): a new session, whose leader starts a bystander, then @argv, and ends itself.
# Returns the pid of the bystander.
sub in_session {
    my (@argv) = @_;
    my $note = "$dir/bystander." . ++$count;
    my $shell = start('perl', '-MPOSIX', '-e', 'POSIX::setsid(); my $note = shift;'
        . ' my $by = fork || exec "sleep", 1000; fork || exec @ARGV; open my $n, ">", "$note.new"; print $n $by; close $n; rename "$note.new", $note',
        $note, @argv);
    $shell->wait(10);
    return read_file($note);
}

for my $mode ('process', 'group', 'tree') {
    subtest "no-setsid, kill-mode $mode: only the service is signalled" => sub {
        my $service = service('no-setsid' => '', 'kill-mode' => $mode, run => $stays);
        my $bystander = in_session('supervise', $service);
        wait_phase($service, 'up');
        my $pid = pid_of($service);
        is session_of($pid), session_of($bystander), 'it is in the session of who started it';
        run('svc', '-d', $service);
        ok wait_phase($service, 'down'), 'd ends it';
        run('svc', '-u', $service);
        wait_phase($service, 'up');
        $pid = pid_of($service);
        run('svc', '-+t', $service);
        ok another_run($service, $pid), 'and so does +t';
        ok alive($bystander), 'nobody else is told';
        run('svc', '-dx', $service);
        wait_until { run('svok', $service)->{code} } 10, 'supervise to leave';
        ok alive($bystander), 'to the end';
        kill 'KILL', $bystander;
    };

    subtest "no-setsid, kill-mode $mode: taken over from another session" => sub {
        for my $how ('-d', '-+t', '-k', '--kill-tree') {
            my $service = service('no-setsid' => '', 'kill-mode' => $mode, down => '', run => $stays);
            my $bystander = in_session('supervise', $service);
            wait_until { run('svok', $service)->{code} == 0 } 10, 'supervise';
            run('svc', '-o', $service);
            wait_phase($service, 'up');
            my $pid = pid_of($service);
            my $first = field($service, 'supervisepid');
            kill 'KILL', $first;
            wait_until { !alive($first) } 10, 'the first supervise to die';
            my $supervise = kept($service, 'setsid');
            is pid_of($service), $pid, 'it is taken over';
            run('svc', $how, $service);
            ok wait_phase($service, 'down'), "svc $how ends it";
            ok !alive($pid), 'really';
            ok alive($bystander), 'and nobody else';
            run('svc', '-dx', $service);
            leaves($supervise, 'supervise leaves');
            ok alive($bystander), 'and still nobody else';
            kill 'KILL', $bystander, $pid;
        }
    };
}

# The log that is a file ---------------------------------------------------------------------------

subtest 'a service with a logger that is removed' => sub {
    my $service = service(run => $stays, log => 'exec cat > /dev/null');
    my $supervise = kept($service);
    wait_until { run('svup', '-L', $service)->{code} == 0 } 10, 'the logger';
    my $pid = pid_of($service);
    run('rm', '-r', $service);
    $supervise->kill('TERM');
    leaves($supervise, 'its supervise ends when it is told to');
    ok !alive($pid), 'and the service';
    my @left = grep { (readlink("/proc/$_/cwd") // '') =~ /^\Q$service\E/ } map { m{(\d+)} } glob '/proc/[0-9]*';
    is "@left", '', 'nobody is left';
    kill 'KILL', @left;
};

subtest 'a logger whose supervise cannot keep a page' => sub {
    my $service = service(run => "echo line\n$stays", log => 'exec cat >> lines');
    mkdir "$service/supervise", 0700;
    mkdir "$service/supervise/.log", 0700;
    mkdir "$service/supervise/.log/.recovery", 0700;
    write_file("$service/supervise/.log/.recovery/in-the-way", '');
    my $supervise = kept($service);
    wait_until { (read_file("$service/lines") // '') eq "line\n" } 10, 'the line';
    $supervise->kill('TERM');
    leaves($supervise, 'ends like any other');
    my @left = grep { (readlink("/proc/$_/cwd") // '') eq $service } map { m{(\d+)} } glob '/proc/[0-9]*';
    is "@left", '', 'nobody is left';
    kill 'KILL', @left;
};

# What a start script has done needs something, and is needed --------------------------------------

subtest 'a service without a run, between others' => sub {
    my $scan = "$dir/needs";
    mkdir $scan;
    make_service("$scan/$_->[0]", @{$_->[1]}) for
        [base => [start => 'true', run => $stays]],
        [mount => [start => 'echo start >> notes', stop => 'echo stop >> notes', needs => 'base stop']],
        [bare => [start => 'echo start >> notes', needs => 'base stop']],
        [again => [start => 'echo start >> notes', stop => 'echo stop >> notes', needs => 'base restart']],
        [user => [run => $stays, needs => 'mount stop']],
        [other => [run => "echo run >> notes\n$stays", needs => 'again restart']];
    my @all = map { "$scan/$_" } qw(base mount bare again user other);
    my $svscan = start('svscan', $scan);
    for my $service (@all) { wait_until { run('svok', $service)->{code} == 0 } 10, $service }
    my ($base, $mount, $bare, $again, $user, $other) = @all;
    my $come = sub {
        wait_phase($_, 'up') for $base, $user, $other;
        wait_phase($_, 'started') for $mount, $bare, $again;
    };
    $come->();
    my $notes = sub { return join ' ', split /\n/, read_file("$_[0]/notes") // '' };
    my $pid = pid_of($other);
    for my $letter (qw(-c -h -u -o -u)) { run('svc', $letter, $again) }
    run('svc', '--barrier', $again, $other);
    is run('svwait', '-t', 5000, '-U', $other)->{code}, 0, 'who needs it is ready';
    is pid_of($other), $pid, 'commands that mean nothing to it restart nobody who needs it';
    is $notes->($again), 'start', 'nor itself';

    run('svc', '-d', $base);
    wait_phase($_, 'waiting') for $mount, $bare, $user;
    is $notes->($mount), 'start stop', 'what it needs is lost: it is stopped, and waits';
    is field($bare, 'waitingfor'), 'base', 'without a stop script too';
    is field($again, 'phase'), 'started', 'but not with restart';
    run('svc', '-u', $base);
    $come->();
    is $notes->($mount), 'start stop start', 'then it is started again';
    is $notes->($bare), 'start start', 'without a stop script too';
    wait_until { $notes->($again) eq 'start stop start' } 10, 'restart';
    is $notes->($again), 'start stop start', 'and so is, once, what is to be restarted';
    wait_until { $notes->($other) eq 'run run' } 10, 'restart of who needs that';
    is $notes->($other), 'run run', 'and who needs that';
    wait_phase($_, 'up') for $other;
    my $serials = sub { join ' ', map { field($_, 'serial') } @all };
    my $before = $serials->();
    run('svc', '--barrier', @all) for 1 .. 3;
    is $svscan->stop('TERM', 30)->{code}, 0, 'svscan ends';
    is $notes->($again), 'start stop start stop', 'nothing goes round and round';
};

done_testing;
