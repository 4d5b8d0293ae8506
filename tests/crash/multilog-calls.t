# ISC license.
#
# multilog killed with SIGKILL at each of its system calls: before it is done, after it has been
# done, and in the middle of a write; and the one that comes after it killed again. Whoever is
# started at last, on the same pipe, ends with a log that has every line once and in order.
#
# UPKEEP_FULL=1 tries every call and every second kill in all worlds, not only some of them.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= 3600 if $ENV{UPKEEP_FULL} }

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use Crash;

compile_tools;
seed;

use constant STOP => 20; # faults after which a sweep is broken off

my $top = tempdir;

# Lines of all lengths up to 200, the last one without its newline; 40 KB.
my $lines = join '', map { "$_:" . substr('abcdefghij' x 20, 0, $_ * 37 % 190) . "\n" } 1 .. 400;
my $input = write_file("$top/input", substr $lines, 0, -1);

# plain($world, $place), then: '' if the logs are as they should be.
sub plain {
    my ($place) = @_;
    return same_text(text_of("$place/log"), $lines) || complaints("$place/log", 16384, 20);
}

# Every line has a label, none goes back, and the second directory has the very same lines of
# the first one without a 7 in their number.
sub stamped {
    my ($place) = @_;
    my $all = text_of("$place/a");
    my @labels = $all =~ /^(\@[0-9a-f]{24} )/mg;
    my $text = $all =~ s/^\@[0-9a-f]{24} //mgr;
    my $some = join '', grep { !/^\S+ \d*7/ } split /^/, $all;
    my $sorted = join '', sort @labels;
    return same_text($text, $lines) || same_text(text_of("$place/b"), $some)
        || (join('', @labels) eq $sorted ? '' : 'labels go back')
        || complaints("$place/a", 16384, 20) || complaints("$place/b", 8192, 20);
}

# Each: what it is, script, what is wrong, options of the first run, every how many calls.
my @worlds = (
    ['one directory', ['s16384', 'n20', './log'], \&plain, [], 1],
    ['two directories, stamps and a pattern', ['t', 's16384', 'n20', './a', '-* *7*:*', 's8192', './b'],
        \&stamped, [], 4],
    ['a processor', ['s16384', 'n20', '!cat', './log'], \&plain, [], 3],
    ['SIGTERM within a line', ['s16384', 'n20', './log'], \&plain, ['-s', '15@3'], 2],
    ['SIGALRM between lines', ['s16384', 'n20', './log'], \&plain, ['-s', '14@3'], 4],
);

# sweep(\%world, $deed, $class, $step, \@second): a kill at every $step-th call of the class; if
# there is a second, at one of its calls, too. Returns how many there were and what went wrong.
sub sweep {
    my ($world, $deed, $class, $step, $second) = @_;
    my ($count, @wrong) = (0);
    for (my $call = chance(1, $step);; $call += $step) {
        my @steps = ([@{$world->{options}}, '-c', $class, '-d', $deed, '-n', $call], $second ? $second->($call) : ());
        my $played = play($world, @steps);
        my ($first, @later) = @{$played->{results}};
        my $wrong = $world->{check}->($played->{place});
        $wrong ||= "the last one ended: $later[-1]{ended}, $later[-1]{err}" if $later[-1]{ended} ne 'exit 0';
        $wrong ||= join '', map { $_->{err} } $first, @later;
        my $where = join ', then ', map { "$_->{deed} call $_->{did}, $_->{name} $_->{target}" } grep { $_->{did} } $first, @later;
        push @wrong, "killed $where: $wrong" if $wrong;
        File::Path::remove_tree($played->{place});
        last if !$first->{did} || @wrong >= STOP;
        $count++;
    }
    return ($count, @wrong);
}

sub check_sweep {
    my ($sentence, @arguments) = @_;
    my ($count, @wrong) = sweep(@arguments);
    is scalar(@wrong), 0, "$sentence: no line is lost, torn or repeated" or diag map { "$_\n" } @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)];
    note "$count kills";
    return scalar(@wrong) < STOP ? $count : 'enough';
}

for (@worlds) {
    my ($name, $script, $check, $options, $step) = @$_;
    my %world = (script => $script, input => $input, piece => 7001, check => $check, options => $options);
    $step = 1 if full;

    my $played = play(\%world, $options);
    is $check->($played->{place}), '', "$name: without a kill all is well";
    my $total = $played->{results}[0]{calls};
    note "$total calls";

    my $count = check_sweep("$name, killed before a call", \%world, 'before', 'all', $step);
    cmp_ok $count, '>=', int($total / $step * 0.8), 'each of them' if $count ne 'enough';
    check_sweep("$name, killed after a call", \%world, 'after', 'all', $step);
    check_sweep("$name, killed in the middle of a write", \%world, 'torn', 'write', 1);
    for (full ? 1 .. 5 : 1) {
        check_sweep("$name, killed and killed again", \%world, 'after', 'all', full ? 1 : 3 * $step, sub {
            ['-c', 'all', '-d', pick('before', 'after'), '-n', chance(1, 80)];
        });
    }
}

done_testing;
