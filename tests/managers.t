# ISC license.
#
# Programs that manage configurations read what svstat says, and call svc: the regular expressions
# of Puppet, Salt and Ansible over real states, in both personalities, and Ansible's own modules for
# daemontools and runit, run as Ansible runs them, where the distribution's package can be had.

use lib 'tests/lib';
use Upkeep;
use One;

use JSON::PP ();

my $dir = tempdir;
my $stays = 'exec sleep 1000';
my ($home, $scan) = ("$dir/src", "$dir/service");
mkdir $_ for $home, $scan;

# A service in its place, and linked in where svscan looks, if it is to be.
sub service { return make_service("$home/$_[0]", run => $stays, @_[1 .. $#_]) }

sub linked {
    my $service = service(@_);
    symlink $service, "$scan/$_[0]" or die;
    return "$scan/$_[0]";
}

sub comes {
    my ($sentence, $condition) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok wait_until(sub { $condition->() }, 10, $sentence), $sentence;
}

# What they make of a line -------------------------------------------------------------------------

# Puppet's provider daemontools: running or stopped.
sub puppet { return $_[0] =~ /:\s+up \(/ ? 'running' : 'stopped' }

# Salt's module daemontools: status is the pid, or ''.
sub salt { return $_[0] =~ /\(pid (\d+)\)/ ? $1 : '' }

# Ansible's module svc: state, pid, seconds.
sub ansible {
    my ($line) = @_;
    my ($pid) = $line =~ /\(pid (\d+)\)/;
    my ($seconds) = $line =~ /(\d+) seconds/;
    my $state = $line =~ / up / ? 'start' : $line =~ / down / ? 'stopp' : return 'unknown';
    return "$state" . ($line =~ / want / ? 'ing' : 'ed') . ($state eq 'start' ? " $pid" : '') . (defined $seconds ? ' timed' : '');
}

for my $personality (qw(encore djb)) {
    subtest "what they make of svstat, as $personality" => sub {
        local $ENV{SVPERSONALITY} = $personality;
        my %service = map { $_->[0] => make_service("$dir/$personality-$_->[0]", @$_[1 .. $#$_]) }
            ['up', run => $stays], ['down', run => $stays, down => ''], ['once', run => $stays, down => ''],
            ['paused', run => $stays], ['stopped', run => $stays],
            ['stopping', run => "trap '' TERM\necho > ready\nwhile :; do sleep 1000 & wait \$!; done"],
            ['failed', run => 'exit 5', restart => 'never'], ['looping', run => 'exit 1', 'restart-delay' => '60000 60000'],
            ['unsupervised', run => $stays];
        my %supervise = map { $_ => start('supervise', $service{$_}) } grep { $_ ne 'unsupervised' } keys %service;
        for my $name (keys %supervise) { wait_until { run('svok', $service{$name})->{code} == 0 } 10, $name }
        wait_until { pid_of($service{$_}) } 10, $_ for qw(up paused stopped stopping);
        wait_until { -e "$service{stopping}/ready" } 10, 'its trap';
        control($service{$_->[0]}, $_->[1]) for ['once', 'o'], ['paused', 'p'], ['stopped', 'd'], ['stopping', 'd'];
        wait_phase($service{$_->[0]}, $_->[1])
            for ['once', 'up'], ['stopped', 'down'], ['stopping', 'stopping'], ['failed', 'failed'], ['looping', 'backoff'];
        wait_until { run('svstat', $service{paused})->{out} =~ /paused/ } 10, 'a pause';

        my %pid = map { $_ => field($service{$_}, 'pid') } qw(up once paused stopping);
        my %expected = (
            (map { $_ => ['running', $pid{$_}, "started $pid{$_} timed"] } qw(up once paused)),
            stopping => ['running', $pid{stopping}, "starting $pid{stopping} timed"],
            (map { $_ => ['stopped', '', 'stopped timed'] } qw(down stopped failed)),
            looping      => ['stopped', '', 'stopping timed'],
            unsupervised => ['stopped', '', 'unknown'],
        );
        for my $name (sort keys %expected) {
            my $result = run('svstat', $service{$name});
            is $result->{err}, '', "$name: svstat never says anything on standard error, which would be an error to Ansible";
            is $result->{code}, 0, 'nor fails, which would be one to Puppet and Salt';
            is_deeply [puppet($result->{out}), salt($result->{out}), ansible($result->{out})], $expected{$name},
                "Puppet, Salt and Ansible understand: @{$expected{$name}}" or diag $result->{out};
        }
        is run('svc', '-t', $service{unsupervised}, "$dir/missing")->{code}, 0, 'svc does not fail, whatever there is';
        control($_, 'dkx') for map { $service{$_} } keys %supervise;
        $_->wait(10) for values %supervise;
    };
}

subtest 'where they look for programs and services' => sub {
    ok defined program($_), "$_ is found in PATH, as Salt asks for it" for qw(svc svok svstat supervise);
    my $service = service('paths');
    symlink $service, "$scan/paths";
    my $svscan = start('svscan', $scan);
    comes 'a service behind a link, as all of them make it', sub { pid_of("$scan/paths") };
    my $pid = pid_of("$scan/paths");
    is run('svc', '-t', "$scan/paths")->{code}, 0, 'Puppet: svc -t';
    comes 'restarted', sub { my $now = pid_of("$scan/paths"); $now && $now != $pid };
    write_file("$service/down", '');
    is run('svc', '-ux', "$scan/paths")->{code}, 0, 'Salt: svc -ux to enable';
    unlink "$service/down";
    is $svscan->stop('TERM', 20)->{code}, 0, 'the end';
    unlink "$scan/paths";
};

# Ansible's own modules ----------------------------------------------------------------------------

# ansible_with($module): how it is run, or the reason why it cannot be.
sub ansible_with {
    my ($module) = @_;
    my $python = program('python3') or return (undef, 'no python3 here');
    my $root = unpacked('ansible', '*/community/general/plugins/*') or return (undef, 'ansible cannot be had');
    my ($library) = grep { -d } map { glob "$root/usr/lib/$_" } 'python3/dist-packages', 'python3*/site-packages';
    my $file = ($library // '') . "/ansible_collections/community/general/plugins/modules/$module.py";
    return (undef, "this ansible has no module $module") unless -f $file;
    my %options = (env => {PYTHONPATH => $library, HOME => $dir, PYTHONDONTWRITEBYTECODE => 1});
    my $works = run($python, '-c', 'import ansible.module_utils.basic', \%options);
    return (undef, 'this python3 cannot run ansible') unless defined $works->{code} && $works->{code} == 0;
    return sub {
        my %arguments = @_;
        # not by its path, which would put all the other modules before Python's own
        my $start = 'import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name="__main__")';
        my $result = run($python, '-c', $start, $file, {%options, stdin => JSON::PP::encode_json({ANSIBLE_MODULE_ARGS => \%arguments}), limit => 60});
        return eval { JSON::PP::decode_json($result->{out}) } // {failed => "$result->{out}$result->{err}"};
    };
}

# told($answer): whether it failed, and what it changed.
sub told { return ($_[0]{failed} ? 'failed: ' . ($_[0]{msg} // $_[0]{failed}) : 'fine') . ($_[0]{changed} ? ', changed' : '') }

my $NOTES = <<'END';
#!/usr/bin/env perl
sub note { open my $log, '>>', 'notes' or die; syswrite $log, "$_[0]\n" }
for my $signal (qw(USR1 HUP)) { $SIG{$signal} = sub { note($signal) } }
$SIG{TERM} = sub { note('TERM'); exit 0 };
note('start');
select undef, undef, undef, 1000 while 1;
END

sub notes { return join ' ', split /\n/, read_file("$home/$_[0]/notes") // '' }

for my $personality (qw(encore djb)) {
    subtest "Ansible's module svc, as $personality" => sub {
        my ($module, $why) = ansible_with('svc');
        plan skip_all => $why unless $module;
        local $ENV{SVPERSONALITY} = $personality;
        my $name = "ansible-$personality";
        my $service = service($name, run => $NOTES, log => {run => 'exec cat > lines'}, 'restart-delay' => '0 0');
        my $link = "$scan/$name";
        my $svc = sub { return $module->(name => $name, service_dir => $scan, service_src => $home, @_) };
        my $svscan = start('svscan', $scan);
        wait_until { run('svscanctl', $scan, 'z')->{code} == 0 } 10, 'svscan';

        is told($svc->(enabled => JSON::PP::true)), 'fine, changed', 'enabled: it is linked in';
        comes 'and runs', sub { notes($name) eq 'start' };
        is told($svc->(enabled => JSON::PP::true)), 'fine', 'it was already';
        my $answer = $svc->(state => 'started');
        is told($answer), 'fine', 'started: it is';
        is $answer->{svc}{pid}, pid_of($link), 'it knows the pid';
        like $answer->{svc}{duration}, qr/^\d+$/, 'and since when';
        is $answer->{svc}{state}, 'started', 'and the state';

        is told($svc->(state => 'stopped')), 'fine, changed', 'stopped';
        comes 'it is down', sub { run('svstat', $link)->{out} =~ /: down / };
        $answer = $svc->(state => 'stopped');
        is told($answer) . " $answer->{svc}{state}", 'fine stopped', 'it was already';
        is told($svc->(state => 'started')), 'fine, changed', 'started again';
        comes 'it is up', sub { notes($name) eq 'start TERM start' };
        is told($svc->(state => 'reloaded')), 'fine, changed', 'reloaded: USR1';
        comes 'it has heard of it', sub { notes($name) =~ /USR1$/ } if $personality eq 'encore';
        my $pid = pid_of($link);
        is told($svc->(state => 'restarted')), 'fine, changed', 'restarted';
        comes 'it has another pid', sub { my $now = pid_of($link); $now && $now != $pid };
        $pid = pid_of($link);
        is told($svc->(state => 'killed')), 'fine, changed', 'killed';
        comes 'and another one', sub { my $now = pid_of($link); $now && $now != $pid };
        is told($svc->(downed => JSON::PP::true)), 'fine, changed', 'downed';
        ok -e "$service/down", 'makes the file';
        is told($svc->(downed => JSON::PP::false)), 'fine, changed', 'and not';
        ok !-e "$service/down", 'takes it away';

        is told($svc->(enabled => JSON::PP::false)), 'fine, changed', 'not enabled';
        comes 'it is away', sub { run('svok', $service)->{code} == 100 };
        comes 'so is its logger', sub { run('svok', "$service/log")->{code} == 100 };
        is told($svc->(enabled => JSON::PP::true, state => 'started')) =~ /^fine, changed/ ? 1 : 0, 1, 'enabled once more';
        comes 'it runs again', sub { pid_of($link) };
        $svc->(enabled => JSON::PP::false);
        comes 'the last of it', sub { run('svok', $service)->{code} == 100 };
        is $svscan->stop('TERM', 20)->{code}, 0, 'the end';
    };
}

# As in tests/interop.t runit's sv drives our services, here through Ansible. It looks at a byte that
# encore uses otherwise, so that it does not notice a restart and waits in vain; the module does not mind.
subtest "Ansible's module runit, with runit's sv" => sub {
    my $runit = peer('runit') or plan skip_all => 'runit cannot be had';
    my ($module, $why) = ansible_with('runit');
    plan skip_all => $why unless $module;
    local $ENV{SVPERSONALITY} = 'encore';
    local $ENV{PATH} = "$runit:$ENV{PATH}";
    local $ENV{SVWAIT} = 1;
    my $name = 'ansible-runit';
    service($name, run => $NOTES, 'restart-delay' => '0 0');
    my $link = "$scan/$name";
    my $sv = sub { return $module->(name => $name, service_dir => $scan, service_src => $home, @_) };
    my $svscan = start('svscan', $scan);
    wait_until { run('svscanctl', $scan, 'z')->{code} == 0 } 10, 'svscan';
    is told($sv->(enabled => JSON::PP::true)), 'fine, changed', 'enabled';
    comes 'it runs', sub { notes($name) eq 'start' };
    my $answer = $sv->(state => 'started');
    is told($answer), 'fine', 'started: it is';
    is $answer->{sv}{pid}, pid_of($link), 'with its pid';
    is told($sv->(state => 'stopped')), 'fine, changed', 'stopped';
    is pid_of($link), 0, 'it is down';
    is $sv->(state => 'stopped')->{sv}{state}, 'stopped', 'and known to be';
    is told($sv->(state => 'started')), 'fine, changed', 'started';
    comes 'it is up', sub { notes($name) eq 'start TERM start' };
    is told($sv->(state => 'reloaded')), 'fine, changed', 'reloaded';
    comes 'HUP', sub { notes($name) =~ /HUP$/ };
    is told($sv->(state => 'restarted')), 'fine, changed', 'restarted';
    comes 'TERM, and another run', sub { notes($name) =~ /HUP TERM start$/ };
    is told($sv->(enabled => JSON::PP::false)), 'fine, changed', 'not enabled';
    comes 'it is away', sub { run('svok', "$home/$name")->{code} == 100 };
    is $svscan->stop('TERM', 20)->{code}, 0, 'the end';
};

done_testing;
