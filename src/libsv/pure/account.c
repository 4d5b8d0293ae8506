/* ISC license. */

#include <string.h>

#include <skalibs/types.h>
#include <skalibs/uint64.h>

#include <sv/account.h>

#define NO_ID UINT32_MAX /* (uid_t)-1 changes nothing */
#define LONGEST 10       /* digits of an id; there may be zeros before them */

/* Returns how long the number is; 0 if there is none. */
static size_t scan_id(char const *text, unsigned int *id)
{
    size_t zeros = strspn(text, "0"), digits = strspn(text + zeros, "0123456789");
    uint64_t number = 0;

    if (digits > LONGEST) return 0;
    if (digits) uint64_scan(text + zeros, &number);
    if (number >= NO_ID) return 0;
    *id = (unsigned int)number;
    return zeros + digits;
}

int sv_account_scan(char const *text, struct sv_account *account)
{
    size_t length = scan_id(text, &account->uid);

    if (!length || text[length] != ':') return 0;
    account->count = 0;
    do {
        text += length + 1;
        if (account->count == SV_ACCOUNT_GROUPS) return 0;
        length = scan_id(text, account->groups + account->count++);
        if (!length) return 0;
    } while (text[length] == ':' || text[length] == ',');
    return !text[length];
}
