/* ISC license. */

/* multilog's script: every directive, its bounds, its place, and what means nothing. */

#include <sv/logscript.h>

#include "tap.h"

#define ROOM 16

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
    {"+", KIND(SELECT), ""},
    {"+*foo*", KIND(SELECT), "*foo*"},
    {"-*", KIND(DESELECT), "*"},
    {"--x", KIND(DESELECT), "-x"},
    {"F", KIND(FNMATCH), "F"},
    {"S", KIND(SIMPLE), "S"},
    {"e", KIND(ALERT), "e"},
    {"else", KIND(ALERT), "else"},
    {"=st/atus", KIND(STATUS), "st/atus"},
    {"!gzip -9", KIND(PROCESSOR), "gzip -9"},
    {"!", KIND(PROCESSOR), ""},
    {"wgz", KIND(SUFFIX), "gz"},
    {"./log", KIND(DIRECTORY), "./log"},
    {"/var/log/x", KIND(DIRECTORY), "/var/log/x"},
    {".", KIND(DIRECTORY), "."},
    {"", KIND(IGNORED), ""},
    {"log", KIND(IGNORED), "log"},
    {"E200", KIND(IGNORED), "E200"},
    {"N3", KIND(IGNORED), "N3"},
    {"\xff", KIND(IGNORED), "\xff"},
};

static void check_samples(void)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct sample const *sample = samples + i;
        struct sv_logscript_directive const *found = one(sample->word, 0);
        is_int(found->kind, sample->first, "\"%s\" as the first word", sample->word);
        is_str(found->text, sample->text, "and its text");
        is_int(one(sample->word, 2)->kind, sample->later, "\"%s\" as a later one",
               sample->word);
    }
}

/* Every other first letter is ignored, wherever it stands. */
static void check_letters(void)
{
    static char const known[] = "tT+-FSe=sn!w./";
    int good = 1;
    for (int letter = 1; letter < 256; letter++) {
        char const word[] = {(char)letter, 'x', 0};
        char const *words[] = {word, word, NULL};
        int means = strchr(known, letter) != NULL;
        good &= expect(parse(words), "letter %d", letter);
        good &= expect((directives[0].kind != IGNORED) == means, "letter %d means %d",
                       letter, means);
    }
    ok(good, "14 letters mean something, the other 241 are ignored");
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
    {"s9223372036854775807", 9223372036854775807u, 0},
    {"s9223372036854775808", 9223372036854775807u, 1},
    {"s18446744073709551617", 9223372036854775807u, 1},
    {"s99999999999999999999999999999", 9223372036854775807u, 1},
    {"n10", 10, 0},
    {"n2", 2, 0},
    {"n1", 2, 1},
    {"n", 2, 1},
    {"n3 ", 3, 1},
    {"n123456789012", 123456789012, 0},
};

static void check_numbers(void)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct number const *number = numbers + i;
        struct sv_logscript_directive const *found = one(number->word, 1);
        is_int(found->kind, *number->word == 's' ? SV_LOGSCRIPT_SIZE : SV_LOGSCRIPT_FILES,
               "\"%s\"", number->word);
        ok(found->number == number->number, "\"%s\" is %llu", number->word,
           (unsigned long long)number->number);
        is_int(found->doubtful, number->doubtful, "\"%s\" is %s", number->word,
               number->doubtful ? "doubtful" : "what it says");
    }
}

static void check_patterns(void)
{
    ok(parse(WORDS("-a", "F", "-b", "e", "+c", "S", "-d", "F", "F", "+e")), "F and S");
    is_int(directives[0].glob, 0, "patterns are simple to begin with");
    is_int(directives[2].glob, 1, "after F they are not");
    is_int(directives[3].glob, 0, "which is a matter of patterns only");
    is_int(directives[4].glob, 1, "and holds on");
    is_int(directives[6].glob, 0, "until S");
    is_int(directives[9].glob, 1, "and another F");
}

static void check_settings(void)
{
    struct sv_logscript_directory directory;

    ok(parse(WORDS("./a", "s5000", "n3", "!gzip", "wgz", "./b", "!", "n7", "/c", "s1")),
       "three directories");
    sv_logscript_settings(&script, 0, &directory);
    is_str(directory.path, "./a", "the first one");
    ok(directory.size == 99999 && directory.files == 10,
       "has the sizes of a script without");
    is_str(directory.processor, NULL, "no processor");
    is_str(directory.suffix, "s", "and the usual suffix");
    sv_logscript_settings(&script, 5, &directory);
    is_str(directory.path, "./b", "the second one");
    ok(directory.size == 5000 && directory.files == 3, "has what stands before it");
    is_str(directory.processor, "gzip", "a processor");
    is_str(directory.suffix, "gz", "and its suffix");
    sv_logscript_settings(&script, 8, &directory);
    is_str(directory.path, "/c", "the third one");
    ok(directory.size == 5000 && directory.files == 7, "has the latest of each");
    is_str(directory.processor, NULL, "and ! alone has ended the processor");
    is_str(directory.suffix, "gz", "but not the suffix");
}

static void check_faults(void)
{
    char suffix[SV_LOGSCRIPT_SUFFIX_MAX + 3];
    char const *words[] = {"e", suffix, NULL};

    ok(!parse(WORDS("t", "./x", "wa/b", "wc/d")), "a suffix with a slash is refused");
    is_int(error.word, 2, "it is the third word");
    is_str(sv_logscript_reason(error.fault), "a suffix may not contain a slash",
           "and says so");

    memset(suffix, 'w', sizeof suffix);
    suffix[SV_LOGSCRIPT_SUFFIX_MAX + 1] = 0;
    ok(parse(words), "a suffix of %d bytes is one", SV_LOGSCRIPT_SUFFIX_MAX);
    suffix[SV_LOGSCRIPT_SUFFIX_MAX + 1] = 'w';
    suffix[SV_LOGSCRIPT_SUFFIX_MAX + 2] = 0;
    ok(!parse(words), "one of %d is not", SV_LOGSCRIPT_SUFFIX_MAX + 1);
    is_int(error.word, 1, "it is the second word");
    is_str(sv_logscript_reason(error.fault), "suffix too long", "and says so");

    script = (struct sv_logscript){.directives = directives, .room = 1};
    ok(!sv_logscript_parse(&script, WORDS("e", "e"), 2, &error),
       "storage for one, two words");
    ok(error.word == 1 && error.fault == SV_LOGSCRIPT_TOO_MANY, "the second is too many");
    script = (struct sv_logscript){0};
    ok(sv_logscript_parse(&script, NULL, 0, &error) && !script.count,
       "no words are a script");
}

int main(void)
{
    check_samples();
    check_letters();
    check_numbers();
    check_patterns();
    check_settings();
    check_faults();
    return done();
}
