/* ISC license. */

/*
 * logscript (pure): the words of multilog's script as typed directives.
 *
 * A word's first letter says what it is. A setting (size, number of files, processor,
 * suffix, prefix, stamp, kind of patterns and so on) holds for what follows it, up to the
 * next one of its kind. The language is daemontools', and daemontools-encore's for F S T
 * w; what s6-log and svlogd have besides is said with letters that were free. A word that
 * begins with another letter, and the empty one, mean nothing, as they always did: they
 * become IGNORED directives, so that a program may say so.
 *
 * A directory may have a configuration file of its own, in svlogd's language. Its lines
 * are words too: whoever reads the file puts them in front of the directory's word, each
 * with SV_LOGSCRIPT_CONFIGURED, a byte that nobody types, before its first letter. They
 * hold for that directory only, are read as svlogd reads them (table below), and win over
 * the script's settings.
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
/*    name          letters form     meaning */
#define SV_LOGSCRIPT_DIRECTIVES(X) \
    X(TAI64N,       "t",    FIRST,   "put a TAI64N label and a space before each line") \
    X(SECONDS,      "T",    FIRST,   "put seconds.microseconds and a space before it") \
    X(LABEL,        "L",    ALONE,   "TAI64N before lines from here on") \
    X(LOCAL,        "I",    ALONE,   "local date and time before lines from here on") \
    X(UTC,          "d",    ALONE,   "UTC as YYYY-MM-DD_HH:MM:SS.xxxxx, likewise") \
    X(UTC_T,        "D",    ALONE,   "UTC as YYYY-MM-DDTHH:MM:SS.xxxxx, likewise") \
    X(NO_STAMP,     "x",    ALONE,   "nothing before lines from here on") \
    X(SELECT,       "+",    PATTERN, "select the line if it matches") \
    X(DESELECT,     "-",    PATTERN, "deselect the line if it matches") \
    X(REST,         "f",    ALONE,   "select the line if no action got it, else not") \
    X(SIMPLE,       "S",    ALONE,   "patterns from here on are simple") \
    X(FNMATCH,      "F",    ALONE,   "patterns from here on are those of fnmatch(3)") \
    X(REGEX,        "X",    ALONE,   "patterns from here on are extended regular ones") \
    X(PLUS,         "V",    ALONE,   "patterns from here on are those of svlogd") \
    X(ALERT,        "e",    ALONE,   "print the line on standard error") \
    X(ALERT_NAMED,  "2",    ALONE,   "print it there behind `multilog: alert: `") \
    X(PRINT,        "1",    ALONE,   "print the line on standard output") \
    X(STATUS,       "=",    TEXT,    "keep the latest line in this file") \
    X(SEND,         "u",    TEXT,    "send the line to this address by UDP") \
    X(DIRECTORY,    "./",   WHOLE,   "append the line to the log in this directory") \
    X(ALERT_BYTES,  "E",    NUMBER,  "bytes that an alert shows, from here on") \
    X(STATUS_BYTES, "^",    NUMBER,  "bytes of a status file, 0: as the line, likewise") \
    X(PREFIX,       "p",    TEXT,    "text before lines, behind the stamp, likewise") \
    X(SIZE,         "s",    NUMBER,  "most bytes in a file, of directories that follow") \
    X(FILES,        "n",    NUMBER,  "most files, current included, likewise") \
    X(KEPT,         "N",    NUMBER,  "old files to keep on a full disk, likewise") \
    X(TOTAL,        "M",    NUMBER,  "most bytes in all old files, likewise") \
    X(TOLERANCE,    "l",    NUMBER,  "a line ending so close to the size ends the file") \
    X(AGE,          "R",    NUMBER,  "seconds after which a file ends, likewise") \
    X(PAUSE,        "r",    NUMBER,  "ms of the first pause after trouble, likewise") \
    X(PROCESSOR,    "!?",   TEXT,    "shell command for finished files, likewise") \
    X(SUFFIX,       "w",    TEXT,    "end of the names of finished files, likewise") \
    X(REPLACE,      "c",    TEXT,    "this byte instead of unprintable and other bytes") \
    X(STAY,         "i",    ALONE,   "leave at the end of input only, not on SIGTERM") \
    X(READY,        "g",    NUMBER,  "write a newline to this descriptor when ready")

/*
 * What a configured word becomes; with another letter, or none, it is IGNORED. svlogd
 * counts old files only, and 0 there means no limit; k and m behind a size mean 1024 and
 * 1048576 bytes, m and h behind an age minutes and hours; its patterns are of the kind
 * PLUS.
 *
 *    letter  kind      meaning */
#define SV_LOGSCRIPT_CONFIGURATION(X) \
    X('s',    SIZE,     "most bytes in a file; 0: it does not end for its size") \
    X('n',    FILES,    "most old files; 0: none is removed") \
    X('N',    KEPT,     "old files to keep when the disk is full") \
    X('t',    AGE,      "seconds after which a file ends") \
    X('!',    PROCESSOR,"shell command for finished files") \
    X('u',    SEND,     "send each line to this address as well") \
    X('U',    SEND_ONLY,"send each line to this address, and write none") \
    X('p',    PREFIX,   "text before each line") \
    X('-',    DESELECT, "the directory does not get a line that matches") \
    X('+',    SELECT,   "it gets a line that matches after all") \
    X('e',    COMPLAIN, "a line that matches is printed on standard error") \
    X('E',    EXCUSE,   "a line that matches is not, after all")
/* clang-format on */

enum sv_logscript_kind {
#define SV_LOGSCRIPT_KIND(name, letters, form, meaning) SV_LOGSCRIPT_##name,
    SV_LOGSCRIPT_DIRECTIVES(SV_LOGSCRIPT_KIND)
#undef SV_LOGSCRIPT_KIND
    /* configured only */
    SV_LOGSCRIPT_SEND_ONLY,
    SV_LOGSCRIPT_COMPLAIN,
    SV_LOGSCRIPT_EXCUSE,
    SV_LOGSCRIPT_IGNORED
};

/* What matches a pattern, see logselect.h. */
enum sv_logscript_matcher {
    SV_LOGSCRIPT_MATCH_SIMPLE,
    SV_LOGSCRIPT_MATCH_FNMATCH,
    SV_LOGSCRIPT_MATCH_REGEX,
    SV_LOGSCRIPT_MATCH_PLUS
};

/* What stands before a line. */
enum sv_logscript_stamp {
    SV_LOGSCRIPT_STAMP_NONE,
    SV_LOGSCRIPT_STAMP_TAI64N,  /* t, L */
    SV_LOGSCRIPT_STAMP_SECONDS, /* T */
    SV_LOGSCRIPT_STAMP_LOCAL,   /* I */
    SV_LOGSCRIPT_STAMP_UTC,     /* d */
    SV_LOGSCRIPT_STAMP_UTC_T    /* D */
};
#define SV_LOGSCRIPT_STAMPS 6

/* The first byte of a word that is a line of a directory's configuration. */
#define SV_LOGSCRIPT_CONFIGURED '\001'

/*
 * Numbers. FILES: `current` counts, so one old file is the least. A number out of its
 * bounds is moved to the nearest one within. TOLERANCE is always less than the size.
 * ALERT_BYTES are at most the HEAD, STATUS_BYTES at most the HEAD and a newline: no more
 * of a line is there to show.
 */
#define SV_LOGSCRIPT_NUMBER_MAX UINT64_C(9223372036854775807)
#define SV_LOGSCRIPT_SIZE_MIN 4096
#define SV_LOGSCRIPT_SIZE_DEFAULT 99999
#define SV_LOGSCRIPT_FILES_MIN 2
#define SV_LOGSCRIPT_FILES_DEFAULT 10
#define SV_LOGSCRIPT_TOLERANCE_DEFAULT 2000
#define SV_LOGSCRIPT_TOLERANCE_MAX 2000 /* at most this, and half of the size */
#define SV_LOGSCRIPT_AGE_MAX UINT64_C(1000000000)
#define SV_LOGSCRIPT_PAUSE_DEFAULT 100 /* ms */
#define SV_LOGSCRIPT_PAUSE_MAX 3600000
#define SV_LOGSCRIPT_ALERT_DEFAULT 200
#define SV_LOGSCRIPT_HEAD 1000 /* bytes of a line that patterns, alerts, status see */
#define SV_LOGSCRIPT_STATUS_DEFAULT 1001
#define SV_LOGSCRIPT_READY_MAX 1048575
#define SV_LOGSCRIPT_SUFFIX_DEFAULT "s"
#define SV_LOGSCRIPT_SUFFIX_MAX 200 /* bytes; label, dot and suffix make a file name */
#define SV_LOGSCRIPT_PREFIX_MAX 200 /* bytes */

struct sv_logscript_directive {
    enum sv_logscript_kind kind;
    enum sv_logscript_matcher matcher; /* SELECT, DESELECT, COMPLAIN, EXCUSE */
    unsigned int configured : 1;       /* belongs to the next DIRECTORY only */
    unsigned int doubtful : 1;         /* NUMBER: not a plain number within bounds */
    size_t word;                       /* which word it was, from 0 */
    char const *text; /* PATTERN, TEXT: behind the letter; else the word, all of it */
    uint64_t number;  /* NUMBER: within the bounds; others: 0 */
};

struct sv_logscript {
    struct sv_logscript_directive *directives; /* the caller's */
    size_t room;                               /* how many the caller gave */
    size_t count;                              /* how many there are */
};

/* clang-format off */
/*    name            reason */
#define SV_LOGSCRIPT_FAULTS(X) \
    X(TOO_MANY,       "too many directives") \
    X(SUFFIX_SLASH,   "a suffix may not contain a slash") \
    X(SUFFIX_LONG,    "suffix too long") \
    X(PREFIX_LONG,    "prefix too long") \
    X(PREFIX_NEWLINE, "a prefix may not contain a newline") \
    X(REPLACE_WHAT,   "it does not say which byte to put in place of others") \
    X(REPLACE_LINE,   "a newline cannot be put in place of other bytes") \
    X(ADDRESS,        "not an address: A.B.C.D, A.B.C.D:PORT or [V6]:PORT")
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

/*
 * The stamp that patterns see, and that actions get as long as no other is asked for: the
 * first word's. NONE if that is no stamp.
 */
extern enum sv_logscript_stamp sv_logscript_first_stamp(
    struct sv_logscript const *script);

/* What the settings before an action make of it. */
struct sv_logscript_action {
    enum sv_logscript_stamp stamp;
    char const *prefix;    /* behind the stamp; empty if there is none */
    uint64_t alert_bytes;  /* ALERT, ALERT_NAMED, COMPLAIN: at most so many, then `...` */
    uint64_t status_bytes; /* STATUS: always so many; 0: the line, and a newline */
};

/*
 * The settings for script->directives[index], an ALERT, ALERT_NAMED, PRINT, STATUS, SEND,
 * SEND_ONLY, DIRECTORY or COMPLAIN. A configured PREFIX is also that of the SEND,
 * SEND_ONLY and COMPLAIN configured for the same directory. Cannot fail.
 */
extern void sv_logscript_action(struct sv_logscript const *script, size_t index,
                                struct sv_logscript_action *action);

/* What the settings before a DIRECTORY directive make of it. */
struct sv_logscript_directory {
    char const *path;
    uint64_t size;  /* longest file in bytes, >= SV_LOGSCRIPT_SIZE_MIN */
    uint64_t files; /* most files, >= SV_LOGSCRIPT_FILES_MIN */
    uint64_t kept;  /* on a full disk old files go down to so many; default: none go */
    uint64_t total; /* most bytes in old files; SV_LOGSCRIPT_NUMBER_MAX: no limit */
    uint64_t tolerance;    /* bytes, less than size */
    uint64_t age_s;        /* a file ends after so many seconds; 0: it does not */
    uint64_t pause_ms;     /* first pause after trouble, > 0 */
    char const *processor; /* shell command, null if there is none: `!` alone ends one */
    char const *suffix;    /* of finished files, without the dot */
    unsigned int silent : 1; /* SEND_ONLY: nothing is written to it */
};

/*
 * The settings for script->directives[index], which is a DIRECTORY. `kept` is
 * SV_LOGSCRIPT_NUMBER_MAX if nothing may be removed for a full disk. Cannot fail.
 */
extern void sv_logscript_settings(struct sv_logscript const *script, size_t index,
                                  struct sv_logscript_directory *directory);

/*
 * The table that REPLACE directives ask for: table[byte] is what stands in its place, and
 * table[table[byte]] the same. A newline always stays. Of several directives the later
 * one adds: the byte that it puts in place stays, and what an earlier one replaced by a
 * byte that it replaces follows. Returns 0, and leaves the table alone, if there is no
 * such directive. Source: svlogd's -r and -R; what is printable is so in the C locale
 * (0x20..0x7e).
 */
extern int sv_logscript_replacement(struct sv_logscript const *script,
                                    unsigned char table[256]);

#endif
