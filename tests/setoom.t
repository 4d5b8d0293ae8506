# ISC license.
#
# setoom: the next program is killed sooner or later than others when memory has run out.

use lib 'tests/lib';
use Upkeep;
use Chain;

my $dir = tempdir;
my $usage = "setoom: usage: setoom n child\n";
my @show = ('cat', '/proc/self/oom_score_adj');

says run('setoom'), 100, '', $usage, 'without arguments it tells how it is used';
says run('setoom', '5'), 100, '', $usage, 'and without a program';
like run('setoom', '--help')->{out}, qr/^usage: setoom n child\n/, '--help';
like run('setoom', '--version')->{out}, qr/^setoom \(upkeep\) \d/, '--version';
says run('setoom', $_, 'true'), 100, '', "setoom: fatal: $_ is no oom score: it is a number, -1000 to 1000\n",
    "\"$_\" is no score" for '', 'x', '5x', '1001', '-1001', '99999999999', '-4294967196';
says run('setoom', '1000', './nonexistent', {cwd => $dir}), 111, '',
    "setoom: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
is run('setoom', '1000', 'sh', '-c', 'exit 7')->{code}, 7, 'its exit code is that of the program';

is run('setoom', '700', @show)->{out}, "700\n", 'the score';
is run('setoom', '1000', 'sh', '-c', "@show; true")->{out}, "1000\n", 'also of what it starts';
SKIP: {
    skip 'not allowed to have less than 0', 2 unless run('setoom', '-1000', @show)->{code} == 0;
    is run('setoom', '-1000', @show)->{out}, "-1000\n", 'the least';
    is run('setoom', '-5', 'setoom', '0', @show)->{out}, "0\n", 'and none again';
}
SKIP: {
    skip 'only root can become somebody else', 2 unless have_root;
    is run('setuidgid', 'daemon', 'setoom', '300', @show)->{out}, "300\n", 'anybody may have more';
    says run('setoom', '10', 'setuidgid', 'daemon', 'setoom', '-10', 'true'), 111, '',
        'setoom: fatal: unable to set /proc/self/oom_score_adj to -10: access denied: '
        . "less than root has given it takes CAP_SYS_RESOURCE\n", 'but not less than root has said';
}

done_testing;
