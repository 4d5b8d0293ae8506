/* ISC license. */

#include <stdlib.h>
#include <string.h>

#include "table.h"

/* Entries ---------------------------------------------------------------------------- */

static uint64_t hash_identity(dev_t device, ino_t inode, char const *instance)
{
    uint64_t hash = lookup_hash_numbers(device, inode);

    return *instance ? lookup_hash_numbers(hash, lookup_hash_text(instance)) : hash;
}

struct entry *table_add(struct table *table, dev_t device, ino_t inode,
                        char const *instance)
{
    size_t length = strlen(instance);
    struct entry *entry = calloc(1, sizeof *entry + length + 1);

    if (!entry) return 0;
    sv_scanplan_init(&entry->plan);
    entry->device = device;
    entry->inode = inode;
    memcpy(entry->instance, instance, length + 1);
    entry->reader = entry->writer = entry->watch_id = entry->place = -1;
    for (unsigned int side = 0; side < SV_SCAN_SIDE_COUNT; side++) {
        struct half *half = &entry->halves[side];
        half->entry = entry;
        half->side = side;
        half->pidfd = -1;
        for (unsigned int i = 0; i < ORPHANS; i++) half->orphans[i].half = half;
    }
    entry->following = table->first;
    if (table->first) table->first->previous = entry;
    table->first = entry;
    lookup_add(&table->identities, &entry->by_identity,
               hash_identity(device, inode, instance));
    return entry;
}

static void unlist_name(struct table *table, struct name *name)
{
    if (name->older) name->older->newer = name->newer;
    if (name->newer)
        name->newer->older = name->older;
    else if (table->newest == name)
        table->newest = name->older;
    name->older = name->newer = 0;
}

void table_remove(struct table *table, struct entry *entry)
{
    if (table->cursor == entry) table->cursor = entry->following;
    if (entry->following) entry->following->previous = entry->previous;
    if (entry->previous)
        entry->previous->following = entry->following;
    else
        table->first = entry->following;
    lookup_remove(&table->identities, &entry->by_identity);
    for (unsigned int i = 0; i < SV_SCAN_SIDE_COUNT * ORPHANS; i++)
        table_set_orphan(table, &entry->halves[i / ORPHANS], i % ORPHANS, 0);
    table_end_ending(table, entry);
    while (entry->is_named) table_take_name(table, entry->names);
    free(entry->names);
    free(entry);
}

struct entry *table_find(struct table const *table, dev_t device, ino_t inode,
                         char const *instance)
{
    struct link *link =
        lookup_first(&table->identities, hash_identity(device, inode, instance));

    for (; link; link = lookup_next(link)) {
        struct entry *entry = lookup_owner(link, struct entry, by_identity);
        if (entry->device == device && entry->inode == inode
            && !strcmp(entry->instance, instance))
            return entry;
    }
    return 0;
}

void table_set_identity(struct table *table, struct entry *entry, dev_t device,
                        ino_t inode)
{
    lookup_remove(&table->identities, &entry->by_identity);
    entry->device = device;
    entry->inode = inode;
    lookup_add(&table->identities, &entry->by_identity,
               hash_identity(device, inode, entry->instance));
}

void table_walk(struct table *table)
{
    table->cursor = table->first;
}

struct entry *table_next(struct table *table)
{
    struct entry *entry = table->cursor;

    if (entry) table->cursor = entry->following;
    return entry;
}

/* Names ------------------------------------------------------------------------------ */

struct name *table_add_name(struct table *table, char const *text)
{
    size_t length = strlen(text);
    struct name *name = calloc(1, sizeof *name + length + 1);

    if (!name) return 0;
    memcpy(name->text, text, length + 1);
    name->older = table->newest;
    if (table->newest) table->newest->newer = name;
    table->newest = name;
    lookup_add(&table->names, &name->by_text, lookup_hash_text(text));
    return name;
}

void table_forget_name(struct table *table, struct name *name)
{
    lookup_remove(&table->names, &name->by_text);
    unlist_name(table, name);
    free(name);
}

static struct name *find_text(struct lookup const *lookup, char const *text)
{
    struct link *link = lookup_first(lookup, lookup_hash_text(text));

    for (; link; link = lookup_next(link)) {
        struct name *name = lookup_owner(link, struct name, by_text);
        if (!strcmp(name->text, text)) return name;
    }
    return 0;
}

struct name *table_find_name(struct table const *table, char const *text)
{
    return find_text(&table->names, text);
}

struct entry *table_find_ending(struct table const *table, char const *text)
{
    struct name *name = find_text(&table->endings, text);

    return name ? name->entry : 0;
}

void table_end_ending(struct table *table, struct entry *entry)
{
    if (!entry->is_named && entry->names)
        lookup_remove(&table->endings, &entry->names->by_text);
}

void table_give_name(struct table *table, struct entry *entry, struct name *name)
{
    if (!entry->is_named) {
        table_end_ending(table, entry);
        free(entry->names);
        entry->names = 0;
    }
    struct name **at = &entry->names;
    while (*at) at = &(*at)->next;
    *at = name; /* the last: an entry is called by the name that it has for longest */
    name->entry = entry;
    entry->is_named = 1;
}

void table_take_name(struct table *table, struct name *name)
{
    struct entry *entry = name->entry;
    struct name **at = &entry->names;

    while (*at != name) at = &(*at)->next;
    *at = name->next;
    name->next = 0;
    if (entry->names) {
        table_forget_name(table, name);
        return;
    }
    lookup_remove(&table->names, &name->by_text);
    unlist_name(table, name);
    entry->names = name;
    entry->is_named = 0;
    if (!sv_scanplan_is_alive(&entry->plan, SV_SCAN_SIDE_MAIN)) return;
    struct name *previous = find_text(&table->endings, name->text);
    if (previous) lookup_remove(&table->endings, &previous->by_text);
    lookup_add(&table->endings, &name->by_text, lookup_hash_text(name->text));
}

char const *table_text(struct entry const *entry)
{
    return entry->names ? entry->names->text : "?"; /* an entry gets its name at once */
}

char const *table_suffix(struct half const *half)
{
    int is_beside = half->entry->is_own && half->entry->is_direct;

    return half->side == SV_SCAN_SIDE_LOG && !is_beside ? "/log" : "";
}

/* Processes and watches -------------------------------------------------------------- */

void table_set_pid(struct table *table, struct half *half, pid_t pid)
{
    lookup_remove(&table->pids, &half->by_pid);
    half->pid = pid;
    if (pid)
        lookup_add(&table->pids, &half->by_pid, lookup_hash_numbers((uint64_t)pid, 0));
}

struct half *table_find_pid(struct table const *table, pid_t pid)
{
    struct link *link = lookup_first(&table->pids, lookup_hash_numbers((uint64_t)pid, 0));

    for (; link; link = lookup_next(link)) {
        struct half *half = lookup_owner(link, struct half, by_pid);
        if (half->pid == pid) return half;
    }
    return 0;
}

void table_set_orphan(struct table *table, struct half *half, unsigned int which,
                      pid_t pid)
{
    struct orphan *orphan = &half->orphans[which];

    lookup_remove(&table->orphans, &orphan->by_pid);
    orphan->pid = pid;
    if (pid)
        lookup_add(&table->orphans, &orphan->by_pid,
                   lookup_hash_numbers((uint64_t)pid, 0));
}

struct orphan *table_find_orphan(struct table const *table, pid_t pid)
{
    struct link *link =
        lookup_first(&table->orphans, lookup_hash_numbers((uint64_t)pid, 0));

    for (; link; link = lookup_next(link)) {
        struct orphan *orphan = lookup_owner(link, struct orphan, by_pid);
        if (orphan->pid == pid) return orphan;
    }
    return 0;
}

void table_set_watch(struct table *table, struct entry *entry, int watch_id)
{
    lookup_remove(&table->watches, &entry->by_watch);
    entry->watch_id = watch_id;
    if (watch_id >= 0)
        lookup_add(&table->watches, &entry->by_watch,
                   lookup_hash_numbers((uint64_t)watch_id, 0));
}

struct entry *table_find_watch(struct table const *table, int watch_id)
{
    struct link *link =
        lookup_first(&table->watches, lookup_hash_numbers((uint64_t)watch_id, 0));

    for (; link; link = lookup_next(link)) {
        struct entry *entry = lookup_owner(link, struct entry, by_watch);
        if (entry->watch_id == watch_id) return entry;
    }
    return 0;
}
