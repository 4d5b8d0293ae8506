/* ISC license. */

/*
 * Any bytes as a script: what is read ends, goes forward, stays within its bounds, and is
 * walked over as programs are.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/chainwords.h>
#include <sv/scriptscan.h>

static void check_command(struct sv_scriptscan_command const *command)
{
    struct sv_chainwords chain = {.words = command->words, .end = command->count};
    size_t before;

    if (command->count > SV_SCRIPTSCAN_WORDS || command->used > SV_SCRIPTSCAN_TEXT)
        abort();
    for (size_t i = 0; i < command->count; i++) {
        char const *text = command->words[i].text;
        if (text < command->text || text >= command->text + command->used) abort();
        if (!memchr(text, 0, (size_t)(command->text + SV_SCRIPTSCAN_TEXT - text)))
            abort();
        if (command->words[i].line < command->line) abort();
    }
    do {
        before = chain.at;
        if (chain.block_count > SV_CHAINWORDS_BLOCKS) abort();
        for (size_t i = 0; i < chain.block_count; i++)
            if (chain.blocks[i].from > chain.blocks[i].to
                || chain.blocks[i].to > command->count)
                abort();
    } while (sv_chainwords_next(&chain) && chain.at > before);
    if (chain.at > before || chain.at > command->count) abort();
}

static void scan_all(uint8_t const *data, size_t size, enum sv_scriptscan_kind kind)
{
    static struct sv_scriptscan_command command;
    struct sv_scriptscan scan = {.text = (char const *)data,
                                 .length = size,
                                 .kind = kind};
    unsigned int line = 0;
    size_t at = 0;

    while (sv_scriptscan_next(&scan, &command)) {
        if (scan.at <= at || scan.at > size || command.line < line || !command.line)
            abort();
        at = scan.at;
        line = command.line;
        check_command(&command);
    }
    if (scan.at != size) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct sv_scriptscan_head head;

    sv_scriptscan_head(&head, (char const *)data, size);
    if (!memchr(head.interpreter, 0, sizeof head.interpreter)) abort();
    if (!memchr(head.argument, 0, sizeof head.argument)) abort();
    if (!memchr(head.program, 0, sizeof head.program)) abort();
    (void)sv_scriptscan_crlf((char const *)data, size);
    scan_all(data, size, SV_SCRIPTSCAN_SHELL);
    scan_all(data, size, SV_SCRIPTSCAN_EXECLINE);
    return 0;
}
