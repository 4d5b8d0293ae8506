/* ISC license. */

#include <string.h>

#include <sv/address.h>

enum { BYTES_4 = 4, BYTES_6 = 16, BYTES_GROUP = 2, DIGITS_GROUP = 4 };

/* Each take_ function reads at *text and, if it returns 1, moves *text behind what it
 * read. */

static int take_decimal(char const **text, unsigned int max, unsigned int *number)
{
    char const *at = *text;
    unsigned int value = 0;

    if (*at < '0' || *at > '9') return 0;
    if (*at == '0' && at[1] >= '0' && at[1] <= '9') return 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (unsigned int)(*at - '0');
        if (value > max) return 0;
    }
    *text = at;
    *number = value;
    return 1;
}

static int take_ip4(char const **text, unsigned char *ip)
{
    char const *at = *text;

    for (unsigned int i = 0; i < BYTES_4; i++) {
        unsigned int byte;
        if (i && *at++ != '.') return 0;
        if (!take_decimal(&at, 255, &byte)) return 0;
        ip[i] = (unsigned char)byte;
    }
    *text = at;
    return 1;
}

/* The value of a hexadecimal digit, -1 if it is none. */
static int hex(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

static int take_group(char const **text, unsigned char *ip)
{
    char const *at = *text;
    unsigned int value = 0;

    for (; hex(*at) >= 0; at++) {
        if (at - *text == DIGITS_GROUP) return 0;
        value = value << 4 | (unsigned int)hex(*at);
    }
    if (at == *text) return 0;
    ip[0] = (unsigned char)(value >> 8);
    ip[1] = (unsigned char)value;
    *text = at;
    return 1;
}

/*
 * Groups with single colons between them, the last two perhaps an IPv4 address, to at
 * most `room` bytes. Returns the bytes filled; 0, and *text unmoved, if there is no
 * group. Stops before what is none: a colon behind the last group is left to the caller.
 */
static unsigned int take_groups(char const **text, unsigned char *ip, unsigned int room)
{
    unsigned int used = 0;

    while (used < room) {
        char const *at = *text;
        if (used && *at++ != ':') break;
        if (used + BYTES_4 <= room && take_ip4(&at, ip + used)) {
            *text = at;
            return used + BYTES_4;
        }
        if (!take_group(&at, ip + used)) break;
        *text = at;
        used += BYTES_GROUP;
    }
    return used;
}

/* All eight groups, or fewer with one "::" that stands for at least one group of zeros.
 */
static int take_ip6(char const **text, unsigned char *ip)
{
    unsigned char tail[BYTES_6];
    char const *at = *text;
    unsigned int head = take_groups(&at, ip, BYTES_6);

    if (head < BYTES_6) {
        if (at[0] != ':' || at[1] != ':') return 0;
        /* an IPv4 address is the end: no "::" behind it */
        if (memchr(*text, '.', (size_t)(at - *text))) return 0;
        at += 2;
        unsigned int room = BYTES_6 - BYTES_GROUP - head;
        unsigned int used = take_groups(&at, tail, room);
        memset(ip + head, 0, BYTES_6 - head - used);
        memcpy(ip + BYTES_6 - used, tail, used);
    }
    *text = at;
    return 1;
}

int sv_address_scan(char const *text, struct sv_address *address)
{
    struct sv_address found = {.six = *text == '['};
    unsigned int port = SV_ADDRESS_SYSLOG;

    if (found.six) {
        text++;
        if (!take_ip6(&text, found.ip) || *text++ != ']') return 0;
    } else if (!take_ip4(&text, found.ip))
        return 0;
    if (*text == ':') {
        text++;
        if (!take_decimal(&text, UINT16_MAX, &port) || !port) return 0;
    }
    if (*text) return 0;
    found.port = (uint16_t)port;
    *address = found;
    return 1;
}
