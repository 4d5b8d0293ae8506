/* ISC license. */

/*
 * notice (pure): what comes out of supervise/.ready, the FIFO by which a service says
 * that it is ready, and its checker what it has found out.
 *
 * A service writes anything that ends in a newline (s6: only the newline counts). The
 * checker, svcheck, writes lines that begin with SV_NOTICE_MARK, in one piece each:
 *
 *     MARK 'R' \n   the checks say that it is ready
 *     MARK 'B' \n   so many checks have failed that something has to be done
 *
 * Each run has a FIFO of its own: what the last run, or its checker, says late is not
 * taken for the words of this one.
 */

#ifndef SV_NOTICE_H
#define SV_NOTICE_H

#define SV_NOTICE_FIFO ".ready"
#define SV_NOTICE_MARK '\1'
#define SV_NOTICE_LENGTH 3 /* bytes of what svcheck writes */

enum sv_notice_kind {
    SV_NOTICE_NOTHING, /* so far */
    SV_NOTICE_READY,   /* the service says so */
    SV_NOTICE_CHECKED, /* the checker says that it is ready */
    SV_NOTICE_UNHEALTHY
};

/* A reader's place; all zero is the beginning of a line. */
struct sv_notice {
    unsigned char state;
};

#define SV_NOTICE_STATES 5 /* how many values `state` has */

/* Takes the next byte. Returns what it completes. */
extern enum sv_notice_kind sv_notice_decode(struct sv_notice *notice, unsigned char byte);

/* Writes what the checker says, SV_NOTICE_LENGTH bytes; kind is CHECKED or UNHEALTHY. */
extern void sv_notice_write(unsigned char *bytes, enum sv_notice_kind kind);

#endif
