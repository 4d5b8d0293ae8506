/* ISC license. */

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sv/stack.h>

#define DEEPEST 65536 /* bytes; no call of ours goes deeper */
#define MARGIN 512    /* for our own frame and madvise's */

__attribute__((noinline, no_sanitize("address"))) void sv_stack_release(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t end = ((uintptr_t)__builtin_frame_address(0) - MARGIN) & ~(page - 1);

    /* cannot fail but for what was never used, and then the rest is done all the same */
    (void)madvise((void *)(end - DEEPEST), DEEPEST, MADV_DONTNEED);
}
