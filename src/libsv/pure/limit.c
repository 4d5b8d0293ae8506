/* ISC license. */

#include <string.h>

#include <sv/limit.h>

#define ROW(resource, letter, word, variable, meaning) \
    {resource, letter, word, variable, meaning},
struct sv_limit const sv_limits[] = {SV_LIMITS(ROW)};
#undef ROW
unsigned int const sv_limit_count = sizeof sv_limits / sizeof *sv_limits;

static int scan_number(char const *text, rlim_t *number)
{
    rlim_t sum = 0;

    if (text[strspn(text, "0123456789")]) return 0;
    for (; *text; text++) {
        rlim_t digit = (rlim_t)(*text - '0');
        if (sum > (RLIM_INFINITY - digit) / 10) {
            *number = RLIM_INFINITY;
            return 1;
        }
        sum = sum * 10 + digit;
    }
    *number = sum;
    return 1;
}

int sv_limit_scan(char const *text, struct sv_limit_value *value)
{
    value->kind = SV_LIMIT_NUMBER;
    if (!strcmp(text, "=")) value->kind = SV_LIMIT_HARD;
    if (!strcmp(text, "-")) value->kind = SV_LIMIT_UNLIMITED;
    if (value->kind != SV_LIMIT_NUMBER) return 1;
    return scan_number(text, &value->number);
}

static void change_to(struct rlimit *limit, rlim_t number, enum sv_limit_which which)
{
    switch (which) {
    case SV_LIMIT_SOFT:
        limit->rlim_cur = number > limit->rlim_max ? limit->rlim_max : number;
        break;
    case SV_LIMIT_ONLY_HARD:
        limit->rlim_max = number;
        if (limit->rlim_cur > number) limit->rlim_cur = number;
        break;
    case SV_LIMIT_BOTH: limit->rlim_cur = limit->rlim_max = number; break;
    }
}

void sv_limit_change(struct rlimit *limit, struct sv_limit_value const *value,
                     enum sv_limit_which which)
{
    switch (value->kind) {
    case SV_LIMIT_NUMBER: change_to(limit, value->number, which); break;
    case SV_LIMIT_HARD: change_to(limit, limit->rlim_max, which); break;
    case SV_LIMIT_UNLIMITED: change_to(limit, RLIM_INFINITY, SV_LIMIT_BOTH); break;
    }
}
