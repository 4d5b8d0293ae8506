# ISC license.
#
# Records of supervise/ made by hand, for tests that show what a reader makes of them. Where a
# field stands is read from SV_STATUS_FIELDS in src/include/sv/status.h, so that there is no
# second list of offsets.

package Record;

use strict;
use warnings;

use Exporter ();
use Upkeep ();

our @ISA = 'Exporter';
our @EXPORT = qw(status_fields family own stamp checksum number_of boot_id start_time);

use constant {OWN_SIZE => 256, MAGIC => 'upkeepS1', NEVER => 9223372036854775807};

my %size = (U8 => 1, U32 => 4, U64 => 8, STAMP => 12, BOOT => 16);

sub header { return Upkeep::read_file(Upkeep::top() . "/src/include/sv/$_[0]") // die "no $_[0]\n" }

# entries($header, $macro): the arguments of each X(...) of that list, as text.
sub entries {
    my ($file, $macro) = @_;
    my ($list) = header($file) =~ /^#define \Q$macro\E\(X\)((?:.*\\\n)*.*\n)/m or die "no $macro\n";
    $list =~ s{/\*.*?\*/}{}g;
    return $list =~ /\bX\(([^()]*)\)/g;
}

# status_fields: ([name, kind, offset, size]...), in the order of the record.
sub status_fields {
    my $at = length MAGIC;
    my @fields;
    for (entries('status.h', 'SV_STATUS_FIELDS')) {
        my ($name, $kind) = /^\s*(\w+)\s*,\s*(\w+)\s*$/ or die "what is $_?\n";
        push @fields, [$name, $kind, $at, $size{$kind}];
        $at += $size{$kind};
    }
    return @fields;
}

# number_of($header, $macro, $name): the position of NAME in a list that makes an enum.
sub number_of {
    my ($file, $macro, $name) = @_;
    my $number = 0;
    for (entries($file, $macro)) {
        return $number if /^\s*\Q$name\E\s*,/;
        $number++;
    }
    die "no $name in $macro\n";
}

# stamp($unix_time): 12 bytes as daemontools writes them. A fraction becomes nanoseconds.
sub stamp {
    my ($when) = @_;
    return pack 'Q>N', 4611686018427387914 + int $when, int(($when - int $when) * 1e9);
}

# family(%facts): the bytes of `status`: since, pid, paused, want (a letter, or '' for once), and
# with `state` encore's and runit's bytes behind.
sub family {
    my %facts = (since => time, pid => 0, paused => 0, want => 'u', run_state => 0, @_);
    my $bytes = stamp($facts{since}) . pack 'V C a1', @facts{qw(pid paused want)};
    $bytes .= pack 'CC', @facts{qw(state run_state)} if defined $facts{state};
    return $bytes;
}

sub checksum {
    my ($bytes) = @_;
    my $sum = 2166136261;
    $sum = (($sum ^ $_) * 16777619) & 0xffffffff for unpack 'C*', $bytes;
    return $sum;
}

# own(%facts): the 256 bytes of `.status`. Facts have the names of SV_STATUS_FIELDS; stamps are
# unix times; phase, wanted and cause may be names.
sub own {
    my %facts = (pid => 0, wanted => 'UP', phase => 'UP', next_start_ms => NEVER, kill_ms => NEVER,
        cause_uid => 0xffffffff, boot_id => boot_id(), @_);
    my %list = (phase => 'SV_PHASES', wanted => 'SV_WANTEDS', cause => 'SV_CAUSES');
    for my $name (keys %list) {
        next unless ($facts{$name} // '') =~ /[A-Z]/;
        $facts{$name} = number_of('machine.h', $list{$name}, $facts{$name});
    }
    my $bytes = MAGIC;
    for (status_fields()) {
        my ($name, $kind) = @$_;
        my $value = delete $facts{$name} // 0;
        $bytes .= $kind eq 'U8' ? pack('C', $value) : $kind eq 'U32' ? pack('N', $value)
            : $kind eq 'U64' ? pack('Q>', $value) : $kind eq 'STAMP' ? stamp($value) : $value;
    }
    die 'no such field: ', join(' ', keys %facts), "\n" if %facts;
    $bytes .= "\0" x (OWN_SIZE - 4 - length $bytes);
    return $bytes . pack 'N', checksum($bytes);
}

# boot_id: the 16 bytes of this boot's.
sub boot_id {
    my $text = Upkeep::read_file('/proc/sys/kernel/random/boot_id') // die "no boot id\n";
    return pack 'H32', $text =~ tr/0-9a-f//cdr;
}

# start_time($pid): its field 22 of /proc/PID/stat.
sub start_time {
    my $stat = Upkeep::read_file("/proc/$_[0]/stat") // return;
    return (split ' ', $stat =~ s/^.*\)//sr)[19];
}

1;
