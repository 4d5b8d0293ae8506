/* ISC license. */

#include <string.h>

#include <skalibs/sig.h>

#include <sv/causetext.h>
#include <sv/control.h>
#include <sv/errortext.h>
#include <sv/text.h>

static void append(char *text, char const *more)
{
    sv_text_append(text, SV_CAUSETEXT, more);
}

static void append_number(char *text, uint32_t number)
{
    sv_text_append_number(text, SV_CAUSETEXT, number);
}

/* "SIGTERM", or "SIG40" for one without a name. */
static void append_signal(char *text, uint32_t number)
{
    char const *name = sig_name((int)number);

    append(text, "SIG");
    if (strcmp(name, "???"))
        append(text, name);
    else
        append_number(text, number);
}

static void append_command(char *text, uint32_t byte)
{
    enum sv_command_kind kind = sv_control_find((unsigned char)byte);
    char const letter[] = {(char)byte, 0};

    if (kind == SV_COMMAND_COUNT) {
        append(text, "command ");
        append_number(text, byte);
    } else if (sv_control_words[kind].dialect == SV_DIALECT_OTHER) {
        append(text, "svc --");
        append(text, sv_control_words[kind].option);
    } else {
        append(text, "svc -");
        append(text, letter);
    }
}

void sv_causetext(char text[SV_CAUSETEXT], enum sv_cause_kind kind, uint32_t detail,
                  uint32_t uid)
{
    *text = 0;
    if (kind == SV_CAUSE_COMMAND) {
        append_command(text, detail);
        if (uid == SV_CONTROL_UID_UNKNOWN) return;
        append(text, " by uid ");
        append_number(text, uid);
        return;
    }
    int exited = kind == SV_CAUSE_EXIT || kind == SV_CAUSE_START_EXIT;
    int killed = kind == SV_CAUSE_KILLED || kind == SV_CAUSE_START_KILLED;
    if (kind == SV_CAUSE_KILLED)
        append(text, "killed by");
    else if (kind == SV_CAUSE_START_KILLED)
        append(text, "start script killed by");
    else
        append(text, sv_machine_cause_word(kind));
    if (exited || killed) append(text, " ");
    if (exited) append_number(text, detail);
    if (killed) append_signal(text, detail);
    if (kind != SV_CAUSE_EXEC && kind != SV_CAUSE_FORK) return;
    append(text, ": ");
    append(text, sv_errortext((int)detail));
}

void sv_causetext_ending(char text[SV_CAUSETEXT], enum sv_ending ending, uint32_t value)
{
    *text = 0;
    switch (ending) {
    case SV_ENDING_NONE:
    case SV_ENDING_COUNT: break;
    case SV_ENDING_EXIT:
        append(text, "exit code ");
        append_number(text, value);
        break;
    case SV_ENDING_SIGNAL:
        append(text, "killed by ");
        append_signal(text, value);
        break;
    case SV_ENDING_EXEC:
        append(text, "unable to execute ./run: ");
        append(text, sv_errortext((int)value));
        break;
    case SV_ENDING_FORK:
        append(text, "unable to create a process: ");
        append(text, sv_errortext((int)value));
        break;
    case SV_ENDING_UNKNOWN: append(text, "ended unseen"); break;
    }
}
