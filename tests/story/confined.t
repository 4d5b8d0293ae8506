# ISC license.
#
# A service whose run script makes one of all the small programs that take things away, in one
# chain, as an administrator would write it; and the kernel's own word for what became of it.

use lib 'tests/lib';
use Upkeep;

my $dir = tempdir;
skip_all_unless(have_root, 'only root can take all of this away');
skip_all_unless(run('privatefs', 'true', {cwd => '/'})->{code} == 0, 'no mount namespaces here');
skip_all_unless(run('keepcaps', '-u', 'daemon', 'kill', 'true')->{code} == 0, 'no capabilities to be kept here');

my ($uid, $gid) = (getpwnam 'daemon')[2, 3];
my ($cpu) = read_file('/proc/self/status') =~ /^Cpus_allowed_list:\s*(\d+)/m;
mkdir "$dir/data";
chown $uid, $gid, "$dir/data";
write_file("$dir/secret", 'x', 0644);
my $service = make_service("$dir/confined", run => <<"END");
exec 2>&1
exec setnice 7 setoom 300 setaffinity $cpu softlimit -H -o 50 -c 0 \\
    privatefs -r / -w $dir/data -h $dir/secret \\
    keepcaps -u daemon kill nonewprivs \\
    sh -c 'echo x > $dir/data/made; echo x > $dir/not-made; cat $dir/secret; echo ready > $dir/data/ready; exec cat'
END
pipe my $reading, my $writing or die "pipe: $!\n";
my $supervise = start('supervise', $service, {stdin => $reading});
ok &wait_until(sub { -e "$dir/data/ready" }, 20, 'the service'), 'the service runs' or diag $supervise->out, $supervise->err;

my $pid = pid_of($service);
my $status = read_file("/proc/$pid/status");
like $status, qr/^Uid:\s+$uid\s+$uid\s+$uid\s/m, 'as its account';
like $status, qr/^CapEff:\s*0*20$/m, 'with its one capability';
like $status, qr/^CapBnd:\s*0*20$/m, 'and no way to others';
like $status, qr/^NoNewPrivs:\s*1$/m, 'of any kind';
like $status, qr/^Cpus_allowed_list:\s*$cpu$/m, 'on its processor';
is +(split ' ', read_file("/proc/$pid/stat") =~ s/^.*\) //sr)[16], 7, 'yielding to others';
is read_file("/proc/$pid/oom_score_adj"), "300\n", 'and before them';
like read_file("/proc/$pid/limits"), qr/^Max open files +50 +50 /m, 'within its limits';
isnt readlink "/proc/$pid/ns/mnt", readlink '/proc/self/ns/mnt', 'in its own view of the file system';
ok -e "$dir/data/made", 'it can write where it may';
ok !-e "$dir/not-made", 'and nowhere else';
like $supervise->out, qr{not-made: Read-only file system\n.*secret: Permission denied\n}s, 'nor read what is hidden';
is +(split ' ', read_file("/proc/$pid/stat") =~ s/^\d+ \(.*\) //sr)[1], $supervise->pid, 'it is still the process that supervise knows';

run('svc', '-dx', $service);
my $result = $supervise->wait(20);
is $result->{code}, 0, 'and ends as any other';

done_testing;
