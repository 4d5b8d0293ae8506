/* ISC license. */

/*
 * What the parts of supervise share: the one service it keeps.
 *
 *     supervise.c  start-up and the loop: gathers events
 *     act.c        feeds them to the machine and performs what it answers
 *     record.c     writes down what happened: .status, status, .journal, .death_tally
 *     runwatch.c   waits for a run script to appear
 */

#ifndef SV_SUPERVISE_SERVICE_H
#define SV_SUPERVISE_SERVICE_H

#include <stdint.h>

#include <sv/control.h>
#include <sv/journal.h>
#include <sv/machine.h>
#include <sv/setting.h>
#include <sv/status.h>
#include <sv/tally.h>

#define SV_NAME_MAX 512    /* of the service, as finish gets it */
#define SV_JOURNAL_QUEUE 8 /* transitions that may wait for the end of a round */

/* A trouble that has been told of, so that it is not told again until it has gone. */
struct trouble {
    int error_number; /* 0: none */
};

struct service {
    char const *dir_name; /* as the user gave it, for messages */
    char name[SV_NAME_MAX];

    int dir;          /* the service directory, which is our working directory */
    int state_dir;    /* its supervise/ */
    int control;      /* read here */
    int signals;      /* selfpipe */
    int watch;        /* inotify, -1 unless a run script is waited for */
    int journal;      /* -1 if it cannot be had */
    int fails_on_100; /* encore's personality */
    int reads_pipe;   /* standard input is a pipe: this may be a logger */
    int leaving;      /* the machine has said LEAVE */

    struct sv_machine machine;
    struct sv_control decoder;
    struct sv_status status; /* what .status says, or will at the end of the round */
    struct sv_tally tally;

    struct sv_settings settings;
    uint32_t bad_settings; /* those that have been reported */

    struct sv_journal_entry queue[SV_JOURNAL_QUEUE];
    unsigned int queued;
    int tally_changed;
    int status_changed;
    int run_pid;         /* of the last run: the process group that finish is told of */
    int64_t forgiven_ms; /* deaths before do not count for restart-limit */
    int64_t complain_ms; /* say that run cannot be executed, if it still cannot; or
                            SV_NEVER */
    struct timespec run_changed; /* ctime of run before the last try; 0: there was none */
    int64_t
        watch_retry_ms; /* look for run then, if it cannot be watched; else SV_NEVER */

    struct trouble status_trouble;
    struct trouble journal_trouble;
    struct trouble tally_trouble;
    struct trouble start_trouble;
    struct trouble finish_trouble;
    struct trouble watch_trouble;
};

/*
 * Feeds an event of `kind` with nothing but the time in it, or a whole one, and all that
 * follows from it.
 */
extern void service_event(struct service *service, enum sv_event_kind kind);
extern void service_feed(struct service *service, struct sv_event const *event);

/* The service's main process or its finish script has ended; other children do not count.
 */
extern void service_child_ended(struct service *service, int pid, int wait_status);

/* Notes a transition for service_write(). */
extern void service_record(struct service *service, struct sv_event const *event,
                           struct sv_cause const *cause);

/* Opens what record.c writes to and takes over the serial of an earlier supervise. */
extern void service_open_records(struct service *service);

/* Writes down all that has been noted. What fails is tried again at the next transition.
 */
extern void service_write(struct service *service);

/* It is time to say that run cannot be executed. */
extern void service_complain(struct service *service);

/* Remembers run as it is before it is tried. */
extern void service_look_at_run(struct service *service);

/* Watches for the run script as long as the machine wants that. */
extern void service_watch_run(struct service *service);

/* The watch is ready to read, or its retry is due: was it about run? */
extern void service_run_watch_ready(struct service *service);

/*
 * Whether a trouble with this errno is news. Remembers it; errno stays. trouble_over()
 * when the thing has worked.
 */
extern int trouble_is_new(struct trouble *trouble);
extern void trouble_over(struct trouble *trouble);

#endif
