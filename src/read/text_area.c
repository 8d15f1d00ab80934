/**
 * Areas of a VAT form: items, remarks, foot. Inside of items and remarks people write what they like, and words that
 * are labels elsewhere on the form (单位, 名称, 开票人) are text there; labels of the head are labels in the head only.
 */
#include <math.h>

#include "text.h"

static const double Edge = 0.2;     /* em between a cell's title and its text */
static const double CellReach = 4;  /* em that the remarks' cell reaches above its title's characters at most */
static const double SameFoot = 1.5; /* em within which the foot's labels stand */

static bool is_foot(text_role role)
{
    return role == TEXT_PAYEE || role == TEXT_REVIEWER || role == TEXT_ISSUER || role == TEXT_STAMP;
}

static bool is_total(text_role role)
{
    return role == TEXT_WORDS || role == TEXT_FIGURES;
}

double text_area_foot(const text_page *page)
{
    double foot = -INFINITY;
    for (size_t i = 0; i < page->hit_count; i++)
        if (is_foot(page->hits[i].label->role) && !page->hits[i].vertical)
            foot = fmax(foot, page->hits[i].y);
    return isfinite(foot) ? foot : page->region.y1;
}

bool text_area_remarks(const text_page *page, vouch_box *box)
{
    const text_hit *title = NULL;
    for (size_t i = 0; i < page->hit_count; i++)
        if (page->hits[i].label->role == TEXT_REMARK && (!title || page->hits[i].y > title->y))
            title = &page->hits[i];
    if (!title)
        return false;
    *box = (vouch_box){title->box.x1 + Edge * title->size, title->box.y0 - CellReach * title->size,
                       page->region.x1 + page->em, page->region.y1};
    double foot = text_area_foot(page);
    for (size_t i = 0; i < page->hit_count; i++) {
        const text_hit *hit = &page->hits[i];
        if (is_total(hit->label->role) && hit->y < title->y)
            box->y0 = fmax(box->y0, hit->box.y1);
        if (is_foot(hit->label->role) && hit->y > title->y && foot - hit->y < SameFoot * hit->size)
            box->y1 = fmin(box->y1, hit->box.y0 - Edge * hit->size);
    }
    return true;
}

static bool keep_none(text_role role)
{
    (void)role;
    return false;
}

static bool ends_items(text_role role)
{
    return is_total(role) || role == TEXT_SUBTOTAL || role == TEXT_RIDER_COLUMN;
}

static bool not_of_head(text_role role)
{
    return role != TEXT_CODE && role != TEXT_NUMBER && role != TEXT_DATE && role != TEXT_CHECK && role != TEXT_MACHINE;
}

void text_area_clear(text_page *page)
{
    vouch_box box;
    const text_hit *party = text_hit_first(page, TEXT_NAME);
    if (party) { /* "No" in an address */
        box = (vouch_box){page->region.x0, party->box.y0, page->region.x1, page->region.y1};
        text_labels_drop(page, &box, not_of_head);
    }
    if (text_area_remarks(page, &box))
        text_labels_drop(page, &box, keep_none);
    if (text_area_items(page, &box))
        text_labels_drop(page, &box, ends_items);
}
