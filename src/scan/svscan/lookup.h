/* ISC license. */

/*
 * lookup: a hash table of things that contain a link. Putting one in cannot fail: only
 * the table of buckets is allocated, and without memory for a larger one the chains get
 * longer. That is why it is not skalibs' avltree: adding to that allocates, and a child
 * that was started but could not be noted would never be found again.
 */

#ifndef SV_SVSCAN_LOOKUP_H
#define SV_SVSCAN_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

struct link {
    struct link *next; /* in the same bucket */
    uint64_t hash;
    int is_in; /* some lookup */
};

#define LOOKUP_FIRST 16 /* buckets at the beginning */

struct lookup {
    struct link **buckets; /* `size` of them; null: first[] */
    size_t size;           /* a power of 2; 0: nothing was ever put in */
    size_t count;
    struct link *first[LOOKUP_FIRST];
};

/* What contains the link. */
#define lookup_owner(link, type, member) \
    ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* Puts the link in; it must not be in a lookup already. */
extern void lookup_add(struct lookup *lookup, struct link *link, uint64_t hash);

/* Takes it out; fine if it is not in. */
extern void lookup_remove(struct lookup *lookup, struct link *link);

/*
 * The links with that hash, one after another, null at the end: the caller compares keys.
 */
extern struct link *lookup_first(struct lookup const *lookup, uint64_t hash);
extern struct link *lookup_next(struct link const *link);

/* Hashes of keys. */
extern uint64_t lookup_hash_text(char const *text);
extern uint64_t lookup_hash_numbers(uint64_t one, uint64_t other);

#endif
