/* ISC license. */

/*
 * ioprio (pure): how urgent a process's reading and writing of disks is, in words.
 * Source: ioprio_set(2).
 */

#ifndef SV_IOPRIO_H
#define SV_IOPRIO_H

/* clang-format off */

/* name, number in the kernel, whether it has levels, word, meaning */
#define SV_IOPRIO_CLASSES(X) \
    X(NONE,        0, 0, "none",        "as the nice value says; what there is at first") \
    X(REALTIME,    1, 1, "realtime",    "before all others, whatever becomes of them") \
    X(BEST_EFFORT, 2, 1, "best-effort", "in turn with the others") \
    X(IDLE,        3, 0, "idle",        "only when nobody else wants the disk")
/* clang-format on */

#define SV_IOPRIO_LEVEL 4 /* where none is given; 0 is the most urgent, 7 the least */

struct sv_ioprio_class {
    unsigned int number;
    unsigned int has_levels;
    char const *word;
    char const *meaning;
};

/* All of SV_IOPRIO_CLASSES, in its order; how many. */
extern struct sv_ioprio_class const sv_ioprio_classes[];
extern unsigned int const sv_ioprio_class_count;

/*
 * Understands "CLASS", or "CLASS:LEVEL" where the class has levels; *value is what
 * ioprio_set takes. Returns 1; 0 if it is nothing of the kind.
 */
extern int sv_ioprio_scan(char const *text, unsigned int *value);

#endif
