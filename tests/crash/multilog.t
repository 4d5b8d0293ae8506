# ISC license.
#
# multilog killed with SIGKILL at random moments, again and again, while numbered lines come at
# full speed or evenly, files rotate and a processor works on them. The pipe outlives it. At the
# end the log has every line once, whole and in order, and no more files than its bytes need.
#
# UPKEEP_FULL=1 kills ten times as often; UPKEEP_SEED=N repeats a run's moments.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= 3600 if $ENV{UPKEEP_FULL} }

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use Crash;

use List::Util ();

use constant TOLERANCE => 2000; # bytes at the end of a file that may be left free

compile_tools;
seed;

# Each: name, kind of lines, lines a second of the even writer, the longest of them, kills, the
# longest life in microseconds at full speed and evenly, script, its directories: [path, size,
# files]. Where n is large nothing is to be expelled.
my @scripts = (
    ['a directory', 'short', 10000, 50, 100, 6000, 40000, ['s20000', 'n500', './log'], ['log', 20000, 500]],
    ['stamps', 'short', 10000, 76, 30, 6000, 40000, ['t', 's20000', 'n500', './log'], ['log', 20000, 500]],
    ['two directories, a pattern', 'short', 10000, 76, 30, 6000, 40000,
        ['t', 's8192', 'n9000', './a', '-* *7*', 's20000', 'n9000', './b'], ['a', 8192, 9000], ['b', 20000, 9000]],
    ['a processor', 'short', 10000, 50, 30, 40000, 40000, ['s20000', 'n9000', '!cat', './log'], ['log', 20000, 9000]],
    ['lines of up to 200000 bytes', 'long', 1000, 200000, 30, 6000, 40000, ['s1000000', 'n900', './log'], ['log', 1000000, 900]],
);

# writer($kind, $rate, $handle): numbered lines, until it is told to stop.
sub writer {
    my ($kind, $rate, $handle) = @_;
    return start('numbered', 'write', $kind, $rate, {stdout => $handle});
}

# keep($place, $log): gives every old file a second name, so that nothing is expelled from that place.
sub keep {
    my ($place, $log) = @_;
    my $kept = "$place/kept.$log";
    mkdir $kept;
    -e "$kept/$_" or link "$place/$log/$_", "$kept/$_" or die "unable to link $_: $!\n" for old_files("$place/$log");
}

sub kept { my ($place, $log) = @_; return sort glob "$place/kept.$log/*" }

# files_of($place, $log): how many there are, old ones, previous and current.
sub files_of {
    my ($place, $log) = @_;
    return grep { -e } old_files_of($place, $log), map { "$place/$log/$_" } qw(previous current);
}

sub old_files_of { my ($place, $log) = @_; return map { "$place/$log/$_" } old_files("$place/$log") }

# play_kills: the story up to the last multilog's end. Returns what there is to say of it.
sub play_kills {
    my ($place, $kind, $rate, $kills, $life, $script, @directories) = @_;
    pipe my $reader, my $writer or die;
    my $source = writer($kind, $rate, $writer);
    close $writer;
    my %story = (most => {}, odd => [], err => '');
    for my $kill (1 .. $kills) {
        # often soon after the start, seldom late
        my $moment = int 300 + $life * rand() ** 2;
        my $result = run('atmoment', $moment, 'multilog', @$script, {stdin => $reader, cwd => $place});
        push @{$story{odd}}, "$kill: $result->{out}$result->{err}" if $result->{out} ne "killed\n";
        $story{err} .= $result->{err};
        for my $log (map { $_->[0] } @directories) {
            keep($place, $log);
            my $files = files_of($place, $log);
            $story{most}{$log} = List::Util::max($files, $story{most}{$log} // 0);
        }
    }
    my $process = start('multilog', @$script, {stdin => $reader, cwd => $place});
    close $reader;
    $source->kill('TERM');
    $source->wait(20) or die "the writer does not end\n";
    ($story{last}) = $source->err =~ /^last (\d+)$/m;
    my $result = $process->wait(20);
    $story{code} = $result ? $result->{code} // "signal $result->{signal}" : 'still running';
    $story{err} .= $process->err;
    keep($place, $_->[0]) for @directories;
    return \%story;
}

sub check_directory {
    my ($place, $story, $longest, $kills, $log, $size, $files) = @_;
    is complaints("$place/$log", $size, $files), '', "$log: names, modes and sizes are right";
    cmp_ok $story->{most}{$log}, '<=', $files, 'there were never more files than allowed';
    my @old = kept($place, $log);
    my $bytes = List::Util::sum0(map { -s } @old, "$place/$log/current");
    cmp_ok scalar(@old), '<=', $bytes / ($size - TOLERANCE - $longest) + 2, 'nor more than the bytes need';
    my $expected = List::Util::min(scalar(@old), $files - 1);
    is scalar(old_files("$place/$log")), $expected, 'no old file was removed before it had to be';
    note scalar(@old), " old files, $bytes bytes, $kills kills";
}

# check_lines: the numbered lines of the first directory.
sub check_lines {
    my ($place, $story, $kind, $script, $log) = @_;
    my @label = $script->[0] eq 't' ? '-t' : ();
    my $names = join "\n", kept($place, $log), "$place/$log/current", '';
    my $result = run('numbered', 'check', $kind, @label, $story->{last}, {stdin => $names, limit => 60});
    is $result->{out}, "lines $story->{last} lost 0 repeated 0 torn 0 early 0\n", 'every line is there once, whole and in order'
        or diag $result->{err};
    my @cut = $kind eq 'short' ? grep { read_file($_) !~ /\n\z/ } kept($place, $log) : ();
    is "@cut", '', 'and none goes on in the next file';
}

# check_second: it has the very lines of the first, without those the pattern takes away.
sub check_second {
    my ($place, $first, $second) = @_;
    my ($all, $some) = map { my $log = $_; join '', map { read_file($_) } kept($place, $log), "$place/$log/current" } $first, $second;
    my $want = join '', grep { !/ .*7/ } split /^/, $all;
    is same_text($some, $want), '', "$second: has exactly the lines of $first that the pattern leaves, with their stamps";
}

for (@scripts) {
    my ($name, $kind, $even, $longest, $kills, $short, $long, $script, @directories) = @$_;
    $kills *= 10 if full;
    for my $rate (0, $even) {
        my $place = tempdir;
        # on a disk that is not waited for it is full speed indeed
        my $mounted = !$rate && mount_at($place);
        my $story = play_kills($place, $kind, $rate, $kills, $rate ? $long : $short, $script, @directories);
        my $speed = $rate ? "$rate lines a second" : 'full speed';
        is $story->{code}, 0, "$name, $kills kills at $speed: the last of many ends cleanly";
        is join('', @{$story->{odd}}), '', 'the others were all killed at work';
        is $story->{err}, '', 'there is nothing to be said of it';
        cmp_ok $story->{last}, '>', 0, 'there are lines in the log';
        check_lines($place, $story, $kind, $script, $directories[0][0]);
        check_directory($place, $story, $longest, $kills, @$_) for @directories;
        check_second($place, map { $_->[0] } @directories) if @directories > 1;
        run('umount', $place) if $mounted;
        File::Path::remove_tree($place);
    }
}

done_testing;
