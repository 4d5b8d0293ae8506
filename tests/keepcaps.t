# ISC license.
#
# keepcaps: the next program has some of root's rights and no others.

use lib 'tests/lib';
use Upkeep;
use Chain;

my $dir = tempdir;
my $usage = "keepcaps: usage: keepcaps [-s] [-u account] capabilities child\n";
my %bit = (chown => 0, kill => 5, setgid => 6, setuid => 7, setpcap => 8, net_bind_service => 10, net_raw => 13);

says run('keepcaps'), 100, '', $usage, 'without arguments it tells how it is used';
says run('keepcaps', ''), 100, '', $usage, 'and without a program';
says run('keepcaps', '-x', '', 'true'), 100, '', "keepcaps: illegal option -- x\n$usage", 'an unknown option';
says run('keepcaps', '-u'), 100, '', "keepcaps: option requires an argument -- u\n$usage", 'an option without its value';
like run('keepcaps', '--help')->{out}, qr/^usage: keepcaps \[-s\] \[-u account\] capabilities child\n/, '--help';
like run('keepcaps', '--version')->{out}, qr/^keepcaps \(upkeep\) \d/, '--version';
says run('keepcaps', $$_[0], 'true'), 100, '',
    "keepcaps: fatal: there is no capability called \"$$_[1]\": see capabilities(7) for their names\n", "\"$$_[0]\" is wrong"
    for ['x', 'x'], ['kill,', ''], ['kill,y,z', 'y'], ['x' x 100, 'x' x 63], ['cap_', 'cap_'], ['0', '0'], ['all', 'all'];
says run('keepcaps', '-u', 'nobody-of-that-name', '', 'true'), 111, '',
    "keepcaps: fatal: unknown account nobody-of-that-name\n", 'an account that is not there';

# sets(@command): the sets that a program at its end has, by name; all are numbers.
sub sets {
    my $result = run(@_, 'cat', '/proc/self/status');
    diag $result->{err} if $result->{err} ne '';
    return {$result->{out} =~ /^Cap(\w+):\s*(\w+)$/mg};
}

# these(@names): as /proc writes a set of them.
sub these { my $set = 0; $set |= 1 << $bit{$_} for @_; return sprintf '%016x', $set }

sub all_are { my ($set) = @_; return {map { $_ => $set } qw(Inh Prm Eff Bnd Amb)} }

# The low half is enough here.
my $present = hex substr sets('env')->{Prm}, -8;

SKIP: {
    skip 'no capability here to be kept: not root', 16 unless have_root && $present >> $bit{setpcap} & 1 && $present >> $bit{kill} & 1;
    is_deeply sets('keepcaps', 'kill'), all_are(these('kill')), 'root with one capability has no other, nor gets one';
    is_deeply sets('keepcaps', ''), all_are(these()), 'or none';
    is_deeply sets('keepcaps', 'CAP_KILL,cap_chown'), all_are(these('kill', 'chown')), 'large letters and a prefix';
    is_deeply sets('keepcaps', '-u', 'daemon', 'kill'), all_are(these('kill')), '-u: an ordinary account with one';
    is_deeply sets('keepcaps', '-u', 'daemon', 'kill', 'nonewprivs', 'pgrphack', 'env'), all_are(these('kill')),
        'which the whole chain has';
    is_deeply sets('keepcaps', '-u', 'daemon', 'kill,chown', 'keepcaps', 'kill'),
        {%{all_are(these('kill'))}, Bnd => these('kill', 'chown')}, 'whoever has some keeps some of them';
    is_deeply sets('keepcaps', '-u', 'daemon', 'kill', 'keepcaps', ''), {%{all_are(these())}, Bnd => these('kill')}, 'or none';

    my ($uid, $gid) = (getpwnam 'daemon')[2, 3];
    my @ids = ('sh', '-c', 'echo $(id -u) $(id -g) $(id -ru) $(id -rg); sed -n "s/^Groups:[[:space:]]*//p" /proc/self/status | xargs');
    says run('keepcaps', '-u', 'daemon', 'kill', @ids), 0, "$uid $gid $uid $gid\n$gid\n", '', 'the ids are those of the account';
    says run('keepcaps', '-u', '12345:54321:7', 'kill', @ids), 0, "12345 54321 12345 54321\n7 54321\n", '', 'also in numbers';
    is join(' ', sort split ' ', run('keepcaps', '-s', '-u', 'daemon', 'kill', 'id', '-G')->{out}),
        join(' ', sort split ' ', run('id', '-G', 'daemon')->{out}), '-s: with its groups';

    # What it is for: rights of root's, and one of them only.
    isnt run('keepcaps', '-u', 'daemon', 'chown', 'kill', '-0', $$)->{code}, 0, 'an ordinary account may not signal a process of root';
    is run('keepcaps', '-u', 'daemon', 'kill', 'kill', '-0', $$)->{code}, 0, 'with cap_kill it may';
    isnt run('keepcaps', 'kill', 'setuidgid', 'daemon', 'true')->{code}, 0, 'root with cap_kill may not become somebody else';
    is_deeply sets('keepcaps', 'setuid,setgid', 'setuidgid', 'daemon'),
        {%{all_are(these())}, Bnd => these('setuid', 'setgid'), Inh => these('setuid', 'setgid')},
        'and one that may has nothing left then: hence -u';
    SKIP: {
        my $raised = "$dir/id";
        File::Copy::cp(program('cat'), $raised) or die "unable to copy: $!\n";
        chmod 04755, $raised;
        skip 'set-uid programs have no effect here', 1
            unless run($raised, '/proc/self/status', {uid => 65534})->{out} =~ /^Uid:\s+65534\s+0\s/m;
        is_deeply {run('keepcaps', '-u', 'daemon', 'kill', $raised, '/proc/self/status')->{out} =~ /^Cap(Prm|Eff):\s*(\w+)$/mg},
            {Prm => these('kill'), Eff => these('kill')}, 'a set-uid program gets no more either';
    }
    SKIP: {
        my $first = read_file('/proc/sys/net/ipv4/ip_unprivileged_port_start') // 1024;
        skip 'every port is free to all here', 2 unless $first > 1;
        my @bind = ($^X, '-MSocket', '-e', 'socket S, PF_INET, SOCK_STREAM, 0 or die; setsockopt S, SOL_SOCKET, SO_REUSEADDR, 1; '
            . 'for $port (shift .. 1023) { bind S, pack_sockaddr_in($port, INADDR_LOOPBACK) and exit 0; exit 13 if $!{EACCES} }', 1);
        is run('setuidgid', 'daemon', @bind)->{code}, 13, 'nobody else may have a low port';
        is run('keepcaps', '-u', 'daemon', 'net_bind_service', @bind)->{code}, 0, 'who has cap_net_bind_service may';
    }
}

SKIP: {
    skip 'only root can become somebody else', 4 unless have_root;
    says run('setuidgid', 'daemon', 'keepcaps', 'kill', 'true'), 111, '',
        'keepcaps: fatal: unable to keep cap_kill: this process has no such capability: root has, where a container or an '
        . "earlier keepcaps has not taken it away\n", 'who has none can keep none';
    is run('setuidgid', 'daemon', 'keepcaps', '', 'true')->{code}, 0, 'but none can be kept by all';
    says run('setuidgid', 'daemon', 'keepcaps', '-u', 'nobody', '', 'true'), 111, '',
        "keepcaps: fatal: unable to become nobody without cap_setuid and cap_setgid: permission denied\n",
        'nor become somebody else';
    says run('keepcaps', 'kill', 'keepcaps', '', 'true'), 111, '',
        "keepcaps: fatal: unable to take capabilities from root without having cap_setpcap: permission denied\n",
        'root that could not be held to it is told';
}
says run('keepcaps', '', './nonexistent', {cwd => $dir, have_root ? (uid => 65534) : ()}), 111, '',
    "keepcaps: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';

done_testing;
