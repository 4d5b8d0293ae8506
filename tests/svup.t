# ISC license.
#
# svup: the exit code says whether the service is up.

use lib 'tests/lib';
use Upkeep;

use Fcntl;
use POSIX ();

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $dir   = tempdir;
my $usage = "svup: usage: svup [-L] [-l] dir\n";

# says($result, $code, $err, $sentence): its exit code and its standard error; never any output.
sub says {
    my ($result, $code, $err, $sentence) = @_;
    is_deeply [@$result{qw(code out err)}], [$code, '', $err], $sentence;
}

# service($name): a directory in which somebody seems to run; keeps the reader of `ok` in %reader.
my %reader;
sub service {
    my ($name) = @_;
    mkdir "$dir/$name" or die;
    mkdir "$dir/$name/supervise" or die;
    POSIX::mkfifo("$dir/$name/supervise/ok", 0600) or die;
    sysopen $reader{$name}, "$dir/$name/supervise/ok", O_RDONLY | O_NONBLOCK or die;
    return "$dir/$name";
}

# record($pid, $want, $state): 18 bytes, or with a state 20.
sub record {
    my ($pid, $want, $state) = @_;
    my $start = pack('Q>N', 4611686018427387914 + 1_000_000_000, 500) . pack('VCa', $pid, 0, $want);
    return defined $state ? $start . pack('CC', $state, 0) : $start;
}

sub status { write_file("$_[0]/supervise/status", $_[1]) }

# Usage and trouble ----------------------------------------------------------------------------

says run('svup'), 100, $usage, 'without an argument it tells how it is used';
says run('svup', '-l'), 100, $usage, 'so it does with options only';
says run('svup', '-z', $dir), 100, "svup: illegal option -- z\n$usage", 'there is no -z';
like run('svup', '--help')->{out}, qr/\Ausage: svup \[-L\] \[-l\] dir\n/, '--help helps';
like run('svup', '--version')->{out}, qr/\Asvup \(upkeep\) \S+\n\z/, '--version says which upkeep it is';
says run('svup', "$dir/none"), 111, "svup: fatal: unable to chdir to $dir/none: file does not exist\n",
    'a directory that is not there is named';
says run('svup', ''), 111, "svup: fatal: unable to chdir to : file does not exist\n", 'an empty name';
says run('svup', $dir), 100, '', 'a directory that supervise has never seen';

my $web = service('web');
says run('svup', $web), 100, '', 'a supervise that has not written a status yet';
status($web, '');
says run('svup', $web), 111, "svup: fatal: bad data in supervise/status: truncated file\n", 'an empty status';
status($web, substr record(5, 'u'), 0, 17);
says run('svup', $web), 111, "svup: fatal: bad data in supervise/status: truncated file\n", 'half a status';
status($web, "\377" x 20);
says run('svup', $web), 111, "svup: fatal: bad data in supervise/status: no time stamp\n", 'something else';
unlink "$web/supervise/status";
mkdir "$web/supervise/status";
says run('svup', $web), 111, "svup: fatal: unable to read supervise/status: is a directory\n", 'a directory in its place';
rmdir "$web/supervise/status";
symlink 'status', "$web/supervise/status";
says run('svup', $web), 111, "svup: fatal: unable to open supervise/status: symbolic link loop\n", 'or a link';
unlink "$web/supervise/status";

# What is up -----------------------------------------------------------------------------------

my @states = qw(stopped starting started running stopping failed);
for my $state (0 .. $#states) {
    status($web, record(0, 'd', $state));
    my $up = $states[$state] =~ /^(?:started|running)$/;
    says run('svup', $web), $up ? 0 : 100, '', "without a process, $states[$state]: " . ($up ? 'up' : 'not up');
    status($web, record(5, 'u', $state));
    says run('svup', $web), 0, '', "with a process, $states[$state]: up";
}
status($web, record(0, 'u'));
says run('svup', $web), 100, '', 'daemontools\' record without a process';
says run('svup', $web, {env => {SVPERSONALITY => 'djb'}}), 100, '', 'in either personality';
for my $pid (1, 256, 65536, 1 << 24) {
    status($web, record($pid, 'u'));
    says run('svup', $web), 0, '', "and with the process $pid";
}
says run('svup', $web, {env => {SVPERSONALITY => 'djb'}}), 0, '', 'that too';
says run('svup', 'web', {cwd => $dir}), 0, '', 'a relative name will do';
says run('svup', "$web/"), 0, '', 'and a slash at the end';
says run('svup', '--', $web, "$dir/none"), 0, '', 'only the first argument counts';
close $reader{web};
says run('svup', $web), 100, '', 'when supervise has gone, the status does not count';

# Loggers --------------------------------------------------------------------------------------

my $pair = service('pair');
status($pair, record(5, 'u', 3));
says run('svup', $pair), 0, '', 'a service without a logger';
says run('svup', '-l', $pair), 0, '', '-l says the same then';
says run('svup', '-L', $pair), 100, '', '-L asks for the logger: there is none';
for my $main (0, 5) {
    for my $logger (0, 6) {
        my $what = 'service ' . ($main ? 'up' : 'down') . ', logger ' . ($logger ? 'up' : 'down');
        status($pair, record($main, 'u', $main ? 3 : 0) . record($logger, 'u', $logger ? 3 : 0));
        says run('svup', $pair), $main && $logger ? 0 : 100, '', "$what: up if both are";
        says run('svup', '-l', $pair), $main ? 0 : 100, '', "$what: -l asks for the service";
        says run('svup', '-L', $pair), $logger ? 0 : 100, '', "$what: -L asks for the logger";
        says run('svup', '-Ll', $pair), $main ? 0 : 100, '', "$what: of both the last one counts";
        says run('svup', '-l', '-L', $pair), $logger ? 0 : 100, '', "$what: in either order";
    }
}
status($pair, record(5, 'u', 3) . substr record(0, 'd'), 0, 17);
says run('svup', $pair), 0, '', 'half of a logger\'s record is none';
status($pair, record(5, 'u', 3) . record(6, 'u'));
says run('svup', '-L', $pair), 0, '', 'without its state it is one';

# Rights and places ----------------------------------------------------------------------------

SKIP: {
    skip 'only root can become somebody else', 2 unless have_root;
    says run('svup', $pair, {uid => 65534}), 111, "svup: fatal: unable to open supervise/ok: access denied\n",
        'who may not write may not know';
    chmod 0622, "$pair/supervise/ok";
    chmod 0755, "$pair/supervise";
    says run('svup', $pair, {uid => 65534}), 0, '', 'who may, may';
}
mkdir "$pair/.sv" or die;
says run('svup', $pair, {env => {SUPERVISEDIR => '.sv'}}), 100, '', 'SUPERVISEDIR names another directory';
rmdir "$pair/.sv";
rename "$pair/supervise", "$pair/.sv" or die;
says run('svup', $pair), 100, '', 'without it, there is none';
says run('svup', $pair, {env => {SUPERVISEDIR => '.sv'}}), 0, '', 'with it, there is';
unlink "$pair/.sv/status";
write_file("$pair/.sv/status", 'x');
says run('svup', $pair, {env => {SUPERVISEDIR => '.sv'}}), 111, "svup: fatal: bad data in .sv/status: truncated file\n",
    'and messages name it';

# A real one -----------------------------------------------------------------------------------

for my $personality (qw(encore djb)) {
    local $ENV{SVPERSONALITY} = $personality;
    my $service = make_service("$dir/real-$personality", run => 'exec sleep 1000', down => '');
    my $supervise = start('supervise', $service);
    ok wait_until { run('svok', $service)->{code} == 0 } 10, "a supervise of the $personality personality";
    says run('svup', $service), 100, '', 'a service that is down';
    run('svc', '-u', $service);
    ok wait_until { pid_of($service) } 10, 'svc -u';
    says run('svup', $service), 0, '', 'it is up';
    says run('svup', '-L', $service), 100, '', 'and has no logger';
    run('svc', '-d', $service);
    ok wait_until { !pid_of($service) } 10, 'svc -d';
    says run('svup', $service), 100, '', 'it is not up';
    run('svc', '-x', $service);
    ok $supervise->wait(10), 'svc -x';
    says run('svup', $service), 100, '', 'it is not supervised any more';
}

done_testing;
