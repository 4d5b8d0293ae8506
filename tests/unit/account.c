/* ISC license. */

#include <sv/account.h>

#include "tap.h"

static struct sv_account account;

int main(void)
{
    ok(sv_account_scan("1000:100", &account), "a uid and a gid");
    is_int(account.uid, 1000, "the uid");
    is_int(account.count, 1, "one group");
    is_int(account.groups[0], 100, "the gid");
    ok(sv_account_scan("1:2:3,4:5", &account), "with other groups");
    is_int(account.count, 4, "all of them");
    is_int(account.groups[3], 5, "to the last");
    ok(sv_account_scan("000004294967294:0000000000000", &account),
       "the largest, and zeros");
    is_int(account.uid, 4294967294, "its value");

    char const *const wrong[] = {"",
                                 "1",
                                 "1:",
                                 ":1",
                                 "1:2:",
                                 "1::2",
                                 "1,2",
                                 "x:1",
                                 "1:x",
                                 "1:2x",
                                 "-1:2",
                                 "1: 2",
                                 "+1:2",
                                 "1:2,",
                                 "4294967295:0",
                                 "0:4294967295",
                                 "4294967296:0",
                                 "18446744073709551616:0"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ok(!sv_account_scan(wrong[i], &account), "\"%s\" is none", wrong[i]);

    char many[3 + 2 * SV_ACCOUNT_GROUPS + 1] = "1";
    for (int i = 0; i < SV_ACCOUNT_GROUPS; i++) strcat(many, ":7");
    ok(sv_account_scan(many, &account), "as many groups as there may be");
    is_int(account.count, SV_ACCOUNT_GROUPS, "are that many");
    strcat(many, ":7");
    ok(!sv_account_scan(many, &account), "one more is too many");
    return done();
}
