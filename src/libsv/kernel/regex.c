/* ISC license. */

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include <sv/logscript.h>
#include <sv/regex.h>

void *sv_regex_compile(char const *expression, char *reason, size_t room)
{
    regex_t *regex = malloc(sizeof *regex);

    int error = regex ? regcomp(regex, expression, REG_EXTENDED | REG_NOSUB) : REG_ESPACE;
    if (!error) return regex;
    (void)regerror(error, 0, reason, room);
    free(regex);
    return 0;
}

int sv_regex_matches(void const *regex, char const *line, size_t length)
{
    char string[SV_LOGSCRIPT_HEAD + 1];

    if (length > SV_LOGSCRIPT_HEAD) length = SV_LOGSCRIPT_HEAD;
    memcpy(string, line, length);
    string[length] = 0;
    for (char *nul = string; (nul = memchr(nul, 0, (size_t)(string + length - nul)));)
        *nul = 1;
    return !regexec(regex, string, 0, 0, 0);
}

void sv_regex_free(void *regex)
{
    if (!regex) return;
    regfree(regex);
    free(regex);
}
