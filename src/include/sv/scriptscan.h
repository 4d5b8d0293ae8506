/* ISC license. */

/*
 * scriptscan (pure): looks through a script far enough to know which programs it starts
 * and how: what its first line says, and its simple commands one after another, as words.
 *
 * Of the shell's language it knows quotes, comments, here-documents, lists, pipelines,
 * groups, functions and compound commands; what is expanded stays as it is written, and
 * nothing within a substitution is looked at. An execlineb script is one command whose
 * words include the braces of its blocks. Source of both: POSIX, Shell Command Language;
 * execlineb(1).
 *
 * It takes any bytes. What it cannot make sense of makes it uncertain, never wrong about
 * where it is: then a caller had better draw no conclusions.
 */

#ifndef SV_SCRIPTSCAN_H
#define SV_SCRIPTSCAN_H

#include <stddef.h>

#define SV_SCRIPTSCAN_LINE 256   /* bytes of a first line that the kernel looks at */
#define SV_SCRIPTSCAN_TEXT 16384 /* bytes of a command's words, each with its NUL */
#define SV_SCRIPTSCAN_WORDS 512  /* words of a command */
#define SV_SCRIPTSCAN_HERE 4     /* here-documents that one line may begin */
#define SV_SCRIPTSCAN_MARK 64    /* bytes of the word that ends one, with its NUL */

/* What a program file is, as its beginning tells. */
enum sv_scriptscan_kind {
    SV_SCRIPTSCAN_EMPTY,
    SV_SCRIPTSCAN_BINARY,    /* an ELF file, or another one with NULs in it */
    SV_SCRIPTSCAN_TEXT_ONLY, /* a text that does not begin with #!: nobody executes it */
    SV_SCRIPTSCAN_SHELL,     /* a Bourne shell's */
    SV_SCRIPTSCAN_EXECLINE,  /* execlineb's */
    SV_SCRIPTSCAN_OTHER      /* another interpreter's */
};

struct sv_scriptscan_head {
    enum sv_scriptscan_kind kind;
    char interpreter[SV_SCRIPTSCAN_LINE]; /* its path; "" if there is none */
    char argument[SV_SCRIPTSCAN_LINE];    /* what follows, one word for the kernel */
    char program[SV_SCRIPTSCAN_LINE]; /* what env is to search for; "" if it is not env */
    unsigned int is_crlf : 1;  /* the first line ends in CR LF: part of the last word */
    unsigned int is_long : 1;  /* it is longer than the kernel reads */
    unsigned int is_split : 1; /* env is given several words as one, without -S */
};

/* Reads the first line of a program. */
extern void sv_scriptscan_head(struct sv_scriptscan_head *head, char const *text,
                               size_t length);

/* The number of the first line that ends in CR LF, from 1; 0 if none does. */
extern unsigned int sv_scriptscan_crlf(char const *text, size_t length);

/* What ends a command. */
enum sv_scriptscan_end {
    SV_SCRIPTSCAN_END,           /* a newline, a semicolon, the end of the script ... */
    SV_SCRIPTSCAN_END_BACKGROUND /* & */
};

struct sv_scriptscan_word {
    char const *text;          /* without quotes, NUL-terminated */
    unsigned int line;         /* from 1 */
    unsigned int is_exact : 1; /* nothing in it is expanded or substituted */
    unsigned int is_open : 1;  /* execline: it is the brace that begins a block */
    unsigned int is_close : 1; /* ... or ends one */
};

struct sv_scriptscan_command {
    struct sv_scriptscan_word words[SV_SCRIPTSCAN_WORDS];
    size_t count; /* may be 0: a redirection alone, or an & behind a compound command */
    unsigned int line; /* where it begins, from 1 */
    enum sv_scriptscan_end end;
    unsigned int is_definition : 1; /* of a function, whose name is the only word */
    unsigned int is_cut : 1;        /* not all words are there */
    unsigned int in_pipe : 1;       /* part of a pipeline */
    unsigned int in_loop : 1;
    unsigned int in_subshell : 1;
    unsigned int in_function : 1;
    unsigned int moves_error : 1;  /* standard error is redirected */
    char text[SV_SCRIPTSCAN_TEXT]; /* where the words are */
    size_t used;
};

struct sv_scriptscan_here {
    char mark[SV_SCRIPTSCAN_MARK];
    unsigned int strips_tabs : 1;
};

/* Where one is. Begin with the first three set and the rest zero. */
struct sv_scriptscan {
    char const *text;
    size_t length;
    enum sv_scriptscan_kind kind; /* SHELL or EXECLINE; of others there are no commands */
    size_t at;
    unsigned int lines;                           /* passed so far */
    unsigned int loops, subshells, cases, braces; /* that are open */
    unsigned int function; /* the number of the brace that begins its body; 0: none */
    unsigned int is_defining : 1; /* a function's name was last */
    unsigned int in_pattern : 1;  /* of case */
    unsigned int after_pipe : 1;
    unsigned int is_unclear : 1; /* something was not understood, or does not end */
    unsigned int here_count;
    struct sv_scriptscan_here here[SV_SCRIPTSCAN_HERE]; /* that the next line begins */
};

/*
 * The next command. Returns 1; 0 at the end. Then scan->is_unclear says whether what it
 * returned can be relied upon.
 */
extern int sv_scriptscan_next(struct sv_scriptscan *scan,
                              struct sv_scriptscan_command *command);

#endif
