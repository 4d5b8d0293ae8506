# ISC license.
#
# setuser: the next program runs as another account, as if that had logged in.

use lib 'tests/lib';
use Upkeep;
use Chain;

my $usage = "setuser: usage: setuser account child\n";
my ($account, undef, $uid, $gid, undef, undef, undef, $home, $shell) = getpwnam 'daemon';
skip_all_unless(defined $account, 'no account called daemon here');

says run('setuser'), 100, '', $usage, 'without arguments it tells how it is used';
says run('setuser', 'daemon'), 100, '', $usage, 'and without a program';
says run('setuser', '-x', 'daemon', 'id'), 100, '', "setuser: illegal option -- x\n$usage", 'an unknown option';
like run('setuser', '--help')->{out}, qr/^usage: setuser .*account child\n/, '--help';
like run('setuser', '--version')->{out}, qr/^setuser \(upkeep\) \d/, '--version';
says run('setuser', 'nobody-of-that-name', 'true'), 111, '',
    "setuser: fatal: unknown account nobody-of-that-name\n", 'an account that is not there';

SKIP: {
    skip 'only root can become somebody else', 18 unless have_root;
    my @ids = ('sh', '-c', 'echo $(id -u) $(id -g) $(id -G)');
    my $groups = run('id', '-G', 'daemon')->{out};
    says run('setuser', 'daemon', @ids), 0, "$uid $gid $groups", '', 'uid, gid and groups of the account';
    says run('setuser', 'daemon', 'sh', '-c', 'id -ru; id -rg'), 0, "$uid\n$gid\n", '', 'for good';
    says run('setuser', 'daemon', 'sh', '-c', 'echo $HOME $SHELL $USER $UID $GID; pwd -P', {env => {UID => undef}}), 0,
        "$home $shell daemon $uid $gid\n$home\n", '', 'its variables, and its home directory';
    says run('env', '-i', 'A=1', top . '/command/setuser', 'daemon', '/usr/bin/env'), 0,
        "A=1\nHOME=$home\nSHELL=$shell\nUSER=daemon\nGID=$gid\nUID=$uid\n", '', 'in this order, others stay';
    says run('setuser', 'daemon', './nonexistent'), 111, '',
        "setuser: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
    is run('setuser', 'daemon', 'sh', '-c', 'exit 7')->{code}, 7, 'its exit code is that of the program';
    says run('setuser', 'daemon', 'id', {uid => 65534}), 111, '',
        "setuser: fatal: unable to setgid: permission denied\n", 'who is not root may not';
    my ($stray) = grep { !-e((getpwnam $_)[7]) } map { (split /:/)[0] } split /\n/, read_file('/etc/passwd');
    SKIP: {
        skip 'every account here has its home directory', 1 unless defined $stray;
        my $lost = (getpwnam $stray)[7];
        says run('setuser', $stray, 'id'), 111, '', "setuser: fatal: unable to chdir to $lost: file does not exist\n",
            'an account whose home directory is not there';
    }

    # groups(@arguments): the groups that the kernel knows of.
    my $listed = sub { run('setuser', @_, 'daemon', 'sed', '-n', 's/^Groups:[[:space:]]*//p', '/proc/self/status')->{out} =~ s/\s+$//r };
    my $adm = getgrnam('adm') // 0;
    is $listed->('--groups=12345,54321'), '12345 54321', '--groups: these';
    is $listed->('--groups='), '', 'or none';
    is $listed->('--groups', 'adm'), $adm, 'a group has a name, too';
    is join(' ', sort { $a <=> $b } split ' ', $listed->('--add-groups=54321')),
        join(' ', sort { $a <=> $b } 54321, split ' ', $groups), '--add-groups: these as well';
    says run('setuser', '--groups=daemon,no-such-group', 'daemon', 'id'), 111, '',
        "setuser: fatal: unknown group no-such-group\n", 'a group that is not there';
    says run('setuser', '--groups=1,,2', 'daemon', 'id'), 111, '', "setuser: fatal: unknown group \n", 'or has no name';
    my $status = 'sed -n "s/^Groups:[[:space:]]*//p" /proc/self/status';
    says run('setuser', '12345:54321', 'sh', '-c', 'echo $HOME ${SHELL-none} ${USER-none} $UID $GID; pwd -P; id -u; id -g',
        {env => {USER => 'old', SVPERSONALITY => 'encore'}}), 0, "/ none none 12345 54321\n/\n12345\n54321\n", '',
        'ids in numbers: nobody that lives anywhere';
    is join(' ', split ' ', run('setuser', '--add-groups=7', '12345:54321:9', 'sh', '-c', $status, {env => {SVPERSONALITY => 'encore'}})->{out}),
        '7 9 54321', 'with their groups, and more';
    is join(' ', split ' ', run('setuser', '--groups=7', '12345:54321:9', 'sh', '-c', $status, {env => {SVPERSONALITY => 'encore'}})->{out}),
        '7', 'or others';
    is run('setuser', '--groups=1', 'daemon', 'id', '-g')->{out}, "$gid\n", 'the gid is always that of the account';
}

done_testing;
