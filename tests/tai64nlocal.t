# ISC license.
#
# tai64nlocal: the label at the beginning of a line is shown as local time.

use lib 'tests/lib';
use Upkeep;

use Fcntl;

my $label = '@400000003b9aca0a000001f4';        # 1000000000.000000500
my $utc   = '2001-09-09 01:46:40.000000500';
my $berlin = 'CET-1CEST,M3.5.0,M10.5.0/3';      # needs no file

# label($seconds, $nanoseconds): of this unix time.
sub label { return sprintf '@%016x%08x', 4611686018427387914 + $_[0], $_[1] }

# shown($input, $zone): what comes out; it must end well.
sub shown {
    my ($input, $zone, @arguments) = @_;
    my $result = run('tai64nlocal', @arguments, {stdin => $input, env => {TZ => $zone // 'UTC0'}});
    is_deeply [@$result{qw(code err)}], [0, ''], 'it ends well' unless $result->{code} eq '0' && $result->{err} eq '';
    return $result->{out};
}

# Lines ----------------------------------------------------------------------------------------

is shown("$label one\n"), "$utc one\n", 'a label at the beginning of a line is shown as a time';
is shown("$label\n"), "$utc\n", 'also one that stands alone';
is shown($label), $utc, 'also without a newline';
is shown("$label.s\n"), "$utc.s\n", 'what follows it stays, whatever it is';
is shown("$label one\ntwo\n$label three"), "$utc one\ntwo\n$utc three", 'lines without a label stay';
is shown("see $label\n $label\n$label $label\n"), "see $label\n $label\n$utc $label\n",
    'a label counts at the beginning of a line only';
is shown("\0$label\n$label \0\377\n"), "\0$label\n$utc \0\377\n", 'lines are bytes';
is shown(''), '', 'from nothing comes nothing';

for my $line ('@', '@@', '@ x', '@4', '@400000003b9aca0a', '@400000003b9aca0a000001f', '@40000000zzzzzzzz000001f4',
    '@400000003b9aca0a3b9aca00', '@800000000000000000000000', '@ffffffffffffffffffffffff', '@000000000000000000000000',
    '@7fffffffffffffff00000000', '@4000003afff4418a00000000') {
    is shown("$line\n$label\n"), "$line\n$utc\n", "\"$line\" is no label: it stays, and the next one counts";
    is shown($line), $line, 'so it is at the end of the input';
}

{
    my $long = 'x' x 200_000;
    ok shown("$label $long\n$label y\n") eq "$utc $long\n$utc y\n", 'a line may be as long as it wants';
    ok shown("$label\n" x 50_000) eq "$utc\n" x 50_000, 'and there may be many short ones';
}

# Zones ----------------------------------------------------------------------------------------

is shown("$label x\n", $berlin), "2001-09-09 03:46:40.000000500 x\n", 'TZ says what local time is';
is shown("$label x\n", 'EST5EDT,M4.1.0,M10.5.0'), "2001-09-08 21:46:40.000000500 x\n", 'there too';
is shown("$label x\n", 'XXX-5:45'), "2001-09-09 07:31:40.000000500 x\n", 'hours need not be whole';
is shown("$label x\n", $berlin, '-g'), "$utc x\n", '-g shows UTC';
is shown(join('', map { label($_, 7) . "\n" } 1616893199, 1616893200, 1635641999, 1635642000), $berlin), <<'END',
2021-03-28 01:59:59.000000007
2021-03-28 03:00:00.000000007
2021-10-31 02:59:59.000000007
2021-10-31 02:00:00.000000007
END
    'the clocks change when they should';

SKIP: {
    my $peer = peer('daemontools') or skip 'no daemontools here', 1;
    srand 1;
    my $log = '';
    my $when = 0;
    for (1 .. 20_000) { # at first several in a second, in the end one in months
        $when += int rand 1 << int $_ / 800;
        $log .= label($when, int rand 1_000_000_000) . ($_ % 3 ? " line $_\n" : "\nplain $_\n");
    }
    my @zones = ('UTC0', $berlin, 'ODD3:07:09ODE,M2.1.1/1:11:11,M9.1.1/4:05:07');
    push @zones, grep { -f "/usr/share/zoneinfo/$_" } qw(Europe/Berlin America/St_Johns Asia/Kathmandu);
    for my $zone (@zones) {
        my $theirs = run("$peer/tai64nlocal", {stdin => $log, env => {TZ => $zone}})->{out};
        ok shown($log, $zone) eq $theirs, "a log of 20000 lines is shown as daemontools shows it in $zone";
    }
}

# Nothing waits --------------------------------------------------------------------------------

{
    pipe my $reader, my $writer or die;
    my $process = start('tai64nlocal', '-g', {stdin => $reader});
    close $reader;
    my $expected = '';
    my $comes = sub {
        my ($input, $output, $sentence) = @_;
        syswrite $writer, $input;
        $expected .= $output;
        ok wait_until { length $process->out >= length $expected } 10, $sentence;
        is $process->out, $expected, 'and is right';
    };
    $comes->('pla', 'pla', 'a part of a line comes at once');
    $comes->("in\n$label o", "in\n$utc o", 'a label comes with what follows it');
    $comes->("ne\n$label", "ne\n$utc", 'or without');
    $comes->("\n\@4000x", "\n\@4000x", 'a line that cannot become a label is not held back');
    $comes->(" two\nx\@4000", " two\nx\@4000", 'nor is what stands within a line');
    $comes->("\nafter\n" . substr($label, 0, 10), "\nafter\n", 'what comes before a label in parts is not');
    $comes->(substr($label, 10) . ' z', "$utc z", 'which comes when it is complete');
    syswrite $writer, "\n" . substr $label, 0, 24;
    close $writer;
    is $process->wait(10)->{code}, 0, 'the input ends within a label';
    is $process->out, "$expected\n" . substr($label, 0, 24), 'of which no byte is lost';
}

{
    pipe my $reader, my $writer or die;
    fcntl $reader, F_SETFL, O_NONBLOCK or die;
    my $process = start('tai64nlocal', '-g', {stdin => $reader});
    syswrite $writer, "$label\n";
    ok wait_until { $process->out eq "$utc\n" } 10, 'an input that does not block is waited for';
    close $writer;
    is $process->wait(10)->{code}, 0, 'to its end';
}

# Arguments and trouble ------------------------------------------------------------------------

is shown("$label x\n", $berlin, 'one', '-g'), "2001-09-09 03:46:40.000000500 x\n",
    'arguments that are no options are ignored, as ever';
is shown("$label x\n", $berlin, '-x', '--long', '-g'), "$utc x\n", 'so are options that it does not know';
is_deeply [@{run('tai64nlocal', '--help', {stdin => "z\n"})}{qw(code out err)}],
    [0, "usage: tai64nlocal [-g]\n\n  -g             UTC, whatever the time zone\n"
        . "      --help     this text\n      --version  which upkeep this is\n", ''], '--help tells how it is used';

sub fails {
    my ($shell, $err, $sentence) = @_;
    my $result = run('sh', '-c', $shell);
    is_deeply [@$result{qw(code err)}], [111, $err], $sentence;
}

fails('tai64nlocal < /', "tai64nlocal: fatal: unable to read standard input: is a directory\n",
    'an input that cannot be read');
SKIP: {
    skip 'no /dev/full here', 1 unless -c '/dev/full';
    fails('echo one | tai64nlocal > /dev/full',
        "tai64nlocal: fatal: unable to write to standard output: out of disk space\n", 'an output that is full');
}

{
    pipe my $reader, my $writer or die;
    close $reader;
    my $process = start('sh', '-c', 'trap "" PIPE; echo one | exec tai64nlocal; exit $?', {stdout => $writer});
    is $process->wait(10)->{code}, 111, 'an output that nobody reads ends it';
    is $process->err, '', 'in silence';
}

done_testing;
