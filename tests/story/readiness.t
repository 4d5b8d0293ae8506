# ISC license.
#
# Real daemons that speak systemd's protocol, as they are in the distribution: redis-server with
# `supervised systemd`, alone and as a replica that says how far it is; haproxy, whose
# master reloads and says so; systemd-notify in a shell script, of root and of another user.

use lib 'tests/lib';
use Upkeep;
use One;
use Speaker;

use IO::Socket::INET;

my $top = tempdir;

sub text_of { return run('svstat', '-j', '-o', 'statustext', $_[0])->{out} =~ /"statustext":"(.*?)"/ ? $1 : undef }

# pid($service): once it has one.
sub pid {
    my ($service) = @_;
    return wait_until { my $pid = field($service, 'pid'); $pid =~ /^\d+$/ && $pid > 1 && $pid }
        20, "a process of $service";
}

sub free_port {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or return;
    return $socket->sockport;
}

# redis ------------------------------------------------------------------------------------------

my ($server, $client, $environment) = redis();

sub redis_service {
    my ($name, $arguments, @files) = @_;
    return make_service("$top/$name", 'notify-socket' => 'abstract', @files, run => <<"END");
exec >> log.txt 2>&1
exec $server --unixsocket socket --daemonize no --supervised systemd --save "" $arguments
END
}

sub ask {
    my ($service, @words) = @_;
    my $result = run($client, '-s', 'socket', @words, {cwd => $service, env => $environment});
    return lc($result->{out} =~ s/\n\z//r);
}

subtest 'redis-server says when it is ready' => sub {
    plan skip_all => 'no redis-server here' unless $server;
    my $service = redis_service('redis', '--port 0', down => '');
    my $supervise = supervise($service, {env => $environment});
    run('svc', '-u', $service);
    ok wait_phase($service, 'up'), 'it says so';
    is field($service, 'cause'), 'ready', 'itself';
    is ask($service, 'ping'), 'pong', 'and it is';
    like text_of($service), qr/Ready to accept connections/i, 'it says that in its own words, too';
    like run('svstat', '-v', $service)->{out}, qr/says: Ready to accept connections/i, 'which one sees';

    my $pid = pid($service);
    $supervise = again($supervise, $service, {env => $environment});
    is field($service, 'pid,phase'), "$pid up", 'another supervise knows it';
    kill 'KILL', $pid;
    ok wait_until { field($service, 'starts') eq '2' && field($service, 'phase') eq 'up' } 20, 'the next one';
    is ask($service, 'ping'), 'pong', 'says so, too';

    ask($service, 'shutdown', 'nosave');
    ok wait_until { field($service, 'starts') eq '3' && field($service, 'phase') eq 'up' } 20, 'the one after that';
    is field($service, 'ending,endingvalue'), 'exit 0', 'after it was shut down by its client';
    control($service, 'dx');
    is $supervise->wait(20)->{code}, 0, 'and in the end it goes';
    is $supervise->err, '', 'nobody complained';
    no_more($service, $supervise);
};

subtest 'redis-server becomes ready while there is no supervise' => sub {
    plan skip_all => 'no redis-server here' unless $server;
    my $service = redis_service('alone', '--port 0');
    my $supervise = supervise($service, {env => $environment});
    my $pid = pid($service);
    kill 'STOP', $supervise->pid;
    killed($supervise);
    wait_until { ask($service, 'ping') eq 'pong' } 20, 'redis-server';
    $supervise = supervise($service, {env => $environment});
    ok wait_phase($service, 'up'), 'the next one knows';
    is field($service, 'pid,starts'), "$pid 1", 'of the same process';
    no_more($service, $supervise);
};

subtest 'a replica says how far it is' => sub {
    plan skip_all => 'no redis-server here' unless $server;
    my $port = free_port or plan skip_all => 'no IPv4 here';
    my $listen = '--bind 127.0.0.1 --port';
    my $main = redis_service('main', "$listen $port --repl-diskless-sync-delay 0", down => '');
    my $replica = redis_service('replica', "--port 0 --replicaof 127.0.0.1 $port");
    my @supervise = map { supervise($_, {env => $environment}) } $main, $replica;
    ok wait_phase($replica, 'up'), 'it is ready without data';
    ok wait_until { (text_of($replica) // '') =~ /waiting for/i } 20, 'but waits for them';
    my $serial = field($replica, 'serial');
    run('svc', '-u', $main);
    wait_phase($main, 'up');
    ok wait_until { text_of($replica) =~ /finished with success/i } 40, 'then it has them' or diag text_of($replica);
    is field($replica, 'serial'), $serial, 'which is no transition';
    no_more($replica, @supervise);
    no_more($main);
};

# haproxy ----------------------------------------------------------------------------------------

# haproxy: (program, {environment}) or nothing.
sub haproxy {
    my $installed = program('haproxy');
    return ($installed, {}) if $installed;
    my $root = Upkeep::unpacked('haproxy') // return;
    my @libraries = grep { -d } map { glob "$root/$_" } qw(usr/lib/*-linux-* usr/lib lib);
    my $environment = {LD_LIBRARY_PATH => join ':', @libraries};
    my $program = "$root/usr/sbin/haproxy";
    my $code = run($program, '-v', {env => $environment})->{code};
    return defined $code && $code == 0 ? ($program, $environment) : ();
}

subtest 'haproxy reloads' => sub {
    my ($haproxy, $environment) = haproxy() or plan skip_all => 'no haproxy here';
    my $service = make_service("$top/haproxy", down => '', 'notify-socket' => "$top/notify", conf => <<'END', run => <<"END2");
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
listen stats
    bind unix@socket
    stats enable
    stats uri /
END
exec >> log.txt 2>&1
exec $haproxy -Ws -f conf
END2
    my $supervise = supervise($service, {env => $environment});
    run('svc', '-u', $service);
    wait_phase($service, 'up') or diag read_file("$service/log.txt");
    is field($service, 'cause'), 'ready', 'it says that it is ready';
    ok -S "$service/socket", 'and listens';
    my ($pid, $serial, $since) = split / /, field($service, 'pid,serial,readysince');
    kill 'USR2', $pid;
    ok wait_until { field($service, 'serial') == $serial + 2 } 20, 'it reloads, and has reloaded';
    is field($service, 'phase,cause,reloading'), 'up ready false', 'and is ready again';
    is field($service, 'pid,starts,readysince'), "$pid 1 $since", 'never having been away';
    control($service, 'dx');
    is $supervise->wait(20)->{code}, 0, 'in the end it goes';
    is $supervise->err, '', 'nobody complained';
    no_more($service, $supervise);
};

# systemd-notify ---------------------------------------------------------------------------------

# systemd_notify: what a script must say to use it, or nothing.
sub systemd_notify {
    return 'systemd-notify' if program('systemd-notify');
    my $root = Upkeep::unpacked('systemd') // return;
    my @libraries = grep { -d } map { glob "$root/$_" } qw(usr/lib/*-linux-* usr/lib/*-linux-*/systemd lib/systemd);
    my $command = 'LD_LIBRARY_PATH=' . join(':', @libraries) . " $root/usr/bin/systemd-notify";
    my $code = run('sh', '-c', "$command --version")->{code};
    return defined $code && $code == 0 ? $command : ();
}

for my $user ('root', 'another user') {
    subtest "systemd-notify of $user" => sub {
        my $notify = systemd_notify() or plan skip_all => 'no systemd-notify here';
        plan skip_all => 'needs root' unless have_root;
        my $setuid = $user eq 'root' ? ''
            : "$^X -e 'use POSIX (); POSIX::setgid(65534); POSIX::setuid(65534); exec \@ARGV' ";
        my $service = make_service("$top/notify-" . length $user, 'notify-socket' => 'abstract',
            run => "exec ${setuid}sh ./body", body => <<"END");
$notify --status='loading' || echo failed >&2
read go < go
$notify --ready --status='half past ready' || echo failed >&2
exec sleep 1000
END
        POSIX::mkfifo("$service/go", 0666) or die;
        chmod 0666, "$service/go";
        my $supervise = supervise($service);
        ok wait_until { (text_of($service) // '') eq 'loading' } 20, 'it says what it does';
        is field($service, 'phase'), 'starting', 'and is not ready';
        write_line("$service/go");
        ok wait_phase($service, 'up'), 'then it is';
        is text_of($service), 'half past ready', 'and says so';
        is $supervise->err, '', 'every barrier was answered';
        no_more($service, $supervise);
    };
}

sub write_line {
    my ($fifo) = @_;
    open my $go, '>', $fifo or die "go: $!";
    syswrite $go, "go\n";
}

done_testing;
