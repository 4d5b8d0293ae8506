# ISC license.
#
# privatefs: the next program sees the file system otherwise than the others do.

use lib 'tests/lib';
use Upkeep;
use Chain;

use POSIX ();

my $dir = tempdir;
my $usage = "privatefs: usage: privatefs [-t] [-r path] [-w path] [-h path] child\n";

says run('privatefs'), 100, '', $usage, 'without arguments it tells how it is used';
says run('privatefs', '-t'), 100, '', $usage, 'and without a program';
says run('privatefs', '-x', 'true'), 100, '', "privatefs: illegal option -- x\n$usage", 'an unknown option';
says run('privatefs', '-r'), 100, '', "privatefs: option requires an argument -- r\n$usage", 'an option without its value';
like run('privatefs', '--help')->{out}, qr/^usage: privatefs \[-t\] .*--hide=PATH/s, '--help';
like run('privatefs', '--version')->{out}, qr/^privatefs \(upkeep\) \d/, '--version';

my $refused = 'privatefs: fatal: unable to have a file system of our own: permission denied: '
    . "that is for root, or CAP_SYS_ADMIN, where no container forbids it\n";
my $allowed = have_root && run('unshare', '-m', 'mount', '--make-rslave', '/')->{code} == 0;
if (!$allowed) {
    like run('privatefs', '-t', 'true')->{err}, qr/^privatefs: fatal: unable to /, 'who may not have one is told';
    done_testing;
    exit;
}
says run('privatefs', '-t', 'true', {uid => 65534, cwd => '/'}), 111, '', $refused, 'an ordinary user is told what is missing';

# What is mounted where we are, to be compared in the end.
my $before = read_file('/proc/self/mountinfo');
my %root = (cwd => '/');

is run('privatefs', 'sh', '-c', 'exit 7', \%root)->{code}, 7, 'its exit code is that of the program';
says run('privatefs', './nonexistent', \%root), 111, '',
    "privatefs: fatal: unable to run ./nonexistent: file does not exist\n", 'a program that is not there';
isnt run('privatefs', 'readlink', '/proc/self/ns/mnt', \%root)->{out}, readlink '/proc/self/ns/mnt', 'it has its own mounts';

# Temporary files --------------------------------------------------------------------------------

write_file("$dir/mark", '');
my $mark = $dir =~ m{^/tmp/} ? '/tmp' : undef;
says run('privatefs', '-t', 'sh', '-c', 'ls -A /tmp; echo x > /tmp/own; cat /tmp/own; stat -c %a /tmp', \%root), 0, "x\n1777\n", '',
    '-t: an empty /tmp, for all to write';
ok !-e '/tmp/own', 'that nobody else sees';
SKIP: {
    skip 'no /var/tmp of its own here', 1 unless -d '/var/tmp' && !-l '/var/tmp';
    is run('privatefs', '--private-tmp', 'sh', '-c', 'echo x > /var/tmp/own; ls -A /var/tmp', \%root)->{out}, "own\n", 'a /var/tmp likewise';
    ok !-e '/var/tmp/own', 'that nobody else sees';
}
# Our own programs may lie in /tmp, which is not there then.
my @other = ($^X, '-e', 'use POSIX; POSIX::setgid(12345) and POSIX::setuid(12345) and exec @ARGV');
is run('privatefs', '-t', @other, 'sh', '-c', 'echo x > /tmp/own && cat /tmp/own', \%root)->{out}, "x\n", 'also as somebody else';
SKIP: {
    skip 'the temporary directory is not below /tmp', 1 unless $mark;
    says run('privatefs', '-t', 'true', {cwd => $dir}), 111, '',
        "privatefs: fatal: unable to return to $dir, which is not there any more: file does not exist\n",
        'it cannot stay where it is, if that is not there any more';
}

# Read-only --------------------------------------------------------------------------------------

mkdir "$dir/$_" for qw(part part/in part/in/deep other mounted), 'a b';
my $try = <<'END';
for file in part/x part/in/x part/in/deep/x other/x "a b/x" mounted/x; do
    (echo x > "$file") 2> /dev/null && printf "%s\n" "$file"
    rm -f "$file" 2> /dev/null
done
true
END
# writable(@options): what of these can be written to, from the directory where they are.
sub writable { return join ' ', split /\n/, run(@_, 'sh', '-c', $try, {cwd => $dir})->{out} }
my $all = 'part/x part/in/x part/in/deep/x other/x a b/x mounted/x';

# A kernel before Linux 5.12 has no mount_setattr (442): the call fails here as it does there.
my $prctl = {x86_64 => 157, aarch64 => 167, riscv64 => 167}->{(POSIX::uname())[4]};
my @old = ($^X, '-e', <<'END', $prctl // 0);
my $prctl = shift;
my $filter = join '', map { pack 'SCCL', @$_ } [0x20, 0, 0, 0], [0x15, 0, 1, 442], [6, 0, 0, 0x50000 | 38], [6, 0, 0, 0x7fff0000];
my $program = pack 'Sx![P]P', 4, $filter;
syscall($prctl, 22, 2, $program) == 0 or exit 99;
exec @ARGV;
END

for my $kernel ('', 'old') {
    SKIP: {
        skip 'no seccomp here', 1 if $kernel && (!$prctl || run(@old, 'true')->{code});
        my @start = ($kernel ? @old : (), 'privatefs');
        my $said = $kernel ? ', without mount_setattr' : '';
        is writable(@start), $all, "without options nothing is read-only$said";
        is writable(@start, '-r', "$dir/part"), 'other/x a b/x mounted/x', "-r: all below is$said";
        is writable(@start, '-r', 'part'), 'other/x a b/x mounted/x', "also by a relative path$said";
        is writable(@start, "--read-only=$dir/a b"), 'part/x part/in/x part/in/deep/x other/x mounted/x', "or with a blank$said";
        is writable(@start, '-r', $dir, '-w', "$dir/part/in"), 'part/in/x part/in/deep/x', "-w: but not that, though we are in it$said";
        is writable(@start, '-r', $dir, '-w', "$dir/part", '-r', "$dir/part/in"), 'part/x', "-r below -w$said";
        is writable(@start, '-r', '/'), '', "everything$said";
        is writable(@start, '-r', '/', '--writable', $dir), $all, "everything but one$said";
        is run(@start, '-r', '/', 'sh', '-c', 'echo x > /dev/null && echo fine', \%root)->{out}, "fine\n", "devices can be written to$said";
        # What is mounted below.
        my $inner = 'mount -t tmpfs -o nosuid,nodev,noexec,noatime inner mounted && exec "$@"';
        my @inner = ('unshare', '-m', 'sh', '-c', $inner, 'x');
        is writable(@inner, @start, '-r', $dir), '', "also what is mounted below$said";
        is writable(@inner, @start, '-r', $dir, '-w', "$dir/mounted"), 'mounted/x', "and that alone is not$said";
        is writable(@inner, @start, '-r', $dir, '-w', $dir), 'part/x part/in/x part/in/deep/x other/x a b/x', "-w is not for that$said";
        # The one below shows, as the last line that there is for the place.
        my @flags = ('sh', '-c', 'sed -n "s,.* $0/mounted \([^ ]*\) .*,\1,p" /proc/self/mountinfo | tail -n 1', $dir);
        is run(@inner, @start, '-r', $dir, @flags, {cwd => $dir})->{out}, "ro,nosuid,nodev,noexec,noatime\n",
            "which stays as it is otherwise$said";
        my $fixed = 'mount -t tmpfs -o ro inner mounted && exec "$@"';
        says run('unshare', '-m', 'sh', '-c', $fixed, 'x', @start, '-w', 'mounted', 'true', {cwd => $dir}), 111, '',
            "privatefs: fatal: unable to have writable $dir/mounted: its file system is read-only for everybody\n",
            "what nobody can write to$said";
    }
}
says run('privatefs', $_, "$dir/none", 'true', \%root), 111, '', "privatefs: fatal: unable to find $dir/none: file does not exist\n",
    "$_: what is not there" for qw(-r -w -h);
# Hidden -----------------------------------------------------------------------------------------

write_file("$dir/secret", 'secret', 0644);
write_file("$dir/part/secret", 'secret', 0644);
my @look = ('sh', '-c', 'cat secret part/secret 2> /dev/null; ls -A part; stat -c %a part');
is run('privatefs', '-h', "$dir/secret", @look, {cwd => $dir})->{out}, "secretin\nsecret\n755\n", '-h: a file cannot be read';
is run('privatefs', '-h', 'part', @look, {cwd => $dir})->{out}, "secret0\n", 'a directory is empty';
is run('privatefs', '--hide=part', @other, 'sh', '-c', 'cd part 2> /dev/null || echo closed', {cwd => $dir})->{out}, "closed\n", 'and closed';
isnt run('privatefs', '-h', 'part', 'touch', 'part/x', {cwd => $dir})->{code}, 0, 'nothing can be put in there';
is run('sh', '-c', 'privatefs -h secret sh -c "echo x > secret" 2> /dev/null || echo no', {cwd => $dir})->{out}, "no\n", 'nor into the file';
is read_file("$dir/secret"), 'secret', 'which is as it was';
symlink 'secret', "$dir/link";
is run('privatefs', '-h', 'link', 'sh', '-c', 'cat secret 2> /dev/null || echo gone', {cwd => $dir})->{out}, "gone\n",
    'of a symbolic link, what it leads to';

# Together, and from outside -----------------------------------------------------------------------

pipe my $reading, my $writing or die "pipe: $!\n";
my $both = start('privatefs', '-r', '/', '-w', $dir, '-h', 'other', 'sh', '-c', 'echo in; exec cat', {cwd => $dir, stdin => $reading});
ok &wait_until(sub { $both->out eq "in\n" }, 10, 'the program'), 'all at once';
is read_file('/proc/self/mountinfo'), $before, 'outside nothing has changed';
close $writing;
$both->wait(10);
is read_file('/proc/self/mountinfo'), $before, 'nor afterwards';

done_testing;
