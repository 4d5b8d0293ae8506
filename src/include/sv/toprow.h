/* ISC license. */

/*
 * toprow (pure): svtop's table: its columns, how a row of it is put into words, ordered,
 * and fitted into the width of a terminal.
 *
 * The list below is the only one of the columns: what is accepted for --sort, the
 * headings, the widths and the order come from it, in the table for people and in the
 * exact one for programs.
 */

#ifndef SV_TOPROW_H
#define SV_TOPROW_H

#include <stddef.h>
#include <stdint.h>

#include <sv/visible.h>

/* clang-format off */
/*    name     word       heading    columns (0: as wide as need be) */
#define SV_TOP_COLUMNS(X) \
    X(SERVICE, "service", "SERVICE", 0) \
    X(STATE,   "state",   "STATE",   13) \
    X(FOR,     "for",     "FOR",     7) \
    X(STARTS,  "starts",  "STARTS",  6) \
    X(CPU,     "cpu",     "CPU%",    6) \
    X(MEMORY,  "memory",  "MEMORY",  6) \
    X(LOG,     "log",     "LOG",     0)
/* clang-format on */

enum sv_top_column {
#define SV_TOP_COLUMN_ENUM(name, word, heading, columns) SV_TOP_##name,
    SV_TOP_COLUMNS(SV_TOP_COLUMN_ENUM)
#undef SV_TOP_COLUMN_ENUM
        SV_TOP_COUNT
};

#define SV_TOPROW_CELL 32     /* bytes of a cell other than SERVICE and LOG, with NUL */
#define SV_TOPROW_WIDTH 1024u /* columns that a line has at most */
#define SV_TOPROW_LINE SV_VISIBLE_ROOM(SV_TOPROW_WIDTH)

struct sv_toprow {
    char const *service;
    char const *state;   /* at most 13 characters, ours */
    unsigned int rank;   /* of the state: what is to be looked at first has the lowest */
    uint64_t seconds;    /* since when it is up or down; defined if (has_seconds) */
    uint64_t starts;     /* likewise, and so on */
    uint64_t cpu_tenths; /* of a percent of one CPU */
    uint64_t memory;     /* bytes */
    unsigned int has_seconds : 1;
    unsigned int has_starts : 1;
    unsigned int has_cpu : 1;
    unsigned int has_memory : 1;
    char const *log;   /* not NUL-terminated; any bytes */
    size_t log_length; /* 0: none */
};

/* Where each column stands; width 0: it is left out. Two blanks lie between. */
struct sv_toplayout {
    unsigned int at[SV_TOP_COUNT];
    unsigned int width[SV_TOP_COUNT];
};

/* The column with this word, SV_TOP_COUNT if there is none; and the word of one. */
extern enum sv_top_column sv_top_find(char const *word);
extern char const *sv_top_word(enum sv_top_column column);

/*
 * "59s", "12m03s", "5h07m", "3d04h"; "999B", "1.5K", "23M": at most 7 and 6 columns for
 * what a machine can reach. Both fit in SV_TOPROW_CELL in any case.
 */
extern void sv_top_duration(char text[SV_TOPROW_CELL], uint64_t seconds);
extern void sv_top_bytes(char text[SV_TOPROW_CELL], uint64_t bytes);

/*
 * Lays the columns out for `width` columns (at most SV_TOPROW_WIDTH; 0: as many as need
 * be), the longest name taking `longest`. Where there is no room for all the last ones
 * are left out, SERVICE never.
 */
extern void sv_toprow_layout(struct sv_toplayout *layout, unsigned int width,
                             unsigned int longest);

/* Writes the headings, or a row, which is not filled up with blanks. */
extern void sv_toprow_heading(char line[SV_TOPROW_LINE],
                              struct sv_toplayout const *layout);
extern void sv_toprow_line(char line[SV_TOPROW_LINE], struct sv_toplayout const *layout,
                           struct sv_toprow const *row, int utf8);

/*
 * For programs: the columns in exact numbers, seconds, percent with one decimal, and
 * bytes, with a TAB between; "-" for what is not known.
 */
extern void sv_toprow_exact(char line[SV_TOPROW_LINE], struct sv_toprow const *row,
                            int utf8);

/*
 * The order of two rows by a column, as qsort wants it: names upwards, states by their
 * rank, the shortest time, and the largest numbers first. What is not known comes last;
 * names decide where nothing else does, and so for LOG.
 */
extern int sv_toprow_compare(struct sv_toprow const *one, struct sv_toprow const *other,
                             enum sv_top_column column);

#endif
