# ISC license.
#
# The manual agrees with the programs: every program has its page, synopses are the usage texts,
# tables are those of the sources, and what is shown as an example works.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= 300 } # it plays whole sessions

use lib 'tests/lib';
use Upkeep;
use Record;
use Session;

chdir top;

sub lines_of { return split /\n/, read_file($_[0]) // die "unable to read $_[0]: $!\n" }

my @programs = map { (split)[0] } grep { !/^\s*(?:#|$)/ } lines_of('package/command');
my @pages = glob 'doc/*.[1-9]';
my $mandoc = program('mandoc');
ok @pages > 0, 'there are manual pages';

# Every program has its page, and every page of section 1 or 8 its program -----------------------

my %page;
for my $name (@programs) {
    ($page{$name}) = grep { -f } "doc/$name.8", "doc/$name.1";
    ok $page{$name}, "$name has a manual page";
}
for my $page (grep { /\.[18]$/ } @pages) {
    my ($name) = $page =~ m{^doc/(.*)\.\d$};
    ok exists $page{$name}, "$page is about a program";
}

# Form -------------------------------------------------------------------------------------------

# Pages that are not ours to write.
my %elsewhere = map { $_ => 1 } qw(proc.5 inotify.7 fifo.7 pipe.7 signal.7 sh.1 init.8 syslogd.8);

for my $page (@pages) {
    my $text = read_file($page);
    my ($name, $section) = $page =~ m{^doc/(.*)\.(\d)$};
    like $text, qr/\A\.\\" ISC license\.\n/, "$page begins with its licence";
    like $text, qr/^\.Dt \U$name\E $section$/m, 'and says which page it is';
    my %missing;
    while ($text =~ /^\.(?:.* )?Xr (\S+) (\d)/mg) {
        $missing{"$1.$2"} = 1 unless -f "doc/$1.$2" || $elsewhere{"$1.$2"} || $2 =~ /[234]/;
    }
    is join(' ', sort keys %missing), '', 'the pages that it refers to are there';
    SKIP: {
        skip 'no mandoc here', 1 unless $mandoc;
        my $lint = run('mandoc', '-T', 'lint', $page)->{out};
        $lint =~ s/^.*: referenced manual not found: .*\n//mg; # depends on what is installed
        is $lint, '', 'mandoc finds nothing wrong in it';
    }
}

# Synopses ---------------------------------------------------------------------------------------

# How a synopsis is laid out does not matter, what stands in it does.
sub bare { return $_[0] =~ s/\s+//gr }

# usage($name): what --help begins with.
sub usage { return run($_[0], '--help', {cwd => tempdir, limit => 5})->{out} =~ /\Ausage: (.*)\n/ ? $1 : '' }

for my $name (grep { $page{$_} } @programs) {
    SKIP: {
        skip 'no mandoc here', 1 unless $mandoc;
        skip "$name is not built", 1 unless program($name);
        my $text = run('mandoc', '-T', 'ascii', '-O', 'width=1000', $page{$name})->{out} =~ s/.\x08//gr;
        my ($synopsis) = $text =~ /^SYNOPSIS\n(.*?)^\S/ms;
        is bare($synopsis // ''), bare(usage($name)), "$name: the synopsis is the usage text";
    }
}

# Tables -----------------------------------------------------------------------------------------

# rows($page, $heading): the cells of the table whose first row has these headings.
sub rows {
    my ($page, @heading) = @_;
    my $heading = join ' Ta ', map { /\s/ ? "Em \"$_\"" : "Em $_" } @heading;
    my ($table) = read_file($page) =~ /^\.It \Q$heading\E\n(.*?)^\.El$/ms or return;
    return map { [map { s/^Li //r } split / Ta /, s/^\.It //r] } split /\n/, $table;
}

my %from = (DJB => 'daemontools', ENCORE => 'encore', OTHER => 'other');
is_deeply [rows('doc/control.7', 'byte', 'option', 'from', 'meaning')],
    [map { /'(.)',\s*(\w+),\s*"([^"]+)",\s*"([^"]+)"/ or die "what is $_?"; [$1, "--$3", $from{$2}, $4] }
        Record::entries('control.h', 'SV_COMMANDS')],
    'control(7) lists the commands that there are';

my %kind = (U8 => 'number', U32 => 'number', U64 => 'number', STAMP => 'label', BOOT => 'bytes');
is_deeply [map { [@$_[0 .. 3]] } rows('doc/status.5', 'offset', 'size', 'kind', 'field', 'meaning')],
    [map { [@$_[2, 3], $kind{$_->[1]}, $_->[0]] } status_fields()], 'status(5) has the fields where they are';

sub words_of { return map { /"([^"]*)"/ ? $1 : die "what is $_?" } Record::entries(@_) }

sub numbered { my $number = 0; return map { [$number++, $_] } @_ }

is_deeply [rows('doc/status.5', 'number', 'phase')], [numbered(words_of('machine.h', 'SV_PHASES'))],
    'status(5) counts the phases right';
is_deeply [map { [@$_[0, 1]] } rows('doc/status.5', 'number', 'cause', 'detail')],
    [numbered(map { $_ eq '' ? 'nothing yet' : $_ } words_of('machine.h', 'SV_CAUSES'))],
    'status(5) counts the causes right';
is_deeply [map { [@$_[0, 1]] } rows('doc/status.5', 'byte', 'state', 'phase')],
    [numbered(words_of('status.h', 'SV_ENCORE_STATES'))], "status(5) counts daemontools-encore's states right";
is_deeply [map { $_->[1] } grep { $_->[0] ne 'service' } rows('doc/svstat.8', 'field', 'meaning')],
    [map { s/^  \w+ +//r } grep { !/^  service / } grep { /^  \w/ } split /\n/, run('svstat', '--help')->{out} =~ s/\A.*^Fields:\n//msr],
    'svstat(8) lists the fields of svstat --help';

# A program's own list is read from the program.
is_deeply [rows('doc/svlint.8', 'rule', 'severity', 'meaning')],
    [map { [split /\t/] } split /\n/, run('svlint', '--rules')->{out}], 'svlint(8) lists the rules of svlint --rules';

{
    my $text = read_file('doc/servicedir.7') // '';
    for (Record::entries('setting.h', 'SV_SETTINGS')) {
        my ($file) = /"([^"]*)"/;
        like $text, qr/^\.It Pa \Q$file\E$/m, "servicedir(7) has $file";
    }
}

# Examples ---------------------------------------------------------------------------------------

# examples($page): [line, text, mark, reason] of each block behind a comment that says what it is:
#   run                  a script of its own
#   session              a part of the session of this page, see Session.pm
#   not run: REASON      commands that cannot be run here; that they are sh is looked at
#   file: WHOSE          what a file of another suite or program holds
#   shown: WHAT          an answer, or a form
my $mark = qr/^\.\\" (run|session|not run|file|shown)(?:: (.+))?$/;

sub examples {
    my ($page) = @_;
    my (@examples, $number, $block, @marked);
    for (lines_of($page)) {
        $number++;
        if (defined $block) {
            if (/^\.Ed$/) { push @examples, $block; undef $block }
            else { $block->[1] .= s/\\e/\\/gr =~ s/\\&//gr =~ s/\\-/-/gr . "\n" }
        } elsif (/^\.Bd -literal/ && (@marked || $page =~ m{^doc/upkeep})) {
            $block = [$number + 1, '', $marked[0] // 'nothing', $marked[1]];
        }
        @marked = /$mark/ ? ($1, $2) : ();
    }
    return @examples;
}

sub runs {
    my ($page, $line, $script) = @_;
    my ($name) = $page =~ m{([^/]*)\.[18]$};
    SKIP: {
        skip "$name is not built", 2 if defined $name && !program($name);
        my $result = run('sh', '-e', '-c', $script, {cwd => tempdir, limit => 30});
        is $result->{code}, 0, "the example at line $line of $page succeeds" or diag $result->{out}, $result->{err};
        is $result->{err}, '', 'without a complaint';
    }
}

# played($page, @blocks): one session; a command that is not what it should be ends it.
sub played {
    my ($page, @blocks) = @_;
    my $directory = tempdir;
    my $session = Session::begin($directory);
    BLOCK: for (@blocks) {
        my ($line, $text) = @$_;
        my @commands = Session::commands($text);
        for my $i (0 .. $#commands) {
            my ($command, $shown) = @{$commands[$i]};
            my ($code, $printed, $same) = $session->play($command, $shown);
            my $asked = $i < $#commands && $commands[$i + 1][0] =~ /^echo \$\?/;
            next if $same && ($code == 0 || $asked);
            fail "the session of $page, in the block at line $line";
            diag $command, defined $code ? "exit code $code, printed:\n$printed" : 'it does not end';
            diag "instead of:\n$shown" unless $same;
            last BLOCK;
        }
    }
    is $session->end, 0, "$page: the session is played to its end";
    is wait_until(sub { !Session::left_behind($directory) }, 10, 'the end of what it started'), 1,
        'and nothing is left running';
}

for my $page (@pages) {
    my @examples = examples($page);
    for (@examples) {
        my ($line, $text, $kind, $reason) = @$_;
        my $where = "the block at line $line of $page";
        isnt $kind, 'nothing', "$where says what it is" if $page =~ m{^doc/upkeep};
        runs($page, $line, $text) if $kind eq 'run';
        is run('sh', '-n', '-c', $text)->{err}, '', "$where is sh" if $kind eq 'not run';
        ok defined $reason, "$where says why" if $kind =~ /^(?:not run|file|shown)$/;
    }
    my @session = grep { $_->[2] eq 'session' } @examples;
    played($page, @session) if @session;
    my $marks = grep { /$mark/ } lines_of($page);
    is scalar(grep { $_->[2] ne 'nothing' } @examples), $marks, "nothing that $page marks was missed";
}

# The index names every page.
{
    my $index = read_file('doc/upkeep.7') // '';
    my @unnamed = grep { my ($name, $section) = m{([^/]*)\.(\d)$}; $index !~ /\bXr \Q$name\E $section\b/ }
        grep { $_ ne 'doc/upkeep.7' } @pages;
    is "@unnamed", '', 'upkeep(7), which is the index, names every page';
}

# Options ----------------------------------------------------------------------------------------

# The book tells people what to type: each option that it has behind the name of a program is one.
{
    my (%help, @wrong);
    for my $page (grep { m{^doc/upkeep} } @pages) {
        my $text = read_file($page) =~ s/\\-/-/gr =~ s/^\.Op //gmr;
        while ($text =~ /\b(?<!-)(sv[a-z]+)((?: --?[\w=+-]+,?)+)/g) {
            my ($name, $options) = ($1, $2);
            next unless $page{$name} && program($name);
            $help{$name} //= run($name, '--help')->{out};
            push @wrong, map { "$page: $name --$_" }
                grep { $help{$name} !~ /--\Q$_\E\b/ } $options =~ / --(\w[\w-]*)/g;
            push @wrong, map { "$page: $name -$_" } grep { $help{$name} !~ /-\Q$_\E\b/ }
                map { $name eq 'svc' ? split // : substr $_, 0, 1 } $options =~ / -([\w+]+)/g;
        }
    }
    is join("\n", @wrong), '', 'the options that the book names are there';
}

# Links ------------------------------------------------------------------------------------------

# What a page of the manual looks like in a browser: where its links go is there.
SKIP: {
    skip 'no mandoc here', 1 unless $mandoc;
    my @broken;
    for my $page (@pages) {
        my $html = run('mandoc', '-T', 'html', '-O', 'man=%N.%S.html', $page)->{out};
        my %place = map { $_ => 1 } $html =~ /\bid="([^"]+)"/g;
        for my $link ($html =~ /\bhref="([^"]+)"/g) {
            next if $link =~ /^#(.*)/ ? $place{$1} : $link =~ /^https?:/;
            next if $link =~ /^(.*\.(\d))\.html$/ && (-f "doc/$1" || $elsewhere{$1} || $2 =~ /[234]/);
            push @broken, "$page: $link";
        }
    }
    is join("\n", @broken), '', 'all links between and within pages lead somewhere';
}

{
    my @nowhere;
    for my $page (grep { m{^doc/upkeep} } @pages) {
        my $text = read_file($page);
        while ($text =~ /^\.Dq (.+)\nin\n\.Xr (\S+) (\d)/mg) {
            my ($title, $there) = ($1, "doc/$2.$3");
            push @nowhere, "$page: $title in $there"
                unless -f $there && read_file($there) =~ /^\.S[hs] \Q$title\E$/mi;
        }
    }
    is join("\n", @nowhere), '', 'and sections that the book names in other pages are there';
}

done_testing;
