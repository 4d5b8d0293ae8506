# ISC license.
#
# svadd killed at each of its system calls, before and after it; and each of them failing. There is
# either no service, or all of it; and the next svadd has what it wants, with nothing left behind.
# UPKEEP_FULL=1: more errors.

BEGIN { $ENV{UPKEEP_TIME_LIMIT} ||= 240 }

use lib 'tests/lib', 'tests/crash';
use Upkeep;
use Crash qw(compile_tools full mount_at);

compile_tools;
delete @ENV{qw(SVSCANDIR SVBASEDIR)};
my $top = tempdir;
mount_at($top);

my @command = ('web', '--scan=service', '--env=A=b', '--down', '--', '/bin/true', 'x');

sub names {
    opendir my $directory, $_[0] or return ();
    return sort grep { !/^\.\.?$/ } readdir $directory;
}

# everything($place): name => mode and content, of all that a service is made of.
sub everything {
    my ($place) = @_;
    my %found;
    my @names = ('');
    while (defined(my $name = shift @names)) {
        my $path = "$place/sv/web$name";
        next if $name eq '/.svadd.new';
        $found{$name} = sprintf('%04o ', (lstat $path)[2] & 07777) . (-d _ ? '' : read_file($path));
        push @names, map { "$name/$_" } names($path) if -d _;
    }
    return \%found;
}

sub make_place { my ($name) = @_; mkdir "$top/$name" or die; mkdir "$top/$name/service"; return "$top/$name" }

# What there is when nobody is killed.
my $good = make_place('good');
is run('svadd', @command, {cwd => $good})->{code}, 0, 'one that is not killed';
my $want = everything($good);

# wrong($place, $must): '' if there is either nothing or everything; which is told in $is.
my $is;

sub wrong {
    my ($place) = @_;
    $is = -l "$place/service/web" ? 'all' : 'nothing';
    my @strange = grep { $_ ne 'web' } names("$place/service");
    return "there is @strange in the scan directory" if @strange;
    return '' if $is eq 'nothing';
    return 'the link leads elsewhere' if readlink("$place/service/web") ne "$place/sv/web";
    my $got = everything($place);
    my @different = grep { ($got->{$_} // '') ne ($want->{$_} // '') } keys %{{%$got, %$want}};
    return @different ? "these are not as they should be: @different" : '';
}

# again($place): the next one does what it should.
sub again {
    my ($place) = @_;
    my $before = $is;
    my $result = run('svadd', @command, {cwd => $place});
    my $code = $before eq 'all' ? 111 : 0;
    return "after $before the next one ends with $result->{code}: $result->{err}" if $result->{code} != $code;
    my $wrong = wrong($place);
    return "then: $wrong" if $wrong;
    return 'then there is still nothing' if $is eq 'nothing';
    my @left = grep { $_ ne 'web' } names("$place/sv");
    push @left, '.svadd.new' if -e "$place/sv/web/.svadd.new";
    return @left ? "then there is still @left" : '';
}

my $plays = 0;

# play(@options of atcall): [what is wrong, atcall's report].
sub play {
    my $place = make_place('play' . ++$plays);
    my $result = run('atcall', '-e', '-w', "$place/report", @_, 'svadd', @command, {cwd => $place});
    my $report = read_file("$place/report") // '';
    my $wrong = wrong($place);
    $wrong = "it ended with $result->{code}, and there is $is: $result->{err}"
        if !$wrong && defined $result->{code} && ($result->{code} == 0) != ($is eq 'all');
    my $left = join ' ', grep { /^\.svadd:/ } names("$place/sv");
    $wrong ||= again($place);
    File::Path::remove_tree($place);
    return ($wrong, $report, $result, $left);
}

my ($wrong, $report) = play();
is $wrong, '', 'traced, too';
my ($calls) = $report =~ /^calls (\d+)$/m;
cmp_ok $calls, '>', 50, "it makes $calls system calls";

for my $deed (qw(before after)) {
    my (@wrong, %seen);
    for my $at (1 .. $calls) {
        my ($wrong) = play('-n', $at, '-d', $deed);
        push @wrong, "at $at: $wrong" if $wrong ne '';
        $seen{$is}++;
    }
    is join("\n", @wrong[0 .. ($#wrong < 4 ? $#wrong : 4)]), '', "killed $deed each of them there is nothing or all, and the next one ends it";
}

# Errors: ENOSPC is 28, EIO 5, EMFILE 24, EACCES 13, EROFS 30.
for my $error (full ? (28, 5, 24, 13, 30) : 28) {
    my @wrong;
    my $told = 0;
    for my $at (1 .. $calls) {
        my ($wrong, $report, $result, $left) = play('-c', 'disk', '-n', $at, '-d', $error);
        last unless $report =~ /^did /m;
        my ($name) = $report =~ /^did .* \d+ (\S+) .* \d+$/m;
        next if ($result->{code} // 0) == 127; # the loader could not begin
        $wrong ||= "$left is left" if $left ne '' && $name !~ /unlink|getdents|openat|stat/;
        push @wrong, "$name, $at: $wrong" if $wrong ne '';
        push @wrong, "$name, $at: it says nothing" if $result->{code} && $result->{err} !~ /\Asvadd: (?:fatal|warning): unable to .*\n/;
        $told++ if $result->{code};
    }
    is join("\n", @wrong[0 .. ($#wrong < 4 ? $#wrong : 4)]), '', "error $error of each call: there is nothing, or all";
    cmp_ok $told, '>', 20, 'and mostly it is told';
}

done_testing;
