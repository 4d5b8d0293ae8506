# ISC license.
#
# The house itself: its rooms, what must stand in each, and how it is configured, built and
# installed. What changes files does so in a copy. UPKEEP_FULL=1 lets package/static fetch what it
# builds with; without, it is run where it has been run before.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= 600 if $ENV{UPKEEP_FULL} }

use lib 'tests/lib';
use Upkeep;

use Cwd ();
use File::Copy ();
use File::Find ();

chdir top;

sub lines_of { return split /\n/, read_file($_[0]) // die "unable to read $_[0]: $!\n" }

# setting($name): what configure wrote into compile/config.mak of this tree, or of $top.
sub setting {
    my ($name, $top) = @_;
    my $makefile = read_file(($top // '.') . '/compile/config.mak') // '';
    return $makefile =~ /^\Q$name\E :=[ ]*(.*?)[ ]*$/m ? $1 : undef;
}

# package/command: ([name, mode, kind, library]...).
my @programs = map { [split] } grep { !/^\s*(?:#|$)/ } lines_of('package/command');

# built($top): those that configure has not left out for want of a library.
sub built {
    my %has = map { $_ => 1 } split ' ', setting('OPTIONAL', @_) // '';
    return grep { !defined $_->[3] || $has{$_->[3]} } @programs;
}

# package/deps-optional: the libraries that it lists.
my %optional = map { (split)[0] => 1 } grep { !/^\s*(?:#|$)/ } lines_of('package/deps-optional');

# files_below($directory): every file, relative to the top directory.
sub files_below {
    my @found;
    File::Find::find({no_chdir => 1, wanted => sub { push @found, $_ if -f }}, @_);
    return sort @found;
}

# Rooms ----------------------------------------------------------------------------------------

{
    opendir my $directory, '.' or die;
    my @names = sort grep { !/^\./ && !/^(?:compile|command)$/ } readdir $directory;
    is "@names", join(' ', sort qw(src package tests doc conf-compile configure Makefile README COPYING)),
        'the top level holds exactly the rooms of the house';
}

for (@programs) {
    my ($name, $mode, $kind, $library) = @$_;
    like $mode, qr/^0[0-7]{3}$/, "$name: package/command gives a mode";
    ok !defined $kind || $kind =~ /^(?:static|-)$/, "$name: and says static or nothing";
    ok !defined $library || $optional{$library}, "$name: what it wants is in package/deps-optional";
    is scalar(grep { -e } glob "src/*/$name.c src/*/$name/$name.c"), 1, "$name has one source";
    ok -f "tests/$name.t", "$name has tests/$name.t";
    ok scalar(grep { -f } "doc/$name.8", "doc/$name.1"), "$name has a manual page";
}

{
    my %listed = map { $_->[0] => 1 } @programs;
    is scalar(keys %listed), scalar(@programs), 'no program is listed twice';
    my @areas = grep { -d && !m{^src/(?:include|libsv)$} } glob 'src/*';
    my @unlisted = grep { !$listed{s{.*/}{}r =~ s/\.c$//r} } map { glob "$_/*" } @areas;
    is "@unlisted", '', 'every source in an area belongs to a program of package/command';
}

{
    my @sources = grep { /\.[ch]$/ } files_below('src');
    my @long = grep { scalar(lines_of($_)) > 400 } @sources;
    is "@long", '', 'no file in src has more than 400 lines';
    my @strange = grep { !/\.[ch]$/ } files_below('src');
    is "@strange", '', 'and nothing else is there';
    my @left = grep { /(?:\.orig|\.rej|\.bak|~)$/ } files_below(qw(tests doc package conf-compile));
    is "@left", '', 'nor has an editor or a patch left anything elsewhere';
    my @licence = grep { (lines_of($_))[0] ne '/* ISC license. */' } @sources;
    is "@licence", '', 'each says its licence first';
    my @waiting = grep { read_file($_) =~ /^[^"\n]*\b(?:u|nano|clock_nano)?sleep\s*\(/m } @sources;
    is "@waiting", '', 'none sleeps';
    my @untold = grep { read_file($_) =~ /^[^"\n]*\b(?:alloca|system|popen)\s*\(/m } @sources;
    is "@untold", '', 'none uses alloca, system or popen';
}

{
    my @homes = grep { !/^path-/ && !/^flag-/ } map { s{.*/}{}r } glob 'conf-compile/*';
    my @unexplained = grep { scalar(lines_of("conf-compile/$_")) < 3 } @homes;
    is "@unexplained", '', 'each file of conf-compile explains itself';
    my @flags = glob 'conf-compile/flag-*';
    is "@flags", '', 'no flag is set to begin with';
    my $readme = read_file('README');
    like $readme, qr{sh package/\Q$_\E\b}, "README names package/$_" for qw(quickstart check);
    cmp_ok scalar(lines_of('README')), '<=', 66, 'README is one page';
    my @pages = $readme =~ /^    ((?:[a-z]+\.[1-8] ?)+)/mg;
    my @absent = grep { !-f "doc/$_" } map { split } @pages;
    is "@absent", '', 'the pages that README names exist';
    like read_file('.ci/run'), qr{^exec sh package/check$}m, '.ci/run ends as package/check ends';
}

# No compiler complains ------------------------------------------------------------------------

for my $compiler (qw(gcc clang)) {
    SKIP: {
        skip "no $compiler here", 1 unless program($compiler);
        my @flags = (
            qw(-std=gnu11 -D_GNU_SOURCE -O2 -Werror -Wall -Wextra -Wvla -Wshadow -Wswitch),
            qw(-Wimplicit-fallthrough -Wmissing-prototypes -Isrc/include -Icompile -c -o /dev/null),
            grep { /^-I/ } split ' ', setting('COMPILE_FLAGS') // '',
        );
        my @complaints;
        my %built = map { $_->[0] => 1 } built();
        my $left_out = join '|', map { quotemeta $_->[0] } grep { !$built{$_->[0]} } @programs;
        for my $source (grep { /\.c$/ } files_below('src')) {
            next if length $left_out && $source =~ m{^src/[^/]*/(?:$left_out)(?:/|\.c$)};
            my $result = run($compiler, @flags, $source);
            push @complaints, $result->{err} if $result->{code};
        }
        is "@complaints", '', "$compiler compiles every source without a warning";
    }
}

# What was built -------------------------------------------------------------------------------

for (@programs) {
    my ($name, $mode, $kind) = @$_;
    next unless ($kind // '') eq 'static';
    SKIP: {
        skip 'the C library here does not link statically, or was asked not to', 2
            unless (setting('STATIC_FLAGS') // '') =~ /-static/;
        skip 'no readelf here', 2 unless program('readelf');
        my $elf = run('readelf', '-hlW', "command/$name")->{out};
        like $elf, qr/^\s*Type:\s+EXEC/m, "$name is not position independent";
        unlike $elf, qr/\bINTERP\b|\bDYNAMIC\b/, "$name is static";
    }
}

{
    my $root = tempdir;
    my $result = run('make', 'install', "DESTDIR=$root", {limit => 60});
    is $result->{code}, 0, 'make install with DESTDIR' or diag $result->{out}, $result->{err};
    my ($bindir, $mandir) = map { setting($_) } qw(bindir mandir);
    my %built = map { $_->[0] => 1 } built();
    for (built()) {
        my ($name, $mode) = @$_;
        my @status = stat "$root$bindir/$name";
        is @status ? sprintf('%04o', $status[2] & 07777) : 'absent', $mode,
            "$name is installed with its mode";
    }
    my @installed = map { s{.*/}{}r } glob "$root$bindir/{*,.[!.]*}";
    is scalar(@installed), scalar(keys %built), 'and no other file';
    for my $page (map { s{.*/}{}r } glob 'doc/*.[1578]') {
        next if $page =~ /^(.*)\.[18]$/ && !$built{$1};
        ok -f "$root$mandir/man" . ($page =~ s/.*\.//r) . "/$page", "so is the page $page";
    }
}

# A copy, to be configured in every way --------------------------------------------------------

# copy_tree: a new copy of what building takes; returns its directory.
sub copy_tree {
    my $new = tempdir . '/upkeep';
    for my $file ('Makefile', 'configure', files_below(qw(src package conf-compile tests/lib))) {
        my $target = "$new/$file";
        File::Path::make_path($target =~ s{/[^/]*$}{}r);
        File::Copy::cp($file, $target) or die "unable to copy $file: $!\n"; # cp keeps the mode
    }
    return $new;
}

my $copy = copy_tree;

# What this tree was told about compiler and places to look, the copy is told too.
my @told = ("CC=" . setting('CC'));
for my $kind (qw(include library)) {
    push @told, "--with-$kind=" . (Cwd::abs_path($_) // $_)
        for setting('CONFIGURE_ARGS') =~ /'--with-$kind=([^']*)'/g;
}

sub configure { return run('./configure', @told, @_, {cwd => $copy, limit => 60}) }
sub make      { return run('make', @_, {cwd => $copy, limit => 60}) }

{
    my $result = configure('--prefix=/opt/upkeep', 'CFLAGS=-DDOLLAR=\'"$x#y"\'');
    is $result->{code}, 0, 'configure succeeds' or diag $result->{err};
    is setting('bindir', $copy), '/opt/upkeep/bin', 'the command line beats conf-compile';
    like read_file("$copy/compile/config.h"), qr{^#define SV_BINDIR "/opt/upkeep/bin"$}m,
        'config.h has it too';
    like read_file("$copy/compile/config.h"), qr{^#define SV_PERSONALITY "encore"$}m,
        'and the default personality';
    is make('-n')->{out} =~ m{^\./configure}m, '', 'with nothing changed make does not configure';

    write_file("$copy/conf-compile/conf-personality", "djb\n");
    like make('-n')->{out}, qr{^\./configure .*'--prefix=/opt/upkeep'}m,
        'a changed file of conf-compile runs configure again, with the same arguments';
    is setting('bindir', $copy), '/opt/upkeep/bin', 'which still count';
    like setting('COMPILE_FLAGS', $copy), qr/-DDOLLAR='"\$\$x\\#y"'/, 'however they are spelt';
    like read_file("$copy/compile/config.h"), qr{^#define SV_PERSONALITY "djb"$}m,
        'and so does the changed file';

    SKIP: {
        skip 'no static linking here', 4 unless (setting('STATIC_FLAGS') // '') =~ /-static/;
        write_file("$copy/conf-compile/flag-allstatic", '');
        like make('-n')->{out}, qr{^\./configure}m, 'a new flag file runs configure again';
        like setting('PROGRAM_FLAGS', $copy), qr/-static/, 'flag-allstatic makes all static';
        unlink "$copy/conf-compile/flag-allstatic";
        like make('-n')->{out}, qr{^\./configure}m, 'so does a flag file that has gone';
        unlike setting('PROGRAM_FLAGS', $copy), qr/-static/, 'and not all are static';
    }
}

{
    File::Path::make_path("$copy/src/probe/parts");
    write_file("$copy/src/probe/whole.c", "int main(void) { return 0; }\n");
    write_file("$copy/src/probe/parts/parts.c", "int part(void); int main(void) { return part(); }\n");
    write_file("$copy/src/probe/parts/other.c", "int part(void); int part(void) { return 7; }\n");
    write_file("$copy/package/command", "whole 0755\nparts 0755 static\nabsent 0755\n");
    my $result = make('-j2', 'command/whole', 'command/parts');
    is $result->{code}, 0, 'a file, or a folder, dropped into an area is a program'
        or diag $result->{err};
    is run("$copy/command/whole")->{code}, 0, 'the file';
    is run("$copy/command/parts")->{code}, 7, 'the folder';
    $result = make('command/absent');
    isnt $result->{code}, 0, 'a program without a source cannot be made';
    like $result->{err}, qr{package/command lists absent but there is no src/AREA/absent\.c},
        'which says why';
    isnt make('install', "DESTDIR=$copy/root")->{code}, 0, 'nor is anything installed then';
    ok !-e "$copy/root", 'not even a part';
}

# What not every machine has -----------------------------------------------------------------------

{
    my $poor = copy_tree;
    File::Path::remove_tree("$poor/src");
    File::Path::make_path("$poor/src/$_") for qw(libsv/pure probe);
    write_file("$poor/src/libsv/pure/nothing.c", "int sv_nothing;\n");
    write_file("$poor/src/probe/whole.c", "int main(void) { return 0; }\n");
    write_file("$poor/src/probe/wants.c", "#include <optional.h>\nint main(void) { return there(); }\n");
    write_file("$poor/package/command", "whole 0755\nwants 0755 - probe\n");
    write_file("$poor/package/deps-optional", "probe debian-probe alpine-probe,more optional.h there -lskarnet\n");
    File::Path::make_path("$poor/doc");
    write_file("$poor/doc/$_.8", "$_\n") for qw(whole wants);
    my $do = sub { run(@_, {cwd => $poor, limit => 60}) };

    my $result = $do->('./configure', @told);
    is $result->{code}, 0, 'without an optional library configure goes on' or diag $result->{err};
    like $result->{out}, qr/^probe: no, so these are left out: wants\n  Debian: apt-get install debian-probe\n  Alpine: apk add alpine-probe more$/m,
        'says what is left out, and how to get it';
    is $do->('make', 'install', "DESTDIR=$poor/root")->{code}, 0, 'all the rest is built and installed';
    is_deeply [map { s{.*/}{}r } glob("$poor/root" . setting('bindir', $poor) . '/*')], ['whole'], 'but for what wants it';
    is_deeply [map { s{.*/}{}r } glob("$poor/root" . setting('mandir', $poor) . '/man8/*')], ['whole.8'], 'and its page';

    File::Path::make_path("$poor/include");
    write_file("$poor/include/optional.h", "static inline int there(void) { return 7; }\n");
    $result = $do->('./configure', @told, "--with-include=$poor/include");
    like $result->{out}, qr/^probe: yes, for wants$/m, 'where it is, it is found';
    is $do->('make')->{code}, 0, 'and nothing is left out';
    is $do->("$poor/command/wants")->{code}, 7, 'of what is built';
}

# Wrong options and missing packages -----------------------------------------------------------

{
    my $result = configure('--enable-everything');
    is $result->{code}, 100, 'an unknown option is the caller\'s mistake';
    like $result->{err}, qr/unknown option --enable-everything\n/, 'and is named';
    is configure('--personality=dan')->{code}, 100, 'so is an unknown personality';
    is configure('--prefix=here')->{code}, 100, 'and a relative prefix';
    $result = run('./configure', 'CC=no-such-compiler', {cwd => $copy});
    is $result->{code}, 111, 'a compiler that is not there';
    like $result->{err}, qr/unable to compile with CC=no-such-compiler/, 'is named';
    $result = configure('--help');
    is $result->{code}, 0, '--help helps';
    like $result->{out}, qr/--prefix=DIR.*--enable-allstatic/s, 'with the options';
}

{
    # A compiler that does not find skalibs: the real one, but for sources that want it.
    my $compiler = setting('CC');
    write_file("$copy/blind", <<"END", 0755);
#!/bin/sh
for word; do
    case \$word in
        *.c) ! grep -q 'include <skalibs' "\$word" || { echo 'not found' >&2; exit 1; } ;;
    esac
done
exec $compiler "\$@"
END
    my $result = configure("CC=$copy/blind");
    is $result->{code}, 111, 'without skalibs configure fails';
    like $result->{err}, qr/skalibs [0-9.]+ or later: its headers are missing/, 'names it';
    like $result->{err}, qr/^  Debian: apt-get install .*\bskalibs-dev\b/m,
        'with the command for Debian';
    like $result->{err}, qr/^  Alpine: apk add .*\bskalibs-dev\b/m, 'and for Alpine';
    unlike $result->{err}, qr/execline.*headers are missing/, 'and not what is there';

    my $needs = read_file("$copy/package/deps-build");
    write_file("$copy/package/deps-build", $needs =~ s/^(execline) \S+/$1 99.1/mr);
    $result = configure();
    is $result->{code}, 111, 'with too old a version too';
    like $result->{err}, qr/execline 99\.1 or later: this is [0-9.]+\n/, 'and says which it is';
}

# package/static ------------------------------------------------------------------------------

# Only the commands it needs before it builds; `none` stands in for those that would do something.
sub few_commands {
    my (@others) = @_;
    my $directory = tempdir;
    for my $name (qw(sh id sed tr cat dirname grep nproc mkdir rm ln)) {
        symlink program($name) // next, "$directory/$name" or die "unable to link $name: $!\n";
    }
    write_file("$directory/$_", "#!/bin/sh\nexit 1\n", 0755) for @others;
    return $directory;
}

SKIP: {
    skip 'no apt-get here', 4 unless program('apt-get');
    my $static = copy_tree;
    my @user = have_root ? (uid => 65534) : ();
    my $commands = few_commands(qw(gcc make apt-get));
    my $result = run('sh', "$static/package/static", {env => {PATH => $commands}, @user});
    is $result->{code}, 111, 'package/static needs musl-gcc';
    is $result->{err}, "missing: musl-gcc; as root:\n"
        . "  apt-get install -y --no-install-recommends musl-tools\n", 'and says how to get it';
    $commands = few_commands(qw(gcc make apt-get musl-gcc));
    $result = run('sh', "$static/package/static", {env => {PATH => $commands}});
    is $result->{code}, 111, 'and the sources of the libraries';
    like $result->{err}, qr{source of skalibs: .*\n  put its archive, skalibs-VERSION.tar.gz with},
        'and says where to put them';
}

SKIP: {
    my $built = grep { -f } map { "compile/static/lib/lib$_.a" } qw(skarnet execline);
    skip 'package/static has not been run here, and UPKEEP_FULL is not set', 4
        unless $built == 2 || $ENV{UPKEEP_FULL};
    skip 'no readelf here', 4 unless program('readelf');
    my $static = copy_tree;
    for my $file (-d 'compile/static' ? files_below('compile/static') : ()) {
        File::Path::make_path("$static/$file" =~ s{/[^/]*$}{}r);
        File::Copy::cp($file, "$static/$file") or die "unable to copy $file: $!\n";
    }
    my $result = run('sh', "$static/package/static", '--prefix=/opt/upkeep', {limit => 500});
    skip 'package/static: ' . $result->{err} =~ s/\n.*//sr, 4
        if $result->{err} =~ /^static: fatal: unable to fetch|^missing: /m;
    is $result->{code}, 0, 'package/static builds' or diag $result->{out}, $result->{err};
    my @others;
    for my $name (map { $_->[0] } built($static)) {
        my $elf = run('readelf', '-lW', "$static/command/$name")->{out};
        push @others, $name unless $elf =~ /\bLOAD\b/ && $elf !~ /\bINTERP\b/;
    }
    is "@others", '', 'every program, and each is static';
    is setting('bindir', $static), '/opt/upkeep/bin', 'with what else configure was told';
    unlike run('make', {cwd => $static, limit => 60})->{out}, qr{^\./configure|-o command/}m,
        'and make then has nothing to do';
}

done_testing;
