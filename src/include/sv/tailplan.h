/* ISC license. */

/*
 * tailplan (pure): which files of a log directory are to be read, and in what order,
 * while the logger goes on renaming and removing them.
 *
 * A file is what the logger has written from one rotation to the next, whatever it is
 * called: `current`, then `previous`, then @LABEL.SUFFIX. A processor makes another file
 * of it: `processed`, then @LABEL.SUFFIX, while `previous` is removed. Both are the same
 * lines: one file of the plan with two names, read by the raw one while that is there.
 *
 * The plan is made from a list of names and kept by the events of inotify(7), every one,
 * in order. That is exact where looking again could not be: files that came and went
 * between two looks are known, and so is which old file was made of which `previous`.
 *
 *   begin, note each name of the directory; event for all that was told meanwhile (the
 *   watch has been set before); settle. What the list says of names without an event is
 *   true, and events say the rest: nothing need stand still for it.
 *   Then: next is what to open. After opening a name that is used again and again
 *   (sv_tailplan_is_lasting says no) events are taken in once more: if the file still has
 *   that name in the plan, it is that one that has been opened.
 *
 * Old files are in the order of their names. Files with the same label are one: svlogd's
 * .u while it is processed to .t, or a copy that somebody compresses. An old file that
 * was not renamed to its name is no file of its own: daemontools' multilog links, then
 * unlinks; whoever compresses old files makes new names for what is known.
 */

#ifndef SV_TAILPLAN_H
#define SV_TAILPLAN_H

#include <stddef.h>
#include <stdint.h>

#include <sv/logplan.h>
#include <sv/stamp.h>

struct sv_tailplan_file {
    char raw[SV_LOGPLAN_NAME];     /* as the logger wrote it; empty: there is none */
    char product[SV_LOGPLAN_NAME]; /* made of it, or a second name; likewise */
    unsigned int done : 1;         /* read, or not to be read */
};

struct sv_tailplan {
    struct sv_tailplan_file *files; /* oldest first */
    size_t count;
    size_t room;
    size_t first; /* those before it are forgotten, and may be overwritten */
    char newest[SV_STAMP_TEXT + 1]; /* the latest label there was; empty: none yet */
    char moving[SV_LOGPLAN_NAME];   /* has left, where to is not known yet; empty: none */
    uint32_t cookie;                /* defined if (moving): of its arrival */
    unsigned int listing : 1;       /* from begin to settle */
    unsigned int frozen : 1;        /* the caller's: no file is added any more */
    unsigned int processes : 1;     /* a `processed` has been seen */
    unsigned int has_current : 1;   /* these three while listing */
    unsigned int has_previous : 1;
    unsigned int has_processed : 1;
};

enum sv_tailplan_event {
    SV_TAILPLAN_COMES,  /* created, or linked */
    SV_TAILPLAN_GOES,   /* removed */
    SV_TAILPLAN_LEAVES, /* renamed from this name; the cookie is its ENTERS' too */
    SV_TAILPLAN_ENTERS  /* renamed to this name */
};

/* note, event and settle need room for so many files more: the caller sees to it. */
#define SV_TAILPLAN_MORE 2

/* A new plan, empty, listing, in the caller's array. Cannot fail; nor can the others. */
extern void sv_tailplan_begin(struct sv_tailplan *plan, struct sv_tailplan_file *files,
                              size_t room);

/* There is this name in the directory. */
extern void sv_tailplan_note(struct sv_tailplan *plan, char const *name);

/* The list is complete. */
extern void sv_tailplan_settle(struct sv_tailplan *plan);

extern void sv_tailplan_event(struct sv_tailplan *plan, enum sv_tailplan_event event,
                              char const *name, uint32_t cookie);

/* What is moving has not arrived and will not: it has gone to another directory. */
extern void sv_tailplan_lapse(struct sv_tailplan *plan);

/*
 * files[index], which is `previous` or `current`, and the one before it are links to the
 * same file (another program's multilog was killed between link and unlink): it is read
 * once.
 */
extern void sv_tailplan_twin(struct sv_tailplan *plan, size_t index);

/* The first file that is not done; null if all are. */
extern struct sv_tailplan_file *sv_tailplan_next(struct sv_tailplan const *plan);

/* It is done; files that can have no more events are forgotten, and the others move. */
extern void sv_tailplan_done(struct sv_tailplan *plan, struct sv_tailplan_file *file);

/* The name to open it by; null: it has gone. */
extern char const *sv_tailplan_name(struct sv_tailplan_file const *file);

/* Whether a name stands for one file for ever: that of an old file. */
extern int sv_tailplan_is_lasting(char const *name);

/*
 * When it ended, text of a label, SV_STAMP_TEXT bytes; null if the name has none (yet).
 */
extern char const *sv_tailplan_label(struct sv_tailplan_file const *file);

/* Whether it is a .u: perhaps its last line is not whole. */
extern int sv_tailplan_is_torn(struct sv_tailplan_file const *file);

/* Whether its bytes are lines for sure, not something that a processor made. */
extern int sv_tailplan_is_raw(struct sv_tailplan_file const *file);

#endif
