/* ISC license. */

/*
 * jsontext (pure): text as it stands between the quotes of a JSON string (RFC 8259).
 */

#ifndef SV_JSONTEXT_H
#define SV_JSONTEXT_H

#define SV_JSONTEXT_MAX 6 /* bytes that one character may become */

/*
 * Writes the character at *text, escaped where it must be, and goes behind it. A byte
 * that is not UTF-8 becomes U+FFFD, and *is_utf8 0; otherwise that is left as it is.
 * Returns the length, 1 to SV_JSONTEXT_MAX; 0 at the NUL.
 */
extern unsigned int sv_jsontext_next(char escaped[SV_JSONTEXT_MAX], char const **text,
                                     int *is_utf8);

#endif
