# ISC license.
#
# multilog's configuration files (svlogd's `config` in a log directory), SIGHUP, and what becomes
# of a killed multilog's lines when the next one has another script.

use lib 'tests/lib';
use Upkeep;
use Logs;

use Fcntl ();
use IO::Socket::INET;
use POSIX ();

sub configure { my ($log, $text) = @_; write_file("$place/$log/config", $text) }

# has_seen($process): whether it has taken note of all signals.
sub has_seen {
    my $status = read_file('/proc/' . $_[0]->pid . '/status') // '';
    return $status =~ /^ShdPnd:\t0+$/m;
}

# hang_up($process): HUP, which it has seen.
sub hang_up {
    my ($process) = @_;
    $process->kill('HUP');
    return wait_until { has_seen($process) } 10, 'HUP';
}

# receiver: a UDP socket, its address, and a sub that returns the next datagram.
sub receiver {
    my $socket = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1') or die "no UDP: $!\n";
    $socket->blocking(0);
    my $receive = sub {
        my $datagram;
        wait_until { defined $socket->recv($datagram, 65536) } 10, 'a datagram';
        return $datagram // 'nothing';
    };
    return ($socket, '127.0.0.1:' . $socket->sockport, $receive);
}

my $label = qr/\@[0-9a-f]{24}/;

# What a configuration says ---------------------------------------------------------------------

fresh 'log';
{
    configure('log', "# sizes\n\ns4096\nn3\n");
    is multilog_with(lines(1, 1000), 's8192', 'n9', './log', './other')->{code}, 0, 'a config';
    is scalar(old_files('log')), 3, 'n3: three old files';
    is scalar(grep { -s "$place/log/$_" > 4096 } old_files('log')), 0, 's4096, which wins over the script';
    same everything('log'), lines(1000 - length(everything('log')) / 32 + 1, 1000), 'with the latest lines';
    like join(' ', map { int((-s "$place/other/$_") / 4096) } old_files('other')), qr/^2 2 2/, 'another directory has the script\'s settings';
    is content('log/config'), "# sizes\n\ns4096\nn3\n", 'the config stays as it is';

    fresh 'log';
    configure('log', "s5k\nn0");
    multilog_with(lines(1, 3000), 'n2', './log');
    same everything('log'), lines(1, 3000), 'n0: no file is removed; the last line needs no newline';
    is -s "$place/log/" . (old_files('log'))[0], 5120, 's5k: k is 1024';
    fresh 'log';
    configure('log', "s0\n");
    multilog_with(lines(1, 5000), './log');
    is join('', old_files('log')), '', 's0: a file is never full';
    fresh 'log';
    configure('log', "s4096\n!tr 0-9 a-j\n");
    multilog_with(lines(1, 130), '!tr 0-9 A-J', './log');
    same everything('log'), lines(1, 128) =~ tr/0-9/a-j/r . lines(129, 130), '! a processor';
    fresh 'log';
    configure('log', "t1\n");
    my ($process, $writer) = feed('./log');
    say_to($writer, "x\n");
    soon { old_files('log') == 1 } 't1: a file ends after a second';
    is finish($process, $writer), 0, 'and it goes on';

    fresh 'log';
    configure('log', "bad\n #\nN2\nx\nI\nf\n=status\n./elsewhere\ne\n");
    is multilog_with("x\n", './log')->{code}, 0, 'what means nothing to svlogd';
    is content('log/current'), "x\n", 'means nothing';
    is join(' ', sort map { s{.*/}{}r } glob "$place/*"), 'log', 'at all';
}

fresh 'log';
{
    mkdir "$place/other";
    configure('log', "-*\n+a*\n");
    configure('other', "-a*\n");
    my $input = "aaab\nab\nb\n";
    multilog_with($input, './log', './other', './all');
    is content('log/current'), "aaab\nab\n", '- and +: patterns for this directory';
    is content('other/current'), "b\n", 'for another';
    is content('all/current'), $input, 'and not for the others';
    multilog_with($input, '-b', './log', './other', './all');
    is content('log/current'), "aaab\nab\n" x 2, 'they go on';
    is content('other/current'), "b\n", 'from where the script is';
    is content('all/current'), "${input}aaab\nab\n", 'which goes on from there too';
    configure('log', "-*\n++ab\n");
    unlink "$place/log/current";
    multilog_with("aaab\n+ab\nb\n", './log');
    is content('log/current'), "aaab\n", 'a plus is svlogd\'s';

    fresh 'log';
    configure('log', "eerror*\nEerror 7\n");
    my $result = multilog_with("ok\nerror 1\nerror 7\nx error\n", './log', './other');
    is $result->{err}, "error 1\n", 'e and E: alerts';
    is content('log/current'), "ok\nerror 1\nerror 7\nx error\n", 'the lines are in the log all the same';
    configure('log', "-error*\neerror*\npme: \n");
    $result = multilog_with("error 2\nok\n", './log');
    is $result->{err}, "me: error 2\n", 'whether they are or not; p: a prefix, there';
    like content('log/current'), qr/x error\nme: ok\n\z/, 'and in the log';
    $result = multilog_with("x\n", 't', 'pa ', './log', 'e');
    like content('log/current'), qr/\n$label me: x\n\z/, 'behind the stamp';
    like $result->{err}, qr/^$label a x\n\z/, 'and only there';
}

fresh 'log';
{
    my ($socket, $address, $receive) = receiver();
    configure('log', "u$address\npme: \n-no*\n");
    multilog_with("one\nno\ntwo\n", './log');
    is content('log/current'), "me: one\nme: two\n", 'u: the log is as ever';
    is $receive->(), "me: one\n", 'and sent as well';
    is $receive->(), "me: two\n", 'line by line';
    configure('log', "U$address\n");
    is multilog_with("three\n", './log', './other')->{code}, 0, 'U';
    is $receive->(), "three\n", 'sends a line';
    is content('log/current'), "me: one\nme: two\n", 'and writes none';
    is content('other/current'), "three\n", 'but for others';
}

# Faults ----------------------------------------------------------------------------------------

fresh 'log';
{
    for my $fault ('u1.2.3', 'Uhost', 'p' . 'x' x 201) {
        configure('log', "s4096\n$fault\n");
        my $result = multilog_with("x\n", './other', './log');
        is $result->{code}, 100, substr($fault, 0, 10) . ': a config that says nothing sensible';
        like $result->{err}, qr/^multilog: fatal: unable to understand \Q$fault\E: .+\n\z/, 'is refused with a reason';
        ok !-e "$place/other", 'before anything is done';
    }
    configure('log', 'x' x 70000);
    like multilog_with("x\n", './log')->{err}, qr{^multilog: warning: unable to read \./log/config: file too large\n\z}, 'a huge one';
    is content('log/current'), "x\n", 'is left alone';
    unlink "$place/log/config";
    mkdir "$place/log/config";
    like multilog_with("y\n", './log')->{code}, qr/^0$/, 'a directory is none';
    is content('log/current'), "x\ny\n", 'either';
}

# HUP -------------------------------------------------------------------------------------------

fresh 'log';
{
    my ($process, $writer) = feed('L', './log', 'x', './other');
    say_to($writer, "one\n");
    soon { content('other/current') eq "one\n" } 'without a config';
    configure('log', "pme: \n-* no\n");
    say_to($writer, "no\n");
    soon { content('other/current') eq "one\nno\n" } 'one that is new';
    like content('log/current'), qr/^$label one\n$label no\n\z/, 'is not read by itself';
    hang_up($process);
    say_to($writer, "no\ntwo\n");
    soon { content('other/current') eq "one\nno\nno\ntwo\n" } 'but on HUP';
    like content('log/current'), qr/^$label one\n$label no\n$label me: two\n\z/, 'and holds from then on';

    configure('log', "pyou: \nunowhere\n");
    hang_up($process);
    soon { $process->err eq "multilog: warning: unable to understand unowhere: not an address: A.B.C.D, A.B.C.D:PORT or [V6]:PORT\n" }
        'a faulty one: a warning';
    say_to($writer, "no\nthree\n");
    soon { content('log/current') =~ /me: three\n\z/ } 'and the one before goes on';
    unlike content('log/current'), qr/me: no/, 'all of it';

    unlink "$place/log/config";
    hang_up($process);
    say_to($writer, "no\n");
    soon { content('log/current') =~ /me: three\n$label no\n\z/ } 'without it the script alone holds again';

    my $files = sub { return join ' ', (stat "$place/log/current")[1, 7, 9, 10], (stat "$place/log/.inflight")[1] };
    my $before = $files->();
    hang_up($process) for 1 .. 5;
    is $files->(), $before, 'HUP without a change does nothing';
    is scalar($process->err =~ tr/\n//), 1, 'and says nothing';

    configure('log', "s4096\nn2\n");
    hang_up($process);
    say_to($writer, lines(1, 1000));
    is finish($process, $writer), 0, 'to the end';
    is scalar(old_files('log')), 2, 'a bound that is new';
    is scalar(grep { -s "$place/log/$_" > 4096 } old_files('log')), 0, 'holds too';
    same content('other/current'), "one\nno\nno\ntwo\nno\nthree\nno\n" . lines(1, 1000), 'nothing of it is seen elsewhere';
}

fresh 'log';
{
    my ($socket, $address, $receive) = receiver();
    my ($process, $writer) = feed('./log');
    say_to($writer, "one\n");
    soon { content('log/current') eq "one\n" } 'no UDP';
    configure('log', "U$address\n");
    hang_up($process);
    say_to($writer, "two\n");
    is $receive->(), "two\n", 'UDP from HUP on';
    configure('log', "s4096\n");
    hang_up($process);
    say_to($writer, "three\n");
    soon { content('log/current') eq "one\nthree\n" } 'and no more after another';
    configure('log', "t1\n");
    hang_up($process);
    say_to($writer, "four\n");
    soon { old_files('log') == 1 } 't1 on HUP';
    is finish($process, $writer), 0, 'to the end';
    is everything('log'), "one\nthree\nfour\n", 'with all lines';

    # a line that is being written keeps what it began with
    fresh 'log';
    configure('log', "pold \ns10000000\n");
    ($process, $writer) = feed('./log');
    say_to($writer, 'x' x 200000);
    soon { length content('log/current') > 100000 } 'a long line';
    configure('log', "pnew \n-x*\ns10000000\n");
    $process->kill('HUP');
    say_to($writer, 'x' x 1000 . "\n");
    soon { content('log/current') =~ /\n\z/ } 'whose end comes after HUP';
    say_to($writer, "y\nx\n");
    is finish($process, $writer), 0, 'to the end';
    same content('log/current'), 'old ' . 'x' x 201000 . "\nnew y\n", 'is not cut by it';

    # an unfinished one belongs to whoever sees its end
    fresh 'log';
    ($process, $writer) = feed('./log');
    say_to($writer, "one\ntw");
    soon { content('log/current') eq "one\n" } 'the beginning of a line';
    configure('log', "pme: \n");
    hang_up($process);
    say_to($writer, "o\nthree\n");
    is finish($process, $writer), 0, 'whose end comes after HUP';
    is content('log/current'), "one\nme: two\nme: three\n", 'is not lost';

    # a kill after it
    fresh 'log';
    ($process, $writer, my $reader) = feed('./log');
    say_to($writer, "one\ntw");
    soon { content('log/current') eq "one\n" } 'a line, and the beginning of another';
    configure('log', "pme: \n");
    hang_up($process);
    say_to($writer, 'o');
    soon { content('log/.inflight') =~ /two/ } 'and a HUP,';
    $process->kill('KILL');
    $process->wait(10);
    say_to($writer, "\nthree\n");
    close $writer;
    is run('multilog', './log', {stdin => $reader, cwd => $place})->{code}, 0, 'and then a kill';
    is everything('log'), "one\nme: two\nme: three\n", 'cost nothing';

    fresh 'log';
    configure('log', "s4096\n!exit 1\n");
    ($process, $writer, $reader) = feed('./log');
    soon { -e "$place/log/current" } 'a processor that fails';
    configure('log', "s4096\n!exit 1\npnew \n");
    hang_up($process);
    syswrite $writer, lines(1, 400) =~ s/ {4}$//mgr;
    soon { -e "$place/log/previous" && (-s "$place/log/current" // 0) > 4000 } 'and no room in current,';
    $process->kill('KILL');
    $process->wait(10);
    configure('log', "s4096\n");
    close $writer;
    is run('multilog', './log', {stdin => $reader, cwd => $place})->{code}, 0, 'and then a kill';
    same everything('log'), lines(1, 400) =~ s/ {4}$//mgr =~ s/^/new /mgr, 'do not bring the old script back';

    # status files stay what they are
    fresh 'log';
    ($process, $writer) = feed('^0', '=status', '-two', '=./status', '-three', '=other', '+*', './log');
    say_to($writer, "one\ntwo\n");
    soon { content('log/current') eq "one\ntwo\n" } 'status files';
    configure('log', "pme: \n");
    hang_up($process);
    say_to($writer, "three\n");
    is finish($process, $writer), 0, 'and a HUP';
    is content('status') . content('other'), "three\none\n", 'each has its own line';

    # a processor that runs meanwhile
    fresh 'log';
    configure('log', "s4096\n!cat; echo >../started; while test ! -e ../on; do :; done\n");
    ($process, $writer) = feed('./log');
    say_to($writer, lines(1, 160));
    soon { -e "$place/started" } 'a processor runs';
    configure('log', "s8192\n");
    hang_up($process);
    say_to($writer, lines(161, 200));
    soon { content('log/current') eq lines(129, 200) } 'HUP takes it away: lines go on';
    write_file("$place/on", '');
    is finish($process, $writer), 0, 'and all ends well';
    same everything('log'), lines(1, 200), 'with every line once';
}

# numbers($text): what is wrong with numbered lines that should be 1, 2, 3 ... $last, or ''.
sub numbers {
    my ($text, $last) = @_;
    my $expected = 1;
    for my $line (split /\n/, $text) {
        $line =~ /^(?:x+ )?(\d+)$/ or return "torn: $line";
        return "$1, not $expected" if $1 != $expected;
        $expected++;
    }
    return $expected - 1 == $last ? '' : 'ends with ' . ($expected - 1) . ", not $last";
}

# count($writer, $chunk): a process that writes 1, 2, 3 ... until there is a file "enough"; then the
# last number is in "last".
sub count {
    my ($writer, $chunk) = @_;
    my $pid = fork // die;
    return $pid if $pid;
    my ($text, $number) = ('', 0);
    until (-e "$place/enough") {
        $text .= ++$number . "\n" for 1 .. 10;
        next if length $text < rand $chunk;
        syswrite $writer, $text;
        $text = '';
    }
    syswrite $writer, $text if length $text;
    write_file("$place/last", $number);
    POSIX::_exit(0);
}

fresh 'log';
{
    srand 7;
    configure('log', "n0\n");
    pipe my $reader, my $writer or die;
    my $process = start('multilog', './log', 's200000', 'n100000', './other', {stdin => $reader, cwd => $place});
    close $reader;
    my $pid = count($writer, 6000);
    close $writer;
    soon { -s "$place/other/current" } 'lines at full speed';
    for (1 .. 100) {
        my @settings = ('n0', 's' . (100000 + int rand 100000), 'p' . ('', 'x ', 'xxxxx ')[rand 3]);
        push @settings, ('!cat', '!', '-nothing', 't1', 'ano', '')[rand 6];
        configure('log', join '', map { "$_\n" } @settings);
        hang_up($process) or last;
    }
    write_file("$place/enough", '');
    is $process->wait(20)->{code}, 0, 'and changes';
    waitpid $pid, 0;
    is numbers(everything('log'), content('last')), '', 'every line is there, once and in order';
    is numbers(everything('other'), content('last')), '', 'elsewhere too';
    like everything('log'), qr/^\d.*^x+ /ms, 'some with, some without what a config adds';
    is $process->err, '', 'and nothing needs to be said';
}

# Another script after a kill -------------------------------------------------------------------

# stuck(@script): a directory in which a multilog has read 400 lines of which it could not write all.
sub stuck {
    fresh 'log';
    configure('log', "s4096\n!exit 1\npold \n");
    my ($process, $writer, $reader) = feed(@_);
    say_to($writer, lines(1, 200) =~ s/ {4}$//mgr);
    say_to($writer, lines(201, 400) =~ s/ {4}$//mgr . 'li');
    soon { -e "$place/log/previous" && (-s "$place/log/current" // 0) > 4000 } 'a multilog that cannot go on';
    $process->kill('KILL');
    $process->wait(10);
    return ($writer, $reader);
}
my $stuck = lines(1, 400) =~ s/ {4}$//mgr =~ s/^/old /mgr;

{
    my ($writer, $reader) = stuck('./log');
    configure('log', "s4096\npnew \n");
    say_to($writer, "ne\nlast\n");
    close $writer;
    my $result = run('multilog', './log', {stdin => $reader, cwd => $place});
    is $result->{code}, 0, 'killed, and another config';
    same everything('log'), "${stuck}new line\nnew last\n", 'what had been read is as the old one wanted it; then the new one goes on';

    ($writer, $reader) = stuck('./log', 'x', './other');
    unlink "$place/log/config";
    say_to($writer, "ne\nlast\n");
    close $writer;
    $result = run('multilog', 'pnew ', './log', '-last', 'p', './other', './third', {stdin => $reader, cwd => $place});
    is $result->{code}, 0, 'and another script';
    same everything('log'), "${stuck}new line\nnew last\n", 'likewise';
    same everything('other'), $stuck =~ s/^old //mgr . "line\n", 'in each directory';
    is everything('third'), "line\n", 'a new one gets what is new';

    ($writer, $reader) = stuck('./log', './other');
    unlink "$place/log/config";
    say_to($writer, "ne\n");
    close $writer;
    open my $lock, '>', "$place/other/lock" or die;
    flock $lock, Fcntl::LOCK_EX() or die;
    $result = run('multilog', 'pnew ', './log', './other', {stdin => $reader, cwd => $place});
    is "$result->{code} $result->{err}", "111 multilog: fatal: unable to lock directory ./other: temporary failure\n",
        'and somebody in the way';
    close $lock;
    is run('multilog', 'pnew ', './log', './other', {stdin => $reader, cwd => $place})->{code}, 0, 'who goes';
    same everything('log'), "${stuck}new line\n", 'cost nothing';

    ($writer, $reader) = stuck('./log', './other');
    unlink "$place/log/config";
    say_to($writer, "ne\nlast\n");
    close $writer;
    $result = run('multilog', './other', './log', {stdin => $reader, cwd => $place});
    is $result->{code}, 0, 'and another order';
    same everything('log'), "${stuck}line\nlast\n", 'nothing is lost';
    same everything('other'), $stuck =~ s/^old //mgr . "line\nlast\n", 'in neither, and the unfinished line goes on';

    ($writer, $reader) = stuck('./log');
    configure('log', "s4096\npold \n");
    close $writer;
    is multilog_with("next\n", 'pnew ', './log')->{code}, 0, 'and another pipe';
    same everything('log'), "${stuck}old li\nold next\n", 'the unfinished line ends there';
}

# What had been read and not been told, as nobody read the alerts.
for my $script (['e', './log'], ['pnew ', './log']) {
    fresh 'log';
    pipe my $input, my $writer or die;
    pipe my $alerts, my $full or die;
    $full->blocking(0);
    1 while syswrite $full, 'x' x 4096;
    $full->blocking(1);
    my $process = start('multilog', 'e', './log', {stdin => $input, stderr => $full, cwd => $place});
    syswrite $writer, "one\ntwo\n";
    soon { content('log/.inflight') =~ /one\ntwo\n/ } 'alerts that nobody reads';
    $process->kill('KILL');
    $process->wait(10);
    close $writer;
    my $result = run('multilog', @$script, {stdin => $input, cwd => $place});
    is $result->{err}, "one\ntwo\n", "after a kill the next multilog (@$script) prints them";
    is content('log/current'), "one\ntwo\n", 'and logs the lines';
}

# A kill at any moment, and a script that changes each time.
fresh 'log';
{
    srand 11;
    pipe my $reader, my $writer or die;
    my $pid = count($writer, 6000);
    close $writer;
    my ($errors, $code) = ('');
    my $begin = sub {
        configure('log', ('', "px \n", "s90000\n", "n0\n!cat\n")[rand 4]) if rand() < 0.5;
        my @script = ('n1000000', 's' . (40000 + int rand 60000), ('', '!cat', 'i')[rand 3], './log');
        push @script, 's' . (40000 + int rand 60000), './other';
        return start('multilog', @script, {stdin => $reader, cwd => $place});
    };
    for (1 .. 60) {
        my $process = $begin->();
        my $limit = Upkeep::now() + 0.002 + rand 0.02;
        wait_until { Upkeep::now() > $limit } 10, 'some time';
        $process->kill('KILL');
        $process->wait(10);
        $errors .= $process->err;
    }
    write_file("$place/enough", '');
    my $process = $begin->();
    # what finished the one before may still be about to die
    $process = $begin->() while $process->wait(20)->{code} == 111 && $process->err =~ /unable to lock/;
    waitpid $pid, 0;
    is $process->wait(1)->{code}, 0, 'killed again and again, with other words each time';
    is numbers(everything('log'), content('last')), '', 'every line is there, once and in order';
    is numbers(everything('other'), content('last')), '', 'elsewhere too';
    is $errors =~ s/^multilog: fatal: unable to lock directory .*\n//mgr, '', 'and nothing needs to be said';
}

done_testing;
