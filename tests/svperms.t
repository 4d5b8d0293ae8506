# ISC license.
#
# svperms: who may look at a service and who may control it, shown, changed, tried by those users,
# and still so after restarts.

use lib 'tests/lib';
use Upkeep;

use POSIX ();

use constant {MEMBER => 65534, OTHER => 65533, ALICE => 65532}; # users with a group of that number

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $dir = tempdir;
my $count = 0;

sub mode_of { return sprintf '%04o', (lstat $_[0])[2] & 07777 }

sub service { return make_service("$dir/s" . ++$count, run => 'exec sleep 1000', @_) }

# supervise($service, options for start): running and up.
sub supervise {
    my ($service, $options) = @_;
    my $supervise = start('supervise', $service, $options || {});
    my $see = {env => $options->{env} || {}};
    wait_until { run('svstat', $service, $see)->{out} =~ /: up / } 10, "$service to be up";
    return $supervise;
}

# supervise_of($service): its pid, while the service is up.
sub supervise_of {
    my ($service) = @_;
    return (read_file('/proc/' . pid_of($service) . '/status') // '') =~ /^PPid:\s+(\d+)/m ? $1 : 0;
}

sub leave {
    my ($service, $supervise) = @_;
    run('svc', '-dx', $service);
    ok $supervise->wait(10), 'supervise leaves';
}

# perms($service, status, control, events): what svperms is to say.
sub says {
    my ($service, $status, $control, $events, $sentence) = @_;
    my $result = run('svperms', $service);
    is_deeply [@$result{qw(code out err)}],
        [0, "$service status: $status\n$service control: $control\n$service events: $events\n", ''], $sentence;
}

sub quiet {
    my ($sentence, @arguments) = @_;
    is_deeply [@{run('svperms', @arguments)}{qw(code out err)}], [0, '', ''], $sentence;
}

# What a user may really do: look (svstat, svok), control, follow events.
sub looks { return run('svstat', $_[0], {uid => $_[1]})->{out} =~ /: (?:up|down) / ? 1 : 0 }
sub asks { return run('svok', $_[0], {uid => $_[1]})->{code} == 0 ? 1 : 0 }
sub controls { return run('svc', '--strict', '-u', $_[0], {uid => $_[1]})->{code} == 0 ? 1 : 0 }
sub follows { return run('cat', "$_[0]/supervise/.journal", {uid => $_[1]})->{code} == 0 ? 1 : 0 }

sub may {
    my ($service, $user, $expected, $sentence) = @_;
    my @can = (looks($service, $user), asks($service, $user), controls($service, $user));
    is "@can", join(' ', @$expected), $sentence;
}

my ($none, $look, $all) = ([0, 0, 0], [1, 1, 0], [1, 1, 1]);

sub group_named {
    my ($gid) = @_;
    return 'group: ' . ((getgrgid $gid)[0] // ":$gid");
}

sub user_named {
    my ($uid) = @_;
    return 'user: ' . ((getpwuid $uid)[0] // ":$uid");
}

my $synopsis = 'svperms [-v] [-u | -g group | -G group | -o | -O group] [-U user] [-e | -E group] dir ...';

subtest 'options' => sub {
    my $usage = "svperms: usage: $synopsis\n";
    is_deeply [@{run('svperms')}{qw(code out err)}], [100, '', $usage], 'without a directory it tells how it is used';
    is_deeply [@{run('svperms', '-z', '.')}{qw(code err)}], [100, "svperms: illegal option -- z\n$usage"],
        'an unknown option';
    is_deeply [@{run('svperms', '-g', 'no such group', '.')}{qw(code err)}],
        [100, "svperms: fatal: unknown group: no such group\n"], 'an unknown group';
    is_deeply [@{run('svperms', '-U', 'no such user', '.')}{qw(code err)}],
        [100, "svperms: fatal: unknown user: no such user\n"], 'an unknown user';
    is run('svperms', '-g', ':12x', '.')->{code}, 100, 'what follows the colon is a number';
    is run('svperms', '-u', '-U', ':1', '.')->{code}, 100, '-u and -U cannot both be meant';
    like run('svperms', '--help')->{out}, qr/^usage: \Q$synopsis\E\n/, '--help';
    like run('svperms', '--version')->{out}, qr/^svperms \(upkeep\) [0-9.]+\n\z/, '--version';
};

subtest 'the owner only, to begin with' => sub {
    my $service = service;
    is_deeply [@{run('svperms', $service)}{qw(code out err)}],
        [1, '', "svperms: warning: unable to open supervise of $service: file does not exist\n"],
        'before there was a supervise there is nothing to see';
    is run('svperms', '-o', $service)->{code}, 111, 'nor to change';
    my $supervise = supervise($service);
    says $service, 'owner', 'owner', 'owner', 'a new service';
    is_deeply [@{run('svperms', "$dir/none", $service)}{qw(code err)}],
        [1, "svperms: warning: unable to open $dir/none: file does not exist\n"], 'one that is not there is named';
    like run('svperms', "$dir/none", $service)->{out}, qr/\A\Q$service\E status: owner\n/, 'and the others are shown';
    is run('svperms', '-o', "$dir/none", $service)->{code}, 111, 'a change that failed is 111';
    says $service, 'public', 'owner', 'public', 'but the others are changed';
    is_deeply [@{run('svperms', '-vu', $service)}{qw(code out)}],
        [0, "$service status: owner\n$service control: owner\n$service events: owner\n"], '-v shows what was made of it';
    quiet '-ou: the last one counts', '-ou', $service;
    says $service, 'owner', 'owner', 'owner', 'and is what is seen';
    leave($service, $supervise);
};

subtest 'who may do what' => sub {
    plan skip_all => 'only root can become somebody else' unless have_root;
    my $service = service;
    my $supervise = supervise($service);
    my $group = group_named(MEMBER);

    may $service, MEMBER, $none, 'a new service is nobody else\'s business';
    quiet '-o', '-o', $service;
    says $service, 'public', 'owner', 'public', '-o is shown';
    may $service, MEMBER, $look, '-o: everybody may look and nobody control';
    ok follows($service, OTHER), 'and follow events';

    quiet '-O', '-O', ':' . MEMBER, $service;
    says $service, 'public', $group, 'public', '-O is shown';
    may $service, MEMBER, $all, '-O: the group may look and control';
    may $service, OTHER, $look, 'others may look';

    quiet '-G', '-G', ':' . MEMBER, $service;
    says $service, $group, $group, $group, '-G is shown';
    may $service, MEMBER, $all, '-G: the group may look and control';
    may $service, OTHER, $none, 'others may nothing';

    quiet '-g', '-g', ':' . MEMBER, $service;
    says $service, $group, 'owner', $group, '-g is shown';
    may $service, MEMBER, $look, '-g: the group may look';
    may $service, OTHER, $none, 'others may not';

    quiet '-o -E', '-o', '-E', ':' . MEMBER, $service;
    says $service, 'public', 'owner', $group, '-E is shown';
    is follows($service, MEMBER) . follows($service, OTHER), '10', '-E: events for the group only';
    may $service, OTHER, $look, 'looking has not changed';
    quiet '-e', '-e', $service;
    says $service, 'public', 'owner', 'public', '-e is shown';
    ok follows($service, OTHER), '-e: events for everybody who may look';

    quiet '-u', '-u', $service;
    may $service, MEMBER, $none, '-u: as it was';
    ok !follows($service, MEMBER), 'no events either';
    is mode_of("$service/supervise/$_->[0]"), $_->[1], "$_->[0] is $_->[1] again"
        for ['', '0700'], ['control', '0600'], ['ok', '0600'], ['status', '0644'], ['.status', '0644'];
    leave($service, $supervise);
};

subtest 'one service for one user' => sub {
    plan skip_all => 'only root can give something away' unless have_root;
    my $scan = "$dir/scan";
    mkdir $scan;
    my $service = make_service("$scan/web", run => 'exec sleep 1000');
    my $private = make_service("$scan/private", run => 'exec sleep 1000');
    my $svscan = start('svscan', $scan);
    wait_until { pid_of($service) && pid_of($private) } 10, 'two services';
    quiet '-U', '-U', ':' . ALICE, $service;
    says $service, 'public', user_named(ALICE), 'public', '-U is shown';
    may $service, ALICE, $all, 'the user may look and control';
    may $service, OTHER, $look, 'others may look';
    may $private, ALICE, $none, 'and it is this service only';

    is run('svc', '--strict', '-d', $service, {uid => ALICE})->{code}, 0, 'down, says the user';
    ok wait_until { !pid_of($service) } 10, 'and down it goes';
    is run('svstat', '-o', 'causeuid', $service)->{out}, ALICE . "\n", 'it is known who did that';
    is run('svc', '--strict', '-u', $service, {uid => ALICE})->{code}, 0, 'up again';
    ok wait_until { pid_of($service) } 10, 'and up it comes';
    may $service, ALICE, $all, 'transitions have changed no rights';
    isnt run('sh', '-c', "rm $service/supervise/control || touch $service/supervise/x", {uid => ALICE})->{code}, 0,
        'nothing in supervise/ can be replaced by that user';

    # while the service is down: so this is about rights and nothing else
    my $old = supervise_of($service);
    run('svc', '-d', $service);
    wait_until { !pid_of($service) } 10, 'down';
    kill 'KILL', $old;
    wait_until { !alive($old) && run('svok', $service)->{code} == 0 } 10, 'another supervise';
    run('svc', '-u', $service);
    wait_until { pid_of($service) } 10, 'up';
    isnt supervise_of($service), $old, 'supervise was killed, and there is another';
    may $service, ALICE, $all, 'after a restart of supervise it is still so';

    $svscan->stop('TERM');
    run('svc', '-dx', $service, $private);
    ok wait_until { run('svok', $service)->{code} == 100 } 10, 'svscan and supervise have gone';
    quiet 'changed while nothing runs', '-U', ':' . OTHER, '-O', ':' . MEMBER, $service;
    $svscan = start('svscan', $scan);
    wait_until { pid_of($service) } 10, 'the service';
    says $service, 'public', user_named(OTHER) . ', ' . group_named(MEMBER), 'public', 'a user and a group';
    may $service, OTHER, $all, 'after a restart of svscan: the new user';
    may $service, MEMBER, $all, 'the group';
    may $service, ALICE, $look, 'not the former user';
    quiet '-U with a group to look', '-G', ':' . MEMBER, '-U', ':' . MEMBER, $service;
    may $service, MEMBER, $all, 'a user in the group';
    may $service, OTHER, $none, 'and nobody else';
    quiet '-o takes it back', '-o', $service;
    says $service, 'public', 'owner', 'public', 'that is seen';
    may $service, MEMBER, $look, 'and so it is';
    run('svc', '-dx', $service, $private);
    $svscan->stop('TERM');
};

subtest 'other places' => sub {
    my $service = service(log => {run => 'exec sleep 1000'});
    my $supervise = supervise("$service/log");
    quiet 'a logger is DIR/log', '-o', "$service/log";
    says "$service/log", 'public', 'owner', 'public', 'which is a service directory as any';
    $supervise->stop;

    mkdir "$dir/run";
    for my $place ('.sv', "$dir/run") {
        my %there = (env => {SUPERVISEDIR => $place});
        my $away = service;
        my $elsewhere = supervise($away, {%there});
        is run('svperms', '-vo', $away, {%there})->{out},
            "$away status: public\n$away control: owner\n$away events: public\n", "SUPERVISEDIR=$place";
        isnt run('svperms', $away)->{code}, 0, 'and only there';
        $elsewhere->stop;
    }
    my $linked = service;
    symlink "$dir/state", "$linked/supervise" or die;
    my $far = supervise($linked);
    quiet 'supervise/ may be a link', '-o', $linked;
    is mode_of("$dir/state"), '0755', 'what it leads to is changed';
    $far->stop;
};

subtest 'what is not a service\'s own is not touched' => sub {
    my $service = service;
    supervise($service)->stop;
    my $secret = write_file("$dir/secret", 'secret', 0600);
    POSIX::mkfifo("$dir/fifo", 0600) or die;
    my %trap = (link => sub { symlink $_[0], $_[1] }, 'hard link' => sub { link $_[0], $_[1] });
    for (['control', "$dir/fifo"], ['ok', "$dir/fifo"], ['status', $secret], ['.status', $secret], ['.journal', $secret]) {
        my ($name, $target) = @$_;
        for my $kind (sort keys %trap) {
            rename "$service/supervise/$name", "$dir/aside" or die;
            $trap{$kind}->($target, "$service/supervise/$name") or die;
            my $result = run('svperms', '-o', '-e', $service);
            is $result->{code}, 111, "$name as a $kind is an error";
            like $result->{err}, qr/^svperms: warning: unable to change \Q$name\E of \Q$service\E: (?:symbolic link loop|too many links)$/,
                'which is said';
            is mode_of($target), '0600', 'and what it leads to stays as it was';
            is run('svperms', $service)->{code}, 1, 'nor is it believed' if $name ne 'status' && $name ne 'ok';
            rename "$dir/aside", "$service/supervise/$name" or die;
        }
    }
    unlink "$service/supervise/control";
    write_file("$service/supervise/control", '');
    like run('svperms', '-o', $service)->{err}, qr/unable to change control of \S+: invalid argument$/, 'control that is no FIFO';
};

subtest 'who may give' => sub {
    plan skip_all => 'only root can become somebody else' unless have_root;
    my $service = service;
    chown MEMBER, MEMBER, $service;
    my $supervise = supervise($service, {uid => MEMBER});
    my %as = (uid => MEMBER);
    is run('svperms', '-G', ':' . MEMBER, $service, \%as)->{code}, 0, 'an ordinary user to groups of his own';
    says $service, group_named(MEMBER), group_named(MEMBER), group_named(MEMBER), 'which works';
    like run('svperms', '-G', ':' . OTHER, $service, \%as)->{err}, qr/unable to change control of \S+: permission denied$/,
        'not to others';
    is run('svperms', '-o', $service, {uid => OTHER})->{code}, 111, 'and nobody in another\'s service';
    like run('svperms', '-U', ':' . ALICE, $service)->{err}, qr/its supervise is not root's.*give it to a group$/,
        'what supervise could not open any more is not given away, not even by root';
    quiet 'root may give it to a group', '-O', ':' . OTHER, $service;
    may $service, OTHER, $all, 'which then controls it';
    quiet 'and take it back', '-u', $service;
    is((stat "$service/supervise/control")[4], MEMBER, 'to the owner, not to root');
    leave($service, $supervise);
};

done_testing;
