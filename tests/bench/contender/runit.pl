# ISC license.
#
# runit as the distribution has it. HUP tells runsvdir to end every runsv.

my $sv = sub { my ($command) = @_; return sub { return ('sv', $command, $_[1]) } };

return {
    directory  => sub { return Upkeep::peer('runit') },
    missing    => 'its package cannot be had',
    start      => sub { my ($world) = @_; return ['run', 'runsvdir', $world->scan] },
    stop       => sub { my ($world) = @_; return ['signal', 1, $world->scanner] },
    control    => {down => $sv->('down'), up => $sv->('up'), restart => $sv->('term')},
    wait       => {down => $sv->('stop'), up => $sv->('start')}, # which look every 420 ms
    status     => [12, 4],
    show       => sub { my ($world, $bare, @services) = @_; return ('sv', 'status', @services) },
    supervisor => 'runsv',
};
