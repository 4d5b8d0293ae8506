# ISC license.
#
# setionice: the next program's use of disks is more or less urgent.

use lib 'tests/lib';
use Upkeep;
use Chain;

use POSIX ();

my $dir = tempdir;
my $usage = "setionice: usage: setionice class[:level] child\n";

says run('setionice'), 100, '', $usage, 'without arguments it tells how it is used';
says run('setionice', 'idle'), 100, '', $usage, 'and without a program';
like run('setionice', '--help')->{out}, qr/^usage: setionice class\[:level\] child\n.*\bidle\b/s, '--help';
like run('setionice', '--version')->{out}, qr/^setionice \(upkeep\) \d/, '--version';
like run('setionice', $_, 'true')->{err}, qr/^setionice: fatal: \Q$_\E is no class of disk urgency: /,
    "\"$_\" is no class" for '', 'busy', 'idle:3', 'none:0', 'best-effort:', 'best-effort:8', 'realtime:-1', 'best-effort:77';
is run('setionice', 'busy', 'true')->{code}, 100, 'which is the mistake of the caller';

# The number of ioprio_get; where it is unknown the rest cannot be seen.
my %number = (x86_64 => 252, aarch64 => 31, riscv64 => 31);
my $number = $number{(POSIX::uname())[4]};
my @ask = ($^X, '-e', "print syscall $number // 0, 1, 0");
SKIP: {
    skip 'no way to look at it on this machine', 8 unless $number;
    skip 'no disk urgency in this kernel', 8 if run(@ask)->{out} < 0;
    says run('setionice', 'idle', './nonexistent', {cwd => $dir}), 111, '',
        "setionice: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
    is run('setionice', 'idle', 'sh', '-c', 'exit 7')->{code}, 7, 'its exit code is that of the program';
    my %value = ('best-effort' => 2 << 13 | 4, 'best-effort:0' => 2 << 13, 'best-effort:7' => 2 << 13 | 7, idle => 3 << 13);
    is run('setionice', $_, @ask)->{out} & ~7, $value{$_} & ~7, "$_: the class" for sort keys %value;
    is run('setionice', $_, @ask)->{out} & 7, $value{$_} & 7, "$_: the level" for grep { !/idle/ } sort keys %value;
    is run('setionice', 'idle', 'setionice', 'best-effort:2', @ask)->{out}, 2 << 13 | 2, 'the last one counts';
    SKIP: {
        skip 'only root can become somebody else', 3 unless have_root;
        is run('setionice', 'idle', 'setuidgid', 'daemon', @ask)->{out} >> 13, 3, 'it outlasts a change of the account';
        says run('setuidgid', 'daemon', 'setionice', 'realtime:7', 'true'), 111, '',
            'setionice: fatal: unable to set the urgency of disks to realtime:7: permission denied: '
            . "realtime is for root, or CAP_SYS_NICE\n", 'not everybody may be the most urgent';
        is run('setuidgid', 'daemon', 'setionice', 'idle', @ask)->{out} >> 13, 3, 'but less urgent';
    }
}

done_testing;
