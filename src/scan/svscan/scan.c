/* ISC license. */

/*
 * From names to entries. A name is looked at when something happens to it, all of them
 * only at the start, when asked to, and when events were lost. What a name stands for is
 * decided by what is there now, never by what the event said.
 */

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <sv/clock.h>
#include <sv/instance.h>
#include <sv/message.h>
#include <sv/statedir.h>

#include "svscan.h"

#define RETRY_MS 1000
#define EVENTS_MOST 1024 /* in one round, or a few more: then others have their turn */

static void retry_later(struct svscan *svscan)
{
    svscan->rescan_ms = sv_clock_monotonic_ms() + RETRY_MS;
}

/* No memory for `text`: everything is looked at again in a moment. */
static void lack_memory(struct svscan *svscan, char const *text)
{
    errno = ENOMEM;
    retry_later(svscan);
    if (trouble_is_new(&svscan->troubles, TROUBLE_MEMORY))
        sv_warnu("start ", text, ": ", sv_errortext(errno),
                 ", trying again every second");
}

/* A template is not run; its instances have names of their own. */
static int is_service_name(char const *text)
{
    return text[0] != '.' && !sv_instance_is_template(text);
}

/* Names that come and go ------------------------------------------------------------- */

static void detach(struct svscan *svscan, struct name *name)
{
    struct entry *entry = name->entry;

    table_take_name(&svscan->table, name);
    if (entry->is_named) return;
    if (entry->awaited) entry->awaited->heir = 0;
    entry->awaited = 0;
    svscan_keep_place(entry);
    svscan_tell(svscan, entry, SV_SCAN_EVENT_GONE);
}

static void attach(struct svscan *svscan, struct name *name, struct entry *entry)
{
    struct sv_scan_event found = {.kind = SV_SCAN_EVENT_FOUND};
    struct entry *ending = table_find_ending(&svscan->table, name->text);
    int was_named = entry->is_named;

    table_give_name(&svscan->table, entry, name);
    svscan_drop_place(entry);
    if (was_named) return;
    if (ending && ending != entry) {
        entry->awaited = ending;
        ending->heir = entry;
        found.waits = 1;
    }
    svscan_feed(svscan, entry, &found);
    struct entry *heir = entry->heir;
    if (!heir || entry->plan.course == SV_SCAN_COURSE_LEAVING) return;
    /*
     * it was renamed, and will not end: whoever has its old name need not wait for that
     */
    entry->heir = heir->awaited = 0;
    svscan_tell(svscan, heir, SV_SCAN_EVENT_CLEARED);
}

/* `text` is a name of the directory that `about` is about. */
static void is_directory(struct svscan *svscan, char const *text, struct name *name,
                         struct stat const *about)
{
    char instance[SV_INSTANCE_MAX];

    sv_statedir_instance(text, instance);
    struct entry *entry =
        table_find(&svscan->table, about->st_dev, about->st_ino, instance);
    if (name && name->entry && name->entry == entry) return;
    if (name && name->entry) {
        detach(svscan, name);
        name = 0;
        /* feeding an event to an entry may end any entry */
        entry = table_find(&svscan->table, about->st_dev, about->st_ino, instance);
    }
    if (!name) name = table_add_name(&svscan->table, text);
    if (name && !entry)
        entry = table_add(&svscan->table, about->st_dev, about->st_ino, instance);
    if (!name || !entry) {
        if (name) table_forget_name(&svscan->table, name);
        lack_memory(svscan, text);
        return;
    }
    name->seen = svscan->scans;
    attach(svscan, name, entry);
}

static void is_nothing(struct svscan *svscan, struct name *name)
{
    if (!name) return;
    if (name->entry)
        detach(svscan, name);
    else
        table_forget_name(&svscan->table, name);
}

/* `text` is there, but what it is cannot be told: warn once, and change nothing. */
static void is_unknown(struct svscan *svscan, char const *text, struct name *name,
                       int error_number)
{
    if (!name) name = table_add_name(&svscan->table, text);
    if (!name) {
        lack_memory(svscan, text);
        return;
    }
    name->seen = svscan->scans;
    if (error_number != EACCES && error_number != EPERM && error_number != ENOENT
        && error_number != ENOTDIR && error_number != ELOOP)
        retry_later(svscan); /* that may pass */
    if (name->error_number == error_number) return;
    name->error_number = error_number;
    sv_warnu("stat ", text, ": ", sv_errortext(error_number));
}

static void look_at(struct svscan *svscan, char const *text)
{
    struct name *name = table_find_name(&svscan->table, text);
    struct stat about;

    if (svscan_own_has(svscan, text)) return;
    if (name) name->seen = svscan->scans;
    if (!stat(text, &about)) {
        if (name) name->error_number = 0;
        if (S_ISDIR(about.st_mode))
            is_directory(svscan, text, name, &about);
        else
            is_nothing(svscan, name);
        return;
    }
    int error_number = errno;
    int is_away =
        error_number == ENOENT || error_number == ENOTDIR || error_number == ELOOP;
    if (is_away && name && name->entry) {
        is_nothing(svscan, name);
        name = 0;
    }
    if (!is_away || !lstat(text, &about))
        is_unknown(svscan, text, name, error_number); /* a link to nowhere, for example */
    else
        is_nothing(svscan, name);
}

/* All of them ------------------------------------------------------------------------ */

/* A log/ that came when nobody was watching. */
static void look_for_log(struct svscan *svscan, char const *text)
{
    struct name *name = table_find_name(&svscan->table, text);

    if (name && name->entry && name->entry->plan.log == SV_SCAN_LOG_NONE)
        svscan_log_appeared(svscan, name->entry);
}

/*
 * Reads the directory. Returns how many names there were, "." included, so that 0 means:
 * there is no directory any more. -1 with errno if it was not read to its end.
 */
static long read_names(struct svscan *svscan)
{
    struct dirent const *found;
    long count = 0;
    DIR *dir;

    do dir = opendir(".");
    while (!dir && errno == EINTR);
    if (!dir) return -1;
    while (errno = 0, (found = readdir(dir)) || errno == EINTR) {
        if (!found) continue; /* that was a signal */
        count++;
        if (!is_service_name(found->d_name)) continue;
        int is_known = table_find_name(&svscan->table, found->d_name) != 0;
        look_at(svscan, found->d_name);
        if (is_known) look_for_log(svscan, found->d_name);
    }
    if (errno) count = -1;
    int error_number = errno;
    (void)closedir(dir); /* only read from */
    errno = error_number;
    return count;
}

/* The names that the scan has not found are looked at: not all of them need have gone. */
static void look_at_rest(struct svscan *svscan)
{
    struct name *older;

    for (struct name *name = svscan->table.newest; name; name = older) {
        older = name->older;
        if (name->seen != svscan->scans) look_at(svscan, name->text);
    }
}

void svscan_scan(struct svscan *svscan)
{
    svscan->scan_wanted = 0;
    svscan->rescan_ms = SV_SCAN_NEVER;
    if (svscan->leaving) return;
    svscan_watch(svscan);
    svscan_own_open(svscan);
    svscan->scans++;
    long count = read_names(svscan);
    if (count > 0) {
        look_at_rest(svscan);
        return;
    }
    if (!count) errno = ENOENT;
    int is_new = trouble_is_new(&svscan->troubles, TROUBLE_READ);
    if (count < 0) retry_later(svscan);
    if (count < 0 && is_new) sv_warnusys("read directory ", svscan->dir_name);
    if (!count && is_new)
        sv_warnu("read directory ", svscan->dir_name,
                 ": it has been removed; its services are left as they are");
}

/* Events ----------------------------------------------------------------------------- */

void svscan_watch(struct svscan *svscan)
{
    if (svscan->watch_id >= 0) return;
    if (svscan->watch.fd < 0 && !sv_watch_open(&svscan->watch)) svscan->watch.fd = -1;
    if (svscan->watch.fd >= 0)
        svscan->watch_id = sv_watch_add(&svscan->watch, ".",
                                        SV_WATCH_COMES | SV_WATCH_GOES | SV_WATCH_SELF);
    if (svscan->watch_id < 0 && trouble_is_new(&svscan->troubles, TROUBLE_WATCH))
        sv_warnu("watch ", svscan->dir_name, ": ", sv_errortext(errno),
                 "; it is looked at only on SIGHUP or svscanctl ", svscan->dir_name,
                 " a");
}

/*
 * Something happened to a name in the scan directory. If that is a template, any number
 * of links lead somewhere else now, or to nowhere.
 */
static void take_name(struct svscan *svscan, char const *text)
{
    if (svscan->leaving) return;
    if (svscan->log_name && !svscan->own && !strcmp(text, svscan->log_name))
        svscan_own_open(svscan);
    if (is_service_name(text))
        look_at(svscan, text);
    else if (text[0] != '.')
        svscan->scan_wanted = 1;
}

static void take_event(struct svscan *svscan, struct sv_watch_event const *event)
{
    struct entry *entry = table_find_watch(&svscan->table, event->id);
    int is_ours = event->id == svscan->watch_id;

    switch (event->kind) {
    case SV_WATCH_NAME:
        if (is_ours) take_name(svscan, event->name);
        if (entry && !strcmp(event->name, "log")) svscan_log_appeared(svscan, entry);
        break;
    case SV_WATCH_MOVED:
        if (is_ours)
            sv_warn(svscan->dir_name,
                    " has been renamed; still looking after it where it is");
        break;
    case SV_WATCH_ENDED:
        if (entry) table_set_watch(&svscan->table, entry, -1);
        if (!is_ours) break;
        svscan->watch_id = -1;
        sv_warn(svscan->dir_name, " has been removed; its services are left as they are");
        break;
    case SV_WATCH_OVERFLOW: svscan->scan_wanted = 1; break;
    case SV_WATCH_WRITTEN:
    case SV_WATCH_CHANGED: break; /* cannot happen: no file is watched */
    }
}

/* Reading fails: with a new instance in a moment, and all that was missed. */
static void lose_watch(struct svscan *svscan)
{
    struct entry *entry;

    if (trouble_is_new(&svscan->troubles, TROUBLE_WATCH))
        sv_warnusys("read what happens in ", svscan->dir_name);
    sv_watch_close(&svscan->watch);
    svscan->watch_id = -1;
    table_walk(&svscan->table);
    while ((entry = table_next(&svscan->table)))
        table_set_watch(&svscan->table, entry, -1);
    retry_later(svscan);
}

void svscan_read_watch(struct svscan *svscan)
{
    struct sv_watch_event event;
    int result = 0;

    for (unsigned int i = 0; i < EVENTS_MOST || sv_watch_holds(&svscan->watch); i++) {
        result = sv_watch_read(&svscan->watch, &event);
        if (result <= 0) break;
        take_event(svscan, &event);
    }
    if (result < 0) lose_watch(svscan);
}
