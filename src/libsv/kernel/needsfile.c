/* ISC license. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/instance.h>
#include <sv/needsfile.h>
#include <sv/openat.h>
#include <sv/statefile.h>

/* A list of names that grows; zero is empty. */
struct names {
    char **list;
    uint32_t count;
    uint32_t size;
};

/* A line of a file, until all names are known. */
struct line {
    uint32_t service;
    char *name;
    struct sv_needsfile_need need;
};

struct load {
    struct sv_needsfile *all;
    int dir;
    sv_needsfile_complain *complain;
    void *data;
    struct line *lines;
    uint32_t count;
    uint32_t size;
};

char const *sv_needsfile_problem_text(enum sv_needsfile_problem_kind kind)
{
    switch (kind) {
#define NEEDSFILE_CASE(name, text) \
    case SV_NEEDSFILE_##name: return text;
        SV_NEEDSFILE_PROBLEMS(NEEDSFILE_CASE)
#undef NEEDSFILE_CASE
    }
    return ""; /* cannot happen: it is one of these */
}

/* One file --------------------------------------------------------------------------- */

/* The file is a link: what that means depends on the directory it is in. */
static ssize_t follow(int dir, char const *service, char *text)
{
    int place = sv_openat(dir, service, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

    if (place < 0) return -1;
    ssize_t got = sv_statefile_follow(place, SV_NEEDS_FILE, text, SV_NEEDS_SIZE);
    int error_number = errno;
    (void)close(place); /* only a place */
    errno = error_number;
    return got;
}

ssize_t sv_needsfile_read(int dir, char const *service, char *text)
{
    char path[SV_NEEDS_NAME + sizeof "/" SV_NEEDS_FILE];
    size_t length = strlen(service);

    if (length >= SV_NEEDS_NAME) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path, service, length);
    memcpy(path + length, "/" SV_NEEDS_FILE, sizeof "/" SV_NEEDS_FILE);
    ssize_t got = sv_statefile_read(dir, path, text, SV_NEEDS_SIZE);
    if (got < 0 && errno == ELOOP) got = follow(dir, service, text);
    if (got >= 0) return got;
    /* nothing there, or where it leads to */
    return errno == ENOENT || errno == ENOLINK ? 0 : -1;
}

/* Services --------------------------------------------------------------------------- */

/* Takes the name over. Returns 1; 0 with ENOMEM, then it is freed. */
static int add_name(struct names *names, char *name)
{
    if (name && names->count == names->size) {
        uint32_t size = names->size ? names->size * 2 : 64;
        char **list = realloc(names->list, size * sizeof *list);
        if (!list) {
            free(name);
            return 0;
        }
        names->list = list;
        names->size = size;
    }
    if (name) names->list[names->count++] = name;
    return name != 0;
}

static int compare(void const *left, void const *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static int is_service(int dir, struct dirent const *found)
{
    char const *name = found->d_name;
    struct stat about;

    if (*name == '.' || sv_instance_is_template(name)) return 0;
    if (found->d_type == DT_DIR) return 1;
    if (found->d_type != DT_LNK && found->d_type != DT_UNKNOWN) return 0;
    return !fstatat(dir, name, &about, 0) && S_ISDIR(about.st_mode);
}

/* Returns 1; 0 with errno. What was read is in *names either way. */
static int read_names(int dir, struct names *names)
{
    struct dirent const *found;
    int fd = sv_openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *stream = fd < 0 ? 0 : fdopendir(fd);
    int error_number;

    if (!stream) {
        error_number = errno;
        if (fd >= 0) (void)close(fd); /* only read from */
        errno = error_number;
        return 0;
    }
    do {
        errno = 0;
        found = readdir(stream);
        error_number = errno;
        if (found && is_service(dir, found) && !add_name(names, strdup(found->d_name)))
            error_number = ENOMEM;
    } while ((found && !error_number) || error_number == EINTR);
    (void)closedir(stream); /* only read from */
    errno = error_number;
    return !error_number;
}

/* Their files ------------------------------------------------------------------------ */

static void complain(struct load const *load, uint32_t service,
                     enum sv_needsfile_problem_kind kind, unsigned int line,
                     int error_number)
{
    struct sv_needsfile_problem const problem = {kind, load->all->names[service], line,
                                                 error_number};

    if (load->complain) load->complain(&problem, load->data);
}

static int add_line(struct load *load, uint32_t service, struct sv_need const *need,
                    unsigned int number)
{
    if (load->count == load->size) {
        uint32_t size = load->size ? load->size * 2 : 64;
        struct line *lines = realloc(load->lines, size * sizeof *lines);
        if (!lines) return 0;
        load->lines = lines;
        load->size = size;
    }
    char *name = strdup(need->name);
    if (!name) return 0;
    load->lines[load->count++] = (struct line){service, name, {number, need->loss}};
    return 1;
}

/* Returns 1; 0 with ENOMEM. */
static int read_file(struct load *load, uint32_t service)
{
    char text[SV_NEEDS_SIZE];
    ssize_t length = sv_needsfile_read(load->dir, load->all->names[service], text);
    struct sv_needs needs = {.text = text, .length = length < 0 ? 0 : (size_t)length};
    struct sv_need need;
    int result;

    if (length < 0) complain(load, service, SV_NEEDSFILE_UNREADABLE, 0, errno);
    for (unsigned int count = 0; (result = sv_needs_next(&needs, &need));) {
        if (result < 0) {
            complain(load, service, SV_NEEDSFILE_WRONG, needs.line, 0);
            continue;
        }
        if (count++ == SV_NEEDS_MAX) {
            complain(load, service, SV_NEEDSFILE_MANY, needs.line, 0);
            return 1;
        }
        if (!add_line(load, service, &need, needs.line)) return 0;
    }
    if (length == SV_NEEDS_SIZE)
        complain(load, service, SV_NEEDSFILE_LONG, needs.line, 0);
    return 1;
}

/* The graph -------------------------------------------------------------------------- */

static uint32_t find_between(struct sv_needsfile const *all, char const *name,
                             uint32_t from, uint32_t to)
{
    char *const *found = !all->names ? 0
                                     : bsearch(&name, all->names + from, to - from,
                                               sizeof *all->names, compare);

    return found ? (uint32_t)(found - all->names) : SV_ORDER_NONE;
}

uint32_t sv_needsfile_find(struct sv_needsfile const *all, char const *name)
{
    return find_between(all, name, 0, all->services);
}

/* Adds the names that are needed and no services, each once. 1; 0 with ENOMEM. */
static int add_unknown(struct load const *load, struct names *names)
{
    struct sv_needsfile *all = load->all;
    int done = 1;
    uint32_t last = all->services;

    for (uint32_t i = 0; done && i < load->count; i++)
        if (sv_needsfile_find(all, load->lines[i].name) == SV_ORDER_NONE) {
            done = add_name(names, strdup(load->lines[i].name));
            all->names = names->list;
        }
    uint32_t count = names->count - all->services;
    if (count > 1)
        qsort(names->list + all->services, count, sizeof *names->list, compare);
    for (uint32_t i = last; i < names->count; i++)
        if (last > all->services && !strcmp(names->list[i], names->list[last - 1]))
            free(names->list[i]);
        else
            names->list[last++] = names->list[i];
    names->count = last;
    return done;
}

static int make_graph(struct load const *load, uint32_t count)
{
    struct sv_needsfile *all = load->all;
    struct sv_order *order = &all->order;

    order->nodes = calloc(count ? count : 1, sizeof *order->nodes);
    order->edges = calloc(load->count ? load->count : 1, sizeof *order->edges);
    all->needs = calloc(load->count ? load->count : 1, sizeof *all->needs);
    if (!order->nodes || !order->edges || !all->needs) return 0;
    order->node_count = count;
    order->edge_max = load->count;
    sv_order_init(order);
    for (uint32_t i = 0; i < load->count; i++) {
        struct line const *line = &load->lines[i];
        uint32_t needed = sv_needsfile_find(all, line->name);
        if (needed == SV_ORDER_NONE)
            needed = find_between(all, line->name, all->services, count);
        all->needs[i] = line->need;
        (void)sv_order_add(order, line->service, needed); /* there is room for all */
    }
    return 1;
}

int sv_needsfile_load(struct sv_needsfile *all, int dir, sv_needsfile_complain *tell,
                      void *data)
{
    struct load load = {.all = all, .dir = dir, .complain = tell, .data = data};
    struct names names = {.count = 0};

    *all = (struct sv_needsfile){.services = 0};
    int done = read_names(dir, &names);
    if (done && names.count) qsort(names.list, names.count, sizeof *names.list, compare);
    all->names = names.list;
    all->services = names.count;
    for (uint32_t i = 0; done && i < all->services; i++) done = read_file(&load, i);
    if (done) done = add_unknown(&load, &names);
    all->names = names.list;
    if (done) done = make_graph(&load, names.count);
    all->order.node_count = names.count;
    int error_number = errno;
    for (uint32_t i = 0; i < load.count; i++) free(load.lines[i].name);
    free(load.lines);
    if (!done) sv_needsfile_free(all);
    errno = error_number;
    return done;
}

void sv_needsfile_free(struct sv_needsfile *all)
{
    for (uint32_t i = 0; i < all->order.node_count; i++) free(all->names[i]);
    free(all->names);
    free(all->needs);
    free(all->order.nodes);
    free(all->order.edges);
    *all = (struct sv_needsfile){.services = 0};
}

/* Words ------------------------------------------------------------------------------ */

#define ARROW " -> "

char *sv_needsfile_cycle(struct sv_needsfile *all, uint32_t node)
{
    uint32_t *path = calloc(all->order.node_count, sizeof *path);
    size_t size = strlen(all->names[node]) + 1, at = 0;

    if (!path) return 0;
    uint32_t count = sv_order_cycle(&all->order, node, path);
    for (uint32_t i = 0; i < count; i++)
        size += strlen(all->names[path[i]]) + sizeof ARROW - 1;
    char *text = malloc(size);
    for (uint32_t i = 0; text && i < count; i++) {
        size_t length = strlen(all->names[path[i]]);
        memcpy(text + at, all->names[path[i]], length);
        memcpy(text + at + length, ARROW, sizeof ARROW - 1);
        at += length + sizeof ARROW - 1;
    }
    if (text) memcpy(text + at, all->names[node], size - at);
    free(path);
    return text;
}

int sv_needsfile_split(char const *path, char **scandir, char **name)
{
    size_t end = strlen(path), begin;

    while (end > 1 && path[end - 1] == '/') end--;
    begin = end;
    while (begin && path[begin - 1] != '/') begin--;
    size_t length = end - begin;
    char const *last = path + begin;
    if (!length || (*last == '.' && (length == 1 || (length == 2 && last[1] == '.')))) {
        errno = EINVAL;
        return 0;
    }
    while (begin > 1 && path[begin - 1] == '/') begin--;
    *name = strndup(last, length);
    *scandir = begin ? strndup(path, begin) : strdup(".");
    if (*name && *scandir) return 1;
    free(*name);
    free(*scandir);
    return 0;
}
