# ISC license.
#
# pgrphack: the program has a session and a process group of its own. And how a program is looked
# for, which is the same for all that become another program.

use lib 'tests/lib';
use Upkeep;

my $dir      = tempdir;
my $pgrphack = program('pgrphack');
my $peer     = peer('daemontools');

# says($result, $code, $out, $err, $sentence)
sub says {
    my ($result, @expected) = @_;
    my $sentence = pop @expected;
    is_deeply [@$result{qw(code out err)}], \@expected, $sentence;
}

says run('pgrphack'), 100, '', "pgrphack: usage: pgrphack child\n", 'without an argument it tells how it is used';
is run('pgrphack', '--help')->{out}, "usage: pgrphack child\n", '--help does that too';
like run('pgrphack', '--version')->{out}, qr/\Apgrphack \(upkeep\) \S+\n\z/, '--version says which upkeep it is';
says run('pgrphack', './nonexistent', {cwd => $dir}), 111, '',
    "pgrphack: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
says run('pgrphack', 'sh', '-c', 'echo "$@"; exit 7', '-', 'a b', '', '-c'), 7, "a b  -c\n", '',
    'arguments are handed on as they are, and the exit code is that of the program';
is run('pgrphack', 'sh', '-c', 'kill -KILL $$')->{signal}, 9, 'or the signal that ended it';

my $show = q{read -r line < /proc/$$/stat; set -- ${line##*) }; echo $$ $3 $4};
{
    my ($pid, $group, $session) = split ' ', run('pgrphack', 'sh', '-c', $show)->{out};
    is $group, $pid, 'the program leads a process group';
    is $session, $pid, 'and a session';
    (undef, $group, $session) = split ' ', run('pgrphack', 'pgrphack', 'sh', '-c', $show)->{out};
    is $group, $session, 'who leads one already stays where it is, and that is no failure';
    my $process = start('pgrphack', 'sh', '-c', 'echo; read line < fifo', {cwd => $dir});
    POSIX::mkfifo("$dir/fifo", 0600);
    is $process->{pid} != getpgrp, 1, 'it is the same process all the time';
    $process->stop('KILL');
    my $result = run('sh', '-c', 'pgrphack sh -c "kill -TERM 0"; echo I live');
    like $result->{out}, qr/^I live\n/, 'a signal to its process group is for nobody else';
}

# Where a program is looked for -----------------------------------------------------------------

# place($name, FILE => [content, mode]...): a directory of the search.
sub place {
    my ($name, %files) = @_;
    mkdir "$dir/$name" or die;
    write_file("$dir/$name/$_", @{$files{$_}}) for keys %files;
    return "$dir/$name";
}

my $good     = place('good', tool => ["#!/bin/sh\necho good \"\$0\"\n", 0755]);
my $other    = place('other', tool => ["#!/bin/sh\necho other\n", 0755]);
my $closed   = place('closed', tool => ["#!/bin/sh\necho closed\n", 0644]);
my $odd      = place('odd', tool => ["echo no interpreter\n", 0755]);
my $lost     = place('lost', tool => ["#!$dir/none\n", 0755]);
my $empty    = place('empty');
my $nested   = place('nested');
mkdir "$nested/tool";
my $file = write_file("$dir/file", '');
my $loop = place('loop');
symlink 'tool', "$loop/tool";

my @searches = (
    ["$good:$other",        0,   "good $good/tool\n", '', 'the first directory of PATH that has it counts'],
    ["$empty:$other:$good", 0,   "other\n", '', 'those without it are passed by'],
    ["$dir/none:$good",     0,   "good $good/tool\n", '', 'so are those that are not there'],
    ["$closed:$good",       0,   "good $good/tool\n", '', 'and those where it must not be executed'],
    ["$nested:$good",       0,   "good $good/tool\n", '', 'and those where it is a directory'],
    ["$lost:$good",         0,   "good $good/tool\n", '', 'and those where its interpreter is not there'],
    [":$good",              0,   "good ./tool\n", '', 'an empty element is the working directory', $good],
    ["$empty:",             0,   "good ./tool\n", '', 'at the end too', $good],
    ["${empty}::$other",      0,   "good ./tool\n", '', 'and in between', $good],
    ['',                    0,   "good ./tool\n", '', 'and alone', $good],
    [$empty,                111, '', 'file does not exist', 'nowhere'],
    ["$closed:$empty",      111, '', 'access denied', 'what is there and must not be executed is not forgotten'],
    ["$empty:$closed",      111, '', 'access denied', 'wherever it is'],
    ["$odd:$good",          111, '', 'exec format error', 'what is no program ends the search, and no shell is tried'],
    ["$file:$good",         111, '', 'not a directory', 'a file in place of a directory ends it'],
    ["$loop:$good",         111, '', 'symbolic link loop', 'so does a link to itself'],
);
for (@searches) {
    my ($path, $code, $out, $reason, $sentence, $there) = @$_;
    my %options = (cwd => $there // $dir, env => {PATH => $path});
    my $err = $reason ? "pgrphack: fatal: unable to run tool: $reason\n" : '';
    my $result = run($pgrphack, 'tool', {%options});
    says $result, $code, $out, $err, $sentence;
    next unless $peer;
    is_deeply $result, run("$peer/pgrphack", 'tool', {%options}), "$sentence, as to daemontools";
}

{
    my $long = 'x' x 5000;
    my $result = run($pgrphack, 'tool', {env => {PATH => "$long:$good"}});
    says $result, 111, '', "pgrphack: fatal: unable to run tool: file name too long\n", 'a directory with too long a name';
    says run($pgrphack, $long), 111, '', "pgrphack: fatal: unable to run $long: file name too long\n", 'a program too';
    says run($pgrphack, 'sh', '-c', 'echo found', {env => {PATH => undef}}), 0, "found\n", '',
        'without PATH it is looked for in /bin and /usr/bin';
    says run($pgrphack, 'tool', {cwd => $good, env => {PATH => undef}}), 111, '',
        "pgrphack: fatal: unable to run tool: file does not exist\n", 'and nowhere else';
    says run($pgrphack, './tool', {cwd => $good, env => {PATH => undef}}), 0, "good ./tool\n", '',
        'a name with a slash is taken as it is';
    says run($pgrphack, "$closed/tool"), 111, '', "pgrphack: fatal: unable to run $closed/tool: access denied\n",
        'whatever comes of it';
    says run($pgrphack, $dir), 111, '', "pgrphack: fatal: unable to run $dir: access denied\n", 'a directory';
    isnt run($pgrphack, '')->{code}, 0, 'an empty name is no program';
}

SKIP: {
    skip 'no daemontools here', 1 unless $peer;
    for my $try ([], ['./none'], [''], [$dir], ["$odd/tool"], ['sh', '-c', 'exit 9'], ['--', 'true'], ['-x'], [$file]) {
        my @result = map { run($_, @$try) } $pgrphack, "$peer/pgrphack";
        is_deeply $result[0], $result[1], "pgrphack @$try: as daemontools' own";
    }
}

done_testing;
