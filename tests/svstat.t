# ISC license.
#
# svstat: what it says about records of all kinds, and about a real supervise.

use lib 'tests/lib';
use Upkeep;
use Record;

use Fcntl;
use JSON::PP ();
use POSIX ();

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $dir = tempdir;
my %djb = (env => {SVPERSONALITY => 'djb'});
my $nobody = {uid => 65534};

# A service directory whose supervise seems to be there: somebody reads `ok`.
my $services = 0;
my %reader;
sub service {
    my ($name, %files) = @_;
    $name //= 'service' . ++$services;
    my $path = "$dir/$name";
    mkdir $path or die "$path: $!";
    mkdir "$path/supervise" or die;
    POSIX::mkfifo("$path/supervise/ok", 0600) or die;
    sysopen $reader{$path}, "$path/supervise/ok", O_RDONLY | O_NONBLOCK or die;
    record($path, %files);
    return $path;
}

# record($path, status => BYTES, own => BYTES): undef removes.
sub record {
    my ($path, %files) = @_;
    my %name = (status => 'status', own => '.status');
    for (keys %files) {
        if (defined $files{$_}) { write_file("$path/supervise/$name{$_}", $files{$_}) }
        else { unlink "$path/supervise/$name{$_}" }
    }
}

# both($path, since, pid, own facts...): the two records as our supervise writes them together.
sub both {
    my ($path, %facts) = @_;
    my %want = (UP => 'u', DOWN => 'd', ONCE => '');
    my %state = (DOWN => 0, UP => 3, STOPPING => 4, FINISHING => 4, FAILED => 5);
    record($path, own => own(supervise_pid => $$, supervise_start => start_time($$), %facts),
        status => family(since => $facts{since}, pid => $facts{pid} // 0, paused => ($facts{flags} // 0) & 1,
            state => $state{$facts{phase} // 'UP'} // 1, want => $want{$facts{wanted} // 'UP'}));
}

sub says {
    my ($line, $sentence, @arguments) = @_;
    my $result = run('svstat', @arguments);
    is_deeply [@$result{qw(code out err)}], [0, $line, ''], $sentence;
}

my $then = time - 1000;

# The contract's words ---------------------------------------------------------------------------

my $target = service('target');
(my $seconds = qr/100[0-9] seconds/);

# line($result): its output with the age made comparable.
sub aged { return $_[0]{out} =~ s/\b10[0-2]\d seconds/1000 seconds/gr }

for my $down (0, 1) {
    $down ? write_file("$target/down", '') : unlink "$target/down";
    for my $pid (0, 4711) {
        for my $want ('u', 'd', '') {
            for my $paused (0, 1) {
                my @suffixes = $pid
                    ? (('normally down') x $down, ('paused') x $paused, ('want down') x ($want eq 'd'))
                    : (('normally up') x !$down, ('want up') x ($want eq 'u'));
                my $words = $pid ? "up (pid $pid) 1000 seconds" : 'down 1000 seconds';
                my $djb = join ', ', $words, @suffixes;
                my $encore = join ', ', $djb, ('once') x ($pid && $want eq ''), 'running';
                my %facts = (since => $then, pid => $pid, want => $want, paused => $paused);

                record($target, status => family(%facts));
                is aged(run('svstat', $target)), "$target: $djb\n", "18 bytes: $djb";
                record($target, status => family(%facts, state => 3));
                is aged(run('svstat', $target)), "$target: $encore\n", "20 bytes: $encore";
                is aged(run('svstat', $target, \%djb)), "$target: $djb\n", "as djb: $djb";
            }
        }
    }
}
unlink "$target/down";

for (['stopped', 0], ['starting', 1], ['started', 2], ['running', 3], ['stopping', 4], ['failed', 5],
    ['status unknown', 6], ['status unknown', 255]) {
    my ($word, $state) = @$_;
    record($target, status => family(since => $then, pid => 1, state => $state));
    is aged(run('svstat', $target)), "$target: up (pid 1) 1000 seconds, $word\n", "state $state is $word";
}

record($target, status => family(since => time + 5000, pid => 4294967295));
says "$target: up (pid 4294967295) 0 seconds\n", 'a record from the future is 0 seconds old', $target;
record($target, status => family(since => -10, pid => 1));
like run('svstat', $target)->{out}, qr/^\Q$target\E: up \(pid 1\) \d{10} seconds\n\z/, 'one from before 1970 is very old';

# encore's logger in the same supervise ----------------------------------------------------------

{
    my $log = service('with-log', status => family(since => $then, pid => 7, state => 3)
        . family(since => $then, pid => 8, want => 'd', state => 4));
    my $main_line = "$log: up (pid 7) 1000 seconds, running\n";
    my $log_line = "$log log: up (pid 8) 1000 seconds, want down, stopping\n";
    is aged(run('svstat', $log)), $main_line . $log_line, '40 bytes: two lines';
    is aged(run('svstat', '-l', $log)), $main_line, '-l: the main service only';
    is aged(run('svstat', '-L', $log)), $log_line, '-L: the logger only';
    is aged(run('svstat', '-lL', $log)), $log_line, 'the last of them counts';
    is aged(run('svstat', '-Ll', $log)), $main_line, 'in either order';
    is run('svstat', '-L', '-o', 'pid', $log)->{out}, "8\n", 'so it is with -o';
    is run('svstat', '-o', 'pid', $log)->{out}, "7\n", 'which is about one of them';
    says "$target: no log service\n", 'there may be none', '-L', $target;
    record($target, status => family(since => $then, pid => 9) x 2);
    like run('svstat', $target)->{out}, qr/\A[^\n]*\n\z/, '36 bytes are no two records';
}

# Troubles, in the place of the state ------------------------------------------------------------

is_deeply [@{run('svstat')}{qw(code out err)}], [100, '', "svstat: usage: svstat [-L] [-l] dir [dir ...]\n"],
    'without an argument it tells how it is used';
is_deeply [@{run('svstat', \%djb)}{qw(code out err)}], [0, '', ''], 'as djb it has nothing to say';
is_deeply [@{run('svstat', '-z', $target)}{qw(code out err)}],
    [100, '', "svstat: illegal option -- z\nsvstat: usage: svstat [-L] [-l] dir [dir ...]\n"], 'an unknown option';
is_deeply [@{run('svstat', '-o')}{qw(code out err)}],
    [100, '', "svstat: option requires an argument -- o\nsvstat: usage: svstat [-L] [-l] dir [dir ...]\n"],
    '-o without its list';

write_file("$dir/file", '');
mkdir "$dir/new";
says "$dir/none: unable to chdir: file does not exist\n", 'a directory that is not there', "$dir/none";
says "$dir/file: unable to chdir: not a directory\n", 'a file in place of the directory', "$dir/file";
says ": unable to chdir: file does not exist\n", 'an empty name', '';
says "$dir/new: unable to open supervise/ok: file does not exist\n", 'supervise has never been here', "$dir/new";
says "$dir/none: unable to chdir: file does not exist\n$dir/new: unable to open supervise/ok: file does not exist\n"
    . "$dir/file: unable to chdir: not a directory\n", 'each has its line', "$dir/none", "$dir/new", "$dir/file";
{
    my $odd = service('odd');
    says "$odd: unable to open supervise/status: file does not exist\n", 'there is no status', $odd;
    for (0, 1, 17) {
        record($odd, status => substr family(), 0, $_);
        says "$odd: unable to read supervise/status: bad format\n", "a status of $_ bytes", $odd;
    }
    record($odd, status => "\xC0" x 20);
    says "$odd: unable to read supervise/status: bad format\n", 'one without a time in it', $odd;
    record($odd, status => stamp(time) x 2 . pack 'Q> n C', 4711, 0, 12);
    says "$odd: unable to read supervise/status: bad format\n", "s6's, which looks like one", $odd;
    record($odd, status => undef);
    mkdir "$odd/supervise/status";
    says "$odd: unable to read supervise/status: is a directory\n", 'a directory in place of status', $odd;
    rmdir "$odd/supervise/status";
    POSIX::mkfifo("$odd/supervise/status", 0600);
    says "$odd: unable to read supervise/status: bad format\n", 'a FIFO in its place, which is not waited for', $odd;
    unlink "$odd/supervise/status";
    symlink 'status', "$odd/supervise/status";
    says "$odd: unable to open supervise/status: symbolic link loop\n", 'a link to itself', $odd;
    symlink 'down', "$odd/down";
    says "$odd: unable to stat down: symbolic link loop\n", 'another one in place of down', $odd;
    unlink "$odd/down";
    unlink "$odd/supervise/ok";
    mkdir "$odd/supervise/ok";
    says "$odd: unable to open supervise/ok: is a directory\n", 'a directory in place of ok', $odd;
}

record($target, status => family(since => $then, pid => 4711, state => 3));
is aged(run('svstat', 'target', './target/', {cwd => $dir})),
    "target: up (pid 4711) 1000 seconds, running\n./target/: up (pid 4711) 1000 seconds, running\n",
    'relative names, each from where it was started';
{
    my $long = './' x 2030 . 'target';
    is aged(run('svstat', $long, 'none', $long, {cwd => $dir})),
        "$long: up (pid 4711) 1000 seconds, running\nnone: unable to chdir: file does not exist\n"
        . "$long: up (pid 4711) 1000 seconds, running\n", 'a name as long as the kernel takes it';
    my $longer = './' x 2100 . 'target';
    says "$longer: unable to chdir: file name too long\n", 'a longer one', $longer, {cwd => $dir};
}
{
    my $result = run('sh', '-c', 'exec svstat "$1" > /dev/full', 'sh', $target);
    is $result->{code}, 111, 'output that cannot be written is the one thing that counts';
    is $result->{err}, "svstat: fatal: unable to write output: out of disk space\n", 'and it says so';
}

# Another place for supervise/ --------------------------------------------------------------------

{
    my $moved = service('moved', status => family(since => $then, pid => 5));
    rename "$moved/supervise", "$moved/.sv" or die;
    is aged(run('svstat', $moved, {env => {SUPERVISEDIR => '.sv'}})), "$moved: up (pid 5) 1000 seconds\n",
        'a relative SUPERVISEDIR';
    says "$moved: unable to open .sv/none/ok: file does not exist\n", 'is named in messages', $moved,
        {env => {SUPERVISEDIR => '.sv/none'}};
    (my $below = substr $moved, 1) =~ tr{/}{:};
    mkdir "$dir/run";
    rename "$moved/.sv", "$dir/run/$below" or die;
    is aged(run('svstat', 'moved', 'target', 'none', {cwd => $dir, env => {SUPERVISEDIR => "$dir/run"}})),
        "moved: up (pid 5) 1000 seconds\n"
        . "target: unable to open $dir/run/" . (substr($target, 1) =~ tr{/}{:}r) . "/ok: file does not exist\n"
        . "none: unable to chdir: file does not exist\n", 'an absolute one has a directory for each service';
}

# Many ways to a service ---------------------------------------------------------------------------

subtest 'services of all kinds in one run' => sub {
    my %pid;
    my $way = sub {
        my ($name) = @_;
        $pid{$name} = 100 + keys %pid;
        return service($name, status => family(since => $then, pid => $pid{$name}));
    };
    mkdir "$dir/$_" or die for qw(links inside);
    $way->($_) for qw(way inside/one inside/two);
    $way->('way@me');
    symlink "../inside/$_", "$dir/links/$_" or die for qw(one two);
    $way->($_) for qw(state trap);
    rename "$dir/state/supervise", "$dir/state.d" or die;
    symlink '../state.d', "$dir/state/supervise" or die;
    rename "$dir/trap/supervise", "$dir/trap.d" or die;
    symlink '../trap.d', "$dir/trap/supervise" or die;
    POSIX::lchown(65534, 65534, "$dir/trap/supervise") or die if have_root;
    write_file("$dir/way/down", '');
    symlink 'way', "$dir/inside/one/down" or die; # to nowhere
    symlink 'run', "$dir/inside/two/down" or die;
    write_file("$dir/inside/two/run", '');
    my %line = map { $_ => "up (pid $pid{$_}) 1000 seconds" } keys %pid;
    $line{$_} .= ', normally down' for qw(way inside/two);
    my $trap = 'unable to open supervise/ok: permission denied: it is a symbolic link that neither root nor you have '
        . 'made; remove it, or let root make it';
    $line{trap} = $trap if have_root;
    $line{none} = 'unable to chdir: file does not exist';
    $line{"links/$_"} = $line{"inside/$_"} for qw(one two);
    my @names = qw(way inside/one inside/two links/one links/two way@me state way trap inside/two none links/two way);
    for my $slashes ('', '/', '//') {
        for my $order ([@names], [reverse @names]) {
            my @given = map { "$_$slashes" } @$order;
            is aged(run('svstat', @given, {cwd => $dir})), join('', map { "$_$slashes: $line{$_}\n" } @$order), "names with '$slashes'";
            my @whole = map { "$dir/$_$slashes" } @$order;
            is aged(run('svstat', @whole)), join('', map { "$dir/$_$slashes: $line{$_}\n" } @$order), 'and whole paths';
        }
    }
    is aged(run('svstat', '.', {cwd => "$dir/way"})), ".: $line{way}\n", 'the one we are in';
    is aged(run('svstat', '../way', './', {cwd => "$dir/way"})), "../way: $line{way}\n./: $line{way}\n", 'in other words';
    delete $reader{"$dir/way"};
    is aged(run('svstat', 'way', 'inside/one', {cwd => $dir})),
        "way: supervise not running\ninside/one: $line{'inside/one'}\n", 'one whose supervise is gone';
};

subtest 'hundreds of services' => sub {
    my @some = map { service("many$_", status => family(since => $then, pid => $_)) } 1 .. 10;
    my @names = map { ($some[$_ % 10], "$dir/none$_") } 0 .. 499;
    my $expected = join '', map { /many(\d+)$/ ? "$_: up (pid $1) 1000 seconds\n" : "$_: unable to chdir: file does not exist\n" } @names;
    my $whole = run('svstat', @names);
    is aged($whole), $expected, 'each has its line, in the order of the arguments';
    is "$whole->{code} $whole->{err}", '0 ', 'and all is well';
    is aged(run('sh', '-c', 'ulimit -n 9; exec svstat "$@"', 'sh', @names)), $expected, 'with few descriptors too';
    my $result = run('sh', '-c', 'exec svstat "$@" > /dev/full', 'sh', @names);
    is "$result->{code} $result->{err}", "111 svstat: fatal: unable to write output: out of disk space\n", 'a full disk is told once';
    $result = run('sh', '-c', 'svstat "$@" | head -n 1', 'sh', @names);
    is aged($result), "$names[0]: up (pid 1) 1000 seconds\n", 'nobody need read it all';
    is $result->{err}, '', 'and nothing is said about that';
    is aged(run('taskset', '1', 'svstat', @names)), $expected, 'on one processor' if Upkeep::program('taskset');
};

# What daemontools could not say -----------------------------------------------------------------

my $now_ms = sub { int 1000 * Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) };

# facts($sentence, $expected, own facts...): what -v adds to the contract's words.
my $own = service('own');
sub facts {
    my ($sentence, $expected, %facts) = @_;
    both($own, since => $then, %facts);
    my $line = aged(run('svstat', '-v', $own));
    my ($words, $more) = $line =~ /\A\Q$own\E: ([^;]*)(?:; (.*))?\n\z/ or diag $line;
    like $more // '', $expected, $sentence;
    is aged(run('svstat', $own)), "$own: $words\n", 'without -v it stands as ever';
}

facts 'up', qr/^ready 1000 seconds; started 1 time; why: executed$/, pid => 5, phase => 'UP', ready => $then,
    starts => 1, cause => 'EXECUTED';
facts 'backoff', qr/^backoff: next start in (?:8\.\d|9\.0) s, died 4 times in a row; last run: exit code 1; started 4 times$/,
    phase => 'BACKOFF', next_start_ms => $now_ms->() + 9000, quick_deaths => 4, ending => 1, ending_value => 1, starts => 4;
facts 'backoff that is over', qr/^backoff: next start in 0\.0 s$/, phase => 'BACKOFF', next_start_ms => 1;
facts 'failed', qr/^failed; last run: killed by SIGSEGV; why: more deaths than restart-limit allows$/,
    phase => 'FAILED', wanted => 'DOWN', ending => 2, ending_value => 11, cause => 'LIMIT';
facts 'a run that cannot be executed', qr/^backoff: .*; last run: unable to execute \.\/run: exec format error$/,
    phase => 'BACKOFF', next_start_ms => $now_ms->() + 9000, ending => 3, ending_value => POSIX::ENOEXEC();
facts 'no process to be had', qr/; last run: unable to create a process: temporary failure$/,
    phase => 'BACKOFF', next_start_ms => 1, ending => 4, ending_value => POSIX::EAGAIN();
facts 'an end that nobody saw', qr/^last run: ended unseen$/, phase => 'DOWN', ending => 5;
facts 'no run script', qr/^no run script$/, phase => 'NO_RUN';
facts 'stopping', qr/^stopping, SIGKILL in (?:4\.\d|5\.0) s; why: svc -d by uid 1000$/, phase => 'STOPPING', pid => 5,
    wanted => 'DOWN', kill_ms => $now_ms->() + 5000, cause => 'COMMAND', cause_detail => ord 'd', cause_uid => 1000;
facts 'stopping without a limit', qr/^stopping; why: svc --restart$/, phase => 'STOPPING', pid => 5,
    cause => 'COMMAND', cause_detail => ord 'r';
facts 'finishing', qr/^finish script runs \(pid 77\); last run: exit code 0$/, phase => 'FINISHING', finish_pid => 77,
    ending => 1;
facts 'leaving', qr/^supervise leaves when it is down$/, pid => 5, flags => 2;
facts 'a strange signal', qr/^last run: killed by SIG40$/, phase => 'DOWN', ending => 2, ending_value => 40;
facts 'a strange command', qr/^why: command 3$/, phase => 'DOWN', cause => 'COMMAND', cause_detail => 3;
facts 'nothing to add', qr/^$/, phase => 'DOWN';

# The record of ours is only believed where it may be.
{
    my %up = (pid => 5, starts => 42);
    my $verbose = sub { return run('svstat', '-v', $own)->{out} };
    both($own, since => $then, %up);
    like $verbose->(), qr/started 42 times/, 'a record that goes with status is believed';
    record($own, own => own(since => $then + 1, %up));
    unlike $verbose->(), qr/started 42/, 'one of another start is not: another suite runs here now';
    record($own, own => own(since => $then, %up, pid => 6));
    unlike $verbose->(), qr/started 42/, 'nor one of another process';
    my $good = own(since => $then, %up);
    my %bad = (truncated => substr($good, 0, 255), 'of another version' => $good =~ s/S1/S2/r, empty => '',
        'with one bit wrong' => $good =~ s/^(.{100})(.)/$1 . chr(1 ^ ord $2)/ser, 'not there' => undef);
    for (sort keys %bad) {
        record($own, own => $bad{$_});
        is_deeply [run('svstat', '-v', $own)->{out} =~ s/\d+ seconds/S seconds/r], ["$own: up (pid 5) S seconds, running\n"],
            "a record that is $_ is not";
        is run('svstat', '-o', 'pid,starts,phase,cause', $own)->{out}, "5 -1 NA NA\n", 'its fields are unknown';
    }
}

# Supervise is gone -------------------------------------------------------------------------------

{
    my $gone = service('gone');
    close delete $reader{$gone};
    my $process = start('sleep', 1000);
    my ($pid, $start) = ($process->pid, start_time($process->pid));
    my $last = sub { return run('svstat', '-v', $gone)->{out} =~ s/^[^:]*: //r };

    says "$gone: supervise not running\n", 'nobody reads ok', $gone;
    is $last->(), "supervise not running\n", 'and nothing is known';
    both($gone, since => $then, pid => $pid, pid_start => $start, starts => 3);
    says "$gone: supervise not running\n", 'the words stay the same, whatever is known', $gone;
    is $last->(), "supervise not running; last known: up, pid $pid still runs; started 3 times\n",
        '-v adds what was known, and that it still runs';
    my @fields = qw(supervised up pid recordedpid pidruns phase starts error);
    my $fields = sub { return run('svstat', '-o', join(',', @fields), $gone)->{out} };
    is $fields->(), "false true $pid $pid true up 3 supervise-not-running\n", 'as fields too';

    both($gone, since => $then, pid => $pid, pid_start => $start + 1);
    is $last->(), "supervise not running; last known: up, pid $pid is gone\n", 'another process has that pid now';
    is $fields->(), "false false -1 $pid false up 0 supervise-not-running\n", 'which is not taken for the old one';
    both($gone, since => $then, pid => $pid, pid_start => $start, boot_id => "\0" x 16);
    is $last->(), "supervise not running; last known: up, pid $pid is gone\n", 'so it is after a reboot';
    record($gone, own => undef);
    is $last->(), "supervise not running; last known: up, pid $pid may still run\n", 'status alone cannot tell';
    is $fields->(), "false NA -1 $pid NA NA -1 supervise-not-running\n", 'which the fields say';
    both($gone, since => $then, pid => $pid, pid_start => $start);
    $process->stop('KILL');
    is $last->(), "supervise not running; last known: up, pid $pid is gone\n", 'it is seen when the process goes';
    both($gone, since => $then, phase => 'FAILED', ending => 1, ending_value => 3);
    is $last->(), "supervise not running; last known: failed; last run: exit code 3\n", 'it may have been down';
}

# Fields -----------------------------------------------------------------------------------------

sub fields {
    my ($list, $expected, $sentence, %facts) = @_;
    both($own, since => $then, %facts);
    is run('svstat', '-o', $list, $own)->{out}, "$expected\n", $sentence;
}

sub label { return '@' . unpack 'H*', stamp($_[0]) }

fields 'up,wanted,wantedup,normallyup,ready,paused', 'true up true true true false', 'up', pid => 5, ready => $then;
fields 'up,wanted,wantedup,normallyup,ready,paused', 'false down false true true false', 'down', phase => 'DOWN', wanted => 'DOWN';
fields 'up,wanted,wantedup,ready,paused', 'true once true false true', 'once, paused, not ready', pid => 5,
    wanted => 'ONCE', flags => 1;
fields 'ready,phase,pid,finishpid', 'false finishing -1 9', 'finishing', phase => 'FINISHING', finish_pid => 9;
fields 'pid,phase,exitcode,signal,signum', '5 up -1 NA -1', 'up: nothing about the last run', pid => 5, ending => 1;
fields 'ending,endingvalue', 'exit 7', 'unless that is asked for', pid => 5, ending => 1, ending_value => 7;
fields 'exitcode,signal,signum,ending,endingvalue', '7 NA -1 exit 7', 'an exit code', phase => 'DOWN', ending => 1,
    ending_value => 7;
fields 'exitcode,signal,signum,ending,endingvalue', '-1 SIGKILL 9 signal 9', 'a signal', phase => 'DOWN', ending => 2,
    ending_value => 9;
fields 'exitcode,execerror,ending,endingvalue', '-1 file-does-not-exist exec 2', 'an error of exec, in one word',
    phase => 'BACKOFF', ending => 3, ending_value => 2;
fields 'updownsince,readysince,changed', join(' ', label($then), label($then + 7), label($then + 9.5)), 'labels', pid => 5,
    ready => $then + 7, changed => $then + 9.5;
fields 'readysince,readyfor', label($then) . ' 1000', 'down: since when it may be started', phase => 'DOWN'
    if time - $then == 1000;
fields 'starts,quickdeaths,serial,controlbytes,supervised,supervisepid', "3 2 99 1234 true $$", 'numbers', starts => 3,
    quick_deaths => 2, serial => 99, control_bytes => 1234;
fields 'nextstart,nextstartin,killin', label($then + 5) . ' 0.000 -1', 'a start that is due', phase => 'BACKOFF',
    next_start => $then + 5, next_start_ms => 1;
fields 'nextstart,nextstartin,killin', 'NA -1 0.000', 'none, but a SIGKILL', phase => 'STOPPING', pid => 5, kill_ms => 1;
fields 'cause,causedetail,causeuid', 'command d 1000', 'a command', cause => 'COMMAND', cause_detail => ord 'd',
    cause_uid => 1000;
fields 'cause,causedetail,causeuid', 'kill-timeout 0 -1', 'another cause', cause => 'KILL_TIMEOUT';
fields 'cause,causedetail', 'command 10', 'a command that nobody can type', cause => 'COMMAND', cause_detail => 10;
fields 'error', 'NA', 'no error';
fields 'pid,pid,up', '-1 -1 false', 'a field may be asked for twice', phase => 'DOWN';
is run('svstat', '--fields=service,up', $own, "$dir/none")->{out}, "$own false\n$dir/none NA\n", 'one line for each service';
is run('svstat', '-o', 'error', "$dir/none")->{out}, "unable-to-chdir:-file-does-not-exist\n", 'a trouble, in one word';
for ('frob', 'up,', '', 'up,,pid', 'Up', 'uppid') {
    my $result = run('svstat', '-o', $_, $own);
    my ($bad) = grep { !/^(?:up|pid)$/ } split(/,/, $_, -1), '';
    is_deeply [@$result{qw(code out err)}], [100, '', "svstat: fatal: unknown field: $bad\n"],
        "an unknown field in '$_'";
}
is run('svstat', '-o', join(',', ('up') x 129), $own)->{code}, 100, 'not for ever more';
like run('svstat', '-o', 'nextstartin,killin', $own)->{out}, qr/^-1 -1$/, 'seconds or -1';
both($own, since => $then, phase => 'BACKOFF', next_start_ms => $now_ms->() + 9000);
like run('svstat', '-o', 'nextstartin', $own)->{out}, qr/^8\.\d{3}$/, 'seconds with three decimals';

# Every field that --help names is known, and has a value whatever the state is.
my $help = run('svstat', '--help')->{out};
my ($listed) = $help =~ /^Fields:\n(.*)\z/ms;
my @all = $listed =~ /^  (\w+) /mg;
cmp_ok scalar(@all), '>', 30, '--help lists the fields';
for my $path ($own, $target, "$dir/none", "$dir/gone", "$dir/new") {
    my $line = run('svstat', '-o', join(',', @all), $path)->{out};
    is scalar(split ' ', $line), scalar @all, "all have a value for $path";
}
like $help, qr/^usage: svstat /, '--help tells how it is used';
like run('svstat', '--version')->{out}, qr/^svstat \(upkeep\) \d+\.\d+\.\d+\n\z/, '--version tells the version';

# JSON -------------------------------------------------------------------------------------------

sub json { return map { JSON::PP->new->utf8->decode($_) } split /\n/, run('svstat', '-j', @_)->{out} }

{
    both($own, since => $then, pid => 5, ready => $then, starts => 3, cause => 'COMMAND', cause_detail => ord '"');
    my ($object, @more) = json($own);
    is scalar(@more), 0, 'one object for a service';
    is_deeply [sort keys %$object], [sort @all], 'with all fields';
    is $object->{up}, JSON::PP::true(), 'up is true';
    is $object->{pid}, 5, 'the pid is a number';
    is $object->{exitcode}, undef, 'what is unknown is null';
    is $object->{causedetail}, '"', 'a quote is escaped';
    is $object->{updownsince}, label($then), 'a label is a string';
    like run('svstat', '-j', $own)->{out}, qr/"pid":5,/, 'numbers have no quotes';

    my @objects = json('-o', 'service,pid,error', $own, "$dir/none");
    is_deeply \@objects, [{service => $own, pid => 5, error => undef},
        {service => "$dir/none", pid => undef, error => 'unable to chdir: file does not exist'}], '-o chooses';
    ($object) = json('-v', '--json', $own);
    is $object->{pid}, 5, '-v changes nothing';
    both($own, since => $then, phase => 'BACKOFF', next_start_ms => $now_ms->() + 9000, ending => 3, ending_value => 2);
    ($object) = json($own);
    cmp_ok $object->{nextstartin}, '>', 8, 'seconds are a number';
    is $object->{execerror}, 'file does not exist', 'words keep their blanks';

    for (['a "quote" and \\', 'quotes'], ["tab\tnewline\nbell\a", 'control characters'], ["gr\xC3\xBC\xC3\x9F", 'UTF-8'],
        ["\xF0\x9F\x90\x9A", 'a character of four bytes'], ["del\x7F", 'DEL']) {
        my ($name, $what) = @$_;
        my $line = run('svstat', '-j', '-o', 'service', $name)->{out};
        unlike $line, qr/[\x00-\x09\x0B-\x1F\x7F]/, "$what: no control character comes out";
        my $object = JSON::PP->new->utf8->decode($line);
        utf8::encode(my $bytes = $object->{service});
        is $bytes, $name, 'and the name can be had from it';
        ok !exists $object->{servicehex}, 'with nothing more to say';
    }
    for ("latin \xFC", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF5\x80\x80\x80", "\x80", "cut \xE2\x82", "\xFF\"") {
        my ($object) = json('-o', 'service', $_);
        like $object->{service}, qr/\x{FFFD}/, unpack('H*', $_) . ' is no UTF-8';
        is pack('H*', $object->{servicehex}), $_, 'then its bytes stand beside';
    }
}

# On a terminal ----------------------------------------------------------------------------------

# on_terminal(@argv, {env}): what a person sees. A pseudo terminal by hand: no module of perl's core
# makes one. The requests are TIOCSPTLCK and TIOCGPTN.
sub on_terminal {
    my $options = ref $_[-1] ? pop : {};
    sysopen my $master, '/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK or return;
    my ($unlocked, $number) = (pack('i', 0)) x 2;
    ioctl($master, 0x40045431, $unlocked) && ioctl($master, 0x80045430, $number) or return;
    sysopen my $terminal, '/dev/pts/' . unpack('i', $number), O_RDWR | O_NOCTTY or return;
    my $env = {TERM => 'xterm', NO_COLOR => undef, %{$options->{env} || {}}};
    my $process = start(@_, {%$options, stdout => $terminal, env => $env});
    my $seen = '';
    my $ended = wait_until { sysread $master, $seen, 65536, length $seen; $process->poll } 10, 'svstat to end';
    sysread $master, $seen, 65536, length $seen;
    return $seen =~ s/\r\n/\n/gr;
}

SKIP: {
    skip 'no pseudo terminals here', 1 unless defined on_terminal('svstat', $own);
    my ($red, $green, $yellow, $plain) = map { "\e[${_}m" } 31, 32, 33, 0;
    my ($up, $failed, $down) = map { service($_) } qw(up failed-with-a-long-name down);
    both($up, since => time - 7300, pid => 4711, ready => time - 7300, starts => 1);
    both($failed, since => time - 300000, phase => 'FAILED', wanted => 'DOWN', ending => 1, ending_value => 1);
    both($down, since => time - 50, phase => 'DOWN', wanted => 'DOWN');
    write_file("$down/down", '');
    my @names = map { s{.*/}{}r } $up, $failed, $down;

    is on_terminal('svstat', @names, 'none', {cwd => $dir}) =~ s/\b5[0-9] s/50 s/r =~ s/\b73\d\d seconds/7300 seconds/r, <<"END", 'a table';
up                       ${green}up${plain}               4711  2 h; ready 7300 seconds; started 1 time
failed-with-a-long-name  ${red}failed${plain}              -  3 d, normally up; last run: exit code 1
down                     down                -  50 s
none                     ${red}unable to chdir: file does not exist${plain}
END
    like on_terminal('svstat', $up), qr/^\Q$up: ${green}up (pid 4711) 73\E\d\d\Q seconds, running$plain; ready \E.*started 1 time$/,
        'one service: the line, in colour, and the facts';
    for my $env ({NO_COLOR => 1}, {TERM => 'dumb'}, {TERM => undef}) {
        my $seen = on_terminal('svstat', @names, {cwd => $dir, env => $env});
        unlike $seen, qr/\e/, join(' ', %$env{keys %$env} ? map { "$_=" . ($env->{$_} // '(unset)') } keys %$env : ()) . ': no colours';
        like $seen, qr/^up +up +4711 /m, 'but columns';
    }
    like on_terminal('svstat', @names, {cwd => $dir, env => {NO_COLOR => ''}}), qr/\e/, 'an empty NO_COLOR says nothing';
    is on_terminal('svstat', '-o', 'pid,up', $up, $down), "4711 true\n-1 false\n", '-o is for programs everywhere';
    unlike on_terminal('svstat', '-j', $up), qr/\e|^up /m, 'so is -j';
    unlike on_terminal('svstat', "evil\e[2J\x07\n", $up), qr/\e\[2J|\x07/, 'a name cannot drive the terminal';
    unlike run('svstat', @names, {cwd => $dir, env => {TERM => 'xterm'}})->{out}, qr/\e/, 'in a pipe there are no colours';
    is scalar(() = run('svstat', '-v', @names, {cwd => $dir})->{out} =~ /^[\w-]+: /mg), 3, 'nor columns, with -v';
}

# A real supervise -------------------------------------------------------------------------------

{
    my $service = make_service("$dir/real", run => 'exec sleep 1000');
    my $supervise = start('supervise', $service);
    ok wait_until { run('svstat', $service)->{out} =~ /^\Q$service\E: up \(pid \d+\) \d+ seconds, running\n\z/ } 10,
        'a service that runs';
    my $pid = pid_of($service);
    ok alive($pid), 'the pid is that of a process';
    like run('svstat', $service, \%djb)->{out}, qr/^\Q$service\E: up \(pid $pid\) \d+ seconds\n\z/, 'djb says so too';
    run('svc', '-p', $service);
    ok wait_until { run('svstat', $service)->{out} =~ /seconds, paused, running$/ } 10, 'paused';
    run('svc', '-c', $service);
    ok wait_until { run('svstat', $service)->{out} =~ /seconds, running$/ } 10, 'not any more';
    run('svc', '-d', $service);
    ok wait_until { run('svstat', $service)->{out} =~ /^\Q$service\E: down \d+ seconds, normally up, stopped$/ } 10, 'down';
    like run('svstat', '-v', $service)->{out}, qr/; last run: killed by SIGTERM/, 'by TERM';
    is run('svstat', '-o', 'signal', $service)->{out}, "SIGTERM\n", 'as a field too';
    run('svc', '-o', $service);
    ok wait_until { run('svstat', $service)->{out} =~ /seconds, once, running$/ } 10, 'up again, once';
    write_file("$service/down", '');
    like run('svstat', $service)->{out}, qr/seconds, normally down, once, running$/, 'normally down';

    SKIP: {
        skip 'only root can become somebody else', 4 unless have_root;
        is run('svstat', $service, $nobody)->{out}, "$service: unable to open supervise/ok: access denied\n",
            'who may not look into supervise/ learns nothing';
        chmod 0755, "$service/supervise";
        like run('svstat', $service, $nobody)->{out}, qr/^\Q$service\E: up \(pid \d+\) \d+ seconds, normally down, once, running$/,
            'who may look but not write is told all the same';
        like run('svstat', '-v', $service, $nobody)->{out}, qr/; started 2 times/, 'with all there is to be told';
        $supervise->stop('KILL');
        is run('svstat', $service, $nobody)->{out}, "$service: supervise not running\n", 'also when supervise is gone';
    }
    $supervise->stop('KILL') if $supervise->running;
    $pid = run('svstat', '-o', 'pid', $service)->{out} + 0;
    like run('svstat', '-v', $service)->{out}, qr/^\Q$service\E: supervise not running; last known: up, pid $pid still runs/,
        'a killed supervise leaves its service behind, and svstat knows it';
    kill 'KILL', $pid;
    ok wait_until { run('svstat', '-v', $service)->{out} =~ /pid $pid is gone/ } 10, 'until that is killed too';
}

done_testing;
