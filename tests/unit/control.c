/* ISC license. */

#include <signal.h>

#include <sv/control.h>

#include "tap.h"

/* daemontools' and daemontools-encore's texts, word by word: svc prints them, programs
 * see them. */
#define USAGE_DJB \
    "u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t " \
    "term, k kill"
#define USAGE_ENCORE \
    "+ kill process group, = kill parent process, L kill log, l kill main, " USAGE_DJB \
    ", q quit, 1 SIGUSR1, 2 SIGUSR2, w SIGWINCH"

static void usage_text(char *text, enum sv_dialect highest)
{
    *text = 0;
    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++) {
        struct sv_command_word const *word = &sv_control_words[kind];
        if (word->dialect > highest) continue;
        sprintf(text + strlen(text), "%s%c %s", *text ? ", " : "", word->byte,
                word->meaning);
    }
}

static void the_list(void)
{
    char text[2048];
    unsigned char seen[256] = {0};

    usage_text(text, SV_DIALECT_DJB);
    is_str(text, USAGE_DJB, "the list gives djb's usage text");
    usage_text(text, SV_DIALECT_ENCORE);
    is_str(text, USAGE_ENCORE, "the list gives encore's usage text");

    int distinct = 1, plain = 1, found = 1;
    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++) {
        unsigned char byte = sv_control_words[kind].byte;
        distinct &= !seen[byte]++;
        plain &= byte > ' ' && byte < 0x7F;
        found &= sv_control_find(byte) == kind
                 && sv_control_find_option(sv_control_words[kind].option) == kind;
    }
    ok(distinct, "no two commands share a byte");
    ok(plain, "each byte can be typed, so none can be part of a mark");
    ok(found, "each command is found by its byte and by its option");
    for (unsigned int byte = 0; byte < 256; byte++)
        if (!seen[byte])
            expect(sv_control_find((unsigned char)byte) == SV_COMMAND_COUNT,
                   "byte %u is no command", byte);
    is_int(sv_control_find_option("u"), SV_COMMAND_COUNT, "a letter is no long option");
    is_int(sv_control_find_option(""), SV_COMMAND_COUNT, "the empty option is none");
}

static void signals(void)
{
    static struct {
        char byte;
        int signal;
    } const sent[] = {{'p', SIGSTOP},  {'c', SIGCONT}, {'h', SIGHUP},   {'a', SIGALRM},
                      {'i', SIGINT},   {'t', SIGTERM}, {'k', SIGKILL},  {'q', SIGQUIT},
                      {'1', SIGUSR1},  {'2', SIGUSR2}, {'w', SIGWINCH}, {'b', SIGABRT},
                      {'y', SIGWINCH}, {'P', SIGSTOP}, {'C', SIGCONT},  {'K', SIGKILL}};
    unsigned int count = 0;

    for (unsigned int i = 0; i < sizeof sent / sizeof *sent; i++)
        is_int(sv_control_signal(sv_control_find((unsigned char)sent[i].byte)),
               sent[i].signal, "%c sends signal %d", sent[i].byte, sent[i].signal);
    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++)
        count += sv_control_signal((enum sv_command_kind)kind) != 0;
    is_int(count, sizeof sent / sizeof *sent, "no other command just sends a signal");
}

/*
 * Decodes `length` bytes as one batch. Writes a line for each command: its letter, with
 * '+' if it goes to the group, 'L' if to the log, and @uid if that is known.
 */
static char const *decoded(struct sv_control *control, void const *bytes, size_t length)
{
    static char text[4096];
    unsigned char const *byte = bytes;
    struct sv_command command;

    *text = 0;
    for (size_t i = 0; i < length; i++) {
        memset(&command, 0xAA, sizeof command);
        if (!sv_control_decode(control, byte[i], &command)) continue;
        char *end = text + strlen(text);
        end += sprintf(end, "%s%s%s%c", *text ? " " : "", command.to_group ? "+" : "",
                       command.to_log ? "L" : "", sv_control_words[command.kind].byte);
        if (command.uid != SV_CONTROL_UID_UNKNOWN) sprintf(end, "@%u", command.uid);
    }
    sv_control_end_batch(control);
    return text;
}

#define DECODED(control, text) decoded(control, text, sizeof text - 1)

static void letters(void)
{
    struct sv_control control = {0};

    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++) {
        unsigned char byte = sv_control_words[kind].byte;
        char const *always = strchr("PCK", byte) ? "+" : "";
        char want[8];
        sprintf(want, "%s%c", always, byte);
        if (strchr("+=Ll", byte)) *want = 0;
        is_str(decoded(&control, &byte, 1), want, "%c alone gives \"%s\"", byte, want);
    }
    is_str(DECODED(&control, "dx"), "d x", "two letters are two commands");
    is_str(DECODED(&control, "ldlx"), "d x",
           "a leading l selects what is selected anyway");
    is_str(DECODED(&control, "u?zZ\n\r 9~mj"), "u", "what nobody knows is ignored");
    is_str(DECODED(&control, ""), "", "nothing gives nothing");
}

static void modifiers(void)
{
    struct sv_control control = {0};

    is_str(DECODED(&control, "t+tk=t"), "t +t +k t", "+ holds until =");
    is_str(DECODED(&control, "Lolox"), "Lo o x", "-Lolox is for the log, then for main");
    is_str(DECODED(&control, "L+kl="), "+Lk", "log and group are independent");
    is_str(DECODED(&control, "L+"), "", "modifiers alone do nothing ...");
    is_str(DECODED(&control, "t"), "t", "... and are forgotten with their batch");
    is_str(DECODED(&control, "=P"), "+P", "P is for the group in any case");
}

static void marks(void)
{
    static uint32_t const uids[] = {0, 1, 127, 128, 1000, 65534, 2000000, UINT32_MAX - 1};
    unsigned char bytes[SV_CONTROL_MARK + 2 * SV_CONTROL_MARK_COVERS];

    for (unsigned int i = 0; i < sizeof uids / sizeof *uids; i++) {
        int covered = 1, high = 1;
        for (unsigned int covers = 1; covers <= SV_CONTROL_MARK_COVERS; covers++) {
            struct sv_control control = {0};
            sv_control_mark(bytes, covers, uids[i]);
            for (unsigned int j = 0; j < SV_CONTROL_MARK; j++) high &= bytes[j] >= 0x80;
            memset(bytes + SV_CONTROL_MARK, 't', covers + 3);
            for (unsigned int j = 0; j < SV_CONTROL_MARK + covers + 3; j++) {
                struct sv_command command;
                int got = sv_control_decode(&control, bytes[j], &command);
                covered &= got == (j >= SV_CONTROL_MARK);
                if (!got) continue;
                int inside = j < SV_CONTROL_MARK + covers;
                covered &= command.uid == (inside ? uids[i] : SV_CONTROL_UID_UNKNOWN);
            }
        }
        ok(covered, "a mark of uid %u names it for as many bytes as it says", uids[i]);
        ok(high, "and has the high bit in each of its bytes");
    }
}

static void marks_in_company(void)
{
    struct sv_control control = {0};
    unsigned char bytes[64], mark[SV_CONTROL_MARK];

    sv_control_mark(bytes, 4, 7);
    memcpy(bytes + SV_CONTROL_MARK, "l+?tk", 5);
    is_str(decoded(&control, bytes, SV_CONTROL_MARK + 5), "+t@7 k",
           "modifiers and unknown bytes count among the bytes it covers");

    sv_control_mark(bytes, 2, 7);
    memcpy(bytes + SV_CONTROL_MARK, "u", 1);
    sv_control_mark(bytes + SV_CONTROL_MARK + 1, 1, 8);
    memcpy(bytes + 2 * SV_CONTROL_MARK + 1, "dt", 2);
    is_str(decoded(&control, bytes, 2 * SV_CONTROL_MARK + 3), "u@7 d@8 t",
           "a new mark replaces the old one");

    memcpy(bytes, "+L", 2);
    sv_control_mark(bytes + 2, 2, 7);
    memcpy(bytes + 2 + SV_CONTROL_MARK, "+tk", 3);
    is_str(decoded(&control, bytes, 2 + SV_CONTROL_MARK + 3), "+t@7 k",
           "what a mark speaks for is a batch of its own, before and after");

    sv_control_mark(mark, 2, 7);
    is_str(decoded(&control, mark, 4), "", "half a mark is no command");
    is_str(decoded(&control, mark + 4, 2), "",
           "nor is its other half, in the next batch");
    is_str(DECODED(&control, "ud"), "u@7 d@7", "and it counts for the batch after it");

    decoded(&control, mark, 4);
    is_str(DECODED(&control, "udx"), "u d x", "a mark that never ends speaks for nobody");

    is_str(DECODED(&control, "\x81\xFFu\x80\x85"
                             "d\xE0\x81\x82\x83\x84\x85x"),
           "u d x", "stray bytes with the high bit, and a mark for no byte, are skipped");
    is_str(DECODED(&control, "\xE1\xFF\xFF\xFF\xFF\xFFu"), "u",
           "a uid of more than 32 bits is nobody's");
}

/* The tokens of the commands in bytes[0..length - 1], "udx" as "0 7 7". */
static char const *tokens_of(unsigned char const *bytes, size_t length)
{
    static char text[256];
    struct sv_control control = {0};
    struct sv_command command;

    *text = 0;
    for (size_t i = 0; i < length; i++)
        if (sv_control_decode(&control, bytes[i], &command))
            sprintf(text + strlen(text), "%s%u", *text ? " " : "", command.token);
    return text;
}

static void tokens(void)
{
    unsigned char bytes[64];
    size_t const start = SV_CONTROL_TOKEN + SV_CONTROL_MARK;

    sv_control_token(bytes, 4000000000u);
    sv_control_mark(bytes + SV_CONTROL_TOKEN, 2, 7);
    memcpy(bytes + start, "udx", 3);
    is_str(tokens_of(bytes, start + 3), "4000000000 4000000000 0",
           "a token goes with what its mark speaks for");
    memmove(bytes + SV_CONTROL_TOKEN + 1, bytes + SV_CONTROL_TOKEN, SV_CONTROL_MARK + 3);
    bytes[SV_CONTROL_TOKEN] = 'u';
    is_str(tokens_of(bytes, start + 4), "0 0 0 0", "but only with the next mark");
    sv_control_token(bytes, 5);
    sv_control_token(bytes + SV_CONTROL_TOKEN, 6);
    sv_control_mark(bytes + 2 * SV_CONTROL_TOKEN, 1, 7);
    sv_control_mark(bytes + 3 * SV_CONTROL_TOKEN + 1, 1, 7);
    bytes[3 * SV_CONTROL_TOKEN] = 'u';
    bytes[4 * SV_CONTROL_TOKEN + 1] = 'd';
    is_str(tokens_of(bytes, 4 * SV_CONTROL_TOKEN + 2), "6 0",
           "the last token counts, for one mark");
}

static void scripts(void)
{
    static struct {
        char byte;
        char const *letters;
    } const more[] = {{'u', "u"},  {'U', "u"},  {'o', "u"},  {'Q', "u"}, {'d', "td"},
                      {'D', "td"}, {'r', "td"}, {'x', "tx"}, {'R', "R"}, {'P', "p"},
                      {'C', "c"},  {'K', "k"},  {'y', "w"},  {'O', ""},  {'T', ""},
                      {'E', ""},   {'+', ""},   {'=', ""},   {'L', ""},  {'l', ""}};
    unsigned int own = 0;

    for (unsigned int i = 0; i < sizeof more / sizeof *more; i++)
        is_str(sv_control_scripts(sv_control_find((unsigned char)more[i].byte)),
               more[i].letters, "the scripts of %c", more[i].byte);
    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++) {
        char const *letters = sv_control_scripts((enum sv_command_kind)kind);
        own += letters[0] == (char)sv_control_words[kind].byte && !letters[1];
    }
    is_int(own, SV_COMMAND_COUNT + 2 - sizeof more / sizeof *more,
           "every other command has its own");
}

int main(void)
{
    the_list();
    signals();
    scripts();
    letters();
    modifiers();
    marks();
    marks_in_company();
    tokens();
    return done();
}
