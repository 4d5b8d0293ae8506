# ISC license.
#
# envuidgid: an account's ids in the environment, and nothing else.

use lib 'tests/lib';
use Upkeep;
use Chain;

my $dir = tempdir;
my %here = (cwd => $dir);
my $usage = "envuidgid: usage: envuidgid account child\n";
my ($account, undef, $uid, $gid) = getpwnam 'daemon';
skip_all_unless(defined $account, 'no account called daemon here');

says run('envuidgid'), 100, '', $usage, 'without arguments it tells how it is used';
says run('envuidgid', 'daemon'), 100, '', $usage, 'and without a program';
says run('envuidgid', '--help'), 0, "usage: envuidgid account child\n", '', '--help';
like run('envuidgid', '--version')->{out}, qr/^envuidgid \(upkeep\) \d/, '--version';
says run('envuidgid', 'nobody-of-that-name', 'true'), 111, '',
    "envuidgid: fatal: unknown account nobody-of-that-name\n", 'an account that is not there';
says run('envuidgid', '-s', 'true'), 111, '', "envuidgid: fatal: unknown account -s\n", 'there are no options';
says run('envuidgid', 'daemon', './nonexistent', \%here), 111, '',
    "envuidgid: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
says run('envuidgid', 'daemon', 'sh', '-c', 'echo $UID:$GID', {env => {UID => undef, GID => 'old'}}), 0,
    "$uid:$gid\n", '', 'the ids of the account';
says run('envuidgid', 'daemon', 'sh', '-c', 'id; exit 3'), 3, run('id')->{out}, '', 'the process keeps its own';

says run('envuidgid', '12345:54321', 'sh', '-c', 'echo $UID:$GID', {env => {UID => undef, GID => 'old', SVPERSONALITY => 'encore'}}),
    0, "12345:54321\n", '', 'ids in numbers';
says run('envuidgid', '1:', 'true'), 111, '', "envuidgid: fatal: unknown account 1:\n", 'both of them';
says run('envuidgid', '1:2', 'true', {env => {SVPERSONALITY => 'djb'}}), 111, '',
    "envuidgid: fatal: unknown account 1:2\n", 'not in the djb personality';

same('the environment, in its order', 'envuidgid', 'daemon', '/usr/bin/env', {only => [qw(A=1 UID=7 B=2 GID=9 C=3)]});
same('the errors', 'envuidgid', @$_, \%here)
    for [], ['daemon'], ['-s', 'true'], ['nobody-of-that-name', 'true'], ['daemon', './nonexistent'];

done_testing;
