/* ISC license. */

#include <sv/text.h>

#include "tap.h"

int main(void)
{
    char text[8] = "";

    sv_text_append(text, sizeof text, "");
    is_str(text, "", "nothing is nothing");
    sv_text_append(text, sizeof text, "ab");
    sv_text_append_number(text, sizeof text, 0);
    is_str(text, "ab0", "words and numbers, one behind the other");
    sv_text_append_number(text, sizeof text, 1234);
    is_str(text, "ab01234", "up to the last place");
    sv_text_append(text, sizeof text, "c");
    is_str(text, "ab01234", "and no further");
    *text = 0;
    sv_text_append_number(text, sizeof text, UINT64_MAX);
    is_str(text, "1844674", "what does not fit is cut");
    return done();
}
