/* ISC license. */

#include <sv/probe.h>

/* A status line up to its status: # is a digit, and behind it comes a blank or the end.
 */
static char const pattern[] = "HTTP/1.# ###";

#define PATTERN_LENGTH (sizeof pattern - 1)
#define STATUS_AT 9 /* of the status in it */
#define SWITCHING 101

/* The headers of an answer that is passed over, up to the empty line. */
static enum sv_probe_answered skip(struct sv_probe_answer *answer, unsigned char byte)
{
    if (byte == '\n' && answer->is_empty_line)
        *answer = (struct sv_probe_answer){.seen = answer->seen};
    else if (byte == '\n')
        answer->is_empty_line = 1;
    else if (byte != '\r')
        answer->is_empty_line = 0;
    return SV_PROBE_ANSWER_MORE;
}

static enum sv_probe_answered conclude(struct sv_probe_answer *answer, unsigned char byte)
{
    if (byte != ' ' && byte != '\r' && byte != '\n') return SV_PROBE_ANSWER_WRONG;
    if (answer->status < 100 || answer->status > 599) return SV_PROBE_ANSWER_WRONG;
    if (answer->status >= 200 || answer->status == SWITCHING) return SV_PROBE_ANSWER_DONE;
    answer->is_done = 1;
    answer->is_empty_line = byte == '\n';
    return SV_PROBE_ANSWER_MORE;
}

enum sv_probe_answered sv_probe_answer(struct sv_probe_answer *answer, unsigned char byte)
{
    if (answer->seen++ >= SV_PROBE_ANSWER_MAX) return SV_PROBE_ANSWER_WRONG;
    if (answer->is_done) return skip(answer, byte);
    if (answer->at == PATTERN_LENGTH) return conclude(answer, byte);
    char want = pattern[answer->at++];
    if (want != '#') return byte == want ? SV_PROBE_ANSWER_MORE : SV_PROBE_ANSWER_WRONG;
    if (byte < '0' || byte > '9') return SV_PROBE_ANSWER_WRONG;
    if (answer->at > STATUS_AT)
        answer->status = (uint16_t)(answer->status * 10 + (byte - '0'));
    return SV_PROBE_ANSWER_MORE;
}
