# ISC license.
#
# svscanctl: says to svscan from the shell what signals say.

use lib 'tests/lib';
use Upkeep;
use Record;

my $home = tempdir;
my $count = 0;

sub alive_children {
    my ($pid) = @_;
    return grep { alive($_) && (read_file("/proc/$_/stat") // '') =~ /\) \S $pid /s }
        map { m{(\d+)$} } glob '/proc/[0-9]*';
}

# svscan: (its process, its directory), and listening.
sub svscan {
    my $scan = "$home/" . ++$count;
    mkdir $scan or die;
    my $svscan = start('svscan', $scan);
    wait_until { run('svscanctl', $scan, 'z')->{code} == 0 } 10, 'svscan to listen';
    return ($svscan, $scan);
}

# service($scan, $name): a running one; its pid.
sub service {
    my ($scan, $name) = @_;
    make_service("$scan/$name", run => 'echo $$ > pid.new; mv pid.new pid; exec sleep 1000');
    return wait_until { (read_file("$scan/$name/pid") // '') =~ /(\d+)/ ? $1 : 0 } 10, $name;
}

my $usage = "svscanctl: usage: svscanctl dir letter ...\n";

# Mistakes -------------------------------------------------------------------------------------

for my $arguments ([], [$home], [$home, ''], [$home, '-']) {
    my $result = run('svscanctl', @$arguments);
    is $result->{code}, 100, "svscanctl @$arguments is a mistake";
    is $result->{err}, $usage, 'and answered with the usage';
}

{
    my ($svscan, $scan) = svscan();
    my $result = run('svscanctl', $scan, 't', 'hX');
    is $result->{code}, 100, 'an unknown letter is a mistake';
    is $result->{err}, "svscanctl: illegal letter -- X\n$usage", 'it is named';
    my $pid = service($scan, 'service');
    ok $pid && $svscan->running, 'nothing of what came with it was sent';
    is $svscan->stop->{code}, 0, 'svscan ends when it is really told to';

    $result = run('svscanctl', $scan, 'h');
    is $result->{code}, 100, 'where svscan has run but does not';
    is $result->{err}, "svscanctl: fatal: unable to control $scan: svscan not running\n",
        'that is said';
    mkdir "$home/new" or die;
    $result = run('svscanctl', "$home/new", 'h');
    is $result->{code}, 100, 'where it has never run';
    is $result->{err}, "svscanctl: fatal: unable to control $home/new: svscan not running\n",
        'too';
    $result = run('svscanctl', "$home/nowhere", 'h');
    is $result->{code}, 100, 'a directory that is not there';
    is $result->{err}, "svscanctl: fatal: unable to control $home/nowhere: file does not exist\n",
        'is named with the reason';
    mkdir "$home/new/.svscan" or die;
    write_file("$home/new/.svscan/control", '');
    is run('svscanctl', "$home/new", 'h')->{code}, 111, 'something else than a FIFO is trouble';
    is read_file("$home/new/.svscan/control"), '', 'and left alone';
}

SKIP: {
    skip 'root may control everything', 2 unless have_root;
    my ($svscan, $scan) = svscan();
    my $result = run('svscanctl', $scan, 't', {uid => 65534});
    is $result->{code}, 111, 'who may not control it';
    is $result->{err}, "svscanctl: fatal: unable to control $scan: access denied\n", 'is told so';
    ok $svscan->running, 'and svscan does not end';
    $svscan->stop;
}

# One list: what the page says is what there is.
{
    my $page = read_file(top . '/doc/svscanctl.8') // '';
    is_deeply [$page =~ /^\.It Li (.) Ta (.+)$/mg],
        [map { /'(.)',\s*"([^"]+)"/ ? ($1, $2) : die "what is $_?" }
            Record::entries('scancontrol.h', 'SV_SCANCONTROLS')],
        'svscanctl(8) lists the letters that there are';
}

# Letters --------------------------------------------------------------------------------------

for my $letters (['a'], ['h'], ['-a'], ['-an' =~ s/n//r, 'z'], ['zh']) {
    my ($svscan, $scan) = svscan();
    symlink "$home/target$count", "$scan/link" or die;
    wait_until { $svscan->err } 10, 'a warning of a link to nowhere';
    my $place = "$home/target$count";
    make_service($place, run => 'echo > ran; exec sleep 1000');
    is run('svscanctl', $scan, @$letters)->{code}, 0, "svscanctl DIR @$letters";
    ok wait_until { -e "$place/ran" }, 'the scan directory is looked through';
    is $svscan->stop->{code}, 0, 'by a svscan that then ends well';
}

for my $letter (qw(t i q -t)) {
    my ($svscan, $scan) = svscan();
    my $pid = service($scan, 'service');
    is run('svscanctl', $scan, $letter)->{code}, 0, "svscanctl DIR $letter";
    my $result = $svscan->wait(10);
    is $result && $result->{code}, 0, 'svscan ends';
    ok !alive($pid), 'after its services';
}

{
    my ($svscan, $scan) = svscan();
    my $pid = service($scan, 'service');
    is run('svscanctl', $scan, 'b')->{code}, 0, 'svscanctl DIR b';
    my $result = $svscan->wait(10);
    is $result && $result->{code}, 0, 'svscan ends at once';
    ok alive($pid), 'and its services run on';
    is run('svscanctl', $scan, 't')->{code}, 100, 'nobody looks after them any more';
    is run('svc', '-dx', "$scan/service")->{code}, 0, 'but svc still does' if program('svc');
}

done_testing;
