/* ISC license. */

#include <sv/sdnotify.h>

#include "tap.h"

static struct sv_sdnotify got;

/* What a message says, one word for each thing, in a fixed order. */
static char const *say_length(char const *message, size_t length)
{
    static char text[256];
    size_t used = 0;

    text[0] = 0;
    if (!sv_sdnotify_parse(&got, message, length))
        used += (size_t)sprintf(text + used, " none");
    if (got.ready) used += (size_t)sprintf(text + used, " ready");
    if (got.reloading) used += (size_t)sprintf(text + used, " reloading");
    if (got.stopping) used += (size_t)sprintf(text + used, " stopping");
    if (got.watchdog) used += (size_t)sprintf(text + used, " alive");
    if (got.watchdog_trigger) used += (size_t)sprintf(text + used, " trigger");
    if (got.barrier) used += (size_t)sprintf(text + used, " barrier");
    if (got.main_pid) used += (size_t)sprintf(text + used, " main=%d", got.main_pid);
    if (got.has_errno)
        used += (size_t)sprintf(text + used, " errno=%d", got.error_number);
    if (got.has_watchdog_usec)
        used += (size_t)sprintf(text + used, " every=%llu",
                                (unsigned long long)got.watchdog_usec);
    if (got.has_extend_usec)
        used += (size_t)sprintf(text + used, " extend=%llu",
                                (unsigned long long)got.extend_usec);
    if (got.has_status)
        used += (size_t)sprintf(text + used, " status=<%.*s>", (int)got.status_length,
                                got.status);
    if (got.malformed) (void)sprintf(text + used, " malformed");
    return *text ? text + 1 : text;
}

static char const *say(char const *message)
{
    return say_length(message, strlen(message));
}

static void single_variables(void)
{
    is_str(say("READY=1"), "ready", "a service is ready");
    is_str(say("READY=1\n"), "ready", "also with a newline");
    is_str(say("RELOADING=1"), "reloading", "reloads");
    is_str(say("STOPPING=1"), "stopping", "stops");
    is_str(say("WATCHDOG=1"), "alive", "lives");
    is_str(say("WATCHDOG=trigger"), "trigger", "is not well");
    is_str(say("BARRIER=1"), "barrier", "wants to know how far we are");
    is_str(say("MAINPID=4711"), "main=4711", "names its main process");
    is_str(say("ERRNO=2"), "errno=2", "says what went wrong");
    is_str(say("ERRNO=0"), "errno=0", "or nothing");
    is_str(say("WATCHDOG_USEC=30000000"), "every=30000000", "sets its watchdog");
    is_str(say("WATCHDOG_USEC=0"), "every=0", "or ends it");
    is_str(say("EXTEND_TIMEOUT_USEC=5"), "extend=5", "asks for time");
    is_str(say("STATUS=a = b"), "status=<a = b>", "says anything in its status");
    is_str(say("STATUS="), "status=<>", "or nothing");
    is_str(say(""), "", "an empty message says nothing");
    is_str(say("\n\n"), "", "nor do empty lines");
    is_str(say("FDSTORE=1\nX_MINE=\n=\nREADY"), "", "nor what we do not know");
}

static void several(void)
{
    is_str(say("STATUS=hello\nREADY=1\nMAINPID=1\n"), "ready main=1 status=<hello>",
           "a message may say more than one thing");
    is_str(say("READY=1\r\nSTATUS=x\r\n"), "ready status=<x>", "with any line ends");
    is_str(say("STATUS=first\nSTATUS=second"), "status=<first>", "the first counts");
    is_str(say("MAINPID=0\nMAINPID=5"), "malformed", "be it good or not");
    is_str(say("READY=1\nSTOPPING=1"), "ready stopping", "contradictions are passed on");
    is_str(say("WATCHDOG_USEC=9\nWATCHDOG=1"), "alive every=9",
           "a name is not taken for one that begins alike");
}

static void bad_values(void)
{
    static char const *const bad[] = {
        "READY=0",
        "READY=",
        "READY=11",
        "READY=1 ",
        "READY= 1",
        "RELOADING=2",
        "STOPPING=yes",
        "WATCHDOG=",
        "WATCHDOG=2",
        "WATCHDOG=triggers",
        "WATCHDOG=Trigger",
        "BARRIER=0",
        "MAINPID=",
        "MAINPID=0",
        "MAINPID=-1",
        "MAINPID=+1",
        "MAINPID= 1",
        "MAINPID=1 ",
        "MAINPID=0x10",
        "MAINPID=1.0",
        "MAINPID=2147483648",
        "MAINPID=18446744073709551617",
        "ERRNO=4096",
        "ERRNO=-2",
        "ERRNO=ENOENT",
        "WATCHDOG_USEC=",
        "WATCHDOG_USEC=1s",
        "WATCHDOG_USEC=18446744073709551616",
        "EXTEND_TIMEOUT_USEC=-1",
        "EXTEND_TIMEOUT_USEC=99999999999999999999",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        is_str(say(bad[i]), "malformed", "%s has no value", bad[i]);
    is_str(say("MAINPID=x\nREADY=1"), "ready malformed",
           "the rest of the message counts");
    is_str(say("ready=1\nReady=1\n READY=1"), "", "names are exact");
}

static void greatest_values(void)
{
    is_str(say("MAINPID=2147483647"), "main=2147483647", "the greatest pid");
    is_str(say("ERRNO=4095"), "errno=4095", "the greatest error");
    is_str(say("WATCHDOG_USEC=18446744073709551615"), "every=18446744073709551615",
           "the greatest time");
    is_str(say("MAINPID=000000000000000000000012"), "main=12",
           "zeros in front add nothing");
}

static void any_bytes(void)
{
    is_str(say_length("READY=1\0", 8), "ready", "a NUL at the end does not count");
    is_str(say_length("READY=1\n\0\0", 10), "ready", "nor do several");
    is_str(say_length("\0\0", 2), "", "nor do they alone");
    is_str(say_length("READY=1\0STOPPING=1", 18), "none malformed",
           "with a NUL within it is no message");
    is_str(say_length("READY=1STATUS", 7), "ready",
           "what is behind the end is not looked at");
    is_str(say_length("READY=1", 6), "malformed", "nor is the end guessed");
    is_str(say("\xff\xfe=\x01\nSTATUS=\x80"), "status=<\x80>", "any bytes are taken");
}

static void milliseconds(void)
{
    is_int(sv_sdnotify_ms(0), 0, "no time is no time");
    is_int(sv_sdnotify_ms(1), 1, "the shortest time is not none");
    is_int(sv_sdnotify_ms(1000), 1, "a millisecond");
    is_int(sv_sdnotify_ms(1001), 2, "times are rounded up");
    is_int(sv_sdnotify_ms(999999), 1000, "to the next one");
    is_int(sv_sdnotify_ms(UINT64_MAX), 18446744073709552, "the greatest time fits");
    ok(sv_sdnotify_ms(UINT64_MAX) <= INT64_C(1) << 55, "and may be added to another");
}

static char const *copied(char const *status, size_t size)
{
    static char out[64];

    memset(out, 'x', sizeof out);
    size_t length = sv_sdnotify_copy_status(out, size, status, strlen(status));
    expect(length == strlen(out) && length < size, "the length is that of the text");
    expect(out[size] == 'x', "nothing is written behind the end");
    return out;
}

static void copies(void)
{
    is_str(copied("accepting", 32), "accepting", "a status is copied");
    is_str(copied("", 1), "", "an empty one, too");
    is_str(copied("full", 5), "full", "to the last byte");
    is_str(copied("full", 4), "ful", "or as far as it fits");
    is_str(copied("a\033[2Jb\tc\177", 32), "a?[2Jb?c?", "no terminal obeys it");
    is_str(copied("gr\xc3\xbc\xc3\x9f", 32), "gr\xc3\xbc\xc3\x9f",
           "letters stay letters");
    is_str(copied("gr\xc3\xbc\xc3\x9f", 6), "gr\xc3\xbc", "and are not cut in two");
    is_str(copied("gr\xc3\xbc\xc3\x9f", 5), "gr\xc3\xbc", "but kept if they fit");
    is_str(copied("gr\xc3\xbc\xc3\x9f", 4), "gr", "or left out");
    is_str(copied("\x80\x80\x80", 3), "", "what is no letter may go");
}

int main(void)
{
    single_variables();
    several();
    bad_values();
    greatest_values();
    any_bytes();
    milliseconds();
    copies();
    return done();
}
