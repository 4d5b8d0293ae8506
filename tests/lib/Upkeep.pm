# ISC license.
#
# What every test of a program uses. `use lib 'tests/lib'; use Upkeep;` gives strict, warnings,
# all of Test::More and what @EXPORT lists, puts our programs first in PATH, and runs the test
# where nothing can outlive it: in a PID and mount namespace of its own where that is allowed,
# else under a keeper that kills whatever is left. A test file may take TIME_LIMIT seconds.
#
# Nothing here sleeps for an event: it polls, with a limit. Perl's core modules only.

package Upkeep;

use strict;
use warnings;

use Cwd ();
use Exporter ();
use Fcntl ();
use File::Copy ();
use File::Glob qw(:bsd_glob); # a path may hold spaces
use File::Path ();
use File::Temp ();
use POSIX ();
use Test::More ();
use Time::HiRes ();

our @ISA = 'Exporter';
our @EXPORT = qw(
    tempdir read_file write_file make_service
    run start wait_until pid_of alive
    program peer unpacked redis have_root skip_all_unless top
);

use constant {
    TIME_LIMIT => $ENV{UPKEEP_TIME_LIMIT} || 120, # seconds, one test file
    RUN_LIMIT  => 20,                             # seconds, one run()
    POLL       => 0.003,                          # seconds between two looks
};

(my $here = Cwd::abs_path(__FILE__)) =~ s{/[^/]*$}{};
my $top = Cwd::abs_path("$here/../..");

# top: the top directory of the source tree, absolute.
sub top { return $top }

# Where a test runs ----------------------------------------------------------------------------

# The commands that give a test its own processes, the best first. As an ordinary user it stays
# that user inside: what it may not read outside, it may not read there.
sub namespace_commands {
    my @common = qw(unshare --pid --fork --mount-proc --kill-child);
    return $> == 0 ? ([@common]) : ([@common, '--user', '--map-current-user']);
}

sub works {
    my @command = @_;
    my $pid = fork // return 0;
    if (!$pid) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        exec { $command[0] } @command, 'true' or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return $? == 0;
}

# enter: comes back only where the test is to run.
sub enter {
    my $stage = delete $ENV{UPKEEP_STAGE} // '';
    if ($stage eq '') {
        for my $namespace ($ENV{UPKEEP_NO_NAMESPACE} ? () : namespace_commands()) {
            next unless works(@$namespace);
            local $ENV{UPKEEP_STAGE} = 'namespace';
            exec { $namespace->[0] } @$namespace, $^X, $0, @ARGV;
        }
        become_subreaper();
    }
    $ENV{UPKEEP_IN_NS} = $stage eq 'namespace' ? 1 : 0;
    keep();
}

# Without a namespace: what loses its parent becomes ours, so that we can find it.
# PR_SET_CHILD_SUBREAPER is 36; the number of prctl differs, and where it is unknown we do without.
sub become_subreaper {
    my $machine = (POSIX::uname())[4];
    my %prctl = (x86_64 => 157, aarch64 => 167, riscv64 => 167);
    syscall($prctl{$machine}, 36, 1, 0, 0, 0) if $prctl{$machine};
}

# keep: forks the test, returns in it, and stays behind as its parent: reaps what it leaves,
# ends it when its time is up, and kills all that is left before ending as it ended.
my ($keeper, $mark); # the mark: how the names of this test's temporary directories begin
sub keep {
    $keeper = $$;
    $mark = sprintf 'upkeep.%06x', rand 1 << 24;
    my $test = fork // die "unable to fork: $!\n";
    if (!$test) {
        $SIG{ALRM} = 'DEFAULT';
        setpgrp; # a test that kills process 0 by mistake must not reach whoever runs it
        return;
    }
    # As process 1 we would not even notice a signal without a handler.
    $SIG{$_} = sub { exit_with('a signal') } for qw(INT TERM HUP);
    my $deadline = now() + TIME_LIMIT;
    my $status;
    while (1) {
        my $pid = waitpid -1, POSIX::WNOHANG();
        if ($pid == $test) { $status = $?; last }
        next if $pid > 0;
        exit_with('its time limit of ' . TIME_LIMIT . ' s') if now() > $deadline;
        pause();
    }
    clean_up();
    POSIX::_exit($status & 127 ? 128 + ($status & 127) : $status >> 8);
}

sub exit_with {
    my ($why) = @_;
    print STDERR "# $0 was ended by $why\n";
    clean_up();
    POSIX::_exit(124);
}

sub temporary_place { return $ENV{TMPDIR} || '/tmp' }

# First what writes there, or it would be written again behind us; then what is mounted there.
sub clean_up {
    kill_rest();
    chdir '/';
    for my $mount (reverse split /\n/, slurp('/proc/self/mounts') // '') {
        my $path = (split / /, $mount)[1];
        system 'umount', '-l', $path if index($path, temporary_place() . "/$mark.") == 0;
    }
    File::Path::remove_tree(glob(temporary_place() . "/$mark.*"), {error => \my $ignored});
}

# kill_rest: every process below the keeper, until there is none. In a namespace of our own the
# kernel does the same when we end.
sub kill_rest {
    my $deadline = now() + 10;
    while (now() < $deadline) {
        my @rest = grep { alive($_) } descendants($keeper);
        kill 'KILL', @rest;
        my $pid;
        do { $pid = waitpid -1, POSIX::WNOHANG() } while $pid > 0;
        return unless @rest;
        pause();
    }
}

sub descendants {
    my ($ancestor) = @_;
    my %children;
    for my $path (glob '/proc/[0-9]*/stat') {
        my $stat = slurp($path) // next;
        $stat =~ /^(\d+) .*\) \S (\d+) /s and push @{$children{$2}}, $1;
    }
    my @found = @{$children{$ancestor} || []};
    for (my $i = 0; $i < @found; $i++) { push @found, @{$children{$found[$i]} || []} }
    return @found;
}

# commands: the directory of the programs under test. Tests of root's run some as other users: if
# those cannot come there (a checkout in /root), a copy where they can.
sub commands {
    my $commands = Cwd::abs_path($ENV{UPKEEP_COMMAND} || "$top/command") // return '/nonexistent';
    my $closed = 0;
    for (my $way = $commands; $way ne ''; $way =~ s{/[^/]*$}{}) {
        $closed = 1 unless ((stat $way)[2] // 0) & 01;
    }
    return $commands unless $closed && $> == 0;
    my $copy = tempdir();
    for my $program (glob "$commands/*") {
        (my $name = $program) =~ s{.*/}{};
        File::Copy::cp($program, "$copy/$name") or die "unable to copy $program: $!\n";
    }
    return $copy;
}

sub import {
    my $class = shift;
    enter() unless $Upkeep::entered++;
    strict->import;
    warnings->import;
    my $commands = commands();
    $ENV{PATH} = "$commands:$ENV{PATH}" unless index("$ENV{PATH}:", "$commands:") == 0;
    $ENV{LC_ALL} = 'C';
    delete @ENV{qw(SVPERSONALITY NO_COLOR MAKEFLAGS MAKELEVEL MFLAGS)};
    $ENV{UBSAN_OPTIONS} //= 'print_stacktrace=1';
    $SIG{PIPE} = 'IGNORE';
    Test::More->export_to_level(1, 'Test::More', @Test::More::EXPORT);
    Test::More->builder->exported_to(scalar caller);
    $class->export_to_level(1, $class, @_);
}

# Small things ---------------------------------------------------------------------------------

sub now { return Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) }
sub pause { select undef, undef, undef, POLL }

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or return;
    local $/;
    return scalar readline($file) // '';
}

# read_file($path): its bytes, or undef with $! if it cannot be read.
sub read_file { return slurp($_[0]) }

# write_file($path, $content, $mode): replaced by rename, so that no reader sees half of it.
sub write_file {
    my ($path, $content, $mode) = @_;
    (my $new = $path) =~ s{([^/]*)$}{.$1.write};
    open my $file, '>:raw', $new or die "unable to create $new: $!\n";
    print {$file} $content;
    close $file or die "unable to write $new: $!\n";
    chmod $mode, $new if defined $mode;
    rename $new, $path or die "unable to create $path: $!\n";
    return $path;
}

# tempdir: a new directory, absolute, removed when the test has ended. Every user may look into it.
sub tempdir {
    my $path = File::Temp::tempdir("$mark.XXXXXXXX", DIR => temporary_place());
    chmod 0755, $path;
    return Cwd::abs_path($path);
}

# have_root: whether the test may do what only root may (in a container perhaps not all of it).
sub have_root { return $> == 0 }

# skip_all_unless($condition, $reason): the whole file is skipped unless the condition holds.
# Both are scalars, by the prototype: what finds nothing and returns nothing is no condition.
sub skip_all_unless($$) {
    my ($condition, $reason) = @_;
    Test::More::plan(skip_all => $reason) unless $condition;
}

# program($name): its absolute path as PATH finds it, or undef.
sub program {
    my ($name) = @_;
    for my $directory (split /:/, $ENV{PATH}) {
        return "$directory/$name" if -f "$directory/$name" && -x _;
    }
    return;
}

# wait_until { condition } $seconds, $what: looks until it holds; the limit is for failure only,
# so be generous. Returns what the condition returned, or false after a diag naming $what.
sub wait_until(&;$$) {
    my ($condition, $limit, $what) = @_;
    my $deadline = now() + ($limit // 10);
    while (1) {
        my $value = $condition->();
        return $value if $value;
        last if now() > $deadline;
        pause();
    }
    Test::More::diag('waited ' . ($limit // 10) . ' s in vain for ' . ($what // 'a condition'));
    return '';
}

# alive($pid): there is such a process, and it is not a zombie.
sub alive {
    my ($pid) = @_;
    return '' unless $pid;
    my $stat = slurp("/proc/$pid/stat") // return '';
    return $stat =~ /\) [^ZX] /s ? 1 : '';
}

# pid_of($service): what svstat says, 0 if the service is not up.
sub pid_of {
    my ($service) = @_;
    return run('svstat', $service)->{out} =~ /\(pid (\d+)\)/ ? $1 : 0;
}

# Processes ------------------------------------------------------------------------------------

# Options of run and start, a hash reference at the end of the arguments:
#   stdin   a string, or an open handle; nothing if not given
#   stdout, stderr   an open handle to write to instead of keeping it
#   env     {NAME => value}, added to the environment; undef removes
#   cwd     where to run
#   uid     as which user and group (needs root)
#   limit   seconds, for run; then it is killed, and the result says {timeout}
sub spawn {
    my ($options, $out, $err, @argv) = @_;
    my $stdin = $options->{stdin};
    if (!ref $stdin) {
        my $content = $stdin // '';
        $stdin = File::Temp::tempfile();
        print {$stdin} $content;
        $stdin->flush;
        seek $stdin, 0, 0;
    }
    my $pid = fork // die "unable to fork: $!\n";
    return $pid if $pid;

    $SIG{$_} = 'DEFAULT' for qw(PIPE INT TERM HUP ALRM);
    POSIX::dup2(fileno $stdin, 0);
    POSIX::dup2(fileno $out, 1);
    POSIX::dup2(fileno $err, 2);
    POSIX::close($_) for 3 .. 255; # what the test itself was given is not for those it starts
    my $env = $options->{env} || {};
    for my $name (sort keys %$env) { # in the same order each time: who prints it shows that
        defined $env->{$name} ? ($ENV{$name} = $env->{$name}) : delete $ENV{$name};
    }
    if (defined $options->{uid}) {
        $) = "$options->{uid} $options->{uid}";
        $( = $options->{uid};
        POSIX::setuid($options->{uid}) or child_dies("setuid: $!");
    }
    !defined $options->{cwd} or chdir $options->{cwd} or child_dies("chdir $options->{cwd}: $!");
    no warnings 'exec';
    exec { $argv[0] } @argv or child_dies("exec $argv[0]: $!");
}

sub child_dies {
    syswrite STDERR, "Upkeep: unable to $_[0]\n";
    POSIX::_exit(127);
}

sub output_handle {
    my ($handle) = @_;
    return $handle if $handle;
    my $file = File::Temp::tempfile();
    # Appending, so that two processes that share it do not overwrite each other.
    fcntl $file, Fcntl::F_SETFL(), fcntl($file, Fcntl::F_GETFL(), 0) | Fcntl::O_APPEND();
    return $file;
}

sub contents {
    my ($handle) = @_;
    open my $again, '<:raw', '/proc/self/fd/' . fileno $handle or return '';
    local $/;
    return readline($again) // '';
}

# run(@argv, {options}): runs it to its end. Returns {out, err, code, signal}: code is the exit
# code, undef if a signal ended it; signal is that signal's number, 0 otherwise.
sub run {
    my $options = ref $_[-1] eq 'HASH' ? pop : {};
    my $process = start(@_, $options);
    my $result = $process->wait($options->{limit} // RUN_LIMIT);
    if (!$result) {
        Test::More::diag("still running after its time limit: @_");
        $process->kill('KILL');
        $result = $process->wait(RUN_LIMIT) || {code => undef, signal => 0};
        $result->{timeout} = 1;
    }
    return {%$result, out => $process->out, err => $process->err};
}

# start(@argv, {options}): an Upkeep::Process in the background.
sub start {
    my $options = ref $_[-1] eq 'HASH' ? pop : {};
    my $self = bless {
        argv => [@_],
        out  => output_handle($options->{stdout}),
        err  => output_handle($options->{stderr}),
    }, 'Upkeep::Process';
    $self->{pid} = spawn($options, $self->{out}, $self->{err}, @_);
    return $self;
}

package Upkeep::Process;

# pid; out, err: what it wrote so far; running: whether it has not ended.
sub pid { return $_[0]{pid} }
sub out { return Upkeep::contents($_[0]{out}) }
sub err { return Upkeep::contents($_[0]{err}) }
sub running { return !$_[0]->poll }

# poll: {code, signal} if it has ended, else nothing.
sub poll {
    my ($self) = @_;
    if (!$self->{result} && waitpid($self->{pid}, POSIX::WNOHANG()) != 0) {
        my $signal = $? & 127;
        $self->{result} = {code => $signal ? undef : $? >> 8, signal => $signal};
    }
    return $self->{result};
}

# wait($seconds): {code, signal}, or nothing if it goes on for longer.
sub wait {
    my ($self, $limit) = @_;
    my $deadline = Upkeep::now() + ($limit // 10);
    until ($self->poll) {
        return if Upkeep::now() > $deadline;
        Upkeep::pause();
    }
    return $self->{result};
}

# kill($signal): whether it could be sent.
sub kill {
    my ($self, $signal) = @_;
    return $self->running && CORE::kill($signal, $self->{pid});
}

# stop($signal, $seconds): sends it (TERM), waits for the end; KILL and a diag if it does not come.
sub stop {
    my ($self, $signal, $limit) = @_;
    $self->kill($signal // 'TERM');
    my $result = $self->wait($limit // 10);
    return $result if $result;
    Test::More::diag("had to be killed: @{$self->{argv}}");
    $self->kill('KILL');
    return $self->wait(10);
}

package Upkeep;

# Services -------------------------------------------------------------------------------------

my %executable = map { $_ => 1 } qw(run finish check start stop reset notify);

# make_service($directory, NAME => CONTENT...): a service directory. CONTENT is the text of the
# file; a script without #! gets #!/bin/sh, other files their newline; undef leaves the file out.
# log => {...} is a service directory of its own, log => 'text' encore's script; any other
# {NAME => 'text'} a directory of scripts. A new directory is renamed into place when complete.
sub make_service {
    my ($directory, %files) = @_;
    (my $place = $directory) =~ s{([^/]+)/*$}{.make.$1};
    $place = $directory if -e $directory;
    -d $place or mkdir $place or die "unable to create $place: $!\n";
    for my $name (sort keys %files) {
        my $content = $files{$name} // next;
        if (ref $content eq 'HASH') {
            if ($name eq 'log') { make_service("$place/log", %$content); next }
            -d "$place/$name" or mkdir "$place/$name" or die "unable to create $place/$name: $!\n";
            write_script("$place/$name/$_", $content->{$_}) for sort keys %$content;
        } elsif ($executable{$name} || $name eq 'log') {
            write_script("$place/$name", $content);
        } else {
            $content .= "\n" if length $content && $content !~ /\n\z/;
            write_file("$place/$name", $content, 0644);
        }
    }
    rename $place, $directory or die "unable to create $directory: $!\n" if $place ne $directory;
    return $directory;
}

sub write_script {
    my ($path, $text) = @_;
    $text = "#!/bin/sh\n$text" unless $text =~ /^#!/;
    $text .= "\n" unless $text =~ /\n\z/;
    return write_file($path, $text, 0755);
}

# Other people's programs ----------------------------------------------------------------------

# unpacked($package, $pattern): the root directory of a distribution's package, unpacked but not
# installed, or undef where it cannot be had. With a pattern, only what matches of large packages.
# package/check fetches them; whoever comes first otherwise.
sub unpacked {
    my ($package, @pattern) = @_;
    my $directory = "$top/compile/tests/peers/$package";
    run('sh', "$top/tests/lib/unpack", $package, @pattern, {limit => 60}) unless -d $directory;
    return -d $directory ? $directory : undef;
}

# peer($package): the directory that holds the programs of daemontools, runit ...
sub peer {
    my $root = unpacked($_[0]) // return;
    my ($found) = grep { -d } map { "$root/$_" } qw(usr/bin usr/sbin bin command);
    return $found;
}

# redis: ($server, $cli, {environment}) or nothing: the installed one, else an unpacked one.
sub redis {
    my ($server, $cli) = (program('redis-server'), program('redis-cli'));
    return ($server, $cli, {}) if $server && $cli;
    my $root = unpacked('redis-server') // return;
    my @libraries = grep { -d } map { glob "$root/$_" } qw(usr/lib/*-linux-* usr/lib lib);
    my $environment = {LD_LIBRARY_PATH => join ':', @libraries};
    ($server, $cli) = map { "$root/usr/bin/$_" } qw(redis-server redis-cli);
    my $code = run($server, '--version', {env => $environment})->{code};
    return unless defined $code && $code == 0;
    return ($server, $cli, $environment);
}

1;
