# ISC license.
#
# svevents is killed: while services restart as fast as they can, at random moments; and at each of
# its system calls. Whoever goes on with its cursor tells the rest: every event once and in order, or
# how many were missed. Into a file, with and without O_APPEND, into a pipe, and by a program per
# event.
#
# UPKEEP_FULL=1: more kills, and every call. UPKEEP_SEED=N repeats its choices.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= $ENV{UPKEEP_FULL} ? 900 : 240 }

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use One;
use Crash qw(compile_tools full seed chance mount_at same_text);

use Fcntl;
use POSIX ();

compile_tools;
seed;
my $top = tempdir;
mount_at($top);

my $kills = full ? 400 : 50; # of each kind

# Outputs ----------------------------------------------------------------------------------------

# output($kind, $name): {handle => where svevents writes, text => what has come there, more => reads on}.
sub output {
    my ($kind, $path) = @_;
    if ($kind eq 'pipe') {
        pipe my $reader, my $writer or die;
        fcntl $reader, F_SETFL, O_NONBLOCK;
        my $text = '';
        my $more = sub { 1 while sysread $reader, $text, 65536, length $text };
        return {handle => $writer, more => $more, text => sub { $more->(); return $text }};
    }
    my $mode = O_WRONLY | O_CREAT | ($kind eq 'append' ? O_APPEND : 0);
    sysopen my $file, $path, $mode or die "$path: $!";
    return {handle => $file, more => sub { }, text => sub { return read_file($path) // '' }};
}

# The program per event appends a line, in one write.
my $program = write_file("$top/program", <<'END', 0755);
#!/bin/sh
echo "{\"service\":\"$SVEVENT_SERVICE\",\"serial\":$SVEVENT_SERIAL,\"missed\":${SVEVENT_MISSED:-0}}" >> told
END

# wrong($text, {service => last}): '' if every event up to these serials is there, once and in order,
# or counted. Sets how many were told and missed.
my ($told, $missed);

sub wrong {
    my ($text, $last) = @_;
    my %next = map { $_ => 1 } keys %$last;
    ($told, $missed) = (0, 0);
    return 'the last line is not complete: ' . substr $text, -40 if length $text && $text !~ /\n\z/;
    for (split /\n/, $text) {
        return "this is no event: $_" unless /^\{"service":"(\w+)","serial":(\d+)\b.*\}$/ && $next{$1};
        my ($service, $serial) = ($1, $2);
        if (/"missed":([1-9]\d*)/) { $missed += $1; $next{$service} += $1 - 1 }
        else { $told++ }
        return "serial $serial of $service comes in the place of $next{$service}" if $serial != $next{$service};
        $next{$service}++;
    }
    for (sort keys %next) { return "the last of $_ is not $last->{$_}" if $next{$_} != $last->{$_} + 1 }
    return '';
}

sub last_serial {
    my ($service) = @_;
    return run('svevents', '-j', '-n', 1, $service)->{out} =~ /"serial":(\d+)/ ? $1 : 0;
}

# reader($kind, $cursor, $service, @options): the command.
sub reader {
    my ($kind, $cursor, $service, @options) = @_;
    my @command = ('svevents', @options, '-c', $cursor);
    return $kind eq 'program' ? (@command, '-x', $program, $service) : (@command, '-j', $service);
}

# At random moments ------------------------------------------------------------------------------

sub storm {
    my ($kind) = @_;
    my $place = "$top/storm-$kind";
    mkdir $_ or die for $place, "$place/scan";
    my @services = map { make_service("$place/scan/fast$_", run => 'exit 0', 'restart-delay' => '0 0') } 1 .. 3;
    my $output = output($kind, "$place/told");
    my $errors = "$place/errors";
    sysopen my $error, $errors, O_WRONLY | O_CREAT | O_APPEND or die;
    my @command = reader($kind, "$place/cursor", "$place/scan", '-f');
    my %options = (cwd => $place, stderr => $error, stdout => $output->{handle});
    my @supervises = map { start('supervise', $_) } @services;
    wait_until { !grep { last_serial($_) < 10 } @services } 10, 'a storm';

    my $killed = 0;
    for (1 .. $kills) {
        my $process = start(@command, {%options});
        # the moment is chosen
        my $end = Upkeep::now() + rand(rand() < 0.3 ? 0.005 : 0.06);
        while (Upkeep::now() < $end) { select undef, undef, undef, 0.001; $output->{more}->() }
        $killed += $process->kill('KILL');
        $process->wait(10);
    }
    control($_, 'dx') for @services;
    $_->wait(10) or diag 'supervise does not end' for @supervises;
    my %last = map { s{.*/}{}r => last_serial($_) } @services;
    my $process = start(reader($kind, "$place/cursor", "$place/scan"), {%options});
    wait_until { $output->{more}->(); !$process->running } 30, 'the last reader';
    is $killed, $kills, "$kind: $kills readers of services that restart as fast as they can are killed";
    my $wrong = wrong($kind eq 'program' ? read_file("$place/told") : $output->{text}->(), \%last);
    is $wrong, '', 'what they tell is every event, once and in order, or counted as missed';
    note "$told told, $missed missed";
    cmp_ok $told, '>', $kills, 'and some are told';
    is read_file($errors), '', 'and nothing is to be said of it';
}

storm($_) for qw(append file pipe program);

# At each call -----------------------------------------------------------------------------------

# A journal that rests: more events than one batch has.
my $service = make_service("$top/rests", run => 'exit 0', 'restart-delay' => '0 0');
{
    my $supervise = start('supervise', $service);
    wait_until { last_serial($service) > 200 } 10, 'events';
    control($service, 'dx');
    $supervise->wait(10);
}
my $whole = run('svevents', '-j', $service)->{out};
my ($first) = $whole =~ /"serial":(\d+)/;
my $last = last_serial($service);

# play($kind, @options): one reader under atcall with these, then others to the end. Returns '' or
# what is wrong, and atcall's report.
my $plays = 0;

sub play {
    my ($kind, @options) = @_;
    my $place = "$top/play" . ++$plays;
    mkdir $place or die;
    my $output = output($kind, "$place/told");
    my @count = $kind eq 'program' ? ('-n', 5) : ();
    my @command = reader($kind, "$place/cursor", $service, @count);
    my %options = (cwd => $place, stdout => $output->{handle});
    run_and_read($output, ['atcall', '-w', "$place/report", @options, @command], %options);
    run_and_read($output, [@command], %options);
    my $text = $kind eq 'program' ? read_file("$place/told") // '' : $output->{text}->();
    my $report = read_file("$place/report") // '';
    if ($kind eq 'program') {
        $text =~ s/.*"serial":(\d+).*/$1/g;
        return ($text eq join('', map { "$_\n" } $last - 4 .. $last) ? '' : "told: $text", $report);
    }
    return (same_text($text, $whole), $report);
}

sub run_and_read {
    my ($output, $command, %options) = @_;
    my $process = start(@$command, \%options);
    my $deadline = Upkeep::now() + 30;
    until ($process->poll) {
        $output->{more}->();
        select undef, undef, undef, 0.0005;
        if (Upkeep::now() > $deadline) { diag "had to be killed: @$command"; $process->kill('KILL') }
    }
}

for my $kind (qw(append file pipe program)) {
    my ($wrong, $report) = play($kind);
    is $wrong, '', "$kind: a reader that is not killed tells all";
    my ($calls) = $report =~ /^calls (\d+)$/m;
    my $step = full ? 1 : $calls > 300 ? 7 : 3;
    my (@wrong, $count);
    for my $deed (qw(before after)) {
        for (my $at = chance(1, $step); $at <= $calls; $at += $step) {
            my ($wrong) = play($kind, '-n', $at, '-d', $deed);
            push @wrong, "$deed call $at: $wrong" if $wrong ne '';
            $count++;
        }
    }
    is join("\n", @wrong[0 .. ($#wrong < 4 ? $#wrong : 4)]), '', "killed before and after calls, $count of " . 2 * $calls
        . ', it tells the rest';
}

# Killed when a program is there and has not executed anything yet. It goes on, at once or later.
{
    my @wrong;
    my $count = 0;
    for my $deed (qw(orphan stopped)) {
        my ($wrong, $report) = play('program', '-c', 'birth');
        my ($calls) = $report =~ /^calls (\d+)$/m;
        my $step = full ? 1 : 2;
        for (my $at = chance(1, $step); $at <= $calls; $at += $step) {
            ($wrong) = play('program', '-c', 'birth', '-n', $at, '-d', $deed);
            push @wrong, "$deed at $at: $wrong" if $wrong ne '';
            $count++;
        }
    }
    is join("\n", @wrong), '', "killed while a program is born, $count times, it runs it once";
}

done_testing;
