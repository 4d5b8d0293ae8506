/* ISC license. */

/* The shell's words, redirections and here-documents. */

#include <string.h>

#include "scriptscan_word.h"

static int peek_at(struct sv_scriptscan const *scan, size_t ahead)
{
    return scan->length - scan->at > ahead ? (unsigned char)scan->text[scan->at + ahead]
                                           : -1;
}

int sv_scriptscan_peek(struct sv_scriptscan const *scan)
{
    return peek_at(scan, 0);
}

int sv_scriptscan_take(struct sv_scriptscan *scan)
{
    int byte = sv_scriptscan_peek(scan);

    if (byte == '\n') scan->lines++;
    if (byte >= 0) scan->at++;
    return byte;
}

/* Whether it ends a word that is not quoted. */
int sv_scriptscan_is_meta(int byte)
{
    return byte < 0 || (byte && strchr(" \t\r\n;&|<>()", byte));
}

/* Words ------------------------------------------------------------------------------ */

/* Takes a byte, and puts it into the word. */
static int keep(struct sv_scriptscan *scan, struct sv_scriptscan_command *command)
{
    int byte = sv_scriptscan_take(scan);

    if (byte >= 0) sv_scriptscan_add(command, (char)byte);
    return byte;
}

/* Up to the quote, which has been begun. Within single ones nothing is special. */
static void keep_string(struct sv_scriptscan *scan, struct sv_scriptscan_command *command,
                        int quote)
{
    for (int byte = keep(scan, command); byte != quote; byte = keep(scan, command)) {
        if (byte == '\\' && quote != '\'') byte = keep(scan, command);
        if (byte < 0) {
            scan->is_unclear = 1;
            return;
        }
    }
}

/*
 * $( ... ), ${ ... } and `...` stay as they are written: up to the closing byte, with as
 * many opening ones between as closing ones.
 */
static void keep_group(struct sv_scriptscan *scan, struct sv_scriptscan_command *command,
                       int open, int close)
{
    unsigned int depth = 1;

    while (depth) {
        int byte = keep(scan, command);
        if (byte == '\\') byte = keep(scan, command), byte = byte < 0 ? byte : ' ';
        if (byte < 0) {
            scan->is_unclear = 1;
            return;
        }
        if (byte == close)
            depth--;
        else if (byte == open)
            depth++;
        else if (byte == '\'' || byte == '"')
            keep_string(scan, command, byte);
    }
}

/* What begins with $ or `. Returns 1 if something stands for something else there. */
static int take_expansion(struct sv_scriptscan *scan,
                          struct sv_scriptscan_command *command)
{
    int byte = keep(scan, command), next = sv_scriptscan_peek(scan);

    if (byte == '`') {
        keep_group(scan, command, '`', '`');
        return 1;
    }
    if (next == '(' || next == '{') {
        (void)keep(scan, command);
        keep_group(scan, command, next, next == '(' ? ')' : '}');
        return 1;
    }
    return !sv_scriptscan_is_meta(next) && next != '"';
}

/* A string in double quotes; what is in it may be expanded. */
static int take_double(struct sv_scriptscan *scan, struct sv_scriptscan_command *command)
{
    int is_exact = 1;

    for (;;) {
        int byte = sv_scriptscan_peek(scan);
        if (byte == '$' || byte == '`') {
            if (take_expansion(scan, command)) is_exact = 0;
            continue;
        }
        (void)sv_scriptscan_take(scan);
        if (byte == '"') return is_exact;
        if (byte == '\\') {
            byte = sv_scriptscan_take(scan);
            if (byte == '\n') continue;
            if (byte >= 0 && !strchr("$`\"\\", byte)) sv_scriptscan_add(command, '\\');
        }
        if (byte < 0) {
            scan->is_unclear = 1;
            return is_exact;
        }
        sv_scriptscan_add(command, (char)byte);
    }
}

static void take_single(struct sv_scriptscan *scan, struct sv_scriptscan_command *command)
{
    for (int byte = sv_scriptscan_take(scan); byte != '\'';
         byte = sv_scriptscan_take(scan)) {
        if (byte < 0) {
            scan->is_unclear = 1;
            return;
        }
        sv_scriptscan_add(command, (char)byte);
    }
}

/* Returns 1 if nothing in it was quoted, so that it may be a reserved word. */
int sv_scriptscan_take_word(struct sv_scriptscan *scan,
                            struct sv_scriptscan_command *command)
{
    int is_plain = 1, is_exact = 1;
    int room = sv_scriptscan_begin_word(scan, command);
    size_t index = command->count - 1;

    for (int byte = sv_scriptscan_peek(scan); !sv_scriptscan_is_meta(byte);
         byte = sv_scriptscan_peek(scan)) {
        if (byte == '$' || byte == '`') {
            if (take_expansion(scan, command)) is_exact = 0;
        } else if (byte == '"' || byte == '\'') {
            (void)sv_scriptscan_take(scan);
            is_plain = 0;
            if (byte == '\'')
                take_single(scan, command);
            else if (!take_double(scan, command))
                is_exact = 0;
        } else if (byte == '\\') {
            (void)sv_scriptscan_take(scan);
            is_plain = 0;
            byte = sv_scriptscan_take(scan);
            if (byte >= 0 && byte != '\n') sv_scriptscan_add(command, (char)byte);
        } else {
            if (byte == '*' || byte == '?' || byte == '[' || byte == '~') is_exact = 0;
            (void)keep(scan, command);
        }
    }
    if (room) command->words[index].is_exact = (unsigned int)is_exact;
    return is_plain;
}

/* The last word was none of the command. */
void sv_scriptscan_drop_word(struct sv_scriptscan_command *command, size_t used)
{
    if (command->is_cut) return;
    command->count--;
    command->used = used;
}

/* Redirections and here-documents ---------------------------------------------------- */

void sv_scriptscan_skip_blanks(struct sv_scriptscan *scan)
{
    for (;;) {
        int byte = sv_scriptscan_peek(scan);
        if (byte == '\\' && peek_at(scan, 1) == '\n')
            (void)sv_scriptscan_take(scan);
        else if (byte != ' ' && byte != '\t' && byte != '\r')
            return;
        (void)sv_scriptscan_take(scan);
    }
}

static void remember_here(struct sv_scriptscan *scan, char const *mark, int strips_tabs)
{
    if (scan->here_count == SV_SCRIPTSCAN_HERE || strlen(mark) >= SV_SCRIPTSCAN_MARK) {
        scan->is_unclear = 1;
        return;
    }
    struct sv_scriptscan_here *here = &scan->here[scan->here_count++];
    memcpy(here->mark, mark, strlen(mark) + 1);
    here->strips_tabs = !!strips_tabs;
}

/* From < or > on; fd is the number before it, -1 if there was none. */
void sv_scriptscan_take_redirection(struct sv_scriptscan *scan,
                                    struct sv_scriptscan_command *command, int fd)
{
    int first = sv_scriptscan_take(scan), is_here = 0, strips_tabs = 0, is_both = 0;
    size_t used = command->used;

    if (first == '<' && sv_scriptscan_peek(scan) == '<') {
        (void)sv_scriptscan_take(scan);
        is_here = sv_scriptscan_peek(scan) != '<'; /* <<< has a word like any other */
        strips_tabs = is_here && sv_scriptscan_peek(scan) == '-';
    }
    is_both = first == '>' && sv_scriptscan_peek(scan) == '&' && fd < 0;
    int next = sv_scriptscan_peek(scan);
    if (strips_tabs || next == '>' || next == '&' || next == '|' || next == '<')
        (void)sv_scriptscan_take(scan);
    sv_scriptscan_skip_blanks(scan);
    if (sv_scriptscan_is_meta(sv_scriptscan_peek(scan))) return; /* a mistake */
    (void)sv_scriptscan_take_word(scan, command);
    if (command->is_cut) return;
    char const *target = command->words[command->count - 1].text;
    if (fd == 2 || (is_both && (*target < '0' || *target > '9') && *target != '-'))
        command->moves_error = 1;
    if (is_here) remember_here(scan, target, strips_tabs);
    sv_scriptscan_drop_word(command, used);
}

/* The line at scan->at, without its newline: moves behind it. */
static char const *take_line(struct sv_scriptscan *scan, size_t *length)
{
    char const *line = scan->text + scan->at;
    size_t left = scan->length - scan->at;
    char const *newline = memchr(line, '\n', left);

    *length = newline ? (size_t)(newline - line) : left;
    scan->at += *length + !!newline;
    scan->lines += !!newline;
    return line;
}

/* A line has ended: what its << have announced follows. */
void sv_scriptscan_skip_here(struct sv_scriptscan *scan)
{
    for (unsigned int i = 0; i < scan->here_count; i++) {
        struct sv_scriptscan_here const *here = &scan->here[i];
        size_t length = 0, size = strlen(here->mark);
        int is_over = 0;
        while (!is_over && scan->at < scan->length) {
            char const *line = take_line(scan, &length);
            while (here->strips_tabs && length && *line == '\t') line++, length--;
            is_over = length == size && !memcmp(line, here->mark, size);
        }
    }
    scan->here_count = 0;
}
