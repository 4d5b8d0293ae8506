/* ISC license. */

#include <sv/chainwords.h>

#include "tap.h"

/* The programs of a line of execline, with @USER behind those that a user runs, and [N]
 * behind one with N blocks. */
static char const *programs(char const *text)
{
    static char list[1024];
    static struct sv_scriptscan_command command;
    struct sv_scriptscan scan = {.text = text,
                                 .length = strlen(text),
                                 .kind = SV_SCRIPTSCAN_EXECLINE};
    int goes_on;

    *list = 0;
    if (!sv_scriptscan_next(&scan, &command)) return list;
    struct sv_chainwords chain = {.words = command.words, .end = command.count};
    do {
        size_t length = strlen(list);
        size_t at = chain.at;
        char const *user = chain.user;
        goes_on = sv_chainwords_next(&chain);
        snprintf(list + length, sizeof list - length, "%s%s%s%s", length ? " " : "",
                 command.words[at].text, user ? "@" : "", user ? user : "");
        length = strlen(list);
        if (chain.block_count)
            snprintf(list + length, sizeof list - length, "[%zu]", chain.block_count);
    } while (goes_on);
    if (chain.lacks_block) strcat(list, " !");
    if (chain.has_user_unknown) strcat(list, " @?");
    return list;
}

int main(void)
{
    is_str(programs("sleep 1"), "sleep", "a program that is the last");
    is_str(programs("exec setuidgid www env A=b C= web -d"),
           "exec setuidgid env@www web@www", "one runs the next, as a user");
    is_str(programs("/usr/bin/nice -n 5 -x web 1"), "/usr/bin/nice web",
           "options, with a value or without");
    is_str(programs("nice -n5 web"), "nice web", "which may be in the same word");
    is_str(programs("chpst -vu www:adm -e env web"), "chpst web@www:adm",
           "an option that names a user");
    is_str(programs("chpst -uwww web"), "chpst web@www", "in the same word");
    is_str(programs("softlimit -m 1000 -o5 web -m"), "softlimit web", "all take a value");
    is_str(programs("timeout --foreground -- 5 web"), "timeout web", "long ones, and --");
    is_str(programs("s6-setuidgid $user web"), "s6-setuidgid web @?", "a user not known");
    is_str(programs("if -n { test -d a { } } foreground { echo } web"),
           "if[1] foreground[1] web", "blocks, and blocks in them");
    is_str(programs("backtick -E host { uname } ifelse { a } { b } web"),
           "backtick[1] ifelse[2] web", "several of them");
    is_str(programs("if {echo hello} web"), "if !", "a block that is none");
    is_str(programs("setuidgid www"), "setuidgid", "no program is left");
    is_str(programs("setuidgid"), "setuidgid", "nor a user");
    is_str(programs("export A b fdmove -c 2 1 redirfd -w 1 x web"),
           "export fdmove redirfd web", "words that are nothing else");
    is_str(programs("env - PATH=/bin web"), "env web", "a dash alone is an option");
    is_str(programs("softlimit -H -o 5 -hs7 web"), "softlimit web", "or has no value");
    is_str(programs("importas -i to SHIP_TO importas -iS X importas -D . a B web"),
           "importas importas importas web", "variables");
    is_str(programs("trap { SIGTERM { a } } multisubstitute { define a b } web"),
           "trap multisubstitute web", "blocks that hold no programs");
    is_str(programs("keepcaps -s -u www net web"), "keepcaps web@www", "one of ours");
    is_str(programs("$setuidgid www web"), "$setuidgid", "what is expanded is not known");
    is_str(sv_chainwords_base("/a/b"), "b", "the last part of a path");
    is_str(sv_chainwords_base("b"), "b", "or the whole");
    return done();
}
