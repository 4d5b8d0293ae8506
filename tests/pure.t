# ISC license.
#
# The two floors of libsv. A pure module computes: the symbols it refers to show that it can do
# nothing else. What is allowed is listed here; a function that makes a system call, reads a
# clock, allocates or keeps state of the C library's is not. And nothing points upward: no pure
# module refers to a kernel module, no module of libsv to a program.

use lib 'tests/lib';
use Upkeep;

# Of the C library: memory and strings, searching and sorting; of skalibs: formatting, scanning,
# packing, and arithmetic on times.
my $allowed = qr/^(?:
      mem(?:c(?:hr|mp|py)|move|set|rchr|mem|pcpy) | rawmemchr | bcmp | explicit_bzero
    | str(?:n?len|n?cmp|r?chr|chrnul|n?casecmp|c?spn|pbrk|str|n?cpy|n?cat)
    | stpn?cpy | bsearch | qsort | abs | labs | llabs
    | is(?:alnum|alpha|digit|xdigit|space|print|upper|lower) | tolower | toupper
    | __ctype_(?:b|tolower|toupper)_loc
    | (?:u?short|u?int|u?long|u?int(?:16|32|64)|size|[ug]id|pid|mode|dev|ino|time|tain?|timestamp)
      0?_\w*(?:fmt|scan|pack|unpack)\w*
    | sig0?_(?:scan|name|number)
    | byte_[a-z]+ | str_[a-z]+ | case_[a-z]+ | ucharn_[a-z]+ | fmtscan_[a-z]+
    | subgetopt_r
    | tain?_(?:add|sub|less|addsec|uint|from_millisecs|to_millisecs|half)
)$/x;

# What a compiler puts in by itself: stack protection, fortified copies, sanitizers, coverage.
my $compiler = qr/^(?:
      __stack_chk_fail(?:_local)? | __mem(?:cpy|move|set|pcpy)_chk | __str[a-z]+_chk
    | __asan_\w+ | __ubsan_\w+ | __sanitizer_\w+ | __sancov_\w+ | __gcov_\w+
    | _GLOBAL_OFFSET_TABLE_ | __(?:u?div|u?mod|mul)[a-z]*[dt]i\d
)$/x;

sub objects { return sort glob "compile/obj/libsv/$_[0]/*.o" }

# symbols($option, @files): (file => [symbols that nm $option prints]).
sub symbols {
    my ($option, @files) = @_;
    my %of;
    for my $file (@files) {
        my $nm = run('nm', '-P', $option, $file);
        defined $nm->{code} && $nm->{code} == 0 or die "nm $file: $nm->{err}\n";
        $of{$file} = [map { (split)[0] } split /\n/, $nm->{out}];
    }
    return %of;
}

my @pure   = objects('pure');
my @kernel = objects('kernel');
skip_all_unless(program('nm'), 'no nm here');

# Every source has been compiled: an empty list would prove nothing.
for my $floor (qw(pure kernel)) {
    my @sources = sort glob "src/libsv/$floor/*.c";
    is_deeply [map { s{^src/(.*)\.c$}{compile/obj/$1.o}r } @sources],
        [grep { -f s{^compile/obj/(.*)\.o$}{src/$1.c}r } objects($floor)],
        "each of the $floor modules has been compiled";
}
ok @pure > 0, 'there are pure modules';

my %pure_needs   = symbols('-u', @pure);
my %kernel_needs = symbols('-u', @kernel);

# What each object exports: its global symbols less those that it only needs.
my %owner;
my %all = symbols('-g', @pure, @kernel);
for my $object (keys %all) {
    my %undefined = map { $_ => 1 } @{$pure_needs{$object} || $kernel_needs{$object}};
    $owner{$_} = $object for grep { !$undefined{$_} } @{$all{$object}};
}

for my $object (@pure) {
    (my $module = $object) =~ s{.*/(.*)\.o$}{$1};
    my (@upward, @impure);
    for my $symbol (@{$pure_needs{$object}}) {
        my $home = $owner{$symbol} // '';
        next if $home =~ m{/pure/};
        if ($home =~ m{/kernel/}) { push @upward, $symbol }
        elsif ($symbol !~ $allowed && $symbol !~ $compiler) { push @impure, $symbol }
    }
    is "@impure", '', "$module refers to nothing that does";
    is "@upward", '', "$module refers to no kernel module";
}

# A library's symbol that neither floor defines must come from a library below, not from a
# program above: ours all begin with sv_.
for my $object (@pure, @kernel) {
    (my $module = $object) =~ s{.*/(.*)\.o$}{$1};
    my @upward = grep { /^sv_/ && !$owner{$_} } @{$pure_needs{$object} || $kernel_needs{$object}};
    is "@upward", '', "$module refers to no symbol of a program";
}

# And they keep to that name in what they export, so that the rule above means something.
for my $object (@pure, @kernel) {
    my @strange = grep { $owner{$_} eq $object && !/^(?:sv_|_?_?odr_asan)/ } sort keys %owner;
    (my $module = $object) =~ s{.*/(.*)\.o$}{$1};
    is "@strange", '', "$module exports only sv_ names";
}

# The check itself notices: what a kernel module does is not allowed to a pure one.
ok $_ !~ $allowed && $_ !~ $compiler, "$_ would not pass"
    for qw(open read write malloc free time clock_gettime signal getenv __errno_location
           fork printf strerror strdup localtime tain_now stralloc_catb buffer_put);

done_testing;
