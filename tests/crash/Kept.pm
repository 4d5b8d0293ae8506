# ISC license.
#
# What the crash tests of supervise share: a service directory whose service tells on whoever has
# it run twice; stories, step by step, in which somebody gives commands and things die, played by a
# supervise that is killed, or whose system calls fail, at a chosen moment; and what is to be true
# afterwards, in words: nothing to say is ''.

package Kept;

use strict;
use warnings;

use Exporter ();
use Fcntl ();
use POSIX ();
use Upkeep;
use Crash;

our @ISA = 'Exporter';
our @EXPORT = qw(spread play_story play_kill kills complain sample tell status_of journal_of report_of @PHASES);

use constant {
    LIMIT   => 10,    # seconds that a step may take
    LOOK    => 0.004, # seconds between two looks
    WORKERS => 8,
};

# Many at a time ---------------------------------------------------------------------------------

# spread($work, @jobs): $work->($job) for each of them, in a few processes at a time, which mostly
# wait. Returns what it returned, texts, in the order of the jobs.
sub spread {
    my ($work, @jobs) = @_;
    pipe my $next, my $queue or die "unable to create a pipe: $!\n";
    my $results = File::Temp::tempfile();
    fcntl $results, Fcntl::F_SETFL(), Fcntl::O_APPEND();
    my @workers;
    for my $worker (1 .. (@jobs < WORKERS ? @jobs : WORKERS)) {
        my $pid = fork // die "unable to fork: $!\n";
        if (!$pid) {
            close $queue;
            POSIX::_exit(eval { take_jobs($work, \@jobs, $next, $results); 1 } ? 0 : (warn($@), 1)[1]);
        }
        push @workers, $pid;
    }
    close $next;
    local $SIG{PIPE} = 'IGNORE'; # all workers have died
    for (0 .. $#jobs) { last unless syswrite $queue, pack 'N', $_ }
    close $queue;
    my $failed = grep { waitpid $_, 0; $? } @workers;
    seek $results, 0, 0;
    my @result = ("not done: $failed workers have died") x @jobs;
    while (read $results, my $head, 8) {
        my ($job, $length) = unpack 'NN', $head;
        read $results, $result[$job], $length;
        $result[$job] = '' unless $length;
    }
    return @result;
}

sub take_jobs {
    my ($work, $jobs, $next, $results) = @_;
    while (sysread $next, my $number, 4) {
        my $job = unpack 'N', $number;
        my $result = $work->($jobs->[$job]);
        syswrite $results, pack('NN', $job, length $result) . $result;
    }
}

# complain($sentence, @results): one test; of each kind of complaint the first one is told in full.
sub complain {
    my ($sentence, @results) = @_;
    my @wrong = grep { length && $_ ne '-' } @results;
    my (%kind, @told);
    for (@wrong) { my ($kind) = /\): (.*)/; push @{$kind{($kind // '') =~ s/\d+/N/gr}}, $_ }
    for my $kind (sort { @{$kind{$b}} <=> @{$kind{$a}} } keys %kind) {
        my @same = @{$kind{$kind}};
        push @told, scalar(@same) . ": $kind", map { (/(.*)\):/)[0] . ')' } @same[1 .. ($#same > 4 && !$ENV{UPKEEP_ALL} ? 4 : $#same)];
        push @told, $same[0];
    }
    Test::More::is(scalar(@wrong), 0, $sentence) or Test::More::diag(map { "$_\n" } @told);
    return !@wrong;
}

# sample($count, @list): so many of it, in order, evenly and randomly chosen.
sub sample {
    my ($count, @list) = @_;
    return @list if $count >= @list;
    my $step = @list / $count;
    return map { $list[int(($_ + rand) * $step)] } 0 .. $count - 1;
}

# kills($calls, $count, $double): lists of options for atcall: so many kills before a call, after one,
# some instructions later, and after one and then again at one of the first calls of the next.
sub kills {
    my ($calls, $count, $double) = @_;
    my @all = 1 .. $calls;
    my @kills = map { my $deed = $_; map { [['-d', $deed, '-n', $_]] } sample($count, @all) } 'before', 'after';
    push @kills, map { [['-d', 'after', '-n', $_, '-m', 1 + int exp rand log 8000]] } sample(2 * $count, map { ($_) x 2 } @all);
    push @kills, map { [['-d', 'after', '-n', $_], ['-d', pick('before', 'after'), '-n', chance(1, $double)]] } sample($count, @all);
    return @kills;
}

# play_kill($player, $story, @options): '' if all is well, '-' if it did not come to that call.
sub play_kill {
    my ($player, $story, @options) = @_;
    my $play = $player->($story, @options);
    my @did = @{$play->{report}{did}};
    my $named = join ' -- ', map { "@$_" } @options;
    return 'killed ' . join(', then ', @did) . " ($named): $play->{wrong}" if $play->{wrong};
    return @did == @options ? '' : '-';
}

# Records ----------------------------------------------------------------------------------------

our @PHASES = ('down', 'waiting', 'starting', 'up', 'stopping', 'finishing', 'backoff', 'failed', 'no run script', 'preparing', 'started', 'cleaning up');
my @wanteds = qw(down up once);
my @status_fields = qw(magic serial since changed pid pid_start pid_inode finish_pid finish_start phase wanted flags
    ending ending_value ready starts control_bytes cause cause_detail cause_uid next_start next_start_ms started_ms
    kill_ms quick_deaths supervise_pid supervise_start);

# status_of($service): a hash of status(5)'s fields, or undef.
sub status_of {
    my ($service) = @_;
    my $bytes = read_file("$service/supervise/.status") // return;
    return if length $bytes != 256;
    my %status;
    @status{@status_fields} = unpack 'a8 Q> a12 a12 N Q> Q> N Q> C C C C N a12 Q> Q> C N N a12 Q> Q> Q> N N Q>', $bytes;
    $status{phase} = $PHASES[$status{phase}];
    $status{wanted} = $wanteds[$status{wanted}];
    $status{paused} = $status{flags} & 1;
    my $family = read_file("$service/supervise/status") // '';
    @status{qw(family_pid family_paused family_want)} = unpack 'x12 V C C', $family if length $family >= 18;
    return \%status;
}

my @events = qw(supervise command terminate drain start start-failed exit finish finish-failed finish-exit run-changed time resume ready
    reloads stops alive extend main condemned waits needs-met needs-lost script script-failed script-exit no-run);
my @endings = qw(none exit signal exec fork unknown);

# journal_of($service): its entries in the order of their serials: {serial, at, pid, event, ...}.
sub journal_of {
    my ($service) = @_;
    my $bytes = read_file("$service/supervise/.journal") // return;
    my @entries;
    for my $slot (1 .. int(length($bytes) / 64) - 1) {
        my %entry;
        @entry{qw(serial at pid event phase wanted ending value cause detail)} =
            unpack 'Q> x12 Q> N C C C C N C x3 N', substr $bytes, 64 * $slot, 64;
        next unless $entry{serial};
        $entry{event} = $events[$entry{event}] // 'unknown';
        $entry{ended} = "$endings[$entry{ending}] $entry{value}";
        push @entries, \%entry;
    }
    return sort { $a->{serial} <=> $b->{serial} } @entries;
}

# report_of($file): what atcall and keeper have said.
sub report_of {
    my ($file) = @_;
    my $text = read_file($file) // '';
    my %report = (text => $text, runs => scalar(() = $text =~ /^run /mg), refused => scalar(() = $text =~ /^ended exit 111$/mg));
    $report{did} = [$text =~ /^did (.*?)(?: \d+)?$/mg];
    $report{calls} = [$text =~ /^calls (\d+)$/mg];
    ($report{failed}) = $text =~ /^failed (\d+)$/m;
    ($report{during}) = $text =~ /^during (\d+)$/m;
    $report{list} = [$text =~ /^(\d+ \S+ .*)$/mg];
    return \%report;
}

# Stories ----------------------------------------------------------------------------------------

my $plays = 0;

# begin($story, @options): a new directory with the service, and its supervise under keeper.
sub begin {
    my ($story, @options) = @_;
    my $place = ($story->{top} // die) . "/$$." . ++$plays;
    mkdir $place or die "unable to create $place: $!\n";
    my $service = "$place/s";
    my %files = %{$story->{files} || {}};
    make_service($service, %files);
    for my $script ($story->{scripts} ? @{$story->{scripts}} : 'run') {
        symlink program('served'), "$service/$script" or die "unable to create $script: $!\n";
    }
    my $play = {place => $place, service => $service, story => $story, struck => {}, starts => 0};
    if (!$story->{bare}) {
        mkdir "$service/supervise", 0700;
        POSIX::mkfifo("$service/supervise/control", 0600) or die "unable to create control: $!\n";
        hold_control($play);
    }
    $play->{may_be_unseen} = $story->{untold}; # who reaps it tells nobody
    $play->{keeper} = start('keeper', $story->{untold} ? () : '-r', "$place/report", 'supervise', $service, map { ('--', @$_) } @options);
    return $play;
}

# What is written there and not read stays, whoever dies.
sub hold_control {
    my ($play) = @_;
    return 1 if $play->{control};
    sysopen($play->{control}, "$play->{service}/supervise/control", Fcntl::O_RDWR() | Fcntl::O_NONBLOCK()) and return 1;
    delete $play->{control};
    return 0;
}

# look($play): the log of the service so far, and the status.
sub look {
    my ($play) = @_;
    my $log = read_file("$play->{service}/log.txt") // '';
    my @starts = $log =~ /^start (\d+)$/mg;
    return {
        log => $log, starts => scalar(@starts), pid => $starts[-1] // 0,
        finishes => scalar(() = $log =~ /^finish /mg),
        status => status_of($play->{service}) || {phase => 'unknown', wanted => 'unknown', pid => -1},
    };
}

sub state_of_process {
    my ($pid) = @_;
    my $stat = read_file("/proc/$pid/stat") // return 'X';
    return $stat =~ /\) (\S) /s ? $1 : 'X';
}

# differs($play, $want): '' if all that is wanted is so, else what is not.
sub differs {
    my ($play, $want) = @_;
    my $is = look($play);
    my $status = $is->{status};
    return "twice: $is->{log}" if $is->{log} =~ /^twice/m;
    for (qw(starts finishes)) {
        return "$_ is $is->{$_}, not $want->{$_}" if defined $want->{$_} && $is->{$_} != $want->{$_};
    }
    for (qw(phase wanted paused)) {
        return "$_ is $status->{$_}, not $want->{$_}" if defined $want->{$_} && $status->{$_} ne $want->{$_};
    }
    for my $signal (@{$want->{got} || []}) {
        return "it did not get $signal" unless $is->{log} =~ /^got $is->{pid} $signal$/m;
    }
    if (defined $want->{phase}) {
        my $is_up = $want->{phase} eq 'up';
        my $pid = $is_up ? $is->{pid} : 0;
        return "the status has pid $status->{pid}, not $pid" if $status->{pid} != $pid;
        return "the other status has pid " . ($status->{family_pid} // 'none') . ", not $pid" if ($status->{family_pid} // -1) != $pid;
        my $state = $is->{pid} ? state_of_process($is->{pid}) : 'X';
        return "its process is $state" if $is_up ? $state =~ /[XZ]/ : $state !~ /[XZ]/;
        return "its process is $state, not stopped" if $want->{paused} && $state ne 'T';
        return "its process is stopped" if defined $want->{paused} && !$want->{paused} && $state eq 'T';
    }
    if ($want->{alone}) {
        # whose strays they are nobody knows any more when supervise was killed
        my $kin = report_of("$play->{place}/report")->{runs} > 1 ? qr/kin/ : qr/kin|stray/;
        $kin = qr/kin/ if $want->{alone} =~ /kin/;
        my $log = $want->{alone} eq 'old kin' ? $is->{log} =~ s/.*\Kstart.*//sr : $is->{log};
        my @kin = grep { state_of_process($_) !~ /[XZ]/ } $log =~ /^$kin (\d+)$/mg;
        return "its kin @kin still live" if @kin;
    }
    return '';
}

sub wait_for {
    my ($play, $what, $want) = @_;
    my $deadline = Upkeep::now() + LIMIT;
    my $differs;
    while ($differs = differs($play, $want)) {
        last if $differs =~ /^twice/ || Upkeep::now() > $deadline || !$play->{keeper}->running;
        $want->{meanwhile}->($play) if $want->{meanwhile};
        select undef, undef, undef, LOOK;
    }
    $play->{since} = Upkeep::now();
    return $differs && "$what: $differs";
}

sub command {
    my ($play, $letters) = @_;
    $play->{sent} += length $letters;
    return syswrite $play->{control}, $letters;
}

# strike($play, $signal): the service gets it; what it dies of is remembered.
sub strike {
    my ($play, $signal) = @_;
    my $pid = look($play)->{pid} || die "there is no service\n";
    my $number = POSIX->can("SIG$signal")->();
    $play->{struck}{$pid} = "signal $number" unless $signal eq 'USR2';
    kill $signal, $pid;
}

# steps: [verb, argument, \%want]
my %verbs = (
    send   => \&command,
    strike => \&strike,
    write  => sub { my ($play, $file, $text) = @_; write_file("$play->{service}/$file", $text // '') },
    remove => sub { my ($play, $file) = @_; unlink "$play->{service}/$file" },
    link   => sub { my ($play, $file) = @_; symlink program('served'), "$play->{service}/$file" },
    wait   => sub { },
);

# play_story($story, @options): a $story is {top => where, files => {...}, scripts => [...], steps =>
# [...]}; each of the option lists is for one run of supervise under atcall. Returns {wrong, report,
# err, journal ...}.
sub play_story {
    my ($story, @options) = @_;
    my $play = begin($story, @options);
    my $wrong = '';
    if ($story->{bare}) {
        wait_until { hold_control($play) } LIMIT, 'control' or $wrong = 'there is no control';
    }
    for my $step (@{$story->{steps}}) {
        last if $wrong;
        my ($verb, @arguments) = @$step;
        my $want = ref $arguments[-1] eq 'HASH' ? pop @arguments : {};
        $verbs{$verb}->($play, @arguments);
        $wrong = wait_for($play, "@$step[0 .. @arguments]", $want) if %$want;
    }
    my $down = $wrong ? '' : finish($play);
    $wrong ||= $down;
    $play->{keeper}->stop('TERM') if $play->{keeper}->running;
    $play->{err} = $play->{keeper}->err;
    $play->{report} = report_of("$play->{place}/report");
    $wrong ||= $story->{check} ? $story->{check}->($play) : checked($play);
    if ($wrong) {
        my $is = look($play);
        $wrong .= "\nlog:\n$is->{log}report:\n$play->{report}{text}said:\n$play->{err}";
        $wrong .= "journal:\n" . join '', map { "$_->{serial} $_->{event} $_->{pid} $PHASES[$_->{phase}] $_->{ended} $_->{cause} $_->{detail}\n" } journal_of($play->{service});
    }
    $play->{wrong} = $wrong;
    File::Path::remove_tree($play->{place});
    return $play;
}

# finish($play): supervise is sent away. With a file `down` it does not matter whether one that is
# killed while it leaves comes back.
sub finish {
    my ($play) = @_;
    my $leave = $play->{story}{leave};
    if (!$leave) {
        write_file("$play->{service}/down", '');
        command($play, 'd');
        my $wrong = wait_for($play, 'in the end', {phase => 'down'});
        return $wrong if $wrong;
        $leave = sub { syswrite $play->{control}, 'dx' };
    }
    $play->{sent} //= 0;
    my ($runs, $deadline) = (-1, Upkeep::now() + LIMIT);
    while ($play->{keeper}->running) {
        return 'supervise does not leave' if Upkeep::now() > $deadline;
        my $now = report_of("$play->{place}/report")->{runs};
        $runs = $now if $now != $runs && $leave->($play);
        select undef, undef, undef, LOOK;
    }
    my $result = $play->{keeper}->poll;
    return $result->{code} ? "supervise left with $result->{code}" : '';
}

# tell($play, $signal): supervise gets it, and loses it if it is killed; false if there is none.
sub tell {
    my ($play, $signal) = @_;
    my $status = status_of($play->{service});
    return $status && alive($status->{supervise_pid}) && kill $signal, $status->{supervise_pid};
}

# What is to be true of every story when it is over ----------------------------------------------

sub checked {
    my ($play) = @_;
    my $is = look($play);
    return "twice" if $is->{log} =~ /^twice/m;
    return 'something was said' if $play->{err} ne '';
    return 'a supervise could not start' if $play->{report}{refused};
    my $status = $is->{status};
    return "it ends in the phase $status->{phase}" if $status->{phase} !~ /^(?:down|failed)$/;
    my $bytes = $status->{control_bytes};
    return "$bytes bytes of commands were read, not $play->{sent}" if $bytes < $play->{sent} || $bytes > $play->{sent} + 2 * $play->{report}{runs};
    return checked_journal($play, $is);
}

# Serials without a gap; of each run one start and one end, and its real one.
sub checked_journal {
    my ($play, $is) = @_;
    my @journal = journal_of($play->{service});
    my @serials = map { $_->{serial} } @journal;
    return 'the journal does not begin with 1' if $serials[0] != 1;
    for (1 .. $#serials) { return "after serial $serials[$_ - 1] comes $serials[$_]" if $serials[$_] != $serials[$_ - 1] + 1 }
    return "the last serial is $serials[-1], the status says $is->{status}{serial}" if $serials[-1] != $is->{status}{serial};
    for (1 .. $#journal) { return "time goes back at $serials[$_]" if $journal[$_]{at} < $journal[$_ - 1]{at} }
    # a run that goes on in another process
    my %moved = reverse $is->{log} =~ /^moved (\d+) (\d+)$/mg;
    my @started = map { $moved{$_->{pid}} // $_->{pid} } grep { $_->{event} eq 'start' } @journal;
    my @starts = $is->{log} =~ /^start (\d+)$/mg;
    # one that was killed before it could say anything
    @starts = @started if $play->{story}{stillborn} && "@starts" eq join ' ', grep { $is->{log} =~ /^start $_$/m } @started;
    return "the journal has starts of @started, not @starts" if "@started" ne "@starts";
    return "starts is $is->{status}{starts}, not " . @starts if $is->{status}{starts} != @starts;
    my @ended = map { "$_->{pid} $_->{ended}" } grep { $_->{event} eq 'exit' && !$moved{$_->{pid}} } @journal;
    my %code = $is->{log} =~ /^exit (\d+) (\d+)$/mg;
    my @ends = map { "$_ " . (defined $code{$_} ? "exit $code{$_}" : $play->{struck}{$_} // 'signal 9') } @starts;
    # who could have told was killed as well
    if ($play->{may_be_unseen}) { $_ = s/ (?:exit|signal) \d+$/ unknown 0/r for grep { my $end = $_; grep { $_ eq $end =~ s/ (?:exit|signal) \d+$/ unknown 0/r } @ended } @ends }
    return "the journal has ends: @ended; not: @ends" if "@ended" ne "@ends";
    return checked_finishes($play, $is, \@ends, \@journal);
}

# After each run finish, if there is one, once, with the right words.
sub checked_finishes {
    my ($play, $is, $ends, $journal) = @_;
    return '' unless grep { $_ eq 'finish' } @{$play->{story}{scripts} || []};
    my @finishes = $is->{log} =~ /^finish \d+ (\d+ \d+)$/mg;
    my @want = map { /exit (\d+)/ ? "$1 0" : /signal (\d+)/ ? "256 $1" : '?' } @$ends;
    return "finish was told: @finishes; not: @want" if "@finishes" ne "@want";
    my @ran = $is->{log} =~ /^finish (\d+)/mg;
    my @noted = map { $_->{pid} } grep { $_->{event} eq 'finish-exit' } @$journal;
    return "the journal has ends of finish @noted, not @ran" if "@noted" ne "@ran";
    return '';
}

1;
