# ISC license.
#
# svtail from outside: what it makes of every state of a log directory, where it begins and ends,
# how it merges, and that nothing is missing or doubled while real loggers rotate beneath it.

use lib 'tests/lib';
use Upkeep;

my $top = tempdir;
my $place;
my $places = 0;

# fresh: a new directory; everything is run there.
sub fresh {
    $place = "$top/" . ++$places;
    mkdir $place or die "unable to create $place: $!\n";
    return $place;
}

sub tail {
    my $options = ref $_[-1] eq 'HASH' ? pop : {};
    return run('svtail', @_, {cwd => $place, env => {TZ => 'UTC'}, %$options});
}

sub said { my $result = tail(@_); return "$result->{code}|$result->{out}|$result->{err}" }

sub put {
    my ($path, $content, $mode) = @_;
    (my $directory = "$place/$path") =~ s{/[^/]*$}{};
    run('mkdir', '-p', $directory) unless -d $directory;
    return write_file("$place/$path", $content, $mode // 0644);
}

sub append {
    my ($path, $content) = @_;
    open my $file, '>>:raw', "$place/$path" or die "unable to append to $path: $!\n";
    syswrite $file, $content;
    close $file;
}

# soon { condition } $sentence: the test that it becomes so.
sub soon(&$) { my ($condition, $sentence) = @_; return ok &wait_until($condition, 60, $sentence), $sentence }

# same($got, $want, $sentence): is, for texts too long to be shown.
sub same {
    my ($got, $want, $sentence) = @_;
    return 1 if ok $got eq $want, $sentence;
    my $at = 0;
    $at++ while substr($got, $at, 1) eq substr $want, $at, 1;
    diag length $got, ' bytes, not ', length $want, "; they differ from byte $at on: ", substr $got, $at, 60;
    return 0;
}

# label($n): an old file's label of second $n, and a stamp.
sub label { return sprintf '@40000000%08x00000000', $_[0] + 10 }

sub numbers { my ($from, $to) = @_; return join '', map { sprintf "%-15d\n", $_ } $from .. $to }

# Usage ---------------------------------------------------------------------------------------

fresh;
{
    my $usage = 'svtail: usage: svtail [-f] [-l | -r] [-n lines] [-s since] [-u until] dir ...';
    is said(), "100||$usage\n", 'without a directory there is nothing to do';
    is said('-x', 'log'), "100||svtail: illegal option -- x\n$usage\n", 'an unknown option';
    is said('-n', 'x', 'log'), "100||svtail: fatal: unable to understand x: not a number of lines\n", 'a number that is none';
    is said('--since=x', 'log'), "100||svtail: fatal: unable to understand x: not a time\n", 'a time that is none';
    is said('log'), "111||svtail: fatal: unable to find a log in log: file does not exist\n", 'a directory that is not there';
    mkdir "$place/log";
    is said('log'), "111||svtail: fatal: unable to find a log in log: file does not exist\n", 'one that holds no log';
    put('file', '');
    is said('file'), "111||svtail: fatal: unable to find a log in file: not a directory\n", 'what is no directory';
    like tail('--help')->{out}, qr/\Ausage: svtail .*--follow/s, '--help';
    like tail('--version')->{out}, qr/\Asvtail \(upkeep\) \d/, '--version';
}

# Files in order ------------------------------------------------------------------------------

fresh;
{
    put('log/current', "6\n7");
    is said('log'), "0|6\n7|", 'current, as it is';
    put('log/' . label(2) . '.s', "2\n");
    put('log/' . label(1) . '.s', "1\n");
    put('log/' . label(3) . '.u', '3');
    is said('log'), "0|1\n2\n3\n6\n7|", 'old files before it, the oldest first; a torn line is ended';
    put('log/previous', "4\n5\n", 0744);
    is said('log'), "0|1\n2\n3\n4\n5\n6\n7|", 'previous between them';
    put('log/processed', "four\n");
    is said('log'), "0|1\n2\n3\n4\n5\n6\n7|", 'but not what is being made of it';
    unlink "$place/log/previous";
    is said('log'), "0|1\n2\n3\nfour\n6\n7|", 'that instead, when it is gone';
    unlink "$place/log/processed";
    link "$place/log/" . label(3) . '.u', "$place/log/previous";
    is said('log'), "0|1\n2\n3\n6\n7|", 'a file with two names once';
    unlink "$place/log/previous";
    put('log/.inflight', "no\n");
    put('log/state', "no\n");
    put('log/lock', "no\n");
    put('log/@short', "no\n");
    put('log/notes', "no\n");
    is said('log'), "0|1\n2\n3\n6\n7|", 'other files are not of the log';

    put('log/' . label(4) . '.txt', "text\n");
    is said('log'), "0|1\n2\n3\ntext\n6\n7|", 'what a processor made, if it is text';
    for (["\x1f\x8b", 'zcat'], ["\x28\xb5\x2f\xfd", 'zstdcat'], ["\xfd7zXZ", 'xzcat'], ['BZh', 'bzcat']) {
        my ($magic, $reader) = @$_;
        my @packed = map { 'log/' . label($_) . '.x' } 0, 5;
        put($_, "$magic...\n") for @packed;
        is said('log'), "0|1\n2\n3\ntext\n6\n7|svtail: warning: compressed files are left out, read them with: "
            . "$reader $packed[0]\n", "compressed files are left out, and $reader is named once";
        unlink map { "$place/$_" } @packed;
    }
    put('log/' . label(5) . '.s', "\x1f\x8b\n");
    is said('log'), "0|1\n2\n3\ntext\n\x1f\x8b\n6\n7|", 'but what the logger wrote is never taken for compressed';
}

fresh;
{
    my $all = numbers(1, 20000);
    run('multilog', 's8192', 'n1000', './log', {cwd => $place, stdin => $all});
    cmp_ok scalar(() = glob "$place/log/\@*"), '>', 30, 'a log of many files';
    same tail('log')->{out}, $all, 'is printed from the oldest to the newest line';
    same tail('.', {cwd => "$place/log"})->{out}, $all, 'from within as well';
    my $bytes = join('', map { chr } 0 .. 9, 11 .. 255) . "\n";
    put('bytes/current', $bytes x 3);
    same tail('bytes')->{out}, $bytes x 3, 'all bytes pass';
    my $long = join('', map { "$_," } 1 .. 400000) . "\n";
    put('long/current', "a\n$long" . "b\n");
    same tail('long')->{out}, "a\n$long" . "b\n", 'and lines of 2 MB';
    same tail('-n2', 'long')->{out}, $long . "b\n", 'also when they are looked for from the end';
    same tail('-l', 'long')->{out}, "a\n$long" . "b\n", 'and line by line';
}

# The last lines ------------------------------------------------------------------------------

{
    my $all = numbers(1, 20000);
    is tail('-n', 3, 'log')->{out}, numbers(19998, 20000), '-n 3';
    same tail("-n$_", 'log')->{out}, substr($all, -16 * $_), "the last $_" for 511, 512, 513, 4095, 4096, 5000, 19999;
    same tail("--lines=$_", 'log')->{out}, $all, "$_ are all" for 20000, 20001, '18446744073709551615';
    is said('-n0', 'log'), '0||', '-n 0';
    put('part/current', "a\nb");
    is tail('-n1', 'part')->{out}, 'b', 'a line without an end counts';
    is tail('-n2', 'part')->{out}, "a\nb", 'as one';
    put('part/' . label(1) . '.s', "x\ny\nhalf ");
    is tail('-n2', 'part')->{out}, "half a\nb", 'a line may go on in the next file';
    is tail('-n3', 'part')->{out}, "y\nhalf a\nb", 'and is still one';
    put('part/' . label(2) . '.s', '');
    is tail('-n2', 'part')->{out}, "half a\nb", 'even with an empty one between';
    put('empty/current', '');
    is said('-n5', 'empty'), '0||', 'of nothing';
}

# Since and until -----------------------------------------------------------------------------

fresh;
{
    my $stamped = sub { my ($n) = @_; return label($n) . " line $n\n" };
    my $second = 1_000_000_000;
    my $lines = sub { join '', map { $stamped->($second + $_) } @_ };
    put('log/' . label($second + 10) . '.s', $lines->(1 .. 10));
    put('log/' . label($second + 20) . '.s', $lines->(11 .. 15) . " of 15\n more\n" . $lines->(16 .. 20));
    put('log/current', $lines->(21 .. 30));
    my @given = (label($second + 25), '@' . ($second + 25), '2001-09-09 01:47:05', '2001-09-09 01:47:05.000', '2001-09-09T01:47:05');
    is tail('-s', $_, 'log')->{out}, $lines->(25 .. 30), "since $_" for @given;
    is tail('-u', label($second + 4), 'log')->{out}, $lines->(1 .. 3), 'until: before that';
    is tail('-s', '2001-09-09 01:47', '--until=2001-09-09 01:47:02', 'log')->{out}, $lines->(20, 21), 'both, to the minute';
    is tail('-s', '2001-09-09', 'log')->{out}, tail('log')->{out}, 'a day begins at midnight';
    is tail('-s', '2001-09-10', 'log')->{out}, '', 'the next one is too late';
    is tail('-s', '2001-09-09 03:47:05', 'log', {env => {TZ => 'XXX-2'}})->{out}, $lines->(25 .. 30), 'local time is meant';
    is tail('-s', '1h', 'log')->{out}, '', 'an age';
    is tail('-u', '1d', 'log')->{out}, tail('log')->{out}, 'reaches back from now';
    is tail('-s', '@' . ($second + 15), '-u', '@' . ($second + 16), 'log')->{out},
        $stamped->($second + 15) . " of 15\n more\n", 'lines without a time belong to the one before';
    is tail('-s', '@' . ($second + 16), '-n100', 'log')->{out}, $lines->(16 .. 30), 'so they go with it';
    is tail('-s', '@' . ($second + 16), '-n2', 'log')->{out}, $lines->(29, 30), 'the last ones of them';
    is tail('-u', '@' . ($second + 16), '-n2', 'log')->{out}, " of 15\n more\n", 'the last ones before a time';
    is tail('-u', '@' . ($second + 16), '-n4', 'log')->{out}, $lines->(14, 15) . " of 15\n more\n", 'whatever they are';
    is tail('-u', '@1', '-n4', 'log')->{out}, '', 'if there are any';
    is tail('-s', '@' . ($second + 100), '-n4', 'log')->{out}, '', 'on both sides';

    # What a file says of itself is not asked if its name says that it ends too early.
    put('log/' . label($second + 20) . '.s', $lines->(31));
    is tail('-s', '@' . ($second + 25), 'log')->{out}, $lines->(25 .. 30), 'files that end too early are not read';

    my %forms = (
        seconds => sub { sprintf '%d.%06d x%d', $second + $_[0], 7, $_[0] },
        blank   => sub { sprintf '2001-09-09 01:46:%02d.00001 x%d', 40 + $_[0], $_[0] },
        under   => sub { sprintf '2001-09-09_01:46:%02d.00001 x%d', 40 + $_[0], $_[0] },
        T       => sub { sprintf '2001-09-09T01:46:%02d.00001 x%d', 40 + $_[0], $_[0] },
    );
    for my $form (sort keys %forms) {
        my @lines = map { $forms{$form}->($_) . "\n" } 1 .. 9;
        put("$form/current", join '', @lines);
        is tail('-s', '@' . ($second + 7), $form)->{out}, join('', @lines[6 .. 8]), "stamps of the form $form";
    }
    is tail('-s', '@' . ($second + 7 + 3600), 'blank', {env => {TZ => 'XXX1'}})->{out},
        tail('-n3', 'blank')->{out}, 'with a blank they are local';
    is tail('-s', '@' . ($second + 7), 'under', {env => {TZ => 'XXX1'}})->{out}, tail('-n3', 'under')->{out}, 'the others are not';

    put('plain/current', "a\nb\n");
    is said('-s', '1h', 'plain'), "0|a\nb\n|svtail: warning: lines in plain have no time: all of them are printed\n",
        'a log without stamps is printed, and that is said';
    is said('-n1', '-s', '1h', 'plain'), "0|b\n|svtail: warning: lines in plain have no time: all of them are printed\n",
        'once';
    put('plain/' . label(5) . '.s', "old\n");
    is tail('-s', '1h', 'plain')->{out}, "a\nb\n", 'but not files that end before';
}

# Local time ----------------------------------------------------------------------------------

{
    put('time/current', label(1_000_000_000) . " x\n\@nothing\n " . label(0) . "\n");
    my $shown = "2001-09-09 03:46:40.000000000 x\n\@nothing\n " . label(0) . "\n";
    is tail('-l', 'time', {env => {TZ => 'XXX-2'}})->{out}, $shown, '-l shows labels as local time';
    is tail('-l', '-r', 'time')->{out}, tail('time')->{out}, '-r does not';
    SKIP: {
        skip 'no script(1) here', 2 unless program('script');
        my %there = (cwd => $place, env => {TZ => 'XXX-2', SHELL => '/bin/sh'});
        my $seen = run('script', '-qec', 'svtail time', '/dev/null', \%there)->{out} =~ s/\r//gr;
        like $seen, qr/^\Q$shown\E/m, 'on a terminal that is understood';
        $seen = run('script', '-qec', 'svtail --raw time', '/dev/null', \%there)->{out} =~ s/\r//gr;
        like $seen, qr/^\Q${\label(1_000_000_000)}\E x$/m, 'unless one wants it raw';
    }
}

# Several logs --------------------------------------------------------------------------------

fresh;
{
    my $line = sub { my ($n, $text) = @_; return label($n) . " $text\n" };
    put('web/log/main/' . label(4) . '.s', $line->(1, 'a') . $line->(4, 'b'));
    put('web/log/main/current', $line->(6, 'c') . "more\n");
    put('mail/main/current', $line->(2, 'd') . "more\n" . $line->(4, 'e') . $line->(6, 'f'));
    put('plain/current', "first\n" . $line->(3, 'g') . $line->(7, 'h') =~ s/\n//r);
    my $a = sub { join '', map { my ($name, $text) = split /:/; "$name: $text\n" } @_ };
    my @merged = ('plain: first', 'web: ' . label(1) . ' a', 'mail: ' . label(2) . ' d', 'mail: more', 'plain: ' . label(3) . ' g',
        'web: ' . label(4) . ' b', 'mail: ' . label(4) . ' e', 'web: ' . label(6) . ' c', 'web: more', 'mail: ' . label(6) . ' f',
        'plain: ' . label(7) . ' h');
    is tail(qw(web mail plain))->{out}, join('', map { "$_\n" } @merged), 'are merged by time, with their names';
    is tail('web')->{out}, $line->(1, 'a') . $line->(4, 'b') . $line->(6, 'c') . "more\n", 'one has no name';
    is tail(qw(./web/log/main/ mail//main plain/.))->{out} =~ s{^plain/\.: }{plain: }mgr, join('', map { "$_\n" } @merged),
        'however they are found';
    is tail('.', '../../mail', {cwd => "$place/web/log"})->{out} =~ s/ .*//sr, 'web:', 'from within too';
    is tail("-n$_", qw(web mail plain))->{out}, join('', map { "$_\n" } @merged[-$_ .. -1]), "the last $_ of all" for 1 .. 11;
    is tail('-n50', qw(web mail plain))->{out}, join('', map { "$_\n" } @merged), 'or all';
    is tail('-s@4', '-u', '@7', qw(web mail plain))->{out}, join('', map { "$_\n" } @merged[5 .. 9]), 'since and until';
    is tail('-l', qw(web mail))->{out} =~ s/\n.*//sr, 'web: 1970-01-01 00:00:01.000000000 a', 'and local time';
    is said(qw(web absent)), "111||svtail: fatal: unable to find a log in absent: file does not exist\n", 'all have to be there';
}

# Following -----------------------------------------------------------------------------------

sub follow { return start('svtail', '-f', @_, {cwd => $place, env => {TZ => 'UTC'}}) }

# begun($process): it knows where to begin; then it watches two kinds of things.
sub begun {
    my ($process) = @_;
    return 2 == grep { (readlink // '') =~ /inotify/ } glob '/proc/' . $process->pid . '/fd/*';
}

fresh;
{
    put('log/' . label(1) . '.s', "1\n");
    put('log/current', "2\n");
    my $follower = follow('log');
    soon { $follower->out eq "1\n2\n" } 'what is there comes first';
    append('log/current', "3\n");
    soon { $follower->out eq "1\n2\n3\n" } 'and what is written then';
    append('log/current', "4\n5");
    soon { $follower->out eq "1\n2\n3\n4\n" } 'a line as soon as it is complete';
    append('log/current', "5\n");
    soon { $follower->out eq "1\n2\n3\n4\n55\n" } 'not before';

    my $also = follow('-n1', 'log');
    soon { $also->out eq "55\n" } '-n says where to begin';
    my $none = follow('-n0', 'log');
    ok +(wait_until { begun($none) } 60, 'a beginning'), '-n0 too';
    append('log/current', "6\n");
    soon { $also->out eq "55\n6\n" } 'and then it goes on';
    append('log/current', '7');
    my $half = follow('-n1', 'log');
    soon { $half->out eq "6\n" } 'an incomplete line does not count';
    append('log/current', "\n");
    soon { $half->out eq "6\n7\n" } 'before it is complete';
    soon { $none->out eq "6\n7\n" } '-n0: only with what is new';
    rename "$place/log/current", "$place/log/previous";
    put('log/current', "8\n");
    rename "$place/log/previous", "$place/log/" . label(2) . '.s';
    append('log/current', "9\n");
    soon { $follower->out eq "1\n2\n3\n4\n55\n6\n7\n8\n9\n" } 'a rotation is not noticed by who reads it';
    append('log/current', "torn");
    rename "$place/log/current", "$place/log/" . label(3) . '.u';
    put('log/current', "10 and more\n");
    soon { $follower->out =~ /\n9\ntorn\n10 and more\n\z/ } 'a torn line is ended';
    truncate "$place/log/current", 0;
    append('log/current', "11\n");
    soon { $follower->out =~ /\n10 and more\n11\n\z/ } 'a file that is emptied is begun again';
    soon { $follower->err eq "svtail: warning: a file of log was cut: beginning it again\n" } 'which is worth a word';
    append('log/current', 'half a line');
    my $inside = start('svtail', '-fn1', '.', {cwd => "$place/log"});
    soon { $inside->out eq "11\n" } 'from within';
    truncate "$place/log/current", 3;
    append('log/current', "12\n");
    soon { $follower->out =~ /\n11\n12\n\z/ } 'an incomplete line that is cut off is not missed';
    soon { $inside->out eq "11\n12\n" } 'nor from within';
    ok $follower->running, 'on it goes';
    is $_->stop->{signal}, 15, 'until it is ended' for $follower, $also, $none, $half, $inside;
}

# pipe_from($process): svtail -f with a pipe, which the caller can close.
{
    fresh;
    put('log/current', "1\n");
    pipe my $reader, my $writer or die;
    my $follower = start('svtail', '-f', 'log', {cwd => $place, stdout => $writer});
    close $writer;
    is scalar(readline $reader), "1\n", 'who reads gets lines at once';
    close $reader;
    my $result = $follower->wait(20);
    is $result->{code}, 0, 'when nobody reads any more it ends, without another line';
    is $follower->err, '', 'quietly';

    run('multilog', 's100000000', './big', {cwd => $place, stdin => numbers(1, 100000)});
    $result = run('sh', '-c', 'svtail big | head -n 1', {cwd => $place});
    is "$result->{out}$result->{err}", numbers(1, 1), 'the same in the middle';
}

# At rest: what it has been woken for, voluntary and not, is in /proc.
sub wakeups {
    my ($process) = @_;
    my $status = read_file('/proc/' . $process->pid . '/status') // '';
    return join '+', $status =~ /ctxt_switches:\s+(\d+)/g;
}

{
    fresh;
    put('a/current', "1\n");
    put('b/current', "1\n");
    my $follower = follow('a', 'b');
    soon { $follower->out eq "a: 1\nb: 1\n" && read_file('/proc/' . $follower->pid . '/stat') =~ /\) S / } 'it waits';
    my ($before, $other) = (wakeups($follower), tempdir);
    run('multilog', 's4096', "$other/log", {stdin => numbers(1, 20000)});
    ok -s "$other/log/current", 'while something happens elsewhere';
    is wakeups($follower), $before, 'it does not wake up';
    append('a/current', "2\n");
    soon { $follower->out eq "a: 1\nb: 1\na: 2\n" && read_file('/proc/' . $follower->pid . '/stat') =~ /\) S / } 'but for a line';
    isnt wakeups($follower), $before, 'it does';
    $follower->stop;
}

# Directories that come and go ----------------------------------------------------------------

{
    fresh;
    my $follower = follow('web');
    soon { $follower->err eq "svtail: warning: unable to find a log in web, waiting for it\n" } 'a log that is not there yet';
    mkdir "$place/web";
    mkdir "$place/web/log";
    run('multilog', './web/log/main', {cwd => $place, stdin => "1\n"});
    soon { $follower->out eq "1\n" } 'is awaited';
    run('multilog', './web/log/main', {cwd => $place, stdin => "2\n"});
    soon { $follower->out eq "1\n2\n" } 'and followed';
    run('rm', '-r', "$place/web/log/main");
    run('multilog', './web/log/main', {cwd => $place, stdin => "3\n"});
    soon { $follower->out eq "1\n2\n3\n" } 'removed, and made again';
    run('rm', '-r', "$place/web");
    mkdir "$place/web";
    run('multilog', './web/main', {cwd => $place, stdin => "4\n"});
    soon { $follower->out eq "1\n2\n3\n4\n" } 'with all around it';
    rename "$place/web", "$place/old";
    append('old/main/current', "5\n");
    soon { $follower->out eq "1\n2\n3\n4\n5\n" } 'renamed, it is still the one that is written to';
    run('multilog', './web', {cwd => $place, stdin => "6\n"});
    soon { $follower->out eq "1\n2\n3\n4\n5\n6\n" } 'until there is another one';
    is $follower->err, "svtail: warning: unable to find a log in web, waiting for it\n", 'nothing to complain of';
    $follower->stop;

    pipe my $reader, my $writer or die;
    my $logger = start('multilog', 's4096', 'n1000', './log', {cwd => $place, stdin => $reader});
    close $reader;
    $writer->autoflush(1);
    print {$writer} "1\n";
    $follower = follow('log');
    soon { $follower->out eq "1\n" } 'a log in use';
    run('rm', '-r', "$place/log");
    print {$writer} "2\n";
    soon { $follower->out eq "1\n2\n" } 'is read on when it has been removed';
    print {$writer} numbers(3, 2000);
    close $writer;
    $logger->wait(20);
    soon { $follower->out =~ /^2000\s*\n\z/m } 'and made again by its logger';
    same $follower->out, "1\n2\n" . numbers(3, 2000), 'without a loss';
    $follower->stop;
}

# Full speed ----------------------------------------------------------------------------------

my $number = 60000;
my $all = numbers(1, $number);

# begin_writing(@script): a logger at the end of a pipe into which all lines go as fast as they can.
sub begin_writing {
    my ($text, @script) = @_;
    put('input', $text);
    open my $input, '<', "$place/input" or die;
    return start(@script, {cwd => $place, stdin => $input});
}

# reaches_end($process, $last): whether that is the last line it has printed.
sub reaches_end {
    my ($process, $last) = @_;
    open my $out, '<:raw', '/proc/self/fd/' . fileno $process->{out} or return;
    my $size = -s $out;
    seek $out, $size > 40 ? $size - 40 : 0, 0;
    return join('', readline $out) =~ /\b$last\s*\n\z/;
}

my @multilog = qw(multilog s4096 n100000);
my %loggers = ('multilog' => [@multilog, './log'], 'multilog with a processor' => [@multilog, '!cat', './log']);
$loggers{"daemontools' multilog"} = [peer('daemontools') . '/multilog', 's4096', 'n100000', './log'] if peer('daemontools');
$loggers{"daemontools' multilog with a processor"} = [peer('daemontools') . '/multilog', 's4096', 'n100000', '!cat', './log']
    if peer('daemontools');

for my $logger (sort keys %loggers) {
    my $lines = $logger =~ /daemontools/ ? 20000 : $number;
    my $text = substr $all, 0, 16 * $lines;
    fresh;
    my $early = follow('log');
    soon { $early->err =~ /waiting/ } "$logger: one follows from the beginning";
    my $writer = begin_writing($text, @{$loggers{$logger}});
    soon { scalar(() = glob "$place/log/\@*") > 5 } 'the log grows';
    my ($late, $last) = (follow('log'), follow('-n100', 'log'));
    is +($writer->wait(60) || {})->{code}, 0, 'it is written';
    soon { reaches_end($_, $lines) } 'to the end' for $early, $late, $last;
    cmp_ok scalar(() = glob "$place/log/\@*"), '>', 50, 'in many files';
    same $early->out, $text, 'each line once, from the beginning';
    same $late->out, $text, 'in the middle of it';
    my ($first) = $last->out =~ /\A(\d+)/;
    same $last->out, numbers($first // 0, $lines), 'and from some line on';
    is $late->err . $last->err, '', 'without a complaint';
    $_->stop for $early, $late, $last;
}

# Looks far apart: stopped, while the log goes on.
for my $logger ('multilog', 'multilog with a processor') {
    fresh;
    put('log/current', numbers(1, 10), 0744);
    my $follower = follow('log');
    soon { reaches_end($follower, 10) } "$logger: a reader";
    $follower->kill('STOP');
    is run(@{$loggers{$logger}}, {cwd => $place, stdin => numbers(11, 20000), limit => 60})->{code}, 0, 'is stopped while it writes';
    $follower->kill('CONT');
    soon { reaches_end($follower, 20000) } 'it goes on';
    same $follower->out, numbers(1, 20000), 'and has missed nothing';
    is $follower->err, '', 'nor does it think so';

    $follower->kill('STOP');
    my @few = map { s/^n100000$/n4/r } @{$loggers{$logger}};
    is run(@few, {cwd => $place, stdin => numbers(20001, 40000), limit => 60})->{code}, 0, 'again, and old files are removed';
    $follower->kill('CONT');
    soon { reaches_end($follower, 40000) } 'it goes on';
    my $got = substr $follower->out, 16 * 20000;
    my @got = $got =~ /^(\d+)/mg;
    my @jumps = grep { $got[$_] != $got[$_ - 1] + 1 } 1 .. $#got;
    is $got[0], 20001, 'first with what it had open';
    is scalar(@jumps), 1, 'then with the oldest that is left, each line once';
    like $follower->err, qr/\A(?:svtail: warning: lines are missing: a file of log was removed before it could be read\n)+\z/,
        'and it says that lines are missing';
    $follower->stop;
}

# More events than the kernel keeps.
{
    fresh;
    put('log/current', numbers(1, 10), 0744);
    my $follower = follow('log');
    soon { reaches_end($follower, 10) } 'a reader';
    $follower->kill('STOP');
    my $limit = read_file('/proc/sys/fs/inotify/max_queued_events') // 16384;
    my $files = int($limit / 4) + 100;
    $files = 20000 if $files > 20000;
    for my $n (1 .. $files) {
        rename "$place/log/current", "$place/log/previous";
        open my $file, '>', "$place/log/current" or die;
        print {$file} numbers(10 + $n, 10 + $n);
        close $file;
        rename "$place/log/previous", "$place/log/" . label($n) . '.s';
    }
    $follower->kill('CONT');
    soon { reaches_end($follower, 10 + $files) } 'that has not looked for very long';
    same $follower->out, numbers(1, 10 + $files), 'looks again, and misses nothing';
    is $follower->err, '', 'nor does it think so';
    $follower->stop;
}

{
    fresh;
    my @names = qw(a b c);
    my $follower = follow(@names);
    my $lines = 20000;
    my $text = substr $all, 0, 16 * $lines;
    put('input', $text);
    my @writers = map {
        open my $input, '<', "$place/input" or die;
        start('multilog', 't', @multilog[1, 2], $_ eq 'b' ? '!cat' : (), "./$_", {cwd => $place, stdin => $input})
    } @names;
    $_->wait(60) for @writers;
    soon { -s $follower->{out} == @names * $lines * (3 + 26 + 16) } 'several logs at full speed';
    for my $name (@names) {
        same join('', map { s/^\w: \S+ //r } $follower->out =~ /^($name: .*\n)/mg), $text, "$name: each line once, in order";
    }
    $follower->stop;
    my @stamps = tail(@names)->{out} =~ /^\w: (\S+)/mg;
    is scalar(@stamps), 3 * $lines, 'all of them, later';
    is_deeply \@stamps, [sort @stamps], 'are in the order of their time';
}

# A processor that compresses.
SKIP: {
    skip 'no gzip here', 4 unless program('gzip');
    fresh;
    my $follower = follow('log');
    my $writer = begin_writing(numbers(1, 5000), @multilog, 'wgz', '!gzip', './log');
    is +($writer->wait(60) || {})->{code}, 0, 'old files are compressed';
    soon { reaches_end($follower, 5000) } 'who follows';
    ok $follower->err =~ /compressed/ || $follower->out eq numbers(1, 5000), 'reads them before that, or says that it was late';
    like tail('log')->{err}, qr/read them with: zcat log/, 'who comes later is told how';
    $follower->stop;
}

done_testing;
