/* ISC license. */

/*
 * Any command line: arguments separated by 0 bytes.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/option.h>

#define ARGUMENTS_MAX 64
#define SIZE_MAX_HERE 4096

char const *PROG = "option";

enum { STRICT = SV_OPTION_LONG, TIMEOUT, WAIT };

static struct sv_option_word const words[] = {{"strict", STRICT, SV_OPTION_NONE},
                                              {"timeout", TIMEOUT, SV_OPTION_REQUIRED},
                                              {"wait", WAIT, SV_OPTION_OPTIONAL},
                                              {0}};

static int may_have_value(int option)
{
    return option == 'o' || option == TIMEOUT || option == WAIT;
}

static int must_have_value(int option)
{
    return option == 'o' || option == TIMEOUT;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    static char text[SIZE_MAX_HERE + 1];
    char const *argv[ARGUMENTS_MAX + 1] = {"prog"};
    int argc = 1, option;
    size_t steps = 0;

    if (size > SIZE_MAX_HERE) size = SIZE_MAX_HERE;
    if (size) memcpy(text, data, size);
    text[size] = 0;
    for (size_t at = 0; at < size && argc < ARGUMENTS_MAX; at += strlen(text + at) + 1)
        argv[argc++] = text + at;
    argv[argc] = 0;

    struct sv_options options = SV_OPTIONS("+=lvo:j", words);
    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        if (++steps > size + 1) abort();
        if (options.index < 1 || options.index > argc) abort();
        if (option == SV_OPTION_WRONG) {
            if (!options.problem || !strlen(options.culprit)) abort();
            return 0;
        }
        if (options.value && !may_have_value(option)) abort();
        if (!options.value && must_have_value(option)) abort();
    }
    if (options.index < 1 || options.index > argc) abort();
    if (options.index < argc && argv[options.index][0] == '-' && argv[options.index][1]
        && strcmp(argv[options.index - 1], "--"))
        abort();
    return 0;
}
