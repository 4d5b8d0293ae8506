/* ISC license. */

/*
 * What the parts of scriptscan share.
 *
 *     scriptscan.c        first lines, and execline
 *     scriptscan_word.c   the shell's words
 *     scriptscan_shell.c  its commands
 */

#ifndef SCRIPTSCAN_WORD_H
#define SCRIPTSCAN_WORD_H

#include <sv/scriptscan.h>

/* An empty word behind the others. Returns 1; 0 if there is no room, command->is_cut. */
extern int sv_scriptscan_begin_word(struct sv_scriptscan const *scan,
                                    struct sv_scriptscan_command *command);

/* Puts a byte behind the last word, if there is room. */
extern void sv_scriptscan_add(struct sv_scriptscan_command *command, char byte);

/* sv_scriptscan_next for the shell, into an empty command. */
extern int sv_scriptscan_next_shell(struct sv_scriptscan *scan,
                                    struct sv_scriptscan_command *command);

/* The next byte, which is taken or not; -1 at the end. */
extern int sv_scriptscan_peek(struct sv_scriptscan const *scan);
extern int sv_scriptscan_take(struct sv_scriptscan *scan);

/* Whether it ends a word of the shell's that is not quoted. */
extern int sv_scriptscan_is_meta(int byte);

extern void sv_scriptscan_skip_blanks(struct sv_scriptscan *scan);

/* Returns 1 if nothing in the word was quoted, so that it may be a reserved one. */
extern int sv_scriptscan_take_word(struct sv_scriptscan *scan,
                                   struct sv_scriptscan_command *command);

/* The last word was none of the command, which had used so much before it. */
extern void sv_scriptscan_drop_word(struct sv_scriptscan_command *command, size_t used);

/* From < or > on; fd is the number before it, -1 if there was none. */
extern void sv_scriptscan_take_redirection(struct sv_scriptscan *scan,
                                           struct sv_scriptscan_command *command, int fd);

/* A line has ended: what its << have announced follows. */
extern void sv_scriptscan_skip_here(struct sv_scriptscan *scan);

#endif
