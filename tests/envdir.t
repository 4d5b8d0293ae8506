# ISC license.
#
# envdir: each file of a directory is a variable for the next program.

use lib 'tests/lib';
use Upkeep;
use Chain;

use POSIX ();

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
delete @ENV{qw(Message Other)};
my $dir = tempdir;
my %here = (cwd => $dir);
my %djb = (cwd => $dir, env => {SVPERSONALITY => 'djb'});
my @print = ('sh', '-c', 'printf "<%s>" "$Message"');

# directory($name, FILE => CONTENT...): a new directory of these files.
sub directory {
    my ($name, %files) = @_;
    mkdir "$dir/$name" or die "mkdir $name: $!\n";
    write_file("$dir/$name/$_", $files{$_}) for keys %files;
    return $name;
}

# value($content, @options): what Message becomes with this in its file.
my $number = 0;
sub value {
    my ($content, @options) = @_;
    my $name = directory('value' . $number++, Message => $content);
    return run('envdir', @options, $name, @print, \%here)->{out};
}

# Usage
my $usage = "envdir: usage: envdir [ -p prefix ] dir child\n";
says run('envdir'), 111, '', $usage, 'without arguments it tells how it is used, and exits 111';
says run('envdir', $dir), 111, '', $usage, 'and without a program';
says run('envdir', '-y', $dir, 'true'), 111, '', "envdir: illegal option -- y\n$usage", 'an unknown option';
says run('envdir', '-p'), 111, '', "envdir: option requires an argument -- p\n$usage", 'an option without its value';
says run('envdir', '-c', 'ab', $dir, 'true'), 111, '', $usage, 'two characters for -c';
says run('envdir', \%djb), 111, '', "envdir: usage: envdir dir child\n", 'daemontools has a shorter usage text';
like run('envdir', '--help')->{out}, qr/^usage: envdir .*-p, --prefix/s, '--help';
like run('envdir', '--version')->{out}, qr/^envdir \(upkeep\) \d/, '--version';

# What cannot be read
symlink 'env1', "$dir/env1";
says run('envdir', 'env1', 'true', \%here), 111, '',
    "envdir: fatal: unable to switch to directory env1: symbolic link loop\n", 'a directory that is a link to itself';
says run('envdir', 'none', 'true', \%here), 111, '',
    "envdir: fatal: unable to switch to directory none: file does not exist\n", 'one that is not there';
write_file("$dir/file", '');
says run('envdir', 'file', 'true', \%here), 111, '',
    "envdir: fatal: unable to switch to directory file: not a directory\n", 'a file in its place';
symlink 'Message', "$dir/" . directory('loop') . '/Message';
says run('envdir', 'loop', 'true', \%here), 111, '',
    "envdir: fatal: unable to read loop/Message: symbolic link loop\n", 'a file that is a link to itself';
mkdir "$dir/" . directory('below') . '/sub';
says run('envdir', 'below', 'true', \%here), 111, '',
    "envdir: fatal: unable to read below/sub: is a directory\n", 'a directory in the directory';

# What files mean
directory('env', Message => "hello\nrest\n", '.hidden' => 'no');
says run('envdir', 'env', @print, \%here), 0, '<hello>', '', 'a file is a variable, its first line the value';
is run('envdir', 'env', 'env', \%here)->{out} =~ /hidden/ ? 1 : 0, 0, 'a name that begins with a dot is none';
is value("hello"), '<hello>', 'a line without an end';
is value("a b \t \n"), '<a b>', 'spaces and tabs at its end are cut';
is value(" \ta\n"), "< \ta>", 'those at its beginning are not';
is value("a\r\n"), "<a\r>", 'and nothing else is';
is value("a\0b\n"), "<a\nb>", 'a NUL becomes a newline';
is value("\n"), '<>', 'an empty line is an empty value';
is value('x' x 100_000), '<' . 'x' x 100_000 . '>', 'of any length';
{
    my %with = (cwd => $dir, env => {Message => 'old', Other => 'kept'});
    directory('empty', Message => '');
    my @ask = ('sh', '-c', 'echo ${Message-gone} $Other');
    is run('envdir', 'empty', @ask, \%with)->{out}, "gone kept\n", 'an empty file takes the variable away, others stay';
    is run('envdir', 'env', @ask, \%with)->{out}, "hello kept\n", 'a new value takes the place of the old';
    symlink 'nothing', "$dir/" . directory('dangling', Beside => 'x') . '/Message';
    is run('envdir', 'dangling', @ask, \%with)->{out}, "gone kept\n", 'a link to nothing is like an empty file';
}
POSIX::mkfifo("$dir/" . directory('fifo') . '/Message', 0600);
is run('envdir', 'fifo', 'echo', 'on', \%here)->{out}, "on\n", 'nobody waits for a FIFO';

# Options
is run('envdir', '-p', 'P_', 'env', 'sh', '-c', 'echo ${Message-none} $P_Message', \%here)->{out}, "none hello\n",
    '-p puts a prefix before the names';
is run('envdir', '--prefix=P_', 'env', 'sh', '-c', 'echo $P_Message', \%here)->{out}, "hello\n", 'so does --prefix';
is run('envdir', '-p', 'P_', 'empty', 'sh', '-c', 'echo ${P_Message-gone}', {%here, env => {P_Message => 1}})->{out},
    "gone\n", 'also before those that go';
is run('envdir', '-I', 'none', 'echo', 'on', \%here)->{out}, "on\n", '-I: there need not be such a directory';
is run('envdir', '-Ii', 'none', 'echo', 'on', \%here)->{code}, 111, '-i: there must be';
is run('envdir', '-I', 'env1', 'echo', 'on', \%here)->{code}, 111, '-I forgives nothing else';
is value("a \t\nb\n", '-n'), "<a \t>", '-n keeps the blanks at the end';
is value("a \nb \n", '-f'), "<a \nb >", '-f takes the whole file but the last newline';
is value("a \nb \n\n", '-fn'), "<a \nb \n\n>", '-fn takes that too';
is value("a\0b", '-c', ':'), '<a:b>', '-c says what stands for a NUL';
is value("a", '-L'), '<a>', '-L is taken';

# The next program
says run('envdir', 'env', './nonexistent', \%here), 111, '',
    "envdir: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
says run('envdir', 'env', 'nonexistent', \%here), 111, '',
    "envdir: fatal: unable to run nonexistent: file does not exist\n", 'nor anywhere in PATH';
is run('envdir', 'env', 'sh', '-c', 'exit 7', \%here)->{code}, 7, 'its exit code is that of the program';
{
    directory('bin', tool => "#!/bin/sh\necho bin");
    directory('closed', tool => "#!/bin/sh\necho closed");
    directory('path', PATH => "$dir/bin");
    chmod 0755, "$dir/bin/tool";
    my $envdir = top . '/command/envdir';
    # searched($path): what is found with this PATH; undef: without any.
    my $searched = sub { run($envdir, 'env', 'tool', {%here, env => {PATH => $_[0]}}) };
    is $searched->("$dir/none:$dir/bin")->{out}, "bin\n", 'PATH is searched in its order';
    is $searched->("$dir/closed:$dir/bin")->{out}, "bin\n", 'beyond what may not be run';
    says $searched->("$dir/closed:$dir/none"), 111, '', "envdir: fatal: unable to run tool: access denied\n",
        'which is told if there is nothing else';
    is run($envdir, '../env', 'tool', {cwd => "$dir/bin", env => {PATH => '/none:'}})->{out}, "bin\n",
        'an empty part of PATH is the working directory';
    is run($envdir, 'env', 'sh', '-c', 'echo found', {%here, env => {PATH => undef}})->{out}, "found\n",
        'without PATH there are still /bin and /usr/bin';
    is run($envdir, 'path', 'tool', {%here, env => {PATH => '/none'}})->{code}, 111,
        'a PATH from the directory is not for this search';
    same('the search', 'envdir', 'path', 'tool', {%here, env => {PATH => "$dir/closed:$dir/none"}});
}
is run('envdir', 'env', 'sh', '-c', 'echo /proc/self/fd/*', \%here)->{out},
    run('sh', '-c', 'echo /proc/self/fd/*', \%here)->{out}, 'no descriptor is left open';

# djb, and differences from daemontools
directory('-p', Message => 'dash');
is run('envdir', '-p', @print, \%djb)->{out}, '<dash>', 'in the djb personality a name may begin with a dash';
directory('many', A => "1 \t\n2", 'K=L' => 'c', U => '', N => "a\0b\n", E => "\n", 'Q=R' => '', Z => "z\n");
my %with = (cwd => $dir, only => [qw(P=1 A=2 U=3 X=4 N=5 Y=6 K=7 Z=8 W=9)]);
same('the environment, in its order', 'envdir', 'many', '/usr/bin/env', \%with);
same("the error of envdir @$_", 'envdir', @$_, \%here)
    for [], ['env'], ['none', 'true'], ['env1', 'true'], ['loop', 'true'], ['below', 'true'], ['file', 'true'],
    ['env', './nonexistent'], ['env', ''], ['env', "$dir/file"], ['-x', 'y', 'z'];
SKIP: {
    skip 'only root can become somebody else', 4 unless have_root;
    chmod 0755, $dir;
    chmod 0700, "$dir/" . directory('private');
    chmod 0711, "$dir/" . directory('blind');
    chmod 0600, "$dir/" . directory('secret', Message => 'x') . '/Message';
    says run('envdir', 'secret', 'true', {%here, uid => 65534}), 111, '',
        "envdir: fatal: unable to read secret/Message: access denied\n", 'a file that may not be read';
    same("the error of $_", 'envdir', $_, 'true', {%here, uid => 65534}) for qw(private blind secret);
}

done_testing;
