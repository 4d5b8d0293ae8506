# ISC license.
#
# What multilog's language has besides daemontools': stamps for each action, prefixes, the rest (f),
# kinds of patterns, alerts, standard output, UDP, bounds of other kinds, and long lines with all of
# them; then random scripts and inputs against what is promised of every one.

use lib 'tests/lib';
use Upkeep;
use Logs;

use IO::Socket::INET;
use POSIX ();
use Time::Local ();

sub alerts { return multilog_with(@_)->{err} }

# has_seen($process): whether it has taken note of all signals.
sub has_seen { return (read_file('/proc/' . $_[0]->pid . '/status') // '') =~ /^ShdPnd:\t0+$/m }

my $label = qr/\@40000000[0-9a-f]{16}/;
my $day = qr/\d{4}-\d\d-\d\d/;

# Stamps --------------------------------------------------------------------------------------

fresh;
{
    my $before = time;
    like alerts("x\n", 'L', 'e'), qr/^$label x\n\z/, 'L: a label';
    like alerts("x\n", 'd', 'e'), qr/^${day}_\d\d:\d\d:\d\d\.\d{5} x\n\z/, 'd: day and time with an underscore';
    like alerts("x\n", 'D', 'e'), qr/^${day}T\d\d:\d\d:\d\d\.\d{5} x\n\z/, 'D: with a T';
    like alerts("x\n", 'I', 'e'), qr/^$day \d\d:\d\d:\d\d\.\d{9} x\n\z/, 'I: with a space and nanoseconds';
    is alerts("x\n", 'x', 'e'), "x\n", 'x: nothing';

    my $stamped = alerts("x\n", 'D', 'e');
    my ($year, $month, $date, $hour, $minute, $second) = $stamped =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)/;
    my $when = Time::Local::timegm($second, $minute, $hour, $date, $month - 1, $year);
    ok $when >= $before && $when <= time, 'D is the time in UTC';

    my $input = "x\n";
    my $result = run('multilog', 'd', '^0', '=utc', 'I', '=local', {stdin => $input, cwd => $place, env => {TZ => 'XYZ-05:30'}});
    ($year, $month, $date, $hour, $minute, $second, my $part) = content('utc') =~ /^(\d+)-(\d+)-(\d+)_(\d+):(\d+):(\d+)\.(\d{5}) x$/;
    my $local = Time::Local::timegm($second, $minute, $hour, $date, $month - 1, $year) + 19800;
    like content('local'), qr/^\Q${\ POSIX::strftime('%Y-%m-%d %H:%M:%S', gmtime $local)}.$part\E\d{4} x\n\z/, 'I is the time in TZ';

    like alerts("x\n", 't', 'e', 'x', 'e', 'L', 'e', 'D', 'e'), qr/^$label x\nx\n$label x\n${day}T\S+ x\n\z/,
        'a stamp holds for what follows, up to the next';
    like alerts("x\n", 'e', 'Dt', 'e'), qr/^x\n${day}T\S+ x\n\z/, 'and not for what comes before; the letter is enough';
    is alerts("x\n", 't', '-@*', 'x', 'e'), '', 'patterns see the stamp of the first word';
    like alerts("x\n", '+*', 'L', '-@*', 'e'), qr/^$label x\n\z/, 'and no other';
    like alerts("x\n", 't', 'D', '-2*', 'e'), qr/^${day}T\S+ x\n\z/, 'whatever the actions get';
    like alerts("x\n", 'D', '-2*', 'x', 'e', '+*', 'e'), qr/^x\n\z/, 'which may be one of the new ones';

    my ($process, $writer) = feed('t', './parts');
    say_to($writer, "one\npar");
    soon { content('parts/current') =~ /one\n\z/ } 'the beginning of a line';
    my $between = time;
    wait_until { time > $between } 10, 'the next second';
    say_to($writer, "tial\ntwo\n");
    is finish($process, $writer), 0, 'and its end';
    my @seconds = map { hex } content('parts/current') =~ /^\@40000000(.{8})/mg;
    is $seconds[1], $seconds[0], 'its stamp is from its beginning';
    cmp_ok $seconds[2], '>', $seconds[1], 'that of the next is not';
    multilog_with("one\ntwo\n", './plain', 'L', './label', 'd', '-one', './utc2', 'x', './plain2');
    is content('plain/current'), "one\ntwo\n", 'several directories:';
    like content('label/current'), qr/^$label one\n$label two\n\z/, 'each has';
    like content('utc2/current'), qr/^${day}_\S+ two\n\z/, 'its own stamp';
    is content('plain2/current'), "two\n", 'or none';
}

# Prefixes ------------------------------------------------------------------------------------

{
    is alerts("x\n\n", 'pabc: ', 'e'), "abc: x\nabc: \n", 'p: a text before each line';
    like alerts("x\n", 't', 'pabc: ', 'e'), qr/^$label abc: x\n\z/, 'behind the stamp';
    is alerts("x\n", 'pa', 'e', 'pb', 'e', 'p', 'e'), "ax\nbx\nx\n", 'up to the next; p alone ends it';
    is alerts("x\n", 'pa', '-a*', 'e'), "ax\n", 'patterns do not see it';
    multilog_with("x\ny\n", 'pa ', './pa', 'L', 'pb ', './pb', '^0', '=status');
    is content('pa/current'), "a x\na y\n", 'in a directory';
    like content('pb/current'), qr/^$label b x\n$label b y\n\z/, 'in another';
    like content('status'), qr/^$label b y\n\z/, 'and in a status file';
    is alerts("x\n", 'p' . 'y' x 150, 'e'), 'y' x 150 . "x\n", 'it may be long';
    is multilog_with('', 'p' . 'y' x 201)->{code}, 100, 'but not too long';
    is multilog_with('', "pa\nb")->{err}, "multilog: fatal: unable to understand pa\nb: a prefix may not contain a newline\n",
        'nor more than a line';
}

# The rest ------------------------------------------------------------------------------------

{
    my $input = "a1\nb1\na2\nc1\n";
    multilog_with($input, '-*', '+a*', './a', '-*', '+b*', './b', 'f', './rest');
    is content('a/current') . content('b/current'), "a1\na2\nb1\n", 'some lines go somewhere';
    is content('rest/current'), "c1\n", 'f: those that no action got';
    is alerts($input, '-a*', 'e', 'f', 'pf ', 'e'), "f a1\nb1\nf a2\nc1\n", 'and f deselects the others';
    is alerts($input, 'f', 'e'), $input, 'without an action before it, that is all';
    is alerts($input, 'e', 'f', 'e', '+c*', 'e'), "a1\nb1\na2\nc1\nc1\n", 'patterns go on from there';
}

# Patterns ------------------------------------------------------------------------------------

{
    my $input = "error 12\nwarning 7\nok\n";
    my %selected = (
        'X -nothing'               => $input,
        'X -o'                     => "warning 7\n",
        'X -^o'                    => "error 12\nwarning 7\n",
        'X -[0-9]+$'               => "ok\n",
        'X -[0-9]{2} +12'          => $input,
        'X -. +^(error|ok)'        => "error 12\nok\n",
        'X -. +^(error|ok)$'       => "ok\n",
        'X -r.*r +^e.*2$'          => $input,
        'X -r.*r'                  => "warning 7\nok\n",
        'X -k S -e*'               => "warning 7\n",
        'X -^$'                    => $input,
        'V -ok +o+k'               => $input,
        'V -* +e+ror*'             => "error 12\n",
        'V -* ++ok'                => "ok\n",
        'V -*r +7* S -o+k'         => $input,
    );
    is alerts($input, split(/ /), 'e'), $selected{$_}, $_ for sort keys %selected;
    is alerts("aaab\nb\naab\n", 'V', '-*', '++ab', 'e'), "aaab\naab\n", 'V: a plus stands for one or more';
    is alerts("aaab\n+ab\n", '-*', '++ab', 'e'), "+ab\n", 'which it does not for others';
    is alerts("a\0b\n", 'X', '-c', '-a.b', 'e'), '', 'X: a NUL is a byte';
    is alerts("\xff\xfe\n", 'X', '-^..$', 'e'), '', 'and so is what is no UTF-8';
    like alerts("x\n", 't', 'X', '-^@[0-9a-f]{24} x$', 'x', 'e', '+', 'e'), qr/^x\n\z/, 'the stamp is a part of the line';
    is alerts('x' x 1000 . "y\n", 'X', '-y', 'E10', 'e'), "xxxxxxxxxx...\n", 'the first 1000 bytes count';
    is alerts('x' x 999 . "y\n", 'X', '-xy$', 'e'), '', 'as if there were no more';

    my $fault = multilog_with("x\n", 'X', '-a(b', './nothing');
    is $fault->{code}, 100, 'a faulty expression';
    like $fault->{err}, qr/^multilog: fatal: unable to understand .*a\(b: .+\n\z/, 'is refused with a reason';
    ok !-e "$place/nothing", 'before anything is done';
    is multilog_with("x\n", '-a(b', '+[', 'F', '-(', 'e')->{err}, "x\n", 'it is none elsewhere';
}

# Alerts, standard output, status files -------------------------------------------------------

{
    my $result = multilog_with("one\ntwo\n", '2');
    is "$result->{out}|$result->{err}", "|multilog: alert: one\nmultilog: alert: two\n", '2: alerts say whose they are';
    $result = multilog_with("one\ntwo\n", '-two', '1', '2');
    is "$result->{out}|$result->{err}", "one\n|multilog: alert: one\n", '1: standard output';
    like multilog_with("one\n", 'L', 'pa ', '1')->{out}, qr/^$label a one\n\z/, 'with stamp and prefix';

    my $long = join '', map { "$_," } 1 .. 40000;
    $result = multilog_with("a\n$long\nb\n$long", '1', '2', 'E10', 'e');
    same $result->{out}, "a\n$long\nb\n$long\n", 'whole lines, however long';
    my $shown = substr $long, 0, 200;
    is $result->{err}, "multilog: alert: a\na\nmultilog: alert: $shown...\n1,2,3,4,5,...\n"
        . "multilog: alert: b\nb\nmultilog: alert: $shown...\n1,2,3,4,5,...\n", 'of which alerts show the beginning, once';

    my $bytes = join('', map { chr } grep { $_ != 10 } 0 .. 255) . "\n";
    same multilog_with($bytes, '1')->{out}, $bytes, 'all bytes pass';

    is alerts("1234567890\n12345678901\n", 'E10', 'e'), "1234567890\n1234567890...\n", 'E10: ten bytes and ...';
    is alerts('x' x 1000 . "\n", 'E0', 'e'), 'x' x 1000 . "\n", 'E0: as many as there are';
    is alerts('x' x 300 . "\n", 'E250', 'e', 'E5000', 'e'), 'x' x 250 . "...\n" . 'x' x 300 . "\n", 'each up to the next';

    multilog_with("one\nlong line\n", '^6', '=six', '^0', '=exact', '^5000', '=most', '-l*', '^8', '=eight');
    is content('six'), "long \n", '^6: a status file of six bytes';
    is content('exact'), "long line\n", '^0: as long as the line';
    is content('eight'), "one\n\n\n\n\n", '^8: eight';
    is length content('most'), 1001, '1001 at most';
    multilog_with("long line\nx\n", '^0', '=exact');
    is content('exact'), "x\n", 'a shorter line leaves nothing of a longer one';
    multilog_with('x' x 3000 . "\n", '^0', '=exact');
    is content('exact'), 'x' x 1000 . "\n", 'of a very long one it has the first 1000 bytes';
}

# UDP -----------------------------------------------------------------------------------------

fresh;
{
    my $receiver = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1') or die "no UDP: $!\n";
    my $port = $receiver->sockport;
    $receiver->blocking(0);
    my $receive = sub {
        my $datagram;
        wait_until { defined $receiver->recv($datagram, 65536) } 10, 'a datagram';
        return $datagram // 'nothing';
    };
    is multilog_with("one\ntwo\n\n", "u127.0.0.1:$port", './log')->{code}, 0, 'u: lines are sent';
    is $receive->(), "one\n", 'each';
    is $receive->(), "two\n", 'in a datagram';
    is $receive->(), "\n", 'of its own';
    is content('log/current'), "one\ntwo\n\n", 'and go on in the script';
    multilog_with("x\n", 'D', 'pme: ', "u127.0.0.1:$port");
    like $receive->(), qr/^${day}T\S+ me: x\n\z/, 'with stamp and prefix';
    multilog_with('y' x 200000 . "\na\0\xff\n", "u127.0.0.1:$port");
    is $receive->(), 'y' x 1000 . "\n", 'of a long line the first 1000 bytes, once';
    is $receive->(), "a\0\xff\n", 'and all bytes';
    multilog_with("one\ntwo\n", '-one', "u127.0.0.1:$port");
    is $receive->(), "two\n", 'only those that are selected';

    my ($process, $writer) = feed("u127.0.0.1:$port", './live');
    say_to($writer, "at once\n");
    is $receive->(), "at once\n", 'at once';
    close $receiver;
    say_to($writer, "lost $_\n") for 1 .. 20;
    soon { content('live/current') =~ /lost 20\n\z/ } 'when nobody receives, the log goes on';
    $receiver = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1', LocalPort => $port);
    SKIP: {
        skip 'somebody else has taken the port', 1 unless $receiver;
        $receiver->blocking(0);
        my $got;
        my $number = 0;
        soon { say_to($writer, 'again ' . ++$number . "\n"); defined $receiver->recv($got, 100) && $got =~ /^again \d+\n\z/ }
            'and it sends again when somebody does';
    }
    is finish($process, $writer), 0, 'to the end';
    is $process->err, '', 'without a word';
    for my $address ('', 'localhost', '1.2.3', '127.0.0.1:', '127.0.0.1:70000', '1.2.3.4:x') {
        my $result = multilog_with('', "u$address");
        is $result->{code}, 100, "u$address is refused";
        like $result->{err}, qr/^multilog: fatal: unable to understand u\Q$address\E: not an address/, 'with a reason';
    }
}

# Bounds and times ----------------------------------------------------------------------------

fresh;
{
    multilog_with(lines(1, 2000), 's4096', 'n100', 'M20000', './total', 'M0', './all');
    my $sum = 0;
    $sum += -s "$place/total/$_" for old_files('total');
    cmp_ok $sum, '<=', 20000, 'M20000: no more in all old files';
    cmp_ok $sum, '>', 20000 - 4097, 'nor much less';
    my $all = everything('total');
    same $all, substr(lines(1, 2000), -length $all), 'the latest are kept';
    same everything('all'), lines(1, 2000), 'M0: no limit';

    for my $case ([5000, '', 93, 0], [5000, '', 94, 1], [5000, 'l0', 156, 0], [5000, 'l0', 157, 1], [5000, 'l100', 153, 0], [5000, 'l100', 154, 1]) {
        my ($size, $tolerance, $count, $files) = @$case;
        my $log = "./l$tolerance$count";
        multilog_with(lines(1, $count), "s$size", $tolerance || (), $log);
        is scalar(old_files($log)), $files, ($tolerance || 'without l') . ": $count lines make a full file: " . ($files ? 'yes' : 'no');
        same everything($log), lines(1, $count), 'all are there';
    }

    for my $size ('9223372036854775807', '9223372036854775808', '99999999999999999999999') {
        is multilog_with(lines(1, 5000), "s$size", "n$size", "M$size", "./huge$size")->{code}, 0, "s$size n$size M$size";
        is join(' ', old_files("huge$size")), '', 'is never full';
        same everything("huge$size"), lines(1, 5000), 'and works';
    }

    my ($process, $writer) = feed('R1', './aged', 'R0', './ageless');
    say_to($writer, "one\n");
    soon { old_files('aged') == 1 } 'R1: a file ends after a second';
    is content('aged/' . (old_files('aged'))[0]) . content('aged/current'), "one\n", 'with what it has';
    say_to($writer, "two\n");
    soon { old_files('aged') == 2 } 'and so does the next';
    is finish($process, $writer), 0, 'to the end';
    is everything('aged'), "one\ntwo\n", 'with all lines';
    is join('', old_files('ageless')) . content('ageless/current'), "one\ntwo\n", 'R0: it does not';
    ($process, $writer) = feed('R1', './aged');
    say_to($writer, "three\n");
    soon { old_files('aged') == 3 } 'after a new start as well';
    $process->kill('KILL');
    $process->wait(10);
    is join('', map { -z "$place/aged/$_" ? 'empty' : '' } old_files('aged')), '', 'none is empty';

    ($process, $writer) = feed('s4096', 'r1', '!echo x >>../tried; exit 1', './hurry');
    say_to($writer, lines(1, 130));
    soon { content('tried') =~ /(?:x\n){9}/ } 'r1: the pauses after trouble begin with a millisecond';
    is $process->err, "multilog: warning: processor failed in ./hurry, pausing\n", 'with one word only';
    $process->kill('KILL');
    $process->wait(10);

    is multilog_with(lines(1, 130), 's4096', '?tr 0-9 a-j', './odd')->{code}, 0, '? is another !';
    same content('odd/' . (old_files('odd'))[0]), lines(1, 128) =~ tr/0-9/a-j/r, 'a processor';
}

fresh;
SKIP: {
    mkdir "$place/small";
    skip 'cannot mount a small file system here', 10 unless have_root && $ENV{UPKEEP_IN_NS}
        && run('mount', '-t', 'tmpfs', '-o', 'size=768k', 'none', "$place/small")->{code} == 0;
    write_file("$place/small/filler", 'x' x 262144);
    my $count = 20000;
    my ($process, $writer) = feed('s4096', 'n1000', 'N3', './small/log');
    say_to($writer, lines($_ * 200 + 1, $_ * 200 + 200)) for 0 .. $count / 200 - 1;
    is finish($process, $writer), 0, 'N3: on a full disk the oldest files make room';
    my $all = everything('small/log');
    same $all, substr(lines(1, $count), -length $all), 'the latest lines are there';
    cmp_ok length $all, '>', 100000, 'as many as there is room for';
    my $removing = "multilog: warning: unable to write to ./small/log, removing old files: out of disk space\n";
    is $process->err, $removing, 'with a word, but not for each of them';

    # now the file that grows needs the room of all others
    ($process, $writer) = feed('s100000000', 'n1000', 'N3', './small/log');
    $writer->blocking(0);
    my ($text, $at) = (lines($count + 1, $count + 50000), 0);
    soon { $at += syswrite($writer, $text, 4096, $at) // 0; $process->err =~ /pausing/ } 'if there is still no room';
    is scalar(old_files('small/log')), 3, 'three are left';
    is $process->err, $removing =~ s{removing old files}{pausing}r =~ s{small/log}{small/log/current}r =~ s/^/$removing/r, 'and it pauses';
    unlink "$place/small/filler";
    is finish($process, $writer), 0, 'until there is room again';
    $all = everything('small/log');
    same $all, substr(lines(1, $count) . substr($text, 0, $at) =~ s/([^\n])\z/$1\n/r, -length $all), 'nothing of the latest is lost';
    cmp_ok length $all, '>', $at + 3 * 2000, 'and three files were kept';
    run('umount', "$place/small");
}

# Replacing bytes -----------------------------------------------------------------------------

fresh;
{
    my $bytes = join('', map { chr } grep { $_ != 10 } 0 .. 255) . "\n";
    my $clean = $bytes =~ s/[^\x20-\x7e\n]/?/gr;
    same multilog_with($bytes, 'c?', '1')->{out}, $clean, 'c?: question marks for what cannot be printed';
    is multilog_with("a[b]\tc\n", 'c_[]', '1')->{out}, "a_b__c\n", 'c_[]: and for brackets';
    is multilog_with("a b\tc\n", 'c_', 'c- _', '1')->{out}, "a-b-c\n", 'several add up';
    is multilog_with("a\tb\n", '-*_*', 'c_', '1', '+*', '1')->{out}, "a_b\n", 'patterns see what was put in place, wherever it stands';
    my $long = join '', map { chr(1 + $_ % 9) . 'abc' } 1 .. 60000;
    multilog_with("$long\n\n$long", 's10000000', 'c_a', './long');
    my $replaced = $long =~ s/[\x01-\x09a]/_/gr;
    same content('long/current'), "$replaced\n\n$replaced\n", 'in long lines too; ends of lines stay';
    is multilog_with('', 'c')->{code}, 100, 'c alone is refused';
    is multilog_with('', "c\n")->{code}, 100, 'and so is a newline';
    same multilog_with($bytes, '1')->{out}, $bytes, 'without it nothing changes';
}

# Staying, readiness --------------------------------------------------------------------------

fresh;
{
    my ($process, $writer) = feed('i', './log');
    say_to($writer, "one\n");
    soon { content('log/current') eq "one\n" } 'i';
    $process->kill('TERM');
    soon { has_seen($process) } 'TERM';
    $process->kill('TERM');
    say_to($writer, "two\nthree");
    soon { content('log/current') eq "one\ntwo\n" } 'does not end it';
    is finish($process, $writer), 0, 'the end of input does';
    is content('log/current'), "one\ntwo\nthree\n", 'with all lines';

    pipe my $reader, my $writer2 or die;
    pipe my $ready, my $tells or die;
    my $other = start('sh', '-c', 'exec 7>&1 >&2; exec multilog g7 ./ready', {stdin => $reader, stdout => $tells, cwd => $place});
    close $tells;
    $ready->blocking(0);
    my $heard = '';
    soon { my $count = sysread $ready, $heard, 10, length $heard; defined $count && !$count } 'gFD: a word when it is ready, then the end';
    is $heard, "\n", 'which is a newline';
    is content('ready/current'), '', 'by then the log is there';
    ok $other->running, 'and it reads';
    is finish($other, $writer2), 0, 'to the end';
    is run('sh', '-c', 'exec multilog g7 ./no/log 7>&1', {cwd => $place})->{out}, '', 'no word if it cannot begin';
}

# Long lines ----------------------------------------------------------------------------------

# in_parts($text, @sizes): what a pipe gives piece by piece.
sub in_parts {
    my ($script, $text, @sizes) = @_;
    my ($process, $writer) = feed(@$script);
    for (my $at = 0; $at < length $text;) {
        my $size = shift(@sizes) || length $text;
        syswrite $writer, substr $text, $at, $size;
        $at += $size;
    }
    is finish($process, $writer), 0, 'it ends well';
    return $process;
}

fresh;
{
    my $number = 0;
    for my $length (65535 .. 65537, 131071 .. 131073, 196608, 262144, 1000000) {
        for my $parts ([], [65536], [1], [$length - 1], [$length, 1], [$length + 1], [65535, 65536, 65537]) {
            my $line = ('0123456789abcde' x ($length / 15 + 1));
            $line = substr $line, 0, $length;
            my $log = 'log' . ++$number;
            my @script = ('t', 's9000000', "./$log", 'x', "./plain$log", '-*', '+*0123*', "1", 'E4', 'e', '^6', "=status$log");
            my $process = in_parts(\@script, "a\n$line\n${line}\n", @$parts);
            my $stamped = content("$log/current");
            my $good = $stamped =~ s/^$label //mg == 3 && $stamped eq "a\n$line\n$line\n";
            ok $good, "lines of $length bytes in parts of @$parts: each with one stamp";
            ok content("plain$log/current") eq $stamped, 'the same without';
            ok $process->out eq "$line\n$line\n" || $process->out eq '', 'printed whole';
            unlike $process->err, qr/(?:0123\.\.\.\n){3}/, 'alerts are not repeated';
        }
    }

    my $long = 'b' x 200000;
    is multilog_with("a\n$long\nc\n", '-b*', './short', 'e')->{err}, "a\nc\n", 'a long line is deselected as a whole';
    is content('short/current'), "a\nc\n", 'everywhere';
    multilog_with("$long\n$long", 's8000', 'n1000', 'L', 'pp: ', './cut');
    (my $all = everything('cut')) =~ s/^$label //mg;
    same $all, "p: $long\np: $long\n", 'one that is cut for the size of files is stamped once';
    is scalar(grep { -s "$place/cut/$_" > 8000 } old_files('cut')), 0, 'and no file is too long';
}

# Everything together -------------------------------------------------------------------------

# Random scripts and inputs. The seed makes them the same each time; another one: UPKEEP_SEED.
my $seed = $ENV{UPKEEP_SEED} // 4;
srand $seed;
sub any { return $_[rand @_] }
sub between { my ($from, $to) = @_; return $from + int rand $to - $from + 1 }

sub random_line {
    my $length = any(between(0, 10), between(0, 200), between(0, 200), between(0, 3000), between(4000, 9000));
    $length = between(60000, 140000) if rand() < 0.004;
    $length = between(0, 60) if rand() < 0.7;
    my $line = any('a', 'b', 'c') . join '', map { chr between(32, 126) } 1 .. between(1, 50);
    return substr($line x ($length / length($line) + 1), 0, $length) . "\n";
}

# random_log($name): {name, words, s, n, M, pattern}, the beginning of the lines it gets.
sub random_log {
    my ($name) = @_;
    my %log = (name => $name, s => any(4096, between(4096, 20000)), n => any(2, 3, between(2, 12), 1000), M => any(0, 0, between(1, 60000)));
    my $processor = any('', '', 'cat', 'cat; cat <&4 >&5; echo >&5', 'if test -e failed; then rm failed; cat; else : >failed; exit 1; fi');
    my @words = ('r1', "s$log{s}", "n$log{n}", "M$log{M}", 'l' . any(2000, 0, between(0, 3000)), "!$processor");
    $log{pattern} = any('', 'a', 'b');
    $log{words} = [@words, '-*', "+$log{pattern}*", "./$name"];
    return \%log;
}

# worst($log): what is wrong with its directory at this moment, or ''. Old files never change, so
# their sizes can be asked for after the names.
sub worst {
    my ($log) = @_;
    opendir my $directory, "$place/$log->{name}" or return '';
    my @names = grep { /^(?:\@.*|current|previous)$/ } readdir $directory;
    return "files: @names" if @names > $log->{n};
    my ($sum, $largest) = (0, 0);
    for my $name (@names) {
        my $size = -s "$place/$log->{name}/$name" || 0;
        return "$name: $size" if $size > $log->{s};
        next unless $name =~ /^\@/;
        $sum += $size;
        $largest = $size if $size > $largest;
    }
    my $limit = $largest > $log->{M} ? $largest : $log->{M};
    return $log->{M} && $sum > $limit ? "sum: $sum > $limit" : '';
}

for my $turn (1 .. 40) {
    fresh;
    my @logs = map { random_log("log$_") } 1 .. between(1, 3);
    my @script = map { @{$_->{words}} } @logs;
    my $input = join '', map { random_line } 1 .. between(1, 300);
    my $kills = any(0, 0, 1, 3);
    my ($process, $writer, $reader) = feed(@script);
    my $wrong = '';
    for (my $at = 0; $at < length $input && !$wrong;) {
        my $size = any(between(1, 100), between(1, 5000), between(1, 60000));
        syswrite $writer, substr $input, $at, $size;
        $at += $size;
        if ($kills && rand() < 0.1) {
            $kills--;
            $process->kill('KILL');
            $process->wait(10);
            $process = start('multilog', @script, {stdin => $reader, cwd => $place});
        }
        $wrong ||= worst($_) for @logs;
    }
    close $reader;
    my $code = finish($process, $writer);
    $wrong ||= worst($_) for @logs;
    $wrong ||= "exit code $code" if $code;
    $wrong ||= $process->err =~ s/^multilog: warning: processor failed in .*\n//mgr;
    for my $log (@logs) {
        my $want = join '', grep { !index $_, $log->{pattern} } $input =~ /.*\n/g;
        my $got = everything($log->{name});
        $wrong ||= "$log->{name}: not the end of the input" if substr($want, -length $got || length $want) ne $got;
        my $full = old_files($log->{name}) == $log->{n} - 1 || $log->{M};
        $wrong ||= "$log->{name}: only " . length($got) . ' bytes of ' . length $want if length $got < length $want && !$full;
    }
    is $wrong, '', "random script $turn keeps its promises" or diag "UPKEEP_SEED=$seed: multilog @script";
}

done_testing;
