/* ISC license. */

#include <stdlib.h>

#include "lookup.h"

static struct link **buckets_of(struct lookup const *lookup)
{
    return lookup->buckets ? lookup->buckets : (struct link **)lookup->first;
}

static struct link **bucket(struct lookup const *lookup, uint64_t hash)
{
    return buckets_of(lookup) + (hash & (lookup->size - 1));
}

static void grow(struct lookup *lookup)
{
    struct lookup larger = {.size = lookup->size * 2};

    larger.buckets = calloc(larger.size, sizeof *larger.buckets);
    if (!larger.buckets) return;
    for (size_t i = 0; i < lookup->size; i++) {
        struct link *link = buckets_of(lookup)[i];
        while (link) {
            struct link *next = link->next;
            struct link **to = bucket(&larger, link->hash);
            link->next = *to;
            *to = link;
            link = next;
        }
    }
    free(lookup->buckets);
    lookup->buckets = larger.buckets;
    lookup->size = larger.size;
}

void lookup_add(struct lookup *lookup, struct link *link, uint64_t hash)
{
    if (!lookup->size) lookup->size = LOOKUP_FIRST;
    if (lookup->count >= lookup->size) grow(lookup);
    struct link **to = bucket(lookup, hash);
    link->hash = hash;
    link->next = *to;
    link->is_in = 1;
    *to = link;
    lookup->count++;
}

void lookup_remove(struct lookup *lookup, struct link *link)
{
    if (!link->is_in) return;
    struct link **at = bucket(lookup, link->hash);
    while (*at != link) at = &(*at)->next;
    *at = link->next;
    link->is_in = 0;
    lookup->count--;
}

/* The first with that hash in the chain. */
static struct link *with_hash(struct link *link, uint64_t hash)
{
    while (link && link->hash != hash) link = link->next;
    return link;
}

struct link *lookup_first(struct lookup const *lookup, uint64_t hash)
{
    return lookup->size ? with_hash(*bucket(lookup, hash), hash) : 0;
}

struct link *lookup_next(struct link const *link)
{
    return with_hash(link->next, link->hash);
}

uint64_t lookup_hash_text(char const *text)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash ^ hash >> 32;
}

uint64_t lookup_hash_numbers(uint64_t one, uint64_t other)
{
    uint64_t hash = (one * UINT64_C(31) + other) * UINT64_C(0x9e3779b97f4a7c15);

    return hash ^ hash >> 32;
}
