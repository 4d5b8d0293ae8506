/* ISC license. */

#include <stdio.h>

#include <sv/instance.h>

#include "tap.h"

static char const *argument(char const *name, char const *target)
{
    char const *found = sv_instance_argument(name, target);

    return found ? found : "none";
}

static void templates(void)
{
    ok(sv_instance_is_template("web@"), "web@ is a template");
    ok(sv_instance_is_template("a@b@"), "so is a@b@");
    ok(!sv_instance_is_template("web"), "web is none");
    ok(!sv_instance_is_template("web@1"), "nor is web@1");
    ok(!sv_instance_is_template("@"), "nor is @, which has no name");
    ok(!sv_instance_is_template(""), "nor is nothing");
}

static void arguments(void)
{
    is_str(argument("web@1", "web@"), "1", "web@1 to web@ is 1");
    is_str(argument("web@1", "/etc/sv/web@"), "1", "wherever web@ is");
    is_str(argument("web@1", "../sv/web@//"), "1", "with slashes behind it");
    is_str(argument("web@a b", "web@"), "a b", "an ARG may be anything");
    is_str(argument("web@-x", "web@"), "-x", "really");
    is_str(argument("a@b@c", "a@"), "b@c", "the template says where it begins: a@");
    is_str(argument("a@b@c", "a@b@"), "c", "... or a@b@");
    is_str(argument("web@1", "www@"), "none", "another template: none");
    is_str(argument("web@1", "web"), "none", "no template: none");
    is_str(argument("web@1", "web@1"), "none", "an instance is no template");
    is_str(argument("web@1", "web@/log"), "none", "nor is what is in one");
    is_str(argument("web", "web@"), "none", "a name without ARG: none");
    is_str(argument("web@", "web@"), "none", "an empty ARG: none");
    is_str(argument("web@1@", "web@"), "none", "what svscan takes for a template: none");
    is_str(argument("@1", "@"), "none", "no NAME: none");
    is_str(argument("@1", "/"), "none", "the root: none");
    is_str(argument("web@1", ""), "none", "nowhere: none");
}

static char const *link_of(char const *path)
{
    static char found[64];
    char link[32];
    char const *name = sv_instance_link(path, link, sizeof link);

    (void)snprintf(found, sizeof found, "%s %s", name ? link : "none", name ? name : "");
    return found;
}

static void links(void)
{
    is_str(link_of("web@1"), "web@1 web@1", "a name");
    is_str(link_of("/service/web@1"), "/service/web@1 web@1", "a path");
    is_str(link_of("./web@1///"), "./web@1 web@1", "slashes at the end");
    is_str(link_of("/service/web@1/log"), "/service/web@1 web@1", "a logger");
    is_str(link_of("web@1//log//"), "web@1 web@1", "... with more slashes");
    is_str(link_of("web@1/log/log"), "none ", "no logger of a logger");
    is_str(link_of("web@1/main"), "none ", "nor anything else in there");
    is_str(link_of("a@b/web"), "none ", "a directory with an @ above it: none");
    is_str(link_of("/service/web"), "none ", "no @: none");
    is_str(link_of("log"), "none ", "log alone: none");
    is_str(link_of("/log"), "none ", "... in the root");
    is_str(link_of("log@1"), "log@1 log@1", "but log@1 is a name like others");
    is_str(link_of("/"), "none ", "the root: none");
    is_str(link_of(""), "none ", "nothing: none");
    is_str(link_of("."), "none ", "where we are: none");
    is_str(link_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaa@1"),
           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa@1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaa@1",
           "as long as there is room");
    is_str(link_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@1"), "none ", "longer: none");
}

static void appended(void)
{
    char text[16] = "supervise";

    is_int((long)sv_instance_append(text, sizeof text, "1"), 11, "behind a name");
    is_str(text, "supervise@1", "with an @");
    (void)snprintf(text, sizeof text, "a:web@");
    is_int((long)sv_instance_append(text, sizeof text, "1"), 7, "behind a template");
    is_str(text, "a:web@1", "without another");
    is_int((long)sv_instance_append(text, sizeof text, "1234567"), 15, "what just fits");
    is_int((long)sv_instance_append(text, sizeof text, ""), 0, "what does not");
    is_str(text, "a:web@1@1234567", "changes nothing");
}

int main(void)
{
    templates();
    arguments();
    links();
    appended();
    return done();
}
