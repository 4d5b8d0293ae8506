/* ISC license. */

/* Which actions of a script get a line. */

#include <fnmatch.h>

#include <sv/logselect.h>
#include <sv/regex.h>

#include "tap.h"

#define LONGEST 6 /* bytes of a line by lot */
#define ROOM 12
#define RULES 40

static struct sv_logscript_directive directives[ROOM];
static struct sv_logselect_rule rules[RULES];

/* As multilog does it. Returns the number of actions. */
static size_t compile(struct sv_logselect *select, char const *const *words, size_t count)
{
    struct sv_logscript script = {.directives = directives, .room = ROOM};
    struct sv_logscript_error error;
    char reason[100];
    *select = (struct sv_logselect){.count = 0};
    if (!expect(sv_logscript_parse(&script, words, count, &error), "no script")) return 0;
    if (!expect(sv_logselect_room(&script) <= RULES, "too many rules")) return 0;
    sv_logselect_compile(select, rules, &script);
    expect(select->count <= sv_logselect_room(&script), "more rules than announced");
    select->engine = sv_regex_matches;
    for (size_t i = 0; i < select->count; i++)
        if (rules[i].engine)
            rules[i].regex = sv_regex_compile(rules[i].pattern, reason, sizeof reason);
    return select->actions;
}

static void forget(struct sv_logselect *select)
{
    for (size_t i = 0; i < select->count; i++) sv_regex_free(rules[i].regex);
}

static void check_script(char const *const *words, size_t count, char const *line,
                         char const *want, char const *sentence)
{
    struct sv_logselect select;
    unsigned char chosen[ROOM];
    char got[ROOM + 1];
    size_t actions = compile(&select, words, count);
    size_t selected = sv_logselect_line(&select, line, strlen(line), chosen);
    for (size_t i = 0; i < actions; i++) got[i] = chosen[i] ? 'x' : '-';
    got[actions] = 0;
    is_str(got, want, "%s", sentence);
    size_t expected = 0;
    for (char const *mark = want; *mark; mark++) expected += *mark == 'x';
    is_int(selected, expected, "and so many actions get it");
    forget(&select);
}

#define SCRIPT(...) \
    ((char const *const[]){__VA_ARGS__}), \
        sizeof((char const *const[]){__VA_ARGS__}) / sizeof(char *)

static void check_scripts(void)
{
    check_script(SCRIPT("e", "./a", "=s"), "x", "xxx", "a line begins selected");
    check_script(SCRIPT("-*", "e"), "x", "-", "-* deselects every line");
    check_script(SCRIPT("-*", "+*b*", "e"), "abc", "x", "+ selects what matches");
    check_script(SCRIPT("-*", "+*b*", "e"), "acd", "-", "and not what does not");
    check_script(SCRIPT("e", "-a", "=s", "+*", "./d"), "a", "x-x", "actions in between");
    check_script(SCRIPT("-?", "e", "F", "-?", "./a", "S", "+?", "./b"), "a", "x--",
                 "F and S hold for what comes after them");
    check_script(SCRIPT("-?", "e", "F", "-?", "./a", "S", "+?", "./b"), "?", "--x",
                 "each in its own way");
    check_script(
        SCRIPT("s5000", "n3", "t", "e", "-x"), "x", "x",
        "settings are no actions, and what stands behind the last one is nothing");

    struct sv_logselect select;
    unsigned char chosen[ROOM];
    compile(&select, SCRIPT("F", "-*x*", "e"));
    ok(!sv_logselect_line(&select, "axb", 3, chosen), "a line");
    ok(sv_logselect_line(&select, "ab", 2, chosen),
       "does not depend on the one before it");
    ok(!sv_logselect_line(&select, "axb", 3, chosen), "whichever that was");
    compile(&select, SCRIPT("-?", "F", "e", "-?", "./a"));
    sv_logselect_line(&select, "b", 1, chosen);
    ok(sv_logselect_line(&select, "b", 1, chosen) == 1 && chosen[0],
       "F does not leak to the first patterns of the next line");
    is_int(select.constant, 0, "a script with patterns is not constant");
    compile(&select, SCRIPT("t", "e", "./a", "-*"));
    is_int(select.constant, 1, "one with patterns only behind its actions is");
    is_int(compile(&select, NULL, 0), 0, "a script without words has no actions");
    is_int(sv_logselect_line(&select, "a", 1, chosen), 0, "and nobody gets the line");
}

static void check_kinds(void)
{
    check_script(SCRIPT("X", "-a+b", "e", "V", "+xa+b*", "./a"), "xabby", "-x",
                 "X: anywhere in the line; V: from end to end");
    check_script(SCRIPT("V", "-a+b", "e", "S", "+a+b", "./d"), "abb", "--",
                 "V: a plus repeats; S: it does not");
    check_script(SCRIPT("V", "-a+b", "e", "S", "-a+b", "./d"), "a+b", "x-",
                 "V: a plus is no byte; S: it is");
    check_script(SCRIPT("X", "-^(debug|trace): ", "-[0-9]{3} ok$", "./d"), "debug: x",
                 "-", "X: several patterns, the first matches");
    check_script(SCRIPT("X", "-^(debug|trace): ", "-[0-9]{3} ok$", "./d"), "was 200 ok",
                 "-", "X: the last matches");
    check_script(SCRIPT("X", "-^(debug|trace): ", "-[0-9]{3} ok$", "./d"), "a debug: x",
                 "x", "X: none matches");
    check_script(SCRIPT("X", "-[", "./d"), "[", "x",
                 "what is no expression matches nothing");
}

static void check_rest(void)
{
    check_script(SCRIPT("-*", "+a*", "./a", "f", "./rest"), "abc", "x-",
                 "f: who has it already keeps it for himself");
    check_script(SCRIPT("-*", "+a*", "./a", "f", "./rest"), "bc", "-x",
                 "f: the rest goes on");
    check_script(SCRIPT("-*", "+a*", "./a", "f", "-b*", "./b", "f", "./c"), "bc", "--x",
                 "f: twice");
    check_script(SCRIPT("-*", "+a*", "./a", "f", "+a*", "./b"), "a", "xx",
                 "f deselects, and + selects after it");
    check_script(SCRIPT("f", "e"), "a", "x", "f in front of everything selects");

    struct sv_logselect select;
    compile(&select, SCRIPT("e", "f", "./d"));
    is_int(select.constant, 0, "with an f not every action gets every line");
    unsigned char chosen[ROOM];
    is_int(sv_logselect_line(&select, "a", 1, chosen), 1, "indeed");
}

/* Words that are lines of a directory's configuration. */
#define C "\001"

static void check_configured(void)
{
    check_script(SCRIPT("./a", C "-*debug*", "./b", "./c"), "a debug line", "x-x",
                 "a configuration is for its directory only");
    check_script(SCRIPT(C "-*debug*", C "+*!", "./b"), "a debug line!", "x",
                 "its patterns go one after the other");
    check_script(SCRIPT("-*", "./a", C "+*b*", "./b", "./c"), "abc", "-x-",
                 "it may select what the script had deselected");
    check_script(SCRIPT("-*b*", C "-x", "./b"), "abc", "-",
                 "and otherwise leaves it as it was");
    check_script(SCRIPT(C "-a+b", "./a", "-a+b", "./b"), "abb", "-x",
                 "its patterns are svlogd's");
    check_script(SCRIPT("F", C "-a?", "./a", "-a?", "./b"), "ab", "x-",
                 "whatever kind the script has");
    check_script(SCRIPT(C "s9999", C "n3", C "ppre", "./a"), "x", "x",
                 "settings are nothing here");
    check_script(SCRIPT(C "-*", "./a", "f", "./b"), "x", "-x",
                 "a directory that did not want the line has not got it");

    check_script(SCRIPT(C "u10.0.0.1", "./a"), "x", "xx", "sent and written");
    check_script(SCRIPT(C "-x", C "u10.0.0.1", "./a"), "x", "--", "or neither");
    check_script(SCRIPT(C "u10.0.0.1", C "-x", "./a"), "x", "--",
                 "wherever the patterns stand");
    check_script(SCRIPT(C "U10.0.0.1", "./a", "./b"), "x", "xx", "sent, and not written");
    is_int(rules[0].directive, 0, "the first of these actions is the sending");
    is_int(rules[1].directive, 2, "the second is the other directory");

    check_script(SCRIPT(C "e*error*", "./a", "./b"), "an error", "xxx", "an alert");
    check_script(SCRIPT(C "e*error*", "./a", "./b"), "a line", "x-x", "no alert");
    check_script(SCRIPT(C "e*error*", C "E*harmless", "./a"), "error, harmless", "x-",
                 "an excuse");
    check_script(SCRIPT(C "e*a*", C "e*b*", "./a"), "ab", "xx", "one alert for all");
    check_script(SCRIPT(C "-*", C "e*a*", "./a"), "a", "-x",
                 "an alert for what is not written");
    check_script(SCRIPT("-*", "./a", C "e*a*", "./b", "./c"), "a", "--x-",
                 "and for what the script deselected; nothing else changes");
    check_script(SCRIPT(C "E*", "./a"), "a", "x", "an excuse alone is nothing");
    check_script(SCRIPT(C "U10.0.0.1", C "-x", C "ey", "./a"), "y", "xx",
                 "a configuration with all of it");
    is_int(rules[2].directive, 0, "the sending");
    is_int(rules[5].directive, 2, "the alert");

    check_script(SCRIPT(C "-*", "e", "./a"), "a", "xx",
                 "what stands before no directory is for none");

    struct sv_logselect select;
    compile(&select, SCRIPT(C "s9999", C "u10.0.0.1", "./a"));
    is_int(select.constant, 1, "a configuration without patterns changes nothing");
    compile(&select, SCRIPT(C "-a", "./a"));
    is_int(select.constant, 0, "one with patterns does");
    compile(&select, SCRIPT(C "ea", "./a"));
    is_int(select.constant, 0, "so does one with alerts");
}

/* Random scripts against the rule as it is told ------------------------------------- */

static int random_matches(char kind, char const *pattern, char const *line, size_t length)
{
    if (kind == 'F') return !fnmatch(pattern, line, 0);
    if (kind == 'V') return sv_logselect_plus(pattern, line, length);
    if (kind == 'S') return sv_logselect_simple(pattern, line, length);
    char reason[100];
    void *regex = sv_regex_compile(pattern, reason, sizeof reason);
    int matches = regex && sv_regex_matches(regex, line, length);
    sv_regex_free(regex);
    return matches;
}

/* Whether chosen[] is what the rule says; sets *actions. No configurations here. */
static int is_right(char const *const *words, size_t count, char const *line,
                    size_t length, unsigned char const *chosen, size_t *actions)
{
    int selected = 1, acted = 0, good = 1;
    char kind = 'S';
    *actions = 0;
    for (size_t i = 0; i < count; i++) switch (*words[i]) {
        case 'F':
        case 'S':
        case 'V':
        case 'X': kind = *words[i]; break;
        case 's': break;
        case 'f': selected = !acted; break;
        case '+':
        case '-':
            if (random_matches(kind, words[i] + 1, line, length))
                selected = *words[i] == '+';
            break;
        default: acted |= selected; good &= chosen[(*actions)++] == selected;
        }
    return good;
}

static void check_random(void)
{
    static char const *const choice[] = {
        "-*",      "+*",   "-a",     "+a",  "-*b", "+b*", "-a*a",  "+*a*",
        "F",       "S",    "e",      "./d", "=s",  "-?",  "+[ab]", "s",
        "X",       "V",    "f",      "1",   "2",   "-b+", "+^a",   "-a$",
        "-^b.*a$", "+a|b", "-[b]+a", "+.*", "X",   "e",   "f",     "-+ab",
    };
    uint32_t random = 1;
    int good = 1;
    for (unsigned int round = 0; round < 20000; round++) {
        char const *words[ROOM];
        size_t count = 0, actions;
        for (; count < ROOM; count++) {
            random = random * 1664525 + 1013904223;
            words[count] = choice[random >> 27];
        }
        struct sv_logselect select;
        unsigned char chosen[ROOM];
        char line[LONGEST + 1] = "";
        compile(&select, words, count);
        size_t length = round % (LONGEST + 1);
        for (size_t i = 0; i < length; i++) line[i] = "ab"[round >> i & 1];
        size_t got = sv_logselect_line(&select, line, length, chosen), sum = 0;
        good &= expect(is_right(words, count, line, length, chosen, &actions), "round %u",
                       round);
        good &=
            expect(actions == select.actions, "round %u: %zu actions", round, actions);
        for (size_t i = 0; i < actions; i++) sum += chosen[i];
        good &= expect(sum == got, "round %u: %zu get it", round, sum);
        forget(&select);
    }
    ok(good, "20000 random scripts do what the rule says");
}

int main(void)
{
    check_scripts();
    check_kinds();
    check_rest();
    check_configured();
    check_random();
    return done();
}
