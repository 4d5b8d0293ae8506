# ISC license.
#
# What multilog keeps in rare moments: batches that fill its memory, replaced bytes that look like
# none, records that cannot be made anew, directories nobody watches, disks without any room,
# processors that never end, and starts with other words from elsewhere.

use lib 'tests/lib';
use Upkeep;
use Logs;

use File::Path ();
use POSIX ();

use constant {
    READ     => 65536,  # bytes that are read at once
    FIONREAD => 0x541b, # asks how many bytes are in a pipe
};

sub configure { my ($log, $text) = @_; write_file("$place/$log/config", $text) }

# begin($reader, @argv, {options}): it runs, and reads from there.
sub begin {
    my $options = ref $_[-1] eq 'HASH' ? pop : {};
    my $reader = shift;
    return start(@_, {stdin => $reader, cwd => $place, %$options});
}

# channel: the two ends of a pipe.
sub channel {
    pipe my $reader, my $writer or die;
    $writer->autoflush(1);
    return ($reader, $writer);
}

# ended($process): its exit code, in the end.
sub ended {
    my ($process) = @_;
    my $result = $process->wait(20);
    return $result ? $result->{code} // "signal $result->{signal}" : 'still running';
}

sub killed { my ($process) = @_; $process->kill('KILL'); return ended($process) }

# signalled($process, $signal): it gets the signal and has taken note of it.
sub signalled {
    my ($process, $signal) = @_;
    $process->kill($signal);
    return wait_until { (read_file('/proc/' . $process->pid . '/status') // '') =~ /^ShdPnd:\t0+$/m } 10, $signal;
}

sub is_stopped { return (read_file('/proc/' . $_[0]->pid . '/stat') // '') =~ /\) T /s }

# at_once($process, $reader, $writer, $text): it finds all of that in the pipe, and takes it.
sub at_once {
    my ($process, $reader, $writer, $text) = @_;
    $process->kill('STOP');
    wait_until { !$process->running || is_stopped($process) } 10, 'STOP';
    syswrite($writer, $text) == length $text or die "unable to write at once: $!\n";
    $process->kill('CONT');
    return wait_until {
        my $left = pack 'i', 0;
        ioctl $reader, FIONREAD, $left or die "unable to ask a pipe: $!\n";
        return !$process->running || !unpack 'i', $left;
    } 10, 'an empty pipe';
}

# half_read($log): whether a part of a line has come, of which nothing is in a log.
sub half_read { my ($log, $part) = @_; return soon { content("$log/.inflight") =~ /\Q$part\E/ } 'half a line has been read' }

# Memory ----------------------------------------------------------------------------------------

fresh;
{
    mkdir "$place/log";
    configure('log', "s1000000\n");
    my ($reader, $writer) = channel();
    my $process = begin($reader, 'multilog', 't', 'n5', './log');
    say_to($writer, "hello\n");
    soon { content('log/current') =~ / hello\n\z/ } 'a line';
    configure('log', "s2000000\n");
    signalled($process, 'HUP');
    at_once($process, $reader, $writer, 'a' x (READ - 4));
    at_once($process, $reader, $writer, "\n" . 'b' x (READ - 1));
    at_once($process, $reader, $writer, "\n" x READ);
    is finish($process, $writer), 0, 'a batch that ends where the memory ends';
    my $want = join "\n", 'hello', 'a' x (READ - 4), 'b' x (READ - 1);
    same everything('log') =~ s/^\@[0-9a-f]{24} //gmr, $want . "\n" x READ, 'is all there';
}

# Replaced bytes --------------------------------------------------------------------------------

# What replaces 0xa0 is its complement. Of a line longer than a read, a whole read is written, but
# after so many bytes current cannot grow.
fresh;
{
    my $full = 8 * READ;
    for my $count (1 .. 7) {
        my $log = "./log$count";
        my ($reader, $writer) = channel();
        my $limited = 'trap "" XFSZ; ulimit -f ' . $full / 512 . '; exec "$@"';
        my @script = ('c_', 's10000000', $log);
        my $process = begin($reader, 'sh', '-c', $limited, 'sh', 'multilog', @script);
        at_once($process, $reader, $writer, 'x' x READ) for 1 .. $full / READ;
        soon { (-s "$place/$log/current" // 0) == $full } 'a line that is as long as a file may be';
        at_once($process, $reader, $writer, 'x' x (READ - $count));
        at_once($process, $reader, $writer, "\xa0" x $count);
        soon { $process->err =~ /pausing/ } 'and goes on';
        killed($process);
        say_to($writer, "end\n");
        is finish(begin($reader, 'multilog', @script), $writer), 0, "killed with $count replaced bytes in hand,";
        same everything($log), 'x' x ($full + READ - $count) . '_' x $count . "end\n", 'it loses none and writes none twice';
    }
}

# Records ---------------------------------------------------------------------------------------

fresh;
{
    my @as = have_root ? (uid => 65534) : ();
    mkdir "$place/log";
    chown 65534, 65534, "$place/log" if @as;
    configure('log', "s100000\n");
    my ($reader, $writer) = channel();
    my $process = begin($reader, 'multilog', './log', {@as});
    say_to($writer, "one\nbegun ");
    half_read('log', 'begun ');
    configure('log', "s200000\npme: \n");
    chmod 0555, "$place/log";
    signalled($process, 'HUP');
    say_to($writer, "ended\nthree\n");
    soon { content('log/current') eq "one\nme: begun ended\nme: three\n" } 'another config where no record can be made';
    chmod 0755, "$place/log";
    $process->kill('TERM');
    is ended($process), 0, 'and a clean end';
    say_to($writer, "four\n");
    $process = begin($reader, 'multilog', './log', {@as});
    is finish($process, $writer), 0, 'the next one';
    is everything('log'), "one\nme: begun ended\nme: three\nme: four\n", 'repeats nothing';
    is join('', grep { /inflight/ } glob "$place/log/.i*"), '', 'and leaves no record';
}

{
    fresh;
    my ($reader, $writer) = channel();
    my $process = begin($reader, 'multilog', './a', './b');
    say_to($writer, "one\npart");
    half_read('a', 'part');
    killed($process);
    say_to($writer, "ial\nthree\n");
    $process = begin($reader, 'multilog', './b', './a');
    is finish($process, $writer), 0, 'killed, and the directories in another order';
    is everything($_), "one\npartial\nthree\n", "half a line is completed, once, in $_" for 'a', 'b';

    fresh;
    mkdir "$place/$_" for 'here', 'there';
    ($reader, $writer) = channel();
    $process = begin($reader, 'multilog', './log', './log2', {cwd => "$place/here"});
    say_to($writer, "one\npart");
    soon { content('here/log2/current') eq "one\n" } 'a line';
    half_read('here/log', 'part');
    killed($process);
    say_to($writer, "ial\n");
    $process = begin($reader, 'multilog', '../here/log', {cwd => "$place/there"});
    is finish($process, $writer), 0, 'killed, and started elsewhere with another name for the directory';
    is join(' ', map { s{.*/}{}r } glob "$place/there/*"), '', 'nothing is made where the old name would be now';
    is everything('here/log'), "one\nial\n", 'the log goes on';
    like content('here/log/.inflight.unfinished'), qr/part/, 'and what could not be completed is kept';
    like $process->err, qr{^multilog: warning: unable to finish what \.\./here/log/\.inflight holds, keeping it as }m, 'with a word';
}

# Directories -----------------------------------------------------------------------------------

# In a user namespace of its own a process may be allowed none of what watches directories.
fresh;
SKIP: {
    my @unwatched = qw(unshare --user --map-root-user sh -c);
    push @unwatched, 'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"', 'sh';
    skip 'cannot forbid inotify here', 5 unless run(@unwatched, 'true')->{code} == 0;
    my ($reader, $writer) = channel();
    my $process = begin($reader, @unwatched, 'multilog', './log');
    say_to($writer, "one\n");
    soon { content('log/current') eq "one\n" } 'a directory';
    is scalar(grep { (readlink // '') =~ /inotify/ } glob '/proc/' . $process->pid . '/fd/*'), 0, 'that cannot be watched';
    File::Path::remove_tree("$place/log");
    say_to($writer, "two\n");
    soon { content('log/current') eq "two\n" } 'is made again when it is gone';
    is finish($process, $writer), 0, 'and all ends well';
    is content('log/current') . $process->err, "two\n", 'without a word';
}

fresh;
SKIP: {
    mkdir "$place/small";
    skip 'cannot mount a small file system here', 4 unless have_root && $ENV{UPKEEP_IN_NS}
        && run('mount', '-t', 'tmpfs', '-o', 'size=400k', 'none', "$place/small")->{code} == 0;
    mkdir "$place/small/log";
    write_file("$place/small/log/\@400000006b01658f104748b$_.s", 'x' x 45000, 0744) for 0 .. 7;
    open my $filler, '>', "$place/small/filler" or die;
    1 while syswrite $filler, 'x' x 4096;
    close $filler;
    my $result = run('multilog', 'N1', 'n20', 's50000', './small/log', {stdin => "one\n", cwd => $place});
    is $result->{code}, 0, 'N1: it starts on a full disk';
    is content('small/log/current'), "one\n", 'and writes';
    cmp_ok scalar(old_files('small/log')), '<', 8, 'old files make room';
    is $result->{err}, "multilog: warning: unable to write to ./small/log, removing old files: out of disk space\n", 'with a word';
    run('umount', "$place/small");
}

# Rotation --------------------------------------------------------------------------------------

fresh;
{
    POSIX::mkfifo("$place/gate", 0600) or die;
    my $processor = '!cat; test -e ../on || { echo >../started; read line <../gate; }; :';
    my ($reader, $writer) = channel();
    my $process = begin($reader, 'multilog', 's4096', $processor, './log');
    say_to($writer, lines(1, 160));
    soon { -e "$place/started" } 'a processor that does not end';
    signalled($process, 'ALRM');
    say_to($writer, lines(161, 170));
    soon { content('log/current') eq lines(129, 170) } 'does not hold up the lines when ALRM asks for a new file';
    say_to($writer, lines(171, 180));
    soon { content('log/current') eq lines(129, 180) } 'not even later ones';
    write_file("$place/on", '');
    open my $gate, '>', "$place/gate" or die;
    close $gate;
    soon { old_files('log') == 2 && content('log/current') eq '' } 'when it ends the new file begins';
    say_to($writer, lines(181, 182));
    is finish($process, $writer), 0, 'and all ends well';
    same everything('log'), lines(1, 182), 'with every line once';
    is content('log/current'), lines(181, 182), 'the latest in the new file';
}

fresh;
{
    mkdir "$place/log";
    configure('log', "t100000\n");
    my ($reader, $writer) = channel();
    my $process = begin($reader, 'multilog', './log');
    say_to($writer, "one\n");
    soon { content('log/current') eq "one\n" } 'a file that may become old';
    configure('log', "t1\n");
    signalled($process, 'HUP');
    soon { old_files('log') == 1 } 'may not any more when HUP brings another t';
    is content('log/' . (old_files('log'))[0]) . content('log/current'), "one\n", 'and has what was in it';
    is finish($process, $writer), 0, 'to the end';
}

done_testing;
