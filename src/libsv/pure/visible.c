/* ISC license. */

#include <stdint.h>
#include <string.h>

#include <sv/visible.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct range {
    uint32_t first;
    uint32_t last;
};

/* Marks upon the character before them. */
static struct range const marks[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05BF},
    {0x05C1, 0x05C2}, {0x05C4, 0x05C5}, {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x0670, 0x0670}, {0x06D6, 0x06DC}, {0x06DF, 0x06E4}, {0x06E7, 0x06E8},
    {0x06EA, 0x06ED}, {0x0900, 0x0902}, {0x093C, 0x093C}, {0x0941, 0x0948},
    {0x094D, 0x094D}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
    {0x1AB0, 0x1ACE}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20F0}, {0x302A, 0x302D},
    {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

/* Two columns. */
static struct range const wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},
    {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},
    {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274C},
    {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},   {0x2B50, 0x2B50},
    {0x2B55, 0x2B55},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F004, 0x1F004},
    {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320},
    {0x1F32D, 0x1F64F}, {0x1F680, 0x1F6FC}, {0x1F7E0, 0x1F7EB}, {0x1F90C, 0x1FAFF},
    {0x20000, 0x3FFFD},
};

/* What a terminal may act upon, or not show. Behind U+10FFFD there is nothing. */
static struct range const odd[] = {
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},    {0x034F, 0x034F},
    {0x061C, 0x061C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},    {0x180B, 0x180F},
    {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},    {0x3164, 0x3164},
    {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},    {0xFFFE, 0xFFFF},
    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF},
};

static int is_in(struct range const *table, size_t count, uint32_t character)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (character > table[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && character >= table[low].first;
}

/* Decodes the character at text[length], length > 0. Returns its bytes; 0 if it is no
 * UTF-8. */
static unsigned int decode(unsigned char const *text, size_t length, uint32_t *character)
{
    static uint32_t const least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned int bytes = *text < 0x80   ? 1
                         : *text < 0xC2 ? 0
                         : *text < 0xE0 ? 2
                         : *text < 0xF0 ? 3
                         : *text < 0xF5 ? 4
                                        : 0;

    if (!bytes || bytes > length) return 0;
    *character = bytes == 1 ? *text : *text & (0xFFu >> (bytes + 1));
    for (unsigned int i = 1; i < bytes; i++) {
        if ((text[i] & 0xC0) != 0x80) return 0;
        *character = *character << 6 | (text[i] & 0x3Fu);
    }
    int is_surrogate = *character >= 0xD800 && *character <= 0xDFFF;
    return *character < least[bytes] || *character > 0x10FFFF || is_surrogate ? 0 : bytes;
}

unsigned int sv_visible(char *out, unsigned int columns, char const *text, size_t length,
                        int utf8)
{
    unsigned char const *at = (unsigned char const *)text, *end = at + length;
    unsigned int used = 0, marks_left = 0;

    while (at < end) {
        uint32_t character = 0;
        unsigned int bytes =
            utf8 || *at < 0x80 ? decode(at, (size_t)(end - at), &character) : 0;
        int is_mark = bytes && is_in(marks, COUNT(marks), character);
        unsigned int width = bytes && is_in(wide, COUNT(wide), character) ? 2 : 1;
        unsigned char const *from = at;
        at += bytes ? bytes : 1;
        if (is_mark) {
            if (!marks_left) continue;
            marks_left--;
        } else {
            if (character == '\t') from = (unsigned char const *)" ", bytes = 1;
            if (!bytes || (*from != ' ' && is_in(odd, COUNT(odd), character)))
                from = (unsigned char const *)"?", bytes = width = 1;
            if (width > columns - used) break;
            used += width;
            marks_left = SV_VISIBLE_MARKS;
        }
        memcpy(out, from, bytes);
        out += bytes;
    }
    *out = 0;
    return used;
}
