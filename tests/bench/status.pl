# ISC license.
#
# status: the suite's own command that shows how services are, asked about many of them; and in the
# same world, one after the other, bare.c, which opens, reads and closes supervise/status of each.
# One contender at a time has the machine. All write what they show to the same kind of file.

package Bench::Status;

use strict;
use warnings;

use constant {
    SERVICES  => 1000,
    PER_ROUND => 20,
    ENOUGH_MS => 2000, # of one contender in a round, if that is less
};

return sub {
    my ($bench) = @_;
    my $label = 'status of ' . SERVICES . ', ms';
    my ($limit) = grep { $_->{name} eq 'limit' } $bench->everyone;
    my $bare = $bench->helper('bare');
    my $one = sub {
        my ($world, $contender, @command) = @_;
        $bench->calm_down;
        my $result = $world->must(['ended'], ['run', @command]);
        my $took = ($result->{over} - $result->{began}) / 1e6;
        $bench->figure($label, $contender, $took);
        return $took;
    };
    my @contenders = grep { $_->{show} } $bench->contenders;
    for my $round (1 .. $bench->rounds) {
        for my $contender ($bench->shuffled(@contenders)) {
            $bench->told("status, round $round, $contender->{name}");
            my $world = $bench->world($contender, 'status', SERVICES);
            $world->bring_up;
            $bench->let_pass($bench->AGE);
            my @services = $world->directories;
            my @command = $contender->{show}->($world, $bare, @services);
            my $sum = 0;
            for (1 .. PER_ROUND) {
                $one->($world, $limit, $bare, 'status', @services) if $limit;
                $sum += $one->($world, $contender, @command);
                last if $sum > ENOUGH_MS;
            }
            $world->bring_down;
            $world->end;
        }
    }
};
