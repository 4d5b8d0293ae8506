# ISC license.
#
# svadd: makes a service directory whole and links it in; what it has written works, and what it
# refuses leaves nothing behind.

use lib 'tests/lib';
use Upkeep;
use One;

delete @ENV{qw(SVSCANDIR SVBASEDIR)};
my $usage = "svadd: usage: svadd [--option ...] name [--option ...] [-- command ...]\n";
my $dir = tempdir;
mkdir "$dir/$_" or die for qw(service sv);
my @there = ("--scan=$dir/service");

sub add { return run('svadd', @there, @_) }

# says($result, $code, $err, $sentence)
sub says {
    my ($result, $code, $err, $sentence) = @_;
    is_deeply [@$result{qw(code out err)}], [$code, '', $err], $sentence;
}

sub fails {
    my ($arguments, $code, $pattern, $sentence) = @_;
    my $result = add(@$arguments);
    is $result->{code}, $code, $sentence;
    like $result->{err}, $pattern, 'it says why' or diag $result->{out};
}

# names($directory): all that is in it, sorted.
sub names {
    opendir my $directory, $_[0] or return "$_[0]: $!";
    return join ' ', sort grep { !/^\.\.?$/ } readdir $directory;
}

# Usage ------------------------------------------------------------------------------------------

says run('svadd'), 100, $usage, 'without arguments it tells how it is used';
says add('web', 'sleep', '5'), 100, $usage, 'a command comes behind --';
says add('web', '--'), 100, $usage, 'and is not empty';
says add('-z', 'web'), 100, "svadd: illegal option -- z\n$usage", 'an unknown option';
says add('web', '--zzz', '--', 'x'), 100, "svadd: illegal option -- zzz\n$usage", 'one behind the name';
like run('svadd', '--help')->{out}, qr/\Ausage: svadd \[--option .*^  --restart-delay=VALUE: /ms, '--help helps, with the option files';
like run('svadd', '--version')->{out}, qr/\Asvadd \(upkeep\) \S+\n\z/, '--version';

# What is refused --------------------------------------------------------------------------------

for (['', 'empty'], ['.web', 'dot'], ['a/b', 'slash'], ["a\nb", 'control'], ['log', 'logger'], ['x' x 241, 'longer'], ['@', 'before the @']) {
    my ($name, $why) = @$_;
    fails([$name, '--', 'true'], 100, qr/unable to call a service .*\Q$why\E/s, "the name: $why");
}
for (
    ['--env=A',               qr/not NAME=VALUE/],
    ['--env=A=b ',            qr/cuts off blanks/],
    ['--limit=open-files',    qr/not NAME=VALUE/],
    ['--limit=o=many',        qr/not NAME=VALUE/],
    ['--limit=doors=5',       qr/softlimit knows no doors; softlimit --help/],
    ['--chdir=here',          qr/not absolute/],
    ['--needs=a b c',         qr/neither NAME nor NAME stop/],
    ["--needs=a\nb",          qr/neither NAME nor/],
    ['--probe=tcp',           qr/--probe=tcp: /],
    ['--probe=',              qr{not one line of words}],
    ['--restart=sometimes',   qr/that is not always, on-failure or never/],
    ['--notification-fd=2',   qr/that is not the number of a descriptor from 3 to 1023/],
    ["--restart=never\n",     qr/that is not always/],
    ['--log-dir=main',        qr/not absolute/],
    ['--log-size=4095',       qr/no number from 4096 on/],
    ['--log-files=1',         qr/no number from 2 on/],
    ['--log-files=x',         qr/no number from 2 on/],
    ['--wait=rerun',          qr/neither up nor ready/],
    ['--timeout=soon',        qr/not in milliseconds/],
  ) {
    my ($option, $why) = @$_;
    fails([$option, 'web', '--', 'true'], 100, $why, $option =~ s/\n/ /gr . ' is refused');
}
fails(['--env=A=b', '--env=A=c', 'web', '--', 'x'], 100, qr/has a value already/, 'a variable twice');
fails(['--check=true', '--probe=file /x', 'web', '--', 'x'], 100, qr/exclude each other/, 'two checks');
fails(['web', '--', '-x'], 100, qr/begins with a dash/, 'a command that looks like an option');
fails(['web', '--', ''], 100, qr/empty name/, 'an empty one');
fails(['web', '--down'], 100, qr/--down is for a new service: -- COMMAND is missing/, 'an option for a service that is not made');
fails(['web'], 111, qr{there is no \Q$dir\E/sv/web; say -- COMMAND}, 'linking what is not there');
fails(['web@5'], 111, qr{no \Q$dir\E/sv/web\@5 and no template for it}, 'an instance of nothing');
fails(['web@', '--wait', '--', 'x'], 100, qr/a template does not run/, 'waiting for a template');
fails(['web@'], 100, qr/svadd web\@ARG adds an instance/, 'linking a template');
{
    my $result = run('svadd', "--scan=$dir/none", 'web', '--', 'true');
    is $result->{code}, 111, 'without a scan directory';
    like $result->{err}, qr{open the scan directory \Q$dir\E/none: file does not exist; make it, or name another with --scan=DIR\n}, 'it is named, with the remedy';
}
is names("$dir/service"), '', 'nothing has come into the scan directory';
is names("$dir/sv"), '', 'nor beside it';

# A dry run --------------------------------------------------------------------------------------

{
    my $result = add('-n', 'web', '--env', "A=b\nc", '--limit=o=100', '--down', '--', 'httpd', 'two words');
    is $result->{code}, 0, 'a dry run';
    is $result->{out}, <<"END", 'prints what would be written';
$dir/sv/web/ 0755
$dir/sv/web/run 0755
    #!/bin/sh
    exec 2>&1
    exec envdir ./env \\
        softlimit -o 100 \\
        httpd 'two words'
$dir/sv/web/down 0644
$dir/sv/web/env/ 0700
$dir/sv/web/env/A 0600
    b\\0c
$dir/sv/web/log/ 0755
$dir/sv/web/log/run 0755
    #!/bin/sh
    exec multilog t s1000000 n10 ./main
$dir/sv/web/log/main/ 0700
$dir/sv/web/.svadd 0644
    made by @{[run('svadd', '--version')->{out} =~ s/\n//r]}
$dir/service/web -> $dir/sv/web
END
    is names("$dir/service") . names("$dir/sv"), '', 'and writes nothing';
    $result = run('svadd', '-n', "--scan=$dir/service", "--dir=$dir/new", 'web', '--log-dir=/var/log/web', '--', 'x');
    like $result->{out}, qr{\A/var/log/web/ 0700\n\Q$dir\E/new/web/ 0755\n}, 'a directory for the log, too';
    ok !-e "$dir/new", 'nor does it make the directory of the definitions';
}

# What is written --------------------------------------------------------------------------------

# A command that shows how it is called: the descriptors of its output, directory, words.
my $show = write_file("$dir/show", <<'END', 0755);
#!/usr/bin/env perl
syswrite STDERR, "on error\n";
print 'in ', `pwd`, "$_\0" for join("\0", 'args', @ARGV) , map({ "$_=" . ($ENV{$_} // '(none)') } qw(A B)), 'files ' . `sh -c 'ulimit -n'`;
END
$show = write_file("$dir/show", <<'END', 0755);
#!/bin/sh
echo on error >&2
printf '%s\0' "in $PWD" "A=$A" "files $(ulimit -n)" "$@"
END

# called($service): what its run script says, its output and its error in one.
sub called { return run('./run', @_[1 .. $#_], {cwd => $_[0]}) }

my @words = ('', 'plain', 'two words', "it's", '"', '\\', '$HOME', '`x`', '*', '~', '#', '{}', "a\nb", "\t", '-x', '!', ';', '&', '=', "\377\201");
{
    says add('words', '--no-log', '--', $show, @words), 0, '', 'a command with all kinds of words';
    is called("$dir/sv/words")->{out}, join("\0", "on error\nin $dir/sv/words", 'A=', 'files ' . `sh -c 'ulimit -n'` =~ s/\n//r, @words, ''),
        'gets the very words; standard error goes where standard output goes';
    ok !-e "$dir/sv/words/log", '--no-log: no logger';
    is readlink "$dir/service/words", "$dir/sv/words", 'it is linked to by its absolute name';
    is names("$dir/sv/words"), '.svadd run', 'and there is nothing else in it';

    says add('all', '--no-log', '--env=A=b  c', "--chdir=$dir/sv", '--limit=open-files=37', '--', $show, 'x'), 0, '',
        'variables, a directory, limits';
    is called("$dir/sv/all")->{out}, join("\0", "on error\nin $dir/sv", 'A=b  c', 'files 37', 'x', ''), 'are all as they were asked for';
    says add('lines', '--no-log', "--env=A=b\nc\n", '--', $show), 0, '', 'a value of several lines';
    is called("$dir/sv/lines")->{out} =~ /A=(.*?)\0/s ? $1 : '', "b\nc\n", 'is as it was';
    says add('memory', '--no-log', '--limit=memory=100000000', '--limit=locks=5', '--', $show), 0, '', 'limits by another name';
    like read_file("$dir/sv/memory/run"), qr/softlimit -m 100000000 --locks 5 /, 'are what softlimit knows';
}

SKIP: {
    my $execlineb = program('execlineb');
    my $result = add('-n', '--execline', 'none', '--', 'x');
    if ($result->{code}) {
        like $result->{err}, qr/install it or leave out --execline/, 'without execline there are no scripts in it';
        skip 'no execlineb here', 4;
    }
    says add('el', '--execline', '--no-log', '--env=A=b c', '--limit=o=37', "--chdir=$dir/sv", '--', $show, @words), 0, '', 'a script in execline';
    like read_file("$dir/sv/el/run"), qr{\A#!/\S*execlineb -P\nfdmove -c 2 1\nenvdir ./env\ncd \S+\nsoftlimit -o 37\n}, 'one thing a line';
    is called("$dir/sv/el")->{out}, join("\0", "on error\nin $dir/sv", 'A=b c', 'files 37', @words, ''), 'does the very same';
    fails(['el@', '--execline', '--', 'x'], 100, qr/not for a template/, 'a template is for the shell');
}

# Any words, through the real shells.
{
    srand(my $seed = $ENV{UPKEEP_SEED} // time);
    my @any = map { chr } 1 .. 255;
    my @telling = split //, q{ '"\\$`#&;|<>()*?[]!~=};
    push @any, join '', map { rand() < 0.5 ? $telling[rand @telling] : chr(1 + rand 255) } 0 .. rand 12 for 1 .. 500;
    my $printf = write_file("$dir/printf", "#!/bin/sh\nprintf '%s\\0' \"\$@\"\n", 0755);
    for my $language ('sh', program('execlineb') ? 'execline' : ()) {
        my $result = add("any-$language", '--no-log', $language eq 'sh' ? () : "--$language", '--', $printf, @any);
        is $result->{code}, 0, "a script in $language with 755 words of any bytes" or diag $result->{err};
        ok called("$dir/sv/any-$language")->{out} eq join("\0", @any, ''), 'says what they are' or diag "UPKEEP_SEED=$seed";
    }
}

{
    says add('files', '--down', '--needs=words', '--needs', 'all stop', '--notification-fd=3', '--restart=never', '--restart-delay=5 6',
        '--check=test -e ready && true', '--', $show), 0, '', 'option files';
    my %want = (down => '', needs => "words\nall stop\n", 'notification-fd' => "3\n", restart => "never\n", 'restart-delay' => "5 6\n",
        check => "#!/bin/sh\ntest -e ready && true\n");
    is_deeply {map { $_ => read_file("$dir/sv/files/$_") } keys %want}, \%want, 'hold what was given';
    is names("$dir/sv/files"), '.svadd check down log needs notification-fd restart restart-delay run', 'and nothing else is there';
    says add('probed', '--probe=tcp localhost 80', '--', $show), 0, '', 'a probe';
    is read_file("$dir/sv/probed/probe"), "tcp localhost 80\n", 'too';
    my %mode = (run => '0755', check => '0755', needs => '0644', log => '0755', 'log/run' => '0755', 'log/main' => '0700', '.' => '0755');
    is_deeply {map { $_ => mode_of("$dir/sv/files/$_") } keys %mode}, \%mode, 'modes';
    my %env = (env => '0700', 'env/A' => '0600');
    is_deeply {map { $_ => mode_of("$dir/sv/all/$_") } keys %env}, \%env, 'variables are nobody else\'s business';
    {
        my $old = umask 077;
        says add('masked', '--', $show), 0, '', 'under a strict umask';
        umask $old;
        is_deeply [map { mode_of("$dir/sv/masked/$_") } qw(. run log log/run)], [('0755') x 4], 'modes are the same';
    }
}

{
    says add('logged', '--log-size=5000', '--log-files=3', '--log-plain', "--log-dir=$dir/logged", '--', $show), 0, '', 'the logger';
    is read_file("$dir/sv/logged/log/run"), "#!/bin/sh\nexec multilog s5000 n3 $dir/logged\n", 'as it was asked for';
    is mode_of("$dir/logged"), '0700', 'the directory outside is made';
    is names("$dir/sv/logged/log"), 'run', 'and none inside';
    says add('logged2', "--log-dir=$dir/logged", '--', $show), 0, '', 'one that is there already is used';
    write_file("$dir/file", '');
    fails(['logged3', "--log-dir=$dir/file", '--', 'x'], 111, qr/it is no directory/, 'a file is not');
    fails(['logged3', "--log-dir=$dir/none/main", '--', 'x'], 111, qr{create \Q$dir\E/none/main: file does not exist}, 'nor are parents made');
    fails(['logged3', "--log-dir=$dir/none/", '--', 'x'], 100, qr/leave out the slash at its end/, 'nor is a slash at the end of use');
    ok !-e "$dir/sv/logged3" && !-l "$dir/service/logged3", 'then nothing is';
}

# Warnings ---------------------------------------------------------------------------------------

like add('gone', '--', '/nonexistent/x')->{err}, qr{\Asvadd: warning: unable to find the command /nonexistent/x: file does not exist\n\z},
    'a command that is not there is warned about';
like add('relative', '--', './x')->{err}, qr{warning: ./x is looked for in the service directory\n}, 'and one that is relative';

# What is there already --------------------------------------------------------------------------

{
    my $before = read_file("$dir/sv/words/run");
    fails(['words', '--', 'other'], 111, qr{there is \Q$dir\E/service/words already; svdel words takes it away}, 'a name that is taken');
    unlink "$dir/service/words";
    fails(['words', '--', 'other'], 111, qr{there is \Q$dir\E/sv/words already; svadd words without a command links to it, svdel --purge words removes it},
        'a definition that is there');
    is read_file("$dir/sv/words/run"), $before, 'is left alone';
    says add('words'), 0, '', 'without a command it is linked to';
    is readlink "$dir/service/words", "$dir/sv/words", 'again';
    symlink 'nowhere', "$dir/service/dangling";
    fails(['dangling', '--', 'x'], 111, qr/already/, 'a link to nowhere is in the way, too');
    mkdir "$dir/sv/empty";
    fails(['empty', '--', 'x'], 111, qr/already/, 'and an empty directory');
    ok !-e "$dir/sv/empty/run", 'which stays empty';
}

# What a killed one has left ---------------------------------------------------------------------

{
    File::Path::make_path("$dir/sv/.svadd:left/log/main/a/b/c/d", "$dir/sv/.svadd:other/env");
    write_file("$dir/sv/.svadd:left/log/main/a/b/c/d/e", 'x');
    symlink "$dir/sv/words", "$dir/sv/.svadd:left/log/link";
    says add('left', '--', $show), 0, '', 'what was left of the same name';
    ok -e "$dir/sv/left/run" && !-e "$dir/sv/left/log/main/a", 'is not part of it';
    is scalar(grep { /^\.svadd:/ } split / /, names("$dir/sv")), 0, 'and all that was left is gone';
    ok -e "$dir/sv/words/run", 'but not what a link in it led to';

    mkdir "$dir/sv/unlinked";
    write_file("$dir/sv/unlinked/$_", 'x') for qw(run .svadd .svadd.new old);
    says add('unlinked', '--', $show), 0, '', 'one that was not linked yet';
    is names("$dir/sv/unlinked"), '.svadd log run', 'is made anew';

    mkdir "$dir/sv/complete";
    write_file("$dir/sv/complete/$_", 'x') for qw(run .svadd .svadd.new);
    open my $maker, '<', "$dir/sv/complete" or die;
    flock $maker, 2 or die;
    fails(['complete'], 111, qr/another svadd is just doing that/, 'one that is being linked is not linked');
    fails(['complete', '--', 'x'], 111, qr/another svadd is just doing that/, 'nor made');
    close $maker;
    says add('complete'), 0, '', 'if its maker was killed it may be linked as it is';
    is names("$dir/sv/complete"), '.svadd run', 'and is complete then';

    mkdir "$dir/sv/.svadd:busy";
    open my $lock, '<', "$dir/sv/.svadd:busy" or die;
    flock $lock, 2 or die;
    fails(['busy', '--', 'x'], 111, qr/another svadd is just doing that/, 'what is being made is left alone');
    says add('beside', '--', $show), 0, '', 'others are not disturbed by it';
    ok -d "$dir/sv/.svadd:busy", 'nor it by them';
    close $lock;
    says add('busy', '--', $show), 0, '', 'until nobody makes it';
}

# At the same time -------------------------------------------------------------------------------

{
    my @all = map { start('svadd', @there, 'same', '--', $show, $_) } 1 .. 8;
    my @codes = map { $_->wait(20)->{code} } @all;
    is scalar(grep { $_ == 0 } @codes), 1, 'of eight that add the same, one does';
    is scalar(grep { $_ == 111 } @codes), 7, 'and the others say that they do not';
    my ($won) = grep { $codes[$_] == 0 } 0 .. $#codes;
    like read_file("$dir/sv/same/run"), qr/ @{[$won + 1]}\n\z/, 'it is what that one wanted';
    @all = map { start('svadd', @there, "each$_", '--', $show, $_) } 1 .. 8;
    is scalar(grep { $_->wait(20)->{code} == 0 } @all), 8, 'eight that add others all do';
    is scalar(grep { -e "$dir/service/each$_/run" } 1 .. 8), 8, 'whole';
}

# Where ------------------------------------------------------------------------------------------

{
    my $place = tempdir;
    mkdir "$place/$_" for qw(a real b);
    symlink 'real', "$place/link";
    mkdir "$place/real/service";
    is run('svadd', '--scan=link/service', 'x', '--', $show, {cwd => $place})->{code}, 0, 'behind a link';
    ok -e "$place/real/sv/x/run", 'the definitions are beside the scan directory itself';
    is run('svadd', 'y', '--', $show, {cwd => $place, env => {SVSCANDIR => "$place/real/service", SVBASEDIR => 'b'}})->{code}, 0, 'SVSCANDIR and SVBASEDIR';
    is readlink "$place/real/service/y", "$place/b/y", 'say where';
    is run('svadd', '--scan', 'a', '--dir=b', 'z', '--', $show, {cwd => $place, env => {SVSCANDIR => "$place/none", SVBASEDIR => 'none'}})->{code}, 0, 'options';
    is readlink "$place/a/z", "$place/b/z", 'beat them';
    is run('svadd', '--scan=a', '--dir=a', 'own', '--', $show, {cwd => $place})->{code}, 0, 'in the scan directory itself';
    ok -d "$place/a/own" && !-l "$place/a/own", 'it needs no link';
    is names("$place/a/own"), '.svadd log run', 'and has no mark of one to come';
    like run('svadd', '--scan=a', '--dir=a', 'own', {cwd => $place})->{err}, qr{there is a/own already}, 'and cannot be linked to';
    is run('svadd', '--scan=a', '--dir=a', 'in@', '--', $show, '{}', {cwd => $place})->{code}, 0, 'a template there';
    is run('svadd', '--scan=a', '--dir=a', 'in@5', {cwd => $place})->{code}, 0, 'and its instance';
    is readlink "$place/a/in\@5", 'in@', 'are linked beside each other';
}

like run('svadd', '-n', '--scan=/dev', 'x', '--', 'true')->{out}, qr{^/dev/x -> /etc/sv/x$}m, 'for a scan directory in / they are in /etc/sv';

SKIP: {
    skip 'needs root and namespaces', 2 unless have_root && $ENV{UPKEEP_IN_NS};
    skip 'there is a /service here', 2 if -e '/service';
    my $script = 'mount -t tmpfs none /etc && mkdir /etc/service && svadd x -- true && readlink /etc/service/x && test -x /etc/sv/x/run';
    my $result = run('unshare', '--mount', 'sh', '-c', $script);
    skip 'nothing can be mounted here', 2 if $result->{err} =~ /^(?:mount|unshare): /m;
    is $result->{err}, '', 'without anything said';
    is $result->{code} . $result->{out}, "0/etc/sv/x\n", 'Debian has its places in /etc';
}

# Instances --------------------------------------------------------------------------------------

{
    says add('web@', '--', $show, '{}', '--port={}', "it's {}"), 0, '', 'a template';
    ok !-e "$dir/service/web\@" && !-l "$dir/service/web\@", 'is not linked to';
    like called("$dir/sv/web\@", '80 80')->{out}, qr/\x00\Q80 80\E\x00--port=80\x2080\x00it's 80 80\x00\z/, 'its script puts the argument into the words';
    says add('web@80'), 0, '', 'an instance';
    is readlink "$dir/service/web\@80", "$dir/sv/web\@", 'is a link to it';
    says add('web@8@0'), 0, '', 'with an @ in its argument';
    is readlink "$dir/service/web\@8\@0", "$dir/sv/web\@", 'too';
    fails(['web@80'], 111, qr/already/, 'and not twice');
}

# Rights -----------------------------------------------------------------------------------------

SKIP: {
    skip 'needs root', 20 unless have_root;
    my $nobody = (getpwnam 'nobody')[2];
    skip 'no user nobody here', 20 unless defined $nobody;
    says add('owned', '--user=nobody', '--log-user=nobody', '--', $show), 0, '', 'another user';
    like read_file("$dir/sv/owned/run"), qr/^exec setuidgid nobody \\\n    /m, 'runs the command';
    like read_file("$dir/sv/owned/log/run"), qr/^exec setuidgid nobody \\\n    multilog/m, 'and the logger';
    is((stat "$dir/sv/owned/log/main")[4], $nobody, 'which owns where it writes');
    is((stat "$dir/sv/owned/$_")[4], 0, "and not $_") for qw(. run log log/run);
    fails(['nobody', '--user=no-such-user', '--', 'x'], 100, qr/unknown account no-such-user: make it first, or name another with --user/, 'an unknown user');
    says add('outside', '--log-user=nobody', "--log-dir=$dir/outside", '--', $show), 0, '', 'a directory outside';
    is((stat "$dir/outside")[4], $nobody, 'is the logger\'s as well');
    fails(['outside2', '--log-user=nobody', "--log-dir=$dir/logged", '--', 'x'], 111, qr{it is not nobody's; give it to that user: chown nobody \Q$dir\E/logged\n},
        'one of somebody else is refused');
    my $result = run('svadd', @there, 'mine', '--', $show, {uid => 65534});
    is $result->{code}, 111, 'who may not write there';
    like $result->{err}, qr/create .*: access denied/, 'is told';
    my $home = tempdir;
    chown 65534, 65534, $home;
    is run('mkdir', "$home/service", {uid => 65534})->{code}, 0, 'a user of its own';
    is run('svadd', "--scan=$home/service", 'mine', '--env=A=b', '--', $show, {uid => 65534})->{code}, 0, 'adds services in a place of its own';
    is called("$home/service/mine")->{out} =~ /A=(.)/ ? $1 : '', 'b', 'which work';
    like run('svadd', "--scan=$home/service", 'other', '--user=root', '--', $show, {uid => 65534})->{err}, qr/needs root: services of other users/, 'but not as others';
}

# Who owns where services are made puts something of his own into the place of what is being made:
# then root writes nothing through it.
SKIP: {
    my @slow = qw(strace -qq -o /dev/null -e trace=mkdirat -e inject=mkdirat:delay_exit=1000000);
    skip 'needs root and strace', 4 unless have_root && program('strace') && (run(@slow, 'true')->{code} // 1) == 0;
    my $place = tempdir;
    mkdir "$place/$_" for qw(service sv victim);
    chown 65534, 65534, "$place/sv";
    my $adding = start(@slow, 'svadd', "--scan=$place/service", 'web', '--', 'true');
    wait_until { -d "$place/sv/.svadd:web" } 10, 'what is being made';
    my $thief = start('sh', '-c', <<'END', {cwd => "$place/sv", uid => 65534});
mv .svadd:web aside && mkdir .svadd:web || exit 1
until test -d .svadd:web/log || test ! -d .svadd:web; do :; done
mv .svadd:web/log .svadd:web/aside && ln -s ../../victim .svadd:web/log
END
    my $result = $adding->wait(20);
    is $result->{code}, 111, 'another directory in the place of the one that was made is not written into';
    like $adding->err, qr{unable to create \Q$place\E/sv/\.svadd:web: permission denied}, 'it says so';
    is names("$place/victim"), '', 'nothing comes to where a link in it leads';
    is names("$place/service"), '', 'and there is no service';
    $thief->kill('KILL');
    $thief->wait(10);
}

# With svscan ------------------------------------------------------------------------------------

{
    my $place = tempdir;
    mkdir "$place/service";
    my $scan = start('svscan', 'service', {cwd => $place});
    wait_until { -p "$place/service/.svscan/control" } 10, 'svscan';
    my @run = ({cwd => $place, env => {SVSCANDIR => 'service'}});
    says run('svadd', 'a', '--wait', '--timeout=20000', '--', 'sleep', '1000', @run), 0, '', '--wait';
    ok pid_of("$place/service/a"), 'until it is up';
    wait_until { pid_of("$place/service/a/log") } 10, 'its logger';
    says run('svadd', 'b', '--wait=ready', '--timeout=20000', '--notification-fd=3', '--', 'sh', '-c', 'echo hello; echo >&3; exec sleep 1000', @run), 0, '',
        '--wait=ready';
    is field("$place/service/b", 'ready'), "true", "until it is ready";
    wait_until { (read_file("$place/sv/b/log/main/current") // '') =~ /^\@[0-9a-f]{24} hello\n/ } 10, 'a line in its log';
    ok -e "$place/sv/b/log/main/current", 'what it says is in its log, with a time stamp';
    my $late = run('svadd', 'c', '--wait=ready', '--timeout=50', '--notification-fd=3', '--', 'sleep', '1000', @run);
    is $late->{code}, 99, '--timeout';
    like $late->{err}, qr{\Asvadd: warning: service/c is not ready in time: }, 'says what it does instead';
    my $failed = run('svadd', 'd', '--wait=ready', '--timeout=20000', '--restart=never', '--notification-fd=3', '--', 'false', @run);
    is $failed->{code}, 1, 'one that fails, and is not started again, is not waited for';
    like $failed->{err}, qr{\Asvadd: warning: service/d is not ready: died with exit code 1, failed\n\z}, 'it says what happened';
    says run('svadd', 'e', '--down', '--wait', '--timeout=20000', '--', 'sleep', '1000', @run), 0, '', '--down --wait';
    is run('svok', "$place/service/e")->{code}, 0, 'until it is looked after';
    is field("$place/service/e", 'phase'), 'down', 'and it is down';
    $scan->stop;
    like run('svadd', 'f', '--', 'true', @run)->{err}, qr/\Asvadd: warning: svscan does not run in service: f is started when it does\n\z/, 'without svscan it says so';
}

done_testing;
