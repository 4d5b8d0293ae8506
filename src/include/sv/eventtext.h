/* ISC license. */

/*
 * eventtext (pure): the "why" of a journal's entry in words, for svevents and svwhy.
 */

#ifndef SV_EVENTTEXT_H
#define SV_EVENTTEXT_H

#include <sv/causetext.h>
#include <sv/journal.h>

#define SV_EVENTTEXT 512 /* bytes that the longest needs, with its NUL */

/*
 * Writes the cause, how the process ended if the cause does not say it, and the pid of
 * one that has come; NUL-terminated: "svc -u by uid 0, pid 321". `who` is the name of the
 * user with the entry's uid, null if it is not known: "svc -u by root (uid 0), pid 321";
 * a name that is too long is cut. Cannot fail.
 */
extern void sv_eventtext(char text[SV_EVENTTEXT], struct sv_journal_entry const *entry,
                         char const *who);

#endif
