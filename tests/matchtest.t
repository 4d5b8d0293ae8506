# ISC license.
#
# matchtest: whether a pattern of multilog's matches a string.

use lib 'tests/lib';
use Upkeep;

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my %djb = (env => {SVPERSONALITY => 'djb'});

# says($result, $out, $sentence)
sub says {
    my ($result, $out, $sentence) = @_;
    is_deeply [@$result{qw(code out err)}], [0, $out, ''], $sentence;
}

# matches($pattern, @strings), no_match(...): each of them.
sub matches { my $pattern = shift; says run('matchtest', $pattern, $_), "+$pattern ($_)\n", "\"$pattern\" matches \"$_\"" for @_ }
sub no_match { my $pattern = shift; says run('matchtest', $pattern, $_), "-$pattern ($_)\n", "\"$pattern\" does not match \"$_\"" for @_ }

# Simple ---------------------------------------------------------------------------------------

matches('', '');
no_match('', 'a', ' ');
matches('one', 'one');
no_match('one', '', 'on', 'ones', ' one', 'One');
matches('*', '', 'anything at all', '*');
matches('one*', 'one', 'ones', 'one*');
no_match('one*', 'on', 'a one');
matches('*: x', 'a: x', ': x');
no_match('*: x', 'a: b: x', 'a: xy', 'a');
matches('*a', 'a', 'bba');
no_match('*a', 'aa', 'ab');
matches('*a*', 'ab', 'cat');
no_match('*ab', 'aab');
matches('* * *', 'a b c', '  ');
no_match('* * *', 'a b');
matches('**', '*', 'a*');
no_match('**', 'a', '');
matches('[a-c]', '[a-c]');
no_match('[a-c]', 'b');
no_match('?', 'a');
matches('\\*', '\\', '\\a');
no_match('+one', 'one');
matches('-one', '-one');
says run('matchtest', "two\nlines", "two\nlines"), "+two\nlines (two\nlines)\n", 'a newline is a byte like others';
matches('S*a', 'bba');
no_match('S*a', 'aa', 'S*ab');
matches('S', '');
matches('SF*', 'F', 'Fa');
no_match('s*', 'a');

# fnmatch --------------------------------------------------------------------------------------

matches('F', '');
no_match('F', 'F', 'a');
matches('F*', '', 'a', '.hidden', 'a/b');
matches('F*a', 'a', 'aa', 'bbaaa');
matches('F*ab', 'aab');
matches('F*one*two*', 'xonexonextwo', 'onetwo');
no_match('F*one*two*', 'twoone');
matches('F?', 'a', '?');
no_match('F?', '', 'ab');
matches('F[a-c]x', 'bx');
no_match('F[a-c]x', 'dx', 'x', '[a-c]x');
matches('F[!a-c]', 'd');
no_match('F[!a-c]', 'a', '');
matches('F[]x]', ']', 'x');
matches('F[[:digit:]]*', '5 times');
no_match('F[[:digit:]]*', 'five times');
matches('F\\*', '*');
no_match('F\\*', 'a');
matches('FF*', 'F', 'Fa');
no_match('FS*', 'F');
no_match('f*', 'a');

# Other uses -----------------------------------------------------------------------------------

says run('matchtest'), "+ ()\n", 'the empty pattern matches the empty string, if there is no argument';
says run('matchtest', '*'), "+* ()\n", 'a string that is not given is empty';
says run('matchtest', 'a'), "-a ()\n", 'which is not what most patterns match';
says run('matchtest', 'a', 'a', 'b'), "+a (a)\n", 'further arguments do not count';
says run('matchtest', '--help', '--help'), "+--help (--help)\n", 'there are no options';
says run('matchtest', 'F*', 'F', \%djb), "+F* (F)\n", 'to daemontools an F is an F';
says run('matchtest', 'F*', 'a', \%djb), "-F* (a)\n", 'in front of the rest';
says run('matchtest', 'Sa', 'Sa', \%djb), "+Sa (Sa)\n", 'and an S an S';
says run('matchtest', '*a', 'ba', \%djb), "+*a (ba)\n", 'and simple patterns are the same';
{
    my $long = 'x' x 100_000;
    my $result = run('matchtest', '*y', "${long}y");
    ok $result->{out} eq "+*y (${long}y)\n", 'a string may be long';
    ok run('matchtest', "$long*", "${long}y")->{out} eq "+$long* (${long}y)\n", 'so may a pattern';
}

# The same as multilog does --------------------------------------------------------------------

for my $try (['*a', 'bba', 'aa'], ['*: x', 'a: x', 'a: b: x'], ['**', '*', 'a']) {
    my ($pattern, @strings) = @$try;
    my $chosen = run('multilog', '-*', "+$pattern", 'e', {stdin => join '', map { "$_\n" } @strings})->{err};
    is $chosen, join('', map { "$_\n" } grep { run('matchtest', $pattern, $_)->{out} =~ /^\+/ } @strings),
        "multilog's +$pattern selects what matchtest says";
}

SKIP: {
    skip 'there is no /dev/full', 1 unless -c '/dev/full';
    my $result = run('sh', '-c', 'exec matchtest a a > /dev/full');
    is_deeply [@$result{qw(code err)}], [111, "matchtest: fatal: unable to write to standard output: out of disk space\n"],
        'a result that cannot be written';
}

done_testing;
