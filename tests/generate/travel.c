/** Tickets: stations, trains, flights, passengers, all invented; ids masked as tickets show them. */
#include <stdio.h>
#include <string.h>

#include "generate.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const stations[] = {"上海虹桥", "北京南", "杭州东", "成都东", "武汉",   "青岛北",    "厦门北",
                                       "长沙南",   "太原南", "大同",   "南京",   "西安北", "呼和浩特东"};
static const char *const trains[] = {"G1234", "D3107", "K7808", "C2565", "Z281", "T109", "G7", "1461"};
static const struct seat {
    const char *text, *class;
} seats[] = {
    {"05车06F号", "二等座"}, {"12车013号下铺", "硬卧"}, {"03车11C号", "一等座"},   {"01车02A号", "商务座"},
    {"07车无座", "二等座"},  {"16车085号", "硬座"},     {"09车004号上铺", "软卧"},
};
static const char *const airports[] = {"合肥 HFE", "广州 CAN", "北海 BHY", "杭州 HGH",
                                       "成都 TFU", "厦门 XMN", "青岛 TAO"};
static const struct airline {
    const char *carrier, *code, *name, *number;
} airlines[] = {
    {"南航", "CZ", "测试南方航空股份有限公司", "784"},
    {"国航", "CA", "测试国际航空股份有限公司", "999"},
    {"东航", "MU", "测试东方航空股份有限公司", "781"},
};
static const char *const people[] = {"张思远", "李丽华", "王晓明", "欧阳建国", "林雨桐", "陈志强"};

static void clock_time(uint64_t *state, char out[8])
{
    size_t minute = generate_pick(state, 60), hour = 5 + generate_pick(state, 18);
    snprintf(out, 8, "%02zu:%02zu", hour, minute);
}

static void day_of_month(const char *issued, size_t day, char out[12])
{
    snprintf(out, 12, "%.7s-%02zu", issued, day % 100);
}

static void rail(uint64_t *state, generate_invoice *invoice)
{
    generate_travel *t = &invoice->travel;
    size_t from = generate_pick(state, COUNT(stations)), seat = generate_pick(state, COUNT(seats));
    size_t to = (from + 1 + generate_pick(state, COUNT(stations) - 1)) % COUNT(stations);
    snprintf(t->from, sizeof t->from, "%s", stations[from]);
    snprintf(t->to, sizeof t->to, "%s", stations[to]);
    snprintf(t->train, sizeof t->train, "%s", trains[generate_pick(state, COUNT(trains))]);
    snprintf(t->seat, sizeof t->seat, "%s", seats[seat].text);
    snprintf(t->seat_class, sizeof t->seat_class, "%s", seats[seat].class);
    day_of_month(invoice->date, 1 + generate_pick(state, 9), t->date);
    clock_time(state, t->time);
    char suffix[8];
    generate_digits(state, suffix, 5);
    snprintf(t->ticket, sizeof t->ticket, "%.14s%sA%zu", invoice->number, suffix, generate_pick(state, 9) + 1);
    t->fare_fen = 500 + 50 * (int64_t)generate_pick(state, 4000);
    size_t business = generate_pick(state, 8);
    t->refund = business == 0;
    t->changed = business == 1;
    if (t->refund) {
        generate_digits(state, suffix, 6);
        snprintf(invoice->original_number, sizeof invoice->original_number, "%.14s%s", invoice->number, suffix);
    }
    invoice->gross_fen = t->fare_fen;
    invoice->tax_fen = (t->fare_fen * 9 + 54) / 109;
    invoice->net_fen = invoice->gross_fen - invoice->tax_fen;
}

static void air(uint64_t *state, generate_invoice *invoice)
{
    generate_travel *t = &invoice->travel;
    const struct airline *line = &airlines[generate_pick(state, COUNT(airlines))];
    char number[16];
    size_t day = 1 + generate_pick(state, 9), place = generate_pick(state, COUNT(airports));
    t->leg_count = 1 + (int)generate_pick(state, 3);
    for (int i = 0; i < t->leg_count; i++) {
        generate_leg *leg = &t->legs[i];
        size_t next = (place + 1 + generate_pick(state, COUNT(airports) - 1)) % COUNT(airports);
        snprintf(leg->from, sizeof leg->from, "%s", airports[place]);
        snprintf(leg->to, sizeof leg->to, "%s", airports[next]);
        snprintf(leg->carrier, sizeof leg->carrier, "%s", line->carrier);
        snprintf(leg->flight, sizeof leg->flight, "%s%zu", line->code, 1000 + generate_pick(state, 8999));
        snprintf(leg->seat_class, sizeof leg->seat_class, "%c", "YVMFJ"[generate_pick(state, 5)]);
        day_of_month(invoice->date, day + 2 * (size_t)i, leg->date);
        clock_time(state, leg->time);
        place = next;
    }
    generate_digits(state, number, 10);
    snprintf(t->ticket, sizeof t->ticket, "%s%s", line->number, number);
    snprintf(invoice->check_code, sizeof invoice->check_code, "%s", number + 6);
    snprintf(invoice->seller.name, sizeof invoice->seller.name, "%s", line->name);
    t->fare_fen = 20000 + 100 * (int64_t)generate_pick(state, 2000);
    t->fare_fen += (int64_t)generate_pick(state, 100);
    t->fuel_fen = generate_pick(state, 3) ? 1000 * (int64_t)generate_pick(state, 12) : 4587;
    t->fund_fen = 5000 * t->leg_count;
    t->other_fen = 0;
    invoice->tax_fen = ((t->fare_fen + t->fuel_fen) * 9 + 50) / 100;
    invoice->gross_fen = t->fare_fen + t->fuel_fen + t->fund_fen + t->other_fen + invoice->tax_fen;
}

void generate_travel_vary(generate_invoice *invoice, vouch_kind kind, uint64_t seed)
{
    generate_invoice_fill(invoice, kind, seed);
    uint64_t state = seed ^ 0x7AE1;
    generate_travel *t = &invoice->travel;
    char tail[8], digits[24];
    memset(invoice->lines, 0, sizeof invoice->lines);
    invoice->line_count = 0;
    memset(invoice->code, 0, sizeof invoice->code);
    memset(invoice->check_code, 0, sizeof invoice->check_code);
    generate_digits(&state, digits, 16);
    snprintf(invoice->number, sizeof invoice->number, "%.2s11%s", invoice->date + 2, digits);
    char issued[12];
    memcpy(issued, invoice->date, sizeof issued);
    day_of_month(issued, 16 + generate_pick(&state, 12), invoice->date); /* after the journey */
    snprintf(t->passenger, sizeof t->passenger, "%s", people[generate_pick(&state, COUNT(people))]);
    generate_digits(&state, digits, 10);
    generate_digits(&state, tail, 3);
    snprintf(t->passenger_id, sizeof t->passenger_id,
             kind == VOUCH_KIND_CN_RAIL_DIGITAL ? "%.10s****%.3s%c" : "%.6s********%.3s%c", digits, tail,
             "0123456789X"[generate_pick(&state, 11)]);
    if (generate_pick(&state, 4) == 0)
        invoice->buyer = (generate_party){.name = ""};
    (kind == VOUCH_KIND_CN_RAIL_DIGITAL ? rail : air)(&state, invoice);
    invoice->structured = generate_pick(&state, 2) != 0;
    generate_invoice_code(invoice);
}

void generate_travel_data(generate_invoice *invoice, vouch_kind kind, uint64_t seed)
{
    generate_travel_vary(invoice, kind, seed);
    invoice->on_page = false;
    invoice->structured = true;
}
