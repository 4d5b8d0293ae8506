# ISC license.
#
# restart: a service that has lived dies; as soon as it is back it dies again, which is its
# first quick death. Whoever makes a service wait is not waited for there and then: those starts
# are collected when all services have had their turn.

package Bench::Restart;

use strict;
use warnings;

use constant {SERVICES => 8, SOON_MS => 30};

return sub {
    my ($bench) = @_;
    my @worlds = map { $bench->world($_, 'restart', SERVICES) } $bench->contenders;
    my %dead; # {contender}{service}: the kind of its death, while no start has followed
    my $note = sub {
        my ($world, $answer) = @_;
        for my $start (@{$answer->{starts}}) {
            my $kind = delete $dead{$world->name}{$start->{name}} // next;
            $bench->figure("restart$kind, ms", $world->contender,
                ($start->{started} - $start->{died}) / 1e6);
        }
    };
    my $let_die = sub {
        my ($world, $name, $kind) = @_;
        $dead{$world->name}{$name} = $kind;
        my $answer = $world->let_die($name, SOON_MS);
        $note->($world, $answer);
        return $answer->{ok};
    };
    my $collect = sub {
        for my $world (@worlds) {
            while (my $left = keys %{$dead{$world->name}}) {
                $note->($world, $world->must(['starts', $left], ['nothing']));
            }
        }
    };

    $_->bring_up for @worlds;
    for my $round (1 .. $bench->rounds) {
        $bench->told("restart, round $round");
        $bench->let_pass($bench->AGE);
        my @late;
        for my $name ($worlds[0]->names) {
            for my $world ($bench->shuffled(@worlds)) {
                $bench->calm_down;
                $let_die->($world, $name, '')
                    ? $let_die->($world, $name, ' after a quick death')
                    : push @late, [$world, $name];
            }
        }
        $collect->();
        $let_die->(@$_, ' after a quick death') for @late;
        $collect->();
    }
    $_->end for @worlds;
};
