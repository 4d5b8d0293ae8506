# ISC license.
#
# svdel: takes services out of the scan directory, whoever looks after them, loses no line of their
# logs, and removes what it is told to and nothing else.

use lib 'tests/lib';
use Upkeep;
use One;

delete @ENV{qw(SVSCANDIR SVBASEDIR)};
my $usage = "svdel: usage: svdel [--option ...] name ...\n";

sub names {
    opendir my $directory, $_[0] or return "$_[0]: $!";
    return join ' ', sort grep { !/^\.\.?$/ } readdir $directory;
}

# says($result, $code, $err, $sentence)
sub says {
    my ($result, $code, $err, $sentence) = @_;
    is_deeply [@$result{qw(code out err)}], [$code, '', $err], $sentence;
}

# A place with a scan directory; $dir/service and $dir/sv.
my $dir;

sub new_place { $dir = tempdir; mkdir "$dir/service" or die; mkdir "$dir/sv" or die; return $dir }

sub add {
    my $result = run('svadd', "--scan=$dir/service", @_);
    $result->{code} == 0 or die "svadd: $result->{err}";
}

sub del { return run('svdel', "--scan=$dir/service", '--timeout=20000', @_) }

sub fails {
    my ($arguments, $code, $pattern, $sentence) = @_;
    my $result = del(@$arguments);
    is $result->{code}, $code, $sentence;
    like $result->{err}, $pattern, 'it says why';
}

my $scan;

sub scan_there {
    $scan = start('svscan', 'service', {cwd => $dir});
    wait_until { run('svscanctl', "$dir/service", 'z')->{code} == 0 } 10, 'svscan';
}

# Usage and what is refused ----------------------------------------------------------------------

new_place();
says run('svdel'), 100, $usage, 'without arguments it tells how it is used';
says run('svdel', '-z', 'web'), 100, "svdel: illegal option -- z\n$usage", 'an unknown option';
like run('svdel', '--help')->{out}, qr/\Ausage: svdel \[--option .*--purge-logs/s, '--help helps';
like run('svdel', '--version')->{out}, qr/\Asvdel \(upkeep\) \S+\n\z/, '--version';
fails(['web'], 111, qr{remove web: there is no \Q$dir\E/service/web\n}, 'what is not there');
fails(['--purge', 'web'], 111, qr{there is no \Q$dir\E/service/web, and no \Q$dir\E/sv/web\n}, 'anywhere');
fails(['a/b'], 100, qr/slash/, 'a path');
fails(['.web'], 100, qr/dot/, 'a name with a dot');
fails(['--timeout=x', 'web'], 100, qr/not in milliseconds/, 'a wrong time');
fails(['--purge', '--no-wait', 'web'], 100, qr/exclude each other/, 'a contradiction');
fails(['--force', 'web'], 100, qr/--force is for --purge/, 'another');
like run('svdel', "--scan=$dir/none", 'web')->{err}, qr{unable to open the scan directory \Q$dir\E/none: file does not exist; name another}, 'no scan directory';
write_file("$dir/service/file", '');
fails(['file'], 111, qr/neither a directory nor a link/, 'a file');
add('one', '--', 'true');
fails(['one', 'none'], 111, qr/there is no/, 'if one of several is not there');
ok -l "$dir/service/one", 'nothing is done to the others';
fails(['one', 'one'], 100, qr/one is named twice/, 'one twice');

# Nobody looks after it --------------------------------------------------------------------------

says del('one'), 0, '', 'a service that nobody looks after';
ok !-l "$dir/service/one", 'is taken out';
is names("$dir/sv/one"), '.svadd log run', 'and its directory is left as it is';
is names("$dir/service"), 'file', 'nothing is left in the scan directory';
symlink "$dir/none", "$dir/service/nowhere";
says del('--purge', '--force', 'nowhere'), 0, '', 'a link to nowhere';
is names("$dir/service"), 'file', 'goes, too';
mkdir "$dir/service/real";
write_file("$dir/service/real/run", 'x');
says del('real'), 0, '', 'a directory in the scan directory itself';
is names("$dir/service"), '.real file', 'is renamed, so that svscan does not see it';
mkdir "$dir/service/real";
fails(['real'], 111, qr{rename .*/real to \.real: that is there; move it away}, 'which may not be in the way');

# Purging ----------------------------------------------------------------------------------------

new_place();
add($_, '--env=A=b', '--', 'true') for qw(web other);
fails(['--purge', 'none'], 111, qr/there is no/, 'what is not there');
says del('--purge', 'web'), 0, '', '--purge';
is names("$dir/sv"), 'other', 'removes the directory; there were no logs';
says del('other'), 0, '', 'later';
says del('--purge', 'other'), 0, '', 'is fine, too';
is names("$dir/sv"), '', 'then it is gone';

add('logged', '--', 'true');
write_file("$dir/sv/logged/log/main/current", "a line\n");
my $result = del('--purge', 'logged');
is $result->{code}, 0, 'one with logs';
is $result->{out}, "logged: its logs are kept in $dir/sv/logged.log\n", 'says where they are kept';
is read_file("$dir/sv/logged.log/main/current"), "a line\n", 'and keeps them';
is names("$dir/sv"), 'logged.log', 'and only them';
add('logged', '--', 'true');
write_file("$dir/sv/logged/log/main/current", "another line\n");
$result = del('--purge', 'logged');
is $result->{out}, "logged: its logs are kept in $dir/sv/logged.log.1\n", 'those of before are not overwritten';
is read_file("$dir/sv/logged.log/main/current"), "a line\n", 'but kept, too';
add('logged', '--', 'true');
write_file("$dir/sv/logged/log/main/current", "a line\n");
says del('--purge-logs', 'logged'), 0, '', '--purge-logs';
is names("$dir/sv"), 'logged.log logged.log.1', 'removes them with the rest, and not what was kept';

make_service("$dir/sv/mine", run => 'true', data => {file => 'x'});
symlink "$dir/sv/mine", "$dir/service/mine";
fails(['--purge', 'mine'], 111, qr/svadd has not made it; --force removes it all the same/, 'one that svadd has not made');
ok -l "$dir/service/mine", 'it is left alone';
File::Path::make_path("$dir/sv/mine/" . join '/', 1 .. 50);
symlink "$dir/sv/logged.log", "$dir/sv/mine/link";
says del('--purge', '--force', 'mine'), 0, '', 'with --force';
is names("$dir/sv"), 'logged.log logged.log.1', 'it is removed, however deep';
is read_file("$dir/sv/logged.log/main/current"), "a line\n", 'and no link in it followed';

mkdir "$dir/service/inside";
write_file("$dir/service/inside/$_", '') for qw(run .svadd);
says del('--purge', 'inside'), 0, '', 'one in the scan directory itself';
is names("$dir/service"), '', 'goes as well';

add('twice', '--', 'true');
symlink "$dir/sv/twice", "$dir/service/second";
fails(['--purge', 'twice'], 111, qr{service/second is the same service directory; svdel second first}, 'one with two names');
is del('second')->{code} . del('--purge', 'twice')->{code}, '00', 'one after the other';

{
    make_service("$dir/sv/far", run => 'true', log => {run => 'true'});
    mkdir "$dir/sv/far/log/main";
    write_file("$dir/sv/far/$_", 'x') for '.svadd', 'log/main/current';
    symlink '../sv/far', "$dir/service/near";
    is del('--purge', 'near')->{out}, "near: its logs are kept in $dir/service/../sv/near.log\n", 'one with a relative link';
    ok !-e "$dir/sv/far" && -e "$dir/sv/near.log/main/current", 'another name';
    File::Path::remove_tree("$dir/sv/near.log");
}

# Nothing but what the link leads to, and that is told before anything is done.
{
    add('real', '--', 'true');
    rename "$dir/sv/real", "$dir/elsewhere" or die;
    symlink '../elsewhere', "$dir/sv/real";
    for my $target ('../sv/real', '../elsewhere/.', '../elsewhere/log/..') {
        unlink "$dir/service/real";
        symlink $target, "$dir/service/real";
        fails(['--purge-logs', '--force', 'real'], 111, qr{purge real: its link leads to .*/service/\Q$target\E, which is not the directory itself}, "a link to $target");
        is names("$dir/service"), 'real', 'nothing is done';
        is names("$dir/elsewhere"), '.svadd log run', 'nor to what is there';
    }
    says del('real'), 0, '', 'without --purge it goes';
    File::Path::remove_tree("$dir/elsewhere");
    unlink "$dir/sv/real";
}

SKIP: {
    my $script = <<'END';
mount --bind outside sv/mounted/data || exit 99
svdel --scan=service --purge --force mounted
END
    skip 'needs root and unshare', 4 unless have_root && program('unshare');
    make_service("$dir/sv/mounted", run => 'true', data => {});
    symlink '../sv/mounted', "$dir/service/mounted";
    mkdir "$dir/outside";
    write_file("$dir/outside/precious", 'x');
    my $result = run('unshare', '--mount', 'sh', '-c', $script, {cwd => $dir});
    if ($result->{code} == 99 || $result->{err} =~ /^(?:mount|unshare): /m) {
        File::Path::remove_tree("$dir/outside", "$dir/sv/mounted");
        unlink "$dir/service/mounted";
        skip 'nothing can be mounted here', 4;
    }
    is $result->{code}, 111, 'a directory in which something is mounted';
    like $result->{err}, qr{unable to remove .*sv/mounted: device busy}, 'is not removed';
    is read_file("$dir/outside/precious"), 'x', 'nor what is mounted there';
    says del('--purge', '--force', 'mounted'), 0, '', 'once it is not mounted any more, it is';
    File::Path::remove_tree("$dir/outside");
}

SKIP: {
    skip 'needs an ordinary user', 3 if have_root;
    add('closed', '--', 'true');
    chmod 0, "$dir/sv/closed";
    my $result = del('--purge', '--force', 'closed');
    is $result->{code}, 111, 'what cannot be looked at';
    like $result->{err}, qr/access denied/, 'is not taken for nothing';
    ok -l "$dir/service/closed", 'and left alone';
    chmod 0755, "$dir/sv/closed";
    del('--purge', 'closed');
}

add('web@', '--', 'sleep', '{}');
add('web@5');
fails(['--purge', 'web@5'], 100, qr/its directory, web\@, is that of all instances/, 'an instance');
fails(['--purge', 'web@'], 111, qr{service/web\@5 is the same service directory}, 'a template with instances');
is del('web@5')->{code}, 0, 'once they are gone';
says del('--purge', 'web@'), 0, '', 'it goes';
is names("$dir/sv"), 'logged.log logged.log.1', 'all of it';

{
    mkdir "$dir/sv/.svdel:left";
    write_file("$dir/sv/.svdel:left/x", '');
    symlink "$dir/sv/left", "$dir/service/.svdel:left";
    says del('--purge', 'left'), 0, '', 'what a killed one has left';
    is names("$dir/sv") . names("$dir/service"), 'logged.log logged.log.1', 'is removed by the next';
    mkdir "$dir/sv/.svdel:left";
    says del('--purge', 'left'), 0, '', 'also if the link was gone';
    is names("$dir/sv"), 'logged.log logged.log.1', 'all of it';
    add('again', '--', 'true');
    symlink "$dir/sv/again", "$dir/service/.svdel:again";
    says del('again'), 0, '', 'one that was added again meanwhile';
    is names("$dir/service"), '', 'goes, too';
    write_file("$dir/sv/again/.svadd.new", '');
    symlink "$dir/sv/again", "$dir/service/again";
    is del('again')->{code}, 0, 'what svadd has forgotten';
    ok !-e "$dir/sv/again/.svadd.new", 'svdel takes away: it is not to be made anew';
}

# Two at a time: one of them may find that the other was faster, and says so; all is gone then, or
# another svdel takes away what is left.
{
    my @wrong;
    for (1 .. 12) {
        add('pair', '--env=A=b', '--', 'true');
        my @both = map { start('svdel', "--scan=$dir/service", '--purge-logs', 'pair') } 1 .. 2;
        for (@both) {
            my $result = $_->wait(20);
            push @wrong, 'no word, but: ' . $_->err if $result->{code} && $_->err !~ /^svdel: (?:fatal|warning): /;
        }
        del('--purge-logs', 'pair') if names("$dir/service") ne '' || -e "$dir/sv/pair";
        push @wrong, names("$dir/service") if names("$dir/service") ne '' || -e "$dir/sv/pair";
    }
    is "@wrong", '', 'two svdel of one service leave nothing that a third does not take away';
}

# With svscan ------------------------------------------------------------------------------------

new_place();
scan_there();
# It says something at its very end, and then there is much in the pipe.
my $talker = write_file("$dir/talker", <<'END', 0755);
#!/bin/sh
trap 'i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done; echo bye; exit 0' TERM
echo hello
while :; do sleep 1000 & wait; done
END
sub log_of { return join '', map { read_file($_) } sort(glob "$_[0]/\@*"), grep { -e } "$_[0]/current" }

add('talker', '--wait', '--kill-mode=group', '--', $talker);
wait_until { log_of("$dir/sv/talker/log/main") =~ /hello/ } 10, 'its first line';
my ($main, $logger) = map { pid_of("$dir/service/$_") } 'talker', 'talker/log';
says del('talker'), 0, '', 'a service under svscan';
ok !alive($main) && !alive($logger), 'has ended when svdel has, and its logger too';
is run('svok', "$dir/sv/$_")->{code}, 100, "nobody looks after $_ any more" for 'talker', 'talker/log';
my $log = log_of("$dir/sv/talker/log/main");
is scalar(() = $log =~ /line \d+\n/g), 2000, 'all it has said at its end is in its log';
like $log, qr/bye\n\z/, 'to the last line';
is names("$dir/service"), '.svscan', 'nothing is left in the scan directory';
unlike run('svevents', "$dir/sv/talker")->{out}, qr/svc -d/, 'it was svscan that told it';

add('talker', '--wait');
ok pid_of("$dir/service/talker"), 'svadd brings it back';
$result = del('--purge', 'talker');
is $result->{code}, 0, 'ended and purged';
ok !-e "$dir/sv/talker" && -e "$dir/sv/talker.log/main/current", 'the logs are kept';
File::Path::remove_tree("$dir/sv/talker.log");

my @many = map { "s$_" } 1 .. 10;
add($_, '--wait', '--', 'sleep', '1000') for @many;
my @pids = map { pid_of("$dir/service/$_") } @many;
says del('--purge-logs', @many), 0, '', 'many at a time';
is scalar(grep { alive($_) } @pids), 0, 'all have ended';
is names("$dir/sv"), '', 'and gone';

add('nap@', '--', 'sleep', '{}');
add("nap\@$_", '--wait') for 1000, 2000;
@pids = map { pid_of("$dir/service/nap\@$_") } 1000, 2000;
says del('nap@1000'), 0, '', 'an instance';
ok !alive($pids[0]) && alive($pids[1]), 'ends, and the others do not';
is del('nap@2000')->{code}, 0, 'the next one';
is del('--purge-logs', 'nap@')->{code}, 0, 'and the template';

my $stubborn = write_file("$dir/stubborn", "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n", 0755);
add('stubborn', '--wait', '--no-log', '--', $stubborn);
my $pid = pid_of("$dir/service/stubborn");
$result = run('svdel', "--scan=$dir/service", '--timeout=100', 'stubborn');
is $result->{code}, 99, 'one that does not end in time';
like $result->{err}, qr/\Asvdel: warning: stubborn has not left in time; run svdel again to wait on\n\z/, 'is told of';
is names("$dir/service"), '.svdel:stubborn .svscan', 'it is out all the same';
kill 'KILL', $pid;
says del('--purge', 'stubborn'), 0, '', 'another svdel waits on';
is names("$dir/service") . names("$dir/sv"), '.svscan', 'and finishes';

for my $round (1 .. 4) {
    my $path = "$dir/sv/hasty$round";
    add("hasty$round", '--', 'sleep', '1000');
    $result = del($round % 2 ? '--purge-logs' : (), "hasty$round");
    is $result->{code} . $result->{err}, '0', 'one that was added a moment ago';
    is scalar(grep { (readlink($_) // '') =~ m{^\Q$path\E(?:/|$| )} } glob '/proc/[0-9]*/cwd'), 0, 'nothing of it runs afterwards';
    ok !-e $path, 'nor is it there' if $round % 2;
}

add('quick', '--wait', '--', 'sleep', '1000');
$pid = pid_of("$dir/service/quick");
says del('--no-wait', 'quick'), 0, '', '--no-wait';
is names("$dir/service"), '.svscan', 'takes it out';
ok wait_until { !alive($pid) } 10, 'and svscan does the rest';

add('still', '--wait', '--no-log', '--', 'sleep', '1000');
$pid = pid_of("$dir/service/still");
$scan->kill('STOP');
says del('still'), 0, '', 'under an svscan that does nothing';
ok !alive($pid), 'svdel ends it itself, after a second';
like run('svevents', "$dir/sv/still")->{out}, qr/svc -d.*uid $>/, 'in our name';
$scan->kill('CONT');
$scan->stop;

# Without svscan, and with others' -----------------------------------------------------------------

new_place();
scan_there();
add('talker', '--wait', '--kill-mode=group', '--', $talker);
add('alone', '--wait', '--no-log', '--', 'sleep', '1000');
wait_until { log_of("$dir/sv/talker/log/main") =~ /hello/ } 10, 'its first line';
$scan->stop('KILL');
says del('talker', 'alone'), 0, '', 'when svscan was killed, svdel tells them';
like log_of("$dir/sv/talker/log/main"), qr/line 1999\n.*bye\n\z/, 'and no line is lost';

add('alone');
my $supervise = start('supervise', 'alone', {cwd => "$dir/service"});
wait_until { $pid = pid_of("$dir/service/alone") } 10, 'a service by hand';
wait_until { run('svstat', '-o', 'pid', "$dir/service/alone")->{out} eq "$pid\n" } 10, 'the record of it';
$supervise->stop('KILL');
ok alive($pid), 'when supervise was killed the service goes on';
fails(['alone'], 111, qr/unable to bring down alone: no supervise looks after it, and its process $pid still runs; end that, and run svdel again/,
    'nobody can bring it down');
kill 'KILL', $pid;
wait_until { !alive($pid) } 10, 'its end';
says del('alone'), 0, '', 'afterwards all is well';
is names("$dir/service"), '.svscan', 'and nothing is left';

add('byhand', '--no-log', '--', 'sleep', '1000');
my $other = start('supervise', 'byhand', {cwd => "$dir/service"});
wait_until { pid_of("$dir/service/byhand") } 10, 'a service by hand';
says del('--no-wait', 'byhand'), 0, '', 'one without svscan, without waiting';
is $other->wait(10)->{code}, 0, 'is told to end';

SKIP: {
    my $peer = peer('daemontools');
    skip 'no daemontools here', 6 unless $peer && -x "$peer/svscan";
    my $path = "$peer:$ENV{PATH}";
    add('theirs', '--', $talker);
    my $svscan = start("$peer/svscan", "$dir/service", {env => {PATH => $path}});
    wait_until { log_of("$dir/sv/theirs/log/main") =~ /hello/ } 10, 'its first line';
    like run('ls', '-A', "$dir/sv/theirs/supervise")->{out}, qr/\Acontrol\nlock\nok\nstatus\n\z/, 'under the svscan and supervise of daemontools';
    $pid = pid_of("$dir/service/theirs");
    says del('theirs'), 0, '', 'a service is told to end';
    ok wait_until { !alive($pid) } 10, 'and does';
    is run('svok', "$dir/sv/$_")->{code}, 100, "nobody looks after $_ any more" for 'theirs', 'theirs/log';
    $svscan->stop('KILL');
    like log_of("$dir/sv/theirs/log/main"), qr/bye\n\z/, 'its log is whole' or diag log_of("$dir/sv/theirs/log/main") =~ s/.*\n(?=.*\n)//sr;
}

# Rights -----------------------------------------------------------------------------------------

SKIP: {
    skip 'needs root', 6 unless have_root;
    new_place();
    add('roots', '--', 'true');
    $result = run('svdel', "--scan=$dir/service", 'roots', {uid => 65534});
    is $result->{code}, 111, 'who may not write in the scan directory';
    like $result->{err}, qr/unable to remove .*: access denied/, 'is told';
    my $home = tempdir;
    chown 65534, 65534, $home;
    my %user = (uid => 65534, cwd => $home);
    is run('mkdir', "$home/service", \%user)->{code}, 0, 'a user';
    my $own = start('svscan', "$home/service", \%user);
    is run('svadd', "--scan=$home/service", 'mine', '--wait', '--timeout=20000', '--', 'sleep', '1000', \%user)->{code}, 0, 'adds a service';
    $result = run('svdel', "--scan=$home/service", '--purge-logs', '--timeout=20000', 'mine', \%user);
    is $result->{code} . $result->{err}, '0', 'and removes it';
    is names("$home/sv"), '', 'whole';
    $own->stop;
}

done_testing;
