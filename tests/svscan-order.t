# ISC license.
#
# svscan's end: what others need is told to end when they have gone, and not before. Each service
# writes down when it was told and when it ended; some are held in between.

use lib 'tests/lib';
use Upkeep;

use POSIX ();

my $home = tempdir;
my ($scan, $away, $sequence, $svscan);
my $count = 0;

# Services and what they have written ------------------------------------------------------------

# A service that can be held at its end: as long as there is a FIFO that nobody writes to.
my $script = <<'END';
trap 'echo told NAME >> SEQUENCE; { kill $!; wait $!; } 2> /dev/null; [ ! -p hold ] || read x < hold; echo ended NAME >> SEQUENCE; exit 0' TERM
echo $$ > ready
while :; do sleep 1000 & wait $!; done
END

sub service {
    my ($name, %more) = @_;
    my $text = $script =~ s/NAME/$name/gr =~ s/SEQUENCE/$sequence/gr;
    return make_service("$scan/$name", run => $text, %more);
}

sub ready { my ($name) = @_; return wait_until { -s "$scan/$name/ready" } 10, "$name to be ready" }

# world($names..., $more): a new scan directory in which they run under an svscan; before that $more is done.
sub world {
    my (@names) = @_;
    my $more = ref $names[-1] ? pop @names : sub { };
    my $directory = "$home/" . ++$count;
    mkdir $_ or die "mkdir $_: $!\n" for $directory, "$directory/scan", "$directory/away";
    ($scan, $away, $sequence) = ("$directory/scan", "$directory/away", "$directory/sequence");
    write_file($sequence, '');
    service($_) for @names;
    $more->();
    $svscan = start('svscan', $scan);
    ready($_) for @names;
    return;
}

# needs(NAME => TEXT...): only now, so that nobody waits at the start. Complete at once.
sub needs {
    my (%files) = @_;
    for my $name (keys %files) {
        write_file("$away/needs", join '', map { "$_\n" } split ' ', $files{$name});
        rename "$away/needs", "$scan/$name/needs" or die;
    }
    return;
}

sub hold { POSIX::mkfifo("$scan/$_/hold", 0600) || die "mkfifo: $!\n" for @_ }

# release($name): waits until it is held, and lets it go.
sub release {
    my ($name) = @_;
    open my $fifo, '>', "$scan/$name/hold" or die "release $name: $!\n";
    print $fifo "\n";
    close $fifo;
    return;
}

sub written { return split /\n/, read_file($sequence) }
sub has { my ($line) = @_; return scalar grep { $_ eq $line } written() }
sub awaited { my ($line) = @_; return wait_until { has($line) } 10, $line }

sub children {
    my ($parent, $argv) = @_;
    my @found = split ' ', read_file("/proc/$parent/task/$parent/children") // '';
    return grep { alive($_) && join(' ', split /\0/, read_file("/proc/$_/cmdline") // '') eq $argv } @found;
}

# again($name): kills its supervise, and waits for another: what svscan was about to do has been done.
sub again {
    my ($name) = @_;
    my ($old) = children($svscan->pid, "supervise $name") or return 0;
    kill 'KILL', $old;
    return wait_until { (grep { $_ != $old } children($svscan->pid, "supervise $name"))[0] } 10, 'another supervise';
}

sub ends_well {
    my ($sentence) = @_;
    my $result = $svscan->wait(20);
    is $result && $result->{code}, 0, $sentence or $svscan->stop('KILL');
    return;
}

# before($first, $second, $sentence): both were written, in this order.
sub before {
    my ($first, $second, $sentence) = @_;
    my @lines = written();
    my %at = map { $lines[$_] => $_ } reverse 0 .. $#lines;
    my $good = defined $at{$first} && defined $at{$second} && $at{$first} < $at{$second};
    ok $good, $sentence or diag join ', ', @lines;
    return;
}

# Orders -----------------------------------------------------------------------------------------

{
    world(qw(a-db app other web));
    service('logged', log => {run => 'exec cat >> lines'});
    ready('logged');
    needs('web', 'app', 'app', 'a-db', 'logged', 'a-db');
    hold('web');
    $svscan->kill('TERM');
    awaited("told $_") for qw(web other);
    awaited('ended logged');
    ok again('app'), 'what others need is kept as ever, when they end';
    ok !has('told app'), 'and is not told while they do';
    ok !has('told a-db'), 'nor is what it needs in turn';
    release('web');
    ends_well('when the last has gone, so has svscan');
    before('ended web', 'told app', 'a service that is needed ends after those that need it');
    before('ended app', 'told a-db', 'all the way down');
    before('ended logged', 'told a-db', 'a service with a logger counts like any other');
    is $svscan->err, '', 'there is nothing to complain about';
}

{
    world(qw(db one two));
    needs('one', 'db', 'two', 'db db');
    hold('one', 'two');
    $svscan->kill('TERM');
    awaited("told $_") for qw(one two);
    release('one');
    awaited('ended one');
    again('two');
    ok !has('told db'), 'one that is left is enough to go on, even if its supervise is killed';
    release('two');
    ends_well('and then it ends');
    before('ended two', 'told db', 'after both');
}

{
    world(qw(a b base c d));
    needs('a', 'b', 'b', 'c', 'c', 'a base', 'd', 'b d');
    hold('d', 'a');
    $svscan->kill('TERM');
    awaited('told d');
    ok !(grep { has("told $_") } qw(a b c base)), 'a cycle waits for those who need one of it';
    release('d');
    awaited("ended $_") for qw(b c);
    awaited('told a');
    again('a');
    ok !has('told base'), 'is told to end as a whole, one that needs itself alone';
    release('a');
    ends_well('and does not hang');
    before("ended $_", 'told base', "what it needs comes after $_") for qw(a b c);
}

# Names and files --------------------------------------------------------------------------------

{
    world(qw(db linked other pipe web wrong), sub { symlink 'db', "$scan/database" or die });
    needs('web', 'database nobody', 'wrong', '../db .x db');
    write_file("$away/common", "# what all need\ndb\n");
    symlink '../../away/common', "$scan/linked/needs" or die;
    POSIX::mkfifo("$scan/pipe/needs", 0600) or die;
    hold(qw(web linked wrong));
    $svscan->kill('TERM');
    awaited("told $_") for qw(web linked wrong);
    awaited('ended pipe');
    awaited('ended other');
    release($_) for qw(wrong linked);
    awaited("ended $_") for qw(wrong linked);
    ok !has('told db'), 'another name of a service is as good';
    release('web');
    ends_well('names that are nobody\'s hold nobody up');
    before("ended $_", 'told db', "$_ goes first") for qw(web linked wrong);
    like $svscan->err, qr{\Asvscan: warning: unable to read pipe/needs: .*; it is ended without regard to what it needs\n\z},
        'a file that cannot be one is complained of';
}

{
    world(qw(db web));
    needs('web', 'db');
    rename "$scan/db", "$away/db" or die;
    awaited('ended db');
    ok !has('told web'), 'one that is removed ends alone, whoever needs it';
    $svscan->kill('TERM');
    ends_well('and is not waited for later');
    before('ended db', 'told web', 'as it was removed before');
}

{
    world(qw(db web));
    needs('web', 'db');
    hold('web');
    rename "$scan/web", "$away/web" or die;
    awaited('told web');
    $svscan->kill('TERM');
    awaited('ended db');
    ok 1, 'one that is being removed holds nobody up';
    $scan = $away;
    release('web');
    ends_well('but svscan waits for it');
}

{
    world(qw(db top), sub {
        my $text = $script =~ s/NAME/w\@\$1/gr =~ s/SEQUENCE/$sequence/gr =~ s/> ready/> ready\$1/r;
        make_service("$scan/w@", run => $text);
        symlink 'w@', "$scan/w\@$_" or die for 1, 2;
    });
    wait_until { -s "$scan/w@/ready1" && -s "$scan/w@/ready2" } 10, 'two instances';
    needs('w@', 'db', 'top', 'w@1');
    hold('top');
    $svscan->kill('TERM');
    awaited('told top');
    awaited('ended w@2');
    ok !has('told w@1') && !has('told db'), 'an instance is a service of its own';
    release('top');
    ends_well('all instances end');
    before('ended w@1', 'told db', 'what the template needs all of them need');
    before('ended w@2', 'told db', 'each for itself');
}

{
    my @names = map { sprintf 's%02d', $_ } 1 .. 30;
    world(@names);
    needs(map { ($names[$_], $names[$_ + 1]) } 0 .. $#names - 1);
    $svscan->kill('TERM');
    ends_well('thirty that need one another');
    is join(' ', written()), join(' ', map { ("told $_", "ended $_") } @names), 'end one after another';
}

{
    world(qw(one two));
    hold('one', 'two');
    $svscan->kill('TERM');
    awaited("told $_") for qw(one two);
    ok 1, 'who needs nothing is told at once';
    release($_) for qw(one two);
    ends_well('all of them');
}

done_testing;
