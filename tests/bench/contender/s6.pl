# ISC license.
#
# s6 as it is installed. It looks into the scan directory when it is told to, and starts a service
# again at once only if the service had said that it is ready.

my $wait = sub { my @options = @_; return sub { return ('s6-svc', @options, $_[1]) } };
my $svc = sub { my ($letter) = @_; return sub { return ('s6-svc', $letter, $_[1]) } };

return {
    directory  => sub {
        my $svscan = Upkeep::program('s6-svscan');
        return $svscan && $svscan =~ m{^(.*)/s6-svscan$} ? $1 : undef;
    },
    missing    => 'it is not installed',
    start      => sub {
        my ($world) = @_;
        return ['run', 's6-svscan', '-c', 100 + $world->names, $world->scan];
    },
    added      => sub { my ($world) = @_; return ['run', 's6-svscanctl', '-a', $world->scan] },
    files      => sub {
        my ($world) = @_;
        return $world->kind =~ /^(?:restart|control)$/ ? ('notification-fd' => "3\n") : ();
    },
    stop       => sub { my ($world) = @_; return ['run', 's6-svscanctl', '-t', $world->scan] },
    control    => {down => $svc->('-d'), up => $svc->('-u'), restart => $svc->('-t')},
    wait       => {down => $wait->('-wd', '-d'), up => $wait->('-wu', '-u')},
    status     => [24, 8],
    show       => sub { # it shows one service at a time
        my ($world, $bare, @services) = @_;
        return ($bare, 'each', 's6-svstat', @services);
    },
    supervisor => 's6-supervise',
};
