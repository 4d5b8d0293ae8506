# ISC license.
#
# setuidgid: the next program runs as another account.

use lib 'tests/lib';
use Upkeep;
use Chain;

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $dir = tempdir;
my %here = (cwd => $dir);
my %djb = (env => {SVPERSONALITY => 'djb'});
my $usage = "setuidgid: usage: setuidgid [-s] account child\n";
my ($account, undef, $uid, $gid) = getpwnam 'daemon';
skip_all_unless(defined $account, 'no account called daemon here');

says run('setuidgid'), 100, '', $usage, 'without arguments it tells how it is used';
says run('setuidgid', 'daemon'), 100, '', $usage, 'and without a program';
says run('setuidgid', '-x', 'daemon', 'id'), 100, '', "setuidgid: illegal option -- x\n$usage", 'an unknown option';
says run('setuidgid', \%djb), 100, '', "setuidgid: usage: setuidgid account child\n",
    'daemontools has a shorter usage text';
like run('setuidgid', '--help')->{out}, qr/^usage: setuidgid \[-s\] account child\n/, '--help';
like run('setuidgid', '--version')->{out}, qr/^setuidgid \(upkeep\) \d/, '--version';
says run('setuidgid', 'nobody-of-that-name', 'true'), 111, '',
    "setuidgid: fatal: unknown account nobody-of-that-name\n", 'an account that is not there';
says run('setuidgid', $_, 'true'), 111, '', "setuidgid: fatal: unknown account $_\n", "nor is $_ one"
    for '0', '0:', ':0', '0:0:', '4294967295:0', '0:0x';
says run('setuidgid', '0:0', 'true', \%djb), 111, '', "setuidgid: fatal: unknown account 0:0\n",
    'in the djb personality numbers are none';
says run('setuidgid', '-s', 'true', \%djb), 111, '', "setuidgid: fatal: unknown account -s\n",
    'in the djb personality there are no options';
same('the errors', 'setuidgid', @$_, \%here) for [], ['daemon'], ['-s', 'true'], ['nobody-of-that-name', 'true'];

SKIP: {
    skip 'only root can become somebody else', 17 unless have_root;
    my @ids = ('sh', '-c', 'echo $(id -u) $(id -g) $(id -G)');
    my @real = ('sh', '-c', 'id -ru; id -rg');
    says run('setuidgid', 'daemon', @ids), 0, "$uid $gid $gid\n", '', 'uid and gid of the account, and no other group';
    says run('setuidgid', 'daemon', @real), 0, "$uid\n$gid\n", '', 'for good';
    my @with_groups = ('perl', '-e', '$) = "0 0 12345 54321"; exec @ARGV');
    says run(@with_groups, 'id', '-G'), 0, "0 12345 54321\n", '', 'whoever has other groups';
    says run(@with_groups, 'setuidgid', 'daemon', @ids), 0, "$uid $gid $gid\n", '', 'loses them';
    my $groups = run('id', '-G', 'daemon')->{out};
    says run('setuidgid', '-s', 'daemon', @ids), 0, "$uid $gid $groups", '', '-s: with the groups that id names';
    my ($member) = grep { (split ' ', run('id', '-G', $_)->{out}) > 1 } map { (split /:/)[0] } split /\n/,
        read_file('/etc/passwd');
    SKIP: {
        skip 'no account with several groups here', 2 unless defined $member;
        my $expected = join ' ', sort split ' ', run('id', '-G', $member)->{out};
        is join(' ', sort split ' ', run('setuidgid', '-s', $member, 'id', '-G')->{out}), $expected,
            'also where there are several';
        is run('setuidgid', $member, 'id', '-G')->{out}, run('id', '-g', $member)->{out}, 'which are dropped without -s';
    }
    my @all = ('sh', '-c', 'echo $(id -u) $(id -g); sed -n "s/^Groups:[[:space:]]*//p" /proc/self/status');
    is run('setuidgid', '12345:54321', @all)->{out} =~ s/ $//mr, "12345 54321\n54321\n", 'an account in numbers';
    is run('setuidgid', '12345:54321:7,9', @all)->{out} =~ s/ $//mr, "12345 54321\n7 9 54321\n", 'with other groups';
    is run('setuidgid', '-s', '12345:54321', @all)->{out} =~ s/ $//mr, "12345 54321\n54321\n", 'there are no more with -s';
    chmod 0755, $dir;
    says run('setuidgid', 'daemon', './nonexistent', \%here), 111, '',
        "setuidgid: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
    is run('setuidgid', 'daemon', 'sh', '-c', 'exit 7')->{code}, 7, 'its exit code is that of the program';
    says run('setuidgid', 'daemon', 'id', {uid => 65534}), 111, '',
        "setuidgid: fatal: unable to setgid: permission denied\n", 'who is not root may not';
    says run('setuidgid', '-s', 'daemon', 'id', {uid => 65534}), 111, '',
        "setuidgid: fatal: unable to initgroups: permission denied\n", 'with -s neither';
    same('what it becomes', 'setuidgid', 'daemon', @ids);
    same('who may not', 'setuidgid', 'daemon', 'id', {uid => 65534});
    same('the environment is untouched', 'setuidgid', 'daemon', '/usr/bin/env');
}

done_testing;
