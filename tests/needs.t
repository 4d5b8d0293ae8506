# ISC license.
#
# A service that needs others: it waits for them, shows for whom, and goes on when they are ready;
# what happens when one of them is lost; names that are nobody's, and services that wait for
# themselves.

use lib 'tests/lib';
use Upkeep;
use One;

my $scan = tempdir() . '/scan';
mkdir $scan or die "mkdir $scan: $!";
my %supervise;

# What runs says that it is ready as soon as there is a file `good` in its directory.
my $slow = 'until test -e good; do sleep 0.005; done; echo >&3; exec sleep 1000';

sub service {
    my ($name, %files) = @_;
    return make_service("$scan/$name", run => 'exec sleep 1000', %files);
}

sub supervise {
    my ($name) = @_;
    $supervise{$name} = start('supervise', $name, {cwd => $scan});
    wait_until { run('svok', "$scan/$name")->{code} == 0 } 10, "supervise of $name";
    return $supervise{$name};
}

sub at { return "$scan/$_[0]" }
sub good { write_file(at($_[0]) . '/good', '') }
sub becomes {
    my ($name, $fields, $value, $sentence) = @_;
    wait_until { field(at($name), $fields) eq $value } 10, "$fields of $name";
    return is field(at($name), $fields), $value, $sentence;
}

sub end_all {
    my @names = sort keys %supervise;
    run('svc', '-dx', map { at($_) } @names);
    for my $name (@names) {
        my $result = $supervise{$name}->wait(10);
        is $result && $result->{code}, 0, "supervise of $name ends" or $supervise{$name}->stop('KILL');
    }
    %supervise = ();
    run('rm', '-rf', map { at($_) } @names);
    return;
}

sub switches {
    my ($pid) = @_;
    my $status = read_file("/proc/$pid/status") // '';
    my $sum = 0;
    $sum += $1 while $status =~ /^\w*voluntary_ctxt_switches:\s*(\d+)/mg;
    return $sum;
}

subtest 'waiting' => sub {
    service('db', run => $slow, 'notification-fd' => 3);
    service('cache', run => $slow, 'notification-fd' => 3);
    service('web', needs => "# what it reads from\ndb\ncache\n");
    my $web = supervise('web');
    becomes('web', 'phase,waitingfor', 'waiting db', 'it waits for the first one, which has no supervise yet');
    supervise($_) for qw(db cache);
    becomes('db', 'phase', 'starting', 'that one starts');
    is field(at('web'), 'starts'), 0, 'executed is not ready: it still waits';
    like run('svstat', '-v', at('web'))->{out}, qr/^\S+: down .*; waiting for db;/, 'svstat says for whom';
    my $before = switches($web->pid);
    select undef, undef, undef, 0.3; # nothing happens: it does not wake up
    is switches($web->pid), $before, 'waiting wakes nobody up';
    good('db');
    becomes('web', 'phase,waitingfor', 'waiting cache', 'then for the second one');
    good('cache');
    becomes('web', 'phase', 'up', 'then it is started');
    is field(at('web'), 'starts'), 1, 'once';
    is $web->err, '', 'without a complaint';
    run('svc', '-d', '--wait=down', at('db'));
    my $pid = pid_of(at('web'));
    is field(at('web'), 'phase'), 'up', 'a loss leaves it alone';
    run('svc', '--restart', '--wait=down', at('web'));
    becomes('web', 'phase,waitingfor', 'waiting db', 'but it is not started again without');
    run('svc', '-d', at('web'));
    becomes('web', 'phase,wanted', 'down down', 'who waits can be told not to');
    run('svc', '-u', at('web'), at('db'));
    becomes('web', 'phase', 'up', 'and to again');
    end_all();
};

subtest 'names that are nobody\'s' => sub {
    service('web', needs => "later\n/etc\n");
    my $web = supervise('web');
    becomes('web', 'phase,waitingfor', 'waiting later', 'it waits for a service that is not there');
    is $web->err, "supervise: warning: web needs later, and there is no such service; waiting for it\n"
        . "supervise: warning: web/needs line 2 is not used: it should hold the name of a service, and stop, restart or nothing\n",
        'and says so at once';
    service('later');
    supervise('later');
    becomes('web', 'phase', 'up', 'until it is');
    end_all();
};

subtest 'needs is mended' => sub {
    service('web', needs => "nobody\n");
    supervise('web');
    becomes('web', 'phase', 'waiting', 'it waits for nobody');
    write_file(at('web') . '/needs', "\n");
    becomes('web', 'phase', 'up', 'a line is taken out');
    end_all();
};

subtest 'a circle' => sub {
    service('a', needs => "b\n");
    service('b', needs => "c\n");
    service('c', needs => "a\n");
    service('self', needs => "self\n");
    supervise($_) for qw(a b c self);
    becomes($_, 'phase', 'waiting', "$_ waits") for qw(a b c self);
    wait_until { $supervise{c}->err =~ /\n/ } 10, 'a word';
    like $supervise{c}->err, qr/^supervise: warning: c waits for itself: c -> a -> b -> c; take one of these/m, 'the way is told';
    like $supervise{self}->err, qr/self waits for itself: self -> self;/, 'also the shortest';
    my %before = map { $_ => switches($supervise{$_}->pid) } qw(a b c self);
    select undef, undef, undef, 0.3; # nothing happens
    cmp_ok switches($supervise{$_}->pid) - $before{$_}, '<', 5, "$_ does not spin" for qw(a b c self);
    is scalar(() = $supervise{c}->err =~ /\n/g), 1, 'it is told once';
    write_file(at('b') . '/needs', '');
    becomes($_, 'phase', 'up', "$_ is up when the circle is cut") for qw(b a c);
    end_all();
};

subtest 'stop' => sub {
    service('db', run => $slow, 'notification-fd' => 3);
    service('web', needs => "db stop\n");
    good('db');
    supervise($_) for qw(db web);
    becomes('web', 'phase', 'up', 'up');
    run('svc', '-d', at('db'));
    becomes('web', 'phase,waitingfor', 'waiting db', 'it is stopped when the other one is lost');
    is field(at('web'), 'wanted'), 'up', 'wanted up it stays';
    unlink at('db') . '/good';
    run('svc', '-u', at('db'));
    becomes('db', 'phase', 'starting', 'the other one comes back');
    is field(at('web'), 'phase'), 'waiting', 'not before it is ready';
    good('db');
    becomes('web', 'phase', 'up', 'then it comes back, too');
    becomes('web', 'starts', 2, 'once');
    kill 'KILL', pid_of(at('db'));
    wait_until { field(at('web'), 'starts') == 3 } 10, 'another start';
    becomes('web', 'phase', 'up', 'a death is a loss as well, however short');
    end_all();
};

subtest 'restart' => sub {
    service('db');
    service('web', needs => "db restart\n");
    supervise($_) for qw(db web);
    becomes('web', 'phase', 'up', 'up');
    my $pid = pid_of(at('web'));
    run('svc', '-d', '--wait=down', at('db'));
    is pid_of(at('web')), $pid, 'a loss leaves it alone';
    run('svc', '-u', '--wait=ready', at('db'));
    wait_until { field(at('web'), 'starts') == 2 } 10, 'another start';
    becomes('web', 'phase', 'up', 'when the other one is ready anew it is restarted');
    like run('svwhy', at('web'))->{out}, qr/ready anew/, 'and that is why';
    end_all();
};

subtest 'supervise is killed' => sub {
    service('db', run => $slow, 'notification-fd' => 3);
    service('web', needs => "db stop\n");
    supervise($_) for qw(db web);
    becomes('web', 'phase', 'waiting', 'it waits');
    $supervise{web}->stop('KILL');
    supervise('web');
    becomes('web', 'phase,waitingfor,supervised', 'waiting db true', 'and the next one waits on');
    good('db');
    becomes('web', 'phase', 'up', 'until all is there');
    my $pid = pid_of(at('web'));
    $supervise{db}->stop('KILL');
    select undef, undef, undef, 0.1;
    is pid_of(at('web')), $pid, 'a service whose supervise was killed is not lost';
    supervise('db');
    $supervise{web}->stop('KILL');
    supervise('web');
    becomes('web', 'pid,starts', "$pid 1", 'still the same');
    $supervise{web}->stop('KILL');
    run('svc', '-d', '--wait=down', at('db'));
    supervise('web');
    becomes('web', 'phase', 'waiting', 'what was lost meanwhile is noticed');
    run('svc', '-u', at('db'));
    becomes('web', 'phase', 'up', 'and what comes back');
    end_all();
};

subtest 'a scan directory' => sub {
    service('z-db', run => $slow, 'notification-fd' => 3);
    service('a-web', needs => "z-db\n", log => {run => 'exec cat >> lines', needs => "nobody\n"});
    my $svscan = start('svscan', $scan);
    becomes('a-web', 'phase', 'waiting', 'whatever comes first in it');
    becomes('a-web/log', 'phase', 'up', 'a logger needs nobody');
    good('z-db');
    becomes('a-web', 'phase', 'up', 'it comes up');
    my $result = $svscan->stop;
    is $result->{code}, 0, 'and all of it goes';
};

done_testing;
