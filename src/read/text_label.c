/**
 * Labels of the Chinese VAT forms: one table, and the search for its rows on a page.
 *
 * A label is a walk from its first character to the next glyph of like size on the right (or below), so that labels
 * set as one object, as single glyphs or with wide gaps (名        称, 合    计, 购 / 买 / 方) are all the same. Longer
 * labels are searched first and claim their glyphs. A word inside of running text is no label: Han text that touches
 * it on the left (and for short labels on the right) excludes it.
 */
#include <math.h>
#include <string.h>

#include "vouch/text.h"

#include "text.h"

static const double TouchGap = 0.25;     /* em: closer text belongs to the same word */
static const double SideBySide = 1.5;    /* em that a vertical label reaches beyond its characters */
static const double TitleSize = 1.3;     /* times the median: titles are set at 16 to 20 pt over 9 pt */
static const double VerticalStretch = 8; /* em; 备 and 注 stand three apart */
static const size_t ShortLabel = 4;      /* characters; shorter ones occur inside of words */

#define FORMS   (TEXT_FORM_VAT | TEXT_FORM_DIGITAL)
#define TABLE   (FORMS | TEXT_FORM_LIST)
#define PAPER   TEXT_FORM_VAT
#define DIGITAL TEXT_FORM_DIGITAL
#define RAIL    TEXT_FORM_RAIL
#define AIR     TEXT_FORM_AIR
#define LIST    TEXT_FORM_LIST
#define OTHER   TEXT_FORM_OTHER
#define ALL     (TABLE | RAIL | AIR | OTHER)

static const text_label labels[] = {
    /* titles */
    {"电子发票航空运输电子客票行程单", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_AIR_DIGITAL},
    {"电子发票增值税专用发票", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_DIGITAL_SPECIAL},
    {"电子发票铁路电子客票", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_RAIL_DIGITAL},
    {"电子发票普通发票", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_DIGITAL_ORDINARY},
    {"增值税电子专用发票", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC},
    {"增值税电子普通发票", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC},
    {"增值税普通发票卷票", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_VAT_ROLL},
    {"机动车销售统一发票", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_VEHICLE},
    {"二手车销售统一发票", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_USED_VEHICLE},
    {"增值税专用发票", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_VAT_SPECIAL},
    {"增值税普通发票", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_VAT_ORDINARY},
    {"电子普通发票", TEXT_TITLE, 0, 2, VOUCH_KIND_CN_BLOCKCHAIN},
    {"销售货物或者提供应税劳务服务清单", TEXT_LIST_TITLE, 0, 3, VOUCH_KIND_UNKNOWN},
    {"销售货物或者提供应税劳务清单", TEXT_LIST_TITLE, 0, 3, VOUCH_KIND_UNKNOWN},
    {"销货清单", TEXT_LIST_TITLE, 0, 3, VOUCH_KIND_UNKNOWN},
    /* head */
    {"所属增值税电子普通发票代码", TEXT_CODE, LIST, 2, VOUCH_KIND_UNKNOWN},
    {"所属增值税电子专用发票代码", TEXT_CODE, LIST, 2, VOUCH_KIND_UNKNOWN},
    {"所属增值税普通发票代码", TEXT_CODE, LIST, 2, VOUCH_KIND_UNKNOWN},
    {"所属增值税专用发票代码", TEXT_CODE, LIST, 2, VOUCH_KIND_UNKNOWN},
    {"发票代码", TEXT_CODE, TABLE | OTHER, 3, VOUCH_KIND_UNKNOWN},
    {"原发票号码", TEXT_ORIGINAL_NUMBER, RAIL | AIR, 2, VOUCH_KIND_UNKNOWN},
    {"全电发票号码", TEXT_LONG_NUMBER, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"数电发票号码", TEXT_LONG_NUMBER, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"数电票号码", TEXT_LONG_NUMBER, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"全电号码", TEXT_LONG_NUMBER, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"发票号码", TEXT_NUMBER, ALL, 3, VOUCH_KIND_UNKNOWN},
    {"号码", TEXT_NUMBER, LIST, 3, VOUCH_KIND_UNKNOWN},
    {"No", TEXT_NUMBER, PAPER, 1, VOUCH_KIND_UNKNOWN},
    {"NO", TEXT_NUMBER, PAPER, 1, VOUCH_KIND_UNKNOWN},
    {"№", TEXT_NUMBER, PAPER, 1, VOUCH_KIND_UNKNOWN},
    {"开票日期", TEXT_DATE, TABLE | RAIL | OTHER, 3, VOUCH_KIND_UNKNOWN},
    {"填开日期", TEXT_DATE, ALL, 3, VOUCH_KIND_UNKNOWN},
    {"校验码", TEXT_CHECK, PAPER, 4, VOUCH_KIND_UNKNOWN},
    {"机器编号", TEXT_MACHINE, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"下载次数", TEXT_IGNORED, FORMS, 2, VOUCH_KIND_UNKNOWN},
    /* parties */
    {"购买方信息", TEXT_BUYER_BLOCK, FORMS, 3, VOUCH_KIND_UNKNOWN},
    {"销售方信息", TEXT_SELLER_BLOCK, FORMS, 3, VOUCH_KIND_UNKNOWN},
    {"购买方", TEXT_BUYER_BLOCK, FORMS, 3, VOUCH_KIND_UNKNOWN},
    {"购货单位", TEXT_BUYER_BLOCK, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"购货方", TEXT_BUYER_BLOCK, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"销售方章", TEXT_STAMP, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"销货单位章", TEXT_STAMP, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"销售方", TEXT_SELLER_BLOCK, FORMS, 3, VOUCH_KIND_UNKNOWN},
    {"销货单位", TEXT_SELLER_BLOCK, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"销货方", TEXT_SELLER_BLOCK, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"密码区", TEXT_CIPHER, PAPER, 3, VOUCH_KIND_UNKNOWN},
    {"购买方名称", TEXT_BUYER_NAME, LIST | RAIL | AIR, 3, VOUCH_KIND_UNKNOWN},
    {"销售方名称", TEXT_SELLER_NAME, LIST | RAIL | AIR, 3, VOUCH_KIND_UNKNOWN},
    {"名称", TEXT_NAME, FORMS, 8, VOUCH_KIND_UNKNOWN},
    {"统一社会信用代码纳税人识别号", TEXT_TAX_ID, FORMS | RAIL | AIR, 2, VOUCH_KIND_UNKNOWN},
    {"统一社会信用代码", TEXT_TAX_ID, FORMS | RAIL | AIR, 2, VOUCH_KIND_UNKNOWN},
    {"纳税人识别号", TEXT_TAX_ID, FORMS | RAIL | AIR, 3, VOUCH_KIND_UNKNOWN},
    {"地址电话", TEXT_ADDRESS, FORMS, 4, VOUCH_KIND_UNKNOWN},
    {"开户行及账号", TEXT_ACCOUNT, FORMS, 3, VOUCH_KIND_UNKNOWN},
    {"开户行及帐号", TEXT_ACCOUNT, FORMS, 3, VOUCH_KIND_UNKNOWN},
    {"开户银行及账号", TEXT_ACCOUNT, FORMS, 3, VOUCH_KIND_UNKNOWN},
    {"开户银行及帐号", TEXT_ACCOUNT, FORMS, 3, VOUCH_KIND_UNKNOWN},
    /* columns */
    {"货物或应税劳务服务名称", TEXT_COLUMN_NAME, TABLE, 3, VOUCH_KIND_UNKNOWN},
    {"货物劳务名称", TEXT_COLUMN_NAME, TABLE, 3, VOUCH_KIND_UNKNOWN},
    {"货物或应税劳务名称", TEXT_COLUMN_NAME, TABLE, 3, VOUCH_KIND_UNKNOWN},
    {"货物应税劳务名称", TEXT_COLUMN_NAME, TABLE, 3, VOUCH_KIND_UNKNOWN},
    {"项目名称", TEXT_COLUMN_NAME, TABLE, 4, VOUCH_KIND_UNKNOWN},
    {"规格型号", TEXT_COLUMN_SPECIFICATION, TABLE, 4, VOUCH_KIND_UNKNOWN},
    {"面积单位", TEXT_COLUMN_UNIT, TABLE, 4, VOUCH_KIND_UNKNOWN},
    {"单位", TEXT_COLUMN_UNIT, TABLE, 4, VOUCH_KIND_UNKNOWN},
    {"数量", TEXT_COLUMN_QUANTITY, TABLE, 4, VOUCH_KIND_UNKNOWN},
    {"单价", TEXT_COLUMN_PRICE, TABLE, 4, VOUCH_KIND_UNKNOWN},
    {"金额", TEXT_COLUMN_NET, TABLE, 4, VOUCH_KIND_UNKNOWN},
    {"税率征收率", TEXT_COLUMN_RATE, TABLE, 3, VOUCH_KIND_UNKNOWN},
    {"税率", TEXT_COLUMN_RATE, TABLE, 4, VOUCH_KIND_UNKNOWN},
    {"税额", TEXT_COLUMN_TAX, TABLE, 4, VOUCH_KIND_UNKNOWN},
    {"车牌号", TEXT_COLUMN_PLATE, TABLE, 3, VOUCH_KIND_UNKNOWN},
    {"类型", TEXT_COLUMN_VEHICLE, TABLE, 3, VOUCH_KIND_UNKNOWN},
    {"通行日期起", TEXT_COLUMN_FROM, TABLE, 3, VOUCH_KIND_UNKNOWN},
    {"通行日期止", TEXT_COLUMN_TO, TABLE, 3, VOUCH_KIND_UNKNOWN},
    {"序号", TEXT_COLUMN_OTHER, TABLE, 3, VOUCH_KIND_UNKNOWN},
    {"建筑服务发生地", TEXT_COLUMN_OTHER, DIGITAL, 2, VOUCH_KIND_UNKNOWN},
    {"建筑项目名称", TEXT_COLUMN_OTHER, DIGITAL, 2, VOUCH_KIND_UNKNOWN},
    {"产权证书不动产权证号", TEXT_COLUMN_OTHER, DIGITAL, 2, VOUCH_KIND_UNKNOWN},
    {"产权证书", TEXT_COLUMN_OTHER, DIGITAL, 2, VOUCH_KIND_UNKNOWN},
    {"出行人", TEXT_RIDER_COLUMN, DIGITAL, 3, VOUCH_KIND_UNKNOWN},
    {"出行日期", TEXT_RIDER_COLUMN, DIGITAL, 3, VOUCH_KIND_UNKNOWN},
    {"出发地", TEXT_RIDER_COLUMN, DIGITAL, 3, VOUCH_KIND_UNKNOWN},
    {"交通工具类型", TEXT_RIDER_COLUMN, DIGITAL, 3, VOUCH_KIND_UNKNOWN},
    {"运输工具种类", TEXT_RIDER_COLUMN, DIGITAL, 3, VOUCH_KIND_UNKNOWN},
    {"运输工具牌号", TEXT_RIDER_COLUMN, DIGITAL, 3, VOUCH_KIND_UNKNOWN},
    {"起运地", TEXT_RIDER_COLUMN, DIGITAL, 3, VOUCH_KIND_UNKNOWN},
    {"运输货物名称", TEXT_RIDER_COLUMN, DIGITAL, 3, VOUCH_KIND_UNKNOWN},
    /* sums */
    {"价税合计大写", TEXT_WORDS, FORMS | OTHER, 3, VOUCH_KIND_UNKNOWN},
    {"价税合计", TEXT_WORDS, FORMS | OTHER, 3, VOUCH_KIND_UNKNOWN},
    {"小写", TEXT_FIGURES, FORMS | OTHER, 3, VOUCH_KIND_UNKNOWN},
    {"合计", TEXT_SUM, FORMS, 10, VOUCH_KIND_UNKNOWN},
    {"总计", TEXT_SUM, LIST, 6, VOUCH_KIND_UNKNOWN},
    {"合计", TEXT_SUBTOTAL, LIST, 10, VOUCH_KIND_UNKNOWN},
    {"小计", TEXT_SUBTOTAL, TABLE, 10, VOUCH_KIND_UNKNOWN},
    {"折扣", TEXT_IGNORED, LIST, 6, VOUCH_KIND_UNKNOWN},
    /* foot */
    {"收款人", TEXT_PAYEE, PAPER, 4, VOUCH_KIND_UNKNOWN},
    {"复核人", TEXT_REVIEWER, PAPER, 4, VOUCH_KIND_UNKNOWN},
    {"复核", TEXT_REVIEWER, PAPER, 6, VOUCH_KIND_UNKNOWN},
    {"开票人", TEXT_ISSUER, FORMS, 4, VOUCH_KIND_UNKNOWN},
    {"备注", TEXT_REMARK, TABLE, 4, VOUCH_KIND_UNKNOWN},
    /* tickets */
    {"电子客票号码", TEXT_TICKET, AIR, 2, VOUCH_KIND_UNKNOWN},
    {"电子客票号", TEXT_TICKET, RAIL | AIR, 2, VOUCH_KIND_UNKNOWN},
    {"票价", TEXT_FARE, RAIL | AIR, 3, VOUCH_KIND_UNKNOWN},
    {"退票费", TEXT_FARE, RAIL, 3, VOUCH_KIND_UNKNOWN},
    {"改签费", TEXT_FARE, RAIL, 3, VOUCH_KIND_UNKNOWN},
    {"变更到站费", TEXT_FARE, RAIL, 3, VOUCH_KIND_UNKNOWN},
    {"差额", TEXT_FARE, RAIL, 3, VOUCH_KIND_UNKNOWN},
    {"燃油附加费", TEXT_FUEL, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"增值税税率", TEXT_TAX_PERCENT, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"增值税税额", TEXT_TAX, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"民航发展基金", TEXT_FUND, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"其他税费", TEXT_OTHER_TAXES, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"合计", TEXT_SUM, AIR, 8, VOUCH_KIND_UNKNOWN},
    {"旅客姓名", TEXT_PASSENGER, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"有效身份证件号码", TEXT_PASSENGER_ID, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"验证码", TEXT_CHECK, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"填开单位", TEXT_ISSUER, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"销售网点代号", TEXT_AGENT, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"承运人", TEXT_CARRIER, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"航班号", TEXT_FLIGHT, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"座位等级", TEXT_CLASS, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"日期", TEXT_DAY, AIR, 4, VOUCH_KIND_UNKNOWN},
    {"时间", TEXT_TIME, AIR, 4, VOUCH_KIND_UNKNOWN},
    {"自", TEXT_FROM, AIR, 1, VOUCH_KIND_UNKNOWN},
    {"至", TEXT_TO, AIR, 1, VOUCH_KIND_UNKNOWN},
    {"签注", TEXT_IGNORED, AIR, 4, VOUCH_KIND_UNKNOWN},
    {"客票级别客票类别", TEXT_IGNORED, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"客票级别", TEXT_IGNORED, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"客票生效日期", TEXT_IGNORED, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"有效截止日期", TEXT_IGNORED, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"免费行李", TEXT_IGNORED, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"提示信息", TEXT_IGNORED, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"保险费", TEXT_IGNORED, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"开具状态", TEXT_IGNORED, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"国内国际标识", TEXT_IGNORED, AIR, 3, VOUCH_KIND_UNKNOWN},
    {"单号", TEXT_IGNORED, AIR, 3, VOUCH_KIND_UNKNOWN},
};

enum {
    MAX_LABEL = 24
};

typedef struct walk {
    size_t glyphs[MAX_LABEL * 2];
    size_t count;
    bool vertical;
} walk;

static bool is_punctuation(uint32_t codepoint)
{
    return codepoint < 0x80 ? strchr("():,/.;", (int)codepoint) != NULL : codepoint == 0x3001 || codepoint == 0xB7;
}

static bool is_han(uint32_t codepoint)
{
    return (codepoint >= 0x3400 && codepoint <= 0x9FFF) || (codepoint >= 0x20000 && codepoint <= 0x3FFFF);
}

/** The glyph that the walk may go on with, or TEXT_NONE when it is too far away. */
static size_t step(const text_page *page, size_t from, bool vertical, double stretch)
{
    const text_glyph *glyph = &page->glyphs[from];
    size_t to = vertical ? glyph->below : glyph->right;
    if (to == TEXT_NONE || page->glyphs[to].label)
        return TEXT_NONE;
    const text_glyph *next = &page->glyphs[to];
    double gap = vertical ? next->box.y0 - glyph->box.y1 : next->box.x0 - glyph->box.x1;
    return gap <= stretch * glyph->size ? to : TEXT_NONE;
}

static bool walk_label(const text_page *page, size_t first, const text_label *label, bool vertical, walk *out)
{
    *out = (walk){.glyphs = {first}, .count = 1, .vertical = vertical};
    const char *at = label->text, *end = at + strlen(at);
    (void)vouch_utf8_next(&at, end);
    double stretch = vertical ? VerticalStretch : label->stretch;
    for (size_t current = first; at < end;) {
        size_t next = step(page, current, vertical, stretch);
        if (next == TEXT_NONE || out->count == MAX_LABEL)
            return false;
        const char *ahead = at;
        uint32_t wanted = vouch_utf8_next(&ahead, end);
        if (page->glyphs[next].codepoint == wanted)
            at = ahead;
        else if (!is_punctuation(page->glyphs[next].codepoint))
            return false;
        out->glyphs[out->count++] = current = next;
    }
    return true;
}

/** Brackets and the colon around a label belong to it; a colon may stand as far off as the value's column. */
static void take_punctuation(const text_page *page, walk *out)
{
    if (out->vertical)
        return;
    const text_glyph *first = &page->glyphs[out->glyphs[0]];
    for (size_t i = 0; i < page->glyph_count; i++) {
        const text_glyph *glyph = &page->glyphs[i];
        if (glyph->right == out->glyphs[0] && glyph->codepoint == '(' && first->box.x0 - glyph->box.x1 < first->size) {
            memmove(out->glyphs + 1, out->glyphs, out->count * sizeof *out->glyphs);
            out->glyphs[0] = i;
            out->count++;
            break;
        }
    }
    for (int i = 0; i < 3; i++) {
        size_t next = step(page, out->glyphs[out->count - 1], false, 1.2);
        if (next == TEXT_NONE || !is_punctuation(page->glyphs[next].codepoint) || page->glyphs[next].codepoint == '/')
            return;
        if (page->glyphs[next].codepoint == '(' && page->glyphs[next].right != TEXT_NONE &&
            !is_punctuation(page->glyphs[page->glyphs[next].right].codepoint))
            return;
        out->glyphs[out->count++] = next;
    }
}

/**
 * Running text goes on to the left of the walk or, for a short label without a colon, to its right. A long label with
 * its colon is one whatever stands beside it: text of seals and watermarks may touch it.
 */
static bool in_running_text(const text_page *page, const walk *found, size_t characters)
{
    size_t last = found->glyphs[found->count - 1];
    if (found->vertical || (characters >= ShortLabel && page->glyphs[last].codepoint == ':'))
        return false;
    const text_glyph *first = &page->glyphs[found->glyphs[0]];
    for (size_t i = 0; i < page->glyph_count; i++) {
        const text_glyph *glyph = &page->glyphs[i];
        if (glyph->right == found->glyphs[0] && !glyph->label && is_han(glyph->codepoint) &&
            first->box.x0 - glyph->box.x1 < TouchGap * first->size)
            return true;
    }
    size_t next = page->glyphs[last].right;
    if (characters >= ShortLabel || next == TEXT_NONE || is_punctuation(page->glyphs[last].codepoint))
        return false;
    return !page->glyphs[next].label && is_han(page->glyphs[next].codepoint) &&
           page->glyphs[next].box.x0 - page->glyphs[last].box.x1 < TouchGap * page->glyphs[last].size;
}

static text_hit hit_of(const text_page *page, const text_label *label, const walk *found)
{
    text_hit hit = {.label = label, .vertical = found->vertical, .box = page->glyphs[found->glyphs[0]].box};
    for (size_t i = 0; i < found->count; i++) {
        const text_glyph *glyph = &page->glyphs[found->glyphs[i]];
        hit.box.x0 = fmin(hit.box.x0, glyph->box.x0);
        hit.box.y0 = fmin(hit.box.y0, glyph->box.y0);
        hit.box.x1 = fmax(hit.box.x1, glyph->box.x1);
        hit.box.y1 = fmax(hit.box.y1, glyph->box.y1);
        hit.size = fmax(hit.size, glyph->size);
        hit.y += glyph->y / (double)found->count;
    }
    hit.x = (hit.box.x0 + hit.box.x1) / 2;
    return hit;
}

/** Titles of cells that reach over several rows; other words one below the other are text of a column. */
static bool may_be_vertical(text_role role)
{
    return role == TEXT_BUYER_BLOCK || role == TEXT_SELLER_BLOCK || role == TEXT_CIPHER || role == TEXT_REMARK;
}

/** The first character of a label that the page's glyph starts, in either direction. */
static bool find_at(const text_page *page, size_t index, const text_label *label, size_t characters, walk *found)
{
    for (int vertical = 0; vertical <= (characters > 1 && may_be_vertical(label->role)); vertical++) {
        if (!walk_label(page, index, label, vertical, found))
            continue;
        take_punctuation(page, found);
        if (characters == 1 && page->glyphs[found->glyphs[found->count - 1]].codepoint != ':')
            continue;
        if (!in_running_text(page, found, characters))
            return true;
    }
    return false;
}

static bool starts(const text_page *page, size_t index, const text_label *label)
{
    const char *at = label->text;
    return !page->glyphs[index].label && page->glyphs[index].codepoint == vouch_utf8_next(&at, at + strlen(at));
}

static void find_label(text_page *page, const text_label *label, size_t characters)
{
    walk found;
    for (size_t i = 0; i < page->glyph_count; i++) {
        if (!starts(page, i, label) || !find_at(page, i, label, characters, &found))
            continue;
        for (size_t j = 0; j < found.count; j++)
            page->glyphs[found.glyphs[j]].label = true;
        text_hit hit = hit_of(page, label, &found);
        hit.glyph_count = found.count;
        hit.glyphs = vouch_arena_calloc(page->arena, found.count, sizeof *hit.glyphs);
        memcpy(hit.glyphs, found.glyphs, found.count * sizeof *hit.glyphs);
        *VOUCH_ARENA_PUSH(page->arena, page->hits, page->hit_count, page->hit_capacity) = hit;
    }
}

void text_labels_find(text_page *page)
{
    for (size_t characters = MAX_LABEL; characters > 0; characters--)
        for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
            if ((labels[i].forms & page->form) && vouch_utf8_length(labels[i].text) == characters)
                find_label(page, &labels[i], characters);
}

void text_labels_drop(text_page *page, const vouch_box *box, bool (*keep)(text_role role))
{
    size_t kept = 0;
    for (size_t i = 0; i < page->hit_count; i++) {
        const text_hit *hit = &page->hits[i];
        bool inside = hit->x > box->x0 && hit->x < box->x1 && hit->y > box->y0 && hit->y < box->y1;
        if (!inside || hit->vertical || keep(hit->label->role)) {
            page->hits[kept++] = *hit;
            continue;
        }
        for (size_t g = 0; g < hit->glyph_count; g++)
            page->glyphs[hit->glyphs[g]].label = false;
    }
    page->hit_count = kept;
}

/** Longer titles stand before those that they contain, in the table and so in the hits. */
static bool overlaps_title(const text_hit *hits, size_t count, const text_hit *hit)
{
    for (size_t i = 0; i < count; i++)
        if (fabs(hits[i].y - hit->y) < hit->size && hits[i].box.x0 <= hit->box.x1 && hits[i].box.x1 >= hit->box.x0)
            return true;
    return false;
}

size_t text_titles(const text_page *page, text_hit *hits, size_t capacity)
{
    size_t count = 0;
    for (size_t l = 0; l < sizeof labels / sizeof *labels && labels[l].forms == 0; l++) {
        for (size_t i = 0; i < page->glyph_count && count < capacity; i++) {
            walk found;
            if (!starts(page, i, &labels[l]) || !walk_label(page, i, &labels[l], false, &found))
                continue;
            text_hit hit = hit_of(page, &labels[l], &found);
            if (hit.size >= TitleSize * page->em && !overlaps_title(hits, count, &hit))
                hits[count++] = hit;
        }
    }
    for (size_t i = 1; i < count; i++) {
        for (size_t j = i; j > 0 && hits[j].y < hits[j - 1].y; j--) {
            text_hit swapped = hits[j];
            hits[j] = hits[j - 1];
            hits[j - 1] = swapped;
        }
    }
    return count;
}

const text_hit *text_hit_first(const text_page *page, text_role role)
{
    const text_hit *best = NULL;
    for (size_t i = 0; i < page->hit_count; i++)
        if (page->hits[i].label->role == role && (!best || page->hits[i].y < best->y))
            best = &page->hits[i];
    return best;
}

const text_hit *text_hit_above(const text_page *page, text_role role, double y)
{
    const text_hit *best = NULL;
    for (size_t i = 0; i < page->hit_count; i++)
        if (page->hits[i].label->role == role && page->hits[i].y < y && (!best || page->hits[i].y > best->y))
            best = &page->hits[i];
    return best;
}

double text_hit_right_limit(const text_page *page, const text_hit *hit)
{
    double limit = page->region.x1 + page->em;
    for (size_t i = 0; i < page->hit_count; i++) {
        const text_hit *other = &page->hits[i];
        if (other == hit || other->box.x0 < hit->box.x1 - 0.2 * hit->size)
            continue;
        double reach = (other->vertical ? SideBySide : 0.5) * other->size;
        if (hit->y > other->box.y0 - reach && hit->y < other->box.y1 + reach)
            limit = fmin(limit, other->box.x0);
    }
    for (size_t i = 0; i < page->piece_count; i++) {
        const text_piece *piece = &page->pieces[i];
        if (piece->cipher && piece->box.x0 > hit->box.x1 && fabs(piece->y - hit->y) < 3 * hit->size)
            limit = fmin(limit, piece->box.x0);
    }
    return limit;
}

bool text_word_on_page(const text_page *page, const char *word)
{
    const text_label label = {.text = word, .stretch = 3};
    walk found;
    for (size_t i = 0; i < page->glyph_count; i++)
        if (starts(page, i, &label) && walk_label(page, i, &label, false, &found))
            return true;
    return false;
}
