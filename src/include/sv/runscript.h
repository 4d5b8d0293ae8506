/* ISC license. */

/*
 * runscript (pure): writes run scripts, as a careful admin would: one thing a line, to be
 * read and edited. Each argument comes out as the very bytes that went in.
 *
 *     #!/bin/sh                          #!/usr/bin/execlineb -P
 *     exec 2>&1                          fdmove -c 2 1
 *     cd /srv/web || exit 111            envdir ./env
 *     exec envdir "$OLDPWD/env" \        cd /srv/web
 *         softlimit -o 1000 \            softlimit -o 1000
 *         setuidgid www \                setuidgid www
 *         httpd -f 'two words'           httpd -f "two words"
 *
 * What is not asked for is left out. The rights go last: envdir may read what the user of
 * the service may not, and softlimit may lift a limit that only root may.
 */

#ifndef SV_RUNSCRIPT_H
#define SV_RUNSCRIPT_H

#include <stddef.h>

enum sv_runscript_language { SV_RUNSCRIPT_SH, SV_RUNSCRIPT_EXECLINE };

/* What the shell of a script in execline is; it must be there when that runs. */
extern char const sv_runscript_execlineb[];

struct sv_runscript {
    enum sv_runscript_language language;
    unsigned int joins_errors : 1; /* standard error goes where standard output goes */
    unsigned int has_env : 1;      /* variables are in ./env, for envdir */
    /* SH only: "{}" in words of the command stands for the argument of the instance */
    unsigned int is_template : 1;
    char const *directory;      /* to work in, absolute; null: the service's own */
    char const *const *limits;  /* arguments of softlimit, end in null; null: none */
    char const *user;           /* for setuidgid; null: as whoever runs it */
    char const *const *command; /* ends in null, not empty */
};

/*
 * Writes the script to text[size], NUL-terminated if there is room for all of it. Returns
 * how long it is; if that is not less than `size` it has been cut.
 */
extern size_t sv_runscript_write(char *text, size_t size,
                                 struct sv_runscript const *script);

/* The same for one word alone, as it stands in a script. */
extern size_t sv_runscript_quote(char *text, size_t size,
                                 enum sv_runscript_language language, char const *word);

#endif
