# ISC license.
#
# daemontools as the distribution has it. It has no command that stops everything: svscan is
# ended, and every supervise is told to bring its service down and to leave.

my $svc = sub { my ($letter) = @_; return sub { return ('svc', $letter, $_[1]) } };

return {
    directory  => sub { return Upkeep::peer('daemontools') },
    missing    => 'its package cannot be had',
    start      => sub { my ($world) = @_; return ['run', 'svscan', $world->scan] },
    stop       => sub {
        my ($world) = @_;
        return ['signal', 15, $world->scanner], ['run', 'svc', '-dx', $world->directories];
    },
    control    => {down => $svc->('-d'), up => $svc->('-u'), restart => $svc->('-t')},
    status     => [12, 4],
    supervisor => 'supervise',
};
