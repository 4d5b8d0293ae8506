/* ISC license. */

#include <sv/runscript.h>

#include "tap.h"

static char const *const plain[] = {"httpd", "-f", 0};
static char const *const limits[] = {"-o", "1000", "--locks", "5", 0};

/* The script, which is asked for its length first. */
static char const *written(struct sv_runscript script)
{
    static char text[1024];
    size_t length = sv_runscript_write(0, 0, &script);

    if (!script.command) return "no command";
    memset(text, 'X', sizeof text);
    if (sv_runscript_write(text, length + 1, &script) != length) return "another length";
    if (strlen(text) != length || text[length + 1] != 'X') return "not as long";
    return text;
}

#define SCRIPT(...) written((struct sv_runscript){__VA_ARGS__})

static char const *quoted(enum sv_runscript_language language, char const *word)
{
    static char text[256];

    (void)sv_runscript_quote(text, sizeof text, language, word);
    return text;
}

static void check_sh(void)
{
    is_str(SCRIPT(.command = plain), "#!/bin/sh\nexec httpd -f\n", "sh: only a command");
    is_str(SCRIPT(.command = plain, .joins_errors = 1),
           "#!/bin/sh\nexec 2>&1\nexec httpd -f\n", "sh: standard error comes along");
    is_str(SCRIPT(.command = plain, .has_env = 1),
           "#!/bin/sh\nexec envdir ./env \\\n    httpd -f\n", "sh: variables");
    is_str(SCRIPT(.command = plain, .has_env = 1, .directory = "/a b"),
           "#!/bin/sh\ncd '/a b' || exit 111\nexec envdir \"$OLDPWD/env\" \\\n    httpd "
           "-f\n",
           "sh: in another directory, they are where they were");
    is_str(SCRIPT(.command = plain, .limits = limits),
           "#!/bin/sh\nexec softlimit -o 1000 --locks 5 \\\n    httpd -f\n",
           "sh: limits");
    is_str(SCRIPT(.command = plain, .limits = limits + 4), "#!/bin/sh\nexec httpd -f\n",
           "sh: an empty list of them");
    is_str(SCRIPT(.command = plain, .user = "www data"),
           "#!/bin/sh\nexec setuidgid 'www data' \\\n    httpd -f\n", "sh: a user");
    is_str(SCRIPT(.command = plain, .user = "www", .limits = limits, .has_env = 1,
                  .directory = "/srv", .joins_errors = 1),
           "#!/bin/sh\nexec 2>&1\ncd /srv || exit 111\nexec envdir \"$OLDPWD/env\" \\\n"
           "    softlimit -o 1000 --locks 5 \\\n    setuidgid www \\\n    httpd -f\n",
           "sh: all of it, and who drops rights does so last");
}

static void check_execline(void)
{
    char shebang[256];

    (void)snprintf(shebang, sizeof shebang, "#!%s -P\n", sv_runscript_execlineb);
    char const *script = SCRIPT(.language = SV_RUNSCRIPT_EXECLINE, .command = plain);
    ok(!strncmp(script, shebang, strlen(shebang)), "execline: the first line");
    is_str(script + strlen(shebang), "httpd -f\n", "execline: only a command");
    script =
        SCRIPT(.language = SV_RUNSCRIPT_EXECLINE, .command = plain, .user = "www",
               .limits = limits, .has_env = 1, .directory = "/a b", .joins_errors = 1);
    is_str(script + strlen(shebang),
           "fdmove -c 2 1\nenvdir ./env\ncd \"/a b\"\nsoftlimit -o 1000 --locks 5\n"
           "setuidgid www\nhttpd -f\n",
           "execline: all of it");
}

static void check_template(void)
{
    static char const *const words[] = {"{}", "a{}", "{}b", "a{}'{}", "{", "x", 0};

    is_str(SCRIPT(.command = words, .is_template = 1),
           "#!/bin/sh\nexec \"$1\" a\"$1\" \"$1\"b a\"$1\"''\\'''\"$1\" '{' x\n",
           "a template: {} is the argument of the instance");
    is_str(SCRIPT(.command = words),
           "#!/bin/sh\nexec '{}' 'a{}' '{}b' 'a{}'\\''{}' '{' x\n",
           "otherwise it is itself");
}

/* Every byte has its way through the shell, alone and in company. */
static void check_bytes(void)
{
    for (int byte = 1; byte < 256; byte++) {
        char const alone[] = {(char)byte, 0}, amid[] = {'a', (char)byte, 'b', 0};
        char want[16];
        int is_harmless = strchr("_-./:=@%+,", byte) || (byte >= '0' && byte <= '9')
                          || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        char const *pattern = is_harmless ? "%s" : byte == '\'' ? "''\\'''" : "'%s'";
        (void)snprintf(want, sizeof want, pattern, alone);
        expect(!strcmp(quoted(SV_RUNSCRIPT_SH, alone), want), "byte %d", byte);
        pattern = is_harmless ? "%s" : byte == '\'' ? "'a'\\''b'" : "'%s'";
        (void)snprintf(want, sizeof want, pattern, amid);
        expect(!strcmp(quoted(SV_RUNSCRIPT_SH, amid), want), "byte %d amid others", byte);
        char const *escaped = byte == '\n'   ? "\"a\\nb\""
                              : byte == '"'  ? "\"a\\\"b\""
                              : byte == '\\' ? "\"a\\\\b\""
                                             : 0;
        (void)snprintf(want, sizeof want, is_harmless ? "%s" : "\"%s\"", amid);
        expect(!strcmp(quoted(SV_RUNSCRIPT_EXECLINE, amid), escaped ? escaped : want),
               "byte %d in execline", byte);
    }
    ok(1, "every byte is quoted if it has to be");
    is_str(quoted(SV_RUNSCRIPT_SH, ""), "''", "sh: the empty word");
    is_str(quoted(SV_RUNSCRIPT_EXECLINE, ""), "\"\"", "execline: the empty word");
}

static void check_room(void)
{
    struct sv_runscript script = {.command = plain, .user = "it's"};
    size_t length = sv_runscript_write(0, 0, &script);
    char whole[128], part[128];

    (void)sv_runscript_write(whole, sizeof whole, &script);
    for (size_t size = 0; size <= length; size++) {
        memset(part, 'X', sizeof part);
        expect(sv_runscript_write(part, size, &script) == length, "%zu: the length",
               size);
        expect(!memcmp(part, whole, size), "%zu: its beginning", size);
        expect(part[size] == 'X', "%zu: and not more", size);
    }
    ok(1, "what does not fit is cut, and the length told");
}

int main(void)
{
    check_sh();
    check_execline();
    check_template();
    check_bytes();
    check_room();
    return done();
}
