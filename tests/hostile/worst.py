"""Documents that are small and want as much as they can get: each aims at one limit, just below it or far beyond.

A limit is good when its document is cheap: a problem with a reason beats a child that is killed.
"""
import io
import struct
import zipfile
import zlib


def xml(*parts):
    return b'<?xml version="1.0" encoding="UTF-8"?>' + b"".join(parts)


def ubl(lines):
    name = b"urn:oasis:names:specification:ubl:schema:xsd:"
    return xml(b'<Invoice xmlns="%sInvoice-2" xmlns:a="%sCommonAggregateComponents-2" xmlns:b="%sCommonBasicComponents-2">'
               b"<b:ID>1</b:ID><b:IssueDate>2024-05-06</b:IssueDate><b:InvoiceTypeCode>380</b:InvoiceTypeCode>"
               b"<b:DocumentCurrencyCode>EUR</b:DocumentCurrencyCode><a:AccountingSupplierParty><a:Party>"
               b"<a:PartyLegalEntity><b:RegistrationName>x</b:RegistrationName></a:PartyLegalEntity></a:Party>"
               b"</a:AccountingSupplierParty><a:LegalMonetaryTotal><b:PayableAmount currencyID=\"EUR\">1.00"
               b"</b:PayableAmount></a:LegalMonetaryTotal>" % (name, name, name),
               b'<a:InvoiceLine><b:ID>1</b:ID><b:InvoicedQuantity unitCode="C62">1</b:InvoicedQuantity>'
               b"<b:LineExtensionAmount>1.00</b:LineExtensionAmount><a:Item><b:Name>x</b:Name></a:Item></a:InvoiceLine>"
               * lines, b"</Invoice>")


def archive(entries, kind=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as packed:
        for name, content in entries:
            packed.writestr(name, content)
    return out.getvalue()


def nested(depth):
    made = archive([("a.xml", xml(b"<a/>"))])
    for _ in range(depth):
        made = archive([("a.zip", made), ("b.zip", made)])
    return made


def pdf(objects):
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out) + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, table)


def stream(content, more=b""):
    packed = zlib.compress(content, 9)
    return b"<</Filter/FlateDecode/Length %d%s>>stream\n%s\nendstream" % (len(packed), more, packed)


def one_page(content, resources=b"", *objects):
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>%s>>>>"
                % resources, stream(content), b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", *objects])


def many_pages(count, content):
    kids = b" ".join(b"%d 0 R" % (number + 5) for number in range(count))
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count), stream(content),
                b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
               + [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R/Resources<</Font<</F 4 0 R>>>>>>"] * count)


def doubling_forms(depth):
    """Each form draws the next one ten times: 10^depth drawings of a few kilobytes."""
    forms = [stream(b"/X Do " * 10 if number < depth else b"0 0 1 1 re f",
                    b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X %d 0 R>>>>" % (7 + number))
             for number in range(1, depth + 1)]
    return one_page(b"/X Do", b"/XObject<</X 7 0 R>>", b"null", *forms)


def text(count):
    return b"BT /F 1 Tf 1 0 0 1 10 10 Tm " + b"(0123456789) Tj " * (count // 10) + b"ET"


def png(width, height, row):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"\0" + row) for _ in range(height)) + packer.flush()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", packed) + chunk(b"IEND", b""))


def documents():
    """(name, how to make it); made when asked for, since some are large."""
    wide = 490000
    return (
        ("xml-490000-elements", lambda: xml(b"<a>", b"<b/>" * wide, b"</a>")),
        ("xml-2000000-elements", lambda: xml(b"<a>", b"<b/>" * 2000000, b"</a>")),
        ("xml-100000-deep", lambda: xml(b"<a>" * 100000, b"</a>" * 100000)),
        ("xml-400000-attributes", lambda: xml(b"<a ", b" ".join(b'b%d="1"' % i for i in range(400000)), b"/>")),
        ("xml-text-of-40-mb", lambda: xml(b"<Invoice>", b"A" * (40 << 20), b"</Invoice>")),
        ("xml-lines-5000", lambda: ubl(5000)),
        ("xml-lines-40000", lambda: ubl(40000)),
        ("zip-lines-160000", lambda: archive([("a.xml", ubl(160000))])),
        ("zip-60-files-of-10000-lines", lambda: archive([("%d.xml" % i, ubl(10000 + i)) for i in range(60)])),
        ("zip-2000-files", lambda: archive([("%d.xml" % i, xml(b"<a/>")) for i in range(2000)])),
        ("zip-60000-files", lambda: archive([("%d.xml" % i, b"<a/>") for i in range(60000)], zipfile.ZIP_STORED)),
        ("zip-bomb-60-mb", lambda: archive([("a.xml", b" " * (60 << 20))])),
        ("zip-bomb-1-gb", lambda: archive([("%d.xml" % i, b" " * (50 << 20)) for i in range(20)])),
        ("zip-in-zip-12-deep", lambda: nested(12)),
        ("pdf-200-pages-of-text", lambda: many_pages(200, text(9000))),
        ("pdf-5000-pages", lambda: many_pages(5000, text(10))),
        ("pdf-2000000-glyphs", lambda: one_page(text(2000000))),
        ("pdf-forms-10^9", lambda: doubling_forms(9)),
        ("pdf-2000000-lines", lambda: one_page(b"0 0 m " + b"500 800 l 0 5 l " * 1000000 + b"S")),
        ("pdf-100000-deep-array", lambda: one_page(b"", b"/A " + b"[" * 100000 + b"]" * 100000)),
        ("pdf-content-of-200-mb", lambda: one_page(b"q Q " * (50 << 20))),
        ("png-80-megapixels", lambda: png(10000, 7999, b"\xff" * 30000)),
        ("png-80-megapixels-of-noise", lambda: png(10000, 7999, bytes(i * i % 251 for i in range(30000)))),
        ("png-4-gigapixels", lambda: png(65500, 65500, b"")),
    )
