/* ISC license. */

/*
 * causetext (pure): a cause and an ending in words, for svstat, svwhy and svevents.
 */

#ifndef SV_CAUSETEXT_H
#define SV_CAUSETEXT_H

#include <sv/machine.h>
#include <sv/status.h>

#define SV_CAUSETEXT 160 /* bytes that the longest needs, with its NUL */

/*
 * Writes the cause as a person would say it, NUL-terminated: "exit code 3", "killed by
 * SIGTERM", "svc -d by uid 0" (as one would type it), "unable to execute: access denied".
 * Cannot fail.
 */
extern void sv_causetext(char text[SV_CAUSETEXT], enum sv_cause_kind kind,
                         uint32_t detail, uint32_t uid);

/*
 * Likewise how a run ended: "exit code 3", "killed by SIGKILL", "unable to execute ./run:
 * ...", "ended unseen"; "" for SV_ENDING_NONE.
 */
extern void sv_causetext_ending(char text[SV_CAUSETEXT], enum sv_ending ending,
                                uint32_t value);

#endif
