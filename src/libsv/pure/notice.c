/* ISC license. */

#include <sv/notice.h>

enum state {
    BEGINNING, /* of a line */
    MARKED,
    GOOD,
    BAD,
    WITHIN, /* a line of the service's own */
    STATES
};

_Static_assert(STATES == SV_NOTICE_STATES, "all of them are known");

static enum sv_notice_kind end_of_line(enum state state)
{
    switch (state) {
    case GOOD: return SV_NOTICE_CHECKED;
    case BAD: return SV_NOTICE_UNHEALTHY;
    case BEGINNING:
    case MARKED:
    case WITHIN:
    case STATES: break;
    }
    return SV_NOTICE_READY;
}

enum sv_notice_kind sv_notice_decode(struct sv_notice *notice, unsigned char byte)
{
    enum state state = (enum state)notice->state;

    if (byte == '\n') {
        notice->state = BEGINNING;
        return end_of_line(state);
    }
    notice->state = WITHIN;
    if (state == BEGINNING && byte == SV_NOTICE_MARK) notice->state = MARKED;
    if (state == MARKED && byte == 'R') notice->state = GOOD;
    if (state == MARKED && byte == 'B') notice->state = BAD;
    return SV_NOTICE_NOTHING;
}

void sv_notice_write(unsigned char *bytes, enum sv_notice_kind kind)
{
    bytes[0] = SV_NOTICE_MARK;
    bytes[1] = kind == SV_NOTICE_CHECKED ? 'R' : 'B';
    bytes[2] = '\n';
}
