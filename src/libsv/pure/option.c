/* ISC license. */

#include <string.h>

#include <sv/option.h>

static int wrong(struct sv_options *options, char const *problem, char const *culprit)
{
    options->problem = problem;
    options->culprit = culprit;
    return SV_OPTION_WRONG;
}

/* The entry for the `length` bytes at `name`, null if there is none. */
static struct sv_option_word const *find(struct sv_option_word const *word,
                                         char const *name, size_t length)
{
    for (; word && word->name; word++)
        if (!strncmp(word->name, name, length) && !word->name[length]) return word;
    return 0;
}

/* argv[index] is "--something". */
static int take_word(struct sv_options *options, int argc, char const *const *argv)
{
    char const *name = argv[options->state.ind++] + 2;
    size_t length = strcspn(name, "=");
    struct sv_option_word const *word = find(options->words, name, length);

    if (!word) return wrong(options, "illegal option", name);
    if (name[length]) {
        if (word->takes == SV_OPTION_NONE)
            return wrong(options, "option takes no argument", word->name);
        options->value = name + length + 1;
    } else if (word->takes == SV_OPTION_REQUIRED) {
        if (options->state.ind >= argc || !argv[options->state.ind])
            return wrong(options, "option requires an argument", word->name);
        options->value = argv[options->state.ind++];
    }
    return word->option;
}

static int take_letter(struct sv_options *options, int argc, char const *const *argv)
{
    int option = subgetopt_r(argc, argv, options->letters, &options->state);

    options->value = options->state.arg;
    if (option != '?') return option;
    options->letter[0] = (char)options->state.problem;
    int known = options->letter[0] != ':' && strchr(options->letters, options->letter[0]);
    return wrong(options, known ? "option requires an argument" : "illegal option",
                 options->letter);
}

int sv_option_next(struct sv_options *options, int argc, char const *const *argv)
{
    subgetopt *state = &options->state;
    int option;

    options->value = 0;
    if (state->pos && !argv[state->ind][state->pos]) { /* a cluster is over */
        state->ind++;
        state->pos = 0;
    }
    char const *argument = state->ind < argc ? argv[state->ind] : 0;
    if (!state->pos && argument && !strncmp(argument, "--", 2) && argument[2])
        option = take_word(options, argc, argv);
    else
        option = take_letter(options, argc, argv);
    options->index = state->ind;
    return option;
}
