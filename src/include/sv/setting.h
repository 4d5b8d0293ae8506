/* ISC license. */

/*
 * setting (pure): the option files of a service directory, one value per file.
 *
 * The first line counts; blanks around it are cut. A value that cannot be parsed leaves
 * the setting as it is. The list below is the only one. Source: s6's service directories
 * for the first six, Upstart's for expect, ours for the rest
 * (servicedir(7)).
 */

#ifndef SV_SETTING_H
#define SV_SETTING_H

#include <stddef.h>
#include <stdint.h>

#define SV_HEALTH_MAX 64  /* checks that are looked back at */
#define SV_SOCKET_MAX 108 /* bytes of a socket's path, with its NUL: sun_path */
#define SV_TALLY_MAX 4096 /* deaths that can be remembered, as in s6 */

/* clang-format off */
/*    name            file               what it holds, for messages */
#define SV_SETTINGS(X) \
    X(DOWN_SIGNAL,    "down-signal",     "a signal's name or number") \
    X(RELOAD_SIGNAL,  "reload-signal",   "a signal's name or number") \
    X(TIMEOUT_KILL,   "timeout-kill",    "a time in ms") \
    X(TIMEOUT_FINISH, "timeout-finish",  "a time in ms") \
    X(DEATH_TALLY,    "max-death-tally", "a number from 0 to 4096") \
    X(RESTART,        "restart",         "always, on-failure or never") \
    X(SUCCESS_CODES,  "success-codes",   "exit codes from 0 to 255") \
    X(RESTART_DELAY,  "restart-delay",   "shortest and longest delay in ms") \
    X(RESTART_LIMIT,  "restart-limit",   "a number of deaths and of seconds") \
    X(KILL_MODE,      "kill-mode",       "process, group or tree") \
    X(EXPECT,         "expect",          "fork or daemon") \
    X(NOTIFICATION_FD, "notification-fd", "the number of a descriptor from 3 to 1023") \
    X(NOTIFY_SOCKET,  "notify-socket",   "abstract, or the absolute path of a socket") \
    X(TIMEOUT_READY,  "timeout-ready",   "a time in ms") \
    X(WATCHDOG,       "watchdog",        "a time in ms") \
    X(WATCHDOG_SIGNAL, "watchdog-signal", "a signal's name or number") \
    X(CHECK_INTERVAL, "check-interval",  "one or two times in ms, not 0") \
    X(CHECK_TIMEOUT,  "check-timeout",   "a time in ms, not 0") \
    X(CHECK_SUCCESSES, "check-successes", "a number from 1 to 1000") \
    X(HEALTH,         "health",          "failures and checks, from 1 to 64") \
    X(TIMEOUT_CONTROL, "timeout-control", "a time in ms")
/* clang-format on */

enum sv_setting {
#define SV_SETTING_ENUM(name, file, holds) SV_SETTING_##name,
    SV_SETTINGS(SV_SETTING_ENUM)
#undef SV_SETTING_ENUM
        SV_SETTING_COUNT
};

enum sv_restart { SV_RESTART_ALWAYS, SV_RESTART_ON_FAILURE, SV_RESTART_NEVER };

enum sv_kill_mode { SV_KILL_PROCESS, SV_KILL_GROUP, SV_KILL_TREE };

struct sv_settings {
    int down_signal;                /* default TERM */
    int reload_signal;              /* default HUP */
    uint32_t timeout_kill_ms;       /* default 0: never */
    uint32_t timeout_finish_ms;     /* default 5000; 0: never */
    uint32_t max_death_tally;       /* default 100 */
    enum sv_restart restart;        /* default always */
    unsigned char success[256 / 8]; /* bit N: exit code N is a success; default 0 only */
    uint32_t delay_shortest_ms;     /* default 1000 */
    uint32_t delay_longest_ms;      /* default 60000, never below the shortest */
    uint32_t limit_deaths;          /* meant if (limit_seconds) */
    uint32_t limit_seconds;         /* default 0: no limit */
    enum sv_kill_mode kill_mode;    /* default process */
    unsigned int
        expected_forks; /* of run into the background: default 0; fork 1, daemon 2 */
    unsigned int notification_fd;      /* default 0: none */
    char notify_socket[SV_SOCKET_MAX]; /* "" (default): none, "@": abstract, or a path */
    uint32_t timeout_ready_ms;         /* default 0: never */
    uint32_t watchdog_ms;              /* default 0: none */
    int watchdog_signal;               /* default ABRT */
    uint32_t check_first_ms;           /* between checks until ready; default 1000 */
    uint32_t check_later_ms;           /* and afterwards; default 10000 */
    uint32_t check_timeout_ms;         /* of one check; default 5000 */
    uint32_t check_successes;          /* in a row, to be ready; default 1 */
    uint32_t health_failures;          /* this many ... */
    uint32_t health_checks;            /* ... of that many; default 0: nothing is done */
    uint32_t timeout_control_ms;       /* of a control script; default 5000; 0: never */
    unsigned int fails_on_100 : 1; /* encore: exit code 100 of run means do not restart */
    unsigned int has_stop : 1;     /* there is encore's stop script, to be executed */
};

/* Every setting at its default; fails_on_100 and has_stop clear. */
extern void sv_setting_defaults(struct sv_settings *settings);

/*
 * Sets one setting from the content of its file, `length` bytes that may hold anything.
 * Returns 1; 0 if the first line is no such value (then *settings is as before).
 */
extern int sv_setting_parse(struct sv_settings *settings, enum sv_setting which,
                            char const *text, size_t length);

/* The name of its file, and what belongs into it in words. */
extern char const *sv_setting_file(enum sv_setting which);
extern char const *sv_setting_holds(enum sv_setting which);

/* Whether `code` (0..255) is a success. */
extern int sv_setting_is_success(struct sv_settings const *settings, unsigned int code);

#endif
