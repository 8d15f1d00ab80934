/** Chinese data formats: every scheme by a synthetic document, and the traps of real ones. */
#include <criterion/criterion.h>
#include <string.h>

#include "support.h"

typedef struct expectation {
    vouch_field field;
    const char *value;
} expectation;

static void expect_fields(const vouch_statement *statement, const expectation *rows, size_t count)
{
    cr_assert(statement, "no statement");
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(support_value(statement, rows[i].field), rows[i].value, "%s is \"%s\", not \"%s\"",
                         vouch_field_name(rows[i].field), rows[i].value, support_value(statement, rows[i].field));
}

#define EXPECT(statement, ...)                                     \
    expect_fields((statement), (const expectation[]){__VA_ARGS__}, \
                  sizeof((const expectation[]){__VA_ARGS__}) / sizeof(expectation))

static support_reading read_text(const char *xml)
{
    support_reading reading = support_read(xml, strlen(xml), /* options= */ NULL);
    cr_assert(reading.code == VOUCH_OK, "%s", reading.error.message);
    return reading;
}

#define DIGITAL_HEADER(label)                                                                     \
    "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?><EInvoice><Header>"             \
    "<EIid>25110000000000000001</EIid><EInvoiceTag>SWEI1100</EInvoiceTag><Version>0.32</Version>" \
    "<InherentLabel><InIssuType><LabelCode>" label "</LabelCode></InIssuType>"                    \
    "<EInvoiceType><LabelCode>01</LabelCode></EInvoiceType>"                                      \
    "<GeneralOrSpecialVAT><LabelCode>02</LabelCode></GeneralOrSpecialVAT></InherentLabel></Header>"
#define DIGITAL_PARTIES                                                                                    \
    "<SellerInformation><SellerIdNum>91110000ma00000077</SellerIdNum><SellerName>北京示例有限公司" \
    "</SellerName><SellerAddr>示例路1号</SellerAddr><SellerTelNum>010-1</SellerTelNum>"                \
    "</SellerInformation><BuyerInformation><BuyerIdNum>91110000MA00000085</BuyerIdNum>"                    \
    "<BuyerName>上海示例（集团）公司</BuyerName></BuyerInformation>"
#define DIGITAL_FOOTER                                                                   \
    "<TaxSupervisionInfo><InvoiceNumber>25110000000000000001</InvoiceNumber>"            \
    "<IssueTime>2025-01-02 10:08:05</IssueTime><TaxBureauName>税务局</TaxBureauName>" \
    "</TaxSupervisionInfo></EInvoice>"

Test(structured_cn, digital_invoice_is_read_by_full_path)
{
    support_reading reading = read_text(DIGITAL_HEADER(
        "Y") "<EInvoiceData>" DIGITAL_PARTIES
             "<BasicInformation><TotalAmWithoutTax>2</TotalAmWithoutTax><TotalTaxAm>0.12</TotalTaxAm>"
             "<TotalTax-includedAmount>2.12</TotalTax-includedAmount><TotalTax-includedAmountInChinese>贰圆壹角贰分"
             "</TotalTax-includedAmountInChinese><Drawer>张三</Drawer><RequestTime>2024-12-31</RequestTime>"
             "</BasicInformation><IssuItemInformation><ItemName>*服务*劳务</ItemName><SpecMod/><MeaUnits>次</MeaUnits>"
             "<Quantity>2</Quantity><UnPrice>1.000</UnPrice><Amount>2.00</Amount><TaxRate>0.060000</TaxRate>"
             "<ComTaxAm>0.120000</ComTaxAm><TotaltaxIncludedAmount>2.120000</TotaltaxIncludedAmount>"
             "</IssuItemInformation><IssuItemInformation><ItemName>*书*书</ItemName><Amount>1</Amount>"
             "<TaxRate>免税</TaxRate><ComTaxAm>***</ComTaxAm></IssuItemInformation><SpecificInformation/>"
             "<AdditionalInformation><Remark>备注</Remark><InvoiceNumber>99999999999999999999</InvoiceNumber>"
             "</AdditionalInformation></EInvoiceData>" DIGITAL_FOOTER);
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XML);
    EXPECT(statement, {VOUCH_FIELD_INVOICE_NUMBER, "25110000000000000001"}, {VOUCH_FIELD_ISSUE_DATE, "2025-01-02"},
           {VOUCH_FIELD_ISSUE_TIME, "10:08:05"}, {VOUCH_FIELD_SELLER_TAX_ID, "91110000MA00000077"},
           {VOUCH_FIELD_SELLER_ADDRESS, "示例路1号 010-1"}, {VOUCH_FIELD_BUYER_NAME, "上海示例(集团)公司"},
           {VOUCH_FIELD_NET_AMOUNT, "2.00"}, {VOUCH_FIELD_TAX_AMOUNT, "0.12"}, {VOUCH_FIELD_GROSS_AMOUNT, "2.12"},
           {VOUCH_FIELD_GROSS_IN_WORDS, "贰圆壹角贰分"}, {VOUCH_FIELD_ISSUED_BY, "张三"},
           {VOUCH_FIELD_REMARKS, "备注"});
    cr_expect(statement->kind == VOUCH_KIND_CN_DIGITAL_ORDINARY && !statement->credit);
    cr_assert_eq(statement->lines.count, 2);
    cr_expect_str_eq(support_item(&statement->lines, 0, VOUCH_ITEM_TAX_RATE), "6");
    cr_expect_str_eq(support_item(&statement->lines, 0, VOUCH_ITEM_TAX_AMOUNT), "0.12");
    cr_expect_str_eq(support_item(&statement->lines, 0, VOUCH_ITEM_UNIT_PRICE), "1.000");
    cr_expect_str_eq(support_item(&statement->lines, 1, VOUCH_ITEM_TAX_CATEGORY), "exempt");
    cr_expect_str_eq(support_item(&statement->lines, 1, VOUCH_ITEM_TAX_AMOUNT), "");
    support_done(&reading);
}

Test(structured_cn, digital_toll_gives_passages_to_its_lines)
{
    support_reading reading = read_text(DIGITAL_HEADER(
        "Y") "<EInvoiceData><SpecificInformation><Toll><PlateNumber>浙A12345</PlateNumber>"
             "<VehicleType>客车</VehicleType><StartDatesOfPassage>20260914094742000</StartDatesOfPassage>"
             "<EndDatesOfPassage>2026-09-15</EndDatesOfPassage></Toll></SpecificInformation>"
             "<BasicInformation><TotalTax-includedAmount>5.61</TotalTax-includedAmount></BasicInformation>"
             "<IssuItemInformation><ItemName>*生产生活服务*通行费</ItemName><Quantity>20260914</Quantity>"
             "<UnPrice>5.45</UnPrice><Amount>5.45</Amount><TaxRate>0.03</TaxRate><ComTaxAm>0.16</ComTaxAm>"
             "</IssuItemInformation></EInvoiceData>" DIGITAL_FOOTER);
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XML);
    cr_assert(statement && statement->lines.count == 1);
    cr_expect(statement->kind == VOUCH_KIND_CN_DIGITAL_TOLL);
    static const struct {
        vouch_item_field field;
        const char *value;
    } rows[] = {
        {VOUCH_ITEM_PLATE_NUMBER, "浙A12345"}, {VOUCH_ITEM_VEHICLE_TYPE, "客车"}, {VOUCH_ITEM_DATE_FROM, "2026-09-14"},
        {VOUCH_ITEM_DATE_TO, "2026-09-15"},    {VOUCH_ITEM_QUANTITY, ""},         {VOUCH_ITEM_TAX_RATE, "3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(support_item(&statement->lines, 0, rows[i].field), rows[i].value, "%s",
                         vouch_item_field_name(rows[i].field));
    support_done(&reading);
}

Test(structured_cn, red_letter_names_its_original)
{
    static const char *const forms[] = {
        DIGITAL_HEADER("N") "<EInvoiceData><BasicInformation><TotalTax-includedAmount>-5.61</TotalTax-includedAmount>"
                            "</BasicInformation><SpecificInformation><RedEInvoice><OriginalInvoiceCode>"
                            "24110000000000000009</OriginalInvoiceCode><CreditNoteNumber>440123</CreditNoteNumber>"
                            "</RedEInvoice></SpecificInformation></EInvoiceData>" DIGITAL_FOOTER,
        DIGITAL_HEADER("N") "<EInvoiceData><BasicInformation><TotalTax-includedAmount>-5.61</TotalTax-includedAmount>"
                            "</BasicInformation><AdditionalInformation><Remark>被红冲蓝字数电票号码："
                            "24110000000000000009 红字发票信息确认单编号：440123</Remark></AdditionalInformation>"
                            "</EInvoiceData>" DIGITAL_FOOTER,
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        support_reading reading = read_text(forms[i]);
        const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XML);
        EXPECT(statement, {VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER, "24110000000000000009"},
               {VOUCH_FIELD_ORIGINAL_INVOICE_CODE, ""}, {VOUCH_FIELD_GROSS_AMOUNT, "-5.61"});
        cr_expect(statement->credit, "form %zu", i);
        support_done(&reading);
    }
}

Test(structured_cn, fiscal_receipt_shares_the_root_name)
{
    support_reading reading = read_text(
        "<EInvoice><Header><EInvoiceID>x</EInvoiceID><EInvoiceTag>CZ-EI-11</EInvoiceTag></Header><EInvoiceData><Main>"
        "<EInvoiceName>非税收入票据</EInvoiceName><EInvoiceCode>11010125</EInvoiceCode>"
        "<EInvoiceNumber>0000000012</EInvoiceNumber><RandomNumber>a1b2c3</RandomNumber>"
        "<TotalAmount>300</TotalAmount><IssueDate>20250304</IssueDate><IssueTime>14:30:00</IssueTime>"
        "<InvoicingParty><InvoicingPartyCode>11000000000000000X</InvoicingPartyCode>"
        "<InvoicingPartyName>示例医院</InvoicingPartyName></InvoicingParty><PayerParty>"
        "<PayerPartyType>1</PayerPartyType><PayerPartyName>李四</PayerPartyName></PayerParty>"
        "<HandlingPerson>王五</HandlingPerson></Main><Details><Item><ItemName>挂号费</ItemName>"
        "<ItemQuantity>1</ItemQuantity><ItemAmount>300</ItemAmount></Item></Details></EInvoiceData></EInvoice>");
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XML);
    EXPECT(statement, {VOUCH_FIELD_INVOICE_CODE, "11010125"}, {VOUCH_FIELD_INVOICE_NUMBER, "0000000012"},
           {VOUCH_FIELD_CHECK_CODE, "A1B2C3"}, {VOUCH_FIELD_ISSUE_DATE, "2025-03-04"},
           {VOUCH_FIELD_GROSS_AMOUNT, "300.00"}, {VOUCH_FIELD_SELLER_NAME, "示例医院"},
           {VOUCH_FIELD_BUYER_NAME, "李四"}, {VOUCH_FIELD_ISSUED_BY, "王五"});
    cr_expect(statement->kind == VOUCH_KIND_CN_FISCAL);
    cr_expect_eq(statement->lines.count, 1);
    support_done(&reading);
}

Test(structured_cn, edrm_empty_elements_are_absent)
{
    support_reading reading =
        read_text("<eInvoice xmlns:fp=\"http://www.edrm.org.cn/schema/e-invoice/2019\" Version=\"1.0\">"
                  "<fp:InvoiceCode>033002000211</fp:InvoiceCode><fp:InvoiceNo>00000001</fp:InvoiceNo>"
                  "<fp:IssueDate><![CDATA[2020年07月3日]]></fp:IssueDate><fp:InvoiceCheckCode>16197 83356 74145 07415"
                  "</fp:InvoiceCheckCode><fp:Buyer><fp:BuyerName> </fp:BuyerName></fp:Buyer>"
                  "<fp:Seller><fp:SellerName>示例餐厅</fp:SellerName></fp:Seller>"
                  "<fp:TaxInclusiveTotalAmount>526.00</fp:TaxInclusiveTotalAmount><fp:GoodsInfos><fp:GoodsInfo>"
                  "<fp:Item>*餐饮服务*餐费</fp:Item><fp:Amount>510.68</fp:Amount><fp:TaxScheme>3%</fp:TaxScheme>"
                  "</fp:GoodsInfo></fp:GoodsInfos></eInvoice>");
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XML);
    EXPECT(statement, {VOUCH_FIELD_INVOICE_CODE, "033002000211"}, {VOUCH_FIELD_ISSUE_DATE, "2020-07-03"},
           {VOUCH_FIELD_CHECK_CODE, "16197833567414507415"}, {VOUCH_FIELD_BUYER_NAME, ""},
           {VOUCH_FIELD_GROSS_AMOUNT, "526.00"});
    cr_expect(statement->kind == VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC);
    cr_expect_str_eq(support_item(&statement->lines, 0, VOUCH_ITEM_TAX_RATE), "3");
    support_done(&reading);
}

Test(structured_cn, xbrl_rail_ticket)
{
    support_reading reading = read_text(
        "<xbrl xmlns=\"http://www.xbrl.org/2003/instance\" "
        "xmlns:rai=\"http://xbrl.mof.gov.cn/taxonomy/2023-05-15/rai\">"
        "<context id=\"As_Of_null\"><period><instant>null</instant></period></context>"
        "<rai:TypeOfVoucher contextRef=\"As_Of_null\">电子发票（铁路电子客票）</rai:TypeOfVoucher>"
        "<rai:ElectronicInvoiceRailwayETicketNumber>26419122537000504214</rai:ElectronicInvoiceRailwayETicketNumber>"
        "<rai:ElectronicTicketNum>1234567890123456789AB</rai:ElectronicTicketNum>"
        "<rai:DateOfIssue>2026-07-11</rai:DateOfIssue><rai:DepartureStation>北京南</rai:DepartureStation>"
        "<rai:DestinationStation>上海虹桥</rai:DestinationStation><rai:TrainNumber>G1281</rai:TrainNumber>"
        "<rai:TravelDate>2026-07-02</rai:TravelDate><rai:DepartureTime>08:05</rai:DepartureTime>"
        "<rai:Carriage>03车</rai:Carriage><rai:Seat>12F号</rai:Seat><rai:SeatLevel>二等座</rai:SeatLevel>"
        "<rai:Fare>272.5</rai:Fare><rai:TotalAmountExcludingTax>250.00</rai:TotalAmountExcludingTax>"
        "<rai:TaxRate>0.09</rai:TaxRate><rai:TaxAmount>22.50</rai:TaxAmount><rai:Name>张三</rai:Name>"
        "<rai:IdNumber>1101011990****001X</rai:IdNumber><rai:NameOfSeller/></xbrl>");
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XBRL);
    EXPECT(statement, {VOUCH_FIELD_INVOICE_NUMBER, "26419122537000504214"}, {VOUCH_FIELD_GROSS_AMOUNT, "272.50"},
           {VOUCH_FIELD_NET_AMOUNT, "250.00"}, {VOUCH_FIELD_TRAVEL_DATE, "2026-07-02"},
           {VOUCH_FIELD_DEPARTURE_PLACE, "北京南"}, {VOUCH_FIELD_TRAIN_NUMBER, "G1281"},
           {VOUCH_FIELD_SEAT, "03车12F号"}, {VOUCH_FIELD_PASSENGER_NAME, "张三"}, {VOUCH_FIELD_SELLER_NAME, ""});
    cr_expect(statement->kind == VOUCH_KIND_CN_RAIL_DIGITAL);
    cr_expect_str_eq(support_item(&statement->taxes, 0, VOUCH_ITEM_RATE), "9");
    support_done(&reading);
}

Test(structured_cn, xbrl_air_ticket_with_two_legs)
{
    support_reading reading = read_text(
        "<xbrli:xbrl xmlns:xbrli=\"http://www.xbrl.org/2003/instance\" "
        "xmlns:atr=\"http://xbrl.mof.gov.cn/taxonomy/2021-11-30/atr\"><atr:PassengerName>ZHANG/SAN</atr:PassengerName>"
        "<atr:ElectronicInvoiceAirTransportReceiptNumber>26000000000000000001"
        "</atr:ElectronicInvoiceAirTransportReceiptNumber><atr:DetailInformationOfAirTicketTuple>"
        "<atr:DepartureStation>杭州萧山</atr:DepartureStation><atr:DestinationStation>重庆江北</atr:DestinationStation>"
        "<atr:Carrier>CA</atr:Carrier><atr:Flight>CA4554</atr:Flight><atr:CarrierDate>2026-08-20</atr:CarrierDate>"
        "<atr:DepartureTime>11:20</atr:DepartureTime></atr:DetailInformationOfAirTicketTuple>"
        "<atr:DetailInformationOfAirTicketTuple><atr:DepartureStation>重庆江北</atr:DepartureStation>"
        "<atr:DestinationStation>杭州萧山</atr:DestinationStation><atr:Flight>CA4555</atr:Flight>"
        "</atr:DetailInformationOfAirTicketTuple><atr:Fare>900.00</atr:Fare><atr:FuelSurcharge>60</atr:FuelSurcharge>"
        "<atr:VatRate>9%</atr:VatRate><atr:VatTaxAmount>86.40</atr:VatTaxAmount>"
        "<atr:CivilAviationDevelopmentFund>50.00</atr:CivilAviationDevelopmentFund>"
        "<atr:TotalAmount>1096.40</atr:TotalAmount><atr:ETicketNumber>9992562574486</atr:ETicketNumber>"
        "<atr:IssueDate>2026-09-08</atr:IssueDate></xbrli:xbrl>");
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_XBRL);
    EXPECT(statement, {VOUCH_FIELD_GROSS_AMOUNT, "1096.40"}, {VOUCH_FIELD_FARE, "900.00"},
           {VOUCH_FIELD_FUEL_SURCHARGE, "60.00"}, {VOUCH_FIELD_AIRPORT_FEE, "50.00"},
           {VOUCH_FIELD_TICKET_NUMBER, "9992562574486"}, {VOUCH_FIELD_FLIGHT_NUMBER, "CA4554"},
           {VOUCH_FIELD_DEPARTURE_TIME, "11:20"}, {VOUCH_FIELD_ARRIVAL_PLACE, "杭州萧山"});
    cr_assert_eq(statement->segments.count, 2);
    cr_expect_str_eq(support_item(&statement->segments, 0, VOUCH_ITEM_DEPARTURE_TIME), "2026-08-20T11:20");
    cr_expect_str_eq(support_item(&statement->segments, 1, VOUCH_ITEM_ARRIVAL_PLACE), "杭州萧山");
    support_done(&reading);
}

Test(structured_cn, xbrl_vat_and_receiver)
{
    support_reading issuer = read_text(
        "<xbrl xmlns=\"http://www.xbrl.org/2003/instance\" "
        "xmlns:inv=\"http://xbrl.mof.gov.cn/taxonomy/2021-11-30/inv\">"
        "<inv:TypeOfInvoice>增值税专用发票</inv:TypeOfInvoice><inv:CodeOfInvoice>3300232130</inv:CodeOfInvoice>"
        "<inv:NumberOfInvoice>02630221</inv:NumberOfInvoice><inv:DateOfIssue>2023-09-26</inv:DateOfIssue>"
        "<inv:TotalTaxAmount>590.94</inv:TotalTaxAmount><inv:TaxIncludedAmountInFigures>10440</inv:"
        "TaxIncludedAmountInFigures><inv:InformationOfTaxableGoodsOrServicesDetailItemsTuple>"
        "<inv:TaxRate>6.00%</inv:TaxRate><inv:TaxAmount>590.94</inv:TaxAmount>"
        "<inv:AmountExcludingTax>9849.06</inv:AmountExcludingTax>"
        "</inv:InformationOfTaxableGoodsOrServicesDetailItemsTuple></xbrl>");
    const vouch_statement *statement = support_statement(&issuer, VOUCH_SOURCE_XBRL);
    EXPECT(statement, {VOUCH_FIELD_INVOICE_CODE, "3300232130"}, {VOUCH_FIELD_INVOICE_NUMBER, "02630221"},
           {VOUCH_FIELD_GROSS_AMOUNT, "10440.00"});
    cr_expect(statement->kind == VOUCH_KIND_CN_VAT_SPECIAL);
    cr_expect_str_eq(support_item(&statement->lines, 0, VOUCH_ITEM_TAX_RATE), "6");
    support_done(&issuer);

    support_reading receiver =
        read_text("<xbrl xmlns=\"http://www.xbrl.org/2003/instance\" "
                  "xmlns:inv=\"http://xbrl.mof.gov.cn/taxonomy/2021-11-30/inv\">"
                  "<inv:NumberOfInvoice>02630221</inv:NumberOfInvoice>"
                  "<inv:WhetherInvoiceHasBeenBooked>true</inv:WhetherInvoiceHasBeenBooked></xbrl>");
    cr_expect_eq(receiver.statements.count, 0);
    cr_expect(support_has_problem(&receiver, VOUCH_NOT_AN_INVOICE));
    support_done(&receiver);
}

/* Real files: the tags of the page, the attachment and the custom data of one invoice say the same. */
static const char *const real_files[] = {
    "china/ofd/inv-zhejiang-vat-ordinary.ofd", "china/ofd/inv-chongqing-sample.ofd", "china/ofd/inv-v4signed.ofd",
    "china/ofd/inv-chongqing-test-ca.ofd",     "china/ofd/inv-baiwang.ofd",          "china/ofd/inv-digital-2024.ofd",
};

Test(structured_cn, tags_attachment_and_code_of_real_invoices_agree)
{
    static const vouch_field fields[] = {VOUCH_FIELD_INVOICE_CODE, VOUCH_FIELD_INVOICE_NUMBER, VOUCH_FIELD_ISSUE_DATE,
                                         VOUCH_FIELD_CHECK_CODE,   VOUCH_FIELD_NET_AMOUNT,     VOUCH_FIELD_TAX_AMOUNT,
                                         VOUCH_FIELD_GROSS_AMOUNT, VOUCH_FIELD_SELLER_TAX_ID,  VOUCH_FIELD_SELLER_NAME,
                                         VOUCH_FIELD_BUYER_NAME,   VOUCH_FIELD_BUYER_TAX_ID};
    static const vouch_source sources[] = {VOUCH_SOURCE_OFD_ATTACHMENT, VOUCH_SOURCE_QR};
    const vouch_read_options options = {.qr = true, .qr_always = true, .qr_budget_ms = 400};
    for (size_t i = 0; i < sizeof real_files / sizeof *real_files; i++) {
        support_reading reading = support_read_file(support_shared(real_files[i]), &options);
        if (reading.code == VOUCH_IO)
            cr_skip_test("skipped: real OFD invoices not there");
        const vouch_statement *tags = support_statement(&reading, VOUCH_SOURCE_OFD_TAG);
        cr_assert(reading.code == VOUCH_OK && tags, "%s: %s", real_files[i], reading.error.message);
        cr_expect(tags->first_page == 1, "%s", real_files[i]);
        cr_expect(support_statement(&reading, VOUCH_SOURCE_QR), "%s: no QR code", real_files[i]);
        for (size_t s = 0; s < sizeof sources / sizeof *sources; s++) {
            const vouch_statement *other = support_statement(&reading, sources[s]);
            for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
                const char *a = support_value(tags, fields[f]), *b = support_value(other, fields[f]);
                cr_expect(!*a || !*b || strcmp(a, b) == 0, "%s: %s is \"%s\" in tags, \"%s\" in %s", real_files[i],
                          vouch_field_name(fields[f]), a, b, vouch_source_name(sources[s]));
            }
        }
        support_done(&reading);
    }
}

Test(structured_cn, almost_empty_bank_voucher_is_survived)
{
    support_reading reading =
        support_read_file(support_shared("china/xbrl/xbrl__extracted_ofd.xbrl"), /* options= */ NULL);
    if (reading.code == VOUCH_IO)
        cr_skip_test("skipped: china/xbrl not there");
    cr_assert(reading.code == VOUCH_OK, "%s", reading.error.message);
    cr_assert_eq(reading.statements.count, 1);
    cr_expect(reading.statements.items[0]->kind == VOUCH_KIND_CN_BANK_RECEIPT);
    cr_expect_str_eq(support_value(reading.statements.items[0], VOUCH_FIELD_CURRENCY), "CNY");
    support_done(&reading);
}
