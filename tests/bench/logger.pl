# ISC license.
#
# logger: what it costs to write lines, until they are visible, and in memory. Each row is a place
# (memory: tmpfs; disk), lines, a script, and how the writer writes. All rows can be had with -k;
# @usual are measured without it.
#
# A run of a logger is a process that begins in an empty directory with a pipe as its input, see
# pump.c, where the clock runs. Each time logcheck.c then compares what is in the files with what
# was written: of a logger that lost or changed something there is a warning and no figure.

package Bench::Logger;

use strict;
use warnings;

use File::Temp ();
use Upkeep;

use constant {
    MEGABYTES  => 64,          # most that a run writes
    LIMIT_MS   => 200,         # and then it ends, too
    BLOCK      => 1_000_000,   # bytes of the lines that are repeated
    STAMP      => 26,          # bytes of a TAI64N label and a space
    SIZE       => 16_000_000,  # of a file,
    FILES      => 20,          # so many that nothing is removed
    LATENCIES  => 50,          # lines per process
    LIVES      => 5,           # processes per round
    GAP_US     => 100,         # between two lines
    LIMIT      => 60,          # seconds, for a run that does not end
};

# Lines ------------------------------------------------------------------------------------------

# The same three times: what is not to be logged. The first is for multilog and svlogd (the star
# ends at the first place where the byte behind it stands), the second for regular expressions.
my @simple = ('*"GET /static/*', '*"HEAD *', '*] "GET /health*');
my @simple_regex = ('^[^"]*"GET /static/', '^[^"]*"HEAD ', '^[^]]*\] "GET /health');
my @regex = ('"(GET|HEAD) /(static|assets)/[^ ]*\.(css|js|png) ', '" 5[0-9][0-9] [0-9]+ "',
    'compatible; [A-Za-z]+[Bb]ot/[0-9.]+');

# In each: stamp; simple and regex: patterns of lines that are not to be logged; size, files.
my %script = (
    'plain'                     => {},
    'stamped'                   => {stamp => 1},
    'three patterns'            => {simple => \@simple, regex => \@simple_regex},
    'three regular expressions' => {regex => \@regex},
    'rotating'                  => {size => 100_000, files => 10},
    'stamped and rotating'      => {stamp => 1, size => 100_000, files => 10},
);
# The name is that of the lines' file, too; 0: the length of each line is another.

my %lines = ('16-byte lines' => 16, '100-byte lines' => 100, '8 KiB lines' => 8192, 'text' => 0);

sub one_of { return $_[rand @_] }

sub word { return join '', map { chr 97 + rand 26 } 1 .. 3 + rand 8 }

# What a web server writes, in the combined format.
sub access {
    my @agents = ('Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0',
        'Mozilla/5.0 (compatible; Somebot/2.1; +http://bot.example/)', 'curl/7.88.1');
    my $path = one_of(
        '/static/' . word() . one_of('.css', '.js', '.png'), '/assets/' . word() . '.js',
        '/health', '/', map({ '/' . word() . '/' . word() } 1 .. 4), '/?q=' . word());
    return sprintf '10.%d.%d.%d - %s [21/Nov/2026:%02d:%02d:%02d +0000] "%s %s HTTP/1.1" %d %d '
        . "\"%s\" \"%s\"\n", rand 256, rand 256, rand 256, one_of('-', '-', word()), rand 24,
        rand 60, rand 60, one_of(('GET') x 8, 'HEAD', 'POST'), $path,
        one_of((200) x 12, 304, 404, 500, 503), rand 100_000,
        one_of('-', 'https://www.example/' . word()), one_of(@agents);
}

sub fixed {
    my ($length) = @_;
    return join('', map { chr 97 + rand 26 } 2 .. $length) . "\n";
}

sub is_selected {
    my ($line, @patterns) = @_;
    $line =~ /$_/ and return 0 for @patterns;
    return 1;
}

# write_lines($place): the files LINES and LINES.SCRIPT, which says for each line whether the script
# selects it; the first line is one that all select. See logcheck.c.
sub write_lines {
    my ($place) = @_;
    srand 1; # always the same
    for my $name (keys %lines) {
        my @made;
        my $length = 0;
        while ($length < BLOCK) {
            my $line = $lines{$name} ? fixed($lines{$name}) : access();
            next if !@made && !is_selected($line, map { @{$_->{regex} || []} } values %script);
            push @made, $line;
            $length += length $line;
        }
        write_file("$place/$name", join '', @made);
        for my $script (keys %script) {
            my @patterns = @{$script{$script}{regex} || []};
            write_file("$place/$name.$script", join '', map { is_selected($_, @patterns) } @made);
        }
    }
    srand;
}

# Loggers ----------------------------------------------------------------------------------------

sub multilog {
    my ($path, $script) = @_;
    return ["$path/multilog", $script->{stamp} ? 't' : (), map({ "-$_" } @{$script->{simple}}),
        "s$script->{size}", "n$script->{files}", './logs'];
}

# How a contender logs to logs: {command => [...], config => text}. The sub is given its
# directory, and the script: stamp, simple, regex, size, files. Undef: it cannot do that.
my %logger = (
    limit => sub { # writes all lines
        my ($path, $script) = @_;
        return {all => 1, command => [
            "$path/barelog", 'logs', $script->{size}, $script->{files},
            $script->{stamp} ? 't' : ()]};
    },
    upkeep => sub {
        my ($path, $script) = @_;
        return {command => multilog($path, $script)} if $script->{simple} || !$script->{regex};
        return {command => [
            "$path/multilog", 'X', map({ "-$_" } @{$script->{regex}}), "s$script->{size}",
            "n$script->{files}", './logs']};
    },
    daemontools => sub {
        my ($path, $script) = @_;
        return if $script->{regex} && !$script->{simple};
        return {command => multilog($path, $script)};
    },
    s6 => sub { # counts old files only; every pattern is a regular expression
        my ($path, $script) = @_;
        return {command => [
            "$path/s6-log", '-b', '--', map({ "-$_" } @{$script->{regex}}), "s$script->{size}",
            'n' . ($script->{files} - 1), $script->{stamp} ? 't' : (), './logs']};
    },
    runit => sub { # likewise; by itself it cuts lines after 1000 bytes
        my ($path, $script) = @_;
        return if $script->{regex} && !$script->{simple};
        my @long = $script->{length} > 1000 ? qw(-l 10000 -b 20000) : ();
        my @config = ("s$script->{size}", 'n' . ($script->{files} - 1),
            map { "-$_" } @{$script->{simple}});
        return {
            command => ["$path/svlogd", $script->{stamp} ? '-t' : (), @long, 'logs'],
            config  => join '', map { "$_\n" } @config,
        };
    },
    cat => sub { # neither stamps nor patterns nor rotation
        my ($path, $script) = @_;
        return if $script->{regex} || $script->{size} != SIZE;
        return {all => 1, bare => 1, current => 1, command => ["$path/cat"]};
    },
);
$logger{other} = $logger{upkeep};
$logger{encore} = $logger{daemontools};

# Rows -------------------------------------------------------------------------------------------

my @usual = (
    (map { ("memory, $_, plain", "memory, $_, stamped") } sort keys %lines),
    'memory, text, three patterns', 'memory, text, three regular expressions',
    'memory, 100-byte lines, rotating', 'memory, 100-byte lines, stamped and rotating',
    'memory, 100-byte lines, plain, one per write',
    'memory, 100-byte lines, stamped, one per write',
    'disk, 16-byte lines, stamped', 'disk, 100-byte lines, stamped', 'disk, 8 KiB lines, plain',
    'disk, text, stamped', 'disk, 100-byte lines, rotating',
    'memory, line to visible', 'memory, private',
);

# All there are: [NAME, PLACE, LINES, SCRIPT, bytes per write].
sub rows {
    my @rows;
    for my $place (qw(memory disk)) {
        for my $lines (sort keys %lines) {
            for my $script (sort keys %script) {
                next if $script{$script}{regex} && $lines{$lines};
                next if $script{$script}{files} && $lines !~ /^(?:100|text)/;
                push @rows, ["$place, $lines, $script", $place, $lines, $script, 65536],
                    ["$place, $lines, $script, one per write", $place, $lines, $script, 0];
            }
        }
        push @rows, ["$place, line to visible", $place, '100-byte lines', 'stamped'];
    }
    push @rows, ['memory, private', 'memory', '100-byte lines', 'stamped'];
    return @rows;
}

# places: {memory, disk}, new directories; the latter is removed when the program ends.
sub places {
    my ($bench) = @_;
    my $is_memory = sub { return run('stat', '-f', '-c', '%T', $_[0])->{out} =~ /^(?:tmp|ram)fs/ };
    my $given = $bench->place;
    my %place = ($is_memory->($given) ? 'memory' : 'disk' => $given);
    my %candidates = (memory => ['/dev/shm', '/tmp'], disk => ['/var/tmp', top . '/compile']);
    for my $kind (grep { !$place{$_} } keys %candidates) {
        my ($found) = grep { -w && !$is_memory->($_) == ($kind eq 'disk') } @{$candidates{$kind}};
        $place{$kind} = File::Temp->newdir('upkeep.XXXXXXXX', DIR => $found) if defined $found;
    }
    return %place;
}

# run_logger: the numbers that pump prints, or nothing, after a warning, once for each row.
my %warned;
sub run_logger {
    my ($bench, $contender, $row, $place, $mode, @settings) = @_;
    my ($name, undef, $lines, $script) = @$row;
    my %script = (size => SIZE, files => FILES, length => $lines{$lines}, %{$script{$script}});
    my $logger = $logger{$contender->{name}}->($contender->{path}, \%script) // return;
    my $directory = "$place/run";
    File::Path::remove_tree($directory);
    File::Path::make_path("$directory/logs");
    write_file("$directory/logs/config", $logger->{config}) if $logger->{config};
    write_file("$directory/logs/current", '') if $logger->{current};
    run('sync', '-f', $place, {limit => LIMIT}); # what others have written is not its concern
    my $result = run($bench->helper('pump'), $mode, $bench->place . "/$lines", @settings,
        @{$logger->{command}}, {cwd => $directory, limit => LIMIT});
    my @numbers = split ' ', $result->{out};
    my $wrong = $result->{code} ? $result->{err} . (read_file("$directory/output") // '') : '';
    if (!$wrong && $mode eq 'flood') {
        my $selected = $logger->{all} ? 'plain' : $script;
        my $kept = ($script{files} - 2) * $script{size};
        $kept -= $kept * STAMP / ($lines{$lines} || 100) if $script{stamp} && $kept < SIZE;
        my $made = $bench->place . "/$lines";
        $wrong = run($bench->helper('logcheck'), $made, "$made.$selected", $numbers[1] + 1,
            $script{stamp} && !$logger->{bare} ? STAMP : 0, int $kept, "$directory/logs",
            {limit => LIMIT})->{out};
    }
    File::Path::remove_tree($directory);
    return @numbers unless $wrong;
    $bench->told('');
    warn "run: warning: $name: no figure for $contender->{name}: $wrong\n"
        unless $warned{$name, $contender->{name}}++;
    return;
}

sub measure_flood {
    my ($bench, $contender, $row, $place) = @_;
    my ($bytes, $lines, $wall, $cpu)
        = run_logger($bench, $contender, $row, $place, 'flood', MEGABYTES, LIMIT_MS, $row->[4]);
    return unless $bytes;
    $bench->figure("$row->[0], MB/s", $contender, $bytes / $wall * 1e3);
    $bench->figure("$row->[0], million lines/s", $contender, $lines / $wall * 1e3);
    $bench->figure("$row->[0], CPU, s/GB", $contender, $cpu / $bytes);
}

sub measure {
    my ($bench, $contender, $row, $place) = @_;
    my $name = $row->[0];
    if ($name =~ /visible$/) {
        $bench->figure("$name, us", $contender, $_ / 1e3)
            for map { run_logger($bench, $contender, $row, $place, 'latency', LATENCIES, GAP_US) }
            1 .. LIVES;
    } elsif ($name =~ /private$/) {
        my ($fresh, $after) = run_logger($bench, $contender, $row, $place, 'memory', MEGABYTES)
            or return;
        $bench->figure('private after one line, KiB', $contender, $fresh);
        $bench->figure('private after ' . MEGABYTES . ' MB, at rest, KiB', $contender, $after);
    } else {
        measure_flood($bench, $contender, $row, $place);
    }
}

return sub {
    my ($bench) = @_;
    my %place = places($bench);
    my $wanted = $bench->rows;
    my %usual = map { $_ => 1 } @usual;
    my @rows = grep { defined $wanted ? $_->[0] =~ /$wanted/ : $usual{$_->[0]} } rows();
    for my $kind (qw(memory disk)) {
        warn "run: warning: no place for $kind is found: it is not measured\n"
            if !$place{$kind} && grep { $_->[1] eq $kind } @rows;
    }
    @rows = grep { $place{$_->[1]} } @rows;
    $bench->more_is_better(map { ("$_->[0], MB/s", "$_->[0], million lines/s") } @rows);
    write_lines($bench->place);
    my @contenders = grep { $logger{$_->{name}} } $bench->everyone;
    for my $row (@rows) {
        for my $round (1 .. $bench->rounds) {
            $bench->told("$row->[0], round $round");
            for my $contender ($bench->shuffled(@contenders)) {
                $bench->calm_down;
                measure($bench, $contender, $row, $place{$row->[1]});
            }
        }
    }
};
