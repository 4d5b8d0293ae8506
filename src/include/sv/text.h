/* ISC license. */

/*
 * text (pure): puts words together in a string of bounded size. What does not fit is left
 * out; the string always ends in its NUL.
 */

#ifndef SV_TEXT_H
#define SV_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Puts `more`, or a decimal number, behind the string that is in text[size]. */
extern void sv_text_append(char *text, size_t size, char const *more);
extern void sv_text_append_number(char *text, size_t size, uint64_t number);

#endif
