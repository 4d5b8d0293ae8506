# ISC license.
#
# multilog killed with SIGKILL at random moments, again and again, while numbered lines come at
# full speed, files rotate and a processor works on them. What it had read and not written yet is
# gone with it; but of what is in the log nothing is there twice, nothing out of order, only the
# line at which it was killed is torn, and there are never too many files.

use lib 'tests/lib';
use Upkeep;

use POSIX ();
use Time::HiRes ();

use constant {ROUNDS => 40, LONGEST => 0.04, FILES => 60};

# writer($handle): numbered lines, whole ones, until it is told to stop.
sub writer {
    my ($handle) = @_;
    my $pid = fork // die "unable to fork: $!\n";
    return $pid if $pid;
    my ($number, $stop) = (0, 0);
    $SIG{TERM} = sub { $stop = 1 };
    until ($stop) {
        my $lines = join '', map { sprintf "%-49d\n", ++$number } 1 .. 200;
        for (my $done = 0; $done < length $lines;) {
            $done += syswrite($handle, $lines, length($lines) - $done, $done) // 0;
        }
    }
    POSIX::_exit(0);
}

sub logs { my ($log) = @_; return map { s{.*/}{}r } sort(glob "$log/\@*"), grep { -e } "$log/previous", "$log/current" }

for my $script (['s20000'], ['t', 's20000'], ['s20000', '!cat']) {
    my $place = tempdir;
    my $log = "$place/log";
    pipe my $reader, my $writer or die;
    my $pid = writer($writer);
    close $writer;
    my ($random, $too_many) = (12345, 0);
    for my $round (1 .. ROUNDS) {
        my $process = start('multilog', @$script, 'n' . FILES, './log', {stdin => $reader, cwd => $place});
        $random = ($random * 1103515245 + 12345) % 2**31;
        # not waiting for anything: this is the moment of the crash
        my $end = Time::HiRes::time() + LONGEST * $random / 2**31;
        wait_until { Time::HiRes::time() > $end } 10;
        $process->kill('KILL');
        $process->wait(10);
        my $count = logs($log);
        $too_many = $count if $count > FILES;
    }
    my $process = start('multilog', @$script, 'n' . FILES, './log', {stdin => $reader, cwd => $place});
    close $reader;
    wait_until { -s "$log/current" } 10, 'the last multilog';
    kill 'TERM', $pid;
    waitpid $pid, 0;
    my $result = $process->wait(20);
    is $result && $result->{code}, 0, "@$script: the last of many ends cleanly";
    is $too_many, 0, 'there were never more files than allowed';

    my ($last, $lines, $wrong, $torn) = (0, 0, 0, 0);
    for my $name (logs($log)) {
        my @lines = split /^/, read_file("$log/$name");
        for my $i (0 .. $#lines) {
            my $line = $lines[$i] =~ s/^\@[0-9a-f]{24} //r;
            if ($line !~ /^(\d+) *\n\z/ || length $line != 50) {
                # its beginning was read by the one that was killed, its end by the next
                $torn++ unless !$i || ($i == $#lines && $name =~ /\.u\z/);
                next;
            }
            $wrong++ if $1 <= $last;
            $last = $1;
            $lines++;
        }
    }
    cmp_ok $lines, '>', 1000, 'there are lines in the log';
    is $wrong, 0, 'none is there twice or out of order';
    is $torn, 0, 'none is torn but where multilog was killed';
    my @left = grep { !/^(?:\@[0-9a-f]{24}\.[su]|current|lock|state)\z/ } map { s{.*/}{}r } glob "$log/*";
    is "@left", '', 'nothing else is left';
}

done_testing;
