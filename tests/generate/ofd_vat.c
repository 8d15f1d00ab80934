/**
 * 增值税电子普通发票 as OFD (GB/T 33190-2016): one page with a template, custom tags that point at text objects, custom
 * data, the invoice's XML as attachment, and an electronic seal over every part.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "ofd_package.h"
#include "vouch/text.h"

static void tagged(ofd_package *p, double x, double y, double size, const char *tag, const char *value)
{
    if (!*value)
        return;
    int id = ofd_put_text(p, x, y, size, value);
    ofd_put(p, &p->tags, "<%s><ofd:ObjectRef PageRef=\"1\">%d</ofd:ObjectRef></%s>\n", tag, id, tag);
}

static void tagged_amount(ofd_package *p, double right, double y, const char *tag, const char *sign, int64_t fen)
{
    char number[24], printed[32];
    generate_amount(fen, number);
    snprintf(printed, sizeof printed, "%s%s", sign, number);
    tagged(p, right - 1.75 * (double)strlen(number), y, 3.5, tag, printed);
}

static void write_template(ofd_package *p)
{
    static const double rules[][4] = {{8, 29, 202, 29},   {8, 52, 202, 52},   {8, 91, 202, 91}, {8, 95, 202, 95},
                                      {8, 102, 202, 102}, {8, 124, 202, 124}, {8, 29, 8, 124},  {202, 29, 202, 124}};
    static const struct {
        double x, y;
        const char *text;
    } labels[] = {{146, 6.2, "发票代码:"},
                  {146, 11.7, "发票号码:"},
                  {146, 17.2, "开票日期:"},
                  {146, 22.7, "校 验 码:"},
                  {8, 24, "机器编号:"},
                  {16, 30, "名称:"},
                  {11, 35, "纳税人识别号:"},
                  {14, 53, "货物或应税劳务、服务名称"},
                  {66, 53, "规格型号"},
                  {86, 53, "单位"},
                  {98, 53, "数量"},
                  {113, 53, "单价"},
                  {140, 53, "金额"},
                  {160, 53, "税率"},
                  {180, 53, "税额"},
                  {20, 91.5, "合计"},
                  {14, 96, "价税合计（大写）"},
                  {145, 96, "（小写）"},
                  {16, 104, "名称:"},
                  {11, 108.5, "纳税人识别号:"},
                  {8, 124.2, "收款人:"},
                  {60, 124.2, "复核:"},
                  {105, 124.2, "开票人:"},
                  {120, 106, "备注"}};
    vouch_buffer layer = p->page;
    p->page = (vouch_buffer){0};
    ofd_put_text(p, 69, 7, 6.35, "测试增值税电子普通发票");
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        ofd_put_text(p, labels[i].x, labels[i].y, 3.175, labels[i].text);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        ofd_put_rule(p, &p->page, rules[i][0], rules[i][1], rules[i][2], rules[i][3]);
    ofd_put(p, ofd_add_file(p, "Doc_0/Tpls/Tpl_0/Content.xml"),
            "<ofd:Page xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:Content><ofd:Layer "
            "ID=\"90\">\n%s</ofd:Layer></ofd:Content></ofd:Page>\n",
            p->page.data ? p->page.data : "");
    vouch_buffer_done(&p->page);
    p->page = layer;
}

static void write_party(ofd_package *p, const char *group, const generate_party *party, double y, double id_y)
{
    char tag[32];
    ofd_put(p, &p->tags, "<%s>\n", group);
    snprintf(tag, sizeof tag, "%sName", group);
    tagged(p, 36, y, 3.5, tag, party->name);
    snprintf(tag, sizeof tag, "%sTaxID", group);
    tagged(p, 36, id_y, 3.5, tag, party->tax_id);
    ofd_put(p, &p->tags, "</%s>\n", group);
}

static void write_goods(ofd_package *p, const generate_invoice *invoice)
{
    ofd_put(p, &p->tags, "<GoodsInfos>\n");
    for (int i = 0; i < invoice->line_count; i++) {
        const generate_line *line = &invoice->lines[i];
        double y = 57 + 5 * i;
        char rate[8];
        snprintf(rate, sizeof rate, "%d%%", line->rate);
        ofd_put(p, &p->tags, "<GoodsInfo>\n");
        tagged(p, 9, y, 3.175, "Item", line->name);
        tagged(p, 62, y, 3.175, "Specification", line->specification);
        tagged(p, 87, y, 3.175, "MeasurementDimension", line->unit);
        tagged(p, 103, y, 3.175, "Quantity", line->quantity);
        tagged(p, 128 - 1.75 * (double)strlen(line->unit_price), y, 3.5, "Price", line->unit_price);
        tagged_amount(p, 156, y, "Amount", "", line->net_fen);
        tagged(p, 161, y, 3.175, "TaxScheme", rate);
        tagged_amount(p, 198, y, "TaxAmount", "", line->tax_fen);
        ofd_put(p, &p->tags, "</GoodsInfo>\n");
    }
    ofd_put(p, &p->tags, "</GoodsInfos>\n");
}

static void write_page(ofd_package *p, const generate_invoice *invoice)
{
    char date[24];
    generate_chinese_date(invoice->date, date);
    tagged(p, 164, 6.2, 3.5, "InvoiceCode", invoice->code);
    tagged(p, 164, 11.7, 3.5, "InvoiceNo", invoice->number);
    tagged(p, 164, 17.2, 3.5, "IssueDate", date);
    tagged(p, 164, 22.7, 3.5, "InvoiceCheckCode", invoice->check_code);
    tagged(p, 22, 24, 3.5, "MachineNo", invoice->machine_number);
    write_party(p, "Buyer", &invoice->buyer, 30, 35);
    write_goods(p, invoice);
    tagged_amount(p, 156, 91.5, "TaxExclusiveTotalAmount", "¥", invoice->net_fen);
    tagged_amount(p, 198, 91.5, "TaxTotalAmount", "¥", invoice->tax_fen);
    tagged(p, 63, 95.8, 3.5, "TaxInclusiveTotalAmountWithWords",
           vouch_chinese_amount_print(p->arena, invoice->gross_fen));
    tagged_amount(p, 180, 96, "TaxInclusiveTotalAmount", "¥", invoice->gross_fen);
    write_party(p, "Seller", &invoice->seller, 104, 108.5);
    tagged(p, 126, 106, 3.175, "Note", invoice->remarks);
    tagged(p, 22, 124.2, 3.175, "Payee", invoice->payee);
    tagged(p, 74, 124.2, 3.175, "Checker", invoice->reviewed_by);
    tagged(p, 121, 124.2, 3.175, "InvoiceClerk", invoice->issued_by);
    ofd_put(p, ofd_add_file(p, "Doc_0/Pages/Page_0/Content.xml"),
            "<ofd:Page xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:Template TemplateID=\"2\" ZOrder=\"Background\"/>"
            "<ofd:Content><ofd:Layer ID=\"91\">\n%s</ofd:Layer></ofd:Content></ofd:Page>\n",
            p->page.data);
    ofd_put(p, ofd_add_file(p, "Doc_0/Tags/CustomTag.xml"),
            "<eInvoice xmlns:ofd=\"http://www.ofdspec.org/2016\">\n%s</eInvoice>\n", p->tags.data);
    ofd_put(p, ofd_add_file(p, "Doc_0/Tags/CustomTags.xml"),
            "<ofd:CustomTags xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:CustomTag TypeID=\"0\">"
            "<ofd:FileLoc>CustomTag.xml</ofd:FileLoc></ofd:CustomTag></ofd:CustomTags>\n");
}

static void write_document(ofd_package *p)
{
    ofd_put(p, ofd_add_file(p, "Doc_0/PublicRes.xml"),
            "<ofd:Res xmlns:ofd=\"http://www.ofdspec.org/2016\" BaseLoc=\"Res\"><ofd:Fonts>"
            "<ofd:Font ID=\"3\" FontName=\"宋体\" FamilyName=\"宋体\"/></ofd:Fonts></ofd:Res>\n");
    ofd_put(p, ofd_add_file(p, "Doc_0/Document.xml"),
            "<ofd:Document xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:CommonData><ofd:MaxUnitID>%d</ofd:MaxUnitID>"
            "<ofd:PageArea><ofd:PhysicalBox>0 0 210 140</ofd:PhysicalBox></ofd:PageArea>"
            "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
            "<ofd:TemplatePage ID=\"2\" BaseLoc=\"Tpls/Tpl_0/Content.xml\"/></ofd:CommonData>"
            "<ofd:Pages><ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/></ofd:Pages>"
            "<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags></ofd:Document>\n",
            p->next_id);
}

static void write_root(ofd_package *p, const generate_invoice *invoice)
{
    char net[24], tax[24];
    generate_amount(invoice->net_fen, net);
    generate_amount(invoice->tax_fen, tax);
    p->root = p->file_count;
    ofd_put(
        p, ofd_add_file(p, "OFD.xml"),
        "<ofd:OFD xmlns:ofd=\"http://www.ofdspec.org/2016\" Version=\"1.0\" DocType=\"OFD\"><ofd:DocBody><ofd:DocInfo>"
        "<ofd:DocID>%s%s</ofd:DocID><ofd:CustomDatas><ofd:CustomData Name=\"发票代码\">%s</ofd:CustomData>"
        "<ofd:CustomData Name=\"发票号码\">%s</ofd:CustomData><ofd:CustomData Name=\"合计金额\">%s</ofd:CustomData>"
        "<ofd:CustomData Name=\"合计税额\">%s</ofd:CustomData><ofd:CustomData Name=\"开票日期\">%s</ofd:CustomData>"
        "<ofd:CustomData Name=\"校验码\">%s</ofd:CustomData></ofd:CustomDatas></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>"
        "</ofd:DocBody></ofd:OFD>\n",
        invoice->code, invoice->number, invoice->code, invoice->number, net, tax, invoice->date, invoice->check_code);
}

/** Signature.xml lists every file so far with its digest; the seal signs that list. */
static void write_signature(ofd_package *p, generate_scheme scheme, vouch_error *err)
{
    vouch_buffer references = {0};
    for (int i = 0; i < p->file_count; i++) {
        uint8_t digest[32], base64[48];
        generate_digest(scheme, p->files[i].content.data, p->files[i].content.length, digest);
        EVP_EncodeBlock(base64, digest, sizeof digest);
        ofd_put(p, &references, "<ofd:Reference FileRef=\"/%s\"><ofd:CheckValue>%s</ofd:CheckValue></ofd:Reference>\n",
                p->files[i].path, (const char *)base64);
    }
    vouch_buffer *signature = ofd_add_file(p, "Doc_0/Signs/Sign_0/Signature.xml");
    ofd_put(p, signature,
            "<ofd:Signature xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:SignedInfo>"
            "<ofd:Provider ProviderName=\"Vouch test authority\" Version=\"1.0\" Company=\"Vouch\"/>"
            "<ofd:SignatureMethod>%s</ofd:SignatureMethod>"
            "<ofd:SignatureDateTime>20240601080000Z</ofd:SignatureDateTime>"
            "<ofd:References CheckMethod=\"%s\">\n%s</ofd:References>"
            "<ofd:StampAnnot ID=\"1\" PageRef=\"1\" Boundary=\"90 8 30 20\"/></ofd:SignedInfo>"
            "<ofd:SignedValue>SignedValue.dat</ofd:SignedValue></ofd:Signature>\n",
            generate_signature_method(scheme), generate_digest_method(scheme), references.data ? references.data : "");
    vouch_buffer_done(&references);
    ofd_file *value = &p->files[p->file_count++];
    value->path = "Doc_0/Signs/Sign_0/SignedValue.dat";
    if (p->status == VOUCH_OK)
        p->status = generate_seal_signature(scheme, (const uint8_t *)signature->data, signature->length,
                                            "/Doc_0/Signs/Sign_0/Signature.xml", &value->content, err);
    ofd_put(p, ofd_add_file(p, "Doc_0/Signs/Signatures.xml"),
            "<ofd:Signatures xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:MaxSignId>1</ofd:MaxSignId>"
            "<ofd:Signature ID=\"1\" Type=\"Seal\" BaseLoc=\"Sign_0/Signature.xml\"/></ofd:Signatures>\n");
}

static vouch_code sealed_vat(const generate_invoice *invoice, generate_scheme scheme, vouch_buffer *out,
                             vouch_error *err)
{
    VOUCH_CLEANUP(ofd_package_done) ofd_package p = {.next_id = 100, .arena = vouch_arena_new()};
    if (!p.arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "writing an OFD");
    write_template(&p);
    write_page(&p, invoice);
    write_document(&p);
    write_root(&p, invoice);
    write_signature(&p, scheme, err);
    if (p.status != VOUCH_OK)
        return err && err->code ? vouch_error_prefix(err, "OFD: ") : vouch_fail(err, p.status, "writing an OFD");
    return ofd_write_zip(&p, out, err);
}

vouch_code generate_ofd_vat(const generate_invoice *invoice, vouch_buffer *out, vouch_error *err)
{
    return sealed_vat(invoice, GENERATE_SM2, out, err);
}

vouch_code generate_ofd_vat_rsa(const generate_invoice *invoice, vouch_buffer *out, vouch_error *err)
{
    return sealed_vat(invoice, GENERATE_RSA, out, err);
}
