/* ISC license. */

/* The first line of a script, and execline's words. The shell's: scriptscan_shell.c. */

#include <string.h>

#include "scriptscan_word.h"

#define LOOKED_AT 512 /* bytes in which a binary file has a NUL */

static char const *base_of(char const *path)
{
    char const *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int is_one_of(char const *name, char const *const *names)
{
    while (*names && strcmp(*names, name)) names++;
    return *names != 0;
}

static enum sv_scriptscan_kind kind_of(struct sv_scriptscan_head const *head)
{
    static char const *const shells[] = {"sh",   "ash",  "dash", "bash", "ksh", "ksh93",
                                         "mksh", "yash", "zsh",  "posh", 0};
    char const *name = base_of(*head->program ? head->program : head->interpreter);

    if (!strcmp(name, "busybox")) name = head->argument;
    if (is_one_of(name, shells)) return SV_SCRIPTSCAN_SHELL;
    return strcmp(name, "execlineb") ? SV_SCRIPTSCAN_OTHER : SV_SCRIPTSCAN_EXECLINE;
}

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* What env searches for: the first word that is neither an option nor a variable. */
static void find_program(struct sv_scriptscan_head *head)
{
    char const *at = head->argument;
    int is_split = !strncmp(at, "-S", 2);

    if (is_split) at += 2;
    if (!is_split && *at != '-' && strpbrk(at, " \t")) head->is_split = 1;
    for (;;) {
        while (is_blank(*at)) at++;
        size_t length = strcspn(at, " \t");
        if (*at != '-' && !memchr(at, '=', length)) {
            memcpy(head->program, at, length);
            head->program[length] = 0;
            return;
        }
        at += length;
    }
}

/* text[0 .. length - 1] is the line behind #!, without its newline. */
static void take_interpreter(struct sv_scriptscan_head *head, char const *text,
                             size_t length)
{
    size_t size = 0;

    while (length && is_blank(*text)) text++, length--;
    while (length && is_blank(text[length - 1])) length--;
    while (size < length && !is_blank(text[size])) size++;
    memcpy(head->interpreter, text, size);
    while (size < length && is_blank(text[size])) size++;
    memcpy(head->argument, text + size, length - size);
    if (*head->argument && !strcmp(base_of(head->interpreter), "env")) find_program(head);
    head->kind = kind_of(head);
}

void sv_scriptscan_head(struct sv_scriptscan_head *head, char const *text, size_t length)
{
    size_t looked_at = length < LOOKED_AT ? length : LOOKED_AT;

    memset(head, 0, sizeof *head);
    if (!length) return;
    if (length < 2 || memcmp(text, "#!", 2)) {
        int is_binary = memchr(text, 0, looked_at) || *text == '\177';
        head->kind = is_binary ? SV_SCRIPTSCAN_BINARY : SV_SCRIPTSCAN_TEXT_ONLY;
        return;
    }
    char const *newline = memchr(text, '\n', length);
    size_t line = newline ? (size_t)(newline - text) : length;
    if (line >= SV_SCRIPTSCAN_LINE) head->is_long = 1, line = SV_SCRIPTSCAN_LINE - 1;
    char const *nul = memchr(text, 0, line);
    if (nul) line = (size_t)(nul - text);
    if (text[line - 1] == '\r') head->is_crlf = 1, line--;
    take_interpreter(head, text + 2, line - 2);
}

unsigned int sv_scriptscan_crlf(char const *text, size_t length)
{
    unsigned int line = 1;

    for (size_t at = 0; at + 1 < length; at++) {
        if (text[at] == '\r' && text[at + 1] == '\n') return line;
        if (text[at] == '\n') line++;
    }
    return 0;
}

/* Words ------------------------------------------------------------------------------ */

int sv_scriptscan_begin_word(struct sv_scriptscan const *scan,
                             struct sv_scriptscan_command *command)
{
    if (command->count == SV_SCRIPTSCAN_WORDS
        || command->used + 1 >= SV_SCRIPTSCAN_TEXT) {
        command->is_cut = 1;
        return 0;
    }
    command->words[command->count++] =
        (struct sv_scriptscan_word){.text = command->text + command->used,
                                    .line = scan->lines + 1,
                                    .is_exact = 1};
    command->text[command->used++] = 0;
    return 1;
}

void sv_scriptscan_add(struct sv_scriptscan_command *command, char byte)
{
    if (command->is_cut) return;
    if (command->used + 1 >= SV_SCRIPTSCAN_TEXT) {
        command->is_cut = 1;
        return;
    }
    if (!byte) byte = ' '; /* no word holds one */
    command->text[command->used - 1] = byte;
    command->text[command->used++] = 0;
}

/* execline --------------------------------------------------------------------------- */

static int is_execline_blank(int byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The rest of a string in double quotes. */
static void take_string(struct sv_scriptscan *scan, struct sv_scriptscan_command *command)
{
    for (;;) {
        int byte = sv_scriptscan_take(scan);
        if (byte == '"') return;
        if (byte == '\\') byte = sv_scriptscan_take(scan);
        if (byte < 0) {
            scan->is_unclear = 1;
            return;
        }
        sv_scriptscan_add(command, (char)byte);
    }
}

static void take_execline_word(struct sv_scriptscan *scan,
                               struct sv_scriptscan_command *command)
{
    size_t from = scan->at;
    int room = sv_scriptscan_begin_word(scan, command);
    struct sv_scriptscan_word *word = &command->words[command->count - 1];
    size_t begin = command->used - 1;

    for (int byte = sv_scriptscan_peek(scan); byte >= 0 && !is_execline_blank(byte);
         byte = sv_scriptscan_peek(scan)) {
        byte = sv_scriptscan_take(scan);
        if (byte == '"') {
            take_string(scan, command);
            continue;
        }
        if (byte == '\\') byte = sv_scriptscan_take(scan);
        if (byte >= 0) sv_scriptscan_add(command, (char)byte);
    }
    if (!room) return;
    word->is_exact = !memchr(command->text + begin, '$', command->used - begin);
    size_t length = scan->at - from;
    word->is_open = length == 1 && scan->text[from] == '{';
    word->is_close = length == 1 && scan->text[from] == '}';
    scan->braces += word->is_open;
    if (word->is_close && !scan->braces--) scan->braces = 0, scan->is_unclear = 1;
}

static int next_execline(struct sv_scriptscan *scan,
                         struct sv_scriptscan_command *command)
{
    for (int byte = sv_scriptscan_peek(scan); byte >= 0;
         byte = sv_scriptscan_peek(scan)) {
        if (is_execline_blank(byte)) {
            (void)sv_scriptscan_take(scan); /* a blank */
        } else if (byte == '#') {
            while (sv_scriptscan_peek(scan) >= 0 && sv_scriptscan_peek(scan) != '\n')
                (void)sv_scriptscan_take(scan); /* comment */
        } else {
            if (!command->count) command->line = scan->lines + 1;
            take_execline_word(scan, command);
        }
    }
    if (scan->braces) scan->is_unclear = 1;
    return command->count > 0;
}

int sv_scriptscan_next(struct sv_scriptscan *scan, struct sv_scriptscan_command *command)
{
    command->count = command->used = 0;
    command->line = 0;
    command->end = SV_SCRIPTSCAN_END;
    command->is_definition = command->is_cut = 0;
    command->in_pipe = command->in_loop = command->in_subshell = command->in_function = 0;
    command->moves_error = 0;
    command->text[0] = 0;
    if (scan->kind == SV_SCRIPTSCAN_SHELL) return sv_scriptscan_next_shell(scan, command);
    if (scan->kind == SV_SCRIPTSCAN_EXECLINE) return next_execline(scan, command);
    return 0;
}
