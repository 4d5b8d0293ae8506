/* ISC license. */

#include <signal.h>
#include <string.h>

#include <sv/control.h>

#define MARK_FIRST 0xE0u /* and the count of bytes it covers in the low five bits */
#define MARK_NEXT 0x80u  /* and seven bits of the uid, or of the token */
#define TOKEN_FIRST 0xC0u

struct sv_command_word const sv_control_words[] = {
#define SV_COMMAND_WORD(name, byte, dialect, option, meaning) \
    {byte, SV_DIALECT_##dialect, option, meaning},
    SV_COMMANDS(SV_COMMAND_WORD)
#undef SV_COMMAND_WORD
};

enum sv_command_kind sv_control_find(unsigned char byte)
{
    switch (byte) {
#define SV_COMMAND_CASE(name, letter, dialect, option, meaning) \
    case letter: return SV_COMMAND_##name;
        SV_COMMANDS(SV_COMMAND_CASE)
#undef SV_COMMAND_CASE
    }
    return SV_COMMAND_COUNT;
}

enum sv_command_kind sv_control_find_option(char const *option)
{
    unsigned int kind = 0;

    while (kind < SV_COMMAND_COUNT && strcmp(sv_control_words[kind].option, option))
        kind++;
    return (enum sv_command_kind)kind;
}

int sv_control_signal(enum sv_command_kind kind)
{
    switch (kind) {
    case SV_COMMAND_PAUSE:
    case SV_COMMAND_PAUSE_GROUP: return SIGSTOP;
    case SV_COMMAND_CONTINUE:
    case SV_COMMAND_CONTINUE_GROUP: return SIGCONT;
    case SV_COMMAND_HANGUP: return SIGHUP;
    case SV_COMMAND_ALARM: return SIGALRM;
    case SV_COMMAND_INTERRUPT: return SIGINT;
    case SV_COMMAND_TERMINATE: return SIGTERM;
    case SV_COMMAND_KILL:
    case SV_COMMAND_KILL_GROUP: return SIGKILL;
    case SV_COMMAND_QUIT: return SIGQUIT;
    case SV_COMMAND_USER1: return SIGUSR1;
    case SV_COMMAND_USER2: return SIGUSR2;
    case SV_COMMAND_WINDOW:
    case SV_COMMAND_WINDOW_S6: return SIGWINCH;
    case SV_COMMAND_ABORT: return SIGABRT;
    case SV_COMMAND_GROUP:
    case SV_COMMAND_PROCESS:
    case SV_COMMAND_LOG:
    case SV_COMMAND_MAIN:
    case SV_COMMAND_UP:
    case SV_COMMAND_DOWN:
    case SV_COMMAND_ONCE:
    case SV_COMMAND_EXIT:
    case SV_COMMAND_RESTART:
    case SV_COMMAND_RELOAD:
    case SV_COMMAND_NO_RESTART:
    case SV_COMMAND_UP_ALWAYS:
    case SV_COMMAND_DOWN_ALWAYS:
    case SV_COMMAND_ONCE_ALWAYS:
    case SV_COMMAND_KILL_TREE:
    case SV_COMMAND_UPGRADE:
    case SV_COMMAND_COUNT: break;
    }
    return 0;
}

char const *sv_control_scripts(enum sv_command_kind kind)
{
    switch (kind) {
    case SV_COMMAND_UP:
    case SV_COMMAND_UP_ALWAYS:
    case SV_COMMAND_ONCE:
    case SV_COMMAND_ONCE_ALWAYS: return "u";
    case SV_COMMAND_DOWN:
    case SV_COMMAND_DOWN_ALWAYS:
    case SV_COMMAND_RESTART: return "td";
    case SV_COMMAND_EXIT: return "tx";
    case SV_COMMAND_PAUSE:
    case SV_COMMAND_PAUSE_GROUP: return "p";
    case SV_COMMAND_CONTINUE:
    case SV_COMMAND_CONTINUE_GROUP: return "c";
    case SV_COMMAND_KILL:
    case SV_COMMAND_KILL_GROUP: return "k";
    case SV_COMMAND_WINDOW:
    case SV_COMMAND_WINDOW_S6: return "w";
    case SV_COMMAND_HANGUP: return "h";
    case SV_COMMAND_ALARM: return "a";
    case SV_COMMAND_INTERRUPT: return "i";
    case SV_COMMAND_TERMINATE: return "t";
    case SV_COMMAND_QUIT: return "q";
    case SV_COMMAND_USER1: return "1";
    case SV_COMMAND_USER2: return "2";
    case SV_COMMAND_ABORT: return "b";
    case SV_COMMAND_RELOAD: return "R";
    case SV_COMMAND_NO_RESTART: /* nothing to do instead, or to prepare */
    case SV_COMMAND_KILL_TREE:  /* the last resort */
    case SV_COMMAND_UPGRADE:    /* about supervise, not about the service */
    case SV_COMMAND_GROUP:      /* cannot happen: the decoder keeps modifiers to itself */
    case SV_COMMAND_PROCESS:
    case SV_COMMAND_LOG:
    case SV_COMMAND_MAIN:
    case SV_COMMAND_COUNT: break;
    }
    return "";
}

void sv_control_end_batch(struct sv_control *control)
{
    control->to_group = 0;
    control->to_log = 0;
}

/* All of a mark, or of a token, has been read. */
static void end_mark(struct sv_control *control)
{
    uint64_t number = control->mark_uid;

    if (control->in_token) {
        control->in_token = 0;
        control->token = number > UINT32_MAX ? 0 : (uint32_t)number;
        return;
    }
    control->uid = number > UINT32_MAX ? SV_CONTROL_UID_UNKNOWN : (uint32_t)number;
    control->covers = control->mark_covers;
    sv_control_end_batch(control);
}

/* Takes a byte with the high bit set: a part of a mark or token, or nothing. */
static void decode_mark(struct sv_control *control, unsigned char byte)
{
    if (control->mark_left) {
        control->mark_uid = control->mark_uid << 7 | (byte & 0x7Fu);
        if (!--control->mark_left) end_mark(control);
        return;
    }
    if (control->covers || byte <= MARK_FIRST) control->token = 0; /* of another mark */
    control->covers = 0;
    if (byte <= MARK_FIRST && byte != TOKEN_FIRST) return;
    control->in_token = byte == TOKEN_FIRST;
    control->mark_left = SV_CONTROL_MARK - 1;
    control->mark_covers = byte & 0x1Fu;
    control->mark_uid = 0;
}

/* Modifiers change how the next commands are read. Returns 1 if `kind` is one. */
static int take_modifier(struct sv_control *control, enum sv_command_kind kind)
{
    if (kind == SV_COMMAND_GROUP || kind == SV_COMMAND_PROCESS) {
        control->to_group = kind == SV_COMMAND_GROUP;
        return 1;
    }
    if (kind == SV_COMMAND_LOG || kind == SV_COMMAND_MAIN) {
        control->to_log = kind == SV_COMMAND_LOG;
        return 1;
    }
    return 0;
}

/* A byte without the high bit. */
static int decode_plain(struct sv_control *control, unsigned char byte,
                        struct sv_command *command)
{
    enum sv_command_kind kind = sv_control_find(byte);

    if (kind == SV_COMMAND_COUNT || take_modifier(control, kind)) return 0;
    *command = (struct sv_command){.kind = kind};
    command->to_group = control->to_group || kind == SV_COMMAND_PAUSE_GROUP
                        || kind == SV_COMMAND_CONTINUE_GROUP
                        || kind == SV_COMMAND_KILL_GROUP;
    command->to_log = control->to_log;
    command->uid = control->covers ? control->uid : SV_CONTROL_UID_UNKNOWN;
    command->token = control->covers ? control->token : 0;
    return 1;
}

int sv_control_decode(struct sv_control *control, unsigned char byte,
                      struct sv_command *command)
{
    if (byte & 0x80) {
        decode_mark(control, byte);
        return 0;
    }
    control->mark_left = control->in_token = 0;
    int got = decode_plain(control, byte, command);
    if (!control->covers) {
        control->token = 0;
    } else if (!--control->covers) {
        control->token = 0;
        sv_control_end_batch(control);
    }
    return got;
}

/* Writes a first byte, and a number behind it. */
static void write_mark(unsigned char *mark, unsigned char first, uint32_t number)
{
    mark[0] = first;
    for (unsigned int i = 1; i < SV_CONTROL_MARK; i++)
        mark[i] = (unsigned char)(MARK_NEXT
                                  | (number >> 7 * (SV_CONTROL_MARK - 1 - i) & 0x7Fu));
}

void sv_control_mark(unsigned char *mark, unsigned int covers, uint32_t uid)
{
    write_mark(mark, (unsigned char)(MARK_FIRST | covers), uid);
}

void sv_control_token(unsigned char *bytes, uint32_t token)
{
    write_mark(bytes, TOKEN_FIRST, token);
}
