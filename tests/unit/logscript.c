/* ISC license. */

/* multilog's script: every directive, its bounds, its place, and what means nothing. */

#include <sv/logscript.h>

#include "tap.h"

#define ROOM 32

static struct sv_logscript_directive directives[ROOM];
static struct sv_logscript script;
static struct sv_logscript_error error;

static size_t count_words(char const *const *words)
{
    size_t count = 0;
    while (words[count]) count++;
    return count;
}

#define WORDS(...) ((char const *const[]){__VA_ARGS__, NULL})
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define MAX SV_LOGSCRIPT_NUMBER_MAX

static int parse(char const *const *words)
{
    script = (struct sv_logscript){.directives = directives, .room = ROOM};
    return sv_logscript_parse(&script, words, count_words(words), &error);
}

/* The one directive that `word` makes when it stands at place `place`. */
static struct sv_logscript_directive const *one(char const *word, size_t place)
{
    char const *words[] = {"", "", "", NULL};
    words[place] = word;
    ok(parse(words), "\"%s\" is a script", word);
    is_int(script.count, 3, "each word is a directive");
    is_int(directives[place].word, place, "which knows its word");
    return directives + place;
}

struct sample {
    char const *word;
    enum sv_logscript_kind first; /* what it is as the first word */
    enum sv_logscript_kind later;
    char const *text;
};

#define IGNORED SV_LOGSCRIPT_IGNORED
#define KIND(name) SV_LOGSCRIPT_##name, SV_LOGSCRIPT_##name

static struct sample const samples[] = {
    {"t", SV_LOGSCRIPT_TAI64N, IGNORED, "t"},
    {"tell", SV_LOGSCRIPT_TAI64N, IGNORED, "tell"},
    {"T", SV_LOGSCRIPT_SECONDS, IGNORED, "T"},
    {"L", KIND(LABEL), "L"},
    {"I", KIND(LOCAL), "I"},
    {"d", KIND(UTC), "d"},
    {"D", KIND(UTC_T), "D"},
    {"x", KIND(NO_STAMP), "x"},
    {"+", KIND(SELECT), ""},
    {"+*foo*", KIND(SELECT), "*foo*"},
    {"-*", KIND(DESELECT), "*"},
    {"--x", KIND(DESELECT), "-x"},
    {"f", KIND(REST), "f"},
    {"S", KIND(SIMPLE), "S"},
    {"F", KIND(FNMATCH), "F"},
    {"X", KIND(REGEX), "X"},
    {"V", KIND(PLUS), "V"},
    {"e", KIND(ALERT), "e"},
    {"else", KIND(ALERT), "else"},
    {"2", KIND(ALERT_NAMED), "2"},
    {"1", KIND(PRINT), "1"},
    {"=st/atus", KIND(STATUS), "st/atus"},
    {"u127.0.0.1", KIND(SEND), "127.0.0.1"},
    {"u127.0.0.1:5514", KIND(SEND), "127.0.0.1:5514"},
    {"u[::1]", KIND(SEND), "[::1]"},
    {"u[fe80::1]:65535", KIND(SEND), "[fe80::1]:65535"},
    {"./log", KIND(DIRECTORY), "./log"},
    {"/var/log/x", KIND(DIRECTORY), "/var/log/x"},
    {".", KIND(DIRECTORY), "."},
    {"E200", KIND(ALERT_BYTES), "E200"},
    {"^0", KIND(STATUS_BYTES), "^0"},
    {"phost: ", KIND(PREFIX), "host: "},
    {"p", KIND(PREFIX), ""},
    {"s5000", KIND(SIZE), "s5000"},
    {"n5", KIND(FILES), "n5"},
    {"N3", KIND(KEPT), "N3"},
    {"M1000000", KIND(TOTAL), "M1000000"},
    {"l0", KIND(TOLERANCE), "l0"},
    {"R3600", KIND(AGE), "R3600"},
    {"r50", KIND(PAUSE), "r50"},
    {"!gzip -9", KIND(PROCESSOR), "gzip -9"},
    {"?gzip -9", KIND(PROCESSOR), "gzip -9"},
    {"!", KIND(PROCESSOR), ""},
    {"wgz", KIND(SUFFIX), "gz"},
    {"c_ab", KIND(REPLACE), "_ab"},
    {"i", KIND(STAY), "i"},
    {"g3", KIND(READY), "g3"},
    {"", KIND(IGNORED), ""},
    {"log", KIND(TOLERANCE), "log"},
    {"k", KIND(IGNORED), "k"},
    {"U127.0.0.1", KIND(IGNORED), "U127.0.0.1"},
    {"\xff", KIND(IGNORED), "\xff"},
    {"\001s9999", KIND(SIZE), "\001s9999"},
    {"\001n9", KIND(FILES), "\001n9"},
    {"\001N0", KIND(KEPT), "\001N0"},
    {"\001t60", KIND(AGE), "\001t60"},
    {"\001!cat", KIND(PROCESSOR), "cat"},
    {"\001u10.0.0.1:514", KIND(SEND), "10.0.0.1:514"},
    {"\001U10.0.0.1", KIND(SEND_ONLY), "10.0.0.1"},
    {"\001pweb: ", KIND(PREFIX), "web: "},
    {"\001-a*", KIND(DESELECT), "a*"},
    {"\001+b*", KIND(SELECT), "b*"},
    {"\001e*error*", KIND(COMPLAIN), "*error*"},
    {"\001E*terror*", KIND(EXCUSE), "*terror*"},
    {"\001", KIND(IGNORED), "\001"},
    {"\001# comment", KIND(IGNORED), "\001# comment"},
    {"\001\001s9999", KIND(IGNORED), "\001\001s9999"},
    {"\001./log", KIND(IGNORED), "\001./log"},
};

static void check_samples(void)
{
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct sample const *sample = samples + i;
        struct sv_logscript_directive const *found = one(sample->word, 0);
        is_int(found->kind, sample->first, "\"%s\" as the first word", sample->word);
        is_str(found->text, sample->text, "and its text");
        is_int(found->configured, *sample->word == 1, "and whether it is configured");
        is_int(one(sample->word, 2)->kind, sample->later, "\"%s\" as a later one",
               sample->word);
    }
}

/* Every other first letter is ignored, wherever it stands. */
static void check_letters(void)
{
    static char const known[] = "tTLIdDx+-fSFXVe21=u./E^psnNMlRr!?wcig";
    static char const configured[] = "snNt!uUp-+eE";
    int good = 1;
    for (int letter = 1; letter < 256; letter++) {
        char const word[] = {(char)letter, '1', '.', '1', '.', '1', '.', '1', 0};
        char const line[] = {1, (char)letter, '1', '.', '1', '.', '1', '.', '1', 0};
        int means = strchr(known, letter) != NULL;
        good &= expect(parse(WORDS(word, line, "", word)), "letter %d", letter);
        good &= expect((directives[0].kind != IGNORED) == means, "letter %d means %d",
                       letter, means);
        good &= expect((directives[3].kind != IGNORED)
                           == (means && letter != 't' && letter != 'T'),
                       "later letter %d", letter);
        means = strchr(configured, letter) != NULL;
        good &= expect((directives[1].kind != IGNORED) == means,
                       "configured letter %d means %d", letter, means);
    }
    ok(good, "37 letters mean something, 12 in a configuration, the others are ignored");
}

struct number {
    char const *word;
    uint64_t number;
    int doubtful;
};

static struct number const numbers[] = {
    {"s4096", 4096, 0},
    {"s4095", 4096, 1},
    {"s0", 4096, 1},
    {"s", 4096, 1},
    {"sbig", 4096, 1},
    {"s-5", 4096, 1},
    {"s5000k", 5000, 1},
    {"s 9999", 4096, 1},
    {"s16777215", 16777215, 0},
    {"s16777216", 16777216, 0},
    {"s2147483648", 2147483648, 0},
    {"s0000000000000000000000005000", 5000, 0},
    {"s9223372036854775807", MAX, 0},
    {"s9223372036854775808", MAX, 1},
    {"s18446744073709551617", MAX, 1},
    {"s99999999999999999999999999999", MAX, 1},
    {"n10", 10, 0},
    {"n2", 2, 0},
    {"n1", 2, 1},
    {"n", 2, 1},
    {"n3 ", 3, 1},
    {"n123456789012", 123456789012, 0},
    {"N0", 0, 0},
    {"N", 0, 1},
    {"N9223372036854775808", MAX, 1},
    {"M0", 0, 0},
    {"M9223372036854775807", MAX, 0},
    {"M9223372036854775808", MAX, 1},
    {"l0", 0, 0},
    {"l2000", 2000, 0},
    {"l2001", 2000, 1},
    {"R0", 0, 0},
    {"R1000000000", 1000000000, 0},
    {"R1000000001", 1000000000, 1},
    {"R1h", 1, 1},
    {"r0", 1, 1},
    {"r1", 1, 0},
    {"r3600000", 3600000, 0},
    {"r3600001", 3600000, 1},
    {"E0", 0, 0},
    {"E1000", 1000, 0},
    {"E1001", 1000, 1},
    {"^0", 0, 0},
    {"^1001", 1001, 0},
    {"^1002", 1001, 1},
    {"g0", 0, 0},
    {"g1048575", 1048575, 0},
    {"g1048576", 1048575, 1},
    {"g", 0, 1},
    {"\001s0", MAX, 0},
    {"\001s", MAX, 1},
    {"\001s1", 4096, 1},
    {"\001s4096", 4096, 0},
    {"\001s3k", 4096, 1},
    {"\001s4k", 4096, 0},
    {"\001s1m", 1048576, 0},
    {"\001s1mb", 1048576, 1},
    {"\001s1h", 4096, 1},
    {"\001s0k", MAX, 0},
    {"\001s9007199254740991k", 9223372036854774784, 0},
    {"\001s9007199254740992k", MAX, 1},
    {"\001n0", MAX, 0},
    {"\001n", MAX, 1},
    {"\001n1", 2, 0},
    {"\001n10", 11, 0},
    {"\001n10k", 11, 1},
    {"\001n9223372036854775806", MAX, 0},
    {"\001n9223372036854775807", MAX, 1},
    {"\001n99999999999999999999", MAX, 1},
    {"\001N0", 0, 0},
    {"\001N5", 5, 0},
    {"\001t0", 0, 0},
    {"\001t90", 90, 0},
    {"\001t5m", 300, 0},
    {"\001t2h", 7200, 0},
    {"\001t2d", 2, 1},
    {"\001t1000000h", 1000000000, 1},
};

static void check_numbers(void)
{
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct number const *number = numbers + i;
        struct sv_logscript_directive const *found = one(number->word, 1);
        ok(found->number == number->number, "\"%s\" is %llu", number->word,
           (unsigned long long)number->number);
        is_int(found->doubtful, number->doubtful, "\"%s\" is %s", number->word,
               number->doubtful ? "doubtful" : "what it says");
    }
}

static void check_patterns(void)
{
    ok(parse(WORDS("-a", "F", "-b", "e", "+c", "S", "-d", "F", "F", "+e", "X", "-f",
                   "\001-g", "\001+h", "\001e", "\001E", "./i", "-j", "V", "+k")),
       "four kinds of patterns");
    is_int(directives[0].matcher, SV_LOGSCRIPT_MATCH_SIMPLE, "simple to begin with");
    is_int(directives[2].matcher, SV_LOGSCRIPT_MATCH_FNMATCH, "after F they are not");
    is_int(directives[3].matcher, SV_LOGSCRIPT_MATCH_SIMPLE, "a matter of patterns only");
    is_int(directives[4].matcher, SV_LOGSCRIPT_MATCH_FNMATCH, "and holds on");
    is_int(directives[6].matcher, SV_LOGSCRIPT_MATCH_SIMPLE, "until S");
    is_int(directives[9].matcher, SV_LOGSCRIPT_MATCH_FNMATCH, "and another F");
    is_int(directives[11].matcher, SV_LOGSCRIPT_MATCH_REGEX, "and X");
    for (size_t i = 12; i < 16; i++)
        is_int(directives[i].matcher, SV_LOGSCRIPT_MATCH_PLUS,
               "configured ones are PLUS");
    is_int(directives[17].matcher, SV_LOGSCRIPT_MATCH_REGEX, "the script's go on behind");
    is_int(directives[19].matcher, SV_LOGSCRIPT_MATCH_PLUS, "and V");
}

struct bad {
    char const *word;
    enum sv_logscript_fault fault;
};

static struct bad const bad_words[] = {
    {"wa/b", SV_LOGSCRIPT_SUFFIX_SLASH},
    {"pa\nb", SV_LOGSCRIPT_PREFIX_NEWLINE},
    {"\001p\n", SV_LOGSCRIPT_PREFIX_NEWLINE},
    {"c", SV_LOGSCRIPT_REPLACE_WHAT},
    {"c\n", SV_LOGSCRIPT_REPLACE_LINE},
    {"u", SV_LOGSCRIPT_ADDRESS},
    {"ulocalhost", SV_LOGSCRIPT_ADDRESS},
    {"u1.2.3", SV_LOGSCRIPT_ADDRESS},
    {"u1.2.3.256", SV_LOGSCRIPT_ADDRESS},
    {"u1.2.3.4:0", SV_LOGSCRIPT_ADDRESS},
    {"u1.2.3.4:65536", SV_LOGSCRIPT_ADDRESS},
    {"u1.2.3.4 ", SV_LOGSCRIPT_ADDRESS},
    {"u::1", SV_LOGSCRIPT_ADDRESS},
    {"u[::1", SV_LOGSCRIPT_ADDRESS},
    {"\001u", SV_LOGSCRIPT_ADDRESS},
    {"\001u10.0.0.1:syslog", SV_LOGSCRIPT_ADDRESS},
    {"\001U10.0.0", SV_LOGSCRIPT_ADDRESS},
};

static void check_faults(void)
{
    for (size_t i = 0; i < COUNT(bad_words); i++) {
        ok(!parse(WORDS("t", "e", bad_words[i].word, "c")), "bad word %zu is refused", i);
        is_int(error.word, 2, "it is the third word");
        is_int(error.fault, bad_words[i].fault, "for this reason");
    }
    script = (struct sv_logscript){.directives = directives, .room = 1};
    ok(!sv_logscript_parse(&script, WORDS("e", "e"), 2, &error),
       "storage for one, two words");
    ok(error.word == 1 && error.fault == SV_LOGSCRIPT_TOO_MANY, "the second is too many");
    script = (struct sv_logscript){0};
    ok(sv_logscript_parse(&script, NULL, 0, &error) && !script.count,
       "no words are a script");
}

/* A word of `length` bytes that begins with `begin`. */
static char const *long_word(char const *begin, size_t length)
{
    static char word[1024];

    memset(word, 'x', length);
    word[length] = 0;
    memcpy(word, begin, strlen(begin));
    return word;
}

static void check_lengths(void)
{
    ok(parse(WORDS("e", long_word("w", 1 + SV_LOGSCRIPT_SUFFIX_MAX))),
       "a suffix of %d bytes is one", SV_LOGSCRIPT_SUFFIX_MAX);
    ok(!parse(WORDS("e", long_word("w", 2 + SV_LOGSCRIPT_SUFFIX_MAX))),
       "a longer one not");
    ok(error.word == 1 && error.fault == SV_LOGSCRIPT_SUFFIX_LONG, "for its length");
    ok(parse(WORDS("e", long_word("p", 1 + SV_LOGSCRIPT_PREFIX_MAX))),
       "a prefix of %d bytes is one", SV_LOGSCRIPT_PREFIX_MAX);
    ok(!parse(WORDS("e", long_word("p", 2 + SV_LOGSCRIPT_PREFIX_MAX))),
       "a longer one not");
    ok(error.word == 1 && error.fault == SV_LOGSCRIPT_PREFIX_LONG, "for its length");
    ok(parse(WORDS("e", long_word("\001p", 2 + SV_LOGSCRIPT_PREFIX_MAX))),
       "a configured one may be as long");
    ok(!parse(WORDS("e", long_word("\001p", 3 + SV_LOGSCRIPT_PREFIX_MAX))), "not longer");
}

/* The reasons are said to people: this is all of them. */
static void check_reasons(void)
{
    static struct bad const reasons[] = {
        {"too many directives", SV_LOGSCRIPT_TOO_MANY},
        {"a suffix may not contain a slash", SV_LOGSCRIPT_SUFFIX_SLASH},
        {"suffix too long", SV_LOGSCRIPT_SUFFIX_LONG},
        {"prefix too long", SV_LOGSCRIPT_PREFIX_LONG},
        {"a prefix may not contain a newline", SV_LOGSCRIPT_PREFIX_NEWLINE},
        {"it does not say which byte to put in place of others",
         SV_LOGSCRIPT_REPLACE_WHAT},
        {"a newline cannot be put in place of other bytes", SV_LOGSCRIPT_REPLACE_LINE},
        {"not an address: A.B.C.D, A.B.C.D:PORT or [V6]:PORT", SV_LOGSCRIPT_ADDRESS},
    };

    for (size_t i = 0; i < COUNT(reasons); i++)
        is_str(sv_logscript_reason(reasons[i].fault), reasons[i].word, "reason %zu", i);
}

int main(void)
{
    check_samples();
    check_letters();
    check_numbers();
    check_patterns();
    check_faults();
    check_lengths();
    check_reasons();
    return done();
}
