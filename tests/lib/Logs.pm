# ISC license.
#
# What the tests of multilog share: a directory to work in, a multilog that is fed, what is in its
# logs.

package Logs;

use strict;
use warnings;

use Exporter 'import';
use Test::More ();
use Upkeep;

our @EXPORT = qw($place fresh multilog_with feed say_to finish same soon old_files content everything lines);

our $place; # where multilog is started
my $top = tempdir;
my $places = 0;

# fresh(@directories): a new directory to work in, with these in it.
sub fresh {
    $place = "$top/" . ++$places;
    mkdir $place or die "unable to create $place: $!\n";
    chmod 0777, $place;
    mkdir "$place/$_" for @_;
    return $place;
}

sub multilog_with { my ($input, @script) = @_; return run('multilog', @script, {stdin => $input, cwd => $place}) }

# feed(@script): a running multilog, the end of the pipe to write to, and the other one.
sub feed {
    my $options = ref $_[-1] eq 'HASH' ? pop : {};
    pipe my $reader, my $writer or die;
    my $process = start('multilog', @_, {stdin => $reader, cwd => $place, %$options});
    $writer->autoflush(1);
    return ($process, $writer, $reader);
}

sub say_to { my ($writer, $text) = @_; print {$writer} $text or die "unable to write: $!\n" }

# finish($process, $writer): end of input; the exit code.
sub finish {
    my ($process, $writer) = @_;
    close $writer;
    my $result = $process->wait(20);
    return $result ? $result->{code} // "signal $result->{signal}" : 'still running';
}

# same($got, $want, $sentence): is, for texts too long to be shown.
sub same {
    my ($got, $want, $sentence) = @_;
    return 1 if Test::More::ok($got eq $want, $sentence);
    my $at = 0;
    $at++ while substr($got, $at, 1) eq substr $want, $at, 1;
    Test::More::diag(length $got, ' bytes, not ', length $want, "; they differ from byte $at on: ",
        substr $got, $at, 60);
    return 0;
}

# soon { condition } $sentence: the test that it becomes so.
sub soon(&$) {
    my ($condition, $sentence) = @_;
    return Test::More::ok(&wait_until($condition, 10, $sentence), $sentence);
}

sub old_files { my ($log) = @_; return map { s{.*/}{}r } sort glob "$place/$log/\@*" }
sub content { return read_file("$place/$_[0]") // "($_[0]: $!)" }

# everything($log): what a reader of the whole log sees.
sub everything { my ($log) = @_; return join '', map { content("$log/$_") } old_files($log), 'current' }

# lines($from, $to): numbered ones of 32 bytes.
sub lines { my ($from, $to) = @_; return join '', map { sprintf "%-31d\n", $_ } $from .. $to }

1;
