# ISC license.
#
# svc: which bytes it writes, to whom, and what it says when it cannot.

use lib 'tests/lib';
use Upkeep;
use Record;

use Fcntl;
use POSIX ();
use Time::HiRes ();

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $dir = tempdir;
my $USAGE_DJB = 'svc options: u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, '
    . "i interrupt, t term, k kill\n";
my $USAGE_ENCORE = 'svc options: + kill process group, = kill parent process, L kill log, l kill main, '
    . 'u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t term, k kill, '
    . "q quit, 1 SIGUSR1, 2 SIGUSR2, w SIGWINCH\n";

# A service directory with a FIFO, and the end of it that supervise would read.
my $services = 0;
sub service {
    my ($name) = (@_, 'service' . ++$services);
    my $service = {path => "$dir/$name", control => "$dir/$name/supervise/control"};
    mkdir $service->{path} or die;
    mkdir "$service->{path}/supervise" or die;
    POSIX::mkfifo($service->{control}, 0600) or die;
    sysopen $service->{reader}, $service->{control}, O_RDWR | O_NONBLOCK or die;
    return $service;
}

# told($service): what has been written since the last look.
sub told {
    my ($service) = @_;
    my $bytes = '';
    sysread $service->{reader}, $bytes, 100000;
    return $bytes;
}

# quiet($result, $sentence): it succeeded and had nothing to say.
sub quiet {
    my ($result, $sentence) = @_;
    is_deeply [@$result{qw(code out err)}], [0, '', ''], $sentence;
}

# sends($bytes, @options): what one service is told.
my $target = service('target');
sub sends {
    my ($bytes, @arguments) = @_;
    my $options = ref $arguments[-1] ? pop @arguments : {};
    my $result = run('svc', @arguments, $target->{path}, $options);
    is_deeply [$result->{code}, $result->{out} . $result->{err}, told($target)], [0, '', $bytes],
        join ' ', 'svc', @arguments, 'DIR', ($options->{env} ? 'as djb' : ()), "writes $bytes";
}

my $djb = {env => {SVPERSONALITY => 'djb'}};

# Letters ----------------------------------------------------------------------------------------

sends 'lu', '-u';
sends 'ld', '-d';
sends 'lud', '-ud';
sends 'ldu', '-d', '-u';
sends 'ludoxpchaitkq12w', '-udoxpchaitkq12w';
sends 'lu', '-uu', '-u';
sends 'l+t=k', '-+t=k';
sends 'lt+', '-t+t+';
sends 'llu', '-lu';
sends 'lLolox', '-Lolox';
sends 'luLulu', '-uLuluu';
sends 'lLL', '-LL';
sends 'l', '--';
sends 'l';

sends 'u', '-u', $djb;
sends 'du', '-dudu', $djb;
sends 'udoxpchaitk', '-udoxpchaitk', $djb;
sends '', $djb;

{
    my $result = run('svc', '-' . 'L' x 31, $target->{path});
    quiet $result, '32 bytes fit';
    is told($target), 'l' . 'L' x 31, 'and are written';
    $result = run('svc', '-' . 'L' x 32, $target->{path});
    is $result->{err}, "svc: fatal: too many options\n", 'one more does not';
    is $result->{code}, 100, 'which is an error of the caller';
    is told($target), '', 'and nothing is written';
}

# Wrong ones -------------------------------------------------------------------------------------

sub wrong {
    my ($letter, $usage, $sentence, @arguments) = @_;
    my $result = run('svc', @arguments);
    is_deeply [@$result{qw(code out err)}], [100, '', "svc: illegal option -- $letter\n$usage"], $sentence;
}

wrong 'z', $USAGE_ENCORE, 'an unknown letter', '-uz', $target->{path};
wrong 'w', $USAGE_DJB, "encore's letters are not djb's", '-w', $target->{path}, $djb;
wrong 'r', $USAGE_ENCORE, "nor are s6's encore's", '-r', $target->{path};
wrong 'frob', $USAGE_ENCORE, 'an unknown long option', '--frob', $target->{path};
is told($target), '', 'none of these has written anything';

# Long options -----------------------------------------------------------------------------------

sends 'lr', '--restart';
sends 'lR', '--reload';
sends 'lb', '--abort';
sends 'lU', '--up-always';
sends 'lud', '--up', '-d';
sends 'w', '--winch', $djb;

for (Record::entries('control.h', 'SV_COMMANDS')) {
    my ($byte, $option) = /'(.)',\s*\w+,\s*"([^"]+)"/ or die "what is $_?";
    sends "l$byte", "--$option";
    my ($line) = run('svc', '--help')->{out} =~ /^(.*--\Q$option\E\s.*)$/m;
    ok defined $line, "svc --help has --$option" and
        is $line =~ /-\Q$byte\E  --/ ? 1 : 0, $USAGE_ENCORE =~ /[:,] \Q$byte\E / ? 1 : 0,
            "with its letter $byte if that may be typed";
}

{
    my $result = run('svc', '--help', '-z', $target->{path});
    like $result->{out}, qr/^usage: svc .*service/, '--help tells how it is used';
    is $result->{code}, 0, 'and is no error';
    like run('svc', '--version')->{out}, qr/^svc \(upkeep\) \d+\.\d+\.\d+\n\z/, '--version tells the version';
    is told($target), '', 'neither writes anything';
}

# Several services -------------------------------------------------------------------------------

quiet run('svc', '-u'), 'no service, nothing to do';
{
    my @three = map { service() } 1 .. 3;
    quiet run('svc', '-u', map { $_->{path} } @three), 'three services';
    is join(' ', map { told($_) } @three), 'lu lu lu', 'are each told';
    my @names = map { $_->{path} =~ s{.*/}{}r } @three;
    quiet run('svc', '-d', @names, {cwd => $dir}), 'three relative names';
    is join(' ', map { told($_) } @three), 'ld ld ld', 'are each seen from where svc was started';

    my $result = run('svc', '-u', "$dir/none", $names[0], "$dir/nothing", $names[1], {cwd => $dir});
    is $result->{err}, "svc: warning: unable to chdir to $dir/none: file does not exist\n"
        . "svc: warning: unable to chdir to $dir/nothing: file does not exist\n", 'each failure is named';
    is $result->{code}, 0, 'the exit code is 0, as ever';
    is join(' ', map { told($_) } @three[0, 1]), 'lu lu', 'the others are told';

    $result = run('svc', '--strict', '-u', "$dir/none", $three[0]{path});
    is $result->{code}, 111, 'with --strict the exit code tells';
    is told($three[0]), 'lu', 'and the others are told all the same';
    quiet run('svc', '--strict', '-u', map { $_->{path} } @three), '--strict has nothing to say if all is well';
    told($_) for @three;
}

SKIP: {
    skip 'no strace here', 1 unless program('strace');
    my $result = run('strace', '-qq', '-e', 'trace=write', '-e', 'signal=none', 'svc', '-udoxk', $target->{path});
    skip 'strace may not trace here', 1 unless defined $result->{code} && $result->{code} == 0;
    is scalar(() = $result->{err} =~ /^write\(/mg), 1, 'a service is told all in one write';
}
told($target);

# Failures ---------------------------------------------------------------------------------------

sub warns {
    my ($name, $why, $sentence, %options) = @_;
    my $result = run('svc', '-u', $name, \%options);
    is_deeply [@$result{qw(code out err)}], [0, '', "svc: warning: $why\n"], $sentence;
    is run('svc', '--strict', '-u', $name, \%options)->{code}, 111, '--strict makes it 111';
}

write_file("$dir/file", '');
warns "$dir/file", "unable to chdir to $dir/file: not a directory", 'a file in place of the directory';
warns '', 'unable to chdir to : file does not exist', 'an empty name';
mkdir "$dir/new";
warns "$dir/new", "unable to control $dir/new: file does not exist", 'supervise has never been here';
{
    my $gone = service('gone');
    close $gone->{reader};
    warns $gone->{path}, "unable to control $gone->{path}: supervise not running", 'nobody reads the FIFO';
    unlink $gone->{control};
    mkdir $gone->{control};
    warns $gone->{path}, "unable to control $gone->{path}: is a directory", 'a directory in place of the FIFO';
    rmdir $gone->{control};
    write_file($gone->{control}, 'as it was');
    warns $gone->{path}, "unable to control $gone->{path}: invalid argument", 'a file in place of the FIFO';
    is read_file($gone->{control}), 'as it was', 'into which nothing is written';
    unlink $gone->{control};
    symlink 'control', $gone->{control};
    warns $gone->{path}, "unable to control $gone->{path}: symbolic link loop", 'a link to itself';
}

SKIP: {
    skip 'only root can become somebody else', 4 unless have_root;
    warns $target->{path}, "unable to control $target->{path}: access denied", 'who may not write', uid => 65534;
    my $locked = service('locked');
    chmod 0700, $locked->{path};
    warns $locked->{path}, "unable to chdir to $locked->{path}: access denied", 'who may not enter', uid => 65534;
}

SKIP: {
    my $result = run('sh', '-c', 'ulimit -n 3; exec svc -u "$1"', 'sh', $target->{path});
    skip 'a program with shared libraries does not even start', 1 if ($result->{code} // 0) == 127;
    is_deeply [@$result{qw(code err)}],
        [111, "svc: fatal: unable to open current directory: process cannot open more files\n"],
        'no descriptors left';
}

# SUPERVISEDIR -----------------------------------------------------------------------------------

{
    mkdir "$target->{path}/.sv";
    POSIX::mkfifo("$target->{path}/.sv/control", 0600);
    sysopen my $reader, "$target->{path}/.sv/control", O_RDWR | O_NONBLOCK or die;
    quiet run('svc', '-u', $target->{path}, {env => {SUPERVISEDIR => '.sv'}}), 'a relative SUPERVISEDIR';
    is told({reader => $reader}), 'lu', 'is below the service directory';
    is told($target), '', 'and used instead of supervise/';

    (my $below = substr $target->{path}, 1) =~ tr{/}{:};
    mkdir $_ for "$dir/run", "$dir/run/$below";
    POSIX::mkfifo("$dir/run/$below/control", 0600);
    sysopen $reader, "$dir/run/$below/control", O_RDWR | O_NONBLOCK or die;
    quiet run('svc', '-d', 'target', {cwd => $dir, env => {SUPERVISEDIR => "$dir/run"}}),
        'below an absolute one';
    is told({reader => $reader}), 'ld', 'the service has a directory named after its path';
}

# Who asks ---------------------------------------------------------------------------------------

# unmark($bytes): the letters, and the uids that marks give to them: "l\@0u\@0".
sub unmark {
    my ($bytes) = @_;
    my ($text, $covers, $uid) = ('', 0, 0);
    while (length $bytes) {
        if ($bytes =~ s/^([\xE1-\xFF])([\x80-\xFF]{5})//) {
            ($covers, $uid) = (ord($1) & 31, 0);
            $uid = $uid << 7 | $_ & 127 for unpack 'C*', $2;
        } else {
            $bytes =~ s/^(.)//s;
            $text .= $covers-- > 0 ? "$1\@$uid" : $1;
        }
    }
    return $text;
}

{
    my $ours = service('ours');
    my $record = "$ours->{path}/supervise/.status";
    my $me = "\@$<";
    write_file($record, own(supervise_pid => $$));
    quiet run('svc', '-dx', $ours->{path}), 'a supervise of ours';
    is unmark(told($ours)), "l${me}d${me}x$me", 'is told who asks';
    quiet run('svc', '-' . 'L' x 31, $ours->{path}), 'however much';
    is unmark(told($ours)), "L$me" x 31, 'there is to be said';

    SKIP: {
        skip 'only root can become somebody else', 2 unless have_root;
        chmod 0666, $ours->{control};
        quiet run('svc', '-t', $ours->{path}, {uid => 65534}), 'somebody else';
        is unmark(told($ours)), 'l@65534t@65534', 'is named with his own uid';
    }

    my $dead = start('true');
    $dead->wait;
    for (['of a supervise that is dead', own(supervise_pid => $dead->pid)],
        ['that is truncated', substr own(supervise_pid => $$), 0, 255],
        ['of another version', own(supervise_pid => $$) =~ s/S1/S2/r],
        ['with one bit wrong', own(supervise_pid => $$) =~ s/^(.{50})(.)/$1 . chr(1 ^ ord $2)/ser],
        ['that is empty', '']) {
        my ($what, $bytes) = @$_;
        write_file($record, $bytes);
        run('svc', '-t', $ours->{path});
        is told($ours), 'lt', "a record $what earns no mark";
    }
    unlink $record;
    POSIX::mkfifo($record, 0600);
    run('svc', '-t', $ours->{path});
    is told($ours), 'lt', 'nor does a FIFO, which is not waited for';
    unlink $record;
    mkdir $record;
    run('svc', '-t', $ours->{path});
    is told($ours), 'lt', 'nor a directory';
}

# A FIFO that is full ----------------------------------------------------------------------------

# fill($service): writes until nothing more fits. Returns how much that was.
sub fill {
    my ($service) = @_;
    my $size = 0;
    while (my $count = syswrite $service->{reader}, 't' x 64) { $size += $count }
    return $size;
}

{
    my ($stuck, $slow, $dying) = map { service($_) } qw(stuck slow dying);
    my %size = map { $_->{path} => fill($_) } $stuck, $slow, $dying;
    my $start = Time::HiRes::time();
    my $to_stuck = start('svc', '-u', $stuck->{path}, $target->{path});
    my $to_slow = start('svc', '-u', $slow->{path});
    my $to_dying = start('svc', '-u', $dying->{path});

    # Whoever waits has the FIFO open: then it is read, or lost.
    sub opened_by {
        my ($process, $service) = @_;
        # before it is svc it is a copy of this test, which reads the FIFO
        return unless (readlink '/proc/' . $process->pid . '/exe' // '') =~ m{/svc\z};
        return grep { (readlink $_ // '') eq $service->{control} } glob '/proc/' . $process->pid . '/fd/*';
    }
    ok wait_until { opened_by($to_slow, $slow) } 5, 'svc waits while the FIFO is full';
    ok $to_slow->running, 'and goes on waiting';
    is length told($slow), $size{$slow->{path}}, 'somebody reads it';
    is $to_slow->wait(5)->{code}, 0, 'then svc ends';
    is told($slow), 'lu', 'having written';
    is $to_slow->err, '', 'without a word';

    ok wait_until { opened_by($to_dying, $dying) } 5, 'another one waits';
    close $dying->{reader};
    is $to_dying->wait(5)->{code}, 0, 'and is not killed when the reader goes';
    is $to_dying->err, "svc: warning: error writing commands to $dying->{path}: broken pipe\n",
        'it says that the pipe is broken';

    my $result = $to_stuck->wait(15);
    ok $result, 'a supervise that never reads does not keep svc for ever';
    is $to_stuck->err, "svc: warning: error writing commands to $stuck->{path}: temporary failure\n",
        'it is named';
    cmp_ok Time::HiRes::time() - $start, '>', 2, 'but it was given its time';
    is length told($stuck), $size{$stuck->{path}}, 'nothing was written, not even a part';
    is told($target), 'lu', 'and the next service was told';
}

# A real supervise -------------------------------------------------------------------------------

{
    # Writes down each signal that it gets, and that it is ready to get some.
    my $service = make_service("$dir/real", run => <<'END');
#!/usr/bin/env perl
use strict;
sub note { open my $log, '>>', 'log' or die; syswrite $log, "$_[0]\n"; close $log }
$SIG{$_} = sub { note($_[0]) } for qw(CONT HUP ALRM INT QUIT USR1 USR2 WINCH ABRT);
$SIG{TERM} = sub { note('TERM'); exit 0 };
note("start");
select undef, undef, undef, 1000 while 1;
END
    my $log = sub { read_file("$service/log") // '' };
    my $supervise = start('supervise', $service);
    ok wait_until { $log->() eq "start\n" } 10, 'the service runs';
    my $expected = "start\n";
    for (['h', 'HUP'], ['a', 'ALRM'], ['i', 'INT'], ['q', 'QUIT'], ['1', 'USR1'], ['2', 'USR2'],
        ['w', 'WINCH'], ['c', 'CONT'], ['-abort', 'ABRT']) {
        my ($letter, $signal) = @$_;
        quiet run('svc', "-$letter", $service), "svc -$letter";
        $expected .= "$signal\n";
        wait_until { $log->() eq $expected } 10, $signal;
        is $log->(), $expected, "delivers $signal once";
    }
    my $pid = pid_of($service);
    run('svc', '-t', $service);
    ok wait_until { my $new = pid_of($service); $new && $new != $pid } 10, 'svc -t: it is another process soon';
    ok wait_until { $log->() =~ /TERM\nstart\n\z/ } 10, 'which was started after TERM';
    run('svc', '-d', $service);
    ok wait_until { !pid_of($service) } 10, 'svc -d: it is down';
    like $log->(), qr/TERM\n(?:CONT\n)?\z/, 'it was told to end';
    run('svc', '-u', $service);
    ok wait_until { pid_of($service) } 10, 'svc -u: it is up';
    is run('svstat', '-o', 'cause,causedetail,causeuid', $service)->{out}, "command u $<\n", 'and it is known who did that';
    run('svc', '-dx', $service);
    is $supervise->wait(10)->{code}, 0, 'svc -dx: supervise is gone';
    is run('svc', '-u', $service)->{err}, "svc: warning: unable to control $service: supervise not running\n",
        'and can no longer be told';
}

done_testing;
