# ISC license.
#
# softlimit: the next program has other resource limits.

use lib 'tests/lib';
use Upkeep;
use Chain;

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
delete $ENV{$_} for grep { /^SOFTLIMIT_/ } keys %ENV;
my $dir = tempdir;
my %here = (cwd => $dir);
my $usage = "softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] "
    . "[-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] "
    . "[-t cpusecs] child\n";

# The names that /proc/PID/limits has for them.
my %title = (
    a => 'Max address space', c => 'Max core file size', d => 'Max data size', f => 'Max file size',
    l => 'Max locked memory', o => 'Max open files', p => 'Max processes', r => 'Max resident set',
    s => 'Max stack size', t => 'Max cpu time', P => 'Max nice priority',
);
my %word = (
    'address-space' => $title{a}, core => $title{c}, data => $title{d}, 'file-size' => $title{f},
    'locked-memory' => $title{l}, 'open-files' => $title{o}, processes => $title{p}, resident => $title{r},
    stack => $title{s}, cpu => $title{t}, nice => $title{P}, locks => 'Max file locks',
    'message-queues' => 'Max msgqueue size', 'realtime-prio' => 'Max realtime priority',
    'realtime-time' => 'Max realtime timeout', 'pending-signals' => 'Max pending signals',
);

# limits(@arguments, {options}): title => "SOFT HARD" as the next program has them.
sub limits {
    my $options = ref $_[-1] eq 'HASH' ? pop : {};
    my $result = run('softlimit', @_, 'cat', '/proc/self/limits', $options);
    return {map { /^(Max.*?)  +(\S+) +(\S+)/ ? ($1 => "$2 $3") : () } split /\n/, $result->{out}};
}

my $before = limits();

# changed(@arguments): what is other than without them.
sub changed {
    my $after = limits(@_);
    return {map { $_ => $after->{$_} } grep { $after->{$_} ne $before->{$_} } keys %$after};
}

sub hard { return (split ' ', $before->{$_[0]})[1] }

# Usage
says run('softlimit'), 100, '', $usage, 'without arguments it tells how it is used';
says run('softlimit', '-o', '20'), 100, '', $usage, 'and without a program';
says run('softlimit', '-y', 'true'), 100, '', "softlimit: illegal option -- y\n$usage", 'an unknown option';
says run('softlimit', '-o'), 100, '', "softlimit: option requires an argument -- o\n$usage", 'an option without its value';
says run('softlimit', '-o', $_, 'true'), 100, '', $usage, "$_ is no limit" for '5x', '-1', '=-', '1k';
says run('softlimit', '-o', '-', 'true', {env => {SVPERSONALITY => 'djb'}}), 100, '', $usage,
    'nor is - in the djb personality';
says run('softlimit', '-h', 'true', {env => {SVPERSONALITY => 'djb'}}), 100, '',
    "softlimit: illegal option -- h\n$usage", 'which has only the letters of daemontools';
like run('softlimit', '--help')->{out}, qr/^usage: softlimit .*--pending-signals/s, '--help';
like run('softlimit', '--version')->{out}, qr/^softlimit \(upkeep\) \d/, '--version';
says run('softlimit', './nonexistent', \%here), 111, '',
    "softlimit: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
is run('softlimit', '-c', '0', 'sh', '-c', 'exit 7')->{code}, 7, 'its exit code is that of the program';

# Letters: low enough to be below what is there, high enough to run.
my %low = (a => 1 << 30, c => 0, d => 1 << 29, f => 5000, l => 4096, o => 20, p => 4000, r => 1 << 29,
    s => 1 << 20, t => 1000);
for my $letter (sort keys %low) {
    my $title = $title{$letter};
    is limits("-$letter", $low{$letter})->{$title}, "$low{$letter} " . hard($title), "-$letter: $title, the soft one only";
}
is_deeply changed('-o20'), {'Max open files' => '20 ' . hard('Max open files')}, 'and no other';
is_deeply changed('-o', '='), {map { $_ => hard($_) . ' ' . hard($_) } grep { $before->{$_} ne hard($_) . ' ' . hard($_) }
    'Max open files'}, '= is the hard limit';
{
    my $after = limits('-l', 4096, '-m', 1 << 29);
    is $after->{$_}, join(' ', $_ eq $title{l} && hard($_) ne 'unlimited' && hard($_) < 1 << 29 ? hard($_) : 1 << 29, hard($_)),
        "-m: $_" for @title{qw(d s l a)};
    is $after->{$title{r}}, $before->{$title{r}}, 'but not resident memory';
}
is limits('-o', '30', '-o', '25')->{$title{o}}, '25 ' . hard($title{o}), 'the last one counts';
is limits('-m', 1 << 29, '-s', 1 << 20)->{$title{s}}, (1 << 20) . ' ' . hard($title{s}), 'also after -m';

# Long options: below what there is, so that anybody may set them.
my %small = ('open-files' => 40, nice => 0, 'realtime-prio' => 0, processes => 4000, 'pending-signals' => 100,
    'locked-memory' => 4096, 'message-queues' => 4096);
for my $word (sort keys %word) {
    my $number = $small{$word} // 1 << 29;
    is limits('-H', "--$word", $number)->{$word{$word}}, "$number $number", "--$word: $word{$word}";
}
is limits('--memory', 1 << 29)->{$title{a}}, (1 << 29) . ' ' . hard($title{a}), '--memory is -m';
is limits('-P', 0)->{$title{P}}, '0 ' . hard($title{P}), '-P is --nice';

# Hard limits
is limits('-H', '-o', 40)->{$title{o}}, '40 40', '-H: both';
is limits('-h', '-o', 40)->{$title{o}}, '40 40', '-h: a soft limit above the hard one comes down';
is limits('-o', 30, '-h', '-o', 40)->{$title{o}}, '30 40', 'one below stays; what stood before -h is not concerned';
is run('softlimit', '-H', '-o', '40', 'softlimit', '-o', '9999', 'sh', '-c', 'ulimit -n')->{out}, "40\n",
    'a soft limit is never above the hard one';
is run('softlimit', '-H', '-o', '40', 'softlimit', '-o', '9' x 30, 'sh', '-c', 'ulimit -n')->{out}, "40\n",
    'however large the number';
is run('softlimit', '-h', '-o', '40', 'softlimit', '-o', '20', 'softlimit', '-o', '=', 'sh', '-c', 'ulimit -n')->{out},
    "40\n", '= raises it to the hard one';
SKIP: {
    skip 'core files have a hard limit here', 1 unless hard($title{c}) eq 'unlimited';
    is limits('-c', 5000, 'softlimit', '-c', '-')->{$title{c}}, 'unlimited unlimited', '- is no limit at all';
}
SKIP: {
    skip 'only root can become somebody else', 1 unless have_root;
    says run('softlimit', '-Hc', '5000', 'setuidgid', 'daemon', 'sh', '-c', 'exec ./softlimit -c - true',
        {cwd => top . '/command'}), 111, '', "softlimit: fatal: setrlimit failed: permission denied\n",
        'who may not raise a hard limit is told';
}

# encore's variables
my %variable = (a => 'ALLBYTES', c => 'COREBYTES', d => 'DATABYTES', f => 'FILEBYTES', l => 'LOCKEDBYTES',
    o => 'OPENFILES', p => 'PROCS', r => 'RSSBYTES', s => 'STACKBYTES', t => 'CPUSECS');
for my $letter (sort keys %variable) {
    is limits({env => {"SOFTLIMIT_$variable{$letter}" => $low{$letter}}})->{$title{$letter}},
        "$low{$letter} " . hard($title{$letter}), "SOFTLIMIT_$variable{$letter} is -$letter";
}
is limits({env => {SOFTLIMIT_MEMBYTES => 1 << 29}})->{$title{a}}, (1 << 29) . ' ' . hard($title{a}),
    'SOFTLIMIT_MEMBYTES is -m';
is limits('-o', 30, {env => {SOFTLIMIT_OPENFILES => 20}})->{$title{o}}, '30 ' . hard($title{o}), 'options come after them';
is limits({env => {SOFTLIMIT_OPENFILES => ''}})->{$title{o}}, $before->{$title{o}}, 'an empty one is none';
says run('softlimit', 'true', {env => {SOFTLIMIT_OPENFILES => '1k'}}), 100, '',
    "softlimit: fatal: unable to understand SOFTLIMIT_OPENFILES=1k\n", 'a wrong one is named';
is limits({env => {SOFTLIMIT_OPENFILES => 20, SVPERSONALITY => 'djb'}})->{$title{o}}, $before->{$title{o}},
    'daemontools does not know them';

# daemontools
same('the limits', 'softlimit', map({ ("-$_", $low{$_}) } sort keys %low), '/bin/cat', '/proc/self/limits');
same('the limits of -m', 'softlimit', '-m', 1 << 29, '/bin/cat', '/proc/self/limits');
same("the limits of -o $_", 'softlimit', '-o', $_, '/bin/cat', '/proc/self/limits') for '=', '9' x 6, '020';
same("the errors of @$_", 'softlimit', @$_, \%here)
    for [], ['-o', 20], ['-y'], ['-o'], ['-o', '5x', 'true'], ['-o', '-1', 'true'], ['-o', '-', 'true'], ['-h', '1', 'true'],
    ['./nonexistent'], ['-o', 0, 'nonexistent'], ['-o', '', '/bin/true'];

done_testing;
