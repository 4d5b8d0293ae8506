/* ISC license. */

/*
 * fnmatch(3) patterns on bytes, as POSIX describes them for the C locale. At most one
 * place is remembered to go back to, the latest star, so the time is bounded by pattern
 * times line.
 */

#include <string.h>

#include "logselect_glob.h"

static int between(unsigned char byte, unsigned char low, unsigned char high)
{
    return byte >= low && byte <= high;
}

static int is_letter(unsigned char byte)
{
    return between(byte | 32, 'a', 'z') && byte < 128;
}

/* clang-format off */
/*    name    condition on `byte`, in ASCII */
#define CLASSES(X) \
    X(alnum, is_letter(byte) || between(byte, '0', '9')) \
    X(alpha, is_letter(byte)) \
    X(blank, byte == ' ' || byte == '\t') \
    X(cntrl, byte < ' ' || byte == 127) \
    X(digit, between(byte, '0', '9')) \
    X(graph, between(byte, '!', '~')) \
    X(lower, between(byte, 'a', 'z')) \
    X(print, between(byte, ' ', '~')) \
    X(punct, between(byte, '!', '~') && !is_letter(byte) && !between(byte, '0', '9')) \
    X(space, byte == ' ' || between(byte, '\t', '\r')) \
    X(upper, between(byte, 'A', 'Z')) \
    X(xdigit, between(byte, '0', '9') || between(byte | 32, 'a', 'f'))
/* clang-format on */

#define CLASS_FUNCTION(name, condition) \
    static int class_##name(unsigned char byte) \
    { \
        return condition; \
    }
CLASSES(CLASS_FUNCTION)
#undef CLASS_FUNCTION

struct class {
    char const *name;
    int (*contains)(unsigned char byte);
};

static struct class const classes[] = {
#define CLASS(name, condition) {#name, class_##name},
    CLASSES(CLASS)
#undef CLASS
};

int sv_logselect_in_class(char const *name, size_t length, unsigned char byte)
{
    for (unsigned int i = 0; i < sizeof classes / sizeof *classes; i++)
        if (!strncmp(classes[i].name, name, length) && !classes[i].name[length])
            return classes[i].contains(byte);
    return -1;
}

/* A pattern being read. */
struct reader {
    char const *at;
    char const *end;
};

/*
 * Behind a `[` within brackets: [:name:], [.x.], [=x=]. Sets *name and *length to what
 * stands between, moves behind it and returns the mark; 0 and no move if it is no such
 * thing.
 */
static char read_inner(struct reader *reader, char const **name, size_t *length)
{
    if (reader->end - reader->at < 2) return 0;
    char mark = *reader->at;
    if (mark != ':' && mark != '.' && mark != '=') return 0;
    for (char const *close = reader->at + 1; close + 1 < reader->end; close++) {
        if (close[0] != mark || close[1] != ']') continue;
        *name = reader->at + 1;
        *length = (size_t)(close - *name);
        reader->at = close + 2;
        return mark;
    }
    return 0;
}

enum item { ITEM_BYTE, ITEM_MATCHED, ITEM_MISSED, ITEM_NONE };

/*
 * One element between brackets: a byte into *element, or a class, which `byte` is in or
 * not. NONE if there is no sense in it.
 */
static enum item read_item(struct reader *reader, unsigned char byte,
                           unsigned char *element)
{
    char const *name;
    size_t length;

    if (reader->at == reader->end) return ITEM_NONE;
    char first = *reader->at++;
    *element = (unsigned char)first;
    if (first == '\\') {
        if (reader->at == reader->end) return ITEM_NONE;
        *element = (unsigned char)*reader->at++;
        return ITEM_BYTE;
    }
    if (first != '[') return ITEM_BYTE;
    switch (read_inner(reader, &name, &length)) {
    case ':': {
        int in = sv_logselect_in_class(name, length, byte);
        return in < 0 ? ITEM_NONE : in ? ITEM_MATCHED : ITEM_MISSED;
    }
    case '.':
    case '=':
        if (length != 1) return ITEM_NONE;
        *element = (unsigned char)*name;
        return ITEM_BYTE;
    }
    return ITEM_BYTE;
}

/*
 * Behind a `[`: whether `byte` is in the set, and moves behind its `]`. -1 if it is no
 * set: the bracket then stands for itself.
 */
static int read_set(struct reader *reader, unsigned char byte)
{
    int matched = 0, negated = 0;
    unsigned char low, high;

    if (reader->at < reader->end && (*reader->at == '!' || *reader->at == '^')) {
        negated = 1;
        reader->at++;
    }
    for (char const *first = reader->at;;) {
        if (reader->at > first && reader->at < reader->end && *reader->at == ']') {
            reader->at++;
            return matched != negated;
        }
        enum item item = read_item(reader, byte, &low);
        if (item == ITEM_NONE) return -1;
        if (item == ITEM_MATCHED) matched = 1;
        if (item != ITEM_BYTE) continue;
        high = low;
        if (reader->end - reader->at >= 2 && reader->at[0] == '-'
            && reader->at[1] != ']') {
            reader->at++;
            if (read_item(reader, byte, &high) != ITEM_BYTE) return -1;
        }
        if (between(byte, low, high)) matched = 1;
    }
}

/*
 * One element of a pattern, not a star, against one byte; moves behind it if it matches.
 */
static int element_matches(struct reader *reader, unsigned char byte)
{
    struct reader ahead = *reader;
    int matches;

    switch (*ahead.at++) {
    case '?': matches = 1; break;
    case '\\':
        matches = ahead.at < ahead.end && (unsigned char)*ahead.at++ == byte;
        break;
    case '[': {
        struct reader set = ahead;
        matches = read_set(&set, byte);
        if (matches < 0)
            matches = byte == '[';
        else
            ahead = set;
        break;
    }
    default: /* any other byte stands for itself */
        matches = (unsigned char)ahead.at[-1] == byte;
    }
    if (matches) *reader = ahead;
    return matches;
}

int sv_logselect_glob_matches(char const *pattern, size_t pattern_length,
                              char const *line, size_t length)
{
    struct reader reader = {pattern, pattern + pattern_length};
    char const *end = line + length;
    char const *star = 0;   /* behind the latest star of the pattern */
    char const *resume = 0; /* where in the line what follows that star was last tried */

    for (;;) {
        if (reader.at < reader.end && *reader.at == '*') {
            if (++reader.at == reader.end) return 1;
            star = reader.at;
            resume = line;
            continue;
        }
        if (line == end && reader.at == reader.end) return 1;
        if (line == end) return 0;
        if (reader.at < reader.end && element_matches(&reader, (unsigned char)*line)) {
            line++;
            continue;
        }
        if (!star) return 0;
        reader.at = star;
        line = ++resume;
        /* the quick way to the next place where it could go on */
        if (resume < end && !strchr("*?[\\", *star)) {
            line = resume = memchr(resume, *star, (size_t)(end - resume));
            if (!resume) return 0;
        }
    }
}
