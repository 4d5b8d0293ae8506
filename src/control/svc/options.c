/* ISC license. */

/*
 * The command line. Which letters there are, as short options, as long ones and in the
 * usage text, comes from SV_COMMANDS, what can be waited for from SV_GOALS.
 */

#include <string.h>
#include <unistd.h>

#include <skalibs/buffer.h>

#include <sv/about.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/personality.h>
#include <sv/timeout.h>

#include "svc.h"

#define HELP "usage: svc [-LETTERS] [--OPTION]... [service...]"

enum {
    OPTION_STRICT = SV_OPTION_LONG + SV_COMMAND_COUNT,
    OPTION_WAIT,
    OPTION_TIMEOUT,
    OPTION_WITH_NEEDS,
    OPTION_WITH_DEPENDENTS,
    OPTION_HELP,
    OPTION_VERSION
};

static struct sv_option_word const words[] = {
#define SVC_WORD(name, byte, dialect, option, meaning) \
    {option, SV_OPTION_LONG + SV_COMMAND_##name, SV_OPTION_NONE},
    SV_COMMANDS(SVC_WORD)
#undef SVC_WORD
        {"strict", OPTION_STRICT, SV_OPTION_NONE},
    {"wait", OPTION_WAIT, SV_OPTION_REQUIRED},
    {"timeout", OPTION_TIMEOUT, SV_OPTION_REQUIRED},
    {"with-needs", OPTION_WITH_NEEDS, SV_OPTION_NONE},
    {"with-dependents", OPTION_WITH_DEPENDENTS, SV_OPTION_NONE},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

/* Whether this letter may be typed as a short option. */
static int is_short(enum sv_dialect dialect)
{
    switch (dialect) {
    case SV_DIALECT_DJB: return 1;
    case SV_DIALECT_ENCORE: return sv_personality() == SV_PERSONALITY_ENCORE;
    case SV_DIALECT_OTHER: break;
    }
    return 0;
}

static void complain_usage(void)
{
    char const *separator = "svc options: ";

    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++) {
        struct sv_command_word const *word = &sv_control_words[kind];
        if (!is_short(word->dialect)) continue;
        buffer_puts(buffer_2, separator);
        buffer_put(buffer_2, (char const *)&word->byte, 1);
        buffer_puts(buffer_2, " ");
        buffer_puts(buffer_2, word->meaning);
        separator = ", ";
    }
    buffer_putsflush(buffer_2, "\n");
    _exit(100);
}

static void print_help(void)
{
    static char const blanks[] = "                  ";

    buffer_puts(buffer_1, HELP "\n\n");
    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++) {
        struct sv_command_word const *word = &sv_control_words[kind];
        char const letter[] = {' ', ' ', '-', (char)word->byte, ' ', ' ', 0};
        size_t width = strlen(word->option);
        buffer_puts(buffer_1, is_short(word->dialect) ? letter : "      ");
        buffer_puts(buffer_1, "--");
        buffer_puts(buffer_1, word->option);
        buffer_puts(buffer_1, width < sizeof blanks ? blanks + width : " ");
        buffer_puts(buffer_1, word->meaning);
        buffer_puts(buffer_1, "\n");
    }
    buffer_puts(buffer_1,
                "\n      --strict          exit 111 if a service could not be told\n"
                "      --wait=STATE      wait until all are:");
    for (unsigned int goal = 0; goal < SV_GOAL_COUNT; goal++) {
        buffer_puts(buffer_1, goal ? ", " : " ");
        buffer_puts(buffer_1, sv_await_goal_word((enum sv_goal)goal));
    }
    buffer_puts(
        buffer_1,
        "\n      --timeout=MS      but not for longer than this\n"
        "      --with-needs      tell also what they need, and what that needs\n"
        "      --with-dependents end before who needs them, one after the other\n");
    (void)buffer_flush(buffer_1); /* if that fails so does the rest, and says so */
    sv_about_tell("      --help            this text\n"
                  "      --version         which upkeep this is\n");
}

/*
 * Adds a letter. encore starts anew with each 'L' and 'l', and refuses one too many even
 * if the letter is there already; djb drops what it has no room for.
 */
static void add(struct batch *batch, unsigned char byte)
{
    int selects = byte == 'L' || byte == 'l';

    if (batch->length >= batch->size) {
        if (batch->size == BATCH_ENCORE) sv_die(100, "too many options");
        return;
    }
    if (!selects
        && memchr(batch->bytes + batch->start, byte, batch->length - batch->start))
        return;
    batch->bytes[batch->length++] = byte;
    if (selects) batch->start = batch->length;
}

static enum sv_goal read_goal(char const *word)
{
    enum sv_goal goal = sv_await_find(word);

    if (goal == SV_GOAL_COUNT) sv_die(100, "there is no state ", word, " to wait for");
    return goal;
}

static int has_command(struct batch const *batch, char const *letters)
{
    for (unsigned int i = 0; i < batch->length; i++)
        if (strchr(letters, batch->bytes[i])) return 1;
    return 0;
}

/* Who comes along is started with what is needed, or ended with who needs it. */
static void check_along(struct request *request)
{
    struct batch const *batch = &request->batch;

    if (request->along == ALONG_NEEDS && has_command(batch, "dDxO"))
        sv_die(100, "--with-needs is for what starts something");
    if (request->along != ALONG_DEPENDENTS) return;
    request->restarts = has_command(batch, "r");
    if (!request->restarts && !has_command(batch, "dD"))
        sv_die(100, "--with-dependents is for --down, --down-always and --restart");
    for (unsigned int i = 0; request->restarts && i < batch->length; i++)
        if (batch->bytes[i] != 'r' && batch->bytes[i] != 'l')
            sv_die(100, "--restart --with-dependents is for no other command");
}

static enum along choose_along(struct request const *request, enum along along)
{
    if (request->along != ALONG_NOBODY && request->along != along)
        sv_die(100, "--with-needs and --with-dependents exclude each other");
    return along;
}

/* The letters that are short options here. */
static void list_letters(char letters[SV_COMMAND_COUNT + 1])
{
    unsigned int count = 0;

    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++)
        if (is_short(sv_control_words[kind].dialect))
            letters[count++] = (char)sv_control_words[kind].byte;
    letters[count] = 0;
}

static void begin(struct request *request)
{
    int encore = sv_personality() == SV_PERSONALITY_ENCORE;

    *request = (struct request){.goal = SV_GOAL_COUNT, .timeout_ms = INT64_MAX};
    request->batch.size = encore ? BATCH_ENCORE : BATCH_DJB;
    /* As encore does, so that another's 'L' a moment ago does not matter. */
    if (encore) request->batch.bytes[request->batch.length++] = 'l';
}

int svc_read_options(int argc, char const *const *argv, struct request *request)
{
    char letters[SV_COMMAND_COUNT + 1];
    int option;

    begin(request);
    list_letters(letters);
    struct sv_options options = SV_OPTIONS(letters, words);
    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        switch (option) {
        case OPTION_STRICT: request->strict = 1; break;
        case OPTION_WAIT: request->goal = read_goal(options.value); break;
        case OPTION_TIMEOUT: request->timeout_ms = sv_timeout_read(options.value); break;
        case OPTION_WITH_NEEDS:
            request->along = choose_along(request, ALONG_NEEDS);
            break;
        case OPTION_WITH_DEPENDENTS:
            request->along = choose_along(request, ALONG_DEPENDENTS);
            break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG:
            sv_option_complain(&options);
            complain_usage();
            break;
        default: /* not an enum: the letters and the values that SV_COMMANDS gave to the
                    words */
            add(&request->batch, option < SV_OPTION_LONG
                                     ? (unsigned char)option
                                     : sv_control_words[option - SV_OPTION_LONG].byte);
        }
    }
    check_along(request);
    if (request->goal == SV_GOAL_COUNT && request->timeout_ms != INT64_MAX
        && request->along != ALONG_DEPENDENTS)
        sv_die(100, "--timeout is of no use without --wait");
    return options.index;
}
