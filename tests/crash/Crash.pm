# ISC license.
#
# What the crash tests share: the tools in C beside this file, compiled when they are needed. And
# those of multilog: runs of it under atcall, whose input comes from a pipe that outlives them; and
# a look at a log directory as a person would take it, in words: nothing to say is ''. For those of
# supervise and svscan see Kept.pm.

package Crash;

use strict;
use warnings;

use Exporter ();
use Fcntl ();
use File::Temp ();
use POSIX ();
use Upkeep;

our @ISA = 'Exporter';
our @EXPORT = qw(compile_tools full seed chance mount_at old_files text_of same_text complaints play pick);

my %tool; # name => path

# compile_tools: all of them, into compile/tests/crash; skips the test where they cannot work.
sub compile_tools {
    my $directory = top . '/compile/tests/crash';
    my $settings = read_file(top . '/compile/config.mak') // '';
    my %setting = $settings =~ /^(\w+) :=[ ]*(.+)$/mg;
    skip_all_unless(defined $setting{CC}, 'nothing is configured: no compiler is known');
    File::Path::make_path($directory);
    for my $source (glob top . '/tests/crash/*.c') {
        my ($name) = $source =~ m{([^/]+)\.c$};
        compile(\%setting, $source, $tool{$name} = "$directory/$name");
    }
    $ENV{PATH} = "$directory:$ENV{PATH}";
    # of a sanitizer: who is traced cannot look for leaks
    $ENV{ASAN_OPTIONS} = join ':', grep { defined } $ENV{ASAN_OPTIONS}, 'detect_leaks=0';
    my $result = run('atcall', 'true');
    chomp(my $reason = $result->{err});
    skip_all_unless($result->{code} != 99, $reason);
    $result->{code} == 0 or die "atcall does not work: $reason\n";
}

# Two tests may do it at the same time, each in a PID namespace where it has the same number.
sub compile {
    my ($setting, $source, $target) = @_;
    my $age = (stat $target)[9] // 0;
    my $library = top . '/compile/libsv.a';
    return unless grep { (stat $_)[9] >= $age } $source, $library, glob top . '/tests/crash/*.h';
    my @flags = map { split ' ', $setting->{$_} // '' } qw(COMPILE_FLAGS LINK_FLAGS STATIC_FLAGS);
    my $own = File::Temp->newdir('XXXXXXXX', DIR => top . '/compile/tests/crash');
    my $result = run(split(' ', $setting->{CC}), @flags, '-I' . top . '/src/include', '-o', "$own/made", $source,
        $library, split(' ', $setting->{LIBRARIES}), {limit => 60});
    die "unable to compile $source:\n$result->{err}" if $result->{code};
    rename "$own/made", $target or die "unable to create $target: $!\n";
}

# full: whether everything is to be tried, not just enough of it: UPKEEP_FULL=1.
sub full { return !!$ENV{UPKEEP_FULL} }

# seed: begins the random numbers. UPKEEP_SEED=N repeats a run; a test that fails says which it was.
my ($seed, $owner);

sub seed {
    $owner = $$;
    $seed = $ENV{UPKEEP_SEED} // time ^ $$ << 8;
    srand $seed;
    Test::More::note("UPKEEP_SEED=$seed");
    return $seed;
}

END { Test::More::diag("UPKEEP_SEED=$seed") if $owner && $owner == $$ && !Test::More->builder->is_passing }

# chance($from, $to): a whole number, both included.
sub chance { my ($from, $to) = @_; return $from + int rand($to - $from + 1) }

# pick(@list): one of it.
sub pick { return $_[rand @_] }

# mount_at($place, $options): a file system in memory; false where that is not allowed.
sub mount_at {
    my ($place, $options) = @_;
    return $ENV{UPKEEP_IN_NS}
        && run('mount', '-t', 'tmpfs', '-o', $options // 'size=75%', 'none', $place)->{code} == 0;
}

# Logs -----------------------------------------------------------------------------------------

sub old_files { my ($log) = @_; return map { s{.*/}{}r } sort glob "$log/\@*" }

# text_of($log): what a reader of the whole log sees.
sub text_of {
    my ($log) = @_;
    return join '', map { read_file("$log/$_") // '' } old_files($log), 'current';
}

# same_text($got, $want): '' if it is, else what is wrong, in few words.
sub same_text {
    my ($got, $want) = @_;
    return '' if $got eq $want;
    my @got = split /^/, $got;
    my %count;
    $count{$_}++ for @got;
    my %wanted = map { $_ => 1 } split /^/, $want;
    my @lost = grep { !$count{$_} } split /^/, $want;
    my @torn = grep { !$wanted{$_} } @got;
    my @repeated = grep { $wanted{$_} && $count{$_} > 1 } sort keys %count;
    my @wrong;
    push @wrong, "$#$_ lines $_->[0], the first: " . substr($_->[1], 0, 40) =~ s/\s+$//r
        for grep { @$_ > 1 } ['lost', @lost], ['torn', @torn], ['repeated', @repeated];
    return @wrong ? join '; ', @wrong : 'lines in another order';
}

sub mode_of { return sprintf '%04o', (stat $_[0])[2] & 07777 }

# complaints($log, $size, $files): of a log that has been closed properly.
sub complaints {
    my ($log, $size, $files) = @_;
    my @wrong;
    opendir my $directory, $log or return "$log: $!";
    my @names = grep { !/^\.\.?$/ } readdir $directory;
    my @old = grep { /^\@[0-9a-f]{24}\.s$/ } @names;
    my %mode = (current => '0744', lock => '0600', state => '0644', map { $_ => '0744' } @old);
    for my $name (sort @names) {
        if (!$mode{$name}) { push @wrong, "$name is left"; next }
        my $mode = mode_of("$log/$name");
        push @wrong, "$name has mode $mode" if $mode ne $mode{$name};
        my $bytes = -s "$log/$name";
        push @wrong, "$name has $bytes bytes" if $bytes > $size;
    }
    push @wrong, 'there is no current' unless -e "$log/current";
    push @wrong, 'there are ' . (@old + 1) . ' files' if @old + 1 > $files;
    return join ', ', @wrong;
}

# Runs under atcall ----------------------------------------------------------------------------

# play($world, @steps): runs multilog in a new directory once for each step, which are options
# for atcall, then once more without any, all on one pipe; the input is over when the last one
# has it all. A $world is {script => [...], input => file, piece => bytes}. Returns {place,
# results => one for each run}: what run() returns, with did, name, target, reads, calls, fed,
# ended, list. Whoever is sent away with `temporary failure` is started again, as supervise would.
# Many runs: in memory where that can be, so that the disk is not waited for.
my $plays = 0;
my $top;

sub play {
    my ($world, @steps) = @_;
    mount_at($top = tempdir) unless $top;
    my $place = "$top/" . ++$plays;
    mkdir $place or die "unable to create $place: $!\n";
    pipe my $reader, my $writer or die "unable to create a pipe: $!\n";
    close $writer;
    my ($fed, @results) = (0);
    for my $step (@steps, []) {
        my $result = one_run($world, $place, $reader, $fed, @$step);
        for (1 .. 1000) {
            last unless $result->{ended} eq 'exit 111' && $result->{err} =~ /temporary failure/;
            $result = one_run($world, $place, $reader, $result->{fed}, @$step);
        }
        $fed = $result->{fed} // $fed;
        push @results, $result;
    }
    return {place => $place, results => \@results};
}

# As run() does, but not a file for each, and no look at the clock: there are thousands of them.
my %output = map { $_ => scalar File::Temp::tempfile() } qw(out err);
fcntl $_, Fcntl::F_SETFL(), Fcntl::O_APPEND() for values %output;

sub run_quickly {
    my $options = pop;
    truncate $_, 0 for values %output;
    my $process = start(@_, {%$options, stdout => $output{out}, stderr => $output{err}});
    my $pid = $process->pid;
    local $SIG{ALRM} = sub { kill 'KILL', $pid };
    alarm 30;
    waitpid $pid, 0;
    alarm 0;
    return {out => $process->out, err => $process->err};
}

sub one_run {
    my ($world, $place, $reader, $fed, @options) = @_;
    my $result = run_quickly(
        'atcall', @options, '-i', $world->{input}, '-p', $world->{piece}, '-o', $fed,
        'multilog', @{$world->{script}}, {stdin => $reader, cwd => $place});
    my $out = $result->{out};
    $result->{list} = [$out =~ /^(\d+ .*)$/mg];
    ($result->{fed}) = $out =~ /^fed (\d+)$/m;
    ($result->{calls}) = $out =~ /^calls (\d+)$/m;
    $result->{ended} = $out =~ /^ended (.*)$/m ? $1 : 'never';
    @$result{qw(deed did name target reads)} = $out =~ /^did (.*) (\d+) (\S+) (.*) (\d+)$/m
        and $result->{target} =~ s{^\Q$place\E/}{};
    return $result;
}

1;
