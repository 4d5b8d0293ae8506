# ISC license.
#
# The processors in doc/examples/log, as somebody uses them who has copied them: what multilog and
# they make together, over many rotations, and when the other host is not there.

use lib 'tests/lib';
use Upkeep;

my $execlineb = program('execlineb');
skip_all_unless($execlineb, 'no execlineb here');

my $examples = top . '/doc/examples/log';
my ($place, %seen);

# fresh: a new place to work in, with its own copy of the processors.
sub fresh {
    $place = tempdir;
    mkdir "$place/$_" or die "unable to create $place/$_: $!\n" for qw(bin remote remote/web1);
    for my $example (glob "$examples/*") {
        ok -x $example, "$example is executable" unless $seen{$example}++;
        (my $copy = $example) =~ s{.*/}{$place/};
        write_file($copy, read_file($example) =~ s/^#!\S+/#!$execlineb/r, 0755);
    }
}

sub lines { my ($first, $last) = @_; return join '', map { sprintf "line %06d\n", $_ } $first .. $last }

# unstamped($text): without the label that t puts before each line.
sub unstamped { return $_[0] =~ s/^\@[0-9a-f]{24} //mgr }

# same($got, $want, $sentence): is, for texts too long to be shown.
sub same {
    my ($got, $want, $sentence) = @_;
    return 1 if ok $got eq $want, $sentence;
    my $at = 0;
    $at++ while substr($got, $at, 1) eq substr $want, $at, 1;
    diag length $got, ' bytes, not ', length $want, '; they differ from byte ', $at;
    return 0;
}

# soon { condition } $sentence: the test that it becomes so.
sub soon(&$) { my ($condition, $sentence) = @_; return ok &wait_until($condition, 20, $sentence), $sentence }

sub old_files { my @names = sort glob "$place/main/\@*"; return @names }

sub bytes { my $sum = 0; $sum += -s for @_; return $sum }

# Compression --------------------------------------------------------------------------------

my @compressors = (
    # program, w, how the whole log is read
    ['gzip', 'gz', 'zcat -f main/@* main/current'],
    ['zstd', 'zst', 'zstdcat main/@* main/current'],
);

for my $compressor (@compressors) {
    my ($program, $suffix, $reading) = @$compressor;
    SKIP: {
        skip "no $program here", 6 unless program($program);
        fresh;
        my @script = ('t', 's4096', 'n1000', "w$suffix", "!$place/$program", './main');
        like read_file("$examples/$program"), qr/\Qw$suffix !\E\S+\/$program .*\Q$reading\E$/ms,
            "$program says how to name it, and how to read the log";
        my $result = run('multilog', @script, {stdin => lines(1, 2000), cwd => $place, limit => 60});
        is "$result->{code} $result->{err}", '0 ', "multilog with $program";
        my @old = old_files();
        cmp_ok scalar(@old), '>', 10, 'makes many old files';
        is join(' ', grep { !/\@[0-9a-f]{24}\.$suffix\z/ } @old), '', "each a .$suffix";
        cmp_ok bytes(@old), '<', length(lines(1, 2000)), 'smaller than what was written';
        my $read = run('sh', '-c', $reading, {cwd => $place});
        same unstamped($read->{out}), lines(1, 2000), "and $reading is all lines in order";
    }
}

# Shipping -----------------------------------------------------------------------------------

# An ssh without a network, to a talkative host. What the file `mode` holds happens: all is well; the host is down; the
# connection breaks down in the middle; it breaks down before the answer.
my $ssh = <<'END';
#!/bin/sh
top=${0%/*}/..
echo 'Welcome to loghost'
while [ "$1" = -o ]; do options="$options $2"; shift 2; done
case $options in *BatchMode=yes*) ;; *) echo 'Password?'; exit 1 ;; esac
mode=$(cat "$top/mode")
echo "$1" >> "$top/destinations"
echo "$mode" >> "$top/tries"
cd "$top/remote" || exit 1
case $mode in
    well) exec sh -c "$2" ;;
    down) exit 255 ;;
    middle) head -c 2000 | sh -c "$2" ; exit 255 ;;
    answer) sh -c "$2"; exit 255 ;;
esac
END

sub fresh_with_host {
    fresh;
    write_file("$place/bin/ssh", $ssh, 0755);
    becomes($_[0]);
    return {PATH => "$place/bin:$ENV{PATH}", SHIP_TO => 'logs@loghost', SHIP_DIR => 'web1'};
}

sub becomes { write_file("$place/mode", "$_[0]\n") }

# tried($mode): how often in this mode.
sub tried { my ($mode) = @_; return scalar grep { $_ eq $mode } split /\n/, read_file("$place/tries") // '' }

# What is there: in the order of its lines, whose labels sort.
sub copies { my @copies = sort map { read_file($_) } glob "$place/remote/web1/*"; return @copies }
sub hidden { return join ' ', grep { !m{/\.\.?\z} } glob "$place/remote/web1/.*" }

# warnings($err): what multilog itself said; ssh and its host may say more.
sub warnings { return join "\n", grep { /^multilog: / } split /\n/, $_[0] }

# feed($environment, @script): a running multilog and the end of its pipe.
sub feed {
    my ($environment, @script) = @_;
    pipe my $reader, my $writer or die;
    my $process = start('multilog', @script, {stdin => $reader, cwd => $place, env => $environment});
    close $reader;
    $writer->autoflush(1);
    return ($process, $writer);
}

my $why_not = join ' ', map { program($_) ? () : "no $_" } qw(sha256sum date uname);

SKIP: {
    skip $why_not, 7 if $why_not;
    my $environment = fresh_with_host('well');
    my @script = ('t', 's4096', 'n4', "!$place/ship", './main');
    my $result = run('multilog', @script,
        {stdin => lines(1, 2000), cwd => $place, env => $environment, limit => 60});
    is "$result->{code} " . warnings($result->{err}), '0 ', 'multilog with ship';
    is join(' ', keys %{{map { $_ => 1 } split /\n/, read_file("$place/destinations")}}), 'logs@loghost',
        'talks to SHIP_TO, and no host has to be asked for a password';
    my @old = map { read_file($_) } old_files();
    ok @old > 0 && @old <= 3, 'three old files are kept here at most';
    cmp_ok scalar(copies()), '>', 10, 'there, all of them';
    same unstamped(join '', copies(), read_file("$place/main/current")), lines(1, 2000),
        'with what is in current they are all lines';
    same join('', @old), join('', (copies())[-@old .. -1]), 'what is kept here is the same as there';
    is hidden(), '', 'nothing else is there';
}

SKIP: {
    skip $why_not, 15 if $why_not;
    my $environment = fresh_with_host('down');
    my ($process, $writer) = feed($environment, 't', 's4096', 'n1000', "!$place/ship", './main');
    print {$writer} lines(1, 400);
    soon { tried('down') >= 3 } 'a host that is down is tried again';
    like warnings($process->err), qr/^multilog: warning: [^\n]*processor[^\n]*\z/, 'multilog says so, once';
    like join('', map { read_file($_) } grep { -f } glob "$place/main/*"), qr/ line 000001\n/,
        'the file is not given up';
    is scalar(copies()), 0, 'there is no copy of it';

    becomes('middle');
    soon { tried('middle') >= 1 } 'then the connection breaks down in the middle';
    becomes('answer');
    soon { tried('answer') >= 1 } 'then before the answer';
    is scalar(grep { !/\n\z/ } copies()), 0, 'what is there is never half a file';

    becomes('well');
    print {$writer} lines(401, 800);
    close $writer;
    my $result = $process->wait(40);
    is $result && $result->{code}, 0, 'when the host is back, all goes on to the end';
    like warnings($process->err), qr/^[^\n]+\z/, 'nothing more is said';
    my @old = map { read_file($_) } old_files();
    my $current = read_file("$place/main/current");
    cmp_ok scalar(@old), '>', 5, 'there are many old files';
    same unstamped(join '', @old, $current), lines(1, 800), 'with every line once, in order';
    is join(' ', grep { !/\.s\z/ } old_files()), '', 'each of them delivered';
    is scalar(copies()), scalar(@old), 'there, one copy of each';
    same join('', copies()), join('', @old), 'is the same as here';
    is hidden(), '', 'and nothing else';
}

SKIP: {
    skip $why_not, 3 if $why_not;
    my $environment = fresh_with_host('well');
    delete $environment->{SHIP_TO};
    my ($process, $writer) = feed($environment, 't', 's4096', "!$place/ship", './main');
    print {$writer} lines(1, 150);
    soon { warnings($process->err) =~ /processor/ } 'without SHIP_TO there is a warning';
    $process->kill('TERM');
    my $result = $process->wait(20);
    is $result && $result->{code}, 0, 'multilog can be ended';
    same unstamped(join '', map { read_file($_) } old_files(), "$place/main/current"), lines(1, 150),
        'with every line here';
    close $writer;
}

done_testing;
