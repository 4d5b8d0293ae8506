/* ISC license. */

/*
 * Any bytes in supervise/control. A 0 byte ends a batch, as a pause between two writes
 * does.
 */

#include <stdlib.h>

#include <sv/control.h>

static int is_modifier(enum sv_command_kind kind)
{
    return kind == SV_COMMAND_GROUP || kind == SV_COMMAND_PROCESS
           || kind == SV_COMMAND_LOG || kind == SV_COMMAND_MAIN;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct sv_control marked = {0}, bare = {0};

    for (size_t i = 0; i < size; i++) {
        struct sv_command command, same;
        unsigned int covered = marked.covers;
        int got = sv_control_decode(&marked, data[i], &command);
        if (got && (command.kind >= SV_COMMAND_COUNT || is_modifier(command.kind)))
            abort();
        if (got && sv_control_words[command.kind].byte != data[i]) abort();

        /* Marks change who asked, and what is a batch; nothing else about what was asked.
         */
        if (data[i] & 0x80) {
            if (got) abort();
            if (marked.covers) sv_control_end_batch(&bare);
            continue;
        }
        if (got != sv_control_decode(&bare, data[i], &same)) abort();
        if (got
            && (command.kind != same.kind || command.to_group != same.to_group
                || command.to_log != same.to_log || same.uid != SV_CONTROL_UID_UNKNOWN))
            abort();
        if (covered && !marked.covers) sv_control_end_batch(&bare);
        if (!data[i]) {
            sv_control_end_batch(&marked);
            sv_control_end_batch(&bare);
        }
    }
    return 0;
}
