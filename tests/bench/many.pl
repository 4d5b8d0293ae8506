# ISC license.
#
# many: start, memory and stop of many services; one contender at a time has the machine.

package Bench::Many;

use strict;
use warnings;

# kernel_kib: what the kernel holds. Of the whole machine, so it is right only while nothing else is
# going on, and includes the service itself.
sub kernel_kib {
    my $meminfo = Upkeep::read_file('/proc/meminfo');
    my $sum = 0;
    $meminfo =~ /^$_:\s+(\d+) kB/m and $sum += $1 for qw(KernelStack PageTables SUnreclaim Percpu);
    return $sum;
}

# The mean over the processes that the contender has for each service.
sub memory_of {
    my ($world) = @_;
    my %sum;
    my $count = 0;
    for my $pid ($world->members) {
        my $comm = Upkeep::read_file("/proc/$pid/comm") // next;
        next unless $comm eq $world->contender->{supervisor} . "\n";
        my $rollup = Upkeep::read_file("/proc/$pid/smaps_rollup") // next;
        my $status = Upkeep::read_file("/proc/$pid/status") // next;
        $count++;
        $sum{PSS}     += $1 if $rollup =~ /^Pss:\s+(\d+)/m;
        $sum{private} += $1 while $rollup =~ /^Private_(?:Dirty|Clean):\s+(\d+)/mg;
        $sum{'page tables'} += $1 if $status =~ /^VmPTE:\s+(\d+)/m;
    }
    return map { $_ => $sum{$_} / $count } keys %sum;
}

return sub {
    my ($bench) = @_;
    my $services = $bench->services;
    for my $round (1 .. $bench->rounds) {
        for my $contender ($bench->shuffled($bench->contenders)) {
            $bench->told("many, round $round, $contender->{name}");
            my $world = $bench->world($contender, 'many', $services);
            my $kernel = kernel_kib();
            $bench->figure("start of $services, ms", $contender, $world->bring_up / 1e6);
            $bench->let_pass($bench->AGE);
            $kernel = kernel_kib() - $kernel;
            my %memory = memory_of($world);
            $bench->figure("$_ per supervise, KiB", $contender, $memory{$_})
                for 'PSS', 'private', 'page tables';
            $bench->figure('kernel per service, roughly, KiB', $contender, $kernel / $services);
            $bench->figure("stop of $services, ms", $contender, $world->bring_down / 1e6);
            $world->end;
        }
    }
};
