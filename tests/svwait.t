# ISC license.
#
# svwait: any or all of several services, up, ready, down ...; a program between watching and
# waiting; and that it costs nothing while nothing happens.

use lib 'tests/lib';
use Upkeep;
use One;
use Record;

use POSIX ();

$ENV{SVPERSONALITY} = 'encore';
# a process that is traced cannot be looked through for leaks
$ENV{ASAN_OPTIONS} = join ':', grep { defined } $ENV{ASAN_OPTIONS}, 'detect_leaks=0';
my $dir = tempdir;
my $me = "by uid $<";
my $USAGE = 'svwait: usage: svwait [-u | -U | -d | -D | -r | -R | -f] [-a | -o] [-t ms] service ... '
    . "[-- prog ...]\n";
my $sleeper = 'exec sleep 1000';

my %supervise;
sub supervised {
    my ($name, @files) = @_;
    my $service = make_service("$dir/$name", @files);
    supervise_again($service);
    return $service;
}

sub supervise_again {
    my ($service) = @_;
    $supervise{$service} = start('supervise', $service);
    return scalar wait_until { run('svok', $service)->{code} == 0 } 10, "a supervise of $service";
}

sub away {
    my ($service) = @_;
    run('svc', '-dkx', $service);
    ok scalar($supervise{$service}->wait(10)), "the supervise of $service leaves" =~ s/\Q$dir\E.//r;
}

# waits(@arguments): an svwait that has begun to wait.
sub waits {
    my $process = start('svwait', @_);
    wait_until { !$process->running || (read_file('/proc/' . $process->pid . '/syscall') // '7 ') =~ /^(?:7|271|73) / }
        10, 'svwait to wait';
    return $process;
}

# ends($process, $code, $err, $sentence): how it ends.
sub ends {
    my ($process, $code, $err, $sentence) = @_;
    my $result = $process->wait(20);
    is_deeply [$result ? $result->{code} : 'it goes on', $process->err], [$code, $err], $sentence;
}

sub says {
    my ($code, $err, $sentence, @arguments) = @_;
    my $result = run('svwait', @arguments);
    is_deeply [@$result{qw(code out err)}], [$code, '', $err], $sentence;
}

# As it is ---------------------------------------------------------------------------------------

{
    my $service = supervised('plain', run => $sleeper);
    says 0, '', 'up', $service;
    says 0, '', 'with its letter', '-u', $service;
    says 0, '', 'ready, as it does not say when it is', '--ready', $service;
    says 99, "svwait: warning: $service is not down in time: runs\n", 'it does not go down', '-d', '-t', 1, $service;
    says 99, "svwait: warning: $service was not run again in time: runs\n", 'nor is it run again', '-r', '-t1', $service;
    says 99, "svwait: warning: $service has not failed in time: runs\n", 'nor fails', '--failed', '--timeout=1', $service;

    my ($again, $restarted, $down) = map { waits($_, $service) } qw(-r -R -d);
    run('svc', '-t', $service);
    ends $again, 0, '', 'a restart';
    ends $restarted, 0, '', 'to the end';
    ends $down, 0, '', 'in which it was down, if only for a moment';

    $down = waits('-d', $service);
    my $finished = waits('-D', $service);
    run('svc', '-d', $service);
    ends $down, 0, '', 'down';
    ends $finished, 0, '', 'finished, where there is no finish script';
    says 0, '', 'it is down', '--down', $service;
    my $up = waits('-u', $service);
    ok $up->running, 'what is down is waited for';
    run('svc', '-u', $service);
    ends $up, 0, '', 'until somebody starts it';

    run('svc', '-d', '--wait=down', $service);
    my $ready = waits('-U', $service);
    write_file("$service/run", "#!$dir/none\n", 0755);
    run('svc', '-u', $service);
    ok wait_phase($service, 'backoff'), 'it is tried in vain';
    ok $ready->running, 'and waited for';
    run('svc', '-d', $service);
    ok scalar($ready->wait(10)), 'somebody takes it back';
    is $ready->poll->{code}, 1, 'then it will not be ready';
    like $ready->err, qr/\Asvwait: warning: \Q$service\E is not ready: (?:.*, )?down: svc -d $me\n\z/, 'and it is said why';

    my $failed = waits('-f', $service);
    run('svc', '-o', $service);
    ends $failed, 0, '', 'failed';
    says 1, "svwait: warning: $service is not up: failed: unable to execute: file does not exist\n",
        'what has failed is not waited for', $service;
    write_file("$service/run", "#!/bin/sh\n$sleeper\n", 0755);
    says 0, '', 'unless a program is going to mend that', $service, '--', 'svc', '-u', $service;
    away $service;
}

{
    my $service = supervised('slow', run => $sleeper, finish => 'until [ -e end ]; do sleep 0.01; done');
    says 0, '', 'up', $service;
    my $finished = waits('-D', $service);
    says 0, '', 'down does not wait for finish', '-d', $service, '--', 'svc', '-d', $service;
    ok $finished->running, 'really down does';
    write_file("$service/end", '');
    ends $finished, 0, '', 'until it is over';
    away $service;
}

# A program --------------------------------------------------------------------------------------

{
    my $service = supervised('program', run => $sleeper, 'restart-delay' => '0 0');
    says 0, '', 'up', $service;
    my $result = run('svwait', '-R', $service, '--', 'sh', '-c',
        'svc -t --wait=restarted "$1"; echo done; cat', 'sh', $service, {stdin => "input\n"});
    is_deeply [@$result{qw(code out err)}], [0, "done\ninput\n", ''], 'what happens while the program runs counts';
    says 7, '', 'a program that fails is the end', $service, '--', 'sh', '-c', 'exit 7';
    says 128 + 9, '', 'so is one that is killed', $service, '--', 'sh', '-c', 'kill -9 $$';
    says 127, "svwait: fatal: unable to run $dir/none: file does not exist\n", 'one that there is not', $service, '--', "$dir/none";
    says 126, "svwait: fatal: unable to run $dir: access denied\n", 'one that is none', $service, '--', $dir;
    my $process = start('svwait', '-u', $service, '--', 'sh', '-c', "until [ -e $dir/go ]; do sleep 0.01; done");
    ok $process->running, 'the program is waited for, wherever the service is';
    write_file("$dir/go", '');
    ends $process, 0, '', 'to its end';
    says 99, '', 'but not beyond the time', '-t', 1, $service, '--', 'sh', '-c', 'sleep 1000';
    away $service;
}

# Any and all ------------------------------------------------------------------------------------

{
    my @services = map { supervised("many$_", run => $sleeper, down => '') } 1 .. 3;
    my $all = waits('-u', @services);
    my $any = waits('-uo', @services);
    run('svc', '-u', $services[1]);
    ends $any, 0, '', 'any: one is enough';
    run('svc', '-u', $services[0]);
    ok $all->running, 'all: two are not';
    run('svc', '-u', $services[2]);
    ends $all, 0, '', 'three are';
    says 99, join('', map { "svwait: warning: $services[$_] is not down in time: runs\n" } 0, 1), 'each that is late is named',
        '-d', '-t', 300, @services, '--', 'svc', '-d', $services[2];
    my @names = map { s{.*/}{}r } @services;
    is run('svwait', '-oa', '-d', '-t1', @names[0, 1, 0], {cwd => $dir})->{code}, 99, 'names are relative, the last option counts';
    is run('svwait', '-o', '-d', @names, {cwd => $dir})->{code}, 0, 'one of them is down';
    write_file("$services[2]/run", "#!$dir/none\n", 0755);
    $all = waits('-d', @services);
    $any = waits('-fo', @services);
    my $down = waits('-Uo', @services[2, 2]);
    run('svc', '-o', $services[2]);
    ends $any, 0, '', 'one has failed';
    ends $down, 1, "svwait: warning: $services[2] is not ready: unable to execute ./run: file does not exist, failed\n" x 2,
        'any: nobody can be any more';
    ends waits('-R', @services), 1, "svwait: warning: $services[2] has not restarted: failed: unable to execute: file does not exist\n",
        'all: one that cannot is enough';
    run('svc', '-d', @services);
    ends $all, 0, '', 'all are down';
    away $_ for @services;
}

# A supervise that comes and goes ----------------------------------------------------------------

{
    my $service = make_service("$dir/later", run => $sleeper);
    my $process = waits('-u', $service);
    ok $process->running, 'a service without a supervise is waited for';
    supervise_again($service);
    ends $process, 0, '', 'until it has one';

    my $down = waits('-d', $service);
    my $pid = pid_of($service);
    $supervise{$service}->stop('KILL');
    my $up = waits('-u', $service);
    ok $up->running, 'without its supervise a service is not up';
    ok $down->running, 'nor down';
    supervise_again($service);
    ends $up, 0, '', 'with the next one it is';
    is pid_of($service), $pid, 'in the same process';
    run('svc', '-d', $service);
    ends $down, 0, '', 'and is seen going down';

    run('svc', '-dx', $service);
    $supervise{$service}->wait(10);
    says 0, '', 'what is down when supervise leaves is down', '-d', $service;
    my $again = waits('-u', $service);
    File::Path::remove_tree("$service/supervise");
    supervise_again($service);
    ends $again, 0, '', 'supervise/ may be made anew';
    away $service;
    my $gone = waits('-u', $service);
    File::Path::remove_tree($service);
    ends $gone, 111, "svwait: fatal: unable to wait for $service: file does not exist\n", 'a service that is removed';
    says 111, "svwait: fatal: unable to wait for $service: file does not exist\n", 'one that there is not', $service;
    write_file("$dir/file", '');
    says 111, "svwait: fatal: unable to wait for $dir/file: not a directory\n", 'one that is none', $dir . '/file';
}

{
    my $service = make_service("$dir/elsewhere", run => $sleeper);
    mkdir "$dir/run";
    local $ENV{SUPERVISEDIR} = "$dir/run";
    my $process = waits('-u', $service);
    supervise_again($service);
    ends $process, 0, '', 'an absolute SUPERVISEDIR is watched';
    away $service;
}

# Without a journal, and without upkeep ----------------------------------------------------------

{
    my $service = make_service("$dir/mute", run => $sleeper);
    mkdir "$service/supervise";
    mkdir "$service/supervise/.journal";
    write_file("$service/supervise/.journal/in-the-way", '');
    supervise_again($service);
    says 0, '', 'a service without a journal is up', $service;
    for (['-d', '-d'], ['-u', '-u'], ['-r', '-t'], ['-R', '-t'], ['-d', '-t'], ['-D', '-d']) {
        my ($letter, $command) = @$_;
        my $process = waits($letter, $service);
        run('svc', $command, $service);
        ends $process, 0, '', "$letter after svc $command";
    }
    is run('svc', '-u', '--wait=up', $service)->{code}, 0, 'svc --wait can do without one, too';
    is run('svc', '-t', '--wait=restarted', $service)->{code}, 0, 'even for a restart';
    away $service;
}

{
    my $service = "$dir/foreign";
    my $record = "$service/supervise/status";
    mkdir $_ for $service, "$service/supervise";
    my $process = waits('-u', $service);
    write_file($record, family(pid => 4242));
    ends $process, 0, '', "another suite's service";
    POSIX::mkfifo("$service/supervise/ok", 0600);
    ok $process = waits('-u', $service), 'that nobody looks after';
    ok $process->running, 'need not be up';
    sysopen my $ok, "$service/supervise/ok", POSIX::O_RDWR() or die;
    says 0, '', 'one that somebody does is', $service;
    my $down = waits('-d', $service);
    write_file($record, family(pid => 0, since => time + 1, want => 'd'));
    ends $down, 0, '', 'it goes down';
    write_file($record, "\0" x 35);
    says 111, "svwait: fatal: unable to wait for $service: its supervise does not tell that\n", 'a record of another kind', $service;
    write_file($record, family(pid => 4242));
    says 111, "svwait: fatal: unable to wait for $service: its supervise does not tell that\n", 'daemontools knows no failure', '-f', $service;
}

# At rest ----------------------------------------------------------------------------------------

SKIP: {
    skip 'no strace here', 1 unless program('strace') && (run('strace', '-qq', 'true')->{code} // 1) == 0;
    my $service = supervised('quiet', run => $sleeper);
    says 0, '', 'up', $service;
    my $process = start('strace', '-qq', '-e', 'trace=poll,ppoll', 'svwait', '-d', '-t', 600, $service);
    is $process->wait(20)->{code}, 99, 'over half a second';
    my $polls = () = $process->err =~ /poll\(/g;
    is $polls, 1, 'it has waited once';
    away $service;
}

# Wrong ones -------------------------------------------------------------------------------------

says 100, $USAGE, 'no service';
says 100, $USAGE, 'nor anything but a program', '-u', '--', '--', 'true';
says 100, $USAGE, 'a program that is none', $dir, '--';
says 100, "svwait: illegal option -- z\n$USAGE" =~ s/^svwait: ill/svwait: warning: ill/r =~ s/warning: //r, 'an option that there is not', '-z', $dir;
says 100, "svwait: fatal: timeout is not in milliseconds: soon\n", 'a time that is none', '-t', 'soon', $dir;
like run('svwait', '--help')->{out}, qr/^usage: svwait .*--failed/s, '--help';
like run('svwait', '--version')->{out}, qr/^svwait \(upkeep\) \d+\.\d+\.\d+\n\z/, '--version';

done_testing;
