# ISC license.
#
# setlock: a program runs while it holds a lock on a file.

use lib 'tests/lib';
use Upkeep;

use Fcntl ':flock';

my $dir  = tempdir;
my $usage = "setlock: usage: setlock [ -nNxX ] file program [ arg ... ]\n";
my $peer = peer('daemontools');

# setlock(@arguments): run in our directory.
sub setlock { return run('setlock', @_, {cwd => $dir}) }

# says($result, $code, $out, $err, $sentence)
sub says {
    my ($result, @expected) = @_;
    my $sentence = pop @expected;
    is_deeply [@$result{qw(code out err)}], \@expected, $sentence;
}

# Usage ----------------------------------------------------------------------------------------

says setlock(), 100, '', $usage, 'without arguments it tells how it is used';
says setlock('lock'), 100, '', $usage, 'so it does with a file only';
says setlock('-n'), 100, '', $usage, 'or with options only';
says setlock('-nx', 'lock'), 100, '', $usage, 'or without a program';
ok !-e "$dir/lock", 'and makes no file';
says setlock('-z', 'lock', 'true'), 100, '', "setlock: illegal option -- z\n$usage", 'there is no -z';
says setlock('-nzx', 'lock', 'true'), 100, '', "setlock: illegal option -- z\n$usage", 'not in a cluster either';
ok !-e "$dir/lock", 'nor is a file made then';
like run('setlock', '--help')->{out}, qr/\Ausage: setlock \[ -nNxX \] file/, '--help helps';
like run('setlock', '--version')->{out}, qr/\Asetlock \(upkeep\) \S+\n\z/, '--version says which upkeep it is';

# The file -------------------------------------------------------------------------------------

says setlock('none/lock', 'echo', 'wrong'), 111, '', "setlock: fatal: unable to open none/lock: file does not exist\n",
    'a file that cannot be made';
says setlock('-x', 'none/lock', 'echo', 'wrong'), 0, '', '', 'of which -x says nothing';
says setlock('-xX', 'none/lock', 'echo', 'wrong'), 111, '',
    "setlock: fatal: unable to open none/lock: file does not exist\n", '-X does again';
says setlock('-Xx', 'none/lock', 'echo', 'wrong'), 0, '', '', 'the last one counts';
says setlock('.', 'echo', 'wrong'), 111, '', "setlock: fatal: unable to open .: is a directory\n", 'a directory';
says setlock('', 'echo', 'wrong'), 111, '', "setlock: fatal: unable to open : file does not exist\n", 'an empty name';
POSIX::mkfifo("$dir/fifo", 0600);
says setlock('fifo', 'echo', 'wrong'), 111, '', "setlock: fatal: unable to open fifo: device not configured\n",
    'a FIFO that nobody reads is not waited for';

umask 022;
says setlock('lock', 'echo', 'a b', ''), 0, "a b \n", '', 'the program runs, with its arguments';
is -s "$dir/lock", 0, 'an empty file was made';
is sprintf('%04o', (stat "$dir/lock")[2] & 07777), '0600', 'that is its owner\'s only';
write_file("$dir/lock", "content\n", 0640);
says setlock('lock', 'true'), 0, '', '', 'a file that is there is taken as well';
is read_file("$dir/lock"), "content\n", 'what is in it stays';
is sprintf('%04o', (stat "$dir/lock")[2] & 07777), '0640', 'and so does its mode';
says setlock('lock', 'sh', '-c', 'exit 7'), 7, '', '', 'the exit code is that of the program';
is setlock('lock', 'sh', '-c', 'kill -TERM $$')->{signal}, 15, 'or the signal that ended it';
says setlock('lock', './nonexistent'), 111, '', "setlock: fatal: unable to run ./nonexistent: file does not exist\n",
    'a program that is not there';
says setlock('-x', 'lock', './nonexistent'), 111, '',
    "setlock: fatal: unable to run ./nonexistent: file does not exist\n", 'that is said with -x too';
says setlock('--', 'lock', 'echo', '-n', '-x'), 0, "-x", '', '-- ends the options'
    if run('echo', '-n', '-x')->{out} eq '-x';
says setlock('lock', 'sh', '-c', 'echo $#', '-', '-n', '-z'), 0, "2\n", '', 'the program\'s options are its own';

SKIP: {
    skip 'only root can become somebody else', 2 unless have_root;
    chmod 0600, "$dir/lock";
    my %nobody = (cwd => $dir, uid => 65534);
    says run('setlock', 'lock', 'echo', 'wrong', {%nobody}), 111, '',
        "setlock: fatal: unable to open lock: access denied\n", 'who may not write the file may not lock it';
    says run('setlock', '-x', 'lock', 'echo', 'wrong', {%nobody}), 0, '', '', 'nor with -x';
}

# The lock -------------------------------------------------------------------------------------

# hold: the lock, as somebody else.
sub hold {
    open my $file, '+<', "$dir/lock" or die "lock: $!\n";
    flock $file, LOCK_EX | LOCK_NB or die "flock: $!\n";
    return $file;
}

sub is_free {
    open my $file, '+<', "$dir/lock" or die "lock: $!\n";
    return flock $file, LOCK_EX | LOCK_NB;
}

# waits_for_lock($pid): the kernel says that it does.
sub waits_for_lock {
    my ($pid) = @_;
    return read_file('/proc/locks') =~ /^\d+: +-> FLOCK +ADVISORY +WRITE +\Q$pid\E /m;
}

{
    my $held = hold();
    my $temporary = "setlock: fatal: unable to lock lock: temporary failure\n";
    says setlock('-n', 'lock', 'echo', 'wrong'), 111, '', $temporary, '-n does not wait for who has the lock';
    says setlock('-n', '-n', 'lock', 'echo', 'wrong'), 111, '', $temporary, 'however often that is said';
    says setlock('-Nn', 'lock', 'echo', 'wrong'), 111, '', $temporary, 'the last of -n and -N counts';
    says setlock('-nx', 'lock', 'echo', 'wrong'), 0, '', '', 'of which -x says nothing';
    says setlock('-x', '-n', 'lock', 'echo', 'wrong'), 0, '', '', 'in whatever order';
    says setlock('-nxX', 'lock', 'echo', 'wrong'), 111, '', $temporary, 'and -X does again';

    my %waiting = map { $_ => start('setlock', $_, 'lock', 'echo', 'done', {cwd => $dir}) } qw(-N -nN -x -X);
    for my $option (sort keys %waiting) {
        ok wait_until { waits_for_lock($waiting{$option}->pid) } 10, "setlock $option waits for the lock";
        is $waiting{$option}->out, '', 'and runs nothing meanwhile';
    }
    close $held;
    for my $option (sort keys %waiting) {
        my $result = $waiting{$option}->wait(10) || {};
        is_deeply [$result->{code}, $waiting{$option}->out], [0, "done\n"], "then setlock $option runs the program";
    }
    says setlock('-n', 'lock', 'echo', 'mine'), 0, "mine\n", '', '-n takes a lock that nobody has';
}

{
    my $process = start('setlock', 'lock', 'sh', '-c', 'echo here; exec sleep 1000', {cwd => $dir});
    ok wait_until { $process->out eq "here\n" } 10, 'the program runs';
    ok !is_free(), 'the program holds the lock';
    my ($fd) = grep { (readlink($_) // '') eq "$dir/lock" } glob '/proc/' . $process->pid . '/fd/*';
    ok $fd, 'by a descriptor that it has';
    my ($flags) = read_file($fd =~ s{/fd/}{/fdinfo/}r) =~ /^flags:\s+0?(\d+)$/m;
    is oct("0$flags") & 03 | oct("0$flags") & 06000, 01 | 02000 | 04000, 'open for appending, not blocking';
    $process->stop('KILL');
    ok wait_until { is_free() } 10, 'it is free as soon as the program has ended, however it did';

    $process = start('setlock', 'lock', 'sh', '-c', 'sleep 1000 & echo $!', {cwd => $dir});
    ok wait_until { $process->poll && $process->out =~ /\n/ } 10, 'a program that leaves another one behind';
    ok !is_free(), 'leaves it the lock';
    kill 'KILL', $process->out + 0;
    ok wait_until { is_free() } 10, 'until that has gone too';
}

SKIP: {
    skip 'no daemontools here', 1 unless $peer;
    my $held = hold();
    for my $try ([], ['f'], ['-q'], ['-nq', 'f', 'true'], ['-', 'true'], ['-n'], ['none/lock', 'true'], ['-x', 'none/lock', 'true'],
        ['-n', 'lock', 'true'], ['-nx', 'lock', 'true'], ['-nNn', 'lock', 'true'], ['new', 'echo', 'x'], ['.', 'true'],
        ['fifo', 'true'], ['new', './none'], ['-x', 'new', './none'], ['--', 'new', 'echo', '-z'], ['new', ''], ['', 'true'])
    {
        my @result = map { unlink "$dir/new", "$dir/-"; run($_, @$try, {cwd => $dir}) } program('setlock'), "$peer/setlock";
        is_deeply $result[0], $result[1], "setlock @$try: as daemontools' own";
    }
}

done_testing;
