# ISC license.
#
# What the crash tests of svscan share: a scan directory whose services tell on whoever has them run
# twice, some of them with a logger and numbered lines; stories in which they come and go; and what
# is to be true afterwards, in words: nothing to say is ''.

package Scanned;

use strict;
use warnings;

use Exporter ();
use POSIX ();
use Upkeep;
use Crash;
use Kept;

our @ISA = 'Exporter';
our @EXPORT = qw(play_scan begin_scan end_scan add_service lost_lines own_log said_in svscan_of supervises_in);

use constant LIMIT => 15; # seconds that a step may take

my $plays = 0;
my $logger = "exec multilog s1000000 n100 ./main\n";

# begin_scan($story, @options): a new scan directory, and its svscan under keeper.
sub begin_scan {
    my ($story, @options) = @_;
    my $place = "$story->{top}/$$." . ++$plays;
    for ($place, "$place/scan", "$place/out", "$place/new") { mkdir $_ or die "unable to create $_: $!\n" }
    my $play = {place => $place, story => $story};
    add_service($play, @$_) for @{$story->{services}};
    my @log = $story->{own} ? '.log' : ();
    make_service("$place/scan/.log", run => $logger) if @log;
    $play->{keeper} = start('keeper', "$place/report", 'svscan', "$place/scan", @log, map { ('--', @$_) } @options);
    return $play;
}

# add_service($play, $name, $every_ms): if it is given, there is a logger, and a line so often. A story
# may have svscan's own logger for that: `own`.
sub add_service {
    my ($play, $name, $every_ms) = @_;
    my $new = "$play->{place}/new/$name";
    my %files = %{$play->{story}{files} || {}};
    my $has_log = defined $every_ms && !$play->{story}{own};
    my %log = ($has_log ? (log => {run => $logger, %files}) : (), defined $every_ms ? (lines => $every_ms) : ());
    make_service($new, %log, %files);
    symlink program('served'), "$new/run" or die "unable to create $new/run: $!\n";
    rename $new, "$play->{place}/scan/$name" or die "unable to create $name: $!\n";
    $play->{services}{$name} = {
        name => $name, service => "$play->{place}/scan/$name", has_log => $has_log, struck => {}, story => {},
    };
}

# Removed means: its name goes. What is inside can be looked at afterwards.
sub remove_service {
    my ($play, $name) = @_;
    my $service = $play->{services}{$name};
    my $out = "$play->{place}/out/$name";
    rename $service->{service}, $out or die "unable to rename $name: $!\n";
    $service->{service} = $out;
}

sub supervise_of { my ($path) = @_; return (status_of($path) || {})->{supervise_pid} || 0 }

sub kill_supervise {
    my ($play, $name) = @_;
    my $pid = supervise_of($play->{services}{$name}{service});
    $play->{services}{$name}{killed} = $pid;
    kill 'KILL', $pid if $pid;
}

# svscan_of($play): its pid, 0 if there is none now.
sub svscan_of {
    my ($play) = @_;
    my ($pid) = (read_file("$play->{place}/report") // '') =~ /.*^run (\d+)$/ms or return 0;
    my ($child) = split ' ', read_file("/proc/$pid/task/$pid/children") // '';
    for ($pid, $child // ()) { return $_ if (read_file("/proc/$_/comm") // '') eq "svscan\n" }
    return 0;
}

# supervises_in($path): how many have it as their working directory.
sub supervises_in {
    my ($path) = @_;
    return scalar grep { (readlink "$_/cwd" // '') eq $path && (read_file("$_/comm") // '') eq "supervise\n" } glob '/proc/[0-9]*';
}

my %verbs = (
    add            => \&add_service,
    remove         => \&remove_service,
    kill_supervise => \&kill_supervise,
    signal         => sub { my ($play, $signal) = @_; my $pid = svscan_of($play); kill $signal, $pid if $pid },
    strike_log     => sub { my ($play) = @_; my $pid = pid_of("$play->{place}/scan/.log"); kill 'KILL', $pid if $pid },
    strike         => sub { my ($play, $name, $signal) = @_; Kept::strike($play->{services}{$name}, $signal) },
    wait           => sub { },
);

# differs($play, $want): '' if it is so. A $want is {up => {NAME => starts}, gone => [NAME]}.
sub differs {
    my ($play, $want) = @_;
    for my $name (sort keys %{$want->{up} || {}}) {
        my $service = $play->{services}{$name};
        my $wrong = Kept::differs($service, {phase => 'up', wanted => 'up', starts => $want->{up}{$name}});
        return "$name: $wrong" if $wrong;
        for my $path ($service->{service}, $service->{has_log} ? "$service->{service}/log" : ()) {
            my $supervise = supervise_of($path);
            return "$path: there is no supervise" if !alive($supervise) || $supervise == ($service->{killed} // 0);
        }
    }
    for my $name (@{$want->{gone} || []}) {
        my $service = $play->{services}{$name};
        my $wrong = Kept::differs($service, {phase => 'down'});
        return "$name: $wrong" if $wrong;
        for my $path ($service->{service}, $service->{has_log} ? "$service->{service}/log" : ()) {
            return "$path: there is still a supervise" if alive(supervise_of($path));
        }
    }
    return '';
}

sub wait_for {
    my ($play, $what, $want) = @_;
    my ($deadline, $again) = (Upkeep::now() + LIMIT, Upkeep::now() + 0.5);
    my $differs;
    while ($differs = differs($play, $want)) {
        last if $differs =~ /twice/ || Upkeep::now() > $deadline || !$play->{keeper}->running;
        $want->{meanwhile}->($play) if $want->{meanwhile} && Upkeep::now() > $again;
        $again = Upkeep::now() + 0.5 if Upkeep::now() > $again;
        # it may never come about, see svscan-calls.t
        last if $want->{gone} && Upkeep::now() > $deadline - LIMIT + 3 && report_of("$play->{place}/report")->{runs} > 1;
        select undef, undef, undef, 0.01;
    }
    return "$what: $differs" if $differs;
    for my $name (sort keys %{$want->{up} || {}}) {
        my $path = $play->{services}{$name}{service};
        my $count = supervises_in($path);
        while ($count != 1 && Upkeep::now() < $deadline) { # one that finds the lock held ends
            select undef, undef, undef, 0.01;
            $count = supervises_in($path);
        }
        return "$what: there are $count supervises in $name" if $count != 1;
    }
    return '';
}

# lost_lines($service, $log): '' if of each run every line is in the log once and in order; $log, if
# it is not its own logger's, may be that of others, too, and hold messages.
sub lost_lines {
    my ($service, $log) = @_;
    my $shared = defined $log;
    $log //= "$service->{service}/log/main";
    my %next;
    for my $file ((map { "$log/$_" } old_files($log)), "$log/current") {
        open my $lines, '<:raw', $file or next;
        while (<$lines>) {
            next if $shared && /^(?:svscan|supervise): .*\n\z/;
            my ($pid, $number) = /^(\d+) (\d+)\n\z/ or return "$service->{name}: a torn line: $_";
            my $want = ($next{$pid} //= 1);
            return "$service->{name}: line $number of $pid comes after " . ($want - 1) if $number != $want;
            $next{$pid}++;
        }
    }
    for my $file (glob "$service->{service}/written.*") {
        my ($pid) = $file =~ /(\d+)$/;
        my $written = unpack 'Q', read_file($file) || "\0" x 8;
        my $found = ($next{$pid} // 1) - 1;
        return "$service->{name}: of $pid $found lines are there, $written were written" if $found < $written || $found > $written + 1;
    }
    return '';
}

# own_log($play): where svscan's own log is, if it has one.
sub own_log { return $_[0]{story}{own} ? "$_[0]{place}/scan/.log/main" : undef }

# What was said into svscan's own log, but that it has begun.
sub said_in {
    my ($log) = @_;
    my $text = join '', map { read_file("$log/$_") // '' } old_files($log), 'current';
    return join '', grep { /^(?:svscan|supervise): / && $_ ne "svscan: info: starting\n" } $text =~ /^(.*\n)/mg;
}

# end_scan($play): TERM for svscan until it has gone. One that is killed meanwhile has forgotten that.
sub end_scan {
    my ($play) = @_;
    my ($last, $deadline) = (0, Upkeep::now() + 2 * LIMIT);
    while ($play->{keeper}->running) {
        return 'svscan does not leave' if Upkeep::now() > $deadline;
        my $pid = svscan_of($play);
        # a new one may not have its handler yet: that would be another death; TERM is 15, the bit 0x4000
        my $ready = $pid && (read_file("/proc/$pid/status") // '') =~ /^Sig(?:Cgt|Blk):\s+\w*[4-7c-f]\w{3}$/m;
        $last = $pid if $ready && $pid != $last && kill 'TERM', $pid;
        select undef, undef, undef, 0.01;
    }
    my $result = $play->{keeper}->poll;
    return $result->{code} ? "svscan left with $result->{code}" : '';
}

sub checked {
    my ($play) = @_;
    my $own = own_log($play);
    $play->{err} .= said_in($own) if $own;
    # what a killed svscan was about to start comes a moment later, and finds the next one's there, or not
    my $said = $play->{err} =~ s/^supervise: fatal: unable to acquire supervise\/lock: temporary failure\n//mgr;
    $said =~ s/^svscan: warning: the logger of [.\w]+ reads another pipe than its service writes to: it is started again\n//mg
        if $said ne $play->{err};
    # an orphan whose directory had gone before it was there
    $said =~ s/^supervise: fatal: unable to chdir to \w+: file does not exist\n//mg if $said =~ /chdir/;
    return 'something was said' if $said ne '';
    for my $name (sort keys %{$play->{services}}) {
        my $service = $play->{services}{$name};
        my $is = Kept::look($service);
        $service->{may_be_unseen} = $service->{killed} && $play->{report}{runs} > 1;
        return "$name: twice" if $is->{log} =~ /^twice/m;
        return "$name: it ends in the phase $is->{status}{phase}" if $is->{status}{phase} ne 'down';
        my $wrong = Kept::checked_journal($service, $is) || ($service->{has_log} || $own ? lost_lines($service, $own) : '');
        return "$name: $wrong" if $wrong;
    }
    return '';
}

# play_scan($story, @options): as play_story() does.
sub play_scan {
    my ($story, @options) = @_;
    my $play = begin_scan($story, @options);
    my $wrong = '';
    for my $step (@{$story->{steps}}) {
        my ($verb, @arguments) = @$step;
        my $want = ref $arguments[-1] eq 'HASH' ? pop @arguments : {};
        $verbs{$verb}->($play, @arguments);
        $wrong = wait_for($play, "@$step[0 .. @arguments]", $want) if %$want;
        last if $wrong;
    }
    my $end = $wrong ? '' : end_scan($play);
    $wrong ||= $end;
    $play->{keeper}->stop('TERM') if $play->{keeper}->running;
    $play->{err} = $play->{keeper}->err;
    $play->{report} = report_of("$play->{place}/report");
    $wrong ||= $story->{check} ? $story->{check}->($play) : checked($play);
    $wrong .= "\nreport:\n$play->{report}{text}said:\n$play->{err}" . told($play) if $wrong;
    $play->{wrong} = $wrong;
    File::Path::remove_tree($play->{place});
    return $play;
}

sub told {
    my ($play) = @_;
    return join '', map { "log of $_:\n" . Kept::look($play->{services}{$_})->{log} } sort keys %{$play->{services}};
}

1;
