# ISC license.
#
# svtop: the table that is printed once, and the live view in a real terminal, tmux's.

use lib 'tests/lib';
use Upkeep;
use One;

use File::Path ();

skip_all_unless(defined program('svtop'), 'svtop is not built here: it takes ncurses');

my $dir = tempdir;
my $scan = "$dir/service";
mkdir $scan or die;
my $sleeper = 'exec sleep 1000';
my $logger = 'exec multilog t ./main';

# table(@arguments): {service => {column => value}} of svtop -p.
my @columns = qw(service state for starts cpu memory log);
sub table {
    my %of;
    for (split /\n/, run('svtop', '-p', @_)->{out}) {
        my %row;
        @row{@columns} = split /\t/, $_, -1;
        $of{$row{service}} = \%row;
    }
    return \%of;
}

# How it is called ---------------------------------------------------------------------------------

is run('svtop', '--nonsense')->{code}, 100, 'a wrong option';
is run('svtop', '-s', 'colour')->{code}, 100, 'a wrong column';
is run('svtop', '-s', 'log')->{code}, 100, 'one that nothing is ordered by';
is run('svtop', '-i', '1s')->{code}, 100, 'a wrong interval';
is run('svtop', '-i', '86401')->{code}, 100, 'one too long';
like run('svtop', '--help')->{out}, qr/\Ausage: svtop \[-1 \| -p\]/, 'it helps';
like run('svtop', '--version')->{out}, qr/\Asvtop \(upkeep\) \d/, 'and says which it is';
is_deeply run('svtop', "$dir/none"),
    {code => 111, signal => 0, out => "SERVICE  STATE              FOR  STARTS    CPU%  MEMORY  LOG\n",
     err => "svtop: warning: unable to read $dir/none: file does not exist\n"}, 'a directory that is not there';
is run('svtop', '-p', $scan)->{out}, '', 'no services, no rows';

# Once ---------------------------------------------------------------------------------------------

make_service("$scan/web", run => "echo hello; $sleeper", log => {run => $logger});
make_service("$scan/mail", run => 'exit 3', restart => 'never');
make_service("$scan/idle", run => $sleeper, down => '');
mkdir "$scan/.hidden" or die;
write_file("$scan/file", '');
symlink 'nowhere', "$scan/broken" or die;
is_deeply {map { $_->{service} => $_->{state} } values %{table($scan)}},
    {web => 'no supervise', mail => 'no supervise', idle => 'no supervise'}, 'nobody looks after them yet';

my $svscan = start('svscan', $scan);
wait_phase("$scan/web", 'up');
wait_phase("$scan/mail", 'failed');
wait_phase("$scan/idle", 'down');
wait_until { (table($scan)->{web}{log} // '') =~ /hello/ } 10, 'the line in the log';

{
    my $rows = table($scan);
    is_deeply [sort keys %$rows], [qw(idle mail web)], 'a row for each service, and for nothing else';
    is_deeply [map { $rows->{$_}{state} } qw(idle mail web)], [qw(down failed up)], 'with its state';
    is_deeply [map { $rows->{$_}{starts} } qw(idle mail web)], [0, 1, 1], 'how often it was started';
    like $rows->{web}{for}, qr/^\d+$/, 'since when';
    cmp_ok $rows->{web}{memory}, '>', 10000, 'how much memory it uses';
    is $rows->{idle}{memory}, '-', 'of one that is down nothing';
    is $rows->{web}{log}, 'hello', 'and the last line of its log without the label';

    my @lines = split /\n/, run('svtop', $scan)->{out};
    is $lines[0], 'SERVICE  STATE              FOR  STARTS    CPU%  MEMORY  LOG', 'a table for people has headings';
    like $lines[1], qr/^idle     down +\d+s +0 +- +-$/, 'and rows below them, by name';
    like $lines[3], qr/^web      up +\d+s +1 +(?:-|\d+\.\d) +[\d.]+[KM]  hello$/, 'aligned';
    like run('svtop', '-1', '-s', 'state', $scan)->{out}, qr/\nmail.*\nweb.*\nidle.*\n\z/, 'ordered by the state';
    like run('svtop', '-1', '-rs', 'state', $scan)->{out}, qr/\nidle.*\nweb.*\nmail.*\n\z/, 'or the other way round';
    like run('svtop', '-1', '-f', 'ai', $scan)->{out}, qr/\ASERVICE.*\nmail.*\n\z/, 'some of them';
    is join(' ', sort keys %{table('-a', $scan)}), 'idle mail web web/log', 'loggers too';
    is join(' ', sort keys %{table("$scan/web", "$scan/idle")}), "$scan/idle $scan/web", 'those that are named';
    is run('svtop', '-p', {cwd => $scan})->{out} =~ s/\t.*//gr, "idle\nmail\nweb\n", 'or those that are here';
    is join(' ', sort keys %{table($scan, "$scan/mail")}), join(' ', sort "$scan/mail", map { "$scan/$_" } qw(idle web)),
        'in several places with their paths';
}

# What processes use -------------------------------------------------------------------------------

make_service("$scan/tree", run => "$^X -e '\$x = \"x\" x 50_000_000; sleep 1000' &\n$sleeper");
make_service("$scan/busy", run => 'while :; do :; done');
ok wait_until { (table($scan)->{tree}{memory} // '') =~ /^\d+$/ && table($scan)->{tree}{memory} > 50_000_000 } 20, 'memory of a child';
ok wait_until { (table($scan)->{busy}{cpu} // '-') ne '-' && table($scan)->{busy}{cpu} > 5 } 20, 'CPU time';
cmp_ok table($scan)->{tree}{cpu}, '<', table($scan)->{busy}{cpu}, 'more than where nothing is done';
like run('svtop', '-1', '-s', 'cpu', $scan)->{out}, qr/\ASERVICE.*\nbusy /, 'most CPU first';
like run('svtop', '-1', '-s', 'memory', $scan)->{out}, qr/\ASERVICE.*\ntree /, 'most memory first';
run('svc', '-dx', "$scan/busy");

make_service("$scan/kept", run => "(trap '' HUP; $^X -e '\$x = \"x\" x 50_000_000; sleep 1000' &)\n$sleeper", 'kill-mode' => 'tree');
ok wait_until { (table($scan)->{kept}{memory} // '') =~ /^\d+$/ && table($scan)->{kept}{memory} > 50_000_000 } 20,
    'what has been left behind counts, in a cgroup or without';
run('svc', '-dx', map { "$scan/$_" } qw(tree kept));
svgone("$scan/$_") for qw(busy tree kept);

# svgone($service): takes it out of the scan directory, once it is down.
sub svgone {
    my ($service) = @_;
    my $place = "$dir/gone." . $service =~ s{.*/}{}r;
    rename $service, $place or die;
    run('svc', '-dx', $place);
    wait_until { run('svok', $place)->{code} == 100 } 10, 'its supervise to leave';
}

# Whom not to trust --------------------------------------------------------------------------------

my $evil = "\e[31mred\e]0;title\a\x9b2J \xc2\x9b2J \xe2\x80\xaetfel gr\xc3\xbcn\tend";
make_service("$scan/evil", run => $sleeper);
mkdir "$scan/evil/main" or die;
write_file("$scan/evil/main/current", "\@400000005f5e10001dcd6500 $evil\n");
is table($scan)->{evil}{log}, '?[31mred?]0;title??2J ??2J ???tfel gr??n end', 'a log line does not drive a terminal';
like run('svtop', '-p', $scan, {env => {LC_ALL => 'C.UTF-8'}})->{out}, qr/\t\Q?[31mred?]0;title??2J ?2J ?tfel gr\E\xc3\xbcn end$/m, 'but letters come through';
File::Path::make_path("$dir/odd/na\e[2Jme");
like run('svtop', '-1', "$dir/odd")->{out}, qr/^na\?\[2Jme /m, 'nor does a name';
unlink "$scan/evil/main/current";
symlink '/etc/passwd', "$scan/evil/main/current" or die;
is table($scan)->{evil}{log}, '-', 'a link is no log';
unlink "$scan/evil/main/current";
run('mkfifo', "$scan/evil/main/current");
is table($scan)->{evil}{log}, '-', 'a FIFO is not waited for';
unlink "$scan/evil/main/current";
write_file("$scan/evil/main/current", '');
write_file("$scan/evil/main/\@400000005f5e10001dcd6500.s", "one\ntwo\n");
is table($scan)->{evil}{log}, 'two', 'behind an empty file stands the one before';
write_file("$scan/evil/main/current", "whole\nhal");
is table($scan)->{evil}{log}, 'whole', 'half a line is none';
write_file("$scan/evil/main/current", 'x' x 20000 . "\n");
like table($scan)->{evil}{log}, qr/^x{400}$/, 'and a long one is cut';

SKIP: {
    skip 'only root can be somebody else', 2 unless have_root;
    my $stranger = "$dir/stranger";
    make_service($stranger, run => $sleeper);
    my $supervise = start('supervise', $stranger);
    wait_phase($stranger, 'up');
    chmod 0700, "$stranger/supervise";
    my $out = run('svtop', '-p', $stranger, {uid => 65534})->{out};
    like $out, qr/^\Q$stranger\E\ttrouble\t/, 'what may not be read is trouble';
    like $out, qr{\tunable to open supervise/ok: access denied$}m, 'and it is said why';
    run('svc', '-dx', $stranger);
    $supervise->wait(10);
}

SKIP: {
    my $peer = peer('daemontools') // skip 'no daemontools to compare with', 2;
    my $service = make_service("$dir/theirs", run => $sleeper);
    my $supervise = start("$peer/supervise", $service);
    ok wait_until { (table($service)->{$service}{state} // '') eq 'up' } 10, "daemontools' service is up";
    is table($service)->{$service}{starts}, '-', 'it does not count its starts';
    run('svc', '-dx', $service);
    $supervise->wait(10);
}

# Live ---------------------------------------------------------------------------------------------

my $tmux = program('tmux');
my $socket = "$dir/tmux";

sub tmux { return run($tmux, '-f', '/dev/null', '-S', $socket, @_, {env => {LC_ALL => 'C.UTF-8', TERM => 'xterm', TMUX => undef}}) }

# screen: what can be seen; keys(...): pressed, as tmux names them.
sub screen { return tmux('capture-pane', '-p', '-t', 'top')->{out} }
sub keys_ { tmux('send-keys', '-t', 'top', @_) }
sub typed { tmux('send-keys', '-t', 'top', '-l', @_) }
sub shows {
    my ($what, $sentence) = @_;
    my $good = wait_until { screen =~ $what } 20, "$what";
    return ok($good, $sentence) || diag screen;
}
sub shows_not {
    my ($what, $sentence) = @_;
    my $good = wait_until { screen !~ $what } 20, "no $what";
    return ok($good, $sentence) || diag screen;
}

# live(@arguments): svtop in a new terminal, of 100 columns and 14 lines; then a shell that says how it ended.
sub live {
    my ($tty, $pid) = ("$dir/tty", "$dir/pid");
    unlink $tty, $pid;
    my $command = "trap : INT; stty -a > $tty.before; sh -c 'echo \$\$ > $pid; exec svtop \"\$@\"' svtop @_; echo ended \$?; stty -a > $tty.after; exec cat";
    tmux('new-session', '-d', '-s', 'top', '-x', 100, '-y', 14, $command);
    wait_until { -s $pid } 10, 'svtop to be there';
    return read_file($pid) + 0;
}
sub leave { tmux('kill-session', '-t', 'top') }
sub given_back { return wait_until { -s "$dir/tty.after" && read_file("$dir/tty.after") eq read_file("$dir/tty.before") } 10, 'the terminal' }
sub switches { return read_file("/proc/$_[0]/status") =~ /^voluntary_ctxt_switches:\s+(\d+)/m ? $1 : die }
sub starts { return field("$scan/$_[0]", 'starts') }

SKIP: {
    skip 'no tmux here', 1 unless $tmux;
    write_file("$scan/evil/main/current", "$evil\n");
    make_service("$scan/log.$_", run => $sleeper, down => '') for 'a' .. 'b';

    # Without a clock: what is seen is learnt from events.
    my $top = live('-i', 0, $scan);
    shows qr/^web +up +\S+ +1 .*hello$/m, 'the live view shows services';
    shows qr/^\d+ services: 1 failed, .*2 up, 3 down$/m, 'how many are in which state';
    shows qr/\?\[31mred\?\]0;title\?\?2J \?2J \?tfel gr\xc3\xbcn end$/m, 'and harmless log lines';
    unlike screen, qr/title\n/, 'whose titles are not taken';
    is tmux('display-message', '-p', '-t', 'top', '#{pane_title}')->{out} =~ /title/ ? 1 : 0, 0, 'by the terminal either';

    make_service("$scan/new", run => 'echo begin; exec sleep 1000', log => {run => $logger});
    shows qr/^new +up +\S+ +1 .*begin$/m, 'a new service appears, and its log';
    kill 'KILL', pid_of("$scan/new");
    shows qr/^new +up +\S+ +2 /m, 'one that is killed is back, and has been started twice';
    run('svc', '-d', "$scan/new");
    shows qr/^new +down /m, 'one that is brought down is down';
    write_file("$scan/evil/main/current", "another\n");
    shows qr/^evil .* another$/m, 'a log that is replaced is read anew';
    { open my $log, '>>', "$scan/evil/main/current" or die; print $log "more\n" }
    shows qr/^evil .* more$/m, 'and one that grows';
    run('svc', '-dx', "$scan/new", "$scan/new/log");
    rename "$scan/new", "$dir/new" or die;
    shows_not qr/^new/m, 'a service that is taken away disappears';

    # The end of a supervise writes nothing.
    $svscan->kill('STOP');
    my @supervise = grep { (read_file("/proc/$_/cmdline") // '') =~ /^supervise\0(?:.*\/)?web\0/ } map { /(\d+)/ } glob '/proc/[0-9]*';
    kill 'KILL', @supervise;
    shows qr/^web +no supervise /m, 'a supervise that is killed is missed';
    $svscan->kill('CONT');
    shows qr/^web +up /m, 'until there is another one';

    # At rest.
    my $before;
    wait_until { my $last = switches($top); run('svstat', $scan) for 1 .. 40; $before = switches($top); $before == $last } 20, 'rest';
    run('svstat', "$scan/web") for 1 .. 60;
    is switches($top), $before, 'at rest it sleeps';
    keys_('q');
    ok given_back, 'q ends it, and the terminal is as it was';
    shows qr/\Aended 0\n/, 'with what stood there before';
    leave;

    # Keys.
    $top = live('-f', 'log.', $scan);
    shows qr/\A.*\nSERVICE.*\nlog\.a .*\nlog\.b /, 'a filter from the command line';
    keys_('j', 'u');
    shows qr/^told log\.b: up$/m, 'a key tells the service that is selected';
    shows qr/^log\.b +up /m, 'what to do';
    is field("$scan/log.a", 'up'), 'false', 'and no other';
    keys_('d');
    shows qr/^log\.b +down /m, 'down again';
    keys_('Up', 'o');
    shows qr/^log\.a +up /m, 'an arrow selects another one';
    keys_('p');
    shows qr/^log\.a +paused /m, 'which is paused';
    keys_('c');
    shows qr/^log\.a +up /m, 'and goes on';
    keys_('u');
    wait_until { field("$scan/log.a", 'wanted') eq 'up' } 10, 'it to stay up';
    my $count = starts('log.a');
    keys_('K');
    shows qr/^tell log\.a: kill\? \(y or n\)/m, 'to kill is asked about';
    keys_('n');
    shows_not qr/tell log\.a/, 'and not done';
    is starts('log.a'), $count, 'without a yes';
    keys_('K', 'y');
    ok wait_until { starts('log.a') > $count } 10, 'but with one';
    shows qr/^log\.a +up +\S+ +${\ ($count + 1)} /m, 'and the count has grown';
    keys_('r');
    ok wait_until { starts('log.a') > $count + 1 } 10, 'r restarts';

    keys_('Escape');
    shows qr/^web /m, 'all of them again';
    keys_('/');
    typed('ai');
    keys_('Enter');
    shows qr/\A.*\nSERVICE.*\nmail .*\n(?!web)/, 'a filter';
    keys_('/', 'BSpace', 'BSpace');
    typed('nothing');
    keys_('Enter');
    shows qr/^\(no service has this in its name\)$/m, 'that nothing passes';
    keys_('u');
    keys_('Escape');
    shows qr/^web /m, 'harms nobody';
    keys_('s');
    shows qr/^by state /m, 's orders by the next column';
    shows qr/\A.*\nSERVICE.*\nmail /, 'the failed one first';
    keys_('S');
    shows qr/^by state reversed /m, 'S the other way round';
    keys_('S', 's', 's', 's', 's', 's');
    shows qr/^by service /m, 'and at the end it is by name';
    keys_('L');
    shows qr{^web/log +up }m, 'loggers have rows if one likes';
    keys_('L');
    shows_not qr{^web/log}m, 'or not';
    keys_('?');
    shows qr/^The service that is selected is told:$/m, 'help';
    keys_('x');
    shows qr/^SERVICE/m, 'any key ends that';

    { open my $log, '>>', "$scan/web/log/main/current" or die; print $log "line $_\n" for 1 .. 30; print $log "$evil\n" }
    keys_('G', 'l');
    shows qr/\Aweb\n.*line 29\nline 30\n\?\[31mred\?\]0;title\?/s, 'l shows the end of the log, harmless';
    { open my $log, '>>', "$scan/web/log/main/current" or die; print $log "latest\n" }
    shows qr/^latest\n.*any key: back/m, 'and what comes';
    rename "$scan/web/log/main/current", "$scan/web/log/main/\@400000007f5e10001dcd6500.s" or die;
    write_file("$scan/web/log/main/current", "rotated\n");
    shows qr/^latest\nrotated\n/m, 'before and behind a new file too';
    keys_('q');
    shows qr/^SERVICE/m, 'then the list';

    # Another size.
    tmux('resize-window', '-t', 'top', '-x', 60, '-y', 6);
    ok wait_until { my @lines = split /\n/, screen; @lines == 6 && $lines[1] =~ /^SERVICE/ && $lines[5] =~ /^by service/ } 10,
        'a small terminal';
    my @lines = split /\n/, screen;
    like $lines[4], qr/^web /, 'scrolls to what is selected';
    is scalar(grep { length > 60 } map { s/[\x80-\xbf]//gr } @lines), 0, 'and nothing is wider';
    keys_('g');
    shows qr/\A.*\nSERVICE.*\nevil /, 'and back to the beginning';
    tmux('resize-window', '-t', 'top', '-x', 120, '-y', 20);
    shows qr/^web +up .*rotated$/m, 'a large one shows all';

    # A question is about one service only.
    make_service("$scan/web.a", run => $sleeper, down => '');
    shows qr/^web\.a +down /m, 'a service below the last one';
    keys_('G', 'x');
    shows qr/^tell web\.a: exit\?/m, 'is asked about';
    svgone("$scan/web.a");
    shows_not qr/web\.a/, 'and goes meanwhile';
    keys_('y');
    keys_('g');
    shows qr/\A.*\nSERVICE.*\nevil .*^by service/ms, 'a late answer';
    is run('svok', "$scan/web")->{code}, 0, 'is not taken for the next one';

    # Its ends.
    kill 'TERM', $top;
    ok given_back, 'TERM ends it, and the terminal is as it was';
    shows qr/\A(?:Terminated\n)?ended 143\n/, 'by that signal';
    leave;
    $top = live($scan);
    shows qr/^web /m, 'once more';
    keys_('C-c');
    ok given_back, 'so does ^C';
    leave;
    $top = live($scan);
    shows qr/^web /m, 'and once more';
    leave;
    ok wait_until { !alive($top) } 10, 'without its terminal it does not stay';

    # More services than fit.
    mkdir "$dir/many" or die;
    for my $number (100 .. 199) {
        File::Path::make_path("$dir/many/s$number/main");
        write_file("$dir/many/s$number/main/current", "line $number\n");
    }
    $top = live('-i', 0, "$dir/many");
    shows qr/^100 services: 100 no supervise\nSERVICE.*\ns100 .*line 100\n(?:.*\n){9}s110 .*line 110\nby service/, 'as many rows as there is room';
    cmp_ok scalar(() = glob "/proc/$top/fd/*"), '<', 40, 'logs that cannot be seen are not open';
    keys_('NPage');
    shows qr/line 110$/m, 'a page further down';
    keys_('End');
    shows qr/^s189 .*\n(?:.*\n){9}s199 .*line 199\nby service/m, 'the end';
    cmp_ok scalar(() = glob "/proc/$top/fd/*"), '<', 40, 'nor are those that could be seen before';
    keys_('PPage', 'k');
    shows qr/^s188 .*line 188$/m, 'and back';

    # Out of sight nobody tells that a supervise has ended.
    my $far = make_service("$dir/many/t", run => $sleeper);
    my $alone = start('supervise', $far);
    shows qr/^101 services: 100 no supervise, 1 up$/m, 'one that cannot be seen is counted';
    keys_('End');
    shows qr/^t +up /m, 'a service at the end';
    keys_('Home');
    shows qr/^s100 /m, 'is left';
    kill 'KILL', $alone->pid;
    $alone->wait(10);
    keys_('End');
    shows qr/^t +no supervise /m, 'and has lost its supervise when one comes back';
    kill 'KILL', field($far, 'pid');
    keys_('q');
    ok given_back, 'so it ends';
    leave;

    tmux('new-session', '-d', '-s', 'top', '-x', 120, '-y', 14, "TERM=no-such-terminal svtop $scan; echo ended \$?; exec cat");
    shows qr/^svtop: fatal: unable to use a terminal of the kind no-such-terminal: .*\n(?:.*\n)?ended 111$/m, 'an unknown terminal is refused';
    tmux('kill-server');
}

is run('svtop', '-1', $scan, {env => {TERM => 'no-such-terminal'}})->{code}, 0, 'a table takes no terminal';

$svscan->stop;
done_testing;
