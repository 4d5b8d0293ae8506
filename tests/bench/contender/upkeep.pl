# ISC license.
#
# This build.

my $wait = sub { my ($letter, $state) = @_; return sub { return ('svc', $letter, "--wait=$state", $_[1]) } };
my $svc = sub { my ($letter) = @_; return sub { return ('svc', $letter, $_[1]) } };

return {
    directory  => sub {
        my $svscan = Upkeep::program('svscan');
        return $svscan && $svscan =~ m{^(.*)/svscan$} ? $1 : undef;
    },
    missing    => 'run make first',
    start      => sub { my ($world) = @_; return ['run', 'svscan', $world->scan] },
    stop       => sub { my ($world) = @_; return ['signal', 15, $world->scanner] },
    control    => {down => $svc->('-d'), up => $svc->('-u'), restart => $svc->('-t')},
    wait       => {down => $wait->('-d', 'down'), up => $wait->('-u', 'up')},
    status     => [12, 4],
    show       => sub { my ($world, $bare, @services) = @_; return ('svstat', @services) },
    supervisor => 'supervise',
};
