/* ISC license. */

#include <sv/scriptscan.h>

#include "tap.h"

static char list[8192];

static void put(char const *text)
{
    size_t length = strlen(list);

    snprintf(list + length, sizeof list - length, "%s", text);
}

/*
 * The commands as text: LINE:WORD_WORD, with & | loop ( ) 2> f() for what is known
 * besides, ~ before a word that is not exact, and ??? at the end if it is unclear.
 */
static char const *commands(char const *text, enum sv_scriptscan_kind kind)
{
    struct sv_scriptscan scan = {.text = text, .length = strlen(text), .kind = kind};
    static struct sv_scriptscan_command command;

    *list = 0;
    while (sv_scriptscan_next(&scan, &command)) {
        char number[16];
        snprintf(number, sizeof number, "%s%u:", *list ? " " : "", command.line);
        put(number);
        for (size_t i = 0; i < command.count; i++) {
            put(i ? "_" : "");
            put(command.words[i].is_exact ? "" : "~");
            put(command.words[i].text);
        }
        if (command.is_definition) put("()");
        if (command.in_function) put(" in-function");
        if (command.in_pipe) put(" piped");
        if (command.in_loop) put(" looped");
        if (command.in_subshell) put(" (in)");
        if (command.moves_error) put(" 2>");
        if (command.end == SV_SCRIPTSCAN_END_BACKGROUND) put(" &");
        if (command.is_cut) put(" cut");
    }
    if (scan.is_unclear) put(" ???");
    return list;
}

#define SHELL(text) commands(text, SV_SCRIPTSCAN_SHELL)
#define EXECLINE(text) commands(text, SV_SCRIPTSCAN_EXECLINE)

static void test_words(void)
{
    is_str(SHELL(""), "", "no commands in nothing");
    is_str(SHELL("# none\n\n  \t\n"), "", "nor in comments and blanks");
    is_str(SHELL("#!/bin/sh\nexec sleep 1\n"), "2:exec_sleep_1", "a command has a line");
    is_str(SHELL("a; b\nc"), "1:a 1:b 2:c", "a semicolon or a newline ends it");
    is_str(SHELL("a \\\n  b"), "1:a_b", "a backslash joins lines");
    is_str(SHELL("a 'b  c' \"d;e\" f\\ g\\;"), "1:a_b  c_d;e_f g;", "quotes are removed");
    is_str(SHELL("a b#c #d"), "1:a_b#c", "a comment begins a word");
    is_str(SHELL("a $x \"$x\" '$x' \\$x"), "1:a_~$x_~$x_$x_$x",
           "what is expanded is told");
    is_str(SHELL("a $(b; (c) \")\" ) d"), "1:a_~$(b; (c) \")\" )_d",
           "a substitution is one word");
    is_str(SHELL("a `b; c` ${d:-e f} $((1<<2)) g"), "1:a_~`b; c`_~${d:-e f}_~$((1<<2))_g",
           "of any kind");
    is_str(SHELL("a \"$(b \"c d\")\" e"), "1:a_~$(b \"c d\")_e", "quotes nest in them");
    is_str(SHELL("a *.c ~b"), "1:a_~*.c_~~b", "patterns are expanded");
    is_str(SHELL("a 'b"), "1:a_b ???", "a quote that does not end is noticed");
    is_str(SHELL("a $(b"), "1:a_~$(b ???", "and a parenthesis");
    is_str(SHELL("a\r\nb\r\n"), "1:a 2:b", "CR LF ends a line too");
}

static void test_redirections(void)
{
    is_str(SHELL("exec 2>&1"), "1:exec 2>", "exec for standard error alone");
    is_str(SHELL("a >b 2>/dev/null <c 3<&- d"), "1:a_d 2>", "redirections are no words");
    is_str(SHELL("a &> b"), "1:a 2>", "bash's way");
    is_str(SHELL("a >& b"), "1:a 2>", "and csh's");
    is_str(SHELL("a >&2"), "1:a", "not the other way round");
    is_str(SHELL("a 2 > b"), "1:a_2", "a number by itself is a word");
    is_str(SHELL("a <<END b\nc; d &\nEND\ne"), "1:a_b 4:e",
           "a here-document is passed over");
    is_str(SHELL("a <<-'X' <<Y\n1\n\tX\n2\nY\nb"), "1:a 6:b", "and two of them");
    is_str(SHELL("a <<< b\nc"), "1:a 2:c", "a here-string is no document");
    is_str(SHELL("> b"), "", "a redirection alone is no command");
}

static void test_lists(void)
{
    is_str(SHELL("a & b"), "1:a & 1:b", "what is in the background is told");
    is_str(SHELL("a && b || c"), "1:a 1:b 1:c", "lists");
    is_str(SHELL("a | b\nc"), "1:a piped 1:b piped 2:c", "pipelines");
    is_str(SHELL("a |\n  b &\n"), "1:a piped 2:b piped &", "over two lines");
    is_str(SHELL("a |& b"), "1:a piped 2> 1:b piped", "with standard error");
    is_str(SHELL("(a; b) &\nc"), "1:a (in) 1:b (in) 1: & 2:c", "a subshell");
    is_str(SHELL("{ a; } &"), "1:a 1: &", "a group");
    is_str(SHELL("a; }"), "1:a ???", "what was not opened is not closed");
    is_str(SHELL("{ a"), "1:a ???", "what was opened is");
}

static void test_compounds(void)
{
    is_str(SHELL("if a; then b; elif c\nthen d; else e; fi\nf"),
           "1:a 1:b 1:c 2:d 2:e 3:f", "if");
    is_str(SHELL("while a; do b & done\nc"), "1:a looped 1:b looped & 2:c", "while");
    is_str(SHELL("until a\ndo b\ndone &"), "1:a looped 2:b looped 3: &", "until");
    is_str(SHELL("for x in a b; do c; done; d"), "1:c looped 1:d", "for");
    is_str(SHELL("for x\ndo c\ndone"), "2:c looped", "for all arguments");
    is_str(SHELL("case $x in a|b) c;; (d) e; f ;; *) ;; esac; g"), "1:c 1:e 1:f 1:g",
           "case");
    is_str(SHELL("case a in\n  'b')\n c\n ;;\nesac\nd"), "3:c 6:d", "over lines");
    is_str(SHELL("case a in a) case b in b) c;; esac;; d) e;; esac"), "1:c 1:e",
           "case in case");
    is_str(SHELL("f() { a; { b; }; }\nc; f"),
           "1:f() 1:a in-function 1:b in-function 2:c 2:f", "a function");
    is_str(SHELL("f ()\n{\n a\n}\nb"), "1:f() 3:a in-function 5:b", "over lines");
    is_str(SHELL("function f { a; }; b"), "1:f() 1:a in-function 1:b", "as ksh has them");
    is_str(SHELL("function f() { a; }; b"), "1:f() 1:a in-function 1:b", "or bash");
    is_str(SHELL("echo if then done { }"), "1:echo_if_then_done_{_}",
           "words are reserved only where a command begins");
    is_str(SHELL("'if' a"), "1:if_a", "and only without quotes");
    is_str(SHELL("! a; time b"), "1:a 1:b", "what may stand before a command");
    is_str(SHELL("A=b c"), "1:A=b_c", "an assignment is a word");
    is_str(SHELL("a=(b c)"), "1:a=_b_c (in) ???", "what is not POSIX is unclear");
}

static void test_execline(void)
{
    is_str(EXECLINE("#!/bin/execlineb -P\n# no\nfdmove -c 2 1\n sleep 1000\n"),
           "3:fdmove_-c_2_1_sleep_1000", "execline is one command");
    is_str(EXECLINE("if { a \"b { c\" } d\\ e"), "1:if_{_a_b { c_}_d e", "with blocks");
    is_str(EXECLINE("a $b ${c}"), "1:a_~$b_~${c}", "and variables");
    is_str(EXECLINE("if { a"), "1:if_{_a ???", "a block that does not end is noticed");
    is_str(EXECLINE("} a"), "1:}_a ???", "and one that was not begun");
    is_str(EXECLINE("a {b}"), "1:a_{b}", "a brace that is part of a word is none");
    is_str(EXECLINE("a \"b"), "1:a_b ???", "nor may a string stay open");
}

static struct sv_scriptscan_head head;

static struct sv_scriptscan_head const *head_of(char const *text)
{
    sv_scriptscan_head(&head, text, strlen(text));
    return &head;
}

static void test_heads(void)
{
    char text[400] = "#!/bin/sh";

    is_int(head_of("")->kind, SV_SCRIPTSCAN_EMPTY, "nothing is empty");
    is_int(head_of("\177ELF")->kind, SV_SCRIPTSCAN_BINARY, "ELF");
    sv_scriptscan_head(&head, "ab\0c", 4);
    is_int(head.kind, SV_SCRIPTSCAN_BINARY, "what has NULs in it");
    is_int(head_of("echo\n")->kind, SV_SCRIPTSCAN_TEXT_ONLY, "text");
    is_int(head_of("#!/bin/sh\n")->kind, SV_SCRIPTSCAN_SHELL, "a shell's");
    is_int(head_of("#! \t/usr/local/bin/bash -e x \n")->kind, SV_SCRIPTSCAN_SHELL,
           "bash's");
    is_str(head.interpreter, "/usr/local/bin/bash", "its interpreter");
    is_str(head.argument, "-e x", "its argument, one word");
    is_int(head_of("#!/bin/busybox sh")->kind, SV_SCRIPTSCAN_SHELL, "busybox's shell");
    is_int(head_of("#!/command/execlineb -P")->kind, SV_SCRIPTSCAN_EXECLINE,
           "execline's");
    is_int(head_of("#!/usr/bin/python3")->kind, SV_SCRIPTSCAN_OTHER, "another one's");
    is_int(head_of("#!/usr/bin/env execlineb")->kind, SV_SCRIPTSCAN_EXECLINE, "env's");
    is_str(head.program, "execlineb", "what env searches for");
    is_int(head.is_split, 0, "one word");
    is_int(head_of("#!/usr/bin/env sh -e")->is_split, 1, "two words for env");
    head_of("#!/usr/bin/env -S A=1 -i sh -e");
    is_str(head.program, "sh", "which -S splits");
    is_int(head.is_split, 0, "as it should be");
    is_int(head_of("#!/bin/sh\r\n")->is_crlf, 1, "CR LF");
    is_str(head.interpreter, "/bin/sh", "is not part of what it was meant to be");
    is_str(head_of("#!")->interpreter, "", "no interpreter");
    is_int(head_of("#!\n")->kind, SV_SCRIPTSCAN_OTHER, "is nobody's");
    memset(text + 9, 'x', 300);
    is_int(head_of(text)->is_long, 1, "a line that is too long");
    is_int(strlen(head.interpreter), SV_SCRIPTSCAN_LINE - 3, "is cut off");
    is_int(sv_scriptscan_crlf("a\nb\r\nc\r\n", 8), 2, "the first CR LF");
    is_int(sv_scriptscan_crlf("a\nb\rc\n", 6), 0, "a CR alone is none");
}

static void test_limits(void)
{
    static char text[SV_SCRIPTSCAN_TEXT * 2];

    for (size_t i = 0; i + 1 < sizeof text; i++) text[i] = i % 2 ? ' ' : 'a';
    char const *shown = commands(text, SV_SCRIPTSCAN_SHELL);
    ok(strlen(shown) > 4 && !strcmp(shown + strlen(shown) - 4, " cut"),
       "too many words are cut off");
    memset(text, 'a', sizeof text - 1);
    memcpy(text, "a\nb ", 4);
    struct sv_scriptscan scan = {.text = text,
                                 .length = sizeof text - 1,
                                 .kind = SV_SCRIPTSCAN_SHELL};
    static struct sv_scriptscan_command command;
    ok(sv_scriptscan_next(&scan, &command) && !command.is_cut, "what fits is not");
    ok(sv_scriptscan_next(&scan, &command) && command.is_cut, "too long a word is");
    ok(!sv_scriptscan_next(&scan, &command), "and the end is found");
    scan = (struct sv_scriptscan){.text = "a", .length = 1, .kind = SV_SCRIPTSCAN_OTHER};
    ok(!sv_scriptscan_next(&scan, &command), "of other scripts there are no commands");
}

int main(void)
{
    test_words();
    test_redirections();
    test_lists();
    test_compounds();
    test_execline();
    test_heads();
    test_limits();
    return done();
}
