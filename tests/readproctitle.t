# ISC license.
#
# readproctitle: the last bytes of its input stand in its last argument.

use lib 'tests/lib';
use Upkeep;

my @programs = ('readproctitle');
my $peer = peer('daemontools');
push @programs, "$peer/readproctitle" if $peer;

# What both must do, so that what is expected here is what daemontools does.
for my $program (@programs) {
    my $whose = $program eq 'readproctitle' ? 'ours' : "daemontools'";

    # Mistakes -------------------------------------------------------------------------------------

    for my $arguments ([], [''], ['four'], ['a long one', 'four']) {
        my $result = run($program, @$arguments, {stdin => "hello\n"});
        is_deeply [@$result{qw(code out err)}], [100, '', ''],
            "$whose: without an argument of 5 bytes at the end (@$arguments) it ends, silently";
    }
    my $result = run($program, 'title', {stdin => "hello\n"});
    is_deeply [@$result{qw(code out err)}], [0, '', ''], 'the end of the input is the end';
    is run('sh', '-c', "$program title < /")->{code}, 111, 'an input that cannot be read';

    # The title ------------------------------------------------------------------------------------

    pipe my $reader, my $writer or die;
    my $process = start($program, 'service errors:', '*' x 20, {stdin => $reader});
    close $reader;
    my $arguments = sub {
        my ($name, @rest) = split /\0/, read_file('/proc/' . $process->pid . '/cmdline') // '', -1;
        pop @rest; # behind the last NUL
        return join '|', @rest;
    };
    my $shows = sub {
        my ($input, $title, $sentence) = @_;
        die unless length $title == 20;
        syswrite $writer, $input;
        wait_until { $arguments->() eq "service errors:|$title" } 10, "the title \"$title\"";
        is $arguments->(), "service errors:|$title", "$whose: $sentence";
    };
    $shows->('', '....................', 'the last argument becomes dots, the others stay');
    $shows->('a', '...................a', 'a byte comes in at the right');
    $shows->('bc', '.................abc', 'and moves the others to the left');
    $shows->("d\n", "...............abcd\n", 'a newline is a byte as any other');
    $shows->("\0e\0\0f\0", ".............abcd\nef", 'but NULs are left out');
    $shows->("\377\t", "...........abcd\nef\377\t", 'all others are not');
    $shows->('012345', "....." . "abcd\nef\377\t012345", 'the title fills');
    $shows->('67', '...' . "abcd\nef\377\t01234567", 'up to the three dots at the left');
    $shows->('8', '...' . "bcd\nef\377\t012345678", 'which stay: what comes there is gone');
    $shows->('ABCDEFGHIJKLMNOPQ', '...ABCDEFGHIJKLMNOPQ', 'as many bytes as there is room for');
    $shows->('x' x 30_000 . "\0" . 'abcdefghijklmnopqrstuvwxyz', '...jklmnopqrstuvwxyz', 'more than there is room for');
    $shows->("\0" x 10_000 . '!', '...klmnopqrstuvwxyz!', 'nothing but NULs is nothing');
    close $writer;
    is $process->wait(10)->{code}, 0, 'and ends with its input';
    is $process->out . $process->err, '', 'without a word';
}

{
    pipe my $reader, my $writer or die;
    my $process = start('readproctitle', '12345', {stdin => $reader});
    close $reader;
    syswrite $writer, 'abc';
    ok wait_until { (read_file('/proc/' . $process->pid . '/cmdline') // '') eq "readproctitle\0...bc\0" } 10,
        'the shortest title has room for two bytes';
    close $writer;
    $process->wait(10);
}

is run('sh', '-c', 'readproctitle title < /')->{err},
    "readproctitle: fatal: unable to read standard input: is a directory\n", 'ours says why it gives up';

done_testing;
