/* ISC license. */

/*
 * chainwords (pure): which words of a command are programs, where programs that run the
 * rest of their command line stand before the one that is meant:
 *
 *     setuidgid www env HOME=/srv web --port 80
 *     |             |             |
 *
 * The list below says of each such program which of its options take a value, and which
 * words come before the next program. A program that is not on the list is the last one.
 */

#ifndef SV_CHAINWORDS_H
#define SV_CHAINWORDS_H

#include <stddef.h>

#include <sv/scriptscan.h>

/*
 * Options: the letters of those with a value; other letters have none. `*`: each but H
 * and h has one.
 * `@` before a letter: its value is a user. Operands, in this order:
 *   w   a word
 *   u   a word, the name of a user
 *   e   any number of words NAME=VALUE
 *   b   a block of a program: { ... } in execline
 *   B   a block of other words
 *   i   a variable of importas: two words, or one with the option -S
 */
/* clang-format off */
/*    name              options       operands */
#define SV_CHAINWORDS(X) \
    X("exec",           "a",          "") \
    X("command",        "",           "") \
    X("nohup",          "",           "") \
    X("setsid",         "",           "") \
    X("env",            "uC",         "e") \
    X("nice",           "n",          "") \
    X("ionice",         "cnpPu",      "") \
    X("stdbuf",         "ioe",        "") \
    X("timeout",        "ks",         "w") \
    X("chroot",         "",           "w") \
    X("taskset",        "",           "w") \
    X("chrt",           "TPD",        "w") \
    X("sudo",           "@ugChpTr",   "e") \
    X("su-exec",        "",           "u") \
    X("gosu",           "",           "u") \
    X("tini",           "p",          "") \
    X("dumb-init",      "r",          "") \
    X("catatonit",      "",           "") \
    X("envdir",         "pc",         "w") \
    X("envini",         "p",          "w") \
    X("envuidgid",      "",           "w") \
    X("setuidgid",      "",           "u") \
    X("setuser",        "",           "u") \
    X("softlimit",      "*",          "") \
    X("setlock",        "",           "w") \
    X("pgrphack",       "",           "") \
    X("fghack",         "",           "") \
    X("argv0",          "",           "") \
    X("chpst",          "@uUbenlLmdopfcrtC/", "") \
    X("readycheck",     "3sTtwnc",    "") \
    X("keepcaps",       "@u",         "w") \
    X("nonewprivs",     "",           "") \
    X("privatefs",      "rwh",        "") \
    X("setaffinity",    "",           "w") \
    X("setcgroup",      "",           "we") \
    X("setionice",      "",           "w") \
    X("setnice",        "",           "w") \
    X("setoom",         "",           "w") \
    X("s6-setuidgid",   "",           "u") \
    X("s6-applyuidgid", "ugG",        "") \
    X("s6-envdir",      "c",          "w") \
    X("s6-envuidgid",   "B",          "w") \
    X("s6-softlimit",   "*",          "") \
    X("s6-setlock",     "td",         "w") \
    X("s6-fghack",      "",           "") \
    X("s6-notifyoncheck", "3sTtwnc",  "") \
    X("cd",             "",           "w") \
    X("execline-cd",    "",           "w") \
    X("umask",          "",           "w") \
    X("execline-umask", "",           "w") \
    X("posix-cd",       "",           "w") \
    X("posix-umask",    "",           "w") \
    X("export",         "",           "ww") \
    X("unexport",       "",           "w") \
    X("emptyenv",       "",           "") \
    X("importas",       "Dd",         "i") \
    X("envfile",        "",           "w") \
    X("define",         "d",          "ww") \
    X("elglob",         "",           "ww") \
    X("multisubstitute", "",          "B") \
    X("multidefine",    "d",          "wB") \
    X("backtick",       "D",          "wb") \
    X("foreground",     "",           "b") \
    X("background",     "",           "b") \
    X("if",             "x",          "b") \
    X("ifte",           "",           "bb") \
    X("ifelse",         "",           "bb") \
    X("ifthenelse",     "",           "bbb") \
    X("pipeline",       "",           "b") \
    X("loopwhilex",     "x",          "") \
    X("trap",           "",           "B") \
    X("tryexec",        "",           "b") \
    X("wait",           "t",          "B") \
    X("fdmove",         "",           "ww") \
    X("fdclose",        "",           "w") \
    X("fdswap",         "",           "ww") \
    X("fdreserve",      "",           "w") \
    X("fdblock",        "",           "w") \
    X("redirfd",        "",           "ww") \
    X("heredoc",        "",           "ww") \
    X("piperw",         "",           "ww") \
    X("withstdinas",    "",           "w") \
    X("getcwd",         "",           "w") \
    X("getpid",         "",           "w")
/* clang-format on */

#define SV_CHAINWORDS_BLOCKS 3 /* that a program may have before the next one */

/* The words of one command, or of one block: words[at .. end - 1]. */
struct sv_chainwords {
    struct sv_scriptscan_word const *words;
    size_t at; /* the program */
    size_t end;
    char const *user; /* that the programs before it have become; null: none */
    unsigned int has_user_unknown : 1; /* there was one that is not told by its name */
    unsigned int lacks_block : 1;      /* a program has no block where one belongs */
    size_t block_count; /* of the program that sv_chainwords_next has passed ... */
    struct {
        size_t from, to;
    } blocks[SV_CHAINWORDS_BLOCKS]; /* ... without their braces */
};

/* The last part of a path. */
extern char const *sv_chainwords_base(char const *path);

/*
 * From the program at `at` goes to the next one, which it runs. Returns 1; 0 if there is
 * none, because the program is not in the list, or the words end: then `at` stays, but
 * its blocks are told.
 */
extern int sv_chainwords_next(struct sv_chainwords *chain);

#endif
