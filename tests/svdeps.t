# ISC license.
#
# svdeps: who needs whom, as a tree, as a list and as JSON; and what is wrong with it.

use lib 'tests/lib';
use Upkeep;

use JSON::PP ();
use POSIX ();

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $home = tempdir;
my $usage = 'svdeps: usage: svdeps [-c | --order] [-r] [-j] [dir ...]';
my $count = 0;

# scan_directory(NAME => TEXT...): services with these needs; undef: without the file.
sub scan_directory {
    my (%needs) = @_;
    my $directory = "$home/s" . ++$count;
    mkdir $directory or die "mkdir $directory: $!\n";
    for my $name (keys %needs) {
        mkdir "$directory/$name" or die;
        write_file("$directory/$name/run", "#!/bin/sh\nexec sleep 1000\n", 0755);
        write_file("$directory/$name/needs", $needs{$name}) if defined $needs{$name};
    }
    return $directory;
}

# shows([arguments], $code, $out, $err, $sentence): HOME stands for the directory of all of them.
sub shows {
    my ($arguments, $code, $out, $err, $sentence) = @_;
    my $options = ref $arguments->[-1] eq 'HASH' ? pop @$arguments : {};
    my $result = run('svdeps', @$arguments, $options);
    s/HOME/$home/g for $out, $err;
    is_deeply [@$result{qw(code out err)}], [$code, $out, $err], $sentence
        or diag join '|', map { $_ // 'none' } @$result{qw(code out err)};
}

# Trees ------------------------------------------------------------------------------------------

my $good = scan_directory(
    web => "app\ncache restart\n", app => "# both\ndb stop\n  cache\n", cache => 'db', db => undef, 'mail@1' => '',
    'mail@' => "nothing that counts\n",
);
mkdir "$good/.hidden";
write_file("$good/.hidden/needs", "wrong in so many ways\n");
write_file("$good/file", '');

shows [$good], 0, <<'END', '', 'what each needs, below it; what has been shown is not shown again';
mail@1
web
    app
        db (stop)
        cache
            db
    cache (restart, above)
END
shows ['-r', $good], 0, <<'END', '', 'who depends on each';
db
    app (stop)
        web
    cache
        app (above)
        web (restart)
mail@1
END
shows [{cwd => $good}], 0, run('svdeps', $good)->{out}, '', 'the scan directory is the working directory otherwise';
shows ["$good/cache"], 0, "cache\n    db\n", '', 'of one service only what concerns it';
shows ["$good//web/", "$good/cache"], 0, <<'END', '', 'several in one directory make one tree';
web
    app
        db (stop)
        cache
            db
    cache (restart, above)
cache (above)
END
shows ['--reverse', 'cache', {cwd => $good}], 0, "cache\n    app\n        web\n    web (restart)\n", '',
    'a name without a slash is one of the working directory';
my $empty = scan_directory();
shows [$empty], 0, '', '', 'where there is nothing, nothing is shown';
shows [$empty, "$good/cache", $good =~ s/$/\//r], 0, "cache\n    db\n" . run('svdeps', $good)->{out}, '',
    'several directories are shown one after another';
symlink "$good/db", "$empty/linked";
shows [$empty], 0, "linked\n", '', 'a link to a service is a service';

# Lists ------------------------------------------------------------------------------------------

shows ['--order', $good], 0, "db\ncache\napp\nmail\@1\nweb\n", '', 'the order to start them';
shows ['--order', '-r', $good], 0, "web\nmail\@1\napp\ncache\ndb\n", '', 'and to stop them';
shows ['--order', "$good/app"], 0, "db\ncache\napp\n", '', 'of one and what it needs';
shows ['--order', '-r', "$good/cache"], 0, "web\napp\ncache\n", '', 'of one and who depends on it';

{
    my $result = run('svdeps', '-j', $good);
    my @objects = map { JSON::PP->new->utf8->decode($_) } split /\n/, $result->{out};
    is join(' ', map { $_->{service} } @objects), 'db cache app mail@1 web', 'JSON: an object for each, in that order';
    is_deeply $objects[-1], {
        service => 'web', dependents => [],
        needs => [
            {service => 'app', loss => 'leave', known => JSON::PP::true()},
            {service => 'cache', loss => 'restart', known => JSON::PP::true()},
        ],
    }, 'with what it needs, and what a loss means';
    is_deeply $objects[0]{dependents}, ['app', 'cache'], 'and who depends on it';
}

# What is wrong ----------------------------------------------------------------------------------

shows ['-c', $good], 0, '', '', 'nothing is wrong: nothing is said';

my $bad = scan_directory(
    a => "b\n", b => "\nc", c => "a\nb\n", self => "self\n", web => "../db\nghost stop\nmail\@\n.x\n", 'mail@' => undef,
    out => "a\n", x => "y\n", y => "x\n",
);
my $problems = <<"END";
svdeps: warning: $bad/self/needs:1: the service needs itself: self -> self
svdeps: warning: $bad/web/needs:1: neither NAME nor NAME stop nor NAME restart
svdeps: warning: $bad/web/needs:4: neither NAME nor NAME stop nor NAME restart
svdeps: warning: $bad/web/needs:2: there is no service ghost
svdeps: warning: $bad/web/needs:3: a template is no service: mail@
svdeps: warning: $bad: cycle: a -> b -> c -> a
svdeps: warning: $bad: cycle: x -> y -> x
END
shows ['--check', $bad], 1, '', $problems, 'all that is wrong is said, with file and line, cycles with the path';
shows [$bad], 1, <<'END', $problems, 'below the tree too';
out
    a
        b
            c
                a (cycle)
                b (cycle)
self
    self (cycle)
web
    ghost (stop, unknown)
    mail@ (unknown)
x
    y
        x (cycle)
END
shows ['-r', "$bad/y"], 1, "y\n    x\n        y (cycle)\n", "svdeps: warning: $bad: cycle: x -> y -> x\n",
    'of one service, what concerns it';
shows ['-c', "$bad/out"], 1, '', "svdeps: warning: $bad: cycle: a -> b -> c -> a\n",
    'also if it is farther away';
is run('svdeps', '--order', $bad)->{out} =~ tr/\n//, 8, 'the order has them all the same, each once';
is_deeply [map { JSON::PP->new->utf8->decode($_) } split /\n/, run('svdeps', '-cj', $bad)->{out}], [
    {problem => 'self', service => 'self', line => 1, name => 'self'},
    {problem => 'wrong-line', service => 'web', line => 1},
    {problem => 'wrong-line', service => 'web', line => 4},
    {problem => 'unknown', service => 'web', line => 2, name => 'ghost'},
    {problem => 'template', service => 'web', line => 3, name => 'mail@'},
    {problem => 'cycle', path => [qw(a b c a)]},
    {problem => 'cycle', path => [qw(x y x)]},
], 'JSON says the same';
is run('svdeps', '-cj', $bad)->{err}, '', 'and nothing else does';

{
    my $many = scan_directory(web => join('', map { "n$_\n" } 1 .. 66), map { ("n$_" => undef) } 1 .. 66);
    shows ['-c', $many], 1, '', "svdeps: warning: $many/web/needs:65: a service may need no more than 64 others\n",
        'more than it may need';
    is scalar(() = run('svdeps', "$many/web")->{out} =~ /^    n/mg), 64, 'the others do not count';
    write_file("$many/web/needs", "#\n" x 9000);
    shows ['-c', $many], 1, '', "svdeps: warning: $many/web/needs:8192: only the first 16384 bytes of it count\n",
        'a file that is too long';
}

{
    my $odd = scan_directory(pipe => undef, dir => undef, web => undef, none => undef, db => undef);
    POSIX::mkfifo("$odd/pipe/needs", 0600) or die;
    mkdir "$odd/dir/needs" or die;
    symlink '../../common', "$odd/web/needs" or die;
    symlink 'nowhere', "$odd/none/needs" or die;
    write_file("$home/common", "db\n");
    shows [$odd], 1, "dir\nnone\npipe\nweb\n    db\n",
        "svdeps: warning: $odd/dir/needs: unable to read it: invalid argument\n"
        . "svdeps: warning: $odd/pipe/needs: unable to read it: invalid argument\n",
        'a link is followed, what is no file is complained of';
    SKIP: {
        skip 'only root can become somebody else', 2 unless have_root;
        chmod 0755, $home, $odd;
        chown 65534, 65534, "$odd/db" or die;
        my $link = "$odd/db/needs";
        symlink '/etc/hostname', $link or die;
        POSIX::lchown(65534, 65534, $link) or die;
        unlike run('svdeps', "$odd/db")->{out}, qr/\n./, 'a link that another user has made is not followed';
        like run('svdeps', "$odd/db")->{err}, qr{\Q$odd\E/db/needs: unable to read it: permission denied\n},
            'and that is said';
    }
}

{
    my $odd = scan_directory("a\"\\\n\x01b" => "\xc3\xa9\n\xff\n", "\xc3\xa9" => undef);
    my $result = run('svdeps', '-j', $odd);
    my ($last) = grep { @{$_->{needs} // []} } map { JSON::PP->new->utf8->decode($_) } split /\n/, $result->{out};
    is $last->{service}, "a\"\\\n\x01b", 'JSON holds any name';
    is join(' ', map { sprintf '%x', ord $_->{service} } @{$last->{needs}}), 'e9 fffd', 'what is no UTF-8 is replaced';
}

# A long chain is no trouble.
{
    my $long = scan_directory(map { (sprintf('n%04d', $_), $_ < 1500 ? sprintf("n%04d\n", $_ + 1) : undef) } 1 .. 1500);
    is run('svdeps', '--order', $long)->{out}, join('', map { sprintf "n%04d\n", $_ } reverse 1 .. 1500),
        'fifteen hundred, each needing the next';
    write_file("$long/n1500/needs", "n0001\n");
    like run('svdeps', '-c', $long)->{err}, qr/\Asvdeps: warning: \S+: cycle: n0001 -> n0002 -> .* -> n1500 -> n0001\n\z/,
        'and the first, in the end';
}

# Mistakes ---------------------------------------------------------------------------------------

shows ['-x'], 100, '', "svdeps: illegal option -- x\n$usage\n", 'an option that it has not';
shows ["$home/nowhere"], 111, '', "svdeps: fatal: unable to open HOME/nowhere: file does not exist\n",
    'a directory that is not there';
shows ['.', {cwd => "$good/web"}], 100, '', "svdeps: fatal: give . by its name in the scan directory\n",
    'a service without a name';
shows ["$good/mail@"], 100, '',
    "svdeps: fatal: HOME/s1/mail@ is no service of a scan directory: a name that begins with a dot, or a template\n",
    'a template';
like run('svdeps', '--help')->{out}, qr/\Ausage: svdeps .*^  -c, --check/ms, '--help helps';
like run('svdeps', '--version')->{out}, qr/\Asvdeps \(upkeep\) \S+\n\z/, '--version says which';
{
    my $result = run('sh', '-c', "svdeps $good > /dev/full");
    is_deeply [@$result{qw(code err)}], [111, "svdeps: fatal: unable to write output: out of disk space\n"], 'output that is lost is noticed';
}

done_testing;
