# ISC license.
#
# daemontools-encore where the distribution has it; its logger only.

return {
    directory => sub { return Upkeep::peer('daemontools-encore') },
    missing   => 'its package cannot be had',
};
