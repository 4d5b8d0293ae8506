/* ISC license. */

/* What atcall reads and changes in a stopped program: registers and memory. */

#ifndef TRACEE_H
#define TRACEE_H

#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#define NOWHERE 99 /* exit code: there is no way to do it here */
#define TARGET 256 /* bytes of a path that are looked at */

/* Where arguments and results of system calls stand. */

#if defined __x86_64__
typedef __typeof__(((struct user_regs_struct *)0)->rax) word;
struct registers {
    struct user_regs_struct all;
};
static word *argument_of(struct registers *registers, int which)
{
    struct user_regs_struct *all = &registers->all;
    word *arguments[] = {&all->rdi, &all->rsi, &all->rdx, &all->r10, &all->r8, &all->r9};
    return arguments[which];
}
static word *result_of(struct registers *registers)
{
    return &registers->all.rax;
}
#elif defined __aarch64__
typedef __typeof__(((struct user_regs_struct *)0)->pc) word;
struct registers {
    struct user_regs_struct all;
};
static word *argument_of(struct registers *registers, int which)
{
    return registers->all.regs + which;
}
static word *result_of(struct registers *registers)
{
    return registers->all.regs;
}
#else
#define REGISTERS_UNKNOWN
typedef unsigned long word;
struct registers {
    word all;
};
static word *argument_of(struct registers *registers, int which)
{
    (void)which;
    return &registers->all;
}
static word *result_of(struct registers *registers)
{
    return argument_of(registers, 0);
}
#endif

/* Last words. */
static _Noreturn void stop(int code, char const *what)
{
    int error = errno;

    (void)fflush(stdout);
    (void)fprintf(stderr, "atcall: %s", what);
    (void)fprintf(stderr, code == 111 ? ": %s\n" : "\n", strerror(error));
    exit(code);
}

static void read_registers(pid_t pid, struct registers *registers)
{
    struct iovec all = {&registers->all, sizeof registers->all};
    if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all) < 0)
        stop(111, "unable to read registers");
}

static void write_registers(pid_t pid, struct registers *registers)
{
    struct iovec all = {&registers->all, sizeof registers->all};
    if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all) < 0)
        stop(111, "unable to write registers");
}

static void set_argument(pid_t pid, int which, uint64_t value)
{
    struct registers registers;
    read_registers(pid, &registers);
    *argument_of(&registers, which) = value;
    write_registers(pid, &registers);
}

static void set_result(pid_t pid, int error)
{
    struct registers registers;
    read_registers(pid, &registers);
    *result_of(&registers) = (word)-error;
    write_registers(pid, &registers);
}

/* At the entry of a call: there is no such call, so it is not done. */
static void skip_call(pid_t pid)
{
#if defined __aarch64__
    int none = -1;
    struct iovec number = {&none, sizeof none};
    if (ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &number) < 0)
        stop(111, "unable to write registers");
#else
    struct registers registers;
    read_registers(pid, &registers);
#if defined __x86_64__
    registers.all.orig_rax = (word)-1;
#endif
    write_registers(pid, &registers);
#endif
}

/* A path in its memory: up to the end of the page, and as far as the next ones go on. */
static void read_path(pid_t pid, uint64_t address, char *path)
{
    size_t length = 0;

    while (length < TARGET - 1) {
        size_t page = 4096 - (address + length) % 4096, room = TARGET - 1 - length;
        struct iovec here = {path + length, room < page ? room : page};
        struct iovec there = {(void *)(uintptr_t)(address + length), here.iov_len};
        ssize_t done = process_vm_readv(pid, &here, 1, &there, 1, 0);
        if (done <= 0) break;
        length += (size_t)done;
        if (memchr(path, 0, length)) return;
    }
    path[length] = 0;
}

#endif
