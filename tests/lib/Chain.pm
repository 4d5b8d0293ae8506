# ISC license.
#
# For tests of programs that change one thing and become the next program: what such a program
# says and does, and whether daemontools' own does the same.

package Chain;

use strict;
use warnings;

use Exporter 'import';
use Test::More;
use Upkeep ();

our @EXPORT = qw(says same);

# says($result, $code, $out, $err, $sentence): its exit code and all that it wrote.
sub says {
    my ($result, $code, $out, $err, $sentence) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_deeply [@$result{qw(code out err)}], [$code, $out, $err], $sentence;
}

# same($sentence, $name, @arguments, {options}): in the djb personality our program does what
# daemontools' does: output, complaints, exit code. {only => [...]}: with no other variables, in
# this order.
sub same {
    my ($sentence, $name, @arguments) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %options = ref $arguments[-1] eq 'HASH' ? %{pop @arguments} : ();
    my $programs = Upkeep::peer('daemontools');
    SKIP: {
        skip 'no daemontools here', 1 unless $programs && -x "$programs/$name";
        $options{env} = {%{$options{env} || {}}, SVPERSONALITY => 'djb'};
        my $only = delete $options{only};
        my @start = $only ? ('/usr/bin/env', '-i', @$only, 'SVPERSONALITY=djb') : ();
        my ($ours, $theirs) = map { Upkeep::run(@start, $_, @arguments, \%options) }
            Upkeep::top() . "/command/$name", "$programs/$name";
        is_deeply $ours, $theirs, "as daemontools: $sentence";
    }
}

1;
