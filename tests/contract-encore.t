# ISC license.
#
# Stories that users of daemontools-encore rely on, where it matters what is seen in which moment: a
# process that looks at its own service, commands that a dying process has sent, a logger that is a
# file beside commands to both, and a tree with services of all kinds. Each is played many times,
# and several of them side by side, since each could go well by luck.

use lib 'tests/lib';
use Upkeep;
use One;

use constant ROUNDS => 12;

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $dir = tempdir;
my $count = 0;

sub service { return make_service("$dir/s" . ++$count, @_) }

sub listening {
    my ($service) = @_;
    return wait_until { run('svok', $service)->{code} == 0 } 10, "svok $service";
}

# all_leave(@supervise): whether each ends by itself with 0.
sub all_leave {
    my @codes = map { ($_->wait(30) || {code => 'still there'})->{code} } @_;
    return !grep { $_ ne '0' } @codes;
}

# plain($text): pids, ages and names of directories taken out.
sub plain { return $_[0] =~ s/\(pid \d+\) \d+ s/(pid N) N s/gr =~ s/down \d+ s/down N s/gr =~ s/\Q$dir\E\/s\d+/S/gr }

# same_each($got, $expected, $sentence): of many results, all of which should be this.
sub same_each {
    my ($got, $expected, $sentence) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @others = grep { $_ ne $expected } @$got;
    is_deeply \@others, [], $sentence . ', ' . @$got . ' times' or diag "expected: $expected";
}

# What a process sees of itself ----------------------------------------------------------------------

my $LOOKS = "svstat . > seen; svstat -l . >> seen; svstat -L . >> seen\n"
    . "svup .; echo \$? >> seen; svup -L .; echo \$? >> seen; svup -l .; echo \$? >> seen\n";

subtest 'run looks at its own service' => sub {
    my @services = map { service(run => $LOOKS, down => '') } 1 .. ROUNDS;
    my @supervise = map { start('supervise', $_) } @services;
    listening($_) for @services;
    run('svc', '-ox', @services);
    ok all_leave(@supervise), 'one run of each';
    my $up = '.: up (pid N) N seconds, normally down, once, running';
    same_each([map { plain(read_file("$_/seen")) } @services], "$up\n$up\n.: no log service\n0\n100\n0\n", 'it is up, and says so');
};

subtest 'run looks at its service and logger' => sub {
    my @services = map { service(run => $LOOKS, log => 'exec cat > said', down => '') } 1 .. ROUNDS;
    my @supervise = map { start('supervise', $_) } @services;
    listening($_) for @services;
    run('svc', '-Lolox', @services);
    ok all_leave(@supervise), 'the logger once, then the service once, and away';
    my ($up, $log) = map { "$_: up (pid N) N seconds, normally down, once, running" } '.', '. log';
    same_each([map { plain(read_file("$_/seen")) } @services], "$up\n$log\n$up\n$log\n0\n0\n0\n", 'both are up when the service looks');
};

subtest 'the pid in the record is that of who looks' => sub {
    my $look = 'echo $$; svstat -l . | sed "s/.*pid \([0-9]*\).*/\1/"';
    my @services = map { service(start => "{ $look; } > seen.start", run => "{ $look; } > seen.run", stop => "{ $look; } > seen.stop", down => '') } 1 .. ROUNDS;
    my @supervise = map { start('supervise', $_) } @services;
    listening($_) for @services;
    run('svc', '-ox', @services);
    ok all_leave(@supervise), 'start, run, stop';
    for my $script (qw(start run stop)) {
        my @seen = map { [split /\n/, read_file("$_/seen.$script") // ''] } @services;
        is_deeply [map { $_->[1] } @seen], [map { $_->[0] } @seen], "$script, each time";
    }
};

# Commands of who dies -------------------------------------------------------------------------------

subtest 'what was asked for before the end counts' => sub {
    my @services = map { service(run => "echo run >> ran\nsvc -dx .\nexit 1\n", start => "echo start >> ran\n", stop => "echo stop >> ran\n",
        notify => "echo \$1 \$2 \$4 >> told\n") } 1 .. ROUNDS;
    my @supervise = map { start('supervise', $_) } @services;
    ok all_leave(@supervise), 'services that send themselves away, and fail';
    same_each([map { read_file("$_/ran") } @services], "start\nrun\nstop\n", 'each script runs once');
    my @told = ('run exit 1', 'run start 0', 'start exit 0', 'start start 0', 'stop exit 0', 'stop start 0');
    wait_until { !grep { (() = (read_file("$_/told") // '') =~ /\n/g) < @told } @services } 10, 'notify'; # nobody waits for it
    same_each([map { join ', ', sort split /\n/, read_file("$_/told") } @services], join(', ', @told), 'and notify is told of that');
};

subtest 'd is CONT and TERM together' => sub {
    # ends at the first TERM; whoever got TERM alone could not note CONT any more
    my $notes = <<'END';
#!/usr/bin/env perl
use POSIX ();
open my $file, '>', 'noted'; my $to = fileno $file;
my $note = sub { POSIX::write($to, "$_[0]\n", length("$_[0]\n")) };
POSIX::sigaction(POSIX::SIGCONT(), POSIX::SigAction->new(sub { $note->('CONT') }));
POSIX::sigaction(POSIX::SIGTERM(), POSIX::SigAction->new(sub { $note->('TERM'); POSIX::_exit(1) }));
open my $ready, '>', 'ready';
select undef, undef, undef, 1000 while 1;
END
    my @services = map { service(run => $notes) } 1 .. ROUNDS;
    my @supervise = map { start('supervise', $_) } @services;
    wait_until { !grep { !-e "$_/ready" } @services } 20, 'all services';
    run('svc', '-dx', @services);
    ok all_leave(@supervise), 'they end';
    same_each([map { join ' ', sort split /\n/, read_file("$_/noted") } @services], 'CONT TERM', 'having got both');
};

# A log that is a file -------------------------------------------------------------------------------

subtest 'a logger has everything when supervise leaves' => sub {
    my @services = map { service(run => "echo some; echo thing; exit 0\n", log => "echo >> starts; exec cat > said\n", down => '') } 1 .. ROUNDS;
    my @supervise = map { start('supervise', $_) } @services;
    listening($_) for @services;
    run('svc', '-Lulox', @services);
    ok all_leave(@supervise), 'a run, and away';
    same_each([map { read_file("$_/said") } @services], "some\nthing\n", 'all was read');
    same_each([map { read_file("$_/starts") } @services], "\n", 'by one logger');
};

subtest 'since when' => sub {
    my $service = service(run => 'exec sleep 1000', log => 'exec sleep 1000', down => '');
    my $supervise = start('supervise', $service);
    listening($service);
    my $status = read_file("$service/supervise/status");
    is length $status, 40, 'the record of the logger stands behind that of the service';
    for my $record ([0, 'service'], [20, 'logger']) {
        my ($at, $whose) = @$record;
        my ($label, undef, $pid, $paused, $want, $state) = unpack 'Q>NVCaC', substr $status, $at, 20;
        cmp_ok abs($label - 4611686018427387914 - time), '<', 20, "$whose: down for some seconds, not since 1970";
        is "$pid $paused $want $state", '0 0 d 0', "$whose: down";
    }
    is plain(run('svstat', $service)->{out}), "S: down N seconds, stopped\nS log: down N seconds, stopped\n", 'svstat has a line for each';
    is run('svup', @$_, $service)->{code}, 100, "svup @$_" for [], ['-l'], ['-L'];
    is $supervise->stop('TERM')->{code}, 0, 'TERM ends it';
};

subtest 'who is told to be up, and down' => sub {
    my $service = service(run => 'exec sleep 1000', log => 'exec cat > said');
    my $supervise = start('supervise', $service);
    wait_until { run('svup', $service)->{code} == 0 } 10, 'both';
    is plain(run('svstat', $service)->{out}), "S: up (pid N) N seconds, running\nS log: up (pid N) N seconds, running\n", 'both are up';
    is run('svup', @$_, $service)->{code}, 0, "svup @$_" for [], ['-l'], ['-L'];
    run('svc', '-d', $service);
    wait_until { run('svup', '-l', $service)->{code} == 100 } 10, 'the service to be down';
    is run('svup', @{$_->[0]}, $service)->{code}, $_->[1], "svup @{$_->[0]}" for [[], 100], [['-L'], 0];
    is plain(run('svstat', '-L', $service)->{out}), "S log: up (pid N) N seconds, running\n", 'the logger stays';
    run('svc', '-x', $service);
    ok all_leave($supervise), 'x ends both';
    is run('svstat', $service)->{out}, "$service: supervise not running\n", 'one line then';
};

# A tree ---------------------------------------------------------------------------------------------

subtest 'a tree with loggers of all kinds ends at once' => sub {
    for my $round (1 .. ROUNDS / 3) {
        my ($home, $scan) = ("$dir/home$round", "$dir/scan$round");
        mkdir $_ for $home, $scan;
        make_service("$home/none", run => "echo none ran >> said\n");
        make_service("$home/file", run => "echo file ran\n", log => "exec cat > said\n");
        make_service("$home/dir", run => "echo dir ran\n", log => {run => "exec cat > ../said\n"});
        symlink "$home/$_", "$scan/$_" for qw(none file dir);
        my $svscan = start('svscan', $scan);
        my @all = map { "$home/$_" } qw(none file dir dir/log);
        listening($_) for @all;
        is $svscan->stop('TERM', 30)->{code}, 0, 'TERM to svscan, as soon as everything listens';
        is join('', map { run('svok', $_)->{code} } @all), '100' x 4, 'nothing is left';
        like read_file("$home/$_/said"), qr/\A(?:$_ ran\n)+\z/, "$_: what was said is there" for qw(none file dir);
        is $svscan->out . $svscan->err, '', 'without a word';
    }
};

subtest 'nothing else is seen in supervise/' => sub {
    my $service = service(run => 'exec sleep 1000', log => 'exec cat');
    my $supervise = start('supervise', $service);
    listening($service);
    my %seen;
    my $serial = field($service, 'serial');
    for my $round (1 .. 40) {
        run('svc', $round % 2 ? '-dLt' : '-u', $service);
        $seen{join ' ', sort map { s{.*/}{}r } glob "$service/supervise/*"}++ for 1 .. 25;
    }
    cmp_ok field($service, 'serial'), '>', $serial + 20, 'a service that goes up and down';
    is_deeply [keys %seen], ['control lock ok status'], 'these names, never another one';
    run('svc', '-dx', $service);
    ok all_leave($supervise), 'the end';
};

# Started, with nothing to run -----------------------------------------------------------------------

subtest 'a service without run' => sub {
    my $service = service(start => "echo start >> ran\n", stop => "echo stop >> ran\n");
    my $supervise = start('supervise', $service);
    wait_phase($service, 'started');
    is plain(run('svstat', $service)->{out}) =~ s/, want up//r, "S: down N seconds, normally up, started\n", 'it is started, without a process';
    is run('svup', $service)->{code}, 0, 'which is up';
    run('svc', '-dx', $service);
    ok all_leave($supervise), 'it is stopped';
    is read_file("$service/ran"), "start\nstop\n", 'start and stop ran once';
};

done_testing;
