# ISC license.
#
# System calls that fail: which errors a call may well have, plays in which one of them fails once,
# three times, or for a while, and what a program may say of it.

package Faults;

use strict;
use warnings;

use Errno ();
use Exporter ();
use Test::More;
use Upkeep;
use Crash;
use Kept;

our @ISA = 'Exporter';
our @EXPORT = qw(sweep_faults said_wrongly);

use constant {
    SPAN => 700,  # ms
    MANY => 1500, # more calls than that in a SPAN: it spins
};

my %words = (
    ENOSPC => 'out of disk space', EIO => 'input/output error', EROFS => 'read-only file system',
    EMFILE => 'process cannot open more files', ENFILE => 'system cannot open more files', ENOMEM => 'out of memory',
    EAGAIN => 'temporary failure', ENOSYS => 'system call not available', EINTR => 'interrupted system call',
    ENOLCK => 'no locks available', ENOTTY => 'not a tty',
);

# The first that fits. What the C library does before main(), or in memory, is not asked for.
my @disk = qw(ENOSPC EROFS EIO);
my @sensible = (
    qr/^open/         => [qw(EMFILE ENFILE ENOMEM EINTR EIO)],
    qr/write/         => [qw(ENOSPC EIO EINTR)],
    qr/^(?:rename|mkdir|mknod|unlink)/ => [@disk, 'ENOMEM'],
    qr/^(?:clone|fork|vfork)/ => [qw(EAGAIN ENOMEM)],
    qr/^pidfd_open/   => [qw(EMFILE ENFILE ENOMEM ENOSYS)],
    qr/^pidfd_getfd/  => [qw(EMFILE ENFILE ENOMEM ENOSYS)],
    qr/^inotify_init/ => [qw(EMFILE ENFILE ENOMEM ENOSYS)],
    qr/^inotify_add/  => [qw(ENOSPC ENOMEM)],
    qr/^(?:pipe|dup$|signalfd)/ => [qw(EMFILE ENFILE ENOMEM)],
    qr/^dup[23]/      => [qw(EMFILE EINTR)],
    qr/poll/          => [qw(EINTR ENOMEM)],
    qr/^wait/         => [qw(EINTR)],
    qr/^p?read(?:v|64)?$/ => [qw(EINTR EIO ENOMEM)],
    qr/stat/          => [qw(ENOMEM EIO)],
    qr/^f?access/     => [qw(ENOMEM EIO)],
    qr/^(?:fchmod|fchown)/ => [qw(EROFS EIO)],
    qr/^mmap/         => [qw(ENOMEM)],
    qr/^flock/        => [qw(ENOLCK EINTR)],
    qr/^close$|^fsync/ => [qw(EINTR EIO)],
    qr/^(?:prctl|close_range|prlimit64)/ => [qw(ENOSYS)],
    qr/^ioctl/        => [qw(ENOTTY)],
    qr/^getdents/     => [qw(EIO ENOMEM)],
);

sub errors_of {
    my ($name) = @_;
    for (my $i = 0; $i < @sensible; $i += 2) { return @{$sensible[$i + 1]} if $name =~ $sensible[$i] }
    return;
}

# said_wrongly($program, $play): '' if all that was said is right and the fault was taken well.
sub said_wrongly {
    my ($program, $play) = @_;
    my $job = $play->{story}{job};
    my $reason = $words{$job->{error}};
    my @said = split /\n/, $play->{err};
    my $refused = $play->{report}{refused};
    return 'EINTR made it say something' if $job->{error} eq 'EINTR' && @said;
    return "it exited $refused times" if $refused > 1;
    return 'it exited after it had started up' if $refused && $job->{call} > $job->{start_up};
    return 'it was killed' if $play->{report}{text} =~ /^ended signal/m;
    my @fatal = grep { /^$program: fatal: / } @said;
    return 'it exited and did not say why' if @fatal != $refused;
    # of what cannot be looked at it is tried whether it is there
    @said = grep { !m{/finish: file does not exist$} } @said;
    my @strange = grep { !/^$program: (?:warning|fatal): unable to .*: \Q$reason\E/ } @said;
    return 'it said something else' if @strange;
    my %times;
    $times{$_}++ for @said;
    my @often = grep { $times{$_} > 1 } sort keys %times;
    return "it said $times{$often[0]} times: " . $often[0] =~ s{/tmp/\S*/}{}gr if @often;
    return "it spun: $play->{report}{during} calls" if $play->{report}{during} > MANY;
    return '';
}

# A poll of so few never fails for long, nothing is interrupted for ever, and what cannot be read for
# long is not: it would have to be thrown away.
sub lasts { my ($name, $error) = @_; return $error ne 'EINTR' && $name !~ /poll|^read$/ }

# jobs($list, $lasting): each call that was made, with each error that it may have: {name, call: the
# how manieth of that name, start_up: how many of these before the first process, error}.
sub jobs {
    my ($list, $lasting) = @_;
    my (%calls, %start_up, $begun);
    for (@$list) {
        my ($name) = /^\d+ (\S+)/;
        $calls{$name}++;
        $begun ||= $name =~ /^(?:clone|fork|vfork)$/;
        $start_up{$name} = $calls{$name} unless $begun;
    }
    my @jobs;
    for my $name (sort keys %calls) {
        for my $error (errors_of($name)) {
            next if $ENV{UPKEEP_ERROR} && $error ne $ENV{UPKEEP_ERROR} || $lasting && !lasts($name, $error);
            push @jobs, map { {name => $name, call => $_, start_up => $start_up{$name} // 0, error => $error} } 1 .. $calls{$name};
        }
    }
    return @jobs;
}

my @hows = (['once', 2], ['three times', 1, '-K', 3], ['for a while', 1, '-K', 2, '-t', SPAN]);

# sweep_faults($player, $story, $count): $player->($story, @options) plays it. Returns how many plays.
sub sweep_faults {
    my ($player, $story, $count) = @_;
    my $all = 0;
    my $play = $player->({%$story, check => undef}, ['-c', 'all', '-l']);
    is $play->{wrong}, '', "$story->{name}: without a fault all is well" or return 0;
    for (@hows) {
        my ($how, $share, @options) = @$_;
        my @jobs = jobs($play->{report}{list}, $how eq 'for a while');
        my @some = sample(full() ? scalar(@jobs) : $share * $count, @jobs);
        my @results = spread(sub { one_fault($player, $story, @options, $_[0]) }, @some);
        complain("$story->{name}: a call fails $how, and it goes on", @results);
        note scalar(@some), ' of ', scalar(@jobs), ' plays, ', scalar(grep { $_ eq '-' } @results), ' ended before';
        $all += @some;
    }
    return $all;
}

sub one_fault {
    my $job = pop;
    my ($player, $story, @options) = @_;
    my $number = Errno->can($job->{error})->();
    my $play = $player->({%$story, job => $job}, ['-c', $job->{name}, '-n', $job->{call}, '-d', $number, @options]);
    my ($did) = @{$play->{report}{did}};
    return '-' unless $did || $play->{wrong};
    return $play->{wrong} && "$job->{error} @options " . ($did // '') . " ($job->{name} $job->{call}): $play->{wrong}";
}

1;
