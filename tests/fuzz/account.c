/* ISC license. */

/* Any text as an account in numbers. What is understood has as many numbers as parts. */

#include <stdlib.h>
#include <string.h>

#include <sv/account.h>

#define TEXT_MAX 900

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct sv_account account;
    char text[TEXT_MAX + 1];
    unsigned int parts = 0;

    if (size > TEXT_MAX) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    if (!sv_account_scan(text, &account)) return 0;
    if (text[strspn(text, "0123456789:,")]) abort();
    for (char const *at = text; *at; at++) parts += *at == ':' || *at == ',';
    if (parts != account.count || !parts) abort();
    if (account.uid == (uid_t)-1 || account.groups[parts - 1] == (gid_t)-1) abort();
    return 0;
}
