# ISC license.
#
# What doc/examples/boot has for each init: it is well-formed, and does what that init expects of it.
# As these inits are not here, this test plays them: it starts what they would start, starts it again
# when it is killed, and ends it with the signals that they would send.

use lib 'tests/lib';
use Upkeep;

chdir top;

my $examples = 'doc/examples/boot';
my $multilog = program('multilog'); # which need not be where svscanboot has its services look
my $home = tempdir;
my $count = 0;

sub lines_of { return grep { !/^\s*(?:#|$)/ } split /\n/, read_file("$examples/$_[0]") // die "unable to read $_[0]: $!\n" }

# first($file, $pattern): what it finds in the lines that are no comments.
sub first {
    my ($file, $pattern) = @_;
    for (lines_of($file)) { return $1 if $_ =~ $pattern }
    return;
}

# Form -------------------------------------------------------------------------------------------

my @files = qw(upkeep.service openrc inittab upstart.conf runit/run crontab);
is join(' ', sort map { s{^$examples/}{}r } grep { -f } glob "$examples/* $examples/*/*"), join(' ', sort @files),
    'there is something for each init';
my $page = read_file('doc/autostart.7');
like $page, qr/^\.It Li \Q$_\E Ta /m, "autostart(7) has $_" for map { s{/\w+$}{/}r } @files;

for my $file (@files) {
    my %named = map { $_ => 1 } read_file("$examples/$file") =~ m{/usr/local/bin/(\w+)}g;
    is_deeply [sort grep { !program($_) } keys %named], [], "$file: the programs that it names are there";
    ok $named{svscanboot}, 'svscanboot is one';
}

is run('sh', '-n', "$examples/$_")->{err}, '', "$_: the shell understands it" for qw(openrc runit/run);
ok -x "$examples/$_", "$_ is executable" for qw(openrc runit/run);

# put($file): a copy that names the programs under test.
sub put {
    my ($file) = @_;
    my $here = program('svscanboot') =~ s{/[^/]*$}{}r;
    my $copy = "$home/" . $file =~ s{.*/}{}r;
    return write_file($copy, read_file("$examples/$file") =~ s{/usr/local/bin\b}{$here}gr, 0644);
}

SKIP: {
    skip 'no systemd-analyze here', 2 unless program('systemd-analyze');
    my $result = run('systemd-analyze', 'verify', '--man=no', put('upkeep.service'));
    skip 'systemd-analyze does not work here', 2 if $result->{err} =~ /Failed to (?:initialize|setup|connect)/;
    is $result->{code}, 0, 'upkeep.service: systemd-analyze verifies it';
    is $result->{err}, '', 'without a word';
}

{
    my %unit = map { /^(\w+)=(.*)$/ ? ($1 => $2) : () } lines_of('upkeep.service');
    is_deeply [@unit{qw(Restart KillMode OOMPolicy StartLimitIntervalSec)}], ['always', 'process', 'continue', 0],
        'it is started again, for ever, and the end of one process is not that of others';
    my $script = 'need() { echo "need $*"; }; after() { :; }; . "$0"; depend; echo "$supervisor:$command"';
    my $result = run('sh', '-u', '-c', $script, put('openrc'));
    like $result->{out}, qr{\Aneed localmount\nsupervise-daemon:/.*/svscanboot\n\z}, 'openrc: it defines what OpenRC needs';
    is_deeply [map { scalar split /:/, $_, 4 } lines_of('inittab')], [4], 'inittab: one line of four fields';
    like((lines_of('inittab'))[0], qr/^\w{1,4}:\d+:respawn:/, 'with a name of up to four letters, to be started again');
    my %known = map { $_ => 1 } qw(description start stop respawn kill exec);
    is_deeply [grep { !$known{(split)[0]} } lines_of('upstart.conf')], [], 'upstart.conf: only stanzas that Upstart knows';
    is_deeply [map { /^\@reboot [^%]+$/ ? () : $_ } lines_of('crontab')], [], 'crontab: a line for cron';
    like read_file("$examples/crontab"), qr/^#(?:\* ){5}exec /m, 'and one for those who want it started again';
}

# In use -----------------------------------------------------------------------------------------

# scan_directory: with a service that says on TERM that it goes, and its logger.
sub scan_directory {
    my $scan = "$home/" . ++$count;
    mkdir $scan or die;
    make_service("$scan/service", run => "trap 'echo told to go; kill \$!; exit 0' TERM\necho begun\n"
        . "while :; do sleep 1000 & wait \$!; done", log => {run => "exec $multilog ./main"});
    return $scan;
}

sub logged { return read_file("$_[0]/service/log/main/current") // '' }

# listens($scan): waits for svscan.
sub listens {
    my ($scan) = @_;
    return wait_until { run('svscanctl', $scan, 'z')->{code} == 0 } 10, 'svscan to listen';
}

# below($scan): the processes that work there, or below it.
sub below {
    my ($scan) = @_;
    return grep { alive($_) && (readlink("/proc/$_/cwd") // '') =~ m{^\Q$scan\E(?:/|$)} } map { m{(\d+)$} } glob '/proc/[0-9]*';
}

# begin($command, $environment): as an init does, in a session of its own, with what it has itself for
# an environment.
sub begin {
    my ($command, $environment) = @_;
    my $setsid = 'use POSIX; POSIX::setsid(); exec "/bin/sh", "-c", $ARGV[0]';
    return start($^X, '-e', $setsid, $command, {env => {INIT => 'here', %{$environment || {}}}});
}

# The command that each of them starts, and whom it signals in the end: the process, or its group.
my $program = program('svscanboot');
my @inits = (
    ['systemd', first('upkeep.service', qr/^ExecStart=(.*)/), 0],
    ['OpenRC', first('openrc', qr/^command="(.*)"/), 0],
    ['sysvinit', first('inittab', qr/^(?:[^:]*:){3}(.*)/), 1],
    ['Upstart', first('upstart.conf', qr/^exec (.*)/), 1],
    ['runit', first('runit/run', qr/^exec (.*)/), 0],
);
for (@inits) {
    my ($init, $command, $signals_group) = @$_;
    my $scan = scan_directory();
    is $command, '/usr/local/bin/svscanboot', "$init starts svscanboot";
    $command = "exec $program $scan";
    my $process = begin($command);
    listens($scan);
    ok wait_until { logged($scan) eq "begun\n" }, "$init: it starts the services";
    my $service = pid_of("$scan/service");
    $process->kill('KILL');
    $process->wait(10);
    ok alive($service), "$init: it is killed: services go on";
    $process = begin($command);
    listens($scan);
    is pid_of("$scan/service"), $service, "$init: started again it takes them over";
    $signals_group ? kill('TERM', -$process->pid) : $process->kill('TERM');
    is $process->wait(20)->{code}, 0, "$init: TERM ends it" . ($signals_group ? ', and its process group' : '');
    ok wait_until { !below($scan) }, 'nothing is left';
    is logged($scan), "begun\ntold to go\n", 'and the last words are in the log';
}

# runsv itself, where it can be had.
SKIP: {
    my $runit = peer('runit') or skip 'no runit here, and it cannot be fetched', 4;
    my $scan = scan_directory();
    mkdir "$home/runit" or die;
    my $run = read_file(put('runit/run'));
    write_file("$home/runit/run", $run =~ s{svscanboot$}{svscanboot $scan}mr, 0755);
    my $runsv = start("$runit/runsv", "$home/runit");
    ok listens($scan), 'runsv starts it';
    wait_until { logged($scan) eq "begun\n" } 10, 'the service';
    my $service = pid_of("$scan/service");
    my ($pid) = (read_file("$home/runit/supervise/pid") // '') =~ /(\d+)/;
    kill 'KILL', $pid;
    ok wait_until { my ($new) = (read_file("$home/runit/supervise/pid") // '') =~ /(\d+)/; $new && $new != $pid && listens($scan) },
        'and again when it is killed';
    is pid_of("$scan/service"), $service, 'without the services noticing';
    $runsv->stop('TERM', 20);
    ok wait_until { !below($scan) }, 'TERM for runsv is the end of all';
}

# What cron starts, it starts with a shell, as a user, with little more than HOME.
{
    my ($command) = map { /^\@reboot (.*)/ } lines_of('crontab');
    $command =~ s{/usr/local/bin/}{$program =~ s{[^/]*$}{}r}e;
    my $user = tempdir;
    my @user = have_root ? (uid => 65534) : ();
    chmod 01777, $user or die;
    my $process = start('/bin/sh', '-c', $command, {env => {HOME => $user}, cwd => $user, @user});
    my $scan = "$user/service";
    ok listens($scan), 'cron: a scan directory is made, and svscan runs there';
    make_service("$home/new", run => 'exec sleep 1000');
    chown 65534, 65534, "$home/new" or die if have_root;
    my $moved = run('mv', "$home/new", "$scan/service");
    ok wait_until { pid_of("$scan/service") }, 'for that user';
    is $process->err . $process->out, '', 'without a mail';
    my ($again) = read_file("$examples/crontab") =~ /^#(?:\* ){5}(.*)$/m;
    $again =~ s{/usr/local/bin/}{$program =~ s{[^/]*$}{}r}e;
    my $second = run('/bin/sh', '-c', $again, {env => {HOME => $user}, @user});
    is_deeply [@$second{qw(code out err)}], [111, '', ''], 'the other line does nothing while one runs';
    is $process->stop('TERM', 20)->{code}, 0, 'TERM ends it';
    ok wait_until { !below($scan) }, 'with all';
}

# All of it inside: process 1 of a container, or of a test.
{
    my $scan = scan_directory();
    my @enter = qw(unshare --pid --fork --mount-proc --kill-child);
    push @enter, qw(--user --map-current-user) unless have_root;
    SKIP: {
        skip 'there is no PID namespace to be had here', 3 unless run(@enter, 'true')->{code} == 0;
        # inside, it is process 1 that cannot be ended but by itself
        my $process = start(@enter, $program, $scan);
        ok listens($scan), 'as process 1';
        wait_until { logged($scan) eq "begun\n" } 10, 'the service';
        is run('svscanctl', $scan, 't')->{code}, 0, 'it is told to end';
        is $process->wait(20)->{code}, 0, 'and ends in order';
        is logged($scan), "begun\ntold to go\n", 'with the last words in the log';
    }
}

done_testing;
