/* ISC license. */

#include <string.h>

#include <sv/needs.h>

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

char const *sv_needs_loss_word(enum sv_needs_loss loss)
{
    switch (loss) {
#define NEEDS_CASE(name, word) \
    case SV_NEEDS_##name: return word;
        SV_NEEDS_LOSSES(NEEDS_CASE)
#undef NEEDS_CASE
    case SV_NEEDS_LOSS_COUNT: break;
    }
    return "";
}

/* Cuts the next word off the line of *length bytes at *line. Returns its length. */
static size_t take_word(char const **line, size_t *length, char const **word)
{
    size_t size = 0;

    while (*length && is_blank(**line)) (*line)++, (*length)--;
    *word = *line;
    while (size < *length && !is_blank((*line)[size])) size++;
    *line += size;
    *length -= size;
    return size;
}

static int take_loss(struct sv_need *need, char const *word, size_t length)
{
    for (unsigned int loss = 0; loss < SV_NEEDS_LOSS_COUNT; loss++) {
        char const *known = sv_needs_loss_word((enum sv_needs_loss)loss);
        if (strlen(known) != length || memcmp(known, word, length)) continue;
        need->loss = (enum sv_needs_loss)loss;
        return 1;
    }
    return 0;
}

/* Returns 1; 0 if there is nothing in the line; -1 if it is wrong. */
static int parse(char const *line, size_t length, struct sv_need *need)
{
    char const *name, *word;
    size_t name_length = take_word(&line, &length, &name);

    if (!name_length || *name == '#') return 0;
    if (*name == '.' || name_length >= SV_NEEDS_NAME || memchr(name, '/', name_length)
        || memchr(name, 0, name_length))
        return -1;
    size_t word_length = take_word(&line, &length, &word);
    if (!take_loss(need, word, word_length)) return -1;
    if (take_word(&line, &length, &word)) return -1;
    memcpy(need->name, name, name_length);
    need->name[name_length] = 0;
    return 1;
}

int sv_needs_next(struct sv_needs *needs, struct sv_need *need)
{
    while (needs->at < needs->length) {
        char const *line = needs->text + needs->at;
        size_t left = needs->length - needs->at;
        char const *newline = memchr(line, '\n', left);
        size_t length = newline ? (size_t)(newline - line) : left;
        needs->at += newline ? length + 1 : length;
        needs->line++;
        int result = parse(line, length, need);
        if (result) return result;
    }
    return 0;
}
