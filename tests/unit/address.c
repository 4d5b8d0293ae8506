/* ISC license. */

/* Addresses of multilog's script: which texts are one, and which bytes they mean. */

#include <arpa/inet.h>

#include <sv/address.h>

#include "tap.h"

/* What the scanner made of `text`: "4 BYTES PORT" or "6 BYTES PORT" in hex, "none". */
static char const *reading(char const *text)
{
    static char said[64];
    struct sv_address address;
    size_t used = 2;

    memset(&address, 0xa5, sizeof address);
    if (!sv_address_scan(text, &address)) {
        struct sv_address before;
        memset(&before, 0xa5, sizeof before);
        return memcmp(&address, &before, sizeof before) ? "none, but touched" : "none";
    }
    strcpy(said, address.six ? "6 " : "4 ");
    for (size_t i = 0; i < (address.six ? 16 : 4); i++)
        used += (size_t)snprintf(said + used, sizeof said - used, "%02x", address.ip[i]);
    snprintf(said + used, sizeof said - used, " %u", address.port);
    return said;
}

static void check_four(void)
{
    is_str(reading("192.0.2.1"), "4 c0000201 514",
           "an IPv4 address goes to syslog's port");
    is_str(reading("192.0.2.1:5140"), "4 c0000201 5140", "or to the port behind it");
    is_str(reading("0.0.0.0:1"), "4 00000000 1", "the smallest address and port");
    is_str(reading("255.255.255.255:65535"), "4 ffffffff 65535", "and the largest");
}

static void check_six(void)
{
    is_str(reading("[::1]"), "6 00000000000000000000000000000001 514", "IPv6's own host");
    is_str(reading("[::]:514"), "6 00000000000000000000000000000000 514", "no address");
    is_str(reading("[2001:DB8::a:0b]:6514"), "6 20010db80000000000000000000a000b 6514",
           "digits in either case, a port");
    is_str(reading("[1:2:3:4:5:6:7:8]"), "6 00010002000300040005000600070008 514",
           "all eight groups");
    is_str(reading("[1:2:3:4:5:6:7::]"), "6 00010002000300040005000600070000 514",
           ":: may stand for one group at the end");
    is_str(reading("[::2:3:4:5:6:7:8]"), "6 00000002000300040005000600070008 514",
           "or at the beginning");
    is_str(reading("[1:2:3:4::6:7:8]"), "6 00010002000300040000000600070008 514",
           "or in the middle");
    is_str(reading("[::ffff:192.0.2.1]:99"), "6 00000000000000000000ffffc0000201 99",
           "the last two groups may be an IPv4 address");
    is_str(reading("[1:2:3:4:5:6:1.2.3.4]"), "6 00010002000300040005000601020304 514",
           "behind six written ones too");
}

static void check_none(void)
{
    static char const *const texts[] = {
        "",
        " ",
        ":",
        ":514",
        "localhost",
        "localhost:514",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "1.2.3.01",
        "1.2.3.00",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2..4",
        ".1.2.3.4",
        "1.2.3.4.",
        "+1.2.3.4",
        "1.2.3.-4",
        "0x1.2.3.4",
        "1.2.3.4:",
        "1.2.3.4:0",
        "1.2.3.4:0514",
        "1.2.3.4:65536",
        "1.2.3.4:4294967297",
        "1.2.3.4:5x",
        "1.2.3.4:-5",
        "1.2.3.4: 5",
        "1.2.3.4:5:6",
        "1.2.3.4:syslog",
        "99999999999999999999.1.1.1",
        "[1.2.3.4]",
        "[]",
        "[",
        "[:]",
        "[:::]",
        "[::1",
        "::1",
        "::1]",
        "[[::1]]",
        "[::1]x",
        "[::1]:",
        "[::1]:0",
        "[::1]:65536",
        "[::1]514",
        "[1]",
        "[1:2:3:4:5:6:7]",
        "[1:2:3:4:5:6:7:8:9]",
        "[1:2:3:4:5:6:7:8::]",
        "[::1:2:3:4:5:6:7:8]",
        "[1:2:3:4::5:6:7:8]",
        "[1::2::3]",
        "[1:2:3:4:5:6:7:]",
        "[:1:2:3:4:5:6:7]",
        "[:1:2:3:4:5:6:7:8]",
        "[1:2:3:4:5:6:7:8:]",
        "[::1:]",
        "[:1::]",
        "[::12345]",
        "[::g]",
        "[::00001]",
        "[1:2:3:4:5:6:7:1.2.3.4]",
        "[::1.2.3.4:5]",
        "[1.2.3.4::]",
        "[1.2.3.4::1]",
        "[::1.2.3]",
        "[::1.2.3.4.5]",
        "[::1.2.3.256]",
        "[fe80::1%eth0]",
        "[fe80::1%2]",
        "[:: 1]",
        "[::-1]",
        "[1:2:3:4:5::1.2.3.4:6]",
        "[1: :2]",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        is_str(reading(texts[i]), "none", "\"%s\" is no address", texts[i]);
}

/*
 * Every text of up to LENGTH characters of an alphabet that can spell each rule's edge is
 * an address in brackets exactly when the C library says so, and the same one.
 */
#define LENGTH 7

static void check_against_library(void)
{
    static char const alphabet[] = "01f:.";
    unsigned int const base = sizeof alphabet - 1;
    unsigned int total = 1, found = 0;

    for (unsigned int i = 0; i < LENGTH; i++) total *= base;
    for (unsigned int number = 0; number < total; number++) {
        char text[LENGTH + 3] = "[";
        char bare[LENGTH + 1];
        unsigned char ip[16];
        struct sv_address address;
        for (unsigned int i = 0, rest = number; i < LENGTH; i++, rest /= base)
            bare[i] = alphabet[rest % base];
        bare[LENGTH] = 0;
        memcpy(text + 1, bare, LENGTH);
        strcpy(text + 1 + LENGTH, "]");
        int want6 = inet_pton(AF_INET6, bare, ip) == 1;
        int got6 = sv_address_scan(text, &address);
        expect(got6 == want6 && (!got6 || !memcmp(ip, address.ip, 16)), "%s", text);
        int want4 = inet_pton(AF_INET, bare, ip) == 1;
        int got4 = sv_address_scan(bare, &address);
        if (!strchr(bare, ':'))
            expect(got4 == want4 && (!got4 || !memcmp(ip, address.ip, 4)), "%s", bare);
        found += (unsigned int)(want6 + want4);
    }
    ok(found > 100, "%u texts of %d characters are the address the C library reads",
       found, LENGTH);
}

int main(void)
{
    check_four();
    check_six();
    check_none();
    check_against_library();
    return done();
}
