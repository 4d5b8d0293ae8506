/* ISC license. */

/*
 * stack (kernel): memory that deep calls have left behind.
 */

#ifndef SV_STACK_H
#define SV_STACK_H

/*
 * Gives the pages of the stack below the caller back to the kernel, which hands out empty
 * ones when they are needed again. For a process that waits for long: what start-up and
 * starting a child once touched would stay with it for ever.
 */
extern void sv_stack_release(void);

#endif
