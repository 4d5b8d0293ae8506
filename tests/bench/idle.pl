# ISC license.
#
# idle: all contenders are at rest together; how often does the kernel wake any of their processes?

package Bench::Idle;

use strict;
use warnings;

# Seconds after the last start until a suite is taken to be at rest: svscan keeps an eye on a new
# directory for 5 seconds.
use constant SETTLE => 7;

sub switches {
    my ($world) = @_;
    my $sum = 0;
    for my $pid ($world->members) {
        my $status = Upkeep::read_file("/proc/$pid/status") // next;
        $sum += $1 while $status =~ /ctxt_switches:\s+(\d+)/g;
    }
    return $sum;
}

return sub {
    my ($bench) = @_;
    $bench->told('idle');
    my @worlds = map { $bench->world($_, 'idle', $bench->services) } $bench->contenders;
    $_->bring_up for @worlds;
    $bench->let_pass(SETTLE);
    my @before = map { switches($_) } @worlds;
    $bench->let_pass($bench->quiet);
    my @after = map { switches($_) } @worlds;
    $bench->figure(
        'wakeups in ' . $bench->quiet . ' s', $worlds[$_]->contender, $after[$_] - $before[$_])
        for 0 .. $#worlds;
    $_->end for @worlds;
};
