# ISC license.
#
# envini: each setting of a file is a variable for the next program.

use lib 'tests/lib';
use Upkeep;
use Chain;

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $dir = tempdir;
my %here = (cwd => $dir);
my $usage = "envini: usage: envini [ -p prefix ] inifile child\n";

# variables($content, @options): all that the file makes of an environment of A=old.
sub variables {
    my ($content, @options) = @_;
    write_file("$dir/some", $content);
    return run('env', '-i', 'A=old', top . '/command/envini', @options, 'some', '/usr/bin/env', \%here)->{out};
}

says run('envini'), 111, '', $usage, 'without arguments it tells how it is used, and exits 111';
says run('envini', "$dir/some"), 111, '', $usage, 'and without a program';
says run('envini', '-y', 'some', 'true'), 111, '', "envini: illegal option -- y\n$usage", 'an unknown option';
says run('envini', '-p'), 111, '', "envini: option requires an argument -- p\n$usage", 'an option without its value';
like run('envini', '--help')->{out}, qr/^usage: envini .*--prefix/s, '--help';
like run('envini', '--version')->{out}, qr/^envini \(upkeep\) \d/, '--version';

symlink 'envi', "$dir/envi";
says run('envini', 'envi', 'true', \%here), 111, '',
    "envini: fatal: unable to read envi: symbolic link loop\n", 'a file that is a link to itself';
says run('envini', 'none', 'true', \%here), 111, '',
    "envini: fatal: unable to read none: file does not exist\n", 'one that is not there';
says run('envini', '.', 'true', \%here), 111, '', "envini: fatal: unable to read .: is a directory\n",
    'a directory in its place';

is variables(''), "A=old\n", 'an empty file changes nothing';
is variables("Message=hello\n"), "A=old\nMessage=hello\n", 'a setting is a variable';
is variables("  Message\t=  hello there \t\n"), "A=old\nMessage=hello there\n", 'blanks around name and value are cut';
is variables("A=new\nB=\n"), "A=new\nB=\n", 'a new value takes the place of the old; it may be empty';
is variables("[sect]\nMessage=hello\n"), "A=old\nsect_Message=hello\n", 'a section is a prefix';
is variables("B=1\n[x]\nB=2\n[y]\nB=3\n"), "A=old\nB=1\nx_B=2\ny_B=3\n", 'until the next';
is variables("; B=1\nnonsense\n=2\n[x\nC=3\n"), "A=old\nC=3\n", 'comments and lines that mean nothing are ignored';
is variables("B=1\r\n[x]\r\nC=2\r\n"), "A=old\nB=1\nx_C=2\n", 'carriage returns do not matter';
is variables("B=1\n[x]\nC=2\n", '-p', 'P_'), "A=old\nP_B=1\nP_x_C=2\n", '-p puts a prefix before all names';
is variables("B=1\n", '--prefix=P_'), "A=old\nP_B=1\n", 'so does --prefix';

says run('envini', 'some', './nonexistent', \%here), 111, '',
    "envini: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
is run('envini', 'some', 'sh', '-c', 'exit 7', \%here)->{code}, 7, 'its exit code is that of the program';

done_testing;
