# ISC license.
#
# svevents: what happened to services, in order, and what happens. That it loses nothing when it is
# killed is shown by tests/crash/svevents.t.

use lib 'tests/lib';
use Upkeep;
use One;

use Fcntl;

my $dir = tempdir;
my $quick = '0 0'; # restart-delay: as fast as it can

# events($result): [service, event, missed] of each JSON line.
sub events {
    my ($text) = @_;
    return map { [/"service":"([^"]*)"/, /"event":"([^"]*)"/, /"missed":(\d+)/] } split /\n/, $text;
}

sub words { return join ' ', map { join ':', @$_ } events(@_) }

# numbers($text, $service): the serials of its events, those missed as well.
sub numbers {
    my ($text, $service) = @_;
    my @numbers;
    for (split /\n/, $text) {
        next unless /"service":"\Q$service\E"/ && /"serial":(\d+)/;
        my $serial = $1;
        push @numbers, /"missed":(\d+)/ ? $serial - $1 + 1 .. $serial : $serial;
    }
    return @numbers;
}

# contiguous($text, $service): '' if the serials go up by one, else where they do not.
sub contiguous {
    my @numbers = numbers(@_);
    return 'none' unless @numbers;
    for (1 .. $#numbers) { return "$numbers[$_] behind $numbers[$_ - 1]" if $numbers[$_] != $numbers[$_ - 1] + 1 }
    return '';
}

# lived($path, %files): a service that supervise has kept until it was told to go.
sub lived {
    my ($path, %files) = @_;
    make_service($path, run => 'exec sleep 1000', %files);
    my $supervise = start('supervise', $path);
    wait_phase($path, $files{phase} // 'up');
    run('svc', '-dx', $path);
    $supervise->wait(10);
    return $path;
}

# How it is called ---------------------------------------------------------------------------------

is run('svevents', '--nonsense')->{code}, 100, 'a wrong option';
is run('svevents', '-n', 'x')->{code}, 100, 'a wrong number';
is run('svevents', '-s', 'yesterday')->{code}, 100, 'a wrong time';
is run('svevents', '-j', '--', 'true')->{code}, 100, 'a program does not get JSON';
is run('svevents', $dir, '--')->{code}, 100, 'a program must be named';
is_deeply run('svevents', "$dir/none"),
    {code => 111, signal => 0, out => '', err => "svevents: warning: unable to open $dir/none: file does not exist\n"},
    'a directory that is not there';
is run('svevents', '-x', 'no-such-program', $dir)->{code}, 111, 'a program that is not there';

# Replaying ----------------------------------------------------------------------------------------

mkdir "$dir/scan" or die;
lived("$dir/scan/web");
lived("$dir/scan/mail", 'restart' => 'never', run => 'exit 3', phase => 'failed');
make_service("$dir/scan/fresh", run => 'exec sleep 1000');
mkdir "$dir/scan/.hidden" or die;
write_file("$dir/scan/file", '');

my $text = run('svevents', "$dir/scan");
is $text->{err}, '', 'a service that supervise has never seen is no trouble';
my $stamp = qr/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/;
my @lines = split /\n/, $text->{out};
like $lines[0], qr/^$stamp  web    supervise      backoff        supervise started$/, 'when, who, what, phase and why';
like $lines[1], qr/^$stamp  web    start          up             supervise started, pid \d+$/, 'in columns';
like $lines[2], qr/^$stamp  web    command        (?:stopping|up) +svc -d by uid $>$/, 'who asked';
ok scalar(grep { /^$stamp  mail   exit           failed         exit code 3$/ } @lines), 'how it ended';
my $out = run('svevents', '--json', "$dir/scan")->{out};
is join(' ', map { $_->[0] } events($out)), join(' ', ('web') x numbers($out, 'web'), ('mail') x 5), 'services by their times' or diag $out;
is contiguous($out, 'web'), '', 'each with all its serials';
like $out, qr/^\{"service":"web","serial":2,"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z","monotonic":\d+,"event":"start","phase":"up","wanted":"up","pid":\d+,"ending":"none","endingvalue":null,"cause":"supervise","causedetail":0,"causeuid":null,"token":(?:null|\d+),"why":"supervise started, pid \d+"\}$/m,
    'all fields in JSON';
is words(run('svevents', '-j', '-n', 2, "$dir/scan")->{out}), join(' ', (split / /, words($out))[-2, -1]), 'the last two';
is run('svevents', '-n', 0, "$dir/scan")->{out}, '', 'or none';
is run('svevents', '-j', '-s', '1h', "$dir/scan")->{out}, $out, 'those of the last hour';
is run('svevents', '-s', '@' . (time + 1000), "$dir/scan")->{out}, '', 'those of the future';
is run('svevents', '-j', {cwd => "$dir/scan"})->{out}, $out, 'the directory where it is started';
is join(' ', map { $_->[0] } events(run('svevents', '-j', 'scan/web', {cwd => $dir})->{out})), join(' ', ('scan/web') x numbers($out, 'web')),
    'one service is called as it was named';
is scalar(events(run('svevents', '-j', 'scan', 'scan/web', {cwd => $dir})->{out})), scalar(events($out)), 'a service with two names is told once';
like run('svevents', '-j', 'scan', 'nothing', {cwd => $dir})->{out}, qr{"service":"scan/mail"}, 'with two places, names say which';

SKIP: {
    skip 'only root can become somebody else', 2 unless have_root;
    my $result = run('svevents', "$dir/scan", {uid => 65534});
    is $result->{code}, 111, 'who may not look into supervise/';
    like $result->{err}, qr{^svevents: warning: unable to open $dir/scan/mail/supervise.*access denied$}m, 'is told so';
}

# A program ------------------------------------------------------------------------------------------

my $show = 'echo "$SVEVENT_SERVICE $SVEVENT_SERIAL $SVEVENT_EVENT $SVEVENT_PHASE ${SVEVENT_ENDINGVALUE-none}"';
is run('svevents', "$dir/scan/mail", '--', 'sh', '-c', $show, {env => {SVEVENT_ENDINGVALUE => 'old'}})->{out},
    join('', map { "$dir/scan/mail $_\n" } '1 supervise backoff none', '2 start up none', '3 exit failed 3', '4 command down none', '5 command down none'),
    'a program gets each event in its environment';
my $result = run('svevents', '-n', 1, "$dir/scan/mail", '--', 'sh', '-c', 'exit 7');
is $result->{code}, 0, 'its exit code changes nothing';
is $result->{err}, "svevents: warning: sh exited with code 7\n", 'but is told';

# Cursors --------------------------------------------------------------------------------------------

my $cursor = "$dir/cursor";
is run('svevents', '-j', '-c', $cursor, "$dir/scan")->{out}, $out, 'with a new cursor all is told';
is run('svevents', '-j', '-c', $cursor, "$dir/scan")->{out}, '', 'and once';
lived("$dir/scan/web");
my $more = run('svevents', '-j', '-n', 1, '-c', $cursor, "$dir/scan")->{out};
is join(' ', grep { $_ ne 'time' } map { $_->[1] } events($more)), 'supervise start command command exit', 'then what is new, all of it'
    or diag $more;
rename "$dir/scan/web", "$dir/scan/www" or die;
is run('svevents', '-c', $cursor, "$dir/scan")->{out}, '', 'a service that was renamed is known';
unlink "$dir/scan/www/supervise/.journal";
lived("$dir/scan/www");
is((numbers(run('svevents', '-j', '-c', $cursor, "$dir/scan")->{out}, 'www'))[0], (numbers($more, 'web'))[-1] + 1,
    'a journal that was made anew goes on where the old one ended');
run('cp', '-a', "$dir/scan/mail", "$dir/scan/copy");
run('rm', '-r', "$dir/scan/mail");
is((numbers(run('svevents', '-j', '-c', $cursor, "$dir/scan")->{out}, 'copy'))[0], 1, 'a new service from its first event');

write_file("$dir/other", "not a cursor\n");
$result = run('svevents', '-c', "$dir/other", "$dir/scan");
is_deeply [@$result{qw(code err)}], [100, "svevents: fatal: $dir/other is no cursor\n"], 'another file is not touched';
is read_file("$dir/other"), "not a cursor\n", 'and stays as it was';
{
    my $holder = start('svevents', '-f', '-c', $cursor, "$dir/scan");
    # it watches when it has the cursor
    wait_until { grep { (readlink $_ // '') =~ /inotify/ } glob '/proc/' . $holder->pid . '/fd/*' } 10, 'the first reader';
    is run('svevents', '-c', $cursor, "$dir/scan")->{code}, 111, 'a second reader is refused';
    like run('svevents', '-c', $cursor, "$dir/scan")->{err}, qr/^svevents: fatal: unable to use \Q$cursor\E: another reader has it$/, 'and told why';
    $holder->stop('KILL');
    is run('svevents', '-c', $cursor, "$dir/scan")->{code}, 0, 'until the first has gone';
}
{
    my $own = "$dir/own";
    my $program = write_file("$dir/program", "#!/nowhere\n", 0755);
    my @command = ('svevents', '-c', $own, '-x', $program, "$dir/scan/copy");
    is run(@command)->{code}, 111, 'a program that cannot be executed';
    is run('svevents', '-c', $own, "$dir/scan/copy")->{code}, 100, 'is owed its event';
    write_file($program, "#!/bin/sh\necho \$SVEVENT_SERIAL\n", 0755);
    is run(@command)->{out}, "1\n2\n3\n4\n5\n", 'and gets it when it can';
}

# Following ------------------------------------------------------------------------------------------

# switches($pid): how often it has waited.
sub switches { return read_file("/proc/$_[0]/status") =~ /^voluntary_ctxt_switches:\s+(\d+)/m ? $1 : die }

{
    my $place = "$dir/follow";
    mkdir $place or die;
    my $svscan = start('svscan', $place);
    my $follower = start('svevents', '-f', '-j', $place);
    my $has = sub { my ($what) = @_; wait_until { $follower->out =~ $what } 10, "$what" };

    make_service("$place/first", run => 'exec sleep 1000', log => {run => 'exec cat > /dev/null'});
    ok $has->(qr/"service":"first".*"event":"start"/), 'a new service joins';
    ok $has->(qr/"service":"first\/log".*"event":"start"/), 'with its logger';
    run('svc', '-t', "$place/first");
    ok $has->(qr/"service":"first".*"event":"exit".*SIGTERM/), 'and what happens to it is told';
    is contiguous($follower->out, 'first'), '', 'all of it';

    wait_phase("$place/first", 'up');
    run('svstat', $place) for 1 .. 5;
    my $before = switches($follower->pid);
    run('svstat', "$place/first") for 1 .. 30;
    is switches($follower->pid), $before, 'at rest it sleeps';

    # more names come and go than the kernel keeps events, while it cannot read them
    $follower->kill('STOP');
    for my $number (1 .. 20000) { open my $file, '>', "$place/.$number" or die; unlink "$place/.$number" }
    make_service("$place/second", run => 'exec sleep 1000');
    wait_phase("$place/second", 'up');
    run('svc', '-h', "$place/first");
    $follower->kill('CONT');
    ok $has->(qr/"service":"second".*"event":"start"/), 'when events of the kernel are lost it looks everywhere';
    ok $has->(qr/"service":"first".*svc -h/), 'at the services that it knows as well';

    # one that leaves
    rename "$place/second", "$dir/gone" or die;
    ok wait_until { !-e "$place/second" && run('svstat', "$dir/gone")->{out} =~ /not running/ } 10, 'a service that is removed';
    ok $has->(qr/"service":"second".*"event":"exit"/), 'is told of to its end';
    make_service("$place/second", run => 'exec sleep 1000');
    ok $has->(qr/"service":"second","serial":1,.*\n(?:.*\n)*.*"service":"second","serial":1,/), 'and another one in its place from the first event';

    # a journal that goes while its service runs
    unlink "$place/first/supervise/.journal";
    run('svc', '-x', "$place/first");
    run('svc', '-t', "$place/first");
    ok $has->(qr/"service":"first".*"event":"supervise".*\n(?:.*\n)*.*"service":"first".*"event":"supervise"/), 'a journal that is made anew is found';
    is contiguous($follower->out, 'first'), '', 'and goes on' or diag $follower->out;

    # more than a journal holds
    $follower->kill('STOP');
    make_service("$place/fast", run => 'exit 0', 'restart-delay' => $quick);
    ok wait_until { run('svevents', '-j', '-n', 1, "$place/fast")->{out} =~ /"serial":(\d+)/ && $1 > 600 } 20, 'a fast one';
    $follower->kill('CONT');
    ok $has->(qr/"service":"fast","serial":\d+,"event":"missed","missed":\d+\}/), 'what was missed is counted';
    run('svc', '-d', "$place/fast");
    wait_phase("$place/fast", 'down');
    my ($last) = run('svevents', '-j', '-n', 1, "$place/fast")->{out} =~ /"serial":(\d+)/;
    ok $has->(qr/"service":"fast","serial":$last,/), 'and the rest is told';
    is contiguous($follower->out, 'fast'), '', 'without a gap';
    is((numbers($follower->out, 'fast'))[0], 1, 'from the first');
    is $follower->err, '', 'nothing is to be said of all that';
    $follower->stop;
    $svscan->stop;
}

{
    # in a place where there is nothing yet
    my $follower = start('svevents', '-f', "$dir/later");
    ok wait_until { $follower->err =~ /waiting for it/ } 10, 'a directory that is not there is awaited';
    my $service = make_service("$dir/later", run => 'exec sleep 1000');
    my $supervise = start('supervise', $service);
    ok wait_until { $follower->out =~ /start +up/ } 10, 'and told of when it is there';
    $supervise->stop;
    $follower->stop;

    pipe my $reader, my $writer or die;
    $follower = start('svevents', '-f', $service, {stdout => $writer});
    close $writer;
    sysread $reader, my $some, 10;
    close $reader;
    $follower->{out} = undef; # our own end of the pipe
    ok wait_until { !$follower->running } 10, 'it ends when nobody reads';
    is $follower->poll->{code}, 0, 'as if it had told all';
}

done_testing;
