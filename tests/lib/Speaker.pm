# ISC license.
#
# What the tests of readiness share: a service that says what it is told to say (speaker.c beside
# this file), and a supervise that may be killed and replaced.

package Speaker;

use strict;
use warnings;

use Exporter 'import';
use POSIX ();
use Upkeep;
use One;

our @EXPORT = qw(speaking_service supervise killed again no_more log_of starts started running tell order has_looked
    wait_field stranger speaker may_take);

my $speaker;
my $count = 0;

# speaker: its path, compiled when it is needed; skips the test where there is no compiler.
sub speaker {
    return $speaker if $speaker;
    my $settings = read_file(top . '/compile/config.mak') // '';
    my %setting = $settings =~ /^(\w+) :=[ ]*(.+)$/mg;
    skip_all_unless(defined $setting{CC}, 'nothing is configured: no compiler is known');
    my $path = tempdir . '/speaker';
    my @flags = map { split ' ', $setting{$_} // '' } qw(COMPILE_FLAGS LINK_FLAGS PROGRAM_FLAGS);
    my $result = run(split(' ', $setting{CC}), @flags, '-o', $path, top . '/tests/lib/speaker.c', {limit => 60});
    die "unable to compile speaker.c:\n$result->{err}" if $result->{code};
    return $speaker = $path;
}

# speaking_service($directory, NAME => CONTENT...): a service whose run is the speaker.
sub speaking_service {
    my ($directory, @files) = @_;
    my $service = "$directory/s" . ++$count;
    my $speaker = speaker;
    make_service($service, run => "exec $speaker", @files);
    POSIX::mkfifo("$service/orders", 0600) or die "mkfifo: $!\n";
    return $service;
}

sub supervise {
    my ($service, $options) = @_;
    my $supervise = start('supervise', $service, $options // {});
    wait_until { run('svok', $service)->{code} == 0 && field($service, 'supervisepid') == $supervise->pid }
        10, "supervise of $service";
    return $supervise;
}

# killed($supervise): the service goes on without it.
sub killed { $_[0]->stop('KILL'); return }

# again($supervise, $service): it is killed, and another one takes over.
sub again {
    my ($supervise, @rest) = @_;
    killed($supervise);
    return supervise(@rest);
}

# no_more($service, @supervise): the end of a subtest.
sub no_more {
    my ($service, @supervise) = @_;
    $_->stop('KILL') for grep { $_ } @supervise;
    kill 'KILL', grep { $_ > 1 && (readlink("/proc/$_/cwd") // '') eq $service }
        map { m{/proc/(\d+)} } glob '/proc/[0-9]*';
}

sub log_of { return read_file("$_[0]/log.txt") // '' }
sub starts { return scalar(() = log_of($_[0]) =~ /^start/mg) }

# started($service, $starts): waits until so many speakers have begun; the pid of the last.
sub started {
    my ($service, $starts) = @_;
    wait_until { starts($service) >= $starts } 20, "start $starts of $service";
    return (log_of($service) =~ /^start (\d+)$/mg)[-1] // 0;
}

# running($service, $starts): likewise; and svstat shows that one.
sub running {
    my ($service, $starts) = @_;
    return wait_until { my $pid = started($service, $starts); field($service, 'pid') eq $pid && $pid }
        20, "start $starts of $service to be seen";
}

sub carried_out {
    my ($service, $order) = @_;
    return scalar(() = log_of($service) =~ /^(?:done|failed) \d+ \Q$order\E$/mg);
}

sub write_order {
    my ($service, $order, $fifo) = @_;
    open my $orders, '+<', "$service/" . ($fifo // 'orders') or die "orders of $service: $!";
    syswrite $orders, "$order\n";
}

# order($service, $order, $fifo): tells the speaker to, and does not wait.
sub order { write_order(@_); return }

# tell($service, $order, $fifo): and waits until it has; whether it could.
sub tell {
    my ($service, $order, $fifo) = @_;
    my $before = carried_out($service, $order);
    write_order($service, $order, $fifo);
    wait_until { carried_out($service, $order) > $before } 25, "$order in $service" or return '';
    return (log_of($service) =~ /^(done|failed) \d+ \Q$order\E$/mg)[-1] eq 'done';
}

# has_looked($service): whatever was there for supervise to read before is read; it does that in
# the same round as commands, and a newline is none.
sub has_looked {
    my ($service) = @_;
    my $before = field($service, 'controlbytes');
    control($service, "\n");
    return wait_until { field($service, 'controlbytes') > $before } 10, "supervise of $service to look";
}

# may_take($is_foreign): whether a supervise may take a notify socket back from a service that is not
# below it; if need be one of another user.
sub may_take {
    my ($is_foreign) = @_;
    my ($capabilities) = (read_file('/proc/self/status') // '') =~ /^CapEff:\s*([0-9a-f]+)/m;
    return 1 if hex(substr $capabilities // '0', -8) >> 19 & 1; # CAP_SYS_PTRACE
    return !$is_foreign && !(read_file('/proc/sys/kernel/yama/ptrace_scope') // 0);
}

# wait_field($service, $name, $value)
sub wait_field {
    my ($service, $name, $value) = @_;
    return wait_until { field($service, $name) eq $value } 20, "$name $value of $service";
}

# stranger($name, $text, {options}): a process that is none of the service's sends it.
sub stranger {
    my ($name, $text, @options) = @_;
    my $code = run(speaker, $name, $text, @options)->{code};
    return defined $code && $code == 0;
}

1;
