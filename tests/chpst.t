# ISC license.
#
# chpst: runit's program that changes many things about the process at once. Where runit can be had
# each case is played with both.

use lib 'tests/lib';
use Upkeep;
use Chain;

use Fcntl ();

my $dir = tempdir;
my %here = (cwd => $dir);
my $arguments = '[-vVP012] [-u user[:group]] [-U user[:group]] [-b argv0] [-e dir] [-/ root] [-C pwd] [-n nice] '
    . '[-l|-L lock] [-m n] [-d n] [-o n] [-p n] [-f n] [-c n] [-t n] prog';
my $usage = "usage: chpst $arguments\n\n";
my $runit = peer('runit');

# Programs of both sides under all the names that mean something.
my @names = qw(chpst setuidgid envuidgid envdir pgrphack setlock softlimit dsetlock dsetuidgid);
mkdir "$dir/ours";
mkdir "$dir/theirs";
for my $name (@names) {
    symlink program('chpst'), "$dir/ours/$name";
    symlink "$runit/chpst", "$dir/theirs/$name" if $runit;
}

# both($sentence, $name, @arguments, {options}): runit's does the same; returns what ours did.
# Earlier ones of runit's have no -C.
sub both {
    my ($sentence, $name, @rest) = @_;
    my %options = (%here, ref $rest[-1] eq 'HASH' ? %{pop @rest} : ());
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $ours = run("$dir/ours/$name", @rest, \%options);
    SKIP: {
        skip 'no runit here', 1 unless $runit;
        my $theirs = run("$dir/theirs/$name", @rest, \%options);
        $_->{err} =~ s/\[-C pwd\] // for my @told = ({%$ours}, {%$theirs});
        is_deeply $told[0], $told[1], "as runit: $sentence";
    }
    return $ours;
}

# Usage ----------------------------------------------------------------------------------------

says both('no arguments', 'chpst'), 100, '', $usage, 'without arguments it tells how it is used';
says both('no program', 'chpst', '-P'), 100, '', $usage, 'and without a program';
says both('an unknown option', 'chpst', '-x', 'true'), 100, '', "chpst: illegal option -- x\n$usage", 'an unknown option';
says both("an option's value", 'chpst', '-u'), 100, '', "chpst: option requires an argument -- u\n$usage",
    'an option without its value';
says both("a wrong number for $$_[0]", 'chpst', @$_, 'true'), 100, '', $usage, "@$_ is wrong"
    for (map { ["-$_", '5x'] } qw(m d o p f c r t)), ['-m', '='], ['-n', 'x'], ['-n', '+-3'], ['-n', '-+3'], ['-l', 'a', '-L', 'b'];
like run('chpst', '--help')->{out}, qr/^usage: chpst \Q$arguments\E\n/, '--help';
like run('chpst', '--version')->{out}, qr/^chpst \(upkeep\) \d/, '--version';
{
    my $result = run('chpst', '-V');
    is $result->{code}, 100, '-V is wrong usage, too';
    like $result->{err}, qr/^chpst \(upkeep\) \d\S*\n\Q$usage\E$/, 'but tells which one it is';
}

# The next program -----------------------------------------------------------------------------

says both('a program that is not there', 'chpst', './nonexistent'), 111, '',
    "chpst: fatal: unable to run: ./nonexistent: file does not exist\n", 'a program that is not there';
is both('an exit code', 'chpst', '--', 'sh', '-c', 'exit 7')->{code}, 7, 'its exit code is that of the program';
says both('-b', 'chpst', '-b', 'name', 'sh', '-c', 'echo $0'), 0, "name\n", '', '-b: what it is called';
says both('-b and none', 'chpst', '-b', 'name', './nonexistent'), 111, '',
    "chpst: fatal: unable to run: name: file does not exist\n", 'also where it is not there';

# Variables ------------------------------------------------------------------------------------

mkdir "$dir/env";
write_file("$dir/env/A", "one \t\ntwo\n");
write_file("$dir/env/B", '');
write_file("$dir/env/C", "a\0b");
write_file("$dir/env/.D", 'no');
my @show = ('sh', '-c', 'echo "$A ${B-gone} $C ${D-none}"');
says both('-e', 'chpst', '-e', 'env', @show, {env => {B => 'old'}}), 0, "one gone a\nb none\n", '', '-e: as envdir';
both('the order of variables', 'chpst', '-e', 'env', '-U', ':5:6', '/usr/bin/env', {env => {UID => 'old', A => 'old'}});
mkdir "$dir/env/sub";
says both('a directory in it', 'chpst', '-e', 'env', @show), 0, "one gone a\nb none\n", '', 'a directory in it is passed over';
says both('with -v', 'chpst', '-v', '-e', 'env', @show), 0, "one gone a\nb none\n",
    "chpst: warning: unable to read env/sub: is a directory\n", 'and told with -v';
symlink 'loop', "$dir/env/loop";
says both('a file that cannot be read', 'chpst', '-e', 'env', 'true'), 111, '',
    "chpst: fatal: unable to read env/loop: symbolic link loop\n", 'a file that cannot be read';
unlink "$dir/env/loop";
says both('a directory that is not there', 'chpst', '-e', 'none', 'true'), 111, '',
    "chpst: fatal: unable to switch to directory: none: file does not exist\n", 'a directory that is not there';

# Accounts -------------------------------------------------------------------------------------

my ($account, undef, $uid, $gid) = getpwnam 'daemon';
my @ids = ('sh', '-c', 'echo $(id -u) $(id -g); sed -n "s/^Groups:[[:space:]]*//p" /proc/self/status | tr " " "\n" | sort -n | xargs');
my @told = ('sh', '-c', 'echo $UID $GID');
for my $option (qw(-u -U)) {
    says both("$option $_", 'chpst', $option, $_, 'true'), 111, '', "chpst: fatal: unknown user/group: $_\n", "$option: no $_"
        for 'nobody-of-that-name', 'nobody-of-that-name:daemon', 'daemon:no-such-group', 'daemon:', 'daemon::daemon', 'daemon:1';
    says both("$option :$_", 'chpst', $option, ":$_", 'true'), 111, '', "chpst: fatal: invalid uid/gids: $_\n", "nor :$_"
        for '', '5', '5:6x', 'x:6';
    # runit's takes no number for root's, and one too large for any.
    says run('chpst', $option, ":$_", 'true'), 111, '', "chpst: fatal: invalid uid/gids: $_\n", "nor :$_"
        for '5:', ':', '5:6:', '4294967296:0', '0:99999999999999999999';
}
says both('-U', 'chpst', '-U', 'daemon', @told, {env => {UID => undef}}), 0, "$uid $gid\n", '', '-U: the variables alone';
says both('-U :5:6', 'chpst', '-U', ':5:6:7', @told, {env => {UID => undef}}), 0, "5 6\n", '', 'in numbers';
SKIP: {
    skip 'only root can become somebody else', 14 unless have_root;
    my ($group) = grep { defined && $_ ne 'daemon' } map { (split /:/)[0] } split /\n/, read_file('/etc/group');
    my $other = getgrnam $group;
    says both('-u', 'chpst', '-u', 'daemon', @ids), 0, "$uid $gid\n$gid\n", '', '-u: uid and gid';
    says both('-u with a group', 'chpst', '-u', "daemon:$group", @ids), 0, "$uid $other\n$other\n", '', 'another group';
    my $both = join ' ', sort { $a <=> $b } $other, $gid;
    says both('with two groups', 'chpst', '-u', "daemon:$group:daemon", @ids), 0, "$uid $other\n$both\n", '',
        'several, the first of which is the gid';
    says both('in numbers', 'chpst', '-u', ':12345:54321:7', @ids), 0, "12345 54321\n7 54321\n", '', 'numbers';
    says both('-u and -U', 'chpst', '-u', 'daemon', '-U', ':5:6', @told), 0, "5 6\n", '', '-u and -U are two things';
    says both('who may not', 'chpst', '-u', 'daemon', 'true', {uid => 65534}), 111, '',
        "chpst: fatal: unable to setgroups: permission denied\n", 'who is not root may not';
}

# Places ---------------------------------------------------------------------------------------

mkdir "$dir/root";
mkdir "$dir/root/in";
says both('a root that is not there', 'chpst', '-/', 'none', 'true'), 111, '',
    "chpst: fatal: unable to change directory: none: file does not exist\n", 'a root that is not there';
says run('chpst', '-C', 'none', 'true', \%here), 111, '',
    "chpst: fatal: unable to change directory: none: file does not exist\n", '-C likewise';
says run('chpst', '-C', 'root/in', 'pwd', \%here), 0, "$dir/root/in\n", '', '-C: the working directory';
says run('chpst', '-C', 'root', '-e', 'env', 'sh', '-c', 'echo $A', \%here), 0, "one\n", '', 'which it is after -e';
SKIP: {
    skip 'no chroot for us', 3 unless have_root && run('chroot', '/', 'true')->{code} == 0;
    says both('a new root', 'chpst', '-/', 'root', '/bin/sh'), 111, '',
        "chpst: fatal: unable to run: /bin/sh: file does not exist\n", '-/: there is nothing in it';
    says both('the root it has', 'chpst', '-/', '/', 'pwd'), 0, "/\n", '', 'the working directory is in it';
    says run('chpst', '-C', '/in', '-/', 'root', './x', \%here), 111, '',
        "chpst: fatal: unable to run: ./x: file does not exist\n", '-C comes after it';
    says both('the account is found in it', 'chpst', '-/', 'root', '-u', 'daemon', 'true'), 111, '',
        "chpst: fatal: unable to get password/group file entry: file does not exist\n", 'before the account is looked for';
}
SKIP: {
    skip 'only root can become somebody else', 1 unless have_root;
    says both('-/ of nobody', 'chpst', '-/', '/', 'true', {uid => 65534}), 111, '',
        "chpst: fatal: unable to change root directory: permission denied\n", 'who is not root may not';
}

# Nice, session, descriptors -------------------------------------------------------------------

my $now = run('nice')->{out};
SKIP: {
    skip 'nice already', 2 if $now > 5;
    is both('-n', 'chpst', '-n', '3', 'nice')->{out}, $now + 3 . "\n", '-n adds';
    is both('-n +', 'chpst', '-n', '+4', 'nice')->{out}, $now + 4 . "\n", 'also with a +';
    is both('-n far too much', 'chpst', '-n', '1000', 'nice')->{out}, "19\n", 'up to 19';
}
both('-n less', 'chpst', '-n', '-3', 'nice');
says both('-n less of nobody', 'chpst', '-n', '-3', 'nice', {uid => 65534}), 111, '',
    "chpst: fatal: unable to set nice level: permission denied\n", 'less takes rights'
    if have_root;
my @session = ('sh', '-c', 'set -- $(cat /proc/$$/stat); test $1 = $6 && echo leads || echo follows');
says both('-P', 'chpst', '-P', @session), 0, "leads\n", '', '-P: a session of its own';
says both('no -P', 'chpst', @session), 0, "follows\n", '', 'not without';
my @open = ('sh', '-c', 'for fd in 0 1 2; do test -e /proc/$$/fd/$fd && printf $fd >> open; done; echo >> open');
for my $option (qw(-0 -1 -2 -02)) {
    both($option, 'chpst', $option, @open);
    (my $left = '012') =~ s/[\Q$option\E]//g;
    is((split /\n/, read_file("$dir/open"))[-1] // '', $left, "$option: those are closed, the others not");
}
unlink "$dir/open";

# Locks ----------------------------------------------------------------------------------------

open my $held, '>', "$dir/held" or die;
flock $held, Fcntl::LOCK_EX();
for (['chpst', '-L'], ['setlock', '-n']) {
    my ($name, $option) = @$_;
    says run("$dir/ours/$name", $option, 'held', 'true', \%here), 111, '',
        "chpst: fatal: unable to lock: held: temporary failure\n", "$name $option: somebody has it";
}
both('-L', 'chpst', '-L', 'held', 'true');
is run("$dir/ours/setlock", '-nx', 'held', 'true', \%here)->{code}, 0, 'setlock -x is content';
says both('-l', 'chpst', '-l', 'none/lock', 'true'), 111, '',
    "chpst: fatal: unable to open lock: none/lock: file does not exist\n", 'a lock that cannot be';
my @waiting = map { start("$dir/ours/$$_[0]", @$_[1 .. $#$_], 'held', 'echo', 'had', \%here) } ['chpst', '-l'], ['setlock'], ['setlock', '-N'];
# They wait: each sleeps in the kernel's flock, as /proc/locks shows.
my $inode = (stat $held)[1];
ok &wait_until(sub { (() = read_file('/proc/locks') =~ /-> FLOCK .*:$inode /g) >= @waiting }, 10, 'three that wait'),
    'others wait';
is join('', map { $_->out } @waiting), '', 'and have not run';
close $held;
for my $process (@waiting) {
    my $result = $process->wait(10);
    is $result->{code}, 0, 'until it is free';
    is $process->out, "had\n", 'and then run';
}
is run('chpst', '-L', 'held', 'chpst', '-L', 'held', 'true', \%here)->{code}, 111, 'the program has the lock';

# Limits ---------------------------------------------------------------------------------------

my @limits = ('cat', '/proc/self/limits');
for (['-m', 1 << 29], ['-d', 1 << 29], ['-o', 40], ['-p', 4000], ['-f', 5000], ['-c', 0], ['-r', 1 << 29], ['-t', 1000],
    ['-o', '9' x 9], ['-o', '040'], ['-c', ''])
{
    both("the limits of @$_", 'chpst', @$_, @limits);
}
like run('chpst', '-o', 40, @limits)->{out}, qr/^Max open files +40 /m, 'a limit';
like run('chpst', '-m', 1 << 29, @limits)->{out}, qr/^Max $_ +536870912 /m, "-m: $_" for 'address space', 'data size', 'stack size';

# By other names -------------------------------------------------------------------------------

says both('setuidgid', 'setuidgid'), 100, '', "usage: setuidgid account child\n\n", 'setuidgid has its own usage';
both("the errors of @$_", @$_)
    for ['setuidgid', 'daemon'], ['setuidgid', 'nobody-of-that-name', 'true'], ['setuidgid', 'daemon:daemon', 'true'],
    ['dsetuidgid'], ['envuidgid'], ['envuidgid', ':5:6', 'true'], ['envuidgid', 'daemon', './nonexistent'], ['envdir'],
    ['envdir', 'env', 'true'], ['envdir', 'none', 'true'], ['pgrphack'], ['pgrphack', './nonexistent'], ['setlock'],
    ['setlock', 'x'], ['setlock', '-q', 'x', 'y'], ['setlock', 'none/x', 'true'], ['setlock', '-x', 'none/x', 'true'],
    ['setlock', '-x', 'free', './nonexistent'], ['setlock', 'free', './nonexistent'], ['dsetlock', '-x', 'none/x', 'true'],
    ['softlimit'], ['softlimit', '-y'], ['softlimit', '-o'], ['softlimit', '-o', '20'], ['softlimit', './nonexistent'];
both('what softlimit does', 'softlimit', '-o', '=', '-c', 0, '-m', 1 << 29, '-l', 4096, @limits);
like run("$dir/ours/softlimit", '-o', $_, 'true')->{err}, qr/^usage: softlimit .* child\n\n$/, "softlimit: no limit of $_"
    for 'x', '-';
says both('what envuidgid does', 'envuidgid', 'daemon', @told, {env => {UID => undef}}), 0, "$uid $gid\n", '', 'envuidgid';
says both('what pgrphack does', 'pgrphack', @session), 0, "leads\n", '', 'pgrphack';
rmdir "$dir/env/sub";
says both('what envdir does', 'envdir', 'env', @show), 0, "one gone a\nb none\n", '', 'envdir';
SKIP: {
    skip 'only root can become somebody else', 4 unless have_root;
    says both("what $_ does", $_, 'daemon', @ids), 0, "$uid $gid\n$gid\n", '', $_ for qw(setuidgid dsetuidgid);
}

done_testing;
