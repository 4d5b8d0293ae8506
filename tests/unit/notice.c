/* ISC license. */

#include <sv/notice.h>

#include "tap.h"

/* What a text, which may come in pieces, is taken for: a letter for each notice. */
static char const *decode(char const *text, size_t length)
{
    static char got[64];
    struct sv_notice notice = {0};
    size_t count = 0;

    for (size_t i = 0; i < length; i++) {
        switch (sv_notice_decode(&notice, (unsigned char)text[i])) {
        case SV_NOTICE_NOTHING: break;
        case SV_NOTICE_READY: got[count++] = 'r'; break;
        case SV_NOTICE_CHECKED: got[count++] = 'c'; break;
        case SV_NOTICE_UNHEALTHY: got[count++] = 'u'; break;
        }
        expect(notice.state < SV_NOTICE_STATES, "the state is one of those known");
    }
    got[count] = 0;
    return got;
}

#define DECODE(text) decode(text, sizeof text - 1)

int main(void)
{
    unsigned char bytes[2 * SV_NOTICE_LENGTH];

    is_str(DECODE("\n"), "r", "a newline means ready");
    is_str(DECODE("ready now\n"), "r", "whatever stands before it");
    is_str(DECODE("ready"), "", "without one, nothing");
    is_str(DECODE("\n\n"), "rr", "each newline counts");
    is_str(DECODE("\1R\n\1B\n"), "cu", "the checker is understood");
    is_str(DECODE("x\1B\n"), "r", "but only at the beginning of a line");
    is_str(DECODE("\1BB\n"), "r", "and only if there is no more");
    is_str(DECODE("\1\n"), "r", "or less");
    is_str(DECODE("\1RB\n\1B\n"), "ru", "a line has nothing to do with the next");
    is_str(DECODE("\0\n"), "r", "a service may write any byte");
    sv_notice_write(bytes, SV_NOTICE_CHECKED);
    sv_notice_write(bytes + SV_NOTICE_LENGTH, SV_NOTICE_UNHEALTHY);
    is_str(decode((char const *)bytes, sizeof bytes), "cu", "what is written is read");
    return done();
}
