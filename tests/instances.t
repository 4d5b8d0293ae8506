# ISC license.
#
# Instances: NAME@ARG, a link to the template NAME@, is a service of its own. Adding, removing or
# killing one leaves the others alone, and every program finds the right one.

use lib 'tests/lib';
use Upkeep;
use One;

use File::Path qw(make_path remove_tree);

my $home = tempdir;
my $count = 0;

# scan_directory: a new one, empty, and a place beside it on the same filesystem.
sub scan_directory {
    my $directory = "$home/" . ++$count;
    make_path("$directory/scan", "$directory/away");
    return ("$directory/scan", "$directory/away");
}

# svscan($directory, {options}): started, and listening.
sub svscan {
    my ($directory, $options, $program) = @_;
    my $svscan = start($program // program('svscan'), $directory, $options // {});
    wait_until { run('svscanctl', $directory, 'z')->{code} == 0 } 10, 'svscan to listen';
    return $svscan;
}

sub said { return join '', grep { /^svscan: / } $_[0]->err =~ /^(.*\n)/mg }

sub stop_well {
    my ($svscan, $what) = @_;
    is $svscan->stop('TERM', 30)->{code}, 0, $what;
}

sub killed {
    my ($svscan) = @_;
    $svscan->kill('KILL');
    $svscan->wait(10);
}

# What an instance does: it notes its pid and what it was called with, and says who it is.
my $run = "echo \"\$\$ \$#:\$*\" >> \"starts-\$1\"\necho \"I am \$1\"\nexec sleep 1000";

# Its logger, which has a file of its own for each.
my $log = 'exec cat >> "lines-$1"';

sub instance {
    my ($scan, $name, $to) = @_;
    (my $template = $name) =~ s/\@.*/\@/;
    symlink $to // $template, "$scan/$name" or die "unable to make $name: $!\n";
}

# settled($scan, $name, {options}): the pids of its supervise and service, when it is up.
sub settled {
    my ($scan, $name) = @_;
    wait_phase("$scan/$name", 'up');
    return pids($scan, $name);
}

sub pids {
    my ($scan, @names) = @_;
    return join ' ', map { field("$scan/$_", 'supervisepid') . ' ' . field("$scan/$_", 'pid') } @names;
}

sub is_gone {
    my (@pids) = @_;
    return wait_until { !grep { alive($_) } @pids } 10, "the end of @pids";
}

sub lines_in { return split /\n/, read_file($_[0]) // '' }

sub names_in {
    my ($directory) = @_;
    opendir my $handle, $directory or return '';
    return join ' ', sort grep { !/^\.\.?$/ } readdir $handle;
}

# Come and go ----------------------------------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    make_service("$scan/web@", run => $run);
    make_service("$scan/plain", run => 'exec sleep 1000');
    instance($scan, "web\@$_") for 1, 2;
    my $svscan = svscan($scan);
    my %is = map { $_ => settled($scan, $_) } qw(web@1 web@2 plain);
    isnt $is{'web@1'}, $is{'web@2'}, 'two links to a template are two services';
    is names_in("$scan/web@"), 'run starts-1 starts-2 supervise@1 supervise@2', 'each with its own state; the template has none';
    is names_in("$scan/web\@/supervise\@1"), '.journal .recovery .status control lock ok status', 'all of it';
    is_deeply [map { lines_in("$scan/web\@/starts-$_") } 1, 2],
        [map { (split ' ', $is{"web\@$_"})[1] . " 1:$_" } 1, 2], 'run gets what makes it this one as its argument, and no other';
    is run('svok', "$scan/web@")->{code}, 100, 'the template is not run';
    is run('svstat', "$scan/web\@1")->{out} =~ s/\d+ seconds/0 seconds/r,
        "$scan/web\@1: up (pid " . (split ' ', $is{'web@1'})[1] . ") 0 seconds, running\n", 'svstat shows the name as given';

    is run('svstat', '-o', 'pid', map { "$scan/$_" } qw(web@1 plain web@2 web@))->{out},
        join('', map { "$_\n" } (map { (split ' ', $is{$_})[1] } qw(web@1 plain web@2)), -1),
        'and finds each of many';

    instance($scan, 'web@a b', "$scan/web@");
    $is{'web@a b'} = settled($scan, 'web@a b');
    is_deeply [lines_in("$scan/web\@/starts-a b")], [(split ' ', $is{'web@a b'})[1] . ' 1:a b'], 'a third one is added, by a full path';
    is pids($scan, 'web@1', 'web@2', 'plain'), join(' ', @is{'web@1', 'web@2', 'plain'}), 'the others do not notice';

    unlink "$scan/web\@1";
    ok is_gone(split ' ', $is{'web@1'}), 'the link goes, the service goes';
    is pids($scan, 'web@2', 'web@a b', 'plain'), join(' ', @is{'web@2', 'web@a b', 'plain'}), 'the others do not notice';

    rename "$scan/web\@2", "$scan/web\@3" or die;
    $is{'web@3'} = settled($scan, 'web@3');
    ok is_gone(split ' ', $is{'web@2'}), 'with another name it is another one';
    is_deeply [map { s/.* //r } lines_in("$scan/web\@/starts-3")], ['1:3'], 'which is started as such';
    is pids($scan, 'web@a b', 'plain'), join(' ', @is{'web@a b', 'plain'}), 'the others do not notice';

    instance($scan, 'web@1');
    isnt settled($scan, 'web@1'), $is{'web@1'}, 'the first one is back';
    is scalar(lines_in("$scan/web\@/starts-1")), 2, 'its state goes on';
    is field("$scan/web\@1", 'starts'), 2, 'with its counts';
    is said($svscan), '', 'svscan has had nothing to say';
    stop_well($svscan, 'svscan ends');
    is run('svok', "$scan/$_")->{code}, 100, "and with it $_" for 'web@1', 'web@3', 'web@a b';
}

# What is no instance --------------------------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    make_service("$scan/web@", run => $run);
    make_service("$away/other", run => 'echo $# > arguments; exec sleep 1000');
    make_service("$scan/web\@dir", run => 'echo $# > arguments; exec sleep 1000');
    symlink "$away/other", "$scan/web\@other" or die;
    symlink 'web@', "$scan/web" or die;
    my $svscan = svscan($scan);
    settled($scan, $_) for 'web@dir', 'web@other', 'web';
    is_deeply [map { read_file("$scan/$_/arguments") } qw(web@dir web@other)], ["0\n", "0\n"],
        'a directory, and a link to one that is no template, are services like any other';
    is names_in("$away/other"), 'arguments run supervise', 'with the usual state';
    is_deeply [map { s/.* //r } lines_in("$scan/web\@/starts-")], ['0:'], 'and so is a link to a template that has another name';
    stop_well($svscan, 'svscan ends');
}

# The template ---------------------------------------------------------------------------------

{
    my ($scan, $away) = scan_directory();
    instance($scan, "web\@$_") for 1, 2;
    instance($scan, 'far@1', "$away/far@");
    my $svscan = svscan($scan);
    is join('', sort map { "$_\n" } split /\n/, said($svscan)),
        join('', map { "svscan: warning: unable to stat $_: file does not exist\n" } qw(far@1 web@1 web@2)),
        'links to a template that is not there are told of';
    make_service("$scan/web@", run => $run);
    my @is = map { settled($scan, "web\@$_") } 1, 2;
    is_deeply [map { s/.* //r } map { lines_in("$scan/web\@/starts-$_") } 1, 2], ['1:1', '1:2'],
        'the template is made after its instances: they run';
    make_service("$away/far@", run => $run);
    run('svscanctl', $scan, 'a');
    my $far = settled($scan, 'far@1');
    ok $far, 'one elsewhere is found by who looks';

    make_service("$away/new", run => $run);
    rename "$scan/web@", "$away/old@" or die;
    rename "$away/new", "$scan/web@" or die;
    my @new = map { wait_until { my $now = settled($scan, "web\@$_"); $now ne $is[$_ - 1] && $now } 20, "another $_" } 1, 2;
    ok is_gone(map { split } @is), 'the template is replaced: its instances are';
    is scalar(lines_in("$scan/web\@/starts-1")), 1, 'by those of the new one';

    rename "$scan/web@", "$away/gone@" or die;
    ok is_gone(map { split } @new), 'the template goes: so do its instances';
    is pids($scan, 'far@1'), $far, 'those of others do not notice';
    stop_well($svscan, 'svscan ends');
}

# Killed ---------------------------------------------------------------------------------------

{
    my ($scan) = scan_directory();
    make_service("$scan/web@", run => $run, log => {run => $log});
    instance($scan, "web\@$_") for 1, 2;
    my @all = map { ("web\@$_", "web\@$_/log") } 1, 2;
    my $svscan = svscan($scan);
    my %is = map { $_ => settled($scan, $_) } @all;
    is scalar(keys %{{map { $_ => 1 } values %is}}), 4, 'each instance has a logger of its own';
    ok wait_until { join('', map { read_file("$scan/web\@/log/lines-$_") // '' } 1, 2) eq "I am 1\nI am 2\n" } 10,
        'which gets what it says, and the same argument';
    is names_in("$scan/web\@/log"), 'lines-1 lines-2 run supervise@1 supervise@2', 'and has its own state';

    for my $name (@all) {
        my ($supervise, $service) = split ' ', $is{$name};
        kill 'KILL', $supervise;
        ok wait_until { my $now = pids($scan, $name); $now ne $is{$name} && $now =~ /^[1-9]\d* $service\z/ } 10,
            "the supervise of $name is killed: another one takes over";
        my @others = grep { $_ ne $name } @all;
        is pids($scan, @others), join(' ', @is{@others}), 'the others do not notice';
        $is{$name} = pids($scan, $name);
    }
    killed($svscan);
    my $second = svscan($scan);
    my (undef, $service) = split ' ', $is{'web@2'};
    kill 'KILL', $service;
    wait_until { field("$scan/web\@2", 'pid') =~ /^(?!0$|$service$)/ } 10, 'another service';
    is pids($scan, 'web@1', 'web@1/log', 'web@2/log'), join(' ', @is{'web@1', 'web@1/log', 'web@2/log'}),
        'svscan is killed: another one takes all of them over';
    ok wait_until { (read_file("$scan/web\@/log/lines-2") // '') eq "I am 2\nI am 2\n" } 10, 'with the pipes';
    $is{'web@2'} = pids($scan, 'web@2');

    kill 'KILL', $second->pid, map { (split)[0] } @is{@all};
    $second->wait(10);
    my $third = svscan($scan);
    for my $name (@all) {
        my (undef, $service) = split ' ', $is{$name};
        wait_until { pids($scan, $name) =~ /^[1-9]\d* $service\z/ } 10, "$name to be taken over";
        is pids($scan, $name) =~ s/.* //r, $service, "all of them are killed: $name goes on";
    }
    unlink "$scan/web\@1";
    ok is_gone(map { (split)[1] } @is{'web@1', 'web@1/log'}), 'one that goes then is brought down, with its logger';
    is pids($scan, 'web@2') =~ s/.* //r, (split ' ', $is{'web@2'})[1], 'the other one is not';
    stop_well($third, 'svscan ends');
    is said($_), '', 'without a word' for $svscan, $second, $third;
    is_deeply [map { scalar lines_in("$scan/web\@/starts-$_") } 1, 2], [1, 2], 'nothing was started that should not have been';
}

# Told -----------------------------------------------------------------------------------------

# obeys($scan, {options}): whether every program finds the instance web@1 and leaves web@2 alone.
sub obeys {
    my ($scan, $options, $what) = @_;
    my $says = sub { my ($field, $service) = @_; return run('svstat', '-o', $field, $service, $options)->{out} =~ s/\n//r };
    my $up = sub { my ($service) = @_; return wait_until { $says->('phase', $service) eq 'up' && $says->('pid', $service) } 10, "$service to be up" };
    my ($one, $two) = map { $up->("$scan/web\@$_") } 1, 2;
    my @ways = (["$scan/web\@1", {}], ["$scan/web\@1///", {}], ['web@1', {cwd => $scan}], ['../scan/web@1/', {cwd => "$scan/../away"}]);
    for my $way (@ways) {
        my ($name, %there) = ($way->[0], %$options, %{$way->[1]});
        is run('svok', $name, \%there)->{code}, 0, "$what: svok $name";
        is run('svc', '-t', $name, \%there)->{code}, 0, 'svc -t';
        my $next = wait_until { my $pid = $says->('pid', "$scan/web\@1"); $pid > 0 && $pid != $one && $pid } 10, 'another run';
        isnt $next, $one, 'is obeyed';
        is run('svstat', '-o', 'pid', $name, \%there)->{out}, "$next\n", 'svstat sees it';
        $one = $next;
    }
    is $says->('pid', "$scan/web\@2"), $two, 'the other one is not told';
    is run('svperms', '-o', "$scan/web\@1", $options)->{code}, 0, 'svperms';
    is_deeply [map { run('svperms', "$scan/web\@$_", $options)->{out} =~ /status: (.*)/ ? $1 : '' } 1, 2], ['public', 'owner'],
        'changes the one and not the other';
    run('svc', '-d', "$scan/web\@1/log/", $options);
    ok wait_until { $says->('phase', "$scan/web\@1/log") eq 'down' } 10, 'its logger is told by its name';
    is $says->('phase', "$scan/web\@2/log"), 'up', 'and only that';
}

{
    my ($scan, $away) = scan_directory();
    make_path("$away/states", "$away/here");
    for ([undef, 'without SUPERVISEDIR', 'supervise@'], ['.state', 'a relative one', '.state@'],
        ["$away/states", 'an absolute one', ''])
    {
        my ($directory, $what, $there) = @$_;
        my $options = {env => {SUPERVISEDIR => $directory}};
        remove_tree("$scan/web@");
        make_service("$scan/web@", run => $run, log => {run => $log});
        -l "$scan/web\@$_" or instance($scan, "web\@$_") for 1, 2;
        my $svscan = svscan($scan, $options);
        obeys($scan, $options, $what);
        is names_in("$scan/web@"), join(' ', sort qw(log run starts-1 starts-2), $there ? map { "$there$_" } 1, 2 : ()),
            'its state is where it should be';
        stop_well($svscan, 'svscan ends');
    }
    (my $name = substr "$scan/web@", 1) =~ tr{/}{:};
    is names_in("$away/states"), join(' ', sort map { ("${name}$_", "${name}:log\@$_") } 1, 2), 'the absolute one holds all of them';
}

# By hand --------------------------------------------------------------------------------------

sub upgraded {
    my ($image, $pid) = @_;
    return wait_until { join(' ', (stat "/proc/$pid/exe")[0, 1]) ne $image } 10, 'another image';
}

sub image { return join ' ', (stat "/proc/$_[0]/exe")[0, 1] }

{
    my ($scan, $away) = scan_directory();
    my $finish = 'echo "$#:$1:$2:$3:$5" >> "ends-$5"';
    make_service("$scan/web@", run => $run, finish => $finish, log => {run => $run, finish => $finish});
    instance($scan, "web\@$_") for 1, 2;
    my %supervise;
    for my $name ('web@1', 'web@2/', "$scan/web\@1/log") {
        $supervise{$name} = start('supervise', $name, {cwd => $scan});
        wait_until { run('svstat', '-o', 'phase', $name, {cwd => $scan})->{out} eq "up\n" } 10, "$name to be up";
    }
    is names_in("$scan/web@"), 'finish log run starts-1 starts-2 supervise@1 supervise@2', 'supervise knows by the name which one it is';
    is run('supervise', 'web@1', {cwd => $scan})->{code}, 111, 'there is one for each';
    is run('supervise', '--instance', '../1', 'web@', {cwd => $scan})->{code}, 100, 'which has a name';

    symlink 'web@', "$scan/web\@/web\@1" or die; # a trap: it executes itself anew in there
    my $pids = pids($scan, 'web@1');
    my $before = image($supervise{'web@1'}->pid);
    run('svc', '--upgrade', 'web@1', {cwd => $scan});
    wait_until { field("$scan/web\@1", 'supervisepid') && (read_file('/proc/' . $supervise{'web@1'}->pid . '/cmdline') // '') =~ /--instance/ }
        10, 'it to execute itself anew';
    is pids($scan, 'web@1'), $pids, 'it is the same one after an upgrade';
    is run('svc', '-t', 'web@1', {cwd => $scan})->{code}, 0, 'which obeys';
    ok wait_until { lines_in("$scan/web\@/starts-1") == 2 } 10, 'and starts the same service';
    is names_in("$scan/web@"), 'ends-1 finish log run starts-1 starts-2 supervise@1 supervise@2 web@1', 'in its old place';
    run('svc', '-dx', 'web@1', 'web@2', 'web@1/log', {cwd => $scan});
    is $_->wait(10)->{code}, 0, 'it ends' for values %supervise;
    is_deeply [map { lines_in("$scan/web\@/ends-$_") } 1, 2], ['5:256:15:web@1:1', '5:256:15:web@1:1', '5:256:15:web@2:2'],
        'finish gets it after its other arguments, and the name of the instance';
    is_deeply [lines_in("$scan/web\@/log/ends-1")], ['5:256:15:web@1/log:1'], 'so does that of a logger';
}

# Upgrade --------------------------------------------------------------------------------------

{
    my ($scan) = scan_directory();
    my $bin = "$home/bin";
    mkdir $bin;
    my $install = sub {
        for my $name (qw(svscan supervise)) {
            run('cp', top() . "/command/$name", "$bin/.$name");
            rename "$bin/.$name", "$bin/$name" or die;
        }
    };
    $install->();
    make_service("$scan/web@", run => $run, finish => 'echo "$3" >> ends', log => {run => $log, finish => 'echo "$3" >> ends'});
    instance($scan, "web\@$_") for 1, 2;
    my @all = map { ("web\@$_", "web\@$_/log") } 1, 2;
    my $svscan = svscan($scan, {}, "$bin/svscan");
    settled($scan, $_) for @all;
    my $pids = pids($scan, @all);
    my %before = map { $_ => image($_) } $svscan->pid, map { field("$scan/$_", 'supervisepid') } @all;
    $install->();
    is run('svscanctl', $scan, 'u')->{code}, 0, 'svscanctl u';
    ok upgraded($before{$_}, $_), "$_ executes the new file" for sort keys %before;
    wait_until { run('svscanctl', $scan, 'z')->{code} == 0 } 10, 'svscan to listen';
    is pids($scan, @all), $pids, 'and all of them are what they were';
    my (undef, $service) = split ' ', pids($scan, 'web@2');
    kill 'KILL', $service;
    ok wait_until { (read_file("$scan/web\@/log/lines-2") // '') eq "I am 2\nI am 2\n" } 10, 'with their argument';
    stop_well($svscan, 'svscan ends');
    is_deeply [sort(lines_in("$scan/web\@/ends"))], [qw(web@1 web@2 web@2)], 'with their names';
    is_deeply [sort(lines_in("$scan/web\@/log/ends"))], [qw(web@1/log web@2/log)], 'and those of their loggers';
    is $svscan->err, '', 'without a word';
}

# What belongs to one --------------------------------------------------------------------------

{
    my ($scan) = scan_directory();
    make_service("$scan/web@", 'kill-mode' => 'tree',
        run => "setsid sleep 1000 &\necho \$! > left-\$1\nexec sleep 1000");
    instance($scan, "web\@$_") for 1, 2;
    my $svscan = svscan($scan);
    settled($scan, $_) for 'web@1', 'web@2';
    my @left = map { my $which = $_; wait_until { (read_file("$scan/web\@/left-$which") // '') =~ /^(\d+)\n/ && $1 } } 1, 2;
    like run('svstat', '-o', 'tree', "$scan/web\@1")->{out}, qr/\b$left[0]\b/, 'what an instance has left is shown with it';
    unlike run('svstat', '-o', 'tree', "$scan/web\@1")->{out}, qr/\b$left[1]\b/, 'what another one has is not';
    run('svc', '-d', "$scan/web\@1");
    ok is_gone($left[0]), 'it is killed with it';
    ok alive($left[1]), 'and the other one is not';
    stop_well($svscan, 'svscan ends');
}

# Waited for -----------------------------------------------------------------------------------

{
    my ($scan) = scan_directory();
    make_service("$scan/base", run => $run, down => '');
    make_service("$scan/web@", run => "echo \$\$ >> \"starts-\$1\"\nexec sleep 1000", needs => 'base');
    make_service("$scan/last", run => 'exec sleep 1000', needs => 'web@2');
    instance($scan, "web\@$_") for 1, 2;
    my $svscan = svscan($scan);
    wait_phase("$scan/$_", 'waiting') for qw(web@1 web@2 last);
    is run('svc', '--wait=down', '--timeout=10000', '-d', "$scan/web\@2")->{code}, 0, 'svc waits for the one it has told';
    is run('svc', '--wait=up', '--timeout=10000', '-u', "$scan/base")->{code}, 0, 'what instances need is up';
    ok wait_phase("$scan/web\@1", 'up'), 'and so is the one that is wanted';
    is field("$scan/last", 'phase'), 'waiting', 'who needs the other one waits for that';
    is run('svc', '--wait=up', '--timeout=10000', '-u', "$scan/web\@2/")->{code}, 0, 'until it is up';
    ok wait_phase("$scan/last", 'up'), 'as well';
    stop_well($svscan, 'svscan ends');
}

done_testing;
