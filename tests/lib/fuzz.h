/* ISC license. */

/*
 * What a fuzz target defines; the Makefile includes this before each tests/fuzz/NAME.c.
 * It must take any bytes, never keep a pointer to them, abort() when an invariant breaks,
 * and return 0. tests/lib/replay.c calls it with the corpus, libFuzzer with its own.
 */

#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

extern int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size);

#endif
