# ISC license.
#
# setaffinity: the next program runs on some of the processors.

use lib 'tests/lib';
use Upkeep;
use Chain;

my $dir = tempdir;
my $usage = "setaffinity: usage: setaffinity list child\n";
my @show = ('sed', '-n', 's/^Cpus_allowed_list:\s*//p', '/proc/self/status');

says run('setaffinity'), 100, '', $usage, 'without arguments it tells how it is used';
says run('setaffinity', '0'), 100, '', $usage, 'and without a program';
like run('setaffinity', '--help')->{out}, qr/^usage: setaffinity list child\n/, '--help';
like run('setaffinity', '--version')->{out}, qr/^setaffinity \(upkeep\) \d/, '--version';
says run('setaffinity', $_, 'true'), 100, '',
    "setaffinity: fatal: $_ is no list of processors: it is numbers and ranges, as 0,2-5\n", "\"$_\" is no list"
    for '', 'x', '0,', ',0', '3-1', '-1', '0-', '0:2', '0-4:0', '0 1', '8192', '9999999999';

# There may be few here, or few that are ours.
my $all = run(@show)->{out} =~ s/\n//r;
my @cpus = map { /(\d+)-(\d+)/ ? $1 .. $2 : $_ } split /,/, $all;
says run('setaffinity', $cpus[0], './nonexistent', {cwd => $dir}), 111, '',
    "setaffinity: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
is run('setaffinity', $cpus[0], 'sh', '-c', 'exit 7')->{code}, 7, 'its exit code is that of the program';
is run('setaffinity', $_, @show)->{out}, "$_\n", "processor $_" for @cpus[0, $#cpus];
is run('setaffinity', $all, @show)->{out}, "$all\n", 'all of them';
is run('setaffinity', $cpus[0], 'setaffinity', $all, @show)->{out}, "$all\n", 'also after fewer';
is run('setaffinity', "$cpus[-1],$cpus[0]", @show)->{out},
    run('setaffinity', "$cpus[0],$cpus[-1]", @show)->{out}, 'in any order';
is run('setaffinity', $cpus[0], 'sh', '-c', "sed -n '$show[2]' $show[3]; true")->{out}, "$cpus[0]\n",
    'so does what it starts';

my ($last) = (read_file('/sys/devices/system/cpu/possible') // '') =~ /(\d+)\n/; # there may be no /sys
my $beyond = ($last // 1022) + 1;
for my $wanted ($beyond, "$cpus[0],$beyond") {
    my $result = run('setaffinity', $wanted, 'true');
    is $result->{code}, 111, "processors $wanted: one is not there";
    like $result->{err},
        qr/^setaffinity: fatal: unable to run on processor $beyond: not online, or not in our cpuset; there is [\d,-]+\n$/,
        'which is named, and those that are';
}
SKIP: {
    skip 'only root can become somebody else', 1 unless have_root;
    is run('setuidgid', 'daemon', 'setaffinity', $cpus[0], @show)->{out}, "$cpus[0]\n", 'anybody may do that';
}

done_testing;
