/* ISC license. */

/*
 * recovery (pure): what a supervise that is killed leaves to the next one.
 *
 * supervise/.recovery is one page that supervise has mapped. All that it must not forget
 * is stored there before it acts on it, and stores into a shared mapping outlive whoever
 * is killed; none of them costs a system call. What the kernel tells supervise it tells
 * by writing into the page too, so that there is no instruction at which something has
 * been consumed and is not known any more:
 *
 *   births  the pid of a new process is stored by clone() itself (CLONE_PARENT_SETTID),
 *           before that process runs; the process stores when it ran, and, should
 *           execve() refuse, why
 *   ends    waitid() stores who has ended, and how, where it takes the process away
 *   input   commands are read into the page; before it is read into, it is all zero, and
 *           a zero byte is no command; so is what comes about readiness
 *
 * What supervise has decided stands in two slots. A change is written to the slot that
 * does not count, then `turn` is raised: a single store. With the decision stand the
 * actions that follow from it and are not performed yet, so that they are performed
 * again, rather than not at all, by the next supervise.
 *
 * The page belongs to one file: `device` and `inode` are those of the file itself, so
 * that a copied or restored service directory is not taken for the one it was made from.
 * It belongs to one boot, and one life of process 1 in it: life. It is in the machine's
 * own byte order, and never synced: what it says does not outlive the boot.
 */

#ifndef SV_RECOVERY_H
#define SV_RECOVERY_H

#include <signal.h>
#include <stdint.h>

#include <sv/control.h>
#include <sv/journal.h>
#include <sv/machine.h>
#include <sv/notice.h>
#include <sv/spawn.h>
#include <sv/status.h>

#define SV_RECOVERY_FILE ".recovery"
#define SV_RECOVERY_MAGIC "upkeepR2"
#define SV_RECOVERY_SIZE 4096
#define SV_RECOVERY_QUEUE 8      /* transitions that may wait for the journal */
#define SV_RECOVERY_INPUT 512    /* bytes of commands read at once */
#define SV_RECOVERY_NOTICE 32    /* bytes about readiness read at once */
#define SV_RECOVERY_MESSAGE 1024 /* bytes of one message to the notify socket */

/* A process that is being made, or has just been. */
struct sv_recovery_birth {
    volatile uint32_t child; /* enum sv_child: what it is to be; 0: nothing */
    uint32_t unused;
    volatile int64_t started_ms;   /* CLOCK_MONOTONIC before clone() */
    struct sv_spawn_birth spawned; /* spawn.h */
};

/* What supervise does besides deciding. */
struct sv_recovery_doing {
    int run_pid;         /* of the last run: the process group finish is told of */
    uint64_t run_start;  /* its start time: whose that number is now */
    int shared_group;    /* the last child was started in that process group, and ... */
    int shared_session;  /* ... session, which are others' too; 0: in its own */
    int64_t forgiven_ms; /* deaths before do not count for restart-limit */
    uint32_t actions;    /* bit N: enum sv_action_kind N is still to be performed */
    uint32_t signals;    /* SV_ACTION_SIGNAL, as in machine.h */
    uint32_t group_signals;
    uint32_t stop_signals;
    uint32_t input_done;       /* so many bytes of the input have been taken ... */
    uint64_t input_round;      /* ... if it is still this input */
    int has_left;              /* supervise exited because it was told to */
    struct sv_command control; /* a script runs for it, and then it is acted upon */
    int control_pid;           /* of that script; 0: none */
    uint64_t control_start;    /* its start time */
    int64_t control_kill_ms;   /* it is killed then, or SV_NEVER */
    unsigned int control_step; /* which script of those that this command has; 0: none */
    uint32_t control_starts;   /* the count of starts when it came: of which run it is */
    struct sv_notice notice;   /* the reader of .ready, ... */
    uint32_t notice_done;      /* ... which has taken so many bytes of page->notice */
};

/* A decision. Fixed sizes: another version of supervise must find it as it was. */
struct sv_recovery_slot {
    unsigned char status[SV_STATUS_OWN]; /* packed */
    /* the machine, member by member */
    uint32_t wanted, child, phase;
    int32_t pid;
    uint32_t flags; /* its bits, and has_left */
    uint32_t forks_left, quick_deaths;
    uint32_t pending, pending_group, pending_stop;
    uint32_t reason, reason_detail, reason_uid;
    uint32_t unused;
    int64_t started_ms, start_ms, settled_ms, kill_ms, drain_ms, drain_limit_ms;
    /* the decoder of commands */
    uint64_t mark_uid;
    uint32_t mark_left, covers, mark_covers, decoder_uid, decoder_flags;
    /* what is being done */
    int32_t run_pid;
    uint64_t run_start;
    int64_t forgiven_ms;
    uint64_t input_round;
    uint32_t input_done;
    uint32_t actions, signals, group_signals, stop_signals;
    uint32_t decoder_token;
    uint32_t control; /* see struct sv_recovery_doing */
    uint32_t control_uid, control_token;
    int32_t control_pid;
    int64_t control_start, control_kill_ms;
    int64_t ready_ms, watchdog_ms, watchdog_every_ms;
    uint32_t notice; /* the reader of .ready (notice.h) */
    uint32_t control_starts;
    int32_t shared_group, shared_session;
    uint32_t more[4]; /* 0 */
};

struct sv_recovery {
    char magic[8];
    uint64_t device, inode;           /* of this very file */
    unsigned char life[SV_BOOT_ID];   /* process.h; all zero: unknown, never trusted */
    uint64_t supervise_start;         /* who has it: start time, as in status.h */
    volatile uint32_t supervise_pid;  /* ... and pid; stored last */
    volatile uint32_t relayed_pid;    /* svscan has reaped this child of ours, ... */
    volatile int32_t relayed_status;  /* ... which ended like that; stored together */
    uint32_t has_standard;            /* the next two are known */
    uint64_t input_pipe, output_pipe; /* inodes of the pipes on 0 and 1; 0: none */
    uint64_t unused[4];
    volatile uint64_t turn; /* slots[turn & 1] counts; 0: none yet */
    struct sv_recovery_slot slots[2];
    struct sv_recovery_birth birth;
    unsigned char queue[SV_RECOVERY_QUEUE][SV_JOURNAL_RECORD];
    volatile uint64_t round; /* which input this is */
    unsigned char input[SV_RECOVERY_INPUT];
    siginfo_t end; /* as waitid() stores it; si_pid 0: nothing */
    unsigned char notice[SV_RECOVERY_NOTICE]; /* read from .ready; 0 is nothing */
    volatile uint32_t message_length;         /* 0: there is none */
    volatile pid_t message_pid;               /* who sent it; 0: not known */
    char notify_name[SV_SOCKET_MAX];          /* of the run's notify socket; "": none */
    char message[SV_RECOVERY_MESSAGE];
    struct sv_recovery_birth control_birth; /* child: the control_step it is for */
    volatile uint64_t log_pipe;         /* inode of the pipe to a logger that is a file */
    struct sv_spawn_birth logger_birth; /* of the supervise that we have started for it */
};

_Static_assert(sizeof(struct sv_recovery) <= SV_RECOVERY_SIZE, "it is one page");

/*
 * Whether the bytes are a page that is to be trusted: of this version, about the file
 * `device`, `inode`, in this boot. Returns 1 or 0.
 */
extern int sv_recovery_is_ours(struct sv_recovery const *page, uint64_t device,
                               uint64_t inode, unsigned char const *life);

/* Makes the page an empty one of that file and boot; nobody has it. */
extern void sv_recovery_init(struct sv_recovery *page, uint64_t device, uint64_t inode,
                             unsigned char const *life);

/* Stores a decision, and that it counts. Cannot fail. */
extern void sv_recovery_store(struct sv_recovery *page, struct sv_status const *status,
                              struct sv_machine const *machine,
                              struct sv_control const *decoder,
                              struct sv_recovery_doing const *doing);

/*
 * The decision that counts. Returns 1; 0 if there is none, or none that makes sense (then
 * what the pointers lead to is undefined).
 */
extern int sv_recovery_load(struct sv_recovery const *page, struct sv_status *status,
                            struct sv_machine *machine, struct sv_control *decoder,
                            struct sv_recovery_doing *doing);

/* Puts an entry where it waits for the journal: entries with 8 serials in a row fit. */
extern void sv_recovery_queue(struct sv_recovery *page,
                              struct sv_journal_entry const *entry);

/* The entry with this serial that waits. Returns 1; 0 if there is none. */
extern int sv_recovery_queued(struct sv_recovery const *page, uint64_t serial,
                              struct sv_journal_entry *entry);

/* A process is about to be made: stores that, and that nothing is known of it. */
extern void sv_recovery_begin_birth(struct sv_recovery *page, enum sv_child child,
                                    int64_t now_ms);

/* What came of it has been stored as a decision. */
extern void sv_recovery_end_birth(struct sv_recovery *page);

/* The same of a control script, for that step. */
extern void sv_recovery_begin_control(struct sv_recovery *page, unsigned int step,
                                      int64_t now_ms);
extern void sv_recovery_end_control(struct sv_recovery *page);

/* Makes the input empty, ready to be read into. */
extern void sv_recovery_clear_input(struct sv_recovery *page);

/*
 * How the process `pid` ended, if waitid() has stored that: returns 1 and fills
 * *wait_status as waitpid() would; 0 if what stands there is not about it.
 */
extern int sv_recovery_end_of(struct sv_recovery const *page, int pid, int *wait_status);

#endif
