/* ISC license. */

/*
 * errortext (pure): the words for an errno.
 *
 * daemontools never used strerror(): its messages end in a fixed English table
 * ("file does not exist", "temporary failure"), and programs and test suites compare
 * those words. The words are an interface; this table is where they live.
 */

#ifndef SV_ERRORTEXT_H
#define SV_ERRORTEXT_H

/*
 * The words for the errno value `number`, "unknown error" where daemontools has none
 * and Linux gives us no better. Never null, never fails, valid for ever.
 */
extern char const *sv_errortext(int number);

#endif
