# ISC license.
#
# nonewprivs: the next program can gain no privileges.

use lib 'tests/lib';
use Upkeep;
use Chain;

my $dir = tempdir;
my $usage = "nonewprivs: usage: nonewprivs child\n";

says run('nonewprivs'), 100, '', $usage, 'without arguments it tells how it is used';
says run('nonewprivs', '--help'), 0, "usage: nonewprivs child\n", '', '--help';
like run('nonewprivs', '--version')->{out}, qr/^nonewprivs \(upkeep\) \d/, '--version';
says run('nonewprivs', './nonexistent', {cwd => $dir}), 111, '',
    "nonewprivs: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
is run('nonewprivs', 'sh', '-c', 'exit 7')->{code}, 7, 'its exit code is that of the program';

my @bit = ('sed', '-n', 's/^NoNewPrivs:\s*//p', '/proc/self/status');
is run('nonewprivs', @bit)->{out}, "1\n", 'the bit is set';
is run('nonewprivs', 'sh', '-c', "exec @bit[0, 1] '$bit[2]' $bit[3]")->{out}, "1\n", 'and stays set';
SKIP: {
    skip 'only root can become somebody else', 3 unless have_root;
    is run('nonewprivs', @bit, {uid => 65534})->{out}, "1\n", 'anybody may do that';
    my $id = program('id');
    my $raised = "$dir/id";
    File::Copy::cp($id, $raised) or die "unable to copy $id: $!\n";
    chmod 04755, $raised;
    SKIP: {
        my $uid = run($raised, '-u', {uid => 65534})->{out};
        skip 'set-uid programs have no effect here', 2 unless $uid eq "0\n";
        is run('nonewprivs', $raised, '-u', {uid => 65534})->{out}, "65534\n", 'a set-uid program runs as who started it';
        is run('nonewprivs', 'setuidgid', 'daemon', $raised, '-u')->{out}, (getpwnam 'daemon')[2] . "\n",
            'also behind another program of the chain';
    }
}

done_testing;
