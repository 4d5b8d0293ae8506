# ISC license.
#
# --help and --version: every program answers both, does nothing else then, and its page knows
# the same options.

use lib 'tests/lib';
use Upkeep;
use Help;

chdir top;
my ($version) = read_file('package/info') =~ /^version=(.*)$/m;
my @programs = programs();
ok @programs > 0, 'there are programs';

# A place where something happens as soon as one of the words is taken for a program, which
# leaves a file, or for a directory.
sub trap_place {
    my $place = tempdir;
    mkdir "$place/room" or die;
    for my $word (qw(--help --version)) {
        write_file("$place/$word", "#!/bin/sh\necho ran > work/ran\n", 0755);
    }
    return $place;
}

for my $personality (qw(encore djb)) {
    my $place = trap_place;
    my %there = (
        cwd => "$place/room", limit => 10, stdin => "input\n",
        env => {SVPERSONALITY => $personality, PATH => "$place:$ENV{PATH}"},
    );
    for my $name (@programs) {
        my $help = run($name, '--help', \%there);
        is_deeply [@$help{qw(code err)}], [0, ''], "$name --help succeeds ($personality)";
        like $help->{out}, qr/\Ausage: \Q$name\E(?: .*)?\n/, 'and says how it is used';
        my $said = run($name, '--version', \%there);
        is_deeply [@$said{qw(code out err)}], [0, "$name (upkeep) $version\n", ''],
            "$name --version says which upkeep this is";
    }
    is join(' ', glob "$place/room/{*,.[!.]*}"), '', 'nothing was run, and nothing left behind';
}

# Nobody is told that all went well who has got nothing.
SKIP: {
    skip 'no /dev/full here', 1 unless -c '/dev/full';
    my @silent;
    for my $name (@programs) {
        for my $option (qw(--help --version)) {
            my $result = run('sh', '-c', 'exec "$@" > /dev/full', 'sh', $name, $option, {limit => 10});
            push @silent, "$name $option" unless $result->{code}
                && $result->{err} =~ /^$name: fatal: unable to write (?:to )?(?:standard )?output: out of disk space$/;
        }
    }
    is "@silent", '', 'what cannot be printed is complained of';
}

# Pages ------------------------------------------------------------------------------------------

# named(@lines): the options that lines in mdoc name, as "-a" and "--all". Behind Fl each word is
# one, up to another macro.
sub named {
    my @options;
    for (grep { /^\.(?:.* )?Fl / } @_) {
        my $is_flag = 0;
        for my $word (split / /, s/^\.//r =~ s/\bFl Fl /Fl -/gr) {
            if ($word =~ /^[A-Z][a-z]$/) { $is_flag = $word eq 'Fl' }
            elsif ($is_flag && $word =~ m{^[-A-Za-z0-9+=/]+$}) { push @options, "-$word" if $word ne '-' }
        }
    }
    return @options;
}

sub page_of { my ($page) = grep { -f } "doc/$_[0].8", "doc/$_[0].1"; return $page }

# Where the rest of them stands: the commands, and the files that an option writes.
my %also = (svc => 'doc/control.7', svadd => 'doc/servicedir.7');

for my $name (@programs) {
    my $page = page_of($name) or next; # house.t says so
    my @lines = split /\n/, read_file($page);
    my %in_page = map { $_ => 1 } named(@lines);
    if ($also{$name}) {
        my $text = read_file($also{$name});
        $in_page{"-$1"} = $in_page{$2} = 1 while $text =~ /^\.It Li (\S) Ta (--\S+) Ta /mg;
        $in_page{"--$1"} = 1 while $text =~ /^\.It Pa ([-a-z]+)$/mg;
    }
    my @in_help = map {
        ($_->{letter} ne '' ? "-$_->{letter}" : (), $_->{word} ne '' ? "--$_->{word}" : ())
    } options_of($name);
    is join(' ', grep { !$in_page{$_} } qw(--help --version), @in_help), '',
        "$page names every option of $name --help";
    my $help = help_of($name) . '--help --version';
    is join(' ', grep { $help !~ /(?<![-\w])\Q$_\E(?![-\w])/ } named(grep { /^\.It / } @lines)), '',
        "$name --help names every option of $page";
}

done_testing;
