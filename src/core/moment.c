/*
 * Dates and times as documents write them. The text is cut into numbers, words and marks; a date is then one of a list
 * of shapes. Day and month of "05/06/2017" can't be told apart and are refused, unless one of them can't be a month;
 * a year of two digits is accepted only beside a month's name.
 */
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "inside.h"
#include "vouch/money.h"
#include "vouch/text.h"

enum {
    MAX_TOKENS = 24,
    MAX_WORD = 32
};

typedef struct token {
    char kind;     /* 'n' number, 'w' word, 0 end of the text, else the mark itself */
    int month;     /* a word that is the name of a month; else 0 */
    size_t digits; /* of a number */
    int value;     /* of a number of at most 9 digits */
    const char *number;
    char word[MAX_WORD]; /* lower case; a Chinese or Korean sign is a word of its own */
} token;

typedef struct scanner {
    token tokens[MAX_TOKENS + 4]; /* closed by kind 0; the longest look ahead is three further */
    size_t at;
} scanner;

/* Names and abbreviations, with and without accents: English, German, French, Spanish, Italian, Portuguese, Dutch. */
static const char *const month_names[12] = {
    " january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari ",
    " february feb februar février fevrier févr fév febrero febbraio fevereiro fev februari ",
    " march mar märz mär mrz mars marzo março marco maart mrt ",
    " april apr avril avr abril abr aprile ",
    " may mai mayo maggio mag maio mei ",
    " june jun juni juin junio giugno giu junho ",
    " july jul juli juillet juil julio luglio lug julho ",
    " august aug août aout agosto ago augustus ",
    " september sep sept septembre septiembre settembre set setembro ",
    " october oct oktober okt octobre octubre ottobre ott outubro out ",
    " november nov novembre noviembre novembro ",
    " december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro ",
};

/* What may stand between the parts of a date with a month's name. */
static const char month_noise[] = " st nd rd th de del of ";

static bool listed(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
        if (at[-1] == ' ' && at[length] == ' ')
            return true;
    return false;
}

static int month_of(const char *word)
{
    for (int i = 0; i < 12; i++)
        if (listed(month_names[i], word))
            return i + 1;
    return 0;
}

static bool is_letter(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

/* Scripts without spaces between words: every sign is a word. */
static bool stands_alone(uint32_t c)
{
    return c >= 0x2E80;
}

static void scan_number(token *t, const char **cursor)
{
    t->kind = 'n';
    t->number = *cursor;
    while (vouch_is_digit((unsigned char)**cursor)) {
        if (++t->digits <= 9)
            t->value = t->value * 10 + (**cursor - '0');
        (*cursor)++;
    }
}

static bool scan_word(token *t, const char **cursor, const char *end)
{
    size_t length = 0;
    t->kind = 'w';
    while (*cursor < end) {
        const char *next = *cursor;
        uint32_t c = vouch_utf8_next(&next, end);
        if (!is_letter(c) || (length > 0 && stands_alone(c)))
            break;
        char bytes[5];
        size_t count = vouch_utf8_put((uint32_t)utf8proc_tolower((utf8proc_int32_t)c), bytes);
        if (length + count >= MAX_WORD)
            return false;
        memcpy(t->word + length, bytes, count + 1);
        length += count;
        *cursor = next;
        if (stands_alone(c))
            break;
    }
    t->month = month_of(t->word);
    return true;
}

static bool scan(const char *text, scanner *s)
{
    const char *end = text + strlen(text);
    size_t count = 0;
    while (text < end) {
        const char *next = text;
        uint32_t c = vouch_utf8_next(&next, end);
        if (c == ' ') {
            text = next;
            continue;
        }
        if (count == MAX_TOKENS)
            return false;
        token *t = &s->tokens[count++];
        if (vouch_is_digit(c)) {
            scan_number(t, &text);
        } else if (is_letter(c)) {
            if (!scan_word(t, &text, end))
                return false;
        } else {
            t->kind = vouch_is_dash(c) ? '-' : c < 0x80 ? (char)c : '?';
            text = next;
        }
    }
    return count > 0;
}

/* One element of a shape: Y M D H N S take a number, F a fraction, A and B a day or a month; '年' … a word; marks. */
static bool matches(const token *t, const char **shape, int values[256])
{
    const char *end = *shape + strlen(*shape);
    const char *start = *shape;
    uint32_t c = vouch_utf8_next(shape, end);
    if (c >= 0x80)
        return t->kind == 'w' && strlen(t->word) == (size_t)(*shape - start) &&
               memcmp(t->word, start, (size_t)(*shape - start)) == 0;
    static const char elements[] = "YMDHNSFAB";
    if (!strchr(elements, (int)c))
        return t->kind == (char)c;
    if (t->kind != 'n')
        return false;
    size_t least = c == 'Y' ? 4 : c == 'N' || c == 'S' ? 2 : 1, most = c == 'Y' ? 4 : c == 'F' ? 9 : 2;
    values[c] = t->value;
    return t->digits >= least && t->digits <= most;
}

/* Take a shape at the cursor, or nothing. */
static bool take_shape(scanner *s, const char *shape, int values[256])
{
    size_t at = s->at;
    while (*shape)
        if (!matches(&s->tokens[at++], &shape, values))
            return false;
    s->at = at;
    return true;
}

static bool set_date(vouch_moment *m, int year, int month, int day)
{
    if (!vouch_date_valid(year, month, day))
        return false;
    m->has_date = true;
    m->year = year;
    m->month = month;
    m->day = day;
    return true;
}

static bool set_time(vouch_moment *m, int hour, int minute, int second, bool has_seconds)
{
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    m->has_time = true;
    m->has_seconds = has_seconds;
    m->hour = hour;
    m->minute = minute;
    m->second = second;
    return true;
}

static int digits_at(const token *t, size_t from, size_t count)
{
    int value = 0;
    for (size_t i = from; i < from + count; i++)
        value = value * 10 + (t->number[i] - '0');
    return value;
}

/* hhmm or hhmmss inside a number. */
static bool set_compact_time(vouch_moment *m, const token *t, size_t from, size_t count)
{
    return set_time(m, digits_at(t, from, 2), digits_at(t, from + 2, 2), count >= 6 ? digits_at(t, from + 4, 2) : 0,
                    count >= 6);
}

/* YYYYMMDD, alone or with hhmm, hhmmss or hhmmssSSS behind (UN/CEFACT 102, 203, 204; Chinese toll data). */
static bool take_compact_date(scanner *s, vouch_moment *m)
{
    const token *t = &s->tokens[s->at];
    if (t->kind != 'n' || (t->digits != 8 && t->digits != 12 && t->digits != 14 && t->digits != 17))
        return false;
    if (!set_date(m, digits_at(t, 0, 4), digits_at(t, 4, 2), digits_at(t, 6, 2)))
        return false;
    if (t->digits > 8 && !set_compact_time(m, t, 8, t->digits - 8))
        return false;
    s->at++;
    return true;
}

static bool take_numeric_date(scanner *s, vouch_moment *m)
{
    /* Longer shapes first where one begins another. */
    static const char *const certain[] = {"Y年M月D日", "Y年M月D号", "Y년M월D일", "Y年M月D", "Y-M-D",
                                          "Y/M/D",     "Y.M.D.",    "Y.M.D",     "YMD",     "D.M.Y"};
    static const char *const either[] = {"A/B/Y", "A-B-Y", "ABY"};
    int v[256];
    for (size_t i = 0; i < sizeof certain / sizeof certain[0]; i++)
        if (take_shape(s, certain[i], v))
            return set_date(m, v['Y'], v['M'], v['D']);
    for (size_t i = 0; i < sizeof either / sizeof either[0]; i++) {
        if (!take_shape(s, either[i], v))
            continue;
        int a = v['A'], b = v['B'];
        if (a <= 12 && b <= 12 && a != b)
            return false;
        return a > 12 ? set_date(m, v['Y'], b, a) : set_date(m, v['Y'], a, b);
    }
    return false;
}

/* "18. November 2017", "Nov 18th, 2017", "2017-Nov-18", "18-Nov-17", "18 de noviembre de 2017". */
static bool take_named_date(scanner *s, vouch_moment *m)
{
    const token *part[3];
    size_t count = 0, at = s->at;
    for (; count < 3 && s->tokens[at].kind; at++) {
        const token *t = &s->tokens[at];
        if (t->kind == 'n' || t->month)
            part[count++] = t;
        else if (t->kind == 'w' ? !listed(month_noise, t->word) : !strchr(",.-/", t->kind))
            return false;
    }
    if (count < 3)
        return false;
    int name = part[0]->month ? 0 : part[1]->month ? 1 : -1;
    if (name < 0 || part[name == 0 ? 1 : 0]->month || part[2]->month)
        return false;
    const token *first = part[name == 0 ? 1 : 0], *last = part[2];
    bool year_first = name == 1 && first->digits == 4;
    const token *year = year_first ? first : last, *day = year_first ? last : first;
    bool short_year = name == 1 && year->digits == 2;
    if ((year->digits != 4 && !short_year) || day->digits > 2)
        return false;
    s->at = at;
    return set_date(m, year->value + (short_year ? 2000 : 0), part[name]->month, day->value);
}

static bool word_is(const token *t, const char *word)
{
    return t->kind == 'w' && strcmp(t->word, word) == 0;
}

/* Twelve-hour clock: 12 am is midnight, 12 pm is noon. */
static bool take_half_day(scanner *s, vouch_moment *m)
{
    const token *t = &s->tokens[s->at];
    bool pm = word_is(t, "pm") || (word_is(t, "p") && word_is(&t[2], "m"));
    bool am = word_is(t, "am") || (word_is(t, "a") && word_is(&t[2], "m"));
    if (!pm && !am)
        return true;
    if (m->hour == 0 || (am && m->hour > 12))
        return false;
    if (m->hour <= 12) /* "13:05 PM" is common and clear */
        m->hour = m->hour % 12 + (pm ? 12 : 0);
    if (t->word[1] == 'm') {
        s->at++;
        return true;
    }
    s->at += s->tokens[s->at + 3].kind == '.' ? 4 : 3; /* "p", ".", "m", "." */
    return t[1].kind == '.';
}

static bool take_zone(scanner *s, vouch_moment *m)
{
    const token *t = &s->tokens[s->at];
    int v[256];
    if (word_is(t, "z") || word_is(t, "utc") || word_is(t, "gmt")) {
        snprintf(m->zone, sizeof m->zone, "Z");
        s->at++;
        return true;
    }
    if (t->kind != '+' && t->kind != '-')
        return true;
    s->at++;
    const token *number = &s->tokens[s->at];
    if (number->kind == 'n' && number->digits == 4) {
        v['H'] = digits_at(number, 0, 2);
        v['N'] = digits_at(number, 2, 2);
        s->at++;
    } else if (!take_shape(s, "H:N", v)) {
        return false;
    }
    if (v['H'] > 14 || v['N'] > 59)
        return false;
    snprintf(m->zone, sizeof m->zone, "%c%02u:%02u", t->kind, (unsigned)v['H'] % 100, (unsigned)v['N'] % 100);
    return true;
}

static bool take_time(scanner *s, vouch_moment *m)
{
    static const char *const with_seconds[] = {"H:N:S.F", "H:N:S,F", "H:N:S", "H时N分S秒", "H點N分S秒", "H点N分S秒"};
    static const char *const without[] = {"H:N", "H时N分", "H時N分", "H点N分"};
    int v[256];
    bool found = false;
    for (size_t i = 0; !found && i < sizeof with_seconds / sizeof with_seconds[0]; i++)
        if ((found = take_shape(s, with_seconds[i], v)) && !set_time(m, v['H'], v['N'], v['S'], true))
            return false;
    for (size_t i = 0; !found && i < sizeof without / sizeof without[0]; i++)
        if ((found = take_shape(s, without[i], v)) && !set_time(m, v['H'], v['N'], 0, false))
            return false;
    if (!found)
        return false;
    if (!take_half_day(s, m))
        return false;
    /* "08:30开" on rail tickets, "8:30 Uhr". */
    if (word_is(&s->tokens[s->at], "开") || word_is(&s->tokens[s->at], "uhr"))
        s->at++;
    return true;
}

static bool take_date(scanner *s, vouch_moment *m)
{
    return take_compact_date(s, m) || take_numeric_date(s, m) || take_named_date(s, m);
}

bool vouch_moment_parse(const char *text, vouch_moment *out)
{
    scanner s = {0};
    vouch_moment m = {0};
    if (!scan(text, &s))
        return false;
    if (take_date(&s, &m)) {
        const token *t = &s.tokens[s.at];
        bool joined = word_is(t, "t") || t->kind == ',';
        if (joined)
            s.at++;
        t = &s.tokens[s.at];
        if (joined && t->kind == 'n' && (t->digits == 4 || t->digits == 6)) {
            if (!set_compact_time(&m, t, 0, t->digits))
                return false;
            s.at++;
        } else if (!m.has_time && t->kind == 'n' && !take_time(&s, &m)) {
            return false;
        }
    } else {
        s.at = 0;
        m = (vouch_moment){0};
        if (!take_time(&s, &m))
            return false;
    }
    if (!take_zone(&s, &m) || s.tokens[s.at].kind != 0)
        return false;
    *out = m;
    return true;
}
