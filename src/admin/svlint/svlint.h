/* ISC license. */

/*
 * What the parts of svlint share: the rules, and what is known of a service directory
 * while it is looked at. Nothing in it is executed, and nothing is opened but regular
 * files and directories.
 *
 *     svlint.c    options and arguments
 *     report.c    findings
 *     names.c     directories as lists of names
 *     scandir.c   scan directories: links, names, instances
 *     graph.c     who needs whom
 *     service.c   one service directory, and its log/
 *     entries.c   the names in it
 *     settings.c  its option files, and what they have to do with each other
 *     script.c    a script as a file
 *     command.c   what a script does
 *     programs.c  the programs that it starts
 *     daemon.c    programs that go into the background
 *     logger.c    the script of a multilog
 *     account.c   users, and what they may do
 *     state.c     supervise/, and the file system
 */

#ifndef SVLINT_H
#define SVLINT_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <sv/chainwords.h>
#include <sv/scriptscan.h>
#include <sv/setting.h>

/* clang-format off */
/*    name             word               severity meaning */
#define SVLINT_RULES(X) \
    X(NO_RUN,          "no-run",          ERROR,   "there is no run") \
    X(NOT_REGULAR,     "not-regular",     ERROR,   "a script is no regular file") \
    X(NOT_EXECUTABLE,  "not-executable",  ERROR,   "a script is not executable") \
    X(EMPTY,           "empty",           ERROR,   "a script has nothing in it") \
    X(NO_INTERPRETER,  "no-interpreter",  ERROR,   "a script does not begin with #! and a path") \
    X(INTERPRETER,     "interpreter",     ERROR,   "the interpreter cannot be executed") \
    X(FIRST_LINE,      "first-line",      ERROR,   "the #! line means something else than it says") \
    X(CRLF,            "crlf",            ERROR,   "lines of a script end in CR LF") \
    X(SYNTAX,          "syntax",          ERROR,   "quotes or braces that do not match, in execline") \
    X(UNREADABLE,      "unreadable",      WARNING, "a file cannot be read") \
    X(WRITABLE,        "writable",        ERROR,   "everybody may write what is executed or read") \
    X(OWNER,           "owner",           WARNING, "what is executed belongs to another user") \
    X(NO_EXEC,         "no-exec",         ERROR,   "run is a shell that waits for the service") \
    X(ALL_BACKGROUND,  "all-background",  ERROR,   "run ends in a command in the background") \
    X(BACKGROUND,      "background",      WARNING, "a command in the background is nobody's service") \
    X(DETACHES,        "detaches",        ERROR,   "a program that puts its child in the background") \
    X(NOHUP,           "nohup",           WARNING, "nohup is of no use here") \
    X(DAEMON_OPTION,   "daemon-option",   ERROR,   "a daemon is told to go into the background") \
    X(DAEMON_WORD,     "daemon-word",     WARNING, "an option that mostly means the background") \
    X(FOREGROUND,      "foreground",      WARNING, "a daemon is not told to stay in the foreground") \
    X(PROGRAM,         "program",         WARNING, "a program cannot be found or executed") \
    X(USER,            "user",            ERROR,   "there is no such user") \
    X(STDERR,          "stderr",          INFO,    "standard error does not go to the logger") \
    X(VALUE,           "value",           ERROR,   "an option file that cannot be used") \
    X(NOTIFICATION_FD, "notification-fd", ERROR,   "notification-fd out of range") \
    X(SMALL_TIME,      "small-time",      WARNING, "seconds where milliseconds belong") \
    X(DOWN_SIGNAL,     "down-signal",     WARNING, "down-signal does not end a process, or is KILL") \
    X(TIMEOUT_READY,   "timeout-ready",   WARNING, "timeout-ready, and no way to become ready") \
    X(WATCHDOG,        "watchdog",        WARNING, "watchdog, and no socket to be fed by") \
    X(TWO_WAYS,        "two-ways",        WARNING, "of two ways to become ready one does not count") \
    X(NO_CHECK,        "no-check",        WARNING, "an option about checks, and no check") \
    X(PROBE,           "probe",           ERROR,   "probe cannot be used") \
    X(LIMIT_TALLY,     "limit-tally",     WARNING, "restart-limit is above max-death-tally") \
    X(NO_RESTART,      "no-restart",      WARNING, "options about restarts of what is never restarted") \
    X(NO_SCRIPT,       "no-script",       INFO,    "a time limit for a script that is not there") \
    X(NEAR_NAME,       "near-name",       WARNING, "nearly the name of something that counts") \
    X(COPY,            "copy",            INFO,    "a copy of something that counts") \
    X(FOREIGN,         "foreign",         WARNING, "an option of another suite that is ignored") \
    X(CONTROL,         "control",         WARNING, "a control script that never runs") \
    X(ENV,             "env",             ERROR,   "what is no variable in env/") \
    X(LOG,             "log",             WARNING, "log is neither a directory nor a program") \
    X(LOG_SCRIPT,      "log-script",      ERROR,   "multilog refuses its arguments") \
    X(LOG_WORD,        "log-word",        WARNING, "an argument of multilog's that means nothing") \
    X(LOG_NUMBER,      "log-number",      WARNING, "a number of multilog's out of its bounds") \
    X(LOG_DIRECTORY,   "log-directory",   ERROR,   "a log directory that multilog cannot use") \
    X(LOG_OPEN,        "log-open",        WARNING, "everybody may write in a log directory") \
    X(LOG_SHARED,      "log-shared",      ERROR,   "two loggers for one log directory") \
    X(NEEDS_LINE,      "needs-line",      ERROR,   "a line of needs that is not understood") \
    X(NEEDS_UNKNOWN,   "needs-unknown",   ERROR,   "what is needed does not exist") \
    X(NEEDS_SELF,      "needs-self",      ERROR,   "a service needs itself") \
    X(NEEDS_CYCLE,     "needs-cycle",     ERROR,   "services need each other") \
    X(NEEDS_DOWN,      "needs-down",      WARNING, "what is needed is not started by itself") \
    X(DANGLING,        "dangling",        WARNING, "a link to nowhere") \
    X(SAME_DIRECTORY,  "same-directory",  WARNING, "two names for one service directory") \
    X(NAME,            "name",            WARNING, "blanks or control characters in a name") \
    X(LONG_NAME,       "long-name",       ERROR,   "a name too long for SUPERVISEDIR") \
    X(HIDDEN,          "hidden",          INFO,    "a service that the dot in its name hides") \
    X(TEMPLATE,        "template",        INFO,    "a template without instances") \
    X(INSTANCE,        "instance",        WARNING, "it is called like an instance, and is none") \
    X(DESCRIPTORS,     "descriptors",     WARNING, "more services than descriptors") \
    X(STATE,           "state",           ERROR,   "supervise/ cannot be used") \
    X(STATE_OPEN,      "state-open",      ERROR,   "everybody may control the service") \
    X(READ_ONLY,       "read-only",       ERROR,   "no place for supervise/") \
    X(NOEXEC,          "noexec",          ERROR,   "nothing can be executed on that file system")
/* clang-format on */

enum svlint_severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO };

enum svlint_rule {
#define SVLINT_ENUM(name, word, severity, meaning) RULE_##name,
    SVLINT_RULES(SVLINT_ENUM)
#undef SVLINT_ENUM
        RULE_COUNT
};

/* A log directory that a logger writes to. */
struct log_place {
    dev_t device;
    ino_t inode;
    char *file; /* that names it, for messages */
};

/* What is the same for all that is looked at. */
struct lint {
    int json;
    unsigned char ignored[RULE_COUNT];
    unsigned int counts[SEVERITY_INFO + 1]; /* findings that were told */
    int is_troubled; /* something could not be looked at for a reason of the system's */
    struct log_place *logs;
    size_t log_count;
};

/* The names in a directory, sorted, without "." and "..". */
struct names {
    char **list;
    size_t count;
    size_t size;
};

#define ACCOUNT_GROUPS 64

struct account {
    uid_t uid;
    gid_t gids[ACCOUNT_GROUPS];
    int group_count;
};

/* A service directory, or its log/. */
struct service {
    struct lint *lint;
    char const *path; /* as the user would name it */
    int dir;          /* opened for reading */
    struct stat about;
    struct account const *runner; /* who runs svscan, and may own what is executed */
    struct names names;
    struct sv_settings settings;
    unsigned int is_logger : 1;
    unsigned int has_logger : 1;
    unsigned int is_noexec : 1; /* so the file system was mounted */
};

/* Which script of a service it is; that makes a difference to what it may do. */
enum role { ROLE_RUN, ROLE_OTHER };

/* What must be known of a whole script before one of its commands is judged. */
struct habits {
    size_t commands; /* that count; the last of them is what it ends in */
    unsigned int has_wait : 1;
    unsigned int moves_error : 1; /* standard error goes elsewhere */
    unsigned int sets_path : 1;   /* programs may be found where we do not look */
    unsigned int moves : 1;       /* to another directory */
};

#define SCRIPT_SIZE 65536 /* bytes of a script that are looked at */

struct script {
    struct service *service;
    char const *file; /* its name in the service directory */
    enum role role;
    int is_cut; /* there is more of it than text */
    size_t length;
    char text[SCRIPT_SIZE];
    struct sv_scriptscan_head head;
    struct habits habits;
};

/* report.c --------------------------------------------------------------------------- */

struct finding {
    enum svlint_rule rule;
    char const *directory; /* where the file is; null: the file's name is whole */
    char const *file;      /* null: it is about the directory */
    unsigned int line;     /* 0: of no line */
    char const *remedy;    /* null: there is none but what the text says */
    char const *text[6];   /* one after another */
};

extern void svlint_tell(struct lint *lint, struct finding const *finding);

/* TELL(lint, rule, .directory = ..., .text = {...}): a finding, with its other members.
 */
#define TELL(to, about, ...) \
    svlint_tell(to, &(struct finding){.rule = RULE_##about, __VA_ARGS__})

/* What could not be looked at: "unable to DO PATH/FILE", with errno. Exit code 111. */
extern void svlint_trouble(struct lint *lint, char const *verb, char const *path,
                           char const *file);

extern void svlint_list_rules(void);
extern int svlint_find_rule(char const *word); /* RULE_COUNT if there is none */
extern void svlint_out(char const *text);
extern void svlint_flush(void);

/* These end the program: no memory. */
extern void *svlint_allocate(void *old, size_t count, size_t size);
extern char *svlint_join(char const *directory, char const *name);

/* names.c ---------------------------------------------------------------------------- */

/* Reads the directory `fd`, which stays open. Returns 1; 0 with errno. */
extern int svlint_read_names(int fd, struct names *names);
extern int svlint_has_name(struct names const *names, char const *name);
extern void svlint_free_names(struct names *names);

/* Opens a directory for reading; never anything else. -1 with errno. */
extern int svlint_open_directory(int dir, char const *name);

/*
 * Reads up to `size` bytes of a regular file, links followed; *about is what fstat says.
 * Returns how many; -1 with errno: EINVAL if it is no regular file.
 */
extern ssize_t svlint_read_file(int dir, char const *name, char *text, size_t size,
                                struct stat *about);

/* Whether it is something of the system's, not of the file. */
extern int svlint_is_trouble(int error_number);

/* scandir.c, graph.c ----------------------------------------------------------------- */

extern void svlint_scandir(struct lint *lint, char const *path, int dir,
                           struct names const *names);
extern void svlint_graph(struct lint *lint, char const *path, int dir);

/* The file needs of one service, without the others. */
extern void svlint_needs(struct lint *lint, char const *path, int dir);

/* service.c -------------------------------------------------------------------------- */

/* Whether a directory with these names is that of a service. */
extern int svlint_is_service(int dir, struct names const *names);

/* Looks at a service directory and its log/, as it is for that runner. */
extern void svlint_service(struct lint *lint, char const *path, int dir,
                           struct account const *runner);

/* entries.c, settings.c, state.c ----------------------------------------------------- */

extern void svlint_entries(struct service *service);
extern void svlint_settings(struct service *service);
extern void svlint_state(struct service const *service);
extern void svlint_file_system(struct service *service);

/* script.c, command.c, programs.c, daemon.c ------------------------------------------ */

/* Looks at a script that is there, whatever it is. */
extern void svlint_script(struct service *service, char const *file, enum role role);

/* What its commands are, if it is a shell's or execline's. */
extern void svlint_commands(struct script *script);

/*
 * The programs of a command, and of the blocks in it: whether they are there, the users
 * they become, multilog's script, and whether they go into the background.
 */
extern void svlint_programs(struct script const *script,
                            struct sv_scriptscan_command const *command);

/* Whether that file of the directory can be executed by us; 0 with errno. */
extern int svlint_can_execute(int dir, char const *name);

/* Whether a program of that name is found where programs are. */
extern int svlint_is_in_path(char const *name);

/* Whether a word is NAME=VALUE. */
extern int svlint_is_assignment(char const *text);

/* Whether the service goes into the background. */
extern void svlint_daemon(struct script const *script, struct sv_chainwords const *chain);

/* logger.c --------------------------------------------------------------------------- */

/* The program at chain->at is a multilog. */
extern void svlint_logger(struct script const *script, struct sv_chainwords const *chain);

/* account.c -------------------------------------------------------------------------- */

/*
 * Looks up the user that a script becomes. Returns 1; 0 if there is none; -1 if it is no
 * name, or the system does not tell.
 */
extern int svlint_find_account(char const *name, struct account *account);

/* The account of that uid, whether it has a name or not. */
extern void svlint_account_of(uid_t uid, struct account *account);

/* Whether the account has these rights (4, 2, 1) to a file, as its mode says. */
extern int svlint_may(struct account const *account, struct stat const *about,
                      mode_t rights);

#endif
