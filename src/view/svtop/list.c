/* ISC license. */

/* The rows: which, in which order, and what those that can be seen take. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sv/child.h>
#include <sv/clock.h>

#include "svtop.h"

/* qsort has no place for them. */
static enum sv_top_column order_column;
static int order_reverse;

static int compare(void const *one, void const *other)
{
    struct service *const *first = one, *const *second = other;
    int order = sv_toprow_compare(&(*first)->row, &(*second)->row, order_column);

    return order_reverse ? -order : order;
}

static void choose_rows(struct svtop *top)
{
    top->row_count = 0;
    for (size_t i = 0; i < top->service_count; i++) {
        struct service *service = top->services[i];
        if (*top->filter && !strstr(service->name, top->filter)) continue;
        top->rows[top->row_count++] = service;
    }
    order_column = top->choice.column;
    order_reverse = top->choice.reverse;
    if (top->row_count) qsort(top->rows, top->row_count, sizeof *top->rows, compare);
}

/* The selection stays with its service; if that has gone, where it was. What was asked or
 * shown about one must not be meant for another. */
static void choose_selected(struct svtop *top)
{
    struct service const *before = top->selected;
    size_t row = 0;

    while (row < top->row_count && top->rows[row] != top->selected) row++;
    if (row == top->row_count) row = top->selected_row;
    if (row >= top->row_count) row = top->row_count ? top->row_count - 1 : 0;
    top->selected_row = row;
    top->selected = top->row_count ? top->rows[row] : 0;
    if (top->selected != before && (top->mode == MODE_CONFIRM || top->mode == MODE_LOG)) {
        top->mode = MODE_LIST;
        *top->message = 0;
    }
    if (top->first > row) top->first = row;
    if (top->window && row - top->first >= top->window)
        top->first = row + 1 - top->window;
    size_t last = top->row_count > top->window ? top->row_count - top->window : 0;
    if (top->first > last) top->first = last;
}

void svtop_move(struct svtop *top, long rows)
{
    size_t down = rows > 0 ? (size_t)rows : 0, up = rows < 0 ? (size_t)-rows : 0;
    size_t last = top->row_count ? top->row_count - 1 : 0, row = top->selected_row;

    row = up > row ? 0 : row - up;
    row = down > last - row ? last : row + down;
    top->selected_row = row;
    top->selected = top->row_count ? top->rows[row] : 0;
}

static void set_row(struct svtop const *top, struct service *service)
{
    struct sv_toprow *row = &service->row;
    int64_t seconds = (int64_t)top->now.tv_sec - (int64_t)service->since.tv_sec;

    row->has_seconds = service->since.tv_sec != 0;
    row->seconds = seconds > 0 ? (uint64_t)seconds : 0;
    row->log = service->log.line;
    row->log_length = service->log.length;
    if (service->state != STATE_TROUBLE) return;
    row->log = service->trouble;
    row->log_length = strlen(service->trouble);
}

void svtop_complete(struct svtop *top, struct service *service)
{
    svtop_measure(top, service);
    svtop_read_log(service);
    set_row(top, service);
}

/* Its supervise may end without a word, and may have, while nobody could see it: that is
 * noticed through the kernel. */
static void watch_supervise(struct svtop *top, struct service *service)
{
    if (service->supervise_fd >= 0 || !service->is_ours || top->watch.fd < 0) return;
    service->supervise_fd =
        sv_child_open((pid_t)service->supervise_pid, service->supervise_start, 0);
    if (service->supervise_fd < 0 && errno == ESRCH) svtop_look(top, service);
}

static void show(struct svtop *top, struct service *service)
{
    if (!service->is_shown || service->is_log_stale) {
        svtop_close_log(top, service);
        svtop_open_log(top, service);
        service->is_shown = 1;
        service->is_log_stale = 0;
    }
    watch_supervise(top, service);
}

static void hide(struct svtop *top, struct service *service)
{
    svtop_close_log(top, service);
    if (service->supervise_fd >= 0) (void)close(service->supervise_fd); /* a handle */
    service->supervise_fd = -1;
    service->is_shown = 0;
}

static void show_window(struct svtop *top)
{
    size_t count = top->row_count - top->first;

    if (count > top->window) count = top->window;
    for (size_t i = 0; i < top->shown_count; i++) {
        struct service *service = top->shown[i];
        size_t at = 0;
        while (at < count && top->rows[top->first + at] != service) at++;
        if (at == count) hide(top, service);
    }
    top->shown_count = count;
    for (size_t i = 0; i < count; i++) {
        struct service *service = top->rows[top->first + i];
        top->shown[i] = service;
        show(top, service);
        svtop_complete(top, service);
    }
}

/* Those by which rows are ordered are needed of all. */
static void prepare(struct svtop *top, struct service *service)
{
    int is_measured =
        top->choice.column == SV_TOP_CPU || top->choice.column == SV_TOP_MEMORY;

    if (service->is_stale) svtop_look(top, service);
    if (is_measured) svtop_measure(top, service);
    set_row(top, service);
}

void svtop_update(struct svtop *top)
{
    top->now_ms = sv_clock_monotonic_ms();
    sv_clock_wall(&top->now);
    if (top->is_stale) (void)svtop_find_services(top); /* the message says what failed */
    for (size_t i = 0; i < top->service_count; i++) prepare(top, top->services[i]);
    choose_rows(top);
    choose_selected(top);
    show_window(top);
    top->is_dirty = 0;
}

unsigned int svtop_longest(struct svtop const *top)
{
    unsigned int longest = 0;
    char name[SV_TOPROW_LINE];

    for (size_t i = 0; i < top->row_count; i++) {
        unsigned int width = sv_visible(name, SV_TOPROW_WIDTH, top->rows[i]->name,
                                        strlen(top->rows[i]->name), top->utf8);
        if (width > longest) longest = width;
    }
    return longest;
}
