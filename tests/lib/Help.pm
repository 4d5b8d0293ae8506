# ISC license.
#
# What the programs say about themselves with --help, taken apart.

package Help;

use strict;
use warnings;

use Exporter 'import';
use Upkeep ();

our @EXPORT = qw(programs help_of options_of paragraph);

# programs: the names in package/command.
sub programs {
    my @lines = split /\n/, Upkeep::read_file(Upkeep::top() . '/package/command') // '';
    return map { (split)[0] } grep { !/^\s*(?:#|$)/ } @lines;
}

# help_of($program): what it says; once is enough.
my %help;
sub help_of { return $help{$_[0]} //= Upkeep::run($_[0], '--help')->{out} }

# options_of($program): ({letter, word, value, meaning}...) from the lines of its help: "  -a",
# "  -a, --all", "  -n, --lines=N", "      --json"; "" for what an option has not got.
sub options_of {
    my ($program) = @_;
    my @options;
    for (split /\n/, help_of($program)) {
        /^ \s+ (?:-([A-Za-z0-9+=]))? (?:,?\s+)? (?:--([a-z][-a-z0-9]*))? (?:[ =]([A-Z]+))? (?:\s+(.*))? $/x or next;
        next unless defined $1 || defined $2;
        push @options, {letter => $1 // '', word => $2 // '', value => $3 // '', meaning => $4 // ''};
    }
    return @options;
}

# paragraph($program, $heading): ([word, rest]...) of the lines below "Heading:" in its help.
sub paragraph {
    my ($program, $heading) = @_;
    my ($lines) = help_of($program) =~ /^\Q$heading\E:\n((?:  \S.*\n)+)/m or return;
    return map { /^  (\S+)\s*(.*)/ ? [$1, $2] : () } split /\n/, $lines;
}

1;
