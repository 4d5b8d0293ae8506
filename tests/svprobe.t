# ISC license.
#
# svprobe: one probe, once, against real listeners, files, logs and commands.

use lib 'tests/lib';
use Upkeep;

use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(AF_INET6 SOCK_STREAM SOCK_DGRAM SOCK_SEQPACKET
    pack_sockaddr_in6 unpack_sockaddr_in6 inet_pton);
use Time::HiRes ();

my $dir = tempdir;
chdir $dir;

# A free-standing probe has 20 s here unless it is to fail by its time: a machine may be busy.
sub probe { return run('svprobe', '-t', 20000, @_) }

# good($sentence, @probe), bad($reason, $sentence, @probe): and nothing else is said.
sub good {
    my ($sentence, @probe) = @_;
    my $result = probe(@probe);
    is_deeply [@$result{qw(code out err)}], [0, '', ''], $sentence;
}

sub bad {
    my ($reason, $sentence, @probe) = @_;
    my $result = probe(@probe);
    is_deeply [@$result{qw(code out)}], [1, ''], $sentence;
    like $result->{err}, qr/\Asvprobe: $reason\n\z/, '  and says why';
}

# The time is up: -t in ms stands in front.
sub late {
    my ($reason, $sentence, @probe) = @_;
    my $result = run('svprobe', '-t', 100, @probe);
    is $result->{code}, 1, $sentence;
    like $result->{err}, qr/\Asvprobe: $reason: timed out\n\z/, '  and says why';
}

# Usage ----------------------------------------------------------------------------------------

{
    my $result = run('svprobe');
    is $result->{code}, 100, 'without arguments it explains itself';
    like $result->{err}, qr/^svprobe: usage: svprobe \[-t ms\] kind argument \.\.\.$/m, 'in short';
    $result = run('svprobe', '--help');
    is $result->{code}, 0, '--help explains more';
    like $result->{out}, qr/^  $_ /m, "  it has $_" for qw(tcp unix http file line command);
    like run('svprobe', '--version')->{out}, qr/^svprobe \(upkeep\) \d/, '--version';
    for (['-x'], ['-t', 'soon', 'file', '/'], ['ping', '::1'], ['tcp', 'example.org', 80],
        ['tcp', '127.0.0.1'], ['http', 'https://127.0.0.1/'], ['unix', 'x' x 108])
    {
        is run('svprobe', @$_)->{code}, 100, "svprobe @$_ is the caller's mistake";
    }
    is run('svprobe', 'tcp', 'example.org', 80)->{err},
        "svprobe: fatal: unable to understand the probe tcp: "
        . "the address must be a number or localhost\n", 'and it says which';
}

# TCP ------------------------------------------------------------------------------------------

sub listen4 {
    return IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16, Proto => 'tcp')
        || die "listen: $@\n";
}

sub listen6 {
    socket my $socket, AF_INET6, SOCK_STREAM, 0 or return;
    bind $socket, pack_sockaddr_in6(0, inet_pton(AF_INET6, '::1')) or return;
    listen $socket, 16 or return;
    return ($socket, (unpack_sockaddr_in6(getsockname $socket))[0]);
}

{
    my $server = listen4();
    my $port = $server->sockport;
    good('somebody listens at the port', 'tcp', '127.0.0.1', $port);
    good('by the name localhost too', 'tcp', 'localhost', $port);
    $server->close;
    bad("unable to connect to port $port: connection refused", 'nobody listens',
        'tcp', '127.0.0.1', $port);
    bad("unable to connect to port $port: connection refused", 'nor at localhost',
        'tcp', 'localhost', $port);
}

SKIP: {
    my ($server, $port) = listen6();
    skip 'no IPv6 here', 3 unless $server;
    good('an IPv6 address', 'tcp', '::1', $port);
    good('in brackets', 'tcp', '[::1]', $port);
    good('localhost is both', 'tcp', 'localhost', $port);
}

{
    # A queue that is full: the kernel drops what comes, and a connection never comes about.
    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1, Proto => 'tcp');
    my @waiting = map {
        IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->sockport,
            Blocking => 0)
    } 1 .. 8;
    late('nobody answers at the port', 'a server that does not accept', 'tcp', '127.0.0.1',
        $server->sockport);
}

# UNIX -----------------------------------------------------------------------------------------

{
    my %types = (stream => SOCK_STREAM, seqpacket => SOCK_SEQPACKET, datagram => SOCK_DGRAM);
    for my $type (sort keys %types) {
        socket my $socket, Socket::AF_UNIX(), $types{$type}, 0 or die "socket: $!\n";
        bind $socket, Socket::pack_sockaddr_un("$dir/$type") or die "bind: $!\n";
        $type eq 'datagram' or listen $socket, 1;
        good("a $type socket", 'unix', "$dir/$type");
        good('by a relative path', 'unix', $type);
        close $socket;
        bad("unable to connect to $type: connection refused", 'that has been left behind',
            'unix', $type);
    }
    socket my $socket, Socket::AF_UNIX(), SOCK_STREAM, 0;
    bind $socket, Socket::pack_sockaddr_un("\0upkeep.$$");
    listen $socket, 1;
    good('an abstract socket', 'unix', "\@upkeep.$$");
    bad('unable to connect to none: file does not exist', 'no socket', 'unix', 'none');

    my $server = IO::Socket::UNIX->new(Local => 'busy', Listen => 1);
    my @waiting;
    for (1 .. 8) {
        socket my $client, Socket::AF_UNIX(), SOCK_STREAM, 0;
        fcntl $client, Fcntl::F_SETFL(), Fcntl::O_NONBLOCK();
        connect $client, Socket::pack_sockaddr_un('busy') or last;
        push @waiting, $client;
    }
    bad('the queue of busy is full', 'a socket that nobody accepts from', 'unix', 'busy');
}

# HTTP -----------------------------------------------------------------------------------------

# serve { what to do with a connection } $server: in a child; returns its pid.
sub serve(&$) {
    my ($answer, $server) = @_;
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    while (my $client = $server->accept) {
        $client->autoflush(1);
        $answer->($client);
        $client->close;
    }
    POSIX::_exit(0);
}

sub ended {
    my ($pid) = @_;
    kill 'KILL', $pid;
    waitpid $pid, 0;
}

# request($client): up to the empty line.
sub request {
    my ($client) = @_;
    my $text = '';
    while (defined(my $line = readline $client)) {
        $text .= $line;
        last if $line eq "\r\n";
    }
    return $text;
}

# with_server { answer } sub { tests, given URL and port }
sub with_server(&$) {
    my ($answer, $tests) = @_;
    my $server = listen4();
    my $pid = serve(\&$answer, $server);
    $tests->('http://127.0.0.1:' . $server->sockport);
    ended($pid);
}

with_server {
    my ($client) = @_;
    my ($target) = request($client) =~ m{^GET (\S+) HTTP/1\.1\r\n}
        or return print $client "HTTP/1.1 400 Bad Request\r\n\r\n";
    my ($status) = $target =~ m{^/(\d+)};
    print $client "HTTP/1.1 " . ($status || 200) . " Words\r\nContent-Length: 2\r\n\r\nhi";
} sub {
    my ($url) = @_;
    good('200 is good', 'http', $url);
    good("and $_", 'http', "$url/$_") for 204, 302, 399;
    bad("the answer is $_", "$_ is not", 'http', "$url/$_") for 404, 500, 503;
    good('unless it is what is expected', 'http', "$url/503", 200, 503);
    good('or in a range', 'http', "$url/404", '200-299', '400-499');
    bad('the answer is 200', 'then 200 is not', 'http', "$url/200", '400-499');
};

{
    my $server = listen4();
    my ($seen, $port) = ("$dir/request", $server->sockport);
    my $pid = serve { write_file($seen, request($_[0])); print {$_[0]} "HTTP/1.0 200\n\n" } $server;
    good('an old server', 'http', "http://localhost:$port/path?a=b");
    is read_file($seen), "GET /path?a=b HTTP/1.1\r\nHost: localhost:$port\r\n"
        . "User-Agent: upkeep\r\nAccept: */*\r\nConnection: close\r\n\r\n", 'what it was asked';
    ended($pid);

    my $local = IO::Socket::UNIX->new(Local => "$dir/web", Listen => 4);
    $pid = serve { write_file($seen, request($_[0])); print {$_[0]} "HTTP/1.1 200 OK\r\n\r\n" } $local;
    good('over a socket', 'http', "http://unix:$dir/web:/status");
    like read_file($seen), qr{\AGET /status HTTP/1\.1\r\nHost: localhost\r\n}, 'it asks for the target';
    good('without one', 'http', "http://unix:$dir/web");
    like read_file($seen), qr{\AGET / HTTP/1\.1\r\n}, 'it asks for /';
    ended($pid);
}

with_server {
    my ($client) = @_;
    request($client);
    for my $byte (split //, "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n") {
        syswrite $client, $byte;
        Time::HiRes::usleep(300); # so that they come in pieces: what is tested is not when
    }
} sub { good('an answer in pieces, behind another one', 'http', $_[0]) };

with_server {
    my ($client) = @_;
    print $client "SSH-2.0-OpenSSH_9.2p1\r\n";
    request($client);
} sub { bad('the answer is not HTTP', 'another protocol', 'http', $_[0]) };

with_server {
    my ($client) = @_;
    request($client);
    print $client "HTTP/1.1 20";
} sub { bad('the answer ends before its status', 'an answer that breaks off', 'http', $_[0]) };

with_server {
    my ($client) = @_;
    request($client);
    print $client 'HTTP/1.1 2';
    readline $client; # until the other side has had enough
} sub { late('there is no answer', 'an answer that never comes to an end', 'http', $_[0]) };

with_server {
    my ($client) = @_;
    print $client "HTTP/1.1 100 \r\n";
    1 while print $client 'X: ' . 'y' x 1000 . "\r\n";
} sub { bad('the answer is not HTTP', 'an answer that goes on for ever', 'http', $_[0]) };

{
    my $server = listen4(); # accepts by its queue, and never reads
    late('there is no answer', 'a server that never answers', 'http', 'http://127.0.0.1:' . $server->sockport);
}

# Files ----------------------------------------------------------------------------------------

{
    write_file("$dir/there", 'x');
    good('a file that is there', 'file', 'there');
    good('a directory too', 'file', $dir);
    bad('unable to find absent: file does not exist', 'one that is not', 'file', 'absent');
    good('a new one', 'file', 'there', 60);
    utime time - 100, time - 100, 'there';
    bad('there is 10\d seconds old, more than 60', 'an old one', 'file', 'there', 60);
    good('that is not too old', 'file', 'there', 1000);
    utime time + 100, time + 100, 'there';
    good('one of the future is new', 'file', 'there', 0);
    symlink 'nowhere', 'link';
    bad('unable to find link: file does not exist', 'a link to nowhere', 'file', 'link');
}

# Logs -----------------------------------------------------------------------------------------

{
    write_file("$dir/log", "starting\nready to serve\nand more");
    good('a line of a file', 'line', 'log', '^ready');
    good('its end', 'line', 'log', 'serve$');
    bad('there is no such line in log', 'no line', 'line', 'log', '^serve');
    bad('there is no such line in log', 'one without its end is none yet', 'line', 'log', 'more');
    bad('unable to open none: file does not exist', 'no log', 'line', 'none', 'x');
    my $result = probe('line', 'log', '(');
    is $result->{code}, 111, 'an expression that is none';
    like $result->{err}, qr/^svprobe: fatal: unable to use the expression: /, 'and is said to be';

    write_file("$dir/long", 'x' x 20000 . "\nready\n" . ('y' x 100 . "\n") x 1000 . "late\n");
    good('behind a very long line', 'line', 'long', '^ready$');
    good('far in the file', 'line', 'long', '^late$');
    good('the beginning of a very long line', 'line', 'long', '^xxx');
    write_file("$dir/label", '@40000000654321000eeeeeee ready' . "\n");
    good('a label is not part of the line', 'line', 'label', '^ready');

    mkdir 'main';
    bad('unable to open the log main: file does not exist', 'a directory without a log', 'line',
        'main', 'ready');
    write_file('main/current', "new\n");
    write_file('main/@4000000065432100eeeeeeee.s', "ready\n");
    good('an old file of a log directory', 'line', 'main', 'ready');
    good('and its current one', 'line', 'main', 'new');
    write_file('main/other', "elsewhere\n");
    bad('there is no such line in main', 'but no other file', 'line', 'main', 'elsewhere');
    run('sh', '-c', 'mkdir logged; { echo up; echo down; } | multilog t ./logged');
    good('what multilog writes', 'line', 'logged', '^up$');
    POSIX::mkfifo('fifo', 0600);
    bad('fifo is no file', 'a FIFO is no log', 'line', 'fifo', 'x');
}

# Commands -------------------------------------------------------------------------------------

sub script { return write_file("$dir/$_[0]", "#!/bin/sh\n$_[1]\n", 0755) }

{
    good('a command that succeeds', 'command', 'true');
    bad('false has exited 1', 'one that fails', 'command', 'false');
    bad('sh has exited 99', 'with its exit code', 'command', 'sh', '-c', 'exit 99');
    bad('sh was killed by signal 15', 'or signal', 'command', 'sh', '-c', 'kill $$');
    my $result = probe('command', 'no-such-program');
    is $result->{code}, 111, 'one that is not there is trouble';
    is $result->{err}, "svprobe: fatal: unable to run no-such-program: file does not exist\n",
        'and is named';
    script('talks', 'echo out; echo err >&2; cat');
    $result = probe('command', './talks');
    is_deeply [@$result{qw(code out err)}], [0, '', "out\nerr\n"],
        'what it prints goes to standard error, and it has nothing to read';
    is run(program('svprobe'), 'command', 'talks', {env => {PATH => "/nonexistent:$dir:/bin:/usr/bin"}})->{code}, 0,
        'it is searched for in PATH';

    script('hangs', "trap '' TERM; sh -c 'echo \$\$ > below; exec tail -f /dev/null' & wait");
    late('./hangs', 'one that takes too long', 'command', './hangs');
    script('leaves', 'tail -f /dev/null & echo $! > left');
    good('one that leaves something behind', 'command', './leaves');
    chomp(my $left = read_file('left'));
    ok wait_until(sub { !alive($left) }), 'which is killed';
    my $long = start('svprobe', '-t', 20000, 'command', 'sh', '-c',
        "tail -f /dev/null & echo \$! > deep.new; mv deep.new deep; wait");
    chomp(my $deep = wait_until { read_file('deep') });
    is $long->running, 1, 'while one runs, svprobe does';
    kill 'KILL', $deep;
    is $long->wait->{code}, 0, 'and as it ends, so does svprobe';
    $long = start('svprobe', '-t', 300, 'command', 'sh', '-c',
        "tail -f /dev/null & echo \$! > group.new; mv group.new group; wait");
    chomp(my $group = wait_until { read_file('group') });
    is $long->wait->{code}, 1, 'one that takes too long';
    ok wait_until(sub { !alive($group) }), 'is killed with all that it has started';
    is start('svprobe', '-t', 0, 'command', 'true')->wait->{code}, 0, '-t 0 is no limit';
}

done_testing;
