# ISC license.
#
# The command lines of the daemontools family, all programs side by side and in both personalities:
# what each says when it is used wrongly, when the next program cannot be run, when a directory is
# new or missing, and with which exit code it ends. Scripts compare these. What a program does when
# it is used rightly is in its own test.

use lib 'tests/lib';
use Upkeep;

use Fcntl qw(:DEFAULT :flock);
use POSIX ();

my $dir = tempdir;
my @personalities = qw(encore djb);
my %here; # options of run() in our directory, for a personality
my ($ours) = split /:/, $ENV{PATH};
$here{$_} = {cwd => $dir, env => {SVPERSONALITY => $_, PATH => "$ours:/usr/bin:/bin"}} for @personalities;

# says($personality, $code, $out, $err, @command): all of it; {options} may follow.
sub says {
    my ($personality, $code, $out, $err, @command) = @_;
    my $options = ref $command[-1] ? pop @command : {};
    my $result = run(@command, {%{$here{$personality}}, %$options});
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_deeply [@$result{qw(code out err)}], [$code, $out, $err],
        join ' ', "$personality:", map { length $_ > 40 ? substr($_, 0, 40) . '...' : length $_ ? $_ : "''" } @command;
}

# Usage texts ------------------------------------------------------------------------------------

my $LIMITS = join ' ', map { "[$_]" } '-a allbytes', '-c corebytes', '-d databytes', '-f filebytes', '-l lockbytes',
    '-m membytes', '-o openfiles', '-p processes', '-r residentbytes', '-s stackbytes', '-t cpusecs';
my $SIGNALS = 'u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t term, k kill';

# program => {personality => [exit code, what follows "usage: "]}; one entry is for both.
my %usage = (
    supervise => [100, 'supervise dir'],
    svok      => [100, 'svok dir'],
    svup      => [100, 'svup [-L] [-l] dir'],
    svstat    => {encore => [100, 'svstat [-L] [-l] dir [dir ...]']},
    envdir    => {encore => [111, 'envdir [ -p prefix ] dir child'], djb => [111, 'envdir dir child']},
    envini    => [111, 'envini [ -p prefix ] inifile child'],
    envuidgid => [100, 'envuidgid account child'],
    setuidgid => {encore => [100, 'setuidgid [-s] account child'], djb => [100, 'setuidgid account child']},
    setuser   => [100, 'setuser account child'],
    softlimit => [100, "softlimit $LIMITS child"],
    setlock   => [100, 'setlock [ -nNxX ] file program [ arg ... ]'],
    pgrphack  => [100, 'pgrphack child'],
    fghack    => [100, 'fghack child'],
);

my %needs_two = map { $_ => 1 } qw(envdir envini envuidgid setuidgid setuser setlock);
my %cluster = (setlock => '-nQ', svup => '-LQ', svstat => '-lQ');

for my $personality (@personalities) {
    for my $name (sort keys %usage) {
        my $entry = ref $usage{$name} eq 'HASH' ? $usage{$name}{$personality} : $usage{$name};
        my ($code, $text) = @{$entry || next};
        my $line = "$name: usage: $text\n";
        says($personality, $code, '', $line, $name);
        says($personality, $code, '', $line, $name, 'one') if $needs_two{$name};
        says($personality, $code, '', $line, $name, 'one', 'two') if $name eq 'supervise';
        next if $text !~ /-/ || ($personality eq 'djb' && $name eq 'envdir');
        says($personality, $code, '', "$name: illegal option -- Q\n$line", $name, $_, 'one', 'two') for '-Q', $cluster{$name} // ();
    }
    says($personality, 100, '', "softlimit: option requires an argument -- $_\nsoftlimit: usage: softlimit $LIMITS child\n",
        'softlimit', "-$_") for qw(a c d f l m o p r s t);
}
says('encore', 111, '', "envdir: option requires an argument -- p\nenvdir: usage: envdir [ -p prefix ] dir child\n", 'envdir', '-p');
says('encore', 111, '', "envini: option requires an argument -- p\nenvini: usage: envini [ -p prefix ] inifile child\n", 'envini', '-p');
says('djb', 0, '', '', 'svstat');
says('djb', 100, '', "svc: illegal option -- q\nsvc options: $SIGNALS\n", 'svc', '-uq', 'x');
says('encore', 100, '', "svc: illegal option -- Q\nsvc options: + kill process group, = kill parent process, L kill log, "
    . "l kill main, $SIGNALS, q quit, 1 SIGUSR1, 2 SIGUSR2, w SIGWINCH\n", 'svc', '-qQ', 'x');

# Nothing to do is no mistake, and these take any argument.
for my $personality (@personalities) {
    says($personality, 0, '', '', 'svc');
    says($personality, 0, '', '', 'svc', '-u');
    says($personality, 0, '', '', 'multilog');
    says($personality, 0, '', '', 'multilog', '', 'Q', '#', {stdin => "a line\n"});
    says($personality, 0, '', '', 'tai64n', '-Q', 'x');
    says($personality, 0, "as it is\n", '', 'tai64nlocal', 'x', {stdin => "as it is\n"});
    says($personality, 100, '', '', 'readproctitle', @$_) for [], ['four'], ['title', 'four'], ['title', ''];
    says($personality, 0, '', '', 'readproctitle', 'a', 'fives');
}

# The next program -------------------------------------------------------------------------------

mkdir "$dir/empty";
write_file("$dir/empty.ini", '');
write_file("$dir/plain", "text\n", 0644);
write_file("$dir/odd", "\1\2\3\4", 0755);
symlink 'loop', "$dir/loop";
my %front = (
    envdir    => ['empty'], envini => ['empty.ini'], envuidgid => ['root'],
    softlimit => ['-c', '0'], setlock => ['-n', 'lock'], pgrphack => [], fghack => [],
);
my %cannot = (
    './nonexistent' => 'file does not exist', nonexistent => 'file does not exist', '' => 'access denied',
    './plain' => 'access denied', './empty' => 'access denied', './plain/below' => 'not a directory', './loop' => 'symbolic link loop',
    './' . 'n' x 300 => 'file name too long', './odd' => 'exec format error',
);
for my $personality (@personalities) {
    for my $name (sort keys %front) {
        says($personality, 111, '', "$name: fatal: unable to run $_: $cannot{$_}\n", $name, @{$front{$name}}, $_) for sort keys %cannot;
        my $code = run($name, @{$front{$name}}, 'sh', '-c', 'exit 37', $here{$personality})->{code};
        is $code, 37, "$personality: $name ends as the next program ends";
        says($personality, 0, "-Q --help\n", '', $name, @{$front{$name}}, 'echo', '-Q', '--help');
    }
    says($personality, 0, "-n\n", '', 'setlock', '-nx', '--', 'lock', 'printf', '%s\n', '-n');
    says($personality, 0, "x\n", '', 'softlimit', '-c0', '--', 'echo', 'x');
}

# Directories that are new, missing, or something else ---------------------------------------------

mkdir "$dir/new";
write_file("$dir/new/run", "#!/bin/sh\n", 0755);
for my $personality (@personalities) {
    my $in = $personality eq 'djb' ? 'SERVICE/' : '';
    says($personality, 0, "new: unable to open supervise/ok: file does not exist\n"
        . "missing: unable to chdir: file does not exist\nplain: unable to chdir: not a directory\n"
        . "loop: unable to chdir: symbolic link loop\n: unable to chdir: file does not exist\n", '', 'svstat', 'new', 'missing', 'plain', 'loop', '');
    says($personality, 0, '', "svc: warning: unable to control new: file does not exist\n"
        . "svc: warning: unable to chdir to missing: file does not exist\nsvc: warning: unable to chdir to plain: not a directory\n",
        'svc', '-u', 'new', 'missing', 'plain');
    for my $name (qw(svok svup)) {
        says($personality, 100, '', '', $name, 'new');
        says($personality, 111, '', "$name: fatal: unable to chdir to missing: file does not exist\n", $name, 'missing');
        says($personality, 111, '', "$name: fatal: unable to chdir to plain: not a directory\n", $name, 'plain');
    }
    for my $name (qw(supervise svscan)) {
        says($personality, 111, '', "$name: fatal: unable to chdir to missing: file does not exist\n", $name, 'missing');
        says($personality, 111, '', "$name: fatal: unable to chdir to loop: symbolic link loop\n", $name, 'loop');
    }

    my $service = "$dir/$personality";
    make_service($service, run => 'exec sleep 1000', down => '');
    symlink 'down', "$service/.down" and rename "$service/.down", "$service/down";
    says($personality, 111, '', "supervise: fatal: unable to stat $personality/down: symbolic link loop\n", 'supervise', $personality);
    unlink "$service/down";
    mkdir "$service/supervise";
    sysopen my $lock, "$service/supervise/lock", O_WRONLY | O_CREAT or die;
    flock $lock, LOCK_EX or die;
    my $name = ($personality eq 'djb' ? "$personality/" : '') . 'supervise/lock';
    says($personality, 111, '', "supervise: fatal: unable to acquire $name: temporary failure\n", 'supervise', $personality);
    ok !-e "$service/supervise/$_", "$personality: the one without the lock makes no $_" for qw(control ok status);
    close $lock;

    # FIFOs, and nobody there
    POSIX::mkfifo("$service/supervise/$_", 0600) for qw(control ok);
    says($personality, 0, "$personality: supervise not running\n", '', 'svstat', $personality);
    says($personality, 0, '', "svc: warning: unable to control $personality: supervise not running\n", 'svc', '-t', $personality);
    says($personality, 100, '', '', 'svok', $personality);
    unlink "$service/supervise/ok";
    mkdir "$service/supervise/ok";
    says($personality, 0, "$personality: unable to open supervise/ok: is a directory\n", '', 'svstat', $personality);
    my $ok = ($personality eq 'djb' ? "$personality/" : '') . 'supervise/ok';
    says($personality, 111, '', "svok: fatal: unable to open $ok: is a directory\n", 'svok', $personality);
}

# Loggers ------------------------------------------------------------------------------------------

for my $personality (@personalities) {
    my @log = ('multilog', "./log-$personality");
    says($personality, 0, '', '', @log, {stdin => "one\n"});
    sysopen my $lock, "$dir/log-$personality/lock", O_WRONLY | O_APPEND or die;
    flock $lock, LOCK_EX or die;
    says($personality, 111, '', "multilog: fatal: unable to lock directory $log[1]: temporary failure\n", @log, {stdin => "two\n"});
    close $lock;
    is read_file("$dir/log-$personality/current"), "one\n", "$personality: who has not the lock writes nothing";
    says($personality, 111, '', "multilog: fatal: unable to open directory ./none/log: file does not exist\n", 'multilog', './none/log');
    says($personality, 111, '', "multilog: fatal: unable to open directory ./plain: not a directory\n", 'multilog', './plain');
    says($personality, 111, '', "multilog: fatal: unable to create none/status: file does not exist\n", 'multilog', '=none/status');
}

# matchtest: the simple patterns are the same in both personalities; F and S are encore's.
for my $personality (@personalities) {
    my %try = (
        'web: *' => ['+web: up', '+web: ', '-web:', '-the web: up'], '*: GET *' => ['+a: GET /', '-a: b: GET /', '+: GET '],
        '*' => ['+', '+ any thing'], 'exact' => ['+exact', '-Exact', '-exactly', '-'], '' => ['+', '- '],
        '*x' => ['+x', '+abx', '-xx', '-xy'], '*[a-z]?' => ['+[a-z]?', '-b?', '+q[a-z]?'],
    );
    for my $pattern (sort keys %try) {
        for (@{$try{$pattern}}) {
            my ($sign, $string) = /^(.)(.*)$/;
            says($personality, 0, "$sign$pattern ($string)\n", '', 'matchtest', $pattern, $string);
        }
    }
}
says('encore', 0, "+F*[0-9]x (a b9x)\n", '', 'matchtest', 'F*[0-9]x', 'a b9x');
says('encore', 0, "-F*[0-9]x (a bcx)\n", '', 'matchtest', 'F*[0-9]x', 'a bcx');
says('djb', 0, "+F*[0-9]x (F[0-9]x)\n", '', 'matchtest', 'F*[0-9]x', 'F[0-9]x');
says('djb', 0, "-F*[0-9]x (a b9x)\n", '', 'matchtest', 'F*[0-9]x', 'a b9x');

# As daemontools' own ------------------------------------------------------------------------------

# Each script is run by sh in a directory of its own, first with daemontools' programs in front of
# PATH, then with ours; all that is printed must be the same.
my @scripts = (
    'for p in supervise svok svstat svc envdir envuidgid setuidgid softlimit setlock pgrphack fghack; do $p; echo $p $?; done',
    'for p in svok envdir envuidgid setuidgid pgrphack fghack; do $p -Q x y; echo $p $?; done',
    'softlimit -Q x; echo $?; setlock -nQ x y; echo $?; setlock -x; echo $?; svc -dQ x; echo $?',
    'mkdir s; svc -u s t ""; svok s; echo $?; svok t; echo $?; svstat s t ""; supervise t; echo $?',
    'mkdir -p s/supervise; mkfifo s/supervise/ok s/supervise/control; svstat s; svok s; echo $?; svc -d s; echo $?',
    'mkdir e; printf "two  \nlines" >e/A; : >e/B; printf "\n" >e/C; printf "x\0y" >e/D; B=1 envdir e sh -c "echo \"\$A-\${B-gone}-\${C-gone}-\$D\""',
    'mkdir e e/sub; envdir e true; echo $?; envdir no true; echo $?; ln -s e/x e/x; rmdir e/sub; envdir e true; echo $?',
    'envuidgid nobody sh -c "echo \$UID \$GID"; envuidgid none-of-us true; echo $?; setuidgid none-of-us true; echo $?',
    'for l in 0 5 =; do softlimit -c $l sh -c "ulimit -c"; done; softlimit -o30 -f 51200 sh -c "ulimit -n; ulimit -f"',
    'setlock -n l sh -c "setlock -nx l echo no; echo \$?; setlock -n l echo no; echo \$?"; echo x >l; setlock l cat l; setlock -x no/l echo; echo $?',
    'fghack sh -c "(sleep 0.1; echo late) & exit 9"; echo $?; fghack sh -c "kill -9 \$\$"; echo $?',
    'printf "a\nb" | tai64n | cut -c 1-2,26-; printf "\@x y\nz" | tai64nlocal; readproctitle four </dev/null; echo $?',
    'printf "a b\nb\n\nc" | multilog "-*" "+a *" e "-*" +c e "+*" =s; head -c 4 s; wc -c <s',
    'printf "%0250d\n%0200d\n%0201d\n" 1 2 3 | multilog e; printf "%01500d\nx\n" 1 | multilog "-x" ./l; wc l/current',
    'printf "one\ntwo\n" | multilog t ./l; cut -c 1-2,26- l/current; echo three | multilog ./l; tail -n 1 l/current; ls -l l/current l/lock | cut -c 1-10',
    'echo x | multilog ./no/l; echo $?; echo x | multilog =no/s; echo $?; : >f; echo x | multilog ./f; echo $?',
    'mkdir l; echo old >l/current; echo new | multilog ./l; cat l/current; ls l | sed "s/@.*\\./@./"; cat l/@*',
    'mkdir l; echo old >l/previous; echo half >l/processed; echo new | multilog ./l; ls l | sed "s/@.*\\./@./"; cat l/@*',
    'mkdir l; echo old >l/previous; echo all >l/processed; chmod 744 l/processed; echo new | multilog ./l; ls l | sed "s/@.*\\./@./"; cat l/@*',
);
SKIP: {
    my $theirs = peer('daemontools');
    skip 'no daemontools here', scalar @scripts unless $theirs;
    for my $script (@scripts) {
        my @printed = map {
            my $place = tempdir;
            run('/usr/bin/env', '-i', "PATH=$_:/usr/bin:/bin", 'TZ=UTC0', 'SVPERSONALITY=djb', 'sh', '-c', $script, {cwd => $place});
        } $theirs, $ours;
        is_deeply $printed[1], $printed[0], "as daemontools: $script";
    }
}

done_testing;
