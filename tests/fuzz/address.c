/* ISC license. */

/*
 * Any text as an address of multilog's script. The C library, which reads an address but
 * no brackets and no port, is asked about the parts.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sv/address.h>

#define TEXT_MAX 255

/* The port in `text` behind the address, which is empty or begins with a colon; 0: none.
 */
static unsigned int port_of(char const *text)
{
    unsigned int port = SV_ADDRESS_SYSLOG;
    char again[8];

    if (!*text) return port;
    if (sscanf(text, ":%5u", &port) != 1 || !port || port > 65535) return 0;
    snprintf(again, sizeof again, ":%u", port);
    return strcmp(again, text) ? 0 : port;
}

/* What the text means: 1 if it is an address. */
static int expected(char const *text, struct sv_address *address)
{
    char part[TEXT_MAX + 1];
    char const *end = strchr(text, *text == '[' ? ']' : ':');

    address->six = *text == '[';
    if (address->six && !end) return 0;
    if (!end) end = text + strlen(text);
    size_t length = (size_t)(end - text) - address->six;
    memcpy(part, text + address->six, length);
    part[length] = 0;
    if (inet_pton(address->six ? AF_INET6 : AF_INET, part, address->ip) != 1) return 0;
    address->port = (uint16_t)port_of(end + address->six);
    return address->port != 0;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct sv_address got, want;
    char text[TEXT_MAX + 1];

    if (size > TEXT_MAX) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    memset(&got, 0x5a, sizeof got);
    memset(&want, 0x5a, sizeof want);
    int is_one = sv_address_scan(text, &got);
    if (!is_one) {
        if (memcmp(&got, &want, sizeof got)) abort();
        if (expected(text, &want)) abort();
        return 0;
    }
    if (!expected(text, &want)) abort();
    if (got.six != want.six || got.port != want.port) abort();
    if (memcmp(got.ip, want.ip, got.six ? 16 : 4)) abort();
    return 0;
}
