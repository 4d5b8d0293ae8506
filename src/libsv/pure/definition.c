/* ISC license. */

#include <string.h>

#include <sv/definition.h>

static int has_control(char const *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127) return 1;
    return 0;
}

char const *sv_definition_name_problem(char const *name)
{
    size_t length = strlen(name);

    if (!length) return "it is empty";
    if (*name == '.') return "it begins with a dot, and svscan looks at no such name";
    if (*name == '-') return "it begins with a dash, like an option";
    if (strchr(name, '/')) return "there is a slash in it; --dir and --scan say where";
    if (has_control(name, length)) return "there is a control character in it";
    if (length > SV_DEFINITION_NAME) return "it is longer than 240 bytes";
    if (!strcmp(name, "log")) return "that is what the logger of a service is called";
    if (!strcmp(name, "@")) return "there is nothing before the @";
    return 0;
}

char const *sv_definition_variable_problem(char const *variable)
{
    char const *equals = strchr(variable, '=');
    size_t length = strlen(variable);

    if (!equals) return "it is not NAME=VALUE";
    if (equals == variable) return "there is no name before the =";
    if (*variable == '.') return "envdir looks at no name that begins with a dot";
    if (memchr(variable, '/', (size_t)(equals - variable)))
        return "a name with a slash is no name of a file";
    if (has_control(variable, (size_t)(equals - variable)))
        return "there is a control character in its name";
    if (equals - variable > SV_DEFINITION_NAME)
        return "its name is longer than 240 bytes";
    if (variable[length - 1] == ' ' || variable[length - 1] == '\t')
        return "envdir cuts off blanks at the end of a value";
    return 0;
}

size_t sv_definition_variable(char *text, char const *value)
{
    size_t length = strlen(value);

    for (size_t i = 0; i < length; i++) text[i] = value[i] == '\n' ? 0 : value[i];
    text[length] = '\n';
    return length + 1;
}
