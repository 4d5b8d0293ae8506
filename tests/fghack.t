# ISC license.
#
# fghack: what goes into the background is waited for.

use lib 'tests/lib';
use Upkeep;

my $dir  = tempdir;
my $peer = peer('daemontools');

# says($result, $code, $out, $err, $sentence)
sub says {
    my ($result, @expected) = @_;
    my $sentence = pop @expected;
    is_deeply [@$result{qw(code out err)}], \@expected, $sentence;
}

says run('fghack'), 100, '', "fghack: usage: fghack child\n", 'without an argument it tells how it is used';
is run('fghack', '--help')->{out}, "usage: fghack child\n", '--help does that too';
like run('fghack', '--version')->{out}, qr/\Afghack \(upkeep\) \S+\n\z/, '--version says which upkeep it is';
says run('fghack', './nonexistent', {cwd => $dir}), 111, '',
    "fghack: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
says run('fghack', 'sh', '-c', 'echo "$@"; exit 7', '-', 'a b', '', '-c'), 7, "a b  -c\n", '',
    'arguments are handed on as they are, and the exit code is that of the program';
says run('fghack', 'cat', {stdin => "input\n"}), 0, "input\n", '', 'it has the input';
says run('fghack', 'sh', '-c', 'kill -KILL $$'), 111, '', "fghack: fatal: child crashed\n",
    'a program that a signal ended has crashed';
says run('fghack', 'sh', '-c', 'echo x >&4; exit 3'), 3, '', '', 'what is written to the pipe does not matter';

# What is left behind --------------------------------------------------------------------------

# A program that leaves one behind, which tells its pid, and exits 3.
my $leaves = 'sh -c \'echo $$ > pid; exec sleep 1000\' & exit 3';

sub left { return (read_file("$dir/pid") // '') =~ /^(\d+)\n/ ? $1 : 0 }

for my $way (['as it is', ''], ['without descriptors 3 to 9', join ' ', map { "exec $_>&-;" } 3 .. 9]) {
    my ($how, $before) = @$way;
    unlink "$dir/pid";
    my $process = start('fghack', 'sh', '-c', "$before $leaves", {cwd => $dir});
    ok wait_until { left() } 10, "a program leaves another one behind, $how";
    ok wait_until { (read_file("/proc/@{[left()]}/comm") // '') eq "sleep\n" } 10, 'which runs';
    ok wait_until { !grep { alive($_) } split ' ', read_file("/proc/@{[$process->pid]}/task/@{[$process->pid]}/children") // '' } 10,
        'the program itself has ended';
    ok $process->running, 'fghack waits';
    my @pipes = grep { (readlink($_) // '') =~ /^pipe:/ } glob "/proc/@{[left()]}/fd/*";
    is scalar(@pipes), $before ? 31 - 7 : 31, 'as long as one of the ends of its pipe is open' if $how eq 'as it is' || @pipes == 24;
    kill 'KILL', left();
    my $result = $process->wait(10) || {};
    is $result->{code}, 3, 'then it ends with the exit code of the program';
}

{
    unlink "$dir/pid";
    my $process = start('fghack', 'sh', '-c', 'sh -c \'echo $$ > pid; exec sleep 1000\' & kill -KILL $$', {cwd => $dir});
    ok wait_until { left() } 10, 'a program that crashes leaves one behind';
    ok $process->running, 'that is waited for too';
    kill 'KILL', left();
    my $result = $process->wait(10) || {};
    is_deeply [$result->{code}, $process->err], [111, "fghack: fatal: child crashed\n"], 'and told afterwards';
}

{
    # Who starts it ignores SIGCHLD: the kernel then keeps no exit codes, and daemontools' own fails.
    local $SIG{CHLD} = 'DEFAULT';
    my $script = 'use POSIX; sigaction(SIGCHLD, POSIX::SigAction->new("IGNORE")); exec @ARGV';
    says run($^X, '-e', $script, 'fghack', 'sh', '-c', 'exit 5'), 5, '', '', 'it knows the exit code where SIGCHLD is ignored';
    my $result = run($^X, '-e', $script, 'fghack', 'cat', '/proc/self/status');
    my ($ignored) = $result->{out} =~ /^SigIgn:\s*([0-9a-f]+)$/m;
    ok hex($ignored) & 1 << 16, 'which stays so for the program';
}

{
    # Then there are fewer ends; some descriptors are left for the program.
    my $result = run('sh', '-c', 'ulimit -n 10; exec fghack sh -c "exit 4"');
    says $result, 4, '', '', 'a low limit of descriptors does not matter';
    $result = run('sh', '-c', 'ulimit -n 4; exec fghack true');
    says $result, 111, '', "fghack: fatal: unable to create pipe: process cannot open more files\n", 'but there must be two';
}

SKIP: {
    skip 'no daemontools here', 1 unless $peer;
    for my $try ([], ['./none'], [''], [$dir], ['sh', '-c', 'exit 9'], ['sh', '-c', 'kill -ABRT $$'], ['--', 'true'], ['-x'],
        ['sh', '-c', '(read x < /proc/self/stat; echo late) & exit 2'], ['sh', '-c', 'ls /proc/self/fd; echo x >&9; exit 8'])
    {
        my @result = map { run($_, @$try, {cwd => $dir}) } program('fghack'), "$peer/fghack";
        is_deeply $result[0], $result[1], "fghack @$try: as daemontools' own";
    }
}

done_testing;
