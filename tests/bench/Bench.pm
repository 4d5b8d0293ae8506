# ISC license.
#
# What a measurement is given: the contenders, worlds for them, time, and a place for figures.

package Bench;

use strict;
use warnings;

use List::Util ();
use Upkeep;
use World;

# How old a service has to be to count as one that lives: every suite's threshold is a second.
use constant AGE => 1.2;

use constant CALM => 0.005; # seconds

sub new {
    my ($class, %self) = @_;
    return bless {%self, figures => {}, order => [], skipped => []}, $class;
}

sub rounds   { return $_[0]{rounds} }
sub services { return $_[0]{services} }
sub quiet    { return $_[0]{quiet} }
sub rows     { return $_[0]{rows} }  # a regular expression, or undef
sub place    { return $_[0]{place} } # a directory
sub helper   { return "$_[0]{helpers}/$_[1]" }

# prepare: compiles the helpers and finds the contenders.
sub prepare {
    my ($self) = @_;
    $self->{helpers} = $self->compile;
    $self->{place} = tempdir;
    # Once, so that all instances share its pages; the services link to it.
    run('cp', "$self->{helpers}/stamp", $self->{place})->{code} == 0
        or die "run: fatal: unable to copy stamp\n";
    my @peers = sort map { m{([^/]+)\.pl$} } glob "$self->{here}/contender/*.pl";
    @peers = grep { !/^(?:limit|upkeep)$/ } @peers;
    my @names = ('limit', 'upkeep', defined $self->{other} ? 'other' : (), @peers);
    for my $wanted (@{$self->{only}}) {
        grep { $_ eq $wanted } @names or die "run: fatal: there is no contender $wanted\n";
    }
    for my $name (@names) {
        next if @{$self->{only}} && !grep { $_ eq $name } @{$self->{only}};
        my $contender = $self->describe($name eq 'other' ? 'upkeep' : $name);
        $contender->{name} = $name;
        $contender->{path} = $name eq 'other'
            ? Cwd::abs_path($self->{other}) : $contender->{directory}->($self->{helpers});
        push @{$self->{$contender->{path} ? 'contenders' : 'skipped'}}, $contender;
    }
}

sub describe {
    my ($self, $name) = @_;
    my $file = "$self->{here}/contender/$name.pl";
    return do $file || die "run: fatal: unable to read $file: " . ($@ || $!) . "\n";
}

# compile: returns the directory of the compiled helpers. Static where the C library allows it.
# stamp has an entry point of its own where stamp.c knows how.
sub compile {
    my ($self) = @_;
    my $directory = top . '/compile/tests/bench';
    my $settings = read_file(top . '/compile/config.mak') // die "run: fatal: run make first\n";
    my ($compiler) = $settings =~ /^CC :=[ ]*(.+)$/m;
    File::Path::make_path($directory);
    for my $name (qw(stamp stopwatch bare barelog polled pump logcheck)) {
        my $source = "$self->{here}/$name.c";
        my $age = (stat "$directory/$name")[9] // 0;
        next unless grep { (stat $_)[9] >= $age } $source, "$self->{here}/bench.h";
        my @command = (split(' ', $compiler), qw(-std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra));
        push @command, '-Wl,-e,stamp_entry'
            if $name eq 'stamp' && (POSIX::uname())[4] =~ /^(?:x86_64|aarch64)\z/;
        my $result;
        for my $linking ([qw(-static -fno-pie -no-pie)], []) {
            $result = run(@command, @$linking, '-o', "$directory/$name", $source);
            last if !$result->{code};
        }
        die "run: fatal: unable to compile $source:\n$result->{err}" if $result->{code};
    }
    return $directory;
}

# world($contender, $kind, $services): see World.pm.
sub world {
    my ($self, $contender, $kind, $services) = @_;
    return World->new(
        contender => $contender, kind => $kind, services => $services,
        helpers => $self->{helpers}, stamp => "$self->{place}/stamp",
        place => "$self->{place}/" . ++$self->{worlds});
}

# everyone: in the order of the table. contenders: those who can look after services.
sub everyone   { return @{$_[0]{contenders}} }
sub contenders { return grep { $_->{start} } $_[0]->everyone }

# shuffled(@list): in another order each time, so that nobody always follows the same one.
sub shuffled {
    my ($self, @list) = @_;
    return List::Util::shuffle(@list);
}

# calm_down: before each single measurement, so that nobody finds a machine that is still warm.
sub calm_down { $_[0]->let_pass(CALM) }

# let_pass($seconds): an interval that is part of the measurement, not a wait for something.
sub let_pass { select undef, undef, undef, $_[1] }

# told: progress, for people only.
sub told {
    my ($self, $what) = @_;
    printf STDERR "\r%-60s\r", $what if -t STDERR;
}

# figure($measurement, $contender, $value): one measured value, in the unit the name gives.
sub figure {
    my ($self, $measurement, $contender, $value) = @_;
    push @{$self->{order}}, $measurement unless $self->{figures}{$measurement};
    push @{$self->{figures}{$measurement}{$contender->{name}}}, $value;
}

# more_is_better(@measurements): of these the highest figure is the best, not the lowest.
sub more_is_better {
    my ($self, @measurements) = @_;
    $self->{rising}{$_} = 1 for @measurements;
}

sub median {
    my @values = sort { $a <=> $b } @_;
    return ($values[$#values / 2] + $values[@values / 2]) / 2;
}

sub heading {
    my ($self) = @_;
    my ($system, $release) = (POSIX::uname())[0, 2];
    my $processors = () = (read_file('/proc/cpuinfo') // '') =~ /^processor\s/mg;
    my $filesystem = run('stat', '-f', '-c', '%T', $self->{place})->{out};
    chomp $filesystem;
    my $text = "$self->{rounds} rounds, $self->{services} services, $system $release, "
        . "$processors processors, $filesystem\n";
    $text .= "$_->{name} is skipped: $_->{missing}\n" for @{$self->{skipped}};
    return $text;
}

sub ratio {
    my ($value, $base) = @_;
    return '-' unless defined $base && $base > 0;
    my $ratio = $value / $base;
    return sprintf $ratio < 0.1 && $ratio > 0 ? '%.4f' : '%.2f', $ratio;
}

sub number {
    my ($value) = @_;
    return sprintf abs($value) >= 100 ? '%.0f' : abs($value) >= 10 ? '%.1f' : '%.3f', $value;
}

sub table {
    my ($self) = @_;
    $self->told('');
    my @columns
        = ('measurement', 'contender', qw(median min max), 'x limit', 'x best peer', 'of');
    my @rows;
    for my $measurement (@{$self->{order}}) {
        my $figures = $self->{figures}{$measurement};
        my %median = map { $_ => median(@{$figures->{$_}}) } keys %$figures;
        my @peers = map { $_->{name} }
            grep { !$_->{reference} && $_->{name} !~ /^(?:limit|upkeep|other)$/ } $self->everyone;
        my @known = grep { defined } @median{@peers};
        my $best = $self->{rising}{$measurement}
            ? List::Util::max(@known) : List::Util::min(@known);
        my $shown = $measurement;
        for my $name (map { $_->{name} } $self->everyone) {
            my @values = @{$figures->{$name} // next};
            push @rows, [
                $shown, $name, number($median{$name}), number(List::Util::min(@values)),
                number(List::Util::max(@values)), ratio($median{$name}, $median{limit}),
                ratio($median{$name}, $best), scalar @values,
            ];
            $shown = '';
        }
    }
    return aligned(\@columns, @rows);
}

# aligned(@rows): two columns of text, then numbers; an empty line before each new group.
sub aligned {
    my @rows = @_;
    my @width;
    for my $row (@rows) {
        $width[$_] = List::Util::max($width[$_] // 0, length $row->[$_]) for 0 .. $#$row;
    }
    my $text = '';
    for my $row (@rows) {
        my @cells = map { sprintf '%' . ($_ < 2 ? '-' : '') . "$width[$_]s", $row->[$_] }
            0 .. $#$row;
        $text .= "\n" if length $row->[0];
        $text .= join('  ', @cells) . "\n";
    }
    return $text;
}

1;
