# ISC license.
#
# control: down, up and restart by the suite's own command, of services that have been up for a
# while; and down of one that has just been started, for which some are deaf. The command itself
# is part of it, its end is not waited for. Then down and up by a command that ends when that is
# done, until its end.

package Bench::Control;

use strict;
use warnings;

use constant SERVICES => 8;

return sub {
    my ($bench) = @_;
    my @worlds = map { $bench->world($_, 'control', SERVICES) } $bench->contenders;
    $_->bring_up for @worlds;
    my $one = sub {
        my ($world, $command, $name, $label) = @_;
        $bench->calm_down;
        my $result = $world->control($command, $name);
        $bench->figure("svc $label, ms", $world->contender,
            ($result->{over} - $result->{began}) / 1e6);
    };
    my @waiting = grep { $_->contender->{wait} } @worlds;
    my $wait = sub {
        my ($round, $command) = @_;
        $bench->told("control, round $round, $command and wait");
        for my $name ($worlds[0]->names) {
            for my $world ($bench->shuffled(@waiting)) {
                $bench->calm_down;
                my $result = $world->control_and_wait($command, $name);
                $bench->figure("svc $command and wait, ms", $world->contender,
                    ($result->{over} - $result->{began}) / 1e6);
            }
        }
    };
    my $all = sub {
        my ($round, $command) = @_;
        $bench->told("control, round $round, $command");
        for my $name ($worlds[0]->names) {
            $one->($_, $command, $name, $command) for $bench->shuffled(@worlds);
        }
    };
    for my $round (1 .. $bench->rounds) {
        $bench->let_pass($bench->AGE);
        $all->($round, 'down');
        $all->($round, 'up');
        $bench->let_pass($bench->AGE);
        $all->($round, 'restart');
        $bench->let_pass($bench->AGE);
        $wait->($round, $_) for qw(down up);
        $bench->let_pass($bench->AGE);
        my ($name) = $worlds[0]->names;
        for my $world ($bench->shuffled(@worlds)) {
            $world->control('restart', $name);
            $one->($world, 'down', $name, 'down after a start');
            $world->control('up', $name);
        }
    }
    $_->end for @worlds;
};
