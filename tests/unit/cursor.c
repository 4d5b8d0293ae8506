/* ISC license. */

/*
 * How far a killed reader had come: a decision counts as a whole or not at all, what is
 * owed is owed once, and a journal is known again.
 */

#include <stddef.h>

#include <sv/cursor.h>

#include "tap.h"

static struct sv_cursor cursor, before, after;
static unsigned char in_use[SV_CURSOR_ROWS];
static unsigned char const life[SV_CURSOR_LIFE] = "this life, no ot";
static unsigned char const other_life[SV_CURSOR_LIFE] = "another life, ye";

static void begin(void)
{
    memset(&cursor, 0, sizeof cursor);
    sv_cursor_init(&cursor);
}

static void kinds(void)
{
    memset(&cursor, 0, sizeof cursor);
    is_int(sv_cursor_look(&cursor), SV_CURSOR_BLANK, "a file of zeros may become one");
    cursor.turn = 1;
    is_int(sv_cursor_look(&cursor), SV_CURSOR_FOREIGN, "unless there is something in it");
    begin();
    is_int(sv_cursor_look(&cursor), SV_CURSOR_OURS, "and then it is one");
    cursor.magic[7]++;
    is_int(sv_cursor_look(&cursor), SV_CURSOR_FOREIGN, "another version is foreign");
    begin();
    cursor.slots[0].rows = SV_CURSOR_ROWS + 1;
    is_int(sv_cursor_look(&cursor), SV_CURSOR_FOREIGN, "so are more rows than there are");
    begin();
    cursor.slots[0].debt = SV_CURSOR_PROGRAM + 1;
    is_int(sv_cursor_look(&cursor), SV_CURSOR_FOREIGN, "an unknown debt");
    begin();
    sv_cursor_owe(&cursor.slots[0], 100);
    cursor.slots[0].sent += 101;
    is_int(sv_cursor_look(&cursor), SV_CURSOR_FOREIGN, "and more sent than was owed");
    cursor.slots[0].sent--;
    is_int(sv_cursor_look(&cursor), SV_CURSOR_OURS, "all of it is right");
}

/* A draft with a row for journal number `serial`, read up to there. */
static struct sv_cursor_slot *draft(uint64_t serial)
{
    struct sv_cursor_slot *slot = sv_cursor_draft(&cursor);
    int index = sv_cursor_add(slot, in_use);

    slot->row[index] = (struct sv_cursor_row){.name = serial,
                                              .device = 1,
                                              .inode = serial,
                                              .serial = serial};
    sv_cursor_owe(slot, (size_t)serial);
    return slot;
}

/* Whatever part of a draft has been stored, what counts is what did. */
static void torn_drafts(void)
{
    begin();
    is_int(sv_cursor_slot(&cursor)->rows, 0, "a new cursor knows no journal");
    for (uint64_t serial = 1; serial < 5; serial++) {
        before = cursor;
        (void)draft(serial);
        after = cursor;
        size_t end = offsetof(struct sv_cursor, slots[1].row[8]);
        for (size_t done = 0; done <= end; done++) {
            cursor = before;
            memcpy(&cursor, &after, done);
            expect(sv_cursor_look(&cursor) == SV_CURSOR_OURS
                       && sv_cursor_slot(&cursor)->rows == serial - 1
                       && sv_cursor_left(sv_cursor_slot(&cursor)) == serial - 1,
                   "%zu bytes of a draft change nothing", done);
            if (done == offsetof(struct sv_cursor, slots[0].row[8]))
                done = offsetof(struct sv_cursor, slots[1]) - 1;
        }
        cursor = after;
        sv_cursor_commit(&cursor);
        expect(sv_cursor_slot(&cursor)->rows == serial, "commit %d counts", (int)serial);
        expect(sv_cursor_left(sv_cursor_slot(&cursor)) == serial, "and its debt");
    }
    ok(1, "a draft that was not committed changes nothing");
    struct sv_cursor_slot const *slot = sv_cursor_slot(&cursor);
    ok(slot->row[0].serial == 1 && slot->row[3].serial == 4,
       "rows stay from turn to turn");
    is_int(sv_cursor_draft(&cursor)->debt, SV_CURSOR_NOTHING, "debts do not");
}

static void batches(void)
{
    begin();
    struct sv_cursor_slot *slot = draft(100);
    is_int(sv_cursor_left(slot), 100, "all of a batch is owed");
    slot->sent += 30;
    is_int(sv_cursor_left(slot), 70, "then what is left");
    ok(!sv_cursor_find_sent(slot, 7, 8, 1000), "that no file was noted changes nothing");
    sv_cursor_note_file(slot, 7, 8, 1000);
    ok(!sv_cursor_find_sent(slot, 7, 9, 1050), "nor does another file");
    ok(!sv_cursor_find_sent(slot, 6, 8, 1050), "on any device");
    is_int(sv_cursor_left(slot), 70, "still so much");
    ok(sv_cursor_find_sent(slot, 7, 8, 1000), "the file that was noted");
    is_int(sv_cursor_left(slot), 70, "has got nothing yet");
    ok(sv_cursor_find_sent(slot, 7, 8, 1069), "or it has");
    is_int(sv_cursor_left(slot), 1, "all but one byte");
    (void)sv_cursor_find_sent(slot, 7, 8, 2000);
    is_int(sv_cursor_left(slot), 0, "more than all is all");
    (void)sv_cursor_find_sent(slot, 7, 8, 10);
    is_int(sv_cursor_left(slot), 70, "less than before is nothing");
}

static void programs(void)
{
    begin();
    struct sv_cursor_slot *slot = sv_cursor_draft(&cursor);
    is_int(sv_cursor_course(slot, life), SV_CURSOR_OVER, "no program is owed");
    sv_cursor_owe_program(slot, 10, life);
    is_int(sv_cursor_left(slot), 0, "a program is no text");
    is_int(sv_cursor_course(slot, life), SV_CURSOR_WAITING, "it is to be started");
    slot->birth.pid = 99;
    slot->birth.first_ns = slot->birth.last_ns = 1;
    is_int(sv_cursor_course(slot, life), SV_CURSOR_STARTED, "it was");
    is_int(sv_cursor_course(slot, other_life), SV_CURSOR_OVER,
           "that process is not there in another life");
    slot->birth.error_number = 2;
    is_int(sv_cursor_course(slot, life), SV_CURSOR_WAITING, "it could not be executed");
    is_int(sv_cursor_course(slot, other_life), SV_CURSOR_WAITING, "in any life");
    sv_cursor_try_again(slot);
    ok(!slot->birth.pid && !slot->birth.error_number && !slot->birth.last_ns,
       "it is tried as if for the first time");
    slot->birth.pid = 99;
    slot->is_over = 1;
    is_int(sv_cursor_course(slot, life), SV_CURSOR_OVER, "and it has ended");
}

static void rows(void)
{
    begin();
    struct sv_cursor_slot *slot = sv_cursor_draft(&cursor);
    is_int(sv_cursor_find(slot, 1, 2, 3), -1, "no journal is known");
    for (unsigned int i = 0; i < SV_CURSOR_ROWS; i++) {
        int index = sv_cursor_add(slot, in_use);
        expect(index == (int)i, "row %u is free", i);
        slot->row[i] = (struct sv_cursor_row){.name = i,
                                              .device = 1,
                                              .inode = i + 1,
                                              .turn = 10000 - i};
    }
    is_int(slot->rows, SV_CURSOR_ROWS, "there are so many rows");
    is_int(sv_cursor_find(slot, 1, 8, 77), 7, "a journal is known by its file");
    is_int(sv_cursor_find(slot, 2, 8, 77), 77, "or the service by its name");
    is_int(sv_cursor_find(slot, 2, 8, 99999), -1, "or not at all");
    is_int(sv_cursor_add(slot, in_use), SV_CURSOR_ROWS - 1,
           "the row that has not changed for the longest is taken");
    in_use[SV_CURSOR_ROWS - 1] = 1;
    is_int(sv_cursor_add(slot, in_use), SV_CURSOR_ROWS - 2, "unless it is in use");
    memset(in_use, 1, sizeof in_use);
    is_int(sv_cursor_add(slot, in_use), -1, "all are in use");
    memset(in_use, 0, sizeof in_use);
    slot->row[5].name = slot->row[6].name = 50000;
    is_int(sv_cursor_find(slot, 2, 8, 50000), 5,
           "of two with that name the one that has changed last");
    ok(sv_cursor_name("web") != sv_cursor_name("web/log"), "names differ");
}

static void resuming(void)
{
    struct sv_cursor_row const row = {
        .device = 1, .inode = 2, .serial = 100, .when_s = 50, .when_ns = 5};
    struct sv_journal_entry same = {.serial = 100, .when = {50, 5}};
    struct sv_journal_entry const other = {.serial = 100, .when = {50, 6}};

    is_int(sv_cursor_resume(&row, 1, 2, 40, 120, &same), 100, "a journal goes on");
    is_int(sv_cursor_resume(&row, 1, 9, 40, 120, &same), 100, "so does a copy of it");
    is_int(sv_cursor_resume(&row, 1, 2, 1, 120, &other), 0,
           "another entry with that serial: it is another journal");
    is_int(sv_cursor_resume(&row, 1, 9, 1, 120, &other), 0, "in whatever file");
    is_int(sv_cursor_resume(&row, 1, 2, 300, 554, 0), 100, "ours was overwritten");
    is_int(sv_cursor_resume(&row, 1, 9, 103, 110, 0), 100,
           "a new journal in which supervise counts on");
    is_int(sv_cursor_resume(&row, 1, 9, 1, 7, 0), 0, "one that begins anew");
    is_int(sv_cursor_resume(&row, 1, 9, 60, 314, 0), 0,
           "one that has nothing to do with it");
    is_int(sv_cursor_resume(&row, 1, 9, 0, 0, 0), 100, "an empty one tells later");
}

int main(void)
{
    kinds();
    torn_drafts();
    batches();
    programs();
    rows();
    resuming();
    return done();
}
