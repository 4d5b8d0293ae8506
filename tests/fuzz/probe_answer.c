/* ISC license. */

/* Whatever a server answers: a status that can be, or none, and an end to the reading. */

#include <stdlib.h>

#include <sv/probe.h>

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct sv_probe_answer answer = {.seen = 0};

    for (size_t i = 0; i < size; i++) {
        switch (sv_probe_answer(&answer, data[i])) {
        case SV_PROBE_ANSWER_MORE:
            if (answer.seen != i + 1 || answer.seen > SV_PROBE_ANSWER_MAX) abort();
            break;
        case SV_PROBE_ANSWER_DONE:
            if (i < 12 || answer.status < 101 || answer.status > 599) abort();
            if (answer.status > 101 && answer.status < 200) abort();
            return 0;
        case SV_PROBE_ANSWER_WRONG: return 0;
        }
    }
    return 0;
}
