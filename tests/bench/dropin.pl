# ISC license.
#
# dropin: a complete service directory is moved into the scan directory. Those who poll are not
# waited for one by one: the drops are spread over their polling period, at no fixed phase, and
# their starts are collected in the end.

package Bench::Dropin;

use strict;
use warnings;

use constant {
    PER_ROUND => 4,
    SOON_MS   => 60,
    SPREAD    => 0.25, # seconds between two drops, in the mean
};

return sub {
    my ($bench) = @_;
    my @worlds = map { $bench->world($_, 'dropin', 0) } $bench->contenders;
    my %moved; # {contender}{service}: when
    my $note = sub {
        my ($world, $answer) = @_;
        for my $start (@{$answer->{starts}}) {
            my $moved = delete $moved{$world->name}{$start->{name}} // next;
            $bench->figure('drop-in, ms', $world->contender, ($start->{started} - $moved) / 1e6);
        }
    };
    # The first one only tells that the scanner is there.
    $_->bring_up for @worlds;
    $_->drop_in('first', 0) for @worlds;
    $_->{pids}{first} or $_->must(['starts', 1], ['nothing']) for @worlds;
    my $drops = PER_ROUND * $bench->rounds;
    for my $drop (1 .. $drops) {
        $bench->told("dropin, $drop of $drops");
        my $name = sprintf 'd%05d', $drop;
        for my $world ($bench->shuffled(@worlds)) {
            $bench->calm_down;
            my $answer = $world->drop_in($name, SOON_MS);
            $moved{$world->name}{$name} = $answer->{began};
            $note->($world, $answer);
        }
        $bench->let_pass(SPREAD * 2 * rand);
    }
    for my $world (@worlds) {
        my $left = keys %{$moved{$world->name}} or next;
        $note->($world, $world->must(['starts', $left], ['nothing']));
    }
    $_->end for @worlds;
};
