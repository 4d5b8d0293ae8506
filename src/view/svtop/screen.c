/* ISC license. */

/*
 * The terminal, by curses. Nothing gets here that has not been made harmless: names and
 * log lines come through sv_visible.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <curses.h>

#include <sv/message.h>
#include <sv/stamp.h>

#include "svtop.h"

#define ABOVE 2 /* lines over the rows: the summary, the headings */
#define BELOW 1 /* and under them */

#define ESCAPE 27
#define ESCAPE_MS 25 /* so long after it a key's other bytes may come */

static SCREEN *screen;
static int has_colours;
static unsigned int width; /* columns that we use */
static char line[SV_TOPROW_LINE];

/* The terminal ----------------------------------------------------------------------- */

static void set_window(struct svtop *top)
{
    int rows = LINES - ABOVE - BELOW;

    top->window = rows > 0 ? (size_t)rows : 0;
    if (top->window > SVTOP_WINDOW) top->window = SVTOP_WINDOW;
    width = COLS > 0 ? (unsigned int)COLS : 1;
    if (width > SV_TOPROW_WIDTH) width = SV_TOPROW_WIDTH;
}

static void begin_colours(void)
{
    char const *no_color = getenv("NO_COLOR");

    has_colours = (!no_color || !*no_color) && has_colors() && start_color() == OK
                  && use_default_colors() == OK;
    if (!has_colours) return;
    (void)init_pair(MOOD_GOOD, COLOR_GREEN, -1); /* without it there is no colour */
    (void)init_pair(MOOD_BUSY, COLOR_YELLOW, -1);
    (void)init_pair(MOOD_BAD, COLOR_RED, -1);
}

/* What curses says to a call that only shows something is no news: the next drawing
 * shows all again. */
void svtop_screen_open(struct svtop *top)
{
    screen = newterm(0, stdout, stdin);
    if (!screen) {
        char const *term = getenv("TERM");
        sv_dieu(111, "use a terminal of the kind ", term && *term ? term : "(none)",
                ": set TERM to another one, or use --once");
    }
    (void)set_escdelay(ESCAPE_MS);
    (void)cbreak();
    (void)noecho();
    (void)nonl();
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)curs_set(0);
    begin_colours();
    set_window(top);
}

void svtop_screen_close(void)
{
    if (!screen) return;
    (void)endwin();
    delscreen(screen);
    screen = 0;
}

void svtop_screen_resize(struct svtop *top)
{
    struct winsize size;

    if (ioctl(1, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col) return;
    (void)resizeterm(size.ws_row, size.ws_col);
    (void)clearok(stdscr, TRUE);
    set_window(top);
}

int svtop_screen_key(void)
{
    int key = getch();

    switch (key) {
    case ERR: return -1;
    case KEY_UP: return KEYS_UP;
    case KEY_DOWN: return KEYS_DOWN;
    case KEY_PPAGE: return KEYS_PAGE_UP;
    case KEY_NPAGE: return KEYS_PAGE_DOWN;
    case KEY_HOME: return KEYS_HOME;
    case KEY_END: return KEYS_END;
    case KEY_ENTER:
    case '\r':
    case '\n': return KEYS_ENTER;
    case KEY_BACKSPACE:
    case '\b':
    case 0x7F: return KEYS_BACKSPACE;
    case ESCAPE: return KEYS_ESCAPE;
    }
    return key > 0xFF ? KEYS_OTHER : key;
}

/* Lines ------------------------------------------------------------------------------ */

static void put(int y, char const *text)
{
    (void)move(y, 0);
    (void)clrtoeol();
    (void)addstr(text);
}

/* The same for what is not known to be harmless. */
static void put_visible(struct svtop const *top, int y, char const *text, size_t length)
{
    (void)sv_visible(line, width, text, length, top->utf8);
    put(y, line);
}

static void colour(int y, unsigned int from, unsigned int count, attr_t attributes,
                   enum mood mood)
{
    if (!count) return;
    (void)mvchgat(y, (int)from, (int)count, attributes, (short)(has_colours ? mood : 0),
                  0);
}

/* "12 services: 1 failed, 11 up" */
static void put_summary(struct svtop const *top)
{
    size_t counts[STATE_COUNT] = {0};
    char text[SVTOP_TEXT];
    int length = snprintf(text, sizeof text, "%zu service%s", top->service_count,
                          top->service_count == 1 ? "" : "s");
    char const *between = ": ";

    for (size_t i = 0; i < top->service_count; i++) counts[top->services[i]->state]++;
    for (unsigned int i = 0; i < STATE_COUNT; i++) {
        size_t room = sizeof text - (size_t)length;
        if (!counts[i]) continue;
        int more = snprintf(text + length, room, "%s%zu %s", between, counts[i],
                            svtop_state_word((enum svtop_state)i));
        if (more < 0 || (size_t)more >= room) break; /* all of them fit */
        length += more;
        between = ", ";
    }
    put_visible(top, 0, text, strlen(text));
    colour(0, 0, width, A_BOLD, MOOD_PLAIN);
}

static void put_headings(struct sv_toplayout const *layout, enum sv_top_column column)
{
    sv_toprow_heading(line, layout);
    put(1, line);
    colour(1, 0, width, A_UNDERLINE, MOOD_PLAIN);
    colour(1, layout->at[column], layout->width[column], A_UNDERLINE | A_BOLD,
           MOOD_PLAIN);
}

static void put_row(struct svtop const *top, struct sv_toplayout const *layout,
                    size_t row)
{
    struct service const *service = top->rows[row];
    int y = ABOVE + (int)(row - top->first);
    attr_t attributes = row == top->selected_row ? A_REVERSE : A_NORMAL;

    sv_toprow_line(line, layout, &service->row, top->utf8);
    put(y, line);
    if (attributes != A_NORMAL) colour(y, 0, width, attributes, MOOD_PLAIN);
    colour(y, layout->at[SV_TOP_STATE], layout->width[SV_TOP_STATE], attributes,
           svtop_mood(service->state));
}

static void put_list(struct svtop const *top)
{
    struct sv_toplayout layout;

    sv_toprow_layout(&layout, width, svtop_longest(top));
    put_headings(&layout, top->choice.column);
    for (size_t i = 0; i < top->shown_count; i++) put_row(top, &layout, top->first + i);
    if (top->row_count) return;
    put(ABOVE,
        top->service_count ? "(no service has this in its name)" : "(no services)");
}

static void put_footer(struct svtop const *top)
{
    char text[2 * SVTOP_TEXT];
    int y = LINES - 1;

    if (LINES <= ABOVE) return;
    if (top->mode == MODE_LOG || top->mode == MODE_HELP)
        (void)snprintf(text, sizeof text, "any key: back");
    else if (top->mode == MODE_FILTER)
        (void)snprintf(text, sizeof text, "/%s_", top->filter);
    else if (*top->message)
        (void)snprintf(text, sizeof text, "%s", top->message);
    else
        (void)snprintf(text, sizeof text,
                       "by %s%s%s%s  u d o r: command  l: log  "
                       "/: filter  s: sort  ?: help  q: quit",
                       sv_top_word(top->choice.column),
                       top->choice.reverse ? " reversed" : "",
                       *top->filter ? "  only " : "", top->filter);
    put_visible(top, y, text, strlen(text));
    colour(y, 0, width, A_REVERSE, MOOD_PLAIN);
}

/* Other views ------------------------------------------------------------------------ */

/* A label is shown as local time. */
static void put_log_line(struct svtop const *top, int y, char const *text, size_t length)
{
    char shown[SV_TOPROW_WIDTH * 4];
    struct timespec when;
    struct tm local;
    size_t at = 0;

    if (length >= SV_STAMP_TEXT && sv_stamp_scan(text, length, &when)
        && localtime_r(&when.tv_sec, &local)) {
        at = strftime(shown, sizeof shown, "%Y-%m-%d %H:%M:%S", &local);
        text += SV_STAMP_TEXT;
        length -= SV_STAMP_TEXT;
    }
    if (length > sizeof shown - at) length = sizeof shown - at;
    memcpy(shown + at, text, length);
    put_visible(top, y, shown, at + length);
}

/* Its last lines, the last one at the bottom. */
static void put_log(struct svtop const *top)
{
    static char block[SVTOP_LOG_TAIL];
    struct service const *service = top->selected;
    size_t end = service ? svtop_tail(service, block) : 0;

    if (service) put_visible(top, 0, service->name, strlen(service->name));
    colour(0, 0, width, A_BOLD, MOOD_PLAIN);
    if (!end) put(1, service && service->log.fd >= 0 ? "(nothing)" : "(no log found)");
    if (end && block[end - 1] == '\n') end--;
    for (int y = LINES - BELOW - 1; end && y > 0; y--) {
        char const *newline = memrchr(block, '\n', end);
        size_t begin = newline ? (size_t)(newline - block) + 1 : 0;
        put_log_line(top, y, block + begin, end - begin);
        end = begin ? begin - 1 : 0;
    }
}

static void put_help(void)
{
    char const *text;

    for (unsigned int i = 0; (text = svtop_help(i)) && (int)i < LINES - BELOW; i++)
        put((int)i, text);
}

void svtop_screen_draw(struct svtop const *top)
{
    (void)erase();
    switch (top->mode) {
    case MODE_LIST:
    case MODE_FILTER:
    case MODE_CONFIRM:
        put_summary(top);
        put_list(top);
        break;
    case MODE_LOG: put_log(top); break;
    case MODE_HELP: put_help(); break;
    }
    put_footer(top);
    (void)refresh();
}
