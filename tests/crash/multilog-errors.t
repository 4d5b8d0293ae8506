# ISC license.
#
# multilog on disks that do not work: each of its system calls that touches a disk fails, once or
# again and again, or does only half of its work; disks that are full, and whoever is killed or
# sent away meanwhile; directories that are removed; processors that fail, hang or are missing.
# It says so once and goes on when it can, and no line is lost.
#
# UPKEEP_FULL=1 tries every error with every call, not only some.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= 3600 if $ENV{UPKEEP_FULL} }

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use Crash;

use Errno ();
use POSIX ();

compile_tools;
skip_all_unless(read_file(program('multilog')) !~ m{/ld-(?:linux|musl)[-.\w]*\0},
    'multilog is not static here: errors would hit its loader');
my $seed = seed;

my $top = tempdir;

# Each call that fails --------------------------------------------------------------------------

my $lines = join '', map { "$_:" . substr('abcdefghij' x 20, 0, $_ * 37 % 190) . "\n" } 1 .. 400;
my $input = write_file("$top/input", $lines);

my %words = (
    ENOSPC => 'out of disk space', EDQUOT => 'disk quota exceeded', EIO => 'input/output error',
    EROFS => 'read-only file system', EMFILE => 'process cannot open more files',
    EINTR => 'interrupted system call', ENOMEM => 'out of memory', ENOLCK => 'no locks available',
    EOPNOTSUPP => 'operation not supported', ENOENT => 'file does not exist',
);

# The errors that a call may well have; any other: EIO.
my @sensible = (
    qr/^(?:open|creat)/  => [qw(ENOSPC EDQUOT EIO EROFS EMFILE EINTR)],
    qr/write|copy|splice/ => [qw(ENOSPC EDQUOT EIO EINTR)],
    qr/sync/             => [qw(EIO ENOSPC EDQUOT)],
    qr/^(?:rename|link|mkdir)/ => [qw(EIO ENOSPC EDQUOT EROFS)],
    qr/^(?:unlink|fchmod|chmod)/ => [qw(EIO EROFS)],
    qr/^fallocate/       => [qw(ENOSPC EDQUOT EIO EINTR EOPNOTSUPP)],
    qr/truncate/         => [qw(EIO ENOSPC EINTR)],
    qr/^mmap/            => [qw(ENOMEM)],
    qr/^flock/           => [qw(ENOLCK EINTR)],
);

sub errors_of {
    my ($name) = @_;
    for (my $i = 0; $i < @sensible; $i += 2) { return @{$sensible[$i + 1]} if $name =~ $sensible[$i] }
    return 'EIO';
}

sub number_of { my ($error) = @_; return Errno->can($error)->() }

# May pass without a word: it did not have to be, or was done in another way, or again at once.
# What is left of the batch in flight after a clean end, the next one removes.
my $quiet = qr/^(?:mkdir|fallocate|mmap|lseek|fstat|newfstatat|statx|close|flock|faccessat)|^unlink\S* \S*\.inflight/;

# complaint($result, $error, $most): of what a run said about an error, or of how it ended. More than
# one word only if more than one thing was wrong.
sub complaint {
    my ($result, $error, $most) = @_;
    my @said = split /\n/, $result->{err};
    my $reason = $words{$error};
    if ($result->{ended} eq 'exit 111' && !$result->{reads}) {
        return '' if $most > 1 && @said && $said[-1] =~ /^multilog: fatal: unable to /;
        $reason = $words{ENOENT} if $result->{name} =~ /^mkdir/; # it may have been there: opening it tells
        return @said == 1 && $said[0] =~ /^multilog: fatal: unable to .*\S: \Q$reason\E$/ ? '' : "it died saying: @said";
    }
    return 'it ended: ' . $result->{ended} . ", @said" if $result->{ended} ne 'exit 0';
    my %different = map { $_ => 1 } @said;
    return "it said too much: @said" if @said > $most || keys %different < @said;
    my @strange = grep { !m{^multilog: warning: unable to .*\./\w+(?:/\S+)?\b.*: \Q$reason\E$} } @said;
    return "it said: @strange" if @strange;
    return 'it said nothing' if !@said && $error ne 'EINTR' && "$result->{name} $result->{target}" !~ $quiet;
    return '';
}

# sweep(\%world, \@before, \@tries): for each call of the class disk in the run after @before, one
# run for each of the tries: [error or undef for any, options]. Returns how many and what was wrong.
sub sweep {
    my ($world, $before, @tries) = @_;
    my ($runs, @wrong) = (0);
    my $whole = play($world, @$before, ['-l', '-c', 'disk']);
    my @calls = map { (split / /)[1] } @{$whole->{results}[@$before]{list}};
    File::Path::remove_tree($whole->{place});
    for my $call (1 .. @calls) {
        for my $try (@tries) {
            my @errors = errors_of($calls[$call - 1]);
            @errors = $errors[($call + $seed + $runs) % @errors] unless full;
            for my $error (@errors) {
                my $wrong = one_error($world, $before, $call, $error, @$try) // next;
                push @wrong, $wrong if $wrong;
                $runs++;
            }
        }
        last if @wrong >= 20;
    }
    return ($runs, @wrong);
}

# one_error: '' or what is wrong; undef if it did not come to that call.
sub one_error {
    my ($world, $before, $call, $error, @options) = @_;
    my $played = play($world, @$before, ['-c', 'disk', '-n', $call, '-d', number_of($error), @options]);
    my ($result, $last) = @{$played->{results}}[-2, -1];
    my $wrong;
    if ($result->{did}) {
        $wrong = $result->{ended} eq 'signal 9' ? '' : complaint($result, $error, $options[0] eq '-K' ? $options[1] : 1);
        $wrong ||= "the next one ended: $last->{ended}, $last->{err}" if $last->{ended} ne 'exit 0' || $last->{err} ne '';
        $wrong ||= $world->{check}->($played->{place});
        $wrong &&= "call $call, $result->{name} $result->{target}, $error @options: $wrong";
    }
    File::Path::remove_tree($played->{place});
    return $wrong;
}

sub plain { my ($place) = @_; return same_text(text_of("$place/log"), $lines) || complaints("$place/log", 16384, 20) }

sub both {
    my ($place) = @_;
    return join '', map { same_text(text_of("$place/$_"), $lines) || complaints("$place/$_", 16384, 20) } 'a', 'b';
}

sub check_sweep {
    my ($sentence, @arguments) = @_;
    my ($runs, @wrong) = sweep(@arguments);
    is scalar(@wrong), 0, $sentence or diag map { "$_\n" } @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)];
    cmp_ok $runs, '>', 20, 'each of many calls';
    note "$runs runs";
}

my @once = ['-k', 1];
my @thrice = ['-k', 3];
my @with_others = ['-K', 4];

my %one = (script => ['r10', 's16384', 'n20', './log'], input => $input, piece => 7001, check => \&plain);
my %two = (%one, script => ['r10', 's16384', 'n20', './a', './b'], check => \&both);
my %processed = (%one, script => ['r10', 's16384', 'n20', '!cat', './log'], check => \&plain);

check_sweep('a call fails once: it is said once, and no line is lost', \%one, [], @once);
check_sweep('it fails three times in a row: it is still said once', \%one, [], @thrice);
check_sweep('so do those that follow it: each is said once', \%one, [], @with_others);
check_sweep('with two directories the same', \%two, [], @thrice);
check_sweep('and with a processor', \%processed, [], @thrice);
check_sweep('what a killed one had read is not lost by an error in the one that completes it',
    \%one, [['-c', 'input', '-d', 'after', '-n', 3]], @once);
check_sweep('nor if it was killed in the middle of a write', \%one, [['-c', 'write', '-d', 'torn', '-n', 4]], @once);
check_sweep('nor if the one that had the error is killed itself', \%one, [], ['-x', 4]);

{
    my ($halves, @wrong) = (0);
    for my $class ('write', 'input') {
        for (my $call = 1;; $call++) {
            my $played = play(\%one, ['-c', $class, '-d', 'half', '-n', $call]);
            my $result = $played->{results}[0];
            my $wrong = join '', plain($played->{place}), map { $_->{err} } @{$played->{results}};
            push @wrong, "$class $call: $wrong" if $wrong;
            File::Path::remove_tree($played->{place});
            last unless $result->{did};
            $halves++;
        }
    }
    is "@wrong", '', 'a read or write that does half of its work is no trouble';
    cmp_ok $halves, '>', 10, 'each of them';
}

# Full disks ------------------------------------------------------------------------------------

my $place;
my $places = 0;

sub fresh {
    $place = "$top/" . ++$places;
    mkdir $place or die "unable to create $place: $!\n";
    return $place;
}

# numbers($from, $to): lines of 32 bytes.
sub numbers { my ($from, $to) = @_; return join '', map { sprintf "%-31d\n", $_ } $from .. $to }

# A running multilog with the pipe it reads from; we hold both ends.
sub begin {
    my ($world, @script) = @_;
    if (!$world->{reader}) {
        pipe my $reader, my $writer or die;
        $writer->autoflush(1);
        @$world{qw(reader writer)} = ($reader, $writer);
        $world->{sent} = 0;
        $world->{script} = \@script;
    }
    return $world->{process} = start('multilog', @{$world->{script}}, {stdin => $world->{reader}, cwd => $place});
}

# send_lines($world, $count): that many more; returns when the pipe has them all, or is full and
# stays full while multilog waits. Then a rest of a line is for the next time.
sub send_lines {
    my ($world, $count) = @_;
    $world->{rest} .= numbers($world->{sent} + 1, $world->{sent} + $count);
    $world->{sent} += $count;
    $world->{writer}->blocking(0);
    wait_until {
        my $written = syswrite $world->{writer}, $world->{rest};
        substr $world->{rest}, 0, $written, '' if $written;
        return !length $world->{rest} || (!$written && $world->{process}->err =~ /\n/);
    } 20, 'lines to be taken';
}

# end_input($world): the rest, then no more; how the process ends.
sub end_input {
    my ($world) = @_;
    close delete $world->{reader};
    $world->{writer}->blocking(1);
    print {$world->{writer}} delete $world->{rest} // '';
    close delete $world->{writer};
    return how_it_ends($world->{process});
}

sub how_it_ends {
    my ($process) = @_;
    my $result = $process->wait(10);
    return 'still running' unless $result;
    return $result->{code} // "signal $result->{signal}";
}

sub fill {
    my ($directory) = @_;
    open my $filler, '>', "$directory/filler" or die;
    for my $length (65536, 4096) { 1 while syswrite $filler, 'x' x $length }
    close $filler;
}

# tried_again($process, $times): it has gone to wait that often since.
sub switches {
    my $status = read_file('/proc/' . $_[0]->pid . '/status') // '';
    return $status =~ /^voluntary_ctxt_switches:\s*(\d+)/m ? $1 : 0;
}

sub tried_again {
    my ($process, $times) = @_;
    my $from = switches($process);
    return wait_until { switches($process) >= $from + $times } 10, 'another try';
}

sub soon(&$) { my ($condition, $sentence) = @_; return ok &wait_until($condition, 10, $sentence), $sentence }

sub all_lines {
    my ($world, $log, $sentence) = @_;
    is same_text(text_of("$place/$log"), numbers(1, $world->{sent})), '', $sentence;
}

# begin_again($world, $name): another multilog on a disk that is still full; whether it waits or
# dies is its affair, if it says why. Returns it running again when $relieve has been called.
sub begin_again {
    my ($world, $relieve) = @_;
    my $process = begin($world);
    my $is_there = -e "$place/small/log/current";
    wait_until { $process->err =~ /\n/ || !$process->running || (!$is_there && -e "$place/small/log/current") } 10,
        'a word, or an end, or a beginning';
    like $process->err, qr/\Amultilog: (?:warning|fatal): unable to .*: out of disk space\n\z/, 'the next one says what is wrong'
        if $process->err ne '';
    $relieve->();
    $process->running && $process->err !~ /fatal/ or begin($world);
}

my $word_for_it = qr{\Amultilog: warning: unable to write to \./small/log/current, pausing: out of disk space\n\z};

# on_full_disk: a log on a small disk that has become full, multilog waiting.
sub on_full_disk {
    fresh;
    mkdir "$place/small";
    mount_at("$place/small", 'size=4m') or return;
    my $world = {};
    begin($world, 'r10', 's200000', 'n20', './small/log');
    send_lines($world, 1000);
    wait_until { text_of("$place/small/log") eq numbers(1, 1000) } 10, 'the first lines';
    fill("$place/small");
    send_lines($world, 10000);
    return $world;
}

sub off_disk { run('umount', "$place/small") }

SKIP: {
    my $world = on_full_disk or skip 'cannot mount a small file system here', 1;
    ok length $world->{rest}, 'on a full disk the writer has to wait';
    ok tried_again($world->{process}, 5), 'it is tried again';
    like $world->{process}->err, $word_for_it, 'there is one warning, with path and reason';
    unlink "$place/small/filler";
    is end_input($world), 0, 'when there is room it goes on';
    like $world->{process}->err, $word_for_it, 'without another word';
    all_lines($world, 'small/log', 'and nothing is lost');
    off_disk;

    $world = on_full_disk;
    $world->{process}->kill('KILL');
    is how_it_ends($world->{process}), 'signal 9', 'it is killed on a full disk';
    begin_again($world, sub { unlink "$place/small/filler" });
    is end_input($world), 0, 'when there is room the next one goes on';
    all_lines($world, 'small/log', 'and nothing is lost');
    off_disk;

    $world = on_full_disk;
    $world->{process}->kill('TERM');
    my $how = how_it_ends($world->{process});
    is $how, 0, 'SIGTERM on a full disk: it leaves at once';
    $world->{process}->stop('KILL') if $how ne '0';
    begin_again($world, sub { unlink "$place/small/filler" });
    is end_input($world), 0, 'when there is room the next one goes on';
    all_lines($world, 'small/log', 'with what the first had read');
    off_disk;

    # nothing has been made yet
    fresh;
    mkdir "$place/small";
    mount_at("$place/small", 'size=4m');
    fill("$place/small");
    $world = {script => ['r10', './small/log']};
    pipe my $reader, my $writer;
    @$world{qw(reader writer sent)} = ($reader, $writer, 0);
    begin_again($world, sub { unlink "$place/small/filler" });
    send_lines($world, 1000);
    is end_input($world), 0, 'a disk that is full from the beginning';
    all_lines($world, 'small/log', 'is no reason to lose anything either');
    off_disk;

    # N: history makes room for news
    fresh;
    mkdir "$place/small";
    mount_at("$place/small", 'size=4m');
    $world = {};
    my $process = begin($world, 'r10', 's8192', 'n50', 'N2', './small/log');
    send_lines($world, 5000);
    wait_until { old_files("$place/small/log") > 15 } 10, 'old files';
    fill("$place/small");
    send_lines($world, 20000);
    # of the newest lines, those that came before are there
    soon { send_lines($world, 0); !length $world->{rest} } 'with N2 old files make room for new lines';
    wait_until { text_of("$place/small/log") =~ /^$world->{sent} *\n\z/m } 10, 'the last line';
    cmp_ok scalar(old_files("$place/small/log")), '>=', 2, 'but two are kept';
    like $process->err, qr/\A(?:multilog: warning: .*out of disk space\n){1,5}\z/, 'which is said';
    unlink "$place/small/filler";
    is end_input($world), 0, 'it ends well';
    my $text = text_of("$place/small/log");
    my $first = $text =~ /^(\d+)/ ? $1 : 0;
    is same_text($text, numbers($first, $world->{sent})), '', 'of the latest lines none is missing';
    off_disk;
}

# Processors ------------------------------------------------------------------------------------

sub warnings_of { my ($process) = @_; return join '', grep { /^multilog: / } split /^/, $process->err }

fresh;
{
    my $world = {};
    my $process = begin($world, 'r10', 's4096', 'n20', '!../processor', './log');
    send_lines($world, 400);
    soon { warnings_of($process) ne '' } 'a processor that is missing';
    ok tried_again($process, 5), 'is tried again';
    like warnings_of($process), qr{\Amultilog: warning: processor failed in \./log, pausing\n\z}, 'and is said to fail, once';
    $process->kill('KILL');
    is how_it_ends($process), 'signal 9', 'it is killed';
    $process = begin($world);
    soon { warnings_of($process) ne '' } 'the next one has the same trouble';
    $process->kill('TERM');
    my $how = how_it_ends($process);
    is $how, 0, 'SIGTERM: it leaves';
    $process->stop('KILL') if $how eq 'still running';
    write_file("$place/processor", "#!/bin/sh\nexec cat\n", 0755);
    begin($world);
    send_lines($world, 400);
    is end_input($world), 0, 'when the processor is there all goes on';
    all_lines($world, 'log', 'with every line once');
    is complaints("$place/log", 4096, 20), '', 'in the files where they belong';
}

# One that hangs until the gate is opened: a line for each that comes, now or later.
sub hanging { return '!echo >>../started; read line <../gate; cat' }

sub started { return -s "$place/started" // 0 }

sub make_gate {
    POSIX::mkfifo("$place/gate", 0600) or die "unable to create a fifo: $!\n";
    sysopen my $gate, "$place/gate", POSIX::O_RDWR() or die "unable to open the fifo: $!\n";
    return $gate;
}

sub open_gate { syswrite $_[0], "\n" x 4000 }

for my $signal ('KILL', 'TERM') {
    fresh;
    my $gate = make_gate;
    my $world = {};
    my $process = begin($world, 'r10', 's4096', 'n20', hanging, './log');
    send_lines($world, 200);
    soon { started() == 1 } 'a processor hangs';
    $process->kill($signal);
    if ($signal eq 'TERM') {
        # the first one may be taken for: when the processor is through
        tried_again($process, 1);
        $process->kill('TERM');
    }
    my $how = how_it_ends($process);
    is $how, $signal eq 'TERM' ? 0 : 'signal 9', $signal eq 'TERM' ? 'SIGTERM twice: it leaves' : 'multilog is killed';
    $process->stop('KILL') if $how eq 'still running';
    my $next = begin($world);
    soon { started() == 2 } 'the next one begins with it again';
    # now there are two of them, the first of which nobody asks any more
    open_gate($gate);
    send_lines($world, 200);
    is end_input($world), 0, 'when they go on so does the log';
    all_lines($world, 'log', 'with every line once');
    is complaints("$place/log", 4096, 20), '', 'in the files where they belong';
}

# Directories that go away ----------------------------------------------------------------------

fresh;
{
    pipe my $reader, my $writer or die;
    my $source = start('numbered', 'write', 'short', 10000, {stdout => $writer});
    close $writer;
    my @script = ('r10', 's4096', 'n500', './log');
    my $process = start('multilog', @script, {stdin => $reader, cwd => $place});
    soon { -s "$place/log/current" } 'a log';
    rename "$place/log", "$place/gone";
    # somebody is at work in it
    wait_until { File::Path::remove_tree("$place/gone", {error => \my $ignored}); !-e "$place/gone" } 10, 'its end';
    soon { -s "$place/log/current" } 'that is removed is made again';
    cmp_ok scalar(split /\n/, $process->err), '<=', 1, 'of which is one word at most';
    $process->stop('KILL');
    for (1 .. 20) { run('atmoment', chance(300, 20000), 'multilog', @script, {stdin => $reader, cwd => $place}) }
    my $last = start('multilog', @script, {stdin => $reader, cwd => $place});
    close $reader;
    $source->stop;
    my ($number) = $source->err =~ /^last (\d+)$/m;
    is how_it_ends($last), 0, 'whoever is killed there, the last one ends well';
    my $text = text_of("$place/log");
    my $first = $text =~ /^(\d+)/ ? $1 : 0;
    my $want = join '', map { sprintf "%-49d\n", $_ } $first .. $number;
    is same_text($text, $want), '', 'and from its first line on the new log is complete';
    is complaints("$place/log", 4096, 500), '', 'in the files where they belong';
}

done_testing;
