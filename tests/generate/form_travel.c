/** The forms of digital tickets: 铁路电子客票 and 航空运输电子客票行程单. */
#include "draw.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const double TicketText = 3.5; /* mm */
static const double AirText = 2.8;

typedef struct printed {
    double x, y;
    const char *text;
} printed;

static void draw_stations(drawing *d)
{
    const generate_travel *t = &d->invoice->travel;
    bool apart = generate_pick(&d->style.state, 2); /* 站 of the form, behind the name */
    const char *suffix = apart ? "" : "站";
    draw_field(d, 30, 34, 5, vouch_arena_printf(d->sheet->arena, "%s%s", t->from, suffix), "departure_place");
    draw_field(d, 140, 34, 5, vouch_arena_printf(d->sheet->arena, "%s%s", t->to, suffix), "arrival_place");
    if (apart) {
        draw_field(d, 31 + sheet_width_of(t->from, 5 * d->style.scale), 34.5, 4, "站", NULL);
        draw_field(d, 141 + sheet_width_of(t->to, 5 * d->style.scale), 34.5, 4, "站", NULL);
    }
    draw_field(d, 92, 34, 5, t->train, "train_number");
    draw_rule(d, 86, 41, 112, 41);
}

static void draw_buyer(drawing *d, double y, double size, double name_x, double label_x, double id_x, const char *label)
{
    draw_label(d, size > 3 ? 12 : 7, y, size, "购买方名称：");
    draw_field(d, name_x, y, size, d->invoice->buyer.name, "buyer_name");
    draw_label(d, label_x, y, size, label);
    draw_field(d, id_x, y, size, d->invoice->buyer.tax_id, "buyer_tax_id");
}

void draw_rail(drawing *d)
{
    const generate_invoice *invoice = d->invoice;
    const generate_travel *t = &invoice->travel;
    d->sheet->form_colour = 0x1C1C20;
    draw_label(d, 63, 8, 6.5, "电子发票（铁路电子客票）");
    draw_label(d, 12, 22, TicketText, "发票号码：");
    draw_field(d, 31, 22, TicketText, invoice->number, "invoice_number");
    draw_label(d, 140, 22, TicketText, "开票日期：");
    draw_field(d, 159, 22, TicketText, draw_date(d, invoice->date), "issue_date");
    draw_stations(d);
    draw_field(d, 12, 48, TicketText, draw_date(d, t->date), "travel_date");
    draw_field(d, 50, 48, TicketText, vouch_arena_printf(d->sheet->arena, "%s开", t->time), "departure_time");
    draw_field(d, 92, 48, TicketText, t->seat, "seat");
    draw_field(d, 140, 48, TicketText, t->seat_class, "seat_class");
    draw_label(d, 12, 58, TicketText, t->refund ? "退票费：" : t->changed ? "改签费：" : "票价：");
    draw_field(d, 28, 58, TicketText,
               vouch_arena_printf(d->sheet->arena, "%s%s", d->style.sign, draw_amount(d, t->fare_fen)), "gross_amount");
    draw_field(d, 12, 70, TicketText, t->passenger_id, "passenger_id");
    draw_field(d, 60, 70, TicketText, t->passenger, "passenger_name");
    draw_label(d, 12, 80, TicketText, "电子客票号：");
    draw_field(d, 35, 80, TicketText, t->ticket, "ticket_number");
    if (t->refund) {
        draw_label(d, 92, 80, TicketText, "原发票号码：");
        draw_field(d, 114, 80, TicketText, invoice->original_number, "original_invoice_number");
    }
    draw_buyer(d, 90, TicketText, 33, 110, 142, "统一社会信用代码：");
    draw_label(d, 12, 102, TicketText, "买票请到12306 发货请到95306");
    draw_label(d, 12, 107, TicketText, "中国铁路祝您旅途愉快");
    draw_code(d, 160, 60, 24);
    draw_seal(d, (sheet_seal){0, 101, 16, 30, 20, "全国统一发票监制章", "国家税务总局", "测试税务局"});
}

/** In pairs of 自 and 至 with the flight between them, or a chain with a flight beside every departure. */
static void draw_legs(drawing *d)
{
    const generate_travel *t = &d->invoice->travel;
    bool pairs = generate_pick(&d->style.state, 2);
    double y = 52.7;
    for (int i = 0; i < t->leg_count; i++) {
        const generate_leg *leg = &t->legs[i];
        double row = pairs ? y + 2.65 : y;
        if (pairs || i == 0) {
            draw_label(d, 9, y, AirText, "自：");
            draw_field(d, 14, y, AirText, leg->from, "departure_place");
        }
        draw_label(d, 9, y + 5.3, AirText, "至：");
        draw_field(d, 14, y + 5.3, AirText, leg->to, "arrival_place");
        const printed cells[] = {{45, row, leg->carrier}, {61, row, leg->flight}, {82, row, leg->seat_class},
                                 {93, row, leg->date},    {113, row, leg->time},  {135, row, "Y50"},
                                 {194, row, "20K"}};
        static const char *const names[] = {
            "carrier", "flight_number", "seat_class", "departure_time", "departure_time", NULL, NULL};
        for (size_t c = 0; c < COUNT(cells); c++)
            draw_field(d, cells[c].x, cells[c].y, AirText, cells[c].text, names[c]);
        y += pairs ? 12 : 5.3;
    }
}

static void draw_fares(drawing *d)
{
    const generate_travel *t = &d->invoice->travel;
    const struct {
        double right;
        int64_t fen;
        const char *field;
    } cells[] = {{62, t->fare_fen, "fare"},
                 {85, t->fuel_fen, "fuel_surcharge"},
                 {124, d->invoice->tax_fen, "tax_amount"},
                 {147, t->fund_fen, "airport_fee"},
                 {170, t->other_fen, "other_taxes"},
                 {203, d->invoice->gross_fen, "gross_amount"}};
    for (size_t i = 0; i < COUNT(cells); i++) {
        const char *text = vouch_arena_printf(d->sheet->arena, "CNY %s", draw_amount(d, cells[i].fen));
        draw_field(d, cells[i].right - sheet_width_of(text, AirText * d->style.scale), 113.4, AirText, text,
                   cells[i].field);
    }
    draw_field(d, 97, 113.4, AirText, "9%", NULL);
}

void draw_air(drawing *d)
{
    static const printed labels[] = {
        {150, 15.5, "开具状态："},   {7, 23.6, "国内国际标识："},  {150, 27.9, "发票号码："},
        {7, 33, "旅客姓名"},         {46, 33, "有效身份证件号码"}, {123, 33, "签注"},
        {44, 47.4, "承运人"},        {61, 47.4, "航班号"},         {77, 47.4, "座位等级"},
        {97, 47.4, "日期"},          {113, 47.4, "时间"},          {125, 47.4, "客票级别/客票类别"},
        {152, 47.4, "客票生效日期"}, {172, 47.4, "有效截止日期"},  {191, 47.4, "免费行李"},
        {50, 108, "票价"},           {68, 108, "燃油附加费"},      {86, 108, "增值税税率"},
        {106, 108, "增值税税额"},    {128, 108, "民航发展基金"},   {153, 108, "其他税费"},
        {188, 108, "合计"},          {7, 120, "电子客票号码："},   {70, 120, "验证码："},
        {102, 120, "提示信息："},    {171, 120, "保险费："},       {7, 127.7, "销售网点代号："},
        {70, 127.7, "填开单位："},   {160, 127.7, "填开日期："},
    };
    const generate_invoice *invoice = d->invoice;
    const generate_travel *t = &invoice->travel;
    d->sheet->form_colour = 0x303848;
    draw_label(d, 57, 8, 5.6, "电子发票（航空运输电子客票行程单）");
    for (size_t i = 0; i < COUNT(labels); i++)
        draw_label(d, labels[i].x, labels[i].y, AirText, labels[i].text);
    draw_field(d, 165, 15.5, AirText, "正常", NULL);
    draw_field(d, 28, 23.6, AirText, "国内", NULL);
    draw_field(d, 166, 27.9, AirText, invoice->number, "invoice_number");
    draw_field(d, 7, 40.2, AirText, t->passenger, "passenger_name");
    draw_field(d, 46, 40.2, AirText, t->passenger_id, "passenger_id");
    draw_field(d, 123, 40.2, AirText, "不得签转", NULL);
    draw_legs(d);
    draw_fares(d);
    bool dashed = generate_pick(&d->style.state, 2);
    draw_field(d, 28, 120, AirText,
               dashed ? vouch_arena_printf(d->sheet->arena, "%.3s-%s", t->ticket, t->ticket + 3) : t->ticket,
               "ticket_number");
    draw_field(d, 84, 120, AirText, invoice->check_code, "check_code");
    draw_field(d, 28, 127.7, AirText, "CAN001/08682256", NULL);
    draw_field(d, 86, 127.7, AirText, invoice->seller.name, "issued_by");
    draw_field(d, 175, 127.7, AirText, draw_date(d, invoice->date), "issue_date");
    draw_buyer(d, 134, AirText, 25, 105, 151, "统一社会信用代码/纳税人识别号：");
    static const double heights[] = {31, 46, 106, 118, 132.5};
    for (size_t i = 0; i < COUNT(heights); i++)
        draw_rule(d, 5, heights[i], 208, heights[i]);
    draw_code(d, 8.5, 3.5, 18);
    draw_seal(d, (sheet_seal){0, 104, 14, 30, 20, "全国统一发票监制章", "国家税务总局", "测试税务局"});
}
