# ISC license.
#
# svok: the exit code says whether supervise runs.

use lib 'tests/lib';
use Upkeep;

use Fcntl;
use POSIX ();

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $dir = tempdir;
my %djb = (env => {SVPERSONALITY => 'djb'});

# says($result, $code, $err, $sentence): its exit code and its standard error; never any output.
sub says {
    my ($result, $code, $err, $sentence) = @_;
    is_deeply [@$result{qw(code out err)}], [$code, '', $err], $sentence;
}

# fifo($path): a FIFO that nobody reads; listen_to($path): somebody does.
sub fifo { POSIX::mkfifo($_[0], 0600) or die "mkfifo $_[0]: $!\n" }

sub listen_to {
    my ($path) = @_;
    sysopen my $reader, $path, O_RDONLY | O_NONBLOCK or die "$path: $!\n";
    return $reader;
}

sub service {
    my ($name) = @_;
    mkdir "$dir/$name" or die;
    mkdir "$dir/$name/supervise" or die;
    return "$dir/$name";
}

says run('svok'), 100, "svok: usage: svok dir\n", 'without an argument it tells how it is used';
says run('svok', "$dir/none"), 111, "svok: fatal: unable to chdir to $dir/none: file does not exist\n",
    'a directory that is not there';
write_file("$dir/file", '');
says run('svok', "$dir/file"), 111, "svok: fatal: unable to chdir to $dir/file: not a directory\n",
    'a file in place of the directory';
says run('svok', ''), 111, "svok: fatal: unable to chdir to : file does not exist\n", 'an empty name';
says run('svok', $dir), 100, '', 'a directory that supervise has never seen';

my $old = service('old');
fifo("$old/supervise/ok");
says run('svok', $old), 100, '', 'a FIFO that nobody reads: supervise is gone';

my $live = service('live');
fifo("$live/supervise/ok");
my $reader = listen_to("$live/supervise/ok");
says run('svok', $live), 0, '', 'a FIFO that somebody reads: supervise runs';
says run('svok', "$live/"), 0, '', 'a slash at the end does not matter';
says run('svok', 'live', {cwd => $dir}), 0, '', 'nor does a relative name';
says run('svok', '.', {cwd => $live}), 0, '', 'nor the directory itself';
says run('svok', $live, $old), 0, '', 'only the first argument counts, as ever';
says run('svok', $live, \%djb), 0, '', 'the djb personality knows it too';
sysread $reader, my $bytes, 10;
is $bytes // '', '', 'looking writes nothing into the FIFO';
close $reader;
says run('svok', $live), 100, '', 'and it is seen when the reader goes';

my $odd = service('odd');
mkdir "$odd/supervise/ok";
says run('svok', $odd), 111, "svok: fatal: unable to open supervise/ok: is a directory\n",
    'a directory in place of the FIFO';
says run('svok', $odd, \%djb), 111, "svok: fatal: unable to open $odd/supervise/ok: is a directory\n",
    'of which djb says the whole path';
rmdir "$odd/supervise/ok";
symlink 'ok', "$odd/supervise/ok";
says run('svok', $odd), 111, "svok: fatal: unable to open supervise/ok: symbolic link loop\n",
    'a link to itself';

SKIP: {
    skip 'only root can become somebody else', 2 unless have_root;
    my $private = service('private');
    fifo("$private/supervise/ok");
    my $hold = listen_to("$private/supervise/ok");
    says run('svok', $private, {uid => 65534}), 111,
        "svok: fatal: unable to open supervise/ok: access denied\n", 'who may not write may not know';
    chmod 0700, $private;
    says run('svok', $private, {uid => 65534}), 111,
        "svok: fatal: unable to chdir to $private: access denied\n", 'nor who may not enter';
}

{
    my $elsewhere = service('elsewhere');
    rmdir "$elsewhere/supervise";
    mkdir "$elsewhere/.sv";
    fifo("$elsewhere/.sv/ok");
    my $hold = listen_to("$elsewhere/.sv/ok");
    says run('svok', $elsewhere), 100, '', 'supervise/ is not there';
    says run('svok', $elsewhere, {env => {SUPERVISEDIR => '.sv'}}), 0, '',
        'SUPERVISEDIR names another directory';
    (my $below = $elsewhere) =~ s{/}{:}g;
    $below =~ s/^://;
    mkdir "$dir/run";
    mkdir "$dir/run/$below";
    fifo("$dir/run/$below/ok");
    my $other = listen_to("$dir/run/$below/ok");
    says run('svok', $elsewhere, {env => {SUPERVISEDIR => "$dir/run"}}), 0, '',
        'an absolute one holds a directory for each service';
    close $other;
    says run('svok', $elsewhere, {env => {SUPERVISEDIR => "$dir/run"}}), 100, '', 'which is looked at';
}

{
    my $service = make_service("$dir/real", run => 'exec sleep 1000');
    says run('svok', $service), 100, '', 'a new service directory';
    my $supervise = start('supervise', $service);
    ok wait_until { run('svok', $service)->{code} == 0 } 10, 'svok to say yes';
    says run('svok', $service), 0, '', 'a real supervise';
    my $pid = pid_of($service);
    $supervise->stop('KILL');
    says run('svok', $service), 100, '', 'which was killed';
    kill 'KILL', $pid;
}

done_testing;
