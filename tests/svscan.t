# ISC license.
#
# svscan: what appears in a scan directory runs, what goes is brought down, and nothing in
# between is lost.

use lib 'tests/lib';
use Upkeep;

use File::Copy ();
use File::Path qw(make_path remove_tree);
use File::Temp ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my $home = tempdir;

# Looking around -------------------------------------------------------------------------------

# processes: the pids of those that have not ended.
sub processes { return grep { alive($_) } map { m{(\d+)$} } glob '/proc/[0-9]*' }

# children($pid, $argv): the pids of its children; of those with that command line, if given.
sub children {
    my ($parent, $argv) = @_;
    my $listed = read_file("/proc/$parent/task/$parent/children");
    my @found = defined $listed ? split ' ', $listed
        : grep { (read_file("/proc/$_/stat") // '') =~ /\) \S $parent /s } processes();
    return grep { alive($_) && (!defined $argv || argv_of($_) eq $argv) } @found;
}

# child($pid, $argv): the first of them, 0 if there is none.
sub child { return (children(@_))[0] // 0 }

# running($svscan, $name): the pid of what its supervise has started, 0 if there is nothing.
sub running {
    my ($svscan, $name) = @_;
    my ($supervise) = children($svscan->pid, "supervise $name") or return 0;
    my ($service) = grep { argv_of($_) !~ /^supervise\b/ } children($supervise);
    return $service // 0;
}

sub argv_of { return join ' ', split /\0/, read_file("/proc/$_[0]/cmdline") // '' }

sub descriptors { return scalar(() = glob "/proc/$_[0]/fd/*") }

sub switches {
    my $status = read_file("/proc/$_[0]/status") // return -1;
    return $status =~ /^voluntary_ctxt_switches:\s*(\d+)/m ? $1 : -1;
}

# rests($pid): waits until it has done what it was doing; its switches then.
sub rests {
    my ($pid) = @_;
    my $before = -1;
    wait_until {
        my $now = switches($pid);
        my $same = $now == $before;
        $before = $now;
        idle_for(0.1);
        $same;
    } 10, 'rest';
    return $before;
}

# idle_for($seconds): lets time pass; for what must not happen there is nothing to listen to.
sub idle_for {
    my $until = clock_gettime(CLOCK_MONOTONIC) + $_[0];
    wait_until { clock_gettime(CLOCK_MONOTONIC) >= $until } $_[0] + 10, 'time to pass';
}

sub lines_in { return split /\n/, read_file($_[0]) // '' }

# Scan directories and services ----------------------------------------------------------------

my $count = 0;

# somebody: a user that nobody else uses, for what is counted per user.
sub somebody { return 20000 + int rand 40000 }

# scan_directory: a new one, empty, and a place beside it on the same filesystem.
sub scan_directory {
    my $directory = "$home/" . ++$count;
    make_path("$directory/scan", "$directory/away");
    return ("$directory/scan", "$directory/away");
}

# svscan($directory, {options}): started, and listening.
sub svscan {
    my ($directory, $options, $program) = @_;
    my $svscan = start($program // 'svscan', $directory, $options // {});
    my $cwd = $options->{cwd} // '/';
    wait_until { run('svscanctl', $directory, 'z', {cwd => $cwd})->{code} == 0 } 10, 'svscan to listen';
    return $svscan;
}

# up($svscan, $name): waits until the service runs; its pid.
sub up {
    my ($svscan, $name) = @_;
    return wait_until { running($svscan, $name) } 10, "$name to run";
}

# A service that does something when it starts, and something when it is told to end.
sub talker {
    my ($start, $end) = map { $_ || ':' } @_;
    return "trap 'kill \$!; $end; exit 0' TERM\n$start\necho > ready\n"
        . "while :; do sleep 1000 & wait \$!; done\n";
}

# ready($service): waits until one that has just been made has set its traps.
sub ready {
    my ($service) = @_;
    return wait_until { -e "$service/ready" } 10, "$service to be ready";
}

my $reader = 'exec cat >> lines';

# said($svscan): what svscan itself has written, its children left out.
sub said { return join '', grep { /^svscan: / } $_[0]->err =~ /^(.*\n)/mg }

sub stop_well {
    my ($svscan, $what) = @_;
    is $svscan->stop('TERM', 20)->{code}, 0, $what;
}

# The command line -----------------------------------------------------------------------------

{
    my $result = run('svscan', '-x');
    is $result->{code}, 100, 'an option is a mistake';
    is $result->{err}, "svscan: illegal option -- x\nsvscan: usage: svscan [dir [logdir]]\n", 'and named';
    $result = run('svscan', "$home/nowhere");
    is $result->{code}, 111, 'so is a directory that is not there';
    is $result->{err}, "svscan: fatal: unable to chdir to $home/nowhere: file does not exist\n",
        'in daemontools\' words';
    write_file("$home/file", '');
    like run('svscan', "$home/file")->{err}, qr/unable to chdir to .*: not a directory$/,
        'or one that is none';
}

# An empty scan directory ----------------------------------------------------------------------

{
    my ($scan) = scan_directory();
    my $svscan = svscan('.', {cwd => $scan});
    ok $svscan->running, 'an empty directory is looked after, the current one by default';
    is sprintf('%o', (stat "$scan/.svscan")[2]), '40700', '.svscan is private';
    is sprintf('%o', (stat "$scan/.svscan/control")[2]), '10600', 'so is its control';
    my $before = rests($svscan->pid);
    idle_for(1);
    is switches($svscan->pid), $before, 'and nothing happens in it while nothing happens';

    my $second = run('svscan', $scan);
    is $second->{code}, 111, 'a second svscan there is refused';
    like $second->{err}, qr{^svscan: fatal: unable to lock \Q$scan\E/\.svscan/lock: temporary failure: another svscan runs there.*\bsvscanctl \Q$scan\E t$},
        'with the reason and the remedy';
    ok $svscan->running, 'the first one goes on';
    stop_well($svscan, 'SIGTERM ends it');
    is said($svscan), '', 'it had nothing to say';
    my $again = svscan($scan);
    is $again->stop('INT')->{code}, 0, 'another one may come now; SIGINT ends it too';
}

# Dropping in ----------------------------------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    make_service("$scan/early", run => 'exec sleep 1000');
    my $svscan = svscan($scan);
    ok up($svscan, 'early'), 'what was there before svscan runs';

    make_service("$away/moved", run => 'exec sleep 1000');
    rename "$away/moved", "$scan/moved" or die;
    ok up($svscan, 'moved'), 'a directory that is moved in runs';
    make_service("$away/linked", run => 'exec sleep 1000');
    symlink "$away/linked", "$scan/linked" or die;
    ok up($svscan, 'linked'), 'a symbolic link to one too';
    my $longest = 'n' x 255;
    make_service("$away/long", run => 'exec sleep 1000', log => {run => $reader});
    rename "$away/long", "$scan/$longest" or die;
    ok up($svscan, $longest), 'a name may be as long as the filesystem takes it';
    ok scalar(children($svscan->pid, 'supervise log')), 'with its logger';

    make_service("$scan/.hidden", run => 'exec sleep 1000');
    write_file("$scan/file", "#!/bin/sh\n", 0755);
    symlink 'file', "$scan/to-file" or die;
    make_service("$scan/last", run => 'exec sleep 1000');
    ok up($svscan, 'last'), 'after other things';
    is running($svscan, $_), 0, "$_ is no service" for qw(.hidden file to-file);
    is said($svscan), '', 'which is not worth a word';

    my $later = "$away/later";
    symlink $later, "$scan/nowhere" or die;
    wait_until { said($svscan) } 10, 'a warning';
    is said($svscan), "svscan: warning: unable to stat nowhere: file does not exist\n",
        'a link to nowhere is';
    make_service($later, run => 'exec sleep 1000');
    $svscan->kill('HUP');
    ok up($svscan, 'nowhere'), 'SIGHUP looks again, and runs what is there now';
    $svscan->kill($_) for qw(USR1 USR2);
    my $pid = running($svscan, 'early');
    kill 'KILL', $pid;
    ok wait_until { my $now = running($svscan, 'early'); $now && $now != $pid },
        'signals that mean nothing do nothing';
    stop_well($svscan, 'all of it ends');
    is said($svscan), "svscan: warning: unable to stat nowhere: file does not exist\n",
        'and there was nothing else to say';
}

# Made in place, in every order ----------------------------------------------------------------

{
    my %step = (
        directory => sub { mkdir "$_[0]/log" or die },
        logger    => sub { make_service("$_[0]/log", run => $reader) },
        service   => sub { make_service($_[0], run => talker('echo up', 'echo last')) },
    );
    my @orders = (
        [qw(directory logger service)], [qw(directory service logger)],
        [qw(service directory logger)],
    );
    my ($scan, $away) = scan_directory();
    my $svscan = svscan($scan);
    for my $fast (1, 0) {
        for my $order (@orders) {
            my $name = join '-', $fast ? 'fast' : 'slow', @$order;
            mkdir "$scan/$name" or die;
            for my $step (@$order) {
                wait_until { children($svscan->pid, "supervise $name") } 10, 'supervise'
                    unless $fast;
                up($svscan, $name) if !$fast && $order->[0] eq 'service' && $step eq 'directory';
                $step{$step}->("$scan/$name");
            }
            ok wait_until { (lines_in("$scan/$name/log/lines"))[0] } 10, "$name to be logged";
            is scalar(children($svscan->pid, "supervise $name")), 1, "$name: one supervise";
            ok up($svscan, $name), "$name runs";
        }
    }
    is said($svscan), '', 'nothing went wrong';
    stop_well($svscan, 'all of them end');
    for my $log (glob "$scan/*/log/lines") {
        my ($name) = $log =~ m{/([^/]+)/log/lines$};
        is((lines_in($log))[-1], 'last', "$name: what it said last is in its log");
    }
}

# Removal --------------------------------------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    my $svscan = svscan($scan);
    my $before = descriptors($svscan->pid);
    my $farewell = 'i=0; while [ $i -lt 500 ]; do echo "line $i"; i=$((i+1)); done; echo last';
    make_service("$scan/wordy", run => talker('echo up', $farewell), log => {
        # slower than its service
        run => 'while read -r line; do echo "$line" >> lines; done; echo end >> lines',
    });
    ready("$scan/wordy");
    wait_until { lines_in("$scan/wordy/log/lines") } 10, 'the first line';
    rename "$scan/wordy", "$away/wordy" or die;
    ok wait_until { !children($svscan->pid) }, 'what is moved away is brought down';
    my @lines = lines_in("$away/wordy/log/lines");
    is_deeply [@lines], ['up', map({ "line $_" } 0 .. 499), 'last', 'end'],
        'its logger had read to the end';
    ok wait_until { descriptors($svscan->pid) == $before }, 'and it is forgotten';

    make_service("$away/linked", run => talker('', 'echo down > ended'));
    symlink "$away/linked", "$scan/link" or die;
    ready("$scan/link");
    unlink "$scan/link" or die;
    ok wait_until { !children($svscan->pid) }, 'so is a service whose link is removed';
    is read_file("$away/linked/ended"), "down\n", 'properly';

    make_service("$scan/deleted", run => talker('', "echo down > $away/deleted"));
    ready("$scan/deleted");
    wait_until { remove_tree("$scan/deleted", {error => \my $ignored}); !-e "$scan/deleted" } 10,
        'the directory to be gone';
    ok wait_until { !children($svscan->pid) }, 'or one that is deleted with all that is in it';
    is read_file("$away/deleted"), "down\n", 'properly, too';

    make_service("$scan/back", run => talker('echo up >> starts', ''));
    up($svscan, 'back');
    rename "$scan/back", "$away/back" or die;
    wait_until { !children($svscan->pid) } 10, 'it to end';
    rename "$away/back", "$scan/back" or die;
    ok up($svscan, 'back'), 'what comes back runs again';
    ok wait_until { lines_in("$scan/back/starts") == 2 }, 'anew';
    stop_well($svscan, 'and ends');
}

# Replacement, renaming, two names -------------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    my $svscan = svscan($scan);
    my $diary = "$away/diary";
    # who is told to end waits at the gate
    my $gate = "$away/gate";
    POSIX::mkfifo($gate, 0600) or die;
    make_service("$away/$_",
        run => talker("echo $_ up >> $diary", "echo $_ told >> $diary; read go < $gate; echo $_ down >> $diary"))
        for qw(old new);
    symlink "$away/old", "$scan/service" or die;
    wait_until { lines_in($diary) } 10, 'the old one';
    symlink "$away/new", "$away/link" or die;
    rename "$away/link", "$scan/service" or die;
    ok wait_until { lines_in($diary) == 2 }, 'a link that points elsewhere ends the service';
    idle_for(0.2);
    is_deeply [lines_in($diary)], ['old up', 'old told'], 'and as long as that lasts';
    open my $open, '+<', $gate or die;
    syswrite $open, "go\n" x 8; # for those that end later, too
    ok wait_until { lines_in($diary) == 4 }, 'there is no other one';
    is_deeply [lines_in($diary)], ['old up', 'old told', 'old down', 'new up'],
        'which is started when the one before it has ended';
    is scalar(children($svscan->pid, 'supervise service')), 1, 'one of them is left';

    my $pid = up($svscan, 'service');
    my $supervise = child($svscan->pid);
    rename "$scan/service", "$scan/renamed" or die;
    make_service("$scan/other", run => 'exec sleep 1000');
    up($svscan, 'other');
    idle_for(0.3);
    ok alive($pid), 'a rename does not touch the service';
    is_deeply [children($svscan->pid, 'supervise service')], [$supervise], 'nor its supervise';
    kill 'KILL', $supervise;
    ok wait_until { children($svscan->pid, 'supervise renamed') },
        'the next supervise knows it by its new name';
    kill 'KILL', $pid;

    rename "$scan/other", "$away/other" or die;
    wait_until { !children($svscan->pid, 'supervise other') } 10, 'other to go';
    symlink "$away/other", "$scan/one" or die;
    $pid = up($svscan, 'one');
    symlink "$away/other", "$scan/two" or die;
    make_service("$scan/mark", run => 'exec sleep 1000');
    up($svscan, 'mark');
    is scalar(children($svscan->pid, 'supervise two')), 0, 'a second name is no second service';
    unlink "$scan/one" or die;
    idle_for(0.3);
    ok alive($pid), 'nor does it matter which of the names goes';
    unlink "$scan/two" or die;
    ok wait_until { !alive($pid) }, 'as long as one is left';

    # a new service under the name of a running one that has been renamed
    make_service("$scan/first", run => 'exec sleep 1000');
    $pid = up($svscan, 'first');
    make_service("$away/second", run => 'exec sleep 1000');
    rename "$scan/first", "$scan/first.old" or die;
    rename "$away/second", "$scan/first" or die;
    ok wait_until { children($svscan->pid, 'supervise first') == 2 },
        'the name of a renamed service is free at once';
    ok alive($pid), 'and the renamed one goes on';
    stop_well($svscan, 'all of them end');
}

# supervise dies -------------------------------------------------------------------------------

# A supervise beside svscan's own executable is used: here one that only tells of itself.
sub stand_in {
    my ($script, $interpreter) = (@_, '/bin/sh');
    my $directory = "$home/stand-in." . ++$count;
    make_path($directory);
    File::Copy::cp(program('svscan'), "$directory/svscan") or die;
    write_file("$directory/supervise", "#!$interpreter\n$script\n", 0755);
    return "$directory/svscan";
}

{
    my ($scan) = scan_directory();
    my $svscan = svscan($scan);
    make_service("$scan/main", run => 'exec sleep 1000', log => {run => $reader});
    up($svscan, 'main');
    for my $side (qw(main log)) {
        my $old = wait_until { child($svscan->pid, "supervise $side") } 10, $side;
        kill 'KILL', $old;
        ok wait_until { my $new = child($svscan->pid, "supervise $side"); $new && $new != $old },
            "supervise $side, killed, is back";
    }
    kill 'KILL', grep { argv_of($_) =~ /^(?:sleep|cat)/ && (readlink "/proc/$_/cwd" // '') =~ /^\Q$scan/ } processes();
    $svscan->stop('TERM', 20);

    ($scan) = scan_directory();
    my $program = stand_in('read now rest < /proc/uptime; echo "$now" >> "$1/starts"; exit 111');
    mkdir "$scan/dying" or die;
    $svscan = start($program, $scan);
    wait_until { lines_in("$scan/dying/starts") == 3 } 10, 'three starts';
    my @starts = (lines_in("$scan/dying/starts"))[0 .. 2];
    cmp_ok $starts[$_] - $starts[$_ - 1], '>=', 0.98, 'one that dies at once is back once a second'
        for 1, 2;
    is_deeply [lines_in("$scan/dying/starts")], \@starts, 'and not more often';
    ok $svscan->running, 'while svscan goes on';
    stop_well($svscan, 'and ends when told to');
}

# What a supervise and a service get -----------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    my $tell = <<'END';
my $told = $ARGV[0] eq 'log' ? 'log/told' : "$ARGV[0]/told";
open my $status, '<', '/proc/self/status';
my @lines = grep { /^Sig(?:Blk|Ign):/ } <$status>;
close $status;
my ($limit) = `exec bash -c 'ulimit -Sn' || sh -c 'ulimit -n'`;
push @lines, "argv: " . scalar(@ARGV) . " $ARGV[0]\n", "cwd: " . Cwd::getcwd() . "\n", "limit: $limit";
for my $fd (0 .. 100) {
    my $to = readlink "/proc/self/fd/$fd" // next;
    push @lines, "fd $fd -> $to\n";
}
open my $file, '>', "$told.new";
print {$file} @lines;
close $file;
rename "$told.new", $told;
$SIG{TERM} = $SIG{HUP} = sub { exit 0 };
sleep 1000 while 1;
END
    make_service("$scan/logged", run => '', log => {run => ''});
    make_service("$scan/plain", run => '');
    my $program = stand_in("use Cwd;\n$tell", $^X);
    my $svscan = start('sh', '-c', "ulimit -Sn 200; exec $program $scan 7< /dev/null 9< $home/file");
    my $all = wait_until { -e "$scan/logged/told" && -e "$scan/logged/log/told" && -e "$scan/plain/told" } 10,
        'three supervises';
    my ($plain, $main, $log) = map { read_file("$scan/$_/told") } qw(plain logged logged/log);
    like $plain, qr/^argv: 1 plain\ncwd: \Q$scan\E\n/m, 'supervise NAME, in the scan directory';
    like $log, qr/^argv: 1 log\ncwd: \Q$scan\E\/logged\n/m,
        'supervise log, in the service directory';
    for my $told ($plain, $main, $log) {
        like $told, qr/^SigBlk:\t0+$/m, 'no signal is blocked';
        like $told, qr/^SigIgn:\t0+(?:80)?$/m, 'or ignored'; # perl ignores 8, FPE, by itself
        like $told, qr/^limit: 200$/m, 'the limit on descriptors is what it was';
        my @fds = $told =~ /^fd (\d+) ->/mg;
        is "@{[grep { $_ <= 2 } @fds]}", '0 1 2', 'descriptors 0, 1 and 2 are open';
        # what the stand-in has open by itself is its script
        is "@{[grep { $_ > 2 && $told !~ m{^fd $_ -> \S*/supervise$}m } @fds]}", '', 'and no other';
    }
    my ($writing) = $main =~ /^fd 1 -> (pipe:\[\d+\])$/m;
    ok $writing, 'the output of a service with a log is a pipe';
    like $log, qr/^fd 0 -> \Q$writing\E$/m, 'which its logger reads';
    unlike $log, qr/^fd [12] -> \Q$writing\E$/m, 'but does not write';
    $svscan->stop('TERM', 20);

    my $show = <<"END" . <<'END';
#!$^X
END
my @lines = map { my $to = readlink "/proc/self/fd/$_"; defined $to ? "$_ -> $to\n" : () } 0 .. 100;
open my $environment, '<', '/proc/self/environ';
my @variables = <$environment>;
open my $file, '>', 'environment'; print {$file} @variables; close $file;
open $file, '>', 'new'; print {$file} @lines; close $file;
rename 'new', 'descriptors';
sleep 1000;
END
    make_service("$away/service", run => $show);
    my ($other) = scan_directory();
    rename "$away/service", "$other/service" or die;
    my $path = $ENV{PATH};
    $svscan = start('env', '-', "PATH=$path", 'FRUIT=pear', program('svscan'), $other);
    wait_until { -e "$other/service/descriptors" } 10, 'descriptors';
    is_deeply [sort split /\0/, read_file("$other/service/environment")],
        [sort "PATH=$path", 'FRUIT=pear'], 'a service has the environment of svscan';
    is_deeply [sort grep { !m{ -> \S*/run$} } lines_in("$other/service/descriptors")],
        [map { "$_ -> " . readlink "/proc/" . $svscan->pid . "/fd/$_" } 0 .. 2],
        'and its standard descriptors, no other';
    $svscan->stop('TERM');

    ($other) = scan_directory();
    make_service("$other/service", run => $show);
    $svscan = start('sh', '-c', "exec svscan $other <&- >&- 2>&-");
    wait_until { -e "$other/service/descriptors" } 10, 'descriptors';
    is_deeply [sort grep { !m{ -> \S*/run$} } lines_in("$other/service/descriptors")],
        [map { "$_ -> /dev/null" } 0 .. 2], 'without standard descriptors these are /dev/null';
    $svscan->stop('TERM');
}

# Lost events ----------------------------------------------------------------------------------

SKIP: {
    my $most = read_file('/proc/sys/fs/inotify/max_queued_events') // 0;
    skip 'it takes too many events here to lose one', 3 if !$most || $most > 100000;
    my ($scan, $away) = scan_directory();
    my $svscan = svscan($scan);
    make_service("$scan/goes", run => 'exec sleep 1000');
    my $pid = up($svscan, 'goes');
    my $stays = do { make_service("$scan/stays", run => 'exec sleep 1000'); up($svscan, 'stays') };
    $svscan->kill('STOP');
    mkdir "$scan/.a" or die;
    for (0 .. $most / 4) {
        rename "$scan/.a", "$scan/.b" or die;
        rename "$scan/.b", "$scan/.a" or die;
    }
    make_service("$scan/comes", run => 'exec sleep 1000');
    rename "$scan/goes", "$away/goes" or die;
    $svscan->kill('CONT');
    ok up($svscan, 'comes'), 'when events are lost what has come is found';
    ok wait_until { !alive($pid) }, 'and what has gone is missed';
    is running($svscan, 'stays'), $stays, 'and nothing happens to the others';
    stop_well($svscan, 'and it ends');
}

# Shutdown -------------------------------------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    my $svscan = svscan($scan);
    make_service("$scan/stubborn", run => "trap '' TERM\nwhile :; do sleep 1000 & wait \$!; done",
        'timeout-kill' => 300);
    make_service("$scan/logged", run => talker('', "echo last; echo service >> $away/order"),
        log => {run => "cat > lines; echo logger >> $away/order"});
    ready("$scan/logged");
    up($svscan, 'stubborn');
    idle_for(0.1); # for its trap
    my $before = clock_gettime(CLOCK_MONOTONIC);
    $svscan->kill('TERM');
    $svscan->kill('TERM');
    my $result = $svscan->wait(20);
    is $result->{code}, 0, 'SIGTERM brings everything down';
    cmp_ok clock_gettime(CLOCK_MONOTONIC) - $before, '>=', 0.3, 'a deaf service is given its time';
    is_deeply [lines_in("$away/order")], [qw(service logger)], 'the logger ends after its service';
    is_deeply [lines_in("$scan/logged/log/lines")], ['last'], 'and has everything';
    ok !(grep { argv_of($_) =~ /^supervise / && (readlink "/proc/$_/cwd" // '') =~ /^\Q$home/ } processes()),
        'no supervise is left';

    # many at once: a logger that ends with its input is not started again
    ($scan) = scan_directory();
    $svscan = svscan($scan);
    my @names = map { "service$_" } 1 .. 30;
    make_service("$scan/$_", run => talker('', 'echo last'),
        log => {run => 'echo started >> starts; exec cat > lines'}) for @names;
    ready("$scan/$_") for @names;
    stop_well($svscan, 'many services with loggers end');
    is_deeply [grep { (read_file("$scan/$_/log/lines") // '') ne "last\n" } @names], [],
        'nothing of what they said is lost';
    is_deeply [grep { lines_in("$scan/$_/log/starts") != 1 } @names], [],
        'and no logger was started twice';

    # a logger's supervise that dies just then
    my ($other, $place) = scan_directory();
    make_service("$other/logged", log => {run => 'cat >> lines'},
        run => talker('', "kill -KILL \$(cat $place/logger); echo last"));
    $svscan = svscan($other);
    ready("$other/logged");
    my $supervise = wait_until { child($svscan->pid, 'supervise log') } 10, 'a logger';
    my $logger = wait_until { child($supervise) } 10, 'its cat';
    write_file("$place/logger", "$supervise $logger\n");
    stop_well($svscan, 'a logger that is killed during shutdown');
    is_deeply [lines_in("$other/logged/log/lines")], ['last'], 'comes back for the last lines';
}

# Process 1, another user ----------------------------------------------------------------------

SKIP: {
    skip 'no PID namespaces here', 4
        unless run('unshare', '--pid', '--fork', '--mount-proc', 'true')->{code} == 0;
    my ($scan) = scan_directory();
    make_service("$scan/service", run => 'echo $PPID > parent; (setsid sleep 0.05 &); exec sleep 1000');
    my $outer = start('unshare', '--pid', '--fork', '--mount-proc', program('svscan'), $scan);
    my $first = wait_until { child($outer->pid) } 10, 'process 1';
    ok wait_until { children($first) }, 'svscan works as process 1';
    ok wait_until { !grep { (read_file($_) // "") =~ /\) Z $first /s } grep { -e } glob '/proc/[0-9]*/stat' },
        'and leaves no zombies';
    kill $_, $first for qw(USR1 USR2 ALRM HUP);
    wait_until { -e "$scan/service/parent" } 10, 'the service';
    kill 'TERM', $first;
    my $result = $outer->wait(20);
    is $result && $result->{code}, 0, 'it ends in order there too';
    is said($outer), '', 'without a complaint';
}

SKIP: {
    skip 'only root can become somebody else', 5 unless have_root;
    my ($uid) = (65534);
    my ($scan) = scan_directory();
    chown $uid, $uid, $scan or die;
    my $svscan = svscan($scan, {uid => $uid});
    make_service("$scan/service", run => 'exec sleep 1000');
    chown $uid, $uid, "$scan/service" or die;
    my $pid = up($svscan, 'service');
    is((stat "/proc/$pid")[4], $uid, 'an ordinary user can have services');
    stop_well($svscan, 'which end as others do');

    my ($closed) = scan_directory();
    make_service("$closed/service", run => 'exec sleep 1000');
    chown $uid, $uid, "$closed/service" or die;
    $svscan = start('svscan', $closed, {uid => $uid});
    ok up($svscan, 'service'), 'even where .svscan cannot be made';
    is said($svscan), "svscan: warning: unable to use $closed/.svscan: access denied; svscanctl will"
        . " not work and a second svscan will not be noticed\n", 'which is told once';
    stop_well($svscan, 'and no reason not to end well');
}

SKIP: {
    my ($scan, $away) = scan_directory();
    skip 'no filesystem can be mounted here', 3
        unless have_root && run('mount', '-t', 'tmpfs', 'none', $scan)->{code} == 0;
    make_service("$scan/service", run => 'exec sleep 1000');
    mkdir "$away/supervise" or die;
    symlink "$away/supervise", "$scan/service/supervise" or die;
    is run('mount', '-o', 'remount,ro', $scan)->{code}, 0, 'a scan directory can be read-only';
    my $svscan = start('svscan', $scan);
    ok up($svscan, 'service'), 'its services run';
    like said($svscan), qr{^svscan: warning: unable to use \S+/\.svscan: read-only file system; .*\n\z},
        'with one warning';
    $svscan->stop('TERM');
    run('umount', $scan);
}

SKIP: {
    my ($scan, $away) = scan_directory();
    skip 'no filesystem can be mounted here', 4
        unless have_root && run('mount', '-t', 'tmpfs', '-o', 'nr_inodes=40', 'none', $scan)->{code} == 0;
    make_service("$scan/service", run => 'exec sleep 1000');
    mkdir "$away/supervise" or die;
    symlink "$away/supervise", "$scan/service/supervise" or die;
    my $last = 0;
    $last++ while open my $file, '>', "$scan/.full$last";
    my $svscan = start('svscan', $scan);
    ok up($svscan, 'service'), 'nor does a full one keep services from running';
    is said($svscan), "svscan: warning: unable to use $scan/.svscan: out of disk space; svscanctl will"
        . " not work and a second svscan will not be noticed\n", 'with one warning';
    unlink "$scan/.full0" or die;
    make_service("$away/more", run => 'exec sleep 1000');
    symlink "$away/more", "$scan/more" or die;
    ok up($svscan, 'more'), 'nor what there is room for later';
    stop_well($svscan, 'it ends well');
    run('umount', $scan);
}

# Without inotify ------------------------------------------------------------------------------

SKIP: {
    my $most = read_file('/proc/sys/fs/inotify/max_user_instances') // 0;
    my %inotify_init1 = (x86_64 => 294, aarch64 => 26, riscv64 => 26);
    my $number = $inotify_init1{(POSIX::uname())[4]};
    skip 'cannot use up the inotify instances of a user here', 3
        unless have_root && $number && $most > 0 && $most <= 900;
    my $uid = somebody();
    my ($scan) = scan_directory();
    chown $uid, $uid, $scan or die;
    pipe my $ready, my $tell or die;
    my $hog = fork // die;
    if (!$hog) {
        POSIX::setuid($uid);
        1 while syscall($number, 0) >= 0;
        syswrite $tell, '.';
        sleep 1000;
        POSIX::_exit(0);
    }
    sysread $ready, my $byte, 1;
    my $svscan = svscan($scan, {uid => $uid});
    wait_until { said($svscan) } 10, 'a warning';
    is said($svscan), "svscan: warning: unable to watch $scan: process cannot open more files; it is"
        . " looked at only on SIGHUP or svscanctl $scan a\n", 'without inotify svscan says so, once';
    make_service("$scan/service", run => 'exec sleep 1000');
    chown $uid, $uid, "$scan/service" or die;
    $svscan->kill('HUP');
    ok up($svscan, 'service'), 'and SIGHUP finds what is new';
    stop_well($svscan, 'and it ends');
    kill 'KILL', $hog;
    waitpid $hog, 0;
}

# Trouble --------------------------------------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    my $svscan = svscan($scan);
    make_service("$scan/service", run => 'exec sleep 1000');
    my $pid = up($svscan, 'service');
    rename $scan, "$scan.elsewhere" or die;
    wait_until { said($svscan) } 10, 'a warning';
    is said($svscan), "svscan: warning: $scan has been renamed; still looking after it where it is\n",
        'a scan directory that is renamed';
    make_service("$scan.elsewhere/more", run => 'exec sleep 1000');
    ok up($svscan, 'more'), 'is still looked after';
    rename "$scan.elsewhere/$_", "$away/$_" or die for qw(service more);
    wait_until { !children($svscan->pid) } 10, 'both to end';
    remove_tree("$scan.elsewhere");
    # the kernel keeps quiet about it as long as it is our working directory
    $svscan->kill('HUP');
    ok wait_until { said($svscan) =~ /: it has been removed; its services are left/ },
        'one that is removed is told of when it is looked at';
    $svscan->kill('HUP');
    my $before = switches($svscan->pid);
    idle_for(0.5);
    cmp_ok switches($svscan->pid) - $before, '<', 20, 'it keeps nobody busy';
    ok $svscan->running, 'nor does svscan end';
    is scalar(() = said($svscan) =~ /removed/g), 1, 'and is not told of again';
    stop_well($svscan, 'until it is told to');
}

{
    my ($scan) = scan_directory();
    my $program = stand_in('exec sleep 1000');
    my $svscan = svscan($scan, {}, $program);
    (my $supervise = $program) =~ s{svscan$}{supervise};
    chmod 0644, $supervise or die;
    mkdir "$scan/service" or die;
    wait_until { said($svscan) } 10, 'a warning';
    idle_for(1.2);
    is said($svscan), "svscan: warning: unable to start supervise service: access denied, trying again"
        . " every second\n", 'a supervise that cannot be executed is told of once';
    chmod 0755, $supervise or die;
    ok wait_until { children($svscan->pid) }, 'and started when it can';
    $svscan->stop('TERM');

    # no descriptors left: 3 + 3 + signals, inotify, .svscan
    ($scan) = scan_directory();
    make_service("$scan/service$_", run => 'exec sleep 1000', log => {run => $reader}) for 0 .. 9;
    $svscan = start('sh', '-c', "ulimit -n 20; exec svscan $scan");
    wait_until { said($svscan) } 10, 'a warning';
    like said($svscan), qr{^svscan: warning: unable to create pipe for service\d: process cannot open more files, trying again every second$}m,
        'no more descriptors: that is told';
    idle_for(1.2);
    is scalar(() = said($svscan) =~ /unable to create pipe/g), 1, 'once';
    my @up = grep { running($svscan, "service$_") } 0 .. 9;
    cmp_ok scalar(@up), '>=', 1, 'those that could be started run';
    my ($gone) = @up;
    rename "$scan/service$gone", "$home/gone" or die;
    ok wait_until { my $now = grep { running($svscan, "service$_") } 0 .. 9; $now == @up }, 'and others when there is room';
    stop_well($svscan, 'it ends as always');
}

SKIP: {
    my $uid = somebody();
    skip 'cannot limit the processes of a user here', 4 unless have_root && program('prlimit');
    my ($scan) = scan_directory();
    chown $uid, $uid, $scan or die;
    my $svscan = svscan($scan, {uid => $uid});
    # only the same user may do this everywhere
    run('prlimit', '--pid', $svscan->pid, '--nproc=1:', {uid => $uid});
    mkdir "$scan/service" or die;
    wait_until { said($svscan) } 10, 'a warning';
    like said($svscan), qr/^svscan: warning: unable to start supervise service: temporary failure, trying again every second$/,
        'no process can be had: that is told';
    idle_for(1.2);
    is scalar(() = said($svscan) =~ /\n/g), 1, 'once';
    chown $uid, $uid, "$scan/service" or die;
    run('prlimit', '--pid', $svscan->pid, '--nproc=100:', {uid => $uid});
    ok wait_until { child($svscan->pid, 'supervise service') }, 'it is started when one can be had';
    stop_well($svscan, 'and ends');
}

# Very many ------------------------------------------------------------------------------------

{
    # in memory where that is possible: 1500 supervises write much
    my $scan = -w '/dev/shm' ? File::Temp::tempdir('upkeep.XXXXXXXX', DIR => '/dev/shm', CLEANUP => 1)
        : tempdir;
    my $number = 1200;
    for my $i (1 .. $number) {
        mkdir "$scan/$i" or die;
        symlink '/bin/false', "$scan/$i/run" or die;
        write_file("$scan/$i/down", '');
        next if $i > 300;
        mkdir "$scan/$i/log" or die;
        symlink '/bin/false', "$scan/$i/log/run" or die;
        write_file("$scan/$i/log/down", '');
    }
    # 300 loggers need 600 descriptors, and the soft limit is none for svscan itself
    my $svscan = start('sh', '-c', "ulimit -Sn 256; exec svscan $scan");
    my $children = '/proc/' . $svscan->pid . '/task/' . $svscan->pid . '/children';
    my $all = wait_until { (() = (read_file($children) // '') =~ /\d+/g) == $number + 300 } 60,
        'all supervises';
    ok $all, "$number services, 300 with loggers";
    is said($svscan), '', 'without a word';
    my $begun = wait_until { -p "$scan/$number/supervise/ok" } 10, 'the last one';
    is run('svok', "$scan/$number")->{code}, 0, 'the last one as well as the first'
        if program('svok');
    is $svscan->stop('TERM', 60)->{code}, 0, 'and all of them end';
    remove_tree($scan);
}

# A logger that comes too late -----------------------------------------------------------------

{
    my ($scan) = scan_directory();
    my $svscan = svscan($scan);
    make_service("$scan/service", run => talker('echo up', ''));
    my $pid = up($svscan, 'service');
    my $before = switches($svscan->pid);
    idle_for(5.2);
    cmp_ok switches($svscan->pid) - $before, '<=', 3, 'after five seconds there is rest for ever';
    make_service("$scan/service/log", run => $reader);
    $svscan->kill('HUP');
    wait_until { said($svscan) } 10, 'a warning';
    is said($svscan), "svscan: warning: service/log came too late for the running service; to use it:"
        . " svc -dx $scan/service\n", 'a log directory that comes later is told of, with the remedy';
    is running($svscan, 'service'), $pid, 'and does not disturb the service';
    $svscan->kill('HUP');
    my $supervise = child($svscan->pid, 'supervise service');
    kill 'TERM', $supervise; # as svc -dx
    ok wait_until { lines_in("$scan/service/log/lines") }, 'which has it when it is started again';
    is scalar(() = said($svscan) =~ /too late/g), 1, 'the warning came once';
    stop_well($svscan, 'and ends with it');
}

done_testing;
