# ISC license.
#
# multilog from outside: each directive, the files and modes of a log directory, what is made of
# every state that one can be found in, signals, processors, and disks that do not work.

use lib 'tests/lib';
use Upkeep;
use Logs;

use Fcntl ();
use POSIX ();

sub mode_of { my @status = stat "$place/$_[0]"; return @status ? sprintf '%04o', $status[2] & 07777 : 'absent' }

# listing($log): names with modes and sizes, labels as L: "@L.s 0744 5".
sub listing {
    my ($log) = @_;
    return join ', ', map { s{.*/}{}r =~ s/\@[0-9a-f]{24}/\@L/r . ' ' . mode_of("$log/" . s{.*/}{}r) . ' ' . -s }
        grep { !/^\.\.?$/ } sort glob "$place/$log/*";
}

# switches($process): how often it has gone to wait.
sub switches {
    my $status = read_file('/proc/' . $_[0]->pid . '/status') // '';
    return $status =~ /^voluntary_ctxt_switches:\s*(\d+)/m ? $1 : 0;
}

# retries($process, $count): waits until it has tried again that often.
sub retries {
    my ($process, $count) = @_;
    my $from = switches($process);
    return wait_until { switches($process) >= $from + $count } 10, 'retries';
}

my $label = qr/\@[0-9a-f]{24}/;

# Lines to standard error ---------------------------------------------------------------------

fresh;
{
    my $result = multilog_with("one\ntwo\n");
    is "$result->{code}|$result->{out}|$result->{err}", '0||', 'without actions lines go nowhere';
    $result = multilog_with("one\ntwo\n", 'e');
    is "$result->{code}|$result->{out}|$result->{err}", "0||one\ntwo\n", 'e prints on standard error';
    is multilog_with("one\ntwo", 'e')->{err}, "one\ntwo\n", 'a partial last line gets a newline';
    is multilog_with('', 'e')->{err}, '', 'no input, no line';
    is multilog_with("\n\n", 'e')->{err}, "\n\n", 'empty lines are lines';
    is multilog_with("one\n", 'e', 'else')->{err}, "one\none\n", 'each e prints, whatever follows the letter';
    is multilog_with("one\n", 'bog', '', 'h', 'K', "\xff", '@x', 'e')->{err}, "one\n", 'unknown words mean nothing';

    is multilog_with('x' x 200 . "\n", 'e')->{err}, 'x' x 200 . "\n", '200 bytes are printed';
    is multilog_with('x' x 201 . "\n", 'e')->{err}, 'x' x 200 . "...\n", 'of more, the first 200';
    is multilog_with('x' x 5000 . "\ny\n", 'e')->{err}, 'x' x 200 . "...\ny\n", 'of much more, too';
    is multilog_with("a\0b\n", 'e')->{err}, "a\0b\n", 'a NUL is a byte';
    my $many = join '', map { "line $_\n" } 1 .. 5000;
    is multilog_with($many, 'e')->{err}, $many, 'many lines come in order';
}

# Selection -----------------------------------------------------------------------------------

{
    my $input = "one\ntwo\nthree\n";
    my %selected = (
        '-*'                => '',
        '-* +one'           => "one\n",
        '-one'              => "two\nthree\n",
        '-t*'               => "one\n",
        '-* +*o'            => "two\n",
        '-* +*o +three'     => "two\nthree\n",
        '-* +t* -two'       => "three\n",
        'F -t??'            => "one\nthree\n",
        'F -* +*[en]'       => "one\nthree\n",
        'F -t?? S -*e'      => "three\n",
        '-t?? F -t??'       => "one\nthree\n",
        '+nothing'          => $input,
    );
    is multilog_with($input, split(/ /), 'e')->{err}, $selected{$_}, $_ for sort keys %selected;
    is multilog_with("aab\nab\n", '-*', '+*ab', 'e')->{err}, "ab\n",
        'a star goes to the first occurrence of what follows it';
    is multilog_with("aab\nab\n", 'F', '-*', '+*ab', 'e')->{err}, "aab\nab\n", 'that of fnmatch to any';
    is multilog_with("axx\nb\naxx\n", '-a??', 'F', 'e')->{err}, "axx\nb\naxx\n",
        'F does not hold for the patterns before it, for no line';
    is multilog_with("one\n", 'e', '-*', 'e', '+*', 'e')->{err}, "one\none\n", 'actions are in order';

    my $long = 'x' x 1000;
    is multilog_with("${long}y\n", '-*y', 'e')->{err}, substr($long, 0, 200) . "...\n",
        'patterns see the first 1000 bytes';
    is multilog_with(substr($long, 1) . "y\n", '-*y', 'e')->{err}, '', 'and the thousandth too';
    is multilog_with("${long}y\n", "-$long", 'e')->{err}, '', 'as if there were no more';
    is multilog_with(substr($long, 0, 974) . "y\n", 't', 'F', '-*y', 'e')->{err} =~ /xxx\.\.\.$/, 1,
        'a stamp is part of them';
    is multilog_with(substr($long, 0, 973) . "y\n", 't', 'F', '-*y', 'e')->{err}, '', 'of 26 bytes';
}

# Stamps --------------------------------------------------------------------------------------

{
    my $before = time;
    my $stamped = multilog_with("one\n", 't', 'e')->{err};
    my $after = time;
    like $stamped, qr/^\@40000000[0-9a-f]{16} one\n\z/, 't: @, 24 digits, a space';
    my $second = hex(substr $stamped, 9, 8) - 10;
    ok $second >= $before && $second <= $after, 'which say when, without leap seconds';
    ok hex(substr $stamped, 17, 8) < 1_000_000_000, 'to the nanosecond';
    like multilog_with("one\n", 'T', 'e')->{err}, qr/^\d{10}\.\d{6} one\n\z/, 'T: seconds and microseconds';
    my ($seconds) = multilog_with("one\n", 'T', 'e')->{err} =~ /^(\d+)/;
    ok $seconds >= $before && $seconds <= time, 'since 1970';
    like multilog_with("one\n", 'time', 'e')->{err}, qr/^$label one\n\z/, 'the letter is enough';
    is multilog_with("one\n", 'e', 't')->{err}, "one\n", 'as a later word it means nothing';
    is multilog_with("one\n", 'S', 'T', 'e')->{err}, "one\n", 'nor T';
    like multilog_with("fatal: no\nok\n", 't', '-*', '+* fatal: *', 'e')->{err}, qr/^$label fatal: no\n\z/,
        'patterns apply behind it';
    like multilog_with('x' x 300 . "\n", 't', 'e')->{err}, qr/^$label x{174}\.\.\.\n\z/, 'alerts count it';
    my @labels = multilog_with("x\n" x 1000, 't', 'e')->{err} =~ /^($label) x$/mg;
    is scalar(@labels), 1000, 'every line has one';
    is_deeply \@labels, [sort @labels], 'and they do not go back';
}

# Status files --------------------------------------------------------------------------------

fresh;
{
    is multilog_with("one\ntwo\n", '=status')->{code}, 0, '=FILE';
    is content('status'), "two" . "\n" x 998, 'holds the last line in 1001 bytes';
    is mode_of('status'), '0600', 'for its owner';
    multilog_with('y' x 5000 . "\n", '=status');
    is content('status'), 'y' x 1000 . "\n", 'of a long line the first 1000 bytes';
    multilog_with('y' x 5000 . "\nshort\n", '=status');
    is content('status'), "short" . "\n" x 996, 'and nothing of it is left behind a shorter one';
    multilog_with("new\n", '-*', '=status');
    is content('status'), "short" . "\n" x 996, 'without a line it stays';
    multilog_with("a\nb\nc\n", '=all', '-c', '=some', '-*', '=none');
    is content('all'), "c" . "\n" x 1000, 'each status file';
    is content('some'), "b" . "\n" x 1000, 'has its own';
    is content('none'), '', 'and is there before it has one';
    multilog_with("a\nb\n", '=twice', '-b', '=./twice');
    is content('twice'), "b" . "\n" x 1000, 'one that is named twice shows the last line of both';
    like multilog_with("x\n", 't', '=status')->{code} . content('status'), qr/^0$label x\n{974}\z/, 'with a stamp';
    write_file("$place/long", 'z' x 3000, 0640);
    multilog_with("x\n", '=long');
    is content('long'), "x" . "\n" x 1000, 'a longer file is cut';
    is mode_of('long'), '0640', 'and keeps its mode';

    my ($process, $writer) = feed('=live');
    say_to($writer, "first\n");
    soon { content('live') eq 'first' . "\n" x 996 } 'it is written at once';
    say_to($writer, "second\n");
    soon { content('live') eq 'second' . "\n" x 995 } 'and in place';
    is finish($process, $writer), 0, 'until the end';

    my $result = multilog_with('', '=/dev/null');
    is "$result->{code} $result->{err}", "111 multilog: fatal: unable to write /dev/null: unseekable descriptor\n",
        'what is no file cannot be one';
    $result = multilog_with('', '=absent/status');
    is "$result->{code} $result->{err}", "111 multilog: fatal: unable to create absent/status: file does not exist\n",
        'one that cannot be made';
}

# A log directory -----------------------------------------------------------------------------

fresh;
{
    my ($process, $writer) = feed('./log', {env => {}});
    say_to($writer, "one\n");
    soon { content('log/current') eq "one\n" } 'a line is in current at once';
    is mode_of('log'), '0700', 'the directory is made';
    is mode_of('log/.inflight'), '0600', 'with a record of what is under way';
    is listing('log'), 'current 0644 4, lock 0600 0, state 0644 0', 'current is 0644 while it is written';
    my $other = multilog_with('', './log');
    is "$other->{code} $other->{err}",
        "111 multilog: fatal: unable to lock directory ./log: temporary failure\n",
        'another multilog is refused';
    say_to($writer, "two");
    is finish($process, $writer), 0, 'end of input';
    is listing('log'), 'current 0744 8, lock 0600 0, state 0644 0', 'current is 0744 when it is closed';
    is content('log/current'), "one\ntwo\n", 'with all lines';
    is mode_of('log/.inflight'), 'absent', 'and nothing is under way';
    multilog_with("three\n", './log');
    is content('log/current'), "one\ntwo\nthree\n", 'the next multilog goes on';
    is join(' ', old_files('log')), '', 'and makes no new file of it';

    is multilog_with("x\n", './log', './log')->{err},
        "multilog: fatal: unable to lock directory ./log: temporary failure\n", 'twice the same is refused';
    is mode_of('log/current'), '0744', 'and leaves it closed';
    write_file("$place/file", 'x');
    is multilog_with('', './file')->{err}, "multilog: fatal: unable to open directory ./file: not a directory\n",
        'a file is no directory';
    is multilog_with('', './no/log')->{err}, "multilog: fatal: unable to open directory ./no/log: file does not exist\n",
        'one in a directory that is not there';
    multilog_with("x\n", "$place/absolute");
    is content('absolute/current'), "x\n", 'an absolute name';
    is multilog_with("x\n", './log', './file')->{code}, 111, 'one of two that does not work';
    is mode_of('log/current'), '0744', 'leaves the other as it was';

    my $every = join '', map { chr } 0 .. 255;
    multilog_with("$every\n", './bytes');
    same content('bytes/current'), "$every\n", 'all bytes pass';
    my $long = join '', map { "$_," } 1 .. 60000;
    multilog_with("short\n$long\nlast", 's10000000', './long');
    same content('long/current'), "short\n$long\nlast\n", 'so does a line of 300 KB';
    multilog_with("-$long\nb\n$long", 's10000000', '--*', './some', 't');
    same content('some/current'), "b\n$long\n", 'and is selected as a whole';
    like multilog_with($long, 't', 's10000000', './stamped')->{code} . content('stamped/current'), qr/^0$label \Q$long\E\n\z/,
        'with one stamp';

    multilog_with("a\nb\nc\n", './all', '-b', './some2', 'e', '-*', './none');
    is content('all/current') . content('some2/current') . content('none/current'), "a\nb\nc\na\nc\n",
        'several directories, each with what was selected there';
}

# Rotation ------------------------------------------------------------------------------------

# lines($from, $to): numbered lines of 32 bytes.
fresh;
{
    is multilog_with(lines(1, 2000), 's5000', 'n4', './log')->{code}, 0, 'rotation';
    my @old = old_files('log');
    is scalar(@old), 3, 'n4: three old files and current';
    like $_, qr/^$label\.s\z/, 'an old file has its name' for @old;
    is mode_of("log/$_"), '0744', 'and its mode' for @old;
    cmp_ok -s "$place/log/$_", '<=', 5000, 'and is not too long' for @old;
    cmp_ok -s "$place/log/$_", '>', 3000, 'nor too short' for @old;
    is content("log/$_") =~ /\n\z/, 1, 'and ends with a line' for @old;
    my $all = everything('log');
    same $all, substr(lines(1, 2000), -length $all), 'in order they hold the last lines';
    is listing('log') =~ /previous|processed|newstate/, '', 'nothing else is left';

    write_file("$place/log/keep.me", 'x');
    write_file("$place/log/\@short", 'x');
    multilog_with(lines(1, 2000), 's5000', 'n2', './log');
    is scalar(old_files('log')), 2, 'n2: one old file, and the one that is none';
    is content('log/keep.me') . content('log/@short'), 'xx', 'other files are not touched';

    multilog_with(lines(1, 1000), 's1', 'n1', './small');
    my ($only) = old_files('small');
    is scalar(old_files('small')), 1, 'n1 is n2';
    cmp_ok -s "$place/small/$only", '<=', 4096, 's1 is';
    cmp_ok -s "$place/small/$only", '>', 2000, 's4096';
    multilog_with(lines(1, 40000), './usual');
    is scalar(old_files('usual')), 9, 'without n: nine old files';
    cmp_ok -s "$place/usual/$_", '<=', 99999, 'without s: of 99999 bytes' for old_files('usual');
    cmp_ok -s "$place/usual/$_", '>', 97900, 'nearly' for old_files('usual');
    multilog_with(lines(1, 600), 's4096', 'wold', './named', 'wnew', './named2');
    is join(' ', map { /\.(.*)/ } old_files('named')), 'old old old old old', 'wCODE ends the names';
    is join(' ', map { /\.(.*)/ } old_files('named2')), 'new new new new new', 'of what follows it';
    multilog_with(lines(1, 300), 's4096', './four', 's8192', './eight', 'n3', './three');
    is scalar(old_files('four')), 2, 's and n are those';
    is scalar(old_files('eight')), 1, 'before the directory';
    my $result = multilog_with('', 'wa/b', './x');
    is "$result->{code} $result->{err}",
        "100 multilog: fatal: unable to understand wa/b: a suffix may not contain a slash\n",
        'a suffix with a slash is refused';

    multilog_with(join('', map { 'x' x 2999 . "\n" } 1 .. 20), 's5000', 'n100', './threes');
    is scalar(grep { -s "$place/threes/$_" != 3000 } old_files('threes')), 0, 'lines are not cut where one fits';
    my $long = join '', map { "$_," } 1 .. 5000;
    multilog_with("a\n$long\nb\n", 's4096', 'n100', './cut');
    same everything('cut'), "a\n$long\nb\n", 'a line longer than a file goes on in the next';
    cmp_ok -s "$place/cut/$_", '<=', 4096, 'none of which is too long' for old_files('cut');

    # at no moment are there too many
    my ($process, $writer) = feed('s4096', 'n3', './watched');
    my $worst = 0;
    for my $turn (0 .. 99) {
        say_to($writer, lines($turn * 100, $turn * 100 + 99));
        opendir my $directory, "$place/watched" or next;
        my $count = grep { /^(?:\@.*|current|previous|processed)$/ } readdir $directory;
        $worst = $count if $count > $worst;
    }
    is finish($process, $writer), 0, 'many rotations';
    cmp_ok $worst, '<=', 3, 'never more than n files, current and previous included';

    # a clock that was wrong
    mkdir "$place/future";
    write_file("$place/future/\@4fffffff0000000000000000.s", "future\n");
    multilog_with(lines(1, 300), 's4096', './future');
    same everything('future'), "future\n" . lines(1, 300), 'new names come after those that are there';
}

# Every state a directory can be found in -------------------------------------------------------

# Each: what is there (name => [mode, content]), what is there afterwards, in words.
my @found = (
    ['an unclean current', {current => [0644, "c\n"], state => [0644, 'S']}, '@L.u 0644 c, current 0744 new, state 0644'],
    ['an unclean current that was empty', {current => [0644, '']}, 'current 0744 new, state 0644'],
    ['a clean one', {current => [0744, "c\n"], state => [0644, 'S']}, 'current 0744 c new, state 0644 S'],
    ['a clean one without state', {current => [0744, "c\n"]}, 'current 0744 c new, state 0644'],
    ['no current', {state => [0644, 'S'], newstate => [0644, 'N']}, 'current 0744 new, state 0644'],
    ['killed before a new current was made', {previous => [0744, "p\n"]}, '@L.u 0744 p, current 0744 new, state 0644'],
    ['killed before previous was finished', {previous => [0744, "p\n"], current => [0644, "c\n"]},
        '@L.u 0744 p, @L.u 0644 c, current 0744 new, state 0644'],
    ['previous of 0644', {previous => [0644, "p\n"], current => [0644, "c\n"]},
        '@L.u 0644 p, @L.u 0644 c, current 0744 new, state 0644'],
    ['killed while the processor ran',
        {previous => [0744, "p\n"], processed => [0644, "half"], newstate => [0644, 'N'], state => [0644, 'S'], current => [0644, "c\n"]},
        '@L.u 0744 p, @L.u 0644 c, current 0744 new, state 0644'],
    ['killed when the processor was done',
        {previous => [0744, "p\n"], processed => [0744, "P\n"], newstate => [0644, 'N'], state => [0644, 'S'], current => [0644, "c\n"]},
        '@L.s 0744 P, @L.u 0644 c, current 0744 new, state 0644'],
    ['killed before processed was finished', {processed => [0744, "P\n"], state => [0644, 'N'], current => [0644, '']},
        '@L.s 0744 P, current 0744 new, state 0644'],
    ['leftovers beside a clean current', {previous => [0744, "p\n"], processed => [0644, "half"], current => [0744, "c\n"], state => [0644, 'S']},
        '@L.s 0744 p, current 0744 c new, state 0644 S'],
    ['killed by a multilog that links: previous', {previous => [0744, "p\n"], 'previous@' => 's', current => [0644, "c\n"]},
        '@L.s 0744 p, @L.u 0644 c, current 0744 new, state 0644'],
    ['likewise: processed', {processed => [0744, "P\n"], 'processed@' => 's', current => [0644, "c\n"]},
        '@L.s 0744 P, @L.u 0644 c, current 0744 new, state 0644'],
    ['likewise: current', {current => [0644, "c\n"], 'current@' => 'u'}, '@L.u 0644 c, current 0744 new, state 0644'],
    ['a previous that a backup has linked elsewhere', {previous => [0744, "p\n"], 'previous#' => 1, current => [0744, "c\n"], state => [0644, 'S']},
        '@L.s 0744 p, current 0744 c new, state 0644 S'],
);

for my $case (@found) {
    my ($sentence, $files, $want) = @$case;
    fresh;
    mkdir "$place/log";
    for my $name (sort keys %$files) {
        if ($name =~ /(.*)\@$/) { link "$place/log/$1", "$place/log/\@400000003b9aca0a000001f4.$files->{$name}" }
        elsif ($name =~ /(.*)#$/) { link "$place/log/$1", "$place/elsewhere" }
        else { write_file("$place/log/$name", $files->{$name}[1], $files->{$name}[0]) }
    }
    my $result = multilog_with("new\n", './log');
    my $got = join ', ', map {
        my $content = content("log/$_") =~ s/\n/ /gr =~ s/ \z//r;
        s/$label/\@L/r . ' ' . mode_of("log/$_") . (length $content ? " $content" : '');
    } map { s{.*/}{}r } grep { !m{/lock$} } sort glob "$place/log/*";
    is $got, $want, "found: $sentence";
    is "$result->{code} $result->{err}", '0 ', 'nothing is said of it';
}

fresh;
{
    mkdir "$place/log";
    write_file("$place/log/\@4000000000000000000000$_.s", "$_\n") for 10 .. 39;
    write_file("$place/log/current", "c\n", 0644);
    multilog_with("new\n", 'n5', './log');
    same everything('log'), "37\n38\n39\nc\nnew\n", 'too many old files: the oldest go at the start';
    symlink '/etc/passwd', "$place/log/previous";
    unlink "$place/log/state";
    symlink "$place/elsewhere", "$place/log/state";
    my $result = multilog_with("x\n", './log');
    is -e "$place/elsewhere", undef, 'a symbolic link in the place of a file is not followed';
    is $result->{code}, 0, 'nor in the way';
}

# Signals -------------------------------------------------------------------------------------

fresh;
{
    my ($process, $writer, $reader) = feed('./log', {keep => 1});
    say_to($writer, "one\ntwo\npart");
    soon { content('log/current') eq "one\ntwo\n" } 'two lines and a part of one';
    $process->kill('TERM');
    say_to($writer, "ial\nfour\nfive\n");
    my $result = $process->wait(10);
    is $result && $result->{code}, 0, 'TERM: it goes';
    is content('log/current'), "one\ntwo\npartial\n", 'at the end of the line';
    is mode_of('log/current'), '0744', 'cleanly';
    $process = start('multilog', './log', {stdin => $reader, cwd => $place});
    soon { content('log/current') eq "one\ntwo\npartial\nfour\nfive\n" } 'the rest is for the next one';
    $process->kill('TERM');
    is $process->wait(10)->{code}, 0, 'TERM between lines: it goes at once';

    $process = start('multilog', './log', {stdin => $reader, cwd => $place});
    say_to($writer, 'x' x 200000);
    $process->kill('TERM');
    say_to($writer, "y\nz\n");
    is $process->wait(10)->{code}, 0, 'TERM in a long line';
    $reader->blocking(0);
    sysread $reader, my $rest, 100;
    my $logged = everything('log') =~ s/^(?:one|two|partial|four|five)\n//mgr;
    is $logged, 'x' x 200000 . "y\n", 'takes all of it';
    is $rest, "z\n", 'and not a byte more: that is for the next one';
    close $reader;
}

# Waiting -------------------------------------------------------------------------------------

# It may be asleep for something else for a moment, but not for long.
sub waits { my ($process) = @_; return (read_file('/proc/' . $process->pid . '/stat') // '') =~ /\) S / }

fresh;
{
    local $SIG{VTALRM} = 'IGNORE';
    my ($late, $before) = (POSIX::SigSet->new(POSIX::SIGVTALRM()), POSIX::SigSet->new);
    POSIX::sigprocmask(POSIX::SIG_BLOCK(), $late, $before);
    my ($process, $writer) = feed('R1', './log', 'R0', './other');
    POSIX::sigprocmask(POSIX::SIG_SETMASK(), $before);
    my $logged = '';
    for my $number (1 .. 40) {
        say_to($writer, "$number\n");
        $logged .= "$number\n";
        wait_until { content('other/current') eq $logged } 10, "line $number" or last;
    }
    is content('other/current'), $logged, 'each line is there before the next one comes';
    soon { old_files('log') && content('log/current') eq '' && waits($process) }
        'what is due is done while there is no input, whatever signals were ignored or blocked';
    my $before_rest = switches($process);
    run('multilog', 's4096', './elsewhere', {cwd => $place, stdin => lines(1, 20000)});
    is switches($process), $before_rest, 'then it does not wake up any more';
    $process->kill('VTALRM') for 1 .. 3;
    say_to($writer, "last\n");
    soon { content('other/current') eq "${logged}last\n" } 'a signal that means nothing ends nothing';
    is finish($process, $writer), 0, 'the end of the input does';
    is everything('log'), "${logged}last\n", 'with all lines';
}

fresh;
{
    POSIX::mkfifo("$place/fifo", 0600) or die "unable to create a FIFO: $!\n";
    sysopen my $reader, "$place/fifo", Fcntl::O_RDONLY() | Fcntl::O_NONBLOCK() or die;
    $reader->blocking(1);
    my $process = start('multilog', './log', {stdin => $reader, cwd => $place});
    soon { -e "$place/log/current" && waits($process) } 'a FIFO that nobody has opened for writing is waited for';
    open my $writer, '>', "$place/fifo" or die;
    $writer->autoflush(1);
    say_to($writer, "late\n");
    soon { content('log/current') eq "late\n" && waits($process) } 'until somebody writes';
    is finish($process, $writer), 0, 'and no longer than that';

    pipe $reader, $writer or die;
    $writer->autoflush(1);
    $reader->blocking(0);
    $process = start('multilog', './calm', {stdin => $reader, cwd => $place});
    soon { -e "$place/calm/current" && waits($process) } 'an input that does not block is waited for as well';
    my $before = switches($process);
    run('multilog', 's4096', './elsewhere', {cwd => $place, stdin => lines(1, 20000)});
    is switches($process), $before, 'without a wakeup';
    say_to($writer, "one\n");
    soon { content('calm/current') eq "one\n" && waits($process) } 'and read';
    $reader->blocking(1);
    say_to($writer, "two\n");
    soon { content('calm/current') eq "one\ntwo\n" && waits($process) } 'also when it changes';
    is finish($process, $writer), 0, 'to its end';
}

fresh;
{
    my ($process, $writer) = feed('./log', './other', '-*', './empty');
    say_to($writer, "one\n");
    soon { content('other/current') eq "one\n" } 'a line';
    $process->kill('ALRM');
    soon { content('log/current') eq '' && content('other/current') eq '' } 'ALRM: a new current';
    is join('', map { content("log/$_") } old_files('log')), "one\n", 'the old one is an old file';
    soon { old_files('other') == 1 } 'in every directory';
    $process->kill('ALRM');
    say_to($writer, "two\n");
    soon { content('other/current') eq "two\n" } 'it goes on';
    is scalar(old_files('log')) . scalar(old_files('other')) . scalar(old_files('empty')), '110',
        'an empty current is not rotated';
    is finish($process, $writer), 0, 'to the end';
}

# Alerts may have no reader.
fresh;
{
    pipe my $gone, my $errors or die;
    my ($process, $writer) = feed('e', './log', {stderr => $errors});
    close $errors;
    close $gone;
    say_to($writer, "line $_\n") for 1 .. 3;
    soon { content('log/current') eq "line 1\nline 2\nline 3\n" } 'nobody reads the alerts: the log goes on';
    is finish($process, $writer), 0, 'and ends well';
}

{
    open my $directory, '<', '/' or die;
    my $result = run('multilog', './log', {stdin => $directory, cwd => fresh});
    is "$result->{code} $result->{err}", "111 multilog: fatal: unable to read standard input: is a directory\n",
        'an input that cannot be read';
    is mode_of('log/current'), '0744', 'the log is closed all the same';
}

# Processors ----------------------------------------------------------------------------------

fresh;
{
    my $processor = 'cat; pwd >>../seen; cat <&4 >>../seen; echo run >&5; ls /proc/self/fd | tr "\n" " " >../fds';
    my $result = multilog_with(lines(1, 300), 's4096', "!$processor", './log');
    is "$result->{code} $result->{err}", '0 ', 'a processor';
    same everything('log'), lines(1, 300), 'gets the lines, and makes the old files';
    is content('seen'), "$place/log\n$place/log\nrun\n", 'in the directory; it finds what it left the last time';
    is content('log/state'), "run\n", 'which is in state';
    is mode_of("log/$_"), '0744', 'the modes are right' for old_files('log');
    is mode_of('log/state'), '0644', 'all of them';
    is content('fds'), '0 1 2 3 4 5 ', 'it has no other descriptors: 3 is of ls';
    is listing('log') =~ /previous|processed|newstate/, '', 'nothing is left over';

    multilog_with(lines(1, 200), 's4096', 'wgz', '!gzip', './zip', '!', 'ws', './plain');
    my @zipped = old_files('zip');
    like "@zipped", qr/^$label\.gz $label\.gz\z/, '!gzip with wgz';
    my $unzipped = run('gzip', '-dc', map { "$place/zip/$_" } @zipped)->{out};
    same $unzipped . content('zip/current'), lines(1, 200), 'makes .gz files';
    same everything('plain'), lines(1, 200), '! alone ends it';
    multilog_with(lines(1, 200), 's4096', '!cat >/dev/null', './gone');
    is content('gone/' . (old_files('gone'))[0]), '', 'a processor may swallow everything';
}

fresh;
{
    # fails twice, then is allowed to succeed
    my ($process, $writer) = feed('s4096', '!echo x >>../tried; test -e ../go || exit 3; tr 0-9 a-j', './log');
    say_to($writer, lines(1, 200));
    soon { content('tried') =~ /x\nx\nx\n/ } 'a processor that fails is run again';
    is $process->err, "multilog: warning: processor failed in ./log, pausing\n", 'it is said once';
    like listing('log'), qr/^current 0644 2304, lock \S+ 0, newstate 0644 0, previous 0744 \d+, processed 0644 0, state 0644 0\z/,
        'nothing of the file is lost, and lines go on into current';
    write_file("$place/go", '');
    soon { old_files('log') } 'when it succeeds';
    is finish($process, $writer), 0, 'all goes on';
    same everything('log') =~ tr/a-j/0-9/r, lines(1, 200), 'with every line once';

    ($process, $writer) = feed('s4096', '!kill -9 $$', './crash');
    say_to($writer, lines(1, 100));
    soon { $process->err eq "multilog: warning: processor crashed in ./crash, pausing\n" } 'one that crashes';
    $process->kill('TERM');
    my $result = $process->wait(10);
    is $result && $result->{code}, 0, 'TERM: it is given up';
    like listing('crash'), qr/^\@L\.u 0744 \d+, current 0744 \d+, lock 0600 0, state 0644 0\z/, 'its file is kept as it is';
    same everything('crash'), lines(1, 100), 'with every line';
    close $writer;

    # more than current and the file that is being processed can take
    ($process, $writer, my $reader) = feed('e', 's4096', '!echo x >>../failed; exit 1', './stuck', {keep => 1});
    syswrite $writer, lines(1, 400); # at once
    soon { content('failed') =~ /x\nx\n/ } 'a processor that fails again and again';
    is content('stuck/current'), lines(129, 256), 'a second full file waits for it';
    $process->kill('TERM');
    $result = $process->wait(10);
    is $result && $result->{code}, 0, 'TERM: it does not wait for better times';
    close $writer;
    $result = run('multilog', 'e', 's4096', '!cat', './stuck', {stdin => $reader, cwd => $place});
    is $result->{code}, 0, 'the next one, with a better processor,';
    same everything('stuck'), lines(1, 400), 'has all that was read';
    same $process->err =~ s/^multilog: .*\n//mgr, lines(1, 400), 'alerts of which were out';
    unlike $result->{err}, qr/^\d/m, 'and do not come again';
}

# has_seen($process): whether it has taken note of all signals.
sub has_seen { return (read_file('/proc/' . $_[0]->pid . '/status') // '') =~ /^ShdPnd:\t0+$/m }

# slow($number): a multilog whose processor runs until there is a file "on$number".
sub slow {
    my ($number) = @_;
    my @script = ('s4096', "!cat; echo started >>../started$number; while test ! -e ../on$number; do :; done", "./slow$number");
    my ($process, $writer, $reader) = feed(@script, {keep => 1});
    say_to($writer, lines(1, 160));
    soon { content("started$number") eq "started\n" } 'a processor that takes its time';
    return ($process, $writer, $reader, @script);
}

fresh;
{
    my ($process, $writer, $reader, @script) = slow('');
    soon { content('slow/current') eq lines(129, 160) } 'lines go on into current meanwhile';
    say_to($writer, lines(161, 400));
    soon { -s "$place/slow/current" == 4096 } 'until that is full too';
    $process->kill('KILL');
    $process->wait(10);
    is mode_of('slow/previous') . mode_of('slow/.inflight'), '07440600', 'killed meanwhile';
    write_file("$place/on", '');
    say_to($writer, "next\n");
    close $writer;
    is run('multilog', @script, {stdin => $reader, cwd => $place})->{code}, 0, 'the next one';
    like content('started'), qr/\Astarted\nstarted\n/, 'runs the processor again';
    like listing('slow'), qr/^(?:\@L\.s 0744 4096, ){3}current 0744 \d+, lock 0600 0, state 0644 0\z/, 'on that file and the others';
    same everything('slow'), lines(1, 400) . "next\n", 'and has all lines once';
}

fresh;
{
    my ($process, $writer) = slow('');
    $process->kill('TERM');
    soon { has_seen($process) } 'TERM';
    ok $process->running, 'the processor is waited for';
    write_file("$place/on", '');
    my $result = $process->wait(10);
    is $result && $result->{code}, 0, 'to its end';
    like listing('slow'), qr/^\@L\.s 0744 4096, current 0744 1024, lock 0600 0, state 0644 0\z/, 'and its file is finished';
    close $writer;

    ($process, $writer, my $reader, my @script) = slow(2);
    $process->kill('TERM');
    soon { has_seen($process) } 'TERM';
    $process->kill('TERM');
    $result = $process->wait(10);
    is $result && $result->{code}, 0, 'a second one: it does not wait for the processor';
    write_file("$place/on2", '');
    close $writer;
    is run('multilog', @script, {stdin => $reader, cwd => $place})->{code}, 0, 'the next one';
    same everything('slow2'), lines(1, 160), 'has all lines';
    is scalar(grep { /\.s$/ } old_files('slow2')), 1, 'through the processor';
}

# After a kill --------------------------------------------------------------------------------

# killed(@script): a directory that a multilog was killed in, with two lines and a part of one.
sub killed {
    my ($process, $writer, $reader) = feed(@_, {keep => 1});
    say_to($writer, "one\ntwo\n");
    soon { content('log/current') eq "one\ntwo\n" } 'two lines';
    say_to($writer, 'thr');
    soon { run('sh', '-c', "cat $place/log/.inflight")->{out} =~ /one\ntwo|thr/ } 'and a part of one';
    $process->kill('KILL');
    $process->wait(10);
    return ($writer, $reader);
}

fresh;
{
    my ($writer, $reader) = killed('./log');
    is mode_of('log/current') . mode_of('log/.inflight'), '06440600', 'a kill leaves current and the record';
    my $process = start('multilog', './log', {stdin => $reader, cwd => $place});
    say_to($writer, "ee\nfour\n");
    soon { content('log/current') eq "one\ntwo\nthree\nfour\n" } 'the next multilog goes on there';
    is "@{[old_files('log')]}", '', 'with no new file';
    close $writer;
    is $process->wait(10)->{code}, 0, 'to the end';
    is mode_of('log/.inflight') . $process->err, 'absent', 'nothing is said of it, and the record goes';

    fresh;
    ($writer, $reader) = killed('./log');
    close $writer;
    is multilog_with("new\n", './log')->{code}, 0, 'with another pipe';
    is content('log/current'), "one\ntwo\nthr\nnew\n", 'the part is a line of its own';

    fresh;
    ($writer, $reader) = killed('./log');
    unlink "$place/log/.inflight";
    multilog_with("new\n", './log');
    like listing('log'), qr/^\@L\.u 0644 8, current 0744 4,/, 'without its record: what was there is put away';
    is everything('log'), "one\ntwo\nnew\n", 'as nobody can vouch for it';

    fresh;
    ($writer, $reader) = killed('./log');
    my $boot = read_file('/proc/sys/kernel/random/boot_id') =~ s/\s+\z//r;
    my $record = content('log/.inflight');
    is $record =~ s/\Q$boot\E/$boot =~ tr{0-9a-f}{1-9a-f0}r/eg, 1, 'a record';
    write_file("$place/log/.inflight", $record, 0600);
    multilog_with("new\n", './log');
    like listing('log'), qr/^\@L\.u 0644 8, current 0744 4,/, 'of another boot says nothing';

    fresh;
    mkdir "$place/log";
    write_file("$place/log/.inflight", 'x' x 10000);
    write_file("$place/log/current", "c\n", 0744);
    is multilog_with("new\n", './log')->{code}, 0, 'a record that is none';
    is content('log/current'), "c\nnew\n", 'does no harm';
}

fresh;
{
    my @pid;
    pipe my $reader, my $writer or die;
    $writer->autoflush(1);
    for my $number (1 .. 30) {
        my $process = start('multilog', './log', './other', {stdin => $reader, cwd => $place});
        say_to($writer, "$number\n");
        soon { content('other/current') =~ /^$number$/m } "start $number" or last;
        $process->kill('KILL');
        $process->wait(10);
    }
    is join(' ', old_files('log'), old_files('other')), '', 'many kills do not make many files';
    is content("$_/current"), join('', map { "$_\n" } 1 .. 30), 'nor do they lose lines' for 'log', 'other';
}

# Disks ---------------------------------------------------------------------------------------

sub mount_small {
    my ($options) = @_;
    mkdir "$place/small";
    return have_root && $ENV{UPKEEP_IN_NS}
        && run('mount', '-t', 'tmpfs', '-o', $options, 'none', "$place/small")->{code} == 0;
}

fresh;
SKIP: {
    skip 'cannot mount a small file system here', 20 unless mount_small('size=512k');
    my ($process, $writer, $reader) = feed('s1000000', './small/log', {keep => 1});
    say_to($writer, lines(1, 10));
    soon { content('small/log/current') eq lines(1, 10) } 'a small disk';
    open my $filler, '>', "$place/small/filler" or die;
    1 while syswrite $filler, 'x' x 4096;
    close $filler;

    my ($text, $sent) = (lines(1, 100000), 320);
    $writer->blocking(0);
    my $stuck = wait_until {
        my $written = syswrite $writer, $text, 4096, $sent;
        $sent += $written // 0;
        return !defined $written && $sent > 65536 + 4096;
    } 10, 'back-pressure';
    ok $stuck, 'when it is full the writer is stopped';
    soon { $process->err =~ /\n/ } 'there is a warning';
    ok retries($process, 3), 'it is tried again';
    is $process->err, "multilog: warning: unable to write to ./small/log/current, pausing: out of disk space\n",
        'of which there is no more than one';
    $process->kill('TERM');
    my $result = $process->wait(10);
    is $result && $result->{code}, 0, 'TERM: it goes at once';
    cmp_ok length content('small/log/current'), '<', $sent - 65536, 'with less written than read';
    $process = start('multilog', 's1000000', './small/log', {stdin => $reader, cwd => $place});
    soon { $process->err =~ /\n/ } 'the next one has no room either';
    ok $process->running, 'and stays';
    unlink "$place/small/filler";
    close $writer;
    $result = $process->wait(15);
    is $result && $result->{code}, 0, 'until there is some';
    same content('small/log/current'), substr($text, 0, $sent) =~ s/([^\n])\z/$1\n/r, 'nothing of what was read is lost or doubled';
    run('umount', "$place/small");

    skip 'cannot mount a small file system here', 4 unless mount_small('size=1m,nr_inodes=7');
    ($process, $writer) = feed('s4096', 'n5', './small/log');
    say_to($writer, lines(1, 1));
    soon { content('small/log/current') eq lines(1, 1) } 'a disk with few files';
    my $number = 0;
    1 while open my $taken, '>', "$place/small/" . $number++;
    say_to($writer, lines(2, 100));
    soon { $process->err =~ /\n/ } 'no room for a new current';
    is $process->err, "multilog: warning: unable to create ./small/log/current, pausing: out of disk space\n", 'is said';
    ok retries($process, 3), 'and tried again';
    is scalar($process->err =~ tr/\n//), 1, 'without another word';
    unlink "$place/small/0";
    is finish($process, $writer), 0, 'when there is room it goes on';
    same everything('small/log'), lines(1, 100), 'and nothing is lost';
    run('umount', "$place/small");

    ok mount_small('size=1m,ro'), 'a read-only disk';
    is multilog_with("x\n", './small')->{err}, "multilog: fatal: unable to lock directory ./small: read-only file system\n",
        'is no place for a log';
    run('umount', "$place/small");
}

fresh;
{
    my ($process, $writer) = feed('s4096', './log');
    say_to($writer, lines(1, 10));
    soon { content('log/current') eq lines(1, 10) } 'a directory';
    File::Path::remove_tree("$place/log");
    say_to($writer, lines(11, 20));
    soon { content('log/current') eq lines(11, 20) } 'that is removed is made again for the next line';
    is mode_of('log/.inflight'), '0600', 'with its record';
    is $process->err, '', 'without a word';
    rename "$place/log", "$place/elsewhere";
    say_to($writer, lines(21, 200));
    is finish($process, $writer), 0, 'one that is moved away';
    same everything('elsewhere'), lines(11, 200), 'takes its log along';
    is mode_of('log'), 'absent', 'and needs no other';

    ($process, $writer) = feed('./log', './log2');
    say_to($writer, "x\n");
    soon { content('log2/current') eq "x\n" } 'current alone';
    unlink "$place/log/current";
    unlink "$place/log2/current";
    say_to($writer, "y\n");
    soon { content('log2/current') eq "y\n" } 'is made again too';
    is content('log/current'), "y\n", 'with the line that comes';
    unlink "$place/log/current";
    $process->kill('ALRM');
    say_to($writer, "z\n");
    is finish($process, $writer), 0, 'and it goes on';
    is content('log/current'), "z\n", 'with the lines that come';
}

fresh;
SKIP: {
    skip 'must be root to be somebody else', 12 unless have_root;
    my @as = (uid => 65534);
    mkdir "$place/log", 0777;
    chown 65534, 65534, "$place/log";
    my ($process, $writer) = feed('s4096', './log', {@as});
    say_to($writer, "one\n");
    soon { content('log/current') eq "one\n" } 'as an ordinary user';
    chmod 0555, "$place/log";
    $process->kill('ALRM');
    soon { $process->err =~ /\n/ } 'a directory that must not be changed any more';
    is $process->err, "multilog: warning: unable to rename current to previous in directory ./log, pausing: access denied\n",
        'is a reason to pause';
    ok retries($process, 2), 'and to try again';
    chmod 0755, "$place/log";
    soon { old_files('log') == 1 } 'when it may be changed, it is';
    say_to($writer, "two\n");
    soon { content('log/current') eq "two\n" } 'and it goes on';
    chmod 0555, "$place/log";
    $process->kill('ALRM');
    soon { $process->err =~ /\n.*\n/ || switches($process) } 'once more';
    $process->kill('TERM');
    my $result = $process->wait(10);
    is $result && $result->{code}, 0, 'TERM: a rotation can wait for the next one';
    is listing('log'), '@L.s 0744 4, current 0744 4, lock 0600 0, state 0644 0', 'which finds it closed';
    close $writer;

    unlink "$place/log/$_" for 'current', 'state';
    is run('multilog', 's4096', './log', {@as, cwd => $place})->{err},
        "multilog: fatal: unable to write to ./log/state: access denied\n", 'at the start: no state';
    write_file("$place/log/state", '', 0644);
    is run('multilog', 's4096', './log', {@as, cwd => $place})->{err},
        "multilog: fatal: unable to write to ./log/current: access denied\n", 'no current';
    write_file("$place/log/current", '', 0444);
    is run('multilog', 's4096', './log', {@as, cwd => $place})->{err},
        "multilog: fatal: unable to append to ./log/current: access denied\n", 'none that may be written';
}

# The manual ----------------------------------------------------------------------------------

{
    my ($list) = read_file(top . '/src/include/sv/logscript.h') =~ /SV_LOGSCRIPT_DIRECTIVES\(X\) (.*?)\n\n/s;
    my @letters = map { split // } $list =~ /X\(\w+,\s*"([^"]+)"/g;
    cmp_ok scalar(@letters), '>', 30, 'the list of directives';
    my $page = read_file(top . '/doc/multilog.8');
    for my $name (grep { !m{[./]} } @letters) {
        like $page, qr/^\.It Li (?:\\&|\\)?\Q$name\E(?: Ns Ar \w+)?$/m, "multilog(8) describes $name";
    }
}

done_testing;
