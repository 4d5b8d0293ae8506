# ISC license.
#
# What a supervise must not get wrong when it takes over from one that was killed: when a system
# call fails it meanwhile, when it may not see all it wants to, when a pid means somebody else now,
# in a container that was started again, and when what was decided is not to be decided again.

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use One;
use Crash;

use Errno qw(EMFILE ENFILE ENOMEM);
use Fcntl qw(:flock);
use POSIX ();
use Time::HiRes ();

my $dir = tempdir();
my $count = 0;

# prctl(2), where its number is known. PR_SET_CHILD_SUBREAPER is 36, PR_CAPBSET_DROP 24.
my $prctl = {x86_64 => 157, aarch64 => 167, riscv64 => 167}->{(POSIX::uname())[4]};

# A service that notes each of its starts and what it is told; SIGTERM ends it with exit code 7.
my $witness = <<'END';
#!/usr/bin/perl
use POSIX ();
open my $log, '>>', 'log.txt'; select $log; $| = 1;
for my $name (qw(HUP INT TERM USR1)) {
    $SIG{$name} = sub { print "$name\n"; exit 7 if $name eq 'TERM' and !-e 'stubborn' };
}
print "start $$\n";
select undef, undef, undef, 1000 while 1;
END

# Services -----------------------------------------------------------------------------------------

sub service {
    my $service = "$dir/s" . ++$count;
    return make_service($service, run => $witness, @_);
}

sub ending { return field($_[0], 'ending,endingvalue') }

# send_to($signal, @pids): never to what stands for more than one process.
sub send_to {
    my ($signal, @pids) = @_;
    kill $signal, grep { /^\d+$/ && $_ > 1 } @pids;
}

sub log_of { return read_file("$_[0]/log.txt") // '' }
sub starts { return scalar(() = log_of($_[0]) =~ /^start/mg) }

# running($service, $starts): waits until the service has started so often; its pid.
sub running {
    my ($service, $starts) = @_;
    wait_until { starts($service) >= $starts && field($service, 'pid') > 0
        && log_of($service) =~ /^start \Q${\ field($service, 'pid')}\E$/m } 10, "start $starts of $service";
    return field($service, 'pid');
}

# inside($service): the processes whose directory it is.
sub inside {
    my ($service) = @_;
    return grep { alive($_) && (readlink("/proc/$_/cwd") // '') eq $service }
        map { m{/proc/(\d+)} } glob '/proc/[0-9]*';
}

sub copies {
    my ($service, $supervise) = @_;
    return grep { $_ != $supervise->pid } inside($service);
}

sub supervise {
    my ($service, $options, @before) = @_;
    my $supervise = start(@before, 'supervise', $service, $options // {});
    wait_until { run('svok', $service)->{code} == 0 && field($service, 'supervisepid') == $supervise->pid }
        10, "supervise of $service";
    return $supervise;
}

# again($supervise, $service): it is killed, and another one takes over.
sub again {
    my ($supervise, @rest) = @_;
    $supervise->stop('KILL');
    return supervise(@rest);
}

# no_more($service, @supervise): the end of a subtest.
sub no_more {
    my ($service, @supervise) = @_;
    $_->stop('KILL') for grep { $_ } @supervise;
    send_to('KILL', inside($service));
}

# Told to leave ------------------------------------------------------------------------------------

sub leaves {
    my ($letters, $starts, @files) = @_;
    my $service = service(@files);
    my $supervise = supervise($service);
    $starts ? running($service, 1) : wait_phase($service, 'down');
    control($service, $letters);
    my $result = $supervise->wait(10);
    is $result && $result->{code}, 0, 'it leaves';
    is_deeply [copies($service, $supervise)], [], 'and nothing is started behind it';
    is starts($service), $starts, 'nor was';
    unlink "$service/down";
    $supervise = supervise($service);
    running($service, $starts + 1);
    is copies($service, $supervise), 1, 'the next one has one copy';
    is starts($service), $starts + 1, 'started once';
    no_more($service, $supervise);
}

subtest 'x and u at once, down' => \&leaves, 'xu', 0, down => '';
subtest 'x and o at once, down' => \&leaves, 'xo', 0, down => '';
subtest 'd, x and u at once, down' => \&leaves, 'dxu', 0, down => '';
subtest 'd, x and u at once, up' => \&leaves, 'dxu', 1;

# A call fails while it takes over -------------------------------------------------------------------

sub has_resumed {
    my ($service, $earlier) = @_;
    my ($supervise, $cause) = split / /, field($service, 'supervisepid,cause');
    return $supervise =~ /^\d+$/ && $supervise != $earlier && $cause eq 'resumed';
}

# The calls of a take-over: [number, name, last part of the file's path]...
sub calls_of_takeover {
    my ($service) = @_;
    my $earlier = field($service, 'supervisepid');
    my $traced = start('atcall', '-l', 'supervise', $service);
    wait_until { has_resumed($service, $earlier) } 10, 'a take-over';
    send_to('KILL', field($service, 'supervisepid'));
    $traced->wait(10);
    return map { [m{^(\d+) (\S+) (?:.*/)?(.*)$}] } grep { /^\d/ } split /\n/, $traced->out;
}

# Returns what came of it: 'dies', 'goes on', or what is wrong.
sub one_fails {
    my ($service, $call, $error) = @_;
    my ($number, $name, $file) = @$call;
    my $before = read_file("$service/supervise/.recovery");
    my $earlier = field($service, 'supervisepid');
    my $traced = start('atcall', '-n', $number, '-d', $error, 'supervise', $service);
    wait_until { !$traced->running || starts($service) > 1 || has_resumed($service, $earlier) } 10, 'an end';
    if ($traced->running) { send_to('KILL', field($service, 'supervisepid')); $traced->wait(10) }
    $traced->stop('KILL') if $traced->running;
    return 'is started again' if starts($service) > 1;
    return 'is not as it was' unless $traced->out =~ m{^did .* \Q$name\E \S*/\Q$file\E \d+$}m;
    return 'goes on' unless $traced->out =~ /^ended exit (\d+)$/m;
    return "exits $1" if $1 != 111;
    return 'dies without a word' unless $traced->err =~ /^supervise: fatal: unable to .+\n\z/;
    return 'dies, and has written' unless read_file("$service/supervise/.recovery") eq $before;
    return 'dies';
}

# fails($call, $expected, @errors): in a service of its own.
sub fails {
    my ($call, $expected, @errors) = @_;
    my $service = service();
    my $supervise = supervise($service);
    my $pid = running($service, 1);
    for my $error (@errors) {
        $supervise->stop('KILL');
        my $what = "$call->[1] $call->[2]: " . do { local $! = $error; "$!" };
        like one_fails($service, $call, $error), $expected, "$what: it is not taken for the first";
        $supervise = supervise($service);
        is field($service, 'pid') . ' ' . starts($service), "$pid 1", 'the next one takes over: one copy';
    }
    no_more($service, $supervise);
}

subtest 'a call fails while it takes over' => sub {
    compile_tools();
    my $service = service();
    my $supervise = supervise($service);
    running($service, 1);
    $supervise->stop('KILL');
    my @calls = calls_of_takeover($service);
    no_more($service);
    my ($boot) = grep { $_->[1] =~ /^open/ && $_->[2] eq 'boot_id' } @calls;
    my ($open) = grep { $_->[1] =~ /^open/ && $_->[2] eq '.recovery' } @calls;
    my ($map) = grep { $_->[1] eq 'mmap' && $_->[2] eq '.recovery' } @calls;
    ok $boot && $open && $map, 'it looks which boot this is, and at the page' or return;
    fails($boot, qr/^dies$/, ENFILE, EMFILE, ENOMEM);
    fails($open, qr/^dies$/, ENFILE, ENOMEM);
    fails($map, qr/^dies$/, ENOMEM);
    # and whatever else it asks on the way from the one to the other
    fails($_, qr/^(?:dies|goes on)$/, $_->[1] =~ /^open/ ? ENFILE : ENOMEM)
        for grep { $_->[0] > $boot->[0] && $_->[0] < $map->[0] && $_->[0] != $open->[0] && $_->[2] ne '' } @calls;
};

# A pid that means another process -------------------------------------------------------------------

# A process that leads a session of its own and writes down what it is told, with that very pid; or
# nothing.
sub innocent {
    my ($pid, $place) = @_;
    wait_until { !-e "/proc/$pid" } 10, "the number $pid to be free";
    for (1 .. 100) {
        open my $last, '>', '/proc/sys/kernel/ns_last_pid' or return;
        syswrite $last, $pid - 1 or return;
        my $other = start($^X, '-e', <<'END', {cwd => $place});
use POSIX ();
POSIX::setsid();
open my $told, '>>', 'told'; select $told; $| = 1;
for my $name (qw(HUP INT TERM CONT USR1)) { $SIG{$name} = sub { print "$name\n" } }
open my $there, '>', 'there'; close $there;
select undef, undef, undef, 1000 while 1;
END
        if ($other->pid == $pid) {
            wait_until { -e "$place/there" } 10, 'the innocent process';
            return $other;
        }
        $other->stop('KILL');
    }
    return;
}

sub another_has_its_pid {
    my ($mode, $how) = @_;
    plan skip_all => 'no PID namespace of our own' unless $ENV{UPKEEP_IN_NS};
    plan skip_all => 'ns_last_pid cannot be written' unless -w '/proc/sys/kernel/ns_last_pid' && have_root;
    my $service = service('kill-mode' => $mode, restart => 'never', 'timeout-kill' => 100);
    my $supervise = supervise($service);
    my $pid = running($service, 1);
    my $place = tempdir();
    if ($how eq 'before') { $supervise->stop('KILL') }
    else { $supervise = again($supervise, $service); kill 'STOP', $supervise->pid }
    send_to('KILL', $pid);
    my $other = innocent($pid, $place);
    if (!$other) {
        no_more($service, $supervise);
        plan skip_all => "no process with the number $pid could be made";
    }
    if ($how eq 'before') { $supervise = supervise($service); control($service, 'hitk') }
    else { control($service, 'hitk'); kill 'CONT', $supervise->pid }
    wait_until { field($service, 'phase') =~ /^(?:down|failed)$/ } 10, 'its end to be known';
    control($service, 'hitkdx');
    is $supervise->wait(10) && $supervise->wait->{code}, 0, 'it is over, and supervise leaves';
    ok $other->running, 'the innocent lives';
    is read_file("$place/told"), '', 'and was told nothing';
    unlike field($service, 'ending'), qr/exit/, 'nor did it end with an exit code';
    $other->stop('KILL');
}

for my $mode (qw(process group tree)) {
    subtest "its pid is another's when the next one comes, kill-mode $mode" => \&another_has_its_pid, $mode, 'before';
    subtest "its pid is another's when it looks, kill-mode $mode" => \&another_has_its_pid, $mode, 'while';
}

# What may not be seen -------------------------------------------------------------------------------

subtest 'the checker of an upgrade is no heir' => sub {
    my $bin = "$dir/bin";
    mkdir $bin;
    run('cp', program('supervise'), "$bin/supervise");
    my $service = service(expect => 'fork', restart => 'never', run => <<'END');
echo start $$ >> log.txt
while ! test -e go; do sleep 0.01; done
exit 0
END
    my $supervise = start("$bin/supervise", $service);
    running($service, 1);
    write_file("$bin/supervise", <<"END", 0755);
#!/bin/sh
echo \$\$ > $dir/checker
while ! test -e $dir/judged; do sleep 0.01; done
exit 1
END
    is run('svc', '--upgrade', $service)->{code}, 0, 'svc --upgrade';
    wait_until { (read_file("$dir/checker") // '') =~ /\n/ } 10, 'the checker';
    chomp(my $checker = read_file("$dir/checker"));
    write_file("$service/go", '');
    wait_until { field($service, 'cause') ne 'started' && field($service, 'phase') ne 'up'
        || field($service, 'pid') == $checker } 10, 'the end of the main process';
    is field($service, 'pid'), -1, 'the main process exits: there is no other';
    is ending($service), 'exit 0', 'with its exit code';
    ok alive($checker), 'the checker goes on';
    write_file("$dir/judged", '');
    wait_until { $supervise->err =~ /does not pass/ } 10, 'its verdict';
    like $supervise->err, qr/it does not pass its own check; going on as before$/m, 'and is heard';
    is field($service, 'pid') . ' ' . field($service, 'starts'), '-1 1', 'the service stays down';
    no_more($service, $supervise);
};

# Processes that nobody may look at: `hidepid=2`, and a service that is not dumpable.
subtest 'a process that hides itself' => sub {
    plan skip_all => 'only root can mount, in a namespace' unless have_root && $ENV{UPKEEP_IN_NS};
    plan skip_all => 'the number of prctl is not known' unless $prctl;
    plan skip_all => 'no proc with hidepid'
        unless run('mount', '-t', 'proc', '-o', 'hidepid=2', 'proc', '/proc')->{code} == 0;
    my $service = service(run => $witness =~ s/^(?=print "start)/syscall $prctl, 4, 0, 0, 0, 0;\n/mr);
    run('chown', '-R', '12345:12345', $service);
    my $as = {uid => 12345};
    my $supervise = supervise($service, $as);
    my $pid = running($service, 1);
    $supervise = again($supervise, $service, $as) for 1 .. 2;
    control($service, 'h');
    wait_until { log_of($service) =~ /HUP/ } 2, 'HUP';
    is log_of($service), "start $pid\nHUP\n", 'it can be told something; there is no second copy';
    # longer than supervise ever waits to be told of an end
    my $later = time + 2;
    wait_until { time > $later || starts($service) > 1 } 10, 'two seconds';
    is field($service, 'pid') . ' ' . starts($service), "$pid 1", 'nor is there one later';
    ok alive($pid), 'and it lives';
    control($service, 'd');
    wait_phase($service, 'down');
    ok !alive($pid), 'down: it is ended';
    no_more($service, $supervise);
    run('umount', '/proc');
};

# As root in most containers: without CAP_SYS_PTRACE (19) the exit status of a zombie reads as 0. Who
# reaps it is this test.
sub zombie {
    my ($reaped, $end, $expected) = @_;
    plan skip_all => 'only root can give up what root may' unless have_root;
    plan skip_all => 'the number of prctl is not known' unless $prctl;
    my @without = ($^X, '-e', "exit 99 if syscall $prctl, 24, 19, 0, 0, 0; exec \@ARGV");
    plan skip_all => 'no right can be given up' if run(@without, 'true')->{code};
    my $service = service(restart => 'never',
        run => $witness =~ s/^(?=print "start)/\$) = '12345 12345'; \$( = 12345; POSIX::setuid(12345);\n/mr);
    my $supervise = supervise($service);
    my $pid = running($service, 1);
    syscall $prctl, 36, 1, 0, 0, 0;
    $supervise = again($supervise, $service, {}, @without);
    syscall $prctl, 36, 0, 0, 0, 0;
    is field($service, 'pid'), $pid, 'it is taken over';
    send_to($end, $pid);
    wait_until { !alive($pid) } 10, 'its end';
    # it decides, or waits for us
    my $later = time + 3;
    wait_until { $reaped eq 'at once' || time > $later || field($service, 'phase') ne 'up' } 10, 'a decision';
    waitpid $pid, 0 if $pid > 1;
    wait_until { field($service, 'pid') == -1 } 10, 'its end to be known';
    like ending($service), $expected, 'how it ended is known, or known to be unknown';
    no_more($service, $supervise);
}

my ($major, $minor) = (POSIX::uname())[2] =~ /^(\d+)\.(\d+)/;
my $tells = $major > 6 || ($major == 6 && $minor >= 15); # a pidfd says how its process has ended
subtest 'a zombie of another user, killed' => \&zombie, 'late', 'KILL', qr/^(?:signal 9|unknown -1)$/;
subtest 'a zombie of another user, exit code 7' => \&zombie, 'late', 'TERM', qr/^(?:exit 7|unknown -1)$/;
subtest 'reaped in time' => \&zombie, 'at once', 'KILL', $tells ? qr/^signal 9$/ : qr/^(?:signal 9|unknown -1)$/;

# Containers -----------------------------------------------------------------------------------------

sub container {
    my ($service, $first) = @_;
    my @first = $first eq 'sh' ? ('sh', '-c', 'supervise "$1" & wait', 'sh') : 'supervise';
    return start(@{(Upkeep::namespace_commands())[0]}, @first, $service);
}

sub kill_container {
    my ($service, $container) = @_;
    $container->stop('KILL');
    open my $lock, '>>', "$service/supervise/lock" or die "lock: $!";
    wait_until { flock $lock, LOCK_EX | LOCK_NB } 10, "all of the container to be gone";
}

sub started_again {
    my ($first) = @_;
    plan skip_all => 'no PID namespaces'
        unless $ENV{UPKEEP_IN_NS} && Upkeep::works(@{(Upkeep::namespace_commands())[0]});
    my $service = service('restart-delay' => '600000');
    my $state = sub { field($service, 'phase,starts,ending,quickdeaths') };
    my $up = sub {
        my ($starts) = @_;
        wait_until { starts($service) == $starts && field($service, 'phase') eq 'up' } 3, "start $starts";
        is $state->(), "up $starts none 0", "life $starts: it is started at once, and no death is told of";
        ok !-s "$service/supervise/.death_tally", 'nor written down';
        unlike run('svstat', '-v', $service)->{out}, qr/replaced/, 'nothing is taken over';
    };
    my $container = container($service, $first);
    $up->(1);
    kill_container($service, $container);
    $container = container($service, $first);
    $up->(2);

    control($service, 'd');
    wait_phase($service, 'down');
    my $ending = ending($service);
    kill_container($service, $container);
    $container = container($service, $first);
    wait_until { starts($service) == 3 && field($service, 'phase') eq 'up' } 3, 'start 3';
    is field($service, 'phase') . ' ' . starts($service), 'up 3', 'it was told to be down: that is forgotten';
    is ending($service), $ending, 'how it ended is not';

    write_file("$service/down", '');
    my $deaths = read_file("$service/supervise/.death_tally");
    kill_container($service, $container);
    $container = container($service, $first);
    wait_until { field($service, 'phase') eq 'down' && field($service, 'supervised') eq 'true' } 3, 'a new life';
    is field($service, 'phase') . ' ' . starts($service), 'down 3', 'with a file down it stays down';
    is read_file("$service/supervise/.death_tally"), $deaths, 'and no death is told of';
    kill_container($service, $container);
}

subtest 'a container is killed and started again' => \&started_again, 'sh';
subtest 'a container with supervise as its process 1' => \&started_again, 'supervise';

# What was decided -----------------------------------------------------------------------------------

# Within one second, for that is where rounding would hide which came first.
subtest 'deaths that were forgiven' => sub {
    my $service = service('restart-limit' => '2 60', 'restart-delay' => '0');
    my $supervise = supervise($service);
    my $pid = running($service, 1);
    wait_until { my $now = Time::HiRes::time(); $now - int $now < 0.05 } 2, 'the begin of a second';
    for my $starts (2, 3) {
        send_to('KILL', $pid);
        $pid = running($service, $starts);
    }
    control($service, 'u');
    wait_until { field($service, 'controlbytes') == 1 } 10, 'u to be read';
    $supervise = again($supervise, $service);
    for my $starts (4, 5) {
        send_to('KILL', $pid);
        wait_until { starts($service) == $starts || field($service, 'phase') eq 'failed' } 10, 'another start';
        is field($service, 'phase') . ' ' . starts($service), "up $starts", 'u, a take-over, a death: it is up again';
        $pid = running($service, $starts);
    }
    send_to('KILL', $pid);
    wait_phase($service, 'failed');
    is starts($service), 5, 'until there are too many since';
    no_more($service, $supervise);
};

sub tally {
    my ($max, $deaths) = @_;
    my $service = service('max-death-tally' => $max, 'restart-delay' => 0, run => <<"END");
n=0
test -e n && read n < n
n=\$((n + 1))
echo \$n > n
test \$n -le $deaths && exit \$((n % 50))
echo start \$\$ >> log.txt
exec sleep 1000
END
    my $codes = sub { join ' ', map { ord } (read_file("$service/supervise/.death_tally") // '') =~ /.{12}(.)./sg };
    my $supervise = supervise($service);
    running($service, 1);
    my $first = $deaths > $max ? $deaths - $max + 1 : 1;
    my $expected = join ' ', map { $_ % 50 } $first .. $deaths;
    wait_until { $codes->() eq $expected } 10, 'the deaths to be written down';
    is $codes->(), $expected, 'the last deaths';
    my $before = read_file("$service/supervise/.death_tally");
    $supervise = again($supervise, $service);
    control($service, 'pc'); # it is at work
    wait_until { field($service, 'controlbytes') == 2 } 10, 'it to be at work';
    ok read_file("$service/supervise/.death_tally") eq $before, 'the next one has the same';
    send_to('KILL', field($service, 'pid'));
    running($service, 2);
    $expected =~ s/^\d+ // if $deaths >= $max;
    $expected .= ' 0';
    wait_until { $codes->() eq $expected } 10, 'another death to be written down';
    is $codes->(), $expected, 'and adds to it';
    no_more($service, $supervise);
}

subtest 'the last deaths, max-death-tally 2' => \&tally, 2, 4;
subtest 'the last deaths, max-death-tally 400' => \&tally, 400, 150;

subtest 'a run that cannot be executed' => sub {
    my $service = service(run => "#!/nonexistent\n", 'restart-delay' => '600000 600000');
    my $supervise = supervise($service);
    wait_phase($service, 'backoff');
    my @facts = qw(phase nextstart quickdeaths starts ending endingvalue);
    my $facts = field($service, join ',', @facts);
    for (1 .. 2) {
        $supervise = again($supervise, $service);
        is field($service, join ',', @facts), $facts, 'the next one waits for the same moment';
    }
    make_service($service, run => $witness);
    control($service, 'u');
    is running($service, 1), field($service, 'pid'), 'and starts it when it is told to';
    no_more($service, $supervise);
};

subtest 'there is no run' => sub {
    my $service = service(run => undef);
    my $supervise = supervise($service);
    wait_phase($service, 'no-run-script');
    my $facts = field($service, 'phase,starts,quickdeaths,ending');
    $supervise = again($supervise, $service);
    is field($service, 'phase,starts,quickdeaths,ending'), $facts, 'the next one waits for it as well';
    make_service($service, run => $witness);
    ok running($service, 1) > 0, 'and starts it when it comes';
    is starts($service), 1, 'once';
    no_more($service, $supervise);
};

# All that belongs to it -----------------------------------------------------------------------------

# Two processes in one session; neither takes notice of SIGTERM.
my $two = $witness =~ s/^(?=print "start)/if (!fork) { \$SIG{TERM} = 'IGNORE'; print "start \$\$\\n"; sleep 1000 }\n/mr;

subtest 'kill-mode tree' => sub {
    my $service = service('kill-mode' => 'tree', 'timeout-kill' => 300, stubborn => '', run => $two);
    my $supervise = supervise($service);
    my $both = sub {
        my ($starts) = @_;
        wait_until { copies($service, $supervise) == 2 && starts($service) == $starts } 10, 'both processes';
    };
    my $none = sub {
        my ($what) = @_;
        ok wait_until(sub { !copies($service, $supervise) }, 10, 'their end'), $what;
        return wait_phase($service, 'down');
    };
    $both->(2) or return;
    $supervise = again($supervise, $service);
    control($service, 'd');
    $none->('down: what does not obey is killed');
    like log_of($service), qr/^TERM$/m, 'it was asked before';
    is ending($service), 'signal 9', 'the end of the main process is known';

    control($service, 'o');
    $both->(4);
    $supervise = again($supervise, $service);
    is run('svc', '--kill-tree', $service)->{code}, 0, 'svc --kill-tree';
    $none->('ends it at once');
    is ending($service), 'signal 9', 'by SIGKILL';

    unlink "$service/stubborn";
    control($service, 'o');
    $both->(6);
    $supervise = again($supervise, $service);
    control($service, 'd');
    $none->('down: what is left when the main process has obeyed is killed');
    is ending($service), 'exit 7', 'which ends by itself';
    no_more($service, $supervise);
};

done_testing;
