# ISC license.
#
# setnice: the next program has another nice value.

use lib 'tests/lib';
use Upkeep;
use Chain;

my $dir = tempdir;
my $usage = "setnice: usage: setnice n child\n";

says run('setnice'), 100, '', $usage, 'without arguments it tells how it is used';
says run('setnice', '5'), 100, '', $usage, 'and without a program';
like run('setnice', '--help')->{out}, qr/^usage: setnice n child\n/, '--help';
like run('setnice', '--version')->{out}, qr/^setnice \(upkeep\) \d/, '--version';
says run('setnice', $_, 'true'), 100, '',
    "setnice: fatal: $_ is no nice value: it is a number, -20 to 19, or + and one\n", "\"$_\" is no nice value"
    for '', 'x', '5x', '+', '+-5', '--5', '99999999999', '+99999999999', '-4294967295';
says run('setnice', $_, 'true'), 100, '', "setnice: fatal: $_ is no nice value: the least is -20, the most 19\n",
    "nor is $_" for 20, -21;
says run('setnice', '19', './nonexistent', {cwd => $dir}), 111, '',
    "setnice: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
is run('setnice', '19', 'sh', '-c', 'exit 7')->{code}, 7, 'its exit code is that of the program';

# nice(@command): the nice value, as the kernel tells it, that a program at the end of this command has.
sub nice { return (split ' ', run(@_, 'cat', '/proc/self/stat')->{out} =~ s/^.*\) //r)[16] }

my $now = nice('env');
SKIP: {
    skip "the nice value here is $now already", 4 if $now > 10;
    is nice('setnice', 15), 15, 'a number is the value';
    is nice('setnice', 12, 'setnice', '+3'), 15, 'with a + it is added';
    is nice('setnice', 12, 'setnice', '+0'), 12, 'also 0';
    is nice('setnice', 12, 'setnice', '+100'), 19, 'up to 19';
}
SKIP: {
    skip 'not allowed to have less than 0', 3 unless nice('setnice', -20) // '' eq '-20';
    is nice('setnice', -20), -20, 'the least';
    is nice('setnice', -1, 'setnice', '+0'), -1, '-1 is no error';
    is nice('setnice', -5, 'setnice', '+5'), 0, 'from below 0';
}
SKIP: {
    skip 'only root can become somebody else', 3 unless have_root;
    is run('setnice', 7, 'setnice', 7, 'true', {uid => 65534})->{code}, 0, 'anybody may yield';
    says run('setnice', 5, 'setuidgid', 'daemon', 'setnice', 3, 'true'), 111, '',
        'setnice: fatal: unable to set the nice value to 3: access denied: to have less than now takes root, '
        . "CAP_SYS_NICE or a limit that allows it, as softlimit --nice=17\n", 'who may not have less is told what it takes';
    skip 'not allowed to raise limits', 1 if run('softlimit', '-H', '--nice=17', 'true')->{code};
    is run('softlimit', '-H', '--nice=17', 'setnice', 5, 'setuidgid', 'daemon', 'setnice', 3, 'nice')->{out}, "3\n",
        'and that is so';
}

done_testing;
