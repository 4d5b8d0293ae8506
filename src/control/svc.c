/* ISC license. */

/*
 * svc: writes commands to the supervise of each service, all of them at once.
 *
 * Which letters there are, as short options, as long ones and in the usage text, comes
 * from SV_COMMANDS. The exit code is 0 whatever happened to the services, as ever; with
 * --strict it is 111 if one of them could not be told.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/buffer.h>
#include <skalibs/sig.h>

#include <sv/clock.h>
#include <sv/control.h>
#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/personality.h>
#include <sv/statedir.h>
#include <sv/statefile.h>
#include <sv/status.h>

#include "config.h"

#define BATCH_ENCORE 32 /* bytes, the leading 'l' included; one more is an error */
#define BATCH_DJB 20    /* bytes; what does not fit is dropped */
_Static_assert(BATCH_ENCORE - 1 <= SV_CONTROL_MARK_COVERS,
               "mark() drops one byte at most");

/* A full FIFO means that supervise is stopped, or slow: it is given this long to read. */
#define PATIENCE_MS 5000

#define HELP "usage: svc [-LETTERS] [--OPTION]... [service...]"

char const *PROG = "svc";

enum { OPTION_STRICT = SV_OPTION_LONG + SV_COMMAND_COUNT, OPTION_HELP, OPTION_VERSION };

static struct sv_option_word const words[] = {
#define SVC_WORD(name, byte, dialect, option, meaning) \
    {option, SV_OPTION_LONG + SV_COMMAND_##name, SV_OPTION_NONE},
    SV_COMMANDS(SVC_WORD)
#undef SVC_WORD
        {"strict", OPTION_STRICT, SV_OPTION_NONE},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

/* What the operator asked for, in the order of typing. */
struct batch {
    unsigned char bytes[BATCH_ENCORE];
    unsigned int size; /* of what the personality allows */
    unsigned int length;
    unsigned int
        start; /* a letter counts once from here on: behind the last 'L' or 'l' */
};

/* Whether this letter may be typed as a short option. */
static int is_short(enum sv_dialect dialect)
{
    switch (dialect) {
    case SV_DIALECT_DJB: return 1;
    case SV_DIALECT_ENCORE: return sv_personality() == SV_PERSONALITY_ENCORE;
    case SV_DIALECT_OTHER: break;
    }
    return 0;
}

static void complain_usage(void)
{
    char const *separator = "svc options: ";

    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++) {
        struct sv_command_word const *word = &sv_control_words[kind];
        if (!is_short(word->dialect)) continue;
        buffer_puts(buffer_2, separator);
        buffer_put(buffer_2, (char const *)&word->byte, 1);
        buffer_puts(buffer_2, " ");
        buffer_puts(buffer_2, word->meaning);
        separator = ", ";
    }
    buffer_putsflush(buffer_2, "\n");
    _exit(100);
}

static void print_help(void)
{
    static char const blanks[] = "                  ";

    buffer_puts(buffer_1, HELP "\n\n");
    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++) {
        struct sv_command_word const *word = &sv_control_words[kind];
        char const letter[] = {' ', ' ', '-', (char)word->byte, ' ', ' ', 0};
        size_t width = strlen(word->option);
        buffer_puts(buffer_1, is_short(word->dialect) ? letter : "      ");
        buffer_puts(buffer_1, "--");
        buffer_puts(buffer_1, word->option);
        buffer_puts(buffer_1, width < sizeof blanks ? blanks + width : " ");
        buffer_puts(buffer_1, word->meaning);
        buffer_puts(buffer_1, "\n");
    }
    buffer_puts(buffer_1,
                "\n      --strict          exit 111 if a service could not be told\n");
    buffer_puts(buffer_1, "      --help            this text\n");
    buffer_putsflush(buffer_1, "      --version         which upkeep this is\n");
    _exit(0);
}

/*
 * Adds a letter. encore starts anew with each 'L' and 'l', and refuses one too many even
 * if the letter is there already; djb drops what it has no room for.
 */
static void add(struct batch *batch, unsigned char byte)
{
    int selects = byte == 'L' || byte == 'l';

    if (batch->length >= batch->size) {
        if (batch->size == BATCH_ENCORE) sv_die(100, "too many options");
        return;
    }
    if (!selects
        && memchr(batch->bytes + batch->start, byte, batch->length - batch->start))
        return;
    batch->bytes[batch->length++] = byte;
    if (selects) batch->start = batch->length;
}

/* Returns the index of the first service in argv. */
static int read_options(int argc, char const *const *argv, struct batch *batch,
                        int *strict)
{
    char letters[SV_COMMAND_COUNT + 1];
    unsigned int count = 0;
    int option;

    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++)
        if (is_short(sv_control_words[kind].dialect))
            letters[count++] = (char)sv_control_words[kind].byte;
    letters[count] = 0;

    struct sv_options options = SV_OPTIONS(letters, words);
    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        switch (option) {
        case OPTION_STRICT: *strict = 1; break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION:
            buffer_putsflush(buffer_1, "svc (upkeep) " SV_VERSION "\n");
            _exit(0);
        case SV_OPTION_WRONG:
            sv_option_complain(&options);
            complain_usage();
            break;
        default: /* not an enum: the letters and the values that SV_COMMANDS gave to the
                    words */
            add(batch, option < SV_OPTION_LONG
                           ? (unsigned char)option
                           : sv_control_words[option - SV_OPTION_LONG].byte);
        }
    }
    return options.index;
}

/* Whether the supervise of the state directory `dir` is ours, and so knows marks. */
static int is_upkeep(int dir)
{
    unsigned char packed[SV_STATUS_OWN];
    struct sv_status status;
    ssize_t got = sv_statefile_read(dir, SV_STATUS_OWN_FILE, packed, sizeof packed);

    if (got < 0 || !sv_status_unpack(packed, (size_t)got, &status)) return 0;
    /* The record may have outlived its writer, and another suite's supervise be here now.
     */
    return !kill((pid_t)status.supervise_pid, 0) || errno == EPERM;
}

/*
 * Puts a mark before the bytes: who asks. One mark cannot speak for all 32, but the 'l'
 * that they then begin with says nothing at the beginning of a batch. Returns the length.
 */
static size_t mark(unsigned char *marked, struct batch const *batch)
{
    unsigned int dropped = batch->length > SV_CONTROL_MARK_COVERS;
    unsigned int covers = batch->length - dropped;

    if (!covers) return 0;
    sv_control_mark(marked, covers, getuid());
    memcpy(marked + SV_CONTROL_MARK, batch->bytes + dropped, covers);
    return SV_CONTROL_MARK + covers;
}

/* Writes the batch to the supervise of the state directory `dir`. Returns 1; 0 after a
 * warning. */
static int tell_there(int dir, char const *service, struct batch const *batch)
{
    unsigned char marked[SV_CONTROL_MARK + SV_CONTROL_MARK_COVERS];
    int fd = sv_controlfifo_open(dir, "control");

    if (fd < 0) {
        if (errno == ENXIO)
            sv_warnu("control ", service, ": supervise not running");
        else
            sv_warnusys("control ", service);
        return 0;
    }
    int ours = is_upkeep(dir);
    size_t size = ours ? mark(marked, batch) : batch->length;
    int told = sv_controlfifo_write(fd, ours ? marked : batch->bytes, size,
                                    sv_clock_monotonic_ms() + PATIENCE_MS);
    if (!told) sv_warn("error writing commands to ", service, ": ", sv_errortext(errno));
    (void)close(fd); /* a FIFO keeps what was written */
    return told;
}

/* The same for the service directory we are in. */
static int tell(char const *service, struct batch const *batch)
{
    int dir = sv_statedir_place(AT_FDCWD);

    if (dir < 0) {
        sv_warnu("control ", service, ": ", sv_errortext(errno),
                 sv_statedir_remedy(errno));
        return 0;
    }
    int told = tell_there(dir, service, batch);
    (void)close(dir); /* only a place */
    return told;
}

int main(int argc, char const *const *argv)
{
    int encore = sv_personality() == SV_PERSONALITY_ENCORE;
    struct batch batch = {.size = encore ? BATCH_ENCORE : BATCH_DJB};
    int strict = 0, failed = 0;

    /* As encore does, so that another's 'L' a moment ago does not matter. */
    if (encore) batch.bytes[batch.length++] = 'l';
    argv += read_options(argc, argv, &batch, &strict);
    if (!sig_ignore(SIGPIPE)) sv_dieusys(111, "ignore SIGPIPE");
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (here < 0) sv_dieusys(111, "open current directory");

    for (; *argv; argv++) {
        if (chdir(*argv) < 0) {
            sv_warnusys("chdir to ", *argv);
            failed = 1;
        } else if (!tell(*argv, &batch)) {
            failed = 1;
        }
        if (fchdir(here) < 0) sv_dieusys(111, "set directory");
    }
    return strict && failed ? 111 : 0;
}
