# ISC license.
#
# make install: what lies where, what its modes are, that nothing of it knows where it was built,
# and that shells, browsers and pkg-config find their way in it.

use lib 'tests/lib';
use Upkeep;
use Help;

use Cwd ();
use File::Copy ();
use File::Find ();

chdir top;

sub setting {
    my ($name, $top) = @_;
    my $makefile = read_file(($top // '.') . '/compile/config.mak') // '';
    return $makefile =~ /^\Q$name\E :=[ ]*(.*?)[ ]*$/m ? $1 : undef;
}

sub install { return run('make', 'install', @_, {limit => 100}) }

# tree($directory): {path => [mode, link, content]} of every file below.
sub tree {
    my ($root) = @_;
    my %found;
    File::Find::find({no_chdir => 1, wanted => sub {
        my @status = lstat;
        return if -d _;
        (my $path = $_) =~ s{^\Q$root\E}{};
        $found{$path} = -l _ ? ['link', readlink] : [sprintf('%04o', $status[2] & 07777), read_file($_)];
    }}, $root);
    return \%found;
}

my @programs = programs();
my %modes = map { (split)[0, 1] } grep { !/^\s*(?:#|$)/ } split /\n/, read_file('package/command');
my %left_out = map { $_ => 1 } grep { !program($_) } keys %modes;
my @pages = grep { !$left_out{s{.*/(.*)\.[18]$}{$1}r} } glob 'doc/*.[1-9]';
my $has_mandoc = program('mandoc');

# Everything, and nothing else ---------------------------------------------------------------------

my $root = tempdir;
{
    my $result = install("DESTDIR=$root");
    is $result->{code}, 0, 'make install' or diag $result->{out}, $result->{err};
}
my $tree = tree($root);
{
    my %expected = map { setting('bindir') . "/$_" => $modes{$_} } @programs;
    for (@pages) {
        my ($name, $section) = m{([^/]+)\.(\d)$};
        $expected{setting('mandir') . "/man$section/$name.$section"} = '0644';
        $expected{setting('htmldir') . "/$name.$section.html"} = '0644' if $has_mandoc;
    }
    if ($has_mandoc) { $expected{setting('htmldir') . "/$_"} = '0644' for qw(index.html style.css) }
    $expected{setting('pkgconfigdir') . '/upkeep.pc'} = '0644';
    $expected{setting('zshcompdir') . '/_upkeep'} = '0644';
    $expected{setting('bashcompdir') . "/$_"} = 'link' for @programs;
    $expected{setting('bashcompdir') . '/upkeep'} = '0644';
    $expected{setting('fishcompdir') . "/$_.fish"} = 'link' for @programs;
    $expected{setting('fishcompdir') . '/upkeep.fish'} = '0644';
    is_deeply {map { $_ => $tree->{$_}[0] } keys %$tree}, \%expected, 'puts everything where it belongs, with its mode';
    my @dangling = grep { -l "$root$_" && !-e "$root$_" } keys %$tree;
    is "@dangling", '', 'and no link leads nowhere';
}
{
    my @places = (top, $root);
    my @knows = grep { my $file = $_; $tree->{$file}[0] ne 'link' && grep { index($tree->{$file}[1], $_) >= 0 } @places } keys %$tree;
    is "@knows", '', 'no file knows where it was built or put first';
}
{
    my %before = map { $_ => (lstat "$root$_")[1] } keys %$tree;
    open my $reader, '<', "$root" . setting('pkgconfigdir') . '/upkeep.pc' or die;
    is install("DESTDIR=$root")->{code}, 0, 'once more';
    is_deeply tree($root), $tree, 'it is all the same';
    my @same = grep { (lstat "$root$_")[1] == $before{$_} } keys %before;
    is "@same", '', 'each file is another one, renamed into place: nobody ever sees half of one';
    is join('', readline $reader), $tree->{setting('pkgconfigdir') . '/upkeep.pc'}[1], 'who reads the one before goes on reading it';
}

{
    my $closed = tempdir;
    my $result = run('sh', '-c', 'umask 077; exec "$@"', 'sh', 'make', 'install', "DESTDIR=$closed/all", {limit => 100});
    is $result->{code}, 0, 'by who is careful with new files';
    my @shut;
    File::Find::find({no_chdir => 1, wanted => sub { push @shut, $_ if -d && ((stat _)[2] & 0755) != 0755 }}, "$closed/all");
    is "@shut", '', 'everybody may use it all the same';
    is_deeply tree("$closed/all"), $tree, 'and it is the same';
}

# Elsewhere, by somebody else ----------------------------------------------------------------------

{
    my $other = tempdir;
    my @given = ('bindir=/command', 'mandir=/m', 'htmldir=/h', 'pkgconfigdir=/p', 'bashcompdir=/b', 'zshcompdir=/z', 'fishcompdir=/f');
    is install("DESTDIR=$other", @given)->{code}, 0, 'every directory may be another one';
    my %places = map { m{^(/\w+)/} ? ($1 => 1) : ($_ => 1) } keys %{tree($other)};
    is join(' ', sort keys %places), join(' ', sort qw(/command /m /p /b /z /f), $has_mandoc ? '/h' : ()), 'and holds its part';
}
{
    my $other = tempdir;
    my $result = install("DESTDIR=$other", 'MANDOC=');
    is $result->{code}, 0, 'without mandoc it is installed';
    like $result->{err}, qr/^make: without mandoc there are no pages for a browser$/m, 'and says what is left out';
    is scalar(grep { /\.html$/ } keys %{tree($other)}), 0, 'which is these pages';
}
SKIP: {
    skip 'only root can become somebody else', 2 unless have_root;
    my $other = tempdir;
    chown 65534, 65534, $other;
    my %nobody = (uid => 65534, limit => 100);
    skip 'others may not come here', 2 if run('sh', '-c', 'cat compile/config.mak command/svc > /dev/null', \%nobody)->{code};
    my $result = run('make', 'install', "DESTDIR=$other", \%nobody);
    is $result->{code}, 0, 'an ordinary user installs into a directory of his own' or diag $result->{err};
    is_deeply tree($other), $tree, 'the same';
}

# Pages for a browser ------------------------------------------------------------------------------

# unbalanced($html): what is wrong with how its elements lie in one another, "" if nothing is.
sub unbalanced {
    my ($html) = @_;
    my @open;
    $html =~ s/<!--.*?-->//gs;
    while ($html =~ m{<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^<>"]|"[^"]*")*)>|([<>])}g) {
        my ($ends, $name, $rest, $stray) = ($1, $2, $3, $4);
        return "stray $stray" if defined $stray;
        if ($ends) { return "</$name> in <" . ($open[-1] // '') . '>' if (pop @open // '') ne $name }
        elsif ($rest !~ m{/\z}) {
            return 'a link in a link' if $name eq 'a' && grep { $_ eq 'a' } @open;
            push @open, $name;
        }
    }
    return "@open";
}

SKIP: {
    skip 'no mandoc here', 4 unless $has_mandoc;
    my $place = setting('htmldir');
    my %html = map { m{^\Q$place\E/(.*\.html)$} ? ($1 => $tree->{$_}[1]) : () } keys %$tree;
    my (%linked, @broken, @odd);
    for my $page (sort keys %html) {
        my $wrong = unbalanced($html{$page} =~ s/^<!DOCTYPE html>\n//r);
        push @odd, "$page: $wrong" if $wrong ne '';
        for my $link ($html{$page} =~ /\bhref="([^"]*)"/g) {
            my ($file, $place) = $link =~ /^([^#]*)(?:#(.*))?$/;
            $file = $page if $file eq '';
            $linked{$page}{$file} = 1;
            next if $file eq 'style.css';
            push @broken, "$page: $link" unless defined $html{$file} && (!defined $place || $html{$file} =~ /\bid="\Q$place\E"/);
        }
    }
    is join("\n", @odd), '', 'the pages for a browser are well-formed';
    is join("\n", @broken), '', 'and every link leads somewhere';
    is join(' ', grep { $_ ne 'index.html' && !$linked{'index.html'}{$_} } sort keys %html), '', 'the index leads to all of them';
    is join(' ', grep { $_ ne 'index.html' && !$linked{$_}{'index.html'} } sort keys %html), '', 'and they lead back';
}
for my $checker (['xmllint', '--noout'], ['tidy', '-q', '-e', '--show-warnings', 'no']) {
    SKIP: {
        skip "no $checker->[0] or no mandoc here", 1 unless $has_mandoc && program($checker->[0]);
        my $result = run(@$checker, glob($root . setting('htmldir') . '/*.html'), {limit => 60});
        is $result->{err} . ($result->{code} // 'killed'), '0', "$checker->[0] has nothing against them";
    }
}

# pkg-config ---------------------------------------------------------------------------------------

SKIP: {
    my ($command) = grep { program($_) } qw(pkg-config pkgconf);
    skip 'no pkg-config here', 4 unless $command;
    my %where = (env => {PKG_CONFIG_PATH => $root . setting('pkgconfigdir')});
    my $ask = sub { return run($command, @_, 'upkeep', \%where)->{out} =~ s/\s+\z//r };
    my ($version) = read_file('package/info') =~ /^version=(.*)$/m;
    is $ask->('--modversion'), $version, 'pkg-config knows the version';
    is $ask->("--variable=$_"), setting($_), "and $_" for qw(prefix bindir datadir mandir htmldir bashcompdir zshcompdir fishcompdir);
    is $ask->('--variable=scandir'), '/service', 'and where services are looked for';
    is $ask->('--cflags', '--libs'), '', 'there is nothing to link with';
    SKIP: {
        skip 'programs are not under the prefix', 1 unless index(setting('bindir'), setting('prefix') . '/') == 0;
        is $ask->('--define-variable=prefix=/moved', '--variable=bindir'),
            '/moved' . substr(setting('bindir'), length setting('prefix')), 'who moves the prefix moves all';
    }
}

# Shells find their completion ----------------------------------------------------------------------

SKIP: {
    skip 'no bash here', 1 unless program('bash');
    my $script = 'source "$1/svstat"; complete -p svc svstat envdir';
    my $result = run('bash', '--norc', '-c', $script, 'bash', $root . setting('bashcompdir'));
    is $result->{out}, join('', map { "complete -F _upkeep $_\n" } qw(svc svstat envdir)), 'bash, by the file of any program';
}
SKIP: {
    skip 'no zsh here', 1 unless program('zsh');
    my $script = 'fpath=($1 $fpath); autoload -U compinit; compinit -D -u; print $_comps[svc] $_comps[svstat] $_comps[envdir]';
    is run('zsh', '-f', '-c', $script, 'zsh', $root . setting('zshcompdir'), {env => {HOME => $root}})->{out},
        "_upkeep _upkeep _upkeep\n", 'zsh, in its function path';
}
SKIP: {
    skip 'no fish here', 1 unless program('fish');
    my $home = tempdir;
    my $result = run('fish', '-c', 'set fish_complete_path $argv[1]; complete -C "svc --restar"', $root . setting('fishcompdir'),
        {env => {HOME => $home, XDG_CONFIG_HOME => $home, XDG_DATA_HOME => $home}});
    like $result->{out}, qr/\A--restart\t/, 'fish, by the name of the program';
}

# Settings -----------------------------------------------------------------------------------------

{
    my $copy = tempdir;
    for my $file ('configure', glob('package/*'), glob('conf-compile/*')) {
        next if -d $file;
        my ($place) = "$copy/$file" =~ m{^(.*)/};
        File::Path::make_path($place);
        File::Copy::cp($file, "$copy/$file") or die "unable to copy $file: $!\n";
    }
    my @told = ('CC=' . setting('CC'));
    for my $kind (qw(include library)) {
        push @told, "--with-$kind=" . (Cwd::abs_path($_) // $_) for setting('CONFIGURE_ARGS') =~ /'--with-$kind=([^']*)'/g;
    }
    my $configure = sub { return run('./configure', @told, @_, {cwd => $copy, limit => 60}) };

    write_file("$copy/conf-compile/conf-zshcompdir", "/usr/share/zsh/vendor-completions\n");
    my $result = $configure->('--prefix=/opt/up', '--datadir=/srv/share', '--bashcompdir=/etc/bash_completion.d');
    is $result->{code}, 0, 'configure' or diag $result->{err};
    my %expected = (
        bindir => '/opt/up/bin', datadir => '/srv/share', mandir => '/srv/share/man', htmldir => '/srv/share/doc/upkeep/html',
        pkgconfigdir => '/srv/share/pkgconfig', fishcompdir => '/srv/share/fish/vendor_completions.d',
        bashcompdir => '/etc/bash_completion.d', zshcompdir => '/usr/share/zsh/vendor-completions',
    );
    is_deeply {map { $_ => setting($_, $copy) } keys %expected}, \%expected,
        'directories follow the prefix and the data directory, unless something else is said';
    like read_file("$copy/compile/upkeep.pc"), qr{^bindir=\$\{prefix\}/bin\ndatadir=/srv/share$}m, 'upkeep.pc says so';
    my $help = $configure->('--help')->{out};
    is join(' ', grep { $help !~ /^  --$_=DIR /m || !-f "conf-compile/conf-$_" } 'prefix', keys %expected), '',
        'each has its option and its file';
    is $configure->("--$_=here")->{code}, 100, "$_ must be absolute" for qw(datadir htmldir pkgconfigdir bashcompdir zshcompdir fishcompdir);
}

done_testing;
