/* ISC license. */

#include <signal.h>

#include <sv/setting.h>

#include "tap.h"

static int parse(struct sv_settings *settings, enum sv_setting which, char const *text)
{
    return sv_setting_parse(settings, which, text, strlen(text));
}

/* A text for a test's name, which is one line. */
static char const *shown(char const *text)
{
    static char line[256];
    size_t length = 0;

    for (; *text && length < sizeof line - 1; text++)
        line[length++] = (unsigned char)*text < ' ' ? '~' : *text;
    line[length] = 0;
    return line;
}

/* Each of these lines is refused, and changes nothing. */
static void refuse(enum sv_setting which, char const *const *lines)
{
    struct sv_settings settings, before;

    memset(&settings, 0, sizeof settings);
    sv_setting_defaults(&settings);
    memcpy(&before, &settings, sizeof before);
    for (; *lines; lines++)
        ok(!parse(&settings, which, *lines) && !memcmp(&settings, &before, sizeof before),
           "\"%s\" in %s changes nothing", shown(*lines), sv_setting_file(which));
}

#define REFUSE(which, ...) refuse(which, (char const *const[]){__VA_ARGS__, 0})

static void defaults(void)
{
    struct sv_settings settings;

    memset(&settings, 0xAA, sizeof settings);
    sv_setting_defaults(&settings);
    is_int(settings.down_signal, SIGTERM, "a service is ended with TERM");
    is_int(settings.reload_signal, SIGHUP, "and told to read its files again with HUP");
    is_int(settings.timeout_kill_ms, 0, "it is never killed for being slow");
    is_int(settings.timeout_finish_ms, 5000, "finish has 5 seconds");
    is_int(settings.max_death_tally, 100, "100 deaths are remembered");
    is_int(settings.restart, SV_RESTART_ALWAYS, "it is restarted always");
    is_int(settings.delay_shortest_ms, 1000, "the delay begins with 1 second");
    is_int(settings.delay_longest_ms, 60000, "and ends with 60");
    is_int(settings.limit_seconds, 0, "there is no limit");
    is_int(settings.kill_mode, SV_KILL_PROCESS, "signals go to the process");
    ok(sv_setting_is_success(&settings, 0), "0 is a success");
    for (unsigned int code = 1; code < 256; code++)
        expect(!sv_setting_is_success(&settings, code), "%u is none", code);
}

static void names(void)
{
    for (unsigned int i = 0; i < SV_SETTING_COUNT; i++) {
        char const *file = sv_setting_file((enum sv_setting)i);
        expect(file && *file, "setting %u has a file", i);
        for (unsigned int j = 0; j < i; j++)
            expect(strcmp(file, sv_setting_file((enum sv_setting)j)), "%s is there once",
                   file);
        expect(*sv_setting_holds((enum sv_setting)i), "%s says what it holds", file);
    }
    is_str(sv_setting_file(SV_SETTING_DEATH_TALLY), "max-death-tally",
           "files are named as in s6");
}

static void signal_names(void)
{
    static struct {
        char const *text;
        int number;
    } const good[] = {{"INT", SIGINT},
                      {"SIGINT", SIGINT},
                      {"sigint", SIGINT},
                      {"2", 2},
                      {"31", 31},
                      {" QUIT \n", SIGQUIT},
                      {"\tusr1", SIGUSR1},
                      {"1", SIGHUP},
                      {"9\nTERM\n", SIGKILL}};

    for (unsigned int i = 0; i < sizeof good / sizeof *good; i++) {
        struct sv_settings settings;
        sv_setting_defaults(&settings);
        ok(parse(&settings, SV_SETTING_DOWN_SIGNAL, good[i].text)
               && settings.down_signal == good[i].number,
           "%s is signal %d", shown(good[i].text), good[i].number);
        ok(parse(&settings, SV_SETTING_RELOAD_SIGNAL, good[i].text)
               && settings.reload_signal == good[i].number,
           "for reload too");
    }
    REFUSE(SV_SETTING_DOWN_SIGNAL, "", "\n", "\nTERM", "0", "32", "64", "-1",
           "99999999999", "TERMX", "TERM QUIT", "SIG", "2x", "+2", "0x2");
}

static void times(void)
{
    struct sv_settings settings;

    sv_setting_defaults(&settings);
    ok(parse(&settings, SV_SETTING_TIMEOUT_KILL, "2147483647")
           && settings.timeout_kill_ms == 2147483647,
       "24 days can be waited for");
    ok(parse(&settings, SV_SETTING_TIMEOUT_KILL, " 0007 \r\n")
           && settings.timeout_kill_ms == 7,
       "blanks around the number are cut, a carriage return too");
    ok(parse(&settings, SV_SETTING_TIMEOUT_FINISH, "0\n")
           && settings.timeout_finish_ms == 0,
       "0 means never");
    REFUSE(SV_SETTING_TIMEOUT_KILL, "", " ", "x", "-1", "1.5", "5s", "2147483648",
           "18446744073709551616", "1 2", "1e3");
    REFUSE(SV_SETTING_TIMEOUT_FINISH, "", "never", "2147483648");
    ok(parse(&settings, SV_SETTING_DEATH_TALLY, "4096")
           && settings.max_death_tally == 4096,
       "4096 deaths can be remembered");
    REFUSE(SV_SETTING_DEATH_TALLY, "4097", "-1", "");
}

static void policy(void)
{
    struct sv_settings settings;

    sv_setting_defaults(&settings);
    ok(parse(&settings, SV_SETTING_RESTART, "on-failure\n")
           && settings.restart == SV_RESTART_ON_FAILURE,
       "restart on-failure");
    ok(parse(&settings, SV_SETTING_RESTART, "never")
           && settings.restart == SV_RESTART_NEVER,
       "restart never");
    ok(parse(&settings, SV_SETTING_RESTART, "always")
           && settings.restart == SV_RESTART_ALWAYS,
       "restart always");
    REFUSE(SV_SETTING_RESTART, "", "Always", "no", "on-failure always", "alway");
    ok(parse(&settings, SV_SETTING_KILL_MODE, "tree\nx")
           && settings.kill_mode == SV_KILL_TREE,
       "kill-mode tree");
    ok(parse(&settings, SV_SETTING_KILL_MODE, "group")
           && settings.kill_mode == SV_KILL_GROUP,
       "kill-mode group");
    ok(parse(&settings, SV_SETTING_KILL_MODE, "process")
           && settings.kill_mode == SV_KILL_PROCESS,
       "kill-mode process");
    REFUSE(SV_SETTING_KILL_MODE, "", "mixed", "groups");
}

static void success_codes(void)
{
    struct sv_settings settings;
    unsigned int count = 0;

    sv_setting_defaults(&settings);
    ok(parse(&settings, SV_SETTING_SUCCESS_CODES, " 0 7\t255 143\n9"),
       "codes, blanks between");
    for (unsigned int code = 0; code < 256; code++)
        count += sv_setting_is_success(&settings, code);
    ok(count == 4 && sv_setting_is_success(&settings, 0)
           && sv_setting_is_success(&settings, 7) && sv_setting_is_success(&settings, 143)
           && sv_setting_is_success(&settings, 255),
       "exactly those are successes");
    ok(parse(&settings, SV_SETTING_SUCCESS_CODES, "3")
           && !sv_setting_is_success(&settings, 0),
       "0 is none if it is not listed");
    REFUSE(SV_SETTING_SUCCESS_CODES, "", " \n", "256", "1,2", "1 x", "-1", "1 256 2");
}

static void pairs(void)
{
    struct sv_settings settings;

    sv_setting_defaults(&settings);
    ok(parse(&settings, SV_SETTING_RESTART_DELAY, "50 2000\n")
           && settings.delay_shortest_ms == 50 && settings.delay_longest_ms == 2000,
       "both delays");
    ok(parse(&settings, SV_SETTING_RESTART_DELAY, "0 0")
           && settings.delay_longest_ms == 0,
       "no delay at all");
    sv_setting_defaults(&settings);
    ok(parse(&settings, SV_SETTING_RESTART_DELAY, "200")
           && settings.delay_shortest_ms == 200 && settings.delay_longest_ms == 60000,
       "one number is the shortest");
    ok(parse(&settings, SV_SETTING_RESTART_DELAY, "90000")
           && settings.delay_shortest_ms == 90000 && settings.delay_longest_ms == 90000,
       "which the longest never falls below");
    REFUSE(SV_SETTING_RESTART_DELAY, "", "2 1", "1 2 3", "x", "1 x", "2147483648",
           "1 2147483648");
    ok(parse(&settings, SV_SETTING_RESTART_LIMIT, "5 30\n") && settings.limit_deaths == 5
           && settings.limit_seconds == 30,
       "5 deaths in 30 seconds");
    ok(parse(&settings, SV_SETTING_RESTART_LIMIT, "0 1") && settings.limit_deaths == 0,
       "not one death");
    REFUSE(SV_SETTING_RESTART_LIMIT, "", "5", "5 0", "4096 10", "5 10 15", "-1 10",
           "5 x");
}

static void any_bytes(void)
{
    static char const with_nul[] = "5\0"
                                   "00";
    char longest[1100];
    struct sv_settings settings, before;

    memset(&settings, 0, sizeof settings);
    sv_setting_defaults(&settings);
    memcpy(&before, &settings, sizeof before);
    ok(!sv_setting_parse(&settings, SV_SETTING_TIMEOUT_KILL, with_nul,
                         sizeof with_nul - 1),
       "a NUL in the first line is no number");
    ok(!sv_setting_parse(&settings, SV_SETTING_TIMEOUT_KILL, "", 0),
       "an empty file neither");
    memset(longest, '0', sizeof longest);
    ok(!sv_setting_parse(&settings, SV_SETTING_TIMEOUT_KILL, longest, sizeof longest),
       "nor is a line of more than 1024 bytes");
    ok(!memcmp(&settings, &before, sizeof before), "all this has changed nothing");
    longest[1024] = '\n';
    longest[1023] = '9';
    ok(sv_setting_parse(&settings, SV_SETTING_TIMEOUT_KILL, longest, sizeof longest)
           && settings.timeout_kill_ms == 9,
       "one of 1024 is, whatever follows it");
    ok(sv_setting_parse(&settings, SV_SETTING_TIMEOUT_KILL, "7\n\0\xFF", 4)
           && settings.timeout_kill_ms == 7,
       "a NUL behind the first line does not matter");
}

int main(void)
{
    defaults();
    names();
    signal_names();
    times();
    policy();
    success_codes();
    pairs();
    any_bytes();
    return done();
}
