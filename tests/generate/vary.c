/**
 * Invoices of every sort: many lines, discounts, long names, words of the form where people may write what they like,
 * rates that are words, red letters. Each of these is a coin thrown by the seed.
 */
#include <stdio.h>
#include <string.h>

#include "generate.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct sort_of_good {
    const char *name, *specification, *unit;
    int rate;
    int64_t low_fen, high_fen;
} sort_of_good;

static const sort_of_good goods[] = {
    {"*餐饮服务*餐费", "", "次", 6, 8000, 90000},
    {"*纸制品*复印纸", "A4 70g", "箱", 13, 9000, 26000},
    {"*信息技术服务*软件服务费", "", "项", 6, 50000, 400000},
    {"*运输服务*客运服务费", "无", "次", 3, 1200, 9000},
    {"*计算机外部设备*无线键盘鼠标套装（黑色）", "K120-MK270/2.4GHz", "套", 13, 5000, 30000},
    {"*住宿服务*住宿费", "标准间", "间夜", 6, 20000, 60000},
    {"*医药*医用外科口罩独立包装灭菌级一次性使用成人儿童通用", "50只/盒×20", "盒", 13, 900, 5000},
    {"*蔬菜*有机西兰花", "500g", "千克", GENERATE_EXEMPT, 300, 3000},
    {"*物流辅助服务*收派服务费合计", "", "", 6, 1000, 9000},
    {"*经营租赁*通行日期内车辆租赁单价", "7座", "辆", 13, 10000, 90000},
    {"*设计服务*项目名称设计及金额核定", "", "单位", 6, 10000, 800000},
    {"*研发和技术服务*技术服务", "", "", 6, 100000, 9000000},
    {"*印刷品*图书《C程序设计语言（第2版·新版）》", "16开", "本", 9, 1900, 9900},
    {"*预付卡销售*预付卡", "", "张", GENERATE_NOT_TAXABLE, 10000, 100000},
    {"*电子元件*贴片电容0603-10uF-25V", "CL10A106", "PCS", 13, 1000, 90000},
    {"*供电*电费2024年03月", "", "kWh", 13, 10000, 90000},
    {"*劳务*修理修配劳务", "规格型号见附件", "工时", 1, 5000, 90000},
};

static const char *const companies[] = {
    "杭州云帆科技有限公司",
    "上海和瑞（集团）股份有限公司",
    "成都名称网络技术有限公司",
    "启明单位管理咨询（深圳）有限责任公司青岛分公司",
    "中国远山银行股份有限公司厦门市蓝湾支行",
    "嘉禾区人民政府新程街道办事处",
    "长沙博雅大学附属医院",
    "A&B Trading (Shanghai) Co., Ltd.",
    "武汉市江汉区新程餐饮店（个体工商户）",
    "内蒙古嘉禾农牧业生产资料专业合作社联合社呼和浩特市赛罕区第三分社",
};

static const char *const remarks[] = {
    "",
    "订单号100234",
    "购方开户银行:中国银行杭州分行;银行账号:571900000000001;",
    "销方开户银行:中国建设银行长沙分行;银行账号:430500000000002;收款人:王晓明;复核人:李丽华",
    "合同编号：HT-2024-0088，项目名称：名称更改工程；发票号码以实际为准",
    "差旅人员张思远，合计出差3天，金额已核对，单位：人",
    "备注：开票人代开；地址电话 0571-88880000",
};

static const char *const vehicles[] = {"客车", "一型客车", "二型货车"};
static const char *const plates[] = {"浙A12345", "粤BD12345", "川AF0Z88D", "京N8K8L8"};

/** Net and tax of a line from its price, with the price as issuers print it: often to ten decimals. */
static void set_amounts(uint64_t *state, generate_line *line, const sort_of_good *what)
{
    int64_t quantity = 1 + (int64_t)generate_pick(state, 9);
    int64_t price = what->low_fen + (int64_t)generate_pick(state, (size_t)(what->high_fen - what->low_fen));
    line->rate = what->rate;
    line->net_fen = price * quantity;
    if (generate_pick(state, 4) == 0)
        line->net_fen += (int64_t)generate_pick(state, 7);
    line->tax_fen = what->rate > 0 ? (line->net_fen * what->rate + 50) / 100 : 0;
    if (generate_pick(state, 5) == 0) /* a service without quantity */
        return;
    snprintf(line->quantity, sizeof line->quantity, "%d", (int)quantity);
    if (line->net_fen == price * quantity) {
        generate_amount(price, line->unit_price);
        return;
    }
    const int64_t ten_decimals = 100000000; /* of a fen */
    int64_t fine = line->net_fen * ten_decimals / quantity;
    snprintf(line->unit_price, sizeof line->unit_price, "%lld.%010lld", (long long)(fine / (ten_decimals * 100)),
             (long long)(fine % (ten_decimals * 100)));
}

static void discount(generate_line *line, const generate_line *of)
{
    memcpy(line->name, of->name, sizeof line->name);
    line->rate = of->rate;
    line->net_fen = -(of->net_fen / 10) - 1;
    line->tax_fen = of->rate > 0 ? (line->net_fen * of->rate - 50) / 100 : 0;
}

static void passage(uint64_t *state, generate_line *line, const char *day)
{
    snprintf(line->name, sizeof line->name, "*经营租赁*通行费");
    snprintf(line->plate, sizeof line->plate, "%s", plates[generate_pick(state, COUNT(plates))]);
    snprintf(line->vehicle, sizeof line->vehicle, "%s", vehicles[generate_pick(state, COUNT(vehicles))]);
    snprintf(line->from, sizeof line->from, "%.7s-%02zu", day, 1 + generate_pick(state, 14) % 100);
    snprintf(line->to, sizeof line->to, "%.7s-%02zu", day, 15 + generate_pick(state, 13) % 100);
    line->rate = generate_pick(state, 2) ? 3 : 5;
    line->net_fen = 100 + (int64_t)generate_pick(state, 30000);
    line->tax_fen = (line->net_fen * line->rate + 50) / 100;
}

/** Its tax is deducted by the buyer, who is a company and pays some. */
static bool is_special(vouch_kind kind)
{
    return kind == VOUCH_KIND_CN_DIGITAL_SPECIAL || kind == VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC;
}

static void add_lines(uint64_t *state, generate_invoice *invoice, int count)
{
    bool toll = invoice->kind == VOUCH_KIND_CN_VAT_TOLL || invoice->kind == VOUCH_KIND_CN_DIGITAL_TOLL;
    memset(invoice->lines, 0, sizeof invoice->lines);
    for (invoice->line_count = 0; invoice->line_count < count; invoice->line_count++) {
        generate_line *line = &invoice->lines[invoice->line_count];
        if (toll) {
            passage(state, line, invoice->date);
            continue;
        }
        if (invoice->line_count > 0 && line[-1].net_fen > 0 && generate_pick(state, 6) == 0) {
            discount(line, line - 1);
            continue;
        }
        const sort_of_good *what = &goods[generate_pick(state, COUNT(goods))];
        if (what->rate < 0 && is_special(invoice->kind)) /* these have no special invoices */
            what = goods;
        snprintf(line->name, sizeof line->name, "%s", what->name);
        snprintf(line->specification, sizeof line->specification, "%s", what->specification);
        snprintf(line->unit, sizeof line->unit, "%s", what->unit);
        set_amounts(state, line, what);
    }
}

static void add_up(generate_invoice *invoice)
{
    invoice->net_fen = invoice->tax_fen = 0;
    for (int i = 0; i < invoice->line_count; i++) {
        invoice->net_fen += invoice->lines[i].net_fen;
        invoice->tax_fen += invoice->lines[i].tax_fen;
    }
    invoice->gross_fen = invoice->net_fen + invoice->tax_fen;
}

/** A red letter of the whole invoice: every quantity and amount negative, the original named in the remarks. */
static void turn_red(uint64_t *state, generate_invoice *invoice)
{
    for (int i = 0; i < invoice->line_count; i++) {
        generate_line *line = &invoice->lines[i];
        line->net_fen = -line->net_fen;
        line->tax_fen = -line->tax_fen;
        if (line->quantity[0]) {
            char positive[sizeof line->quantity];
            memcpy(positive, line->quantity, sizeof positive);
            snprintf(line->quantity, sizeof line->quantity, "-%.14s", positive);
        }
    }
    if (!generate_is_digital(invoice->kind)) {
        snprintf(invoice->original_number, sizeof invoice->original_number, "%08zu", generate_pick(state, 100000000));
        snprintf(invoice->remarks, sizeof invoice->remarks, "对应正数发票代码:%s号码:%s", invoice->code,
                 invoice->original_number);
        return;
    }
    snprintf(invoice->original_number, sizeof invoice->original_number, "2%.1s44200000%010zu", invoice->number + 1,
             generate_pick(state, 10000000000));
    snprintf(invoice->remarks, sizeof invoice->remarks, "被红冲蓝字数电票号码：%s 红字发票信息确认单编号：%s",
             invoice->original_number, "44012412000000000001");
}

void generate_invoice_vary(generate_invoice *invoice, vouch_kind kind, uint64_t seed)
{
    generate_invoice_fill(invoice, kind, seed);
    uint64_t state = seed ^ 0x5555;
    snprintf(invoice->seller.name, sizeof invoice->seller.name, "%s",
             companies[generate_pick(&state, COUNT(companies))]);
    snprintf(invoice->buyer.name, sizeof invoice->buyer.name, "%s", companies[generate_pick(&state, COUNT(companies))]);
    if (generate_pick(&state, 8) == 0 && !is_special(kind)) {
        invoice->buyer = (generate_party){.name = "个人"};
        if (generate_pick(&state, 2) == 0)
            snprintf(invoice->buyer.name, sizeof invoice->buyer.name, "张思远（个人）");
    }
    snprintf(invoice->remarks, sizeof invoice->remarks, "%s", remarks[generate_pick(&state, COUNT(remarks))]);
    add_lines(&state, invoice,
              generate_pick(&state, 6) == 0 ? 9 + (int)generate_pick(&state, 12) : 1 + (int)generate_pick(&state, 4));
    if (!generate_is_digital(kind)) {
        uint64_t more = seed ^ 0xED27; /* of its own, so that what came before stays */
        invoice->structured = generate_pick(&more, 3) == 0;
    }
    if (generate_pick(&state, 7) == 0)
        turn_red(&state, invoice);
    add_up(invoice);
    generate_invoice_code(invoice);
}
