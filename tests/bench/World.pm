# ISC license.
#
# A world is one contender at work: a directory with scan/ and services in it, and a stopwatch
# that has all the contender's processes below it.
#
# A contender is a hash. The subs are given the world; an action is [WORD...] as stopwatch.c knows
# them, and the programs are found in `directory` first.
#
#   directory   sub, given the directory of the helpers: where its programs are, or undef
#   missing     why it is skipped, then
#   start       sub: the actions that bring everything up; the last one runs the scanner
#   added       sub: the actions after a directory was moved into scan/; without: it sees for itself
#   stop        sub: the actions that bring everything down
#   control     {down, up, restart}: subs, given the world and a service directory: the command
#   wait        {down, up}: the same for commands that end when it is done, where there are any
#   status      [offset, length] of the pid in SERVICE/supervise/status; zero there: down
#   show        sub, given the world, bare and service directories: the command that shows them
#   files       sub: further files of a service directory, NAME => CONTENT
#   supervisor  the name of its process per service, as the kernel knows it

package World;

use strict;
use warnings;

use POSIX ();
use Upkeep;

use constant LIMIT_MS => 30_000; # for what must happen

sub new {
    my ($class, %self) = @_;
    my $self = bless {%self, names => [], pids => {}}, $class;
    my $place = $self->{place};
    mkdir $_ or die "unable to create $_: $!\n" for $place, "$place/scan", "$place/outside";
    POSIX::mkfifo("$place/events", 0600) or die "unable to create $place/events: $!\n";
    $self->furnish('scan', sprintf 's%05d', $_) for 1 .. $self->{services};
    $self->open_stopwatch;
    return $self;
}

# The ends are kept; $SIG{CHLD} is left alone, so the stopwatch is ours to wait for.
sub open_stopwatch {
    my ($self) = @_;
    pipe my $requests, $self->{requests} or die "unable to create a pipe: $!\n";
    pipe $self->{answers}, my $answers or die "unable to create a pipe: $!\n";
    $self->{requests}->autoflush(1);
    my $contender = $self->{contender};
    $self->{stopwatch} = start("$self->{helpers}/stopwatch", $self->{place}, {
        stdin => $requests, stdout => $answers, stderr => \*STDERR,
        env => {PATH => "$contender->{path}:$ENV{PATH}"},
    });
}

sub contender { return $_[0]{contender} }
sub name      { return $_[0]{contender}{name} }
sub kind      { return $_[0]{kind} }
sub scan      { return "$_[0]{place}/scan" }
sub names     { return @{$_[0]{names}} }
sub service   { return "$_[0]{place}/scan/$_[1]" }
sub directories { my ($self) = @_; return map { $self->service($_) } $self->names }
sub scanner   { return $_[0]{scanner} } # its pid

# furnish($where, $name): a service directory in scan or outside.
sub furnish {
    my ($self, $where, $name) = @_;
    my $directory = "$self->{place}/$where/$name";
    mkdir $directory or die "unable to create $directory: $!\n";
    my $files = $self->{contender}{files};
    my %files = (died => "\0" x 8, $files ? $files->($self) : ());
    write_file("$directory/$_", $files{$_}) for keys %files;
    link $self->{stamp}, "$directory/run"
        or die "unable to create $directory/run: $!\n";
    push @{$self->{names}}, $name if $where eq 'scan';
}

# ask($limit_ms, [UNTIL...], [ACTION...]...): {ok, began, over, pid, starts => [{name, pid,
# started, died}...]}, all times in ns. Not ok: it takes longer than the limit.
sub ask {
    my ($self, $limit_ms, $until, @actions) = @_;
    my @words = ($limit_ms, @$until, 'do');
    push @words, 'and', @$_ for @actions;
    splice @words, 2 + @$until, 1; # the first and
    print {$self->{requests}} join("\t", @words), "\n";
    my $answer = readline $self->{answers};
    chomp($answer //= "error\tno stopwatch");
    my ($word, $began, $over, $pid, @rest) = split /\t/, $answer;
    die $self->name, ": $began\n" if $word eq 'error';
    my %result = (ok => $word eq 'ok', began => $began, over => $over, pid => $pid, starts => []);
    while (my ($name, $process, $started, $died) = splice @rest, 0, 4) {
        $self->{pids}{$name} = $process;
        push @{$result{starts}},
            {name => $name, pid => $process, started => $started, died => $died};
    }
    return \%result;
}

# must(...): ask, with the limit for what must happen; dies if it does not.
sub must {
    my ($self, $until, @actions) = @_;
    my $result = $self->ask(LIMIT_MS, $until, @actions);
    return $result if $result->{ok};
    my $output = read_file("$self->{place}/output") // '';
    die $self->name, ': ', join(' ', @{$actions[0]}), ": waited in vain for @$until\n",
        substr $output, -2000;
}

# start: brings all services up; returns how long that took, in ns.
sub bring_up {
    my ($self) = @_;
    my @actions = $self->{contender}{start}->($self);
    my $result = $self->must(['starts', $self->{services}], @actions);
    $self->{scanner} = $result->{pid};
    return $result->{over} - $result->{began};
}

# bring_down: brings all services and the suite itself down; returns how long that took, in ns.
sub bring_down {
    my ($self) = @_;
    my $result = $self->must(['childless'], $self->{contender}{stop}->($self));
    return $result->{over} - $result->{began};
}

# drop_in($name, $limit_ms): moves a new service into scan/ and waits for its start.
sub drop_in {
    my ($self, $name, $limit_ms) = @_;
    my ($from, $to) = map { "$self->{place}/$_/$name" } qw(outside scan);
    $self->furnish('outside', $name);
    my $added = $self->{contender}{added};
    return $self->ask($limit_ms, ['start', $name],
        ['move', $from, $to], $added ? $added->($self) : ());
}

# die($name, $limit_ms): lets the service die, and waits for its next start.
sub let_die {
    my ($self, $name, $limit_ms) = @_;
    return $self->ask($limit_ms, ['start', $name],
        ['signal', POSIX::SIGUSR1(), $self->{pids}{$name}]);
}

# control($command, $name): calls the suite's program for it and waits for the effect.
sub control {
    my ($self, $command, $name) = @_;
    my $contender = $self->{contender};
    my $directory = $self->service($name);
    my @until = $command eq 'down'
        ? ('down', "$directory/supervise/status", @{$contender->{status}}) : ('start', $name);
    return $self->must(\@until, ['run', $contender->{control}{$command}->($self, $directory)]);
}

# control_and_wait($command, $name): calls what ends when it has come to that; until its end.
sub control_and_wait {
    my ($self, $command, $name) = @_;
    my $directory = $self->service($name);
    return $self->must(['ended'],
        ['run', $self->{contender}{wait}{$command}->($self, $directory)]);
}

sub helper { return "$_[0]{helpers}/$_[1]" }

# members: the pids of all processes of the contender.
sub members { return Upkeep::descendants($_[0]{stopwatch}->pid) }

# end: nothing of it is left.
sub end {
    my ($self) = @_;
    for (1 .. 50) {
        kill 'KILL', $self->members;
        last if $self->ask(200, ['childless'], ['nothing'])->{ok};
    }
    close $self->{requests};
    $self->{stopwatch}->wait(10);
    File::Path::remove_tree($self->{place});
}

1;
