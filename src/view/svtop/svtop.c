/* ISC license. */

/*
 * svtop: all services with state, restarts, what their processes use, and the last line
 * of their logs: live on a terminal, with keys that send commands; once, as a table, if
 * nobody sits there.
 */

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/buffer.h>
#include <skalibs/types.h>

#include <sv/message.h>
#include <sv/option.h>
#include <sv/text.h>

#include "svtop.h"

#include "config.h"

#define USAGE "svtop [-1 | -p] [-a] [-r] [-f text] [-i seconds] [-s column] [dir ...]"

#define INTERVAL_MAX 86400 /* seconds */

char const *PROG = "svtop";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"once", '1', SV_OPTION_NONE},
    {"plain", 'p', SV_OPTION_NONE},
    {"all", 'a', SV_OPTION_NONE},
    {"reverse", 'r', SV_OPTION_NONE},
    {"filter", 'f', SV_OPTION_REQUIRED},
    {"interval", 'i', SV_OPTION_REQUIRED},
    {"sort", 's', SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static struct {
    char const *word;
    enum mood mood;
} const states[STATE_COUNT] = {
#define SVTOP_STATE_ENTRY(name, word, mood) {word, MOOD_##mood},
    SVTOP_STATES(SVTOP_STATE_ENTRY)
#undef SVTOP_STATE_ENTRY
};

char const *svtop_state_word(enum svtop_state state)
{
    return states[state].word;
}

enum mood svtop_mood(enum svtop_state state)
{
    return states[state].mood;
}

void svtop_say(struct svtop *top, char const *text)
{
    sv_text_append(top->message, sizeof top->message, text);
}

static void put(char const *text)
{
    if (buffer_puts(buffer_1, text) < 0) svtop_die("write", "standard output");
}

static void flush(void)
{
    if (!buffer_flush(buffer_1)) svtop_die("write", "standard output");
}

static void say_and_exit(char const *text)
{
    put(text);
    flush();
    _exit(0);
}

static void print_help(void)
{
    put("usage: " USAGE "\n\n"
        "Without a terminal, or with -1 or -p, a table is printed once.\n\n"
        "  -1, --once              a table, for people\n"
        "  -p, --plain             exact numbers with a TAB between, for programs\n"
        "  -a, --all               rows for loggers too\n"
        "  -f, --filter=TEXT       only services with this in their names\n");
    say_and_exit("  -i, --interval=SECONDS  between two looks at the clock [1]; 0: none\n"
                 "  -s, --sort=COLUMN       service, state, for, starts, cpu or memory\n"
                 "  -r, --reverse           the other way round\n"
                 "      --help              this text\n"
                 "      --version           which upkeep this is\n\n"
                 "DIR is a scan directory or a service; default: where we are.\n");
}

static int64_t read_interval(char const *text)
{
    unsigned int seconds;

    if (!uint0_scan(text, &seconds) || seconds > INTERVAL_MAX)
        sv_dieu(100, "understand ", text, ": an interval is 0 to 86400 seconds");
    return (int64_t)seconds * 1000;
}

static enum sv_top_column read_column(char const *text)
{
    enum sv_top_column column = sv_top_find(text);

    if (column >= SV_TOP_LOG)
        sv_dieu(100, "sort by ", text,
                ": the columns are service, state, for, starts, cpu and memory");
    return column;
}

static void set_filter(struct svtop *top, char const *text)
{
    if (strlen(text) >= sizeof top->filter) sv_dieu(100, "filter by so long a text");
    strcpy(top->filter, text);
}

/* Returns the index of the first directory in argv. */
static int read_options(int argc, char const *const *argv, struct svtop *top)
{
    struct sv_options options = SV_OPTIONS("1parf:i:s:", words);
    struct choice *choice = &top->choice;
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        switch (option) {
        case '1': choice->once = 1, choice->exact = 0; break;
        case 'p': choice->once = choice->exact = 1; break;
        case 'a': choice->loggers = 1; break;
        case 'r': choice->reverse = 1; break;
        case 'f': set_filter(top, options.value); break;
        case 'i': choice->interval_ms = read_interval(options.value); break;
        case 's': choice->column = read_column(options.value); break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: say_and_exit("svtop (upkeep) " SV_VERSION "\n"); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    }
    if (!isatty(0) || !isatty(1)) choice->once = 1;
    return options.index;
}

static void set_places(struct svtop *top, char const *const *arguments)
{
    static char const *const here[] = {".", 0};

    if (!*arguments) arguments = here;
    while (arguments[top->place_count]) top->place_count++;
    top->places = calloc(top->place_count, sizeof *top->places);
    if (!top->places) svtop_die("allocate", "memory");
    for (size_t i = 0; i < top->place_count; i++)
        top->places[i] = (struct place){.argument = arguments[i], .watch = -1};
}

void svtop_die(char const *what, char const *which)
{
    int error_number = errno;

    svtop_screen_close();
    errno = error_number;
    sv_dieusys(111, what, " ", which);
}

/* Every row is complete only for as long as it takes to print it. */
static void print_table(struct svtop *top)
{
    static char line[SV_TOPROW_LINE];
    struct sv_toplayout layout;

    svtop_update(top);
    sv_toprow_layout(&layout, 0, svtop_longest(top));
    if (!top->choice.exact) {
        sv_toprow_heading(line, &layout);
        put(line);
        put("\n");
    }
    for (size_t i = 0; i < top->row_count; i++) {
        struct service *service = top->rows[i];
        svtop_open_log(top, service);
        svtop_complete(top, service);
        if (top->choice.exact)
            sv_toprow_exact(line, &service->row, top->utf8);
        else
            sv_toprow_line(line, &layout, &service->row, top->utf8);
        svtop_close_log(top, service);
        put(line);
        put("\n");
    }
    flush();
}

int main(int argc, char const *const *argv)
{
    static struct svtop top = {.choice.interval_ms = 1000, .watch.fd = -1};

    (void)setlocale(LC_ALL, ""); /* an unknown one is as good as none */
    top.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
    set_places(&top, argv + read_options(argc, argv, &top));
    if (top.choice.once) {
        int good = svtop_find_services(&top);
        print_table(&top);
        return good ? 0 : 111;
    }
    top.is_stale = 1;
    svtop_live(&top);
    _exit(
        0); /* the terminal has been given back, or has gone: nothing is to be written */
}
