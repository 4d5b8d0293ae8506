# ISC license.
#
# Control scripts: control/LETTER in a service directory, as runit has them. What runs when, and
# what is sent then; their time limit; that nothing else waits for them; and what becomes of them
# when supervise is killed meanwhile.

use lib 'tests/lib';
use Upkeep;
use One;

use Fcntl qw(O_NONBLOCK O_RDWR);
use POSIX ();
use Time::HiRes ();

my $dir = tempdir();
my $count = 0;

# A service that notes its starts and what it is told, so do its kin in the same process group. TERM
# and QUIT end it, with the code in the file `code`.
my $witness = <<'END';
#!/usr/bin/perl
open my $log, '>>', 'log.txt'; select $log; $| = 1;
my $who = -e 'family' && !fork ? 'kin ' : '';
for my $name (qw(HUP INT TERM USR1 USR2 ALRM QUIT WINCH ABRT CONT)) {
    $SIG{$name} = sub {
        print "$who$name\n";
        exit if $who && $name =~ /TERM|QUIT/;
        exit(-e 'code' ? 7 : 0) if $name =~ /TERM|QUIT/ && !-e 'stubborn';
    };
}
print "start $$\n" unless $who;
open my $ready, '>', $who ? 'kin.ready' : "ready.$$"; close $ready;
select undef, undef, undef, 1000 while 1;
END

# becomes($service, $fields, $value, $sentence): a status is written after the fact.
sub becomes {
    my ($service, $fields, $value, $sentence) = @_;
    wait_until { field($service, $fields) eq $value } 10, "$fields of $service";
    return is field($service, $fields), $value, $sentence;
}

# script($letter, $more): it notes that it begins and that it ends; in between it waits as long as
# there is a file hold.LETTER, and does $more. Its exit code is in the file code.LETTER, or 0.
sub script {
    my ($letter, $more) = (@_, '');
    return <<"END";
echo \$\$ > pid.$letter
echo $letter >> log.txt
while test -e hold.$letter; do sleep 0.01; done
$more
echo $letter. >> log.txt
test ! -e code.$letter || exit `cat code.$letter`
exit 0
END
}

sub scripts { return {map { $_ => script($_) } @_} }

sub service {
    my $service = "$dir/s" . ++$count;
    return make_service($service, run => $witness, 'restart-delay' => '0 100', @_);
}

sub log_of { return read_file("$_[0]/log.txt") // '' }

# said($service): all that was noted, in a line, without pids, and begun anew.
sub said {
    my ($service) = @_;
    my $log = log_of($service);
    open my $empty, '>', "$service/log.txt" or die;
    return join ' ', map { s/^start \d+$/start/r } split /\n/, $log;
}

# noted($service, $line): waits until that is there.
sub noted {
    my ($service, $line, $what) = @_;
    return wait_until { log_of($service) =~ /^$line$/m } 10, $what // "$line of $service";
}

# sorted($service): the same in alphabetical order, as signals are noticed in any.
sub sorted { return join ', ', sort split / (?<!kin )/, said($_[0]) }

sub listening {
    my ($service, $supervise) = @_;
    return wait_until { run('svok', $service)->{code} == 0 && field($service, 'supervisepid') == $supervise->pid }
        10, "supervise of $service";
}

sub ready {
    my ($service) = @_;
    return wait_until { my $pid = pid_of($service); $pid && alive($pid) && -e "$service/ready.$pid" } 10, "$service to be ready";
}

# up(@files): a service that runs, has settled, and its supervise; nothing noted so far.
sub up {
    my $service = service(@_);
    my $supervise = start('supervise', $service);
    listening($service, $supervise);
    ready($service);
    wait_until { !-e "$service/family" || -e "$service/kin.ready" } 10, 'its kin';
    my $settled = Time::HiRes::time() + 0.06; # supervise(8), the settle rule
    wait_until { Time::HiRes::time() > $settled } 10, 'it to settle';
    said($service);
    return ($service, $supervise);
}

my %sent; # service => bytes
sub give {
    my ($service, $letters) = @_;
    $sent{$service} += length $letters;
    control($service, $letters);
}

# over($service): all commands have been taken, and no script runs: one that says so comes after all.
sub over {
    my ($service) = @_;
    give($service, '~');
    return wait_until { field($service, 'controlbytes') == $sent{$service} } 10, 'the commands to be taken';
}

# end($service, $supervise): the end of a subtest, whatever is left.
sub end {
    my ($service, @supervise) = @_;
    $_->stop('KILL') for @supervise;
    for my $process (glob '/proc/[0-9]*') {
        kill 'KILL', $process =~ /(\d+)/ if (readlink("$process/cwd") // '') eq $service;
    }
}

# told($service, $letters): gives the commands, waits for their scripts, and says what was noted.
sub told {
    my ($service, $letters) = @_;
    give($service, $letters);
    over($service);
    return said($service);
}

# The table ----------------------------------------------------------------------------------------

# letter => [script, signal]
my %signals = (
    h => ['h', 'HUP'], a => ['a', 'ALRM'], i => ['i', 'INT'], 1 => ['1', 'USR1'], 2 => ['2', 'USR2'],
    w => ['w', 'WINCH'], y => ['w', 'WINCH'], b => ['b', 'ABRT'], R => ['R', 'HUP'], c => ['c', 'CONT'], C => ['c', 'CONT'],
);

subtest 'signals' => sub {
    my ($service, $supervise) = up(control => scripts('a' .. 'z', 'R', 1, 2));
    for my $letter (sort keys %signals) {
        my ($script, $signal) = @{$signals{$letter}};
        unlink "$service/code.$script";
        is told($service, $letter), "$script $script.", "$letter: $script, exit code 0: no $signal";
        write_file("$service/code.$script", 1);
        give($service, $letter);
        noted($service, $signal);
        is said($service), "$script $script. $signal", "$letter: $script, exit code 1: then $signal";
    }
    end($service, $supervise);
};

subtest 'those that end it' => sub {
    my ($service, $supervise) = up(control => scripts('q', 't', 'k'));
    my $pid = pid_of($service);
    for my $letter ('q', 't', 'k', 'K') {
        my $script = lc $letter;
        unlink "$service/code.$script";
        is told($service, $letter), "$script $script.", "$letter: $script, exit code 0: nothing is sent";
        is pid_of($service), $pid, 'it goes on';
        write_file("$service/code.$script", 100);
        give($service, $letter);
        noted($service, 'start \d+');
        is said($service), "$script $script. " . ({q => 'QUIT ', t => 'TERM '}->{$letter} // '') . 'start', 'exit code 100: it is';
        ready($service);
        $pid = pid_of($service);
    }
    end($service, $supervise);
};

subtest 'pause' => sub {
    my ($service, $supervise) = up(control => scripts('p', 'c'));
    my $state = sub { (read_file('/proc/' . pid_of($service) . '/stat') // '') =~ /\) (\S)/ ? $1 : '' };
    is told($service, 'p'), 'p p.', 'p: exit code 0';
    unlike $state->(), qr/T/, 'it is not stopped';
    becomes($service, 'paused', 'true', 'but shown as paused: the script has seen to it');
    told($service, 'c');
    becomes($service, 'paused', 'false', 'c: the same the other way');
    write_file("$service/code.p", 1);
    write_file("$service/hold.p", '');
    give($service, 'p');
    noted($service, 'p');
    becomes($service, 'paused', 'false', 'not before the script has ended');
    unlink "$service/hold.p";
    wait_until { $state->() eq 'T' } 10, 'a stop';
    becomes($service, 'paused', 'true', 'exit code 1: it is stopped');
    end($service, $supervise);
};

subtest 'd' => sub {
    my ($service, $supervise) = up(control => scripts('t', 'd'));
    write_file("$service/hold.t", '');
    give($service, 'd');
    noted($service, 't');
    becomes($service, 'wanted,phase', 'down stopping', 'wanted down while t runs');
    ok pid_of($service), 'but not told to end';
    unlink "$service/hold.t";
    noted($service, 'd\.');
    over($service);
    is said($service) =~ s/ CONT//r, 't t. d d.', 't, then d; exit code 0: no TERM';
    write_file("$service/code.t", 3);
    write_file("$service/hold.d", '');
    give($service, 'd');
    noted($service, 'TERM');
    wait_phase($service, 'down');
    noted($service, 'd');
    unlink "$service/hold.d";
    noted($service, 'd\.');
    my $said = said($service) =~ s/ CONT//r;
    ok $said eq 't t. TERM d d.' || $said eq 't t. d TERM d.', 't with another exit code: TERM, and d beside it' or diag $said;
    is told($service, 'dthr'), '', 'nothing runs: neither do scripts';
    end($service, $supervise);
};

subtest 'd without t' => sub {
    my ($service, $supervise) = up(control => scripts('d'), stubborn => '');
    give($service, 'd');
    noted($service, 'd\.');
    noted($service, 'TERM');
    my $said = said($service) =~ s/ CONT//r;
    ok $said =~ /^(?=.*\bTERM\b)(?=.*\bd d\.|.*\bd TERM d\.)/, 'TERM is sent, whatever the exit code of d' or diag $said;
    end($service, $supervise);
};

subtest 'd on a paused service' => sub {
    my ($service, $supervise) = up(control => {t => script('t', 'kill -QUIT `svstat -o pid .`')});
    give($service, 'p');
    wait_until { field($service, 'paused') eq 'true' } 10, 'a pause';
    give($service, 'd');
    wait_phase($service, 'down');
    is +(said($service) =~ s/CONT //r), 't t. QUIT', 'after t, CONT follows: what the script has sent arrives';
    end($service, $supervise);
};

subtest 'r' => sub {
    my ($service, $supervise) = up(control => scripts('t', 'd', 'u'));
    give($service, 'r');
    noted($service, 'd\.');
    over($service);
    is said($service) =~ s/ CONT//r, 't t. d d.', 't and d as with d';
    becomes($service, 'wanted,phase', 'up stopping', 'and it is going to end');
    write_file("$service/code.t", 1);
    give($service, 'r');
    noted($service, 'start \d+');
    noted($service, 'd\.');
    over($service);
    is sorted($service) =~ s/CONT, //r, 'TERM, d, d., start, t, t.', 'exit code 1: TERM, then it is started, without u';
    end($service, $supervise);
};

subtest 'u and o' => sub {
    my ($service, $supervise) = (service(down => '', control => scripts('u', 'o', 'U', 'Q', 't', 'd')));
    $supervise = start('supervise', $service);
    listening($service, $supervise);
    for my $letter (qw(u o U Q)) {
        write_file("$service/code.u", $letter eq 'o' ? 1 : 0);
        write_file("$service/hold.u", '');
        give($service, $letter);
        noted($service, 'u');
        becomes($service, 'phase', 'down', 'while u runs it is not started');
        unlink "$service/hold.u";
        ready($service);
        is said($service), 'u u. start', "$letter: u before it is started, whatever its exit code";
        is told($service, $letter), '', 'and not when it runs';
        write_file("$service/code.t", 1);
        give($service, 'd');
        wait_phase($service, 'down');
        over($service);
        said($service);
    }
    end($service, $supervise);
};

subtest 'x' => sub {
    my ($service, $supervise) = up(control => scripts('t', 'd', 'x'));
    is told($service, 'x'), 't t. x x.', 't, then x';
    ok pid_of($service), 'no signal, as without';
    write_file("$service/hold.x", '');
    give($service, 'x');
    noted($service, 'x');
    kill 'QUIT', pid_of($service);
    wait_until { field($service, 'phase') eq 'down' } 10, 'its end';
    ok $supervise->running, 'supervise stays as long as the script';
    unlink "$service/hold.x";
    is $supervise->wait(10) && $supervise->wait->{code}, 0, 'and leaves then';
    is said($service), 't t. x QUIT x.', 'after all of it';
    end($service, $supervise);
};

subtest 'commands without scripts' => sub {
    my ($service, $supervise) = up(control => scripts('O', 'T', 'E', 'D', 'U', 'Q', 'K', 'P', 'C', 'r', 'y', 'o', 'l', 'L'));
    give($service, 'OoylC');
    noted($service, 'CONT');
    noted($service, 'WINCH');
    is sorted($service), 'CONT, WINCH', 'O, y, C, o and l are not looked for';
    give($service, 'Tu');
    noted($service, 'start \d+');
    is said($service), 'start', 'nor is T';
    end($service, $supervise);
};

# What the scripts get ---------------------------------------------------------------------------------

subtest 'its surroundings' => sub {
    my $script = 'echo "$# $0 `pwd` $FOO" > got; read -r stat < /proc/$$/stat; echo "$stat" >> got; echo out; echo err >&2';
    my $service = service(control => {h => $script});
    my $supervise = start('supervise', $service, {env => {FOO => 'bar'}});
    listening($service, $supervise);
    ready($service);
    give($service, 'h');
    over($service);
    my ($first, $second) = split /\n/, read_file("$service/got") // '';
    is $first, "0 control/h $service bar", 'no arguments, the service directory, the environment';
    like $second // '', qr/^(\d+) \(.*\) \S \d+ \g1 \g1 /, 'a session of its own';
    is $supervise->out . $supervise->err, "out\nerr\n", 'output as the service';
    end($service, $supervise);
};

# The service ends meanwhile ---------------------------------------------------------------------------

subtest 'a script that ends the service' => sub {
    my ($service, $supervise) = up(code => '',
        control => {t => script('t', "kill -QUIT `svstat -o pid .`\nuntil test \"`svstat -o pid .`\" = -1; do sleep 0.01; done")});
    give($service, 'd');
    wait_phase($service, 'down');
    over($service);
    is said($service), 't QUIT t.', 'd: it is not started again meanwhile';
    becomes($service, 'starts', 1, 'not for a moment');
    end($service, $supervise);
};

subtest 'a script that ends the service, and another run' => sub {
    my ($service, $supervise) = up(
        control => {t => script('t', "kill -QUIT `svstat -o pid .`\nuntil grep -q start log.txt; do sleep 0.01; done")});
    write_file("$service/code.t", 1);
    give($service, 't');
    noted($service, 't\.');
    ready($service);
    over($service);
    is said($service), 't QUIT start t.', 't: the run that comes after is sent nothing, even with exit code 1';
    end($service, $supervise);
};

subtest 'a service that dies' => sub {
    my ($service, $supervise) = up(control => scripts('h'), stubborn => '');
    write_file("$service/hold.h", '');
    write_file("$service/code.h", 1);
    give($service, 'hi');
    noted($service, 'h');
    for my $round (2 .. 4) {
        kill 'KILL', pid_of($service);
        ok wait_until { field($service, 'starts') == $round } 10, 'a start';
        ready($service);
    }
    becomes($service, 'phase', 'up', 'it is started again while a script hangs, and shown');
    unlink "$service/hold.h";
    noted($service, 'INT');
    is said($service), 'h start start start h. INT', 'the signal that the script was about is not for the new one; the next command is';
    end($service, $supervise);
};

subtest 'kill-mode tree, and an heir' => sub {
    my ($service, $supervise) = up('kill-mode' => 'tree', control => {h => script('h', 'sleep 1000 &')});
    write_file("$service/hold.h", '');
    give($service, 'h');
    noted($service, 'h');
    my $script = read_file("$service/pid.h") + 0;
    kill 'KILL', pid_of($service);
    wait_until { field($service, 'starts') == 2 } 10, 'a start';
    ok alive($script), 'the end of a run does not kill a script';
    kill 'QUIT', pid_of($service);
    wait_until { field($service, 'starts') == 3 } 10, 'a start';
    ok alive($script), 'nor does another';
    end($service, $supervise);
    for my $moment ('while it runs', 'when it has ended') {
        my ($service, $supervise) = up(expect => 'fork', restart => 'never', control => {h => script('h', 'sleep 1000 & sleep 1000 &')});
        write_file("$service/hold.h", '');
        give($service, 'h');
        noted($service, 'h');
        if ($moment =~ /ended/) { unlink "$service/hold.h"; over($service) }
        kill 'QUIT', pid_of($service);
        wait_until { field($service, 'phase,cause') =~ /^down|moved/ } 10, 'the end';
        becomes($service, 'phase,cause', 'down exit', "the run does not go on in what a script is or has left, $moment");
        end($service, $supervise);
    }
};

# Order ------------------------------------------------------------------------------------------------

subtest 'order' => sub {
    my ($service, $supervise) = up(family => '', control => {h => script('h'), 1 => script('1', 'until grep -q ^INT log.txt; do sleep 0.01; done')});
    write_file("$service/code.h", 1);
    write_file("$service/code.1", 1);
    give($service, 'hi12');
    noted($service, 'USR2');
    over($service);
    like said($service), qr/^h h\. (?=.*HUP).*INT.* 1\. (?=.*USR1\b).*USR2/, 'the commands of a batch come one after the other';
    give($service, '+i1h2');
    noted($service, 'kin USR2');
    noted($service, 'USR2');
    is sorted($service), '1, 1., HUP, INT, USR1, USR2, h, h., kin HUP, kin INT, kin USR1, kin USR2', 'a modifier holds over scripts';
    write_file("$service/hold.1", '');
    give($service, '+1');
    noted($service, '1');
    give($service, 'i2');
    kill 'INT', pid_of($service);
    unlink "$service/hold.1";
    noted($service, 'USR2');
    over($service);
    wait_until { log_of($service) =~ /kin USR1/ } 10, 'USR1 of the kin';
    unlike sorted($service), qr/kin (?:INT|USR2)/, 'but not for what was written while it ran';
    give($service, '+i1' . '~' x 600 . '2');
    ok noted($service, 'kin USR2'), 'nor is it forgotten in the middle of a long batch';
    end($service, $supervise);
};

subtest 'a flood' => sub {
    my ($service, $supervise) = up(control => scripts('h'));
    write_file("$service/hold.h", '');
    give($service, 'h');
    noted($service, 'h');
    sysopen my $fifo, "$service/supervise/control", O_RDWR | O_NONBLOCK or die;
    my ($written, $got) = (0, 0);
    $written += $got while $got = syswrite $fifo, '~' x 4096;
    my $bytes = $sent{$service};
    wait_until { field($service, 'controlbytes') == $bytes } 10, 'the command to be taken';
    kill 'KILL', pid_of($service);
    wait_until { field($service, 'starts') == 2 } 10, 'a start';
    becomes($service, 'controlbytes', $bytes, 'what comes meanwhile stays in the FIFO');
    my ($before) = (read_file('/proc/' . $supervise->pid . '/status') // '') =~ /^voluntary_ctxt_switches:\s*(\d+)/m;
    select undef, undef, undef, 0.1;
    my ($after) = (read_file('/proc/' . $supervise->pid . '/status') // '') =~ /^voluntary_ctxt_switches:\s*(\d+)/m;
    cmp_ok $after - $before, '<', 5, 'and keeps nobody busy';
    unlink "$service/hold.h";
    ok wait_until { field($service, 'controlbytes') == $bytes + $written } 10, 'then it is taken, every byte';
    end($service, $supervise);
};

subtest 'who asked' => sub {
    my ($service, $supervise) = up(control => scripts('h'));
    write_file("$service/code.h", 1);
    run('svc', '-h', $service);
    noted($service, 'HUP');
    wait_until { field($service, 'phase,cause,causedetail') eq 'up command h' } 10, 'a cause';
    becomes($service, 'causeuid', $>, 'is remembered over a script');
    end($service, $supervise);
};

# Time -------------------------------------------------------------------------------------------------

subtest 'a script that takes too long' => sub {
    my ($service, $supervise) = up('timeout-control' => 300,
        control => {h => script('h', 'echo $$ > group; sleep 1000; :'), i => script('i')});
    for my $time (1, 2) {
        give($service, 'hi');
        noted($service, 'i\.');
        noted($service, 'HUP');
        is sorted($service), 'HUP, h, i, i.', 'its signal is sent, and all goes on';
    }
    my $group = read_file("$service/group") + 0;
    ok wait_until { !grep { (read_file("$_/stat") // '') =~ m{\) [^ZX] \d+ $group } } glob '/proc/[0-9]*' } 10,
        'its process group is killed';
    my $said = () = $supervise->err =~ /^supervise: warning: \Q$service\E\/control\/h is killed: it takes longer than timeout-control allows$/mg;
    cmp_ok $said, '>=', 1, 'it is said';
    write_file("$service/timeout-control", 0);
    write_file("$service/hold.i", '');
    give($service, 'i');
    noted($service, 'i');
    is +(split ' ', run('svstat', '-v', $service)->{out})[1], 'up', 'without a limit nothing else waits either';
    unlink "$service/hold.i";
    noted($service, 'i\.');
    end($service, $supervise);
};

subtest 'timeout-kill' => sub {
    my ($service, $supervise) = up('timeout-kill' => 300, stubborn => '', control => scripts('t'));
    write_file("$service/hold.t", '');
    give($service, 'd');
    noted($service, 't');
    select undef, undef, undef, 0.5; # longer than it: nothing is to happen
    ok pid_of($service), 'does not run while a script does';
    unlink "$service/hold.t";
    wait_phase($service, 'down');
    is said($service) =~ s/ CONT//r, 't t.', 'but afterwards, even if nothing was sent';
    becomes($service, 'ending,endingvalue', 'signal 9', 'then it is killed');
    end($service, $supervise);
};

# Scripts that are none ----------------------------------------------------------------------------------

subtest 'what cannot be executed' => sub {
    my ($service, $supervise) = up(control => {h => script('h'), i => "#!/nowhere/sh\n", 1 => 'x'});
    chmod 0644, "$service/control/h";
    write_file("$service/control/1", "neither\n", 0755);
    mkdir "$service/control/2";
    give($service, 'h2a');
    noted($service, $_) for 'HUP', 'USR2', 'ALRM';
    is sorted($service), 'ALRM, HUP, USR2', 'not executable, a directory, not there: as if there were none';
    is $supervise->err, '', 'without a word';
    give($service, 'i');
    noted($service, 'INT');
    is said($service), 'INT', 'without interpreter: the same';
    is $supervise->err, "supervise: warning: unable to start $service/control/i: its interpreter: file does not exist\n", 'with a warning';
    told($service, 'ii');
    is scalar(() = $supervise->err =~ /\n/g), 1, 'again: without another';
    give($service, '1');
    ok noted($service, 'USR1'), 'neither program nor script';
    like $supervise->err, qr/unable to start \Q$service\E\/control\/1: exec format error$/m, 'is another warning';
    end($service, $supervise);
};

subtest 'a logger' => sub {
    my $service = service();
    make_service("$service/log", run => $witness, control => scripts('h', 'u', 't', 'd'));
    my $supervise = start('supervise', "$service/log");
    listening("$service/log", $supervise);
    ready("$service/log");
    control("$service/log", 'h');
    noted("$service/log", 'HUP');
    is said("$service/log"), 'start HUP', 'has no control scripts';
    end("$service/log", $supervise);
};

# SIGTERM ------------------------------------------------------------------------------------------------

subtest 'supervise is told to end' => sub {
    my ($service, $supervise) = up(control => scripts('t', 'd', 'x'));
    write_file("$service/code.t", 1);
    write_file("$service/hold.t", '');
    $supervise->kill('TERM');
    noted($service, 't');
    becomes($service, 'wanted,phase', 'down stopping', 'it is about to');
    unlink "$service/hold.t";
    is $supervise->wait(10) && $supervise->wait->{code}, 0, 'and does';
    my $said = said($service);
    is $said =~ s/ TERM//r, 't t. d d. x x.', 't, d and x run';
    like $said, qr/t\. .*TERM/, 'and TERM is sent after t';
    becomes($service, 'phase', 'down', 'it is down');
    end($service, $supervise);
};

subtest 'a script that sees to it, when supervise is told to end' => sub {
    my ($service, $supervise) = up(control => {t => script('t', 'kill -QUIT `svstat -o pid .`'), %{scripts('x')}});
    write_file("$service/hold.x", '');
    $supervise->kill('TERM');
    noted($service, 'x');
    wait_phase($service, 'down');
    unlink "$service/hold.x";
    is $supervise->wait(10) && $supervise->wait->{code}, 0, 'supervise leaves';
    my $said = said($service);
    unlike $said, qr/TERM/, 'no TERM';
    like $said, qr/x\.$/, 'and x runs to its end';
    end($service, $supervise);
};

subtest 'told to end while a script hangs' => sub {
    for my $how ('a command', 'the same signal') {
        my ($service, $supervise) = up('timeout-control' => 100000, control => scripts('t', 'd', 'x'));
        write_file("$service/hold.t", '');
        $how eq 'a command' ? give($service, 't') : $supervise->kill('TERM');
        noted($service, 't');
        $supervise->kill('TERM');
        is $supervise->wait(10) && $supervise->wait->{code}, 0, "$how: it does not wait for it";
        is said($service) =~ s/ CONT//r, 't TERM', 'TERM is sent at once, and nothing more runs';
        ok wait_until { !alive(read_file("$service/pid.t") + 0) } 10, 'the script is killed';
        end($service, $supervise);
    }
};

# Kill -9 ------------------------------------------------------------------------------------------------

# What becomes of a script of exit code 0 whose end only a pidfd can tell.
my ($major, $minor) = (POSIX::uname())[2] =~ /^(\d+)\.(\d+)/;
my $tells = $major > 6 || ($major == 6 && $minor >= 15);

sub again {
    my ($supervise, $service) = @_;
    $supervise->stop('KILL');
    $supervise = start('supervise', $service);
    listening($service, $supervise);
    return $supervise;
}

subtest 'supervise is killed while a script runs' => sub {
    for my $code (0, 1) {
        my ($service, $supervise) = up(control => scripts('h'));
        write_file("$service/hold.h", '');
        write_file("$service/code.h", $code);
        give($service, 'h12');
        noted($service, 'h');
        $supervise = again($supervise, $service) for 1 .. 3;
        is log_of($service), "h\n", 'it goes on, and is not started again';
        unlink "$service/hold.h";
        noted($service, 'USR2');
        noted($service, 'USR1');
        noted($service, 'HUP') if $code;
        is sorted($service), $code ? 'HUP, USR1, USR2, h, h.' : 'USR1, USR2, h, h.', "exit code $code is known; what was written behind it is not lost" if $tells || $code;
        end($service, $supervise);
    }
};

subtest 'a script ends while there is no supervise' => sub {
    my ($service, $supervise) = up(control => scripts('t', 'd'), code => '');
    write_file("$service/hold.t", '');
    give($service, 'd1');
    noted($service, 't');
    $supervise->stop('KILL');
    unlink "$service/hold.t";
    noted($service, 't\.');
    wait_until { !alive(read_file("$service/pid.t") + 0) } 10, 'its end';
    $supervise = start('supervise', $service);
    listening($service, $supervise);
    wait_phase($service, 'down');
    noted($service, 'd\.');
    over($service);
    my $said = said($service) =~ s/ CONT| USR1//gr;
    is join(' ', sort split / /, $said), 'TERM d d. t t.', 'nobody knows how: it counts as failed, TERM is sent, and d runs';
    becomes($service, 'starts', 1, 'wanted down');
    end($service, $supervise);
};

subtest 'a time limit that passes while there is no supervise' => sub {
    my ($service, $supervise) = up('timeout-control' => 300, control => scripts('h'));
    write_file("$service/hold.h", '');
    give($service, 'h');
    noted($service, 'h');
    $supervise = again($supervise, $service);
    noted($service, 'HUP');
    is said($service), 'h HUP', 'holds';
    like $supervise->err, qr/control\/h is killed/, 'and it is said';
    ok wait_until { !alive(read_file("$service/pid.h") + 0) } 10, 'it is killed';
    end($service, $supervise);
};

subtest 'executed anew while a script runs' => sub {
    my ($service, $supervise) = up(control => scripts('h'));
    write_file("$service/hold.h", '');
    give($service, 'hi');
    noted($service, 'h');
    my $serial = field($service, 'serial');
    $supervise->kill('USR2');
    wait_until { field($service, 'cause') eq 'resumed' } 10, 'a new image';
    unlink "$service/hold.h";
    noted($service, 'INT');
    is said($service), 'h h. INT', 'nothing is lost, and its exit code is known';
    end($service, $supervise);
};

subtest 'killed at any moment' => sub {
    my ($service, $supervise) = up(control => {t => "echo t >> log.txt\nexit 1", d => 'echo d >> log.txt', u => 'echo u >> log.txt'}, 'restart-delay' => '0 10');
    my @wrong;
    # what is written and not read yet would be lost, if nobody had the FIFO open
    sysopen my $fifo, "$service/supervise/control", O_RDWR | O_NONBLOCK or die;
    for my $round (1 .. 40) {
        said($service);
        my $starts = field($service, 'starts');
        run('svc', '-du', $service, {limit => 5});
        select undef, undef, undef, rand 0.02;
        $supervise = again($supervise, $service);
        wait_until { field($service, 'starts') == $starts + 1 && pid_of($service) } 10, 'the next run' or push @wrong, "$round: starts";
        ready($service);
        noted($service, 'd');
        my $said = said($service);
        my %times;
        $times{$_}++ for split / /, $said;
        # u finds it still ending, or not
        push @wrong, "$round: $said" if $times{t} != 1 || $times{d} != 1 || ($times{u} // 0) > 1 || ($times{start} // 0) != 1;
    }
    is_deeply \@wrong, [], 'each script runs once, and what was wanted comes about';
    end($service, $supervise);
};

done_testing;
