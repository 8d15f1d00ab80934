/** Plausible companies, goods and numbers from a seed (SplitMix64). Names are put together, none is a real company. */
#include <stdio.h>
#include <string.h>

#include "generate.h"
#include "vouch/money.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct place {
    const char *city, *region; /* GB/T 2260 */
} place;
typedef struct good {
    const char *name, *specification, *unit;
    int rate;
    int64_t low_fen, high_fen;
} good;

static const place places[] = {{"杭州", "330106"}, {"成都", "510104"}, {"武汉", "420106"},
                               {"青岛", "370202"}, {"厦门", "350203"}, {"长沙", "430102"}};
static const char *const words[] = {"云帆", "和瑞", "启明", "远山", "蓝湾", "嘉禾", "新程", "博雅"};
static const char *const trades[] = {"科技", "商贸", "餐饮管理", "信息技术", "办公用品", "物流"};
static const char *const surnames[] = {"王", "李", "张", "陈", "林", "赵"};
static const char *const given[] = {"晓明", "丽华", "建国", "思远", "雨桐", "志强"};
static const good goods[] = {
    {"*餐饮服务*餐费", "", "次", 6, 8000, 90000},
    {"*纸制品*复印纸", "A4 70g", "箱", 13, 9000, 26000},
    {"*信息技术服务*软件服务费", "", "项", 6, 50000, 400000},
    {"*运输服务*货物运输", "", "趟", 9, 30000, 150000},
    {"*计算机外部设备*键盘", "K120", "个", 13, 5000, 30000},
    {"*住宿服务*住宿费", "标准间", "天", 6, 20000, 60000},
};

uint64_t generate_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

size_t generate_pick(uint64_t *state, size_t count)
{
    return (size_t)(generate_next(state) % count);
}

void generate_digits(uint64_t *state, char *out, int count)
{
    for (int i = 0; i < count; i++)
        out[i] = (char)('0' + generate_pick(state, 10));
    out[count] = '\0';
}

/** Unified social credit code: 9 organisation characters with their own check (GB 11714), then the last (GB 32100). */
static void tax_id(uint64_t *state, const char *region, char out[24])
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    static const int organisation_weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    char id[19] = "91";
    memcpy(id + 2, region, 6);
    int sum = 0;
    for (int i = 0; i < 8; i++) {
        id[8 + i] = (char)('0' + generate_pick(state, 10));
        sum += (id[8 + i] - '0') * organisation_weights[i];
    }
    int check = 11 - sum % 11;
    id[16] = check == 10 ? 'X' : check == 11 ? '0' : (char)('0' + check);
    int total = 0, weight = 1;
    for (int i = 0; i < 17; i++) {
        total += (int)(strchr(alphabet, id[i]) - alphabet) * weight;
        weight = weight * 3 % 31;
    }
    id[17] = alphabet[(31 - total % 31) % 31];
    id[18] = '\0';
    snprintf(out, 24, "%s", id);
}

void generate_company(uint64_t *state, generate_party *out)
{
    const place *where = &places[generate_pick(state, COUNT(places))];
    /* One number a statement: arguments are evaluated in an order of the compiler's. */
    const char *trade = trades[generate_pick(state, COUNT(trades))], *word = words[generate_pick(state, COUNT(words))];
    snprintf(out->name, sizeof out->name, "%s%s%s有限公司", where->city, word, trade);
    tax_id(state, where->region, out->tax_id);
    size_t telephone = 10000000 + generate_pick(state, 89999999), house = 1 + generate_pick(state, 300);
    snprintf(out->address, sizeof out->address, "%s市人民路%zu号 0571-%08zu", where->city, house, telephone);
    snprintf(out->account, sizeof out->account, "中国银行%s分行 %012zu", where->city,
             100000000000 + generate_pick(state, 800000000000));
}

void generate_person(uint64_t *state, char out[16])
{
    const char *name = given[generate_pick(state, COUNT(given))];
    snprintf(out, 16, "%s%s", surnames[generate_pick(state, COUNT(surnames))], name);
}

static void lines(uint64_t *state, generate_invoice *invoice)
{
    invoice->line_count = 1 + (int)generate_pick(state, 3);
    for (int i = 0; i < invoice->line_count; i++) {
        const good *what = &goods[generate_pick(state, COUNT(goods))];
        generate_line *line = &invoice->lines[i];
        int64_t quantity = 1 + (int64_t)generate_pick(state, 5);
        int64_t price = what->low_fen + (int64_t)generate_pick(state, (size_t)(what->high_fen - what->low_fen));
        generate_amount(price, line->unit_price);
        line->net_fen = price * quantity;
        line->rate = what->rate;
        line->tax_fen = (line->net_fen * what->rate + 50) / 100;
        snprintf(line->quantity, sizeof line->quantity, "%d", (int)quantity);
        snprintf(line->name, sizeof line->name, "%s", what->name);
        snprintf(line->specification, sizeof line->specification, "%s", what->specification);
        snprintf(line->unit, sizeof line->unit, "%s", what->unit);
        invoice->net_fen += line->net_fen;
        invoice->tax_fen += line->tax_fen;
    }
    invoice->gross_fen = invoice->net_fen + invoice->tax_fen;
}

/** CRC-16/UMTS over the payload up to the comma before the CRC, as most issuers print it. */
static unsigned crc16(const char *text)
{
    unsigned crc = 0;
    for (; *text; text++) {
        crc ^= (unsigned)(unsigned char)*text << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x8000u ? (crc << 1 ^ 0x8005u) & 0xFFFFu : crc << 1;
    }
    return crc;
}

static const char *qr_type(vouch_kind kind)
{
    switch (kind) {
    case VOUCH_KIND_CN_DIGITAL_SPECIAL:
        return "31";
    case VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC:
        return "08";
    case VOUCH_KIND_CN_RAIL_DIGITAL:
        return "51";
    case VOUCH_KIND_CN_AIR_DIGITAL:
        return "61";
    default:
        return generate_is_digital(kind) ? "32" : "10";
    }
}

void generate_invoice_code(generate_invoice *invoice)
{
    bool digital = generate_is_digital(invoice->kind) || generate_is_travel(invoice->kind);
    char amount[24], day[16];
    generate_amount(digital ? invoice->gross_fen : invoice->net_fen, amount);
    snprintf(day, sizeof day, "%.4s%.2s%.2s", invoice->date, invoice->date + 5, invoice->date + 8);
    int length = snprintf(invoice->qr, sizeof invoice->qr, "01,%s,%s,%s,%s,%s,%s", qr_type(invoice->kind),
                          invoice->code, invoice->number, amount, day, invoice->check_code);
    snprintf(invoice->qr + length, sizeof invoice->qr - (size_t)length, ",%04X,", crc16(invoice->qr));
}

bool generate_is_digital(vouch_kind kind)
{
    return kind == VOUCH_KIND_CN_DIGITAL_ORDINARY || kind == VOUCH_KIND_CN_DIGITAL_SPECIAL ||
           kind == VOUCH_KIND_CN_DIGITAL_TOLL;
}

bool generate_is_travel(vouch_kind kind)
{
    return kind == VOUCH_KIND_CN_RAIL_DIGITAL || kind == VOUCH_KIND_CN_AIR_DIGITAL;
}

void generate_invoice_fill(generate_invoice *invoice, vouch_kind kind, uint64_t seed)
{
    uint64_t state = seed;
    *invoice = (generate_invoice){.kind = kind, .on_page = true, .currency = "CNY"};
    int year = 2021 + (int)generate_pick(&state, 4), month = 1 + (int)generate_pick(&state, 12),
        day = 1 + (int)generate_pick(&state, 28);
    snprintf(invoice->date, sizeof invoice->date, "%04d-%02d-%02d", year, month, day);
    generate_company(&state, &invoice->seller);
    generate_company(&state, &invoice->buyer);
    if (generate_is_digital(kind)) {
        char sequence[16];
        generate_digits(&state, sequence, 15);
        snprintf(invoice->number, sizeof invoice->number, "%02d%.2s2%s", year % 100, invoice->seller.tax_id + 2,
                 sequence);
    } else {
        snprintf(invoice->code, sizeof invoice->code, "0%.4s%02d001%s", invoice->seller.tax_id + 2, year % 100,
                 kind == VOUCH_KIND_CN_VAT_TOLL                 ? "12"
                 : kind == VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC ? "13"
                                                                : "11");
        generate_digits(&state, invoice->number, 8);
        generate_digits(&state, invoice->check_code, 20);
        generate_digits(&state, invoice->machine_number, 12);
        generate_person(&state, invoice->payee);
        generate_person(&state, invoice->reviewed_by);
    }
    generate_person(&state, invoice->issued_by);
    snprintf(invoice->remarks, sizeof invoice->remarks, "订单号%zu", 100000 + generate_pick(&state, 900000));
    lines(&state, invoice);
    generate_invoice_code(invoice);
}

void generate_rate(int rate, char out[16])
{
    if (rate >= 0)
        snprintf(out, 16, "%d%%", rate);
    else
        snprintf(out, 16, "%s", rate == GENERATE_EXEMPT ? "免税" : "不征税");
}

void generate_chinese_date(const char *date, char out[24])
{
    snprintf(out, 24, "%.4s年%.2s月%.2s日", date, date + 5, date + 8);
}

void generate_amount(int64_t fen, char out[24])
{
    vouch_amount_print(fen, "CNY", out, 24);
}
