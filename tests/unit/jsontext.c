/* ISC license. */

/* Text in JSON: whatever bytes there are, what comes out is a JSON string. */

#include <sv/jsontext.h>

#include "tap.h"

static int is_utf8;

static char const *escape(char const *text)
{
    static char escaped[256];
    size_t at = 0;
    unsigned int length;

    is_utf8 = 1;
    while ((length = sv_jsontext_next(escaped + at, &text, &is_utf8))) at += length;
    escaped[at] = 0;
    return escaped;
}

int main(void)
{
    is_str(escape("web.1-a /b"), "web.1-a /b", "plain text stays");
    is_str(escape("a\"b\\c"), "a\\\"b\\\\c", "quotes and backslashes are marked");
    is_str(escape("\t\n\x7f"), "\\u0009\\u000a\\u007f", "control characters are escaped");
    is_str(escape("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
           "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "UTF-8 stays");
    ok(is_utf8, "and is that");
    is_str(escape("a\xff"), "a\\ufffd", "any other byte is replaced");
    ok(!is_utf8, "and is told of");
    is_str(escape("\xc0\x80\xed\xa0\x80"), "\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd",
           "so are longer forms than needed, and surrogates");
    is_str(escape("\xe2\x82"), "\\ufffd\\ufffd", "and what is cut off");
    for (int byte = 1; byte < 256; byte++) {
        char const text[] = {(char)byte, 0};
        char const *escaped = escape(text);
        expect(*escaped && (is_utf8 == (byte < 128)), "byte %d becomes something", byte);
        for (; *escaped; escaped++)
            expect(*escaped >= ' ' && *escaped < 127, "byte %d becomes text", byte);
    }
    ok(1, "every byte becomes text");
    return done();
}
