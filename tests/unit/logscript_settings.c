/* ISC license. */

/* multilog's script: what the directives before an action make of it. */

#include <sv/logscript.h>

#include "tap.h"

#define ROOM 32

static struct sv_logscript_directive directives[ROOM];
static struct sv_logscript script;

static void parse(char const *const *words)
{
    struct sv_logscript_error error;
    size_t count = 0;

    while (words[count]) count++;
    script = (struct sv_logscript){.directives = directives, .room = ROOM};
    if (sv_logscript_parse(&script, words, count, &error)) return;
    ok(0, "word %zu: %s", error.word, sv_logscript_reason(error.fault));
    exit(done());
}

#define WORDS(...) ((char const *const[]){__VA_ARGS__, NULL})
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define MAX SV_LOGSCRIPT_NUMBER_MAX

static void check_settings(void)
{
    struct sv_logscript_directory directory;

    parse(WORDS("./a", "s5000", "n3", "!gzip", "wgz", "N2", "M9", "l5", "R60", "r7",
                "./b", "!", "n7", "/c", "s1"));
    sv_logscript_settings(&script, 0, &directory);
    is_str(directory.path, "./a", "the first one");
    ok(directory.size == 99999 && directory.files == 10,
       "has the sizes of a script without");
    ok(directory.kept == MAX && directory.total == MAX, "loses nothing for the disk");
    ok(directory.tolerance == 2000 && !directory.age_s && directory.pause_ms == 100,
       "and the usual rest");
    is_str(directory.processor, NULL, "no processor");
    is_str(directory.suffix, "s", "and the usual suffix");
    sv_logscript_settings(&script, 10, &directory);
    is_str(directory.path, "./b", "the second one");
    ok(directory.size == 5000 && directory.files == 3, "has what stands before it");
    ok(directory.kept == 2 && directory.total == 9 && directory.tolerance == 5
           && directory.age_s == 60 && directory.pause_ms == 7,
       "all of it");
    is_str(directory.processor, "gzip", "a processor");
    is_str(directory.suffix, "gz", "and its suffix");
    sv_logscript_settings(&script, 13, &directory);
    is_str(directory.path, "/c", "the third one");
    ok(directory.size == 5000 && directory.files == 7, "has the latest of each");
    is_str(directory.processor, NULL, "and ! alone has ended the processor");
    is_str(directory.suffix, "gz", "but not the suffix");
}

static void check_configured_settings(void)
{
    struct sv_logscript_directory directory;

    parse(WORDS("s5000", "!cat", "\001# x", "\001s6000", "\001n0", "\001N3", "\001t9",
                "\001!", "\001U10.0.0.1", "./a", "n4", "\001s7000", "e", "./b", "\001n5",
                "\001", "\001u10.0.0.1", "/c", "\001s0"));
    sv_logscript_settings(&script, 9, &directory);
    is_str(directory.path, "./a", "the first one");
    ok(directory.size == 6000 && directory.files == MAX, "has its own sizes");
    ok(directory.kept == 3 && directory.age_s == 9, "and more");
    is_str(directory.processor, NULL, "it has ended the processor");
    ok(directory.silent, "and gets no lines");
    sv_logscript_settings(&script, 13, &directory);
    ok(directory.size == 5000 && directory.files == 4, "the next has the script's");
    ok(directory.kept == MAX && !directory.age_s && !directory.silent, "wholly");
    is_str(directory.processor, "cat", "with the processor");
    sv_logscript_settings(&script, 17, &directory);
    ok(directory.size == 5000 && directory.files == 6, "the last one has both");
    ok(!directory.silent, "what is sent as well is written as well");
}

struct stamp_sample {
    char const *words[6]; /* of which the last is an action */
    enum sv_logscript_stamp first;
    enum sv_logscript_stamp then;
};

#define STAMP(name) SV_LOGSCRIPT_STAMP_##name

static struct stamp_sample const stamp_samples[] = {
    {{"e"}, STAMP(NONE), STAMP(NONE)},
    {{"t", "e"}, STAMP(TAI64N), STAMP(TAI64N)},
    {{"T", "e"}, STAMP(SECONDS), STAMP(SECONDS)},
    {{"L", "1"}, STAMP(TAI64N), STAMP(TAI64N)},
    {{"I", "2"}, STAMP(LOCAL), STAMP(LOCAL)},
    {{"d", "=x"}, STAMP(UTC), STAMP(UTC)},
    {{"D", "./x"}, STAMP(UTC_T), STAMP(UTC_T)},
    {{"x", "e"}, STAMP(NONE), STAMP(NONE)},
    {{"-a", "L", "e"}, STAMP(NONE), STAMP(TAI64N)},
    {{"t", "I", "d", "u1.1.1.1"}, STAMP(TAI64N), STAMP(UTC)},
    {{"t", "x", "e"}, STAMP(TAI64N), STAMP(NONE)},
    {{"D", "x", "I", "T", "e"}, STAMP(UTC_T), STAMP(LOCAL)},
    {{"", "t", "e"}, STAMP(NONE), STAMP(NONE)},
    {{"\001L", "\001d", "./x"}, STAMP(NONE), STAMP(NONE)},
};

static void check_stamps(void)
{
    struct sv_logscript_action action;

    for (size_t i = 0; i < COUNT(stamp_samples); i++) {
        struct stamp_sample const *sample = stamp_samples + i;
        parse(sample->words);
        is_int(sv_logscript_first_stamp(&script), sample->first, "stamps %zu: first", i);
        sv_logscript_action(&script, script.count - 1, &action);
        is_int(action.stamp, sample->then, "stamps %zu: of the action", i);
    }
    script.count = 0;
    is_int(sv_logscript_first_stamp(&script), STAMP(NONE), "no words, no stamp");
}

struct action_sample {
    char const *words[8];
    size_t index; /* of the action */
    char const *prefix;
    unsigned int alert_bytes, status_bytes;
};

static struct action_sample const action_samples[] = {
    {{"e"}, 0, "", 200, 1001},
    {{"e", "pa", "E10", "^20"}, 0, "", 200, 1001},
    {{"pa", "E10", "^20", "e"}, 3, "a", 10, 20},
    {{"pa", "E10", "^0", "p", "E1000", "=x"}, 5, "", 1000, 0},
    /* what is configured for one directory belongs to all of it */
    {{"pa", "\001u1.1.1.1", "\001pb", "\001pc", "\001e*", "./x"}, 1, "c", 200, 1001},
    {{"pa", "\001U1.1.1.1", "\001pb", "\001pc", "\001e*", "./x"}, 4, "c", 200, 1001},
    {{"pa", "\001u1.1.1.1", "\001pb", "\001pc", "\001e*", "./x"}, 5, "c", 200, 1001},
    {{"E9", "\001pb", "pa", "\001e*", "./x"}, 3, "a", 9, 1001},
    /* and to it alone */
    {{"pa", "\001pb", "./x", "e"}, 3, "a", 200, 1001},
    {{"pa", "\001pb", "./x", "\001u1.1.1.1", "./y"}, 3, "a", 200, 1001},
    {{"pa", "\001pb", "./x", "\001u1.1.1.1", "./y"}, 4, "a", 200, 1001},
    {{"pa", "\001p", "./x"}, 2, "", 200, 1001},
    /* and means nothing if there is none */
    {{"pa", "\001pb", "e", "./x"}, 2, "a", 200, 1001},
    {{"pa", "\001pb", "e", "./x"}, 3, "a", 200, 1001},
    {{"pa", "\001pb", "\001u1.1.1.1", "e"}, 2, "a", 200, 1001},
    {{"pa", "\001e*", "\001pb"}, 1, "a", 200, 1001},
};

static void check_actions(void)
{
    struct sv_logscript_action action;

    for (size_t i = 0; i < COUNT(action_samples); i++) {
        struct action_sample const *sample = action_samples + i;
        parse(sample->words);
        sv_logscript_action(&script, sample->index, &action);
        is_str(action.prefix, sample->prefix, "action %zu: prefix", i);
        is_int(action.alert_bytes, sample->alert_bytes, "action %zu: of an alert", i);
        is_int(action.status_bytes, sample->status_bytes, "action %zu: of a status", i);
    }
}

struct replacement_sample {
    char const *words[4];
    char const *before;
    char const *after;
};

static struct replacement_sample const replacement_samples[] = {
    {{"c_"}, "a\tb\x80\x7f\x01~ z\n", "a_b___~ z\n"},  /* as svlogd -r _ */
    {{"c_z"}, "a\tb\x80\x7f\x01~ z\n", "a_b___~ _\n"}, /* as svlogd -r _ -R z */
    {{"c__a_"}, "_ab\n", "__b\n"},
    {{"ca\nb"}, "abc\n", "aac\n"},
    {{"c\x01"},
     "\x01\x02"
     "a\n",
     "\x01\x01"
     "a\n"},
    {{"c\xff"},
     "\xff\xfe"
     "a\n",
     "\xff\xff"
     "a\n"},
    {{"c_a", "e", "c_b"}, "abc\t\n", "__c_\n"},
    {{"c_a", "c.b"}, "abc_.\t\n", "_.c_..\n"},
    {{"c_a", "c._"}, "abc_.\t\n", ".bc...\n"},
    {{"cab", "cca"}, "abc\t\n", "cccc\n"},
    {{"cab", "cbc"}, "abc\t\n", "abbb\n"},
};

static void check_replacements(void)
{
    unsigned char table[256] = {1, 2, 3}, untouched[256] = {1, 2, 3};

    parse(WORDS("t", "wc", "\001c_", "./c"));
    ok(!sv_logscript_replacement(&script, table), "no directive, no table");
    is_mem(table, sizeof table, untouched, sizeof untouched, "it is left alone");
    for (size_t i = 0; i < COUNT(replacement_samples); i++) {
        struct replacement_sample const *sample = replacement_samples + i;
        char got[32] = {0};
        parse(sample->words);
        ok(sv_logscript_replacement(&script, table), "replacement %zu", i);
        for (size_t at = 0; sample->before[at]; at++)
            got[at] = (char)table[(unsigned char)sample->before[at]];
        is_str(got, sample->after, "replacement %zu: it replaces these", i);
    }
}

/* What is true of the table of every script whose last REPLACE has this text. */
static int check_table(unsigned char const table[256], char const *last)
{
    unsigned char in_place = (unsigned char)*last;
    int good = expect(table['\n'] == '\n', "a newline stays");

    good &= expect(table[in_place] == in_place, "byte %d stays", in_place);
    for (int byte = 0; byte < 256; byte++) {
        good &= expect(table[table[byte]] == table[byte], "%d becomes %d, that %d", byte,
                       table[byte], table[table[byte]]);
        if (byte == '\n') continue;
        good &= expect(table[byte] != '\n', "%d becomes no newline", byte);
        if (byte < 0x20 || byte > 0x7e || strchr(last, byte))
            good &= expect(table[byte] == in_place, "%d becomes %d", byte, in_place);
    }
    return good;
}

/* Every byte in place of every other. */
static void check_every_replacement(void)
{
    unsigned char table[256];
    int good = 1;

    for (int in_place = 1; in_place < 256; in_place++) {
        if (in_place == '\n') continue;
        for (int other = 1; other < 256; other++) {
            char const word[] = {'c', (char)in_place, (char)other, 0};
            parse(WORDS(word));
            good &= expect(sv_logscript_replacement(&script, table), "a table");
            good &= check_table(table, word + 1);
            for (int byte = ' '; byte < 0x7f; byte++)
                good &= expect(table[byte] == byte || byte == other, "%d stays", byte);
        }
    }
    ok(good, "one directive: what it says, and applied twice no more than once");
}

/* Every three directives that replace some of `abc` by one of them or by a control byte.
 */
static void check_every_combination(void)
{
    enum { LETTERS = 3, TEXTS = (LETTERS + 1) << LETTERS };
    static char const letters[] = {'a', 'b', 'c', '\x02'};
    static char texts[TEXTS][LETTERS + 3];
    unsigned char table[256];
    int good = 1;

    for (int i = 0; i < TEXTS; i++) {
        size_t length = 0;
        texts[i][length++] = 'c';
        texts[i][length++] = letters[i >> LETTERS];
        for (int letter = 0; letter < LETTERS; letter++)
            if (i >> letter & 1) texts[i][length++] = letters[letter];
    }
    for (int i = 0; i < TEXTS * TEXTS * TEXTS; i++) {
        char const *last = texts[i % TEXTS];
        parse(WORDS(texts[i / TEXTS / TEXTS], texts[i / TEXTS % TEXTS], last));
        good &= expect(sv_logscript_replacement(&script, table), "a table");
        good &= check_table(table, last + 1);
    }
    ok(good, "three directives: the last one holds, and applied twice no more than once");
}

int main(void)
{
    check_settings();
    check_configured_settings();
    check_stamps();
    check_actions();
    check_replacements();
    check_every_replacement();
    check_every_combination();
    return done();
}
