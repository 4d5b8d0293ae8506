# ISC license.
#
# A service's own user as an enemy: owns the service directory (but for run) and supervise/, and
# plants links, FIFOs, directories and files there. supervise, root, must not write elsewhere, must
# not follow, must not wait, must not end; nor must svc, svstat and svok.

use lib 'tests/lib';
use Upkeep;
use Record;

use Fcntl;
use POSIX ();

use constant NOBODY => 65534;

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $dir = tempdir;
my $count = 0;
my $root = have_root; # else we are the user ourselves, and our links are trusted

# What supervise opens in supervise/. While it runs, what it makes new again and again.
my @opened = qw(lock control ok status .status .journal .death_tally .recovery .recovery.new);
my @renewed = qw(.status.first .status.next status .status.new .status .death_tally.new .death_tally .recovery.new .recovery);
my %at_start_only = map { $_ => 1 } qw(lock control ok);

# The enemy's hands and the victim ---------------------------------------------------------------

# as_user { ... }: done by the service's user; dies if it was not possible.
sub as_user(&) {
    my ($deed) = @_;
    return $deed->() || die "as_user: $!\n" unless $root;
    my $pid = fork // die;
    if (!$pid) {
        $) = NOBODY . ' ' . NOBODY;
        $( = NOBODY;
        POSIX::setuid(NOBODY);
        POSIX::_exit(eval { $deed->() } ? 0 : 1);
    }
    waitpid $pid, 0;
    $? == 0 or die "as_user: could not\n";
}

# What is root's: a file, a directory, a FIFO, and a place where nothing is.
my $secret = 'root:secret';
mkdir "$dir/victim", 0755 or die;
write_file("$dir/victim/file", $secret, 0600);
mkdir "$dir/victim/directory", 0755 or die;
POSIX::mkfifo("$dir/victim/fifo", 0600) or die;

# victim: all that could be changed of it, as text.
sub victim {
    my @facts;
    for my $path ("$dir/victim", sort glob "$dir/victim/{*,.[!.]*} $dir/victim/directory/{*,.[!.]*}") {
        my @about = lstat $path or next;
        my @counts = $path eq "$dir/victim/file" ? (read_file($path)) : -d _ ? @about[3, 9] : ();
        push @facts, join ' ', $path, sprintf('%o', $about[2]), @about[4, 5], @counts;
    }
    return join "\n", @facts;
}
my $intact = victim;
sub is_intact {
    my ($sentence) = @_;
    my $now = victim;
    is $now, $intact, $sentence;
    $intact = $now; # one harm, one failure
}

# All that can be planted under the name $path. Hard links to what is root's are made by root:
# where the kernel does not protect them the user could do it too.
my %plant = (
    'a link to a file'      => sub { my $path = shift; as_user { symlink "$dir/victim/file", $path } },
    'a link to a FIFO'      => sub { my $path = shift; as_user { symlink "$dir/victim/fifo", $path } },
    'a link to a device'    => sub { my $path = shift; as_user { symlink '/dev/zero', $path } },
    'a link to a directory' => sub { my $path = shift; as_user { symlink "$dir/victim/directory", $path } },
    'a link to nowhere'     => sub { my $path = shift; as_user { symlink "$dir/victim/new", $path } },
    'a link to itself'      => sub { my $path = shift; as_user { symlink $path, $path } },
    'a hard link'           => sub { link "$dir/victim/file", $_[0] },
    'a hard link to a FIFO' => sub { link "$dir/victim/fifo", $_[0] },
    'a FIFO'                => sub { my $path = shift; as_user { POSIX::mkfifo($path, 0666) } },
    'an empty directory'    => sub { my $path = shift; as_user { mkdir $path } },
    'a full directory'      => sub { my $path = shift; as_user { mkdir($path) && mkdir("$path/x") } },
    'a file of the user\'s' => sub { my $path = shift; as_user { open my $file, '>', $path or return; print $file 'x' x 300 } },
    'a huge file'           => sub { my $path = shift; as_user { open my $file, '>', $path or return; truncate $file, 1 << 40 } },
);
my @kinds = sort keys %plant;

# plant($path, $kind): in the place of what is there. supervise may put its own there first.
sub plant {
    my ($path, $kind) = @_;
    wait_until { clear($path); eval { $plant{$kind}->($path) } } 10, "$kind as $path";
}

sub clear {
    my ($path) = @_;
    unlink $path or rmdir $path or rmdir "$path/x", rmdir $path;
}

# The service ------------------------------------------------------------------------------------

# A new service directory and supervise/, both the user's. run says with its pid that it runs, in a
# place that is not the user's: nothing here believes what is written in supervise/.
sub service {
    my (%files) = @_;
    my $path = "$dir/s" . ++$count;
    write_file("$dir/proof$count", '');
    make_service($path, run => "echo \$\$ > $dir/proof$count; exec sleep 1000", %files);
    mkdir "$path/supervise" or die;
    if ($root) { chown NOBODY, NOBODY, $path, "$path/supervise" }
    return $path;
}

sub proof { return (read_file($_[0] =~ s{/s(\d+)$}{/proof$1}r) // '') =~ /^(\d+)\n/ ? $1 : 0 }

# works($service, $sentence): its process dies, and there is another.
sub works {
    my ($service, $sentence) = @_;
    my $old = wait_until { proof($service) } 10, 'the service' or return fail $sentence;
    kill 'KILL', $old;
    # two quick deaths are followed by a delay, unless somebody asks
    ok wait_until { run('svc', '-u', $service); proof($service) != $old } 10, $sentence;
}

# up($service): supervise on it, or what it said when it ended.
sub up {
    my ($service, $options) = @_;
    my $supervise = start('supervise', $service, $options || {});
    wait_until { proof($service) || !$supervise->running } 10, "supervise on $service";
    return $supervise;
}

# answers($service, $sentence): svstat, svok and svc do, at once and without anybody's secret.
sub answers {
    my ($service, $sentence) = @_;
    my @results = map { run(@$_, $service, {limit => 5}) } ['svstat'], ['svstat', '-j'], ['svok'], ['svc', '-c'];
    is_deeply [map { $_->{timeout} ? 'waits' : () } @results], [], $sentence;
    unlike join('', map { $_->{out} . $_->{err} } @results), qr/\Q$secret\E/, 'and tell no secret';
}

# Planted before supervise starts ----------------------------------------------------------------

for my $name (@opened) {
    subtest "$name, planted before supervise starts" => sub {
        for my $kind (@kinds) {
            my $service = service;
            plant("$service/supervise/$name", $kind);
            my $supervise = up($service);
            if ($at_start_only{$name} && !$supervise->running) {
                is $supervise->wait->{code}, 111, "$kind: supervise does not start";
                like $supervise->err, qr{\Asupervise: fatal: unable to \w+ supervise/\Q$name\E: .+\n\z}, "$kind: and says why";
                answers $service, "$kind: svstat, svok and svc answer all the same";
            } else {
                works $service, "$kind: supervise does its work";
                answers $service, "$kind: svstat, svok and svc answer";
                ok $supervise->running, "$kind: supervise is there";
                $supervise->stop;
            }
            is_intact "$kind: nothing elsewhere has changed";
        }
    };
}

# Planted while it runs --------------------------------------------------------------------------

for my $name (@renewed, '.journal') {
    subtest "$name, planted while supervise runs" => sub {
        my $service = service;
        my $supervise = up($service);
        for my $kind (@kinds) {
            plant("$service/supervise/$name", $kind);
            works $service, "$kind: supervise does its work";
            answers $service, "$kind: svstat, svok and svc answer";
            is_intact "$kind: nothing elsewhere has changed";
        }
        unlike $supervise->err, qr/\Q$secret\E/, 'no secret was told';
        plant("$service/supervise/$name", 'a file of the user\'s');
        works $service, 'when the trap has gone';
        ok wait_until { pid_of($service) == proof($service) } 10, 'the state is true again';
        $supervise->stop;
    };
}

subtest 'planted again and again, as fast as can be' => sub {
    my $service = service;
    my $supervise = up($service);
    my $enemy = start($^X, '-e', <<'END', "$service/supervise", "$dir/victim/file", $root ? {uid => NOBODY} : {});
        my ($place, $file) = @ARGV;
        while (1) {
            for (qw(.status.first .status.next .status.new .death_tally.new)) {
                symlink $file, "$place/.x";
                rename "$place/.x", "$place/$_";
                unlink "$place/$_";
            }
        }
END
    works $service, "supervise does its work, round $_" for 1 .. 5;
    answers $service, 'svstat, svok and svc answer';
    $enemy->stop('KILL');
    ok $supervise->running, 'supervise is there';
    is_intact 'nothing elsewhere has changed';
    $supervise->stop;
};

subtest 'commands without end' => sub {
    my $service = service;
    my $supervise = up($service);
    my $old = proof($service);
    my $enemy = start($^X, '-e', 'open my $fifo, ">", $ARGV[0] or die; my $all = "c" x 65536; syswrite $fifo, $all while 1',
        "$service/supervise/control");
    kill 'KILL', $old;
    ok wait_until { proof($service) != $old } 10, 'do not keep supervise from what it is there for';
    $supervise->kill('TERM');
    my $left = $supervise->wait(10);
    $enemy->stop('KILL');
    ok $left, 'nor from leaving';
    $supervise->stop('KILL') unless $left;
};

# The files that decide about rights -------------------------------------------------------------

subtest 'rights are not planted' => sub {
    my $service = service;
    my $supervise = up($service);
    for my $name ('status', '.status') {
        my $path = "$service/supervise/$name";
        wait_until { plant($path, 'a file of the user\'s'); eval { as_user { chmod 07777, $path } } } 10, $name;
        works $service, "$name of the user's, writable for all";
        wait_until { read_file($path) !~ /^x/ } 10, 'a new record';
        is((stat $path)[2] & 07022, 0, 'the new one is not');
        is((stat _)[4], $>, 'and it is ours');
    }
    $supervise->stop;
};

subtest 'a page of the user\'s is not believed' => sub {
    plan skip_all => 'without root there is nobody else' unless $root;
    my $service = service;
    my $supervise = up($service);
    my $page = "$service/supervise/.recovery";
    $supervise->stop('KILL');
    my $pid = proof($service);
    chown NOBODY, NOBODY, $page or die; # as good as one that the user has made
    $supervise = up($service);
    ok wait_until { proof($service) != $pid } 10, 'who it says to be the service is not';
    run('svc', '-d', $service);
    ok wait_until { run('svstat', '-o', 'phase', $service)->{out} eq "down\n" } 10, 'the service is brought down';
    ok alive($pid), 'and nobody else';
    is((stat $page)[4], $>, 'and the page is ours again');
    kill 'KILL', $pid;
    $supervise->stop;
};

# supervise/ itself ------------------------------------------------------------------------------

# without($service): where supervise/ was is nothing now.
sub without {
    my ($service) = @_;
    rmdir "$service/supervise" or die;
    return $service;
}

# refuses($service, $sentence): supervise does not start, and names the reason.
sub refuses {
    my ($service, $sentence, %options) = @_;
    my $supervise = up($service, \%options);
    my $result = $supervise->poll || {code => 'none: it runs'};
    is $result->{code}, 111, "$sentence: supervise does not start";
    like $supervise->err, qr{^supervise: fatal: unable to create \S+: permission denied}, 'and says why';
    is_intact 'nothing elsewhere has changed';
    $supervise->stop if $supervise->running;
}

subtest 'supervise/ as a link of the user\'s' => sub {
    plan skip_all => 'without root there is nobody else' unless $root;
    for my $kind ('a link to a directory', 'a link to nowhere', 'a link to a file', 'a link to itself') {
        my $service = without(service);
        plant("$service/supervise", $kind);
        refuses $service, $kind;
        is run('svok', $service)->{code}, 111, 'svok refuses too';
        like run('svstat', $service)->{out}, qr/: unable to open supervise.ok: permission denied: .*let root make it$/,
            'svstat says what to do about it';
        my $told = run('svc', '--strict', '-u', $service);
        is $told->{code}, 111, 'svc refuses';
        like $told->{err}, qr/permission denied: .*let root make it$/, 'and says so too';
        is run('svperms', '-o', $service)->{code}, 111, 'svperms refuses';
    }
    my $own = without(service);
    as_user { mkdir "$own/mine" and symlink 'mine', "$own/supervise" };
    my $supervise = up($own);
    works $own, 'to a directory of the user\'s own it is as good as that directory';
    answers $own, 'for all programs';
    $supervise->stop;

    my $deep = without(service);
    as_user { symlink "$dir/victim", "$deep/state" };
    refuses $deep, 'a link in the middle of SUPERVISEDIR', env => {SUPERVISEDIR => 'state/directory'};
};

subtest 'supervise/ as a link of root\'s' => sub {
    for my $exists (0, 1) {
        my $service = without(service);
        mkdir "$service.state" if $exists;
        symlink "../s$count.state", "$service/supervise" or die;
        my $supervise = up($service);
        works $service, $exists ? 'to a directory' : 'to nowhere, which is made';
        ok -p "$service.state/control", 'it is used';
        answers $service, 'by all programs';
        ok wait_until { pid_of($service) == proof($service) } 10, 'svstat finds it';
        is run('svok', $service)->{code}, 0, 'so does svok';
        is run('svc', '--strict', '-c', $service)->{code}, 0, 'and svc';
        $supervise->stop;
    }
    SKIP: {
        skip 'without root there is nobody else', 3 unless $root;
        my $service = without(service);
        symlink "$dir/victim/directory", "$dir/link-of-root";
        link "$dir/link-of-root", "$service/supervise" or skip 'links have no second names here', 3;
        refuses $service, 'brought here as a hard link it is a trap';
    }
};

# Another service's ------------------------------------------------------------------------------

subtest 'who commands one service does not reach another' => sub {
    my $other = service;
    chown 0, 0, $other, "$other/supervise" if $root;
    my $supervise = up($other);
    my $pid = proof($other);
    my $service = service;
    my %traps = (
        'control as a link'      => sub { as_user { symlink "$other/supervise/control", "$service/supervise/control" } },
        'control as a hard link' => sub { link "$other/supervise/control", "$service/supervise/control" },
    );
    $traps{'supervise/ as a link'} = sub {
        as_user { rmdir "$service/supervise" and symlink "$other/supervise", "$service/supervise" }
    } if $root;
    for my $trap (sort keys %traps) {
        $traps{$trap}->() or !$! or die "$trap: $!\n";
        my $told = run('svc', '--strict', '-dx', $service);
        is $told->{code}, 111, "$trap: svc refuses";
        like $told->{err}, qr/unable to control \Q$service\E: \w+/, 'and says so';
        unlink "$service/supervise/control" unless $trap =~ /supervise/;
    }
    is run('svc', '--strict', '-c', $other)->{code}, 0, 'the other one can be told';
    is proof($other), $pid, 'and nothing has happened to it';
    ok alive($pid), 'it runs';
    $supervise->stop;
};

subtest 'another service\'s lock is not taken' => sub {
    my $other = service;
    up($other)->stop;
    my $service = service;
    link "$other/supervise/lock", "$service/supervise/lock" or die;
    my $supervise = up($service);
    is $supervise->poll && $supervise->poll->{code}, 111, 'supervise does not start';
    is $supervise->err, "supervise: fatal: unable to acquire supervise/lock: too many links\n", 'and says why';
    $supervise->stop if $supervise->running;
};

# Option files -----------------------------------------------------------------------------------

my @options = map { /"([^"]*)"/ } Record::entries('setting.h', 'SV_SETTINGS');
for my $name (@options) {
    subtest "the option file $name" => sub {
        my $service = service;
        my $supervise = up($service);
        for my $kind (@kinds) {
            # What root may read of a hard link is a file like any other.
            plant("$service/$name", $kind);
            works $service, "$kind: supervise does its work";
            is_intact "$kind: nothing elsewhere has changed";
        }
        like $supervise->err, qr{^supervise: warning: \Q$service/$name\E is not used: }m, 'it was said that it is not used';
        unlike $supervise->err, qr/\Q$secret\E/, 'and no secret was told';
        $supervise->stop;
    };
}

subtest 'an option file as a link' => sub {
    my $service = service;
    my $limit = write_file("$dir/three", "USR1\n", 0644);
    symlink $limit, "$service/down-signal" or die;
    write_file("$service/run", "#!/usr/bin/perl\n\$SIG{USR1} = sub { exit 3 };\n"
        . "open my \$proof, '>', '$dir/proof$count'; print \$proof \"\$\$\\n\"; close \$proof; sleep 1 while 1;\n", 0755);
    my $supervise = up($service);
    run('svc', '-d', $service);
    ok wait_until { run('svstat', '-o', 'exitcode', $service)->{out} eq "3\n" } 10, 'of root\'s counts';
    SKIP: {
        skip 'without root there is nobody else', 1 unless $root;
        unlink "$service/down-signal";
        as_user { symlink $limit, "$service/down-signal" };
        run('svc', '-u', $service);
        wait_until { $supervise->err =~ /is not used/ } 10, 'the complaint';
        like $supervise->err, qr{down-signal is not used}, 'of the user\'s does not';
    }
    $supervise->stop;
};

# down, run and finish ---------------------------------------------------------------------------

sub control {
    my ($service, $letters) = @_;
    sysopen my $fifo, "$service/supervise/control", O_WRONLY | O_NONBLOCK or die "control $service: $!";
    syswrite $fifo, $letters;
}

for my $kind (@kinds) {
    subtest "down as $kind" => sub {
        plan skip_all => 'a link of our own that leads nowhere at all is our own mistake'
            if !$root && $kind eq 'a link to itself';
        my $service = service;
        plant("$service/down", $kind);
        my $supervise = start('supervise', $service);
        ok wait_until { run('svok', $service)->{code} == 0 } 10, 'supervise starts';
        answers $service, 'svstat, svok and svc answer';
        control($service, 'u'); # a link to nowhere by ourselves is no file down
        works $service, 'it can be brought up';
        control($service, 'D');
        ok wait_until { run('svstat', '-o', 'phase', $service)->{out} eq "down\n" } 10, 'down for good';
        is_intact 'that has created nothing elsewhere';
        control($service, 'U');
        ok wait_until { run('svstat', '-o', 'phase', $service)->{out} eq "up\n" } 10, 'up for good';
        is_intact 'that has removed nothing elsewhere';
        ok -d "$service/down" || !-l "$service/down", 'and the name is free, unless it is a directory\'s';
        $supervise->stop;
    };
}

for my $name ('run', 'finish') {
    for my $kind (grep { !/hard|file/ } @kinds) {
        my $service = service;
        my $run = "$service/run";
        my $supervise;
        if ($name eq 'run') {
            rename $run, "$service/.run";
            plant($run, $kind);
            $supervise = start('supervise', $service);
            ok wait_until { run('svok', $service)->{code} == 0 } 10, "run as $kind: supervise starts";
            answers $service, "run as $kind: svstat, svok and svc answer";
            clear($run);
            rename "$service/.run", $run or die;
            ok wait_until { proof($service) } 10, "run as $kind: and as a script it is started";
        } else {
            plant("$service/finish", $kind);
            $supervise = up($service);
            works $service, "finish as $kind: it is as if there were none";
        }
        $supervise->stop;
        is_intact "$name as $kind: nothing elsewhere has changed";
    }
}

done_testing;
