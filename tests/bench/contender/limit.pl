# ISC license.
#
# The limit: bare.c. For restart and control a process per service, else one for all.

my $command = sub { my ($letter) = @_; return sub { return ('bare', 'poke', $_[1], $letter) } };

return {
    directory  => sub { return $_[0] },
    start      => sub {
        my ($world) = @_;
        my $kind = $world->kind eq 'idle' ? 'many' : $world->kind;
        return ['run', 'bare', $kind, $world->scan] if $kind eq 'many' || $kind eq 'dropin';
        return map { ['run', 'bare', $kind, $_] } $world->directories;
    },
    stop       => sub { my ($world) = @_; return ['signal', 15, $world->scanner] },
    control    => {down => $command->('d'), up => $command->('u'), restart => $command->('t')},
    status     => [12, 4],
    supervisor => 'run', # what a static process costs that does nothing
};
