# ISC license.
#
# Services as people of daemontools, encore and nitro are used to them: stories in which supervise,
# svscan, svc, svstat, svok and svup do together what those suites promise.

use lib 'tests/lib';
use Upkeep;
use One;

$ENV{SVPERSONALITY} = 'encore'; # where it matters, both are tried
my $dir = tempdir;
my $count = 0;
my $stays = 'exec sleep 1000';
my %as = map { $_ => {env => {SVPERSONALITY => $_}} } qw(encore djb);

sub service { return make_service("$dir/s" . ++$count, @_) }

# supervised($service, {options}): a supervise of it that listens.
sub supervised {
    my ($service, $options) = @_;
    my $supervise = start('supervise', $service, $options || {});
    wait_until { run('svok', $service)->{code} == 0 } 10, "svok $service";
    return $supervise;
}

# leaves($supervise, $sentence): by itself.
sub leaves {
    my ($supervise, $sentence) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is +($supervise->wait(15) || {code => 'still there'})->{code}, 0, $sentence;
}

# line($service, {options}): what svstat says, pids and ages as N, without the name.
sub line {
    my ($service, @rest) = @_;
    return run('svstat', $service, @rest)->{out} =~ s/\(pid \d+\) \d+ s/(pid N) N s/r =~ s/down \d+/down N/r =~ s/\A\Q$service\E: //r =~ s/\n\z//r;
}

sub lines_of { return split /\n/, read_file($_[0]) // '' }

# comes($sentence) { condition }: within some seconds.
sub comes {
    my ($sentence, $condition) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok wait_until(sub { $condition->() }, 10, $sentence), $sentence;
}

# One service --------------------------------------------------------------------------------------

for my $personality (qw(encore djb)) {
    subtest "down, once, up, and away, in the $personality personality" => sub {
        my $state = sub { return $personality eq 'encore' ? ", $_[0]" : '' };
        my $service = service(run => "echo ran >> out\n", down => '');
        my $supervise = supervised($service, $as{$personality});
        is line($service), 'down N seconds' . $state->('stopped'), 'a service that is to be down is down, and nothing else is said of it';
        is run('svup', @$_, $service)->{code}, 100, "svup @$_: it is not up" for [], ['-l'], ['-L'];
        run('svc', '-x', $service);
        leaves($supervise, 'x: there is nothing to wait for');
        is line($service), 'supervise not running', 'nobody is there';
        is run('svok', $service)->{code}, 100, 'svok says so too';

        $supervise = supervised($service, $as{$personality});
        run('svc', '-ox', $service, $as{$personality});
        leaves($supervise, 'ox: one run, and away');
        is read_file("$service/out"), "ran\n", 'it was one';

        # from one run to the next one the script changes, which then sends supervise away
        make_service($service, run => "echo first >> out\nmv second run\n");
        Upkeep::write_script("$service/second", "echo second >> out\nsvc -dx .\n");
        unlink "$service/out";
        $supervise = supervised($service, $as{$personality});
        run('svc', '-u', $service);
        leaves($supervise, 'what runs may send its own supervise away');
        is read_file("$service/out"), "first\nsecond\n", 'each script was run once';
    };
}

subtest 'who comes second' => sub {
    my $service = service(run => $stays);
    my $first = supervised($service);
    comes 'the first one has its service', sub { pid_of($service) };
    my $pid = pid_of($service);
    my $before = read_file("$service/supervise/status");
    for (1 .. 3) {
        my $second = run('supervise', $service);
        is "$second->{code} $second->{err}", "111 supervise: fatal: unable to acquire supervise/lock: temporary failure\n", 'another is refused';
    }
    is read_file("$service/supervise/status"), $before, 'and has written nothing';
    is run('svok', $service)->{code}, 0, 'nor closed anything';
    run('svc', '-h', $service);
    comes 'and the first one still obeys', sub { my $now = pid_of($service); $now && $now != $pid };
    is $first->stop('TERM')->{code}, 0, 'TERM ends supervise and service';
    ok !alive($pid), 'really';
};

subtest 'exit codes' => sub {
    for my $code (0, 1, 99, 101, 111) {
        my $service = service(run => "mv second run; exit $code\n");
        Upkeep::write_script("$service/second", $stays);
        my $supervise = supervised($service);
        comes "$code: it is started again", sub { line($service) eq 'up (pid N) N seconds, running' && field($service, 'starts') == 2 };
        run('svc', '-dx', $service);
        leaves($supervise, 'and ends');
    }
    my $service = service(run => "echo >> runs; exit 100\n");
    my $supervise = supervised($service);
    comes '100: it is not', sub { line($service) eq 'down N seconds, normally up, failed' };
    is run('svup', $service)->{code}, 100, 'it is not up';
    is read_file("$service/runs"), "\n", 'there was one run';
    run('svc', '-u', $service);
    comes 'unless somebody wants that', sub { length(read_file("$service/runs")) == 2 };
    run('svc', '-x', $service);
    leaves($supervise, 'supervise leaves what has failed');
    $service = service(run => "echo >> runs; exit 100\n");
    $supervise = supervised($service, $as{djb});
    comes 'daemontools knows no such code', sub { length(read_file("$service/runs") // '') > 1 };
    $supervise->stop('TERM');
};

# Notes each signal, and ends at those that end others.
my $NOTES = <<'END';
#!/usr/bin/env perl
use POSIX ();
sub note { POSIX::write($note, "$_[0]\n", length("$_[0]\n")) }
open my $file, '>>', 'notes' or die; $note = fileno $file;
for my $signal (qw(ALRM CONT HUP INT TERM QUIT USR1 USR2 WINCH)) {
    $SIG{$signal} = sub { note($signal); POSIX::_exit(1) if $signal eq 'TERM' || $signal eq 'INT' };
}
note('start');
select undef, undef, undef, 1000 while 1;
END

subtest 'each signal, one after the other' => sub {
    my $service = service(run => $NOTES, 'restart-delay' => '0 0');
    my $supervise = supervised($service);
    my @expected = ('start');
    comes 'the first run', sub { join(' ', lines_of("$service/notes")) eq "@expected" };
    for (['a', 'ALRM'], ['c', 'CONT'], ['h', 'HUP'], ['i', 'INT', 'start'], ['t', 'TERM', 'start'], ['q', 'QUIT'],
        ['1', 'USR1'], ['2', 'USR2'], ['w', 'WINCH']) {
        my ($letter, @follows) = @$_;
        push @expected, @follows;
        run('svc', "-$letter", $service);
        comes "-$letter: @follows", sub { join(' ', lines_of("$service/notes")) eq "@expected" } or diag read_file("$service/notes");
    }
    run('svc', '-p', $service);
    comes '-p: it stands still', sub { (read_file('/proc/' . pid_of($service) . '/stat') // '') =~ /\) T / };
    is line($service), 'up (pid N) N seconds, paused, running', 'and is up all the same';
    run('svc', '-d', $service);
    comes '-d: what stands still goes on, and ends', sub { line($service) eq 'down N seconds, normally up, stopped' };
    is +(lines_of("$service/notes"))[-1], 'TERM', 'by TERM';
    run('svc', '-u', $service);
    comes 'a last run', sub { pid_of($service) };
    my $pid = pid_of($service);
    run('svc', '-xk', $service);
    leaves($supervise, '-xk ends both');
    ok !alive($pid), 'at once';
};

subtest 'groups' => sub {
    my $service = service(run => "sh -c 'trap \"echo >> heard\" USR1; echo > ready; while :; do sleep 0.02; done' &\ntrap '' USR1\nwait\nexec sleep 1000\n");
    my $supervise = supervised($service);
    comes 'a service of two processes', sub { -e "$service/ready" };
    run('svc', '-1', $service);
    run('svc', '-+1', $service);
    comes '+: the whole group gets it', sub { -e "$service/heard" };
    is read_file("$service/heard"), "\n", 'and without it the first only';
    run('svc', '-+k=', $service);
    run('svc', '-dx', $service);
    leaves($supervise, 'the end');
};

subtest 'finish' => sub {
    my $service = service(run => $stays, finish => "echo \$1 \$2 >> finished; kill -KILL \$\$\n", 'restart-delay' => '0 0');
    my $supervise = supervised($service);
    my @ends;
    for (['h', '256 1'], ['k', '256 9'], ['t', '256 15']) {
        my ($letter, $end) = @$_;
        my $pid = wait_until { pid_of($service) } 10, 'a run';
        run('svc', "-$letter", $service);
        push @ends, $end;
        comes "-$letter: finish is told $end", sub { join(',', lines_of("$service/finished")) eq join ',', @ends };
        comes 'that it fails is no harm', sub { my $now = pid_of($service); $now && $now != $pid };
    }
    run('svc', '-dx', $service);
    leaves($supervise, 'the end');
};

subtest 'readiness on any descriptor' => sub {
    for my $number (3, 37) {
        my $service = service(run => <<"END", 'notification-fd' => $number);
#!/usr/bin/env perl
open my \$ready, '>&=', $number or die;
my \$said = sub { syswrite \$ready, \$_[0]; open my \$file, '>', \$_[1] };
\$said->('nearly', 'nearly');
select undef, undef, undef, 0.005 until -e 'go';
\$said->("\\n", 'done');
sleep 1000 while 1;
END
        my $supervise = supervised($service);
        comes "$number: it has said something", sub { -e "$service/nearly" };
        is run('svwait', '-u', $service)->{code}, 0, 'it is up';
        is run('svwait', '-U', '-t', 1, $service)->{code}, 99, 'but not ready without a newline';
        write_file("$service/go", '');
        is run('svwait', '-U', '-t', 10000, $service)->{code}, 0, 'and ready with it';
        $supervise->stop('TERM');
    }
    for my $number ('x', '-1', '1', '99999999999') {
        my $service = service(run => $stays, 'notification-fd' => $number);
        my $supervise = supervised($service);
        comes "$number is no such descriptor: the service runs without", sub { pid_of($service) };
        is run('svwait', '-U', '-t', 10000, $service)->{code}, 0, 'and is ready when it is up';
        like $supervise->err, qr{^supervise: warning: \Q$service\E/notification-fd is not used: it should hold }m, 'what is wrong is said';
        $supervise->stop('TERM');
    }
};

# A tree -------------------------------------------------------------------------------------------

# tree(NAME => [make_service arguments]...): a scan directory whose services are links to elsewhere.
sub tree {
    my %services = @_;
    my ($home, $scan) = ("$dir/home" . ++$count, "$dir/scan$count");
    mkdir $_ for $home, $scan;
    for (sort keys %services) {
        make_service("$home/$_", @{$services{$_}});
        symlink "$home/$_", "$scan/$_" or die;
    }
    return ($home, $scan);
}

# scanned($scan): an svscan of it, whose services are all looked after.
sub scanned {
    my ($scan) = @_;
    my $svscan = start('svscan', $scan);
    wait_until { !grep { run('svok', $_)->{code} } glob "$scan/*" } 10, 'all services';
    return $svscan;
}

subtest 'a tree ends' => sub {
    for my $personality (qw(encore djb)) {
        my ($home, $scan) = tree(
            alone  => [run => "echo alone >> said\n$stays"],
            logged => [run => "echo logged\n$stays", log => {run => "exec cat >> ../said"}],
            down   => [run => "echo wrong >> said\n", down => ''],
            brief  => [run => "echo brief\nexit 0", log => {run => "exec cat >> ../said"}],
        );
        local $ENV{SVPERSONALITY} = $personality;
        my $svscan = scanned($scan);
        comes "$personality: all have started", sub { pid_of("$home/alone") && pid_of("$home/logged") && run('svok', "$home/brief/log")->{code} == 0 };
        is $svscan->stop('TERM', 20)->{code}, 0, 'TERM to svscan ends it';
        is run('svok', $_)->{code}, 100, 'and all supervises: ' . s{.*/}{}r
            for map { ("$home/$_", -d "$home/$_/log" ? "$home/$_/log" : ()) } qw(alone logged down brief);
        is read_file("$home/alone/said"), "alone\n", 'who has no logger has run';
        is read_file("$home/logged/said"), "logged\n", 'what was said to a logger is there';
        like read_file("$home/brief/said"), qr/\A(?:brief\n)+\z/, 'also of one that had ended';
        ok !-e "$home/down/said", 'and what was to be down was';
        is $svscan->err . $svscan->out, '', 'nobody had to complain';
    }
};

subtest 'a file down comes and goes' => sub {
    my ($home, $scan) = tree(waits => [run => $stays, down => ''], runs => [run => $stays]);
    my $svscan = scanned($scan);
    comes 'one runs', sub { pid_of("$home/runs") };
    is pid_of("$home/waits"), 0, 'the other does not';
    run('svc', '-u', "$scan/waits");
    comes 'until it is told to', sub { pid_of("$home/waits") };
    write_file("$home/runs/down", '');
    my %pid = map { $_ => pid_of("$home/$_") } qw(waits runs);
    for (1 .. 2) {
        is run('svscanctl', $scan, '-a')->{code}, 0, 'svscan looks again';
        $svscan->kill('ALRM');
    }
    my $new = make_service("$scan/new", run => $stays);
    comes 'and has seen what is new', sub { pid_of($new) };
    is pid_of("$home/$_"), $pid{$_}, "$_ runs on" for qw(waits runs);
    is line("$home/runs"), 'up (pid N) N seconds, normally down, running', 'a file that came later says what is normal';
    run('svc', '-t', "$home/runs");
    comes 'and does not keep it from being started again', sub { my $now = pid_of("$home/runs"); $now && $now != $pid{runs} };
    unlink "$home/waits/down";
    is line("$home/waits"), 'up (pid N) N seconds, running', 'so does one that has gone';
    is $svscan->stop('TERM', 20)->{code}, 0, 'the end';
};

subtest 'several at once' => sub {
    # each is ready when all three have begun: one after the other would never be
    my $slow = "echo > ../\${PWD##*/}.begun\nwhile ! { test -e ../a.begun && test -e ../b.begun && test -e ../c.begun; }; do sleep 0.01; done\necho >&3\n$stays";
    my ($home, $scan) = tree(map { $_ => [run => $slow, 'notification-fd' => 3] } qw(a b c));
    my $svscan = scanned($scan);
    my @all = map { "$scan/$_" } qw(a b c);
    is run('svwait', '-U', '-t', 15000, @all)->{code}, 0, 'slow services start side by side, and are waited for together';
    is scalar(grep { /: up \(pid \d+\) / } lines_of_text(run('svstat', @all)->{out})), 3, 'svstat tells of each';
    is run('svwait', '-d', '-t', 1, @all)->{code}, 99, 'a time that has run out has its own exit code';
    is run('svwait', '-D', '-t', 15000, @all, '--', 'svc', '-d', @all)->{code}, 0, 'they end together, too';
    is run('svc', '-u', '--wait=up', '--timeout=15000', @all)->{code}, 0, 'svc waits for all of them';
    is $svscan->stop('TERM', 20)->{code}, 0, 'the end';
};
sub lines_of_text { return split /\n/, $_[0] }

subtest 'a service that takes itself down' => sub {
    my ($home, $scan) = tree(modest => [run => "echo ran >> out\nsvc -d .\n$stays"]);
    my $svscan = scanned($scan);
    comes 'it is down', sub { line("$home/modest") eq 'down N seconds, normally up, stopped' };
    run('svscanctl', $scan, '-a');
    is read_file("$home/modest/out"), "ran\n", 'it ran once';
    is pid_of("$home/modest"), 0, 'and is left alone';
    is $svscan->stop('TERM', 20)->{code}, 0, 'the end';
};

subtest 'names of all kinds' => sub {
    my ($home, $scan) = tree(web => [run => $stays]);
    my $svscan = scanned($scan);
    my $at = {cwd => $home};
    my $name = $scan =~ s{.*/}{}r;
    my @names = ('web', './web', 'web/', '../' . ($home =~ s{.*/}{}r) . '/web', "../$name/web", "../$name/./web//", "$scan/web", "$scan/../$name/web");
    comes 'it is up', sub { pid_of("$home/web") };
    for my $way (@names) {
        my $pid = pid_of("$home/web");
        is run('svok', $way, $at)->{code}, 0, "$way: svok";
        is run('svup', $way, $at)->{code}, 0, 'svup';
        is run('svstat', $way, $at)->{out} =~ s/\d+ seconds/N seconds/r, "$way: up (pid $pid) N seconds, running\n", 'svstat says the name as it was given';
        is run('svc', '-t', '--wait=restarted', '--timeout=15000', $way, $at)->{code}, 0, 'svc';
        is run('svwait', '-u', '-t', 15000, $way, $at)->{code}, 0, 'svwait';
    }
    is $svscan->stop('TERM', 20)->{code}, 0, 'the end';
};

done_testing;
