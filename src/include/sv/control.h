/* ISC license. */

/*
 * control (pure): the bytes of supervise/control.
 *
 * A command is one byte. The list below is the only one: the enum, the letters, svc's
 * option string and usage texts, its long options and control(7) come from it. It is the
 * union of what daemontools, daemontools-encore, runit and s6 understand; where they
 * collide encore wins
 * ('l' selects the main process; s6's reload-signal is 'R' here).
 *
 * '+' '=' 'L' 'l' are no commands but modifiers for the commands after them; they hold
 * until the end of the batch: the bytes that were in the FIFO when supervise looked.
 *
 * A mark says who asked: svc puts it before its letters when the reader is an upkeep
 * supervise. All its bytes have the high bit set, which no suite uses for a command, so
 * that whoever does not know marks skips them. A mark is what svc says, not what the
 * kernel vouches for: whoever may write commands may also write marks.
 *
 *     byte 0      0xE0 | N      the mark is about the next N bytes, 1 <= N <= 31
 *     bytes 1-5   0x80 | 7 bits of the uid, most significant first
 *
 * Before a mark may stand a token, a number by which its sender recognises its commands
 * in the journal (journal.h): it is noted with each of those that the mark speaks for.
 *
 *     byte 0      0xC0
 *     bytes 1-5   0x80 | 7 bits of the token, most significant first
 */

#ifndef SV_CONTROL_H
#define SV_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#define SV_CONTROL_UID_UNKNOWN UINT32_MAX
#define SV_CONTROL_MARK 6         /* bytes of a mark */
#define SV_CONTROL_TOKEN 6        /* bytes of a token */
#define SV_CONTROL_MARK_COVERS 31 /* bytes a mark can speak for */

/* Where a letter comes from, and so who may type it as a short option of svc. */
enum sv_dialect {
    SV_DIALECT_DJB,    /* daemontools 0.76 */
    SV_DIALECT_ENCORE, /* added by daemontools-encore */
    SV_DIALECT_OTHER   /* s6, runit or ours: FIFO byte and long option only */
};

/* clang-format off */
/*    name            byte dialect long option       meaning; djb's and encore's: usage */
#define SV_COMMANDS(X) \
    X(GROUP,          '+', ENCORE, "group",          "kill process group") \
    X(PROCESS,        '=', ENCORE, "process",        "kill parent process") \
    X(LOG,            'L', ENCORE, "log",            "kill log") \
    X(MAIN,           'l', ENCORE, "main",           "kill main") \
    X(UP,             'u', DJB,    "up",             "up") \
    X(DOWN,           'd', DJB,    "down",           "down") \
    X(ONCE,           'o', DJB,    "once",           "once") \
    X(EXIT,           'x', DJB,    "exit",           "exit") \
    X(PAUSE,          'p', DJB,    "pause",          "pause") \
    X(CONTINUE,       'c', DJB,    "continue",       "continue") \
    X(HANGUP,         'h', DJB,    "hup",            "hup") \
    X(ALARM,          'a', DJB,    "alarm",          "alarm") \
    X(INTERRUPT,      'i', DJB,    "interrupt",      "interrupt") \
    X(TERMINATE,      't', DJB,    "term",           "term") \
    X(KILL,           'k', DJB,    "kill",           "kill") \
    X(QUIT,           'q', ENCORE, "quit",           "quit") \
    X(USER1,          '1', ENCORE, "usr1",           "SIGUSR1") \
    X(USER2,          '2', ENCORE, "usr2",           "SIGUSR2") \
    X(WINDOW,         'w', ENCORE, "winch",          "SIGWINCH") \
    X(ABORT,          'b', OTHER,  "abort",          "SIGABRT") \
    X(RESTART,        'r', OTHER,  "restart",        "stop it as down does, then start it again") \
    X(RELOAD,         'R', OTHER,  "reload",         "send the signal of the file reload-signal") \
    X(NO_RESTART,     'O', OTHER,  "no-restart",     "like once, but do not start it") \
    X(UP_ALWAYS,      'U', OTHER,  "up-always",      "up, and remove the file down") \
    X(DOWN_ALWAYS,    'D', OTHER,  "down-always",    "down, and create the file down") \
    X(ONCE_ALWAYS,    'Q', OTHER,  "once-always",    "once, and create the file down") \
    X(WINDOW_S6,      'y', OTHER,  "sigwinch",       "SIGWINCH, as s6 spells it") \
    X(PAUSE_GROUP,    'P', OTHER,  "pause-group",    "SIGSTOP to the process group") \
    X(CONTINUE_GROUP, 'C', OTHER,  "continue-group", "SIGCONT to the process group") \
    X(KILL_GROUP,     'K', OTHER,  "kill-group",     "SIGKILL to the process group") \
    X(KILL_TREE,      'T', OTHER,  "kill-tree",      "SIGKILL to all that the service has started and left") \
    X(UPGRADE,        'E', OTHER,  "upgrade",        "execute supervise anew; the service goes on")
/* clang-format on */

enum sv_command_kind {
#define SV_COMMAND_ENUM(name, byte, dialect, option, meaning) SV_COMMAND_##name,
    SV_COMMANDS(SV_COMMAND_ENUM)
#undef SV_COMMAND_ENUM
        SV_COMMAND_COUNT
};

struct sv_command_word {
    unsigned char byte;
    enum sv_dialect dialect;
    char const *option;  /* the long option, without "--" */
    char const *meaning; /* for people */
};

/* The list as a table, in its order; SV_COMMAND_COUNT entries. */
extern struct sv_command_word const sv_control_words[];

/* A command as supervise acts on it: never one of the four modifiers. */
struct sv_command {
    enum sv_command_kind kind;
    unsigned int to_group : 1;   /* signals go to the process group */
    unsigned int to_log : 1;     /* meant for the logger in the same supervise */
    unsigned int has_script : 1; /* a control script begins: nothing is sent yet */
    unsigned int handled : 1;    /* it has seen to it: no signal is sent */
    uint32_t uid;                /* who asked, SV_CONTROL_UID_UNKNOWN if nobody said */
    uint32_t token;              /* the sender's, 0 if there is none */
};

/* A reader's place in the stream. All zero is the start of a batch. */
struct sv_control {
    unsigned int to_group : 1;
    unsigned int to_log : 1;
    unsigned int in_token : 1; /* the mark being read is a token */
    unsigned int mark_left;    /* bytes of a mark still to come */
    unsigned int covers;       /* bytes that the last mark still speaks for */
    unsigned int mark_covers;  /* what the mark being read will speak for */
    uint64_t mark_uid;         /* its uid so far */
    uint32_t uid;              /* defined if (covers) */
    uint32_t token; /* of the bytes covered; before the mark: of the next one; or 0 */
};

/*
 * Takes the next byte. Returns 1 and fills *command when it completes a command; 0 when
 * it is a modifier, part of a mark, or unknown (unknown bytes are ignored, as every suite
 * does).
 */
extern int sv_control_decode(struct sv_control *control, unsigned char byte,
                             struct sv_command *command);

/* The batch ends: modifiers are forgotten. A mark that is half read stays. */
extern void sv_control_end_batch(struct sv_control *control);

/*
 * The kind of the letter `byte`, SV_COMMAND_COUNT if it is none.
 */
extern enum sv_command_kind sv_control_find(unsigned char byte);

/* The kind with the long option `option`, SV_COMMAND_COUNT if there is none. */
extern enum sv_command_kind sv_control_find_option(char const *option);

/*
 * The signal that a command sends by itself, 0 for those that do not just send one (up,
 * down, reload ...). Signal numbers are this machine's.
 */
extern int sv_control_signal(enum sv_command_kind kind);

/*
 * The letters of the control scripts of a command, in their order, "" if it has none
 * (servicedir(7), runsv(8)): one letter for a signal, "u" for what starts a service,
 * "td" and "tx" for what ends it, or supervise.
 */
extern char const *sv_control_scripts(enum sv_command_kind kind);

/* Writes the mark for the next `covers` bytes (1..31) sent by `uid` into mark[0..5]. */
extern void sv_control_mark(unsigned char *mark, unsigned int covers, uint32_t uid);

/* Writes a token, to stand right before a mark, into bytes[0..5]. `token` is not 0. */
extern void sv_control_token(unsigned char *bytes, uint32_t token);

#endif
