# ISC license.
#
# Completion in the real shells: what bash, zsh and fish offer for our programs. Services, letters
# and fields, nothing that the programs do not have and everything that they have.

use lib 'tests/lib';
use Upkeep;
use Help;

use Fcntl;

chdir top;

# The files as make install puts them.
my $home = tempdir;
my %made = map { $_ => "$home/upkeep.$_" } qw(bash zsh fish);
for my $shell (sort keys %made) {
    my $result = run('sh', 'package/completion/generate', $shell, {limit => 30});
    is_deeply [@$result{qw(code err)}], [0, ''], "the completion for $shell is made";
    write_file($made{$shell}, $result->{out});
    unlike $result->{out}, qr/\@[A-Z]+\@/, 'with nothing left to fill in';
}
is run('sh', 'package/completion/generate', 'csh')->{code}, 100, 'there is none for others';

# Where the words are completed: a scan directory elsewhere, services and others here.
my $scan = tempdir;
my $place = tempdir;
make_service("$scan/web", run => 'exec sleep 1000', log => {run => 'exec cat'});
make_service("$scan/mail", run => 'exec sleep 1000');
make_service("$scan/mail\@", run => 'exec sleep 1000');
mkdir "$scan/other" or die;
make_service("$place/here", run => 'exec sleep 1000');
make_service("$place/here/log", run => 'exec cat');
make_service("$place/in\@80", run => 'exec sleep 1000');
make_service("$place/in\@443", run => 'exec sleep 1000');
make_service("$place/a blank", run => 'exec sleep 1000');
File::Path::make_path("$place/deep/one/supervise", "$place/environment");
write_file("$place/settings.ini", "a = b\n");
my %there = (cwd => $place, env => {SVDIR => $scan, HOME => $home, XDG_CONFIG_HOME => $home, XDG_DATA_HOME => $home});

# What is to be completed: [line, all that is offered, what that is].
my $all_goals = [qw(down failed finished ready rerun restarted up)];
my @cases = (
    ['svc --res', ['--restart'], 'a long option'],
    ['svc --wait=', $all_goals, 'the states that svc waits for'],
    ['svc --wait=re', [qw(ready rerun restarted)], 'those that begin so'],
    ['svc --wait re', [qw(ready rerun restarted)], 'as a word of its own too'],
    ['svc -u he', ['here'], 'a service of this directory'],
    ['svc -u we', ["$scan/web"], 'the name of one in the scan directory'],
    ['svc -u mai', ["$scan/mail"], 'a template is no service'],
    ['svc -u othe', [], 'and not everything there is one'],
    ["svc -u $scan/w", ["$scan/web"], 'a path'],
    ['svc -u in@8', ['in@80'], 'an instance'],
    ['svc -u here/', ['here/log'], 'the logger of a service'],
    ['svc -u deep/', ['deep/one'], 'a service is also what only has a state directory'],
    ['svc -d here deep/', ['deep/one'], 'a second service'],
    ['svstat -o wanted', [qw(wanted wantedup)], 'a field'],
    ['svstat --fields=pid,reco', ['pid,recordedpid'], 'a further field'],
    ['svstat -o pid,wan', ['pid,wanted', 'pid,wantedup'], 'likewise'],
    ['svstat -jo ex', [qw(execerror exitcode)], 'a letter in a cluster takes a value'],
    ['svwait -t 5 he', ['here'], 'a value is no argument'],
    ['svwait -t5 he', ['here'], 'behind its letter neither'],
    ['svwait here -- svstat --vers', ['--version'], 'the program behind --'],
    ['svwait here -- svc -u he', ['here'], 'with its services'],
    ['svevents -c sett', ['settings.ini'], 'a file'],
    ['svevents -n 3 he', ['here'], 'and a service'],
    ['svperms -U roo', ['root'], 'a user'],
    ['svperms --user=roo', ['root'], 'by the long option'],
    ['svperms -G roo', ['root'], 'a group'],
    ['svprobe t', ['tcp'], 'a kind of probe'],
    ['setuidgid roo', ['root'], 'an account'],
    ['setuidgid root svsta', ['svstat'], 'the next command'],
    ['setuidgid root svstat --js', ['--json'], 'and its options'],
    ['softlimit -o 50 setuidgid roo', ['root'], 'one after the other'],
    ['envini sett', ['settings.ini'], 'the file of envini'],
    ['envdir -c x envir', ['environment'], 'the directory of envdir'],
    ['setlock -n sett', ['settings.ini'], 'the file of setlock'],
    ['svscanctl environment ', [qw(a b h i q t u z)], 'the letters of svscan'],
    ['svtail --loc', ['--local'], 'an option of svtail'],
    ['setuser --add-groups=roo', ['root'], 'a group in a list'],
    ['svcheck --rea', ['--ready'], 'an option of svcheck'],
    ['pgrphack svc --res', ['--restart'], 'a program that has no options itself'],
    ['multilog --ver', ['--version'], 'even multilog has two'],
    ['chpst -/ environment -u roo', ['root'], 'what people from runit type'],
    ['chpst -vl settings.ini svc -u he', ['here'], 'and the program behind it'],
    ['svdel we', ['web'], 'a service by its name alone'],
    ['svadd new --restart=on', ['on-failure'], 'what an option file may hold'],
    ['svadd new --needs ma', ['mail'], 'an option behind an argument'],
    ['svadd new -- setuidgid roo', ['root'], 'the command of a new service'],
    ['svtop --sort=st', [qw(starts state)], 'the columns of svtop'],
);
@cases = grep { program($_->[0] =~ s/ .*//r) } @cases; # one may not be built here

# trimmed($shell, @offered): a directory may end in a slash, an option in =.
sub trimmed { return sort map { s{(?<=..)[/=]\z}{}r } @_ }

# What a tab makes of a line.
my @lines = (
    ['svc --resta', 'svc --restart ', 'an option and a blank'],
    ['svc --wai', 'svc --wait=', 'no blank where a value must follow'],
    ['svc --wait=do', 'svc --wait=down ', 'a state'],
    ['svc -d we', "svc -d $scan/web ", 'a name in the scan directory becomes a path'],
    ['svc -d in@8', 'svc -d in@80 ', 'an instance'],
    ['svc -d a', 'svc -d a\\ blank ', 'a name with a blank in it'],
    ['svstat -o updownf', 'svstat -o updownfor', 'a field'],
    ['setuidgid roo', 'setuidgid root ', 'an account'],
    ['envdir environment setui', 'envdir environment setuidgid ', 'the next command'],
);

# check($shell, sub): the sub gets a line and returns what is offered.
sub check {
    my ($shell, $offer) = @_;
    for (@cases) {
        my ($line, $expected, $sentence) = @$_;
        is_deeply [trimmed($offer->($line))], [sort @$expected], "$shell: $sentence ($line)";
    }
    for my $name (programs()) {
        my @options = map { ($_->{word} ne '' ? "--$_->{word}" : ()) } options_of($name);
        @options = qw(--help --version) unless @options;
        is_deeply [trimmed($offer->("$name --"))], [sort @options], "$shell: the long options of $name";
        my @letters = map { $_->{letter} ne '' ? "-$_->{letter}" : () } options_of($name);
        is_deeply [grep { /^-[^-]/ } trimmed($offer->("$name -"))], [sort @letters], "$shell: and its letters"
            if @letters;
    }
    my @fields = map { $_->[0] } paragraph('svstat', 'Fields');
    is_deeply [trimmed($offer->('svstat -o '))], [sort @fields], "$shell: the fields of svstat";
}

# Terminals --------------------------------------------------------------------------------------

# A shell at a terminal of its own: ask($shell, $keys) types something and returns what it has
# reported since then, up to a line of its own that says "end".
sub shell {
    my ($file, @argv) = @_;
    sysopen my $master, '/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK or return;
    my ($unlocked, $number) = (pack('i', 0)) x 2;
    ioctl($master, 0x40045431, $unlocked) && ioctl($master, 0x80045430, $number) or return;
    sysopen my $terminal, '/dev/pts/' . unpack('i', $number), O_RDWR | O_NOCTTY or return;
    my $size = pack 'S4', 50, 200, 0, 0; # as wide as any line here
    ioctl $terminal, 0x5414, $size;
    write_file($file, '');
    my %options = (%there, stdin => $terminal, stdout => $terminal, stderr => $terminal);
    $options{env} = {%{$there{env}}, TERM => 'vt100', REPORT => $file};
    my @leader = program('setsid') ? qw(setsid --ctty) : ();
    return {process => start(@leader, @argv, \%options), master => $master, report => $file, shown => ''};
}

sub ask {
    my ($shell, $keys) = @_;
    my $length = length read_file($shell->{report});
    while (length $keys) {
        my $written = syswrite $shell->{master}, $keys;
        substr $keys, 0, $written // 0, '';
        listen_to($shell);
    }
    my $answer = wait_until {
        listen_to($shell);
        substr(read_file($shell->{report}), $length) =~ /\A(.*^)?end\n\z/ms ? [$1 // ''] : '';
    } 10, 'what the shell reports';
    diag substr $shell->{shown}, -400 unless $answer;
    return $answer ? split /\n/, $answer->[0] : ();
}

sub listen_to {
    my ($shell) = @_;
    1 while sysread $shell->{master}, $shell->{shown}, 65536, length $shell->{shown};
}

sub hang_up { $_[0]{process}->stop('KILL') }

# bash -------------------------------------------------------------------------------------------

# The function called as readline calls it: with the words of the line, cut at = and @ and :.
sub bash_offers {
    my ($line) = @_;
    my @words = $line =~ /[^\s=\@:]+|[=\@:]+/g;
    push @words, '' if $line =~ /\s\z/;
    my $script = 'source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; shift 2; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1));'
        . ' _upkeep; ((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"';
    my $result = run('bash', '--norc', '--noprofile', '-c', $script, 'bash', $made{bash}, $line, @words, {%there, limit => 10});
    diag $result->{err} if $result->{err} ne '';
    my ($cut) = $line =~ /(\S*[=:]|\S*(?=\@))[^=:\s]*\z/; # what begins with @ is replaced with it
    $cut = '' if !defined $cut;
    $cut =~ s/^--[^=]*=// if $cut =~ /^--/;
    return map { $cut . $_ } split /\n/, $result->{out};
}

SKIP: {
    skip 'no bash here', 1 unless program('bash');
    is run('bash', '-n', $made{bash})->{err}, '', 'bash understands its completion';
    check('bash', \&bash_offers);

    # At a terminal: what becomes of the line.
    my $shell = shell("$home/bash.report", qw(bash --norc --noprofile -i));
    skip 'no terminal to be had', 1 unless $shell;
    ask($shell, "bind -x '\"\\C-x\\C-p\": printf \"%s|\\nend\\n\" \"\$READLINE_LINE\" >> \$REPORT'\n"
        . "source $made{bash}; echo end >> \$REPORT\n");
    ask($shell, "\cX\cP"); # now it is readline that reads the keys
    is join('', ask($shell, "$_->[0]\t\cX\cP\cU")), "$_->[1]|", "bash at a terminal: $_->[2]" for @lines;
    hang_up($shell);

    # With the package bash-completion, which loads ours when a program is typed, and which we ask
    # about programs of others.
    my ($others) = grep { -f } '/usr/share/bash-completion/bash_completion';
    skip 'no bash-completion here', 3 unless $others;
    my $place = "$home/share/bash-completion/completions";
    File::Path::make_path($place);
    for my $name (qw(svc setuidgid svwait)) { symlink $made{bash}, "$place/$name" or die }
    local $there{env}{XDG_DATA_DIRS} = "$home/share:/usr/share";
    $shell = shell("$home/other.report", qw(bash --norc --noprofile -i));
    ask($shell, "bind -x '\"\\C-x\\C-p\": printf \"%s|\\nend\\n\" \"\$READLINE_LINE\" >> \$REPORT'\n"
        . "source $others; echo end >> \$REPORT\n");
    ask($shell, "\cX\cP");
    for (
        ['svc --resta', 'svc --restart ', 'ours is loaded'],
        ['setuidgid root ls --recurs', 'setuidgid root ls --recursive ', "another's program behind ours"],
        ['svwait here -- ls --recurs', 'svwait here -- ls --recursive ', 'behind -- as well'],
    ) {
        is join('', ask($shell, "$_->[0]\t\cX\cP\cU")), "$_->[1]|", "bash-completion: $_->[2]";
    }
    hang_up($shell);
}

# fish -------------------------------------------------------------------------------------------

sub fish_offers {
    my ($line) = @_;
    my $result = run('fish', '--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', $made{fish}, $line, {%there, limit => 20});
    diag $result->{err} if $result->{err} ne '';
    return map { s/^--[^=]*=//r } map { s/\t.*//r } split /\n/, $result->{out};
}

SKIP: {
    skip 'no fish here', 1 unless program('fish');
    is run('fish', '--no-config', '-n', $made{fish})->{err}, '', 'fish understands its completion';
    check('fish', \&fish_offers);
}

# zsh --------------------------------------------------------------------------------------------

# What compadd is given and takes is what is offered.
my $zsh_setup = <<'END';
PS1='> '; unsetopt beep; unset zle_bracketed_paste; bindkey -e; KEYTIMEOUT=1
fpath=($ZDOTDIR/functions $fpath); autoload -U compinit; compinit -D -u
zstyle ':completion:*' users root
compadd() {
    local -a hits hidden shown ignored
    local length=${@[(i)(-|--)]}
    if [[ " ${(j: :)@[1,length]} " == *" -"[a-zA-Z]#[OAD]" "* ]]; then builtin compadd "$@"; return; fi
    zparseopts -E -a ignored p:=hidden P:=shown
    builtin compadd -O hits "$@"
    offered+=($IPREFIX$hidden[2]$shown[2]${^hits})
    builtin compadd "$@"
}
offer() { offered=(); _main_complete; print -rl -- $offered end >> $REPORT; compstate[insert]=; compstate[list]= }
zle -C offer complete-word offer; bindkey '^X^O' offer
report() { print -rl -- "$BUFFER|" end >> $REPORT }
zle -N report; bindkey '^X^P' report
zle-line-init() { print end >> $REPORT; zle -D zle-line-init }; zle -N zle-line-init
END

SKIP: {
    skip 'no zsh here', 1 unless program('zsh');
    is run('zsh', '-n', $made{zsh})->{err}, '', 'zsh understands its completion';
    mkdir "$home/functions" or die;
    write_file("$home/functions/_upkeep", read_file($made{zsh}));
    write_file("$home/setup", $zsh_setup);
    my $shell = shell("$home/zsh.report", 'env', "ZDOTDIR=$home", qw(zsh -f -i));
    skip 'no terminal to be had', 1 unless $shell;
    ask($shell, "setopt extendedglob; source $home/setup\n");
    check('zsh', sub {
        my %seen;
        return grep { !$seen{$_}++ } map { s/^--[^=]*=(?=.)//r } ask($shell, "$_[0]\cX\cO\cU");
    });
    is join('', ask($shell, "$_->[0]\t\cX\cP\cU")) =~ s{/(?=\|)}{ }r, "$_->[1]|", "zsh at a terminal: $_->[2]" for @lines;
    hang_up($shell);
}

done_testing;
