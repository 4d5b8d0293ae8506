/* ISC license. */

/*
 * backoff (pure): when a service that died is started again.
 *
 * A run of at least one second is followed by a start at once, and so is the first quick
 * death. After the second one in a row the next start is `shortest` after the last start;
 * each further one doubles that, up to `longest`. (Our own rule: daemontools starts at
 * most once a second for ever, s6 likewise; neither slows down.)
 */

#ifndef SV_BACKOFF_H
#define SV_BACKOFF_H

#include <stdint.h>

/*
 * The time of the next start in ms, never before now_ms. `quick_deaths` in a row,
 * `started_ms` the last start, `shortest_ms` <= `longest_ms`.
 */
extern int64_t sv_backoff_next(unsigned int quick_deaths, int64_t started_ms,
                               int64_t now_ms, uint32_t shortest_ms, uint32_t longest_ms);

#endif
