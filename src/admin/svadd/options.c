/* ISC license. */

/*
 * The command line. Options may stand before and behind the name; all that can be known
 * to be wrong without looking at a directory is told here. The option files of
 * servicedir(7) have one option each, which come from SV_SETTINGS.
 */

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/buffer.h>
#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/definition.h>
#include <sv/instance.h>
#include <sv/limit.h>
#include <sv/message.h>
#include <sv/needs.h>
#include <sv/option.h>
#include <sv/probe.h>
#include <sv/text.h>
#include <sv/timeout.h>

#include "svadd.h"

/* clang-format off */
/* name, long option, its value, whether the service directory is to be written for it */
#define OPTIONS(X) \
    X(USER,       "user",       SV_OPTION_REQUIRED, 1) \
    X(ENV,        "env",        SV_OPTION_REQUIRED, 1) \
    X(LIMIT,      "limit",      SV_OPTION_REQUIRED, 1) \
    X(CHDIR,      "chdir",      SV_OPTION_REQUIRED, 1) \
    X(EXECLINE,   "execline",   SV_OPTION_NONE,     1) \
    X(DOWN,       "down",       SV_OPTION_NONE,     1) \
    X(NEEDS,      "needs",      SV_OPTION_REQUIRED, 1) \
    X(CHECK,      "check",      SV_OPTION_REQUIRED, 1) \
    X(PROBE,      "probe",      SV_OPTION_REQUIRED, 1) \
    X(NO_LOG,     "no-log",     SV_OPTION_NONE,     1) \
    X(LOG_USER,   "log-user",   SV_OPTION_REQUIRED, 1) \
    X(LOG_DIR,    "log-dir",    SV_OPTION_REQUIRED, 1) \
    X(LOG_SIZE,   "log-size",   SV_OPTION_REQUIRED, 1) \
    X(LOG_FILES,  "log-files",  SV_OPTION_REQUIRED, 1) \
    X(LOG_PLAIN,  "log-plain",  SV_OPTION_NONE,     1) \
    X(DIR,        "dir",        SV_OPTION_REQUIRED, 0) \
    X(SCAN,       "scan",       SV_OPTION_REQUIRED, 0) \
    X(WAIT,       "wait",       SV_OPTION_OPTIONAL, 0) \
    X(TIMEOUT,    "timeout",    SV_OPTION_REQUIRED, 0) \
    X(HELP,       "help",       SV_OPTION_NONE,     0) \
    X(VERSION,    "version",    SV_OPTION_NONE,     0)
/* clang-format on */

enum {
    OPTION_SETTING = SV_OPTION_LONG, /* and the number of the setting */
    OPTION_FIRST = SV_OPTION_LONG + SV_SETTING_COUNT,
#define OPTION_ENUM(name, word, takes, writes) OPTION_##name,
    OPTIONS(OPTION_ENUM)
#undef OPTION_ENUM
};

static struct sv_option_word const words[] = {
#define SETTING_WORD(name, file, holds) \
    {file, OPTION_SETTING + SV_SETTING_##name, SV_OPTION_REQUIRED},
    SV_SETTINGS(SETTING_WORD)
#undef SETTING_WORD
#define OPTION_WORD(name, word, takes, writes) {word, OPTION_##name, takes},
        OPTIONS(OPTION_WORD)
#undef OPTION_WORD
            {"dry-run", 'n', SV_OPTION_NONE},
    {0},
};

/* The word of an option that is no use without a command; null if it is. */
static char const *writing_word(int option)
{
    if (option >= OPTION_SETTING && option < OPTION_SETTING + SV_SETTING_COUNT)
        return sv_setting_file((enum sv_setting)(option - OPTION_SETTING));
    switch (option) {
#define OPTION_CASE(name, word, takes, writes) \
    case OPTION_##name: return (writes) ? (word) : 0;
        OPTIONS(OPTION_CASE)
#undef OPTION_CASE
    }
    return 0;
}

static _Noreturn void print_help(void)
{
    buffer_puts(buffer_1,
                "usage: " USAGE "\n\n"
                "Without a command a service directory that is there is linked in.\n\n"
                "  --user=USER        the command runs as USER\n"
                "  --env=WORD         with a variable, NAME=VALUE\n"
                "  --limit=WORD       with a limit, NAME=VALUE, as softlimit calls it\n"
                "  --chdir=DIR        in this directory\n"
                "  --execline         run scripts are in execline, not for the shell\n"
                "  --down             it does not start by itself\n"
                "  --needs=NAME       it is started when that service is ready\n"
                "  --check=COMMAND    it is ready when this shell command succeeds\n"
                "  --probe=LINE       or when this probe does\n"
                "  --no-log           no logger\n"
                "  --log-user=USER    the logger runs as USER\n"
                "  --log-dir=DIR      the log is there; unless given in log/main\n"
                "  --log-size=BYTES   of one file of the log; 1000000\n"
                "  --log-files=N      of them; 10\n");
    buffer_puts(buffer_1,
                "  --log-plain        no time stamps\n"
                "  --dir=DIR          the service directory is made in DIR\n"
                "  --scan=DIR         and linked to from DIR\n"
                "  --wait=GOAL        until the service is up or ready; without one: up\n"
                "  --timeout=MS       but not for longer than this\n"
                "  -n, --dry-run      prints what would be written\n"
                "  --help             this text\n"
                "  --version          which upkeep this is\n\n"
                "An option for each option file of a service directory:\n");
    for (unsigned int i = 0; i < SV_SETTING_COUNT; i++) {
        buffer_puts(buffer_1, "  --");
        buffer_puts(buffer_1, sv_setting_file((enum sv_setting)i));
        buffer_puts(buffer_1, "=VALUE: ");
        buffer_puts(buffer_1, sv_setting_holds((enum sv_setting)i));
        buffer_puts(buffer_1, "\n");
    }
    if (!buffer_flush(buffer_1)) sv_dieusys(111, "write to standard output");
    _exit(0);
}

/* Puts a value behind those of a list that ends in null. */
static void append(char const **list, char const *value)
{
    while (*list) list++;
    *list = value;
}

static void read_account(struct account *account, char const *option, char const *name)
{
    if (geteuid())
        sv_die(100, "--", option, "=", name,
               " needs root: services of other users run as who runs svscan");
    struct passwd const *found = getpwnam(name);
    if (!found)
        sv_die(100, "unknown account ", name, ": make it first, or name another with --",
               option);
    account->name = name;
    account->uid = found->pw_uid;
    account->gid = found->pw_gid;
}

/* NAME=VALUE becomes the arguments of softlimit. */
static void read_limit(char const **limits, char const *text)
{
    size_t length = strcspn(text, "=");
    struct sv_limit_value value;
    char *word = malloc(length + 3);

    if (!word) sv_dieusys(111, "allocate memory");
    if (!text[length] || !text[length + 1] || !sv_limit_scan(text + length + 1, &value))
        sv_die(100, "--limit=", text, ": that is not NAME=VALUE with a number, = or -");
    memcpy(word + 2, text, length);
    word[0] = word[1] = '-', word[2 + length] = 0;
    for (unsigned int i = 0; i < sv_limit_count; i++) {
        char letter[] = {sv_limits[i].letter, 0};
        if (strcmp(word + 2, sv_limits[i].word) && (!*letter || strcmp(word + 2, letter)))
            continue;
        /* the letters of daemontools are known to everybody's softlimit */
        if (sv_limits[i].variable) word[1] = *letter, word[2] = 0;
        append(limits, word);
        append(limits, text + length + 1);
        return;
    }
    if (strcmp(word + 2, "memory") && strcmp(word + 2, "m"))
        sv_die(100, "--limit=", text, ": softlimit knows no ", word + 2,
               "; softlimit --help lists what it knows");
    append(limits, "-m");
    append(limits, text + length + 1);
}

static void read_needs(char const **needs, char const *text)
{
    struct sv_needs reader = {.text = text, .length = strlen(text)};
    struct sv_need need;

    if (strchr(text, '\n') || sv_needs_next(&reader, &need) <= 0)
        sv_die(100, "--needs=", text,
               ": that is neither NAME nor NAME stop nor NAME restart");
    append(needs, text);
}

static char const *read_probe(char const *text)
{
    char const *found[SV_PROBE_WORDS + 1];
    char const *why;
    struct sv_probe probe;
    size_t length = strlen(text);
    char *line = malloc(length + 1);

    if (!line) sv_dieusys(111, "allocate memory");
    memcpy(line, text, length + 1);
    int count = sv_probe_split(line, length, found, &why);
    if (!count || strchr(text, '\n')) why = "it is not one line of words", count = 0;
    if (count <= 0 || !sv_probe_parse(&probe, found, (size_t)count, &why))
        sv_die(100, "--probe=", text, ": ", why);
    free(line);
    return text;
}

static char const *read_number(char const *option, char const *text, unsigned int least)
{
    unsigned int number;
    char shown[UINT_FMT];

    shown[uint_fmt(shown, least)] = 0;
    if (!uint0_scan(text, &number) || number < least)
        sv_die(100, "--", option, "=", text, ": that is no number from ", shown, " on");
    return text;
}

static char const *read_directory(char const *option, char const *text)
{
    if (*text != '/' || strchr(text, '\n'))
        sv_die(100, "--", option, "=", text,
               ": that is not absolute, and nobody knows where the service is run");
    return text;
}

static char const *read_setting(enum sv_setting which, char const *text)
{
    struct sv_settings settings;

    sv_setting_defaults(&settings);
    if (strchr(text, '\n') || !sv_setting_parse(&settings, which, text, strlen(text)))
        sv_die(100, "--", sv_setting_file(which), "=", text, ": that is not ",
               sv_setting_holds(which));
    return text;
}

static enum sv_goal read_goal(char const *text)
{
    enum sv_goal goal = text ? sv_await_find(text) : SV_GOAL_UP;

    if (goal != SV_GOAL_UP && goal != SV_GOAL_READY)
        sv_die(100, "--wait=", text, ": that is neither up nor ready");
    return goal;
}

static void take_variable(struct request *request, char const *text)
{
    char const *problem = sv_definition_variable_problem(text);

    if (problem) sv_die(100, "--env=", text, ": ", problem);
    for (char const **other = request->variables; *other; other++)
        if (!strncmp(*other, text, strcspn(text, "=") + 1))
            sv_die(100, "--env=", text, ": that variable has a value already");
    append(request->variables, text);
}

static void take_option(struct request *request, int option, char const *value)
{
    if (option >= OPTION_SETTING && option < OPTION_SETTING + SV_SETTING_COUNT) {
        enum sv_setting which = (enum sv_setting)(option - OPTION_SETTING);
        request->settings[which] = read_setting(which, value);
        return;
    }
    switch (option) {
    case OPTION_USER: read_account(&request->user, "user", value); break;
    case OPTION_ENV: take_variable(request, value); break;
    case OPTION_LIMIT: read_limit(request->limits, value); break;
    case OPTION_CHDIR: request->directory = read_directory("chdir", value); break;
    case OPTION_EXECLINE: request->language = SV_RUNSCRIPT_EXECLINE; break;
    case OPTION_DOWN: request->is_down = 1; break;
    case OPTION_NEEDS: read_needs(request->needs, value); break;
    case OPTION_CHECK: request->check = value; break;
    case OPTION_PROBE: request->probe = read_probe(value); break;
    case OPTION_NO_LOG: request->has_log = 0; break;
    case OPTION_LOG_USER: read_account(&request->log_user, "log-user", value); break;
    case OPTION_LOG_DIR: request->log_directory = read_directory("log-dir", value); break;
    case OPTION_LOG_SIZE: request->log_size = read_number("log-size", value, 4096); break;
    case OPTION_LOG_FILES: request->log_files = read_number("log-files", value, 2); break;
    case OPTION_LOG_PLAIN: request->is_plain = 1; break;
    case OPTION_DIR: request->base = value; break;
    case OPTION_SCAN: request->scan = value; break;
    case OPTION_WAIT: request->goal = read_goal(value); break;
    case OPTION_TIMEOUT: request->timeout_ms = sv_timeout_read(value); break;
    case 'n': request->shows = 1; break;
    case OPTION_HELP: print_help();
    case OPTION_VERSION: sv_about_version();
    }
}

/* The options behind argv[0]. Returns the index of what is behind them. */
static int read_some(int argc, char const *const *argv, struct request *request)
{
    struct sv_options options = SV_OPTIONS("n", words);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        if (option == SV_OPTION_WRONG) {
            sv_option_complain(&options);
            sv_dieusage(100, USAGE);
        }
        if (writing_word(option)) request->contents = writing_word(option);
        take_option(request, option, options.value);
    }
    return options.index;
}

/* What cannot be said of one option alone. */
static void check_all(struct request *request)
{
    char const *name = request->name;
    char const *problem = sv_definition_name_problem(name);

    if (problem) sv_die(100, "unable to call a service ", name, ": ", problem);
    request->is_template = sv_instance_is_template(name);
    if (!request->command && request->contents)
        sv_die(100, "--", request->contents,
               " is for a new service: -- COMMAND is missing");
    if (request->command && **request->command == '-')
        sv_die(100, "unable to run ", *request->command, ": it begins with a dash");
    if (request->command && !**request->command)
        sv_die(100, "unable to run a command with an empty name");
    if (request->is_template && request->language == SV_RUNSCRIPT_EXECLINE)
        sv_die(100, "--execline is not for a template: its script takes its argument in "
                    "the way of the shell");
    if (request->is_template && request->goal != SV_GOAL_COUNT)
        sv_die(100, "unable to wait for ", name, ": a template does not run");
    if (request->check && request->probe)
        sv_die(100, "--check and --probe exclude each other");
    if (request->is_down && request->goal != SV_GOAL_COUNT) request->goal = SV_GOAL_DOWN;
    if (request->language == SV_RUNSCRIPT_EXECLINE
        && access(sv_runscript_execlineb, X_OK))
        sv_dieusys(111, "write in execline: install it or leave out --execline; ",
                   sv_runscript_execlineb);
}

void svadd_read_options(int argc, char const *const *argv, struct request *request)
{
    size_t room = (size_t)argc * 2 + 2; /* an option puts two words on a list at most */
    char const **lists = calloc(3 * room, sizeof *lists);

    if (!lists) sv_dieusys(111, "allocate memory");
    *request = (struct request){.variables = lists,
                                .limits = lists + room,
                                .needs = lists + 2 * room,
                                .user = {.uid = (uid_t)-1, .gid = (gid_t)-1},
                                .log_user = {.uid = (uid_t)-1, .gid = (gid_t)-1},
                                .has_log = 1,
                                .log_size = "1000000",
                                .log_files = "10",
                                .goal = SV_GOAL_COUNT,
                                .timeout_ms = INT64_MAX};
    int at = read_some(argc, argv, request);
    if (at >= argc) sv_dieusage(100, USAGE);
    request->name = argv[at];
    int left = argc - at;
    argv += at;
    at = read_some(left, argv, request);
    int is_marked = at > 1 && !strcmp(argv[at - 1], "--");
    if (at < left ? !is_marked : is_marked) sv_dieusage(100, USAGE);
    if (at < left) request->command = argv + at;
    check_all(request);
}
