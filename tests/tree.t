# ISC license.
#
# Everything that belongs to a service: shown, signalled, killed, though it has double-forked,
# started a session of its own and takes no notice of SIGTERM; and daemons that insist on going
# into the background. Once with a cgroup for each service, where that can be had, once without.

use lib 'tests/lib';
use Upkeep;

use Fcntl;
use JSON::PP ();
use POSIX ();

my $dir = tempdir();
my $count = 0;
my @supervised;

# Cgroups ----------------------------------------------------------------------------------------

# place: the mount point and the directory of the cgroup that we are in, or nothing.
sub place {
    my ($own) = (read_file('/proc/self/cgroup') // '') =~ /^0::(.*)$/m or return;
    for (split /\n/, read_file('/proc/self/mountinfo')) {
        my ($root, $point, $type) = (/^\S+ \S+ \S+ (\S+) (\S+) .* - (\S+) /);
        next unless $type eq 'cgroup2';
        $root =~ s{/$}{};
        return ($point, ($point . substr $own, length $root) =~ s{/$}{}r) if index("$own/", "$root/") == 0;
    }
    return;
}

# What we start has its cgroups below one of ours, which goes with us. One that is there and empty
# is of a test that was killed.
my ($mount, $outside) = place();
my $inside;

sub remove_groups {
    my ($top) = @_;
    my @groups = (reverse(glob "$top/*/"), $top);
    kill 'KILL', map { split /\n/, read_file("$_/cgroup.procs") // '' } @groups;
    rmdir for @groups;
}

if (defined $outside) {
    for (glob "$outside/upkeep-test.*") {
        remove_groups($_) if (read_file("$_/cgroup.events") // '') =~ /^populated 0$/m;
    }
    (my $name = $dir) =~ s{.*/}{};
    $inside = "$outside/upkeep-test.$name";
    undef $inside unless mkdir $inside;
}
if (defined $inside) {
    my $entered = open my $members, '>', "$inside/cgroup.procs";
    unless ($entered && syswrite $members, '0') { rmdir $inside; undef $inside }
}
my $owner = $$;
END {
    if (defined $inside && $$ == $owner) {
        my $status = $?;
        for (@supervised) { $_->kill('KILL') if $_->running; $_->wait }
        if (open my $members, '>', "$outside/cgroup.procs") { syswrite $members, '0' }
        wait_until { remove_groups($inside); !-d $inside } 10, "the end of $inside";
        $? = $status;
    }
}

sub cgroups { return defined $inside ? map { s{/$}{}r } glob "$inside/upkeep.*/" : () }

# Services ---------------------------------------------------------------------------------------

sub service {
    my (%files) = @_;
    my $service = "$dir/s" . ++$count;
    make_service($service, %files);
    POSIX::mkfifo("$service/alive", 0600) or die "mkfifo: $!";
    POSIX::mkfifo("$service/gate", 0600) or die "mkfifo: $!";
    return $service;
}

sub supervise {
    my ($service) = @_;
    my $process = start('supervise', $service);
    push @supervised, $process;
    wait_until { field($service, 'supervised') eq 'true' } 10, "supervise on $service";
    return $process;
}

sub field {
    my ($service, $name, @options) = @_;
    my $out = run('svstat', '-o', $name, $service, @options)->{out};
    chomp $out;
    return $out;
}

sub wait_phase {
    my ($service, $phase) = @_;
    return wait_until { field($service, 'phase') eq $phase } 20, "phase $phase of $service";
}

sub tree {
    my ($service, @options) = @_;
    return @{JSON::PP::decode_json(run('svstat', '-j', '-o', 'tree', $service, @options)->{out})->{tree} // []};
}

# holders: a handle that meets its end when nobody has the service's FIFO `alive` open any more.
sub holders {
    my ($service) = @_;
    sysopen my $fifo, "$service/alive", O_RDONLY | O_NONBLOCK or die "alive: $!";
    return $fifo;
}

sub comes(&$) {
    my ($condition, $sentence) = @_;
    return ok wait_until(sub { $condition->() }, 20, $sentence), $sentence;
}

sub all_gone {
    my ($fifo, $sentence) = @_;
    my $gone = wait_until { my $got = sysread $fifo, my $bytes, 4096; defined $got && !$got } 20, $sentence;
    return ok $gone, $sentence;
}

sub open_gate {
    my ($service) = @_;
    open my $gate, '>', "$service/gate" or die "gate: $!";
}

sub ending { return join ' ', split ' ', field($_[0], 'ending,endingvalue') }

# What services do, as perl: leave(NAME) is a double-forked process in a session of its own that
# ignores SIGTERM, and has a child of that kind.
my $perl = <<'END';
#!/usr/bin/perl
use Errno ();
use POSIX ();
open my $alive, '+<', 'alive' or die;
$^F = 20; fcntl $alive, 2, 0;
sub told { open my $file, '>>', "told"; syswrite $file, "@_\n" }
sub rest { sleep 1000 while 1 }
sub name { open my $comm, '>', '/proc/self/comm'; syswrite $comm, $_[0] }
sub child { my ($name, $code) = @_; my $pid = fork // die; return $pid if $pid; name($name); $code->(); exit }
sub leave {
    my ($name) = @_;
    waitpid child('between', sub {
        POSIX::setsid();
        child($name, sub {
            $SIG{TERM} = 'IGNORE';
            child("$name-child", sub { told("$name-child $$"); rest() });
            told("$name $$");
            rest();
        });
    }), 0;
}
sub gate { open my $gate, '<', 'gate' or die; <$gate> }
END

sub told {
    my ($service, $what) = @_;
    my $pid;
    wait_until { ($pid) = (read_file("$service/told") // '') =~ /^\Q$what\E (\d+)$/m } 20, "$what of $service";
    return $pid;
}

# With and without a cgroup ----------------------------------------------------------------------

sub left_behind {
    my ($with) = @_;
    my $service = service('kill-mode' => 'tree', 'timeout-kill' => '60000', run => $perl . <<'END');
name('master');
child('worker', sub { told("worker $$"); rest() });
leave('far');
$SIG{TERM} = sub { told("term $$"); exit 3 };
told("ready $$");
rest();
END
    my $fifo = holders($service);
    my $supervise = supervise($service);
    my %pid = map { $_ => told($service, $_) } qw(ready worker far far-child);
    is scalar(() = cgroups()), $with ? 1 : 0, $with ? 'it has a cgroup of its own' : 'it has no cgroup';

    my %is = map { $_->{name} => $_ } tree($service);
    is_deeply {map { ($_ => $is{$_}{is}) } keys %is},
        {master => 'main', worker => 'child', far => 'orphan', 'far-child' => 'orphan'},
        'svstat shows its processes by name, and which were left behind';
    is_deeply [map { $is{$_}{pid} } qw(master far far-child)],
        [@pid{qw(ready far far-child)}], 'and by pid';
    is $is{'far-child'}{parent}, $pid{far}, 'and whose children they are';
    my $line = field($service, 'tree');
    like $line, qr/^$pid{ready}:master:main,\d+:worker:child,\S*\b$pid{far}:far:orphan\b/, 'in one word';
    SKIP: {
        skip 'only root may ask as somebody else', 1 unless have_root;
        chmod 0755, "$service/supervise";
        is field($service, 'tree', {uid => 65534}), $line, 'an ordinary user sees the same';
    }
    if (program('script')) {
        my $seen = run('script', '-qc', "svstat $service", '/dev/null', {env => {TERM => 'dumb'}})->{out};
        like $seen, qr/^  $pid{ready} master\r?\n    \d+ worker\r?\n/m, 'on a terminal indented, below the service';
        like $seen, qr/^  $pid{far} far \(left behind\)\r?\n    $pid{'far-child'} far-child \(left behind\)/m,
            'with what was left behind';
    }

    run('svc', '-d', $service);
    all_gone($fifo, 'down: nothing of it is left, whatever it ignores');
    wait_phase($service, 'down');
    comes { ending($service) eq 'exit 3' } 'the main process had its time';
    is((() = read_file("$service/told") =~ /^term/mg), 1, 'and one SIGTERM');
    is field($service, 'tree'), 'NA', 'svstat has nothing to show';
    is_deeply [tree($service)], [], 'in JSON either';
    comes { !cgroups() } 'the cgroup is gone';
    $supervise->stop;
}

sub letter {
    my $service = service(run => $perl . <<'END');
leave('far');
told("ready $$");
rest();
END
    my $fifo = holders($service);
    my $supervise = supervise($service);
    told($service, 'ready');
    run('svc', '-d', $service);
    wait_phase($service, 'down');
    is join(' ', sort map { "$_->{name} $_->{is}" } tree($service)), 'far orphan far-child orphan',
        'kill-mode process: what is left behind goes on, and is shown when the service is down';
    run('svc', '--kill-tree', $service);
    all_gone($fifo, 'svc --kill-tree ends it');
    is field($service, 'phase'), 'down', 'and the service stays down';

    unlink "$service/told";
    $fifo = holders($service);
    run('svc', '-o', $service);
    my $pid = told($service, 'ready');
    run('svc', '--kill-tree', $service);
    all_gone($fifo, 'svc --kill-tree ends one that runs, with all it has left');
    wait_phase($service, 'down');
    comes { ending($service) eq 'signal 9' } 'by SIGKILL';
    $supervise->stop;
}

sub stubborn {
    my $service = service('kill-mode' => 'tree', 'timeout-kill' => '50', run => $perl . <<'END');
$SIG{TERM} = 'IGNORE';
child('worker', sub { told("worker $$"); rest() });
leave('far');
told("ready $$");
rest();
END
    my $fifo = holders($service);
    my $supervise = supervise($service);
    told($service, 'ready');
    run('svc', '-d', $service);
    all_gone($fifo, 'timeout-kill: nothing of it is left');
    wait_phase($service, 'down');
    comes { ending($service) eq 'signal 9' } 'the main process too';
    $supervise->stop;
}

# Processes that fork and exit, again and again, in sessions of their own, and one that multiplies.
my $bomb = $perl . <<'END';
$SIG{TERM} = 'IGNORE';
$SIG{CHLD} = 'IGNORE';
for my $name (qw(one two three)) {
    child($name, sub {
        POSIX::setsid();
        while (1) { my $pid = fork; exit if $pid; }
    });
}
child('many', sub { while (1) { my $pid = fork; if (defined $pid && !$pid) { select undef, undef, undef, .05; exit } } });
told("ready $$");
rest();
END

sub fork_bomb {
    my ($how) = @_;
    my $service = service('kill-mode' => 'tree', 'timeout-kill' => '50', run => $bomb);
    my $fifo = holders($service);
    my $supervise = supervise($service);
    told($service, 'ready');
    wait_until { tree($service) > 10 } 10, 'many of them';
    $how->($service) if $how;
    run('svc', '-d', $service);
    all_gone($fifo, 'what forks while it is killed is ended');
    wait_phase($service, 'down');
    $supervise->stop;
}

sub many {
    my $service = service('kill-mode' => 'tree', run => $perl . <<'END');
pipe my $read, my $write;
for (1 .. 1100) {
    child('many', sub { $SIG{TERM} = sub { syswrite $write, '.'; exit }; syswrite $write, 'r'; rest() });
}
my ($ready, $ended) = (0, 0);
$SIG{TERM} = sub { };
close $write;
while (1) {
    my $got = sysread $read, my $bytes, 4096;
    next if !defined $got && $!{EINTR};
    last unless $got;
    $ready += $bytes =~ tr/r//; $ended += $bytes =~ tr/.//;
    told("ready $$") if $bytes =~ /r/ && $ready == 1100;
}
told("ended $ended");
exit;
END
    my $fifo = holders($service);
    my $supervise = supervise($service);
    told($service, 'ready');
    is scalar(tree($service)), 1101, 'svstat shows 1101 processes';
    run('svc', '-d', $service);
    is told($service, 'ended'), 1100, 'each of them gets the down signal, once';
    all_gone($fifo, 'they are gone');
    wait_phase($service, 'down');
    $supervise->stop;
}

sub taken_over {
    my ($with) = @_;
    my $service = service('kill-mode' => 'tree', run => $perl . <<'END');
name('master');
child('worker', sub { told("worker $$"); rest() });
child('gone', sub { child('near', sub { $SIG{TERM} = 'IGNORE'; told("near $$"); rest() }) });
leave('far') if -e 'cgroup';
told("ready $$");
rest();
END
    write_file("$service/cgroup", '') if $with;
    my $fifo = holders($service);
    my $supervise = supervise($service);
    my $pid = told($service, 'ready');
    my @expected = ('master main', 'near orphan', 'worker child', $with ? ('far orphan', 'far-child orphan') : ());
    told($service, $_) for 'near', 'worker', $with ? 'far-child' : ();
    $supervise->stop('KILL');
    is_deeply [sort map { "$_->{name} $_->{is}" } tree($service)],
        [sort grep { $with ? /master|worker|near|far/ : 1 } @expected],
        'without supervise svstat still shows what belongs to the service';
    $supervise = supervise($service);
    wait_until { field($service, 'cause') eq 'resumed' } 10, 'the takeover';
    is field($service, 'pid'), $pid, 'it is taken over';
    is_deeply [sort map { "$_->{name} $_->{is}" } tree($service)], [sort @expected], 'svstat shows the same as before';
    run('svc', '-d', $service);
    all_gone($fifo, $with ? 'down: nothing is left' : 'down: nothing is left of its session');
    wait_phase($service, 'down');
    comes { !cgroups() } 'nor a cgroup';
    $supervise->stop;
}

# Daemons ----------------------------------------------------------------------------------------

# As the books say: fork, session, fork, directory, descriptors.
my $daemon = $perl . <<'END';
sub background {
    my ($forks) = @_;
    name('dmn');
    my $place = POSIX::getcwd();
    gate() if -e 'gated';
    exit if fork // die;
    POSIX::setsid();
    if ($forks > 1) { exit if fork // die }
    chdir '/';
    POSIX::close($_) for 0 .. 2;
    POSIX::open('/dev/null', POSIX::O_RDWR()) for 0 .. 2;
    chdir $place;
    child('dmn', \&rest) for 1 .. 2;
    $SIG{TERM} = sub { told("term $$"); exit 5 };
    told("up $$");
    rest();
}
END

my %forks = (fork => 1, daemon => 2);

sub background {
    my ($expect) = @_;
    my $service = service(expect => $expect, run => $daemon . "background($forks{$expect});\n");
    my $fifo = holders($service);
    my $supervise = supervise($service);
    my $pid = told($service, 'up');
    comes { field($service, 'pid') == $pid } "expect $expect: svstat shows the process that went into the background";
    is field($service, 'phase') . ' ' . field($service, 'starts'), 'up 1', 'it is up, started once';
    is field($service, 'cause'), 'moved', 'because it went into the background';

    run('svc', '-t', $service);
    is told($service, 'term'), $pid, 'svc -t reaches it';
    comes { field($service, 'starts') == 2 && field($service, 'pid') > 0 } 'its end is seen, and it is started again';
    comes { ending($service) eq 'exit 5' } 'its exit code is known';
    my $next;
    wait_until { ($next) = read_file("$service/told") =~ /^up $pid\n(?:.*\n)*up (\d+)$/m } 20, 'the next one';
    comes { field($service, 'pid') == $next } 'the next one is found as well';
    kill 'KILL', $next;
    wait_until { field($service, 'starts') == 3 } 20, 'the third';
    comes { ending($service) eq 'signal 9' } 'a death by a signal too';
    my $third;
    wait_until { ($third) = read_file("$service/told") =~ /^up $next\nup (\d+)$/m } 20, 'the third one';
    wait_until { field($service, 'pid') == $third } 10, 'the third one is found';

    $supervise->stop('KILL');
    $supervise = supervise($service);
    wait_until { field($service, 'cause') eq 'resumed' } 10, 'the takeover';
    is field($service, 'pid') . ' ' . field($service, 'starts'), "$third 3", 'a killed supervise: it is taken over';
    run('svc', '-d', $service);
    comes { !alive($third) } 'svc -d ends it';
    wait_phase($service, 'down');
    comes { ending($service) eq 'exit 5' } 'its exit code is known, though it is nobody\'s child here';
    $supervise->stop;
    kill 'KILL', map { $_->{pid} } tree($service);
}

sub beside {
    my $service = service(expect => 'daemon', run => <<'END', daemon => undef);
#!/bin/sh
sleep 1001 &
exec ./dmn
END
    write_file("$service/dmn", $daemon . "background(2);\n", 0755);
    my $supervise = supervise($service);
    my $pid = told($service, 'up');
    comes { field($service, 'pid') == $pid } 'a helper that run starts first is not taken for the daemon';
    run('svc', '-t', $service);
    my $next;
    wait_until { ($next) = (read_file("$service/told") // '') =~ /^up $pid\n(?:.*\n)*up (\d+)$/m } 20, 'the next one';
    comes { field($service, 'pid') == $next } 'nor are the helper and the children of the run before';
    run('svc', '--kill-tree', $service);
    run('svc', '-dx', $service);
    $supervise->stop;

    $service = service(expect => 'daemon', run => <<'END');
#!/bin/sh
./dmn
sleep 1001 &
exit 0
END
    write_file("$service/dmn", $daemon . "background(2);\n", 0755);
    $supervise = supervise($service);
    $pid = told($service, 'up');
    comes { field($service, 'pid') == $pid } 'nor is one that it starts afterwards';
    run('svc', '--kill-tree', $service);
    run('svc', '-dx', $service);
    $supervise->stop;
}

# The two children of the daemon have its name, too.
sub copies { return grep { $_->{is} ne 'child' && $_->{name} eq 'dmn' } tree($_[0]) }

sub group_of_daemon {
    my $service = service(expect => 'daemon', 'kill-mode' => 'group', run => $daemon . "background(2);\n");
    my $fifo = holders($service);
    my $supervise = supervise($service);
    my $pid = told($service, 'up');
    wait_until { field($service, 'pid') == $pid } 10, 'the daemon';
    run('svc', '-d', $service);
    all_gone($fifo, 'kill-mode group: it is the group of the process that went into the background');
    wait_phase($service, 'down');
    $supervise->stop;
}

# supervise is killed while run has not forked yet; it forks when the next one is there.
sub forks_after_takeover {
    my ($expect, $with) = @_;
    plan skip_all => 'no PID namespace of our own: the orphans of others are guessed at, too'
        unless $with || $ENV{UPKEEP_IN_NS};
    my $service = service(expect => $expect, $with ? ('kill-mode' => 'tree') : (),
        gated => '', run => $daemon . "told(\"run \$\$\");\nbackground($forks{$expect});\n");
    my $supervise = supervise($service);
    my $run = told($service, 'run');
    $supervise->stop('KILL');
    $supervise = supervise($service);
    wait_until { field($service, 'cause') eq 'resumed' } 10, 'the takeover';
    is field($service, 'pid'), $run, 'taken over before it goes into the background';
    open_gate($service);
    my $pid = told($service, 'up');
    comes { field($service, 'pid') == $pid } "expect $expect: it is found among other processes' orphans";
    is field($service, 'starts'), 1, 'there is no second copy';
    run('svc', '-d', $service);
    comes { !alive($pid) } 'svc -d ends it';
    wait_phase($service, 'down');
    run('svc', '-x', $service);
    $supervise->stop;
}

# Nobody knows how run has ended, and that it went into the background: what is left of it dies.
sub forks_meanwhile {
    my $service = service(expect => 'daemon', 'kill-mode' => 'tree', gated => '',
        run => $daemon . "told(\"run \$\$\");\nbackground(2);\n");
    my $supervise = supervise($service);
    told($service, 'run');
    kill 'STOP', $supervise->pid;
    unlink "$service/gated";
    open_gate($service);
    my $pid = told($service, 'up');
    $supervise->stop('KILL');
    $supervise = supervise($service);
    my $next;
    comes {
        my @up = (read_file("$service/told") // '') =~ /^up (\d+)$/mg;
        $next = $up[-1];
        field($service, 'pid') == $next;
    } 'killed while the daemon is on its way: one is found or started';
    my @copies = copies($service);
    is_deeply [map { $_->{pid} } @copies], [$next], 'there is one copy';
    ok $next == $pid || !alive($pid), 'also of those that svstat may not know of';
    run('svc', '-dx', $service);
    $supervise->stop;
}

sub redis_in_background {
    my ($server, $client, $environment) = redis();
    SKIP: {
        skip 'no redis-server here', 3 unless $server;
        my $service = service(expect => 'fork', run => <<"END");
exec $server --port 0 --unixsocket socket --daemonize yes --save "" --logfile log.txt
END
        my $supervise = start('supervise', $service, {env => $environment});
        push @supervised, $supervise;
        my $ask = sub { lc run($client, '-s', 'socket', @_, {cwd => $service, env => $environment})->{out} };
        wait_until { $ask->('ping') =~ /pong/ } 20, 'an answer of redis';
        my ($pid) = $ask->('info', 'server') =~ /process_id:(\d+)/;
        comes { field($service, 'pid') == $pid } 'redis-server, daemonize yes: its process is found';
        run('svc', '-t', $service);
        comes { field($service, 'starts') == 2 && $ask->('ping') =~ /pong/ } 'svc -t: another one is there';
        run('svc', '-d', $service);
        ok wait_phase($service, 'down'), 'svc -d: none';
        is field($service, 'tree'), 'NA', 'nothing of it is left';
        $supervise->stop;
    }
}

# All of it --------------------------------------------------------------------------------------

sub both_ways {
    my ($with) = @_;
    subtest 'left behind' => \&left_behind, $with;
    subtest 'kill-tree' => \&letter;
    subtest 'timeout-kill' => \&stubborn;
    subtest 'a service that forks for ever' => \&fork_bomb;
    subtest 'very many' => \&many;
    subtest 'taken over' => \&taken_over, $with;
    subtest "expect $_, after a takeover" => \&forks_after_takeover, $_, $with for qw(fork daemon);
}

subtest 'with a cgroup' => sub {
    plan skip_all => 'no cgroup of version 2 that we may write to' unless defined $inside;
    both_ways(1);
    subtest 'a daemon forks without supervise' => \&forks_meanwhile;
};

# Writing to its cgroup.kill fails, as in Linux before 5.14.
subtest 'a cgroup without cgroup.kill' => sub {
    plan skip_all => 'no cgroup.kill' unless defined $inside && -e "$inside/cgroup.kill";
    plan skip_all => 'no mount namespace of our own' unless $ENV{UPKEEP_IN_NS} && have_root;
    fork_bomb(sub {
        my ($service) = @_;
        my ($group) = cgroups();
        is run('mount', '--bind', '-o', 'ro', '/dev/null', "$group/cgroup.kill")->{code}, 0, 'cgroup.kill is out of the way';
    });
};

subtest 'without a cgroup' => sub {
    if (defined $inside) {
        plan skip_all => 'no mount namespace of our own'
            unless $ENV{UPKEEP_IN_NS} && have_root && run('mount', '-t', 'tmpfs', 'none', $mount)->{code} == 0;
    }
    my $kept = $inside;
    undef $inside;
    both_ways(0);
    $inside = $kept;
    run('umount', $mount) if defined $kept;
};

subtest "expect $_" => \&background, $_ for qw(fork daemon);
subtest 'a helper beside the daemon' => \&beside;
subtest 'the group of a daemon' => \&group_of_daemon;
subtest 'a real daemon' => \&redis_in_background;

done_testing;
