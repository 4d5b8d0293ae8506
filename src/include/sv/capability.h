/* ISC license. */

/*
 * capability (pure): the parts that Linux has cut root's rights into, by name. A set of
 * them is a number whose bit n is capability n. Source: capabilities(7).
 */

#ifndef SV_CAPABILITY_H
#define SV_CAPABILITY_H

#include <stddef.h>
#include <stdint.h>

/* clang-format off */

/* number, name without "cap_" */
#define SV_CAPABILITIES(X) \
    X(0,  "chown")             X(1,  "dac_override")     X(2,  "dac_read_search") \
    X(3,  "fowner")            X(4,  "fsetid")           X(5,  "kill") \
    X(6,  "setgid")            X(7,  "setuid")           X(8,  "setpcap") \
    X(9,  "linux_immutable")   X(10, "net_bind_service") X(11, "net_broadcast") \
    X(12, "net_admin")         X(13, "net_raw")          X(14, "ipc_lock") \
    X(15, "ipc_owner")         X(16, "sys_module")       X(17, "sys_rawio") \
    X(18, "sys_chroot")        X(19, "sys_ptrace")       X(20, "sys_pacct") \
    X(21, "sys_admin")         X(22, "sys_boot")         X(23, "sys_nice") \
    X(24, "sys_resource")      X(25, "sys_time")         X(26, "sys_tty_config") \
    X(27, "mknod")             X(28, "lease")            X(29, "audit_write") \
    X(30, "audit_control")     X(31, "setfcap")          X(32, "mac_override") \
    X(33, "mac_admin")         X(34, "syslog")           X(35, "wake_alarm") \
    X(36, "block_suspend")     X(37, "audit_read")       X(38, "perfmon") \
    X(39, "bpf")               X(40, "checkpoint_restore")
/* clang-format on */

#define SV_CAPABILITY_BITS 64 /* room for those that are still to come */
#define SV_CAPABILITY_SETPCAP 8

/* The name, with "cap_"; null if there is no such one. */
extern char const *sv_capability_name(unsigned int number);

/*
 * Understands names with commas between them, in small or large letters, with or without
 * "cap_" in front; no text at all is the empty set. Returns null; or what is no name, as
 * the text from there, of which *length bytes are meant.
 */
extern char const *sv_capability_scan(char const *text, uint64_t *set, size_t *length);

/* Writes a set as sv_capability_scan reads it; what does not fit is left out. */
extern void sv_capability_format(char *text, size_t size, uint64_t set);

#endif
