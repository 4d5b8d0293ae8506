/* ISC license. */

/* The command line of atcall. */

#ifndef OPTIONS_H
#define OPTIONS_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define USAGE \
    "atcall [-le] [-w file] [-c class] [-n number -d deed [-m steps] [-k times] " \
    "[-K times] [-t ms]] [-i file -p bytes [-o bytes] [-s signal@pieces] [-x reads]] " \
    "program..."

static unsigned long number_of(char const *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (!*text || *end) stop(100, "usage: " USAGE);
    return number;
}

static int index_of(char const *const *names, char const *name)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], name)) return i;
    return -1;
}

static void set_deed(struct world *world, char const *name)
{
    int deed = index_of(deeds, name);

    world->deed = deed < 0 ? FAIL : (enum deed)deed;
    if (deed < 0) world->error = (int)number_of(name);
}

static void set_class(struct world *world, char const *name)
{
    int class = index_of(classes, name);

    world->class = class < 0 ? NAMED : (enum class) class;
    world->name = name;
    if (class < 0 && !is_name(name)) stop(100, "usage: " USAGE);
}

static void set_signal(struct world *world, char *text)
{
    char *at = strchr(text, '@');

    if (!at) stop(100, "usage: " USAGE);
    *at = 0;
    world->signal = (int)number_of(text);
    world->signal_after = number_of(at + 1);
}

static void open_input(struct world *world, char const *file)
{
    world->feeding = open(file, O_RDONLY | O_CLOEXEC);
    if (world->feeding < 0) stop(111, "unable to open input");
    world->feeder = open("/proc/self/fd/0", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (world->feeder < 0) stop(111, "unable to open the pipe");
}

static void set_option(struct world *world, int letter, char *value)
{
    if (letter == 'l') world->lists = 1;
    if (letter == 'c') set_class(world, value);
    if (letter == 'n') world->at = number_of(value);
    if (letter == 'd') set_deed(world, value);
    if (letter == 'm') world->instructions = number_of(value);
    if (letter == 'k') world->hit.same = number_of(value) - 1;
    if (letter == 'K') world->hit.other = number_of(value) - 1;
    if (letter == 't') world->hit.span_ms = (long)number_of(value);
    if (letter == 'i') open_input(world, value);
    if (letter == 'p') world->piece = number_of(value);
    if (letter == 'o') world->fed = (off_t)number_of(value);
    if (letter == 'x') world->last_read = number_of(value);
    if (letter == 's') set_signal(world, value);
    if (letter == '?') stop(100, "usage: " USAGE);
}

#endif
