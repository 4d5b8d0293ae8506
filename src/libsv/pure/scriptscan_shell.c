/* ISC license. */

/* The shell's commands, and what they are part of. */

#include <string.h>

#include "scriptscan_word.h"

/* Reserved words --------------------------------------------------------------------- */

enum reserved {
    RESERVED_NONE,
    RESERVED_LEAD, /* a command follows */
    RESERVED_LOOP, /* likewise, up to done */
    RESERVED_FOR,  /* words follow, then commands up to done */
    RESERVED_CASE,
    RESERVED_FUNCTION,
    RESERVED_BRACE,
    RESERVED_UNBRACE,
    RESERVED_DONE,
    RESERVED_ESAC,
    RESERVED_FI
};

static enum reserved find_reserved(char const *word)
{
    static struct {
        char const *word;
        enum reserved reserved;
    } const words[] = {
        {"if", RESERVED_LEAD},    {"then", RESERVED_LEAD},
        {"else", RESERVED_LEAD},  {"elif", RESERVED_LEAD},
        {"do", RESERVED_LEAD},    {"!", RESERVED_LEAD},
        {"time", RESERVED_LEAD},  {"while", RESERVED_LOOP},
        {"until", RESERVED_LOOP}, {"for", RESERVED_FOR},
        {"select", RESERVED_FOR}, {"case", RESERVED_CASE},
        {"{", RESERVED_BRACE},    {"}", RESERVED_UNBRACE},
        {"done", RESERVED_DONE},  {"esac", RESERVED_ESAC},
        {"fi", RESERVED_FI},      {"function", RESERVED_FUNCTION},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].word, word)) return words[i].reserved;
    return RESERVED_NONE;
}

static void count_down(struct sv_scriptscan *scan, unsigned int *count)
{
    if (*count)
        --*count;
    else
        scan->is_unclear = 1;
}

/* The words of `for NAME in ...`, or up to the `in` of `case WORD in`. */
static void skip_header(struct sv_scriptscan *scan, struct sv_scriptscan_command *command,
                        int is_case)
{
    size_t used = command->used;

    for (int in = 0; !in;) {
        sv_scriptscan_skip_blanks(scan);
        while (is_case && sv_scriptscan_peek(scan) == '\n')
            (void)sv_scriptscan_take(scan), sv_scriptscan_skip_blanks(scan);
        if (sv_scriptscan_is_meta(sv_scriptscan_peek(scan))) break;
        (void)sv_scriptscan_take_word(scan, command);
        if (command->is_cut) break;
        in = is_case && !strcmp(command->words[command->count - 1].text, "in");
        sv_scriptscan_drop_word(command, used);
    }
    if (!is_case) return;
    scan->cases++;
    scan->in_pattern = 1;
}

static void open_brace(struct sv_scriptscan *scan)
{
    scan->braces++;
    if (scan->is_defining && !scan->function) scan->function = scan->braces;
    scan->is_defining = 0;
}

static void close_brace(struct sv_scriptscan *scan)
{
    if (scan->function == scan->braces) scan->function = 0;
    count_down(scan, &scan->braces);
}

/*
 * The first word of a command, not quoted, is this reserved word, and has been dropped.
 */
static void obey(struct sv_scriptscan *scan, struct sv_scriptscan_command *command,
                 enum reserved reserved)
{
    switch (reserved) {
    case RESERVED_NONE:
    case RESERVED_LEAD: break;
    case RESERVED_LOOP: scan->loops++; break;
    case RESERVED_FOR:
        scan->loops++;
        skip_header(scan, command, 0);
        break;
    case RESERVED_CASE: skip_header(scan, command, 1); break;
    case RESERVED_FUNCTION: command->is_definition = 1; break;
    case RESERVED_BRACE: open_brace(scan); break;
    case RESERVED_UNBRACE: close_brace(scan); break;
    case RESERVED_DONE: count_down(scan, &scan->loops); break;
    case RESERVED_ESAC:
        scan->in_pattern = 0;
        count_down(scan, &scan->cases);
        break;
    case RESERVED_FI: break; /* only words of redirections follow */
    }
}

/* Commands --------------------------------------------------------------------------- */

/* What the command is part of; at its first word or redirection. */
static void place(struct sv_scriptscan const *scan, struct sv_scriptscan_command *command)
{
    if (!command->line) command->line = scan->lines + 1;
    command->in_loop = scan->loops > 0;
    command->in_subshell = scan->subshells > 0;
    command->in_function = scan->function > 0 || scan->is_defining;
    if (scan->after_pipe) command->in_pipe = 1;
}

static int is_number(struct sv_scriptscan_word const *word)
{
    size_t length = strlen(word->text);

    return length && length < 4 && strspn(word->text, "0123456789") == length;
}

/*
 * A word of a command, or the number of a redirection. Returns 1 if that ends the
 * command.
 */
static int take_part(struct sv_scriptscan *scan, struct sv_scriptscan_command *command)
{
    size_t used = command->used;

    place(scan, command);
    int is_plain = sv_scriptscan_take_word(scan, command);
    if (command->is_cut) return 0;
    if (command->is_definition) return 1; /* function NAME */
    struct sv_scriptscan_word const *word = &command->words[command->count - 1];
    if (is_plain && is_number(word)
        && (sv_scriptscan_peek(scan) == '<' || sv_scriptscan_peek(scan) == '>')) {
        int fd = 0;
        for (char const *digit = word->text; *digit; digit++)
            fd = fd * 10 + (*digit - '0');
        sv_scriptscan_drop_word(command, used);
        sv_scriptscan_take_redirection(scan, command, fd);
        return 0;
    }
    enum reserved reserved =
        is_plain && command->count == 1 ? find_reserved(word->text) : RESERVED_NONE;
    if (scan->in_pattern && reserved != RESERVED_ESAC) {
        sv_scriptscan_drop_word(command, used);
    } else if (reserved) {
        sv_scriptscan_drop_word(command, used);
        obey(scan, command, reserved);
        place(scan, command); /* what was open may be closed now */
    }
    return 0;
}

/* Returns 1 if that ends the command: `a | b`, `a || b`. */
static int take_bar(struct sv_scriptscan *scan, struct sv_scriptscan_command *command)
{
    (void)sv_scriptscan_take(scan);
    if (scan->in_pattern) return 0;
    if (sv_scriptscan_peek(scan) == '|') {
        (void)sv_scriptscan_take(scan);
        scan->after_pipe = 0;
        return 1;
    }
    if (sv_scriptscan_peek(scan) == '&')
        (void)sv_scriptscan_take(scan), command->moves_error = 1;
    command->in_pipe = scan->after_pipe = 1;
    return 1;
}

/* Returns 1 if that ends the command: `a &`, `a && b`; not &> in which bash redirects. */
static int take_ampersand(struct sv_scriptscan *scan,
                          struct sv_scriptscan_command *command)
{
    (void)sv_scriptscan_take(scan);
    if (sv_scriptscan_peek(scan) == '>') {
        sv_scriptscan_take_redirection(scan, command, 2);
        return 0;
    }
    scan->after_pipe = 0;
    if (sv_scriptscan_peek(scan) == '&')
        (void)sv_scriptscan_take(scan);
    else
        command->end = SV_SCRIPTSCAN_END_BACKGROUND;
    return 1;
}

static int take_semicolon(struct sv_scriptscan *scan)
{
    int is_case = 0;

    (void)sv_scriptscan_take(scan);
    while (sv_scriptscan_peek(scan) == ';'
           || (scan->cases && sv_scriptscan_peek(scan) == '&'))
        (void)sv_scriptscan_take(scan), is_case = 1;
    if (is_case && scan->cases) scan->in_pattern = 1;
    scan->after_pipe = 0;
    return 1;
}

static int take_parenthesis(struct sv_scriptscan *scan,
                            struct sv_scriptscan_command *command)
{
    if (sv_scriptscan_take(scan) == ')') {
        if (scan->in_pattern)
            scan->in_pattern = 0;
        else
            count_down(scan, &scan->subshells);
        scan->after_pipe = 0;
        return 1;
    }
    if (scan->in_pattern) return 0;
    sv_scriptscan_skip_blanks(scan);
    if (command->count == 1 && sv_scriptscan_peek(scan) == ')') {
        (void)sv_scriptscan_take(scan);
        command->is_definition = 1;
        return 1;
    }
    if (scan->is_defining && sv_scriptscan_peek(scan) == ')') {
        (void)sv_scriptscan_take(scan); /* function NAME () */
        return 0;
    }
    if (command->count || scan->is_defining)
        scan->is_unclear = 1; /* a list of bash's, or a body in parentheses */
    scan->is_defining = 0;
    scan->subshells++;
    return 0;
}

/* Returns 1 if it ends the command. */
static int take_operator(struct sv_scriptscan *scan,
                         struct sv_scriptscan_command *command)
{
    switch (sv_scriptscan_peek(scan)) {
    case '\n':
        (void)sv_scriptscan_take(scan);
        sv_scriptscan_skip_here(scan);
        if (command->count) scan->after_pipe = 0; /* else: a | <newline> b */
        return 1;
    case ';': return take_semicolon(scan);
    case '&': return take_ampersand(scan, command);
    case '|': return take_bar(scan, command);
    case '<':
    case '>':
        place(scan, command);
        sv_scriptscan_take_redirection(scan, command, -1);
        return 0;
    default: return take_parenthesis(scan, command);
    }
}

static int is_something(struct sv_scriptscan_command const *command)
{
    return command->count || command->moves_error
           || command->end == SV_SCRIPTSCAN_END_BACKGROUND;
}

/* What comes next is a command of its own: it keeps nothing of what was in its place. */
static void forget(struct sv_scriptscan_command *command)
{
    command->line = 0;
    command->in_pipe = 0;
}

int sv_scriptscan_next_shell(struct sv_scriptscan *scan,
                             struct sv_scriptscan_command *command)
{
    for (;;) {
        sv_scriptscan_skip_blanks(scan);
        int byte = sv_scriptscan_peek(scan), is_over = byte < 0;
        if (is_over && !is_something(command)) break;
        if (byte == '#') {
            while (sv_scriptscan_peek(scan) >= 0 && sv_scriptscan_peek(scan) != '\n')
                (void)sv_scriptscan_take(scan);
        } else if (!is_over && sv_scriptscan_is_meta(byte)) {
            is_over = take_operator(scan, command);
        } else if (!is_over) {
            is_over = take_part(scan, command);
        }
        if (!is_over) continue;
        if (is_something(command)) {
            if (!command->line) place(scan, command);
            if (command->is_definition) scan->is_defining = 1;
            return 1;
        }
        forget(command);
    }
    if (scan->loops || scan->subshells || scan->cases || scan->braces)
        scan->is_unclear = 1;
    return 0;
}
