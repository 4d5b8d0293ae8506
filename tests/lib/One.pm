# ISC license.
#
# What the tests of one supervise share: looking at its service, and telling it something.

package One;

use strict;
use warnings;

use Exporter 'import';
use Upkeep;

our @EXPORT = qw(field wait_phase control mode_of);

# field($service, $name): what svstat -o NAME says of it.
sub field {
    my ($service, $name) = @_;
    my $out = run('svstat', '-o', $name, $service)->{out};
    chomp $out;
    return $out;
}

sub wait_phase {
    my ($service, $phase) = @_;
    return wait_until { field($service, 'phase') eq $phase } 10, "phase $phase of $service";
}

# control($service, $letters): writes them to its FIFO, as svc does.
sub control {
    my ($service, $letters) = @_;
    open my $fifo, '>', "$service/supervise/control" or die "control $service: $!";
    syswrite $fifo, $letters;
}

sub mode_of { return sprintf '%04o', (stat $_[0])[2] & 07777 }

1;
