# ISC license.
#
# setcgroup: the next program is in another cgroup. What is tested lies below a cgroup of the
# test's own, which goes with it.

use lib 'tests/lib';
use Upkeep;
use Chain;

my $dir = tempdir;
my $usage = "setcgroup: usage: setcgroup cgroup [file=value ...] child\n";

says run('setcgroup'), 100, '', $usage, 'without arguments it tells how it is used';
says run('setcgroup', 'a'), 100, '', $usage, 'and without a program';
says run('setcgroup', 'a', 'pids.max=5'), 100, '', $usage, 'a setting is none';
like run('setcgroup', '--help')->{out}, qr/^usage: setcgroup cgroup \[file=value \.\.\.\] child\n/, '--help';
like run('setcgroup', '--version')->{out}, qr/^setcgroup \(upkeep\) \d/, '--version';
says run('setcgroup', $_, 'true'), 100, '', "setcgroup: fatal: $_ is no cgroup: . stands alone, and there is no ..\n",
    "\"$_\" is no cgroup" for '..', '../a', 'a/..', './a', '/a/./b', '/..';
says run('setcgroup', '', 'true'), 100, '', "setcgroup: fatal: a cgroup has a name: . is the one that we are in\n", 'nor is ""';

# place: the directory of the cgroup that we are in, and its name, or nothing.
sub place {
    my ($own) = (read_file('/proc/self/cgroup') // '') =~ /^0::(.*)$/m or return;
    for (split /\n/, read_file('/proc/self/mountinfo')) {
        my ($root, $point, $type) = ((split ' ')[3, 4], / - (\S+)/);
        next unless $type eq 'cgroup2';
        $root = '' if $root eq '/';
        next unless index("$own/", "$root/") == 0;
        return ($point . substr($own, length $root)) =~ s{/$}{}r, $own eq '/' ? '' : $own;
    }
    return;
}

my ($place, $name) = place();
if (!defined $place) {
    says run('setcgroup', 'a', 'true'), 111, '',
        "setcgroup: fatal: unable to find our cgroup: no hierarchy of version 2 is mounted here\n", 'where there are none';
    done_testing;
    exit;
}

my $test = "upkeep-test.$$";
my $base = "$place/$test";
my $tester = $$;
sub remove { my ($group) = @_; remove($_) for grep { -d } glob "$group/*"; rmdir $group }
END { if (defined $base && $$ == $tester) { my $code = $?; remove($base) if -d $base; $? = $code } }

# inside($group, @command, {options}): run in that cgroup of the test's.
sub inside {
    my ($group, @command) = @_;
    return run('sh', '-c', 'echo 0 > "$0/cgroup.procs" && exec "$@"', $group, @command);
}

sub where { return run('cat', '/proc/self/cgroup')->{out} =~ /^0::(.*)$/m }
my @where = ('sed', '-n', 's/^0:://p', '/proc/self/cgroup');
sub groups { return join ' ', map { s{.*/(.)}{$1}r } grep { -d } glob "$base/*" }

SKIP: {
    skip 'no cgroup that we may write to', 1 unless mkdir $base;
    mkdir "$base/in" or die;
    skip 'no process may be moved here', 1 unless inside("$base/in", 'true')->{code} == 0;
    my $in = "$name/$test/in";
    my $inside = sub { inside("$base/in", 'setcgroup', @_) };

    says $inside->('.', @where), 0, "$in\n", '', '. is where we are';
    says $inside->('a', @where), 0, "$in/a\n", '', 'a name: one below, which is made';
    ok -d "$base/in/a", 'and is there for the next start';
    says $inside->('a', @where), 0, "$in/a\n", '', 'which finds it';
    says $inside->('b/c//d/', @where), 0, "$in/b/c/d\n", '', 'several in one another';
    says $inside->("$name/$test/e", @where), 0, "$name/$test/e\n", '', 'or from the top';
    is $inside->('a', 'sh', '-c', 'exit 7')->{code}, 7, 'its exit code is that of the program';
    remove("$base/in/$_") for qw(a b);

    says $inside->('a', 'cgroup.max.depth=3', 'cgroup.max.descendants=4', 'sh', '-c',
        "cd $base/in/a && cat cgroup.max.depth cgroup.max.descendants"), 0, "3\n4\n", '', 'settings are written';
    says $inside->('.', 'cgroup.max.depth=80', 'cat', "$base/in/cgroup.max.depth"), 0, "80\n", '', 'also where we are';
    remove("$base/in/a");

    # Nothing is left behind when it fails.
    my $gone = sub { ok !-d "$base/in/f", "nothing is left behind: $_[0]" };
    says $inside->('f/g', 'cgroup.max.depth=x', 'true'), 111, '',
        "setcgroup: fatal: unable to set cgroup.max.depth=x: invalid argument: the kernel does not take that value\n",
        'a wrong value';
    $gone->('of a wrong value');
    is $inside->('f', 'cgroup.max.depth=', 'true')->{code}, 111, 'an empty one is one, too';
    $gone->('of an empty value');
    says $inside->('f', 'cgroup.nothing=1', 'true'), 111, '',
        'setcgroup: fatal: unable to set cgroup.nothing=1: file does not exist: no such file in a cgroup, or its '
        . "controller is not turned on in cgroup.subtree_control above\n", 'an unknown file';
    $gone->('of an unknown file');
    like $inside->('f', 'nothing.max=1', 'true')->{err},
        qr/^setcgroup: fatal: unable to turn on nothing for cgroup f: .*: there is no such controller, or it is not turned on above\n$/,
        'an unknown controller';
    $gone->('of an unknown controller');
    says $inside->('f', './nonexistent'), 111, '', "setcgroup: fatal: unable to run ./nonexistent: file does not exist\n",
        'a program that is not there';
    $gone->('of that');
    mkdir "$base/in/kept";
    is $inside->('kept', 'cgroup.max.depth=x', 'true')->{code}, 111, 'a wrong value where somebody else has made it';
    ok -d "$base/in/kept", 'which stays';
    says $inside->('x' x 300, 'true'), 111, '', 'setcgroup: fatal: unable to go to cgroup ' . 'x' x 300 . ": file name too long\n",
        'too long a name';
    says $inside->(join('/', ('f') x 20), 'true'), 111, '',
        'setcgroup: fatal: unable to go to cgroup ' . join('/', ('f') x 20) . ": file name too long\n", 'too deep';
    $gone->('of too deep a way');

    is $inside->('.', 'cgroup.max.descendants=1', 'setcgroup', 'f', 'true')->{err},
        'setcgroup: fatal: unable to make cgroup f: temporary failure: cgroup.max.depth or cgroup.max.descendants '
        . "above allows no more\n", 'where there may be no more';
    rmdir "$base/in/kept";
    $inside->('.', 'cgroup.max.descendants=max', 'true');

    SKIP: {
        my ($controller) = grep { /^(?:pids|memory)$/ } split ' ', read_file("$base/cgroup.controllers");
        skip 'no controller is handed on to us here', 5 unless defined $controller;
        open my $switch, '>', "$base/cgroup.subtree_control" or die;
        syswrite $switch, "+$controller" or skip "cannot hand on $controller", 5;
        close $switch;
        my $file = "$controller.max";
        my $number = 1 << 26;
        says $inside->('l/m', "$file=$number", 'cat', "$base/in/l/m/$file"), 0, "$number\n", '', 'a limit, with its controller';
        is read_file("$base/in/cgroup.subtree_control"), "$controller\n", 'which is turned on for that';
        remove("$base/in/l");
        open $switch, '>', "$base/in/cgroup.subtree_control" or die;
        syswrite $switch, "-$controller";
        close $switch;
        is $inside->('l/m', "$file=$number", "$file=x", 'true')->{code}, 111, 'if another fails';
        is read_file("$base/in/cgroup.subtree_control") =~ s/\n//r, '', 'it is off again';
        ok !-d "$base/in/l", 'and the cgroup gone';
        my $other = start('sh', '-c', 'echo 0 > "$0/cgroup.procs" && echo in && exec sleep 1000', "$base/in");
        wait_until { $other->out eq "in\n" } 10, 'somebody else';
        is $inside->('l', "$file=$number", 'true')->{err},
            "setcgroup: fatal: unable to turn on $controller for cgroup l: device busy: there are processes in the "
            . "cgroup above; they would have to be in one of their own\n", 'where somebody else is';
        $other->stop('KILL');
    }

    # With kill-mode tree supervise makes a cgroup for the service and removes it with all below.
    {
        my $service = make_service("$dir/web", 'kill-mode' => 'tree', run => 'exec setcgroup limited cgroup.max.depth=9 cat', down => '');
        pipe my $reading, my $writing or die;
        my $supervise = start('sh', '-c', 'echo 0 > "$0/cgroup.procs" && exec supervise "$1"', "$base/in", $service, {stdin => $reading});
        wait_until { run('svok', $service)->{code} == 0 } 10, 'supervise';
        for my $turn ('', ' again') {
            run('svc', '-u', $service);
            ok &wait_until(sub { pid_of($service) && (read_file('/proc/' . pid_of($service) . '/cgroup') // '')
                =~ m{^0::\Q$in\E/upkeep\.[^/]+/limited$}m }, 10, 'the service in its cgroup'), "a service, below its own cgroup$turn";
            run('svc', '-d', $service);
            ok &wait_until(sub { !grep { -d } glob "$base/in/upkeep.*" }, 10, 'the cgroup to go'), 'which is gone when it is down';
        }
        run('svc', '-x', $service);
        $supervise->wait(10);
    }

    SKIP: {
        skip 'only root can become somebody else', 6 unless have_root;
        my $refused = 'access denied: whoever is not root needs a cgroup that has been given to it, and must be in there already';
        says $inside->('setuidgid', 'true'), 0, '', '', 'a cgroup may have any name';
        remove("$base/in/setuidgid");
        my $nobody = sub { inside("$base/in", 'setuidgid', '65534:65534', 'setcgroup', @_) };
        my %encore = (SVPERSONALITY => 'encore');
        local @ENV{keys %encore} = values %encore;
        says $nobody->('f', 'true'), 111, '', "setcgroup: fatal: unable to make cgroup f: $refused\n", 'whoever is not root may not';
        says $nobody->("$name/$test/e", 'true'), 111, '', "setcgroup: fatal: unable to enter cgroup $name/$test/e: $refused\n",
            'nor enter another';
        says $nobody->('.', 'cgroup.max.depth=2', 'true'), 111, '',
            "setcgroup: fatal: unable to set cgroup.max.depth=2: $refused\n", 'nor set anything';
        my @given = ("$base/in", map { "$base/in/$_" } qw(cgroup.procs cgroup.subtree_control cgroup.threads));
        chown 65534, 65534, @given;
        says $nobody->('f', 'cgroup.max.depth=2', @where), 0, "$in/f\n", '', 'but with one that has been given to it';
        is read_file("$base/in/f/cgroup.max.depth"), "2\n", 'everything';
    }
}

done_testing;
