# ISC license.
#
# A session at a shell, typed from a page of the manual, and what the page says comes out of it.
# All blocks of a page marked `session` are one session, in one directory:
#
#     $ a command         typed as it is; a here-document in it goes on to its end
#     > more of it        likewise
#     anything else       what is printed then, on standard output or standard error
#
# What differs from time to time is not compared: blanks and where lines are wrapped, seconds,
# dates, labels, who one is; `...` stands for anything. Pids, and all numbers of four digits or
# more, may be others, but each stands for the same one from its first appearance to the end, also
# in commands. Who reads the page types slowly, a test does not: so what only looks is typed again
# until it shows what the page shows. A command that fails is wrong, unless `echo $?` follows.

package Session;

use strict;
use warnings;

use POSIX ();
use Upkeep ();

use constant LIMIT => 20; # seconds for each command

my $looks = qr/^(?:svstat|svwhy|svtail|svevents|svperms|svdeps|svok|svup|tail|head|cat|ls|grep|wc|cut)\b/;

# commands($text): [command, what is shown]... of the text of a block.
sub commands {
    my ($text) = @_;
    my (@commands, $end);
    for (split /^/, $text) {
        if (defined $end) {
            $commands[-1][0] .= $_;
            undef $end if $_ eq "$end\n";
        } elsif (s/^\$ //) {
            push @commands, [$_, ''];
            $end = $1 if /<<'?(\w+)'?/;
        } elsif (@commands && $commands[-1][1] eq '' && s/^> //) {
            $commands[-1][0] .= $_;
            $end = $1 if /<<'?(\w+)'?/;
        } else {
            die "this is shown before any command: $_" unless @commands;
            $commands[-1][1] .= $_;
        }
    }
    die "a here-document without its end, $end\n" if defined $end;
    return @commands;
}

my $varies = qr/
      (?<label> \@[0-9a-f]{24} )
    | (?<date> \d{4}-\d\d-\d\d )
    | (?<time> \d\d:\d\d:\d\d(?:\.\d+)? )
    | (?<who> \bby\ (?:\S+\ \(uid\ \d+\)|uid\ \d+) )
    | (?<seconds> \b\d+(?:\.\d+)?\ s(?:econds)?\b )
    | \bpid\ (?<pid> \d+ )
    | (?<number> \b\d{4,}\b )
    | (?<any> \.\.\. )
/x;

my %instead = (
    label   => '@[0-9a-f]{24}',
    date    => '\d{4}-\d\d-\d\d',
    time    => '\d\d:\d\d:\d\d(?:\.\d+)?',
    who     => 'by (?:\S+ \(uid \d+\)|uid \d+)',
    seconds => '\d+(?:\.\d+)? s(?:econds)?',
    any     => '.*',
);

sub on_one_line { return $_[0] =~ s/\s+/ /gr =~ s/^ | $//gr }

# pattern($shown): what matches all that may be printed where the page shows this, and which of
# the numbers of the page its groups are.
sub pattern {
    my ($self, $shown) = @_;
    $shown = on_one_line($shown);
    my ($pattern, $from, @numbers) = ('', 0);
    while ($shown =~ /$varies/g) {
        my ($kind, $text) = %+;
        $pattern .= quotemeta substr($shown, $from, $-[0] - $from);
        $from = $+[0];
        if (my $other = $instead{$kind}) {
            $pattern .= $other;
        } else {
            push @numbers, $text;
            $pattern .= 'pid ' if $kind eq 'pid';
            $pattern .= '(' . ($self->{number}{$text} // '\d+') . ')';
        }
    }
    $pattern .= quotemeta substr $shown, $from;
    return (qr/\A$pattern\z/s, @numbers);
}

# begin($directory): a shell there.
sub begin {
    my ($directory) = @_;
    pipe my $input, my $typed or die "unable to make a pipe: $!\n";
    $typed->autoflush;
    my $errors = {cwd => $directory, stdin => $input};
    my $shell = Upkeep::start('sh', '-c', 'exec 2>&1; exec sh', $errors);
    close $input;
    return bless {shell => $shell, typed => $typed, read => 0, count => 0, number => {}}, __PACKAGE__;
}

# type($command): (exit code, what was printed), or nothing if it does not end in time.
sub type {
    my ($self, $command) = @_;
    my $mark = ++$self->{count};
    print {$self->{typed}} "{ $command} < /dev/null\n",
        "_code=\$?; printf '\\036%d %d\\036' $mark \$_code; (exit \$_code)\n";
    my @result;
    Upkeep::wait_until {
        my $printed = substr $self->{shell}->out, $self->{read};
        return !$self->{shell}->running unless $printed =~ /\A(.*?)\036$mark (\d+)\036/s;
        @result = ($2, $1);
        $self->{read} += $+[0];
    } LIMIT, "the end of $command";
    return @result;
}

# play($command, $shown): the exit code, what was printed after as many looks as needed, and
# whether that is what the page shows.
sub play {
    my ($self, $command, $shown) = @_;
    $command =~ s/\b(\d{4,})\b/$self->{number}{$1} || $1/ge;
    my ($pattern, @numbers) = $self->pattern($shown);
    my ($code, $printed, $same);
    my $try = sub {
        ($code, $printed) = $self->type($command) or return 1;
        my @found = on_one_line($printed) =~ $pattern or return '';
        @{$self->{number}}{@numbers} = @found if @numbers;
        return $same = 1;
    };
    if ($command =~ $looks) {
        Upkeep::wait_until { $try->() } LIMIT, "what the page shows from $command";
    } else {
        $try->();
    }
    return ($code, $printed, $same);
}

# end: its exit code, or nothing if it does not leave.
sub end {
    my ($self) = @_;
    close $self->{typed};
    my $result = $self->{shell}->wait(LIMIT);
    $self->{shell}->stop('KILL') unless $result;
    return $result && $result->{code};
}

# left_behind($directory): pids of processes that work in it or below it.
sub left_behind {
    my ($directory) = @_;
    return grep { (readlink "/proc/$_/cwd" // '') =~ m{^\Q$directory\E(?:/|$)} }
        map { m{(\d+)$} } glob '/proc/[0-9]*';
}

1;
