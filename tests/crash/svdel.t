# ISC license.
#
# svdel killed at each of its system calls, before and after it; and each of them failing. The logs
# are never lost, and the next svdel goes on until nothing is left. With and without somebody who
# looks after the service. UPKEEP_FULL=1: every call in both cases.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= $ENV{UPKEEP_FULL} ? 900 : 240 }

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use Crash qw(compile_tools full seed chance mount_at);

compile_tools;
seed;
delete @ENV{qw(SVSCANDIR SVBASEDIR)};
my $top = tempdir;
mount_at($top);

my @command = ('svdel', '--scan=service', '--purge', '--timeout=20000', 'web');
my $line = "what must not be lost\n";

sub names {
    opendir my $directory, $_[0] or return ();
    return sort grep { !/^\.\.?$/ } readdir $directory;
}

sub make_place { my ($name) = @_; mkdir "$top/$name" or die; mkdir "$top/$name/service"; return "$top/$name" }

sub add {
    my ($place, @options) = @_;
    my $result = run('svadd', '--scan=service', 'web', '--env=A=b', @options, {cwd => $place});
    $result->{code} == 0 or die $result->{err};
}

# logs($place): how often the line is there, wherever that is.
sub logs {
    my ($place) = @_;
    my @found = grep { (read_file($_) // '') =~ /what must not be lost\n/ }
        map { glob "$place/sv/{,.}*/$_" } 'log/main/current', 'main/current';
    return scalar @found;
}

# ends($place): '' if the next one leaves nothing but the log.
sub ends {
    my ($place) = @_;
    return 'the log is there ' . logs($place) . ' times' if logs($place) != 1;
    my $result = run(@command, {cwd => $place});
    my $was_done = ($result->{code} // -1) == 111 && $result->{err} =~ /there is no /;
    return "the next one ends with $result->{code}: $result->{err}" if $result->{code} && !$was_done;
    my @left = ((grep { $_ ne 'web.log' } names("$place/sv")), grep { $_ ne '.svscan' } names("$place/service"));
    return "these are left: @left" if @left;
    return 'the log is lost' if logs($place) != 1;
    return '';
}

# Nobody looks after it --------------------------------------------------------------------------

my $plays = 0;

sub play {
    my $place = make_place('play' . ++$plays);
    add($place, '--', 'true');
    write_file("$place/sv/web/log/main/current", $line);
    my $result = run('atcall', '-e', '-w', "$place/report", @_, @command, {cwd => $place});
    my $wrong = ends($place);
    my $report = read_file("$place/report") // '';
    File::Path::remove_tree($place);
    return ($wrong, $report, $result);
}

my ($wrong, $report) = play();
is $wrong, '', 'traced, it does what it should';
my ($calls) = $report =~ /^calls (\d+)$/m;
cmp_ok $calls, '>', 50, "in $calls system calls";
for my $deed (qw(before after)) {
    my @wrong;
    my $step = full ? 1 : 3;
    for (my $at = chance(1, $step); $at <= $calls; $at += $step) {
        my ($wrong) = play('-n', $at, '-d', $deed);
        push @wrong, "at $at: $wrong" if $wrong ne '';
    }
    is join("\n", @wrong[0 .. ($#wrong < 4 ? $#wrong : 4)]), '', "killed $deed them, the next one finishes";
}
for my $error (full ? (28, 5, 24, 13, 30) : 5) {
    my (@wrong, $at);
    for ($at = 1; $at < 1000; $at++) {
        my ($wrong, $report, $result) = play('-c', 'disk', '-n', $at, '-d', $error);
        last unless $report =~ /^did /m;
        push @wrong, "at $at: $wrong" if $wrong ne '';
        push @wrong, "at $at: it says nothing" if $result->{code} && $result->{code} != 127
            && $result->{err} !~ /\Asvdel: (?:fatal|warning): /;
    }
    is join("\n", @wrong[0 .. ($#wrong < 4 ? $#wrong : 4)]), '', "error $error of each call: the next one finishes";
    cmp_ok $at, '>', 20, 'each of ' . ($at - 1);
}

# svscan looks after it ----------------------------------------------------------------------------

{
    my (@wrong, $total);
    my $place = make_place('watched');
    my $scan = start('svscan', 'service', {cwd => $place});
    my $round = sub {
        my (@options) = @_;
        add($place, '--wait', '--', 'sh', '-c', 'echo what must not be lost; exec sleep 1000');
        wait_until { logs($place) } 10, 'its log';
        my @pids = map { pid_of("$place/service/$_") } 'web', 'web/log';
        run('atcall', '-e', '-w', "$place/report", @options, @command, {cwd => $place});
        my $wrong = ends($place);
        my @alive = grep { alive($_) } @pids;
        $wrong ||= "@alive still run" if @alive;
        File::Path::remove_tree("$place/sv/web.log");
        return $wrong;
    };
    is $round->(), '', 'under svscan, traced, it does what it should';
    my ($calls) = read_file("$place/report") =~ /^calls (\d+)$/m;
    my $step = full ? 1 : 12;
    for (my $at = chance(1, $step); $at <= $calls && @wrong < 3; $at += $step) {
        for my $deed (qw(before after)) {
            my $wrong = $round->('-n', $at, '-d', $deed);
            push @wrong, "$deed $at: $wrong" if $wrong ne '';
        }
    }
    is join("\n", @wrong), '', 'killed, the next one waits until it has ended, and finishes';
    $scan->stop;
}

done_testing;
