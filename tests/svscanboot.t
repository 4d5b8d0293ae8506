# ISC license.
#
# svscanboot: svscan as init starts it, its messages in the list of processes; killed anywhere, all
# goes on when it is started again.

use lib 'tests/lib';
use Upkeep;

use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my $home = tempdir;
my $count = 0;

my $path = '/command:/usr/local/bin:/usr/local/sbin:/bin:/sbin:/usr/bin:/usr/sbin:/usr/X11R6/bin';

sub processes { return grep { alive($_) } map { m{(\d+)$} } glob '/proc/[0-9]*' }

sub arguments { return split /\0/, read_file("/proc/$_[0]/cmdline") // '', -1 }

# working_in($directory, $name): the pid of the only process there of that name, 0 if that is not so.
sub working_in {
    my ($directory, $name) = @_;
    my @found = grep { (readlink "/proc/$_/cwd" // '') eq $directory && ((arguments($_))[0] // '') eq $name } processes();
    return @found == 1 ? $found[0] : 0;
}

my $logger = '.svscan/readproctitle';

sub title_of {
    my ($scan) = @_;
    my $pid = working_in("$scan/$logger", 'readproctitle') or return '';
    return (arguments($pid))[3] // '';
}

sub shows {
    my ($scan, $text) = @_;
    return wait_until { index(title_of($scan), $text) >= 0 } 10, "$text to be shown";
}

# all_of($scan): who is there: the supervise of the service, its main process, those of the log.
sub all_of {
    my ($scan) = @_;
    return [
        working_in("$scan/service", 'supervise'), pid_of("$scan/service"),
        working_in("$scan/$logger", 'supervise'), working_in("$scan/$logger", 'readproctitle'),
    ];
}

sub settled {
    my ($scan) = @_;
    my $all;
    wait_until { $all = all_of($scan); !grep { !$_ } @$all } 10, 'all to run';
    return $all;
}

sub scan_directory {
    my $scan = "$home/" . ++$count;
    mkdir $scan or die;
    make_service("$scan/service", run => <<'END');
tr '\0' '\n' < /proc/self/environ > environment
mkfifo gate 2> /dev/null
echo to the log
exec 3<> gate
while read line <&3; do echo "$line" >&2; done
END
    return $scan;
}

# say($scan, $line): by the service.
sub say {
    my ($scan, $line) = @_;
    open my $gate, '+<', "$scan/service/gate" or die "unable to open the gate: $!\n";
    syswrite $gate, "$line\n";
}

sub switches { return (read_file("/proc/$_[0]/status") // '') =~ /^voluntary_ctxt_switches:\s*(\d+)/m ? $1 : -1 }

sub idle_for {
    my $until = clock_gettime(CLOCK_MONOTONIC) + $_[0];
    wait_until { clock_gettime(CLOCK_MONOTONIC) >= $until } $_[0] + 10, 'time to pass';
}

# boot($scan): started, and listening.
sub boot {
    my ($scan) = @_;
    my $boot = start(program('svscanboot'), $scan, {env => {SECRET => 'of the one who starts it'}});
    wait_until { run('svscanctl', $scan, 'z')->{code} == 0 } 10, 'svscan to listen';
    return $boot;
}

# Mistakes -------------------------------------------------------------------------------------

{
    my $usage = "svscanboot: usage: svscanboot [dir]\n";
    my $result = run('svscanboot', '-x');
    is_deeply [@$result{qw(code out err)}], [100, '', "svscanboot: illegal option -- x\n$usage"], 'an unknown option';
    $result = run('svscanboot', 'one', 'two');
    is_deeply [@$result{qw(code out err)}], [100, '', $usage], 'two directories';
    $result = run('svscanboot', "$home/nowhere");
    is_deeply [@$result{qw(code out err)}],
        [111, '', "svscanboot: fatal: unable to find $home/nowhere: file does not exist\n"], 'none';
    write_file("$home/file", '');
    $result = run('svscanboot', "$home/file");
    is $result->{code}, 111, 'a file';
    like $result->{err}, qr{^svscan: fatal: unable to chdir to \Q$home\E/file: not a directory$}m, 'is told about';
    like run('svscanboot', '--version')->{out}, qr/\Asvscanboot \(upkeep\) \S+\n\z/, '--version';
}

# What it does ---------------------------------------------------------------------------------

{
    my $scan = scan_directory();
    my $boot = boot($scan);
    my $all = settled($scan);
    ok shows($scan, "to the log\n"), 'what a service says is shown';
    ok shows($scan, "svscan: info: starting\n"), 'and what svscan says';
    my @arguments = arguments($all->[3]);
    is "@arguments[0 .. 2]", 'readproctitle service errors:', 'by a readproctitle with these arguments';
    is length $arguments[3], 400, 'and room for 400 bytes';
    like read_file("$scan/service/environment"), qr{\A(?=.*^PATH=\Q$path\E$)(?!.*SECRET)}ms, 'the environment has PATH';
    is_deeply [grep { !/^(?:PATH|PWD|OLDPWD|SHLVL|_)=/ } split /\n/, read_file("$scan/service/environment")], [],
        'and what the shell of the service puts there';
    my $pid = $boot->pid;
    is join(' ', arguments($pid)), "svscan $scan $logger ", 'it has become svscan';
    is readlink("/proc/$pid/fd/0"), '/dev/null', 'standard input is nothing';
    wait_until { readlink("/proc/$pid/fd/2") ne '/dev/null' } 10, 'its log';
    is readlink("/proc/$pid/fd/$_"), readlink("/proc/$all->[3]/fd/0"), "descriptor $_ is the log" for 1 .. 2;
    my @held = grep { m{^\Q$home\E|^/tmp} && !m{^\Q$scan\E} } map { readlink $_ // () } map { glob "/proc/$_/fd/*" } $pid, @$all;
    is "@held", '', 'nobody holds what it was started with';
    is $boot->out . $boot->err, '', 'where nothing was said';

    my $result = run('svscanboot', $scan);
    is $result->{code}, 111, 'a second one does not run';
    is $result->{err}, "svscanboot: fatal: unable to lock $scan/.svscan/lock: another svscan runs there;"
        . " to end it: svscanctl $scan t\n", 'and says why';

    wait_until { my $before = switches($pid); idle_for(0.2); switches($pid) == $before } 10, 'rest';
    my @before = map { switches($_) } $pid, @$all;
    idle_for(2);
    is_deeply [map { switches($_) } $pid, @$all], \@before, 'nobody does anything at rest';
    is $boot->stop('TERM', 20)->{code}, 0, 'TERM ends it';
    is_deeply [grep { alive($_) } @$all], [], 'and all that it has started';
}

# Killed ---------------------------------------------------------------------------------------

{
    my $scan = scan_directory();
    my $boot = boot($scan);
    my $all = settled($scan);
    my ($supervise, $service, $log_supervise, $readproctitle) = @$all;
    my $pipe = readlink "/proc/$readproctitle/fd/0";
    shows($scan, 'to the log');

    kill 'KILL', $readproctitle;
    ok wait_until { settled($scan)->[3] != $readproctitle }, 'a readproctitle that is killed is started again';
    $all = settled($scan);
    is readlink("/proc/$all->[3]/fd/0"), $pipe, 'on the same pipe';
    say($scan, 'after that');
    ok shows($scan, "after that\n"), 'and shows what comes';
    is_deeply [@$all[0 .. 2]], [$supervise, $service, $log_supervise], 'nobody else has noticed';

    $boot->kill('KILL');
    $boot->wait(10);
    say($scan, 'with nobody there');
    ok shows($scan, "with nobody there\n"), 'svscan is killed: all go on';
    $boot = boot($scan);
    is_deeply settled($scan), $all, 'started again it takes them over';
    ok wait_until { (readlink('/proc/' . $boot->pid . '/fd/2') // '') eq $pipe }, 'and the pipe';
    say($scan, 'once more');
    ok shows($scan, "once more\n"), 'which works';

    kill 'KILL', $boot->pid, @$all[2, 3];
    $boot->wait(10);
    $boot = boot($scan);
    is_deeply [@{settled($scan)}[0, 1]], [$supervise, $service], 'svscan, readproctitle and its supervise: the service goes on';
    is readlink('/proc/' . settled($scan)->[3] . '/fd/0'), $pipe, 'with its pipe';
    say($scan, 'still there');
    ok shows($scan, "still there\n"), 'which works';

    kill 'KILL', $boot->pid, $supervise, @{settled($scan)}[2, 3];
    $boot->wait(10);
    $boot = boot($scan);
    wait_until { my $new = settled($scan)->[0]; $new && $new != $supervise } 10, 'another supervise';
    is settled($scan)->[1], $service, 'all but the service: it goes on';
    say($scan, 'and so on');
    ok shows($scan, "and so on\n"), 'and is heard';
    $all = settled($scan);
    is $boot->stop('TERM', 20)->{code}, 0, 'then all can be ended';
    is_deeply [grep { alive($_) } @$all], [], 'really';

    write_file("$scan/$logger/run", "#!/of/an/older/version --show\n", 0700);
    $boot = boot($scan);
    ok shows($scan, 'to the log'), 'a run of another version is replaced';
    $boot->stop('TERM', 20);
}

# Where the log cannot be made -----------------------------------------------------------------

SKIP: {
    skip 'only root can become somebody else', 4 unless have_root;
    my $scan = scan_directory();
    chmod 0777, "$scan/service" or die;
    my $boot = start(program('svscanboot'), $scan, {uid => 65534});
    ok wait_until { $boot->out =~ /^to the log$/m }, 'where the log cannot be made services run';
    like $boot->err, qr{^svscanboot: warning: unable to make \Q$scan\E/\.svscan/readproctitle: access denied; messages stay on standard error$}m,
        'and it is told';
    like $boot->err, qr{^svscan: warning: unable to use \Q$scan\E/\.svscan: }m, 'on standard error, as all else';
    is $boot->stop('TERM', 20)->{code}, 0, 'TERM ends it';
}

# The directory --------------------------------------------------------------------------------

# A root of our own, with everything of this machine's in it but what we make there.
SKIP: {
    skip 'only root may have a root directory of its own', 7 unless have_root && $ENV{UPKEEP_IN_NS};
    my $root = tempdir;
    my @places = grep { $_ ne 'service' && $_ ne 'etc' } map { s{^/}{}r } grep { -d && !-l } glob '/*';
    symlink readlink $_, "$root$_" for grep { -l } glob '/*';
    for my $place (@places) {
        mkdir "$root/$place" or die;
        skip 'nothing can be mounted here', 7
            unless run('mount', '--bind', "/$place", "$root/$place")->{code} == 0;
    }
    mkdir "$root/etc" or die;
    my $boot = sub { start('chroot', $root, program('svscanboot')) };
    my $result = $boot->();
    is $result->wait(10)->{code}, 111, 'without a directory for services';
    is $result->err, "svscanboot: fatal: unable to find services: there is neither /service nor /etc/service;"
        . " make one of them, or name another one: svscanboot [dir]\n", 'it says what to do';
    for my $directory ('/etc/service', '/service') {
        mkdir "$root$directory" or die;
        my $process = $boot->();
        ok wait_until { run('svscanctl', "$root$directory", 'z')->{code} == 0 }, "with $directory it runs there";
        ok wait_until { run('svok', "$root$directory/$logger")->{code} == 0 }, 'with its log';
        $process->stop('TERM', 20);
    }
    ok !-e "$root/etc/service/.svscan/lock" || !run('svscanctl', "$root/etc/service", 'z')->{code} == 0,
        'the other one is left alone';
}

done_testing;
