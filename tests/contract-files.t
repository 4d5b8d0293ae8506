# ISC license.
#
# The files that programs of the daemontools family share, byte by byte, as real services make them:
# supervise/status through the life of a service, everything else in supervise/, @ labels, and the
# directory of a log while it is used. Readers in other languages rely on each of these.

use lib 'tests/lib';
use Upkeep;
use One;

use POSIX ();
use Time::HiRes ();

my $dir = tempdir;
my @personalities = qw(encore djb);

# A service that stays when it is told to end, until it may, and says when it has heard.
my $RELUCTANT = <<'END';
#!/usr/bin/env perl
$SIG{TERM} = sub { open my $heard, '>', 'heard' };
open my $ready, '>', 'ready';
select undef, undef, undef, 0.005 until -e 'go' && -e 'heard';
END

# fields($service): the status file taken apart by offsets, as a program would that knows nothing of us.
sub fields {
    my $bytes = read_file("$_[0]/supervise/status") // '';
    my %field = (size => length $bytes);
    return \%field if length $bytes < 18;
    @field{qw(label nanoseconds)} = (unpack('H16', $bytes), unpack 'N', substr $bytes, 8, 4);
    $field{time} = unpack('Q>', $bytes) - 4611686018427387914 + $field{nanoseconds} / 1e9;
    $field{pid} = ord(substr $bytes, 12, 1) + 256 * ord(substr $bytes, 13, 1) + 65536 * ord(substr $bytes, 14, 1)
        + 16777216 * ord substr $bytes, 15, 1;
    @field{qw(paused want)} = (ord(substr $bytes, 16, 1), substr $bytes, 17, 1);
    $field{state} = ord substr $bytes, 18, 1 if length $bytes > 18;
    return \%field;
}

# listing($directory): what ls -dl * shows there, names with kind, mode and size.
sub listing {
    my ($directory) = @_;
    my @lines;
    for my $path (sort glob "$directory/*") {
        my @status = lstat $path or next;
        my $kind = -p _ ? 'p' : -d _ ? 'd' : -l _ ? 'l' : '-';
        push @lines, sprintf '%s%04o %d %s', $kind, $status[2] & 07777, $status[7], $path =~ s{.*/}{}r;
    }
    return join ', ', @lines;
}

# becomes($service, $sentence, %wanted): waits until the fields are these; returns them all.
sub becomes {
    my ($service, $sentence, %wanted) = @_;
    my $found;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok wait_until {
        $found = fields($service);
        !grep { ref $wanted{$_} ? !$wanted{$_}->($found->{$_}) : ($found->{$_} // 'none') ne $wanted{$_} } keys %wanted;
    } 10, $sentence;
    is_deeply {map { $_ => ref $wanted{$_} ? $wanted{$_} : $found->{$_} } keys %wanted}, \%wanted, $sentence;
    return $found;
}

my $some = sub { $_[0] > 1 };

# supervise/ ---------------------------------------------------------------------------------------

for my $personality (@personalities) {
    subtest "the life of a service, as $personality writes it" => sub {
        local $ENV{SVPERSONALITY} = $personality;
        my $size = $personality eq 'djb' ? 18 : 20;
        # expect($state, %fields): in the djb personality there is no state.
        my $expect = sub { return (size => $size, $personality eq 'djb' ? () : (state => $_[0]), @_[1 .. $#_]) };
        my $service = make_service("$dir/life-$personality", run => $RELUCTANT, down => '');
        my $begin = time;
        my $supervise = start('supervise', $service);
        ok wait_until { run('svok', $service)->{code} == 0 } 10, 'svok';

        # ok is made last: whoever sees a reader there sees all the others
        my $files = 'p0600 0 control, -0600 0 lock, p0600 0 ok, -0644 %d status';
        is listing("$service/supervise"), sprintf($files, $size), 'four files, with these modes and sizes';
        is mode_of("$service/supervise"), '0700', 'in a directory that is closed to others';
        my $new = becomes($service, 'down, and normally down', $expect->(0, pid => 0, paused => 0, want => 'd'));
        like $new->{label}, qr/^40000000[0-9a-f]{8}$/, 'the label is 2^62 and more';
        cmp_ok $new->{time}, '>=', $begin, 'ten seconds and no leap seconds away from Unix time';
        cmp_ok $new->{time}, '<=', Time::HiRes::time(), 'it is of the past';

        my $before = Time::HiRes::time();
        control($service, 'u');
        my $up = becomes($service, 'up', $expect->(3, pid => $some, paused => 0, want => 'u'));
        ok alive($up->{pid}), 'the pid is that of a process, lowest byte first';
        cmp_ok $up->{time}, '>=', int $before, 'the label is of the start';
        cmp_ok $up->{time}, '<=', Time::HiRes::time(), 'whose time has come';
        wait_until { -e "$service/ready" } 10, 'its handler';

        my %same = (pid => $up->{pid}, time => $up->{time});
        control($service, 'p');
        becomes($service, 'paused: that does not change the label', $expect->(3, %same, paused => 1, want => 'u'));
        control($service, 'c');
        becomes($service, 'continued', $expect->(3, %same, paused => 0, want => 'u'));
        control($service, 'o');
        becomes($service, 'once is a zero byte', $expect->(3, %same, paused => 0, want => "\0"));
        control($service, 'u');
        becomes($service, 'wanted up again', $expect->(3, %same, paused => 0, want => 'u'));
        control($service, 'p');
        becomes($service, 'paused again', $expect->(3, %same, paused => 1, want => 'u'));
        control($service, 'd');
        becomes($service, 'ending: not paused any more', $expect->(4, %same, paused => 0, want => 'd'));
        ok wait_until { -e "$service/heard" } 10, 'it has heard of it';
        is fields($service)->{pid}, $up->{pid}, 'and is there as long as it is';
        $before = Time::HiRes::time();
        write_file("$service/go", '');
        my $down = becomes($service, 'down', $expect->(0, pid => 0, paused => 0, want => 'd'));
        cmp_ok $down->{time}, '>=', $before - 1e-3, 'the label is of the death';
        control($service, 'p');
        control($service, 'x');
        is $supervise->wait(10)->{code}, 0, 'supervise leaves';
        is fields($service)->{paused}, 0, 'without a process nothing is paused';
        is fields($service)->{time}, $down->{time}, 'the file stays as it was';
        is listing("$service/supervise"), sprintf($files, $size), 'so do the others';
    };
}

subtest 'other endings' => sub {
    local $ENV{SVPERSONALITY} = 'encore';
    my $failed = make_service("$dir/failed", run => 'exit 100');
    my $loop = make_service("$dir/loop", run => 'exit 1', 'restart-delay' => '60000 60000');
    my @supervise = map { start('supervise', $_) } $failed, $loop;
    becomes($failed, 'exit 100: failed, not wanted up', size => 20, pid => 0, want => 'd', state => 5);
    like run('svstat', $failed)->{out}, qr/: down \d+ seconds, normally up, failed$/, 'in words';
    becomes($loop, 'waiting for its next start: starting, wanted up', size => 20, pid => 0, want => 'u', state => 1);
    like run('svstat', $loop)->{out}, qr/: down \d+ seconds, normally up, want up, starting$/, 'in words';
    $_->stop('TERM') for @supervise;
};

# Whoever lists or reads supervise/ at any moment sees these four names and a whole record.
subtest 'while it changes' => sub {
    for my $personality (@personalities) {
        local $ENV{SVPERSONALITY} = $personality;
        my $service = make_service("$dir/busy-$personality", run => 'exec sleep 1000');
        my $supervise = start('supervise', $service);
        wait_until { (fields($service)->{pid} // 0) > 1 } 10, 'the service';
        my $size = $personality eq 'djb' ? 18 : 20;
        my (%names, %sizes, $looks);
        my $serial = field($service, 'serial');
        for my $round (1 .. 40) {
            control($service, $_) for qw(d u p c t);
            for (1 .. 15) {
                $names{join ' ', sort map { s{.*/}{}r } glob "$service/supervise/*"}++;
                $sizes{fields($service)->{size}}++;
                $looks++;
            }
        }
        cmp_ok field($service, 'serial'), '>', $serial + 40, "$personality: a status that changes";
        is_deeply [keys %names], ['control lock ok status'], "nothing else is seen in $looks looks";
        is_deeply [keys %sizes], [$size], 'and never a part of a record';
        control($service, 'dkx');
        ok $supervise->wait(20), 'the end';
    }
};

subtest 'what an admin has changed stays' => sub {
    my $service = make_service("$dir/shared", run => 'exec sleep 1000');
    my $supervise = start('supervise', $service);
    ok wait_phase($service, 'up'), 'a service';
    my %mode = (supervise => 0755, 'supervise/control' => 0622, 'supervise/ok' => 0622, 'supervise/status' => 0640);
    chmod $mode{$_}, "$service/$_" for keys %mode;
    control($service, 'd');
    wait_phase($service, 'down');
    $supervise->stop('TERM');
    $supervise = start('supervise', $service);
    ok wait_phase($service, 'up'), 'a new supervise';
    is mode_of("$service/$_"), sprintf('%04o', $mode{$_}), "$_ is as it was made" for sort keys %mode;
    $supervise->stop('TERM');
};

# Labels -------------------------------------------------------------------------------------------

# when_of($label): the Unix time of a label's 24 digits.
sub when_of { return hex(substr $_[0], 8, 8) - 10 + hex(substr $_[0], 16) / 1e9 }

# as_text($label): the same for people, in UTC.
sub as_text {
    my ($label) = @_;
    return POSIX::strftime('%Y-%m-%d %H:%M:%S', gmtime hex(substr $label, 8, 8) - 10) . sprintf '.%09d', hex substr $label, 16;
}

subtest 'labels' => sub {
    mkdir "$dir/logs";
    for my $case (['tai64n'], ['multilog', 't', './labels'], ['multilog', 't', 'e']) {
        my $before = Time::HiRes::time();
        my $result = run(@$case, {stdin => "one\n\ntwo\n", cwd => "$dir/logs"});
        my $after = Time::HiRes::time();
        my $text = $case->[-1] eq './labels' ? read_file("$dir/logs/labels/current") : $result->{out} . $result->{err};
        my @labels = $text =~ /^\@(40000000[0-9a-f]{16}) /mg;
        is $text, sprintf("\@%s one\n\@%s \n\@%s two\n", @labels), "@$case: an at sign, 24 digits, a space";
        is_deeply \@labels, [sort @labels], 'in order';
        cmp_ok when_of($labels[0]), '>=', $before - 1e-3, 'not before the beginning';
        cmp_ok when_of($labels[-1]), '<=', $after + 1e-3, 'nor after the end';
        is run('tai64nlocal', {stdin => $text, env => {TZ => 'UTC0'}})->{out},
            join('', map { sprintf "%s %s\n", as_text($labels[$_]), ('one', '', 'two')[$_] } 0 .. 2), 'for people';
    }
};

# The directory of a log ---------------------------------------------------------------------------

subtest 'a log through its life' => sub {
    my $log = "$dir/logs/main";
    my $names = sub { return listing($log) =~ s/\@40000000[0-9a-f]{16}/\@/gr =~ s/-([0-7]{4}) \d+/$1/gr };
    pipe my $reader, my $writer;
    my $processor = 'cat; cat <&4; echo one more >&5; echo >../processing; read go <../gate';
    POSIX::mkfifo("$dir/logs/gate", 0600);
    my $multilog = start('multilog', 's4096', 'n3', "!$processor", './main', {stdin => $reader, cwd => "$dir/logs"});
    close $reader;
    syswrite $writer, "first\n";
    ok wait_until { (read_file("$log/current") // '') eq "first\n" } 10, 'a line is in current as soon as it has come';
    is $names->(), '0644 current, 0600 lock, 0644 state', 'a new log: current is being written';
    syswrite $writer, 'x' x 99 . "\n" for 1 .. 41;
    ok wait_until { -e "$dir/logs/processing" } 10, 'the processor';
    like $names->(), qr/^0644 current, 0600 lock, 0644 newstate, 0744 previous, 06[04][04] processed, 0644 state$/,
        'while it works: the finished file, and what becomes of it';
    open my $go, '>', "$dir/logs/gate" or die;
    syswrite $go, "go\n";
    ok wait_until { $names->() eq '0744 @.s, 0644 current, 0600 lock, 0644 state' } 10, 'an old file, complete';
    is read_file("$log/state"), "one more\n", 'the state for the next time';
    close $writer;
    is $multilog->wait(10)->{code}, 0, 'the end of the input';
    is $names->(), '0744 @.s, 0744 current, 0600 lock, 0644 state', 'current is complete, too';

    is run('multilog', './main', {stdin => "next\n", cwd => "$dir/logs"})->{code}, 0, 'another one';
    like read_file("$log/current"), qr/\nnext\n\z/, 'goes on with it';
    chmod 0644, "$log/current"; # as a machine that went down leaves it
    run('multilog', './main', {stdin => "later\n", cwd => "$dir/logs"});
    is $names->(), '0744 @.s, 0644 @.u, 0744 current, 0600 lock, 0644 state', 'what was not complete is put aside as it is';
    is read_file("$log/current"), "later\n", 'and a new one begun';
    is read_file("$log/state"), '', 'without a state';
    write_file("$log/keep\@me", 'mine');
    write_file("$log/\@short", 'mine');
    run('multilog', 'n2', 's4096', './main', {stdin => join('', map { "line $_\n" } 1 .. 2000), cwd => "$dir/logs"});
    my @old = grep { length(s{.*/}{}r) >= 25 } glob "$log/\@*";
    is scalar @old, 1, 'n2: one old file and current';
    is read_file("$log/$_"), 'mine', "$_ is none of its files" for 'keep@me', '@short';
    like join('', map { read_file($_) } @old, "$log/current"), qr/line 1999\nline 2000\n\z/, 'which end with the last line';

    is run('multilog', '=status', {stdin => "short\n" . 'y' x 2000 . "\nlast\n", cwd => "$dir/logs"})->{code}, 0, 'a status file';
    is read_file("$dir/logs/status"), 'last' . "\n" x 997, '1001 bytes, whatever was there before';
    is mode_of("$dir/logs/status"), '0600', 'its owner may read it';
};

done_testing;
