# ISC license.
#
# What the programs say about themselves with --help, taken apart.

package Help;

use strict;
use warnings;

use Exporter 'import';
use Upkeep ();

our @EXPORT = qw(programs help_of options_of paragraph);

# programs: the names in package/command, but for those that are not built where something is
# missing.
sub programs {
    my @lines = split /\n/, Upkeep::read_file(Upkeep::top() . '/package/command') // '';
    return grep { Upkeep::program($_) } map { (split)[0] } grep { !/^\s*(?:#|$)/ } @lines;
}

# help_of($program): what it says; once is enough.
my %help;
sub help_of { return $help{$_[0]} //= Upkeep::run($_[0], '--help')->{out} }

# options_of($program): ({letter, word}...), "" for what an option has not got: from the lines of its
# help that begin "  -a", "  -a, --all" or "      --json"; and letters that only its usage line has.
sub options_of {
    my ($program) = @_;
    my $help = help_of($program);
    my (@options, %seen);
    my $add = sub {
        my ($letter, $word) = map { $_ // '' } @_[0, 1];
        push @options, {letter => $letter, word => $word} unless $seen{"-$letter"}++ && $seen{"--$word"}++;
        $seen{"--$word"}++;
    };
    for (split /\n/, $help) {
        next unless m{^ +(?:-([A-Za-z0-9+=/])(?=[, ]|$))?(?:,?\ +)?(?:--([a-z][-a-z0-9]*))?};
        $add->($1, $2) if defined $1 || defined $2;
    }
    my ($usage) = $help =~ /\Ausage: (.*)/;
    while ($usage =~ m{[[|] ?-([A-Za-z0-9/]+)}g) {
        my $letters = $1;
        next if $letters =~ /^[A-Z]{2,}$/;
        for my $letter (split //, $letters) { $add->($letter) unless $seen{"-$letter"} }
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
