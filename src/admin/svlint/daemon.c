/* ISC license. */

/* Programs that go into the background, or put others there. */

#include <string.h>

#include "svlint.h"

/*
 * How a daemon is told to go: an option. `=VALUE` behind it must be its value, or the
 * next word; a letter may stand among others behind one dash.
 */
/* clang-format off */
#define GOING(X) \
    X("redis-server", "--daemonize=yes") \
    X("mongod",       "--fork") \
    X("memcached",    "-d") \
    X("haproxy",      "-D") \
    X("openvpn",      "--daemon") \
    X("tor",          "--RunAsDaemon=1") \
    X("uwsgi",        "--daemonize") \
    X("gunicorn",     "--daemon") \
    X("gunicorn",     "-D") \
    X("mosquitto",    "-d") \
    X("mysqld",       "--daemonize") \
    X("pgbouncer",    "-d") \
    X("start-stop-daemon", "--background") \
    X("start-stop-daemon", "-b")

/*
 * How a daemon that goes by itself is told to stay, in one of up to three ways. What
 * begins with = may be anywhere in a word.
 */
#define STAYING(X) \
    X("nginx",        "=daemon off", "",        "") \
    X("sshd",         "-D", "-d",               "") \
    X("crond",        "-f", "-n",               "-d") \
    X("cron",         "-f", "",                 "") \
    X("httpd",        "=FOREGROUND", "-X",      "") \
    X("apache2",      "=FOREGROUND", "-X",      "") \
    X("php-fpm",      "-F", "--nodaemonize",    "") \
    X("rsyslogd",     "-n", "-d",               "") \
    X("syslogd",      "-n", "-d",               "") \
    X("klogd",        "-n", "",                 "") \
    X("dnsmasq",      "-k", "--keep-in-foreground", "-d") \
    X("named",        "-f", "-g",               "") \
    X("ntpd",         "-n", "-d",               "") \
    X("chronyd",      "-n", "-d",               "") \
    X("lighttpd",     "-D", "",                 "") \
    X("supervisord",  "-n", "--nodaemon",       "") \
    X("dhcpcd",       "-B", "--nobackground",   "") \
    X("dropbear",     "-F", "",                 "") \
    X("acpid",        "-f", "-d",               "") \
    X("atd",          "-f", "",                 "") \
    X("squid",        "-N", "--foreground",     "") \
    X("smbd",         "-F", "--foreground",     "-i") \
    X("nmbd",         "-F", "--foreground",     "-i") \
    X("keepalived",   "-n", "--dont-fork",      "") \
    X("snmpd",        "-f", "",                 "") \
    X("proftpd",      "-n", "--nodaemon",       "")
/* clang-format on */

static struct {
    char const *name, *option;
} const going[] = {
#define GOES(name, option) {name, option},
    GOING(GOES)
#undef GOES
};

static struct {
    char const *name, *options[3];
} const staying[] = {
#define STAYS(name, first, second, third) {name, {first, second, third}},
    STAYING(STAYS)
#undef STAYS
};

/* What mostly means the background, whatever the program. */
static char const *const words[] = {"--daemon", "--daemonize", "--background",
                                    "--detach"};

struct told {
    struct script const *script;
    struct sv_chainwords const *chain;
    struct sv_scriptscan_word const *program;
};

#define TELL_PROGRAM(told, about, ...) \
    TELL((told)->script->service->lint, about, \
         .directory = (told)->script->service->path, .file = (told)->script->file, \
         .line = (told)->program->line, __VA_ARGS__)

/*
 * Whether the word is that long option, with that value, in it or as the next word; if
 * none is asked for, any that does not say no.
 */
static int is_long(char const *option, char const *word, char const *next)
{
    static char const *const no[] = {"no", "off", "false", "0"};
    size_t length = strcspn(option, "=");

    if (strncmp(option, word, length) || (word[length] && word[length] != '=')) return 0;
    char const *value = word[length] ? word + length + 1 : next;
    if (option[length]) return !strcmp(value, option + length + 1);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (!strcmp(value, no[i])) return 0;
    return 1;
}

static int is_option(char const *option, char const *word, char const *next)
{
    if (*option == '=') return strstr(word, option + 1) != 0;
    if (option[1] == '-') return is_long(option, word, next);
    if (*word != '-' || word[1] == '-') return 0;
    return strchr(word, option[1]) != 0;
}

static int has_option(struct told const *told, char const *option)
{
    struct sv_chainwords const *chain = told->chain;

    for (size_t i = chain->at + 1; *option && i < chain->end; i++) {
        char const *next = i + 1 < chain->end ? chain->words[i + 1].text : "";
        if (is_option(option, chain->words[i].text, next)) return 1;
    }
    return 0;
}

static int has_expansion(struct told const *told)
{
    for (size_t i = told->chain->at; i < told->chain->end; i++)
        if (!told->chain->words[i].is_exact) return 1;
    return 0;
}

/* Returns 1 if it has been told to go. */
static int check_going(struct told const *told, char const *name)
{
    for (size_t i = 0; i < sizeof going / sizeof *going; i++) {
        if (strcmp(going[i].name, name) || !has_option(told, going[i].option)) continue;
        TELL_PROGRAM(told, DAEMON_OPTION,
                     .remedy = "leave it out, or say daemon in the file expect",
                     .text = {name, " goes into the background with ", going[i].option});
        return 1;
    }
    return 0;
}

/* Returns 1 if the program is known. */
static int check_staying(struct told const *told, char const *name)
{
    for (size_t i = 0; i < sizeof staying / sizeof *staying; i++) {
        char const *const *options = staying[i].options;
        if (strcmp(staying[i].name, name)) continue;
        if (!has_option(told, options[0]) && !has_option(told, options[1])
            && !has_option(told, options[2]) && !has_expansion(told))
            TELL_PROGRAM(told, FOREGROUND,
                         .remedy = "tell it to, or say daemon in the file expect",
                         .text = {name, " goes into the background unless it is told ",
                                  *options[0] == '=' ? options[0] + 1 : options[0]});
        return 1;
    }
    return 0;
}

static void check_words(struct told const *told, char const *name)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has_option(told, words[i]) && strcmp(name, "rsync")) {
            TELL_PROGRAM(told, DAEMON_WORD,
                         .remedy = "have it stay in the foreground, or say daemon in the "
                                   "file expect",
                         .text = {name, " ", words[i],
                                  " looks as if it went into the background"});
            return;
        }
    if (!strcmp(name, "rsync") && has_option(told, "--daemon")
        && !has_option(told, "--no-detach"))
        TELL_PROGRAM(told, DAEMON_OPTION, .remedy = "add --no-detach",
                     .text = {"rsync --daemon goes into the background"});
}

/* Whether a setsid has an option to wait, before the program that it runs. */
static int waits(struct told const *told)
{
    struct sv_chainwords const *chain = told->chain;

    for (size_t i = chain->at + 1; i < chain->end; i++) {
        char const *word = chain->words[i].text;
        if (*word != '-') break;
        if (is_option("-w", word, "") || is_option("--wait", word, "")) return 1;
    }
    return 0;
}

/* Programs that run another one where supervise does not see it. Returns 1 for such. */
static int check_detaching(struct told const *told, char const *name)
{
    if (!strcmp(name, "nohup")) {
        TELL_PROGRAM(told, NOHUP, .remedy = "leave it out",
                     .text = {
                         "there is no terminal here whose end would be a hangup, and "
                         "svc -h has no effect"});
        return 1;
    }
    int is_setsid = !strcmp(name, "setsid") && !waits(told);
    int is_screen =
        (!strcmp(name, "screen") || !strcmp(name, "tmux")) && has_option(told, "-d");
    if (is_setsid || is_screen || !strcmp(name, "daemonize"))
        TELL_PROGRAM(told, DETACHES, .remedy = "leave it out",
                     .text = {name, " puts what it starts in the background: run is over "
                                    "at once, and the service is nobody's"});
    return is_setsid || is_screen;
}

void svlint_daemon(struct script const *script, struct sv_chainwords const *chain)
{
    struct told told = {script, chain, &chain->words[chain->at]};
    struct sv_chainwords copy = *chain;

    if (script->role != ROLE_RUN || script->service->settings.expected_forks) return;
    if (!told.program->is_exact) return;
    char const *name = sv_chainwords_base(told.program->text);
    if (check_detaching(&told, name)) return;
    if (sv_chainwords_next(&copy)) return; /* its options are not what is meant */
    if (check_going(&told, name) || check_staying(&told, name)) return;
    check_words(&told, name);
}
