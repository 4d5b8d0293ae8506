# ISC license.
#
# svlint: what it finds in broken directories, and that it finds nothing in good ones.
#
# tests/lint/ has a file for each rule that needs nothing but files: the directory that breaks it,
# and the findings. A part of it begins with a line `== PATH MODE`, `== PATH dir MODE`,
# `== PATH fifo MODE` or `== PATH link TARGET`; what follows is the file. The last part is
# `== expected`. BIN stands for a directory of programs, DIR for the scan directory.

use lib 'tests/lib';
use Upkeep;

use File::Path ();
use JSON::PP ();
use POSIX ();

delete $ENV{SUPERVISEDIR};
my $usage = 'svlint: usage: svlint [-j] [-s] [-i rule] dir ...';
my $here = '#!/bin/sh' . "\nexec sleep 1000\n";

# Programs that services name are looked for, never run: empty ones will do.
my $bin = tempdir;
write_file("$bin/$_", "#!/bin/sh\nexit 99\n", 0755)
    for qw(execlineb fdmove foreground if multilog setuidgid chpst s6-setuidgid redis-server loopwhilex date echo test);
$ENV{PATH} = "$bin:$ENV{PATH}";
# The corpus -------------------------------------------------------------------------------------

# build($directory, @parts): makes the files; each part is [path, word...] and a text.
sub build {
    my ($directory, @parts) = @_;
    my @modes;
    for (@parts) {
        my ($head, $text) = @$_;
        my ($path, $kind, $more) = $head =~ /^(.+?) (dir|fifo|link) (\S+)$/ ? ($1, $2, $3)
            : $head =~ /^(.+?) (\d+)$/ ? ($1, 'file', $2) : ($head, 'file', '');
        my $place = "$directory/$path";
        File::Path::make_path($place =~ s{/[^/]*$}{}r);
        if ($kind eq 'link') { symlink $more, $place or die "symlink $place: $!\n"; next }
        if ($kind eq 'dir') { -d $place or mkdir $place or die "mkdir $place: $!\n" }
        elsif ($kind eq 'fifo') { POSIX::mkfifo($place, 0600) or die "mkfifo $place: $!\n" }
        else { write_file($place, $text) }
        push @modes, [$more || '644', $place];
    }
    chmod oct $_->[0], $_->[1] or die "chmod $_->[1]: $!\n" for @modes;
}

# lint_case($text): ($directory, $expected).
sub lint_case {
    my ($text) = @_;
    $text =~ s/<CR>/\r/g;
    $text =~ s/<TAB>/\t/g;
    $text =~ s/\bBIN\b/$bin/g;
    my ($expected) = $text =~ /^== expected\n(.*)\z/ms or die "nothing is expected\n";
    $text =~ s/^== expected\n.*\z//ms;
    my $directory = tempdir;
    my @parts = map { [split /\n/, $_, 2] } grep { length } split /^== /m, $text =~ s/\A.*?^== //msr;
    build($directory, map { [$_->[0], $_->[1] // ''] } @parts);
    return ($directory, $expected =~ s/\bDIR\b/$directory/gr);
}

my %covered;
for my $path (sort glob top . '/tests/lint/*') {
    my ($rule) = $path =~ m{([^/]*)$};
    my ($directory, $expected) = lint_case(read_file($path));
    my $result = run('svlint', $directory);
    is $result->{out}, $expected, "$rule: all that is wrong is told, and nothing else" or next;
    is $result->{err}, '', 'without a complaint';
    is $result->{code}, $expected =~ /: error: / ? 1 : 0, 'an error counts';
    $covered{$1} = 1 while $expected =~ /\[([-\w]+)\]$/mg;
    ok $covered{$rule}, 'the rule that gives the file its name is among the findings';
    is run('svlint', '-i', $rule, $directory)->{out}, $expected =~ s/^.*\[\Q$rule\E\]\n//mgr,
        'and is not told if it is to be ignored';
    my @objects = map { JSON::PP->new->utf8->decode($_) } split /\n/, run('svlint', '-j', $directory)->{out};
    is_deeply [map { join '', $_->{file}, $_->{line} ? ":$_->{line}" : '', ": $_->{severity}: $_->{text}",
                $_->{remedy} ? "; $_->{remedy}" : '', " [$_->{rule}]\n" } @objects],
        [map { "$_\n" } split /\n/, $expected], 'JSON says the same' unless $rule eq 'name';
}

# What files alone cannot show --------------------------------------------------------------------

# scan_directory([head, text]...): a new one with these files.
sub scan_directory {
    my $directory = tempdir;
    build($directory, @_);
    return $directory;
}

# finds($directory, [options], $expected, $sentence): what is told there, DIR for its name.
sub finds {
    my ($directory, $options, $expected, $sentence) = @_;
    my $result = run('svlint', $directory, $options);
    $covered{$1} = 1 while $result->{out} =~ /\[([-\w]+)\]$/mg;
    is $result->{out} =~ s/\Q$directory\E/DIR/gr, $expected, $sentence;
    is $result->{err}, '', 'without a complaint';
}

{
    my $directory = scan_directory(['a' x 200 . '/run 755', $here]);
    finds $directory, {env => {SUPERVISEDIR => 'elsewhere'}}, '', 'a long name is no harm by itself';
    my $name = 'a' x 200;
    my $deep = "$directory/" . 'd' x 60;
    mkdir $deep;
    rename "$directory/$name", "$deep/$name";
    finds $deep, {env => {SUPERVISEDIR => '/run/sv'}},
        "DIR/$name: error: below SUPERVISEDIR its path is one name, of more than 255 bytes; shorten it [long-name]\n",
        'unless its whole path is to be one';
}
{
    my $directory = scan_directory(map { ["s$_/run 755", $here], ["s$_/log/run 755", "#!/bin/sh\nexec multilog t ./main\n"] } 1 .. 8);
    my $limited = run('sh', '-c', "ulimit -n 40; svlint -i stderr $directory");
    is $limited->{out}, "$directory: warning: svscan would need more descriptors for all these services than the hard limit "
        . "here; raise the limit: ulimit -Hn [descriptors]\n", 'too few descriptors';
    $covered{descriptors} = 1;
    is run('svlint', '-i', 'stderr', $directory)->{out}, '', 'or enough of them';
}

SKIP: {
    skip 'only root can do things as others', 12 unless have_root;
    my @account = getpwnam 'nobody' or skip 'there is no user nobody', 12;
    my $directory = scan_directory(['web/run 755', $here], ['web/finish 755', "#!/bin/sh\nexit 0\n"], ['app/run 755', $here]);
    chown $account[2], $account[3], "$directory/web", "$directory/web/run" or die;
    finds $directory, {}, <<'END', 'what is not of who runs svscan';
DIR/web: warning: it belongs to another user than the scan directory, who may change what is executed here; chown root [owner]
DIR/web/run: warning: it belongs to another user than the directory, who may change what is executed here; chown root [owner]
END
    chown $account[2], $account[3], $directory, "$directory/web/finish" or die;
    finds $directory, {}, '', 'a scan directory of an ordinary user';

    my $logger = "#!/bin/sh\nexec setuidgid nobody multilog t";
    $directory = scan_directory(
        ['a/run 755', "$logger ./main\n"], ['b/run 755', "$logger ./main\n"], ['b/main dir 755', ''],
        ['c/run 755', "$logger ./main\n"], ['c/main dir 700', ''], ['d/run 755', "$logger ./main\n"],
        ['e/run 755', "$logger ./deep/main\n"], ['e/deep dir 700', ''],
    );
    chown $account[2], $account[3], "$directory/c/main", "$directory/d" or die;
    finds "$directory", {}, <<'END', 'a log directory is for the user who writes there';
DIR/a/run:2: error: nobody may not make ./main; make it, and chown it to that user [log-directory]
DIR/b/run:2: error: nobody may not write in ./main; chown it to that user [log-directory]
DIR/d: warning: it belongs to another user than the scan directory, who may change what is executed here; chown root [owner]
DIR/e/run:2: error: nobody may not pass through ./deep to ./deep/main; chmod +x that one [log-directory]
END

    $directory = scan_directory(['web/run 711', $here], ['app/env/A 600', "x\n"], ['app/run 755', $here], ['db dir 700', ''],
        ['x/run 755', $here], ['x/env dir 700', '']);
    finds $directory, {uid => $account[2]}, <<'END', 'what we may not read is told';
DIR/app/env/A: warning: unable to read it: access denied; chmod +r, or be who runs svscan [unreadable]
DIR/db: warning: unable to open it: access denied; be who runs svscan [unreadable]
DIR/web/run: warning: unable to read it: access denied; chmod +r, or be who runs svscan [unreadable]
DIR/x/env: warning: unable to read the directory: access denied; be who runs svscan [unreadable]
END

    $directory = scan_directory(['web/run 755', $here], ['elsewhere dir 755', ''], ['elsewhere/run 755', $here]);
    symlink '/tmp', "$directory/web/supervise" or die;
    POSIX::lchown($account[2], $account[3], "$directory/web/supervise") or die;
    finds $directory, {}, "DIR/web/supervise: error: supervise does not follow a link that another user has made; let root make "
        . "it [state]\n", 'a link that supervise would not follow';
    finds $directory, {env => {SUPERVISEDIR => '/run/sv'}}, '', 'which is of no interest if it is elsewhere';
}

SKIP: {
    my $directory = tempdir;
    skip 'nothing can be mounted here', 4
        unless have_root && $ENV{UPKEEP_IN_NS} && run('mount', '-t', 'tmpfs', '-o', 'noexec', 'none', $directory)->{code} == 0;
    chmod 0755, $directory;
    build($directory, ['web/run 755', $here]);
    my $noexec = "DIR/web: error: the file system is mounted with noexec, so nothing can be executed there; mount it without "
        . "noexec [noexec]\n";
    finds $directory, {}, $noexec, 'a file system on which nothing can be executed';
    run('mount', '-o', 'remount,ro,exec', $directory);
    finds $directory, {}, 'DIR/web: error: the file system is read-only, so supervise/ cannot be there; set SUPERVISEDIR, or make '
        . "supervise a link [read-only]\n", 'one on which supervise/ cannot be';
    finds $directory, {env => {SUPERVISEDIR => '/run/sv'}}, '', 'and need not be';
    run('umount', $directory);
}

{
    my @without = ($ENV{UPKEEP_IN_NS} && have_root ? () : qw(noexec read-only), have_root ? () : qw(owner unreadable));
    my %without = map { $_ => 1 } @without;
    my @rules = map { (split /\t/)[0] } split /\n/, run('svlint', '--rules')->{out};
    is join(' ', grep { !$covered{$_} && !$without{$_} } @rules), '', 'each rule has been seen at work';
}

# Good directories -------------------------------------------------------------------------------

# good($text, $sentence, [head, text]...): a run script that nothing is wrong with.
sub good {
    my ($text, $sentence, @others) = @_;
    finds scan_directory(['web/run 755', $text], @others), {}, '', $sentence;
}

for my $example (qw(clock redis)) {
    my $directory = tempdir;
    for my $file ('run', 'log/run') {
        build("$directory", ["$example/$file 755", read_file(top . "/doc/examples/$example/$file") =~ s{^#!\S*/}{#!$bin/}r]);
    }
    finds $directory, {}, '', "the example $example";
}
good $_->[0], $_->[1] for (
    [$here, 'the smallest service'],
    ["#!/bin/sh\nif test -d /srv; then exec sleep 1; else echo none >&2; exit 1; fi\n", 'a branch that gives up'],
    ["#!/bin/sh\ntest -x /bin/sh || exit 1\nexec /bin/sh -c 'sleep 1; exit' & wait\n", 'a shell that waits'],
    ["#!/bin/sh\ntrap 'kill \$!' TERM\nsleep 10 &\nwait\n", 'and passes signals on'],
    ["#!/bin/sh\nwhile :\ndo\n  date\n  sleep 1\ndone\n", 'a shell that is the service'],
    ["#!/bin/sh\nmain() {\n  exec sleep 1\n}\nmain \"\$\@\"\n", 'a function'],
    ["#!/bin/sh\n. ./common\n", 'what is in another file'],
    ["#!/bin/sh\ncat > conf <<END\nsleep 10 &\nEND\nexec sleep 1\n", 'a here-document'],
    ["#!/bin/sh\nPATH=/opt/x/bin exec no-such-program\n", 'a program that is elsewhere'],
    ["#!/bin/sh\ncd /srv || exit\nexec ./server\n", 'or in another directory'],
    ["#!/bin/sh\nexec \$SERVER --daemonize=no\n", 'or in a variable'],
    ["#!/bin/sh\ncase \$1 in\n  a) exec sleep 1 ;;\n  *) exec sleep 2 ;;\nesac\n", 'a choice'],
    ["#!/usr/bin/env perl\nfork & 1; sleep 1\n", 'another language'],
    ["\177ELF\0\0&\r\n", 'a program'],
    ["\177ELF" . "\0" x 100_000, 'a large one'],
    ["#!/bin/sh\nexec setsid --wait sleep 1\n", 'setsid that waits'],
    ["#!/bin/sh\nexec env - PATH=\"\$PATH\" setuidgid root sleep 1\n", 'an empty environment'],
    ["#!/bin/sh\nexec chpst -u root:root -e ./env -o 10 sleep 1\n", 'options of others'],
    ["#!/bin/sh\nset -e\n[ -d main ] || mkdir main\nexec sleep 1 >main/log 2>&1 </dev/null\n", 'preparations'],
    ["#!$bin/execlineb -S1\nif { test -d . }\nforeground { echo \"a { b\" }\nsetuidgid root\n./\$1\n", 'execline with blocks'],
);
good "#!/bin/sh\nexec ./dnsmasq -k\n", 'a daemon that stays', ['web/dnsmasq 755', "#!/bin/sh\n"];
good "#!$bin/execlineb -P\nif { ./nginx -t }\n./nginx -g \"daemon off;\"\n", 'a trial of a daemon before', ['web/nginx 755', "#!/bin/sh\n"];
good "#!/bin/sh\n./daemon --daemonize\n", 'one that is expected to go', ['web/daemon 755', "#!/bin/sh\n"],
    ['web/expect', "daemon\n"], ['web/kill-mode', "tree\n"];
good "#!/bin/sh\nsleep 1\n", 'what is done once', ['web/restart', "never\n"];
good $here, 'every option', ['web/finish 755', "#!/bin/sh\nsync\n"], ['web/check 755', "#!/bin/sh\ntest -e ready\n"],
    ['web/needs', "db stop\n"], ['db/run 755', $here], ['web/down', ''], ['web/timeout-finish', "100\n"], ['web/control/t 755', $here],
    ['web/timeout-ready', "30000\n"], ['web/health', "2 3\n"], ['web/env/A', "b\n"], ['web/restart-limit', "5 60\n"],
    ['web/data/x', ''], ['web/server.conf', ''], ['web/start 755', $here], ['web/stop 755', $here], ['web/notify 755', $here],
    ['web/supervise/control fifo 600', ''], ['web/supervise/ok fifo 600', ''], ['README', ''], ['.git/config', ''];
good "#!/bin/sh\nexec 2>&1\nexec sleep 1\n", 'a logger in the same supervise', ['web/log 755', "#!/bin/sh\nexec multilog t s4096 n2 ./main\n"];
good "#!/bin/sh\nexec sleep \"\$1\"\n", 'a template and its instances', ['mail@/run 755', "#!/bin/sh\nexec 2>&1\nexec sleep \"\$1\"\n"],
    ['mail@/log/run 755', "#!/bin/sh\nexec multilog t \"./\$1\"\n"], ['mail@a link mail@', ''], ['mail@b link mail@', ''], ['x@y/run 755', $here];

# Hostile ones -----------------------------------------------------------------------------------

{
    my $directory = scan_directory(['web/run 755', "#!/bin/sh\n" . 'exec sleep 1000 # ' . "x\n" x 500_000], ['web/needs', "\0" x 1_000_000],
        ['web/finish link /dev/null', ''], ['web/check link check', ''], ['web/probe link /dev/zero', ''],
        ['web/restart fifo 644', ''], ['web/env link .', ''], ['web/log link .', ''], ['web/control fifo 644', '']);
    my $result = run('svlint', $directory);
    is $result->{code}, 1, 'links to odd places, FIFOs and large files: it comes to an end';
    is $result->{err}, '', 'and does not complain';
    like $result->{out}, qr/\[$_\]$/m, "and tells [$_]" for qw(not-regular dangling probe value env needs-line);
    my $many = scan_directory(['web/run 755', $here]);
    write_file("$many/web/file$_", '') for 1 .. 10_000;
    is run('svlint', $many)->{out}, '', 'ten thousand files';
    mkdir "$many/n$_" for 1 .. 3000;
    is scalar(() = run('svlint', $many, {limit => 60})->{out} =~ /\[no-run\]$/mg), 3000, 'three thousand services';
    my $odd = scan_directory(["a\nb\e[31m\xff/run 755", $here]);
    is run('svlint', $odd)->{out} =~ s/\Q$odd\E/DIR/r =~ s/:.*//sr, "DIR/a?b?[31m\xff", 'a name cannot pretend to be a line';
    my $object = JSON::PP->new->utf8->decode(run('svlint', '-j', $odd)->{out} =~ s/\n.*//sr);
    is $object->{file}, "$odd/a\nb\e[31m\x{fffd}", 'JSON has it as it is';
}

{
    my $directory = scan_directory(['web/run 755', $here], ['app/run 755', "#!/bin/sh\n" . "exec x\n" x 9000]);
    my $result = run('sh', '-c', "ulimit -n 5; svlint $directory");
    is $result->{code}, 111, 'what the system does not allow is no finding';
    like $result->{err}, qr{^svlint: warning: unable to read directory \Q$directory\E/app: process cannot open more files$}m, 'but said';
    is scalar(() = run('svlint', $directory)->{out} =~ /\[program\]$/mg), 9000, 'thousands of findings';
}

{
    my $directory = scan_directory(['web/run 755', "#!/bin/sh\ntouch $bin/executed\n"], ['web/finish 755', "#!/bin/sh\ntouch $bin/executed\n"],
        ['web/check 755', "#!/bin/sh\ntouch $bin/executed\n"]);
    run('svlint', $directory);
    ok !-e "$bin/executed", 'nothing is executed';
}

# Arguments --------------------------------------------------------------------------------------

# answers([arguments], $code, $out, $err, $sentence).
sub answers {
    my ($arguments, $code, $out, $err, $sentence) = @_;
    my $result = run('svlint', @$arguments);
    is_deeply [@$result{qw(code out err)}], [$code, $out, $err], $sentence
        or diag join '|', map { $_ // 'none' } @$result{qw(code out err)};
}

{
    my $directory = scan_directory(['web/run 755', "#!/bin/sh\nexec nohup sleep 1\n"], ['web/needs', "web\nx y\ndb\n"],
        ['app/run 644', $here], ['none dir 755', '']);
    my $nohup = "$directory/web/run:2: warning: there is no terminal here whose end would be a hangup, and svc -h has no effect; "
        . "leave it out [nohup]\n";
    my $self = "$directory/web/needs:1: error: the service needs itself: it never starts; remove this line [needs-self]\n";
    my $line = "$directory/web/needs:2: error: neither NAME nor NAME stop nor NAME restart; see dependencies(7) [needs-line]\n";
    answers ["$directory/web"], 1, "$nohup$self$line", '', 'a service alone: whom it needs may be anywhere';
    answers ['-i', 'needs-self', '--ignore=needs-line', "$directory/web/"], 0, $nohup =~ s{/web/}{/web/}r, '', 'warnings are no errors';
    answers ['-s', '-i', 'needs-self', '-i', 'needs-line', "$directory/web"], 1, $nohup, '', 'unless one is strict';
    my $result = run('svlint', "$directory/app", "$directory/web");
    is scalar(split /\n/, $result->{out}), 4, 'several directories';
    is run('svlint', '.', {cwd => "$directory/app"})->{out}, "./run: error: it is not executable; chmod +x [not-executable]\n",
        'the working directory';
    answers ["$directory/none"], 0, '', '', 'an empty directory is a scan directory';
    answers ["$directory/gone", "$directory/none"], 111, '', "svlint: warning: unable to read directory $directory/gone: file does not exist\n",
        'a directory that is not there';
    is run('svlint', "$directory/gone", "$directory/app")->{out}, run('svlint', "$directory/app")->{out}, 'does not hide the others';
    is run('sh', '-c', "svlint $directory > /dev/full")->{code}, 111, 'output that is lost is noticed';
}
{
    my $directory = scan_directory(['web/run 755', "#!/bin/sh\nexec sleep 1\n"], ['web/log/run 755', "#!/bin/sh\nexec multilog t ./main\n"]);
    my $result = run('svlint', '--strict', $directory);
    like $result->{out}, qr/: info: .* \[stderr\]\n\z/, 'a remark';
    is $result->{code}, 0, 'is no reason to complain';
}
answers [], 100, '', "$usage\n", 'nothing to look at';
answers ['-x', '.'], 100, '', "svlint: illegal option -- x\n$usage\n", 'an option that it has not';
answers ['-i', 'taste', '.'], 100, '', "svlint: fatal: there is no rule taste; see svlint --rules\n", 'a rule that it has not';
like run('svlint', '--help')->{out}, qr/\Ausage: svlint .*^  -j, --json/ms, '--help helps';
like run('svlint', '--version')->{out}, qr/\Asvlint \(upkeep\) \S+\n\z/, '--version says which';

done_testing;
