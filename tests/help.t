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
    mkdir "$place/work" or die;
    for my $word (qw(--help --version)) {
        write_file("$place/$word", "#!/bin/sh\necho ran > work/ran\n", 0755);
    }
    return $place;
}

for my $personality (qw(encore djb)) {
    my $place = trap_place;
    my %there = (
        cwd => "$place/work", limit => 10, stdin => "input\n",
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
    is join(' ', glob "$place/work/{*,.[!.]*}"), '', 'nothing was run, and nothing left behind';
}

# Nobody is told that all went well who has got nothing.
SKIP: {
    skip 'no /dev/full here', 1 unless -c '/dev/full';
    my @silent;
    for my $name (@programs) {
        for my $option (qw(--help --version)) {
            my $result = run('sh', '-c', 'exec "$@" > /dev/full', 'sh', $name, $option, {limit => 10});
            push @silent, "$name $option" unless $result->{code}
                && $result->{err} =~ /^$name: fatal: unable to write (?:to standard )?output: out of disk space$/;
        }
    }
    is "@silent", '', 'what cannot be printed is complained of';
}

# Pages ------------------------------------------------------------------------------------------

# named($text): the options that a text in mdoc names, as "-a" and "--all".
sub named {
    my ($text) = @_;
    my @short = $text =~ /\bFl ([A-Za-z0-9+=])(?![-\w])/g;
    my @long = $text =~ /\bFl (?:Fl |-)([a-z][-a-z0-9]*)/g;
    return ((map { "-$_" } @short), map { "--$_" } @long);
}

sub page_of { my ($page) = grep { -f } "doc/$_[0].8", "doc/$_[0].1"; return $page }

# Commands are in a page of their own.
my %also = (svc => 'doc/control.7');

for my $name (@programs) {
    my $page = page_of($name) or next; # house.t says so
    my $text = read_file($page);
    my %in_page = map { $_ => 1 } named($text);
    if ($also{$name}) {
        my $table = read_file($also{$name});
        $in_page{"-$1"} = $in_page{$2} = 1 while $table =~ /^\.It Li (\S) Ta (--\S+) Ta /mg;
    }
    my %in_help = map { $_ => 1 } qw(--help --version), map {
        ($_->{letter} ne '' ? "-$_->{letter}" : (), $_->{word} ne '' ? "--$_->{word}" : ())
    } options_of($name);
    is join(' ', grep { !$in_page{$_} } sort keys %in_help), '', "$page names every option of $name --help";
    my %told = map { $_ => 1 } named(join "\n", $text =~ /^(\.It .*)$/mg);
    is join(' ', grep { !$in_help{$_} } sort keys %told), '', "$name --help names every option of $page";
}

done_testing;
