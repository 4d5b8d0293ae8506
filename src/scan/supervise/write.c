/* ISC license. */

/*
 * Writes down what has been noted, for readers: .journal, .status, status, .death_tally.
 * What cannot be written stays noted.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/journalfile.h>
#include <sv/message.h>
#include <sv/process.h>
#include <sv/proctree.h>
#include <sv/recoveryfile.h>
#include <sv/statefile.h>

#include "service.h"

#define RETRY_MS 1000

/*
 * Opens the journal; service->status.serial becomes no lower than what is in it. A killed
 * supervise may have left transitions in the page that are not in the journal yet.
 */
static void open_journal(struct service *service)
{
    uint64_t last = service->status.serial > SV_RECOVERY_QUEUE
                        ? service->status.serial - SV_RECOVERY_QUEUE
                        : 0;

    service->journal = sv_journalfile_open(service->state_dir, &last);
    if (service->journal >= 0) {
        trouble_over(&service->journal_trouble);
        if (last > service->status.serial) service->status.serial = last;
        if (last > service->journal_serial) service->journal_serial = last;
    } else if (trouble_is_new(&service->journal_trouble)) {
        sv_warnusys("open ", service->dir_name, "/supervise/" SV_JOURNAL_FILE);
    }
}

/* Writes those that wait. Returns 1; 0 with errno. */
static int write_entries(struct service *service)
{
    struct sv_journal_entry entry;
    uint64_t serial = service->journal_serial;

    while (serial++ < service->status.serial)
        if (sv_recovery_queued(service->page, serial, &entry)
            && !sv_journalfile_write(service->journal, &entry))
            return 0;
    return 1;
}

void service_write_journal(struct service *service)
{
    if (service->journal < 0) open_journal(service);
    if (service->journal < 0) return;
    if (write_entries(service)) {
        trouble_over(&service->journal_trouble);
        service->journal_serial = service->status.serial;
    } else if (trouble_is_new(&service->journal_trouble)) {
        sv_warnusys("write ", service->dir_name, "/supervise/" SV_JOURNAL_FILE);
    }
}

static void write_tally(struct service *service)
{
    static SV_LARGE unsigned char packed[SV_TALLY_MAX * SV_TALLY_RECORD];
    size_t length =
        sv_tally_pack(packed, service->tally, service->settings.max_death_tally);

    service->tally_changed =
        !sv_statefile_write(service->state_dir, SV_TALLY_FILE, packed, length);
    if (!service->tally_changed)
        trouble_over(&service->tally_trouble);
    else if (trouble_is_new(&service->tally_trouble))
        sv_warnusys("write ", service->dir_name, "/supervise/" SV_TALLY_FILE);
}

/* The record that all of the family have, the logger's behind it. Returns its length. */
static size_t pack_family(unsigned char *family, struct service const *service,
                          struct sv_status const *status)
{
    struct sv_status_family words;

    sv_status_to_family(status, &words);
    sv_status_pack_family(family, &words);
    if (service->logger.dir < 0)
        return service->is_encore ? SV_STATUS_ENCORE : SV_STATUS_DJB;
    memcpy(family + SV_STATUS_ENCORE, service->logger.status, SV_STATUS_ENCORE);
    return (size_t)2 * SV_STATUS_ENCORE;
}

void service_write_birth(struct service *service, struct sv_event const *birth)
{
    unsigned char family[2 * SV_STATUS_ENCORE];
    struct sv_status status;

    sv_clock_wall(&service->born);
    service_foresee(service, birth, &status);
    size_t length = pack_family(family, service, &status);
    (void)sv_statefile_write(service->state_dir, SV_STATUS_FILE, family, length);
    service->status_changed = 1; /* that was not all, and it may come to nothing */
}

static int write_status(struct service *service)
{
    unsigned char own[SV_STATUS_OWN], family[2 * SV_STATUS_ENCORE];
    size_t length = pack_family(family, service, &service->status);

    sv_status_pack(own, &service->status);
    if (!sv_statefile_write(service->state_dir, SV_STATUS_OWN_FILE, own, sizeof own))
        return 0;
    if (!service->leaving && service->linger_ms > sv_clock_monotonic_ms()) return 1;
    service->linger_ms = 0;
    return sv_statefile_write_held(service->state_dir, SV_STATUS_FILE, family, length,
                                   &service->status_file);
}

/* What makes the child recognisable, should we not be the one who waits for it in the
 * end. */
static void identify_child(struct sv_status *status)
{
    if (status->pid && !status->pid_inode)
        status->pid_inode = sv_proctree_pidfd_inode((pid_t)status->pid); /* or 0 */
}

/* The page is memory only: there was no room for the file, or no right to make it. */
static void retry_page(struct service *service)
{
    service->is_mapped = sv_recoveryfile_retry(service->page, service->state_dir);
    if (service->is_mapped)
        trouble_over(&service->page_trouble);
    else
        service_warn_page(service);
}

void service_write(struct service *service)
{
    if (service->linger_ms && service->linger_ms <= sv_clock_monotonic_ms())
        service->status_changed = 1;
    if (!service->is_mapped) retry_page(service);
    if (service->journal_serial != service->status.serial) service_write_journal(service);
    if (service->status_changed) {
        identify_child(&service->status);
        service_store(service);
        if (write_status(service)) {
            service->status_changed = 0;
            trouble_over(&service->status_trouble);
        } else if (trouble_is_new(&service->status_trouble)) {
            sv_warnusys("write ", service->dir_name, "/supervise/status");
        }
    }
    if (service->tally_changed) write_tally(service);
    int left = service->journal_serial != service->status.serial
               || service->status_changed || service->tally_changed
               || !service->is_mapped;
    service->write_ms = left                 ? sv_clock_monotonic_ms() + RETRY_MS
                        : service->linger_ms ? service->linger_ms
                                             : SV_NEVER;
}

/* Reads what an earlier supervise left, as far as it goes on: serial and count of starts.
 */
static void read_earlier(struct service *service)
{
    unsigned char own[SV_STATUS_OWN + 1];
    struct sv_status earlier;
    ssize_t length =
        sv_statefile_read_ours(service->state_dir, SV_STATUS_OWN_FILE, own, sizeof own);

    if (length < 0 || !sv_status_unpack(own, (size_t)length, &earlier)) return;
    service_continue_counts(&service->status, &earlier);
}

static void read_tally(struct service *service)
{
    static SV_LARGE unsigned char packed[SV_TALLY_MAX * SV_TALLY_RECORD];
    ssize_t length =
        sv_statefile_read(service->state_dir, SV_TALLY_FILE, packed, sizeof packed);
    struct timespec now;

    if (length <= 0) return;
    sv_clock_wall(&now);
    sv_tally_unpack(service->tally, packed, (size_t)length, &now, sv_clock_monotonic_ms(),
                    service_tally_size(service));
}

static void add_death(struct service *service, struct sv_journal_entry const *entry)
{
    int exited = entry->ending == SV_ENDING_EXIT;
    int killed = entry->ending == SV_ENDING_SIGNAL;
    struct sv_death const death = {.monotonic_ms = (int64_t)entry->monotonic_ms,
                                   .when = entry->when,
                                   .code =
                                       exited ? (unsigned char)entry->ending_value : 0,
                                   .signal_number =
                                       killed ? (unsigned char)entry->ending_value : 0};

    sv_tally_add(service->tally, &death, service_tally_size(service));
    service->tally_changed = 1;
}

/* The entry that waits with that serial, if it is about a death. */
static int queued_death(struct service const *service, uint64_t serial,
                        struct sv_journal_entry *entry)
{
    return sv_recovery_queued(service->page, serial, entry)
           && entry->event == SV_EVENT_DIED && entry->cause != SV_CAUSE_MOVED;
}

/*
 * Deaths that a killed supervise had decided upon, and not written: those after the last
 * one that is in the tally.
 */
static void add_queued_deaths(struct service *service)
{
    struct sv_journal_entry entry;
    uint64_t last = service->status.serial;
    uint64_t oldest = last > SV_RECOVERY_QUEUE ? last - SV_RECOVERY_QUEUE : 0;
    uint64_t serial = last;

    while (serial > oldest
           && !(queued_death(service, serial, &entry)
                && sv_tally_has(service->tally, &entry.when)))
        serial--;
    while (serial++ < last)
        if (queued_death(service, serial, &entry)) add_death(service, &entry);
}

/*
 * The journal was removed, and what waits for it was in it: told again, it would come to
 * readers twice. The first few transitions may really wait.
 */
static int is_made_anew(struct service const *service)
{
    struct stat about;

    return service->journal >= 0 && service->status.serial > SV_RECOVERY_QUEUE
           && !fstat(service->journal, &about) && about.st_size <= SV_JOURNAL_RECORD;
}

void service_open_records(struct service *service)
{
    struct sv_status *status = &service->status;
    int known = status->serial != 0; /* from the page of the last supervise */

    /* the page of a killed one may hold transitions that are not in the journal yet */
    service->journal_serial = 0;
    if (!known) read_earlier(service);
    read_tally(service);
    open_journal(service);
    if (known && is_made_anew(service)) service->journal_serial = status->serial;
    if (known) add_queued_deaths(service);
    status->supervise_pid = (uint32_t)getpid();
    status->supervise_start = service->page->supervise_start;
}
