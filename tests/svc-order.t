# ISC license.
#
# svc --with-needs and --with-dependents: who comes along, and in which order. The services write
# down when they began, when they were told to end and when they ended; some are held in between.

use lib 'tests/lib';
use Upkeep;
use One;

use POSIX ();

$ENV{SVPERSONALITY} = 'encore'; # whatever the build's default is
my $home = tempdir;
my $scan = "$home/scan";
my $sequence = "$home/sequence";
mkdir $scan or die;

# A service that can be held at its end: as long as there is a FIFO that nobody writes to.
my $script = <<'END';
trap 'echo told NAME >> SEQUENCE; { kill $!; wait $!; } 2> /dev/null; [ ! -p hold ] || read x < hold; echo ended NAME >> SEQUENCE; exit 0' TERM
echo began NAME >> SEQUENCE
while :; do sleep 1000 & wait $!; done
END

sub service {
    my ($name, $needs) = @_;
    my $text = $script =~ s/NAME/$name/gr =~ s/SEQUENCE/$sequence/gr;
    return make_service("$scan/$name", run => $text, needs => $needs);
}

# ends_and_begins: what was written, the beginnings last and sorted: these services are ready when
# they are executed, and not when they write.
sub ends_and_begins {
    my @lines = written();
    return ((grep { !/^began/ } @lines), sort grep { /^began/ } @lines);
}

sub written { return split /\n/, read_file($sequence) // '' }
sub forget { return write_file($sequence, '') }
sub has { my ($line) = @_; return scalar grep { $_ eq $line } written() }
sub awaited { my ($line) = @_; return wait_until { has($line) } 10, $line }
sub phases { return join ' ', map { "$_=" . field("$scan/$_", 'phase') } @_ }
sub hold { my ($name) = @_; return POSIX::mkfifo("$scan/$name/hold", 0600) || die "mkfifo: $!\n" }

# release($name): waits until it is held, and lets it go.
sub release {
    my ($name) = @_;
    open my $fifo, '>', "$scan/$name/hold" or die "release $name: $!\n";
    print $fifo "\n";
    close $fifo;
    unlink "$scan/$name/hold";
    return;
}

# says($result, $code, $err, $sentence): its exit code and its standard error.
sub says {
    my ($result, $code, $err, $sentence) = @_;
    return is_deeply [@$result{qw(code err)}], [$code, $err], $sentence;
}

my @all = qw(app db other web);
service('db');
service('app', 'db');
service('web', 'app');
service('other');
my $svscan = start('svscan', $scan);
awaited("began $_") for @all;

# Down, and who needs it -------------------------------------------------------------------------

forget();
hold('web');
my $svc = start('svc', '-d', '--with-dependents', 'db', {cwd => $scan});
awaited('told web');
ok $svc->running, 'svc waits for those who need what is to go down';
is phases(qw(app db)), 'app=up db=up', 'nobody else is told meanwhile';
release('web');
is $svc->wait(10)->{code}, 0, 'and ends well';
wait_phase("$scan/db", 'down');
is join(', ', written()), 'told web, ended web, told app, ended app, told db, ended db', 'one after the other';
is phases('other'), 'other=up', 'what has nothing to do with it is left alone';
is $svc->err, '', 'nothing is wrong';

# Up, and what it needs --------------------------------------------------------------------------

forget();
says run('svc', '-u', '--with-needs', '--wait=ready', '--timeout=10000', "$scan/web"), 0, '',
    'up with all that it needs';
wait_until { written() == 3 } 10, 'the word of the last one'; # it may run before it can say so
is join(', ', written()), 'began db, began app, began web', 'in order';
is phases(@all), 'app=up db=up other=up web=up', 'all are up';

run('svc', '-d', '--with-dependents', '--wait=down', "$scan/db");
says run('svc', '-u', '--with-needs', "$scan/web"), 0, '', 'without waiting';
wait_phase("$scan/$_", 'up') for qw(db app web);
ok 1, 'they come up all the same';

# Restart ----------------------------------------------------------------------------------------

run('svc', '-d', '--wait=down', "$scan/web");
forget();
my %before = map { $_ => pid_of("$scan/$_") } qw(db app other);
says run('svc', '--restart', '--with-dependents', '--wait=restarted', '--timeout=10000', "$scan/db"), 0, '',
    'a restart with those who need it';
is join(', ', ends_and_begins()), 'told app, ended app, told db, ended db, began app, began db',
    'ends them before and starts them afterwards';
is phases('web'), 'web=down', 'but not what was down';
is pid_of("$scan/other"), $before{other}, 'others go on';
isnt pid_of("$scan/$_"), $before{$_}, "$_ does not" for qw(db app);
run('svc', '-u', '--wait=up', "$scan/web");

# A level that does not end ----------------------------------------------------------------------

forget();
hold('web');
says run('svc', '-d', '--with-dependents', '--timeout=300', "$scan/db"), 99,
    "svc: warning: $scan/web has not finished in time: stopping: svc -d by uid $<\n"
    . "svc: warning: left $scan/app as it is: who depends on it has not ended\n"
    . "svc: warning: left $scan/db as it is: who depends on it has not ended\n", 'one that does not end in time';
is phases(qw(app db web)), 'app=up db=up web=stopping', 'saves what it needs';
release('web');
wait_phase("$scan/web", 'down');
run('svc', '-u', '--wait=up', "$scan/web");
hold('app');
my $result = run('svc', '--restart', '--with-dependents', '--timeout=300', "$scan/db");
is $result->{code}, 99, 'a restart that is given up';
release('app');
wait_phase("$scan/$_", 'up') for qw(db app web);
ok has('ended web') && has('ended app') && !has('told db'), 'starts again what it had ended';

# Several ----------------------------------------------------------------------------------------

{
    forget();
    my $result = run('svc', '-d', '--with-dependents', '--wait=down', "$scan/other", "$scan//db/", "$scan/web", "$scan/db");
    says $result, 0, '', 'several services, one of them twice';
    my $lines = join ', ', grep { !/other/ } written();
    is $lines, 'told web, ended web, told app, ended app, told db, ended db', 'each is told once';
    forget();
    run('svc', '-u', '--with-needs', '--wait=up', "$scan/web", "$scan/other");
    is scalar(grep { /^began/ } written()), 4, 'and so they are when they come up';
}

# An instance shares the file of its template.
{
    my $text = $script =~ s/NAME/w\@\$1/gr =~ s/SEQUENCE/$sequence/gr;
    make_service("$scan/w@", run => $text, needs => "other\n");
    symlink 'w@', "$scan/w\@1" or die;
    awaited('began w@1');
    forget();
    says run('svc', '--restart', '--with-dependents', '--wait=restarted', '--timeout=10000', "$scan/other"), 0, '',
        'an instance comes along';
    is join(', ', ends_and_begins()), 'told w@1, ended w@1, told other, ended other, began other, began w@1',
        'as any other service';
    says run('svc', '-u', '--with-needs', "$scan/w@"), 100, "svc: fatal: there is no service $scan/w@\n", 'its template is none';
    forget();
    unlink "$scan/w\@1" or die;
    awaited('ended w@1');
}

# What is wrong ----------------------------------------------------------------------------------

service('a', "b\nnobody\n");
service('b', "a\n");
service('c', "# with a\nb\n");
wait_phase("$scan/$_", 'waiting') for qw(a b c);
my $wrong = "svc: warning: $scan/a/needs:2: there is no service nobody\nsvc: warning: $scan: cycle: a -> b -> a\n";
says run('svc', '-u', '--with-needs', "$scan/c"), 0, $wrong, 'unknown names and cycles are told, with the path';
write_file("$scan/$_/needs", '') for qw(a b);
awaited("began $_") for qw(a b c);
write_file("$scan/a/needs", "b\nnobody\n");
write_file("$scan/b/needs", "a\n");
forget();
says run('svc', '-d', '--with-dependents', '--wait=down', "$scan/b"), 0, $wrong, 'and hold nobody up';
is join(', ', (written())[0, 1]), 'told c, ended c', 'a cycle goes down after those who need it';
says run('svc', '-d', '--with-dependents', "$scan/other"), 0, '', 'who has nothing to do with it hears nothing of it';

make_service("$scan/.young", run => 'exec sleep 1000', needs => "other\n");
mkdir "$home/cold" or die;
make_service("$home/cold/$_->[0]", run => 'exec sleep 1000', needs => $_->[1]) for ['db', undef], ['web', "db\n"];
says run('svc', '-d', '--with-dependents', "$home/cold/db"), 111,
    "svc: warning: unable to control $home/cold/db: file does not exist\n",
    'dependents that nobody looks after do not matter, the service itself does';
my $missing = "svc: warning: unable to control $home/cold/db: file does not exist\n"
    . "svc: warning: unable to control $home/cold/web: file does not exist\n";
says run('svc', '-u', '--with-needs', "$home/cold/web"), 0, $missing, 'what is needed does';
says run('svc', '-u', '--with-needs', '--strict', "$home/cold/web"), 111, $missing, 'with --strict the exit code says it';

# Mistakes ---------------------------------------------------------------------------------------

says run('svc', '-d', '--with-needs', "$scan/web"), 100,
    "svc: fatal: --with-needs is for what starts something\n", 'down with all that is needed';
says run('svc', '-t', '--with-dependents', "$scan/web"), 100,
    "svc: fatal: --with-dependents is for --down, --down-always and --restart\n", 'a signal to dependents';
says run('svc', '--restart', '-x', '--with-dependents', "$scan/web"), 100,
    "svc: fatal: --restart --with-dependents is for no other command\n", 'restart and more';
says run('svc', '-d', '--with-dependents', '--with-needs', "$scan/web"), 100,
    "svc: fatal: --with-needs and --with-dependents exclude each other\n", 'both';
says run('svc', '-d', '--with-dependents', "$scan/none"), 100, "svc: fatal: there is no service $scan/none\n",
    'a service that is not there';
says run('svc', '-d', '--with-dependents', '.', {cwd => "$scan/web"}), 100,
    "svc: fatal: give . by its name in the scan directory\n", 'one without a name';
is phases(qw(web)), 'web=up', 'then nothing has been sent';

is $svscan->stop('TERM', 20)->{code}, 0, 'svscan ends well';
done_testing;
