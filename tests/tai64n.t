# ISC license.
#
# tai64n: a label in front of each line, of when its first byte was read.

use lib 'tests/lib';
use Upkeep;

use Fcntl;
use Time::HiRes ();

my $label = qr/@[0-9a-f]{24}/;

# unix($label): the moment, in seconds.
sub unix {
    my ($seconds, $nanoseconds) = $_[0] =~ /@([0-9a-f]{16})([0-9a-f]{8})/ or return 0;
    no warnings 'portable'; # 64 bits
    return hex($seconds) - 4611686018427387914 + hex($nanoseconds) / 1e9;
}

# labelled($input, $sentence): with a label in front of each line, and nothing else, it comes out.
sub labelled {
    my ($input, $sentence) = @_;
    my $result = run('tai64n', {stdin => $input});
    my $lines = 0 + (() = $input =~ /^(?!\z)/mg);
    my $removed = (my $output = $result->{out}) =~ s/^$label //mg;
    is $removed || 0, $lines, "$sentence: each line has a label" or diag substr $result->{out}, 0, 200;
    ok $output eq $input, 'and is as it was';
    is_deeply [@$result{qw(code err)}], [0, ''], 'all is well';
    return $result->{out};
}

# Lines ----------------------------------------------------------------------------------------

labelled('', 'no input');
labelled("one\n", 'a line');
labelled("one\ntwo\n\nfour\n", 'lines, an empty one among them');
labelled("one\ntwo", 'a last line without a newline');
labelled("\0\n\0\0a\377\n\r\n", 'bytes that are no text');
labelled("\n" x 200_000, 'empty lines, from which 27 times as much is made');
labelled('x' x 1_000_000 . "\ny\n", 'a line of a million bytes');
labelled('x' x 65_535 . "\n" . 'y' x 65_536 . "\n" . 'z' x 65_537, 'lines as long as a buffer');
labelled("\@400000003b9aca0a000001f4 x\n", 'a line that has a label already');

{
    my $before = Time::HiRes::time() - 0.001; # what a number with a fraction can tell apart
    my $result = run('tai64n', {stdin => "one\n"});
    my $after = Time::HiRes::time() + 0.001;
    my $when = unix($result->{out});
    ok $before <= $when && $when <= $after, 'the label is of now'
        or diag "$before, $when, $after: $result->{out}";
}

SKIP: {
    my $peer = peer('daemontools') or skip 'no daemontools here', 1;
    my $out = run('tai64n', {stdin => "one\n"})->{out};
    my @now = gmtime int unix($out);
    is run("$peer/tai64nlocal", {stdin => $out, env => {TZ => 'UTC0'}})->{out} =~ s/\.\d{9} one\n//r,
        sprintf('%04d-%02d-%02d %02d:%02d:%02d', $now[5] + 1900, $now[4] + 1, @now[3, 2, 1, 0]),
        "daemontools' tai64nlocal reads it the same way";
}

# Nothing waits --------------------------------------------------------------------------------

{
    pipe my $reader, my $writer or die;
    my $tai64n = start('tai64n', {stdin => $reader});
    close $reader;
    syswrite $writer, 'o';
    ok wait_until { $tai64n->out =~ /^$label o\z/ } 10, 'the first byte of a line';
    my $first = unix($tai64n->out);
    my $later = Time::HiRes::time();
    syswrite $writer, 'n';
    ok wait_until { $tai64n->out =~ /^$label on\z/ } 10, 'each byte is copied when it comes';
    syswrite $writer, "e\ntwo\n";
    ok wait_until { $tai64n->out =~ /^$label one\n$label two\n\z/ } 10, 'one line and the next';
    my ($one, $two) = map { unix($_) } split /\n/, $tai64n->out;
    is $one, $first, 'the label is of the first byte';
    cmp_ok $two, '>=', $later - 0.001, 'and a line that comes later has a later one';
    close $writer;
    is $tai64n->wait(10)->{code}, 0, 'the end of the input is the end';
}

{
    pipe my $reader, my $writer or die;
    fcntl $reader, F_SETFL, O_NONBLOCK or die;
    my $tai64n = start('tai64n', {stdin => $reader});
    syswrite $writer, "one\n";
    ok wait_until { $tai64n->out =~ /one\n/ } 10, 'an input that does not block is waited for';
    close $writer;
    is $tai64n->wait(10)->{code}, 0, 'to its end';
}

{
    pipe my $reader, my $writer or die;
    fcntl $writer, F_SETFL, O_NONBLOCK or die;
    my $tai64n = start('tai64n', {stdin => "\n" x 100_000, stdout => $writer});
    close $writer;
    my $out = do { local $/; readline $reader };
    is length $out, 2_700_000, 'so is an output that does not block';
    is $tai64n->wait(10)->{code}, 0, 'to the end';
}

# Arguments ------------------------------------------------------------------------------------

like run('tai64n', 'one', '-x', '--y', {stdin => "z\n"})->{out}, qr/^$label z\n\z/, 'arguments are ignored, as ever';
is_deeply [@{run('tai64n', '--help', {stdin => "z\n"})}{qw(code out err)}], [0, "usage: tai64n\n", ''],
    '--help tells how it is used';
like run('tai64n', '--help', 'me', {stdin => "z\n"})->{out}, qr/^$label z\n\z/, 'but only alone';

# Trouble --------------------------------------------------------------------------------------

sub fails {
    my ($shell, $err, $sentence) = @_;
    my $result = run('sh', '-c', $shell);
    is_deeply [@$result{qw(code err)}], [111, $err], $sentence;
}

fails('tai64n < /', "tai64n: fatal: unable to read standard input: is a directory\n", 'an input that cannot be read');
fails('tai64n <&-', "tai64n: fatal: unable to read standard input: file descriptor not open\n", 'none at all');
SKIP: {
    skip 'no /dev/full here', 1 unless -c '/dev/full';
    fails('echo one | tai64n > /dev/full', "tai64n: fatal: unable to write to standard output: out of disk space\n",
        'an output that is full');
}

{
    pipe my $reader, my $writer or die;
    close $reader;
    my $process = start('sh', '-c', 'trap "" PIPE; echo one | exec tai64n; exit $?', {stdout => $writer});
    is $process->wait(10)->{code}, 111, 'an output that nobody reads ends it';
    is $process->err, '', 'in silence';
}

done_testing;
