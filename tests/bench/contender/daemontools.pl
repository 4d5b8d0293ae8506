# ISC license.
#
# daemontools as the distribution has it. It has no command that stops everything: svscan is
# ended, and every supervise is told to bring its service down and to leave. Nor does it have one
# that waits: the status is looked at every millisecond, as a script would do if it could.

my $svc = sub { my ($letter) = @_; return sub { return ('svc', $letter, $_[1]) } };
my $polled = sub {
    my ($letter, $state) = @_;
    return sub {
        my ($world, $directory) = @_;
        return ($world->helper('polled'), $state, "$directory/supervise/status", 12, 4, 'svc', $letter, $directory);
    };
};

return {
    directory  => sub { return Upkeep::peer('daemontools') },
    missing    => 'its package cannot be had',
    start      => sub { my ($world) = @_; return ['run', 'svscan', $world->scan] },
    stop       => sub {
        my ($world) = @_;
        return ['signal', 15, $world->scanner], ['run', 'svc', '-dx', $world->directories];
    },
    control    => {down => $svc->('-d'), up => $svc->('-u'), restart => $svc->('-t')},
    wait       => {down => $polled->('-d', 'down'), up => $polled->('-u', 'up')},
    status     => [12, 4],
    show       => sub { my ($world, $bare, @services) = @_; return ('svstat', @services) },
    supervisor => 'supervise',
};
