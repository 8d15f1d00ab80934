/**
 * The forms of Chinese VAT invoices, one row of tables each: the old one (code and number, buyer above, seller below),
 * the digital one (20 digits, buyer beside seller), and both with the columns of passages.
 */
#include "form.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define VAT_LABELS                                                                                                     \
    {32, 21, 2.8, "机器编号:"}, {150, 9, 2.8, "发票代码:"}, {150, 14, 2.8, "发票号码:"}, {150, 19, 2.8, "开票日期:"},  \
        {150, 24, 2.8, "校 验 码:"}, {11.5, 31, 3.175, "购"}, {11.5, 37, 3.175, "买"}, {11.5, 43, 3.175, "方"},        \
        {18, 31, 2.8, "名　　　　称:"}, {18, 36, 2.8, "纳税人识别号:"}, {18, 41, 2.8, "地 址、电 话:"},                \
        {18, 46, 2.8, "开户行及账号:"}, {119.5, 31, 3.175, "密"}, {119.5, 37, 3.175, "码"}, {119.5, 43, 3.175, "区"},  \
        {24, 91, 2.8, "合　　　计"}, {20, 98, 2.8, "价税合计（大写）"}, {140, 98, 2.8, "（小写）"},                    \
        {11.5, 104, 3.175, "销"}, {11.5, 110, 3.175, "售"}, {11.5, 116, 3.175, "方"}, {18, 104, 2.8, "名　　　　称:"}, \
        {18, 109, 2.8, "纳税人识别号:"}, {18, 114, 2.8, "地 址、电 话:"}, {18, 119, 2.8, "开户行及账号:"},             \
        {119.5, 107, 3.175, "备"}, {119.5, 115, 3.175, "注"}, {18, 126, 2.8, "收款人:"}, {66, 126, 2.8, "复核:"},      \
        {112, 126, 2.8, "开票人:"},                                                                                    \
    {                                                                                                                  \
        156, 126, 2.8, "销售方:（章）"                                                                           \
    }

static const form_label vat_labels[] = {VAT_LABELS};
static const form_label toll_labels[] = {VAT_LABELS, {49, 12, 4, "通行费"}};

#define DIGITAL_LABELS                                                                                            \
    {150, 10.3, 3.175, "发票号码："}, {150, 16.4, 3.175, "开票日期："}, {7.5, 30.5, 3, "购"}, {7.5, 34, 3, "买"}, \
        {7.5, 37.5, 3, "方"}, {7.5, 41, 3, "信"}, {7.5, 44.5, 3, "息"}, {106, 30.5, 3, "销"}, {106, 34, 3, "售"}, \
        {106, 37.5, 3, "方"}, {106, 41, 3, "信"}, {106, 44.5, 3, "息"}, {13, 33.8, 2.8, "名称："},                \
        {13, 43.3, 2.6, "统一社会信用代码/纳税人识别号："}, {112, 33.8, 2.8, "名称："},                           \
        {112, 43.3, 2.6, "统一社会信用代码/纳税人识别号："}, {20, 90.5, 3.175, "合　　　计"},                     \
        {20, 96, 3.175, "价税合计（大写）"}, {140, 96, 3.175, "（小写）"}, {7, 108, 3.175, "备"},                 \
        {7, 117, 3.175, "注"},                                                                                    \
    {                                                                                                             \
        18, 129.1, 3.175, "开票人："                                                                          \
    }

static const form_label digital_labels[] = {DIGITAL_LABELS};
static const form_label digital_toll_labels[] = {DIGITAL_LABELS, {32, 10, 4, "通行费"}};

static const form_column vat_columns[] = {
    {CELL_NAME, 16, 11, 59, "货物或应税劳务、服务名称", "货物或应税劳务、服务名称", "Item", 'l'},
    {CELL_SPECIFICATION, 64, 60.5, 82, "规格型号", "规格型号", "Specification", 'l'},
    {CELL_UNIT, 85, 83, 93, "单位", "单 位", "MeasurementDimension", 'c'},
    {CELL_QUANTITY, 97, 93, 111, "数量", "数 量", "Quantity", 'r'},
    {CELL_PRICE, 117, 112, 133, "单价", "单 价", "Price", 'r'},
    {CELL_NET, 141, 134, 159, "金额", "金　额", "Amount", 'r'},
    {CELL_RATE, 163, 160, 172, "税率", "税率", "TaxScheme", 'r'},
    {CELL_TAX, 183, 174, 203, "税额", "税　额", "TaxAmount", 'r'},
};
static const form_column toll_columns[] = {
    {CELL_NAME, 22, 11, 59, "项目名称", "项目名称", "Item", 'l'},
    {CELL_PLATE, 64, 60.5, 80, "车牌号", "车牌号", NULL, 'c'},
    {CELL_VEHICLE, 83, 80, 95, "类型", "类 型", NULL, 'c'},
    {CELL_FROM, 97, 95, 115, "通行日期起", "通行日期起", NULL, 'c'},
    {CELL_TO, 117, 115, 134, "通行日期止", "通行日期止", NULL, 'c'},
    {CELL_NET, 145, 135, 159, "金额", "金　额", "Amount", 'r'},
    {CELL_RATE, 163, 160, 172, "税率", "税率", "TaxScheme", 'c'},
    {CELL_TAX, 183, 174, 203, "税额", "税　额", "TaxAmount", 'r'},
};
static const form_column digital_columns[] = {
    {CELL_NAME, 14, 6.5, 43, "项目名称", "项目名称", "Item", 'l'},
    {CELL_SPECIFICATION, 48, 44.5, 66, "规格型号", "规格型号", "Specification", 'l'},
    {CELL_UNIT, 70, 67, 79, "单位", "单　位", "MeasurementDimension", 'c'},
    {CELL_QUANTITY, 87, 80, 98, "数量", "数　量", "Quantity", 'r'},
    {CELL_PRICE, 108, 99, 124, "单价", "单　价", "Price", 'r'},
    {CELL_NET, 134, 125, 147, "金额", "金　额", "Amount", 'r'},
    {CELL_RATE, 149, 149, 167, "税率/征收率", "税率/征收率", "TaxScheme", 'c'},
    {CELL_TAX, 186, 175, 203, "税额", "税　额", "TaxAmount", 'r'},
};
static const form_column digital_toll_columns[] = {
    {CELL_NAME, 14, 6.5, 43, "项目名称", "项目名称", "Item", 'l'},
    {CELL_PLATE, 50, 44.5, 66, "车牌号", "车牌号", NULL, 'c'},
    {CELL_VEHICLE, 70, 67, 82, "类型", "类　型", NULL, 'c'},
    {CELL_FROM, 84, 82, 104, "通行日期起", "通行日期起", NULL, 'c'},
    {CELL_TO, 106, 104, 126, "通行日期止", "通行日期止", NULL, 'c'},
    {CELL_NET, 136, 127, 147, "金额", "金　额", "Amount", 'r'},
    {CELL_RATE, 149, 149, 167, "税率/征收率", "税率/征收率", "TaxScheme", 'c'},
    {CELL_TAX, 186, 175, 203, "税额", "税　额", "TaxAmount", 'r'},
};

#define TABLES(labels, columns) labels, COUNT(labels), columns, COUNT(columns)
#define VAT_PLACES                                                                                                   \
    166, 14, 19, {38, 31, 38, 36}, {38, 104, 38, 109}, 53, 58, 90, 91, 98, 60, 156, 126, 105, 203, 126, 30, 76, 124, \
        0x9C5200, 17, 118.5, 124, true

#define DIGITAL_PLACES                                                                                             \
    168, 10.3, 16.4, {23, 33.8, 54, 43.3}, {122, 33.8, 153, 43.3}, 53, 57, 89.5, 90.5, 96, 60, 155.5, 13.5, 104.5, \
        203, 129.1, 0, 0, 33, 0x800000, 11.8, 105, 110.5, false

static const kind_form kind_forms[] = {
    {VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC,
     "测试增值税电子普通发票",
     69,
     {TABLES(vat_labels, vat_columns), VAT_PLACES}},
    {VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC, "测试增值税电子专用发票", 69, {TABLES(vat_labels, vat_columns), VAT_PLACES}},
    {VOUCH_KIND_CN_VAT_TOLL, "测试增值税电子普通发票", 69, {TABLES(toll_labels, toll_columns), VAT_PLACES}},
    {VOUCH_KIND_CN_DIGITAL_ORDINARY,
     "电子发票（普通发票）",
     74,
     {TABLES(digital_labels, digital_columns), DIGITAL_PLACES}},
    {VOUCH_KIND_CN_DIGITAL_SPECIAL,
     "电子发票（增值税专用发票）",
     64,
     {TABLES(digital_labels, digital_columns), DIGITAL_PLACES}},
    {VOUCH_KIND_CN_DIGITAL_TOLL,
     "电子发票（普通发票）",
     74,
     {TABLES(digital_toll_labels, digital_toll_columns), DIGITAL_PLACES}},
};

const kind_form *form_lookup(vouch_kind kind)
{
    for (size_t i = 0; i < COUNT(kind_forms); i++)
        if (kind_forms[i].kind == kind)
            return &kind_forms[i];
    return NULL;
}
