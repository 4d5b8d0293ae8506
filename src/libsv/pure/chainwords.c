/* ISC license. */

#include <string.h>

#include <sv/chainwords.h>

struct program {
    char const *name;
    char const *options;
    char const *operands;
};

static struct program const programs[] = {
#define PROGRAM(name, options, operands) {name, options, operands},
    SV_CHAINWORDS(PROGRAM)
#undef PROGRAM
};

char const *sv_chainwords_base(char const *path)
{
    char const *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static struct program const *find(struct sv_scriptscan_word const *word)
{
    char const *name = sv_chainwords_base(word->text);

    if (!word->is_exact) return 0;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (!strcmp(programs[i].name, name)) return &programs[i];
    return 0;
}

static void become(struct sv_chainwords *chain, struct sv_scriptscan_word const *word,
                   char const *name)
{
    chain->user = word->is_exact ? name : 0;
    chain->has_user_unknown = !word->is_exact;
}

/*
 * The letters of one word of options. Returns 1 if the value of the last one is the next
 * word, 2 if that is a user; 0 if it has none, or has it in this word.
 */
static int take_letters(struct sv_chainwords *chain, struct program const *program,
                        struct sv_scriptscan_word const *word)
{
    for (char const *letter = word->text + 1; *letter; letter++) {
        char const *found = strchr(program->options, *letter);
        int takes =
            *program->options == '*' ? !strchr("Hh", *letter) : found && *letter != '@';
        if (!takes) continue;
        int is_user = found && found > program->options && found[-1] == '@';
        if (letter[1]) {
            if (is_user) become(chain, word, letter + 1);
            return 0;
        }
        return is_user ? 2 : 1;
    }
    return 0;
}

/* Returns where the operands begin. */
static size_t skip_options(struct sv_chainwords *chain, struct program const *program)
{
    size_t at = chain->at + 1;

    while (at < chain->end) {
        struct sv_scriptscan_word const *word = &chain->words[at];
        if (*word->text != '-') break;
        at++;
        if (!strcmp(word->text, "--")) break;
        if (word->text[1] == '-') continue; /* --name=value */
        int takes = take_letters(chain, program, word);
        if (takes == 2 && at < chain->end)
            become(chain, &chain->words[at], chain->words[at].text);
        at += takes > 0;
    }
    return at;
}

/* From the brace that begins a block to behind the one that ends it. */
static size_t skip_block(struct sv_chainwords *chain, size_t at, int has_programs)
{
    size_t from = at + 1, depth = 0;

    if (!chain->words[at].is_open) {
        chain->lacks_block = 1;
        return chain->end;
    }
    for (; at < chain->end; at++) {
        depth += chain->words[at].is_open;
        depth -= chain->words[at].is_close;
        if (!depth) break;
    }
    if (has_programs && chain->block_count < SV_CHAINWORDS_BLOCKS) {
        chain->blocks[chain->block_count].from = from;
        chain->blocks[chain->block_count].to = at;
        chain->block_count++;
    }
    return at + 1;
}

/* Of importas: with -S the variable has the name of what it is made of. */
static size_t skip_variable(struct sv_chainwords const *chain, size_t at)
{
    for (size_t i = chain->at + 1; i < at; i++)
        if (strchr(chain->words[i].text, 'S')) return at + 1;
    return at + 2;
}

static int is_assignment(char const *text)
{
    char const *equals = strchr(text, '=');

    return equals && equals != text;
}

int sv_chainwords_next(struct sv_chainwords *chain)
{
    struct program const *program =
        chain->at < chain->end ? find(&chain->words[chain->at]) : 0;

    chain->block_count = 0;
    if (!program) return 0;
    size_t at = skip_options(chain, program);
    for (char const *operand = program->operands; *operand; operand++) {
        while (*operand == 'e' && at < chain->end && is_assignment(chain->words[at].text))
            at++;
        if (*operand == 'e') continue;
        if (at >= chain->end) return 0;
        if (*operand == 'u') become(chain, &chain->words[at], chain->words[at].text);
        if (*operand == 'b' || *operand == 'B')
            at = skip_block(chain, at, *operand == 'b');
        else
            at = *operand == 'i' ? skip_variable(chain, at) : at + 1;
    }
    if (at >= chain->end) return 0;
    chain->at = at;
    return 1;
}
