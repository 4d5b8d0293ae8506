/* ISC license. */

/*
 * scancontrol (pure): the bytes of SCANDIR/.svscan/control, by which svscanctl speaks to
 * svscan.
 *
 * A command is one byte. The list below is the only one: the enum, what svscan obeys and
 * what svscanctl accepts come from it. The letters are those of s6-svscanctl as far as
 * they mean something here; n and N are not needed, as what has gone is always brought
 * down. 'u' is ours.
 */

#ifndef SV_SCANCONTROL_H
#define SV_SCANCONTROL_H

/* Names below a scan directory. A name with a dot is no service. */
#define SV_SCANCONTROL_DIR ".svscan"
#define SV_SCANCONTROL_FIFO "control"
#define SV_SCANCONTROL_LOCK "lock"

/* clang-format off */
/*    name       byte meaning */
#define SV_SCANCONTROLS(X) \
    X(RESCAN,    'a', "look through the scan directory again") \
    X(HANGUP,    'h', "the same, as SIGHUP does") \
    X(TERMINATE, 't', "bring everything down in order and exit, as SIGTERM does") \
    X(INTERRUPT, 'i', "the same, as SIGINT does") \
    X(QUIT,      'q', "the same, as SIGQUIT does") \
    X(REAP,      'z', "reap children that have ended") \
    X(ABORT,     'b', "exit now and leave everything running") \
    X(UPGRADE,   'u', "execute svscan and every supervise anew")
/* clang-format on */

enum sv_scancontrol {
#define SV_SCANCONTROL_ENUM(name, byte, meaning) SV_SCANCONTROL_##name,
    SV_SCANCONTROLS(SV_SCANCONTROL_ENUM)
#undef SV_SCANCONTROL_ENUM
        SV_SCANCONTROL_COUNT
};

/* The command of that byte, SV_SCANCONTROL_COUNT if it is none. */
extern enum sv_scancontrol sv_scancontrol_find(unsigned char byte);

#endif
