# ISC license.
#
# What a distrustful reading of readiness and dependencies has found.

use lib 'tests/lib';
use Upkeep;
use One;
use Record;
use Speaker;

my $dir = tempdir();
speaker; # or nothing here can be tried

sub needing {
    my ($scan, $name, @files) = @_;
    make_service("$scan/$name", run => 'exec sleep 1000', @files);
    return "$scan/$name";
}

sub inode_of { return (stat $_[0])[1] // 0 }

# Waiting ------------------------------------------------------------------------------------------

subtest 'services that wait for each other, or for themselves, rest meanwhile' => sub {
    my $scan = "$dir/circle";
    mkdir $scan;
    my %needs = (one => 'other', other => 'one', self => 'self');
    my @services = map { needing($scan, $_, needs => $needs{$_}) } sort keys %needs;
    my @supervises = map { supervise($_) } @services;
    wait_phase($_, 'waiting') for @services;
    wait_until { inode_of("$_/supervise/.waiting") } 10, "$_ to say so" for @services;
    for my $service (@services) {
        my $before = inode_of("$service/supervise/.waiting");
        has_looked($service) for 1 .. 5;
        is inode_of("$service/supervise/.waiting"), $before, "what $service waits for is said once";
    }
    no_more($_) for @services;
    $_->stop('KILL') for @supervises;
};

for my $where ('in SUPERVISEDIR', 'behind a link') {
    subtest "what is needed is seen when it is supervised at last, $where" => sub {
        my $scan = tempdir;
        my $elsewhere = tempdir;
        my %options = $where eq 'in SUPERVISEDIR' ? (env => {SUPERVISEDIR => $elsewhere}) : ();
        local %ENV = (%ENV, %{$options{env} // {}});
        my ($web, $database) = (needing($scan, 'web', needs => 'database'), needing($scan, 'database'));
        symlink "$elsewhere/database", "$database/supervise" unless %options;
        my $one = supervise($web);
        wait_phase($web, 'waiting');
        my $waiter = start('svwait', '-u', $database);
        wait_until { grep { (readlink // '') =~ /inotify/ } glob '/proc/' . $waiter->pid . '/fd/*' } 10, 'svwait to look';
        my $other = supervise($database);
        ok wait_phase($web, 'up'), 'it is started';
        is(($waiter->wait // {code => 'none'})->{code}, 0, 'svwait sees it too');
        $waiter->stop;
        no_more($web, $one);
        no_more($database, $other);
    };
}

subtest 'what is needed is seen where there is no /proc' => sub {
    my $scan = tempdir;
    my @without = ('unshare', '-m', 'sh', '-c', 'while umount -l /proc 2> /dev/null; do :; done; exec "$@"', 'sh');
    plan skip_all => 'needs root and unshare' unless have_root && run(@without, 'true')->{code} == 0;
    my ($web, $database) = (
        needing($scan, 'web', needs => 'database', run => ': > begun; exec sleep 1000'),
        needing($scan, 'database'));
    my @supervises = map { start(@without, program('supervise'), $_) } $database, $web;
    ok wait_until { -e "$web/begun" } 10, 'web to be started';
    run('svc', '-dkx', $web, $database);
    $_->wait for @supervises;
};

subtest 'who has waited watches what it needs from then on' => sub {
    my $scan = tempdir;
    my ($web, $database) = (needing($scan, 'web', needs => 'database restart'), needing($scan, 'database'));
    my @supervises = supervise($web);
    wait_phase($web, 'waiting');
    push @supervises, supervise($database);
    wait_phase($web, 'up');
    is field($web, 'starts'), 1, 'it is started';
    control($database, 't');
    ok wait_until { field($web, 'starts') == 2 } 10, 'and again when that was';
    no_more($_) for $web, $database;
    $_->stop('KILL') for @supervises;
};

subtest 'what is not used of needs is told, once' => sub {
    my $scan = tempdir;
    needing($scan, 'database');
    my %complaint = (
        line => qr{^supervise: warning: \S+/line/needs line 2 is not used: [^\n]*$}m,
        fifo => qr{^supervise: warning: unable to read \S+/fifo/needs: [^\n]*$}m);
    for my $name (sort keys %complaint) {
        my $service = needing($scan, $name, $name eq 'line' ? (needs => "# none\ndatabase sometimes") : ());
        POSIX::mkfifo("$service/needs", 0600) if $name eq 'fifo';
        my $supervise = supervise($service);
        for my $starts (1 .. 3) {
            wait_until { field($service, 'starts') == $starts && field($service, 'phase') eq 'up' } 10, "start $starts";
            control($service, 't') if $starts < 3;
        }
        is scalar(() = $supervise->err =~ /$complaint{$name}/g), 1, "$name: it is";
        is scalar(() = $supervise->err =~ /\n/g), 1, 'and nothing else';
        no_more($service, $supervise);
    }
};

# says($needed, $ready, $started): it has a record like that; the process is ours.
sub says {
    my ($needed, $ready, $started) = @_;
    mkdir "$needed/supervise";
    write_file("$needed/supervise/.status.new",
        own(pid => $$, pid_start => start_time($$), ready => $ready, started_ms => int(1000 * $started)));
    rename "$needed/supervise/.status.new", "$needed/supervise/.status" or die "rename: $!";
}

subtest 'a clock that is set makes nobody restart, and keeps nobody from it' => sub {
    my $scan = tempdir;
    my ($web, $database) = (needing($scan, 'web', needs => 'database restart'), needing($scan, 'database'));
    my $uptime = sub { return Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) };
    says($database, time + 3600, $uptime->() - 1);
    my $supervise = supervise($web);
    wait_phase($web, 'up');
    for (1 .. 5) {
        says($database, time + 3600, $uptime->() - 60);
        has_looked($web);
    }
    is field($web, 'starts'), 1, 'it was ready before, whatever the clock says now';
    says($database, time - 3600, $uptime->());
    ok wait_until { field($web, 'starts') == 2 } 10, 'web to restart with its database';
    wait_phase($web, 'up');
    has_looked($web) for 1 .. 3;
    is field($web, 'starts'), 2, 'once';
    no_more($web, $supervise);
};

# The notify socket --------------------------------------------------------------------------------

use constant {SO_PASSCRED => 16, SO_PASSPIDFD => 76};

# descriptors($pid): how many it has, but for files that it writes just now.
sub descriptors {
    my ($pid) = @_;
    my ($least) = sort { $a <=> $b } map { scalar(() = glob "/proc/$pid/fd/*") } 1 .. 50;
    return $least;
}

sub listening { return speaking_service($dir, 'notify-socket' => 'abstract', @_) }

subtest 'no descriptor stays, whatever the service asks of its socket' => sub {
    my $service = listening;
    my $supervise = supervise($service);
    running($service, 1);
    ok tell($service, 'option ' . SO_PASSCRED . ' 0'), 'no credentials';
    has_looked($service);
    my $before = descriptors($supervise->pid);
    ok tell($service, 'barrier'), 'a barrier all the same' for 1 .. 2;
    has_looked($service);
    is descriptors($supervise->pid), $before, 'what was sent is closed';
    tell($service, 'option ' . SO_PASSCRED . ' 1');
    SKIP: {
        skip 'no SO_PASSPIDFD', 1 unless tell($service, 'option ' . SO_PASSPIDFD . ' 1');
        tell($service, 'say STATUS=x') for 1 .. 5;
        has_looked($service);
        is descriptors($supervise->pid), $before, 'and what the kernel sends';
    }
    no_more($service, $supervise);
};

subtest 'a socket that is readable for ever, and nothing can be read, is given up' => sub {
    use constant SO_PEEK_OFF => 42;
    for my $order ('shut', 'option ' . SO_PEEK_OFF . ' 100000') {
        my $service = listening;
        my $supervise = supervise($service);
        my $pid = running($service, 1);
        my $before = descriptors($supervise->pid);
        ok tell($service, $order), "the service says $order";
        tell($service, 'say STATUS=x');
        wait_until { $supervise->err } 10, 'what supervise says of that';
        like $supervise->err, qr/^supervise: warning: unable to read the notify socket of \S+: .*restarted$/, 'supervise says so';
        is descriptors($supervise->pid), $before - 1, 'and listens no more';
        is field($service, 'pid'), $pid, 'the service goes on';
        no_more($service, $supervise);
    }
};

subtest 'a connection that lingers keeps nobody waiting' => sub {
    my $service = listening;
    my $supervise = supervise($service);
    my $pid = running($service, 1);
    ok tell($service, 'linger'), 'the service sends one';
    is run('svc', '--wait=down', '--timeout=5000', '-d', $service)->{code}, 0, 'it is taken down';
    no_more($service, $supervise);
};

subtest 'the process that checks the service is not its main one' => sub {
    my $service = listening(health => '1 1', check => "#!/bin/sh\nexit 0\n");
    chmod 0755, "$service/check";
    my $supervise = supervise($service);
    my $pid = running($service, 1);
    tell($service, 'say READY=1');
    my $checker = wait_until {
        my ($found) = grep { (read_file("/proc/$_/stat") // '') =~ /^\d+ \(svcheck\) \S (\d+)/ && $1 == $supervise->pid }
            map { m{/proc/(\d+)} } glob '/proc/[0-9]*';
        $found;
    } 10, 'svcheck';
    ok tell($service, "say MAINPID=$checker"), 'it names svcheck';
    has_looked($service);
    is field($service, 'pid'), $pid, 'nobody listens';
    is run('svc', '--wait=down', '--timeout=5000', '-d', $service)->{code}, 0, 'and it goes down';
    no_more($service, $supervise);
};

subtest 'a run that ends with much left to say has it all heard' => sub {
    my $long = '/proc/sys/net/unix/max_dgram_qlen';
    my @more = ('unshare', '-n', 'sh', '-c', "echo 512 > $long && exec \"\$@\"", 'sh');
    plan skip_all => 'needs root, and a network namespace' unless have_root && run(@more, 'true')->{code} == 0;
    my $service = listening;
    my $supervise = start(@more, program('supervise'), $service);
    running($service, 1);
    ok tell($service, 'child'), 'it starts a child';
    my ($child) = log_of($service) =~ /^child \d+ (\d+)$/m;
    kill 'STOP', $supervise->pid;
    ok tell($service, "say STATUS=$_"), 'it says much' for 1 .. 30;
    ok tell($service, "say MAINPID=$child"), 'and at last which process goes on';
    order($service, 'exit 0');
    wait_until { (read_file('/proc/' . field($service, 'pid') . '/stat') // ') Z') =~ /\) Z/ } 10, 'its end';
    kill 'CONT', $supervise->pid;
    ok wait_until { field($service, 'pid') eq $child } 10, 'that one to be the main process';
    is starts($service), 1, 'there is no second run';
    no_more($service, $supervise);
    kill 'KILL', $child;
};

done_testing;
