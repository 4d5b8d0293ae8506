# ISC license.
#
# What a newcomer does first: sh package/quickstart, as this user, in this tree. With redis where
# it can be had, and with the small daemon that stands in for it.

use lib 'tests/lib';
use Upkeep;

chdir top;

# What quickstart started: every other process below the keeper of this test.
sub remaining {
    my @others = grep { $_ != $$ } Upkeep::descendants(getppid);
    return join ' ', map { read_file("/proc/$_/comm") // () } @others;
}

for my $example ('redis', 'clock') {
    my $result = run('sh', 'package/quickstart', $example, {limit => 80});
    my ($out, $err) = @$result{qw(out err)};
    is $result->{code}, 0, "quickstart $example succeeds" or diag $out;
    is $err, '', 'without a complaint';
    my ($service) = $out =~ m{svstat (compile/quickstart/service/\w+)};
    my @up = $out =~ /^ +\Q$service\E: up \(pid (\d+)\) \d+ seconds/mg;
    is scalar(@up), 2, 'shows the service up twice';
    like $out, qr/^  \$ kill -9 $up[0]$/m, 'killed in between';
    isnt $up[0], $up[1], 'and back as another process';
    like $out, qr/^ +\Q$service\E\/log: up \(pid \d+\)/m, 'with its logger';
    like $out, qr/^    \@[0-9a-f]{24} \S/m, 'shows lines of its log, with their time';
    like $out, qr/^ +\Q$service\E: (?:down|supervise not running)/m, 'and in the end it is down';
    ok !alive($_), "process $_ is gone" for @up;
    ok wait_until { remaining() eq '' } 10, 'nothing is left running' or diag remaining();
    like $out, qr/^To go on.*svstat compile\/quickstart/ms, 'it says how to go on';
}

my $result = run('sh', 'package/quickstart', 'nonesuch', {limit => 80});
is $result->{code}, 111, 'an example that is not there';
like $result->{err}, qr{there is no service doc/examples/nonesuch}, 'is named';

done_testing;
