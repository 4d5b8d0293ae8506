/* ISC license. */

/*
 * What keys do. A letter that is a command is that of svc, but for `K`: `k` goes up, as
 * elsewhere. What cannot be taken back is asked about first.
 */

#include <string.h>

#include <sv/control.h>

#include "svtop.h"

/* clang-format off */
/*    key  byte asks help */
#define KEY_COMMANDS(X) \
    X('u', 'u', 0, "  u    up: start it, and again when it ends") \
    X('d', 'd', 0, "  d    down: end it, and leave it so") \
    X('o', 'o', 0, "  o    once: start it, but not again") \
    X('r', 'r', 0, "  r    restart: end it, then start it again") \
    X('t', 't', 0, "  t    TERM") \
    X('h', 'h', 0, "  h    HUP") \
    X('i', 'i', 0, "  i    INT") \
    X('a', 'a', 0, "  a    ALRM") \
    X('1', '1', 0, "  1    USR1") \
    X('2', '2', 0, "  2    USR2") \
    X('p', 'p', 0, "  p    pause: STOP") \
    X('c', 'c', 0, "  c    continue: CONT") \
    X('K', 'k', 1, "  K    KILL; asks first") \
    X('x', 'x', 1, "  x    exit: supervise leaves when it is down; asks first")
/* clang-format on */

static struct {
    int key;
    unsigned char byte;
    int asks;
} const commands[] = {
#define KEY_COMMAND_ENTRY(key, byte, asks, help) {key, byte, asks},
    KEY_COMMANDS(KEY_COMMAND_ENTRY)
#undef KEY_COMMAND_ENTRY
};

static char const *const help[] = {
    "Arrows, j, k, PgUp, PgDn, Home, End: select a service.",
    "",
    "The service that is selected is told:",
    "",
#define KEY_COMMAND_HELP(key, byte, asks, text) text,
    KEY_COMMANDS(KEY_COMMAND_HELP)
#undef KEY_COMMAND_HELP
        "",
    "  l, Enter   the end of its log",
    "  /          only services with this in their names; empty: all",
    "  s, S       order by the next column; the other way round",
    "  L          rows for loggers too, or not",
    "  ?          this text",
    "  q          quit",
    0,
};

char const *svtop_help(unsigned int number)
{
    return help[number];
}

static void ask(struct svtop *top, unsigned char byte)
{
    char name[SV_VISIBLE_ROOM(64)];

    (void)sv_visible(name, 64, top->selected->name, strlen(top->selected->name),
                     top->utf8);
    top->pending = byte;
    top->mode = MODE_CONFIRM;
    *top->message = 0;
    svtop_say(top, "tell ");
    svtop_say(top, name);
    svtop_say(top, ": ");
    svtop_say(top, sv_control_words[sv_control_find(byte)].option);
    svtop_say(top, "? (y or n)");
}

/* Returns 0 if the key is no command. */
static int press_command(struct svtop *top, int key)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (commands[i].key != key) continue;
        if (top->selected && commands[i].asks)
            ask(top, commands[i].byte);
        else
            svtop_command(top, commands[i].byte);
        return 1;
    }
    return 0;
}

static void next_column(struct svtop *top)
{
    top->choice.column = (enum sv_top_column)(top->choice.column + 1);
    if (top->choice.column == SV_TOP_LOG) top->choice.column = SV_TOP_SERVICE;
}

/* Returns 0 if the key does not move anything. */
static int press_move(struct svtop *top, int key)
{
    long page = top->window > 1 ? (long)top->window - 1 : 1;

    switch (key) {
    case 'j':
    case KEYS_DOWN: svtop_move(top, 1); return 1;
    case 'k':
    case KEYS_UP: svtop_move(top, -1); return 1;
    case ' ':
    case KEYS_PAGE_DOWN: svtop_move(top, page); return 1;
    case KEYS_PAGE_UP: svtop_move(top, -page); return 1;
    case 'g':
    case KEYS_HOME: svtop_move(top, -(long)top->row_count); return 1;
    case 'G':
    case KEYS_END: svtop_move(top, (long)top->row_count); return 1;
    }
    return 0;
}

static void press_in_list(struct svtop *top, int key)
{
    *top->message = 0;
    if (press_move(top, key) || press_command(top, key)) return;
    switch (key) {
    case 'l':
    case KEYS_ENTER:
        if (top->selected) top->mode = MODE_LOG;
        break;
    case '/': top->mode = MODE_FILTER; break;
    case KEYS_ESCAPE: *top->filter = 0; break;
    case 's': next_column(top); break;
    case 'S': top->choice.reverse = !top->choice.reverse; break;
    case 'L':
        top->choice.loggers = !top->choice.loggers;
        top->is_stale = 1;
        break;
    case '?': top->mode = MODE_HELP; break;
    case 'q': top->is_leaving = 1; break;
    }
}

/* The last character, which may have several bytes. */
static void drop_last(char *text)
{
    size_t length = strlen(text);

    while (length && (text[length - 1] & 0xC0) == 0x80) length--;
    if (length) length--;
    text[length] = 0;
}

static void press_in_filter(struct svtop *top, int key)
{
    size_t length = strlen(top->filter);

    switch (key) {
    case KEYS_ENTER: top->mode = MODE_LIST; return;
    case KEYS_ESCAPE:
        *top->filter = 0;
        top->mode = MODE_LIST;
        return;
    case KEYS_BACKSPACE: drop_last(top->filter); return;
    }
    if (key < ' ' || key > 0xFF || length + 1 == sizeof top->filter) return;
    top->filter[length] = (char)key;
    top->filter[length + 1] = 0;
}

void svtop_press(struct svtop *top, int key)
{
    top->is_dirty = 1;
    switch (top->mode) {
    case MODE_LIST: press_in_list(top, key); break;
    case MODE_FILTER: press_in_filter(top, key); break;
    case MODE_CONFIRM:
        top->mode = MODE_LIST;
        *top->message = 0;
        if (key == 'y') svtop_command(top, top->pending);
        break;
    case MODE_LOG:
    case MODE_HELP: top->mode = MODE_LIST; break;
    }
}
