/* ISC license. */

/*
 * logscript (pure): the words of multilog's script as typed directives.
 *
 * A word's first letter says what it is. A setting (size, number of files, processor,
 * suffix, kind of patterns) holds for what follows it, up to the next one of its kind.
 * The language is daemontools' and, for F S T w, daemontools-encore's. A word that begins
 * with another letter, and the empty one, mean nothing, as they always did: they become
 * IGNORED directives, so that a program may say so.
 *
 * No allocation: the caller gives the storage, one directive for each word is enough.
 * Texts point into the words, which must live as long as the directives.
 */

#ifndef SV_LOGSCRIPT_H
#define SV_LOGSCRIPT_H

#include <stddef.h>
#include <stdint.h>

/*
 * The forms of a word:
 *   FIRST    means this only as the first word, and something unknown elsewhere
 *   ALONE    the letter counts, what follows it does not
 *   PATTERN  what follows is a pattern, of the kind that holds there
 *   NUMBER   what follows is a decimal number
 *   TEXT     what follows is a text
 *   WHOLE    the whole word, with its first letter, is a text
 */

/* clang-format off */
/*    name       letters form     meaning */
#define SV_LOGSCRIPT_DIRECTIVES(X) \
    X(TAI64N,    "t",    FIRST,   "put a TAI64N label and a space before each line") \
    X(SECONDS,   "T",    FIRST,   "put seconds.microseconds and a space before it") \
    X(SELECT,    "+",    PATTERN, "select the line if it matches") \
    X(DESELECT,  "-",    PATTERN, "deselect the line if it matches") \
    X(FNMATCH,   "F",    ALONE,   "patterns from here on are those of fnmatch(3)") \
    X(SIMPLE,    "S",    ALONE,   "patterns from here on are simple") \
    X(ALERT,     "e",    ALONE,   "print the line on standard error") \
    X(STATUS,    "=",    TEXT,    "keep the latest line in this file") \
    X(SIZE,      "s",    NUMBER,  "most bytes in a file, for directories that follow") \
    X(FILES,     "n",    NUMBER,  "most files, current included, likewise") \
    X(PROCESSOR, "!",    TEXT,    "shell command for finished files, likewise") \
    X(SUFFIX,    "w",    TEXT,    "end of the names of finished files, likewise") \
    X(DIRECTORY, "./",   WHOLE,   "append the line to the log kept in this directory")
/* clang-format on */

enum sv_logscript_kind {
#define SV_LOGSCRIPT_KIND(name, letters, form, meaning) SV_LOGSCRIPT_##name,
    SV_LOGSCRIPT_DIRECTIVES(SV_LOGSCRIPT_KIND)
#undef SV_LOGSCRIPT_KIND
        SV_LOGSCRIPT_IGNORED
};

/* SIZE: bytes. FILES: `current` counts, so one old file is the least. */
#define SV_LOGSCRIPT_SIZE_MIN 4096
#define SV_LOGSCRIPT_SIZE_DEFAULT 99999
#define SV_LOGSCRIPT_FILES_MIN 2
#define SV_LOGSCRIPT_FILES_DEFAULT 10
#define SV_LOGSCRIPT_NUMBER_MAX UINT64_C(9223372036854775807)
#define SV_LOGSCRIPT_SUFFIX_DEFAULT "s"
#define SV_LOGSCRIPT_SUFFIX_MAX 200 /* bytes; label, dot and suffix make a file name */

struct sv_logscript_directive {
    enum sv_logscript_kind kind;
    unsigned int glob : 1;     /* SELECT, DESELECT: an fnmatch(3) pattern */
    unsigned int doubtful : 1; /* SIZE, FILES: not a plain number within bounds */
    size_t word;               /* which word it was, from 0 */
    char const *text;          /* PATTERN, TEXT: behind the letter; else the word */
    uint64_t number;           /* SIZE, FILES: within the bounds; others: 0 */
};

struct sv_logscript {
    struct sv_logscript_directive *directives; /* the caller's */
    size_t room;                               /* how many the caller gave */
    size_t count;                              /* how many there are */
};

/* clang-format off */
/*    name          reason */
#define SV_LOGSCRIPT_FAULTS(X) \
    X(TOO_MANY,     "too many directives") \
    X(SUFFIX_SLASH, "a suffix may not contain a slash") \
    X(SUFFIX_LONG,  "suffix too long")
/* clang-format on */

enum sv_logscript_fault {
#define SV_LOGSCRIPT_FAULT(name, reason) SV_LOGSCRIPT_##name,
    SV_LOGSCRIPT_FAULTS(SV_LOGSCRIPT_FAULT)
#undef SV_LOGSCRIPT_FAULT
};

struct sv_logscript_error {
    enum sv_logscript_fault fault;
    size_t word; /* from 0 */
};

/*
 * Parses `count` words into script->directives, of which there are script->room. Returns
 * 1 and sets script->count; 0 if the words are no script: *error says which word and why.
 * A number out of bounds is moved to the nearest one within, and no number at all counts
 * as 0.
 */
extern int sv_logscript_parse(struct sv_logscript *script, char const *const *words,
                              size_t count, struct sv_logscript_error *error);

/* The reason in words, for people. Never null. */
extern char const *sv_logscript_reason(enum sv_logscript_fault fault);

/* What the settings before a DIRECTORY directive make of it. */
struct sv_logscript_directory {
    char const *path;
    uint64_t size;         /* longest file in bytes, >= SV_LOGSCRIPT_SIZE_MIN */
    uint64_t files;        /* most files, >= SV_LOGSCRIPT_FILES_MIN */
    char const *processor; /* shell command, null if there is none: `!` alone ends one */
    char const *suffix;    /* of finished files, without the dot */
};

/*
 * The settings for script->directives[index], which is a DIRECTORY. Cannot fail.
 */
extern void sv_logscript_settings(struct sv_logscript const *script, size_t index,
                                  struct sv_logscript_directory *directory);

#endif
