/* ISC license. */

#include <sv/visible.h>

#include "tap.h"

#define COLUMNS 40

static char out[SV_VISIBLE_ROOM(COLUMNS)];

static unsigned int show(char const *text, unsigned int columns)
{
    return sv_visible(out, columns, text, strlen(text), 1);
}

static void test_harmless(void)
{
    static char const bytes[] = "a\0b";
    static char const *const odd[] = {
        "\x1b",             /* ESC */
        "\r",               /* the cursor goes back */
        "\b",               /* and here too */
        "\x7f",             /* DEL */
        "\xc2\x9b",         /* CSI in eight bits, as UTF-8 */
        "\xe2\x80\xae",     /* what follows from right to left */
        "\xe2\x81\xa6",     /* an isolate */
        "\xe2\x80\x8b",     /* a blank of no width */
        "\xef\xbb\xbf",     /* a byte order mark */
        "\xf3\xa0\x81\x81", /* a tag */
    };

    is_int(show("plain text, ~!", COLUMNS), 14, "plain text takes its length");
    is_str(out, "plain text, ~!", "and stays as it is");
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        is_int(show(odd[i], COLUMNS), 1, "what could drive a terminal takes a column");
        is_str(out, "?", "as a question mark");
    }
    show("\x1b[31mred\x1b]0;title\x07", COLUMNS);
    is_str(out, "?[31mred?]0;title?", "a sequence has lost its beginning");
    show("a\tb", COLUMNS);
    is_str(out, "a b", "a TAB is a blank");
    is_int(sv_visible(out, COLUMNS, bytes, 3, 1), 3, "text may hold a NUL");
    is_str(out, "a?b", "which does not end it");
}

static void test_utf8(void)
{
    is_int(show("gr\xc3\xbc\xc3\x9f", COLUMNS), 4,
           "letters beyond ASCII take one column");
    is_str(out, "gr\xc3\xbc\xc3\x9f", "and come through");
    sv_visible(out, COLUMNS, "gr\xc3\xbc", 4, 0);
    is_str(out, "gr??", "but not to who does not know UTF-8");
    show("\xc3(\xff\xc0\xaf\xe2\x82", COLUMNS);
    is_str(out, "?(?????", "what is no UTF-8 does not");
    show("\xed\xa0\x80|\xf4\x90\x80\x80", COLUMNS);
    is_str(out, "???|????", "nor half a pair, nor what is beyond the last one");
    is_int(show("\xe6\x97\xa5\xe6\x9c\xac", COLUMNS), 4, "two columns for some");
    is_int(show("\xf0\x9f\x98\x80", COLUMNS), 2, "and for pictures");
    is_int(show("e\xcc\x81\xcc\x82\xcc\x83\xcc\x84", COLUMNS), 1, "none for marks");
    is_str(out, "e\xcc\x81\xcc\x82", "of which not too many come through");
    is_int(show("\xcc\x81x", COLUMNS), 1, "nor any upon nothing");
    is_str(out, "x", "at the beginning");
}

static void test_fit(void)
{
    is_int(show("abcdef", 4), 4, "no more than fits");
    is_str(out, "abcd", "the beginning of it");
    is_int(show("abc\xe6\x97\xa5", 4), 3, "a wide character fits whole");
    is_str(out, "abc", "or not at all");
    is_int(show("x", 0), 0, "nothing fits nowhere");
    is_str(out, "", "and is empty");
    is_int(show("abcde\xcc\x81", 5), 5, "a mark on the last column");
    is_str(out, "abcde\xcc\x81", "still belongs to it");
}

int main(void)
{
    test_harmless();
    test_utf8();
    test_fit();
    return done();
}
